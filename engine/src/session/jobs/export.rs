//! Writing frames of a run to a trajectory file of the user's choice, also while the run goes on.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::structure::{
    AllAtomModel, MmcifWriter, Topology, pdb_all_atom_end, pdb_all_atom_lines, write_pdb, write_pdb_of_atoms,
};
use crate::trajectory::{
    TrajectoryError, TrajectoryFormat, TrajectoryWriter, extension_of, write_atomically,
};

use crate::atomic_file::{AtomicFile, is_there};
use crate::file_error::FileError;
use crate::run_lock::{LockError, RunLock};
use crate::session::history::FrameHistory;
use crate::session::job::{Halt, Job, JobContext};
use crate::session::lane::Lane;
use crate::session::progress::{ProgressUnit, RateMeter, Report};
use crate::session::request::beside;

/// Frames between two looks at the cancel flag and two progress events.
const CHUNK: u64 = 64;

/// Frames to copy from a [`FrameHistory`] to a trajectory file.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// Protein that the frames belong to.
    pub topology: Arc<Topology>,
    /// The frames.
    pub history: Arc<FrameHistory>,
    /// Which replica.
    pub replica: usize,
    /// First frame, 0 is the start structure.
    pub first_frame: u64,
    /// Last frame, included.
    pub last_frame: u64,
    /// Write every N-th frame, at least 1.
    pub stride: u64,
    /// Writes only those of these frames, ascending, that lie in the range, every `stride`-th of them.
    pub only: Option<Arc<[u64]>>,
    /// Writes only these atoms, ascending; `None` writes all.
    pub atoms: Option<Arc<[usize]>>,
    /// File to write; its extension (`.dcd`, `.xtc`, `.pdb`, `.cif`) decides the format. The topology is
    /// written beside DCD and XTC (`name_topology.pdb`), which hold none.
    pub path: PathBuf,
    /// Adds hydrogens and the second oxygen of the C-terminus, at pH 7; for `.pdb` and `.cif` alone.
    pub hydrogens: bool,
    /// Replace the file if it is there. Leave it to the save dialog to have asked.
    pub overwrite: bool,
}

/// Frames that were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many.
    pub frames: u64,
    /// The trajectory and the topology beside it.
    pub files: Vec<PathBuf>,
}

/// Why frames were not written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ExportError {
    #[error(
        "{}: the name of the file must end in .dcd, .xtc, .pdb or .cif, which decides its format",
        path.display()
    )]
    Format { path: PathBuf },
    #[error("{}: frames with hydrogens are written as .pdb or .cif, which name their atoms", path.display())]
    Hydrogens { path: PathBuf },
    #[error("{} is there already; choose another name or allow replacing it", path.display())]
    Exists { path: PathBuf },
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{} cannot be put in its place: {source}", path.display())]
    Commit { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    #[error("the stride must be at least 1")]
    Stride,
    #[error("the first frame ({first}) lies after the last one ({last})")]
    Range { first: u64, last: u64 },
    #[error("frame {frame} does not exist yet; the newest one is {newest}")]
    NoFrame { frame: u64, newest: u64 },
    #[error("the selection holds no atom of this protein")]
    Atoms,
    #[error("replica {replica} does not exist; there are {replicas}")]
    NoReplica { replica: usize, replicas: usize },
    #[error("none of the chosen frames lies between {first} and {last}")]
    NoneChosen { first: u64, last: u64 },
    #[error("frame {frame} cannot be read back: {source}")]
    ReadBack { frame: u64, source: std::io::Error },
}

impl Job for ExportRequest {
    type Update = Report;
    type Output = Exported;
    const LANE: Lane = Lane::Files;

    fn run(self, context: &JobContext<'_, Report>) -> Result<Exported, Halt> {
        export(context, &self)
    }
}

