// From a cloud to the inputs of a trunk: centering, neighbors and edge embeddings, lengths, chain vectors,
// strain, time and the conditioner's result. One workgroup per row.
//
// Constants from the host: THREADS (128, a power of two, at least 8 · SITES), MOST_RESIDUES, MOST_NEIGHBORS.

struct Params {
    residues: u32,
    neighbors: u32, bins: u32, bins4: u32, bin_spacing: f32, radial_scale: f32, clamp: u32,
    edges: u32, radial: u32,
    source: u32, centered: u32,
    // Inputs of the trunk.
    s: u32, s4: u32, v: u32, v4: u32,
    // 1: the conditioner's inputs (labels). 0: a header's (time, conditioner, strain, displacement).
    conditioner: u32,
    label_count: u32, time_bins: u32, strain: u32, displacement: u32, torsion: u32, frame: u32, source_torsion: u32,
    source_frame: u32, carried: u32, estimate: u32, end_point: u32,
    // The conditioner's result.
    condition_s: u32, condition_v: u32, channels: u32, channels4: u32,
    // Tables.
    residue_words: u32, branches: u32, classes: u32, pair_starts: u32, pairs: u32, close: u32, torsions: u32,
}

@group(0) @binding(3) var<uniform> params: Params;

const CHAIN_VECTORS: u32 = 4u;
const FEATURES: u32 = SLOTS + CHAIN_VECTORS;
const STRAIN_VECTORS: u32 = 3u * SITES + 1u;
const STRAIN_SCALARS: u32 = STRAIN_VECTORS + 2u;
const TORSIONS: u32 = 7u;
const FRAME_UNIT_ANGSTROM: f32 = 1.5;
// Units of the estimate, as `engine/src/network/inputs/displacements.rs` has them.
const POSITION_JUMP_ANGSTROM: f32 = 1.1;
const VECTOR_JUMP_ANGSTROM: f32 = 1.5;
const N_SLOT: u32 = 0u;
const C_SLOT: u32 = 1u;
const O_SLOT: u32 = 2u;
const CB_SLOT: u32 = 3u;
const NOWHERE: u32 = 0xffffffffu;
const LANES_PER_SITE: u32 = 8u;

var<workgroup> squared: array<f32, MOST_RESIDUES>;
var<workgroup> distances: array<f32, MOST_NEIGHBORS>;
var<workgroup> partial: array<vec3<f32>, THREADS>;
var<workgroup> rotation: mat3x3<f32>;
var<workgroup> centers: array<vec3<f32>, 2>;

// Vectors of a residue of a cloud, moment.cloud or params.source, the position last.
fn entry(cloud: u32, first: u32, residue: u32, slot: u32) -> vec3<f32> {
    return arena[cloud + (first + residue) * SITES + slot].xyz;
}

fn position(first: u32, residue: u32) -> vec3<f32> {
    return entry(moment.cloud, first, residue, SLOTS);
}

fn slot_vector(first: u32, residue: u32, slot: u32) -> vec3<f32> {
    return entry(moment.cloud, first, residue, slot);
}

fn position_in(cloud: u32, first: u32, site: u32) -> vec3<f32> {
    let p = entry(cloud, first, site / SITES, SLOTS);
    if (site % SITES == SLOTS) {
        return p;
    }
    return p + entry(cloud, first, site / SITES, site % SITES);
}

fn site_position(first: u32, site: u32) -> vec3<f32> {
    return position_in(moment.cloud, first, site);
}

fn put_scalar(row: u32, channel: u32, x: f32) {
    arena[params.s + row * params.s4 + channel / 4u][channel % 4u] = x;
}

fn put_vector(row: u32, channel: u32, x: vec3<f32>) {
    let at = params.v + 3u * row * params.v4 + channel / 4u;
    arena[at][channel % 4u] = x.x;
    arena[at + params.v4][channel % 4u] = x.y;
    arena[at + 2u * params.v4][channel % 4u] = x.z;
}

