//! Gradients by candle, on any of its devices. On the processor it is the reference of the fused kernels; on
//! a GPU it is how a model is trained there.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{Device, Tensor, Var};

use crate::network::{CandleDevice, CandleModel, NetworkConfig, ParameterLayout, open_candle_device};
use crate::transport::interpolant::{TrackLosses, loss_and_gradient};

use super::backend::{GradientBackend, VALIDATION_SEED, add_part};
use super::batch::{Draw, PreparedBatch};
use super::{TrainError, TrainSettings};

/// Residues of one pass on the processor: candle keeps every intermediate of a pass, about 5 MB a residue at
/// H = 32.
const ROWS_PER_PASS_CPU: usize = 512;
/// Residues of one pass on a GPU.
const ROWS_PER_PASS_GPU: usize = 4096;

/// candle on one device.
pub(super) struct CandleBackend {
    kind: CandleDevice,
    device: Device,
    layout: Arc<ParameterLayout>,
    model: CandleModel,
    /// Parameters on the device, in the order of the layout.
    vars: Vec<Var>,
    batch: PreparedBatch,
    output_gradients: Vec<Vec<f32>>,
}

impl CandleBackend {
    /// Opens the device and makes room for the parameters there.
    ///
    /// # Errors
    /// [`TrainError::Device`], [`TrainError::Network`].
    pub fn new(
        config: &NetworkConfig,
        layout: &Arc<ParameterLayout>,
        kind: CandleDevice,
    ) -> Result<Self, TrainError> {
        let device = open_candle_device(kind)?;
        let failed = |reason: String| TrainError::Network { device: kind.to_string(), reason };
        let mut vars = Vec::with_capacity(layout.specs().len());
        let mut named = HashMap::with_capacity(layout.specs().len());
        for spec in layout.specs() {
            let var = Var::zeros(spec.shape.as_slice(), candle_core::DType::F32, &device)
                .map_err(|e| failed(e.to_string()))?;
            named.insert(spec.name.clone(), var.clone());
            vars.push(var);
        }
        let model = CandleModel::from_vars(config.clone(), &named).map_err(|e| failed(e.to_string()))?;
        Ok(Self {
            kind,
            device,
            layout: layout.clone(),
            model,
            vars,
            batch: PreparedBatch::default(),
            output_gradients: Vec::new(),
        })
    }

    /// Sets the variables: one transfer, then copies on the device.
    fn upload(&self, parameters: &[f32]) -> candle_core::Result<()> {
        let flat = Tensor::from_slice(parameters, parameters.len(), &self.device)?;
        for (var, spec) in self.vars.iter().zip(self.layout.specs()) {
            var.set(&flat.narrow(0, spec.range.start, spec.range.len())?.reshape(spec.shape.as_slice())?)?;
        }
        Ok(())
    }

    /// Losses of one part of a step with `atoms` atoms; adds the part's gradient to `gradient` when training.
    fn pass(
        &mut self,
        settings: &TrainSettings,
        seed: u64,
        draw: &Draw,
        atoms: usize,
        gradient: Option<&mut [f32]>,
    ) -> candle_core::Result<TrackLosses> {
        let config = self.model.config();
        let sequence = self.batch.prepare(config, settings, seed, draw, gradient.is_some());
        let (source, latent) = (&self.batch.source, &self.batch.latent);
        let conditioned = self.model.condition(&sequence, source)?;
        let headers = self.model.headers(&sequence, source, latent, &draw.tau, &conditioned)?;
        let outputs = headers
            .iter()
            .map(|header| header.values.flatten_all()?.to_vec1())
            .collect::<candle_core::Result<Vec<Vec<f32>>>>()?;
        let batch = self.batch.loss_batch(settings, &sequence, draw, atoms);
        let losses = loss_and_gradient(config, &batch, &outputs, &mut self.output_gradients);
        if let Some(gradient) = gradient {
            // The gradient by the outputs comes from the host, where the loss has no parameters; its product
            // with the outputs has the loss's gradient by the parameters.
            let mut product: Option<Tensor> = None;
            for (header, by_output) in headers.iter().zip(&self.output_gradients) {
                let by_output = Tensor::from_slice(by_output, header.values.shape(), &self.device)?;
                let term = (&header.values * by_output)?.sum_all()?;
                product = Some(match product {
                    Some(sum) => (sum + term)?,
                    None => term,
                });
            }
            if let Some(product) = product {
                self.add_gradient(&product, gradient)?;
            }
        }
        Ok(losses)
    }

