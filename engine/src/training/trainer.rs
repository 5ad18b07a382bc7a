//! The training loop.

use std::fs::File;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use candle_core::Tensor;

use crate::atomic_file::is_there;
use crate::network::model::save_model_with_trust;
use crate::network::variable::{change_flat, read_flat};
use crate::network::{ModelCard, NetworkConfig, ParameterLayout, Parameters};
use crate::run_lock::RunLock;
use crate::transport::interpolant::TrackLosses;
use crate::trust::TrustData;

use super::batch::Draw;
use super::begin::{Beginning, Begun, begin};
use super::checkpoint::{Checkpoint, CheckpointState};
use super::dataset::PairDataset;
use super::loss::Loss;
use super::open_backend::open_backend;
use super::optimizer::{Adam, Optimizer};
use super::ranks::{self, Ranks};
use super::together::{self, PartSize};
use super::{TrainError, TrainRequest, TrainSettings, TrainSettingsError};

pub use super::files::{BEST_MODEL_FILE, CHECKPOINT_FILE, LOG_FILE, MODEL_FILE, SETTINGS_FILE};
pub use super::together::Next;

/// Held-out pairs per validation.
const VALIDATION_PAIRS: usize = 512;
/// Pairs of one validation batch, small enough to stay in the cache.
const VALIDATION_BATCH: usize = 32;

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

struct Run<'a> {
    request: &'a TrainRequest,
    ranks: &'a dyn Ranks,
    dataset: PairDataset,
    /// Goes into every model.
    trust: Option<TrustData>,
    layout: Arc<ParameterLayout>,
    loss: Loss,
    parameters: Parameters,
    optimizer: Adam,
    state: CheckpointState,
    /// Whether there is a checkpoint of this run.
    checkpoint_written: bool,
    /// The log and the lock of the folder, which the writer has.
    files: Option<(File, RunLock)>,
}

/// Trains until all steps are done or `control`, told of every step, says to stop. It may keep the run waiting.
///
/// Where this process has [joined](super::ranks::join) others, all train one model: each computes its share of every
/// step, rank 0 writes the files, and a stop or an error of one ends all.
///
/// # Errors
/// [`TrainError`]; checkpoint and models on disk are intact.
pub fn train(
    request: &TrainRequest,
    control: &mut dyn FnMut(TrainUpdate) -> ControlFlow<(), Next>,
) -> Result<TrainOutcome, TrainError> {
    let end = train_on(ranks::of_process(), request, control);
    ranks::ended_together();
    end
}

/// As [`train`], on these ranks. Every rank returns, or none: what one cannot do, none does.
pub(super) fn train_on(
    ranks: &dyn Ranks,
    request: &TrainRequest,
    control: &mut dyn FnMut(TrainUpdate) -> ControlFlow<(), Next>,
) -> Result<TrainOutcome, TrainError> {
    let mut run = Run::start(ranks, request, control)?;
    let end = run.work(control)?;
    run.save()?;
    Ok(TrainOutcome { end, step: run.state.step, best_validation: run.state.best_validation })
}

/// What a run computes with.
struct Prepared {
    layout: Arc<ParameterLayout>,
    loss: Loss,
    dataset: PairDataset,
    trust: Option<TrustData>,
}

impl Prepared {
    fn new(
        ranks: &dyn Ranks,
        stores: &[PathBuf],
        (network, settings): (&NetworkConfig, &TrainSettings),
        control: &mut dyn FnMut(TrainUpdate) -> ControlFlow<(), Next>,
    ) -> Result<Self, TrainError> {
        settings.check()?;
        network.check().map_err(TrainSettingsError::Network)?;
        if settings.batch_size < ranks.size() {
            let (pairs, ranks) = (settings.batch_size, ranks.size());
            return Err(TrainSettingsError::TooManyRanks { pairs, ranks }.into());
        }
        let layout = Arc::new(ParameterLayout::new(network));
        let loss = Loss::new(open_backend(network, &layout, settings)?);
        let dataset = PairDataset::open(stores, settings, &mut || {
            control(TrainUpdate::Preparing).map_continue(|_| ())
        })?;
        // What goes into files and what is told is the writer's.
        let mut trust = None;
        if ranks.is_writer() {
            for notice in dataset.notices() {
                if control(TrainUpdate::Notice(notice.clone())).is_break() {
                    return Err(TrainError::Cancelled);
                }
            }
            let go_on = &mut || control(TrainUpdate::Preparing).map_continue(|_| ());
            trust = dataset.trust(settings.seed, go_on)?;
        }
        Ok(Self { layout, loss, dataset, trust })
    }
}

