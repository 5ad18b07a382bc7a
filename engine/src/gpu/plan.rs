//! What is dispatched, in which order, on which parts of the one buffer that holds all activations.

use bytemuck::Zeroable;

use crate::network::{Heads, Residual};
use crate::structure::{ResidueType, SLOTS};

use super::GpuError;
use super::device::Gpu;
use super::kernels::{Epilogue, Kernel, PARAMETER_BYTES};
use super::parameters::{Assemble, Edge, Finish, Norm, Part};
use super::shape::{MOST_RESIDUES, NetworkShape, TrunkShape, Unsupported, quads};
use super::tables::Tables;
use super::weights::{EdgeOffsets, InteractionWeights, LayerWeights, Slot, TrunkWeights, Weights};

/// Entries of a cloud per residue.
pub(super) const SITES: usize = SLOTS + 1;

/// One dispatch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dispatch {
    pub kernel: Kernel,
    /// Which buffer of weights.
    pub window: usize,
    /// Byte offset of its parameters.
    pub parameters: u32,
    pub groups: [u32; 3],
}

/// Scalars and vectors somewhere in the arena; units of four numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    offset: u32,
    /// Distance of rows, of rows and axes for vectors.
    stride: u32,
    /// Distance of headers, 0 for what they share.
    head: u32,
}

/// The product of `rows` rows at `x` with the matrix at `w`, `(k4, n4)` quads in and out, to `out`.
fn linear(rows: usize, (k4, n4): (u32, u32), x: Span, w: u32, out: Span) -> Part {
    Part {
        rows: rows as u32,
        k4_first: k4,
        n4,
        a_offset: x.offset,
        a_stride: x.stride,
        a_head: x.head,
        w_offset: w,
        out_offset: out.offset,
        out_stride: out.stride,
        out_head: out.head,
        ..Part::zeroed()
    }
}

impl Span {
    fn column(self, column4: usize) -> Self {
        Self { offset: self.offset + column4 as u32, ..self }
    }
}

/// What comes into a self-interaction: widths in units of four, and whether it has as many scalars as vectors,
/// so that it begins with their tensor square.
#[derive(Clone, Copy, Debug)]
struct Widths {
    scalars4: usize,
    vectors4: usize,
    square: bool,
}

impl Widths {
    fn same(width4: usize) -> Self {
        Self { scalars4: width4, vectors4: width4, square: true }
    }

    fn input(trunk: &TrunkShape) -> Self {
        let (a, b) = trunk.input;
        Self { scalars4: quads(a), vectors4: quads(b), square: a == b }
    }

    /// Widths of the scalars and vectors that are gated.
    fn gated4(self) -> (u32, u32) {
        let (a4, b4) = (self.scalars4 as u32, self.vectors4 as u32);
        if self.square { (3 * a4, 2 * a4) } else { (a4, b4) }
    }
}

/// A feature's two tracks.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    s: Span,
    v: Span,
}

/// Hands out parts of the arena.
#[derive(Clone, Copy, Debug, Default)]
struct Arena {
    used4: u64,
}

impl Arena {
    fn take(&mut self, rows: usize, width4: usize, heads: usize) -> Span {
        let head = rows * width4;
        let offset = self.used4;
        self.used4 += (head * heads) as u64;
        Span { offset: offset as u32, stride: width4 as u32, head: if heads > 1 { head as u32 } else { 0 } }
    }

    fn pair(&mut self, rows: usize, width4: usize, heads: usize) -> Pair {
        Pair { s: self.take(rows, width4, heads), v: self.take(3 * rows, width4, heads) }
    }
}

/// Clouds in the arena: `[R, 14]` of four numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clouds {
    pub source: u32,
    pub latent: u32,
    pub predicted: u32,
    centered: u32,
    earlier_drift: u32,
    earlier_noise: u32,
    end_point: u32,
}

