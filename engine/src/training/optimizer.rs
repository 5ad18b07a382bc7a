//! Adam with a linear learning-rate decay, gradient clipping, and an average of the weights.

use super::TrainSettings;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f32 = 1e-8;

/// State of the optimiser, one number per parameter each.
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