impl<'a> Run<'a> {
    fn start(
        ranks: &'a dyn Ranks,
        request: &'a TrainRequest,
        control: &mut dyn FnMut(TrainUpdate) -> ControlFlow<(), Next>,
    ) -> Result<Self, TrainError> {
        // The writer alone looks into the folder; the others need not even have it.
        let beginning = ranks.is_writer().then(|| Beginning::find(request)).transpose();
        let beginning = together::agree(ranks, beginning)?;
        let asked = beginning.as_ref().map(|beginning| match &beginning.begun {
            Some(state) => (state.network.clone(), state.settings.clone()),
            None => (request.network.clone(), request.settings.clone()),
        });
        let (network, settings) = together::shared(ranks, asked)?;
        let prepared = Prepared::new(ranks, &request.stores, (&network, &settings), control);
        let Prepared { layout, loss, dataset, trust } = together::agree(ranks, prepared)?;
        let checksums = together::shared(ranks, ranks.is_writer().then(|| dataset.checksums()))?;
        let same = if checksums == dataset.checksums() {
            Ok(())
        } else {
            Err(TrainSettingsError::OtherStores.into())
        };
        together::agree(ranks, same)?;
        let zeros = || vec![0.0; layout.total()];
        let begun = match beginning {
            Some(beginning) => begin(request, beginning, (&layout, &dataset), (network, settings)).map(Some),
            None => Ok(None),
        };
        let begun: Option<Begun> = together::agree(ranks, begun)?;
        let of_writer =
            begun.as_ref().map(|begun| (begun.state.clone(), is_there(&request.out.join(CHECKPOINT_FILE))));
        let (state, checkpoint_written) = together::shared(ranks, of_writer)?;
        let (parameters, optimizer, files) = match begun {
            Some(Begun { parameters, optimizer, log, lock, .. }) => {
                (parameters, optimizer, Some((log, lock)))
            }
            None => (zeros(), Optimizer { m: zeros(), v: zeros(), ema: zeros() }, None),
        };
        let parameters = Parameters::new(parameters)?;
        let optimizer = Adam::resumed(&parameters, state.settings.clone(), state.step, optimizer)?;
        let mut run = Self {
            request,
            ranks,
            dataset,
            trust,
            layout,
            loss,
            parameters,
            optimizer,
            state,
            checkpoint_written,
            files,
        };
        run.align()?;
        Ok(run)
    }

    fn work(
        &mut self,
        control: &mut dyn FnMut(TrainUpdate) -> ControlFlow<(), Next>,
    ) -> Result<TrainEnd, TrainError> {
        let settings = self.state.settings.clone();
        let validation: Vec<Draw> = together::agree(self.ranks, self.validation_draws())?;
        let first_step = self.state.step;
        // Time spent on steps; what the caller keeps the run waiting is left out.
        let mut worked = Duration::ZERO;
        let mut recent = TrackLosses::default();
        while self.state.step < settings.steps {
            let step = self.state.step;
            let started = Instant::now();
            let part = self.own_part(&settings, step);
            let (size, mut losses, gradient) = together::agree(self.ranks, part)?;
            change_flat(&gradient, |gradient| {
                losses = together::add_parts(self.ranks, (size, losses), gradient);
            })?;
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
                    let saved = self.save_model(BEST_MODEL_FILE, Some(losses.total));
                    together::agree(self.ranks, saved)?;
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
                self.log(&progress)?;
            }
            if self.state.step.is_multiple_of(settings.checkpoint_every) {
                self.save()?;
            }
            let mut next = together::next(self.ranks, control(TrainUpdate::Step(progress)));
            if next == ControlFlow::Continue(Next::Save) {
                self.save()?;
                next = together::next(self.ranks, control(TrainUpdate::Saved));
            }
            if next.is_break() {
                if !logged {
                    self.log(&progress)?;
                }
                return Ok(TrainEnd::Cancelled);
            }
        }
        Ok(TrainEnd::Finished)
    }

    /// Losses and gradient of this rank's pairs of a step, as if they were all.
    fn own_part(
        &self,
        settings: &TrainSettings,
        step: u64,
    ) -> Result<(PartSize, TrackLosses, Tensor), TrainError> {
        let samples = together::own_pairs(self.ranks, settings.batch_size);
        let transport = self.state.network.transport;
        let draw = Draw::training(&self.dataset, transport, settings, step, samples)?;
        let size = PartSize::of(&draw);
        let (loss, losses) = self.loss.of_step(&self.parameters, settings, draw)?;
        Ok((size, losses, self.parameters.gradient_of(&loss)?))
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
        let mut own = TrackLosses::default();
        let mut validate = || -> Result<(), TrainError> {
            for draw in draws.iter().skip(self.ranks.rank()).step_by(self.ranks.size()) {
                let losses = self.loss.on_held_out(&self.optimizer.state.ema, settings, draw)?;
                own.add_scaled(&losses, draw.atoms() as f64 / atoms as f64);
            }
            Ok(())
        };
        let validated = validate();
        together::agree(self.ranks, validated)?;
        Ok(together::sum_losses(self.ranks, own))
    }

    fn save(&mut self) -> Result<(), TrainError> {
        self.align()?;
        let saved = self.write_checkpoint();
        together::agree(self.ranks, saved)?;
        self.checkpoint_written = true;
        Ok(())
    }

    fn align(&mut self) -> Result<(), TrainError> {
        self.parameters.change(|parameters| together::align(self.ranks, [parameters]))?;
        let Optimizer { m, v, ema } = &mut self.optimizer.state;
        together::align(self.ranks, [m.as_mut_slice(), v, ema]);
        Ok(())
    }

    fn write_checkpoint(&self) -> Result<(), TrainError> {
        // What was learned from a store that another program writes into is not worth keeping.
        self.dataset.check_unchanged()?;
        if self.ranks.is_writer() {
            let path = self.request.out.join(CHECKPOINT_FILE);
            let save = |values: &[f32]| {
                Ok(Checkpoint::save(&path, &self.layout, &self.state, values, &self.optimizer.state))
            };
            self.parameters.read(save)??;
        }
        self.save_model(MODEL_FILE, None)
    }

    fn save_model(&self, file: &str, validation_loss: Option<f64>) -> Result<(), TrainError> {
        if !self.ranks.is_writer() {
            return Ok(());
        }
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

    fn log(&mut self, progress: &TrainProgress) -> Result<(), TrainError> {
        let written = self.write_log(progress);
        together::agree(self.ranks, written)
    }

    fn write_log(&mut self, p: &TrainProgress) -> Result<(), TrainError> {
        let Some((log, _)) = &mut self.files else { return Ok(()) };
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
        log.write_all(line.as_bytes()).map_err(|source| TrainError::Io { path, source })
    }
}
