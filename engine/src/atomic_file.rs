//! Files that appear complete or not at all: written beside their place and renamed into it.
//!
//! What is being written lies beside its target as `.NAME.PID.partial`, locked as long as its writer lives. One
//! that is not locked was left by a writer that was killed, and whoever writes the same target next removes it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Partial files of one target that one process writes at the same time, at most.
const MOST_AT_ONCE: u32 = 64;

/// A file under construction. [`AtomicFile::commit`] puts it in its place; dropping it without that removes
/// it, and what stood there before stays.
#[derive(Debug)]
pub struct AtomicFile {
    target: PathBuf,
    partial: PathBuf,
    file: Option<File>,
    overwrite: bool,
    committed: bool,
}

impl AtomicFile {
    /// Starts a file that is to become `target`. A link that stands there is replaced, what it points to is not
    /// touched.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] if `target` exists and `overwrite` is false;
    /// [`io::ErrorKind::InvalidInput`] if a folder or a device stands there; or what creating the file beside it
    /// reports.
    pub fn create(target: &Path, overwrite: bool) -> io::Result<Self> {
        if !overwrite && is_there(target) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        check_replaceable(target)?;
        let (partial, file) = create_partial(target)?;
        Ok(Self { target: target.to_path_buf(), partial, file: Some(file), overwrite, committed: false })
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
        self.file()?.sync_all()?;
        self.commit_without_sync().map(drop)
    }

    /// Gives the file its name, but leaves it to the system when it comes to the disk: the content survives the end
    /// of the process, not that of the machine. Returns the open file.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub fn commit_without_sync(mut self) -> io::Result<File> {
        // Open, and hence locked, until it has its name.
        let file = self.file.take().ok_or_else(|| io::Error::other("the file was closed already"))?;
        if !self.overwrite && is_there(&self.target) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&self.partial, &self.target)?;
        self.committed = true;
        let _ = file.unlock();
        Ok(file)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        self.file = None;
        // After a commit another file may be under this name.
        if !self.committed {
            let _ = fs::remove_file(&self.partial);
        }
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

/// Whether anything stands under this name, a link to nothing included.
pub(crate) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether what stands at `path`, if anything, is a file or a link, which a file may replace.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] where it is a folder, a device, or something else.
pub(crate) fn check_replaceable(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() && !there.is_symlink() => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "what stands there is no file"))
        }
        _ => Ok(()),
    }
}

/// Whether the open file is what stands at `path`: it may have been deleted, or replaced.
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    let Ok(there) = fs::symlink_metadata(path) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        file.metadata().is_ok_and(|own| (own.dev(), own.ino()) == (there.dev(), there.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        there.is_file()
    }
}