/// Writes the file under a temporary name and renames it at the end, so that it is whole or not there.
fn export(context: &JobContext<'_, Report>, request: &ExportRequest) -> Result<Exported, Halt> {
    let path = &request.path;
    let format = ExportFormat::from_path(path)?;
    check(request, format)?;
    let topology_path = (!format.holds_topology()).then(|| beside(path, "_topology.pdb"));
    // A run may be writing there, of this window or of another program.
    let _lock = RunLock::take(path)?;
    if !request.overwrite
        && let Some(present) = std::iter::once(path).chain(&topology_path).find(|path| is_there(path))
    {
        return Err(ExportError::Exists { path: present.clone() }.into());
    }
    let mut partial = AtomicFile::create(path, request.overwrite).map_err(FileError::write(path))?;
    let file = partial.file().and_then(|file| file.try_clone()).map_err(FileError::write(path))?;
    let frames = write_frames(context, request, format, file)?;
    partial.commit().map_err(|source| ExportError::Commit { path: path.clone(), source })?;
    let mut files = vec![path.clone()];
    if let Some(topology_path) = topology_path {
        write_topology(request, &topology_path)?;
        files.push(topology_path);
    }
    Ok(Exported { frames, files })
}

/// What frames can be exported to: the trajectory formats, and mmCIF, which only export writes, since a run
/// cannot be continued in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExportFormat {
    Trajectory(TrajectoryFormat),
    Mmcif,
}

impl ExportFormat {
    fn from_path(path: &Path) -> Result<Self, ExportError> {
        if matches!(extension_of(path).as_str(), "cif" | "mmcif") {
            return Ok(Self::Mmcif);
        }
        TrajectoryFormat::from_path(path)
            .map(Self::Trajectory)
            .map_err(|_| ExportError::Format { path: path.to_owned() })
    }

    fn holds_topology(self) -> bool {
        matches!(self, Self::Mmcif | Self::Trajectory(TrajectoryFormat::Pdb))
    }
}

/// A file of frames being written.
enum Output<'a> {
    Trajectory(Box<TrajectoryWriter>),
    Mmcif { writer: MmcifWriter<BufWriter<File>>, topology: &'a Topology, path: &'a Path },
    AllAtoms(AllAtoms<'a>),
}

/// Frames with hydrogens, in the text formats. Which hydrogens there are is decided by the first frame.
struct AllAtoms<'a> {
    format: AllAtomFormat,
    topology: &'a Topology,
    path: &'a Path,
    model: Option<AllAtomModel>,
    /// One frame is a file without models.
    single: bool,
    models: usize,
}

enum AllAtomFormat {
    Pdb(BufWriter<File>),
    Mmcif(MmcifWriter<BufWriter<File>>),
}

impl AllAtoms<'_> {
    fn write_frame(&mut self, positions_angstrom: &[[f32; 3]], time_ps: f64) -> std::io::Result<()> {
        let topology = self.topology;
        let model = self.model.get_or_insert_with(|| AllAtomModel::new(topology, positions_angstrom));
        let all = model.place(positions_angstrom);
        self.models += 1;
        match &mut self.format {
            AllAtomFormat::Pdb(file) => {
                let atoms = pdb_all_atom_lines(topology, model, &all)?;
                if self.single {
                    return file.write_all(atoms.as_bytes());
                }
                let number = self.models;
                write!(file, "TITLE     t= {time_ps:.5}\nMODEL {number:>8}\n{atoms}ENDMDL\n")
            }
            AllAtomFormat::Mmcif(writer) => writer.write_all_atoms(topology, model, &all),
        }
    }

    fn finish(self) -> std::io::Result<()> {
        match self.format {
            AllAtomFormat::Pdb(mut file) => {
                let end = self.model.map(|model| pdb_all_atom_end(self.topology, &model));
                file.write_all(end.unwrap_or_default().as_bytes())?;
                file.flush()
            }
            AllAtomFormat::Mmcif(writer) => writer.finish().map(drop),
        }
    }
}

