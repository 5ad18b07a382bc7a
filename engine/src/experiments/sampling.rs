//! Samples for experiments that judge models: made once, continued after an interruption, left alone when complete.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cost::{Cost, CostMeter};
use super::{ExperimentUpdate, Runner};
use crate::file_error::FileError;
use crate::remedy::Remedy;
use crate::session::output::interrupted_run;
use crate::session::{
    DevicePreference, ExistingFiles, Halt, LoadModel, ModelSource, RunDescription, RunDifference, RunOutput,
    Simulate, SimulationRequest, SimulationUpdate, replica_path,
};
use crate::structure::OpenedStructure;
use crate::transport::SamplerSettings;

/// Seconds between two notes of what sampling costs.
const NOTE_INTERVAL_SECONDS: f64 = 5.0;

/// Samples that are wanted.
pub(super) struct SampleOrder<'a> {
    /// The protein.
    pub structure: &'a OpenedStructure,
    /// Where replicas start, in turn; empty for the structure.
    pub starts_angstrom: &'a [Arc<Vec<[f32; 3]>>],
    /// What makes them.
    pub model: ModelSource,
    /// How.
    pub settings: &'a SamplerSettings,
    /// Independent trajectories.
    pub replicas: u32,
    /// Frames of each, the start not counted.
    pub frames: u64,
    /// Where to compute.
    pub device: &'a DevicePreference,
    /// The trajectory before replicas are numbered; its folder is made.
    pub path: &'a Path,
    /// Whether samples of other settings that lie there may be replaced.
    pub replace: bool,
}

/// Samples of other settings are there.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{} holds other samples: {difference}; {}, or {}",
    folder.display(),
    Remedy::OtherFolder,
    Remedy::Replace
)]
struct OtherSamples {
    folder: PathBuf,
    difference: RunDifference,
}

/// Samples that are there.
pub(super) struct Samples {
    /// The trajectories.
    pub files: Vec<PathBuf>,
    /// What was spent on them; units are frames, those of all replicas together.
    pub cost: Cost,
}

/// Makes the samples, or what is missing of them.
pub(super) fn sample(runner: &Runner<'_>, order: &SampleOrder<'_>) -> Result<Samples, Halt> {
    let folder = order.path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder).map_err(FileError::make_folder(folder))?;
    let existing = match what_differs(runner, order)? {
        None => ExistingFiles::Resume,
        Some(_) if order.replace => ExistingFiles::Overwrite,
        Some(difference) => {
            return Err(OtherSamples { folder: folder.to_owned(), difference }.into());
        }
    };
    let mut meter = CostMeter::start(folder.join("cost.json"), existing == ExistingFiles::Resume);
    let (mut first, mut newest, mut noted) = (0, 0, 0.0);
    let mut failure = None;
    let note = |meter: &CostMeter, frames: u64| meter.note(frames * u64::from(order.replicas));
    let request = SimulationRequest {
        structure: order.structure.clone(),
        starts_angstrom: order.starts_angstrom.to_vec(),
        model: order.model.clone(),
        settings: order.settings.clone(),
        replicas: order.replicas,
        shard: None,
        frames: Some(order.frames),
        device: order.device.clone(),
        output: Some(RunOutput { path: order.path.to_owned(), existing }),
        keep_history: false,
    };
    let made = runner.run(Simulate::new(request), |update| match update {
        SimulationUpdate::Started(run) => {
            first = run.first_new_frame;
            newest = first.saturating_sub(1);
            meter.restart();
            if newest > 0 {
                (runner.tell)(ExperimentUpdate::GoesOnAfter(newest));
            }
        }
        SimulationUpdate::FramesMade { last_frame, .. } => {
            newest = last_frame;
            let now = meter.wall_seconds();
            if now - noted > NOTE_INTERVAL_SECONDS {
                noted = now;
                failure = failure.take().or(note(&meter, newest + 1 - first).err());
            }
        }
        SimulationUpdate::Report(report) => runner.report(report),
        SimulationUpdate::State(_) | SimulationUpdate::Latent { .. } => (),
    });
    let cost = if first > 0 { note(&meter, newest + 1 - first)? } else { Cost::default() };
    if let Some(error) = failure {
        return Err(Halt::from(error));
    }
    made?;
    let replicas = order.replicas as usize;
    let files = (0..replicas).map(|replica| replica_path(order.path, replica, replicas)).collect();
    Ok(Samples { files, cost })
}

/// In what the samples that lie at the place differ from those that are wanted; `None` if they are the same
/// as far as they go, or there are none.
fn what_differs(runner: &Runner<'_>, order: &SampleOrder<'_>) -> Result<Option<RunDifference>, Halt> {
    let Some((found, frames)) = interrupted_run(order.path)? else { return Ok(None) };
    let model = runner.run(LoadModel(order.model.clone()), |report| runner.report(report))?;
    let wanted = RunDescription::new(
        order.structure,
        order.starts_angstrom,
        &model,
        order.settings,
        order.replicas as usize,
        found.frame_interval_ps,
    );
    let more = (frames > order.frames).then_some(RunDifference::Frames { frames, asked: order.frames });
    Ok(found.difference(&wanted).or(more))
}
