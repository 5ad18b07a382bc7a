//! How fast a training would be: a few steps of it, made with random weights and thrown away, before it is begun.

use std::path::{Path, PathBuf};
use std::time::Duration;

use equijump_engine::training::benchmark::measure_training;
use equijump_engine::training::{TrainDevice, TrainSettings};
use equijump_engine::trajectory::TrajectoryStore;

use super::{TrainingForm, TrainingSpeed, TrainingState};
use crate::window::inquiry::Inquiry;

/// Time spent on the steps, as far as the least number of them allows.
const TRIAL_TIME: Duration = Duration::from_millis(500);
/// Pairs of a step for each thread; whole batches of large proteins would take too long.
const PAIRS_PER_THREAD: usize = 2;
/// Stores looked at, to take one with a protein of middle size.
const MOST_STORES: usize = 16;

/// A trial that goes on, and the stores it is for.
#[derive(Default)]
pub struct SpeedTrial {
    stores: Vec<PathBuf>,
    inquiry: Option<Inquiry<TrainingSpeed>>,
}

impl SpeedTrial {
    /// Begins a trial where the form can be trained and its stores have had none, and takes in what one has found. Only
    /// the processor's own kernels can be tried.
    pub fn follow(&mut self, state: &mut TrainingState, ctx: &egui::Context) {
        if let Some(answer) = self.inquiry.as_ref().and_then(Inquiry::take) {
            self.inquiry = None;
            match answer {
                Ok(Some(speed)) => state.measured = Some((self.stores.clone(), speed)),
                Ok(None) => {}
                // Pressing Train tells what is wrong with a store; without the trial there is only no estimate.
                Err(reason) => log::info!("no estimate of the time of a training: {reason}"),
            }
        }
        let form = &state.form;
        let ready =
            !state.is_training() && state.missing().is_none() && form.settings.device == TrainDevice::Cpu;
        if !ready || self.stores == form.stores {
            return;
        }
        self.stores = form.stores.clone();
        let form = form.clone();
        self.inquiry = Inquiry::start("speed", ctx, move |watch| {
            if watch.is_stopped() {
                return Ok(None);
            }
            measure(&form).map(Some)
        })
        .inspect_err(|reason| log::info!("no estimate of the time of a training: {reason}"))
        .ok();
    }
}

/// The store whose protein has the size nearest to the mean of all.
fn store_of_middle_size(paths: &[PathBuf]) -> Result<TrajectoryStore, String> {
    let open = |path: &PathBuf| TrajectoryStore::open(Path::new(path)).map_err(|error| error.to_string());
    let step = paths.len().div_ceil(MOST_STORES).max(1);
    let stores = paths.iter().step_by(step).map(open).collect::<Result<Vec<_>, _>>()?;
    let residues = |store: &TrajectoryStore| store.topology().residue_count() as f64;
    let mean = stores.iter().map(residues).sum::<f64>() / stores.len().max(1) as f64;
    let distance = |store: &TrajectoryStore| (residues(store) - mean).abs();
    let nearest = stores.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    nearest.ok_or_else(|| "there is no store".to_owned())
}

fn measure(form: &TrainingForm) -> Result<TrainingSpeed, String> {
    let store = store_of_middle_size(&form.stores)?;
    let positions = store.frame(0).map_err(|error| error.to_string())?;
    let threads = form.settings.threads.max(1);
    let batch = form.settings.batch_size.clamp(1, PAIRS_PER_THREAD * threads);
    let network = &form.network;
    network.check().map_err(|error| error.to_string())?;
    let row = measure_training(network, store.topology(), &positions, batch, threads, 1.0, TRIAL_TIME)
        .map_err(|error| error.to_string())?;
    let settings = TrainSettings { batch_size: batch, times_per_pair: 1, ..form.settings.clone() };
    let tried = TrainingForm { settings, ..form.clone() };
    Ok(TrainingSpeed { steps_per_second: 1.0 / row.seconds_per_step.max(1e-9), work: tried.work_of_a_step() })
}
