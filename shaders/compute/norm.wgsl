// The equivariant layer norm of a self-interaction's result, and the input q = [s, s²/√3, |v|²/√15] of the
// next one. One workgroup per row and header.
//
// Constants from the host: THREADS.

struct Params {
    // Input and output: offset, distance of rows (scalars) or of rows and axes (vectors), distance of headers.
    in_s: u32, in_s_stride: u32, in_s_head: u32,
    in_v: u32, in_v_stride: u32, in_v_head: u32,
    out_s: u32, out_s_stride: u32, out_s_head: u32,
    out_v: u32, out_v_stride: u32, out_v_head: u32,
    q: u32, q_stride: u32, q_head: u32,
    width4: u32,
    // Channels that are not padding; how many of the last four are.
    channels: u32, tail: u32,
    scale: u32, bias: u32, w_head: u32,
    normalize: u32, write_q: u32,
}

@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> partial: array<vec2<f32>, THREADS>;

fn total(lane: u32, value: vec2<f32>) -> vec2<f32> {
    partial[lane] = value;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if (lane < half) {
            partial[lane] += partial[lane + half];
        }
        workgroupBarrier();
    }
    let sum = partial[0];
    workgroupBarrier();
    return sum;
}

// One for channels, zero for padding.
fn channel_mask(c4: u32) -> vec4<f32> {
    if (c4 + 1u < params.width4) {
        return vec4(1.0);
    }
    return select(vec4(0.0), vec4(1.0), vec4(0u, 1u, 2u, 3u) < vec4(params.tail));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.x;
    let head = group.y;
    let in_s = params.in_s + head * params.in_s_head + row * params.in_s_stride;
    let in_v = params.in_v + head * params.in_v_head + 3u * row * params.in_v_stride;
    var mean = 0.0;
    var inverse_deviation = 1.0;
    var inverse_norm = 1.0;
    if (params.normalize != 0u) {
        var sums = vec2(0.0);
        for (var c4 = lane; c4 < params.width4; c4 += THREADS) {
            let x = arena[in_v + c4];
            let y = arena[in_v + params.in_v_stride + c4];
            let z = arena[in_v + 2u * params.in_v_stride + c4];
            sums += vec2(sum4(arena[in_s + c4]), dot(x, x) + dot(y, y) + dot(z, z));
        }
        sums = total(lane, sums) / f32(params.channels);
        mean = sums.x;
        inverse_norm = 1.0 / sqrt(sums.y + NORM_EPSILON);
        var variance = 0.0;
        for (var c4 = lane; c4 < params.width4; c4 += THREADS) {
            let d = (arena[in_s + c4] - mean) * channel_mask(c4);
            variance += dot(d, d);
        }
        variance = total(lane, vec2(variance, 0.0)).x / f32(params.channels);
        inverse_deviation = 1.0 / sqrt(variance + NORM_EPSILON);
    }
    let out_s = params.out_s + head * params.out_s_head + row * params.out_s_stride;
    let out_v = params.out_v + head * params.out_v_head + 3u * row * params.out_v_stride;
    let q = params.q + head * params.q_head + row * params.q_stride;
    for (var c4 = lane; c4 < params.width4; c4 += THREADS) {
        var s = arena[in_s + c4];
        let x = arena[in_v + c4] * inverse_norm;
        let y = arena[in_v + params.in_v_stride + c4] * inverse_norm;
        let z = arena[in_v + 2u * params.in_v_stride + c4] * inverse_norm;
        if (params.normalize != 0u) {
            // Scale and bias of padded channels are zero.
            let w = head * params.w_head + c4;
            s = (s - mean) * inverse_deviation * weights[params.scale + w] + weights[params.bias + w];
            arena[out_s + c4] = s;
            arena[out_v + c4] = x;
            arena[out_v + params.out_v_stride + c4] = y;
            arena[out_v + 2u * params.out_v_stride + c4] = z;
        }
        if (params.write_q != 0u) {
            arena[q + c4] = s;
            arena[q + params.width4 + c4] = square_of_scalars(s);
            arena[q + 2u * params.width4 + c4] = square_of_vectors(x, y, z);
        }
    }
}
