// The spatial convolution after its node products, the residual connection and its layer norm: edge gates,
// messages, their mean, the linear map of the sum, the new state and the next self-interaction's q. One
// workgroup per row and header; nothing of the size of the edges ever leaves it.
//
// A thread owns four channels and every GROUPS-th edge. 16 edges are in flight at a time: their hidden
// layers lie in workgroup memory, so that every weight that is read serves EDGES edges.
//
// The factors of the harmonics' paths are folded into the node matrices.
//
// Constants from the host: C4 (channels/4), GROUPS, EDGES (16 / GROUPS), THREADS = C4 · GROUPS.

struct Params {
    neighbors: u32, bins: u32, bins4: u32, bin_spacing: f32,
    edges: u32, radial: u32,
    nodes_s: u32, nodes_s_head: u32, nodes_v: u32, nodes_v_head: u32,
    mid_s: u32, mid_s_head: u32, mid_v: u32, mid_v_head: u32,
    // Weights.
    w_head: u32, w_radial: u32, w_offset: u32, w_bias: u32, w_gate: u32, w_gate_bias: u32,
    w_out_s: u32, w_out_v: u32, w_scale: u32, w_norm_bias: u32,
    // States: the one before and the one made, columns of one wide array.
    old_s: u32, new_s: u32, state_s_stride: u32, state_s_head: u32,
    old_v: u32, new_v: u32, state_v_stride: u32, state_v_head: u32,
    // Width of the state before; whether the new one is the sum or the concatenation.
    width4: u32, concatenate: u32,
    channels: u32, tail: u32,
    q: u32, q_stride: u32, q_head: u32, write_q: u32,
}

@group(0) @binding(3) var<uniform> params: Params;

// In turn: hidden layers [16][C4]; partial sums [GROUPS][4][C4]; sums [4][C4]; reductions and result.
var<workgroup> pad: array<vec4<f32>, 16u * C4>;

const RESULT: u32 = 4u * C4;
const REDUCTION: u32 = 8u * C4;

fn total(lane: u32, value: vec4<f32>) -> vec4<f32> {
    // Sums over the groups first, then over a tree of C4; C4 need not be a power of two.
    let c4 = lane % C4;
    let g = lane / C4;
    if (g < 4u) {
        pad[REDUCTION + lane] = value;
    }
    workgroupBarrier();
    if (g == 0u) {
        pad[REDUCTION + c4] += pad[REDUCTION + C4 + c4] + pad[REDUCTION + 2u * C4 + c4] + pad[REDUCTION + 3u * C4 + c4];
    }
    workgroupBarrier();
    var count = C4;
    while (count > 1u) {
        let half = (count + 1u) / 2u;
        if (g == 0u && c4 + half < count) {
            pad[REDUCTION + c4] += pad[REDUCTION + c4 + half];
        }
        workgroupBarrier();
        count = half;
    }
    let sum = pad[REDUCTION];
    workgroupBarrier();
    return sum;
}

// One for channels, zero for padding; states are blocks of C4.
fn channel_mask(c4: u32) -> vec4<f32> {
    if (c4 % C4 + 1u < C4) {
        return vec4(1.0);
    }
    return select(vec4(0.0), vec4(1.0), vec4(0u, 1u, 2u, 3u) < vec4(params.tail));
}

// Scalars and vectors of the state before the norm, four channels.
struct State {
    s: vec4<f32>, x: vec4<f32>, y: vec4<f32>, z: vec4<f32>,
}