/// The whole schedule of a batch.
#[derive(Debug)]
pub(super) struct Plan {
    pub conditioner: Vec<Dispatch>,
    pub headers: Vec<Dispatch>,
    /// Parameters of all dispatches.
    pub parameters: Vec<u8>,
    pub clouds: Clouds,
    pub arena_bytes: u64,
    pub rows: usize,
}

/// Working memory of a trunk.
struct Scratch {
    /// Input of the tensor square's gate, hidden layer.
    q: Span,
    hidden: Span,
    gated: Pair,
    linear: Pair,
    mid: Pair,
    nodes: Pair,
    /// All states side by side.
    states: Pair,
    aggregate: Pair,
}

impl Scratch {
    fn new(arena: &mut Arena, shape: &NetworkShape, trunk: &TrunkShape, rows: usize) -> Self {
        let heads = trunk.prefixes.len();
        let (a4, b4) = (quads(trunk.input.0), quads(trunk.input.1));
        let widest = shape.state4(trunk.layers.saturating_sub(1)).max(shape.h4);
        let (q4, u4) = (a4.max(3 * widest), b4.max(2 * widest));
        let h4 = shape.h4;
        let states4 = shape.state_column4(trunk.layers + 1);
        Self {
            q: arena.take(rows, q4, heads),
            hidden: arena.take(rows, q4, heads),
            gated: Pair { s: arena.take(rows, q4, heads), v: arena.take(3 * rows, u4, heads) },
            linear: arena.pair(rows, h4, heads),
            mid: arena.pair(rows, h4, heads),
            nodes: arena.pair(rows, 4 * h4, heads),
            states: arena.pair(rows, states4, heads),
            aggregate: arena.pair(rows, h4, heads),
        }
    }
}

/// Lines up dispatches.
struct Builder<'a> {
    shape: &'a NetworkShape,
    tables: &'a Tables,
    rows: usize,
    residues: usize,
    parameters: Vec<u8>,
    dispatches: Vec<Dispatch>,
    clouds: Clouds,
    edges: u32,
    radial: u32,
}

