//! The loss of a training step as a candle operation of the flat parameters, whose backward pass is that of the
//! network.
//!
//! All devices go through the same call; they differ in the [`GradientBackend`] inside. The operation makes loss and
//! gradient together and hands the gradient over in the backward pass: a part of the batch is differentiated while
//! what its forward pass left is still in the cache, and no more than one part per thread is kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Shape, Tensor, bail};

use crate::network::Parameters;
use crate::network::variable::flat;
use crate::transport::interpolant::TrackLosses;

use super::backend::GradientBackend;
use super::batch::Draw;
use super::{TrainError, TrainSettings};

/// The loss of a network on one device.
pub(super) struct Loss(Arc<Mutex<Work>>);

struct Work {
    backend: Box<dyn GradientBackend>,
    losses: TrackLosses,
    /// Of the newest step, until the backward pass takes it.
    gradient: Option<Vec<f32>>,
    /// Why the newest step failed; candle's errors have no room for it.
    failed: Option<TrainError>,
}

/// The loss of one step.
struct LossOfStep {
    work: Arc<Mutex<Work>>,
    settings: TrainSettings,
    draw: Mutex<Option<Draw>>,
}

impl Loss {
    /// What `backend` computes.
    pub fn new(backend: Box<dyn GradientBackend>) -> Self {
        let (losses, gradient, failed) = (TrackLosses::default(), None, None);
        Self(Arc::new(Mutex::new(Work { backend, losses, gradient, failed })))
    }

    /// The loss on `draw`, a scalar that knows its gradient by the variable of `parameters`, and its parts.
    ///
    /// # Errors
    /// [`TrainError`] when the device fails.
    pub fn of_step(
        &self,
        parameters: &Parameters,
        settings: &TrainSettings,
        draw: Draw,
    ) -> Result<(Tensor, TrackLosses), TrainError> {
        let (work, settings) = (self.0.clone(), settings.clone());
        let op = LossOfStep { work, settings, draw: Mutex::new(Some(draw)) };
        let loss = parameters.variable().apply_op1(op);
        let mut work = lock(&self.0);
        match (loss, work.failed.take()) {
            (_, Some(error)) => Err(error),
            (loss, None) => Ok((loss?, work.losses)),
        }
    }

    /// Losses of the averaged weights on held-out pairs, as [`GradientBackend::validation_losses`] has them.
    ///
    /// # Errors
    /// [`TrainError`] when the device fails.
    pub fn on_held_out(
        &self,
        average: &[f32],
        settings: &TrainSettings,
        draw: &Draw,
    ) -> Result<TrackLosses, TrainError> {
        lock(&self.0).backend.validation_losses(average, settings, draw)
    }
}

impl CustomOp1 for LossOfStep {
    fn name(&self) -> &'static str {
        "loss of a training step"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let parameters = flat(storage, layout)?;
        let Some(draw) = lock(&self.draw).take() else { bail!("the pairs of the step were used before") };
        let work = &mut *lock(&self.work);
        // A step that nobody differentiated leaves its buffer.
        let mut gradient = work.gradient.take().unwrap_or_default();
        gradient.resize(parameters.len(), 0.0);
        match work.backend.gradient(parameters, &self.settings, draw, &mut gradient) {
            Ok(losses) => {
                work.losses = losses;
                work.gradient = Some(gradient);
                Ok((CpuStorage::F32(vec![losses.total as f32]), Shape::from(())))
            }
            Err(error) => {
                let said = error.to_string();
                work.failed = Some(error);
                bail!("{said}")
            }
        }
    }

    fn bwd(&self, arg: &Tensor, _: &Tensor, by_loss: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let Some(gradient) = lock(&self.work).gradient.take() else {
            bail!("the loss of a training step can be differentiated once")
        };
        let gradient = Tensor::from_vec(gradient, arg.shape(), &Device::Cpu)?;
        let factor: f32 = by_loss.to_scalar()?;
        Ok(Some(if factor == 1.0 { gradient } else { (gradient * f64::from(factor))? }))
    }
}

/// What a thread that panicked left is replaced by the next step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
