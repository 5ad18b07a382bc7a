//! Files that the window writes: projects, plots with their numbers, pictures, scripts. A job of the engine's thread for
//! files, so that a slow disk never holds up a pass.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use equijump_engine::session::openmm::{OpenMmError, write_md_start, write_training_script};
use equijump_engine::session::{Halt, Job, JobContext, Lane, Report};
use equijump_engine::structure::Topology;
use equijump_engine::trajectory::write_atomically;
use image::{ImageFormat, RgbaImage};

use super::exports::FigureExport;
use super::log::Level;
use super::numbers::grouped;
use super::project::Positions;
use super::session_file::SessionFile;
use crate::figures::Figure;

/// Ends the name of the file that says what the numbers are of.
pub const ORIGIN_ENDING: &str = "-plots.txt";

/// What is to be written, and where.
#[derive(Debug)]
pub enum ToWrite {
    /// A project.
    Project {
        /// Its file.
        path: PathBuf,
        /// What it holds.
        file: Box<SessionFile>,
        /// Runs that it cannot hold, since their frames are in no file.
        left_out: usize,
    },
    /// Plots and their numbers.
    Figures {
        /// Each, or why there is none.
        figures: Vec<Result<Figure, &'static str>>,
        /// How they are written.
        export: FigureExport,
        /// What their file names begin with.
        name: String,
        /// Where the numbers come from, for people.
        origin: String,
    },
    /// A picture of the molecule.
    Picture {
        /// PNG file.
        path: PathBuf,
        /// The picture.
        image: RgbaImage,
    },
    /// The start of molecular dynamics with OpenMM. Nothing is replaced.
    MdStart {
        /// Its atoms.
        topology: Arc<Topology>,
        /// Where they are, Å.
        positions: Positions,
        /// Where the files go.
        folder: PathBuf,
    },
    /// The script that makes training data. Nothing is replaced.
    TrainingScript {
        /// Where it goes.
        folder: PathBuf,
    },
}

/// What came of it, for the user.
#[derive(Debug, Default)]
pub struct Written {
    /// Sentences for the log and the line of messages.
    pub told: Vec<(Level, String)>,
    /// A file that can be opened again.
    pub recent: Option<PathBuf>,
}

impl Written {
    fn tell(level: Level, sentence: String) -> Self {
        Self { told: vec![(level, sentence)], recent: None }
    }
}

impl ToWrite {
    /// What is written, for the user: its file or folder.
    pub fn path(&self) -> &Path {
        match self {
            Self::Project { path, .. } | Self::Picture { path, .. } => path,
            Self::Figures { export, .. } => &export.folder,
            Self::MdStart { folder, .. } | Self::TrainingScript { folder } => folder,
        }
    }
}

impl Job for ToWrite {
    type Update = Report;
    type Output = Written;
    const LANE: Lane = Lane::Files;

    fn run(self, context: &JobContext<'_, Report>) -> Result<Written, Halt> {
        Ok(match self {
            Self::Project { path, file, left_out } => write_project(path, &file, left_out),
            Self::Figures { figures, export, name, origin } => {
                return write_figures(figures, &export, (&name, &origin), context);
            }
            Self::Picture { path, image } => write_picture(&path, &image),
            Self::MdStart { topology, positions, folder } => {
                tell_script(&folder, write_md_start(&topology, &positions, &folder, false))
            }
            Self::TrainingScript { folder } => tell_script(&folder, write_training_script(&folder, false)),
        })
    }
}

fn write_project(path: PathBuf, file: &SessionFile, left_out: usize) -> Written {
    let written = serde_json::to_string_pretty(file)
        .map_err(|error| error.to_string())
        .and_then(|text| write_atomically(&path, text.as_bytes()).map_err(|error| error.to_string()));
    let name = path.display();
    let (level, sentence) = match (written, left_out) {
        (Err(error), _) => return Written::tell(Level::Error, format!("{name} cannot be written: {error}.")),
        (Ok(()), 0) => (Level::Success, format!("Wrote the project {name}")),
        (Ok(()), left_out) => {
            let plural = if left_out == 1 { "run, which is" } else { "runs, which are" };
            let sentence =
                format!("Wrote the project {name} without the frames of {left_out} {plural} in no file.");
            (Level::Warning, sentence)
        }
    };
    Written { told: vec![(level, sentence)], recent: Some(path) }
}

fn write_figures(
    figures: Vec<Result<Figure, &'static str>>,
    export: &FigureExport,
    (name, origin): (&str, &str),
    context: &JobContext<'_, Report>,
) -> Result<Written, Halt> {
    let mut written = 0;
    let mut failures = Vec::new();
    for figure in figures {
        context.check()?;
        let figure = match figure {
            Ok(figure) => figure,
            Err(sentence) => {
                failures.push(sentence.to_owned());
                continue;
            }
        };
        let stem = export.folder.join(format!("{name}-{}", figure.stem()));
        if let Some(format) = export.format {
            match figure.write(&stem.with_extension(format.extension()), format, export.size, origin) {
                Ok(()) => written += 1,
                Err(error) => {
                    failures.push(format!("{}: {error}.", figure.stem()));
                    continue;
                }
            }
        }
        if export.numbers {
            match write_atomically(&stem.with_extension("csv"), figure.to_csv().as_bytes()) {
                Ok(()) => written += 1,
                Err(error) => failures.push(format!("{}.csv: {error}.", stem.display())),
            }
        }
    }
    // In a file of its own: not every reader of CSV knows comments.
    if written > 0 && export.numbers && !origin.is_empty() {
        let path = export.folder.join(format!("{name}{ORIGIN_ENDING}"));
        match write_atomically(&path, format!("{origin}\n").as_bytes()) {
            Ok(()) => written += 1,
            Err(error) => failures.push(format!("{}: {error}.", path.display())),
        }
    }
    let mut told = Vec::new();
    if written > 0 {
        let plural = if written == 1 { "file" } else { "files" };
        let sentence = format!("Wrote {} {plural} into {}", grouped(written), export.folder.display());
        told.push((Level::Success, sentence));
    }
    told.extend(failures.into_iter().map(|failure| (Level::Warning, failure)));
    Ok(Written { told, recent: None })
}

/// Whole or not there: a full disk leaves no half picture in place of the one before.
fn write_picture(path: &Path, image: &RgbaImage) -> Written {
    let mut png = Cursor::new(Vec::new());
    let written = image
        .write_to(&mut png, ImageFormat::Png)
        .map_err(|error| error.to_string())
        .and_then(|()| write_atomically(path, png.get_ref()).map_err(|error| error.to_string()));
    let name = path.display();
    match written {
        Ok(()) => Written::tell(Level::Success, format!("Wrote {name}")),
        Err(reason) => {
            Written::tell(Level::Error, format!("The picture {name} could not be written: {reason}."))
        }
    }
}

fn tell_script(folder: &Path, written: Result<Vec<PathBuf>, OpenMmError>) -> Written {
    match written.as_deref() {
        Ok([script, ..]) => {
            let sentence = format!("Wrote {}; run it with: python {}", folder.display(), script.display());
            Written::tell(Level::Success, sentence)
        }
        Ok([]) => Written::default(),
        Err(error) => Written::tell(Level::Error, format!("{error}.")),
    }
}
