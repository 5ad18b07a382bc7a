//! Keeps two processes from writing the same run, which would spoil it: a second `--resume` in another
//! terminal is easily started.

use std::fs::File;
use std::path::Path;

/// Name of the file by which a folder is locked.
const FOLDER_LOCK: &str = ".lock";

/// Held as long as the run is written; the system drops it with the process, however that ends.
#[derive(Debug)]
pub(crate) struct RunLock {
    _file: Option<File>,
}

impl RunLock {
    /// Locks the run whose first trajectory is `path`, if that file is there.
    ///
    /// # Errors
    /// One sentence when another process holds it.
    pub fn take(path: &Path) -> Result<Self, String> {
        // Elsewhere a lock keeps out the process's own writer too.
        if cfg!(not(unix)) {
            return Ok(Self { _file: None });
        }
        // A file that cannot be opened is reported by whoever reads or writes it.
        let Ok(file) = File::open(path) else { return Ok(Self { _file: None }) };
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => {
                let folder = path.parent().filter(|_| path.ends_with(FOLDER_LOCK));
                Err(format!(
                    "{} is being written by another EquiJump; wait for it, or choose another name",
                    folder.unwrap_or(path).display()
                ))
            }
            // Some file systems know no locks; then there is none.
            Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(Self { _file: Some(file) }),
        }
    }
}

/// Makes the folder and keeps other processes from working in it.
///
/// # Errors
/// One sentence when another process does, or the folder cannot be used.
pub(crate) fn lock_folder(out: &Path) -> Result<RunLock, String> {
    let path = out.join(FOLDER_LOCK);
    std::fs::create_dir_all(out)
        .and_then(|()| File::options().create(true).append(true).open(&path))
        .map_err(|error| format!("the folder {} cannot be used: {error}", out.display()))?;
    RunLock::take(&path)
}

/// Removes what an atomic write of `path` left behind when the process was killed in it. Only under a lock.
pub(crate) fn remove_partial_files(path: &Path) {
    let (Some(name), Some(folder)) = (path.file_name(), path.parent()) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let prefix = format!(".{}.", name.to_string_lossy());
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(&prefix) && name.ends_with(".partial") {
            // It is only litter; a failure changes nothing.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