impl<'a> Output<'a> {
    fn create(
        format: ExportFormat,
        file: File,
        request: &'a ExportRequest,
        (interval_ps, frames): (f64, u64),
    ) -> Result<Self, ExportError> {
        let (path, topology, atoms) = (request.path.as_path(), &request.topology, request.atoms.as_ref());
        if request.hydrogens {
            let file = BufWriter::new(file);
            let format = match format {
                ExportFormat::Mmcif => AllAtomFormat::Mmcif(MmcifWriter::new(file)),
                ExportFormat::Trajectory(_) => AllAtomFormat::Pdb(file),
            };
            let single = frames == 1;
            return Ok(Self::AllAtoms(AllAtoms { format, topology, path, model: None, single, models: 0 }));
        }
        match format {
            ExportFormat::Trajectory(format) => {
                let writer = TrajectoryWriter::create_in(file, path, format, topology, atoms, interval_ps)?;
                Ok(Self::Trajectory(Box::new(writer)))
            }
            ExportFormat::Mmcif => {
                let file = BufWriter::new(file);
                let writer = match atoms {
                    Some(atoms) => MmcifWriter::of_atoms(file, atoms.clone()),
                    None => MmcifWriter::new(file),
                };
                Ok(Self::Mmcif { writer, topology, path })
            }
        }
    }

