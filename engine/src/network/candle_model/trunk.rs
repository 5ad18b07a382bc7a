//! The trunk (Alg. 5): blocks of self-interaction and convolution, all states aggregated at the end.

use candle_core::Result;

use super::Features;
use super::convolution::Convolution;
use super::edges::Edges;
use super::layer_norm::LayerNorm;
use super::linear::Linear;
use super::self_interaction::SelfInteraction;
use super::weights::WeightGroup;
use crate::network::Residual;

#[derive(Clone, Debug)]
struct Block {
    interaction: SelfInteraction,
    convolution: Convolution,
    norm: LayerNorm,
}

/// Everything of the conditioner or of a group of headers but the readout.
#[derive(Clone, Debug)]
pub struct Trunk {
    input: SelfInteraction,
    blocks: Vec<Block>,
    aggregate_scalars: Linear,
    aggregate_vectors: Linear,
    residual: Residual,
}

impl Trunk {
    /// Loads a trunk of `layers` blocks.
    ///
    /// # Errors
    /// If a parameter is missing.
    pub fn load(group: &WeightGroup, layers: usize, residual: Residual) -> Result<Self> {
        let blocks = (0..layers)
            .map(|layer| {
                let block = group.child(&format!("layers.{layer}"));
                Ok(Block {
                    interaction: SelfInteraction::load(&block.child("self"))?,
                    convolution: Convolution::load(&block.child("conv"))?,
                    norm: LayerNorm::load(&block)?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            input: SelfInteraction::load(&group.child("input"))?,
            blocks,
            aggregate_scalars: Linear::load(group, "aggregate.scalars")?,
            aggregate_vectors: Linear::load(group, "aggregate.vectors")?,
            residual,
        })
    }

    /// Features of multiplicity H from the input features.
    ///
    /// # Errors
    /// If the number of channels, groups or rows is wrong.
    pub fn forward(&self, input: &Features, edges: &Edges) -> Result<Features> {
        let mut states = vec![self.input.forward(input)?];
        for block in &self.blocks {
            let state = &states[states.len() - 1];
            let update = block.convolution.forward(&block.interaction.forward(state)?, edges)?;
            let joined = match self.residual {
                Residual::Sum => state.add(&update)?,
                Residual::Concat => Features::concat(&[state, &update])?,
            };
            let next = block.norm.forward(&joined)?;
            states.push(next);
        }
        let states = Features::concat(&states.iter().collect::<Vec<_>>())?;
        Ok(Features {
            scalars: self.aggregate_scalars.forward(&states.scalars)?,
            vectors: self.aggregate_vectors.forward(&states.vectors)?,
        })
    }
}
