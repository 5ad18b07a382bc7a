//! Linear maps with the parametrisation of e3nn, and the activation.

use candle_core::{D, Result, Tensor};
use candle_nn::ops::silu;

use super::weights::WeightGroup;

/// Factor that gives `silu` of a standard normal number unit second moment.
pub const SILU_GAIN: f64 = 1.6766;

/// `ψ(x) = 1.6766 silu(x)`.
///
/// # Errors
/// Those of the device.
pub fn activation(x: &Tensor) -> Result<Tensor> {
    silu(x)? * SILU_GAIN
}

/// `Linear(x; W) = x W / √fan_in`, one matrix per group, no bias. On vectors it mixes channels and leaves
/// axes alone, which is what makes it equivariant.
#[derive(Clone, Debug)]
pub struct Linear {
    /// `[G, in, out]`, already divided by `√in`.
    scaled: Tensor,
}

impl Linear {
    /// The matrices called `name` in every network of the group.
    ///
    /// # Errors
    /// If a parameter is missing or the networks of the group disagree about its shape.
    pub fn load(group: &WeightGroup, name: &str) -> Result<Self> {
        let weight = group.stacked(name)?;
        let scale = 1.0 / (weight.dim(1)? as f64).sqrt();
        Ok(Self { scaled: (weight * scale)? })
    }

    /// Applies the map to scalars `[G, R, in]` or vectors `[G, R, 3, in]`.
    ///
    /// # Errors
    /// If the number of channels or groups is wrong.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut shape = x.dims().to_vec();
        let rows = shape[1..shape.len() - 1].iter().product::<usize>();
        let y = x.reshape((shape[0], rows, x.dim(D::Minus1)?))?.matmul(&self.scaled)?;
        if let Some(last) = shape.last_mut() {
            *last = self.scaled.dim(2)?;
        }
        y.reshape(shape)
    }
}
