//! Files that appear complete or not at all: written beside their place and renamed into it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A file under construction. [`AtomicFile::commit`] puts it in its place; dropping it without that removes
/// it, and what stood there before stays.
#[derive(Debug)]
pub struct AtomicFile {
    target: PathBuf,
    partial: PathBuf,
    file: Option<File>,
    overwrite: bool,
}

impl AtomicFile {
    /// Starts a file that is to become `target`.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] if `target` exists and `overwrite` is false, or what creating the
    /// file beside it reports.
    pub fn create(target: &Path, overwrite: bool) -> io::Result<Self> {
        if !overwrite && target.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let Some(name) = target.file_name() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
        };
        let mut partial_name = OsString::from(".");
        partial_name.push(name);
        partial_name.push(format!(".{}.partial", std::process::id()));
        let partial = target.with_file_name(partial_name);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&partial)?;
        Ok(Self { target: target.to_path_buf(), partial, file: Some(file), overwrite })
    }

    /// The open file.
    pub fn file(&mut self) -> io::Result<&mut File> {
        self.file.as_mut().ok_or_else(|| io::Error::other("the file was closed already"))
    }

    /// Brings everything to disk and gives the file its name.
    ///
    /// # Errors
    /// What the system reports; then the target is as it was.
    pub fn commit(mut self) -> io::Result<()> {
        if let Some(file) = self.file.take() {
            file.sync_all()?;
        }
        if !self.overwrite && self.target.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&self.partial, &self.target)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        self.file = None;
        // After a commit there is nothing left under this name.
        let _ = fs::remove_file(&self.partial);
    }
}

/// Replaces `path` by `bytes` as a whole.
///
/// # Errors
/// What the system reports; then the old content stands.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use io::Write as _;
    let mut file = AtomicFile::create(path, true)?;
    file.file()?.write_all(bytes)?;
    file.commit()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write as _;

    use super::*;

    #[test]
    fn an_abandoned_file_leaves_no_trace_and_the_old_content() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.dcd");
        fs::write(&path, "old").unwrap();
        assert_eq!(AtomicFile::create(&path, false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let mut file = AtomicFile::create(&path, true).unwrap();
        file.file().unwrap().write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
