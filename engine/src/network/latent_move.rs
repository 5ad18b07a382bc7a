//! What a sampler does with the network: ask the headers at a latent time, and move the latent cloud by what they say.
//!
//! A frame is a list of such moves, with all numbers in it (`transport/latent_moves.rs` makes it). The samplers, on the
//! processor, through candle or on a graphics processor, only carry it out; none knows of transports or integrators.

/// One evaluation of the headers and what becomes of the latent cloud X.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatentMove {
    /// Latent step that it belongs to; selects the noise ξ.
    pub latent_step: u32,
    /// Latent time of the evaluation.
    pub tau: f32,
    /// How b̂ and η̂ follow from what the headers say.
    pub reading: Reading,
    /// What is evaluated and what is moved.
    pub stage: Stage,
    /// How far it is moved.
    pub factors: Factors,
}

/// What is evaluated and what is moved. Clouds are centered after each. The numbers are those in
/// `shaders/compute/step.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// At X, which becomes `keep X + drift b̂ + noise η̂ + change (b̂ − b̂₋) + random σξ`, b̂₋ being that of the
    /// evaluation before.
    Whole = 0,
    /// At X, which stays; Heun's prediction X̃ becomes `keep X + drift b̂ + noise η̂`.
    Predict = 1,
    /// At X̃; X becomes `keep X + drift (b̂₋ + b̂) + noise (η̂₋ + η̂)`.
    Correct = 2,
}

/// Factors of a move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// Of X.
    pub keep: f32,
    /// Of b̂.
    pub drift: f32,
    /// Of η̂.
    pub noise: f32,
    /// Of how much b̂ has changed since the evaluation before.
    pub change: f32,
    /// Of σξ.
    pub random: f32,
    /// Further factor of η̂ for the positions.
    pub position_noise: f32,
    /// Further factor of σξ for the positions.
    pub position_random: f32,
}

impl Default for Factors {
    /// Nothing moves.
    fn default() -> Self {
        Self {
            keep: 1.0,
            drift: 0.0,
            noise: 0.0,
            change: 0.0,
            random: 0.0,
            position_noise: 1.0,
            position_random: 1.0,
        }
    }
}

/// How b̂ and η̂ follow at one τ: factors of the outputs `(first, second)`, of `X_τ − X^t` and of `X^t`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Factors that give b̂.
    pub drift: [f32; 4],
    /// Factors that give η̂.
    pub noise: [f32; 4],
}
