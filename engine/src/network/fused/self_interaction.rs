//! The self-interaction (Alg. 3), forward and backward.

use super::linear::{
    Rows, inverse_sqrt, product, product_input_gradient, product_weight_gradient, rows, rows_mut,
};
use super::norm::{self, NormCache};
use super::parameter_ranges::{ParameterRange, Prefixed};
use super::simd::{activate, add, multiply, simd, sized, zeroed};

/// Places of the parameters.
struct Parameters {
    gate_hidden: ParameterRange,
    gate_vectors: ParameterRange,
    linear_vectors: ParameterRange,
    mix_vectors: ParameterRange,
    gate_scalars: ParameterRange,
    linear_scalars: ParameterRange,
    mix_scalars: ParameterRange,
    norm_scale: ParameterRange,
    norm_bias: ParameterRange,
}

impl Parameters {
    fn new(under: &Prefixed<'_>) -> Self {
        Self {
            gate_hidden: under.range("gate.hidden"),
            gate_vectors: under.range("gate.vectors"),
            linear_vectors: under.range("linear.vectors"),
            mix_vectors: under.range("mix.vectors"),
            gate_scalars: under.range("gate.scalars"),
            linear_scalars: under.range("linear.scalars"),
            mix_scalars: under.range("mix.scalars"),
            norm_scale: under.range("norm.scale"),
            norm_bias: under.range("norm.bias"),
        }
    }
}

/// Shapes and parameters of one self-interaction.
pub(super) struct SelfInteraction {
    input: (usize, usize),
    output: (usize, usize),
    hidden: (usize, usize),
    norm: bool,
    parameters: Parameters,
}

/// Intermediate results, kept for the backward pass and to spare allocations.
#[derive(Default)]
pub(super) struct SelfInteractionCache {
    q: Vec<f32>,
    hidden: Vec<f32>,
    hidden_slope: Vec<f32>,
    gate_s: Vec<f32>,
    gate_s_slope: Vec<f32>,
    gate_v: Vec<f32>,
    gate_v_slope: Vec<f32>,
    gated_s: Vec<f32>,
    gated_v: Vec<f32>,
    linear_s: Vec<f32>,
    linear_v: Vec<f32>,
    norm: NormCache,
    // Gradients.
    dgated_s: Vec<f32>,
    dgated_v: Vec<f32>,
    dgate_v: Vec<f32>,
    dhidden: Vec<f32>,
    dq: Vec<f32>,
    dlinear_s: Vec<f32>,
    dlinear_v: Vec<f32>,
}

impl SelfInteraction {
    /// From `(scalars, vectors)` to `(scalars, vectors)` with the parameters `under` a prefix.
    pub fn new(under: &Prefixed<'_>, input: (usize, usize), output: (usize, usize), norm: bool) -> Self {
        let (a, b) = input;
        let hidden = if a == b { (3 * a, 2 * a) } else { (a, b) };
        Self { input, output, hidden, norm, parameters: Parameters::new(under) }
    }

    /// Multiply–add operations of the products for one row.
    pub fn macs_per_row(&self) -> usize {
        let ((a, b), (c, d), (q, u)) = (self.input, self.output, self.hidden);
        let gates = q * q + if c > 0 { q * q } else { 0 } + q * u;
        let mix = if self.input == self.output { 0 } else { (a + c) * c + 3 * (b + d) * d };
        gates + q * c + 3 * u * d + mix
    }

    fn square(&self) -> bool {
        self.input.0 == self.input.1
    }

