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
    pub normalize: u32,
    pub write_q: u32,
}

/// `edge.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(super) struct Edge {
    pub neighbors: u32,
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
    pub neighbors: u32,
    pub bins: u32,
    pub bins4: u32,
    pub bin_spacing: f32,
    pub radial_scale: f32,
    pub clamp: u32,
    pub edges: u32,
    pub radial: u32,
    pub source: u32,
    pub centered: u32,
    pub s: u32,
    pub s4: u32,
    pub v: u32,
    pub v4: u32,
    pub conditioner: u32,
    pub label_count: u32,
    pub time_bins: u32,
    pub strain: u32,
    pub displacement: u32,
    pub torsion: u32,
    pub frame: u32,
    pub source_torsion: u32,
    pub source_frame: u32,
    pub carried: u32,
    pub estimate: u32,
    pub end_point: u32,
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
    pub torsions: u32,
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
    pub centered: u32,
    pub latent: u32,
    pub predicted: u32,
    pub earlier_drift: u32,
    pub earlier_noise: u32,
    pub end_point: u32,
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
    pub stage: u32,
    pub noise_step: u32,
    pub key: [u32; 2],
    pub clock: f32,
    pub still: f32,
    pub position_displacement: f32,
    pub vector_displacement: f32,
    pub keep: f32,
    pub drift: f32,
    pub noise: f32,
    pub change: f32,
    pub random: f32,
    pub position_noise: f32,
    pub position_random: f32,
    pub estimated: u32,
    pub unused: [u32; 3],
    pub drift_reading: [f32; 4],
    pub noise_reading: [f32; 4],
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use naga::{ScalarKind, TypeInner};

    use super::*;

    /// One number of a structure: its name, `u32` or `f32`, and where it lies, bytes.
    type Word = (String, &'static str, usize);

    fn words(name: &str, count: usize, kind: &'static str, offset: usize) -> Vec<Word> {
        match count {
            1 => vec![(name.to_owned(), kind, offset)],
            _ => (0..count).map(|index| (format!("{name}_{index}"), kind, offset + 4 * index)).collect(),
        }
    }

    /// What naga lays out for a structure of a shader, and its size.
    fn shader(source: &str, name: &str) -> (Vec<Word>, usize) {
        let start = source.find(&format!("struct {name} {{")).unwrap();
        let end = start + source[start..].find("\n}").unwrap() + 2;
        let module = naga::front::wgsl::parse_str(&source[start..end]).unwrap();
        let (_, found) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).unwrap();
        let TypeInner::Struct { members, span } = &found.inner else { panic!("{found:?}") };
        let members = members.iter().flat_map(|member| {
            let (count, scalar) = match module.types[member.ty].inner {
                TypeInner::Scalar(scalar) => (1, scalar),
                TypeInner::Vector { size, scalar } => (size as usize, scalar),
                ref other => panic!("{other:?}"),
            };
            let kind = if scalar.kind == ScalarKind::Float { "f32" } else { "u32" };
            words(member.name.as_deref().unwrap(), count, kind, member.offset as usize)
        });
        (members.collect(), *span as usize)
    }

    /// The fields of a structure of this file, which `repr(C)` lays out one after the other.
    fn ours(name: &str) -> Vec<Word> {
        let source = include_str!("parameters.rs");
        let start = source.find(&format!("pub(super) struct {name} {{")).unwrap();
        let fields = source[start..].lines().skip(1).take_while(|line| *line != "}");
        let mut all: Vec<Word> = Vec::new();
        for field in fields.filter_map(|line| line.trim().strip_prefix("pub ")) {
            let (name, kind) = field.trim_end_matches(',').split_once(": ").unwrap();
            let count = kind.split_once("; ").map_or(1, |(_, n)| n.trim_end_matches(']').parse().unwrap());
            let kind = if kind.contains("f32") { "f32" } else { "u32" };
            let offset = 4 * all.len();
            all.extend(words(name, count, kind, offset));
        }
        all
    }

    fn same<T>(ours_name: &str, source: &str, name: &str) {
        let (theirs, span) = shader(source, name);
        assert_eq!(ours(ours_name), theirs, "{ours_name}");
        assert_eq!((size_of::<T>(), 4 * theirs.len()), (span, span), "{ours_name}");
    }

    #[test]
    fn structures_lie_in_memory_as_the_shaders_read_them() {
        same::<Part>("Part", include_str!("../../../shaders/compute/product.wgsl"), "Part");
        same::<Norm>("Norm", include_str!("../../../shaders/compute/norm.wgsl"), "Params");
        same::<Edge>("Edge", include_str!("../../../shaders/compute/edge.wgsl"), "Params");
        same::<Assemble>("Assemble", include_str!("../../../shaders/compute/assemble.wgsl"), "Params");
        same::<Finish>("Finish", include_str!("../../../shaders/compute/finish.wgsl"), "Params");
        same::<Moment>("Moment", include_str!("../../../shaders/compute/step.wgsl"), "Step");
    }
}
