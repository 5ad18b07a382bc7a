//! The spatial convolution (Alg. 4) in factorised form: matrices act once per node, edges only combine.

use super::linear::{inverse_sqrt, product, product_input_gradient, product_weight_gradient, rows, rows_mut};
use super::simd::{activate, multiply, simd, sized, zeroed};
use super::trunk::ParameterRanges;
use crate::network::{Geometry, NetworkConfig};

/// Shapes and parameters of one convolution.
pub(super) struct Convolution {
    h: usize,
    bins: usize,
    offsets: usize,
    parameters: ParameterRanges,
}

/// Intermediate results.
#[derive(Default)]
pub(super) struct ConvolutionCache {
    nodes_s: Vec<f32>,
    nodes_v: Vec<f32>,
    hidden: Vec<f32>,
    hidden_slope: Vec<f32>,
    gates: Vec<f32>,
    sum_s: Vec<f32>,
    sum_v: Vec<f32>,
    dsum_s: Vec<f32>,
    dsum_v: Vec<f32>,
    dnodes_s: Vec<f32>,
    dnodes_v: Vec<f32>,
    dgates: Vec<f32>,
    dhidden: Vec<f32>,
}

const MESSAGE_S: f32 = std::f32::consts::FRAC_1_SQRT_2;
const PATH_SV: f32 = 0.866_025_4; // √3 / 2
const PATH_CROSS: f32 = 0.612_372_46; // √(3/2) / 2
const PATH_QUADRUPOLE: f32 = 1.060_660_1; // √(9/2) / 2
const PATH_VV: f32 = 0.5;

impl Convolution {
    pub fn new(parameters: ParameterRanges, config: &NetworkConfig) -> Self {
        Self {
            h: config.multiplicity,
            bins: config.radial_bins,
            offsets: 2 * config.sequence_clamp + 1,
            parameters,
        }
    }

    /// Multiply–add operations of the products: per row, and per edge.
    pub fn macs(&self) -> (usize, usize) {
        let h = self.h;
        (16 * h * h + 4 * h * h, self.bins * h + 2 * h * h)
    }

    fn gate_fan_in(&self) -> f32 {
        (self.bins + self.offsets + 2 * self.h) as f32
    }

    /// Computes `out_s [R, H]`, `out_v [R, 3, H]` from `s [R, H]`, `v [R, 3, H]`.
    pub fn forward(
        &self,
        p: &[f32],
        cache: &mut ConvolutionCache,
        geometry: &Geometry,
        s: &[f32],
        v: &[f32],
        out_s: &mut Vec<f32>,
        out_v: &mut Vec<f32>,
        train: bool,
    ) {
        let h = self.h;
        let r = geometry.rows();
        let edges = geometry.edges();
        let scale = inverse_sqrt(h);
        sized(&mut cache.nodes_s, r * 4 * h);
        sized(&mut cache.nodes_v, r * 12 * h);
        let w = self.parameters.get(p, "scalars");
        product(rows_mut(&mut cache.nodes_s, 4 * h), rows(s, h), w, (r, h, 4 * h), scale, false);
        let w = self.parameters.get(p, "vectors");
        product(rows_mut(&mut cache.nodes_v, 4 * h), rows(v, h), w, (3 * r, h, 4 * h), scale, false);

        let fan = self.gate_fan_in();
        sized(&mut cache.hidden, edges * h);
        let w = self.parameters.get(p, "gate.radial");
        let radial = rows(&geometry.radial, self.bins);
        product(rows_mut(&mut cache.hidden, h), radial, w, (edges, self.bins, h), 1.0 / fan.sqrt(), false);
        {
            let (z, nodes) = (&mut cache.hidden[..], &cache.nodes_s[..]);
            let table = self.parameters.get(p, "gate.offset");
            let bias = self.parameters.get(p, "gate.bias");
            let node_scale = (h as f32 / fan).sqrt();
            let offset_scale = (self.offsets as f32 / fan).sqrt();
            simd(
                #[inline(always)]
                || edge_hidden(z, geometry, nodes, table, bias, h, node_scale, offset_scale),
            );
        }
        activate(&mut cache.hidden, &mut cache.hidden_slope, train);
        sized(&mut cache.gates, edges * 2 * h);
        let bias = self.parameters.get(p, "gate.output_bias");
        for row in cache.gates.chunks_exact_mut(2 * h) {
            row.copy_from_slice(bias);
        }
        let w = self.parameters.get(p, "gate.output");
        let hidden = rows(&cache.hidden, h);
        product(rows_mut(&mut cache.gates, 2 * h), hidden, w, (edges, h, 2 * h), scale, true);

        cache.sum_s.clear();
        cache.sum_s.extend_from_slice(s);
        cache.sum_v.clear();
        cache.sum_v.extend_from_slice(v);
        {
            let (sum_s, sum_v) = (&mut cache.sum_s[..], &mut cache.sum_v[..]);
            let (nodes_s, nodes_v, gates) = (&cache.nodes_s[..], &cache.nodes_v[..], &cache.gates[..]);
            simd(
                #[inline(always)]
                || aggregate(sum_s, sum_v, geometry, nodes_s, nodes_v, gates, h),
            );
        }
        sized(out_s, r * h);
        sized(out_v, r * 3 * h);
        let w = self.parameters.get(p, "out.scalars");
        product(rows_mut(out_s, h), rows(&cache.sum_s, h), w, (r, h, h), scale, false);
        let w = self.parameters.get(p, "out.vectors");
        product(rows_mut(out_v, h), rows(&cache.sum_v, h), w, (3 * r, h, h), scale, false);
    }

