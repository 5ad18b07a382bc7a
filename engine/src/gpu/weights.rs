//! The weights as the kernels want them: padded, scaled, matrices that follow each other multiplied together,
//! those of all headers side by side.

use crate::network::ParameterLayout;

use super::GpuError;
use super::device::Gpu;
use super::shape::{NetworkShape, TrunkShape, quads};

/// Bytes copied to the device at a time.
const UPLOAD_BYTES: usize = 64 << 20;

/// Matrices of one dispatch: which buffer, where the first header's begin, and the distance to the next
/// header's, in units of four numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    pub window: usize,
    pub offset: u32,
    pub head: u32,
}

/// A self-interaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct InteractionWeights {
    pub hidden: Slot,
    /// Gates of scalars, then of vectors, as columns.
    pub gates: Slot,
    /// The map of the scalars, then that of the vectors; inputs first, then what was gated.
    pub linear: Slot,
    /// Scale, then bias.
    pub norm: Slot,
}

/// One block.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayerWeights {
    pub interaction: InteractionWeights,
    /// Node matrices of the scalars, then of the vectors.
    pub nodes: Slot,
    /// Everything of `edge.wgsl`, see [`EdgeOffsets`].
    pub edge: Slot,
}

/// A trunk.
#[derive(Clone, Debug)]
pub(super) struct TrunkWeights {
    pub input: InteractionWeights,
    pub layers: Vec<LayerWeights>,
    /// Scalars, then vectors.
    pub aggregate: Slot,
    pub readout: InteractionWeights,
    /// Headers: last map, skip gates, skip map, each transposed.
    pub finish: Slot,
}

/// Where the matrices of `edge.wgsl` lie in their slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct EdgeOffsets {
    pub radial: u32,
    pub offset: u32,
    pub bias: u32,
    pub gate: u32,
    pub gate_bias: u32,
    pub out_s: u32,
    pub out_v: u32,
    pub scale: u32,
    pub norm_bias: u32,
}

impl EdgeOffsets {
    pub fn new(shape: &NetworkShape, next_state4: usize) -> Self {
        let (h4, h) = (shape.h4 as u32, 4 * shape.h4 as u32);
        let bins = shape.config.radial_bins as u32;
        let offsets = 2 * shape.config.sequence_clamp as u32 + 1;
        let offset = bins * h4;
        let bias = offset + offsets * h4;
        let gate = bias + h4;
        let gate_bias = gate + h * 2 * h4;
        let out_s = gate_bias + 2 * h4;
        let out_v = out_s + h * h4;
        let scale = out_v + h * h4;
        Self {
            radial: 0,
            offset,
            bias,
            gate,
            gate_bias,
            out_s,
            out_v,
            scale,
            norm_bias: scale + next_state4 as u32,
        }
    }
}

/// A row-major matrix whose size is padded.
struct Matrix {
    columns: usize,
    data: Vec<f32>,
}

impl Matrix {
    fn zeros(rows: usize, columns: usize) -> Self {
        Self { columns, data: vec![0.0; rows * columns] }
    }

    /// Adds `scale · w` with row `i` at `rows[i]` and column `j` at `columns[j]`.
    fn place(&mut self, w: &[f32], rows: &[usize], columns: &[usize], scale: f32) {
        for (w, row) in w.chunks_exact(columns.len()).zip(rows) {
            let out = &mut self.data[row * self.columns..][..self.columns];
            for (w, column) in w.iter().zip(columns) {
                out[*column] += scale * w;
            }
        }
    }

    fn transposed(&self, rows: usize) -> Vec<f32> {
        let height = self.data.len() / self.columns.max(1);
        let mut out = vec![0.0; rows * height];
        for column in 0..self.columns.min(rows) {
            for row in 0..height {
                out[column * height + row] = self.data[row * self.columns + column];
            }
        }
        out
    }
}