impl Builder<'_> {
    fn push<P: bytemuck::Pod>(&mut self, kernel: Kernel, window: usize, groups: [usize; 3], parameters: P) {
        let at = self.parameters.len();
        self.parameters.extend_from_slice(bytemuck::bytes_of(&parameters));
        self.parameters.resize(at + PARAMETER_BYTES as usize, 0);
        let groups = groups.map(|g| g as u32);
        self.dispatches.push(Dispatch { kernel, window, parameters: at as u32, groups });
    }

    fn products(&mut self, epilogue: Epilogue, slot: Slot, heads: usize, parts: &[Part]) {
        let mut both = [Part::zeroed(); 2];
        for (to, from) in both.iter_mut().zip(parts) {
            *to = Part { w_head: slot.head, parts: parts.len() as u32, ..*from };
        }
        let rows = parts.iter().map(|p| p.rows).max().unwrap_or_default();
        let n4 = parts.iter().map(|p| p.n4).max().unwrap_or_default();
        let layers = parts.len() * heads;
        let (large, tile) = Kernel::tile(rows, n4, layers as u32);
        let groups = [n4.div_ceil(tile.columns4) as usize, rows.div_ceil(tile.rows) as usize, layers];
        self.push(Kernel::Product { large, epilogue }, slot.window, groups, both);
    }

    fn neighbors(&self) -> u32 {
        self.shape.config.neighbors.min(self.residues.saturating_sub(1)) as u32
    }

    fn assemble(&mut self, trunk: &TrunkShape, input: Pair, condition: Pair) {
        let config = &self.shape.config;
        let is_conditioner = trunk.outputs.is_empty();
        let bins = config.radial_bins;
        let parameters = Assemble {
            residues: self.residues as u32,
            neighbors: self.neighbors(),
            bins: bins as u32,
            bins4: quads(bins) as u32,
            bin_spacing: config.radial_cutoff_angstrom / (bins.max(2) - 1) as f32,
            radial_scale: (bins as f32 / std::f32::consts::PI.sqrt()).sqrt(),
            clamp: config.sequence_clamp as u32,
            edges: self.edges,
            radial: self.radial,
            source: self.clouds.source,
            centered: self.clouds.centered,
            s: input.s.offset,
            s4: input.s.stride,
            v: input.v.offset,
            v4: input.v.stride,
            conditioner: u32::from(is_conditioner),
            label_count: ResidueType::COUNT as u32,
            time_bins: config.time_bins as u32,
            strain: u32::from(config.strain_inputs && !is_conditioner),
            displacement: u32::from(config.displacement_inputs && !is_conditioner),
            torsion: u32::from(config.torsion_inputs),
            frame: u32::from(config.frame_inputs),
            source_torsion: u32::from(config.source_torsion_inputs && !is_conditioner),
            source_frame: u32::from(config.source_frame_inputs && !is_conditioner),
            carried: u32::from(config.carried_inputs && !is_conditioner),
            estimate: u32::from(config.estimate_inputs && !is_conditioner),
            end_point: self.clouds.end_point,
            condition_s: condition.s.offset,
            condition_v: condition.v.offset,
            channels: config.multiplicity as u32,
            channels4: self.shape.h4 as u32,
            residue_words: self.tables.residue_words,
            branches: self.tables.branches,
            classes: self.tables.classes,
            pair_starts: self.tables.pair_starts,
            pairs: self.tables.pairs,
            close: self.tables.close,
            torsions: self.tables.torsions,
        };
        self.push(Kernel::Assemble, 0, [self.rows, 1, 1], parameters);
    }

    /// Gate MLP of a self-interaction and what it gates. `q` is its input, `x` the features.
    fn gates(
        &mut self,
        weights: &InteractionWeights,
        heads: usize,
        scratch: &Scratch,
        (q, x): (Span, Pair),
        widths: Widths,
        scalars: bool,
    ) {
        let (q4, u4) = widths.gated4();
        let rows = self.rows as u32;
        let hidden = Part {
            rows,
            k4_first: q4,
            n4: q4,
            a_offset: q.offset,
            a_stride: q.stride,
            a_head: q.head,
            w_offset: weights.hidden.offset,
            out_offset: scratch.hidden.offset,
            out_stride: q4,
            out_head: scratch.hidden.head,
            ..Part::zeroed()
        };
        self.products(Epilogue::Activation, weights.hidden, heads, &[hidden]);
        let first = if scalars { q4 } else { 0 };
        let gates = Part {
            rows,
            k4_first: q4,
            n4: first + u4,
            a_offset: scratch.hidden.offset,
            a_stride: q4,
            a_head: scratch.hidden.head,
            w_offset: weights.gates.offset,
            out_offset: scratch.gated.s.offset,
            out_stride: q4,
            out_head: scratch.gated.s.head,
            q_offset: q.offset,
            q_stride: q.stride,
            q_head: q.head,
            scalars4: first,
            s_offset: x.s.offset,
            s_stride: x.s.stride,
            s_head: x.s.head,
            width4: widths.vectors4 as u32,
            v_offset: x.v.offset,
            v_stride: x.v.stride,
            v_head: x.v.head,
            square: u32::from(widths.square),
            u_offset: scratch.gated.v.offset,
            u_stride: u4,
            u_head: scratch.gated.v.head,
            ..Part::zeroed()
        };
        self.products(Epilogue::Gates, weights.gates, heads, &[gates]);
    }

    /// A whole self-interaction to H; the result, normalized, goes to `out`, and where `next_q` is given
    /// the next one's q there.
    fn interaction(
        &mut self,
        weights: &InteractionWeights,
        heads: usize,
        scratch: &Scratch,
        (q, x): (Span, Pair),
        widths: Widths,
        out: Pair,
        next_q: Option<Span>,
    ) {
        self.gates(weights, heads, scratch, (q, x), widths, true);
        let (a4, b4) = (widths.scalars4, widths.vectors4);
        let (q4, u4) = widths.gated4();
        let h4 = self.shape.h4 as u32;
        let part = |rows: usize, x: Span, x4: usize, gated: Span, gated4: u32, w: u32, out: Span| Part {
            k4_second: gated4,
            b_offset: gated.offset,
            b_stride: gated4,
            b_head: gated.head,
            ..linear(rows, (x4 as u32, h4), x, w, out)
        };
        let slot = weights.linear;
        let vectors_at = slot.offset + 4 * (a4 as u32 + q4) * h4;
        let (gated, linear) = (scratch.gated, scratch.linear);
        let scalars = part(self.rows, x.s, a4, gated.s, q4, slot.offset, linear.s);
        let vectors = part(3 * self.rows, x.v, b4, gated.v, u4, vectors_at, linear.v);
        self.products(Epilogue::None, slot, heads, &[scalars, vectors]);
        self.norm(Some(weights.norm), heads, scratch.linear, out, next_q);
    }

    /// Layer norm of H channels where weights are given, and the q of what comes after.
    fn norm(&mut self, weights: Option<Slot>, heads: usize, x: Pair, out: Pair, q: Option<Span>) {
        let h4 = self.shape.h4 as u32;
        let slot = weights.unwrap_or_default();
        let to = q.unwrap_or_default();
        let parameters = Norm {
            in_s: x.s.offset,
            in_s_stride: x.s.stride,
            in_s_head: x.s.head,
            in_v: x.v.offset,
            in_v_stride: x.v.stride,
            in_v_head: x.v.head,
            out_s: out.s.offset,
            out_s_stride: out.s.stride,
            out_s_head: out.s.head,
            out_v: out.v.offset,
            out_v_stride: out.v.stride,
            out_v_head: out.v.head,
            q: to.offset,
            q_stride: 3 * h4,
            q_head: to.head,
            width4: h4,
            channels: self.shape.config.multiplicity as u32,
            tail: self.shape.tail() as u32,
            scale: slot.offset,
            bias: slot.offset + h4,
            w_head: slot.head,
            normalize: u32::from(weights.is_some()),
            write_q: u32::from(q.is_some()),
        };
        self.push(Kernel::Norm, slot.window, [self.rows, heads, 1], parameters);
    }

    fn layer(&mut self, weights: &LayerWeights, heads: usize, scratch: &Scratch, layer: usize, last: bool) {
        let shape = self.shape;
        let (h4, width4) = (shape.h4 as u32, shape.state4(layer));
        let column = shape.state_column4(layer);
        let state = Pair { s: scratch.states.s.column(column), v: scratch.states.v.column(column) };
        let q = Span { stride: 3 * width4 as u32, ..scratch.q };
        let mid = scratch.mid;
        self.interaction(&weights.interaction, heads, scratch, (q, state), Widths::same(width4), mid, None);
        let slot = weights.nodes;
        let vectors_at = slot.offset + 16 * h4 * h4;
        let scalars = linear(self.rows, (h4, 4 * h4), mid.s, slot.offset, scratch.nodes.s);
        let vectors = linear(3 * self.rows, (h4, 4 * h4), mid.v, vectors_at, scratch.nodes.v);
        self.products(Epilogue::None, slot, heads, &[scalars, vectors]);

        let next = shape.state_column4(layer + 1) as u32;
        let at = EdgeOffsets::new(shape, shape.state4(layer + 1));
        let slot = weights.edge;
        let states = scratch.states;
        let config = &shape.config;
        let parameters = Edge {
            neighbors: self.neighbors(),
            bins: config.radial_bins as u32,
            bins4: quads(config.radial_bins) as u32,
            bin_spacing: config.radial_cutoff_angstrom / (config.radial_bins.max(2) - 1) as f32,
            edges: self.edges,
            radial: self.radial,
            nodes_s: scratch.nodes.s.offset,
            nodes_s_head: scratch.nodes.s.head,
            nodes_v: scratch.nodes.v.offset,
            nodes_v_head: scratch.nodes.v.head,
            mid_s: mid.s.offset,
            mid_s_head: mid.s.head,
            mid_v: mid.v.offset,
            mid_v_head: mid.v.head,
            w_head: slot.head,
            w_radial: slot.offset + at.radial,
            w_offset: slot.offset + at.offset,
            w_bias: slot.offset + at.bias,
            w_gate: slot.offset + at.gate,
            w_gate_bias: slot.offset + at.gate_bias,
            w_out_s: slot.offset + at.out_s,
            w_out_v: slot.offset + at.out_v,
            w_scale: slot.offset + at.scale,
            w_norm_bias: slot.offset + at.norm_bias,
            old_s: states.s.offset + column as u32,
            new_s: states.s.offset + next,
            state_s_stride: states.s.stride,
            state_s_head: states.s.head,
            old_v: states.v.offset + column as u32,
            new_v: states.v.offset + next,
            state_v_stride: states.v.stride,
            state_v_head: states.v.head,
            width4: width4 as u32,
            concatenate: u32::from(config.residual == Residual::Concat),
            channels: shape.state_channels(layer + 1) as u32,
            tail: shape.tail() as u32,
            q: scratch.q.offset,
            q_stride: 3 * shape.state4(layer + 1) as u32,
            q_head: scratch.q.head,
            write_q: u32::from(!last),
        };
        self.push(Kernel::Edge, slot.window, [self.rows, heads, 1], parameters);
    }

    /// All but the readout of a trunk whose inputs are assembled; ends with the aggregate's q.
    fn trunk(&mut self, trunk: &TrunkShape, weights: &TrunkWeights, scratch: &Scratch, input: Pair) {
        let heads = trunk.prefixes.len();
        let h4 = self.shape.h4 as u32;
        let widths = Widths::input(trunk);
        let states = scratch.states;
        let q = Span { stride: 3 * h4, ..scratch.q };
        self.interaction(&weights.input, heads, scratch, (input.s, input), widths, states, Some(q));
        for (layer, w) in weights.layers.iter().enumerate() {
            self.layer(w, heads, scratch, layer, layer + 1 == trunk.layers);
        }
        let states4 = states.s.stride;
        let slot = weights.aggregate;
        let aggregate = scratch.aggregate;
        let vectors_at = slot.offset + 4 * states4 * h4;
        let scalars = linear(self.rows, (states4, h4), states.s, slot.offset, aggregate.s);
        let vectors = linear(3 * self.rows, (states4, h4), states.v, vectors_at, aggregate.v);
        self.products(Epilogue::None, slot, heads, &[scalars, vectors]);
        self.norm(None, heads, aggregate, aggregate, Some(q));
    }

    fn finish(&mut self, trunk: &TrunkShape, weights: &TrunkWeights, scratch: &Scratch, input: Pair) {
        let config = &self.shape.config;
        let h4 = self.shape.h4 as u32;
        let slot = weights.finish;
        let skip_gate = slot.offset + (SITES as u32) * 3 * h4;
        let mut outputs = [0; 4];
        for (to, from) in outputs.iter_mut().zip(&trunk.outputs) {
            *to = *from as u32;
        }
        let parameters = Finish {
            residues: self.residues as u32,
            heads: trunk.outputs.len() as u32,
            endpoint: u32::from(config.heads == Heads::Endpoint),
            channels4: h4,
            outputs,
            aggregate_s: scratch.aggregate.s.offset,
            aggregate_s_head: scratch.aggregate.s.head,
            aggregate_v: scratch.aggregate.v.offset,
            aggregate_v_head: scratch.aggregate.v.head,
            gated: scratch.gated.v.offset,
            gated_stride: 2 * h4,
            gated_head: scratch.gated.v.head,
            w_head: slot.head,
            w_out: slot.offset,
            w_skip_gate: skip_gate,
            w_skip: skip_gate + 4 * quads(trunk.input.1) as u32 * h4,
            skip: u32::from(trunk.skip),
            input_v: input.v.offset,
            source: self.clouds.source,
            centered: self.clouds.centered,
            latent: self.clouds.latent,
            predicted: self.clouds.predicted,
            earlier_drift: self.clouds.earlier_drift,
            earlier_noise: self.clouds.earlier_noise,
            end_point: self.clouds.end_point,
            sigma_vector: config.sigma_vector_angstrom,
            sigma_position: config.sigma_position_angstrom,
            residue_words: self.tables.residue_words,
            addresses: self.tables.addresses,
        };
        self.push(Kernel::Finish, slot.window, [self.rows, 1, 1], parameters);
    }
}

