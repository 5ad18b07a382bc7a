//! The spatial convolution (Alg. 4) in factorized form: matrices act once per node, edges only combine.

use std::ops::Range;

use super::linear::{inverse_sqrt, product, product_input_gradient, product_weight_gradient, rows, rows_mut};
use super::parameter_ranges::{ParameterRange, Prefixed};
use super::simd::{activate, multiply, simd, sized, zeroed};
use crate::network::{NeighborGraph, NetworkConfig};

/// Places of the parameters.
struct Parameters {
    scalars: ParameterRange,
    vectors: ParameterRange,
    gate_radial: ParameterRange,
    gate_offset: ParameterRange,
    gate_bias: ParameterRange,
    gate_output_bias: ParameterRange,
    gate_output: ParameterRange,
    out_scalars: ParameterRange,
    out_vectors: ParameterRange,
}

impl Parameters {
    fn new(under: &Prefixed<'_>) -> Self {
        Self {
            scalars: under.range("scalars"),
            vectors: under.range("vectors"),
            gate_radial: under.range("gate.radial"),
            gate_offset: under.range("gate.offset"),
            gate_bias: under.range("gate.bias"),
            gate_output_bias: under.range("gate.output_bias"),
            gate_output: under.range("gate.output"),
            out_scalars: under.range("out.scalars"),
            out_vectors: under.range("out.vectors"),
        }
    }
}

/// Shapes and parameters of one convolution.
pub(super) struct Convolution {
    h: usize,
    bins: usize,
    offsets: usize,
    parameters: Parameters,
}

/// The matrices of a convolution applied to all nodes, which is what neighbors see of each other.
#[derive(Default)]
pub(super) struct Nodes {
    /// `[R, 4H]`.
    pub s: Vec<f32>,
    /// `[R, 3, 4H]`.
    pub v: Vec<f32>,
}

impl Nodes {
    /// Room for `rows` nodes; what is inside is arbitrary.
    pub fn resize(&mut self, rows: usize, h: usize) {
        sized(&mut self.s, rows * 4 * h);
        sized(&mut self.v, rows * 12 * h);
    }
}

