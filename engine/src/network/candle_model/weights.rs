//! Named parameters as tensors, and views of the parameters of several networks at once.

use std::collections::HashMap;

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::VarBuilder;

use crate::network::ParameterLayout;

/// Why a set of parameters does not fit a network.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum WeightError {
    #[error("the weights lack the parameter {0}; they belong to a model with other hyperparameters")]
    Missing(String),
    #[error(
        "the parameter {name} has shape {got:?}, the hyperparameters ask for {expected:?}; load the weights with the configuration that was saved beside them"
    )]
    Shape { name: String, got: Vec<usize>, expected: Vec<usize> },
    #[error(
        "there are {got} weights, the hyperparameters ask for {expected}; load the weights with the configuration that was saved beside them"
    )]
    Length { got: usize, expected: usize },
    #[error("the weights could not be brought to the device: {0}")]
    Device(#[from] candle_core::Error),
}

/// Parameters by name. Either constants, or variables that collect gradients and may change between calls.
#[derive(Clone)]
pub struct Weights {
    builder: VarBuilder<'static>,
    trainable: bool,
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Weights").field("trainable", &self.trainable).finish_non_exhaustive()
    }
}

impl Weights {
    /// Constants.
    pub fn from_tensors(tensors: HashMap<String, Tensor>) -> Self {
        Self::new(tensors, false)
    }

    /// All parameters take the number type and the device of any one of them.
    fn new(tensors: HashMap<String, Tensor>, trainable: bool) -> Self {
        let any = tensors.values().next().map(|tensor| (tensor.dtype(), tensor.device().clone()));
        let (dtype, device) = any.unwrap_or((DType::F32, Device::Cpu));
        Self { builder: VarBuilder::from_tensors(tensors, dtype, &device), trainable }
    }

    /// Variables: the gradients of a loss are found under the tensors of these variables.
    pub fn from_vars(vars: &HashMap<String, Var>) -> Self {
        let tensors = vars.iter().map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect();
        Self::new(tensors, true)
    }

    /// Constants from the flat vector of `layout`.
    ///
    /// # Errors
    /// [`WeightError::Length`], [`WeightError::Device`].
    pub fn from_flat(
        layout: &ParameterLayout,
        flat: &[f32],
        device: &Device,
    ) -> std::result::Result<Self, WeightError> {
        if flat.len() != layout.total() {
            return Err(WeightError::Length { got: flat.len(), expected: layout.total() });
        }
        let mut tensors = HashMap::with_capacity(layout.specs().len());
        for spec in layout.specs() {
            let tensor = Tensor::from_slice(&flat[spec.range.clone()], spec.shape.clone(), device)?;
            tensors.insert(spec.name.clone(), tensor);
        }
        Ok(Self::from_tensors(tensors))
    }

    /// Whether parameters may change between calls.
    pub fn trainable(&self) -> bool {
        self.trainable
    }

    /// Checks that every parameter of `layout` is there in its shape. Further parameters are ignored.
    ///
    /// # Errors
    /// [`WeightError::Missing`], [`WeightError::Shape`].
    pub fn check(&self, layout: &ParameterLayout) -> std::result::Result<(), WeightError> {
        for spec in layout.specs() {
            if !self.builder.contains_tensor(&spec.name) {
                return Err(WeightError::Missing(spec.name.clone()));
            }
            let tensor = self.builder.get_unchecked(&spec.name)?;
            if tensor.dims() != spec.shape {
                return Err(WeightError::Shape {
                    name: spec.name.clone(),
                    got: tensor.dims().to_vec(),
                    expected: spec.shape.clone(),
                });
            }
        }
        Ok(())
    }

    /// The networks whose parameter names start with `prefixes`, as one group.
    pub fn group(&self, prefixes: &[&str]) -> WeightGroup {
        WeightGroup { networks: prefixes.iter().map(|prefix| self.builder.pp(prefix)).collect() }
    }

    /// Number type and device of the parameters, which are those of the whole computation.
    pub fn dtype_and_device(&self) -> (DType, Device) {
        (self.builder.dtype(), self.builder.device().clone())
    }
}

/// Parameters of `G` networks of the same form, stacked along a leading axis when they are read.
#[derive(Clone)]
pub struct WeightGroup {
    networks: Vec<VarBuilder<'static>>,
}

impl WeightGroup {
    /// The part `name` of every network of the group.
    pub fn child(&self, name: &str) -> Self {
        Self { networks: self.networks.iter().map(|network| network.pp(name)).collect() }
    }

    /// Whether the networks have a parameter `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.networks.iter().all(|network| network.contains_tensor(name))
    }

    /// The parameter `name` of all networks, `[G, ..]`.
    ///
    /// # Errors
    /// If it is missing or the networks disagree about its shape.
    pub fn stacked(&self, name: &str) -> Result<Tensor> {
        let parts: Vec<Tensor> =
            self.networks.iter().map(|network| network.get_unchecked(name)).collect::<Result<_>>()?;
        Tensor::stack(&parts, 0)
    }
}
