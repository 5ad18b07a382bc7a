//! The training loop.

use std::fs::File;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use crate::atomic_file::write_atomically;
use crate::network::fused::FusedModel;
use crate::network::model::save_model;
use crate::network::{ModelCard, ParameterLayout, initial_parameters};
use crate::transport::interpolant::TrackLosses;
use crate::transport::noise::{Noise, Stream};

use super::checkpoint::{Checkpoint, CheckpointState};
use super::dataset::PairDataset;
use super::optimizer::Optimizer;
use super::step::{Draw, Worker, validate};
use super::{TrainError, TrainRequest};

/// Held-out pairs per validation.
const VALIDATION_PAIRS: usize = 512;
/// Pairs of one validation batch, small enough to stay in the cache.
const VALIDATION_BATCH: usize = 32;

/// Name of the checkpoint in the run's folder.
pub const CHECKPOINT_FILE: &str = "checkpoint.safetensors";
/// Name of the newest model (averaged weights) in the run's folder.
pub const MODEL_FILE: &str = "model.safetensors";
/// Name of the model with the lowest validation loss.
pub const BEST_MODEL_FILE: &str = "best.safetensors";
/// Name of the log in the run's folder.
pub const LOG_FILE: &str = "log.csv";

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainProgress {
    /// Steps done.
    pub step: u64,
    /// Steps in all.
    pub steps: u64,
    /// Losses, averaged over the last steps.
    pub losses: TrackLosses,
    /// Losses on held-out pairs, when this step validated.
    pub validation: Option<TrackLosses>,
    /// Norm of the gradient before clipping.
    pub gradient_norm: f64,
    /// Learning rate.
    pub learning_rate: f64,
    /// Steps per second.
    pub steps_per_second: f64,
}

impl TrainProgress {
    /// Estimated time left, s.
    pub fn seconds_left(&self) -> f64 {
        (self.steps - self.step) as f64 / self.steps_per_second.max(1e-9)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainEnd {
    /// All steps are done.
    Finished,
    /// Stopped on request; the checkpoint is that of the last step.
    Cancelled,
}

/// What a run left.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOutcome {
    /// How it ended.
    pub end: TrainEnd,
    /// Steps done.
    pub step: u64,
    /// Best loss on held-out pairs.
    pub best_validation: Option<f64>,
}

struct Run<'a> {
    request: &'a TrainRequest,
    dataset: PairDataset,
    model: FusedModel,
    parameters: Vec<f32>,
    optimizer: Optimizer,
    state: CheckpointState,
    log: File,
}

/// Trains until all steps are done or `control`, asked after every step, says to stop.
///
/// # Errors
/// [`TrainError`]; checkpoint and models on disk are intact.
pub fn train(
    request: &TrainRequest,
    control: &mut dyn FnMut(&TrainProgress) -> ControlFlow<()>,
) -> Result<TrainOutcome, TrainError> {
    let mut run = Run::start(request)?;
    let end = run.work(control)?;
    run.save()?;
    Ok(TrainOutcome { end, step: run.state.step, best_validation: run.state.best_validation })
}

