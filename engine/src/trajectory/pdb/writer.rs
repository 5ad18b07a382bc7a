//! Writing multi-model PDB: at any moment the file ends with END and is complete.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::reader::PdbReader;
use crate::atomic_file::AtomicFile;
use crate::structure::{Topology, pdb_atom_line, pdb_conect_lines, pdb_conect_lines_between, pdb_ter_line};
use crate::trajectory::error::TrajectoryError;

/// The coordinate columns hold `-999.999`; larger positions are refused.
pub(crate) const PDB_LIMIT_ANGSTROM: f32 = 999.999;

const MODEL_END: &str = "ENDMDL\n";

/// A file up to this length is replaced after every frame; copying it takes less time than making a frame.
const SMALL_BYTES: u64 = 1 << 20;
/// A longer one is replaced when this many times as long has passed as replacing it took.
const REST: u32 = 20;

/// Appends models to a PDB file.
///
/// Its end moves with every model, and programs that read it meanwhile would see half of one. What stands under the
/// name of a run is therefore never changed, but replaced by a longer file.
#[derive(Debug)]
pub(crate) struct PdbWriter {
    /// What stands under the name, or what is being written where that has no name yet.
    file: File,
    topology: Arc<Topology>,
    /// The atoms that are written, ascending; all where none are named.
    atoms: Option<Arc<[usize]>>,
    /// What follows the last model: bonds of hetero residues, END.
    file_end: String,
    frames: usize,
    /// Where the next model goes: over the end of the file.
    end: u64,
    published: Option<Published>,
}

/// A file that others may read while it is written.
#[derive(Debug)]
struct Published {
    path: PathBuf,
    /// Models that are not in it yet.
    pending: String,
    last: Instant,
    took: Duration,
}

/// What a file of `topology` ends with, whatever frames it holds.
pub(crate) fn file_end(topology: &Topology) -> String {
    format!("{}END\n", pdb_conect_lines(topology))
}

impl PdbWriter {
    /// Starts an empty file that nobody reads before it is finished.
    pub(crate) fn create(mut file: File, topology: Arc<Topology>) -> io::Result<Self> {
        let file_end = file_end(&topology);
        file.write_all(file_end.as_bytes())?;
        Ok(Self { file, topology, atoms: None, file_end, frames: 0, end: 0, published: None })
    }

    /// Starts an empty file of some atoms alone, ascending; frames have positions of these.
    pub(crate) fn create_of_atoms(
        mut file: File,
        topology: Arc<Topology>,
        atoms: Arc<[usize]>,
    ) -> io::Result<Self> {
        let conect = pdb_conect_lines_between(&topology, |atom| atoms.binary_search(&atom).is_ok());
        let file_end = format!("{conect}END\n");
        file.write_all(file_end.as_bytes())?;
        Ok(Self { file, topology, atoms: Some(atoms), file_end, frames: 0, end: 0, published: None })
    }

    /// Starts an empty file at `path`, where it may be read at any time. `file` is what was made there.
    pub(crate) fn create_at(path: &Path, file: File, topology: Arc<Topology>) -> io::Result<Self> {
        let mut writer = Self::create(file, topology)?;
        writer.published = Some(Published::new(path, String::new()));
        Ok(writer)
    }

    /// Continues a file after its first `keep` models; what follows them is cut off.
    pub(crate) fn append(
        path: &Path,
        reader: &PdbReader,
        keep: usize,
        topology: Arc<Topology>,
    ) -> Result<Self, TrajectoryError> {
        let end = match keep {
            0 => 0,
            _ => reader.end_of_model(keep - 1).unwrap_or(0),
        };
        let file = File::open(path).map_err(TrajectoryError::io("open", path))?;
        // The index ends a model after its last atom; close it again.
        let mut closing = String::new();
        if keep > 0 {
            closing = format!("{}\n{MODEL_END}", pdb_ter_line(&topology));
        }
        let file_end = file_end(&topology);
        let published = Some(Published::new(path, closing));
        let mut writer = Self { file, topology, atoms: None, file_end, frames: keep, end, published };
        writer.publish().map_err(TrajectoryError::io("write", path))?;
        Ok(writer)
    }

    /// What stands under the name of the file.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Puts models in place that are not yet.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match &self.published {
            Some(published) if !published.pending.is_empty() => self.publish(),
            _ => Ok(()),
        }
    }

    /// Replaces the file by one with the pending models.
    fn publish(&mut self) -> io::Result<()> {
        let Some(published) = &mut self.published else { return Ok(()) };
        let started = Instant::now();
        let mut next = AtomicFile::create(&published.path, true)?;
        let file = next.file()?;
        self.file.seek(SeekFrom::Start(0))?;
        // Within the system, where it can do that.
        let copied = io::copy(&mut (&self.file).take(self.end), file)?;
        if copied < self.end {
            return Err(io::Error::other("another program shortened it while it was being written"));
        }
        file.write_all(format!("{}{}", published.pending, self.file_end).as_bytes())?;
        self.file = next.commit_without_sync()?;
        self.end += published.pending.len() as u64;
        published.pending.clear();
        published.last = Instant::now();
        published.took = started.elapsed();
        Ok(())
    }

    /// Appends a frame whose positions have been checked.
    pub(crate) fn write_frame(&mut self, positions: &[[f32; 3]], time_ps: f64) -> io::Result<()> {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(81 * (positions.len() + 4));
        let title: String = self.topology.name.chars().filter(|c| c.is_ascii_graphic()).take(30).collect();
        let step = self.frames;
        // Writing into a string does not fail.
        let _ = writeln!(text, "TITLE     {title} t= {time_ps:.5} step= {step}");
        let _ = writeln!(text, "MODEL {:>8}", step + 1);
        for (place, &position) in positions.iter().enumerate() {
            let atom = self.atoms.as_ref().and_then(|atoms| atoms.get(place).copied()).unwrap_or(place);
            text.push_str(&pdb_atom_line(&self.topology, atom, position));
            text.push('\n');
        }
        text.push_str(&pdb_ter_line(&self.topology));
        text.push('\n');
        text.push_str(MODEL_END);
        if let Some(published) = &mut self.published {
            let before = published.pending.len();
            published.pending.push_str(&text);
            let due = self.end <= SMALL_BYTES || published.last.elapsed() >= REST * published.took;
            if due && let Err(error) = self.publish() {
                if let Some(published) = &mut self.published {
                    published.pending.truncate(before);
                }
                return Err(error);
            }
            self.frames += 1;
            return Ok(());
        }
        let model_bytes = text.len() as u64;
        text.push_str(&self.file_end);
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(text.as_bytes())?;
        self.frames += 1;
        self.end += model_bytes;
        Ok(())
    }

    /// Makes the file end after its last complete model.
    pub(crate) fn cut_half_frame(&mut self) -> io::Result<()> {
        if self.published.is_some() {
            return Ok(());
        }
        self.file.set_len(self.end)?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(self.file_end.as_bytes())
    }
}

impl Published {
    fn new(path: &Path, pending: String) -> Self {
        Self { path: path.to_owned(), pending, last: Instant::now(), took: Duration::ZERO }
    }
}

impl Drop for PdbWriter {
    fn drop(&mut self) {
        // Whoever wants to know of a failure has flushed before.
        let _ = self.flush();
    }
}
