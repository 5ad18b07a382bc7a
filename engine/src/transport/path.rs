//! The transports of Table 1: which path leads from what is known to the next frame.
//!
//! Every path is a sum `X_τ = s(τ) X^t + a(τ) X^{t+1} + n(τ) Z` with `Z = σ ξ`, ξ standard normal:
//!
//! | transport | s | a | n | starts from |
//! |---|---|---|---|---|
//! | two-sided | 1 − τ | τ | τ (1 − τ) | X^t |
//! | bridge | 1 − τ | τ | √(τ (1 − τ)) | X^t |
//! | one-sided, flow matching | 0 | τ | 1 − τ | Z |
//! | DDPM | 0 | √ᾱ(τ) | √(1 − ᾱ(τ)) | Z |
//!
//! One-sided: eq. 1 with `J = τ X^{t+1}`, `α = 1 − τ`. DDPM: the linear β schedule of Ho et al. (2020) in
//! continuous time, with τ running from noise to data as in the other transports.
//!
//! X^{t+1} is superposed on X^t before training, so that what the conditioner says about X^t and what the
//! headers are asked for share one frame, wherever X_τ starts. The paper's prior is the noise about the
//! centroid; that the frame X^t is known enters only as input of the network and, with the `endpoint` head,
//! as the point from which its output is counted.
//!
//! # Why there are two two-sided paths
//! With the paper's `n = τ (1 − τ)` the motion per latent time is `(X_τ − X^t)/τ = J + (1 − τ) Z`, J being the
//! jump: as τ → 0 its noise tends to σ and not to infinity. All of the spread of J that is wider than σ must
//! therefore be made out of nothing in the first steps, by a diffusion whose steps have the size of σ. In a
//! direction in which jumps are R times as wide as the noise that takes of the order of R² steps; collective
//! motions of an unfolded chain have R² of 10 to 50 at σ = 1 Å. The failure begins where jumps are about twice as
//! wide as σ, on either track (side-chain vectors of unfolded chains jump with a variance of 91 Å², backbone
//! vectors and Cα with 7.8 Å²), and no choice of ε, of steps or of their places mends it; a σ that is wide enough
//! does. With `n = √(τ (1 − τ))`, the standard deviation of a
//! Brownian bridge, the noise is `√((1 − τ)/τ) Z`, beside which any jump is small at first, and one step of the
//! stochastic equation leads from the point X^t to the right distribution of X_τ.

use serde::{Deserialize, Serialize};

/// How the next frame is generated from the present one (paper 3.1 and 4.3). All use the same network.
/// Shown as flags and files name it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum, strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Transport {
    /// Two-sided stochastic interpolant from X^t to X^{t+1}: EquiJump.
    #[default]
    TwoSided,
    /// Two-sided stochastic interpolant with the noise of a Brownian bridge, `γ = √(τ (1 − τ))`.
    Bridge,
    /// One-sided stochastic interpolant from normal noise to X^{t+1} (Albergo et al. 2023).
    OneSided,
    /// Flow matching: the velocity field of the straight path from normal noise (Lipman et al. 2022).
    FlowMatching,
    /// Denoising diffusion: predicts the noise (Ho et al. 2020).
    Ddpm,
}

/// Range of β in continuous time: Ho et al.'s 10⁻⁴ to 0.02 for each of 1000 steps.
const BETA: [f64; 2] = [0.1, 20.0];

impl Transport {
    /// All, in the order of Table 1's columns from right to left.
    pub const ALL: [Self; 5] = [Self::TwoSided, Self::Bridge, Self::OneSided, Self::FlowMatching, Self::Ddpm];

    /// Whether X_0 is noise instead of X^t.
    pub fn starts_from_noise(self) -> bool {
        !matches!(self, Self::TwoSided | Self::Bridge)
    }

    /// s(τ), the share of X^t in X_τ.
    pub fn source_scale(self, tau: f32) -> f32 {
        if self.starts_from_noise() { 0.0 } else { 1.0 - tau }
    }

    /// a(τ), the share of X^{t+1} in X_τ.
    pub fn target_scale(self, tau: f32) -> f32 {
        match self {
            Self::Ddpm => (0.5 * log_alpha_bar(tau)).exp() as f32,
            _ => tau,
        }
    }

    /// n(τ), the share of Z in X_τ.
    pub fn noise_scale(self, tau: f32) -> f32 {
        match self {
            Self::TwoSided => tau * (1.0 - tau),
            Self::Bridge => (tau * (1.0 - tau)).sqrt(),
            Self::OneSided | Self::FlowMatching => 1.0 - tau,
            Self::Ddpm => (-log_alpha_bar(tau).exp_m1()).max(0.0).sqrt() as f32,
        }
    }