impl<'a> Run<'a> {
    fn start(request: &'a TrainRequest) -> Result<Self, TrainError> {
        let folder = &request.out;
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| TrainError::Io { path, source }
        };
        let checkpoint_path = folder.join(CHECKPOINT_FILE);
        let resumed = if request.resume {
            let mut checkpoint = Checkpoint::load(&checkpoint_path)?;
            // A longer run may be asked for; everything else is as it was, or it would be another run.
            checkpoint.state.settings.steps = checkpoint.state.settings.steps.max(request.settings.steps);
            checkpoint.state.settings.threads = request.settings.threads;
            Some(checkpoint)
        } else {
            if checkpoint_path.exists() && !request.force {
                return Err(TrainError::Exists { folder: folder.clone() });
            }
            None
        };
        let (network, settings) = match &resumed {
            Some(c) => (c.state.network.clone(), c.state.settings.clone()),
            None => (request.network.clone(), request.settings.clone()),
        };
        settings.check().map_err(TrainError::Settings)?;
        network.check().map_err(TrainError::Settings)?;
        let dataset = PairDataset::open(&request.stores, &settings)?;
        std::fs::create_dir_all(folder).map_err(io(folder))?;
        let model = FusedModel::new(&network);
        let (parameters, optimizer, state) = match resumed {
            Some(c) => (c.parameters, c.optimizer, c.state),
            None => {
                let parameters = initial_weights(model.layout(), settings.seed);
                let optimizer = Optimizer::new(&parameters);
                let state = CheckpointState { step: 0, best_validation: None, network, settings };
                (parameters, optimizer, state)
            }
        };
        let log_path = folder.join(LOG_FILE);
        let log = open_log(&log_path, state.step).map_err(io(&log_path))?;
        let config_path = folder.join("train.json");
        let json = serde_json::to_vec_pretty(request).map_err(|e| io(&config_path)(e.into()))?;
        write_atomically(&config_path, &json).map_err(io(&config_path))?;
        Ok(Self { request, dataset, model, parameters, optimizer, state, log })
    }

    fn work(
        &mut self,
        control: &mut dyn FnMut(&TrainProgress) -> ControlFlow<()>,
    ) -> Result<TrainEnd, TrainError> {
        let settings = self.state.settings.clone();
        let threads = settings.threads.min(settings.batch_size);
        let mut workers: Vec<Worker> = (0..threads).map(|_| Worker::default()).collect();
        let validation: Vec<Draw> = self.validation_draws();
        let (started, first_step) = (Instant::now(), self.state.step);
        let mut recent = TrackLosses::default();
        let mut gradient = vec![0.0f32; self.parameters.len()];
        while self.state.step < settings.steps {
            let step = self.state.step;
            let losses = self.gradients(&mut workers, step, &mut gradient)?;
            if !losses.total.is_finite() {
                return Err(TrainError::Diverged { step, loss: losses.total });
            }
            let rate = Optimizer::learning_rate(&settings, step);
            let norm = self.optimizer.step(&settings, step, &mut self.parameters, &mut gradient);
            self.state.step += 1;
            // Running mean over about a hundred steps, exact over the first ones.
            let weight = 1.0 / ((step - first_step + 1) as f64).min(100.0);
            let mut mean = TrackLosses::default();
            mean.add_scaled(&recent, 1.0 - weight);
            mean.add_scaled(&losses, weight);
            recent = mean;
            let last = self.state.step == settings.steps;
            let mut checked = None;
            if (self.state.step.is_multiple_of(settings.validate_every) || last) && !validation.is_empty() {
                let losses =
                    validate(&mut workers[0], &self.model, &self.optimizer.ema, &settings, &validation);
                checked = Some(losses);
                if self.state.best_validation.is_none_or(|best| losses.total < best) {
                    self.state.best_validation = Some(losses.total);
                    self.save_model(BEST_MODEL_FILE, Some(losses.total))?;
                }
            }
            let progress = TrainProgress {
                step: self.state.step,
                steps: settings.steps,
                losses: recent,
                validation: checked,
                gradient_norm: norm,
                learning_rate: rate,
                steps_per_second: (self.state.step - first_step) as f64
                    / started.elapsed().as_secs_f64().max(1e-9),
            };
            if self.state.step.is_multiple_of(100) || checked.is_some() {
                self.write_log(&progress)?;
            }
            if self.state.step.is_multiple_of(settings.checkpoint_every) {
                self.save()?;
            }
            if control(&progress).is_break() {
                return Ok(TrainEnd::Cancelled);
            }
        }
        Ok(TrainEnd::Finished)
    }

    /// Mean gradient of one step, the batch split among the workers.
    fn gradients(
        &self,
        workers: &mut [Worker],
        step: u64,
        gradient: &mut [f32],
    ) -> Result<TrackLosses, TrainError> {
        let settings = &self.state.settings;
        let (batch, shares) = (settings.batch_size, workers.len());
        let range = |k: usize| k * batch / shares..(k + 1) * batch / shares;
        let draws: Vec<Draw> =
            (0..shares).map(|k| Draw::training(&self.dataset, settings.seed, step, range(k))).collect();
        let atoms = draws.iter().map(Draw::atoms).sum();
        let (model, parameters, seed) = (&self.model, &self.parameters[..], settings.seed);
        if let ([worker], [draw]) = (&mut *workers, &draws[..]) {
            worker.run(model, parameters, settings, seed, draw, atoms, true);
        } else {
            std::thread::scope(|scope| {
                let handles: Vec<_> = workers
                    .iter_mut()
                    .zip(&draws)
                    .map(|(worker, draw)| {
                        scope.spawn(move || worker.run(model, parameters, settings, seed, draw, atoms, true))
                    })
                    .collect();
                handles.into_iter().try_for_each(|h| h.join().map_err(panic_message))
            })?;
        }
        gradient.fill(0.0);
        let mut losses = TrackLosses::default();
        for (k, worker) in workers.iter().enumerate() {
            for (total, share) in gradient.iter_mut().zip(&worker.gradient) {
                *total += share;
            }
            // The totals are already scaled by all atoms; the tracks are means over the share.
            let share = range(k).len() as f64 / batch as f64;
            let (total, rigid) = (losses.total + worker.losses.total, losses.rigid + worker.losses.rigid);
            losses.add_scaled(&worker.losses, share);
            (losses.total, losses.rigid) = (total, rigid);
        }
        Ok(losses)
    }

    fn validation_draws(&self) -> Vec<Draw> {
        let count = VALIDATION_PAIRS.min(self.dataset.validation_len());
        let mut whole = Draw::validation(&self.dataset, count);
        let mut parts = Vec::new();
        while !whole.pairs.is_empty() {
            let n = VALIDATION_BATCH.min(whole.pairs.len());
            parts.push(Draw {
                pairs: whole.pairs.drain(..n).collect(),
                tau: whole.tau.drain(..n).collect(),
                addresses: whole.addresses.drain(..n).collect(),
            });
        }
        parts
    }

    fn save(&self) -> Result<(), TrainError> {
        let path = self.request.out.join(CHECKPOINT_FILE);
        let layout = self.model.layout();
        Checkpoint::save(&path, layout, &self.state, &self.parameters, &self.optimizer)?;
        self.save_model(MODEL_FILE, None)
    }

    fn save_model(&self, file: &str, validation_loss: Option<f64>) -> Result<(), TrainError> {
        let names: Vec<String> = self
            .request
            .stores
            .iter()
            .map(|p| p.file_stem().unwrap_or_default().to_string_lossy().into_owned())
            .collect();
        let card = ModelCard {
            name: self.request.name.clone(),
            frame_interval_ps: self.state.settings.lag_ps,
            trained_on: format!(
                "{} frame pairs of {}, {} more from held-out trajectories for validation",
                self.dataset.training_len(),
                names.join(", "),
                self.dataset.validation_len()
            ),
            sequences: self.dataset.sequences(),
            steps: self.state.step,
            batch_size: self.state.settings.batch_size,
            validation_loss,
        };
        let path = self.request.out.join(file);
        save_model(&path, self.model.config(), self.model.layout(), &self.optimizer.ema, &card)?;
        Ok(())
    }

    fn write_log(&mut self, p: &TrainProgress) -> Result<(), TrainError> {
        let l = &p.losses;
        let mut line = format!(
            "{},{:.6},{:.6},{:.6},{:.6},{:.6},{:.6},{:.4e},{:.4e}",
            p.step,
            l.total,
            l.rigid,
            l.positions,
            l.vectors,
            l.noise_positions,
            l.noise_vectors,
            p.gradient_norm,
            p.learning_rate
        );
        match &p.validation {
            Some(v) => {
                line += &format!(",{:.6},{:.6},{:.6},{:.6}\n", v.total, v.rigid, v.positions, v.vectors)
            }
            None => line += ",,,,\n",
        }
        let path = self.request.out.join(LOG_FILE);
        self.log.write_all(line.as_bytes()).map_err(|source| TrainError::Io { path, source })
    }
}

