// The headers' last linear map and skip connection, drift and noise from their outputs, the noise stream and
// the step of the integrator. One workgroup per row.
//
// Constants from the host: THREADS, V4 (input vectors/4).

struct Params {
    residues: u32, heads: u32, endpoint: u32, channels4: u32,
    // Outputs of each header; matrices are stored transposed, 14 rows each.
    outputs_0: u32, outputs_1: u32, outputs_2: u32, outputs_3: u32,
    aggregate_s: u32, aggregate_s_head: u32, aggregate_v: u32, aggregate_v_head: u32,
    gated: u32, gated_stride: u32, gated_head: u32,
    w_head: u32, w_out: u32, w_skip_gate: u32, w_skip: u32,
    skip: u32, input_v: u32,
    source: u32, centered: u32, latent: u32, predicted: u32,
    earlier_drift: u32, earlier_noise: u32,
    // X^t + b̂, which networks with estimate inputs read at the next evaluation.
    end_point: u32,
    sigma_vector: f32, sigma_position: f32,
    residue_words: u32, addresses: u32,
}

@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> gated_inputs: array<vec4<f32>, 3u * V4>;
var<workgroup> skip_gates: array<f32, 4u * V4>;
// [header][output][axis].
var<workgroup> outputs: array<f32, 4u * 3u * SITES>;
var<workgroup> normals: array<f32, 44>;

fn outputs_of(head: u32) -> u32 {
    switch head {
        case 0u: { return params.outputs_0; }
        case 1u: { return params.outputs_1; }
        case 2u: { return params.outputs_2; }
        default: { return params.outputs_3; }
    }
}

// The upper half of a 64-bit product, from products of halves.
fn multiply_high(a: u32, b: u32) -> u32 {
    let low = (a & 0xffffu) * (b & 0xffffu);
    let mid_1 = (a >> 16u) * (b & 0xffffu);
    let mid_2 = (a & 0xffffu) * (b >> 16u);
    let carry = (low >> 16u) + (mid_1 & 0xffffu) + (mid_2 & 0xffffu);
    return (a >> 16u) * (b >> 16u) + (mid_1 >> 16u) + (mid_2 >> 16u) + (carry >> 16u);
}

// Philox 4x32-10, as `random::philox`.
fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
    var c = counter;
    var k = key;
    for (var round = 0u; round < 10u; round++) {
        let high_0 = multiply_high(0xD2511F53u, c.x);
        let high_1 = multiply_high(0xCD9E8D57u, c.z);
        c = vec4(high_1 ^ c.y ^ k.x, 0xCD9E8D57u * c.z, high_0 ^ c.w ^ k.y, 0xD2511F53u * c.x);
        k += vec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}

// ln u for normal u, to about 1e-7: the built-in may be off by 5e-7 near 1.
fn logarithm(u: f32) -> f32 {
    let bits = bitcast<u32>(u);
    var exponent = f32(i32(bits >> 23u) - 127);
    var m = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
    if (m > 1.4142135) {
        m *= 0.5;
        exponent += 1.0;
    }
    let f = (m - 1.0) / (m + 1.0);
    let f2 = f * f;
    let series = 1.0 + f2 * (0.33333334 + f2 * (0.2 + f2 * (0.14285715 + f2 * 0.11111111)));
    return fma(exponent, 0.6931472, 2.0 * f * series);
}

// (cos, sin) of 2π v for v in [0, 1): built-ins are good to 2⁻¹¹ only in Vulkan's guarantee.
fn circle(v: f32) -> vec2<f32> {
    let quarter = floor(4.0 * v + 0.5);
    let x = (4.0 * v - quarter) * 1.5707964;
    let x2 = x * x;
    let sine = x * (1.0 + x2 * (-0.16666667 + x2 * (0.008333333 + x2 * (-0.0001984127 + x2 * 2.7557319e-6))));
    let cosine = 1.0 + x2 * (-0.5 + x2 * (0.041666668 + x2 * (-0.0013888889 + x2 * 2.4801588e-5)));
    switch u32(quarter) & 3u {
        case 0u: { return vec2(cosine, sine); }
        case 1u: { return vec2(-sine, cosine); }
        case 2u: { return vec2(-cosine, -sine); }
        default: { return vec2(sine, -cosine); }
    }
}

