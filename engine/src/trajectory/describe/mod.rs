//! What a file is and what it holds: `equijump info FILE [--json]`.

mod settings;
mod tensors;
mod text;

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::TrajectoryError;
use super::format::{FormatError, TrajectoryFormat};
use super::frame::Frame;
use super::reader::TrajectoryReader;
use super::run_state::RunStateError;
use super::store::StoreError;
use crate::brief::brief;
use crate::foreign_format::{ForeignFormat, Use, recognize, recognize_name};
use crate::regular_file::open_regular;
use crate::sealed_file::SealedFileError;
use crate::structure::{
    CrystalInfo, ReadOptions, StructureError, StructureProblem, read_crystal, read_structure,
};

/// A file and what it holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileInfo {
    /// As given.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// What it holds.
    #[serde(flatten)]
    pub content: FileContent,
}

/// The kinds of files that EquiJump knows.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FileContent {
    /// A PDB or mmCIF file.
    Structure(StructureInfo),
    /// DCD, XTC, or a PDB with several models or times.
    Trajectory(TrajectoryInfo),
    /// A training store.
    Store(StoreInfo),
    /// A model or a training checkpoint.
    Model(ModelInfo),
    /// The exact state of a run.
    RunState(RunStateInfo),
    /// What a run is, as kept beside its trajectories.
    Run(RunInfo),
    /// What a training does, as kept beside its checkpoints.
    TrainingSettings {
        /// Data, network and settings, as in the file.
        description: serde_json::Map<String, serde_json::Value>,
    },
}

/// A protein, as read by the rules of [`read_structure`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProteinInfo {
    /// Author's chain identifier.
    pub chain: String,
    /// Number of residues.
    pub residues: usize,
    /// Heavy atoms.
    pub heavy_atoms: usize,
    /// One-letter codes; norleucine is `X`.
    pub sequence: String,
}

/// A structure file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StructureInfo {
    /// `PDB`, `mmCIF` or `GRO`, with `, gzip` where compressed.
    pub format: String,
    /// The protein; `None` where a choice or a repair is needed first, see `problem`.
    pub protein: Option<ProteinInfo>,
    /// The crystal it was measured in, where the file tells.
    pub crystal: Option<CrystalInfo>,
    /// What reading substitutes, rebuilds or drops.
    pub notices: Vec<String>,
    /// Why the file cannot be simulated as it is.
    pub problem: Option<String>,
}

/// A trajectory file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrajectoryInfo {
    /// Format.
    pub format: TrajectoryFormat,
    /// Variant of the format, such as `CHARMM, little-endian`; empty where there are none.
    pub variant: String,
    /// Atoms per frame.
    pub atoms: usize,
    /// The protein, which only PDB trajectories tell.
    pub protein: Option<ProteinInfo>,
    /// Complete frames.
    pub frames: usize,
    /// Time of the first frame, ps, if the file tells.
    pub first_time_ps: Option<f64>,
    /// Time of the last frame, ps.
    pub last_time_ps: Option<f64>,
    /// Median time between frames, ps.
    pub interval_ps: Option<f64>,
    /// Whether all frames are that far apart.
    pub evenly_spaced: Option<bool>,
    /// Edge lengths of the periodic cell of the first frame, Å; `None` without a cell.
    pub cell_lengths_angstrom: Option<[f64; 3]>,
    /// Its angles α, β, γ, degrees.
    pub cell_angles_degrees: Option<[f64; 3]>,
    /// Smallest and largest coordinate of the first frame on each axis, Å.
    pub extent_angstrom: Option<[[f32; 3]; 2]>,
    /// Bytes after the last complete frame; not zero if the writer was killed.
    pub tail_bytes: u64,
}

/// A training store.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoreInfo {
    /// Name of the protein.
    pub name: String,
    /// The protein.
    pub protein: ProteinInfo,
    /// Frames.
    pub frames: usize,
    /// Unbroken trajectories.
    pub trajectories: usize,
    /// Time between frames, ps.
    pub interval_ps: f64,
    /// Simulated time of all trajectories together, ps.
    pub total_ps: f64,
    /// Whether the trajectories are in equilibrium, so that they are taken backwards in time as well.
    pub in_equilibrium: bool,
    /// Whether a model made the frames, not molecular dynamics.
    pub made_by_model: bool,
    /// Files it was imported from.
    pub sources: Vec<super::store::SourceFile>,
    /// Program that wrote it.
    pub created_by: String,
}

/// A model or checkpoint: what its header says. The weights are not read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelInfo {
    /// Name of the layout, such as `equijump-model-1`.
    pub format: String,
    /// Numbers in all tensors together.
    pub numbers: usize,
    /// Tensors.
    pub tensors: usize,
    /// The other entries of the header (hyperparameters, model card …), as JSON where they are JSON.
    pub description: serde_json::Map<String, serde_json::Value>,
}

