//! The training loop.

use std::fs::File;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::atomic_file::{is_there, write_atomically};
use crate::network::model::save_model_with_trust;
use crate::network::variable::read_flat;
use crate::network::{ModelCard, ParameterLayout, Parameters, initial_parameters};
use crate::random::{Noise, Stream};
use crate::regular_file;
use crate::run_lock::{RunLock, lock_folder};
use crate::transport::interpolant::TrackLosses;
use crate::transport::presets::PRESETS_FILE;
use crate::trust::TrustData;

use super::backend::open_backend;
use super::batch::Draw;
use super::checkpoint::{Checkpoint, CheckpointState};
use super::dataset::PairDataset;
use super::earlier::{BegunRun, no_run};
use super::loss::Loss;
use super::optimizer::{Adam, Optimizer};
use super::{TrainError, TrainRequest, TrainSettings};

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
/// Name of the request, as it was carried out, in the run's folder.
pub const SETTINGS_FILE: &str = "train.json";

/// What a run replaces in its folder.
const OWN_FILES: [&str; 6] =
    [CHECKPOINT_FILE, BEST_MODEL_FILE, MODEL_FILE, LOG_FILE, SETTINGS_FILE, PRESETS_FILE];

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

/// What a run tells its caller as it goes on. Whoever is told answers whether it shall.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainUpdate {
    /// Preparing the data, which takes a while for large stores.
    Preparing,
    /// Something the user should know, as one sentence.
    Notice(String),
    /// A step was done.
    Step(TrainProgress),
    /// The checkpoint that was asked for was written.
    Saved,
}

/// What a run does when its caller lets it go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next step.
    GoOn,
    /// First writes the checkpoint of the step that is done, and tells of it. For callers that are about to keep
    /// the run waiting, for longer perhaps than the machine stays on.
    Save,
}

struct Run<'a> {
    request: &'a TrainRequest,
    dataset: PairDataset,
    /// Goes into every model.
    trust: Option<TrustData>,
    layout: Arc<ParameterLayout>,
    loss: Loss,
    parameters: Parameters,
    optimizer: Adam,
    state: CheckpointState,
    log: File,
    /// Whether there is a checkpoint of this run.
    checkpoint_written: bool,
    _lock: RunLock,
}

/// Trains until all steps are done or `control`, told of every step, says to stop. It may keep the run waiting.
///
/// # Errors
/// [`TrainError`]; checkpoint and models on disk are intact.
pub fn train(
    request: &TrainRequest,
    control: &mut dyn FnMut(TrainUpdate) -> ControlFlow<(), Next>,
) -> Result<TrainOutcome, TrainError> {
    let mut run = Run::start(request, control)?;
    let end = run.work(control)?;
    run.save()?;
    Ok(TrainOutcome { end, step: run.state.step, best_validation: run.state.best_validation })
}