    fn write_frame(&mut self, positions_angstrom: &[[f32; 3]], time_ps: f64) -> Result<(), ExportError> {
        match self {
            Self::Trajectory(writer) => writer.write_frame(positions_angstrom, time_ps)?,
            Self::Mmcif { writer, topology, path } => {
                writer.write_model(topology, positions_angstrom).map_err(FileError::write(path))?;
            }
            Self::AllAtoms(all) => {
                all.write_frame(positions_angstrom, time_ps).map_err(FileError::write(all.path))?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), FileError> {
        match self {
            Self::Trajectory(_) => Ok(()),
            Self::Mmcif { writer, path, .. } => writer.finish().map(drop).map_err(FileError::write(path)),
            Self::AllAtoms(all) => {
                let path = all.path;
                all.finish().map_err(FileError::write(path))
            }
        }
    }
}

fn check(request: &ExportRequest, format: ExportFormat) -> Result<(), ExportError> {
    let history = &request.history;
    if request.hydrogens && !format.holds_topology() {
        return Err(ExportError::Hydrogens { path: request.path.clone() });
    }
    if request.stride == 0 {
        return Err(ExportError::Stride);
    }
    if request.first_frame > request.last_frame {
        return Err(ExportError::Range { first: request.first_frame, last: request.last_frame });
    }
    if request.last_frame >= history.len() {
        let newest = history.len().saturating_sub(1);
        return Err(ExportError::NoFrame { frame: request.last_frame, newest });
    }
    if let Some(atoms) = &request.atoms {
        let ascending = atoms.is_sorted_by(|one, next| one < next);
        if atoms.is_empty() || !ascending || atoms.last().is_some_and(|last| *last >= history.atom_count()) {
            return Err(ExportError::Atoms);
        }
    }
    if request.replica >= history.replica_count() {
        return Err(ExportError::NoReplica { replica: request.replica, replicas: history.replica_count() });
    }
    Ok(())
}

/// Number of frames written.
fn write_frames(
    context: &JobContext<'_, Report>,
    request: &ExportRequest,
    format: ExportFormat,
    file: File,
) -> Result<u64, Halt> {
    let history = &request.history;
    let chosen = Chosen::of(request)?;
    let total = chosen.count();
    let clock = clock(context, request, &chosen, format);
    let mut output = Output::create(format, file, request, (clock.interval_ps, total))?;
    let mut meter = RateMeter::start(ProgressUnit::Frames, 0, Some(total));
    let mut positions = vec![[0.0; 3]; history.atom_count()];
    for index in 0..total {
        let frame = chosen.frame(index);
        history
            .read_into(frame, request.replica, &mut positions)
            .map_err(|source| ExportError::ReadBack { frame, source })?;
        let time_ps = match clock.start_ps {
            Some(start_ps) => start_ps + index as f64 * clock.interval_ps,
            None => history.time_ps(frame),
        };
        output.write_frame(&chosen_atoms(request, &positions), time_ps)?;
        if index % CHUNK == CHUNK - 1 || index + 1 == total {
            meter.reach(index + 1, Some(total));
            context.progress(meter.progress());
            context.check()?;
        }
    }
    output.finish()?;
    Ok(total)
}

/// The frames to write.
enum Chosen<'a> {
    /// Evenly spaced.
    Range { first: u64, stride: u64, count: u64 },
    /// Every `stride`-th of these.
    Listed { frames: &'a [u64], stride: u64 },
}

impl<'a> Chosen<'a> {
    fn of(request: &'a ExportRequest) -> Result<Self, ExportError> {
        let ExportRequest { first_frame: first, last_frame: last, stride, .. } = *request;
        let Some(only) = &request.only else {
            return Ok(Self::Range { first, stride, count: (last - first) / stride + 1 });
        };
        let frames = &only[only.partition_point(|&frame| frame < first)..];
        let frames = &frames[..frames.partition_point(|&frame| frame <= last)];
        if frames.is_empty() {
            return Err(ExportError::NoneChosen { first, last });
        }
        Ok(Self::Listed { frames, stride })
    }

    fn count(&self) -> u64 {
        match *self {
            Self::Range { count, .. } => count,
            Self::Listed { frames, stride } => (frames.len() as u64).div_ceil(stride),
        }
    }

    /// Number of the `index`-th frame, `index` being below [`Self::count`].
    fn frame(&self, index: u64) -> u64 {
        match *self {
            Self::Range { first, stride, .. } => first + index * stride,
            Self::Listed { frames, stride } => frames[(index * stride) as usize],
        }
    }
}

/// Times in the file.
struct Clock {
    interval_ps: f64,
    /// Time of the first frame, from which they are counted; `None` where each frame has that of the run.
    start_ps: Option<f64>,
}

/// DCD holds no time for each frame, only that of the first one, in whole intervals, and the interval. Where that
/// cannot express the times, they start at 0, and the user is told.
fn clock(
    context: &JobContext<'_, Report>,
    request: &ExportRequest,
    chosen: &Chosen<'_>,
    format: ExportFormat,
) -> Clock {
    let history = &request.history;
    let is_dcd = format == ExportFormat::Trajectory(TrajectoryFormat::Dcd);
    match *chosen {
        Chosen::Listed { .. } => {
            let interval_ps = history.time_ps(1);
            if is_dcd {
                context.notice(
                    "Chosen frames are not evenly spaced in time, and a DCD file cannot say so: its times only count the frames. XTC and PDB keep those of the run."
                        .to_owned(),
                );
            }
            Clock { interval_ps, start_ps: is_dcd.then_some(0.0) }
        }
        Chosen::Range { first, stride, .. } => {
            let interval_ps = history.time_ps(1) * stride as f64;
            let start_ps = history.time_ps(first);
            if !is_dcd || first.is_multiple_of(stride) {
                return Clock { interval_ps, start_ps: Some(start_ps) };
            }
            context.notice(format!(
                "A DCD file of frames {interval_ps} ps apart cannot begin at {start_ps} ps; its times begin at 0. XTC and PDB keep them."
            ));
            Clock { interval_ps, start_ps: Some(0.0) }
        }
    }
}

/// The positions of the atoms that are to be written.
fn chosen_atoms<'a>(request: &ExportRequest, positions: &'a [[f32; 3]]) -> Cow<'a, [[f32; 3]]> {
    match &request.atoms {
        None => Cow::Borrowed(positions),
        Some(atoms) => atoms.iter().filter_map(|&atom| positions.get(atom).copied()).collect(),
    }
}

fn write_topology(request: &ExportRequest, path: &Path) -> Result<(), ExportError> {
    let first = Chosen::of(request)?.frame(0);
    let start = request.history.read(first, request.replica).map_err(FileError::write(path))?;
    let mut pdb = Vec::new();
    let written = match &request.atoms {
        None => write_pdb(&request.topology, &start, &mut pdb),
        Some(atoms) => write_pdb_of_atoms(&request.topology, atoms, &chosen_atoms(request, &start), &mut pdb),
    };
    Ok(written.and_then(|()| write_atomically(path, &pdb)).map_err(FileError::write(path))?)
}
