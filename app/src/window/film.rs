//! Where the pictures of a film go: numbered files, an animated PNG, or ffmpeg where there is one.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Kinds of films.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FilmFormat {
    #[default]
    Pictures,
    AnimatedPng,
    Mp4,
    WebM,
}

impl FilmFormat {
    /// All of them.
    pub const ALL: [FilmFormat; 4] =
        [FilmFormat::Pictures, FilmFormat::AnimatedPng, FilmFormat::Mp4, FilmFormat::WebM];

    /// Name for the user.
    pub fn label(self) -> &'static str {
        match self {
            FilmFormat::Pictures => "Pictures",
            FilmFormat::AnimatedPng => "Animated PNG",
            FilmFormat::Mp4 => "MP4",
            FilmFormat::WebM => "WebM",
        }
    }

    /// Extension of its file; `None` for pictures, which have a folder.
    pub fn extension(self) -> Option<&'static str> {
        match self {
            FilmFormat::Pictures => None,
            // Programs that know no animation show the first picture of a file of this name.
            FilmFormat::AnimatedPng => Some("png"),
            FilmFormat::Mp4 => Some("mp4"),
            FilmFormat::WebM => Some("webm"),
        }
    }

    /// Whether ffmpeg makes it.
    pub fn needs_ffmpeg(self) -> bool {
        matches!(self, FilmFormat::Mp4 | FilmFormat::WebM)
    }
}

/// Whether there is an ffmpeg that runs.
pub fn has_ffmpeg() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let asked = Command::new("ffmpeg")
            .arg("-version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    })
}

/// What a film is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Film {
    /// Its kind.
    pub format: FilmFormat,
    /// The folder for pictures, which is there, or the file, which is not yet.
    pub path: PathBuf,
    /// Width and height, pixels.
    pub size: [u32; 2],
    /// Pictures a second.
    pub per_second: u32,
    /// Pictures that it will have.
    pub pictures: u32,
}

enum Sink {
    Pictures,
    AnimatedPng(Box<png::Writer<BufWriter<File>>>),
    Ffmpeg(Child),
}

/// A film being written. The file has its name once it is whole.
pub struct FilmWriter {
    film: Film,
    sink: Sink,
    written: u32,
}

impl FilmWriter {
    /// Begins a film.
    ///
    /// # Errors
    /// One sentence when the file cannot be made or ffmpeg cannot be started.
    pub fn create(film: Film) -> Result<Self, String> {
        let sink = match film.format {
            FilmFormat::Pictures => Sink::Pictures,
            FilmFormat::AnimatedPng => animated(&film).map(|writer| Sink::AnimatedPng(Box::new(writer)))?,
            FilmFormat::Mp4 | FilmFormat::WebM => Sink::Ffmpeg(ffmpeg(&film)?),
        };
        Ok(Self { film, sink, written: 0 })
    }

    /// Adds a picture, which has the size of the film.
    ///
    /// # Errors
    /// One sentence when it cannot be written.
    pub fn add(&mut self, picture: &image::RgbaImage) -> Result<(), String> {
        let failed = |reason: String| format!("{} could not be written: {reason}", self.film.path.display());
        if <[u32; 2]>::from(picture.dimensions()) != self.film.size {
            return Err(failed("a picture has another size".to_owned()));
        }
        match &mut self.sink {
            Sink::Pictures => {
                let path = self.film.path.join(format!("frame_{:05}.png", self.written));
                picture
                    .save(&path)
                    .map_err(|error| format!("{} could not be written: {error}", path.display()))?;
            }
            Sink::AnimatedPng(writer) => {
                writer.write_image_data(picture.as_raw()).map_err(|error| failed(error.to_string()))?;
            }
            Sink::Ffmpeg(child) => {
                let input =
                    child.stdin.as_mut().ok_or_else(|| failed("ffmpeg takes no pictures".to_owned()))?;
                if let Err(error) = input.write_all(picture.as_raw()) {
                    // What ffmpeg says is the reason; the broken pipe only follows from it.
                    return Err(failed(last_words(child).unwrap_or_else(|| error.to_string())));
                }
            }
        }
        self.written += 1;
        Ok(())
    }

    /// Ends the film. One that misses pictures is taken away again, pictures that are there stay.
    ///
    /// # Errors
    /// One sentence when it cannot be ended.
    pub fn finish(self) -> Result<(), String> {
        let path = self.film.path.clone();
        let failed = |reason: String| format!("{} could not be written: {reason}", path.display());
        let whole = self.written == self.film.pictures;
        let ended = match self.sink {
            Sink::Pictures => return Ok(()),
            Sink::AnimatedPng(writer) if whole => writer.finish().map_err(|error| failed(error.to_string())),
            Sink::AnimatedPng(_) => Ok(()),
            Sink::Ffmpeg(mut child) => {
                drop(child.stdin.take());
                match child.wait_with_output() {
                    Ok(output) if output.status.success() => Ok(()),
                    Ok(output) => Err(failed(said(&output.stderr))),
                    Err(error) => Err(failed(error.to_string())),
                }
            }
        };
        let part = part(&path);
        if whole && ended.is_ok() {
            return std::fs::rename(&part, &path).map_err(|error| failed(error.to_string()));
        }
        std::fs::remove_file(&part).ok();
        ended
    }
}