// The 13 vectors, then those along the chain; zero at its ends.
fn feature(cloud: u32, first: u32, residue: u32, which: u32) -> vec3<f32> {
    if (which < SLOTS) {
        return entry(cloud, first, residue, which);
    }
    let forward = which == SLOTS + 1u || which == SLOTS + 3u;
    if (select(residue == 0u, residue + 1u >= params.residues, forward)) {
        return vec3(0.0);
    }
    let before = select(residue - 1u, residue, forward);
    let chain = entry(cloud, first, before + 1u, SLOTS) - entry(cloud, first, before, SLOTS);
    if (which == SLOTS + 2u) {
        return -chain;
    }
    if (which == SLOTS + 3u) {
        return chain;
    }
    return chain + entry(cloud, first, before + 1u, N_SLOT) - entry(cloud, first, before, C_SLOT);
}

// Volume spanned by three vectors over the product of their lengths.
fn triple(a: vec3<f32>, b: vec3<f32>, c: vec3<f32>) -> f32 {
    return dot(cross(a, b), c) / max(sqrt(dot(a, a) * dot(b, b) * dot(c, c)), 1e-3);
}

// Distance below which two atoms overlap; classes 0, 1, 2 are carbon, polar, sulfur.
fn contact_angstrom(a: u32, b: u32) -> f32 {
    let low = min(a, b);
    let high = max(a, b);
    if (low == 0u) {
        return select(select(3.4, 3.0, high == 1u), 3.3, high == 0u);
    }
    return select(3.1, 2.6, high == 1u);
}

fn class_of(site: u32) -> u32 {
    return (tables[params.classes + site / SITES] >> (2u * (site % SITES))) & 3u;
}

// Whether `other` is fewer than four bonds from `site`, both in the same or in neighboring residues.
fn is_close(site: u32, other: u32) -> bool {
    let bit = other % SITES;
    let at = params.close + 2u * site;
    if (other / SITES < site / SITES) {
        return ((tables[at] >> bit) & 1u) != 0u;
    }
    if (other / SITES == site / SITES) {
        return ((tables[at] >> (SITES + bit)) & 1u) != 0u;
    }
    return ((tables[at + 1u] >> bit) & 1u) != 0u;
}

// Zero where there is no direction.
fn unit(a: vec3<f32>) -> vec3<f32> {
    let length = sqrt(dot(a, a));
    return select(vec3(0.0), a / max(length, 1e-6), length > 1e-6);
}

// Sine and cosine of a torsion, zero both where three of its points lie in a line.
fn sine_and_cosine(a: vec3<f32>, b: vec3<f32>, c: vec3<f32>, d: vec3<f32>) -> vec2<f32> {
    let axis = c - b;
    let left = cross(b - a, axis);
    let right = cross(axis, d - c);
    let size = sqrt(dot(left, left) * dot(right, right));
    if (size < 1e-6) {
        return vec2(0.0);
    }
    return vec2(dot(cross(left, right), unit(axis)), dot(left, right)) / size;
}

// √2 (sin, cos) of the torsions of a residue in a cloud from `channel` on, one a lane; zeros where there is none.
fn put_torsions(row: u32, channel: u32, cloud: u32, first: u32, residue: u32, lane: u32) {
    if (lane >= TORSIONS) {
        return;
    }
    let at = params.torsions + 4u * (TORSIONS * residue + lane);
    var x = vec2(0.0);
    if (tables[at] != NOWHERE) {
        x = 1.4142135 * sine_and_cosine(
            position_in(cloud, first, tables[at]),
            position_in(cloud, first, tables[at + 1u]),
            position_in(cloud, first, tables[at + 2u]),
            position_in(cloud, first, tables[at + 3u]),
        );
    }
    put_scalar(row, channel + 2u * lane, x.x);
    put_scalar(row, channel + 2u * lane + 1u, x.y);
}

