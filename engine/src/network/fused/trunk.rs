//! The deep network (Alg. 5): conditioner and headers are each one trunk.

use super::convolution::{Convolution, ConvolutionCache, Nodes};
use super::linear::{inverse_sqrt, product, product_input_gradient, product_weight_gradient, rows, rows_mut};
use super::norm::{self, NormCache};
use super::parameter_ranges::{ParameterRange, Prefixed};
use super::self_interaction::{SelfInteraction, SelfInteractionCache};
use super::simd::{add, sized, zeroed};
use super::skip::{Skip, SkipCache};
use super::team::Team;
use crate::network::parameters::{ParameterLayout, has_skip, state_width};
use crate::network::{NeighborGraph, NetworkConfig, Residual};

/// One trunk.
pub(super) struct Trunk {
    config: NetworkConfig,
    input: SelfInteraction,
    /// Each with the scale and bias of the norm behind it.
    layers: Vec<(SelfInteraction, Convolution, [ParameterRange; 2])>,
    readout: SelfInteraction,
    /// Of the aggregate: scalars and vectors.
    aggregate: [ParameterRange; 2],
    skip: Option<Skip>,
    output: (usize, usize),
}

#[derive(Default)]
struct LayerCache {
    interaction: SelfInteractionCache,
    convolution: ConvolutionCache,
    norm: NormCache,
    mid_s: Vec<f32>,
    mid_v: Vec<f32>,
    conv_s: Vec<f32>,
    conv_v: Vec<f32>,
    dmid_s: Vec<f32>,
    dmid_v: Vec<f32>,
    dconv_s: Vec<f32>,
    dconv_v: Vec<f32>,
}

/// All intermediate results of one trunk.
#[derive(Default)]
pub(super) struct TrunkCache {
    input: SelfInteractionCache,
    layers: Vec<LayerCache>,
    /// States H⁰ … H^L.
    states_s: Vec<Vec<f32>>,
    states_v: Vec<Vec<f32>>,
    aggregate_s: Vec<f32>,
    aggregate_v: Vec<f32>,
    readout: SelfInteractionCache,
    dstates_s: Vec<Vec<f32>>,
    dstates_v: Vec<Vec<f32>>,
    daggregate_s: Vec<f32>,
    daggregate_v: Vec<f32>,
    skip: SkipCache,
    /// Of a pass that several threads share.
    parts: Vec<PartCache>,
    nodes: [Nodes; 2],
}

/// Some rows of a pass.
#[derive(Default)]
struct PartCache {
    cache: TrunkCache,
    out_s: Vec<f32>,
    out_v: Vec<f32>,
}

impl Trunk {
    pub fn new(
        config: &NetworkConfig,
        layout: &ParameterLayout,
        prefix: &str,
        layers: usize,
        input: (usize, usize),
        output: (usize, usize),
    ) -> Self {
        let h = config.multiplicity;
        let at = |name: &str| Prefixed::new(layout, format!("{prefix}.{name}"));
        Self {
            config: config.clone(),
            input: SelfInteraction::new(&at("input"), input, (h, h), true),
            layers: (0..layers)
                .map(|l| {
                    let w = state_width(config, l);
                    (
                        SelfInteraction::new(&at(&format!("layers.{l}.self")), (w, w), (h, h), true),
                        Convolution::new(&at(&format!("layers.{l}.conv")), config),
                        ["scale", "bias"].map(|name| at(&format!("layers.{l}.norm")).range(name)),
                    )
                })
                .collect(),
            readout: SelfInteraction::new(&at("readout"), (h, h), output, output.0 > 0),
            aggregate: ["scalars", "vectors"].map(|name| at("aggregate").range(name)),
            skip: has_skip(config, output).then(|| Skip::new(&at("skip"), h, input.1, output.1)),
            output,
        }
    }