    /// Adds the gradient of `value` by all parameters; one transfer.
    fn add_gradient(&self, value: &Tensor, gradient: &mut [f32]) -> candle_core::Result<()> {
        let gradients = value.backward()?;
        let parts = self
            .vars
            .iter()
            .map(|var| match gradients.get(var.as_tensor()) {
                Some(part) => part.flatten_all(),
                // Nothing depends on it, for example convolutions of a protein of one residue.
                None => var.as_tensor().zeros_like()?.flatten_all(),
            })
            .collect::<candle_core::Result<Vec<_>>>()?;
        let flat: Vec<f32> = Tensor::cat(&parts, 0)?.to_vec1()?;
        for (total, part) in gradient.iter_mut().zip(flat) {
            *total += part;
        }
        Ok(())
    }

    fn failed(&self, error: &candle_core::Error) -> TrainError {
        TrainError::Network { device: self.kind.to_string(), reason: error.to_string() }
    }
}

impl GradientBackend for CandleBackend {
    fn gradient(
        &mut self,
        parameters: &[f32],
        settings: &TrainSettings,
        draw: Draw,
        gradient: &mut [f32],
    ) -> Result<TrackLosses, TrainError> {
        self.upload(parameters).map_err(|e| self.failed(&e))?;
        gradient.fill(0.0);
        let limit = match self.kind {
            CandleDevice::Cpu => ROWS_PER_PASS_CPU,
            CandleDevice::Cuda | CandleDevice::Metal => ROWS_PER_PASS_GPU,
        };
        let (rows, atoms) = (draw.rows(), draw.atoms());
        let sizes = pass_sizes(draw.pairs.iter().map(|pair| pair.topology.residue_count()), limit);
        let mut losses = TrackLosses::default();
        for part in draw.split(sizes) {
            let result = self.pass(settings, settings.seed, &part, atoms, Some(&mut *gradient));
            let own = result.map_err(|e| self.failed(&e))?;
            add_part(&mut losses, &own, &part, rows, atoms);
        }
        Ok(losses)
    }

    fn validation_losses(
        &mut self,
        parameters: &[f32],
        settings: &TrainSettings,
        draw: &Draw,
    ) -> Result<TrackLosses, TrainError> {
        self.upload(parameters).map_err(|e| self.failed(&e))?;
        self.pass(settings, VALIDATION_SEED, draw, draw.atoms(), None).map_err(|e| self.failed(&e))
    }
}

/// Numbers of consecutive pairs whose residues are at most `limit` together; a larger protein goes alone.
fn pass_sizes(residues: impl Iterator<Item = usize>, limit: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = Vec::new();
    let mut rows = 0;
    for residues in residues {
        match sizes.last_mut() {
            Some(size) if rows + residues <= limit => {
                *size += 1;
                rows += residues;
            }
            _ => {
                sizes.push(1);
                rows = residues;
            }
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::pass_sizes;

    #[test]
    fn passes_hold_as_many_pairs_as_fit() {
        assert_eq!(pass_sizes([10, 10, 10, 10].into_iter(), 30), [3, 1]);
        assert_eq!(pass_sizes([10, 50, 10, 10].into_iter(), 30), [1, 1, 2]);
        assert_eq!(pass_sizes([10; 3].into_iter(), 512), [3]);
    }
}
