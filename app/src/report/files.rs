//! A folder of results that appears complete or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use equijump_engine::atomic_file::{partial_path, remove_stale_partials};
use equijump_engine::remedy::Remedy;

/// The page that people open.
pub(super) const PAGE: &str = "report.html";
/// The file by which a folder is known to be one of ours.
const MARK: &str = "summary.json";
/// There while files are being replaced, when the page is not.
const REPLACING: &str = ".report.replacing";

/// Why a report was not written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ReportError {
    #[error("{} exists already: choose another folder, or {}", path.display(), Remedy::Replace)]
    Exists { path: PathBuf },
    /// A folder that holds something else must not be touched.
    #[error(
        "{} exists and holds no results of this command, so nothing in it is replaced: choose another folder",
        path.display()
    )]
    Foreign { path: PathBuf },
    #[error("cannot write {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Figure(#[from] crate::figures::FigureError),
    /// A number that JSON cannot hold.
    #[error("the summary cannot be written: {0}")]
    Summary(#[from] serde_json::Error),
}

/// A folder under construction, beside its place. Dropping it without [`ReportFolder::commit`] leaves no
/// trace.
#[derive(Debug)]
pub struct ReportFolder {
    target: PathBuf,
    partial: PathBuf,
    committed: bool,
    /// The folder, locked: one that is not was left by a process that was killed.
    _lock: Option<fs::File>,
}

impl ReportFolder {
    /// Starts a folder that is to become `target`. An empty folder may be there; one with earlier results
    /// is replaced file by file if `force` allows it.
    ///
    /// # Errors
    /// When results or anything else is there, or the system refuses.
    pub fn create(target: &Path, force: bool) -> Result<Self, ReportError> {
        let io = |source| ReportError::Io { path: target.to_path_buf(), source };
        if target.exists() {
            let empty = target.is_dir() && fs::read_dir(target).map_err(io)?.next().is_none();
            let replacing = target.join(REPLACING).is_file();
            let ours = replacing || target.join(MARK).is_file() && target.join(PAGE).is_file();
            if !empty && !ours {
                return Err(ReportError::Foreign { path: target.to_path_buf() });
            }
            if ours && !replacing && !force {
                return Err(ReportError::Exists { path: target.to_path_buf() });
            }
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(io)?;
        }
        remove_stale_partials(target);
        for number in 0..64 {
            let partial = partial_path(target, number).map_err(io)?;
            match fs::create_dir(&partial) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made.map_err(io)?,
            }
            // Where folders cannot be opened or locked, none is taken for stale.
            let lock = fs::File::open(&partial).ok().filter(|folder| folder.try_lock().is_ok());
            // Another process may have found it before it was locked.
            if partial.is_dir() {
                return Ok(Self { target: target.to_path_buf(), partial, committed: false, _lock: lock });
            }
        }
        Err(io(io::Error::other("too many reports are being written there")))
    }

    /// Adds a file.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn add(&self, name: &str, bytes: &[u8]) -> Result<(), ReportError> {
        let path = self.partial.join(name);
        fs::write(&path, bytes).map_err(|source| ReportError::Io { path: self.target.join(name), source })
    }

    /// Puts everything in its place, the page last.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn commit(mut self) -> Result<(), ReportError> {
        let io = |source| ReportError::Io { path: self.target.clone(), source };
        if !self.target.exists() {
            fs::rename(&self.partial, &self.target).map_err(io)?;
            self.committed = true;
            return Ok(());
        }
        fs::write(self.target.join(REPLACING), "").map_err(io)?;
        // Without its page the folder is not taken for a finished report while files are being replaced.
        match fs::remove_file(self.target.join(PAGE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        let mut names: Vec<_> = fs::read_dir(&self.partial)
            .and_then(|entries| entries.map(|entry| entry.map(|e| e.file_name())).collect())
            .map_err(io)?;
        names.sort_by_key(|name| name == PAGE);
        for name in names {
            fs::rename(self.partial.join(&name), self.target.join(&name)).map_err(io)?;
        }
        fs::remove_file(self.target.join(REPLACING)).map_err(io)
    }
}

impl Drop for ReportFolder {
    fn drop(&mut self) {
        if !self.committed {
            // After a commit into an existing folder this is empty; else it holds half a report.
            let _ = fs::remove_dir_all(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_killed_process_left_of_a_report_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("report");
        let write = |force: bool| -> Result<(), ReportError> {
            let report = ReportFolder::create(&target, force)?;
            report.add(MARK, b"{}")?;
            report.add(PAGE, b"page")?;
            report.commit()
        };
        fs::create_dir_all(folder.path().join(".report.1.partial/half")).unwrap();
        write(false).unwrap();
        assert_eq!(names(folder.path()), ["report"]);
        // Killed while files were being replaced: the page is gone.
        fs::remove_file(target.join(PAGE)).unwrap();
        assert!(matches!(write(true), Err(ReportError::Foreign { .. })), "that might be another program's");
        fs::write(target.join(REPLACING), "").unwrap();
        write(false).unwrap();
        assert_eq!(names(&target), [PAGE, MARK]);
        assert!(matches!(write(false), Err(ReportError::Exists { .. })));
        // One that is being written stays.
        let other = ReportFolder::create(&target, true).unwrap();
        write(true).unwrap();
        other.add(MARK, b"{}").unwrap();
        other.add(PAGE, b"other").unwrap();
        other.commit().unwrap();
        assert_eq!(fs::read(target.join(PAGE)).unwrap(), b"other");
        assert_eq!(names(folder.path()), ["report"]);
    }
}