fn state_at(row: u32, head: u32, c4: u32) -> State {
    var state = State(vec4(0.0), vec4(0.0), vec4(0.0), vec4(0.0));
    if (c4 < params.width4) {
        state.s = arena[params.old_s + head * params.state_s_head + row * params.state_s_stride + c4];
        let v = params.old_v + head * params.state_v_head + 3u * row * params.state_v_stride + c4;
        state.x = arena[v];
        state.y = arena[v + params.state_v_stride];
        state.z = arena[v + 2u * params.state_v_stride];
    }
    var c = c4;
    if (params.concatenate != 0u) {
        if (c4 < params.width4) {
            return state;
        }
        c = c4 - params.width4;
    }
    state.s += pad[RESULT + c];
    state.x += pad[RESULT + C4 + c];
    state.y += pad[RESULT + 2u * C4 + c];
    state.z += pad[RESULT + 3u * C4 + c];
    return state;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.x;
    let head = group.y;
    let c4 = lane % C4;
    let g = lane / C4;
    let w = head * params.w_head;
    let nodes_s = params.nodes_s + head * params.nodes_s_head;
    let nodes_v = params.nodes_v + head * params.nodes_v_head;
    let own = weights[w + params.w_bias + c4] + arena[nodes_s + row * 4u * C4 + 3u * C4 + c4];
    let spacing = params.bin_spacing;

    var sum_s = vec4(0.0);
    var sum_x = vec4(0.0);
    var sum_y = vec4(0.0);
    var sum_z = vec4(0.0);
    for (var first = 0u; first < params.neighbors; first += 16u) {
        workgroupBarrier();
        for (var i = 0u; i < EDGES; i++) {
            let slot = i * GROUPS + g;
            var z = vec4(0.0);
            if (first + slot < params.neighbors) {
                let edge = row * params.neighbors + first + slot;
                let facts = arena[params.edges + 2u * edge + 1u];
                let distance = arena[params.edges + 2u * edge].w;
                z = own + arena[nodes_s + u32(facts.x) * 4u * C4 + 2u * C4 + c4];
                z += weights[w + params.w_offset + u32(facts.y) * C4 + c4];
                // Gaussians farther than six spacings are zero.
                let center = min(distance / spacing, f32(params.bins - 1u));
                let low = u32(max(center - 6.0, 0.0));
                let high = min(u32(center + 6.0), params.bins - 1u);
                for (var bin = low; bin <= high; bin++) {
                    let rho = arena[params.radial + edge * params.bins4 + bin / 4u][bin % 4u];
                    z = fma(vec4(rho), weights[w + params.w_radial + bin * C4 + c4], z);
                }
                z = activation(z);
            }
            pad[slot * C4 + c4] = z;
        }
        workgroupBarrier();
        //# unroll e EDGES
        var gate_s_{e} = weights[w + params.w_gate_bias + c4];
        var gate_v_{e} = weights[w + params.w_gate_bias + C4 + c4];
        //# end
        for (var k4 = 0u; k4 < C4; k4++) {
            //# unroll e EDGES
            let z_{e} = pad[({e}u * GROUPS + g) * C4 + k4];
            //# end
            //# unroll k 4
            let w_s_{k} = weights[w + params.w_gate + (4u * k4 + {k}u) * 2u * C4 + c4];
            let w_v_{k} = weights[w + params.w_gate + (4u * k4 + {k}u) * 2u * C4 + C4 + c4];
            //# end
            //# unroll e EDGES
            gate_s_{e} = fma(vec4(z_{e}.w), w_s_3, fma(vec4(z_{e}.z), w_s_2, fma(vec4(z_{e}.y), w_s_1, fma(vec4(z_{e}.x), w_s_0, gate_s_{e}))));
            gate_v_{e} = fma(vec4(z_{e}.w), w_v_3, fma(vec4(z_{e}.z), w_v_2, fma(vec4(z_{e}.y), w_v_1, fma(vec4(z_{e}.x), w_v_0, gate_v_{e}))));
            //# end
        }
        //# unroll e EDGES
        if (first + {e}u * GROUPS + g < params.neighbors) {
            let edge = row * params.neighbors + first + {e}u * GROUPS + g;
            let unit = arena[params.edges + 2u * edge].xyz;
            let j = u32(arena[params.edges + 2u * edge + 1u].x);
            let n = nodes_s + j * 4u * C4 + c4;
            let mx = nodes_v + 3u * j * 4u * C4 + c4;
            let my = mx + 4u * C4;
            let mz = my + 4u * C4;
            sum_s += gate_s_{e} * (arena[n] + arena[mx] * unit.x + arena[my] * unit.y + arena[mz] * unit.z);
            let qx = arena[mx + 3u * C4];
            let qy = arena[my + 3u * C4];
            let qz = arena[mz + 3u * C4];
            let along = arena[n + C4] + qx * unit.x + qy * unit.y + qz * unit.z;
            let cx = arena[mx + 2u * C4];
            let cy = arena[my + 2u * C4];
            let cz = arena[mz + 2u * C4];
            sum_x += gate_v_{e} * (arena[mx + C4] - qx / 3.0 + along * unit.x + cy * unit.z - cz * unit.y);
            sum_y += gate_v_{e} * (arena[my + C4] - qy / 3.0 + along * unit.y + cz * unit.x - cx * unit.z);
            sum_z += gate_v_{e} * (arena[mz + C4] - qz / 3.0 + along * unit.z + cx * unit.y - cy * unit.x);
        }
        //# end
    }

    // Sums over the groups, four at a time, because more than that do not fit.
    var rest = GROUPS;
    while (rest > 4u) {
        rest /= 2u;
        workgroupBarrier();
        if (g >= rest && g < 2u * rest) {
            pad[(g - rest) * C4 + c4] = sum_s;
        }
        workgroupBarrier();
        if (g < rest) { sum_s += pad[g * C4 + c4]; }
        workgroupBarrier();
        if (g >= rest && g < 2u * rest) { pad[(g - rest) * C4 + c4] = sum_x; }
        workgroupBarrier();
        if (g < rest) { sum_x += pad[g * C4 + c4]; }
        workgroupBarrier();
        if (g >= rest && g < 2u * rest) { pad[(g - rest) * C4 + c4] = sum_y; }
        workgroupBarrier();
        if (g < rest) { sum_y += pad[g * C4 + c4]; }
        workgroupBarrier();
        if (g >= rest && g < 2u * rest) { pad[(g - rest) * C4 + c4] = sum_z; }
        workgroupBarrier();
        if (g < rest) { sum_z += pad[g * C4 + c4]; }
    }
    workgroupBarrier();
    if (g < 4u) {
        pad[(g * 4u) * C4 + c4] = sum_s;
        pad[(g * 4u + 1u) * C4 + c4] = sum_x;
        pad[(g * 4u + 2u) * C4 + c4] = sum_y;
        pad[(g * 4u + 3u) * C4 + c4] = sum_z;
    }
    workgroupBarrier();
    // From here on group 0 has the scalars and groups 1 to 3 the axes of the vectors.
    var mean = vec4(0.0);
    if (g < 4u) {
        mean = pad[g * C4 + c4] + pad[(4u + g) * C4 + c4] + pad[(8u + g) * C4 + c4] + pad[(12u + g) * C4 + c4];
        if (params.neighbors > 0u) {
            mean /= f32(params.neighbors);
        }
        if (g == 0u) {
            mean += arena[params.mid_s + head * params.mid_s_head + row * C4 + c4];
        } else {
            mean += arena[params.mid_v + head * params.mid_v_head + (3u * row + g - 1u) * C4 + c4];
        }
    }
    workgroupBarrier();
    if (g < 4u) {
        pad[g * C4 + c4] = mean;
    }
    workgroupBarrier();
    if (g < 4u) {
        let matrix = w + select(params.w_out_v, params.w_out_s, g == 0u) + c4;
        var result = vec4(0.0);
        for (var k4 = 0u; k4 < C4; k4++) {
            let x = pad[g * C4 + k4];
            result = fma(vec4(x.x), weights[matrix + 4u * k4 * C4], result);
            result = fma(vec4(x.y), weights[matrix + (4u * k4 + 1u) * C4], result);
            result = fma(vec4(x.z), weights[matrix + (4u * k4 + 2u) * C4], result);
            result = fma(vec4(x.w), weights[matrix + (4u * k4 + 3u) * C4], result);
        }
        pad[RESULT + g * C4 + c4] = result;
    }
    workgroupBarrier();

    // The new state and its layer norm.
    let new_width4 = select(C4, params.width4 + C4, params.concatenate != 0u);
    let threads = min(THREADS, 4u * C4);
    var sums = vec4(0.0);
    if (lane < threads) {
        for (var c = lane; c < new_width4; c += threads) {
            let state = state_at(row, head, c);
            sums += vec4(sum4(state.s), dot(state.x, state.x) + dot(state.y, state.y) + dot(state.z, state.z), 0.0, 0.0);
        }
    }
    sums = total(lane, sums) / f32(params.channels);
    let average = sums.x;
    let inverse_norm = 1.0 / sqrt(sums.y + NORM_EPSILON);
    var squares = vec4(0.0);
    if (lane < threads) {
        for (var c = lane; c < new_width4; c += threads) {
            let d = (state_at(row, head, c).s - average) * channel_mask(c);
            squares.x += dot(d, d);
        }
    }
    let variance = total(lane, squares).x / f32(params.channels);
    let inverse_deviation = 1.0 / sqrt(variance + NORM_EPSILON);
    if (lane < threads) {
        for (var c = lane; c < new_width4; c += threads) {
            var state = state_at(row, head, c);
            state.s = (state.s - average) * inverse_deviation * weights[w + params.w_scale + c] + weights[w + params.w_norm_bias + c];
            state.x *= inverse_norm;
            state.y *= inverse_norm;
            state.z *= inverse_norm;
            arena[params.new_s + head * params.state_s_head + row * params.state_s_stride + c] = state.s;
            let v = params.new_v + head * params.state_v_head + 3u * row * params.state_v_stride + c;
            arena[v] = state.x;
            arena[v + params.state_v_stride] = state.y;
            arena[v + 2u * params.state_v_stride] = state.z;
            if (params.write_q != 0u) {
                let q = params.q + head * params.q_head + row * params.q_stride + c;
                arena[q] = state.s;
                arena[q + new_width4] = square_of_scalars(state.s);
                arena[q + 2u * new_width4] = square_of_vectors(state.x, state.y, state.z);
            }
        }
    }
}
