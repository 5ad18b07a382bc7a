//! The evaluation job: samples against reference trajectories.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::analysis::evaluation::{
    Evaluation, EvaluationError, EvaluationProgress, EvaluationSettings, EvaluationStage, PreparedReference,
    ProgressCallback, Protein,
};
use crate::structure::{
    OpenedStructure, ReadOptions, StructureError, Topology, TopologyMap, read_structure,
    read_structure_bytes, read_topology_map, read_topology_map_of_chain,
};
use crate::trajectory::{
    CanonicalFrames, FrameSelection, ImportError, TrajectoryError, TrajectoryReader, TrajectorySource,
};

use crate::remedy::{self, Remedy};
use crate::session::job::{Halt, Job, JobContext};
use crate::session::lane::Lane;
use crate::session::progress::{ProgressUnit, RateMeter, Report};
use crate::session::request::{ReferenceFiles, StructureSource};

/// What to evaluate, and how.
#[derive(Clone, Debug)]
pub struct EvaluationRequest {
    /// What they are compared with.
    pub reference: ReferenceFiles,
    /// The structure that RMSD, GDT and native contacts refer to.
    pub native: StructureSource,
    /// Trajectories to evaluate.
    pub samples: Vec<PathBuf>,
    /// Atoms of the samples; by default found beside them, as `simulate` writes it, or else those of the
    /// reference.
    pub sample_topology: Option<PathBuf>,
    /// Which of their frames.
    pub sample_selection: FrameSelection,
    /// How they are compared. The step of the Markov lag is replaced by the interval of the samples.
    pub settings: EvaluationSettings,
}

impl Job for EvaluationRequest {
    type Update = Report;
    type Output = Arc<Evaluation>;
    const LANE: Lane = Lane::Data;

    fn run(self, context: &JobContext<'_, Report>) -> Result<Arc<Evaluation>, Halt> {
        let OpenedFiles { protein, mut reference, mut samples } = open_files(&self)?;
        let settings = EvaluationSettings { markov_lag_step_ps: samples.interval_ps(), ..self.settings };
        let evaluation = observed(context, |progress| {
            PreparedReference::new(protein, &mut reference, settings, progress)?
                .evaluate(&mut samples, progress)
        })?;
        for notice in evaluation.reference.notices.iter().chain(&evaluation.samples.notices) {
            context.notice(notice);
        }
        Ok(Arc::new(evaluation))
    }
}

