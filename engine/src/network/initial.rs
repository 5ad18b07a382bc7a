//! Initial weights.

use super::ParameterLayout;
use super::parameters::Initial;

/// A flat parameter vector in its initial state.
///
/// `normal(index)` must give independent standard normal numbers, one per position of the flat vector; a
/// counter-based generator makes the result a pure function of its seed.
pub fn initial_parameters(layout: &ParameterLayout, mut normal: impl FnMut(u64) -> f32) -> Vec<f32> {
    let mut flat = vec![0.0; layout.total()];
    for spec in layout.specs() {
        for index in spec.range.clone() {
            flat[index] = match spec.initial {
                Initial::Normal => normal(index as u64),
                Initial::Zeros => 0.0,
                Initial::Ones => 1.0,
            };
        }
    }
    flat
}