    /// The largest [`Self::noise_scale`].
    pub fn largest_noise_scale(self) -> f32 {
        match self {
            Self::TwoSided => 0.25,
            Self::Bridge => 0.5,
            Self::OneSided | Self::FlowMatching | Self::Ddpm => 1.0,
        }
    }

    /// Whether ε of the SDE may follow one schedule or another; the other transports have one of their own.
    pub fn has_schedules(self) -> bool {
        matches!(self, Self::TwoSided | Self::OneSided)
    }

    /// Whether the positions may have another ε than the vectors.
    pub fn has_position_epsilon(self) -> bool {
        self == Self::TwoSided
    }

    /// Whether more noise than that of the path may be put in early.
    pub fn has_noise_gain(self) -> bool {
        self == Self::Bridge
    }

    /// What X_τ holds of X^t if nothing has moved, `s(τ) + a(τ)`. Headers are told how far X_τ is from that
    /// much of X^t: it is what the noise and the motion together have done.
    pub fn still_scale(self, tau: f32) -> f32 {
        match self {
            Self::TwoSided | Self::Bridge => 1.0,
            _ => self.target_scale(tau),
        }
    }

    /// Latent time when a share `clock` of a frame's latent steps is done. Times are even in it, those of
    /// training and of sampling: τ itself, but for the bridge `τ = sin²(π clock/2)`, in which
    /// `(X_τ − X^t)/√τ = √τ J + √(1 − τ) Z` turns evenly from noise to motion.
    pub fn time_at(self, clock: f32) -> f32 {
        match self {
            Self::Bridge if clock >= 1.0 => 1.0,
            Self::Bridge => (std::f32::consts::FRAC_PI_2 * clock).sin().powi(2),
            _ => clock,
        }
    }

    /// The reverse of [`Self::time_at`].
    pub fn clock_at(self, tau: f32) -> f32 {
        match self {
            Self::Bridge => std::f32::consts::FRAC_2_PI * tau.clamp(0.0, 1.0).sqrt().asin(),
            _ => tau,
        }
    }
}

/// `ln ᾱ = −½ s² (β₁ − β₀) − s β₀` with diffusion time `s = 1 − τ`.
fn log_alpha_bar(tau: f32) -> f64 {
    let s = 1.0 - f64::from(tau);
    -0.5 * s * s * (BETA[1] - BETA[0]) - s * BETA[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_from_their_start_to_the_next_frame() {
        for transport in Transport::ALL {
            let at =
                |tau| (transport.source_scale(tau), transport.target_scale(tau), transport.noise_scale(tau));
            assert_eq!(at(1.0), (0.0, 1.0, 0.0), "{transport}");
            let (source, target, noise) = at(0.0);
            let start = if transport.starts_from_noise() { (0.0, 1.0) } else { (1.0, 0.0) };
            assert_eq!(source, start.0, "{transport}");
            assert!(target < 0.01 && (noise - start.1).abs() < 1e-4, "{transport}: {target} {noise}");
            for k in 0..=100 {
                let tau = k as f32 / 100.0;
                let (source, target, noise) = at(tau);
                assert!(noise <= transport.largest_noise_scale(), "{transport} at {tau}");
                assert!((transport.still_scale(tau) - source - target).abs() < 1e-6, "{transport} at {tau}");
                assert!(
                    (transport.clock_at(transport.time_at(tau)) - tau).abs() < 1e-4,
                    "{transport} at {tau}"
                );
            }
        }
    }

    /// `numpy.cumprod(1 - numpy.linspace(1e-4, 0.02, 1000))` after 100, 300, 500, 700 and 1000 steps.
    #[test]
    fn the_diffusion_schedule_is_that_of_ho_et_al() {
        for (steps, expected) in
            [(100, 0.897_018), (300, 0.396_420), (500, 0.078_587), (700, 0.006_966), (1000, 4.035_8e-5)]
        {
            let tau = 1.0 - steps as f32 / 1000.0;
            let alpha_bar = f64::from(Transport::Ddpm.target_scale(tau)).powi(2);
            // `−ln(1 − β) > β`: the discrete schedule ends a little lower.
            assert!((alpha_bar / expected - 1.0).abs() < 0.08, "{steps} steps: {alpha_bar}, not {expected}");
            let noise = f64::from(Transport::Ddpm.noise_scale(tau)).powi(2);
            assert!((alpha_bar + noise - 1.0).abs() < 1e-6);
        }
    }
}
