//! Self-interaction (Alg. 3): channel-wise tensor square, gate, linear map, residual.

use candle_core::{D, Result, Tensor};

use super::Features;
use super::layer_norm::LayerNorm;
use super::linear::{Linear, activation};
use super::weights::WeightGroup;

/// `[s, s²/√3, |v|²/√15]` and `[v, s·v]`; the input itself where the multiplicities differ. The factors are
/// those of the component-normalized Clebsch–Gordan product of independent unit-variance inputs.
///
/// # Errors
/// Those of the device.
pub fn tensor_square(x: &Features) -> Result<Features> {
    if x.scalars.dim(D::Minus1)? != x.vectors.dim(D::Minus1)? {
        return Ok(x.clone());
    }
    let squares = (x.scalars.sqr()? * (1.0 / 3f64.sqrt()))?;
    let lengths = (x.vectors.sqr()?.sum(2)? * (1.0 / 15f64.sqrt()))?;
    let products = x.vectors.broadcast_mul(&x.scalars.unsqueeze(2)?)?;
    Ok(Features {
        scalars: Tensor::cat(&[&x.scalars, &squares, &lengths], D::Minus1)?,
        vectors: Tensor::cat(&[&x.vectors, &products], D::Minus1)?,
    })
}

/// The part of a self-interaction that makes one kind of output, scalars or vectors.
#[derive(Clone, Debug)]
struct GatedLinear {
    gate: Linear,
    linear: Linear,
    /// Mixes input and output where their multiplicities differ; otherwise they are added.
    mix: Option<Linear>,
}

impl GatedLinear {
    fn load(group: &WeightGroup, kind: &str) -> Result<Self> {
        let mix = format!("mix.{kind}");
        Ok(Self {
            gate: Linear::load(group, &format!("gate.{kind}"))?,
            linear: Linear::load(group, &format!("linear.{kind}"))?,
            mix: if group.contains(&mix) { Some(Linear::load(group, &mix)?) } else { None },
        })
    }

    /// `hidden [G, R, q]` from the gate's first layer, `square` the expanded and `input` the original
    /// features of one kind.
    fn forward(&self, hidden: &Tensor, square: &Tensor, input: &Tensor) -> Result<Tensor> {
        let mut gate = activation(&self.gate.forward(hidden)?)?;
        if square.rank() == 4 {
            gate = gate.unsqueeze(2)?;
        }
        let output = self.linear.forward(&square.broadcast_mul(&gate)?)?;
        match &self.mix {
            Some(mix) => mix.forward(&Tensor::cat(&[input, &output], D::Minus1)?),
            None => input + output,
        }
    }
}

/// Self-interaction with scalar and vector outputs, followed by layer norm.
#[derive(Clone, Debug)]
pub struct SelfInteraction {
    hidden: Linear,
    scalars: GatedLinear,
    vectors: GatedLinear,
    norm: LayerNorm,
}

impl SelfInteraction {
    /// Loads the block's parameters.
    ///
    /// # Errors
    /// If a parameter is missing.
    pub fn load(group: &WeightGroup) -> Result<Self> {
        Ok(Self {
            hidden: Linear::load(group, "gate.hidden")?,
            scalars: GatedLinear::load(group, "scalars")?,
            vectors: GatedLinear::load(group, "vectors")?,
            norm: LayerNorm::load(group)?,
        })
    }

    /// Maps `(a, b)` channels to `(a', b')`.
    ///
    /// # Errors
    /// If the number of channels or groups is wrong.
    pub fn forward(&self, x: &Features) -> Result<Features> {
        self.norm.forward(&self.forward_without_norm(x)?)
    }

    /// As [`Self::forward`], before the layer norm.
    ///
    /// # Errors
    /// If the number of channels or groups is wrong.
    pub fn forward_without_norm(&self, x: &Features) -> Result<Features> {
        let square = tensor_square(x)?;
        let hidden = activation(&self.hidden.forward(&square.scalars)?)?;
        Ok(Features {
            scalars: self.scalars.forward(&hidden, &square.scalars, &x.scalars)?,
            vectors: self.vectors.forward(&hidden, &square.vectors, &x.vectors)?,
        })
    }
}

/// The self-interaction that ends a header: vectors only, no norm.
#[derive(Clone, Debug)]
pub struct VectorReadout {
    hidden: Linear,
    vectors: GatedLinear,
}

impl VectorReadout {
    /// Loads the block's parameters.
    ///
    /// # Errors
    /// If a parameter is missing.
    pub fn load(group: &WeightGroup) -> Result<Self> {
        Ok(Self {
            hidden: Linear::load(group, "gate.hidden")?,
            vectors: GatedLinear::load(group, "vectors")?,
        })
    }

    /// Vectors `[G, R, 3, outputs]`.
    ///
    /// # Errors
    /// If the number of channels or groups is wrong.
    pub fn forward(&self, x: &Features) -> Result<Tensor> {
        let square = tensor_square(x)?;
        let hidden = activation(&self.hidden.forward(&square.scalars)?)?;
        self.vectors.forward(&hidden, &square.vectors, &x.vectors)
    }
}