impl Plan {
    /// The schedule for `replicas` of a protein of `residues`.
    pub fn new(
        shape: &NetworkShape,
        weights: &Weights,
        tables: &Tables,
        residues: usize,
        replicas: usize,
    ) -> Self {
        let rows = residues * replicas;
        let mut arena = Arena::default();
        let mut cloud = || arena.take(rows, SITES, 1).offset;
        let clouds = Clouds {
            source: cloud(),
            latent: cloud(),
            predicted: cloud(),
            centered: cloud(),
            earlier_drift: cloud(),
            earlier_noise: cloud(),
            end_point: cloud(),
        };
        let neighbors = shape.config.neighbors.min(residues.saturating_sub(1)).max(1);
        let edges = arena.take(rows * neighbors, 2, 1).offset;
        let radial = arena.take(rows * neighbors, quads(shape.config.radial_bins), 1).offset;
        let condition = arena.pair(rows, shape.h4, 1);
        let mut builder = Builder {
            shape,
            tables,
            rows,
            residues,
            parameters: Vec::new(),
            dispatches: Vec::new(),
            clouds,
            edges,
            radial,
        };
        // The conditioner is done when the headers begin, so both work in the same memory.
        let mut most = arena.used4;
        let mut lists = Vec::new();
        for (trunk, w) in [(&shape.conditioner, &weights.conditioner), (&shape.headers, &weights.headers)] {
            let mut arena = arena;
            let (a4, b4) = (quads(trunk.input.0), quads(trunk.input.1));
            let input = Pair { s: arena.take(rows, a4, 1), v: arena.take(3 * rows, b4, 1) };
            let scratch = Scratch::new(&mut arena, shape, trunk, rows);
            builder.assemble(trunk, input, condition);
            builder.trunk(trunk, w, &scratch, input);
            let heads = trunk.prefixes.len();
            let h4 = shape.h4;
            let q = Span { stride: 3 * h4 as u32, ..scratch.q };
            let x = scratch.aggregate;
            if trunk.outputs.is_empty() {
                builder.interaction(&w.readout, heads, &scratch, (q, x), Widths::same(h4), condition, None);
            } else {
                builder.gates(&w.readout, heads, &scratch, (q, x), Widths::same(h4), false);
                builder.finish(trunk, w, &scratch, input);
            }
            lists.push(std::mem::take(&mut builder.dispatches));
            most = most.max(arena.used4);
        }
        let headers = lists.pop().unwrap_or_default();
        let conditioner = lists.pop().unwrap_or_default();
        Self { conditioner, headers, parameters: builder.parameters, clouds, arena_bytes: 16 * most, rows }
    }

    /// How many replicas of a protein fit into one batch on this device.
    pub fn most_replicas(
        gpu: &Gpu,
        shape: &NetworkShape,
        weights: &Weights,
        tables: &Tables,
        residues: usize,
    ) -> Result<usize, GpuError> {
        if residues > MOST_RESIDUES {
            return Err(Unsupported::Residues(residues).into());
        }
        let one = Self::new(shape, weights, tables, residues, 1).arena_bytes;
        let have = gpu.largest_buffer();
        if one > have {
            return Err(gpu.limit("bytes in a binding", have, one));
        }
        let by_groups = gpu.limits.max_compute_workgroups_per_dimension as usize / residues.max(1);
        Ok(((have / one) as usize).min(by_groups).max(1))
    }
}
