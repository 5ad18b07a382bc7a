//! Matrix products on flat row-major buffers.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use super::microkernel::MatrixProduct;
use super::simd::sized;
use crate::cpu_clock;

/// A row-major matrix inside a larger buffer: element `(i, j)` is `data[i * stride + j]`.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub data: &'a [f32],
    pub stride: usize,
}

/// The same, writable.
pub(super) struct RowsMut<'a> {
    pub data: &'a mut [f32],
    pub stride: usize,
}

fn covers(len: usize, rows: usize, columns: usize, stride: usize) -> bool {
    rows == 0 || columns == 0 || (rows - 1) * stride + columns <= len
}

/// `out ← [out +] scale · x w` with `x [rows, inner]`, `w [inner, columns]`.
pub(super) fn product(
    out: RowsMut<'_>,
    x: Rows<'_>,
    w: &[f32],
    (rows, inner, columns): (usize, usize, usize),
    scale: f32,
    accumulate: bool,
) {
    assert!(covers(out.data.len(), rows, columns, out.stride), "product: result too small");
    assert!(covers(x.data.len(), rows, inner, x.stride), "product: input too small");
    assert!(w.len() >= inner * columns, "product: weights too small");
    let product = MatrixProduct {
        out: out.data.as_mut_ptr(),
        out_stride: out.stride,
        a: x.data.as_ptr(),
        a_row: x.stride,
        a_inner: 1,
        b: w.as_ptr(),
        b_stride: columns,
        rows,
        inner,
        columns,
        scale,
        accumulate,
    };
    // SAFETY: the assertions above keep every access inside the three slices.
    unsafe { product.run() };
}

/// `dx ← dx + scale · dy wᵀ`: the gradient of [`product`] with respect to its input.
pub(super) fn product_input_gradient(
    dx: RowsMut<'_>,
    dy: Rows<'_>,
    w: &[f32],
    (rows, inner, columns): (usize, usize, usize),
    scale: f32,
) {
    assert!(covers(dx.data.len(), rows, inner, dx.stride), "input gradient: result too small");
    assert!(covers(dy.data.len(), rows, columns, dy.stride), "input gradient: input too small");
    assert!(w.len() >= inner * columns, "input gradient: weights too small");
    TRANSPOSED.with_borrow_mut(|transposed| {
        sized(transposed, inner * columns);
        transpose(transposed, w, inner, columns);
        let product = MatrixProduct {
            out: dx.data.as_mut_ptr(),
            out_stride: dx.stride,
            a: dy.data.as_ptr(),
            a_row: dy.stride,
            a_inner: 1,
            b: transposed.as_ptr(),
            b_stride: inner,
            rows,
            inner: columns,
            columns: inner,
            scale,
            accumulate: true,
        };
        // SAFETY: the assertions above keep every access inside the slices, the last of which is of this size.
        unsafe { product.run() };
    });
}

thread_local! {
    /// Weights of the present input gradient, transposed: the kernel wants rows.
    static TRANSPOSED: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// `out [columns, rows] ← x [rows, columns]ᵀ`, in blocks that stay in the cache.
fn transpose(out: &mut [f32], x: &[f32], rows: usize, columns: usize) {
    const BLOCK: usize = 16;
    for first in (0..rows).step_by(BLOCK) {
        let count = BLOCK.min(rows - first);
        for column in 0..columns {
            let out = &mut out[column * rows + first..][..count];
            for (i, out) in out.iter_mut().enumerate() {
                *out = x[(first + i) * columns + column];
            }
        }
    }
}

/// `dw ← dw + scale · xᵀ dy`: the gradient of [`product`] with respect to its weights.
pub(super) fn product_weight_gradient(
    dw: &mut [f32],
    x: Rows<'_>,
    dy: Rows<'_>,
    (rows, inner, columns): (usize, usize, usize),
    scale: f32,
) {
    assert!(dw.len() >= inner * columns, "weight gradient: result too small");
    assert!(covers(x.data.len(), rows, inner, x.stride), "weight gradient: input too small");
    assert!(covers(dy.data.len(), rows, columns, dy.stride), "weight gradient: gradient too small");
    let product = MatrixProduct {
        out: dw.as_mut_ptr(),
        out_stride: columns,
        a: x.data.as_ptr(),
        a_row: 1,
        a_inner: x.stride,
        b: dy.data.as_ptr(),
        b_stride: dy.stride,
        rows: inner,
        inner: rows,
        columns,
        scale,
        accumulate: true,
    };
    // SAFETY: the assertions above keep every access inside the three slices.
    unsafe { product.run() };
}

/// A whole buffer as a matrix of `columns` columns.
pub(super) fn rows(data: &[f32], columns: usize) -> Rows<'_> {
    Rows { data, stride: columns }
}

/// A whole buffer as a writable matrix of `columns` columns.
pub(super) fn rows_mut(data: &mut [f32], columns: usize) -> RowsMut<'_> {
    RowsMut { data, stride: columns }
}

