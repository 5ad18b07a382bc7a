//! Integration of the latent dynamics from τ = 0 to 1 (Alg. 2; eqs. 8 and 9).
//!
//! The source of the two-sided transport is one point, not a distribution, so the flow of eq. 8 alone would
//! give it one successor only. The deterministic integrators therefore spread the point over the first fifth
//! of latent time with the stochastic equation, and are deterministic from there on. The other transports
//! start from noise, and their deterministic integrators add no more. One-sided interpolants follow the same
//! equations with α in place of γ, flow matching eq. 8, DDPM and the bridge the steps of `ddpm` and
//! `bridge`.

use std::ops::ControlFlow;

use crate::network::{CloudBatch, NetworkConfig, SequenceBatch, Transport};

use super::interpolant::{NoiseAddress, fill_noise};
use super::sampler::{LatentProgress, TransportError};
use super::settings::{Integrator, SamplerSettings, Schedule};
use super::{bridge, ddpm};
use crate::random::Noise;

/// Ends of the window in which `Schedule::Window` is stochastic.
const WINDOW: std::ops::Range<f32> = 0.1..0.9;
/// Latent time up to which both tracks of the two-sided transport are stochastic, whatever the integrator.
pub(super) const SPREAD: f32 = 0.2;
/// Latent step in the noise stream of the noise that a transport starts from, beyond all steps of a frame.
const START: u32 = 0x3FFE;

/// Where an integration begins that is done again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restart {
    /// The first latent step that is done.
    pub first_step: u32,
    /// Which noise: 0 is that of the first time, 1 to 3 that of later attempts.
    pub attempt: u32,
}

impl Restart {
    /// Latent step in the noise stream of the noise that an attempt starts from.
    pub(super) fn noise_step(self) -> u32 {
        self.of_attempt(START)
    }

    /// Each attempt has steps of its own in the noise stream: they are 14 bits wide, and the word has room for
    /// four times as many.
    fn of_attempt(self, step: u32) -> u32 {
        step | self.attempt << 14
    }
}

/// Drift b̂ and noise η̂ at a point of latent space.
pub trait Field {
    /// Fills `drift` and `noise` for `latent` at `tau`.
    ///
    /// # Errors
    /// [`TransportError`] if they cannot be computed.
    fn evaluate(
        &mut self,
        tau: f32,
        latent: &CloudBatch,
        drift: &mut CloudBatch,
        noise: &mut CloudBatch,
    ) -> Result<(), TransportError>;
}

/// Buffers of the integration.
#[derive(Default)]
pub struct IntegratorState {
    /// The latent cloud; the result at the end.
    pub latent: CloudBatch,
    drift: CloudBatch,
    noise: CloudBatch,
    /// Of Heun's second evaluation, or of the bridge's step before.
    second_drift: CloudBatch,
    second_noise: CloudBatch,
    predicted: CloudBatch,
    random: CloudBatch,
}

/// ε at `tau` for a step of `dt`, and `ε/γ` (one-sided: `ε/α`).
pub(super) fn strength(
    transport: Transport,
    schedule: Schedule,
    epsilon: f32,
    tau: f32,
    dt: f32,
) -> (f32, f32) {
    let noise = transport.noise_scale(tau);
    match schedule {
        Schedule::Window if WINDOW.contains(&tau) => (epsilon, epsilon / noise),
        Schedule::Window => (0.0, 0.0),
        Schedule::Matched => {
            // No step may put in more noise than the interpolant has at its end, `2 ε dτ ≤ γ(τ + dτ)²`,
            // else a finite step near either end overshoots what the next ones can take out again.
            let next = transport.noise_scale((tau + dt).min(1.0));
            let epsilon = (epsilon * noise / transport.largest_noise_scale()).min(next * next / (2.0 * dt));
            (epsilon, if noise > 0.0 { epsilon / noise } else { 0.0 })
        }
    }
}

/// Integrates from X_0, which is `source` or, for the transports that start from it, noise; `state.latent` holds
/// the result. Asks `control` before each step; `Break` ends the integration with `Ok(false)`.
///
/// `addresses` select each protein's noise; their latent step is overwritten.
///
/// # Errors
/// What `field` returns.
pub fn integrate(
    settings: &SamplerSettings,
    config: &NetworkConfig,
    sequence: &SequenceBatch,
    source: &CloudBatch,
    stream: &Noise,
    addresses: &mut [NoiseAddress],
    field: &mut dyn Field,
    state: &mut IntegratorState,
    control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
) -> Result<bool, TransportError> {
    if config.transport.starts_from_noise() {
        at_step(addresses, START);
        fill_noise(config, sequence, stream, addresses, &mut state.latent);
    } else {
        state.latent.clone_from(source);
    }
    let restart = Restart::default();
    let mut run = Run { settings, config, sequence, stream, addresses, field, state, restart };
    run.go(control)
}