    /// Computes `out_s [R, c]`, `out_v [R, 3, d]` from `s [R, a]`, `v [R, 3, b]`.
    pub fn forward(
        &self,
        p: &[f32],
        cache: &mut SelfInteractionCache,
        s: &[f32],
        v: &[f32],
        out_s: &mut Vec<f32>,
        out_v: &mut Vec<f32>,
        train: bool,
    ) {
        let ((a, b), (c, d), (qn, un)) = (self.input, self.output, self.hidden);
        let r = s.len() / a;
        let square = self.square();
        if square {
            sized(&mut cache.q, r * qn);
            let q = &mut cache.q[..];
            simd(
                #[inline(always)]
                || square_scalars(q, s, v, r, a),
            );
        } else {
            cache.q.clear();
            cache.q.extend_from_slice(s);
        }
        let scale_q = inverse_sqrt(qn);
        let q = rows(&cache.q, qn);
        sized(&mut cache.hidden, r * qn);
        let w = self.parameters.gate_hidden.get(p);
        product(rows_mut(&mut cache.hidden, qn), q, w, (r, qn, qn), scale_q, false);
        activate(&mut cache.hidden, &mut cache.hidden_slope, train);
        let hidden = rows(&cache.hidden, qn);

        sized(&mut cache.gate_v, r * un);
        let w = self.parameters.gate_vectors.get(p);
        product(rows_mut(&mut cache.gate_v, un), hidden, w, (r, qn, un), scale_q, false);
        activate(&mut cache.gate_v, &mut cache.gate_v_slope, train);
        sized(&mut cache.gated_v, r * 3 * un);
        {
            let (out, gate) = (&mut cache.gated_v[..], &cache.gate_v[..]);
            if square {
                simd(
                    #[inline(always)]
                    || gate_square_vectors(out, s, v, gate, r, a),
                );
            } else {
                simd(
                    #[inline(always)]
                    || gate_vectors(out, v, gate, r, b),
                );
            }
        }
        let same = self.input == self.output;
        sized(out_v, r * 3 * d);
        let w = self.parameters.linear_vectors.get(p);
        let gated = rows(&cache.gated_v, un);
        if same {
            out_v.copy_from_slice(v);
            product(rows_mut(out_v, d), gated, w, (3 * r, un, d), inverse_sqrt(un), true);
        } else {
            sized(&mut cache.linear_v, r * 3 * d);
            product(rows_mut(&mut cache.linear_v, d), gated, w, (3 * r, un, d), inverse_sqrt(un), false);
            let (mix, scale) = (self.parameters.mix_vectors.get(p), inverse_sqrt(b + d));
            product(rows_mut(out_v, d), rows(v, b), mix, (3 * r, b, d), scale, false);
            let w = &mix[b * d..];
            product(rows_mut(out_v, d), rows(&cache.linear_v, d), w, (3 * r, d, d), scale, true);
        }

        sized(out_s, r * c);
        if c > 0 {
            sized(&mut cache.gate_s, r * qn);
            let w = self.parameters.gate_scalars.get(p);
            product(rows_mut(&mut cache.gate_s, qn), hidden, w, (r, qn, qn), scale_q, false);
            activate(&mut cache.gate_s, &mut cache.gate_s_slope, train);
            cache.gated_s.clear();
            cache.gated_s.extend_from_slice(&cache.q);
            multiply(&mut cache.gated_s, &cache.gate_s);
            let gated = rows(&cache.gated_s, qn);
            let w = self.parameters.linear_scalars.get(p);
            if same {
                out_s.copy_from_slice(s);
                product(rows_mut(out_s, c), gated, w, (r, qn, c), scale_q, true);
            } else {
                sized(&mut cache.linear_s, r * c);
                product(rows_mut(&mut cache.linear_s, c), gated, w, (r, qn, c), scale_q, false);
                let (mix, scale) = (self.parameters.mix_scalars.get(p), inverse_sqrt(a + c));
                product(rows_mut(out_s, c), rows(s, a), mix, (r, a, c), scale, false);
                let w = &mix[a * c..];
                product(rows_mut(out_s, c), rows(&cache.linear_s, c), w, (r, c, c), scale, true);
            }
        }
        if self.norm {
            let (scale, bias) = (self.parameters.norm_scale.get(p), self.parameters.norm_bias.get(p));
            norm::forward(&mut cache.norm, out_s, out_v, (r, c, d), scale, bias, train);
        }
    }

