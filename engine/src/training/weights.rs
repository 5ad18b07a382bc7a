//! Weights to start from.

use crate::network::{ParameterLayout, initial_parameters};
use crate::random::{Noise, Stream};

/// Initial weights of a network from a seed.
pub(crate) fn initial_weights(layout: &ParameterLayout, seed: u64) -> Vec<f32> {
    let noise = Noise::new(seed, Stream::Weights);
    initial_parameters(layout, |index| {
        noise.normals([(index / 4) as u32, (index >> 34) as u32, 0, 0])[(index % 4) as usize]
    })
}