/// The state of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunStateInfo {
    /// Replicas.
    pub replicas: usize,
    /// Atoms of each.
    pub atoms: usize,
    /// Frames made, the start not counted.
    pub frame: u64,
    /// Seed of the noise.
    pub seed: u64,
    /// Settings of the run.
    pub settings: serde_json::Value,
}

/// A run, finished or not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunInfo {
    /// Version of the program that made it.
    pub version: String,
    /// Frames in its trajectories, the start structure included.
    pub frames: u64,
    /// Whether it has made all frames it was asked for.
    pub finished: bool,
    /// Its trajectories, one per replica, in the folder of the file.
    pub trajectories: Vec<String>,
    /// Structure, model, sampler and all else that decides its frames.
    pub run: serde_json::Map<String, serde_json::Value>,
}

/// Why a safetensors file is not one of ours; each message is a clause about it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ForeignTensors {
    #[error("its header is cut off")]
    HeaderCutOff,
    #[error("its header describes a file of another length, so it was cut off")]
    OtherLength,
    /// The header cannot be read. What that quotes of the file is told in brief alone, so it is no source.
    #[error("{}", brief(.0))]
    Header(serde_json::Error),
    #[error("its header names no layout of EquiJump")]
    Layout,
    #[error(transparent)]
    Sealed(#[from] SealedFileError),
}

/// Why a file could not be described.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum DescribeError {
    #[error(transparent)]
    Structure(#[from] StructureError),
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    RunState(#[from] RunStateError),
    #[error("{} is a safetensors file that EquiJump does not know: {source}", path.display())]
    ForeignTensors { path: PathBuf, source: ForeignTensors },
    #[error("{} is a JSON file that describes neither a run nor a training of EquiJump", path.display())]
    ForeignJson { path: PathBuf },
}

/// Finds out what a file is, by its extension and its first bytes, and describes it. Only headers and
/// indices are read of large files.
///
/// # Errors
/// If the file cannot be read or is damaged.
pub fn describe(path: &Path) -> Result<FileInfo, DescribeError> {
    describe_chain(path, None)
}

/// As [`describe`], of a structure with several protein chains the one that is named.
///
/// # Errors
/// As [`describe`], and where the file has no such chain.
pub fn describe_chain(path: &Path, chain: Option<&str>) -> Result<FileInfo, DescribeError> {
    let (bytes, head) = first_bytes(path).map_err(TrajectoryError::io("read", path))?;
    if let Some(foreign) = foreign(path, &head) {
        let file = foreign.refusal(Use::Any);
        return Err(TrajectoryError::from(FormatError::Foreign { path: path.to_path_buf(), file }).into());
    }
    let content = match TrajectoryFormat::of_file(path) {
        Ok(TrajectoryFormat::Pdb) => describe_pdb(path, &head, chain)?,
        Ok(TrajectoryFormat::Dcd | TrajectoryFormat::Xtc) => {
            FileContent::Trajectory(describe_trajectory(&mut TrajectoryReader::open(path)?)?)
        }
        Err(_) if tensors::looks_like_tensors(&head, bytes) => tensors::describe_tensors(path)?,
        Err(_) if settings::looks_like_json(&head, bytes) => settings::describe_json(path)?,
        Err(_) => FileContent::Structure(describe_structure(path, &head, chain)?),
    };
    Ok(FileInfo { path: path.display().to_string(), bytes, content })
}

fn first_bytes(path: &Path) -> std::io::Result<(u64, Vec<u8>)> {
    let file = open_regular(path)?;
    let bytes = file.metadata()?.len();
    let mut head = Vec::new();
    file.take(64).read_to_end(&mut head)?;
    Ok((bytes, head))
}

/// A format of another program, by content or by name; GRO is read.
fn foreign(path: &Path, head: &[u8]) -> Option<ForeignFormat> {
    let format = TrajectoryFormat::of_file(path);
    let by_content = recognize(head).filter(|found| !format.as_ref().is_ok_and(|&format| found.is(format)));
    by_content.or_else(|| recognize_name(path).filter(|found| !found.is_gro()))
}

/// One model without a time is a structure; anything more is a trajectory, with its protein if it has one.
/// The ensembles of NMR entries count as structures too: they bring no times.
fn describe_pdb(path: &Path, head: &[u8], chain: Option<&str>) -> Result<FileContent, DescribeError> {
    let structure = describe_structure(path, head, chain);
    match TrajectoryReader::open(path) {
        Ok(mut reader) if reader.time_ps(0).is_some() => {
            let mut info = describe_trajectory(&mut reader)?;
            info.protein = structure.ok().and_then(|structure| structure.protein);
            Ok(FileContent::Trajectory(info))
        }
        _ => Ok(FileContent::Structure(structure?)),
    }
}

fn describe_structure(path: &Path, head: &[u8], chain: Option<&str>) -> Result<StructureInfo, DescribeError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let gzip = head.starts_with(&crate::structure::pdb_lines::GZIP);
    let kind = match name.as_str() {
        name if name.contains(".cif") || name.contains(".mmcif") => "mmCIF",
        name if name.contains(".gro") => "GRO",
        _ => "PDB",
    };
    let format = if gzip { format!("{kind}, gzip") } else { kind.to_owned() };
    let read = |longest_segment| {
        read_structure(path, &ReadOptions { chain: chain.map(str::to_owned), longest_segment })
    };
    let (opened, problem) = match read(false) {
        Ok(opened) => (Some(opened), None),
        Err(error) if error.problem.longest_segment_helps() => (read(true).ok(), Some(error.problem)),
        Err(error) if is_about_the_protein(&error.problem) => (None, Some(error.problem)),
        Err(error) => return Err(error.into()),
    };
    Ok(StructureInfo {
        format,
        protein: opened.as_ref().map(|opened| protein_info(&opened.topology)),
        crystal: read_crystal(path),
        notices: opened.iter().flat_map(|o| &o.notices).map(ToString::to_string).collect(),
        problem: problem.map(|problem| problem.to_string()),
    })
}

