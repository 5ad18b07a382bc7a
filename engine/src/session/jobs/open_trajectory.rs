//! Opening trajectories to look at them as at a run: DCD and XTC with a topology, PDB and mmCIF files of several
//! models, and runs of this program by their description (`run.json`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::regular_file;
use crate::session::description::{DescribedRun, DescriptionError};
use crate::session::history::FrameHistory;
use crate::session::jobs::evaluate::topology_beside;
use crate::session::jobs::simulate::StartedRun;
use crate::session::recorded::{RecordedFrames, canonical_map, open_reader};
use crate::session::request::{StructureSource, beside};
use crate::structure::{
    ChainSummary, Notice, OpenedStructure, StructureError, StructureProblem, Topology, TopologyMap,
    read_models, read_topology_map_of_chain,
};
use crate::trajectory::{TrajectoryError, TrajectoryReader, extension_of};
use crate::transport::SamplerSettings;

/// Time between models of a file that tells no times, ps: they are an ensemble, and the axis is only a number.
const MODEL_INTERVAL_PS: f64 = 1.0;
/// Structure files that are tried as the topology of a trajectory, at most.
const TOPOLOGIES_TRIED: usize = 24;
/// Larger structure files are not tried unasked, bytes.
const TOPOLOGY_BYTES: u64 = 64 << 20;

/// Trajectories to open, with the user's answers to what the files leave open.
#[derive(Clone, Debug, Default)]
pub struct TrajectoryRequest {
    /// The trajectories, one per replica; or the description of a run; or one file with models.
    pub files: Vec<PathBuf>,
    /// File with the names of the atoms; by default looked for beside the trajectories.
    pub topology: Option<PathBuf>,
    /// Which chain, where the topology holds several.
    pub chain: Option<String>,
    /// Time between frames, ps, where the files do not tell.
    pub interval_ps: Option<f64>,
    /// The protein that is open: taken where nothing lies beside the files and the number of atoms fits.
    pub opened: Option<Arc<Topology>>,
}

/// What the user must tell before trajectories can be opened. Answer it in [`TrajectoryRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrajectoryNeed {
    /// Which file names the atoms; the sentence says what was looked for.
    Topology(String),
    /// Which of several chains.
    Chain(Vec<ChainSummary>),
    /// How far frames are apart.
    Interval,
}

/// Trajectories that were opened.
#[derive(Clone, Debug)]
pub struct OpenedTrajectory {
    /// The protein, at the first frame.
    pub structure: OpenedStructure,
    /// The frames, as those of a run that is over.
    pub run: StartedRun,
    /// What made them, where it was this program.
    pub recorded: Option<RecordedRun>,
}

/// A run of this program that was opened again.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRun {
    /// Where its trajectory was written ([`RunOutput::path`](crate::session::RunOutput::path)).
    pub output: PathBuf,
    /// Name of its model.
    pub model: String,
    /// Checksum of its model.
    pub model_checksum: String,
    /// Whether it made all frames that it was asked for.
    pub finished: bool,
    /// Whether its state is there, from which it can go on.
    pub can_go_on: bool,
}