fn put_component(at: u32, axis: u32, x: f32) {
    arena[at][axis] = x;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.x;
    let residue = row % params.residues;
    let replica = row / params.residues;
    let used = (tables[params.residue_words + residue] >> 8u) & 255u;
    let c4 = params.channels4;

    for (var head = 0u; head < params.heads; head++) {
        let w = head * params.w_head;
        if (params.skip != 0u) {
            let aggregate = params.aggregate_s + head * params.aggregate_s_head + row * c4;
            for (var c = lane; c < 4u * V4; c += THREADS) {
                let matrix = w + params.w_skip_gate + c * c4;
                var sum = vec4(0.0);
                for (var k = 0u; k < c4; k++) {
                    sum = fma(arena[aggregate + k], weights[matrix + k], sum);
                }
                skip_gates[c] = activation(vec4(sum4(sum))).x;
            }
            workgroupBarrier();
            for (var at = lane; at < 3u * V4; at += THREADS) {
                let c = 4u * (at % V4);
                let gate = vec4(skip_gates[c], skip_gates[c + 1u], skip_gates[c + 2u], skip_gates[c + 3u]);
                gated_inputs[at] = gate * arena[params.input_v + 3u * row * V4 + at];
            }
            workgroupBarrier();
        }
        for (var at = lane; at < 3u * outputs_of(head); at += THREADS) {
            let output = at / 3u;
            let axis = at % 3u;
            let first = params.aggregate_v + head * params.aggregate_v_head + (3u * row + axis) * c4;
            let second = params.gated + head * params.gated_head + (3u * row + axis) * params.gated_stride;
            let matrix = w + params.w_out + output * 3u * c4;
            var sum = vec4(0.0);
            for (var k = 0u; k < c4; k++) {
                sum = fma(arena[first + k], weights[matrix + k], sum);
            }
            for (var k = 0u; k < 2u * c4; k++) {
                sum = fma(arena[second + k], weights[matrix + c4 + k], sum);
            }
            if (params.skip != 0u) {
                for (var k = 0u; k < V4; k++) {
                    sum = fma(gated_inputs[axis * V4 + k], weights[w + params.w_skip + output * V4 + k], sum);
                }
            }
            outputs[head * 3u * SITES + at] = sum4(sum);
        }
    }
    if (lane < 11u && moment.random != 0.0) {
        let address = params.addresses + 3u * replica;
        let counter = vec4(
            tables[address],
            tables[address + 1u],
            moment.noise_step | (tables[address + 2u] << 16u),
            residue * 16u + lane,
        );
        let bits = philox(counter, vec2(moment.key_0, moment.key_1));
        let u = (vec4<f32>(bits >> vec4(8u)) + 0.5) * (1.0 / 16777216.0);
        let first = sqrt(-2.0 * logarithm(u.x)) * circle(u.y);
        let second = sqrt(-2.0 * logarithm(u.z)) * circle(u.w);
        normals[4u * lane] = first.x;
        normals[4u * lane + 1u] = first.y;
        normals[4u * lane + 2u] = second.x;
        normals[4u * lane + 3u] = second.y;
    }
    workgroupBarrier();
    if (lane >= 3u * SITES) {
        return;
    }

    let slot = lane / 3u;
    let axis = lane % 3u;
    let is_position = slot == SLOTS;
    var sigma = 0.0;
    if (is_position) {
        sigma = params.sigma_position;
    } else if (slot < used) {
        sigma = params.sigma_vector;
    }
    let site = row * SITES + slot;
    let x = arena[params.centered + site][axis];
    let source = arena[params.source + site][axis];
    // The endpoint head says everything at once; else there are a header for the vectors and one for the positions, of
    // both b and η or of the one that the transport needs.
    var said = vec2(outputs[lane], 0.0);
    if (params.endpoint == 0u) {
        let at = select(lane, 3u * SITES + axis, is_position);
        said = vec2(outputs[at], 0.0);
        if (params.heads == 4u) {
            said.y = outputs[at + 6u * SITES];
        }
    }
    let known = vec4(sigma * said, x - source, source);
    let drift = dot(moment.drift_reading, known);
    let noise = dot(moment.noise_reading, known);
    let earlier_drift = arena[params.earlier_drift + site][axis];
    let earlier_noise = arena[params.earlier_noise + site][axis];
    put_component(params.earlier_drift + site, axis, drift);
    put_component(params.earlier_noise + site, axis, noise);
    put_component(params.end_point + site, axis, source + drift);

    var start = x;
    var both = vec2(drift, noise);
    if (moment.stage == CORRECT) {
        start = arena[params.latent + site][axis];
        both += vec2(earlier_drift, earlier_noise);
    }
    let of_noise = moment.noise * select(1.0, moment.position_noise, is_position);
    var next = moment.keep * start + moment.drift * both.x + of_noise * both.y;
    // What is not asked for may be no number: there is no evaluation before the first one.
    if (moment.change != 0.0) {
        next += moment.change * (drift - earlier_drift);
    }
    if (moment.random != 0.0) {
        next += moment.random * select(1.0, moment.position_random, is_position) * sigma * normals[lane];
    }
    if (moment.stage == PREDICT) {
        // The correction starts from where the prediction did, centered as it was.
        put_component(params.latent + site, axis, x);
        put_component(params.predicted + site, axis, next);
    } else {
        put_component(params.latent + site, axis, next);
    }
}