    /// Adds the gradients with respect to the inputs to `ds`, `dv` and those of the parameters to `grad`.
    pub fn backward(
        &self,
        p: &[f32],
        cache: &mut ConvolutionCache,
        geometry: &Geometry,
        s: &[f32],
        v: &[f32],
        dout_s: &[f32],
        dout_v: &[f32],
        grad: &mut [f32],
        ds: &mut [f32],
        dv: &mut [f32],
    ) {
        let h = self.h;
        let r = geometry.rows();
        let edges = geometry.edges();
        let scale = inverse_sqrt(h);
        zeroed(&mut cache.dsum_s, r * h);
        zeroed(&mut cache.dsum_v, r * 3 * h);
        let (dy_s, dy_v) = (rows(dout_s, h), rows(dout_v, h));
        let w = self.parameters.get(p, "out.scalars");
        product_input_gradient(rows_mut(&mut cache.dsum_s, h), dy_s, w, (r, h, h), scale);
        let w = self.parameters.get(p, "out.vectors");
        product_input_gradient(rows_mut(&mut cache.dsum_v, h), dy_v, w, (3 * r, h, h), scale);
        let g = self.parameters.get_mut(grad, "out.scalars");
        product_weight_gradient(g, rows(&cache.sum_s, h), dy_s, (r, h, h), scale);
        let g = self.parameters.get_mut(grad, "out.vectors");
        product_weight_gradient(g, rows(&cache.sum_v, h), dy_v, (3 * r, h, h), scale);
        super::simd::add(ds, &cache.dsum_s);
        super::simd::add(dv, &cache.dsum_v);

        zeroed(&mut cache.dnodes_s, r * 4 * h);
        zeroed(&mut cache.dnodes_v, r * 12 * h);
        sized(&mut cache.dgates, edges * 2 * h);
        {
            let (dgates, dn, dm) = (&mut cache.dgates[..], &mut cache.dnodes_s[..], &mut cache.dnodes_v[..]);
            let (da, db) = (&cache.dsum_s[..], &cache.dsum_v[..]);
            let (n, m, gates) = (&cache.nodes_s[..], &cache.nodes_v[..], &cache.gates[..]);
            simd(
                #[inline(always)]
                || aggregate_backward(dgates, dn, dm, geometry, da, db, n, m, gates, h),
            );
        }
        let dy = rows(&cache.dgates, 2 * h);
        {
            let (dbias, dgates) = (self.parameters.get_mut(grad, "gate.output_bias"), &cache.dgates[..]);
            simd(
                #[inline(always)]
                || column_sums(dbias, dgates),
            );
        }
        let g = self.parameters.get_mut(grad, "gate.output");
        product_weight_gradient(g, rows(&cache.hidden, h), dy, (edges, h, 2 * h), scale);
        zeroed(&mut cache.dhidden, edges * h);
        let w = self.parameters.get(p, "gate.output");
        product_input_gradient(rows_mut(&mut cache.dhidden, h), dy, w, (edges, h, 2 * h), scale);
        multiply(&mut cache.dhidden, &cache.hidden_slope);

        let fan = self.gate_fan_in();
        let g = self.parameters.get_mut(grad, "gate.radial");
        let (radial, dz) = (rows(&geometry.radial, self.bins), rows(&cache.dhidden, h));
        product_weight_gradient(g, radial, dz, (edges, self.bins, h), 1.0 / fan.sqrt());
        {
            let (dtable, dbias) = self.parameters.get_two_mut(grad, "gate.offset", "gate.bias");
            let (dz, dn) = (&cache.dhidden[..], &mut cache.dnodes_s[..]);
            let node_scale = (h as f32 / fan).sqrt();
            let offset_scale = (self.offsets as f32 / fan).sqrt();
            simd(
                #[inline(always)]
                || edge_hidden_backward(dz, geometry, dn, dtable, dbias, h, node_scale, offset_scale),
            );
        }
        let (dn, dm) = (rows(&cache.dnodes_s, 4 * h), rows(&cache.dnodes_v, 4 * h));
        let w = self.parameters.get(p, "scalars");
        product_input_gradient(rows_mut(ds, h), dn, w, (r, h, 4 * h), scale);
        let w = self.parameters.get(p, "vectors");
        product_input_gradient(rows_mut(dv, h), dm, w, (3 * r, h, 4 * h), scale);
        let g = self.parameters.get_mut(grad, "scalars");
        product_weight_gradient(g, rows(s, h), dn, (r, h, 4 * h), scale);
        let g = self.parameters.get_mut(grad, "vectors");
        product_weight_gradient(g, rows(v, h), dm, (3 * r, h, 4 * h), scale);
    }
}