/// Intermediate results.
#[derive(Default)]
pub(super) struct ConvolutionCache {
    pub nodes: Nodes,
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
    pub fn new(under: &Prefixed<'_>, config: &NetworkConfig) -> Self {
        Self {
            h: config.multiplicity,
            bins: config.radial_bins,
            offsets: 2 * config.sequence_clamp + 1,
            parameters: Parameters::new(under),
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

    /// The nodes of some rows from their `s [r, H]`, `v [r, 3, H]`: `nodes_s [r, 4H]`, `nodes_v [r, 3, 4H]`.
    pub fn nodes(&self, p: &[f32], s: &[f32], v: &[f32], nodes_s: &mut [f32], nodes_v: &mut [f32]) {
        let h = self.h;
        let r = s.len() / h;
        let scale = inverse_sqrt(h);
        let w = self.parameters.scalars.get(p);
        product(rows_mut(nodes_s, 4 * h), rows(s, h), w, (r, h, 4 * h), scale, false);
        let w = self.parameters.vectors.get(p);
        product(rows_mut(nodes_v, 4 * h), rows(v, h), w, (3 * r, h, 4 * h), scale, false);
    }

    /// Computes `out_s [r, H]`, `out_v [r, 3, H]` of the rows from `first` on, whose own features are `s [r, H]`,
    /// `v [r, 3, H]`, from the nodes of all rows.
    pub fn edges(
        &self,
        p: &[f32],
        cache: &mut ConvolutionCache,
        (graph, first): (&NeighborGraph, usize),
        nodes: &Nodes,
        s: &[f32],
        v: &[f32],
        out_s: &mut Vec<f32>,
        out_v: &mut Vec<f32>,
        train: bool,
    ) {
        let h = self.h;
        let r = s.len() / h;
        let part = Part { graph, first, rows: r, h };
        let edges = part.edges();
        let scale = inverse_sqrt(h);
        let fan = self.gate_fan_in();
        sized(&mut cache.hidden, edges.len() * h);
        let w = self.parameters.gate_radial.get(p);
        let radial = rows(&graph.radial[edges.start * self.bins..], self.bins);
        let shape = (edges.len(), self.bins, h);
        product(rows_mut(&mut cache.hidden, h), radial, w, shape, 1.0 / fan.sqrt(), false);
        {
            let z = &mut cache.hidden[..];
            let table = self.parameters.gate_offset.get(p);
            let bias = self.parameters.gate_bias.get(p);
            let node_scale = (h as f32 / fan).sqrt();
            let offset_scale = (self.offsets as f32 / fan).sqrt();
            simd(
                #[inline(always)]
                || edge_hidden(z, part, &nodes.s, table, bias, node_scale, offset_scale),
            );
        }
        activate(&mut cache.hidden, &mut cache.hidden_slope, train);
        sized(&mut cache.gates, edges.len() * 2 * h);
        let bias = self.parameters.gate_output_bias.get(p);
        for row in cache.gates.chunks_exact_mut(2 * h) {
            row.copy_from_slice(bias);
        }
        let w = self.parameters.gate_output.get(p);
        let hidden = rows(&cache.hidden, h);
        product(rows_mut(&mut cache.gates, 2 * h), hidden, w, (edges.len(), h, 2 * h), scale, true);

        cache.sum_s.clear();
        cache.sum_s.extend_from_slice(s);
        cache.sum_v.clear();
        cache.sum_v.extend_from_slice(v);
        {
            let (sum_s, sum_v) = (&mut cache.sum_s[..], &mut cache.sum_v[..]);
            let gates = &cache.gates[..];
            simd(
                #[inline(always)]
                || aggregate(sum_s, sum_v, part, &nodes.s, &nodes.v, gates),
            );
        }
        sized(out_s, r * h);
        sized(out_v, r * 3 * h);
        let w = self.parameters.out_scalars.get(p);
        product(rows_mut(out_s, h), rows(&cache.sum_s, h), w, (r, h, h), scale, false);
        let w = self.parameters.out_vectors.get(p);
        product(rows_mut(out_v, h), rows(&cache.sum_v, h), w, (3 * r, h, h), scale, false);
    }

    /// Adds the gradients with respect to the inputs to `ds`, `dv` and those of the parameters to `grad`.
    pub fn backward(
        &self,
        p: &[f32],
        cache: &mut ConvolutionCache,
        graph: &NeighborGraph,
        s: &[f32],
        v: &[f32],
        dout_s: &[f32],
        dout_v: &[f32],
        grad: &mut [f32],
        ds: &mut [f32],
        dv: &mut [f32],
    ) {
        let h = self.h;
        let r = graph.rows();
        let edges = graph.edges();
        let scale = inverse_sqrt(h);
        zeroed(&mut cache.dsum_s, r * h);
        zeroed(&mut cache.dsum_v, r * 3 * h);
        let (dy_s, dy_v) = (rows(dout_s, h), rows(dout_v, h));
        let w = self.parameters.out_scalars.get(p);
        product_input_gradient(rows_mut(&mut cache.dsum_s, h), dy_s, w, (r, h, h), scale);
        let w = self.parameters.out_vectors.get(p);
        product_input_gradient(rows_mut(&mut cache.dsum_v, h), dy_v, w, (3 * r, h, h), scale);
        let g = self.parameters.out_scalars.get_mut(grad);
        product_weight_gradient(g, rows(&cache.sum_s, h), dy_s, (r, h, h), scale);
        let g = self.parameters.out_vectors.get_mut(grad);
        product_weight_gradient(g, rows(&cache.sum_v, h), dy_v, (3 * r, h, h), scale);
        super::simd::add(ds, &cache.dsum_s);
        super::simd::add(dv, &cache.dsum_v);

        zeroed(&mut cache.dnodes_s, r * 4 * h);
        zeroed(&mut cache.dnodes_v, r * 12 * h);
        sized(&mut cache.dgates, edges * 2 * h);
        {
            let (dgates, dn, dm) = (&mut cache.dgates[..], &mut cache.dnodes_s[..], &mut cache.dnodes_v[..]);
            let (da, db) = (&cache.dsum_s[..], &cache.dsum_v[..]);
            let (n, m, gates) = (&cache.nodes.s[..], &cache.nodes.v[..], &cache.gates[..]);
            simd(
                #[inline(always)]
                || aggregate_backward(dgates, dn, dm, graph, da, db, n, m, gates, h),
            );
        }
        let dy = rows(&cache.dgates, 2 * h);
        {
            let (dbias, dgates) = (self.parameters.gate_output_bias.get_mut(grad), &cache.dgates[..]);
            simd(
                #[inline(always)]
                || column_sums(dbias, dgates),
            );
        }
        let g = self.parameters.gate_output.get_mut(grad);
        product_weight_gradient(g, rows(&cache.hidden, h), dy, (edges, h, 2 * h), scale);
        zeroed(&mut cache.dhidden, edges * h);
        let w = self.parameters.gate_output.get(p);
        product_input_gradient(rows_mut(&mut cache.dhidden, h), dy, w, (edges, h, 2 * h), scale);
        multiply(&mut cache.dhidden, &cache.hidden_slope);

        let fan = self.gate_fan_in();
        let g = self.parameters.gate_radial.get_mut(grad);
        let (radial, dz) = (rows(&graph.radial, self.bins), rows(&cache.dhidden, h));
        product_weight_gradient(g, radial, dz, (edges, self.bins, h), 1.0 / fan.sqrt());
        {
            let (dtable, dbias) = self.parameters.gate_offset.get_with_mut(self.parameters.gate_bias, grad);
            let (dz, dn) = (&cache.dhidden[..], &mut cache.dnodes_s[..]);
            let node_scale = (h as f32 / fan).sqrt();
            let offset_scale = (self.offsets as f32 / fan).sqrt();
            simd(
                #[inline(always)]
                || edge_hidden_backward(dz, graph, dn, dtable, dbias, h, node_scale, offset_scale),
            );
        }
        let (dn, dm) = (rows(&cache.dnodes_s, 4 * h), rows(&cache.dnodes_v, 4 * h));
        let w = self.parameters.scalars.get(p);
        product_input_gradient(rows_mut(ds, h), dn, w, (r, h, 4 * h), scale);
        let w = self.parameters.vectors.get(p);
        product_input_gradient(rows_mut(dv, h), dm, w, (3 * r, h, 4 * h), scale);
        let g = self.parameters.scalars.get_mut(grad);
        product_weight_gradient(g, rows(s, h), dn, (r, h, 4 * h), scale);
        let g = self.parameters.vectors.get_mut(grad);
        product_weight_gradient(g, rows(v, h), dm, (3 * r, h, 4 * h), scale);
    }
}

/// Consecutive rows and their edges.
#[derive(Clone, Copy)]
struct Part<'a> {
    graph: &'a NeighborGraph,
    first: usize,
    rows: usize,
    h: usize,
}

impl Part<'_> {
    #[inline(always)]
    fn edges(&self) -> Range<usize> {
        let start = &self.graph.start;
        start[self.first] as usize..start[self.first + self.rows] as usize
    }
}

