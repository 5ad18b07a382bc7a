//! Widths of a network on the GPU, where channels are padded to multiples of four.

use crate::network::parameters::{has_skip, header_outputs, state_width};
use crate::network::{NetworkConfig, Residual, inputs};

/// The widest network whose edge kernel fits the smallest workgroup memory.
pub(super) const MOST_CHANNELS: usize = 256;

/// Neighbors and residues that `assemble.wgsl` has room for.
pub(super) const MOST_NEIGHBORS: usize = 256;
pub(super) const MOST_RESIDUES: usize = 2048;

/// What the kernels cannot run; each message is a clause about the model or the protein.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum Unsupported {
    #[error("it has a multiplicity of {0}, the kernels take up to {MOST_CHANNELS}")]
    Channels(usize),
    #[error("it has {0} neighbors, the kernels take up to {MOST_NEIGHBORS}")]
    Neighbors(usize),
    #[error("the protein has {0} residues, the kernels take up to {MOST_RESIDUES}")]
    Residues(usize),
}

/// `n` in units of four numbers, rounded up.
pub(super) fn quads(n: usize) -> usize {
    n.div_ceil(4)
}

/// One trunk or, for the headers, all of them: they differ in weights and outputs only.
#[derive(Clone, Debug)]
pub(super) struct TrunkShape {
    /// Prefix of the parameters of each.
    pub prefixes: Vec<String>,
    pub layers: usize,
    /// Scalars and vectors in.
    pub input: (usize, usize),
    /// Vectors out of each header; empty for the conditioner, which puts out H of both.
    pub outputs: Vec<usize>,
    pub skip: bool,
}

/// The whole network.
#[derive(Clone, Debug)]
pub(super) struct NetworkShape {
    pub config: NetworkConfig,
    /// H/4, rounded up.
    pub h4: usize,
    pub conditioner: TrunkShape,
    pub headers: TrunkShape,
}

impl NetworkShape {
    /// The shapes of `config`, or why the kernels cannot run it.
    pub fn new(config: &NetworkConfig) -> Result<Self, Unsupported> {
        if config.multiplicity > MOST_CHANNELS {
            return Err(Unsupported::Channels(config.multiplicity));
        }
        if config.neighbors > MOST_NEIGHBORS {
            return Err(Unsupported::Neighbors(config.neighbors));
        }
        let headers = header_outputs(config);
        Ok(Self {
            config: config.clone(),
            h4: quads(config.multiplicity),
            conditioner: TrunkShape {
                prefixes: vec!["conditioner".to_owned()],
                layers: config.conditioner_layers,
                input: (inputs::conditioner_scalars(config), inputs::CONDITIONER_VECTORS),
                outputs: Vec::new(),
                skip: false,
            },
            headers: TrunkShape {
                prefixes: headers.iter().map(|(name, _)| (*name).to_owned()).collect(),
                layers: config.header_layers,
                input: (inputs::header_scalars(config), inputs::header_vectors(config)),
                outputs: headers.iter().map(|(_, n)| *n).collect(),
                skip: has_skip(config, (0, 1)),
            },
        })
    }

    /// Width of state `layer` in units of four.
    pub fn state4(&self, layer: usize) -> usize {
        self.blocks(layer) * self.h4
    }

    /// Channels of state `layer` that are not padding.
    pub fn state_channels(&self, layer: usize) -> usize {
        state_width(&self.config, layer)
    }

    /// Columns of state `layer` in the array of all states, and the width of that array after the last one.
    pub fn state_column4(&self, layer: usize) -> usize {
        (0..layer).map(|l| self.state4(l)).sum()
    }

    /// Channels of a state's last four that are not padding.
    pub fn tail(&self) -> usize {
        self.config.multiplicity - 4 * (self.h4 - 1)
    }

    fn blocks(&self, layer: usize) -> usize {
        match self.config.residual {
            Residual::Sum => 1,
            Residual::Concat => layer + 1,
        }
    }
}
