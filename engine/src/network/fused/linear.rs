//! Matrix products on flat row-major buffers.

use std::time::{Duration, Instant};

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
    // SAFETY: the assertions above keep every access inside the three slices.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            out.data.as_mut_ptr(),
            1,
            out.stride as isize,
            accumulate,
            x.data.as_ptr(),
            1,
            x.stride as isize,
            w.as_ptr(),
            1,
            columns as isize,
            1.0,
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
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
    // SAFETY: the assertions above keep every access inside the three slices.
    unsafe {
        gemm::gemm(
            rows,
            inner,
            columns,
            dx.data.as_mut_ptr(),
            1,
            dx.stride as isize,
            true,
            dy.data.as_ptr(),
            1,
            dy.stride as isize,
            w.as_ptr(),
            columns as isize,
            1,
            1.0,
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
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
    // SAFETY: the assertions above keep every access inside the three slices.
    unsafe {
        gemm::gemm(
            inner,
            columns,
            rows,
            dw.as_mut_ptr(),
            1,
            columns as isize,
            true,
            x.data.as_ptr(),
            x.stride as isize,
            1,
            dy.data.as_ptr(),
            1,
            dy.stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
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

/// This machine's f32 matrix-product rate on one thread, in GFLOP/s: the best of several large products
/// over about `duration`. The yardstick of the benchmarks.
pub fn product_rate_gflops(duration: Duration) -> f64 {
    const SIZE: usize = 512;
    let x = vec![0.5f32; SIZE * SIZE];
    let w = vec![0.25f32; SIZE * SIZE];
    let mut out = vec![0.0f32; SIZE * SIZE];
    let mut best = f64::INFINITY;
    let start = Instant::now();
    while start.elapsed() < duration {
        let lap = Instant::now();
        product(rows_mut(&mut out, SIZE), rows(&x, SIZE), &w, (SIZE, SIZE, SIZE), 1.0, false);
        best = best.min(lap.elapsed().as_secs_f64());
    }
    2.0 * (SIZE as f64).powi(3) / best / 1e9
}