/// As [`integrate`] from the first step of `restart` on, where `state.latent` holds X_τ.
///
/// # Errors
/// What `field` returns.
pub fn integrate_from(
    restart: Restart,
    settings: &SamplerSettings,
    config: &NetworkConfig,
    sequence: &SequenceBatch,
    stream: &Noise,
    addresses: &mut [NoiseAddress],
    field: &mut dyn Field,
    state: &mut IntegratorState,
    control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
) -> Result<bool, TransportError> {
    Run { settings, config, sequence, stream, addresses, field, state, restart }.go(control)
}

/// How often [`integrate`] evaluates its field for one frame.
pub fn network_calls(settings: &SamplerSettings, transport: Transport) -> u32 {
    let steps = settings.latent_steps;
    let twice = |&step: &u32| match transport {
        Transport::Bridge => bridge::corrects(settings, step),
        _ => {
            let spreads = !transport.starts_from_noise() && (step as f32 / steps as f32) < SPREAD;
            settings.integrator == Integrator::OdeHeun && !spreads && step + 1 < steps
        }
    };
    steps + (0..steps).filter(twice).count() as u32
}

fn at_step(addresses: &mut [NoiseAddress], step: u32) {
    for address in addresses {
        address.latent_step = step;
    }
}

/// One integration of the cloud in `state.latent`.
pub(super) struct Run<'a> {
    pub settings: &'a SamplerSettings,
    pub config: &'a NetworkConfig,
    pub sequence: &'a SequenceBatch,
    pub stream: &'a Noise,
    pub addresses: &'a mut [NoiseAddress],
    pub field: &'a mut dyn Field,
    pub state: &'a mut IntegratorState,
    pub restart: Restart,
}