    /// Multiply–add operations of the products for `r` rows and `edges` edges.
    pub fn macs(&self, r: usize, edges: usize) -> usize {
        let h = self.config.multiplicity;
        let mut total = r * (self.input.macs_per_row() + self.readout.macs_per_row());
        let mut aggregate = h;
        for (l, (interaction, convolution, _)) in self.layers.iter().enumerate() {
            let (per_row, per_edge) = convolution.macs();
            total += r * (interaction.macs_per_row() + per_row) + edges * per_edge;
            aggregate += state_width(&self.config, l + 1);
        }
        total + r * (4 * aggregate * h + self.skip.as_ref().map_or(0, Skip::macs_per_row))
    }

    /// Computes `out_s [R, c]`, `out_v [R, 3, d]`.
    pub fn forward(
        &self,
        p: &[f32],
        cache: &mut TrunkCache,
        graph: &NeighborGraph,
        (s, v): (&[f32], &[f32]),
        (out_s, out_v): (&mut Vec<f32>, &mut Vec<f32>),
        train: bool,
    ) {
        self.start(p, cache, (s, v), train);
        for (l, (_, convolution, _)) in self.layers.iter().enumerate() {
            self.interact(l, p, cache, train);
            let c = &mut cache.layers[l];
            let mut nodes = std::mem::take(&mut c.convolution.nodes);
            nodes.resize(graph.rows(), self.config.multiplicity);
            convolution.nodes(p, &c.mid_s, &c.mid_v, &mut nodes.s, &mut nodes.v);
            self.convolve(l, p, cache, (graph, 0), &nodes, train);
            cache.layers[l].convolution.nodes = nodes;
        }
        self.finish(p, cache, v, (out_s, out_v), train);
    }

    /// As [`Self::forward`] without training, the rows shared out among the threads of `team`. All threads wait for
    /// each other once a block, where a convolution needs the nodes of all rows. The result is the same.
    pub fn forward_by_rows(
        &self,
        team: &mut Team,
        p: &[f32],
        cache: &mut TrunkCache,
        graph: &NeighborGraph,
        (s, v): (&[f32], &[f32]),
        (out_s, out_v): (&mut Vec<f32>, &mut Vec<f32>),
    ) {
        let r = graph.rows();
        let count = row_parts(team.threads(), r);
        let last = self.layers.len();
        if count < 2 || last == 0 {
            return self.forward(p, cache, graph, (s, v), (out_s, out_v), false);
        }
        let h = self.config.multiplicity;
        let (width_s, width_v) = (s.len() / r, v.len() / (3 * r));
        let bounds: Vec<usize> = (0..=count).map(|k| k * r / count).collect();
        cache.parts.resize_with(count, PartCache::default);
        cache.nodes.iter_mut().for_each(|nodes| nodes.resize(r, h));
        let [mut nodes, mut next] = cache.nodes.each_mut();
        // Interaction and nodes of the first layer, then for each layer its edges and the same of the next one.
        let mut items = shares(&mut cache.parts, nodes, &bounds, h);
        team.for_each(&mut items, |k, share| {
            let range = bounds[k]..bounds[k + 1];
            let s = &s[range.start * width_s..range.end * width_s];
            let v = &v[range.start * 3 * width_v..range.end * 3 * width_v];
            self.start(p, &mut share.part.cache, (s, v), false);
            self.approach(0, p, share);
        });
        for l in 0..last {
            let done = &*nodes;
            let mut items = shares(&mut cache.parts, next, &bounds, h);
            team.for_each(&mut items, |k, share| {
                let part = &mut *share.part;
                self.convolve(l, p, &mut part.cache, (graph, bounds[k]), done, false);
                if l + 1 < last {
                    self.approach(l + 1, p, share);
                } else {
                    let v = &v[bounds[k] * 3 * width_v..bounds[k + 1] * 3 * width_v];
                    self.finish(p, &mut part.cache, v, (&mut part.out_s, &mut part.out_v), false);
                }
            });
            drop(items);
            std::mem::swap(&mut nodes, &mut next);
        }
        out_s.clear();
        out_v.clear();
        for part in &cache.parts {
            out_s.extend_from_slice(&part.out_s);
            out_v.extend_from_slice(&part.out_v);
        }
    }

