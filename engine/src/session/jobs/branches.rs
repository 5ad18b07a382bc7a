//! The branch test job: trajectories of a model from the frames that molecular dynamics branches off.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::analysis::evaluation::branches::{BranchDraws, BranchReference, BranchReport, BranchSettings};
use crate::analysis::evaluation::{EvaluationError, EvaluationStage, FrameSource};
use crate::structure::OpenedStructure;
use crate::trajectory::{CanonicalFrames, FrameSelection};
use crate::transport::{FrameSampler, Replica, SamplerSettings};

use crate::session::backend::{PreparedSampler, SamplerOrder};
use crate::session::job::{Halt, Job, JobContext};
use crate::session::jobs::evaluate::{observed, open_protein, open_reference};
use crate::session::jobs::jumps::advance;
use crate::session::lane::Lane;
use crate::session::progress::{ProgressUnit, RateMeter, Report};
use crate::session::request::{DevicePreference, ModelSource, StructureSource};
use crate::session::starts::{StartFrame, read_starts};

/// Trajectories drawn together at most.
const BATCH: usize = 64;

/// Which model to test on which branches, and how.
#[derive(Clone, Debug)]
pub struct BranchRequest {
    /// PDB or mmCIF file with exactly the atoms of the reference trajectories, in their order.
    pub topology: PathBuf,
    /// Chain of the protein, where files hold several.
    pub chain: Option<String>,
    /// Names the protein; the topology by default.
    pub native: Option<StructureSource>,
    /// Trajectories of molecular dynamics, each from a start with velocities of its own. Of a file with gaps the part
    /// before the first one is used.
    pub reference: Vec<PathBuf>,
    /// Which of their frames; their interval must divide the time of one jump.
    pub reference_selection: FrameSelection,
    /// The frames that they branch off; the first of each trajectory where none is named.
    pub starts: Vec<StartFrame>,
    /// The model that draws.
    pub model: ModelSource,
    /// Integrator, latent steps, noise, seed.
    pub sampler: SamplerSettings,
    /// Where to compute.
    pub device: DevicePreference,
    /// When and how they are compared.
    pub settings: BranchSettings,
}

/// The branch test of a model, with all that decides it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BranchTest {
    /// Name of the model.
    pub model: String,
    /// Hash of its file, hexadecimal.
    pub model_checksum: String,
    /// How it was sampled.
    pub sampler: SamplerSettings,
    /// What computed: `CPU, 2 threads`.
    pub device: String,
    /// What came out.
    pub report: BranchReport,
}

/// Of every file the unbroken trajectory that it begins with: what follows a gap is no branch of the start.
struct Beginnings {
    frames: CanonicalFrames,
    /// The file at hand and its trajectory.
    at: Option<(usize, usize)>,
}

impl FrameSource for Beginnings {
    fn interval_ps(&self) -> f64 {
        self.frames.interval_ps()
    }

    fn frame_count(&self) -> usize {
        self.frames.frames_in_files()
    }

    fn rewind(&mut self) {
        self.frames.rewind();
        self.at = None;
    }

    fn next_frame(&mut self) -> Result<Option<(usize, &[[f32; 3]])>, EvaluationError> {
        while let Some(frame) = self.frames.next_frame()? {
            let (source, trajectory) = (frame.source, frame.trajectory);
            if self.at.is_none_or(|(file, first)| file != source || first == trajectory) {
                self.at = Some((source, trajectory));
                return Ok(Some((trajectory, self.frames.frame().positions_angstrom)));
            }
        }
        Ok(None)
    }

    fn notices(&self) -> Vec<String> {
        self.frames.notices().to_vec()
    }
}

/// A selection without the frames that branches begin at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("branches begin at their first frame: nothing can be left out before it")]
struct SkippedStart;

impl Job for BranchRequest {
    type Update = Report;
    type Output = Arc<BranchTest>;
    const LANE: Lane = Lane::Compute;