/// The name of a file that is not whole yet.
fn part(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

fn animated(film: &Film) -> Result<png::Writer<BufWriter<File>>, String> {
    let failed = |error: String| format!("{} could not be made: {error}", film.path.display());
    let file = File::create(part(&film.path)).map_err(|error| failed(error.to_string()))?;
    let [width, height] = film.size;
    let mut encoder = png::Encoder::new(BufWriter::new(file), width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let png_failed = |error: png::EncodingError| failed(error.to_string());
    // It plays again and again.
    encoder.set_animated(film.pictures.max(1), 0).map_err(png_failed)?;
    let per_second = u16::try_from(film.per_second.max(1)).unwrap_or(u16::MAX);
    encoder.set_frame_delay(1, per_second).map_err(png_failed)?;
    encoder.write_header().map_err(png_failed)
}

fn ffmpeg(film: &Film) -> Result<Child, String> {
    let [width, height] = film.size;
    let codec: &[&str] = match film.format {
        FilmFormat::WebM => &["-c:v", "libvpx-vp9", "-crf", "28", "-b:v", "0", "-f", "webm"],
        _ => &["-c:v", "libx264", "-crf", "18", "-movflags", "+faststart", "-f", "mp4"],
    };
    Command::new("ffmpeg")
        .args(["-y", "-loglevel", "error", "-f", "rawvideo", "-pixel_format", "rgba"])
        .args([
            "-video_size",
            &format!("{width}x{height}"),
            "-framerate",
            &film.per_second.max(1).to_string(),
        ])
        .args(["-i", "-", "-an"])
        // Codecs want even sides.
        .args(["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p"])
        .args(codec)
        .arg(part(&film.path))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("ffmpeg could not be started: {error}"))
}

/// What ffmpeg said before it ended.
fn last_words(child: &mut Child) -> Option<String> {
    use std::io::Read as _;
    drop(child.stdin.take());
    let mut text = Vec::new();
    child.stderr.take()?.read_to_end(&mut text).ok()?;
    child.wait().ok();
    Some(said(&text))
}

fn said(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    format!("ffmpeg says “{}”", last.map_or("nothing", str::trim))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn film(folder: &Path, format: FilmFormat) -> Film {
        let name = format!("film.{}", format.extension().unwrap_or_default());
        Film { format, path: folder.join(name), size: [64, 48], per_second: 25, pictures: 3 }
    }

    fn picture(shade: u8) -> image::RgbaImage {
        image::RgbaImage::from_pixel(64, 48, image::Rgba([shade, 90, 10, 255]))
    }

    #[test]
    fn an_animated_png_holds_all_pictures_and_is_there_only_when_whole() {
        let folder = tempfile::tempdir().unwrap();
        let film = film(folder.path(), FilmFormat::AnimatedPng);
        let mut writer = FilmWriter::create(film.clone()).unwrap();
        for shade in [10, 120, 250] {
            assert!(!film.path.exists());
            writer.add(&picture(shade)).unwrap();
        }
        assert!(writer.add(&image::RgbaImage::new(9, 9)).unwrap_err().contains("another size"));
        writer.finish().unwrap();
        let file = std::io::BufReader::new(File::open(&film.path).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        assert_eq!(reader.info().animation_control.unwrap().num_frames, 3);
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        for shade in [10, 120, 250] {
            reader.next_frame(&mut pixels).unwrap();
            assert_eq!(pixels[..4], [shade, 90, 10, 255]);
        }

        // One that was stopped leaves nothing behind.
        let stopped = Film { path: folder.path().join("stopped.png"), ..film };
        let mut writer = FilmWriter::create(stopped.clone()).unwrap();
        writer.add(&picture(1)).unwrap();
        writer.finish().unwrap();
        assert!(!stopped.path.exists() && !part(&stopped.path).exists());
    }

    #[test]
    fn ffmpeg_makes_films_where_it_is() {
        if !has_ffmpeg() {
            return equijump_tests::skip("there is no ffmpeg");
        }
        let folder = tempfile::tempdir().unwrap();
        let film = film(folder.path(), FilmFormat::Mp4);
        let mut writer = FilmWriter::create(film.clone()).unwrap();
        for shade in [10, 120, 250] {
            writer.add(&picture(shade)).unwrap();
        }
        writer.finish().unwrap();
        let bytes = std::fs::read(&film.path).unwrap();
        assert_eq!(&bytes[4..8], b"ftyp");
        // What another program of theirs finds in it.
        let entries = "stream=width,height,pix_fmt,avg_frame_rate,nb_read_frames";
        let asked = Command::new("ffprobe")
            .args(["-v", "error", "-count_frames", "-show_entries", entries, "-of", "default=nw=1"])
            .arg(&film.path)
            .output()
            .unwrap();
        let found = String::from_utf8(asked.stdout).unwrap();
        for line in ["width=64", "height=48", "pix_fmt=yuv420p", "avg_frame_rate=25/1", "nb_read_frames=3"] {
            assert!(found.lines().any(|known| known == line), "{line} is not in:\n{found}");
        }
    }
}