impl<'a> Run<'a> {
    fn start(
        request: &'a TrainRequest,
        control: &mut dyn FnMut(TrainUpdate) -> ControlFlow<(), Next>,
    ) -> Result<Self, TrainError> {
        let folder = &request.out;
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| TrainError::Io { path, source }
        };
        let checkpoint_path = folder.join(CHECKPOINT_FILE);
        // Two trainings in one folder would write each other's checkpoint. A folder that is not there yet is made
        // once all else is found to be in order.
        let lock = || lock_folder(folder).map_err(TrainError::Folder);
        let early = folder.is_dir().then(lock).transpose()?;
        // With settings and a step; the weights of the step are read later.
        let (begun, init) = if request.resume {
            let Some(BegunRun { mut state, init }) = BegunRun::find(folder)? else {
                return Err(no_run(folder));
            };
            // A longer run may be asked for; everything else is as it was, or it would be another run.
            let (keep, asked) = (&request.keep, &request.settings);
            let settings = &mut state.settings;
            if !keep.steps {
                if asked.steps < settings.steps {
                    return Err(TrainError::Settings(format!(
                        "the run has {} steps; resumed it can have more, not fewer",
                        settings.steps
                    )));
                }
                settings.steps = asked.steps;
            }
            if !keep.threads {
                settings.threads = asked.threads;
            }
            if !keep.device {
                settings.device = asked.device;
            }
            if !keep.name || state.name.is_empty() {
                state.name.clone_from(&request.name);
            }
            (Some(state), init)
        } else {
            let ours = [CHECKPOINT_FILE, BEST_MODEL_FILE, MODEL_FILE, LOG_FILE, SETTINGS_FILE];
            let there = ours.iter().find(|name| is_there(&folder.join(name)));
            if let Some(&file) = there.filter(|_| !request.force) {
                let can_go_on = BegunRun::find(folder).is_ok_and(|run| run.is_some());
                return Err(TrainError::Exists { folder: folder.clone(), file, can_go_on });
            }
            (None, request.init.clone())
        };
        for (used, what) in
            init.iter().map(|path| (path, "model")).chain(request.stores.iter().map(|path| (path, "store")))
        {
            let used_place = std::fs::canonicalize(used).ok();
            let own = OWN_FILES.iter().any(|name| {
                used_place.is_some() && std::fs::canonicalize(folder.join(name)).ok() == used_place
            });
            if own {
                return Err(TrainError::Settings(format!(
                    "{} is the {what} that the training starts from and would be replaced; choose another folder",
                    used.display()
                )));
            }
        }
        let resumed = match &begun {
            Some(state) if is_there(&checkpoint_path) => {
                Some(Checkpoint { state: state.clone(), ..Checkpoint::load(&checkpoint_path)? })
            }
            _ => None,
        };
        let (network, settings) = match &begun {
            Some(state) => (state.network.clone(), state.settings.clone()),
            None => (request.network.clone(), request.settings.clone()),
        };
        settings.check().map_err(TrainError::Settings)?;
        network.check().map_err(TrainError::Settings)?;
        let layout = Arc::new(ParameterLayout::new(&network));
        let loss = Loss::new(open_backend(&network, &layout, &settings)?);
        let dataset = PairDataset::open(&request.stores, &settings, &mut || {
            control(TrainUpdate::Preparing).map_continue(|_| ())
        })?;
        for notice in dataset.notices() {
            if control(TrainUpdate::Notice(notice.clone())).is_break() {
                return Err(TrainError::Cancelled);
            }
        }
        let trust =
            dataset.trust(settings.seed, &mut || control(TrainUpdate::Preparing).map_continue(|_| ()))?;
        let lock = early.map_or_else(lock, Ok)?;
        let (parameters, optimizer, state) = match resumed {
            Some(c) => {
                let now = dataset.checksums();
                let was = &c.state.store_checksums;
                let same = was.iter().zip(&now).take_while(|(was, is)| was == is).count();
                if !was.is_empty() && (same < was.len() || same < now.len()) {
                    let store = request.stores.get(same.min(now.len().saturating_sub(1)));
                    return Err(TrainError::OtherStore {
                        store: store.cloned().unwrap_or_default(),
                        folder: folder.clone(),
                    });
                }
                (c.parameters, c.optimizer, CheckpointState { store_checksums: now, ..c.state })
            }
            None => {
                let parameters = match &init {
                    Some(path) => super::widen::weights_of(path, &network, settings.seed)?,
                    None => initial_weights(&layout, settings.seed),
                };
                let optimizer = Optimizer::new(&parameters);
                let name = begun.map_or_else(|| request.name.clone(), |begun| begun.name);
                let store_checksums = dataset.checksums();
                let state = CheckpointState {
                    step: 0,
                    best_validation: None,
                    name,
                    network,
                    settings,
                    store_checksums,
                };
                // Replaced by nothing but this run: whatever is in the folder later is its own. Presets may be the
                // user's, and go only with the run that they were found for.
                for name in [CHECKPOINT_FILE, BEST_MODEL_FILE, MODEL_FILE] {
                    remove_if_there(&folder.join(name))?;
                }
                if request.force {
                    remove_if_there(&folder.join(PRESETS_FILE))?;
                }
                (parameters, optimizer, state)
            }
        };
        let config_path = folder.join(SETTINGS_FILE);
        // What the run does, which after resuming is not what was asked for.
        let done = TrainRequest {
            name: state.name.clone(),
            network: state.network.clone(),
            settings: state.settings.clone(),
            init,
            resume: false,
            force: false,
            ..request.clone()
        };
        let json = serde_json::to_vec_pretty(&done).map_err(|e| io(&config_path)(e.into()))?;
        // Before all else: by it a run is known that has no checkpoint yet.
        write_atomically(&config_path, &json).map_err(io(&config_path))?;
        let log_path = folder.join(LOG_FILE);
        let log = open_log(&log_path, state.step).map_err(io(&log_path))?;
        let checkpoint_written = is_there(&checkpoint_path);
        let parameters = Parameters::new(parameters)?;
        let optimizer = Adam::resumed(&parameters, state.settings.clone(), state.step, optimizer)?;
        Ok(Self {
            request,
            dataset,
            trust,
            layout,
            loss,
            parameters,
            optimizer,
            state,
            log,
            checkpoint_written,
            _lock: lock,
        })
    }

    fn work(
        &mut self,
        control: &mut dyn FnMut(TrainUpdate) -> ControlFlow<(), Next>,
    ) -> Result<TrainEnd, TrainError> {
        let settings = self.state.settings.clone();
        let transport = self.state.network.transport;
        let validation: Vec<Draw> = self.validation_draws()?;
        let first_step = self.state.step;
        // Time spent on steps; what the caller keeps the run waiting is left out.
        let mut worked = Duration::ZERO;
        let mut recent = TrackLosses::default();
        while self.state.step < settings.steps {
            let step = self.state.step;
            let started = Instant::now();
            let draw = Draw::training(&self.dataset, transport, &settings, step, 0..settings.batch_size)?;
            let (loss, losses) = self.loss.of_step(&self.parameters, &settings, draw)?;
            let gradient = self.parameters.gradient_of(&loss)?;
            let norm = read_flat(&gradient, |gradient| Ok(Optimizer::norm(gradient)))?;
            // Before the step, which would carry it into everything that a checkpoint keeps.
            for (what, value) in [("the loss", losses.total), ("the gradient of the loss", norm)] {
                if !value.is_finite() {
                    return Err(TrainError::Diverged { step, what, value });
                }
            }
            let rate = Optimizer::learning_rate(&settings, step);
            self.optimizer.step_along(&gradient, norm)?;
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
                let losses = self.validate(&settings, &validation)?;
                checked = Some(losses);
                let is_best = self.state.best_validation.is_none_or(|best| losses.total < best);
                if is_best && losses.total.is_finite() {
                    // A model without a checkpoint would be one of a run that cannot be gone on with.
                    if !self.checkpoint_written {
                        self.save()?;
                    }
                    self.state.best_validation = Some(losses.total);
                    self.save_model(BEST_MODEL_FILE, Some(losses.total))?;
                }
            }
            worked += started.elapsed();
            let progress = TrainProgress {
                step: self.state.step,
                steps: settings.steps,
                losses: recent,
                validation: checked,
                gradient_norm: norm,
                learning_rate: rate,
                steps_per_second: (self.state.step - first_step) as f64 / worked.as_secs_f64().max(1e-9),
            };
            // Short runs leave a curve as well.
            let early = self.state.step < 100 && self.state.step.is_multiple_of(10);
            let logged = self.state.step.is_multiple_of(100) || early || last || checked.is_some();
            if logged {
                self.write_log(&progress)?;
            }
            if self.state.step.is_multiple_of(settings.checkpoint_every) {
                self.save()?;
            }
            let mut next = control(TrainUpdate::Step(progress));
            if next == ControlFlow::Continue(Next::Save) {
                self.save()?;
                next = control(TrainUpdate::Saved);
            }
            if next.is_break() {
                if !logged {
                    self.write_log(&progress)?;
                }
                return Ok(TrainEnd::Cancelled);
            }
        }
        Ok(TrainEnd::Finished)
    }

    fn validation_draws(&self) -> Result<Vec<Draw>, TrainError> {
        let count = VALIDATION_PAIRS.min(self.dataset.validation_len());
        let whole = Draw::validation(&self.dataset, self.state.network.transport, count)?;
        let sizes = (0..count).step_by(VALIDATION_BATCH).map(|start| VALIDATION_BATCH.min(count - start));
        Ok(whole.split(sizes))
    }

    /// Mean losses of the averaged weights over held-out pairs.
    fn validate(&mut self, settings: &TrainSettings, draws: &[Draw]) -> Result<TrackLosses, TrainError> {
        // Losses are per atom, and the last batch may be smaller than the others.
        let atoms: usize = draws.iter().map(Draw::atoms).sum();
        let mut mean = TrackLosses::default();
        for draw in draws {
            let losses = self.loss.on_held_out(&self.optimizer.state.ema, settings, draw)?;
            mean.add_scaled(&losses, draw.atoms() as f64 / atoms as f64);
        }
        Ok(mean)
    }

    fn save(&mut self) -> Result<(), TrainError> {
        // What was learnt from a store that another program writes into is not worth keeping.
        self.dataset.check_unchanged()?;
        let path = self.request.out.join(CHECKPOINT_FILE);
        let save = |values: &[f32]| {
            Ok(Checkpoint::save(&path, &self.layout, &self.state, values, &self.optimizer.state))
        };
        self.parameters.read(save)??;
        self.checkpoint_written = true;
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
            name: self.state.name.clone(),
            frame_interval_ps: self.state.settings.lag_ps,
            trained_on: format!(
                "{} frame pairs of {}, {} more held out for validation",
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
        let parts = (&self.state.network, &*self.layout, self.optimizer.state.ema.as_slice());
        save_model_with_trust(&path, parts, &card, self.trust.as_ref())?;
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
pub(crate) fn initial_weights(layout: &ParameterLayout, seed: u64) -> Vec<f32> {
    let noise = Noise::new(seed, Stream::Weights);
    initial_parameters(layout, |index| {
        noise.normals([(index / 4) as u32, (index >> 34) as u32, 0, 0])[(index % 4) as usize]
    })
}

fn remove_if_there(path: &Path) -> Result<(), TrainError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(TrainError::Io { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Opens the log for appending; lines after `step`, left by a run that was killed past its last checkpoint,
/// are dropped, for those steps will be done again.
fn open_log(path: &Path, step: u64) -> std::io::Result<File> {
    const HEADER: &str = "step,loss,loss_rigid,positions_A2,vectors_A2,noise_positions_A2,noise_vectors_A2,gradient_norm,learning_rate,validation_loss,validation_rigid,validation_positions_A2,validation_vectors_A2\n";
    let mut kept = String::from(HEADER);
    if step > 0
        && let Ok(old) = regular_file::read_text(path)
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
