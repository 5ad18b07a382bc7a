// What all kernels share. Every kernel sees the same five bindings, so that one layout serves them all.
//
// `arena` holds all activations, in units of four numbers; kernels find theirs by offsets in their
// parameters. A row is a residue of a replica. Channels come last and are padded to a multiple of four by
// zeros, which stay zero because the weights of padded channels are.

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
// Facts about the protein and the replicas, see `engine/src/gpu/tables.rs`.
@group(0) @binding(2) var<storage, read> tables: array<u32>;
// Binding 3: parameters of the dispatch. Binding 4: parameters of the latent step.

const NORM_EPSILON: f32 = 1e-6;

// SiLU with unit second moment for standard normal input.
fn activation(x: vec4<f32>) -> vec4<f32> {
    // The limit keeps the exponential finite; the result is zero to all digits there.
    return 1.6766 * x / (1.0 + exp(min(-x, vec4(80.0))));
}

// What the tensor square adds to scalars: s²/√3 and |v|²/√15.
fn square_of_scalars(s: vec4<f32>) -> vec4<f32> {
    return s * s * 0.57735026;
}

fn square_of_vectors(x: vec4<f32>, y: vec4<f32>, z: vec4<f32>) -> vec4<f32> {
    return (x * x + y * y + z * z) * 0.2581989;
}

fn sum4(x: vec4<f32>) -> f32 {
    return x.x + x.y + x.z + x.w;
}
