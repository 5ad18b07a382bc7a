//! Files whose whole content is read: only regular ones, and no more of them than a bound. A device or a pipe
//! has no end, and what a damaged or hostile file claims must not decide how much memory is asked for.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// No text that people write, and no table of ours, is longer.
pub(crate) const LONGEST_TEXT_BYTES: u64 = 64 << 20;

/// Why a file was not opened.
#[derive(Debug)]
pub(crate) enum NotOpened {
    /// It is something else; the words say what.
    NotRegular(&'static str),
    /// The operating system refused.
    Io(io::Error),
}

impl From<NotOpened> for io::Error {
    fn from(refused: NotOpened) -> Self {
        match refused {
            NotOpened::NotRegular(kind) => io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("it is no regular file but {kind}; write its content to a file first"),
            ),
            NotOpened::Io(error) => error,
        }
    }
}

/// Opens a regular file, telling what else it is.
///
/// # Errors
/// [`NotOpened`] for folders, devices, pipes and sockets, which are not opened: opening a pipe would wait for its
/// other end.
pub(crate) fn open_regular(path: &Path) -> Result<File, NotOpened> {
    let check = |kind: std::fs::FileType| match kind {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_dir() => Err(NotOpened::NotRegular("a folder")),
        _ => Err(NotOpened::NotRegular("a pipe or a device")),
    };
    check(std::fs::metadata(path).map_err(NotOpened::Io)?.file_type())?;
    let file = File::open(path).map_err(NotOpened::Io)?;
    // What was opened may be another thing than what was looked at.
    check(file.metadata().map_err(NotOpened::Io)?.file_type())?;
    Ok(file)
}

/// As [`open_regular`], as an error of the system.
///
/// # Errors
/// What the system reports; [`io::ErrorKind::InvalidInput`] for what is no regular file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    Ok(open_regular(path)?)
}

/// The content of a regular file of at most `most_bytes`.
///
/// # Errors
/// As [`open`]; [`io::ErrorKind::FileTooLarge`] for a longer one, of which nothing is read.
pub(crate) fn read(path: &Path, most_bytes: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    let too_large = || {
        let reason = format!("it is far too large ({length} bytes)");
        io::Error::new(io::ErrorKind::FileTooLarge, reason)
    };
    if length > most_bytes {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(length).map_err(|_| too_large())?).map_err(io::Error::other)?;
    // It may grow meanwhile, and some file systems tell no length.
    if file.take(most_bytes + 1).read_to_end(&mut bytes)? as u64 > most_bytes {
        return Err(too_large());
    }
    Ok(bytes)
}

/// The text of a regular file of any length that text occurs in.
///
/// # Errors
/// What the system reports; [`io::ErrorKind::InvalidInput`] for what is no regular file,
/// [`io::ErrorKind::FileTooLarge`] for one that no text is as long as, [`io::ErrorKind::InvalidData`] for bytes that
/// are not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    read_text_of(path, LONGEST_TEXT_BYTES)
}

/// As [`read`], for text.
///
/// # Errors
/// As [`read`], and for bytes that are not UTF-8.
pub(crate) fn read_text_of(path: &Path, most_bytes: u64) -> io::Result<String> {
    String::from_utf8(read(path, most_bytes)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not text"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_has_no_end_is_not_read() {
        for path in ["/dev/zero", "/dev/null", "/"] {
            assert_eq!(
                read(Path::new(path), 1 << 20).unwrap_err().kind(),
                io::ErrorKind::InvalidInput,
                "{path}"
            );
        }
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read(&pipe, 1 << 20).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        assert_eq!(read_text(&link).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read(&path, 100).unwrap(), [7; 100]);
        assert_eq!(read(&path, 99).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        // Sparse: long, but nothing is on the disk. It is refused by its length.
        File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(read(&path, 1 << 30).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
