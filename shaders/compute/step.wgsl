// Parameters of one evaluation of the headers and of the move after it: `engine/src/network/latent_move.rs`.

const PREDICT: u32 = 1u;
const CORRECT: u32 = 2u;

struct Step {
    // The cloud to evaluate at, uncentered: the latent one, or Heun's prediction; the source for the conditioner.
    cloud: u32,
    // 0: a whole step. PREDICT, CORRECT: those of Heun's method.
    stage: u32,
    noise_step: u32,
    key_0: u32,
    key_1: u32,
    // The latent time by which times are even, for the embedding.
    clock: f32,
    // What X_τ holds of X^t if nothing has moved.
    still: f32,
    // Scales of the displacements that a header sees, 1/Å.
    position_displacement: f32,
    vector_displacement: f32,
    // Factors of X, b̂, η̂, of how much b̂ has changed since the evaluation before, and of σ ξ.
    keep: f32,
    drift: f32,
    noise: f32,
    change: f32,
    random: f32,
    // Further factors of η̂ and σ ξ for the positions.
    position_noise: f32,
    position_random: f32,
    // 1: the evaluation before has left an estimate of the end point.
    estimated: u32,
    unused_0: u32,
    unused_1: u32,
    unused_2: u32,
    // b̂ and η̂ as factors of the first and second outputs, of X_τ − X^t and of X^t.
    drift_reading: vec4<f32>,
    noise_reading: vec4<f32>,
}

@group(0) @binding(4) var<uniform> moment: Step;

const SLOTS: u32 = 13u;
// Entries of a cloud per residue: 13 vectors, then the position.
const SITES: u32 = 14u;
