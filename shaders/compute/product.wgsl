// Tiled matrix products out = f(A W), all headers and up to two products ("parts": scalars and vectors) in
// one dispatch. A has two column blocks that may lie apart, so that nothing is copied to concatenate.
//
// A workgroup computes BM rows × 4·BN4 columns, a thread ROWS rows × 4 columns. Each trip through the loop
// brings 4·BK4 columns of A and rows of W to workgroup memory; the next ones travel while it multiplies.
// All threads of a subgroup read the same values of A (a broadcast) and neighboring values of W.
//
// Constants from the host: BM, BN4, BK4, THREADS, ROWS, LOADS_A, LOADS_W, EPILOGUE.

struct Part {
    rows: u32, k4_first: u32, k4_second: u32, n4: u32,
    // A, first block: offset, distance of rows, distance of headers; the same for the second block.
    a_offset: u32, a_stride: u32, a_head: u32, w_offset: u32,
    b_offset: u32, b_stride: u32, b_head: u32, w_head: u32,
    out_offset: u32, out_stride: u32, out_head: u32, parts: u32,
    // Gates only: scalars q that are gated by the first `scalars4` columns of four, scalars and vectors that
    // make u = [v, s v] (square = 1) or u = v, gated by the others; width of v; results.
    q_offset: u32, q_stride: u32, q_head: u32, scalars4: u32,
    s_offset: u32, s_stride: u32, s_head: u32, width4: u32,
    v_offset: u32, v_stride: u32, v_head: u32, square: u32,
    u_offset: u32, u_stride: u32, u_head: u32, unused: u32,
}

struct Params {
    parts: array<Part, 2>,
}

@group(0) @binding(3) var<uniform> params: Params;

const EPILOGUE_NONE: u32 = 0u;
const EPILOGUE_ACTIVATION: u32 = 1u;
const EPILOGUE_GATES: u32 = 2u;

// One column of padding puts the rows of a tile into different banks.
var<workgroup> tile_a: array<vec4<f32>, BM * (BK4 + 1u)>;
var<workgroup> tile_w: array<vec4<f32>, 4u * BK4 * BN4>;

fn fetch_a(part: u32, head: u32, row: u32, k4: u32) -> vec4<f32> {
    let first = params.parts[part].k4_first;
    if (row >= params.parts[part].rows || k4 >= first + params.parts[part].k4_second) {
        return vec4(0.0);
    }
    if (k4 < first) {
        return arena[params.parts[part].a_offset + head * params.parts[part].a_head + row * params.parts[part].a_stride + k4];
    }
    return arena[params.parts[part].b_offset + head * params.parts[part].b_head + row * params.parts[part].b_stride + k4 - first];
}

fn fetch_w(part: u32, head: u32, k: u32, n4: u32) -> vec4<f32> {
    let inner = 4u * (params.parts[part].k4_first + params.parts[part].k4_second);
    if (k >= inner || n4 >= params.parts[part].n4) {
        return vec4(0.0);
    }
    return weights[params.parts[part].w_offset + head * params.parts[part].w_head + k * params.parts[part].n4 + n4];
}

fn store(part: u32, head: u32, row: u32, n4: u32, x: vec4<f32>) {
    if (row >= params.parts[part].rows || n4 >= params.parts[part].n4) {
        return;
    }
    let out = params.parts[part].out_offset + head * params.parts[part].out_head + row * params.parts[part].out_stride;
    if (EPILOGUE == EPILOGUE_NONE) {
        arena[out + n4] = x;
        return;
    }
    let y = activation(x);
    if (EPILOGUE == EPILOGUE_ACTIVATION) {
        arena[out + n4] = y;
        return;
    }
    let scalars4 = params.parts[part].scalars4;
    if (n4 < scalars4) {
        let q = params.parts[part].q_offset + head * params.parts[part].q_head + row * params.parts[part].q_stride;
        arena[out + n4] = y * arena[q + n4];
        return;
    }
    let width4 = params.parts[part].width4;
    let column = n4 - scalars4;
    var gate = y;
    var channel = column;
    if (params.parts[part].square != 0u && column >= width4) {
        channel = column - width4;
        gate *= arena[params.parts[part].s_offset + head * params.parts[part].s_head + row * params.parts[part].s_stride + channel];
    }
    let v = params.parts[part].v_offset + head * params.parts[part].v_head + channel;
    let u = params.parts[part].u_offset + head * params.parts[part].u_head + column;
    for (var axis = 0u; axis < 3u; axis++) {
        let at = 3u * row + axis;
        arena[u + at * params.parts[part].u_stride] = gate * arena[v + at * params.parts[part].v_stride];
    }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let parts = params.parts[0].parts;
    let part = group.z % parts;
    let head = group.z / parts;
    let first_row = group.y * BM;
    let first_n4 = group.x * BN4;
    if (first_row >= params.parts[part].rows || first_n4 >= params.parts[part].n4) {
        return;
    }
    let tx = lane % BN4;
    let ty = lane / BN4;
    let inner4 = params.parts[part].k4_first + params.parts[part].k4_second;
    //# unroll r ROWS
    var sum_{r} = vec4(0.0);
    //# end
    //# unroll i LOADS_A
    var next_a_{i} = fetch_a(part, head, first_row + (lane + {i}u * THREADS) / BK4, (lane + {i}u * THREADS) % BK4);
    //# end
    //# unroll i LOADS_W
    var next_w_{i} = fetch_w(part, head, (lane + {i}u * THREADS) / BN4, first_n4 + (lane + {i}u * THREADS) % BN4);
    //# end
    for (var k4 = 0u; k4 < inner4; k4 += BK4) {
        workgroupBarrier();
        //# unroll i LOADS_A
        tile_a[(lane + {i}u * THREADS) / BK4 * (BK4 + 1u) + (lane + {i}u * THREADS) % BK4] = next_a_{i};
        //# end
        //# unroll i LOADS_W
        tile_w[lane + {i}u * THREADS] = next_w_{i};
        //# end
        workgroupBarrier();
        if (k4 + BK4 < inner4) {
            //# unroll i LOADS_A
            next_a_{i} = fetch_a(part, head, first_row + (lane + {i}u * THREADS) / BK4, k4 + BK4 + (lane + {i}u * THREADS) % BK4);
            //# end
            //# unroll i LOADS_W
            next_w_{i} = fetch_w(part, head, 4u * (k4 + BK4) + (lane + {i}u * THREADS) / BN4, first_n4 + (lane + {i}u * THREADS) % BN4);
            //# end
        }
        for (var k = 0u; k < BK4; k++) {
            let w_0 = tile_w[4u * k * BN4 + tx];
            let w_1 = tile_w[(4u * k + 1u) * BN4 + tx];
            let w_2 = tile_w[(4u * k + 2u) * BN4 + tx];
            let w_3 = tile_w[(4u * k + 3u) * BN4 + tx];
            //# unroll r ROWS
            let a_{r} = tile_a[(ty * ROWS + {r}u) * (BK4 + 1u) + k];
            sum_{r} = fma(vec4(a_{r}.x), w_0, sum_{r});
            sum_{r} = fma(vec4(a_{r}.y), w_1, sum_{r});
            sum_{r} = fma(vec4(a_{r}.z), w_2, sum_{r});
            sum_{r} = fma(vec4(a_{r}.w), w_3, sum_{r});
            //# end
        }
    }
    //# unroll r ROWS
    store(part, head, first_row + ty * ROWS + {r}u, first_n4 + tx, sum_{r});
    //# end
}
