// Parameters of one evaluation of the headers.

struct Step {
    // The cloud to evaluate at, uncentred: the latent one, or Heun's prediction.
    cloud: u32,
    // 0: Euler and noise. 1: Heun's prediction. 2: Heun's correction.
    mode: u32,
    noise_step: u32,
    key_0: u32,
    key_1: u32,
    // The latent time by which times are even, for the embedding.
    clock: f32,
    dt: f32,
    // Factors of η̂ and of σ ξ.
    score: f32,
    noise: f32,
    // Further factors of both for the positions.
    position_score: f32,
    position_noise: f32,
    // Scales of the displacements that a header sees, 1/Å.
    position_displacement: f32,
    vector_displacement: f32,
    // Factor of how much b̂ has changed since the step before.
    extrapolation: f32,
    unused_0: u32,
    unused_1: u32,
    // b̂ and η̂ as factors of the first and second outputs, of X_τ − X^t and of X^t.
    drift_reading: vec4<f32>,
    noise_reading: vec4<f32>,
}

@group(0) @binding(4) var<uniform> moment: Step;

const SLOTS: u32 = 13u;
// Entries of a cloud per residue: 13 vectors, then the position.
const SITES: u32 = 14u;
