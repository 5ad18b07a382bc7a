//! A folder of results that appears complete or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The page that people open.
pub(super) const PAGE: &str = "report.html";
/// The file by which a folder is known to be one of ours.
const MARK: &str = "summary.json";

/// Why a report was not written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Results are there already.
    #[error("{} exists already: choose another folder, or replace the results in it with --force", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A folder that holds something else must not be touched.
    #[error(
        "{} exists and holds no results of this command, so nothing in it is replaced: choose another folder",
        path.display()
    )]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// File or folder in question.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A figure could not be drawn.
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
            let ours = target.join(MARK).is_file() && target.join(PAGE).is_file();
            if !empty && !ours {
                return Err(ReportError::Foreign { path: target.to_path_buf() });
            }
            if ours && !force {
                return Err(ReportError::Exists { path: target.to_path_buf() });
            }
        }
        let name = target
            .file_name()
            .ok_or_else(|| io(io::Error::new(io::ErrorKind::InvalidInput, "the path names no folder")))?;
        let partial_name = format!(".{}.{}.partial", name.to_string_lossy(), std::process::id());
        let partial = target.with_file_name(partial_name);
        fs::create_dir_all(&partial).map_err(io)?;
        Ok(Self { target: target.to_path_buf(), partial, committed: false })
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
        Ok(())
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
