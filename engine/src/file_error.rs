//! Files and folders that the system refuses.

use std::io;
use std::path::{Path, PathBuf};

/// What could not be done with a file or a folder.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum FileError {
    #[error("{} cannot be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the folder {} cannot be made: {source}", path.display())]
    MakeFolder { path: PathBuf, source: io::Error },
}

impl FileError {
    /// Wraps a failure to write: `.map_err(FileError::write(path))`. Failures of serialization count as such.
    pub(crate) fn write<E: Into<io::Error>>(path: &Path) -> impl Fn(E) -> Self {
        move |error| Self::Write { path: path.to_owned(), source: error.into() }
    }

    /// Wraps a failure to read.
    pub(crate) fn read(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Read { path: path.to_owned(), source }
    }

    /// Wraps a failure to make a folder.
    pub(crate) fn make_folder(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::MakeFolder { path: path.to_owned(), source }
    }
}
