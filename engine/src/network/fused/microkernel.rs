//! The matrix-product kernel for the shapes of this network: few rows, weights used where they lie.
//!
//! `gemm` packs its operands and is made for large products. A latent step of chignolin has 10 to 30 rows
//! against matrices of up to 384 × 384, so that reading the weights once, unpacked, is what counts. Here a tile
//! of up to 6 rows by 4 vectors of columns stays in registers while the inner index runs; the weights of
//! 64 columns pass through the cache once.
//!
//! Every element of the result is one chain of fused multiply–adds in the order of the inner index, whatever
//! the tile it falls in, so a row's result does not depend on how many rows are computed together.

use pulp::{MemMask, Simd, WithSimd};

/// The inner index is taken in blocks of this length, so that a panel of weights stays in the cache.
const INNER_BLOCK: usize = 1024;

/// `out[i, j] ← [out +] scale · Σ_k a[i, k] b[k, j]` with `a[i, k]` at `i · a_row + k · a_inner`, and `out`
/// and `b` row-major.
#[derive(Clone, Copy)]
pub(super) struct MatrixProduct {
    pub out: *mut f32,
    pub out_stride: usize,
    pub a: *const f32,
    pub a_row: usize,
    pub a_inner: usize,
    pub b: *const f32,
    pub b_stride: usize,
    pub rows: usize,
    pub inner: usize,
    pub columns: usize,
    pub scale: f32,
    pub accumulate: bool,
}

impl MatrixProduct {
    /// Computes the product with the widest instructions of this processor.
    ///
    /// # Safety
    /// Every element named by the shape must lie inside its buffer, and `out` must overlap neither `a` nor `b`.
    pub unsafe fn run(self) {
        pulp::Arch::new().dispatch(self);
    }
}

impl WithSimd for MatrixProduct {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // SAFETY: `run` is the only caller and passes on its own contract.
        unsafe {
            if S::F32_LANES >= 16 {
                blocks::<S, 4>(simd, self);
            } else {
                // Half as many registers.
                blocks::<S, 2>(simd, self);
            }
        }
    }
}

#[inline(always)]
unsafe fn blocks<S: Simd, const VECTORS: usize>(simd: S, p: MatrixProduct) {
    let mut start = 0;
    loop {
        let inner = (p.inner - start).min(INNER_BLOCK);
        // SAFETY: the block lies inside the operands.
        let (a, b) = unsafe { (p.a.add(start * p.a_inner), p.b.add(start * p.b_stride)) };
        let block = MatrixProduct { a, b, inner, accumulate: p.accumulate || start > 0, ..p };
        // SAFETY: as above.
        unsafe { panels::<S, VECTORS>(simd, block) };
        start += inner;
        if start >= p.inner {
            return;
        }
    }
}

#[inline(always)]
unsafe fn panels<S: Simd, const VECTORS: usize>(simd: S, p: MatrixProduct) {
    let lanes = S::F32_LANES;
    let mut column = 0;
    while column < p.columns {
        let width = (p.columns - column).min(VECTORS * lanes);
        // SAFETY: the panel lies inside the operands.
        let (out, b) = unsafe { (p.out.add(column), p.b.add(column)) };
        let panel = MatrixProduct { out, b, columns: width, ..p };
        let whole = width.is_multiple_of(lanes);
        // SAFETY: `width` is covered by that many vectors, the last one masked where it is not whole.
        unsafe {
            match (width.div_ceil(lanes), whole) {
                (1, true) => tiles::<S, 1, true>(simd, panel),
                (1, false) => tiles::<S, 1, false>(simd, panel),
                (2, true) => tiles::<S, 2, true>(simd, panel),
                (2, false) => tiles::<S, 2, false>(simd, panel),
                (3, true) => tiles::<S, 3, true>(simd, panel),
                (3, false) => tiles::<S, 3, false>(simd, panel),
                (_, true) => tiles::<S, 4, true>(simd, panel),
                (_, false) => tiles::<S, 4, false>(simd, panel),
            }
        }
        column += width;
    }
}

#[inline(always)]
unsafe fn tiles<S: Simd, const VECTORS: usize, const WHOLE: bool>(simd: S, p: MatrixProduct) {
    let count = p.rows.div_ceil(6);
    let mut row = 0;
    for tile in 0..count {
        // Tiles as even as can be: 10 rows are 5 and 5.
        let end = (tile + 1) * p.rows / count;
        // SAFETY: the tile lies inside the operands.
        let (out, a) = unsafe { (p.out.add(row * p.out_stride), p.a.add(row * p.a_row)) };
        let part = MatrixProduct { out, a, ..p };
        match end - row {
            1 => simd.vectorize(Tile::<1, VECTORS, WHOLE>(part)),
            2 => simd.vectorize(Tile::<2, VECTORS, WHOLE>(part)),
            3 => simd.vectorize(Tile::<3, VECTORS, WHOLE>(part)),
            4 => simd.vectorize(Tile::<4, VECTORS, WHOLE>(part)),
            5 => simd.vectorize(Tile::<5, VECTORS, WHOLE>(part)),
            _ => simd.vectorize(Tile::<6, VECTORS, WHOLE>(part)),
        }
        row = end;
    }
}

