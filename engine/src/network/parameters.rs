//! Names, shapes and initial distribution of all parameters, in one flat vector.
//!
//! # The network, parameter by parameter
//!
//! `Linear(x; W) = x W / √fan_in`, no bias, weights drawn from N(0, 1) (ARCHITECTURE.md §5). `ψ(x) = 1.6766 silu(x)`.
//! Features are scalars `s [R, a]` and vectors `v [R, 3, b]`.
//!
//! **Self-interaction** (Alg. 3) `P` from `(a, b)` to `(a', b')`:
//! - `a = b`: `q = [s, s²/√3, |v|²/√15]` (3a), `u = [v, s·v]` (2a); else `q = s`, `u = v`.
//! - `g = ψ(Linear(q; P.gate.hidden))`, `g_s = ψ(Linear(g; P.gate.scalars))`, `g_v = ψ(Linear(g; P.gate.vectors))`.
//! - `s' = Linear(q·g_s; P.linear.scalars)`, `v' = Linear(u·g_v; P.linear.vectors)`.
//! - residual: `(a, b) = (a', b')`: add the input; else `s' ← Linear([s, s']; P.mix.scalars)`, same for `v'`.
//! - unless it is a header's readout, layer norm `P.norm.scale`, `P.norm.bias`. Readouts of headers have
//!   `a' = 0`: no scalar output and no `*.scalars` matrices for it.
//!
//! **Layer norm**: `s ← (s − mean)/√(var + ε)·scale + bias`, `v ← v/√(mean_c |v_c|² + ε)`, `ε = 1e-6`.
//!
//! **Spatial convolution** (Alg. 4) `P`, width H, factorized: with `n = Linear(s; P.scalars [H, 4H])`,
//! `m = Linear(v; P.vectors [H, 4H])`, columns `n = [n¹ | n² | n_j | n_i]`, `m = [m¹ | m² | m³ | m⁴]`,
//! the message along edge `i ← j` with unit vector `r̂` is
//! - scalars `(n¹_j + m¹_j·r̂)/√2`,
//! - vectors `(m²_j + √3 n²_j r̂ + √(3/2) m³_j × r̂ + √(9/2) (r̂ (r̂·m⁴_j) − m⁴_j/3))/2`
//!   (the factors are those of component-normalized harmonics of l = 0, 1, 2),
//! - times the gates `[g_s | g_v] = Linear(ψ(z); P.gate.output [H, 2H]) + P.gate.output_bias`,
//!   `z = (ρ W_ρ + √17 T[offset] + √H (n_j[j] + n_i[i]))/√(bins + 17 + 2H) + P.gate.bias`
//!   with `ρ` the radial embedding, `W_ρ = P.gate.radial`, `T = P.gate.offset` (17 = 2·clamp + 1 rows).
//! - `out = Linear(x + mean over neighbors; P.out.scalars | P.out.vectors)`.
//!
//! **Trunk** (Alg. 5) `P` with L layers: `H⁰ = SelfInteraction(input; P.input)`; for l in 0..L:
//! `C = Conv(SelfInteraction(H^l → H; P.layers.l.self); P.layers.l.conv)`,
//! `H^{l+1} = LN(H^l + C)` or, with `residual = concat`, `LN([H^l, C])`, parameters `P.layers.l.norm.*`;
//! then `Linear([H⁰ … H^L]; P.aggregate.*)` to H, and `SelfInteraction(P.readout)`: for the conditioner
//! to (H, H) with norm, for headers to `(0, outputs)` without.
//!
//! **Conditioner** input, from X^t: scalars `[√21 one-hot (21), |vectors| (13), chain lengths (4), torsions (14), vectors in frame (51)]`,
//! vectors `[13 vectors, 4 chain vectors]`. **Header** input, from X_τ: scalars
//! `[√bins time (bins), conditioner (H), |vectors| (13), chain lengths (4), strain, |displacements| (14), torsions (14),
//! displacements in frame (42), torsions of X^t (14), vectors of X^t in frame (51), displacements of chain vectors in
//! frame (12), what is left of pieces carried along (57), estimate (29)]`,
//! vectors `[13 vectors, 4 chain vectors, strain, displacements (14), vectors of X^t (17), towards X^t carried along (14), estimate (14), P_τ − m P^t (1), conditioner (H)]`, `m`
//! being the [`Transport::still_scale`] at τ, 1 for the two-sided transport; the scaled displacements of
//! [`super::inputs::DisplacementFeatures`] only with `displacement_inputs`, the strain of
//! [`super::inputs::strain`] only with `strain_inputs`, the torsions and coordinates in frames of [`super::inputs`] only with
//! `torsion_inputs`, `source_torsion_inputs`, `source_frame_inputs` and `frame_inputs`, what [`super::inputs::carried`] leaves with
//! `carried_inputs`, the estimate of [`super::inputs::EstimateFeatures`] with `estimate_inputs`; with strain inputs also a gated skip connection from the input vectors
//! `x` to the outputs: with `t` the scalars of the aggregate,
//! `Linear(x·ψ(Linear(t; skip.gate)); skip.vectors)` is added to the readout. It spares 43 strain vectors the
//! way through H channels: an indole has more stiff directions than a network of H = 32 has vectors. See [`super::inputs`] for the chain
//! vectors. They and the lengths are an addition to the paper: layer norm removes the absolute scale of a
//! residue's vectors, so that without them a header cannot see a bond that is too long.
//!
//! **Headers**: `endpoint` has one, `header.endpoint` (DDPM: `header.noise`), with 14 outputs (13 vectors, then
//! the position); `paper` has `header.drift_vectors` (13), `header.drift_positions` (1),
//! `header.noise_vectors` (13), `header.noise_positions` (1), flow matching only the drift, DDPM only the
//! noise. What they stand for is in [`crate::transport::heads`]. Outputs are multiplied by σ_V and σ_P, and by the slot mask.