    /// Adds the gradients with respect to the inputs to `ds`, `dv` and those of the parameters to `grad`.
    /// `dout_s`, `dout_v` are consumed as scratch memory.
    pub fn backward(
        &self,
        p: &[f32],
        cache: &mut SelfInteractionCache,
        s: &[f32],
        v: &[f32],
        dout_s: &mut [f32],
        dout_v: &mut [f32],
        grad: &mut [f32],
        ds: &mut [f32],
        dv: &mut [f32],
    ) {
        let ((a, b), (c, d), (qn, un)) = (self.input, self.output, self.hidden);
        let r = s.len() / a;
        let square = self.square();
        let same = self.input == self.output;
        if self.norm {
            let scale = self.parameters.norm_scale.get(p);
            let (dscale, dbias) = self.parameters.norm_scale.get_with_mut(self.parameters.norm_bias, grad);
            norm::backward(&cache.norm, dout_s, dout_v, (r, c, d), scale, dscale, dbias);
        }
        // Residual.
        let dlinear_v: &[f32] = if same {
            add(dv, dout_v);
            dout_v
        } else {
            let (mix, scale) = (self.parameters.mix_vectors.get(p), inverse_sqrt(b + d));
            let dy = rows(dout_v, d);
            product_input_gradient(rows_mut(dv, b), dy, mix, (3 * r, b, d), scale);
            zeroed(&mut cache.dlinear_v, r * 3 * d);
            let dx = rows_mut(&mut cache.dlinear_v, d);
            product_input_gradient(dx, dy, &mix[b * d..], (3 * r, d, d), scale);
            let g = self.parameters.mix_vectors.get_mut(grad);
            product_weight_gradient(g, rows(v, b), dy, (3 * r, b, d), scale);
            let x = rows(&cache.linear_v, d);
            product_weight_gradient(&mut g[b * d..], x, dy, (3 * r, d, d), scale);
            &cache.dlinear_v
        };
        // Vector output.
        let scale_u = inverse_sqrt(un);
        let dy = rows(dlinear_v, d);
        zeroed(&mut cache.dgated_v, r * 3 * un);
        let w = self.parameters.linear_vectors.get(p);
        product_input_gradient(rows_mut(&mut cache.dgated_v, un), dy, w, (3 * r, un, d), scale_u);
        let g = self.parameters.linear_vectors.get_mut(grad);
        product_weight_gradient(g, rows(&cache.gated_v, un), dy, (3 * r, un, d), scale_u);
        zeroed(&mut cache.dq, r * qn);
        sized(&mut cache.dgate_v, r * un);
        {
            let (dgate, du, gate) = (&mut cache.dgate_v[..], &cache.dgated_v[..], &cache.gate_v[..]);
            let (slope, dq) = (&cache.gate_v_slope[..], &mut cache.dq[..]);
            if square {
                simd(
                    #[inline(always)]
                    || gate_square_vectors_backward(dgate, dq, dv, du, s, v, gate, slope, r, a),
                );
            } else {
                simd(
                    #[inline(always)]
                    || gate_vectors_backward(dgate, dv, du, v, gate, slope, r, b),
                );
            }
        }
        let scale_q = inverse_sqrt(qn);
        let hidden = rows(&cache.hidden, qn);
        zeroed(&mut cache.dhidden, r * qn);
        let dy = rows(&cache.dgate_v, un);
        let w = self.parameters.gate_vectors.get(p);
        product_input_gradient(rows_mut(&mut cache.dhidden, qn), dy, w, (r, qn, un), scale_q);
        let g = self.parameters.gate_vectors.get_mut(grad);
        product_weight_gradient(g, hidden, dy, (r, qn, un), scale_q);

        // Scalar output.
        if c > 0 {
            let dlinear_s: &[f32] = if same {
                add(ds, dout_s);
                dout_s
            } else {
                let (mix, scale) = (self.parameters.mix_scalars.get(p), inverse_sqrt(a + c));
                let dy = rows(dout_s, c);
                product_input_gradient(rows_mut(ds, a), dy, mix, (r, a, c), scale);
                zeroed(&mut cache.dlinear_s, r * c);
                let dx = rows_mut(&mut cache.dlinear_s, c);
                product_input_gradient(dx, dy, &mix[a * c..], (r, c, c), scale);
                let g = self.parameters.mix_scalars.get_mut(grad);
                product_weight_gradient(g, rows(s, a), dy, (r, a, c), scale);
                let x = rows(&cache.linear_s, c);
                product_weight_gradient(&mut g[a * c..], x, dy, (r, c, c), scale);
                &cache.dlinear_s
            };
            let dy = rows(dlinear_s, c);
            zeroed(&mut cache.dgated_s, r * qn);
            let w = self.parameters.linear_scalars.get(p);
            product_input_gradient(rows_mut(&mut cache.dgated_s, qn), dy, w, (r, qn, c), scale_q);
            let g = self.parameters.linear_scalars.get_mut(grad);
            product_weight_gradient(g, rows(&cache.gated_s, qn), dy, (r, qn, c), scale_q);
            {
                // `dgated_s` becomes the gradient of the gate before its activation.
                let (dgate, dq) = (&mut cache.dgated_s[..], &mut cache.dq[..]);
                let (q, gate, slope) = (&cache.q[..], &cache.gate_s[..], &cache.gate_s_slope[..]);
                simd(
                    #[inline(always)]
                    || gate_scalars_backward(dgate, dq, q, gate, slope),
                );
            }
            let dy = rows(&cache.dgated_s, qn);
            let w = self.parameters.gate_scalars.get(p);
            product_input_gradient(rows_mut(&mut cache.dhidden, qn), dy, w, (r, qn, qn), scale_q);
            let g = self.parameters.gate_scalars.get_mut(grad);
            product_weight_gradient(g, hidden, dy, (r, qn, qn), scale_q);
        }
        multiply(&mut cache.dhidden, &cache.hidden_slope);
        let dy = rows(&cache.dhidden, qn);
        let w = self.parameters.gate_hidden.get(p);
        product_input_gradient(rows_mut(&mut cache.dq, qn), dy, w, (r, qn, qn), scale_q);
        let g = self.parameters.gate_hidden.get_mut(grad);
        let q = Rows { data: &cache.q, stride: qn };
        product_weight_gradient(g, q, dy, (r, qn, qn), scale_q);
        let dq = &cache.dq[..];
        if square {
            simd(
                #[inline(always)]
                || square_scalars_backward(ds, dv, dq, s, v, r, a),
            );
        } else {
            add(ds, dq);
        }
    }
}