    /// Interaction and nodes of layer `l`.
    fn approach(&self, l: usize, p: &[f32], share: &mut Share<'_>) {
        self.interact(l, p, &mut share.part.cache, false);
        let c = &share.part.cache.layers[l];
        self.layers[l].1.nodes(p, &c.mid_s, &c.mid_v, share.nodes_s, share.nodes_v);
    }

    /// State H⁰ of some rows.
    fn start(&self, p: &[f32], cache: &mut TrunkCache, (s, v): (&[f32], &[f32]), train: bool) {
        let layers = self.layers.len();
        cache.states_s.resize_with(layers + 1, Vec::new);
        cache.states_v.resize_with(layers + 1, Vec::new);
        cache.layers.resize_with(layers, LayerCache::default);
        let (s0, v0) = (&mut cache.states_s[0], &mut cache.states_v[0]);
        self.input.forward(p, &mut cache.input, s, v, s0, v0, train);
    }

    /// Self-interaction of layer `l`.
    fn interact(&self, l: usize, p: &[f32], cache: &mut TrunkCache, train: bool) {
        let c = &mut cache.layers[l];
        let (s, v) = (&cache.states_s[l], &cache.states_v[l]);
        self.layers[l].0.forward(p, &mut c.interaction, s, v, &mut c.mid_s, &mut c.mid_v, train);
    }

    /// State H^{l+1} of the rows from `first` on, from their interaction and the nodes of all rows.
    fn convolve(
        &self,
        l: usize,
        p: &[f32],
        cache: &mut TrunkCache,
        (graph, first): (&NeighborGraph, usize),
        nodes: &Nodes,
        train: bool,
    ) {
        let h = self.config.multiplicity;
        let (_, convolution, norm_parameters) = &self.layers[l];
        let c = &mut cache.layers[l];
        let (done_s, next_s) = cache.states_s.split_at_mut(l + 1);
        let (done_v, next_v) = cache.states_v.split_at_mut(l + 1);
        let (s, v, next_s, next_v) = (&done_s[l], &done_v[l], &mut next_s[0], &mut next_v[0]);
        let (mid_s, mid_v) = (&c.mid_s, &c.mid_v);
        let (conv_s, conv_v) = (&mut c.conv_s, &mut c.conv_v);
        let at = (graph, first);
        convolution.edges(p, &mut c.convolution, at, nodes, mid_s, mid_v, conv_s, conv_v, train);
        let r = conv_s.len() / h;
        let width = state_width(&self.config, l);
        let next = state_width(&self.config, l + 1);
        match self.config.residual {
            Residual::Sum => {
                next_s.clone_from(conv_s);
                next_v.clone_from(conv_v);
                add(next_s, s);
                add(next_v, v);
            }
            Residual::Concat => {
                concatenate(next_s, s, conv_s, r, width, h);
                concatenate(next_v, v, conv_v, 3 * r, width, h);
            }
        }
        let [scale, bias] = norm_parameters.map(|range| range.get(p));
        norm::forward(&mut c.norm, next_s, next_v, (r, next, next), scale, bias, train);
    }