/// A new file beside `target`, locked.
fn create_partial(target: &Path) -> io::Result<(PathBuf, File)> {
    remove_stale_partials(target);
    for number in 0..MOST_AT_ONCE {
        let partial = partial_path(target, number)?;
        match OpenOptions::new().read(true).write(true).create_new(true).open(&partial) {
            Ok(file) => {
                // Some file systems know no locks; there nothing is ever taken for stale.
                let _ = file.try_lock();
                // Another process may have found it before it was locked.
                if is_at(&file, &partial) {
                    return Ok((partial, file));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many writers of this file at the same time"))
}

/// `.NAME.PID.partial` beside `target`, or one with a number where this process writes several at once.
///
/// # Errors
/// If the path names no file.
pub fn partial_path(target: &Path, number: u32) -> io::Result<PathBuf> {
    let Some(name) = target.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    };
    let mut partial = OsString::from(".");
    partial.push(name);
    partial.push(format!(".{}", std::process::id()));
    if number > 0 {
        partial.push(format!("-{number}"));
    }
    partial.push(".partial");
    Ok(target.with_file_name(partial))
}

/// Removes what killed writers of `target` have left beside it, files and folders; what is locked stays.
pub fn remove_stale_partials(target: &Path) {
    remove_stale_partials_of([target]);
}

/// As [`remove_stale_partials`], for many targets: each folder is listed once, however many of its files there are.
pub(crate) fn remove_stale_partials_of<'a>(targets: impl IntoIterator<Item = &'a Path>) {
    let mut names: HashMap<&Path, HashSet<Cow<'a, str>>> = HashMap::new();
    for target in targets {
        if let (Some(folder), Some(name)) = (target.parent(), target.file_name()) {
            names.entry(folder).or_default().insert(name.to_string_lossy());
        }
    }
    for (folder, names) in names {
        remove_stale(folder, |partial| target_of(partial).is_some_and(|target| names.contains(target)));
    }
}

/// Removes what killed writers have left in `folder`, whatever its target. Only for folders of our own.
pub(crate) fn remove_all_stale_partials(folder: &Path) {
    remove_stale(folder, |name| target_of(name).is_some());
}

/// The target whose partial file has this name.
fn target_of(partial: &str) -> Option<&str> {
    let (target, number) = partial.strip_prefix('.')?.strip_suffix(".partial")?.rsplit_once('.')?;
    let of_writer = is_partial_ending(&format!("{number}.partial"));
    (!target.is_empty() && of_writer).then_some(target)
}

/// Whether `ending` is `PID.partial` or `PID-NUMBER.partial`.
fn is_partial_ending(ending: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    ending.strip_suffix(".partial").is_some_and(|number| {
        let (pid, number) = number.split_once('-').unwrap_or((number, "0"));
        digits(pid) && digits(number)
    })
}

fn remove_stale(folder: &Path, ours: impl Fn(&str) -> bool) {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(&ours)) {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        // Opening a pipe would wait; none of ours is one.
        if !kind.is_file() && !kind.is_dir() {
            continue;
        }
        let Ok(held) = File::open(&path) else { continue };
        if let Err(TryLockError::WouldBlock | TryLockError::Error(_)) = held.try_lock() {
            continue;
        }
        // It is only litter; a failure changes nothing.
        let _ = if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    }
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

    #[test]
    fn what_a_killed_writer_left_goes_with_the_next_one_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [".run.state.1.partial", ".run.state.4194304-2.partial", ".other.1.partial"] {
            fs::write(path(name), "half").unwrap();
        }
        fs::create_dir(path(".run.state.2.partial")).unwrap();
        fs::write(path(".run.state.x.partial"), "not ours").unwrap();
        let first = AtomicFile::create(&path("run.state"), true).unwrap();
        let second = AtomicFile::create(&path("run.state"), true).unwrap();
        assert!(first.partial != second.partial && first.partial.exists());
        write_atomically(&path("run.state"), b"whole").unwrap();
        assert!(first.partial.exists() && second.partial.exists());
        drop((first, second));
        let names = || {
            let entries = fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<String> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        assert_eq!(names(), [".other.1.partial", ".run.state.x.partial", "run.state"]);
        remove_all_stale_partials(folder.path());
        assert_eq!(names(), [".run.state.x.partial", "run.state"]);
        for name in [".a.dcd.7.partial", ".b.dcd.7-1.partial", ".c.dcd.7.partial"] {
            fs::write(path(name), "half").unwrap();
        }
        remove_stale_partials_of([&*path("a.dcd"), &*path("b.dcd"), &*path("run.state.x")]);
        assert_eq!(names(), [".c.dcd.7.partial", ".run.state.x.partial", "run.state"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, link) = (folder.path().join("kept"), folder.path().join("link"));
        fs::write(&kept, "kept").unwrap();
        std::os::unix::fs::symlink(&kept, &link).unwrap();
        assert_eq!(AtomicFile::create(&link, false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        write_atomically(&link, b"new").unwrap();
        assert_eq!((fs::read(&kept).unwrap(), fs::read(&link).unwrap()), (b"kept".to_vec(), b"new".to_vec()));
        // A link to nothing is there too, and what it names is not made.
        let (nothing, dangling) = (folder.path().join("nothing"), folder.path().join("dangling"));
        std::os::unix::fs::symlink(&nothing, &dangling).unwrap();
        assert_eq!(AtomicFile::create(&dangling, false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        write_atomically(&dangling, b"new").unwrap();
        assert!(!nothing.exists());
        assert!(write_atomically(folder.path(), b"new").is_err(), "a folder is not replaced");
    }
}
