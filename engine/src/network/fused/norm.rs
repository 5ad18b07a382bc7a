//! The equivariant layer norm: scalars as usual, vectors divided by the root mean square of their norms.

use super::simd::{simd, sized};

const EPSILON: f32 = 1e-6;

/// What the backward pass needs.
#[derive(Default)]
pub(super) struct NormCache {
    /// Normalized scalars before scale and bias, `[R, a]`.
    normalized: Vec<f32>,
    /// `1/√(var + ε)`, `[R]`.
    inverse_deviation: Vec<f32>,
    /// Normalized vectors, `[R, 3, b]`.
    vectors: Vec<f32>,
    /// `1/√(mean |v|² + ε)`, `[R]`.
    inverse_norm: Vec<f32>,
}

/// Normalizes `s [R, a]` and `v [R, 3, b]` in place.
pub(super) fn forward(
    cache: &mut NormCache,
    s: &mut [f32],
    v: &mut [f32],
    (rows, a, b): (usize, usize, usize),
    scale: &[f32],
    bias: &[f32],
    train: bool,
) {
    sized(&mut cache.inverse_deviation, rows);
    sized(&mut cache.inverse_norm, rows);
    if train {
        sized(&mut cache.normalized, rows * a);
    }
    let cache = &mut *cache;
    simd(
        #[inline(always)]
        || kernel(cache, s, v, (rows, a, b), scale, bias, train),
    );
    if train {
        cache.vectors.clear();
        cache.vectors.extend_from_slice(v);
    }
}

#[inline(always)]
fn kernel(
    cache: &mut NormCache,
    s: &mut [f32],
    v: &mut [f32],
    (rows, a, b): (usize, usize, usize),
    scale: &[f32],
    bias: &[f32],
    train: bool,
) {
    let (scale, bias) = (&scale[..a], &bias[..a]);
    for row in 0..rows {
        let s = &mut s[row * a..][..a];
        let mean = sum(s) / a as f32;
        let variance = sum_of_squared_differences(s, mean) / a as f32;
        let inverse = 1.0 / (variance + EPSILON).sqrt();
        cache.inverse_deviation[row] = inverse;
        if train {
            let normalized = &mut cache.normalized[row * a..][..a];
            for c in 0..a {
                normalized[c] = (s[c] - mean) * inverse;
            }
        }
        for c in 0..a {
            s[c] = (s[c] - mean) * inverse * scale[c] + bias[c];
        }
        let v = &mut v[row * 3 * b..][..3 * b];
        let inverse = 1.0 / (dot(v, v) / b as f32 + EPSILON).sqrt();
        cache.inverse_norm[row] = inverse;
        for x in v {
            *x *= inverse;
        }
    }
}

/// Turns the gradients of the results into those of the inputs, in place; adds those of scale and bias.
pub(super) fn backward(
    cache: &NormCache,
    ds: &mut [f32],
    dv: &mut [f32],
    (rows, a, b): (usize, usize, usize),
    scale: &[f32],
    dscale: &mut [f32],
    dbias: &mut [f32],
) {
    simd(
        #[inline(always)]
        || backward_kernel(cache, ds, dv, (rows, a, b), scale, dscale, dbias),
    );
}

#[inline(always)]
fn backward_kernel(
    cache: &NormCache,
    ds: &mut [f32],
    dv: &mut [f32],
    (rows, a, b): (usize, usize, usize),
    scale: &[f32],
    dscale: &mut [f32],
    dbias: &mut [f32],
) {
    let (scale, dscale, dbias) = (&scale[..a], &mut dscale[..a], &mut dbias[..a]);
    for row in 0..rows {
        let ds = &mut ds[row * a..][..a];
        let x = &cache.normalized[row * a..][..a];
        for c in 0..a {
            dscale[c] += ds[c] * x[c];
            dbias[c] += ds[c];
            ds[c] *= scale[c];
        }
        let mean = sum(ds) / a as f32;
        let along = dot(ds, x) / a as f32;
        let inverse = cache.inverse_deviation[row];
        for c in 0..a {
            ds[c] = inverse * (ds[c] - mean - x[c] * along);
        }
        let dv = &mut dv[row * 3 * b..][..3 * b];
        let y = &cache.vectors[row * 3 * b..][..3 * b];
        let along = dot(dv, y) / b as f32;
        let inverse = cache.inverse_norm[row];
        for c in 0..3 * b {
            dv[c] = inverse * (dv[c] - y[c] * along);
        }
    }
}

/// Sums in 16 lanes, because the compiler may not reorder a float sum by itself.
#[inline(always)]
fn lanes(len: usize, term: impl Fn(usize) -> f32) -> f32 {
    let mut acc = [0.0f32; 16];
    let blocks = len / 16;
    for block in 0..blocks {
        for lane in 0..16 {
            acc[lane] += term(block * 16 + lane);
        }
    }
    let mut total = 0.0;
    for i in blocks * 16..len {
        total += term(i);
    }
    for lane in acc {
        total += lane;
    }
    total
}

#[inline(always)]
fn sum(x: &[f32]) -> f32 {
    lanes(x.len(), |i| x[i])
}

#[inline(always)]
fn sum_of_squared_differences(x: &[f32], mean: f32) -> f32 {
    lanes(x.len(), |i| (x[i] - mean) * (x[i] - mean))
}

#[inline(always)]
fn dot(x: &[f32], y: &[f32]) -> f32 {
    let y = &y[..x.len()];
    lanes(x.len(), |i| x[i] * y[i])
}
