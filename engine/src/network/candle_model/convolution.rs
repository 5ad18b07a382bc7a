//! Spatial convolution (Alg. 4), factorized: matrices act on residues, edges only combine their results.

use candle_core::{D, Result, Tensor};

use super::Features;
use super::edges::{Edges, PresentEdges};
use super::linear::{Linear, activation};
use super::weights::WeightGroup;

/// Message passing over the nearest neighbors. `Linear(V_j ⊗ Y(r̂))` is linear in `V_j`, so its path
/// matrices are applied once per residue and their results combined with `r̂` per edge.
#[derive(Clone, Debug)]
pub struct Convolution {
    /// `[n¹ | n² | n_j | n_i]`.
    scalars: Linear,
    /// `[m¹ | m² | m³ | m⁴]`.
    vectors: Linear,
    /// Radial part of the gate's first layer with its share of the fan-in, `[G, bins, H]`.
    gate_radial: Tensor,
    /// Sequence part with its share of the fan-in, `[G, offsets, H]`.
    gate_offset: Tensor,
    /// Factor of `n_j` and `n_i` in the gate's first layer.
    gate_feature_scale: f64,
    /// `[G, 1, H]`.
    gate_bias: Tensor,
    gate_output: Linear,
    /// `[G, 1, 2H]`.
    gate_output_bias: Tensor,
    out_scalars: Linear,
    out_vectors: Linear,
    multiplicity: usize,
}

impl Convolution {
    /// Loads the layer's parameters.
    ///
    /// # Errors
    /// If a parameter is missing.
    pub fn load(group: &WeightGroup) -> Result<Self> {
        let radial = group.stacked("gate.radial")?;
        let offset = group.stacked("gate.offset")?;
        let (_, bins, multiplicity) = radial.dims3()?;
        let offsets = offset.dim(1)? as f64;
        // The gate sees bins, a one-hot of the offset scaled to unit second moment, and two sets of scalars.
        let root_fan_in = (bins as f64 + offsets + 2.0 * multiplicity as f64).sqrt();
        Ok(Self {
            scalars: Linear::load(group, "scalars")?,
            vectors: Linear::load(group, "vectors")?,
            gate_radial: (radial * (1.0 / root_fan_in))?,
            gate_offset: (offset * (offsets.sqrt() / root_fan_in))?,
            // `Linear` has divided by √H already.
            gate_feature_scale: (multiplicity as f64).sqrt() / root_fan_in,
            gate_bias: group.stacked("gate.bias")?.unsqueeze(1)?,
            gate_output: Linear::load(group, "gate.output")?,
            gate_output_bias: group.stacked("gate.output_bias")?.unsqueeze(1)?,
            out_scalars: Linear::load(group, "out.scalars")?,
            out_vectors: Linear::load(group, "out.vectors")?,
            multiplicity,
        })
    }

    /// `Linear(x + mean over neighbors of the gated messages)`.
    ///
    /// # Errors
    /// If the number of channels, groups or rows is wrong.
    pub fn forward(&self, x: &Features, edges: &Edges) -> Result<Features> {
        let sum = match &edges.present {
            Some(edges) => x.add(&self.mean_message(x, edges)?)?,
            None => x.clone(),
        };
        Ok(Features {
            scalars: self.out_scalars.forward(&sum.scalars)?,
            vectors: self.out_vectors.forward(&sum.vectors)?,
        })
    }

    fn mean_message(&self, x: &Features, edges: &PresentEdges) -> Result<Features> {
        let h = self.multiplicity;
        let n = self.scalars.forward(&x.scalars)?;
        let m = self.vectors.forward(&x.vectors)?;
        let n_neighbor = n.narrow(D::Minus1, 0, 3 * h)?.contiguous()?.index_select(&edges.neighbor, 1)?;
        let n_center = n.narrow(D::Minus1, 3 * h, h)?.contiguous()?.index_select(&edges.center, 1)?;
        let m_neighbor = m.index_select(&edges.neighbor, 1)?;
        let message = self.message(&n_neighbor, &m_neighbor, edges)?;

        let gates = self.gates(&n_neighbor.narrow(D::Minus1, 2 * h, h)?, &n_center, edges)?;
        let scalars = (message.scalars * gates.narrow(D::Minus1, 0, h)?)?;
        let vectors = message.vectors.broadcast_mul(&gates.narrow(D::Minus1, h, h)?.unsqueeze(2)?)?;

        let mean_scalars = x.scalars.zeros_like()?.index_add(&edges.center, &scalars, 1)?;
        let mean_vectors = x.vectors.zeros_like()?.index_add(&edges.center, &vectors, 1)?;
        Ok(Features {
            scalars: mean_scalars.broadcast_mul(&edges.inverse_count)?,
            vectors: mean_vectors.broadcast_mul(&edges.inverse_count.unsqueeze(3)?)?,
        })
    }

    /// Messages `[G, E, H]` and `[G, E, 3, H]` from the neighbors' `n [G, E, ≥2H]` and `m [G, E, 3, 4H]`.
    fn message(&self, n: &Tensor, m: &Tensor, edges: &PresentEdges) -> Result<Features> {
        let h = self.multiplicity;
        let n = |k: usize| n.narrow(D::Minus1, k * h, h);
        let m = |k: usize| m.narrow(D::Minus1, k * h, h);

        let along = m(0)?.broadcast_mul(&edges.unit)?.sum(2)?;
        let scalars = ((n(0)? + along)? * std::f64::consts::FRAC_1_SQRT_2)?;

        // 0e ⊗ 1e: √3 n² r̂.
        let radial = n(1)?.unsqueeze(2)?.broadcast_mul(&edges.unit)?;
        // 1e ⊗ 1e: √(3/2) m³ × r̂, written with cyclic shifts of the axes.
        let m3 = m(2)?;
        let axis = |k: usize| m3.narrow(2, k, 1);
        let m3_yzx = Tensor::cat(&[axis(1)?, axis(2)?, axis(0)?], 2)?;
        let m3_zxy = Tensor::cat(&[axis(2)?, axis(0)?, axis(1)?], 2)?;
        let cross = (m3_yzx.broadcast_mul(&edges.unit_zxy)? - m3_zxy.broadcast_mul(&edges.unit_yzx)?)?;
        // 1e ⊗ 2e: √(9/2) (r̂ (r̂·m⁴) − m⁴/3).
        let m4 = m(3)?;
        let projection = m4.broadcast_mul(&edges.unit)?.sum_keepdim(2)?;
        let quadrupole = (projection.broadcast_mul(&edges.unit)? - (m4 * (1.0 / 3.0))?)?;

        let vectors = (m(1)? + (radial * 3f64.sqrt())?)?;
        let vectors = (vectors + (cross * 1.5f64.sqrt())?)?;
        let vectors = ((vectors + (quadrupole * 4.5f64.sqrt())?)? * 0.5)?;
        Ok(Features { scalars, vectors })
    }

    /// Gates `[G, E, 2H]` of scalars and vectors, from `n_j` and `n_i` `[G, E, H]`.
    fn gates(&self, n_neighbor: &Tensor, n_center: &Tensor, edges: &PresentEdges) -> Result<Tensor> {
        let radial = edges.radial.matmul(&self.gate_radial)?;
        let offset = self.gate_offset.index_select(&edges.offset, 1)?;
        let features = ((n_neighbor + n_center)? * self.gate_feature_scale)?;
        let z = ((radial + offset)? + features)?.broadcast_add(&self.gate_bias)?;
        self.gate_output.forward(&activation(&z)?)?.broadcast_add(&self.gate_output_bias)
    }
}