/// Why a trajectory or a run cannot be opened.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum OpenError {
    #[error("name a file to open")]
    NoFile,
    #[error(transparent)]
    Structure(#[from] StructureError),
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    #[error("{}: {source}", path.display())]
    Description { path: PathBuf, source: std::io::Error },
    #[error("{} {source}", path.display())]
    NoRun { path: PathBuf, source: DescriptionError },
    #[error("{}: there is no topology beside {}; restore it", description.display(), trajectory.display())]
    NoTopology { description: PathBuf, trajectory: PathBuf },
    #[error("frames cannot be {0} ps apart; name a time above 0")]
    Interval(f64),
    #[error("{} holds no complete frame", path.display())]
    NoFrame { path: PathBuf },
    #[error("no temporary file for the frames can be made: {0}")]
    NoTemporaryFile(#[source] std::io::Error),
    #[error("a model cannot be kept in the temporary file: {0}")]
    TemporaryFile(#[source] std::io::Error),
    #[error("the first frame cannot be read: {0}")]
    FirstFrame(#[source] std::io::Error),
}

/// Why a trajectory was not opened.
enum Refusal {
    Need(TrajectoryNeed),
    Failed(OpenError),
}

impl<E: Into<OpenError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Refusal::Failed(error.into())
    }
}

/// What opening trajectories comes to.
pub(super) enum Outcome {
    Opened(Box<OpenedTrajectory>),
    /// The user must tell something first.
    Need(TrajectoryRequest, TrajectoryNeed),
    /// One model, or none that can be read as frames: the reader of structures knows best.
    Structure(PathBuf, Option<String>),
}

/// Opens trajectories, or says what they leave open.
pub(super) fn open(request: TrajectoryRequest) -> Result<Outcome, OpenError> {
    let first = request.files.first().ok_or(OpenError::NoFile)?;
    let opened = if let Some(description) = description_of(first) {
        open_run(&description)
    } else if is_trajectory(first) {
        open_files(&request)
    } else {
        match open_models(first, request.chain.as_deref()) {
            Ok(Some(opened)) => Ok(opened),
            Ok(None) => return Ok(Outcome::Structure(first.clone(), request.chain)),
            Err(refusal) => Err(refusal),
        }
    };
    match opened {
        Ok(trajectory) => Ok(Outcome::Opened(Box::new(trajectory))),
        Err(Refusal::Need(need)) => Ok(Outcome::Need(request, need)),
        Err(Refusal::Failed(error)) => Err(error),
    }
}

/// Whether a file holds frames without the names of their atoms.
fn is_trajectory(path: &Path) -> bool {
    matches!(extension_of(path).as_str(), "dcd" | "xtc" | "trr")
}

/// The description of the run that a file belongs to: the file itself, or what lies beside a trajectory and names it.
fn description_of(path: &Path) -> Option<PathBuf> {
    if extension_of(path) == "json" {
        return Some(path.to_path_buf());
    }
    let name = path.file_name()?.to_str()?;
    let stem = path.file_stem()?.to_str()?;
    let run = stem.rsplit_once("_r").map(|(run, _)| run);
    [Some(stem), run].into_iter().flatten().map(|stem| path.with_file_name(format!("{stem}.json"))).find(
        |candidate| {
            let text = regular_file::read_text(candidate).ok();
            let value: Option<serde_json::Value> = text.and_then(|text| serde_json::from_str(&text).ok());
            value.is_some_and(|value| {
                let names = value["trajectories"].as_array();
                value["program"] == "EquiJump"
                    && names.is_some_and(|names| names.iter().any(|known| known == name))
            })
        },
    )
}

/// A run of this program, with all its replicas.
fn open_run(description: &Path) -> Result<OpenedTrajectory, Refusal> {
    let path = || description.to_owned();
    let text = regular_file::read_text(description)
        .map_err(|source| OpenError::Description { path: path(), source })?;
    let described = DescribedRun::parse(&text).map_err(|source| OpenError::NoRun { path: path(), source })?;
    let DescribedRun { run, trajectories, finished } = described;
    let files: Vec<PathBuf> = trajectories.iter().map(|name| description.with_file_name(name)).collect();
    let first = &files[0];
    // All shards of a run have one.
    let topology = match run.shard {
        Some(_) => topology_beside(first)
            .ok_or_else(|| OpenError::NoTopology { description: path(), trajectory: first.clone() })?,
        None => beside(description, "_topology.pdb"),
    };
    let mut map = read_topology_map_of_chain(&topology, None)?;
    // Its file is called after the run; the protein has a name of its own.
    let mut named = (*map.topology).clone();
    named.name.clone_from(&run.structure);
    map.topology = Arc::new(named);
    let output = description.with_extension(extension_of(first));
    let recorded = RecordedRun {
        can_go_on: run.shard.is_none() && beside(&output, ".state").is_file(),
        output,
        model: run.model,
        model_checksum: run.model_checksum,
        finished,
    };
    let readers = open_readers(&files, &map)?;
    let mut opened = finish(readers, &map, Some(topology), run.frame_interval_ps, run.settings)?;
    opened.recorded = Some(recorded);
    Ok(opened)
}

/// Trajectories of any program.
fn open_files(request: &TrajectoryRequest) -> Result<OpenedTrajectory, Refusal> {
    let first = &request.files[0];
    let (map, topology) = topology_for(first, request)?;
    let readers = open_readers(&request.files, &map)?;
    let told = readers.iter().find_map(TrajectoryReader::interval_ps);
    let told = told.filter(|interval| interval.is_finite() && *interval > 0.0);
    let several = readers.iter().any(|reader| reader.frame_count() > 1);
    if let Some(asked) = request.interval_ps.filter(|asked| !(asked.is_finite() && *asked > 0.0)) {
        return Err(OpenError::Interval(asked).into());
    }
    let interval_ps = match request.interval_ps.or(told) {
        Some(interval_ps) => interval_ps,
        None if several => return Err(Refusal::Need(TrajectoryNeed::Interval)),
        None => MODEL_INTERVAL_PS,
    };
    let mut map = map;
    if topology.is_some() {
        let mut named = (*map.topology).clone();
        named.name = StructureSource::File(first.clone()).display_name();
        map.topology = Arc::new(named);
    }
    finish(readers, &map, topology, interval_ps, SamplerSettings::default())
}

/// The models of a PDB or mmCIF file; `None` for a single one.
fn open_models(path: &Path, chain: Option<&str>) -> Result<Option<OpenedTrajectory>, Refusal> {
    let plain_pdb = matches!(extension_of(path).as_str(), "pdb" | "ent");
    if plain_pdb {
        // Read where it lies: such files are long.
        let Ok(reader) = TrajectoryReader::open(path) else { return Ok(None) };
        if reader.frame_count() < 2 {
            return Ok(None);
        }
        let Some(map) = models_map(path, chain)? else { return Ok(None) };
        if reader.atom_count() != map.file_atom_count {
            return Ok(None);
        }
        let interval_ps = reader.interval_ps().filter(|interval| interval.is_finite() && *interval > 0.0);
        let unknown = interval_ps.is_none();
        let interval_ps = interval_ps.unwrap_or(MODEL_INTERVAL_PS);
        let path = Some(path.to_path_buf());
        let mut opened = finish(vec![reader], &map, path, interval_ps, SamplerSettings::default())?;
        if unknown {
            opened.structure.notices.push(no_times());
        }
        return Ok(Some(opened));
    }
    let (map, models) = match read_models(path, chain) {
        Ok(read) => read,
        Err(error) if matches!(error.problem, StructureProblem::OtherModel { .. }) => {
            return Err(error.into());
        }
        Err(_) => return Ok(None),
    };
    if models.len() < 2 {
        return Ok(None);
    }
    let history = FrameHistory::create(map.topology.atom_count(), 1, MODEL_INTERVAL_PS)
        .map_err(OpenError::NoTemporaryFile)?;
    for model in &models {
        let positions: Vec<[f32; 3]> = map.indices.iter().map(|&index| model[index]).collect();
        history.append([positions.as_slice()]).map_err(OpenError::TemporaryFile)?;
    }
    let mut opened = with_history(history, &map, Some(path.to_path_buf()), SamplerSettings::default())?;
    opened.structure.notices.push(no_times());
    Ok(Some(opened))
}

fn no_times() -> Notice {
    Notice("The file gives no times; its models are shown 1 ps apart.".to_owned())
}

/// The atoms of a file of models; `None` where they are no complete protein, which the reader of structures repairs.
fn models_map(path: &Path, chain: Option<&str>) -> Result<Option<TopologyMap>, Refusal> {
    match read_topology_map_of_chain(path, chain) {
        Ok(map) => Ok(Some(map)),
        Err(error) => match error.problem {
            StructureProblem::SeveralChains(chains) => Err(Refusal::Need(TrajectoryNeed::Chain(chains))),
            _ => Ok(None),
        },
    }
}

fn open_readers(files: &[PathBuf], map: &TopologyMap) -> Result<Vec<TrajectoryReader>, TrajectoryError> {
    files.iter().map(|path| open_reader(path, map)).collect()
}

/// Which atoms a trajectory holds: those of the file named; else of what `simulate` wrote beside it; else of the one
/// structure file in its folder with as many atoms; else of the protein that is open.
fn topology_for(
    trajectory: &Path,
    request: &TrajectoryRequest,
) -> Result<(TopologyMap, Option<PathBuf>), Refusal> {
    let read = |path: &Path| match read_topology_map_of_chain(path, request.chain.as_deref()) {
        Ok(map) => Ok((map, Some(path.to_path_buf()))),
        Err(error) => Err(match error.problem {
            StructureProblem::SeveralChains(chains) => Refusal::Need(TrajectoryNeed::Chain(chains)),
            problem => StructureError { problem, ..error }.into(),
        }),
    };
    if let Some(path) = &request.topology {
        return read(path);
    }
    if let Some(path) = topology_beside(trajectory) {
        return read(&path);
    }
    let atoms = TrajectoryReader::open(trajectory)?.atom_count();
    let fitting = structures_with(atoms, trajectory, request.chain.as_deref());
    if let [path] = fitting.as_slice() {
        return read(path);
    }
    if let Some(topology) = request.opened.as_ref().filter(|topology| topology.atom_count() == atoms) {
        return Ok((canonical_map(topology.clone()), None));
    }
    let name = trajectory.file_name().unwrap_or(trajectory.as_os_str()).to_string_lossy();
    let sentence = match fitting.len() {
        0 => format!(
            "{name} holds {atoms} atoms a frame and not their names, and no structure file beside it has as many."
        ),
        several => {
            format!("{name} holds {atoms} atoms a frame, and {several} structure files beside it fit.")
        }
    };
    Err(Refusal::Need(TrajectoryNeed::Topology(sentence)))
}

/// The file with the atoms of a trajectory that lies beside it: what `simulate` wrote, else the one structure file in
/// its folder with as many atoms.
pub fn structure_beside(trajectory: &Path) -> Option<PathBuf> {
    if let Some(written) = topology_beside(trajectory) {
        return Some(written);
    }
    let atoms = TrajectoryReader::open(trajectory).ok()?.atom_count();
    let mut fitting = structures_with(atoms, trajectory, None);
    fitting.pop().filter(|_| fitting.is_empty())
}

/// Structure files beside a trajectory with so many atoms.
fn structures_with(atoms: usize, trajectory: &Path, chain: Option<&str>) -> Vec<PathBuf> {
    let fits = |path: &PathBuf| match read_topology_map_of_chain(path, chain) {
        Ok(map) => map.file_atom_count == atoms,
        // Whether it fits is told once a chain was chosen.
        Err(error) => matches!(error.problem, StructureProblem::SeveralChains(_)),
    };
    structures_beside(trajectory).into_iter().filter(fits).collect()
}

/// Structure files in the folder of a trajectory, those that share its name first.
fn structures_beside(trajectory: &Path) -> Vec<PathBuf> {
    let folder =
        trajectory.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok())
        .filter(|entry| {
            let small = entry.metadata().is_ok_and(|data| data.is_file() && data.len() <= TOPOLOGY_BYTES);
            small && matches!(extension_of(&entry.path()).as_str(), "pdb" | "ent" | "cif" | "mmcif")
        })
        .map(|entry| entry.path())
        .collect();
    let same = |path: &PathBuf| path.file_stem() == trajectory.file_stem();
    found.sort_by_key(|path| (!same(path), path.clone()));
    if found.first().is_some_and(same) {
        found.truncate(1);
    }
    found.truncate(TOPOLOGIES_TRIED);
    found
}

