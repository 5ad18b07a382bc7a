//! Carries out the [`latent_moves`](super::latent_moves) of a frame on the processor (Alg. 2; eqs. 8 and 9).

use std::ops::ControlFlow;

use crate::network::{CloudBatch, LatentMove, NetworkConfig, SequenceBatch, Stage};

use super::interpolant::{NoiseAddress, fill_noise};
use super::sampler::{LatentProgress, TransportError};
use crate::random::Noise;

/// Latent step in the noise stream of the noise that a transport starts from, beyond all steps of a frame.
const START: u32 = 0x3FFE;

/// Drift b̂ and noise η̂ at a point of latent space.
pub trait Field {
    /// Fills `drift` and `noise` for `latent` at the time of `latent_move`; `before` is the drift of the evaluation
    /// before, if there was one.
    ///
    /// # Errors
    /// [`TransportError`] if they cannot be computed.
    fn evaluate(
        &mut self,
        latent_move: &LatentMove,
        latent: &CloudBatch,
        before: Option<&CloudBatch>,
        drift: &mut CloudBatch,
        noise: &mut CloudBatch,
    ) -> Result<(), TransportError>;
}

/// Buffers of the integration.
#[derive(Default)]
pub struct IntegratorState {
    /// The latent cloud; the result at the end.
    pub latent: CloudBatch,
    now: Answer,
    before: Answer,
    predicted: CloudBatch,
    random: CloudBatch,
}

/// What a field said.
#[derive(Default)]
struct Answer {
    drift: CloudBatch,
    noise: CloudBatch,
}

/// Which proteins are integrated, and with which noise.
pub struct Integration<'a> {
    /// Hyperparameters of the network.
    pub config: &'a NetworkConfig,
    /// The proteins.
    pub sequence: &'a SequenceBatch,
    /// The noise stream.
    pub stream: &'a Noise,
    /// Each protein's noise in it; their latent step is overwritten.
    pub addresses: Vec<NoiseAddress>,
    /// Which noise: 0 is that of the first time, 1 to 3 that of later attempts.
    pub attempt: u32,
}

impl Integration<'_> {
    /// Fills `latent` with X_0: `source` or, for the transports that start from it, noise.
    pub fn start(&mut self, source: &CloudBatch, latent: &mut CloudBatch) {
        if self.config.transport.starts_from_noise() {
            self.start_noise(latent);
        } else {
            copy(source, latent);
        }
    }

    /// Fills `out` with the noise that a transport, or a later attempt, starts from.
    pub fn start_noise(&mut self, out: &mut CloudBatch) {
        self.noise(START, out);
    }

    /// Moves `state.latent`, which must hold X_τ of the first move, to τ = 1. Asks `control` before each latent
    /// step; `Break` ends the integration with `Ok(false)`.
    ///
    /// # Errors
    /// What `field` returns.
    pub fn run(
        &mut self,
        latent_moves: &[LatentMove],
        field: &mut dyn Field,
        state: &mut IntegratorState,
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<bool, TransportError> {
        let total = latent_moves.last().map_or(0, |latent_move| latent_move.latent_step + 1);
        for (index, latent_move) in latent_moves.iter().enumerate() {
            let corrects = latent_move.stage == Stage::Correct;
            if !corrects && control(LatentProgress { done: latent_move.latent_step, total }).is_break() {
                return Ok(false);
            }
            std::mem::swap(&mut state.now, &mut state.before);
            let IntegratorState { latent, now, before, predicted, random } = &mut *state;
            let at = if corrects { &*predicted } else { &*latent };
            let earlier = (index > 0).then_some(&before.drift);
            field.evaluate(latent_move, at, earlier, &mut now.drift, &mut now.noise)?;
            let moved = if latent_move.stage == Stage::Predict {
                copy(latent, predicted);
                predicted
            } else {
                latent
            };
            let factors = &latent_move.factors;
            scale(moved, factors.keep);
            for answer in corrects.then_some(&*before).into_iter().chain([&*now]) {
                add(moved, &answer.drift, factors.drift, 1.0);
                add(moved, &answer.noise, factors.noise, factors.position_noise);
            }
            add(moved, &now.drift, factors.change, 1.0);
            add(moved, &before.drift, -factors.change, 1.0);
            if factors.random > 0.0 {
                self.noise(latent_move.latent_step, random);
                add(moved, random, factors.random, factors.position_random);
            }
            moved.center(&self.sequence.starts);
        }
        Ok(true)
    }

    /// `σ ξ` of a latent step. Each attempt has steps of its own in the noise stream: they are 14 bits wide, and the
    /// word has room for four times as many.
    fn noise(&mut self, latent_step: u32, out: &mut CloudBatch) {
        for address in &mut self.addresses {
            address.latent_step = latent_step | self.attempt << 14;
        }
        fill_noise(self.config, self.sequence, self.stream, &self.addresses, out);
    }
}

/// Into the memory that is there.
fn copy(from: &CloudBatch, to: &mut CloudBatch) {
    to.positions.clone_from(&from.positions);
    to.vectors.clone_from(&from.vectors);
}

fn scale(cloud: &mut CloudBatch, factor: f32) {
    if factor != 1.0 {
        cloud.positions.iter_mut().chain(&mut cloud.vectors).for_each(|x| *x *= factor);
    }
}

/// Adds `factor` times `by`, whose positions have a further factor.
fn add(cloud: &mut CloudBatch, by: &CloudBatch, factor: f32, of_positions: f32) {
    if factor == 0.0 {
        return;
    }
    for (x, d) in cloud.positions.iter_mut().zip(&by.positions) {
        *x += factor * (of_positions * d);
    }
    for (x, d) in cloud.vectors.iter_mut().zip(&by.vectors) {
        *x += factor * d;
    }
}