/// Initial weights of a network from a seed.
pub fn initial_weights(layout: &ParameterLayout, seed: u64) -> Vec<f32> {
    let noise = Noise::new(seed, Stream::Weights);
    initial_parameters(layout, |index| {
        noise.normals([(index / 4) as u32, (index >> 34) as u32, 0, 0])[(index % 4) as usize]
    })
}

fn panic_message(payload: Box<dyn std::any::Any + Send>) -> TrainError {
    let text = payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_else(|| "no message".to_owned());
    TrainError::Worker(text)
}

/// Opens the log for appending; lines after `step`, left by a run that was killed past its last checkpoint,
/// are dropped, for those steps will be done again.
fn open_log(path: &Path, step: u64) -> std::io::Result<File> {
    const HEADER: &str = "step,loss,loss_rigid,positions_A2,vectors_A2,noise_positions_A2,noise_vectors_A2,gradient_norm,learning_rate,validation_loss,validation_rigid,validation_positions_A2,validation_vectors_A2\n";
    let mut kept = String::from(HEADER);
    if step > 0
        && let Ok(old) = std::fs::read_to_string(path)
    {
        for line in old.lines().skip(1) {
            let number = line.split(',').next().and_then(|s| s.parse::<u64>().ok());
            if number.is_some_and(|n| n <= step) {
                kept.push_str(line);
                kept.push('\n');
            }
        }
    }
    write_atomically(path, kept.as_bytes())?;
    File::options().append(true).open(path)
}
