//! Run-time choice of vector instructions, and the activation.

/// Runs `kernel` compiled for the widest vector instructions of this processor. The kernel must be an
/// `#[inline(always)]` function called from an `#[inline(always)]` closure, or it is compiled for the
/// baseline only.
#[inline(always)]
pub(super) fn simd<R>(kernel: impl FnOnce() -> R) -> R {
    struct Closure<F>(F);
    impl<R, F: FnOnce() -> R> pulp::NullaryFnOnce for Closure<F> {
        type Output = R;
        #[inline(always)]
        fn call(self) -> R {
            (self.0)()
        }
    }
    pulp::Arch::new().dispatch(Closure(kernel))
}

/// Scales SiLU to unit second moment for standard normal input (e3nn's `normalize2mom`).
pub(super) const SILU_SCALE: f32 = 1.6766;

/// `e^x` to about 1e-7 relative, without branches so that it vectorises (Cephes polynomial).
#[inline(always)]
fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    // Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
    const MAGIC: f32 = 12_582_912.0;
    let t = x * std::f32::consts::LOG2_E + MAGIC;
    let n = t - MAGIC;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let y = p * r * r + r + 1.0;
    let exponent = (t.to_bits() as i32).wrapping_sub(0x4B40_0000);
    y * f32::from_bits((exponent.wrapping_add(127) << 23) as u32)
}

/// `ψ(x)`, the scaled SiLU, and its derivative.
#[inline(always)]
pub(super) fn activation(x: f32) -> (f32, f32) {
    let sigmoid = 1.0 / (1.0 + exp(-x));
    (SILU_SCALE * x * sigmoid, SILU_SCALE * sigmoid * (1.0 + x * (1.0 - sigmoid)))
}

/// `x ← ψ(x)`; where `derivative` is not empty it receives `ψ'(x)`.
pub(super) fn activate(x: &mut [f32], derivative: &mut Vec<f32>, train: bool) {
    #[inline(always)]
    fn forward(x: &mut [f32]) {
        for x in x {
            *x = activation(*x).0;
        }
    }
    #[inline(always)]
    fn forward_with_derivative(x: &mut [f32], derivative: &mut [f32]) {
        for (x, d) in x.iter_mut().zip(derivative) {
            (*x, *d) = activation(*x);
        }
    }
    if train {
        derivative.resize(x.len(), 0.0);
        let derivative = &mut derivative[..];
        simd(
            #[inline(always)]
            || forward_with_derivative(x, derivative),
        );
    } else {
        simd(
            #[inline(always)]
            || forward(x),
        );
    }
}

/// `x ← x · y`.
pub(super) fn multiply(x: &mut [f32], y: &[f32]) {
    #[inline(always)]
    fn kernel(x: &mut [f32], y: &[f32]) {
        for (x, y) in x.iter_mut().zip(y) {
            *x *= *y;
        }
    }
    simd(
        #[inline(always)]
        || kernel(x, y),
    );
}

/// `x ← x + y`.
pub(super) fn add(x: &mut [f32], y: &[f32]) {
    #[inline(always)]
    fn kernel(x: &mut [f32], y: &[f32]) {
        for (x, y) in x.iter_mut().zip(y) {
            *x += *y;
        }
    }
    simd(
        #[inline(always)]
        || kernel(x, y),
    );
}

/// Sets the length, all zero.
pub(super) fn zeroed(x: &mut Vec<f32>, len: usize) {
    x.clear();
    x.resize(len, 0.0);
}

/// Sets the length; what is inside is arbitrary.
pub(super) fn sized(x: &mut Vec<f32>, len: usize) {
    x.resize(len, 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_standard_library() {
        for i in -860..870 {
            let x = i as f32 * 0.1 + 0.013;
            let relative = (exp(x) as f64 / f64::from(x).exp() - 1.0).abs();
            assert!(relative < 5e-7, "exp({x}) is off by {relative}");
        }
    }

    #[test]
    fn derivative_is_the_slope() {
        for i in -80..80 {
            let x = i as f32 * 0.1;
            let h = 1e-2;
            let slope = (activation(x + h).0 - activation(x - h).0) / (2.0 * h);
            assert!((slope - activation(x).1).abs() < 1e-3, "at {x}: {slope} {}", activation(x).1);
        }
    }
}
