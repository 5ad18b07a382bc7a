//! Keeps two writers from the same files, which would spoil them: a second `--resume` in another terminal is
//! easily started.
//!
//! A lock is a hidden file of its own, taken before anything else is made. It is held by a lock of the operating
//! system, which ends with the process however that ends; the file that a killed process leaves stops nobody.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::atomic_file::{is_at, remove_all_stale_partials, remove_stale_partials_of};
use crate::brief::printable;
use crate::file_error::FileError;

/// Name of the file by which a folder is locked.
const FOLDER_LOCK: &str = ".lock";
/// Longest name of an output that is read from a lock, for the message.
const LONGEST_NAME: u64 = 300;
/// How often a lock is tried for whose file its holder is just removing.
const MOST_TRIES: usize = 100;

/// Why files cannot be locked for writing.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum LockError {
    #[error("{} is being written by another EquiJump; wait for it, or choose another name", path.display())]
    Held { path: PathBuf },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the folder {} cannot be used: {source}", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
}

/// An attempt to lock.
enum Held {
    /// The lock is ours.
    Own(RunLock),
    /// Another process holds it, and writes the file of this name.
    ByOther(String),
}

/// Held as long as the files are written.
#[derive(Debug)]
pub(crate) struct RunLock {
    file: File,
    path: PathBuf,
}

impl RunLock {
    /// Locks all that a run with the output `path` writes: everything in the folder that begins with its stem,
    /// whatever the format, so that `run.xtc`, `run_r003.dcd` and `run_topology.pdb` have one lock.
    ///
    /// # Errors
    /// [`LockError`] when it is being written, or the folder cannot be written to.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let lock = lock_path(path);
        match Self::hold(&lock, &name).map_err(FileError::write(path))? {
            Held::Own(lock) => Ok(lock),
            Held::ByOther(holder) => Err(LockError::Held {
                path: path.with_file_name(if holder.is_empty() { name } else { holder }),
            }),
        }
    }

    /// Opens and locks the file at `path`, which is then told to hold `name`.
    fn hold(path: &Path, name: &str) -> io::Result<Held> {
        for _ in 0..MOST_TRIES {
            if std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
                return Err(io::Error::other(format!("{} is no file", path.display())));
            }
            let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    let mut holder = Vec::new();
                    // Where it cannot be read, it is not told.
                    let _ = file.take(LONGEST_NAME).read_to_end(&mut holder);
                    return Ok(Held::ByOther(printable(&String::from_utf8_lossy(&holder))));
                }
                // Some file systems know no locks; then there is none.
                Ok(()) | Err(TryLockError::Error(_)) => (),
            }
            // Its holder may have removed it before it was locked here.
            if is_at(&file, path) {
                file.set_len(0)?;
                file.write_all(name.as_bytes())?;
                return Ok(Held::Own(Self { file, path: path.to_owned() }));
            }
        }
        Err(io::Error::other("its lock changes hands all the time"))
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // While it is still locked, or it might be another one's.
        if is_at(&self.file, &self.path) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The lock of all files of the run that `path` belongs to.
fn lock_path(path: &Path) -> PathBuf {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{}.lock", run_stem(&stem)))
}

/// The stem of the run whose file has the stem `stem`: without the number of a replica, and without what a topology
/// is told by.
fn run_stem(mut stem: &str) -> &str {
    loop {
        let shorter = stem.strip_suffix("_topology").or_else(|| {
            let (run, number) = stem.rsplit_once("_r")?;
            (!number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())).then_some(run)
        });
        match shorter {
            Some(shorter) if !shorter.is_empty() => stem = shorter,
            _ => return stem,
        }
    }
}

/// Makes the folder, keeps others from working in it, and removes what was left there by a process that was killed.
///
/// # Errors
/// [`LockError`] when another process works in it, or the folder cannot be used.
pub(crate) fn lock_folder(out: &Path) -> Result<RunLock, LockError> {
    let unusable = |source: io::Error| LockError::Folder { folder: out.to_owned(), source };
    std::fs::create_dir_all(out).map_err(unusable)?;
    let Held::Own(lock) = RunLock::hold(&out.join(FOLDER_LOCK), "").map_err(unusable)? else {
        return Err(LockError::Held { path: out.to_owned() });
    };
    remove_all_stale_partials(out);
    Ok(lock)
}

/// Removes what atomic writes of these files left behind when the process was killed in them.
pub(crate) fn remove_partial_files<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) {
    remove_stale_partials_of(paths.into_iter().map(PathBuf::as_path));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn all_files_of_a_run_have_one_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let lock = RunLock::take(&path("run.dcd")).unwrap();
        for other in
            ["run.dcd", "run.xtc", "run.state", "run_topology.pdb", "run_r003.dcd", "run_r01_topology.pdb"]
        {
            let error = RunLock::take(&path(other)).unwrap_err().to_string();
            assert!(error.contains("run.dcd is being written by another EquiJump"), "{error}");
        }
        let others = ["run2.dcd", "runr.dcd", "_r001.dcd", "_topology.pdb", "run_rx.dcd"];
        let held: Vec<_> = others.map(|other| RunLock::take(&path(other)).unwrap()).into_iter().collect();
        drop((lock, held));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a lock leaves nothing");
        // What a killed process leaves is no lock.
        std::fs::write(path(".run.lock"), "run.dcd").unwrap();
        RunLock::take(&path("run.xtc")).unwrap();
    }

    #[test]
    fn a_lock_is_held_by_one_of_many() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.dcd");
        let inside = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    use std::sync::atomic::Ordering::SeqCst;
                    for _ in 0..50 {
                        if let Ok(lock) = RunLock::take(&path) {
                            assert_eq!(inside.fetch_add(1, SeqCst), 0);
                            std::thread::yield_now();
                            inside.fetch_sub(1, SeqCst);
                            drop(lock);
                        }
                    }
                });
            }
        });
    }
}