use std::collections::HashMap;
use std::ops::Range;

use super::{Heads, NetworkConfig, Residual, Transport, inputs};
use crate::structure::SLOTS;

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    /// Independent standard normal numbers.
    Normal,
    /// All zero.
    Zeros,
    /// All one.
    Ones,
}

/// One named parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterSpec {
    /// Dotted path; the key in the safetensors file.
    pub name: String,
    /// `[in, out]` of a matrix, `[n]` of a vector.
    pub shape: Vec<usize>,
    /// Position in the flat vector.
    pub range: Range<usize>,
    /// Initial distribution.
    pub initial: Initial,
}

/// All parameters of a network in a fixed order.
#[derive(Clone, Debug)]
pub struct ParameterLayout {
    specs: Vec<ParameterSpec>,
    index: HashMap<String, usize>,
    total: usize,
}

/// Names of the header networks and how many vectors each puts out.
pub fn header_outputs(config: &NetworkConfig) -> &'static [(&'static str, usize)] {
    const DRIFT_THEN_NOISE: &[(&str, usize)] = &[
        ("header.drift_vectors", SLOTS),
        ("header.drift_positions", 1),
        ("header.noise_vectors", SLOTS),
        ("header.noise_positions", 1),
    ];
    match (config.heads, config.transport) {
        (Heads::Endpoint, Transport::Ddpm) => &[("header.noise", SLOTS + 1)],
        (Heads::Endpoint, _) => &[("header.endpoint", SLOTS + 1)],
        (Heads::Paper, Transport::TwoSided | Transport::Bridge | Transport::OneSided) => DRIFT_THEN_NOISE,
        (Heads::Paper, Transport::FlowMatching) => &DRIFT_THEN_NOISE[..2],
        (Heads::Paper, Transport::Ddpm) => &DRIFT_THEN_NOISE[2..],
    }
}

impl ParameterLayout {
    /// The layout of `config`.
    pub fn new(config: &NetworkConfig) -> Self {
        let mut layout = Self { specs: Vec::new(), index: HashMap::new(), total: 0 };
        let h = config.multiplicity;
        layout.trunk(
            config,
            "conditioner",
            config.conditioner_layers,
            (inputs::conditioner_scalars(config), inputs::CONDITIONER_VECTORS),
            (h, h),
        );
        for &(name, outputs) in header_outputs(config) {
            let input = (inputs::header_scalars(config), inputs::header_vectors(config));
            layout.trunk(config, name, config.header_layers, input, (0, outputs));
        }
        layout
    }

    /// All parameters in order.
    pub fn specs(&self) -> &[ParameterSpec] {
        &self.specs
    }

    /// Number of parameters.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The parameter called `name`.
    pub fn get(&self, name: &str) -> Option<&ParameterSpec> {
        self.index.get(name).map(|&i| &self.specs[i])
    }

    fn add(&mut self, name: String, shape: &[usize], initial: Initial) {
        let size: usize = shape.iter().product();
        let range = self.total..self.total + size;
        self.total += size;
        self.index.insert(name.clone(), self.specs.len());
        self.specs.push(ParameterSpec { name, shape: shape.to_vec(), range, initial });
    }

    fn matrix(&mut self, name: String, rows: usize, columns: usize) {
        self.add(name, &[rows, columns], Initial::Normal);
    }

    fn norm(&mut self, prefix: &str, width: usize) {
        self.add(format!("{prefix}.norm.scale"), &[width], Initial::Ones);
        self.add(format!("{prefix}.norm.bias"), &[width], Initial::Zeros);
    }

