//! Parameters of dispatches, field by field as the structures of the same name in `shaders/compute`.
//!
//! Offsets, strides and widths are in units of four numbers.

use bytemuck::{Pod, Zeroable};

/// One product of `product.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(super) struct Part {
    pub rows: u32,
    pub k4_first: u32,
    pub k4_second: u32,
    pub n4: u32,
    pub a_offset: u32,
    pub a_stride: u32,
    pub a_head: u32,
    pub w_offset: u32,
    pub b_offset: u32,
    pub b_stride: u32,
    pub b_head: u32,
    pub w_head: u32,
    pub out_offset: u32,
    pub out_stride: u32,
    pub out_head: u32,
    pub parts: u32,
    pub q_offset: u32,
    pub q_stride: u32,
    pub q_head: u32,
    pub scalars4: u32,
    pub s_offset: u32,
    pub s_stride: u32,
    pub s_head: u32,
    pub width4: u32,
    pub v_offset: u32,
    pub v_stride: u32,
    pub v_head: u32,
    pub square: u32,
    pub u_offset: u32,
    pub u_stride: u32,
    pub u_head: u32,
    pub unused: u32,
}

/// `norm.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(super) struct Norm {
    pub in_s: u32,
    pub in_s_stride: u32,
    pub in_s_head: u32,
    pub in_v: u32,
    pub in_v_stride: u32,
    pub in_v_head: u32,
    pub out_s: u32,
    pub out_s_stride: u32,
    pub out_s_head: u32,
    pub out_v: u32,
    pub out_v_stride: u32,
    pub out_v_head: u32,
    pub q: u32,
    pub q_stride: u32,
    pub q_head: u32,
    pub width4: u32,
    pub channels: u32,
    pub tail: u32,
    pub scale: u32,
    pub bias: u32,
    pub w_head: u32,
    pub normalise: u32,
    pub write_q: u32,
}

/// `edge.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(super) struct Edge {
    pub neighbours: u32,
    pub bins: u32,
    pub bins4: u32,
    pub bin_spacing: f32,
    pub edges: u32,
    pub radial: u32,
    pub nodes_s: u32,
    pub nodes_s_head: u32,
    pub nodes_v: u32,
    pub nodes_v_head: u32,
    pub mid_s: u32,
    pub mid_s_head: u32,
    pub mid_v: u32,
    pub mid_v_head: u32,
    pub w_head: u32,
    pub w_radial: u32,
    pub w_offset: u32,
    pub w_bias: u32,
    pub w_gate: u32,
    pub w_gate_bias: u32,
    pub w_out_s: u32,
    pub w_out_v: u32,
    pub w_scale: u32,
    pub w_norm_bias: u32,
    pub old_s: u32,
    pub new_s: u32,
    pub state_s_stride: u32,
    pub state_s_head: u32,
    pub old_v: u32,
    pub new_v: u32,
    pub state_v_stride: u32,
    pub state_v_head: u32,
    pub width4: u32,
    pub concatenate: u32,
    pub channels: u32,
    pub tail: u32,
    pub q: u32,
    pub q_stride: u32,
    pub q_head: u32,
    pub write_q: u32,
}

/// `assemble.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(super) struct Assemble {
    pub residues: u32,
    pub neighbours: u32,
    pub bins: u32,
    pub bins4: u32,
    pub bin_spacing: f32,
    pub radial_scale: f32,
    pub clamp: u32,
    pub edges: u32,
    pub radial: u32,
    pub source: u32,
    pub centred: u32,
    pub s: u32,
    pub s4: u32,
    pub v: u32,
    pub v4: u32,
    pub conditioner: u32,
    pub label_count: u32,
    pub time_bins: u32,
    pub strain: u32,
    pub displacement: u32,
    pub condition_s: u32,
    pub condition_v: u32,
    pub channels: u32,
    pub channels4: u32,
    pub residue_words: u32,
    pub branches: u32,
    pub classes: u32,
    pub pair_starts: u32,
    pub pairs: u32,
    pub close: u32,
}

/// `finish.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(super) struct Finish {
    pub residues: u32,
    pub heads: u32,
    pub endpoint: u32,
    pub channels4: u32,
    pub outputs: [u32; 4],
    pub aggregate_s: u32,
    pub aggregate_s_head: u32,
    pub aggregate_v: u32,
    pub aggregate_v_head: u32,
    pub gated: u32,
    pub gated_stride: u32,
    pub gated_head: u32,
    pub w_head: u32,
    pub w_out: u32,
    pub w_skip_gate: u32,
    pub w_skip: u32,
    pub skip: u32,
    pub input_v: u32,
    pub source: u32,
    pub centred: u32,
    pub latent: u32,
    pub predicted: u32,
    pub first_drift: u32,
    pub sigma_vector: f32,
    pub sigma_position: f32,
    pub residue_words: u32,
    pub addresses: u32,
}

/// `step.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub(super) struct Moment {
    pub cloud: u32,
    pub mode: u32,
    pub noise_step: u32,
    pub key: [u32; 2],
    pub clock: f32,
    pub dt: f32,
    pub score: f32,
    pub noise: f32,
    pub position_score: f32,
    pub position_noise: f32,
    pub position_displacement: f32,
    pub vector_displacement: f32,
    pub extrapolation: f32,
    pub unused: [u32; 2],
    pub drift_reading: [f32; 4],
    pub noise_reading: [f32; 4],
}