const SCALAR_SQUARE: f32 = 0.577_350_26; // 1/√3
const VECTOR_SQUARE: f32 = 0.258_198_9; // 1/√15

#[inline(always)]
fn axes(v: &[f32], row: usize, width: usize) -> (&[f32], &[f32], &[f32]) {
    let (x, rest) = v[row * 3 * width..][..3 * width].split_at(width);
    let (y, z) = rest.split_at(width);
    (x, y, z)
}

#[inline(always)]
fn axes_mut(v: &mut [f32], row: usize, width: usize) -> (&mut [f32], &mut [f32], &mut [f32]) {
    let (x, rest) = v[row * 3 * width..][..3 * width].split_at_mut(width);
    let (y, z) = rest.split_at_mut(width);
    (x, y, z)
}

/// `q = [s, s²/√3, |v|²/√15]`.
#[inline(always)]
fn square_scalars(q: &mut [f32], s: &[f32], v: &[f32], r: usize, a: usize) {
    for row in 0..r {
        let s = &s[row * a..][..a];
        let (x, y, z) = axes(v, row, a);
        let (q0, rest) = q[row * 3 * a..][..3 * a].split_at_mut(a);
        let (q1, q2) = rest.split_at_mut(a);
        q0.copy_from_slice(s);
        for c in 0..a {
            q1[c] = SCALAR_SQUARE * s[c] * s[c];
            q2[c] = VECTOR_SQUARE * (x[c] * x[c] + y[c] * y[c] + z[c] * z[c]);
        }
    }
}

#[inline(always)]
fn square_scalars_backward(
    ds: &mut [f32],
    dv: &mut [f32],
    dq: &[f32],
    s: &[f32],
    v: &[f32],
    r: usize,
    a: usize,
) {
    for row in 0..r {
        let s = &s[row * a..][..a];
        let ds = &mut ds[row * a..][..a];
        let (x, y, z) = axes(v, row, a);
        let (dx, dy, dz) = axes_mut(dv, row, a);
        let (q0, rest) = dq[row * 3 * a..][..3 * a].split_at(a);
        let (q1, q2) = rest.split_at(a);
        for c in 0..a {
            ds[c] += q0[c] + 2.0 * SCALAR_SQUARE * s[c] * q1[c];
            let g = 2.0 * VECTOR_SQUARE * q2[c];
            dx[c] += g * x[c];
            dy[c] += g * y[c];
            dz[c] += g * z[c];
        }
    }
}