/// `a [n, k] b [k, m]`.
fn multiply(a: &[f32], b: &[f32], k: usize, m: usize) -> Vec<f32> {
    let mut out = vec![0.0f32; a.len() / k.max(1) * m];
    for (a, out) in a.chunks_exact(k).zip(out.chunks_exact_mut(m)) {
        for (a, b) in a.iter().zip(b.chunks_exact(m)) {
            for (o, b) in out.iter_mut().zip(b) {
                *o += a * b;
            }
        }
    }
    out
}

fn inverse_sqrt(n: usize) -> f32 {
    1.0 / (n as f32).sqrt()
}

/// Where channels go when every block of `h` is padded to `padded`.
fn block_map(channels: usize, h: usize, padded: usize) -> Vec<usize> {
    (0..channels).map(|c| c / h * padded + c % h).collect()
}

/// `map` again for each of `sections`, each `width` further.
fn sections(map: &[usize], sections: usize, width: usize) -> Vec<usize> {
    (0..sections).flat_map(|s| map.iter().map(move |c| s * width + c)).collect()
}

/// The channels that come into a self-interaction.
struct Channels {
    scalars: Vec<usize>,
    vectors: Vec<usize>,
    /// Padded widths.
    scalars_width: usize,
    vectors_width: usize,
}

/// Fills buffers with weights, a new one when the present one is full.
struct Store {
    limit4: usize,
    windows: Vec<Vec<f32>>,
}

impl Store {
    /// Stores what one dispatch needs of each header, all of the same size.
    fn add(&mut self, gpu: &Gpu, heads: Vec<Vec<f32>>) -> Result<Slot, GpuError> {
        let head = heads.first().map_or(0, |h| quads(h.len()));
        let total = head * heads.len();
        if total > self.limit4 {
            return Err(gpu.limit("bytes in a binding", 16 * self.limit4 as u64, 16 * total as u64));
        }
        let full = |w: &Vec<f32>| w.len() / 4 + total > self.limit4;
        if self.windows.last().is_none_or(full) {
            self.windows.push(Vec::new());
        }
        let window = self.windows.len() - 1;
        let data = &mut self.windows[window];
        let offset = data.len() / 4;
        for values in heads {
            data.extend_from_slice(&values);
            data.resize(data.len().next_multiple_of(4), 0.0);
        }
        Ok(Slot { window, offset: offset as u32, head: head as u32 })
    }
}

/// Reads parameters by name and packs them.
struct Packer<'a> {
    gpu: &'a Gpu,
    shape: &'a NetworkShape,
    layout: &'a ParameterLayout,
    parameters: &'a [f32],
    store: Store,
}

