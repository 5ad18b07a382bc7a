//! Equivariant features: scalars and vectors of every residue.

use candle_core::{D, Result, Tensor};

/// Features of a group of networks: `0e` and `1e` channels per residue, channel last.
#[derive(Clone, Debug)]
pub struct Features {
    /// Scalars, `[G, R, a]`.
    pub scalars: Tensor,
    /// Vectors, `[G, R, 3, b]`.
    pub vectors: Tensor,
}

impl Features {
    /// Joins channels.
    ///
    /// # Errors
    /// If groups, residues, devices or number types differ.
    pub fn concat(parts: &[&Features]) -> Result<Self> {
        let scalars: Vec<&Tensor> = parts.iter().map(|f| &f.scalars).collect();
        let vectors: Vec<&Tensor> = parts.iter().map(|f| &f.vectors).collect();
        Ok(Self { scalars: Tensor::cat(&scalars, D::Minus1)?, vectors: Tensor::cat(&vectors, D::Minus1)? })
    }

    /// Channel by channel sum.
    ///
    /// # Errors
    /// If shapes, devices or number types differ.
    pub fn add(&self, other: &Features) -> Result<Self> {
        Ok(Self { scalars: (&self.scalars + &other.scalars)?, vectors: (&self.vectors + &other.vectors)? })
    }
}