/// `out = [v g₁, s v g₂]` for gates `[g₁ | g₂]`.
#[inline(always)]
fn gate_square_vectors(out: &mut [f32], s: &[f32], v: &[f32], gate: &[f32], r: usize, a: usize) {
    for row in 0..r {
        let s = &s[row * a..][..a];
        let (g1, g2) = gate[row * 2 * a..][..2 * a].split_at(a);
        for axis in 0..3 {
            let v = &v[(row * 3 + axis) * a..][..a];
            let (o1, o2) = out[(row * 3 + axis) * 2 * a..][..2 * a].split_at_mut(a);
            for c in 0..a {
                o1[c] = v[c] * g1[c];
                o2[c] = s[c] * v[c] * g2[c];
            }
        }
    }
}

#[inline(always)]
fn gate_square_vectors_backward(
    dgate: &mut [f32],
    dq: &mut [f32],
    dv: &mut [f32],
    du: &[f32],
    s: &[f32],
    v: &[f32],
    gate: &[f32],
    slope: &[f32],
    r: usize,
    a: usize,
) {
    for row in 0..r {
        let s = &s[row * a..][..a];
        let (x, y, z) = axes(v, row, a);
        let (dx, dy, dz) = axes_mut(dv, row, a);
        let (g1, g2) = gate[row * 2 * a..][..2 * a].split_at(a);
        let (m1, m2) = slope[row * 2 * a..][..2 * a].split_at(a);
        let (d1, d2) = dgate[row * 2 * a..][..2 * a].split_at_mut(a);
        let (ux, uy, uz) = axes(du, row, 2 * a);
        let ((ux1, ux2), (uy1, uy2), (uz1, uz2)) = (ux.split_at(a), uy.split_at(a), uz.split_at(a));
        // The gradient of s goes through the first block of q, which is s itself.
        let dq = &mut dq[row * 3 * a..][..a];
        for c in 0..a {
            let along1 = ux1[c] * x[c] + uy1[c] * y[c] + uz1[c] * z[c];
            let along2 = ux2[c] * x[c] + uy2[c] * y[c] + uz2[c] * z[c];
            d1[c] = along1 * m1[c];
            d2[c] = along2 * s[c] * m2[c];
            dq[c] += along2 * g2[c];
            let k = s[c] * g2[c];
            dx[c] += ux1[c] * g1[c] + ux2[c] * k;
            dy[c] += uy1[c] * g1[c] + uy2[c] * k;
            dz[c] += uz1[c] * g1[c] + uz2[c] * k;
        }
    }
}

/// `out = v g`.
#[inline(always)]
pub(super) fn gate_vectors(out: &mut [f32], v: &[f32], gate: &[f32], r: usize, b: usize) {
    for row in 0..r {
        let g = &gate[row * b..][..b];
        for axis in 0..3 {
            let v = &v[(row * 3 + axis) * b..][..b];
            let o = &mut out[(row * 3 + axis) * b..][..b];
            for c in 0..b {
                o[c] = v[c] * g[c];
            }
        }
    }
}

#[inline(always)]
pub(super) fn gate_vectors_backward(
    dgate: &mut [f32],
    dv: &mut [f32],
    du: &[f32],
    v: &[f32],
    gate: &[f32],
    slope: &[f32],
    r: usize,
    b: usize,
) {
    for row in 0..r {
        let (g, m) = (&gate[row * b..][..b], &slope[row * b..][..b]);
        let d = &mut dgate[row * b..][..b];
        let (x, y, z) = axes(v, row, b);
        let (dx, dy, dz) = axes_mut(dv, row, b);
        let (ux, uy, uz) = axes(du, row, b);
        for c in 0..b {
            d[c] = (ux[c] * x[c] + uy[c] * y[c] + uz[c] * z[c]) * m[c];
            dx[c] += ux[c] * g[c];
            dy[c] += uy[c] * g[c];
            dz[c] += uz[c] * g[c];
        }
    }
}

/// On entry `dgate` is the gradient of `q g`; on exit that of the gate before its activation.
#[inline(always)]
fn gate_scalars_backward(dgate: &mut [f32], dq: &mut [f32], q: &[f32], gate: &[f32], slope: &[f32]) {
    let n = dgate.len();
    let (dq, q, gate, slope) = (&mut dq[..n], &q[..n], &gate[..n], &slope[..n]);
    for i in 0..n {
        let d = dgate[i];
        dq[i] += d * gate[i];
        dgate[i] = d * q[i] * slope[i];
    }
}
