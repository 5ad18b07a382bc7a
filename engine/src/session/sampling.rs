//! Samples for jobs that judge models: made once, continued after an interruption, left alone when complete.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::backend::ComputeBackend;
use super::context::JobContext;
use super::cost::{Cost, CostMeter};
use super::output::{interrupted_run, replica_path};
use super::protocol::{Event, JobOutcome};
use super::request::{DevicePreference, ExistingFiles, ModelSource, RunOutput, SimulationRequest};
use super::simulate;
use crate::remedy::Remedy;
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

/// Samples that are there.
pub(super) struct Samples {
    /// The trajectories.
    pub files: Vec<PathBuf>,
    /// What was spent on them; units are frames, those of all replicas together.
    pub cost: Cost,
}

/// Makes the samples, or what is missing of them; `None` when the job was stopped.
pub(super) fn sample(
    context: &JobContext<'_>,
    backend: &dyn ComputeBackend,
    order: &SampleOrder<'_>,
) -> Result<Option<Samples>, String> {
    let folder = order.path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("the folder {} cannot be made: {error}", folder.display()))?;
    let existing = match what_differs(backend, order)? {
        None => ExistingFiles::Resume,
        Some(_) if order.replace => ExistingFiles::Overwrite,
        Some(difference) => {
            return Err(format!(
                "{} holds other samples: {difference}; {}, or {}",
                folder.display(),
                Remedy::OtherFolder,
                Remedy::Replace
            ));
        }
    };
    let cost_path = folder.join("cost.json");
    let meter = RefCell::new(CostMeter::start(cost_path, existing == ExistingFiles::Resume));
    let (first, newest) = (Cell::new(0), Cell::new(0));
    let noted = Cell::new(0.0);
    let failure = RefCell::new(None);
    let note = || {
        let made = newest.get() + 1 - first.get();
        meter.borrow().note(made * u64::from(order.replicas))
    };
    let tap = |event: &Event| match event {
        Event::SimulationStarted { run, .. } => {
            first.set(run.first_new_frame);
            newest.set(run.first_new_frame.saturating_sub(1));
            meter.borrow_mut().restart();
        }
        Event::FramesMade { last_frame, .. } => {
            newest.set(*last_frame);
            let now = meter.borrow().wall_seconds();
            if now - noted.get() > NOTE_INTERVAL_SECONDS {
                noted.set(now);
                if let Err(error) = note() {
                    failure.borrow_mut().get_or_insert(error);
                }
            }
        }
        _ => (),
    };
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
    let outcome = simulate::run(&context.tapped(&tap), backend, request);
    let cost = if first.get() > 0 { note()? } else { Cost::default() };
    if let Some(error) = failure.take() {
        return Err(error);
    }
    match outcome? {
        JobOutcome::Finished => {
            let replicas = order.replicas as usize;
            let files = (0..replicas).map(|replica| replica_path(order.path, replica, replicas)).collect();
            Ok(Some(Samples { files, cost }))
        }
        _ => Ok(None),
    }
}

/// In what the samples that lie at the place differ from those that are wanted; `None` if they are the same
/// as far as they go, or there are none.
fn what_differs(backend: &dyn ComputeBackend, order: &SampleOrder<'_>) -> Result<Option<String>, String> {
    let Some((found, frames)) = interrupted_run(order.path)? else { return Ok(None) };
    let model = backend.load_model(&order.model)?;
    let wanted = super::description::RunDescription::new(
        order.structure,
        order.starts_angstrom,
        &model,
        order.settings,
        order.replicas as usize,
        found.frame_interval_ps,
    );
    let more = (frames > order.frames)
        .then(|| format!("they have {frames} frames, more than the {} asked for", order.frames));
    Ok(found.difference(&wanted).or(more))
}