/// Whether the file is a sound structure file, though not one that can be simulated as it is.
fn is_about_the_protein(problem: &StructureProblem) -> bool {
    matches!(
        problem,
        StructureProblem::NoProtein(_)
            | StructureProblem::SeveralChains(_)
            | StructureProblem::UnknownResidue { .. }
            | StructureProblem::CalphaOnly
            | StructureProblem::TooManyResidues(_)
            | StructureProblem::TooFewResidues(_)
    )
}

fn protein_info(topology: &crate::structure::Topology) -> ProteinInfo {
    ProteinInfo {
        chain: topology.chain_id.clone(),
        residues: topology.residue_count(),
        heavy_atoms: topology.atom_count(),
        sequence: topology.sequence(),
    }
}

fn describe_trajectory(reader: &mut TrajectoryReader) -> Result<TrajectoryInfo, TrajectoryError> {
    let frames = reader.frame_count();
    let interval_ps = reader.interval_ps();
    let evenly_spaced = interval_ps.map(|interval| {
        let mut last = None;
        (0..frames).map_while(|k| reader.time_ps(k)).all(|time| {
            let step = last.replace(time).map_or(interval, |before| time - before);
            // XTC keeps times as f32.
            (step - interval).abs() <= 1e-3 * interval.abs() + 4.0 * f64::from(f32::EPSILON) * time.abs()
        })
    });
    let mut info = TrajectoryInfo {
        format: reader.format(),
        variant: reader.variant(),
        atoms: reader.atom_count(),
        protein: None,
        frames,
        first_time_ps: reader.time_ps(0),
        last_time_ps: frames.checked_sub(1).and_then(|last| reader.time_ps(last)),
        interval_ps,
        evenly_spaced,
        cell_lengths_angstrom: None,
        cell_angles_degrees: None,
        extent_angstrom: None,
        tail_bytes: reader.tail_bytes(),
    };
    if frames > 0 {
        let mut frame = Frame::default();
        reader.read_frame(0, &mut frame)?;
        let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
        for position in &frame.positions_angstrom {
            for axis in 0..3 {
                low[axis] = low[axis].min(position[axis]);
                high[axis] = high[axis].max(position[axis]);
            }
        }
        info.extent_angstrom = Some([low, high]);
        if let Some(cell) = frame.cell_angstrom {
            let (lengths, angles) = lengths_and_angles(cell);
            info.cell_lengths_angstrom = Some(lengths);
            info.cell_angles_degrees = Some(angles);
        }
    }
    Ok(info)
}

/// Lengths of the vectors of a cell, and the angles between them, degrees.
pub(super) fn lengths_and_angles(cell: [[f32; 3]; 3]) -> ([f64; 3], [f64; 3]) {
    let dot = |i: usize, j: usize| (0..3).map(|k| f64::from(cell[i][k]) * f64::from(cell[j][k])).sum::<f64>();
    let lengths = [0, 1, 2].map(|i| dot(i, i).sqrt());
    let angle =
        |i: usize, j: usize| (dot(i, j) / (lengths[i] * lengths[j])).clamp(-1.0, 1.0).acos().to_degrees();
    (lengths, [angle(1, 2), angle(0, 2), angle(0, 1)])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