impl<'a> Packer<'a> {
    /// The parameter `name`. Names are literals of this module and the layout is made from the same
    /// configuration; tests of every configuration would show a mismatch.
    fn get(&self, name: &str) -> &'a [f32] {
        match self.layout.get(name) {
            Some(spec) => &self.parameters[spec.range.clone()],
            None => unreachable!("no parameter {name}"),
        }
    }

    fn h(&self) -> usize {
        self.shape.config.multiplicity
    }

    /// H, padded.
    fn width(&self) -> usize {
        4 * self.shape.h4
    }

    /// Channels of a state.
    fn state(&self, layer: usize) -> Channels {
        let map = block_map(self.shape.state_channels(layer), self.h(), self.width());
        let width = 4 * self.shape.state4(layer);
        Channels { scalars: map.clone(), vectors: map, scalars_width: width, vectors_width: width }
    }

    fn add(
        &mut self,
        trunk: &TrunkShape,
        pack: impl Fn(&Self, &str, usize) -> Vec<f32>,
    ) -> Result<Slot, GpuError> {
        let heads = trunk.prefixes.iter().enumerate().map(|(i, prefix)| pack(self, prefix, i)).collect();
        self.store.add(self.gpu, heads)
    }

    /// A self-interaction under `name` from `input` to H scalars and vectors; `scalars` is false where it has
    /// vectors only, and then its last map is not packed here.
    fn interaction(
        &mut self,
        trunk: &TrunkShape,
        name: &str,
        input: &Channels,
        scalars: bool,
    ) -> Result<InteractionWeights, GpuError> {
        let (a, b) = (input.scalars.len(), input.vectors.len());
        let square = a == b;
        let (q_map, q_width, u_map, u_width) = if square {
            let w = input.scalars_width;
            (sections(&input.scalars, 3, w), 3 * w, sections(&input.scalars, 2, w), 2 * w)
        } else {
            let (s, v) = (&input.scalars, &input.vectors);
            (s.clone(), input.scalars_width, v.clone(), input.vectors_width)
        };
        let scale_q = inverse_sqrt(q_map.len());
        let hidden = self.add(trunk, |p, prefix, _| {
            let mut m = Matrix::zeros(q_width, q_width);
            m.place(p.get(&format!("{prefix}.{name}.gate.hidden")), &q_map, &q_map, scale_q);
            m.data
        })?;
        let first = if scalars { q_width } else { 0 };
        let gates = self.add(trunk, |p, prefix, _| {
            let mut m = Matrix::zeros(q_width, first + u_width);
            if scalars {
                m.place(p.get(&format!("{prefix}.{name}.gate.scalars")), &q_map, &q_map, scale_q);
            }
            let columns: Vec<usize> = u_map.iter().map(|c| first + c).collect();
            m.place(p.get(&format!("{prefix}.{name}.gate.vectors")), &q_map, &columns, scale_q);
            m.data
        })?;
        if !scalars {
            return Ok(InteractionWeights { hidden, gates, linear: Slot::default(), norm: Slot::default() });
        }
        let h = self.h();
        let h_map: Vec<usize> = (0..h).collect();
        let linear = self.add(trunk, |p, prefix, _| {
            let mut data = Vec::new();
            for (track, x_map, x_width, g_map, g_width) in [
                ("scalars", &input.scalars, input.scalars_width, &q_map, q_width),
                ("vectors", &input.vectors, input.vectors_width, &u_map, u_width),
            ] {
                let mut m = Matrix::zeros(x_width + g_width, p.width());
                p.linear(&mut m, &format!("{prefix}.{name}"), track, (x_map, x_width), g_map, &h_map);
                data.extend(m.data);
            }
            data
        })?;
        let norm = self.add(trunk, |p, prefix, _| {
            let mut data = p.padded(&format!("{prefix}.{name}.norm.scale"), &h_map, p.width());
            data.extend(p.padded(&format!("{prefix}.{name}.norm.bias"), &h_map, p.width()));
            data
        })?;
        Ok(InteractionWeights { hidden, gates, linear, norm })
    }

    /// The last map of a self-interaction and its residual as one matrix on [input, gated]:
    /// `[1; W]` where shapes agree, else `[M₁; W M₂]`.
    fn linear(
        &self,
        out: &mut Matrix,
        name: &str,
        track: &str,
        (x_map, x_width): (&[usize], usize),
        gated_map: &[usize],
        columns: &[usize],
    ) {
        let w = self.get(&format!("{name}.linear.{track}"));
        let scale = inverse_sqrt(gated_map.len());
        let rows: Vec<usize> = gated_map.iter().map(|r| x_width + r).collect();
        let (from, to) = (x_map.len(), columns.len());
        match self.layout.get(&format!("{name}.mix.{track}")) {
            None => {
                for (x, column) in x_map.iter().zip(columns) {
                    out.data[x * out.columns + column] = 1.0;
                }
                out.place(w, &rows, columns, scale);
            }
            Some(spec) => {
                let mix = &self.parameters[spec.range.clone()];
                let mix_scale = inverse_sqrt(from + to);
                out.place(&mix[..from * to], x_map, columns, mix_scale);
                let product = multiply(w, &mix[from * to..], to, to);
                out.place(&product, &rows, columns, scale * mix_scale);
            }
        }
    }

    fn padded(&self, name: &str, map: &[usize], width: usize) -> Vec<f32> {
        let mut m = Matrix::zeros(1, width);
        m.place(self.get(name), &[0], map, 1.0);
        m.data
    }

    fn layer(&mut self, trunk: &TrunkShape, layer: usize) -> Result<LayerWeights, GpuError> {
        let input = self.state(layer);
        let interaction = self.interaction(trunk, &format!("layers.{layer}.self"), &input, true)?;
        let config = &self.shape.config;
        let (h, width) = (self.h(), self.width());
        let offsets = 2 * config.sequence_clamp + 1;
        let fan = (config.radial_bins + offsets + 2 * h) as f32;
        let h_map: Vec<usize> = (0..h).collect();
        // The factors of the paths, see `network::parameters`.
        let message = std::f32::consts::FRAC_1_SQRT_2;
        let node = (h as f32 / fan).sqrt();
        let scalars = [message, 3f32.sqrt() / 2.0, node, node];
        let vectors = [message, 0.5, 1.5f32.sqrt() / 2.0, 4.5f32.sqrt() / 2.0];
        let nodes = self.add(trunk, |p, prefix, _| {
            let mut data = Vec::new();
            for (track, factors) in [("scalars", scalars), ("vectors", vectors)] {
                let w = p.get(&format!("{prefix}.layers.{layer}.conv.{track}"));
                let mut m = Matrix::zeros(width, 4 * width);
                for (row, w) in w.chunks_exact(4 * h).enumerate() {
                    for (block, factor) in factors.iter().enumerate() {
                        let columns: Vec<usize> = h_map.iter().map(|c| block * width + c).collect();
                        m.place(&w[block * h..][..h], &[row], &columns, factor * inverse_sqrt(h));
                    }
                }
                data.extend(m.data);
            }
            data
        })?;
        let next = self.state(layer + 1);
        let edge = self.add(trunk, |p, prefix, _| {
            let conv = |name: &str| format!("{prefix}.layers.{layer}.conv.{name}");
            let mut data = Vec::new();
            let mut matrix =
                |name: &str, rows: usize, padded: usize, columns: &[usize], width: usize, scale: f32| {
                    let mut m = Matrix::zeros(padded, width);
                    m.place(p.get(&conv(name)), &(0..rows).collect::<Vec<_>>(), columns, scale);
                    data.extend(m.data);
                };
            let bins = p.shape.config.radial_bins;
            let both = sections(&h_map, 2, width);
            matrix("gate.radial", bins, bins, &h_map, width, 1.0 / fan.sqrt());
            matrix("gate.offset", offsets, offsets, &h_map, width, (offsets as f32 / fan).sqrt());
            matrix("gate.bias", 1, 1, &h_map, width, 1.0);
            matrix("gate.output", h, width, &both, 2 * width, inverse_sqrt(h));
            matrix("gate.output_bias", 1, 1, &both, 2 * width, 1.0);
            matrix("out.scalars", h, width, &h_map, width, inverse_sqrt(h));
            matrix("out.vectors", h, width, &h_map, width, inverse_sqrt(h));
            for name in ["scale", "bias"] {
                let name = format!("{prefix}.layers.{layer}.norm.{name}");
                data.extend(p.padded(&name, &next.scalars, next.scalars_width));
            }
            data
        })?;
        Ok(LayerWeights { interaction, nodes, edge })
    }

    fn trunk(&mut self, trunk: &TrunkShape) -> Result<TrunkWeights, GpuError> {
        let (a, b) = trunk.input;
        let input = Channels {
            scalars: (0..a).collect(),
            vectors: (0..b).collect(),
            scalars_width: 4 * quads(a),
            vectors_width: 4 * quads(b),
        };
        let is_header = !trunk.outputs.is_empty();
        let width = self.width();
        let h_map: Vec<usize> = (0..self.h()).collect();
        let input_weights = self.interaction(trunk, "input", &input, true)?;
        let layers = (0..trunk.layers).map(|l| self.layer(trunk, l)).collect::<Result<Vec<_>, _>>()?;
        let mut states = Vec::new();
        for layer in 0..=trunk.layers {
            let start = 4 * self.shape.state_column4(layer);
            states.extend(self.state(layer).scalars.iter().map(|c| start + c));
        }
        let states_width = 4 * self.shape.state_column4(trunk.layers + 1);
        let aggregate = self.add(trunk, |p, prefix, _| {
            let mut data = Vec::new();
            for track in ["scalars", "vectors"] {
                let mut m = Matrix::zeros(states_width, width);
                let w = p.get(&format!("{prefix}.aggregate.{track}"));
                m.place(w, &states, &h_map, inverse_sqrt(states.len()));
                data.extend(m.data);
            }
            data
        })?;
        let last = Channels {
            scalars: h_map.clone(),
            vectors: h_map.clone(),
            scalars_width: width,
            vectors_width: width,
        };
        let readout = self.interaction(trunk, "readout", &last, !is_header)?;
        let mut finish = Slot::default();
        if is_header {
            const ROWS: usize = crate::structure::SLOTS + 1;
            finish = self.add(trunk, |p, prefix, head| {
                let outputs: Vec<usize> = (0..trunk.outputs[head]).collect();
                let mut m = Matrix::zeros(3 * width, ROWS);
                let u_map = sections(&h_map, 2, width);
                p.linear(&mut m, &format!("{prefix}.readout"), "vectors", (&h_map, width), &u_map, &outputs);
                let mut data = m.transposed(ROWS);
                if trunk.skip {
                    let mut gate = Matrix::zeros(width, input.vectors_width);
                    let scale = inverse_sqrt(h_map.len());
                    gate.place(p.get(&format!("{prefix}.skip.gate")), &h_map, &input.vectors, scale);
                    data.extend(gate.transposed(input.vectors_width));
                    let mut map = Matrix::zeros(input.vectors_width, ROWS);
                    let scale = inverse_sqrt(input.vectors.len());
                    map.place(p.get(&format!("{prefix}.skip.vectors")), &input.vectors, &outputs, scale);
                    data.extend(map.transposed(ROWS));
                }
                data
            })?;
        }
        Ok(TrunkWeights { input: input_weights, layers, aggregate, readout, finish })
    }
}

