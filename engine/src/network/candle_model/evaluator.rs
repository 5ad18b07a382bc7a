//! The candle network as an [`Evaluator`].

use std::collections::HashMap;

use candle_core::{Device, Result, Tensor, Var};

use super::{CandleModel, ConditionedTensors, HeaderOutput, WeightError};
use crate::network::{CloudBatch, Evaluator, NetworkConfig, ParameterLayout, SequenceBatch};

/// The candle network on one device, and what it said last.
pub struct CandleEvaluator {
    model: CandleModel,
    /// Parameters in the order of the layout; none where they are constants.
    vars: Vec<Var>,
    conditioned: Option<ConditionedTensors>,
    headers: Vec<HeaderOutput>,
    outputs: Vec<Vec<f32>>,
}

impl CandleEvaluator {
    /// With constant parameters: for sampling.
    ///
    /// # Errors
    /// [`WeightError`] if `flat` does not fit `config`.
    pub fn constant(
        config: &NetworkConfig,
        flat: &[f32],
        device: &Device,
    ) -> std::result::Result<Self, WeightError> {
        Ok(Self::new(CandleModel::from_flat(config.clone(), flat, device)?, Vec::new()))
    }

    /// With zeros that [`Self::set_parameters`] changes: for training.
    ///
    /// # Errors
    /// If the device has no room for them.
    pub fn variable(config: &NetworkConfig, layout: &ParameterLayout, device: &Device) -> Result<Self> {
        let zeros = |shape: &[usize]| Var::zeros(shape, candle_core::DType::F32, device);
        let vars = layout.specs().iter().map(|spec| zeros(&spec.shape)).collect::<Result<Vec<Var>>>()?;
        let names = layout.specs().iter().map(|spec| spec.name.clone());
        let named: HashMap<String, Var> = names.zip(vars.iter().cloned()).collect();
        let model = CandleModel::from_vars(config.clone(), &named);
        Ok(Self::new(model.map_err(|error| candle_core::Error::Msg(error.to_string()))?, vars))
    }

    fn new(model: CandleModel, vars: Vec<Var>) -> Self {
        Self { model, vars, conditioned: None, headers: Vec::new(), outputs: Vec::new() }
    }

    /// Sets the variables from the flat parameters of `layout`: one transfer, then copies on the device.
    ///
    /// # Errors
    /// If the device fails.
    pub fn set_parameters(&self, layout: &ParameterLayout, parameters: &[f32]) -> Result<()> {
        let flat = Tensor::from_slice(parameters, parameters.len(), self.model.device())?;
        for (var, spec) in self.vars.iter().zip(layout.specs()) {
            var.set(&flat.narrow(0, spec.range.start, spec.range.len())?.reshape(spec.shape.as_slice())?)?;
        }
        Ok(())
    }
}

impl Evaluator for CandleEvaluator {
    fn condition(&mut self, sequence: &SequenceBatch, source: &CloudBatch) -> Result<()> {
        // With variables, these hold on to every intermediate of their pass: first away with the last one's.
        (self.conditioned, self.headers) = (None, Vec::new());
        self.conditioned = Some(self.model.condition(sequence, source)?);
        Ok(())
    }

    fn headers(
        &mut self,
        sequence: &SequenceBatch,
        source: &CloudBatch,
        latent: &CloudBatch,
        tau: &[f32],
        estimate: Option<&CloudBatch>,
    ) -> Result<&[Vec<f32>]> {
        let Some(conditioned) = &self.conditioned else {
            candle_core::bail!("the headers were asked before the conditioner");
        };
        // They hold on to every intermediate of their pass, of which there are to be one at a time.
        self.headers.clear();
        self.headers = self.model.headers(sequence, source, latent, tau, estimate, conditioned)?;
        self.outputs.clear();
        for header in &self.headers {
            self.outputs.push(header.values.flatten_all()?.to_vec1()?);
        }
        Ok(&self.outputs)
    }

    /// The gradient by the outputs comes from the host, where the loss has no parameters; its product with the
    /// outputs has the loss's gradient by the parameters. One transfer.
    fn backward(
        &mut self,
        _: &SequenceBatch,
        by_outputs: &mut [Vec<f32>],
        gradient: &mut [f32],
    ) -> Result<()> {
        let headers = std::mem::take(&mut self.headers);
        let mut product: Option<Tensor> = None;
        for (header, by_output) in headers.iter().zip(by_outputs) {
            let by_output =
                Tensor::from_slice(by_output.as_slice(), header.values.shape(), self.model.device())?;
            let term = (&header.values * by_output)?.sum_all()?;
            product = Some(match product {
                Some(sum) => (sum + term)?,
                None => term,
            });
        }
        let Some(product) = product else { return Ok(()) };
        let gradients = product.backward()?;
        let parts = self
            .vars
            .iter()
            .map(|var| match gradients.get(var.as_tensor()) {
                Some(part) => part.flatten_all(),
                // Nothing depends on it, for example convolutions of a protein of one residue.
                None => var.as_tensor().zeros_like()?.flatten_all(),
            })
            .collect::<Result<Vec<_>>>()?;
        let flat: Vec<f32> = Tensor::cat(&parts, 0)?.to_vec1()?;
        for (total, part) in gradient.iter_mut().zip(flat) {
            *total += part;
        }
        Ok(())
    }
}