/// `z ← z + bias + offset embedding + node parts`, all scaled.
#[inline(always)]
fn edge_hidden(
    z: &mut [f32],
    geometry: &Geometry,
    nodes: &[f32],
    table: &[f32],
    bias: &[f32],
    h: usize,
    node_scale: f32,
    offset_scale: f32,
) {
    let bias = &bias[..h];
    for i in 0..geometry.rows() {
        let own = &nodes[i * 4 * h + 3 * h..][..h];
        for e in geometry.start[i] as usize..geometry.start[i + 1] as usize {
            let other = &nodes[geometry.neighbour[e] as usize * 4 * h + 2 * h..][..h];
            let offset = &table[geometry.offset[e] as usize * h..][..h];
            let z = &mut z[e * h..][..h];
            for c in 0..h {
                z[c] += bias[c] + offset_scale * offset[c] + node_scale * (own[c] + other[c]);
            }
        }
    }
}

#[inline(always)]
fn edge_hidden_backward(
    dz: &[f32],
    geometry: &Geometry,
    dnodes: &mut [f32],
    dtable: &mut [f32],
    dbias: &mut [f32],
    h: usize,
    node_scale: f32,
    offset_scale: f32,
) {
    let dbias = &mut dbias[..h];
    for i in 0..geometry.rows() {
        for e in geometry.start[i] as usize..geometry.start[i + 1] as usize {
            let dz = &dz[e * h..][..h];
            let doffset = &mut dtable[geometry.offset[e] as usize * h..][..h];
            for c in 0..h {
                dbias[c] += dz[c];
                doffset[c] += offset_scale * dz[c];
            }
            let other = &mut dnodes[geometry.neighbour[e] as usize * 4 * h + 2 * h..][..h];
            for c in 0..h {
                other[c] += node_scale * dz[c];
            }
            let own = &mut dnodes[i * 4 * h + 3 * h..][..h];
            for c in 0..h {
                own[c] += node_scale * dz[c];
            }
        }
    }
}