    /// The output of some rows from all their states.
    fn finish(
        &self,
        p: &[f32],
        cache: &mut TrunkCache,
        input_v: &[f32],
        (out_s, out_v): (&mut Vec<f32>, &mut Vec<f32>),
        train: bool,
    ) {
        let h = self.config.multiplicity;
        let r = cache.states_s[0].len() / h;
        let scale = inverse_sqrt(self.aggregate_width());
        sized(&mut cache.aggregate_s, r * h);
        sized(&mut cache.aggregate_v, r * 3 * h);
        let [ws, wv] = self.aggregate.map(|range| range.get(p));
        let mut start = 0;
        for l in 0..=self.layers.len() {
            let w = state_width(&self.config, l);
            let (s, v) = (rows(&cache.states_s[l], w), rows(&cache.states_v[l], w));
            let (out_s, out_v) = (rows_mut(&mut cache.aggregate_s, h), rows_mut(&mut cache.aggregate_v, h));
            product(out_s, s, &ws[start * h..], (r, w, h), scale, l > 0);
            product(out_v, v, &wv[start * h..], (3 * r, w, h), scale, l > 0);
            start += w;
        }
        let (s, v) = (&cache.aggregate_s, &cache.aggregate_v);
        self.readout.forward(p, &mut cache.readout, s, v, out_s, out_v, train);
        if let Some(skip) = &self.skip {
            skip.forward(p, &mut cache.skip, s, input_v, out_v, train);
        }
    }

    /// Adds gradients to `ds`, `dv` (inputs) and `grad` (parameters); `dout_*` are consumed as scratch.
    pub fn backward(
        &self,
        p: &[f32],
        cache: &mut TrunkCache,
        graph: &NeighborGraph,
        (s, v): (&[f32], &[f32]),
        (dout_s, dout_v): (&mut [f32], &mut [f32]),
        grad: &mut [f32],
        (ds, dv): (&mut [f32], &mut [f32]),
    ) {
        let h = self.config.multiplicity;
        let r = graph.rows();
        let layers = self.layers.len();
        zeroed(&mut cache.daggregate_s, r * h);
        zeroed(&mut cache.daggregate_v, r * 3 * h);
        let (das, dav) = (&mut cache.daggregate_s, &mut cache.daggregate_v);
        let (agg_s, agg_v) = (&cache.aggregate_s, &cache.aggregate_v);
        if let Some(skip) = &self.skip {
            skip.backward(p, &mut cache.skip, (agg_s, v), dout_v, grad, (das, dv));
        }
        self.readout.backward(p, &mut cache.readout, agg_s, agg_v, dout_s, dout_v, grad, das, dav);

        let scale = inverse_sqrt(self.aggregate_width());
        cache.dstates_s.resize_with(layers + 1, Vec::new);
        cache.dstates_v.resize_with(layers + 1, Vec::new);
        let mut start = 0;
        for l in 0..=layers {
            let w = state_width(&self.config, l);
            for (range, states, dstates, dy, rows_count) in [
                (self.aggregate[0], &cache.states_s[l], &mut cache.dstates_s[l], &cache.daggregate_s, r),
                (self.aggregate[1], &cache.states_v[l], &mut cache.dstates_v[l], &cache.daggregate_v, 3 * r),
            ] {
                zeroed(dstates, rows_count * w);
                let dy = rows(dy, h);
                let shape = (rows_count, w, h);
                let weights = &range.get(p)[start * h..];
                product_input_gradient(rows_mut(dstates, w), dy, weights, shape, scale);
                let g = &mut range.get_mut(grad)[start * h..];
                product_weight_gradient(g, rows(states, w), dy, shape, scale);
            }
            start += w;
        }
        for (l, (interaction, convolution, [norm_scale, norm_bias])) in self.layers.iter().enumerate().rev() {
            let c = &mut cache.layers[l];
            let width = state_width(&self.config, l);
            let next = state_width(&self.config, l + 1);
            let (before_s, after_s) = cache.dstates_s.split_at_mut(l + 1);
            let (before_v, after_v) = cache.dstates_v.split_at_mut(l + 1);
            let (dnext_s, dnext_v) = (&mut after_s[0], &mut after_v[0]);
            let (dstate_s, dstate_v) = (&mut before_s[l], &mut before_v[l]);
            let (dscale, dbias) = norm_scale.get_with_mut(*norm_bias, grad);
            norm::backward(&c.norm, dnext_s, dnext_v, (r, next, next), norm_scale.get(p), dscale, dbias);
            let (dconv_s, dconv_v): (&[f32], &[f32]) = match self.config.residual {
                Residual::Sum => {
                    add(dstate_s, dnext_s);
                    add(dstate_v, dnext_v);
                    (dnext_s, dnext_v)
                }
                Residual::Concat => {
                    split(dnext_s, dstate_s, &mut c.dconv_s, r, width, h);
                    split(dnext_v, dstate_v, &mut c.dconv_v, 3 * r, width, h);
                    (&c.dconv_s, &c.dconv_v)
                }
            };
            zeroed(&mut c.dmid_s, r * h);
            zeroed(&mut c.dmid_v, r * 3 * h);
            let (mid_s, mid_v) = (&c.mid_s, &c.mid_v);
            let (dmid_s, dmid_v) = (&mut c.dmid_s, &mut c.dmid_v);
            convolution.backward(
                p,
                &mut c.convolution,
                graph,
                mid_s,
                mid_v,
                dconv_s,
                dconv_v,
                grad,
                dmid_s,
                dmid_v,
            );
            let (state_s, state_v) = (&cache.states_s[l], &cache.states_v[l]);
            interaction.backward(
                p,
                &mut c.interaction,
                state_s,
                state_v,
                dmid_s,
                dmid_v,
                grad,
                dstate_s,
                dstate_v,
            );
        }
        let (d0s, d0v) = (&mut cache.dstates_s[0], &mut cache.dstates_v[0]);
        self.input.backward(p, &mut cache.input, s, v, d0s, d0v, grad, ds, dv);
    }