impl Run<'_> {
    /// Moves `state.latent`, which must hold X_τ of the first step, to τ = 1.
    pub fn go(
        &mut self,
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<bool, TransportError> {
        let total = self.settings.latent_steps;
        for step in self.restart.first_step..total {
            if control(LatentProgress { done: step, total }).is_break() {
                return Ok(false);
            }
            let s = &mut *self.state;
            let tau = self.config.transport.time_at(step as f32 / total as f32);
            self.field.evaluate(tau, &s.latent, &mut s.drift, &mut s.noise)?;
            match self.config.transport {
                Transport::Bridge => self.bridge(step)?,
                Transport::Ddpm => self.denoise(step)?,
                _ => self.transport(step)?,
            }
            self.state.latent.center(&self.sequence.starts);
        }
        Ok(true)
    }

    /// One step of eq. 8 or 9 with the drift and noise of `state`.
    fn transport(&mut self, step: u32) -> Result<(), TransportError> {
        let (settings, transport, steps) = (self.settings, self.config.transport, self.settings.latent_steps);
        let dt = 1.0 / steps as f32;
        let tau = step as f32 / steps as f32;
        let spreads = !transport.starts_from_noise() && tau < SPREAD;
        let (epsilon, ratio) = match settings.integrator {
            Integrator::Sde => strength(transport, settings.schedule, settings.epsilon, tau, dt),
            Integrator::Ode | Integrator::OdeHeun if spreads => {
                strength(transport, Schedule::Matched, 1.0, tau, dt)
            }
            Integrator::Ode | Integrator::OdeHeun => (0.0, 0.0),
        };
        let last = step + 1 == steps;
        let s = &mut *self.state;
        if settings.integrator == Integrator::OdeHeun && !spreads && !last {
            s.predicted.clone_from(&s.latent);
            advance(&mut s.predicted, &s.drift, dt);
            s.predicted.center(&self.sequence.starts);
            let next = (step + 1) as f32 / steps as f32;
            self.field.evaluate(next, &s.predicted, &mut s.second_drift, &mut s.noise)?;
            advance(&mut s.latent, &s.drift, 0.5 * dt);
            advance(&mut s.latent, &s.second_drift, 0.5 * dt);
            return Ok(());
        }
        advance(&mut s.latent, &s.drift, dt);
        // Each track may have a strength of its own; the marginals are the same for all.
        let factor =
            if spreads || transport.starts_from_noise() { 1.0 } else { settings.position_epsilon_factor };
        if ratio > 0.0 {
            scale(&mut s.noise.positions, factor);
            advance(&mut s.latent, &s.noise, -ratio * dt);
        }
        if epsilon > 0.0 && !last {
            at_step(self.addresses, self.restart.of_attempt(step));
            fill_noise(self.config, self.sequence, self.stream, self.addresses, &mut s.random);
            scale(&mut s.random.positions, factor.sqrt());
            advance(&mut s.latent, &s.random, (2.0 * epsilon * dt).sqrt());
        }
        Ok(())
    }

    /// One step of [`bridge`] with the drift and noise of `state`.
    fn bridge(&mut self, step: u32) -> Result<(), TransportError> {
        let factors = bridge::factors(self.settings, step);
        let s = &mut *self.state;
        let advance_both = |cloud: &mut CloudBatch, drift: &CloudBatch, noise: &CloudBatch, share: f32| {
            advance(cloud, drift, share * factors.drift);
            advance(cloud, noise, share * factors.noise);
        };
        if bridge::corrects(self.settings, step) {
            s.predicted.clone_from(&s.latent);
            advance_both(&mut s.predicted, &s.drift, &s.noise, 1.0);
            s.predicted.center(&self.sequence.starts);
            self.field.evaluate(factors.next, &s.predicted, &mut s.second_drift, &mut s.second_noise)?;
            advance_both(&mut s.latent, &s.drift, &s.noise, 0.5);
            advance_both(&mut s.latent, &s.second_drift, &s.second_noise, 0.5);
            return Ok(());
        }
        advance_both(&mut s.latent, &s.drift, &s.noise, 1.0);
        // Where it begins there is no step before to look back at.
        if factors.extrapolation != 0.0 && step > self.restart.first_step {
            advance(&mut s.latent, &s.drift, factors.extrapolation);
            advance(&mut s.latent, &s.second_drift, -factors.extrapolation);
        }
        std::mem::swap(&mut s.drift, &mut s.second_drift);
        if factors.random > 0.0 {
            at_step(self.addresses, self.restart.of_attempt(step));
            fill_noise(self.config, self.sequence, self.stream, self.addresses, &mut s.random);
            advance(&mut s.latent, &s.random, factors.random);
        }
        Ok(())
    }

    /// One step of [`ddpm`] with the noise of `state`.
    fn denoise(&mut self, step: u32) -> Result<(), TransportError> {
        let steps = self.settings.latent_steps;
        let next = (step + 1) as f32 / steps as f32;
        let schedule = ddpm::Step::new(step as f32 / steps as f32, next);
        let epsilon = if self.settings.integrator == Integrator::Sde { self.settings.epsilon } else { 0.0 };
        let factors = schedule.factors(epsilon);
        let last = step + 1 == steps;
        let s = &mut *self.state;
        if self.settings.integrator == Integrator::OdeHeun && !last {
            // Heun's method on dy/dς = η with y = X/a, ς = n/a.
            s.predicted.clone_from(&s.latent);
            scale_cloud(&mut s.predicted, factors.keep);
            advance(&mut s.predicted, &s.noise, factors.noise);
            s.predicted.center(&self.sequence.starts);
            self.field.evaluate(next, &s.predicted, &mut s.drift, &mut s.second_noise)?;
            scale_cloud(&mut s.latent, factors.keep);
            advance(&mut s.latent, &s.noise, 0.5 * factors.noise);
            advance(&mut s.latent, &s.second_noise, 0.5 * factors.noise);
            return Ok(());
        }
        scale_cloud(&mut s.latent, factors.keep);
        advance(&mut s.latent, &s.noise, factors.noise);
        if factors.random > 0.0 {
            at_step(self.addresses, self.restart.of_attempt(step));
            fill_noise(self.config, self.sequence, self.stream, self.addresses, &mut s.random);
            advance(&mut s.latent, &s.random, factors.random);
        }
        Ok(())
    }
}

fn scale_cloud(cloud: &mut CloudBatch, factor: f32) {
    scale(&mut cloud.positions, factor);
    scale(&mut cloud.vectors, factor);
}

fn scale(x: &mut [f32], factor: f32) {
    for x in x {
        *x *= factor;
    }
}

fn advance(cloud: &mut CloudBatch, by: &CloudBatch, factor: f32) {
    for (x, d) in cloud.positions.iter_mut().zip(&by.positions) {
        *x += factor * d;
    }
    for (x, d) in cloud.vectors.iter_mut().zip(&by.vectors) {
        *x += factor * d;
    }
}