/// `z ← z + bias + offset embedding + node parts`, all scaled; `z` is that of the part's edges.
#[inline(always)]
fn edge_hidden(
    z: &mut [f32],
    part: Part<'_>,
    nodes: &[f32],
    table: &[f32],
    bias: &[f32],
    node_scale: f32,
    offset_scale: f32,
) {
    let Part { graph, h, .. } = part;
    let bias = &bias[..h];
    let from = part.edges().start;
    for i in part.first..part.first + part.rows {
        let own = &nodes[i * 4 * h + 3 * h..][..h];
        for e in graph.start[i] as usize..graph.start[i + 1] as usize {
            let other = &nodes[graph.neighbor[e] as usize * 4 * h + 2 * h..][..h];
            let offset = &table[graph.offset[e] as usize * h..][..h];
            let z = &mut z[(e - from) * h..][..h];
            for c in 0..h {
                z[c] += bias[c] + offset_scale * offset[c] + node_scale * (own[c] + other[c]);
            }
        }
    }
}

#[inline(always)]
fn edge_hidden_backward(
    dz: &[f32],
    graph: &NeighborGraph,
    dnodes: &mut [f32],
    dtable: &mut [f32],
    dbias: &mut [f32],
    h: usize,
    node_scale: f32,
    offset_scale: f32,
) {
    let dbias = &mut dbias[..h];
    for i in 0..graph.rows() {
        for e in graph.start[i] as usize..graph.start[i + 1] as usize {
            let dz = &dz[e * h..][..h];
            let doffset = &mut dtable[graph.offset[e] as usize * h..][..h];
            for c in 0..h {
                dbias[c] += dz[c];
                doffset[c] += offset_scale * dz[c];
            }
            let other = &mut dnodes[graph.neighbor[e] as usize * 4 * h + 2 * h..][..h];
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

const THIRD: f32 = PATH_QUADRUPOLE / 3.0;

/// `L` channels at `at`. Working on small arrays instead of slices tells the compiler that nothing overlaps,
/// which it cannot prove for thirty slices of four buffers, and so the loops become vector instructions.
#[inline(always)]
fn load<const L: usize>(x: &[f32], at: usize) -> [f32; L] {
    let mut out = [0.0; L];
    out.copy_from_slice(&x[at..at + L]);
    out
}

#[inline(always)]
fn add_to<const L: usize>(x: &mut [f32], at: usize, by: &[f32; L]) {
    for (x, b) in x[at..at + L].iter_mut().zip(by) {
        *x += *b;
    }
}

/// Runs `$block::<L>(channel, …)` over all channels in blocks of 16, 8 and 1.
macro_rules! for_channels {
    ($h:expr, $block:ident, $($argument:expr),*) => {{
        let h: usize = $h;
        let mut c = 0;
        while c + 16 <= h {
            $block::<16>(c, $($argument),*);
            c += 16;
        }
        while c + 8 <= h {
            $block::<8>(c, $($argument),*);
            c += 8;
        }
        while c < h {
            $block::<1>(c, $($argument),*);
            c += 1;
        }
    }};
}

/// The neighbors of one row of a part.
#[derive(Clone, Copy)]
struct Neighborhood<'a> {
    graph: &'a NeighborGraph,
    /// Row within the part.
    row: usize,
    first: usize,
    end: usize,
    /// First edge of the part.
    from: usize,
    h: usize,
}

/// All rows of a part that have neighbors.
#[inline(always)]
fn neighborhoods(part: Part<'_>) -> impl Iterator<Item = Neighborhood<'_>> {
    let Part { graph, h, .. } = part;
    let from = part.edges().start;
    (0..part.rows)
        .map(move |row| {
            let start = &graph.start[part.first + row..];
            Neighborhood { graph, row, first: start[0] as usize, end: start[1] as usize, from, h }
        })
        .filter(|n| n.first < n.end)
}

/// Adds the mean of the gated messages to `sum_s`, `sum_v`.
#[inline(always)]
fn aggregate(
    sum_s: &mut [f32],
    sum_v: &mut [f32],
    part: Part<'_>,
    nodes_s: &[f32],
    nodes_v: &[f32],
    gates: &[f32],
) {
    for at in neighborhoods(part) {
        for_channels!(part.h, aggregate_block, at, sum_s, sum_v, nodes_s, nodes_v, gates);
    }
}

#[inline(always)]
fn aggregate_block<const L: usize>(
    c: usize,
    at: Neighborhood<'_>,
    sum_s: &mut [f32],
    sum_v: &mut [f32],
    nodes_s: &[f32],
    nodes_v: &[f32],
    gates: &[f32],
) {
    let h = at.h;
    let (mut s, mut x, mut y, mut z) = ([0.0f32; L], [0.0f32; L], [0.0f32; L], [0.0f32; L]);
    for e in at.first..at.end {
        let j = at.graph.neighbor[e] as usize;
        let [rx, ry, rz] = at.graph.unit[e];
        let n: [[f32; L]; 2] = std::array::from_fn(|k| load(nodes_s, (j * 4 + k) * h + c));
        let mx: [[f32; L]; 4] = std::array::from_fn(|k| load(nodes_v, (j * 12 + k) * h + c));
        let my: [[f32; L]; 4] = std::array::from_fn(|k| load(nodes_v, (j * 12 + 4 + k) * h + c));
        let mz: [[f32; L]; 4] = std::array::from_fn(|k| load(nodes_v, (j * 12 + 8 + k) * h + c));
        let g = e - at.from;
        let (gs, gv): ([f32; L], [f32; L]) = (load(gates, g * 2 * h + c), load(gates, (g * 2 + 1) * h + c));
        for l in 0..L {
            s[l] += gs[l] * (n[0][l] + mx[0][l] * rx + my[0][l] * ry + mz[0][l] * rz);
            let along = PATH_SV * n[1][l] + PATH_QUADRUPOLE * (mx[3][l] * rx + my[3][l] * ry + mz[3][l] * rz);
            x[l] += gv[l]
                * (PATH_VV * mx[1][l] - THIRD * mx[3][l]
                    + along * rx
                    + PATH_CROSS * (my[2][l] * rz - mz[2][l] * ry));
            y[l] += gv[l]
                * (PATH_VV * my[1][l] - THIRD * my[3][l]
                    + along * ry
                    + PATH_CROSS * (mz[2][l] * rx - mx[2][l] * rz));
            z[l] += gv[l]
                * (PATH_VV * mz[1][l] - THIRD * mz[3][l]
                    + along * rz
                    + PATH_CROSS * (mx[2][l] * ry - my[2][l] * rx));
        }
    }
    let inverse = 1.0 / (at.end - at.first) as f32;
    add_to(sum_s, at.row * h + c, &s.map(|a| MESSAGE_S * inverse * a));
    for (axis, sum) in [x, y, z].iter().enumerate() {
        add_to(sum_v, (at.row * 3 + axis) * h + c, &sum.map(|a| inverse * a));
    }
}

#[inline(always)]
fn aggregate_backward(
    dgates: &mut [f32],
    dnodes_s: &mut [f32],
    dnodes_v: &mut [f32],
    graph: &NeighborGraph,
    dsum_s: &[f32],
    dsum_v: &[f32],
    nodes_s: &[f32],
    nodes_v: &[f32],
    gates: &[f32],
    h: usize,
) {
    let part = Part { graph, first: 0, rows: graph.rows(), h };
    for at in neighborhoods(part) {
        for_channels!(
            h,
            aggregate_backward_block,
            at,
            dgates,
            dnodes_s,
            dnodes_v,
            dsum_s,
            dsum_v,
            nodes_s,
            nodes_v,
            gates
        );
    }
}

#[inline(always)]
fn aggregate_backward_block<const L: usize>(
    c: usize,
    at: Neighborhood<'_>,
    dgates: &mut [f32],
    dnodes_s: &mut [f32],
    dnodes_v: &mut [f32],
    dsum_s: &[f32],
    dsum_v: &[f32],
    nodes_s: &[f32],
    nodes_v: &[f32],
    gates: &[f32],
) {
    let h = at.h;
    let inverse = 1.0 / (at.end - at.first) as f32;
    let ds: [f32; L] = load(dsum_s, at.row * h + c).map(|d: f32| inverse * d);
    let dv: [[f32; L]; 3] =
        std::array::from_fn(|axis| load(dsum_v, (at.row * 3 + axis) * h + c).map(|d: f32| inverse * d));
    for e in at.first..at.end {
        let j = at.graph.neighbor[e] as usize;
        let [rx, ry, rz] = at.graph.unit[e];
        let n: [[f32; L]; 2] = std::array::from_fn(|k| load(nodes_s, (j * 4 + k) * h + c));
        let mx: [[f32; L]; 4] = std::array::from_fn(|k| load(nodes_v, (j * 12 + k) * h + c));
        let my: [[f32; L]; 4] = std::array::from_fn(|k| load(nodes_v, (j * 12 + 4 + k) * h + c));
        let mz: [[f32; L]; 4] = std::array::from_fn(|k| load(nodes_v, (j * 12 + 8 + k) * h + c));
        let (gs, gv): ([f32; L], [f32; L]) = (load(gates, e * 2 * h + c), load(gates, (e * 2 + 1) * h + c));
        let (mut dgs, mut dgv) = ([0.0; L], [0.0; L]);
        let mut dn = [[0.0; L]; 2];
        let (mut dx, mut dy, mut dz) = ([[0.0; L]; 4], [[0.0; L]; 4], [[0.0; L]; 4]);
        for l in 0..L {
            let scalar = n[0][l] + mx[0][l] * rx + my[0][l] * ry + mz[0][l] * rz;
            dgs[l] = MESSAGE_S * ds[l] * scalar;
            let g = MESSAGE_S * ds[l] * gs[l];
            dn[0][l] = g;
            dx[0][l] = g * rx;
            dy[0][l] = g * ry;
            dz[0][l] = g * rz;

            let along = PATH_SV * n[1][l] + PATH_QUADRUPOLE * (mx[3][l] * rx + my[3][l] * ry + mz[3][l] * rz);
            let x = PATH_VV * mx[1][l] - THIRD * mx[3][l]
                + along * rx
                + PATH_CROSS * (my[2][l] * rz - mz[2][l] * ry);
            let y = PATH_VV * my[1][l] - THIRD * my[3][l]
                + along * ry
                + PATH_CROSS * (mz[2][l] * rx - mx[2][l] * rz);
            let z = PATH_VV * mz[1][l] - THIRD * mz[3][l]
                + along * rz
                + PATH_CROSS * (mx[2][l] * ry - my[2][l] * rx);
            dgv[l] = dv[0][l] * x + dv[1][l] * y + dv[2][l] * z;
            let (gx, gy, gz) = (gv[l] * dv[0][l], gv[l] * dv[1][l], gv[l] * dv[2][l]);
            let along = gx * rx + gy * ry + gz * rz;
            dn[1][l] = PATH_SV * along;
            dx[1][l] = PATH_VV * gx;
            dy[1][l] = PATH_VV * gy;
            dz[1][l] = PATH_VV * gz;
            // (m × r)·g = m·(r × g).
            dx[2][l] = PATH_CROSS * (ry * gz - rz * gy);
            dy[2][l] = PATH_CROSS * (rz * gx - rx * gz);
            dz[2][l] = PATH_CROSS * (rx * gy - ry * gx);
            let q = PATH_QUADRUPOLE * along;
            dx[3][l] = q * rx - THIRD * gx;
            dy[3][l] = q * ry - THIRD * gy;
            dz[3][l] = q * rz - THIRD * gz;
        }
        dgates[e * 2 * h + c..][..L].copy_from_slice(&dgs);
        dgates[(e * 2 + 1) * h + c..][..L].copy_from_slice(&dgv);
        for (k, d) in dn.iter().enumerate() {
            add_to(dnodes_s, (j * 4 + k) * h + c, d);
        }
        for k in 0..4 {
            add_to(dnodes_v, (j * 12 + k) * h + c, &dx[k]);
            add_to(dnodes_v, (j * 12 + 4 + k) * h + c, &dy[k]);
            add_to(dnodes_v, (j * 12 + 8 + k) * h + c, &dz[k]);
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