/// All weights on the device.
pub(super) struct Weights {
    pub conditioner: TrunkWeights,
    pub headers: TrunkWeights,
    pub windows: Vec<wgpu::Buffer>,
}

impl Weights {
    pub fn upload(
        gpu: &Gpu,
        shape: &NetworkShape,
        layout: &ParameterLayout,
        parameters: &[f32],
    ) -> Result<Self, GpuError> {
        let limit4 = (gpu.largest_buffer() / 16) as usize;
        let store = Store { limit4, windows: Vec::new() };
        let mut packer = Packer { gpu, shape, layout, parameters, store };
        let conditioner = packer.trunk(&shape.conditioner)?;
        let headers = packer.trunk(&shape.headers)?;
        let mut windows = Vec::new();
        for data in packer.store.windows {
            let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
            let buffer = gpu.buffer("weights", 4 * data.len() as u64, usage)?;
            for (index, part) in data.chunks(UPLOAD_BYTES / 4).enumerate() {
                gpu.queue.write_buffer(&buffer, (index * UPLOAD_BYTES) as u64, bytemuck::cast_slice(part));
                let submission = gpu.queue.submit([]);
                gpu.wait(Some(submission))?;
            }
            windows.push(buffer);
        }
        Ok(Self { conditioner, headers, windows })
    }
}