/// Does part of an evaluation and tells how far it is.
pub(crate) fn observed<T>(
    context: &JobContext<'_, Report>,
    work: impl FnOnce(&mut ProgressCallback<'_>) -> Result<T, EvaluationError>,
) -> Result<T, Halt> {
    let mut stage = None;
    let mut meter = RateMeter::start(ProgressUnit::Frames, 0, None);
    let result = work(&mut |now: EvaluationProgress| {
        if stage != Some(now.stage) || now.done == 0 {
            let unit = match now.stage {
                EvaluationStage::Resampling => ProgressUnit::Replicates,
                _ => ProgressUnit::Frames,
            };
            stage = Some(now.stage);
            meter = RateMeter::start(unit, 0, Some(now.total as u64));
            context.post(Report::Stage(now.stage));
        }
        meter.reach(now.done as u64, Some(now.total as u64));
        context.progress(meter.progress());
        if context.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    result.map_err(|error| match error {
        EvaluationError::Cancelled => Halt::Cancelled,
        error => error.into(),
    })
}

/// A file of another protein than the rest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {what} has the sequence {found} and the reference {expected}: all files must belong to one protein"
)]
pub struct OtherProtein {
    /// What the file holds: `native structure`.
    pub what: &'static str,
    /// One-letter sequence found.
    pub found: String,
    /// One-letter sequence of the reference.
    pub expected: String,
}

/// Why the files of an evaluation cannot be opened.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum EvaluationFilesError {
    #[error(transparent)]
    Structure(#[from] StructureError),
    #[error(transparent)]
    OtherProtein(#[from] OtherProtein),
    #[error("reference: {0}")]
    Reference(#[source] ImportError),
    /// Samples cannot be opened. The interval that is asked for is the samples' own.
    #[error("{}", of_samples(.0))]
    Samples(#[source] ImportError),
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    #[error(
        "{} holds {atoms} atoms a frame, the topology of the reference {of_topology} and its heavy atoms are {canonical}: {}",
        path.display(),
        Remedy::NameSampleTopology
    )]
    OtherAtoms { path: PathBuf, atoms: usize, of_topology: usize, canonical: usize },
}

/// What is wrong with samples, with the remedies for samples.
fn of_samples(error: &ImportError) -> String {
    let own = |remedy| if remedy == Remedy::GiveInterval { Remedy::GiveSampleInterval } else { remedy };
    remedy::exchanged(&format!("samples: {error}"), own)
}

/// All that an evaluation reads.
pub(crate) struct OpenedFiles {
    pub protein: Protein,
    pub reference: CanonicalFrames,
    pub samples: CanonicalFrames,
}

fn open_files(request: &EvaluationRequest) -> Result<OpenedFiles, EvaluationFilesError> {
    let (protein, map) = open_protein(&request.reference, &request.native)?;
    let reference = open_reference(&map, &request.reference)?;
    let topology = match &request.sample_topology {
        Some(path) => Some(read_topology_map_of_chain(path, request.reference.chain.as_deref())?),
        None => None,
    };
    let samples = open_samples(&map, &request.samples, topology.as_ref(), request.sample_selection)?;
    Ok(OpenedFiles { protein, reference, samples })
}

/// The protein that the topology file of a reference tells, with its native structure.
pub(crate) fn open_protein(
    reference: &ReferenceFiles,
    native: &StructureSource,
) -> Result<(Protein, TopologyMap), EvaluationFilesError> {
    let chain = reference.chain.as_deref();
    let map = read_topology_map_of_chain(&reference.topology, chain)?;
    let native = open_native(native, chain)?;
    same_protein("native structure", &native.topology, &map.topology)?;
    // Its name is the protein's; that of a topology file often is only "top".
    let protein = Protein { topology: native.topology, native_angstrom: native.positions_angstrom };
    Ok((protein, map))
}

/// The reference trajectories, all with the atoms of one topology.
pub(crate) fn open_reference(
    map: &TopologyMap,
    reference: &ReferenceFiles,
) -> Result<CanonicalFrames, EvaluationFilesError> {
    let map = Arc::new(map.clone());
    let source = |path: &PathBuf| TrajectorySource { path: path.clone(), map: map.clone() };
    let sources = reference.trajectories.iter().map(source).collect();
    CanonicalFrames::open(sources, reference.selection).map_err(EvaluationFilesError::Reference)
}

/// The trajectories to evaluate, with the atoms of `topology` or those that are found for each.
pub(crate) fn open_samples(
    reference: &TopologyMap,
    files: &[PathBuf],
    topology: Option<&TopologyMap>,
    selection: FrameSelection,
) -> Result<CanonicalFrames, EvaluationFilesError> {
    let mut maps = SampleMaps {
        given: topology.cloned().map(Arc::new),
        reference: Arc::new(reference.clone()),
        canonical: Arc::new(TopologyMap::canonical(Arc::clone(&reference.topology))),
        beside: None,
    };
    let sources = files.iter().map(|path| maps.source(path)).collect::<Result<Vec<_>, _>>()?;
    CanonicalFrames::open(sources, selection).map_err(EvaluationFilesError::Samples)
}

/// The native structure. A chain that is named is taken where there are several, and only there.
pub(crate) fn open_native(
    source: &StructureSource,
    chain: Option<&str>,
) -> Result<OpenedStructure, StructureError> {
    let read = |chain: Option<&str>| {
        let options = ReadOptions { chain: chain.map(str::to_owned), longest_segment: false };
        match source {
            StructureSource::File(path) => read_structure(path, &options),
            StructureSource::Bundled { file_name, bytes } => read_structure_bytes(file_name, bytes, &options),
        }
    };
    read(None).or_else(|error| if chain.is_some() { read(chain) } else { Err(error) })
}

/// The atoms that sample files may hold. Files share them: a campaign has thousands.
struct SampleMaps {
    given: Option<Arc<TopologyMap>>,
    reference: Arc<TopologyMap>,
    canonical: Arc<TopologyMap>,
    /// The topology that was read last beside a file; the next file most often has the same.
    beside: Option<(PathBuf, Arc<TopologyMap>)>,
}

impl SampleMaps {
    /// Which atoms a sample file holds: those of the topology given; else of the topology that `simulate` wrote
    /// beside it; else those of the reference; else the canonical ones.
    fn source(&mut self, path: &Path) -> Result<TrajectorySource, EvaluationFilesError> {
        let source = |map: &Arc<TopologyMap>| TrajectorySource { path: path.to_path_buf(), map: map.clone() };
        let check = |map: &TopologyMap| {
            same_protein("topology of the samples", &map.topology, &self.reference.topology)
        };
        if let Some(map) = &self.given {
            check(map)?;
            return Ok(source(map));
        }
        if let Some(beside) = topology_beside(path) {
            if let Some((known, map)) = &self.beside
                && *known == beside
            {
                return Ok(source(map));
            }
            let map = Arc::new(read_topology_map(&beside)?);
            check(&map)?;
            let found = source(&map);
            self.beside = Some((beside, map));
            return Ok(found);
        }
        let atoms = TrajectoryReader::open(path)?.atom_count();
        let canonical = self.reference.topology.atom_count();
        if atoms == self.reference.file_atom_count {
            Ok(source(&self.reference))
        } else if atoms == canonical {
            Ok(source(&self.canonical))
        } else {
            let (path, of_topology) = (path.to_owned(), self.reference.file_atom_count);
            Err(EvaluationFilesError::OtherAtoms { path, atoms, of_topology, canonical })
        }
    }
}

/// `run_topology.pdb` for `run.dcd` and `run_r003.dcd`, if it is there.
pub(crate) fn topology_beside(path: &Path) -> Option<PathBuf> {
    let stem = path.file_stem()?.to_str()?;
    let run = stem
        .rsplit_once("_r")
        .filter(|(_, number)| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()));
    [Some(stem), run.map(|(run, _)| run)]
        .into_iter()
        .flatten()
        .map(|stem| path.with_file_name(format!("{stem}_topology.pdb")))
        .find(|candidate| candidate.is_file())
}

pub(crate) fn same_protein(
    what: &'static str,
    found: &Topology,
    expected: &Topology,
) -> Result<(), OtherProtein> {
    let (found, expected) = (found.sequence(), expected.sequence());
    if found == expected {
        return Ok(());
    }
    Err(OtherProtein { what, found, expected })
}
