//! The branch test job: trajectories of a model from the frames that molecular dynamics branches off.

use std::sync::Arc;

use crate::analysis::evaluation::branches::{BranchDraws, BranchReference, BranchReport, BranchSettings};
use crate::analysis::evaluation::{EvaluationError, EvaluationStage, FrameSource};
use crate::structure::OpenedStructure;
use crate::trajectory::CanonicalFrames;
use crate::transport::{FrameSampler, Replica};

use crate::session::job::{Halt, Job, JobContext};
use crate::session::jobs::drawing::{BATCH, Drawing, ModelTest, advance};
use crate::session::jobs::evaluate::{observed, open_protein, open_reference};
use crate::session::lane::Lane;
use crate::session::progress::{ProgressUnit, RateMeter, Report};
use crate::session::request::{ReferenceFiles, StructureSource};
use crate::session::starts::{StartFrame, read_starts};

/// Which model to test on which branches, and how.
#[derive(Clone, Debug)]
pub struct BranchRequest {
    /// Trajectories of molecular dynamics, each from a start with velocities of its own; their interval must divide the
    /// time of one jump. Of a file with gaps the part before the first one is used.
    pub reference: ReferenceFiles,
    /// Names the protein; the topology by default.
    pub native: Option<StructureSource>,
    /// The frames that they branch off; the first of each trajectory where none is named.
    pub starts: Vec<StartFrame>,
    /// The model that draws.
    pub drawing: Drawing,
    /// When and how they are compared.
    pub settings: BranchSettings,
}

/// The branch test of a model.
pub type BranchTest = ModelTest<BranchReport>;

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
        if self.reference.selection.skip_ps > 0.0 {
            return Err(SkippedStart.into());
        }
        let chain = self.reference.chain.as_deref();
        let itself = StructureSource::File(self.reference.topology.clone());
        let native = self.native.as_ref().unwrap_or(&itself);
        let (protein, map) = open_protein(&self.reference, native)?;
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
        let frames = open_reference(&map, &self.reference)?;
        let mut frames = Beginnings { frames, at: None };
        let most = settings.draws.unwrap_or(self.reference.trajectories.len()).max(1);
        let (mut sampler, model) = self.drawing.prepare(context, &protein.topology, most)?;
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
        Ok(Arc::new(self.drawing.tested(model, sampler.as_ref(), report)))
    }
}

/// The topology file serves starts out of trajectories; a start that is a structure has its own atoms.
fn start_topology(request: &BranchRequest) -> Option<&std::path::Path> {
    let is_structure = |start: &StartFrame| {
        let name = start.path.to_string_lossy().to_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        name.ends_with(".pdb")
    };
    (!request.starts.iter().all(is_structure)).then_some(request.reference.topology.as_path())
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