/// Rows of weights fetched ahead of their use.
const AHEAD: usize = 12;

/// Asks for a cache line before it is needed; any address will do.
#[inline(always)]
fn prefetch(at: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing and cannot fault.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// A value at any address. Unlike `read_unaligned`, and unlike following a pointer, it brings no check into the loop
/// when debug assertions are on: with one, the sums do not stay in registers and the kernel is three times slower.
///
/// # Safety
/// As for `read_unaligned`.
#[inline(always)]
#[allow(clippy::transmute_ptr_to_ref)]
unsafe fn read<T: Copy>(at: *const f32) -> T {
    #[repr(C, packed)]
    struct Unaligned<T>(T);
    // SAFETY: the caller's; the reference needs no alignment.
    let at: &Unaligned<T> = unsafe { std::mem::transmute(at) };
    at.0
}

/// `ROWS` rows by `VECTORS` vectors of the result; the last vector is masked unless `WHOLE`.
struct Tile<const ROWS: usize, const VECTORS: usize, const WHOLE: bool>(MatrixProduct);

impl<const ROWS: usize, const VECTORS: usize, const WHOLE: bool> Tile<ROWS, VECTORS, WHOLE> {
    /// How many rows of `b` can be read in whole vectors: all but those at the very end, because what follows a row
    /// is the next one. A masked vector costs a call, and what the lanes beyond the row sum up is not stored.
    #[inline(always)]
    fn whole_rows(&self, lanes: usize) -> usize {
        let p = &self.0;
        let end = p.inner.saturating_sub(1) * p.b_stride + p.columns;
        match end.checked_sub(VECTORS * lanes) {
            _ if WHOLE => p.inner,
            Some(room) => (room / p.b_stride.max(1) + 1).min(p.inner),
            None => 0,
        }
    }

    /// Adds the terms `inner` of the inner index to `sum`; the last vector of a row of `b` is read through `mask` if
    /// `MASKED`.
    #[inline(always)]
    fn add<S: Simd, const MASKED: bool>(
        &self,
        simd: S,
        sum: &mut [[S::f32s; VECTORS]; ROWS],
        inner: std::ops::Range<usize>,
        mask: MemMask<S::m32s>,
    ) {
        let p = &self.0;
        let lanes = S::F32_LANES;
        let mut a = p.a.wrapping_add(inner.start.wrapping_mul(p.a_inner));
        let mut b = p.b.wrapping_add(inner.start.wrapping_mul(p.b_stride));
        for _ in inner {
            let ahead = b.wrapping_add(AHEAD.wrapping_mul(p.b_stride));
            let mut weights = [simd.splat_f32s(0.0); VECTORS];
            for n in 0..VECTORS {
                let at = b.wrapping_add(n.wrapping_mul(lanes));
                // SAFETY: the vector is inside the operand, the last one as far as the mask lets if `MASKED`.
                weights[n] = unsafe {
                    if MASKED && n == VECTORS - 1 { simd.mask_load_ptr_f32s(mask, at) } else { read(at) }
                };
                if VECTORS == 4 {
                    prefetch(ahead.wrapping_add(n.wrapping_mul(lanes)));
                }
            }
            for m in 0..ROWS {
                // SAFETY: row `m` of the tile exists.
                let x = simd.splat_f32s(unsafe { read(a.wrapping_add(m.wrapping_mul(p.a_row))) });
                for n in 0..VECTORS {
                    sum[m][n] = simd.mul_add_e_f32s(x, weights[n], sum[m][n]);
                }
            }
            a = a.wrapping_add(p.a_inner);
            b = b.wrapping_add(p.b_stride);
        }
    }
}

impl<const ROWS: usize, const VECTORS: usize, const WHOLE: bool> WithSimd for Tile<ROWS, VECTORS, WHOLE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let p = self.0;
        let lanes = S::F32_LANES;
        let last = VECTORS - 1;
        let mask: MemMask<S::m32s> = simd.mask_between_m32s(0, (p.columns - last * lanes) as u32);
        let mut sum = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        let whole = self.whole_rows(lanes);
        self.add::<S, false>(simd, &mut sum, 0..whole, mask);
        if !WHOLE {
            self.add::<S, true>(simd, &mut sum, whole..p.inner, mask);
        }
        let scale = simd.splat_f32s(p.scale);
        for m in 0..ROWS {
            for n in 0..VECTORS {
                // SAFETY: row `m` of the tile exists and has that many vectors, the last as far as the mask lets.
                unsafe {
                    let out = p.out.add(m * p.out_stride + n * lanes);
                    let masked = !WHOLE && n == last;
                    let value = if !p.accumulate {
                        simd.mul_f32s(scale, sum[m][n])
                    } else if masked {
                        simd.mul_add_e_f32s(scale, sum[m][n], simd.mask_load_ptr_f32s(mask, out))
                    } else {
                        simd.mul_add_e_f32s(scale, sum[m][n], read(out))
                    };
                    if masked {
                        simd.mask_store_ptr_f32s(mask, out, value);
                    } else {
                        out.cast::<S::f32s>().write_unaligned(value);
                    }
                }
            }
        }
    }
}