/// `1/√n`.
pub(super) fn inverse_sqrt(n: usize) -> f32 {
    1.0 / (n as f32).sqrt()
}

/// This machine's f32 matrix-product rate on one thread, in GFLOP per second of processor time: the best of several
/// products of 512 × 512 matrices over about `duration`, by this crate's kernel and by `gemm`, whichever is faster.
/// The yardstick of the benchmarks.
pub fn product_rate_gflops(duration: Duration) -> f64 {
    const SIZE: usize = 512;
    let x = vec![0.5f32; SIZE * SIZE];
    let w = vec![0.25f32; SIZE * SIZE];
    let mut out = vec![0.0f32; SIZE * SIZE];
    let mut best = f64::INFINITY;
    let start = Instant::now();
    let clock = || match cpu_clock::thread_seconds() {
        0.0 => start.elapsed().as_secs_f64(),
        seconds => seconds,
    };
    while start.elapsed() < duration {
        let lap = clock();
        product(rows_mut(&mut out, SIZE), rows(&x, SIZE), &w, (SIZE, SIZE, SIZE), 1.0, false);
        best = best.min(clock() - lap);
        let lap = clock();
        let (stride, none) = (SIZE as isize, gemm::Parallelism::None);
        // SAFETY: three square matrices of this size.
        unsafe {
            gemm::gemm(
                SIZE,
                SIZE,
                SIZE,
                out.as_mut_ptr(),
                1,
                stride,
                false,
                x.as_ptr(),
                1,
                stride,
                w.as_ptr(),
                1,
                stride,
                1.0,
                1.0,
                false,
                false,
                false,
                none,
            );
        }
        best = best.min(clock() - lap);
    }
    2.0 * (SIZE as f64).powi(3) / best.max(1e-9) / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, salt: usize) -> Vec<f32> {
        (0..n).map(|i| (((i + salt) * 7919 % 101) as f32 - 50.0) / 37.0).collect()
    }

    fn assert_close(got: &[f32], expected: &[f64], what: &str) {
        for (g, e) in got.iter().zip(expected) {
            assert!((f64::from(*g) - e).abs() < 2e-4 * (1.0 + e.abs()), "{what}: {g} is not {e}");
        }
    }

    /// Shapes around every edge of the kernel's tiles and blocks, against sums in f64.
    #[test]
    fn products_and_their_gradients_are_the_sums_they_stand_for() {
        let shapes =
            [(1, 1, 1), (5, 3, 16), (6, 7, 14), (7, 40, 65), (13, 33, 229), (10, 1030, 50), (0, 4, 4)];
        for (r, k, c) in shapes {
            let (x, w, dy) = (numbers(r * k, 1), numbers(k * c, 2), numbers(r * c, 3));
            let at = |m: &[f32], i: usize| f64::from(m[i]);
            for accumulate in [false, true] {
                let mut out = vec![1.0; r * c];
                product(rows_mut(&mut out, c), rows(&x, k), &w, (r, k, c), 0.5, accumulate);
                let start = if accumulate { 1.0 } else { 0.0 };
                let expected: Vec<f64> = (0..r * c)
                    .map(|i| {
                        let sum: f64 = (0..k).map(|l| at(&x, i / c * k + l) * at(&w, l * c + i % c)).sum();
                        start + 0.5 * sum
                    })
                    .collect();
                assert_close(&out, &expected, "product");
            }
            let mut dx = vec![1.0; r * k];
            product_input_gradient(rows_mut(&mut dx, k), rows(&dy, c), &w, (r, k, c), 0.5);
            let expected: Vec<f64> = (0..r * k)
                .map(|i| {
                    1.0 + 0.5 * (0..c).map(|j| at(&dy, i / k * c + j) * at(&w, i % k * c + j)).sum::<f64>()
                })
                .collect();
            assert_close(&dx, &expected, "input gradient");
            let mut dw = vec![1.0; k * c];
            product_weight_gradient(&mut dw, rows(&x, k), rows(&dy, c), (r, k, c), 0.5);
            let expected: Vec<f64> = (0..k * c)
                .map(|i| {
                    1.0 + 0.5 * (0..r).map(|l| at(&x, l * k + i / c) * at(&dy, l * c + i % c)).sum::<f64>()
                })
                .collect();
            assert_close(&dw, &expected, "weight gradient");
        }
    }

    #[test]
    fn a_row_does_not_depend_on_the_rows_beside_it() {
        let (r, k, c) = (23, 70, 45);
        let (x, w) = (numbers(r * k, 5), numbers(k * c, 6));
        let mut all = vec![0.0; r * c];
        product(rows_mut(&mut all, c), rows(&x, k), &w, (r, k, c), 0.3, false);
        for row in 0..r {
            let mut alone = vec![0.0; c];
            product(rows_mut(&mut alone, c), rows(&x[row * k..], k), &w, (1, k, c), 0.3, false);
            assert_eq!(alone, all[row * c..][..c]);
        }
    }
}
