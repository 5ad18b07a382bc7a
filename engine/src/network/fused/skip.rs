//! The gated connection from a header's input vectors to its outputs.

use super::linear::{inverse_sqrt, product, product_input_gradient, product_weight_gradient, rows, rows_mut};
use super::parameter_ranges::{ParameterRange, Prefixed};
use super::self_interaction::{gate_vectors, gate_vectors_backward};
use super::simd::{activate, simd, sized, zeroed};

/// Places of the parameters.
struct Parameters {
    gate: ParameterRange,
    vectors: ParameterRange,
}

impl Parameters {
    fn new(under: &Prefixed<'_>) -> Self {
        Self { gate: under.range("gate"), vectors: under.range("vectors") }
    }
}

/// Shapes and parameters.
pub(super) struct Skip {
    h: usize,
    input: usize,
    output: usize,
    parameters: Parameters,
}

/// Intermediate results.
#[derive(Default)]
pub(super) struct SkipCache {
    gate: Vec<f32>,
    slope: Vec<f32>,
    gated: Vec<f32>,
    dgated: Vec<f32>,
    dgate: Vec<f32>,
}

impl Skip {
    pub fn new(under: &Prefixed<'_>, h: usize, input: usize, output: usize) -> Self {
        Self { h, input, output, parameters: Parameters::new(under) }
    }

    pub fn macs_per_row(&self) -> usize {
        self.h * self.input + 3 * self.input * self.output
    }

    /// Adds to `out [R, 3, outputs]`, from the aggregate's scalars `[R, H]` and the input vectors.
    pub fn forward(
        &self,
        p: &[f32],
        cache: &mut SkipCache,
        scalars: &[f32],
        vectors: &[f32],
        out: &mut [f32],
        train: bool,
    ) {
        let r = scalars.len() / self.h;
        sized(&mut cache.gate, r * self.input);
        let w = self.parameters.gate.get(p);
        let shape = (r, self.h, self.input);
        product(
            rows_mut(&mut cache.gate, self.input),
            rows(scalars, self.h),
            w,
            shape,
            inverse_sqrt(self.h),
            false,
        );
        activate(&mut cache.gate, &mut cache.slope, train);
        sized(&mut cache.gated, r * 3 * self.input);
        {
            let (gated, gate) = (&mut cache.gated[..], &cache.gate[..]);
            simd(
                #[inline(always)]
                || gate_vectors(gated, vectors, gate, r, self.input),
            );
        }
        let w = self.parameters.vectors.get(p);
        let shape = (3 * r, self.input, self.output);
        let scale = inverse_sqrt(self.input);
        product(rows_mut(out, self.output), rows(&cache.gated, self.input), w, shape, scale, true);
    }

    /// Adds to the gradients of the aggregate's scalars, the input vectors and the parameters.
    pub fn backward(
        &self,
        p: &[f32],
        cache: &mut SkipCache,
        (scalars, vectors): (&[f32], &[f32]),
        dout: &[f32],
        grad: &mut [f32],
        (dscalars, dvectors): (&mut [f32], &mut [f32]),
    ) {
        let r = scalars.len() / self.h;
        let (shape, scale) = ((3 * r, self.input, self.output), inverse_sqrt(self.input));
        let dy = rows(dout, self.output);
        zeroed(&mut cache.dgated, r * 3 * self.input);
        let w = self.parameters.vectors.get(p);
        product_input_gradient(rows_mut(&mut cache.dgated, self.input), dy, w, shape, scale);
        let g = self.parameters.vectors.get_mut(grad);
        product_weight_gradient(g, rows(&cache.gated, self.input), dy, shape, scale);
        sized(&mut cache.dgate, r * self.input);
        {
            let (dgate, du) = (&mut cache.dgate[..], &cache.dgated[..]);
            let (gate, slope) = (&cache.gate[..], &cache.slope[..]);
            simd(
                #[inline(always)]
                || gate_vectors_backward(dgate, dvectors, du, vectors, gate, slope, r, self.input),
            );
        }
        let (shape, scale) = ((r, self.h, self.input), inverse_sqrt(self.h));
        let dy = rows(&cache.dgate, self.input);
        let w = self.parameters.gate.get(p);
        product_input_gradient(rows_mut(dscalars, self.h), dy, w, shape, scale);
        let g = self.parameters.gate.get_mut(grad);
        product_weight_gradient(g, rows(scalars, self.h), dy, shape, scale);
    }
}