// The coordinates of `x` along the axes of a residue with these vectors from Cα to N and C: along C, towards N at
// right angles to it, and their cross product.
fn put_in_frame(row: u32, channel: u32, n: vec3<f32>, c: vec3<f32>, x: vec3<f32>) {
    let along = unit(c);
    let normal = unit(cross(along, n));
    put_scalar(row, channel, dot(along, x));
    put_scalar(row, channel + 1u, dot(cross(normal, along), x));
    put_scalar(row, channel + 2u, dot(normal, x));
}

// Atoms that make the piece around a residue: five of its own, then Cα, C, O of the one before and N, Cα of the one
// after.
const PIECE: u32 = 10u;
const OF_NEIGHBORS: u32 = 5u;

// The site of an atom of the piece, NOWHERE where the chain or the residue has none.
fn piece_site(residue: u32, which: u32, used: u32) -> u32 {
    if (which < 5u) {
        // N, Cα, C, O, Cβ.
        let slot = array<u32, 5>(N_SLOT, SLOTS, C_SLOT, O_SLOT, CB_SLOT)[which];
        return select(NOWHERE, residue * SITES + slot, slot == SLOTS || slot < used);
    }
    if (which < 8u) {
        let slot = array<u32, 3>(SLOTS, C_SLOT, O_SLOT)[which - 5u];
        return select(NOWHERE, (residue - 1u) * SITES + slot, residue > 0u);
    }
    let slot = select(SLOTS, N_SLOT, which == 8u);
    return select(NOWHERE, (residue + 1u) * SITES + slot, residue + 1u < params.residues);
}

// The rotation that turns the piece around a residue from X^t to X_τ, by least squares, and its centers in both.
fn carry(first: u32, residue: u32, used: u32) {
    let origin_a = position_in(params.source, first, residue * SITES + SLOTS);
    let origin_b = position(first, residue);
    var sum_a = vec3(0.0);
    var sum_b = vec3(0.0);
    // Column j holds Σ a b_j.
    var products = mat3x3<f32>();
    var count = 0.0;
    for (var which = 0u; which < PIECE; which++) {
        let site = piece_site(residue, which, used);
        if (site == NOWHERE) {
            continue;
        }
        let a = position_in(params.source, first, site) - origin_a;
        let b = site_position(first, site) - origin_b;
        sum_a += a;
        sum_b += b;
        products += mat3x3<f32>(a * b.x, a * b.y, a * b.z);
        count += 1.0;
    }
    let mean = sum_b / count;
    products -= mat3x3<f32>(sum_a * mean.x, sum_a * mean.y, sum_a * mean.z);
    centers[0] = origin_a + sum_a / count;
    centers[1] = origin_b + mean;
    let x = vec3(products[0].x, products[1].x, products[2].x);
    let y = vec3(products[0].y, products[1].y, products[2].y);
    let z = vec3(products[0].z, products[1].z, products[2].z);
    // Horn's matrix, and Jacobi's method for its eigenvectors.
    var k = array<array<f32, 4>, 4>(
        array<f32, 4>(x.x + y.y + z.z, y.z - z.y, z.x - x.z, x.y - y.x),
        array<f32, 4>(y.z - z.y, x.x - y.y - z.z, x.y + y.x, z.x + x.z),
        array<f32, 4>(z.x - x.z, x.y + y.x, y.y - x.x - z.z, y.z + z.y),
        array<f32, 4>(x.y - y.x, z.x + x.z, y.z + z.y, z.z - x.x - y.y),
    );
    var v = array<array<f32, 4>, 4>(
        array<f32, 4>(1.0, 0.0, 0.0, 0.0),
        array<f32, 4>(0.0, 1.0, 0.0, 0.0),
        array<f32, 4>(0.0, 0.0, 1.0, 0.0),
        array<f32, 4>(0.0, 0.0, 0.0, 1.0),
    );
    for (var sweep = 0u; sweep < 6u; sweep++) {
        for (var p = 0u; p < 3u; p++) {
            for (var q = p + 1u; q < 4u; q++) {
                let off = k[p][q];
                if (abs(off) < 1e-12) {
                    continue;
                }
                let theta = (k[q][q] - k[p][p]) / (2.0 * off);
                let t = select(1.0, -1.0, theta < 0.0) / (abs(theta) + sqrt(theta * theta + 1.0));
                let c = inverseSqrt(t * t + 1.0);
                let s = t * c;
                for (var i = 0u; i < 4u; i++) {
                    let a = k[i][p];
                    let b = k[i][q];
                    k[i][p] = c * a - s * b;
                    k[i][q] = s * a + c * b;
                }
                for (var i = 0u; i < 4u; i++) {
                    let a = k[p][i];
                    let b = k[q][i];
                    k[p][i] = c * a - s * b;
                    k[q][i] = s * a + c * b;
                    let d = v[i][p];
                    let e = v[i][q];
                    v[i][p] = c * d - s * e;
                    v[i][q] = s * d + c * e;
                }
            }
        }
    }
    var best = 0u;
    for (var i = 1u; i < 4u; i++) {
        if (k[i][i] > k[best][best]) {
            best = i;
        }
    }
    let w = v[0u][best];
    let r = vec3(v[1u][best], v[2u][best], v[3u][best]);
    rotation = mat3x3<f32>(
        vec3(w * w + r.x * r.x - r.y * r.y - r.z * r.z, 2.0 * (r.x * r.y + w * r.z), 2.0 * (r.x * r.z - w * r.y)),
        vec3(2.0 * (r.x * r.y - w * r.z), w * w - r.x * r.x + r.y * r.y - r.z * r.z, 2.0 * (r.y * r.z + w * r.x)),
        vec3(2.0 * (r.x * r.z + w * r.y), 2.0 * (r.y * r.z - w * r.x), w * w - r.x * r.x - r.y * r.y + r.z * r.z),
    );
}

