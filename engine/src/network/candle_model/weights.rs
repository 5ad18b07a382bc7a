//! Named parameters as tensors, and views of the parameters of several networks at once.

use std::collections::HashMap;

use candle_core::{DType, Device, Result, Tensor, Var};

use crate::network::ParameterLayout;

/// Why a set of parameters does not fit a network.
#[derive(Debug, thiserror::Error)]
pub enum WeightError {
    /// A parameter of the layout is missing.
    #[error("the weights lack the parameter {0}; they belong to a model with other hyperparameters")]
    Missing(String),
    /// A parameter has another shape than the layout says.
    #[error(
        "the parameter {name} has shape {got:?}, the hyperparameters ask for {expected:?}; load the weights with the configuration that was saved beside them"
    )]
    Shape {
        /// Dotted path.
        name: String,
        /// Shape found.
        got: Vec<usize>,
        /// Shape of the layout.
        expected: Vec<usize>,
    },
    /// The flat vector has another length than the layout says.
    #[error(
        "there are {got} weights, the hyperparameters ask for {expected}; load the weights with the configuration that was saved beside them"
    )]
    Length {
        /// Numbers found.
        got: usize,
        /// Numbers of the layout.
        expected: usize,
    },
    /// The device failed.
    #[error("the weights could not be brought to the device: {0}")]
    Device(#[from] candle_core::Error),
}

/// Parameters by name. Either constants, or variables that collect gradients and may change between calls.
#[derive(Clone, Debug)]
pub struct Weights {
    tensors: HashMap<String, Tensor>,
    trainable: bool,
}

impl Weights {
    /// Constants.
    pub fn from_tensors(tensors: HashMap<String, Tensor>) -> Self {
        Self { tensors, trainable: false }
    }

    /// Variables: the gradients of a loss are found under the tensors of these variables.
    pub fn from_vars(vars: &HashMap<String, Var>) -> Self {
        let tensors = vars.iter().map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect();
        Self { tensors, trainable: true }
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
            let tensor =
                self.tensors.get(&spec.name).ok_or_else(|| WeightError::Missing(spec.name.clone()))?;
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
    pub fn group<'a>(&'a self, prefixes: &[&str]) -> WeightGroup<'a> {
        WeightGroup { weights: self, prefixes: prefixes.iter().map(|p| (*p).to_owned()).collect() }
    }

    /// Number type and device of the parameters, which are those of the whole computation.
    ///
    /// # Errors
    /// If there are no parameters.
    pub fn dtype_and_device(&self) -> Result<(DType, Device)> {
        match self.tensors.values().next() {
            Some(tensor) => Ok((tensor.dtype(), tensor.device().clone())),
            None => candle_core::bail!("a network needs parameters; the weights are empty"),
        }
    }
}

/// Parameters of `G` networks of the same form, stacked along a leading axis when they are read.
#[derive(Clone, Debug)]
pub struct WeightGroup<'a> {
    weights: &'a Weights,
    prefixes: Vec<String>,
}

impl WeightGroup<'_> {
    /// The part `name` of every network of the group.
    pub fn child(&self, name: &str) -> Self {
        Self {
            weights: self.weights,
            prefixes: self.prefixes.iter().map(|prefix| format!("{prefix}.{name}")).collect(),
        }
    }

    /// Whether the networks have a parameter `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.prefixes.iter().all(|prefix| self.weights.tensors.contains_key(&format!("{prefix}.{name}")))
    }

    /// The parameter `name` of all networks, `[G, ..]`.
    ///
    /// # Errors
    /// If it is missing or the networks disagree about its shape.
    pub fn stacked(&self, name: &str) -> Result<Tensor> {
        let mut parts = Vec::with_capacity(self.prefixes.len());
        for prefix in &self.prefixes {
            let path = format!("{prefix}.{name}");
            match self.weights.tensors.get(&path) {
                Some(tensor) => parts.push(tensor),
                None => candle_core::bail!("the weights lack the parameter {path}"),
            }
        }
        Tensor::stack(&parts, 0)
    }
}