    fn run(self, context: &JobContext<'_, Report>) -> Result<Arc<BranchTest>, Halt> {
        let settings = &self.settings;
        settings.check()?;
        if self.reference_selection.skip_ps > 0.0 {
            return Err(SkippedStart.into());
        }
        let chain = self.chain.as_deref();
        let itself = StructureSource::File(self.topology.clone());
        let native = self.native.as_ref().unwrap_or(&itself);
        let (protein, map) = open_protein(&self.topology, chain, native)?;
        let structure = OpenedStructure {
            topology: protein.topology.clone(),
            positions_angstrom: protein.native_angstrom.clone(),
            path: None,
            notices: Vec::new(),
        };
        let starts: Vec<Vec<[f32; 3]>> = read_starts(&structure, &self.starts, start_topology(&self), chain)?
            .iter()
            .map(|start| start.to_vec())
            .collect();
        let frames = open_reference(&map, &self.reference, self.reference_selection)?;
        let mut frames = Beginnings { frames, at: None };
        let most = settings.draws.unwrap_or(self.reference.len()).max(1);
        let PreparedSampler { mut sampler, model, notices } =
            context.backend().prepare_sampler(SamplerOrder {
                model: &self.model,
                topology: &protein.topology,
                settings: &self.sampler,
                replicas: BATCH.min(most),
                device: &self.device,
            })?;
        for notice in notices {
            context.notice(notice);
        }
        let lag_ps = sampler.frame_interval_ps();
        let reference = observed(context, |progress| {
            BranchReference::read(protein, &mut frames, &starts, lag_ps, settings.clone(), progress)
        })?;
        for notice in reference.notices() {
            context.notice(notice);
        }
        let draws = draw(context, sampler.as_mut(), &reference)?;
        let report = observed(context, |progress| reference.evaluate(&draws, progress))?;
        for sentence in &report.not_supported {
            context.notice(sentence.clone());
        }
        Ok(Arc::new(BranchTest {
            model: model.name,
            model_checksum: model.checksum,
            sampler: self.sampler,
            device: sampler.device_name(),
            report,
        }))
    }
}

/// The topology file serves starts out of trajectories; a start that is a structure has its own atoms.
fn start_topology(request: &BranchRequest) -> Option<&std::path::Path> {
    let is_structure = |start: &StartFrame| {
        let name = start.path.to_string_lossy().to_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        name.ends_with(".pdb")
    };
    (!request.starts.iter().all(is_structure)).then_some(request.topology.as_path())
}

/// Draws all trajectories.
fn draw(
    context: &JobContext<'_, Report>,
    sampler: &mut dyn FrameSampler,
    reference: &BranchReference,
) -> Result<BranchDraws, Halt> {
    let horizons: Vec<usize> = reference.horizons().collect();
    let last = horizons.last().copied().unwrap_or(0);
    let wanted: Vec<usize> = (0..reference.starts().len())
        .flat_map(|start| std::iter::repeat_n(start, reference.draws_of(start)))
        .collect();
    let mut draws = reference.draws();
    let mut meter = RateMeter::start(ProgressUnit::Frames, 0, Some((wanted.len() * last) as u64));
    context.post(Report::Stage(EvaluationStage::DrawingBranches));
    for (number, batch) in wanted.chunks(BATCH).enumerate() {
        let mut starts = batch.to_vec();
        let mut replicas: Vec<Replica> = batch
            .iter()
            .enumerate()
            .map(|(place, &start)| Replica {
                index: (number * BATCH + place) as u64,
                frame: 0,
                positions_angstrom: reference.starts()[start].positions_angstrom.clone(),
            })
            .collect();
        for jump in 1..=last {
            for _ in 0..advance(context, sampler, &mut starts, &mut replicas)? {
                draws.add_lost();
            }
            if horizons.contains(&jump) {
                for (&start, replica) in starts.iter().zip(&replicas) {
                    reference.add_draw(&mut draws, (start, jump), &replica.positions_angstrom)?;
                }
            }
            meter.advance(batch.len() as u64);
            context.progress(meter.progress());
        }
    }
    Ok(draws)
}
