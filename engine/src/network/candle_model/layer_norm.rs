//! Equivariant layer norm.

use candle_core::{D, Result, Tensor};
use candle_nn::ops::layer_norm_slow;

use super::Features;
use super::weights::WeightGroup;

/// Added to variances before the root.
pub const EPSILON: f64 = 1e-6;

/// Ordinary layer norm on scalars; vectors are divided by the root mean square of their lengths over
/// channels, as in Equiformer, which commutes with rotations.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// `[G, 1, a]`.
    scale: Tensor,
    /// `[G, 1, a]`.
    bias: Tensor,
}

impl LayerNorm {
    /// Loads `norm.scale` and `norm.bias`.
    ///
    /// # Errors
    /// If a parameter is missing.
    pub fn load(group: &WeightGroup) -> Result<Self> {
        Ok(Self {
            scale: group.stacked("norm.scale")?.unsqueeze(1)?,
            bias: group.stacked("norm.bias")?.unsqueeze(1)?,
        })
    }

    /// Normalizes every residue by itself.
    ///
    /// # Errors
    /// If the number of channels or groups is wrong.
    pub fn forward(&self, x: &Features) -> Result<Features> {
        // candle's fused layer norm has neither a gradient nor a scale for each group of networks.
        let scalars = layer_norm_slow(&x.scalars, &self.scale, &self.bias, EPSILON as f32)?;
        let squared_lengths = x.vectors.sqr()?.sum_keepdim(2)?;
        let rms = (squared_lengths.mean_keepdim(D::Minus1)? + EPSILON)?.sqrt()?;
        Ok(Features { scalars, vectors: x.vectors.broadcast_div(&rms)? })
    }
}