/// The four matrices of one node's vectors, per axis: `[m¹ | m² | m³ | m⁴]`.
#[inline(always)]
fn blocks(x: &[f32], h: usize) -> (&[f32], &[f32], &[f32], &[f32]) {
    let (m1, rest) = x[..4 * h].split_at(h);
    let (m2, rest) = rest.split_at(h);
    let (m3, m4) = rest.split_at(h);
    (m1, m2, m3, m4)
}

#[inline(always)]
fn blocks_mut(x: &mut [f32], h: usize) -> (&mut [f32], &mut [f32], &mut [f32], &mut [f32]) {
    let (m1, rest) = x[..4 * h].split_at_mut(h);
    let (m2, rest) = rest.split_at_mut(h);
    let (m3, m4) = rest.split_at_mut(h);
    (m1, m2, m3, m4)
}

/// Adds the mean of the gated messages to `sum_s`, `sum_v`.
#[inline(always)]
fn aggregate(
    sum_s: &mut [f32],
    sum_v: &mut [f32],
    geometry: &Geometry,
    nodes_s: &[f32],
    nodes_v: &[f32],
    gates: &[f32],
    h: usize,
) {
    for i in 0..geometry.rows() {
        let (first, end) = (geometry.start[i] as usize, geometry.start[i + 1] as usize);
        if first == end {
            continue;
        }
        let inverse = 1.0 / (end - first) as f32;
        let out_s = &mut sum_s[i * h..][..h];
        let (out_x, rest) = sum_v[i * 3 * h..][..3 * h].split_at_mut(h);
        let (out_y, out_z) = rest.split_at_mut(h);
        for e in first..end {
            let j = geometry.neighbour[e] as usize;
            let [rx, ry, rz] = geometry.unit[e];
            let (n1, n2) = nodes_s[j * 4 * h..][..2 * h].split_at(h);
            let m = &nodes_v[j * 12 * h..][..12 * h];
            let (x1, x2, x3, x4) = blocks(m, h);
            let (y1, y2, y3, y4) = blocks(&m[4 * h..], h);
            let (z1, z2, z3, z4) = blocks(&m[8 * h..], h);
            let (gs, gv) = gates[e * 2 * h..][..2 * h].split_at(h);
            for c in 0..h {
                let scalar = MESSAGE_S * (n1[c] + x1[c] * rx + y1[c] * ry + z1[c] * rz);
                out_s[c] += inverse * gs[c] * scalar;
                let g = inverse * gv[c];
                let along = PATH_SV * n2[c] + PATH_QUADRUPOLE * (x4[c] * rx + y4[c] * ry + z4[c] * rz);
                const THIRD: f32 = PATH_QUADRUPOLE / 3.0;
                out_x[c] += g
                    * (PATH_VV * x2[c] - THIRD * x4[c] + along * rx + PATH_CROSS * (y3[c] * rz - z3[c] * ry));
                out_y[c] += g
                    * (PATH_VV * y2[c] - THIRD * y4[c] + along * ry + PATH_CROSS * (z3[c] * rx - x3[c] * rz));
                out_z[c] += g
                    * (PATH_VV * z2[c] - THIRD * z4[c] + along * rz + PATH_CROSS * (x3[c] * ry - y3[c] * rx));
            }
        }
    }
}