    /// Outputs `(scalars, vectors)`.
    pub fn output(&self) -> (usize, usize) {
        self.output
    }

    fn aggregate_width(&self) -> usize {
        (0..=self.layers.len()).map(|l| state_width(&self.config, l)).sum()
    }
}

fn concatenate(out: &mut Vec<f32>, x: &[f32], y: &[f32], r: usize, a: usize, b: usize) {
    out.clear();
    for row in 0..r {
        out.extend_from_slice(&x[row * a..][..a]);
        out.extend_from_slice(&y[row * b..][..b]);
    }
}

/// The reverse for gradients: the first part is added to `dx`, the second replaces `dy`.
fn split(d: &[f32], dx: &mut [f32], dy: &mut Vec<f32>, r: usize, a: usize, b: usize) {
    dy.clear();
    for row in 0..r {
        let (first, second) = d[row * (a + b)..][..a + b].split_at(a);
        for (x, d) in dx[row * a..][..a].iter_mut().zip(first) {
            *x += d;
        }
        dy.extend_from_slice(second);
    }
}

/// Rows of a part at least: fewer, and every weight is fetched for too little work.
const LEAST_ROWS: usize = 5;

/// Parts into which `rows` rows are cut for `threads` threads: two each, so that a thread that comes late does not
/// hold up the others.
fn row_parts(threads: usize, rows: usize) -> usize {
    if threads < 2 { 1 } else { (2 * threads).min(rows / LEAST_ROWS) }
}

/// Some rows of a pass and where their nodes go.
struct Share<'a> {
    part: &'a mut PartCache,
    nodes_s: &'a mut [f32],
    nodes_v: &'a mut [f32],
}

/// The parts, each with its rows of `nodes`.
fn shares<'a>(
    parts: &'a mut [PartCache],
    nodes: &'a mut Nodes,
    bounds: &[usize],
    h: usize,
) -> Vec<Share<'a>> {
    let (mut rest_s, mut rest_v) = (&mut nodes.s[..], &mut nodes.v[..]);
    let shares = parts.iter_mut().zip(bounds.windows(2)).map(|(part, pair)| {
        let rows = pair[1] - pair[0];
        let (nodes_s, after_s) = std::mem::take(&mut rest_s).split_at_mut(rows * 4 * h);
        let (nodes_v, after_v) = std::mem::take(&mut rest_v).split_at_mut(rows * 12 * h);
        (rest_s, rest_v) = (after_s, after_v);
        Share { part, nodes_s, nodes_v }
    });
    shares.collect()
}