// What leads from an atom of X_τ to where it would be had its piece been carried along.
fn left(first: u32, site: u32) -> vec3<f32> {
    let before = position_in(params.source, first, site);
    return rotation * (before - centers[0]) + centers[1] - site_position(first, site);
}

// Pulls of kind 0 (bonds) or 1 (1–3 distances) on a site.
fn pulls(first: u32, site: u32, kind: u32) -> vec3<f32> {
    let scale = select(0.2, 0.1, kind == 0u);
    let own = site_position(first, site);
    var sum = vec3(0.0);
    let end = tables[params.pair_starts + site + 1u];
    for (var at = tables[params.pair_starts + site]; at < end; at++) {
        let word = tables[params.pairs + 2u * at];
        if ((word & 1u) != kind) {
            continue;
        }
        let away = site_position(first, word >> 1u) - own;
        let distance = sqrt(dot(away, away));
        let x = distance - bitcast<f32>(tables[params.pairs + 2u * at + 1u]);
        sum += away / max(distance, 1e-6) * (x / (abs(x) + scale));
    }
    return sum;
}

// One lane's share of the pushes out of overlaps on a site.
fn pushes(first: u32, site: u32, share: u32) -> vec3<f32> {
    let own = site_position(first, site);
    let residue = site / SITES;
    let ca = position(first, residue);
    let class_own = class_of(site);
    var sum = vec3(0.0);
    for (var j = share; j < params.residues; j += LANES_PER_SITE) {
        let apart = position(first, j) - ca;
        if (dot(apart, apart) > 196.0) {
            continue;
        }
        let near = j + 1u >= residue && j <= residue + 1u;
        let used = (tables[params.residue_words + j] >> 8u) & 255u;
        for (var k = 0u; k <= used; k++) {
            // The used slots, then Cα.
            let other = j * SITES + select(k, SLOTS, k == used);
            if (other == site || (near && is_close(site, other))) {
                continue;
            }
            let contact = contact_angstrom(class_own, class_of(other));
            let away = site_position(first, other) - own;
            let square = dot(away, away);
            if (square < contact * contact) {
                let distance = sqrt(square);
                sum -= away / max(distance, 1e-6) * min((contact - distance) / 0.5, 1.0);
            }
        }
    }
    return sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.x;
    let residue = row % params.residues;
    let first = row - residue;
    let residue_word = tables[params.residue_words + residue];
    let used = (residue_word >> 8u) & 255u;
    let own = position(first, residue);

    // The center of the replica, and squared distances to this residue.
    var sum = vec3(0.0);
    for (var j = lane; j < params.residues; j += THREADS) {
        let p = position(first, j);
        let d = p - own;
        squared[j] = select(d.x * d.x + d.y * d.y + d.z * d.z, 3e38, j == residue);
        sum += p;
    }
    partial[lane] = sum;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if (lane < half) {
            partial[lane] += partial[lane + half];
        }
        workgroupBarrier();
    }
    let centered = own - partial[0] / f32(params.residues);
    workgroupBarrier();
    if (lane < SITES) {
        let vector = slot_vector(first, residue, lane);
        arena[params.centered + row * SITES + lane] = vec4(select(vector, centered, lane == SLOTS), 0.0);
    }

    // A residue that as many others are nearer than is the neighbor of that number; ties by index.
    for (var j = lane; j < params.residues; j += THREADS) {
        let mine = squared[j];
        var rank = 0u;
        for (var other = 0u; other < params.residues; other++) {
            let theirs = squared[other];
            rank += select(0u, 1u, theirs < mine || (theirs == mine && other < j));
        }
        if (j != residue && rank < params.neighbors) {
            let distance = sqrt(mine);
            let inverse = select(0.0, 1.0 / distance, distance > 1e-6);
            let unit = (position(first, j) - own) * inverse;
            let limit = i32(params.clamp);
            let offset = u32(clamp(i32(j) - i32(residue), -limit, limit) + limit);
            let edge = params.edges + 2u * (row * params.neighbors + rank);
            arena[edge] = vec4(unit, distance);
            // As numbers, not as bits: small integers would be denormal.
            arena[edge + 1u] = vec4(f32(first + j), f32(offset), 0.0, 0.0);
            distances[rank] = distance;
        }
    }
    workgroupBarrier();
    let spacing = params.bin_spacing;
    let radial_scale = params.radial_scale;
    for (var at = lane; at < params.neighbors * params.bins4; at += THREADS) {
        let x = min(distances[at / params.bins4] / spacing, f32(params.bins - 1u));
        let t = vec4(x) - (vec4(0.0, 1.0, 2.0, 3.0) + f32(4u * (at % params.bins4)));
        let rho = select(radial_scale * exp(-0.5 * t * t), vec4(0.0), abs(t) > vec4(6.0));
        arena[params.radial + row * params.neighbors * params.bins4 + at] = rho;
    }

    // Scalars before and after the lengths, vectors after the features.
    var lengths = 0u;
    var next_s = 0u;
    var next_v = FEATURES;
    if (params.conditioner != 0u) {
        for (var c = lane; c < params.label_count; c += THREADS) {
            put_scalar(row, c, select(0.0, sqrt(f32(params.label_count)), c == (residue_word & 255u)));
        }
        lengths = params.label_count;
        next_s = lengths + FEATURES;
    } else {
        let x = moment.clock * f32(params.time_bins + 1u) - 1.0;
        for (var c = lane; c < params.time_bins; c += THREADS) {
            let d = abs(x - f32(c));
            put_scalar(row, c, select(0.0, sqrt(f32(params.time_bins)) * cos(1.5707964 * d), d < 1.0));
        }
        for (var c = lane; c < params.channels; c += THREADS) {
            let at = params.condition_s + row * params.channels4 + c / 4u;
            put_scalar(row, params.time_bins + c, arena[at][c % 4u]);
        }
        lengths = params.time_bins + params.channels;
        next_s = lengths + FEATURES;
    }
    if (lane < FEATURES) {
        let x = feature(moment.cloud, first, residue, lane);
        put_scalar(row, lengths + lane, sqrt(dot(x, x)));
        put_vector(row, lane, x);
        if (params.conditioner != 0u && params.frame != 0u) {
            let before = next_s + select(0u, 2u * TORSIONS, params.torsion != 0u);
            let n = slot_vector(first, residue, N_SLOT);
            let c = slot_vector(first, residue, C_SLOT);
            put_in_frame(row, before + 3u * lane, n, c, x / FRAME_UNIT_ANGSTROM);
        }
    }
    if (params.strain != 0u) {
        let site_slot = lane / LANES_PER_SITE;
        let site = residue * SITES + site_slot;
        let is_site = site_slot < used || site_slot == SLOTS;
        var push = vec3(0.0);
        if (is_site && site_slot < SITES) {
            push = pushes(first, site, lane % LANES_PER_SITE);
        }
        partial[lane] = push;
        workgroupBarrier();
        // Lanes of kind · 14 + site.
        if (lane < 3u * SITES) {
            let kind = lane / SITES;
            var x = vec3(0.0);
            if (kind < 2u) {
                x = pulls(first, residue * SITES + lane % SITES, kind);
            } else {
                for (var i = 0u; i < LANES_PER_SITE; i++) {
                    x += partial[lane % SITES * LANES_PER_SITE + i];
                }
            }
            put_scalar(row, next_s + lane, sqrt(dot(x, x)));
            put_vector(row, next_v + lane, x);
        } else if (lane == 3u * SITES) {
            // The way to the ideal Cβ, from N, CA, C of a tetrahedral center, and the handedness of Cα.
            var x = vec3(0.0);
            var hand = 0.0;
            if ((residue_word >> 16u) != 0u) {
                let n = slot_vector(first, residue, N_SLOT);
                let c = slot_vector(first, residue, C_SLOT);
                let cb = slot_vector(first, residue, CB_SLOT);
                let away = -0.5827343 * cross(-n, c) - 0.5680283 * n - 0.5406747 * c - cb;
                x = away / (sqrt(dot(away, away)) + 0.2);
                hand = triple(n, c, cb);
            }
            put_scalar(row, next_s + lane, sqrt(dot(x, x)));
            put_vector(row, next_v + lane, x);
            put_scalar(row, next_s + STRAIN_VECTORS, hand);
        } else if (lane == 3u * SITES + 1u) {
            // Handedness of the side chain's branch.
            var hand = 0.0;
            let branch = params.branches + 4u * residue;
            if (tables[branch] != NOWHERE) {
                let center = site_position(first, tables[branch]);
                hand = triple(
                    site_position(first, tables[branch + 1u]) - center,
                    site_position(first, tables[branch + 2u]) - center,
                    site_position(first, tables[branch + 3u]) - center,
                );
            }
            put_scalar(row, next_s + STRAIN_VECTORS + 1u, hand);
        }
        next_s += STRAIN_SCALARS;
        next_v += STRAIN_VECTORS;
    }
    if (params.displacement != 0u) {
        if (lane < SITES) {
            let is_position = lane == SLOTS;
            let here = select(slot_vector(first, residue, lane), centered, is_position);
            let scale = select(moment.vector_displacement, moment.position_displacement, is_position);
            let x = scale * (here - moment.still * arena[params.source + row * SITES + lane].xyz);
            put_scalar(row, next_s + lane, sqrt(dot(x, x)));
            put_vector(row, next_v + lane, x);
            if (params.frame != 0u) {
                let before = next_s + SITES + select(0u, 2u * TORSIONS, params.torsion != 0u);
                let n = arena[params.source + row * SITES + N_SLOT].xyz;
                let c = arena[params.source + row * SITES + C_SLOT].xyz;
                put_in_frame(row, before + 3u * lane, n, c, x);
            }
        }
        next_s += SITES;
        next_v += SITES;
    }
    if (params.torsion != 0u) {
        put_torsions(row, next_s, moment.cloud, first, residue, lane);
        next_s += 2u * TORSIONS;
    }
    if (params.frame != 0u) {
        // Written above, with the vectors.
        next_s += 3u * select(SITES, FEATURES, params.conditioner != 0u);
    }
    if (params.source_torsion != 0u) {
        put_torsions(row, next_s, params.source, first, residue, lane);
        next_s += 2u * TORSIONS;
    }
    if (params.source_frame != 0u) {
        if (lane < FEATURES) {
            let n = entry(params.source, first, residue, N_SLOT);
            let c = entry(params.source, first, residue, C_SLOT);
            let x = feature(params.source, first, residue, lane);
            put_vector(row, next_v + lane, x);
            put_in_frame(row, next_s + 3u * lane, n, c, x / FRAME_UNIT_ANGSTROM);
            if (lane >= SLOTS) {
                let moved = feature(moment.cloud, first, residue, lane) - moment.still * x;
                let scaled = moment.vector_displacement * moved;
                put_in_frame(row, next_s + 3u * (FEATURES + lane - SLOTS), n, c, scaled);
            }
        }
        next_s += 3u * (FEATURES + CHAIN_VECTORS);
        next_v += FEATURES;
    }
    if (params.carried != 0u) {
        if (lane == 0u) {
            carry(first, residue, used);
        }
        workgroupBarrier();
        let n = rotation * entry(params.source, first, residue, N_SLOT);
        let c = rotation * entry(params.source, first, residue, C_SLOT);
        if (lane < SITES) {
            var x = vec3(0.0);
            if (lane == SLOTS) {
                x = moment.position_displacement * left(first, residue * SITES + SLOTS);
            } else {
                let before = rotation * entry(params.source, first, residue, lane);
                x = moment.vector_displacement * (before - slot_vector(first, residue, lane));
            }
            put_vector(row, next_v + lane, x);
            put_in_frame(row, next_s + 3u * lane, n, c, x);
        } else if (lane < SITES + OF_NEIGHBORS) {
            let site = piece_site(residue, lane - SITES + 5u, used);
            var x = vec3(0.0);
            if (site != NOWHERE) {
                x = moment.vector_displacement * left(first, site);
            }
            put_in_frame(row, next_s + 3u * lane, n, c, x);
        }
        next_s += 3u * (SITES + OF_NEIGHBORS);
        next_v += SITES;
    }
    if (params.estimate != 0u) {
        if (moment.estimated != 0u) {
            if (lane < SITES) {
                let jump = entry(params.end_point, first, residue, lane) - entry(params.source, first, residue, lane);
                let x = jump / select(VECTOR_JUMP_ANGSTROM, POSITION_JUMP_ANGSTROM, lane == SLOTS);
                put_scalar(row, next_s + 1u + lane, sqrt(dot(x, x)));
                put_vector(row, next_v + lane, x);
            }
            put_torsions(row, next_s + 1u + SITES, params.end_point, first, residue, lane);
        } else {
            if (lane < SITES + 2u * TORSIONS) {
                put_scalar(row, next_s + 1u + lane, 0.0);
            }
            if (lane < SITES) {
                put_vector(row, next_v + lane, vec3(0.0));
            }
        }
        if (lane == 0u) {
            put_scalar(row, next_s, f32(moment.estimated));
        }
        next_s += 1u + SITES + 2u * TORSIONS;
        next_v += SITES;
    }
    if (params.conditioner == 0u) {
        if (lane == 0u) {
            put_vector(row, next_v, centered - moment.still * arena[params.source + row * SITES + SLOTS].xyz);
        }
        next_v += 1u;
        for (var c = lane; c < params.channels; c += THREADS) {
            let at = params.condition_v + 3u * row * params.channels4 + c / 4u;
            put_vector(row, next_v + c, vec3(
                arena[at][c % 4u],
                arena[at + params.channels4][c % 4u],
                arena[at + 2u * params.channels4][c % 4u],
            ));
        }
        next_v += params.channels;
    }
    // Padding.
    if (next_s + lane < 4u * params.s4) {
        put_scalar(row, next_s + lane, 0.0);
    }
    if (next_v + lane < 4u * params.v4) {
        put_vector(row, next_v + lane, vec3(0.0));
    }
}