#[inline(always)]
fn aggregate_backward(
    dgates: &mut [f32],
    dnodes_s: &mut [f32],
    dnodes_v: &mut [f32],
    geometry: &Geometry,
    dsum_s: &[f32],
    dsum_v: &[f32],
    nodes_s: &[f32],
    nodes_v: &[f32],
    gates: &[f32],
    h: usize,
) {
    const THIRD: f32 = PATH_QUADRUPOLE / 3.0;
    for i in 0..geometry.rows() {
        let (first, end) = (geometry.start[i] as usize, geometry.start[i + 1] as usize);
        if first == end {
            continue;
        }
        let inverse = 1.0 / (end - first) as f32;
        let ds = &dsum_s[i * h..][..h];
        let (dx, rest) = dsum_v[i * 3 * h..][..3 * h].split_at(h);
        let (dy, dz) = rest.split_at(h);
        for e in first..end {
            let j = geometry.neighbour[e] as usize;
            let [rx, ry, rz] = geometry.unit[e];
            let (n1, n2) = nodes_s[j * 4 * h..][..2 * h].split_at(h);
            let m = &nodes_v[j * 12 * h..][..12 * h];
            let (x1, x2, x3, x4) = blocks(m, h);
            let (y1, y2, y3, y4) = blocks(&m[4 * h..], h);
            let (z1, z2, z3, z4) = blocks(&m[8 * h..], h);
            let (gs, gv) = gates[e * 2 * h..][..2 * h].split_at(h);
            let (dgs, dgv) = dgates[e * 2 * h..][..2 * h].split_at_mut(h);
            let (dn1, dn2) = dnodes_s[j * 4 * h..][..2 * h].split_at_mut(h);
            let (dmx, rest) = dnodes_v[j * 12 * h..][..12 * h].split_at_mut(4 * h);
            let (dmy, dmz) = rest.split_at_mut(4 * h);
            let (dx1, dx2, dx3, dx4) = blocks_mut(dmx, h);
            let (dy1, dy2, dy3, dy4) = blocks_mut(dmy, h);
            let (dz1, dz2, dz3, dz4) = blocks_mut(dmz, h);
            for c in 0..h {
                let scalar = MESSAGE_S * (n1[c] + x1[c] * rx + y1[c] * ry + z1[c] * rz);
                let g = inverse * ds[c];
                dgs[c] = g * scalar;
                let g = MESSAGE_S * g * gs[c];
                dn1[c] += g;
                dx1[c] += g * rx;
                dy1[c] += g * ry;
                dz1[c] += g * rz;

                let along = PATH_SV * n2[c] + PATH_QUADRUPOLE * (x4[c] * rx + y4[c] * ry + z4[c] * rz);
                let mx =
                    PATH_VV * x2[c] - THIRD * x4[c] + along * rx + PATH_CROSS * (y3[c] * rz - z3[c] * ry);
                let my =
                    PATH_VV * y2[c] - THIRD * y4[c] + along * ry + PATH_CROSS * (z3[c] * rx - x3[c] * rz);
                let mz =
                    PATH_VV * z2[c] - THIRD * z4[c] + along * rz + PATH_CROSS * (x3[c] * ry - y3[c] * rx);
                dgv[c] = inverse * (dx[c] * mx + dy[c] * my + dz[c] * mz);
                let g = inverse * gv[c];
                let (gx, gy, gz) = (g * dx[c], g * dy[c], g * dz[c]);
                let along = gx * rx + gy * ry + gz * rz;
                dn2[c] += PATH_SV * along;
                dx2[c] += PATH_VV * gx;
                dy2[c] += PATH_VV * gy;
                dz2[c] += PATH_VV * gz;
                // (m × r)·g = m·(r × g).
                dx3[c] += PATH_CROSS * (ry * gz - rz * gy);
                dy3[c] += PATH_CROSS * (rz * gx - rx * gz);
                dz3[c] += PATH_CROSS * (rx * gy - ry * gx);
                let q = PATH_QUADRUPOLE * along;
                dx4[c] += q * rx - THIRD * gx;
                dy4[c] += q * ry - THIRD * gy;
                dz4[c] += q * rz - THIRD * gz;
            }
        }
    }
}

/// Adds the column sums of `x [.., n]` to `out [n]`.
#[inline(always)]
fn column_sums(out: &mut [f32], x: &[f32]) {
    let n = out.len();
    for row in x.chunks_exact(n) {
        for c in 0..n {
            out[c] += row[c];
        }
    }
}