    fn self_interaction(&mut self, prefix: &str, (a, b): (usize, usize), (c, d): (usize, usize), norm: bool) {
        let (q, u) = if a == b { (3 * a, 2 * a) } else { (a, b) };
        self.matrix(format!("{prefix}.gate.hidden"), q, q);
        if c > 0 {
            self.matrix(format!("{prefix}.gate.scalars"), q, q);
        }
        self.matrix(format!("{prefix}.gate.vectors"), q, u);
        if c > 0 {
            self.matrix(format!("{prefix}.linear.scalars"), q, c);
        }
        self.matrix(format!("{prefix}.linear.vectors"), u, d);
        if (a, b) != (c, d) {
            if c > 0 {
                self.matrix(format!("{prefix}.mix.scalars"), a + c, c);
            }
            self.matrix(format!("{prefix}.mix.vectors"), b + d, d);
        }
        if norm {
            self.norm(prefix, c);
        }
    }

    fn convolution(&mut self, prefix: &str, config: &NetworkConfig) {
        let h = config.multiplicity;
        self.matrix(format!("{prefix}.scalars"), h, 4 * h);
        self.matrix(format!("{prefix}.vectors"), h, 4 * h);
        self.matrix(format!("{prefix}.gate.radial"), config.radial_bins, h);
        self.matrix(format!("{prefix}.gate.offset"), 2 * config.sequence_clamp + 1, h);
        self.add(format!("{prefix}.gate.bias"), &[h], Initial::Zeros);
        self.matrix(format!("{prefix}.gate.output"), h, 2 * h);
        self.add(format!("{prefix}.gate.output_bias"), &[2 * h], Initial::Zeros);
        self.matrix(format!("{prefix}.out.scalars"), h, h);
        self.matrix(format!("{prefix}.out.vectors"), h, h);
    }

    fn trunk(
        &mut self,
        config: &NetworkConfig,
        prefix: &str,
        layers: usize,
        input: (usize, usize),
        output: (usize, usize),
    ) {
        let h = config.multiplicity;
        self.self_interaction(&format!("{prefix}.input"), input, (h, h), true);
        let mut aggregate = h;
        for layer in 0..layers {
            let width = state_width(config, layer);
            let next = state_width(config, layer + 1);
            self.self_interaction(&format!("{prefix}.layers.{layer}.self"), (width, width), (h, h), true);
            self.convolution(&format!("{prefix}.layers.{layer}.conv"), config);
            self.norm(&format!("{prefix}.layers.{layer}"), next);
            aggregate += next;
        }
        self.matrix(format!("{prefix}.aggregate.scalars"), aggregate, h);
        self.matrix(format!("{prefix}.aggregate.vectors"), aggregate, h);
        self.self_interaction(&format!("{prefix}.readout"), (h, h), output, output.0 > 0);
        if has_skip(config, output) {
            self.matrix(format!("{prefix}.skip.gate"), h, input.1);
            // Starts as nothing, so that the trunk is heard first.
            self.add(format!("{prefix}.skip.vectors"), &[input.1, output.1], Initial::Zeros);
        }
    }
}

/// Whether a trunk with this output has a skip connection: headers with strain inputs do.
pub fn has_skip(config: &NetworkConfig, output: (usize, usize)) -> bool {
    config.strain_inputs && output.0 == 0
}

/// Width of state `H^l`: H, or (l + 1) H with concatenation.
pub fn state_width(config: &NetworkConfig, layer: usize) -> usize {
    match config.residual {
        Residual::Sum => config.multiplicity,
        Residual::Concat => config.multiplicity * (layer + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table 4 of the paper: 6.5, 25.4 and 100.8 M for H = 32, 64, 128.
    #[test]
    fn concat_form_has_the_sizes_of_table_4() {
        for (multiplicity, millions) in [(32, 6.5), (64, 25.4), (128, 100.8)] {
            let config = NetworkConfig {
                multiplicity,
                residual: Residual::Concat,
                heads: Heads::Paper,
                strain_inputs: false,
                displacement_inputs: false,
                ..NetworkConfig::basic()
            };
            let total = ParameterLayout::new(&config).total() as f64 / 1e6;
            assert!(
                (total / millions - 1.0).abs() < 0.02,
                "H = {multiplicity}: {total} M, expected {millions} M"
            );
        }
    }

    #[test]
    fn ranges_tile_the_flat_vector() {
        let layout = ParameterLayout::new(&NetworkConfig::basic());
        let mut next = 0;
        for spec in layout.specs() {
            assert_eq!(spec.range.start, next, "{}", spec.name);
            assert_eq!(spec.range.len(), spec.shape.iter().product::<usize>(), "{}", spec.name);
            next = spec.range.end;
        }
        assert_eq!(next, layout.total());
    }
}