fn finish(
    readers: Vec<TrajectoryReader>,
    map: &TopologyMap,
    topology: Option<PathBuf>,
    interval_ps: f64,
    settings: SamplerSettings,
) -> Result<OpenedTrajectory, Refusal> {
    let name = readers.first().map(|reader| reader.path().display().to_string()).unwrap_or_default();
    let files: Vec<PathBuf> = readers.iter().map(|reader| reader.path().to_path_buf()).collect();
    let tail: u64 = readers.iter().map(TrajectoryReader::tail_bytes).sum();
    let frames = RecordedFrames::new(readers, map);
    if frames.frame_count() == 0 {
        let path = files.first().cloned().unwrap_or_default();
        return Err(OpenError::NoFrame { path }.into());
    }
    let mut opened = with_history(FrameHistory::recorded(frames, interval_ps), map, topology, settings)?;
    opened.run.outputs = files;
    if tail > 0 {
        let sentence = format!("The last {tail} bytes of {name} make no complete frame and are left out.");
        opened.structure.notices.push(Notice(sentence));
    }
    Ok(opened)
}

fn with_history(
    history: FrameHistory,
    map: &TopologyMap,
    topology: Option<PathBuf>,
    settings: SamplerSettings,
) -> Result<OpenedTrajectory, Refusal> {
    let first = history.read(0, 0).map_err(OpenError::FirstFrame)?;
    let structure = OpenedStructure {
        path: topology,
        topology: map.topology.clone(),
        positions_angstrom: Arc::new(first),
        notices: Vec::new(),
    };
    let run = StartedRun {
        topology: map.topology.clone(),
        settings,
        replicas: history.replica_count(),
        frame_interval_ps: history.frame_interval_ps(),
        first_new_frame: history.len(),
        device_name: String::new(),
        history: Some(Arc::new(history)),
        outputs: Vec::new(),
        trust: None,
        description: None,
    };
    Ok(OpenedTrajectory { structure, run, recorded: None })
}
