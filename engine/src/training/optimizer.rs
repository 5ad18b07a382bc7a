//! Adam with a linear learning-rate decay, gradient clipping, and an average of the weights, as an optimizer of
//! candle-nn. Its own AdamW has no average and no clipping, and makes some ten passes over the parameters.

use std::cell::RefCell;

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, InplaceOp2, Layout, Tensor, Var, bail};

use super::TrainSettings;
use crate::network::Parameters;
use crate::network::variable::{flat, flat_mut, read_flat};

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f32 = 1e-8;

/// State of the optimizer, one number per parameter each.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimizer {
    /// First moment.
    pub m: Vec<f32>,
    /// Second moment.
    pub v: Vec<f32>,
    /// Exponential moving average of the parameters.
    pub ema: Vec<f32>,
}

impl Optimizer {
    /// Before the first step.
    pub fn new(parameters: &[f32]) -> Self {
        Self { m: vec![0.0; parameters.len()], v: vec![0.0; parameters.len()], ema: parameters.to_vec() }
    }

    /// Learning rate of step `step` (counted from 0): warm-up, then linear decay.
    pub fn learning_rate(settings: &TrainSettings, step: u64) -> f64 {
        let progress = step as f64 / settings.steps.max(1) as f64;
        let decayed = settings.learning_rate
            + (settings.final_learning_rate - settings.learning_rate) * progress.min(1.0);
        decayed * ((step + 1) as f64 / settings.warmup_steps.max(1) as f64).min(1.0)
    }

    /// Norm of a gradient over all parameters.
    pub fn norm(gradient: &[f32]) -> f64 {
        gradient.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt()
    }

    /// One step along a gradient of this norm, which must be finite.
    pub fn step(
        &mut self,
        settings: &TrainSettings,
        step: u64,
        parameters: &mut [f32],
        (gradient, norm): (&[f32], f64),
    ) {
        let clip = if norm > settings.clip_norm { (settings.clip_norm / norm) as f32 } else { 1.0 };
        let correction1 = 1.0 - BETA1.powf((step + 1) as f64);
        let correction2 = 1.0 - BETA2.powf((step + 1) as f64);
        let rate = (Self::learning_rate(settings, step) / correction1) as f32;
        let root = (1.0 / correction2.sqrt()) as f32;
        // The average follows quickly at first, else it would remember the initial weights for long.
        let decay = settings.ema_decay.min((step + 1) as f64 / (step + 10) as f64) as f32;
        let (b1, b2) = (BETA1 as f32, BETA2 as f32);
        for i in 0..parameters.len() {
            let g = gradient[i] * clip;
            self.m[i] = b1 * self.m[i] + (1.0 - b1) * g;
            self.v[i] = b2 * self.v[i] + (1.0 - b2) * g * g;
            parameters[i] -= rate * self.m[i] / (self.v[i].sqrt() * root + EPSILON);
            self.ema[i] = decay * self.ema[i] + (1.0 - decay) * parameters[i];
        }
    }
}

/// The optimizer of one variable that holds all parameters.
pub struct Adam {
    variable: Var,
    settings: TrainSettings,
    /// Steps done.
    step: u64,
    /// Moments and average.
    pub state: Optimizer,
}

impl Adam {
    /// Goes on after `step` steps that left `state`.
    ///
    /// # Errors
    /// If `state` is that of another network.
    pub fn resumed(
        parameters: &Parameters,
        settings: TrainSettings,
        step: u64,
        state: Optimizer,
    ) -> candle_core::Result<Self> {
        let variable = parameters.variable().clone();
        let count = variable.elem_count();
        if [&state.m, &state.v, &state.ema].iter().any(|part| part.len() != count) {
            bail!("the optimizer has {} moments for {count} parameters", state.m.len());
        }
        Ok(Self { variable, settings, step, state })
    }

    /// The step along `gradient`, whose norm is known to be finite.
    ///
    /// # Errors
    /// If the gradient is that of another network.
    pub fn step_along(&mut self, gradient: &Tensor, norm: f64) -> candle_core::Result<()> {
        if gradient.shape() != self.variable.shape() {
            bail!("a gradient of {:?} for parameters of {:?}", gradient.shape(), self.variable.shape());
        }
        let Self { variable, settings, step, state } = self;
        variable.inplace_op2(gradient, &Step { settings, step: *step, norm, state: RefCell::new(state) })?;
        self.step += 1;
        Ok(())
    }
}

impl candle_nn::Optimizer for Adam {
    type Config = TrainSettings;

    fn new(variables: Vec<Var>, settings: TrainSettings) -> candle_core::Result<Self> {
        let [variable] = &variables[..] else {
            bail!("the optimizer takes one flat variable, not {}", variables.len());
        };
        let state = read_flat(variable, |values| Ok(Optimizer::new(values)))?;
        Ok(Self { variable: variable.clone(), settings, step: 0, state })
    }

    fn step(&mut self, gradients: &GradStore) -> candle_core::Result<()> {
        let Some(gradient) = gradients.get(&self.variable) else {
            bail!("the loss does not depend on the parameters");
        };
        let norm = read_flat(gradient, |values| Ok(Optimizer::norm(values)))?;
        self.step_along(gradient, norm)
    }

    fn learning_rate(&self) -> f64 {
        Optimizer::learning_rate(&self.settings, self.step)
    }

    /// A constant rate from here on.
    fn set_learning_rate(&mut self, rate: f64) {
        (self.settings.learning_rate, self.settings.final_learning_rate) = (rate, rate);
        self.settings.warmup_steps = 0;
    }
}

/// One step, in the place of the parameters.
struct Step<'a> {
    settings: &'a TrainSettings,
    step: u64,
    norm: f64,
    state: RefCell<&'a mut Optimizer>,
}

impl InplaceOp2 for Step<'_> {
    fn name(&self) -> &'static str {
        "step of Adam"
    }

    fn cpu_fwd(
        &self,
        parameters: &mut CpuStorage,
        places: &Layout,
        gradient: &CpuStorage,
        gradient_places: &Layout,
    ) -> candle_core::Result<()> {
        let (parameters, gradient) = (flat_mut(parameters, places)?, flat(gradient, gradient_places)?);
        self.state.borrow_mut().step(self.settings, self.step, parameters, (gradient, self.norm));
        Ok(())
    }
}
