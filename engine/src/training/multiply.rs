//! Starting a training of a network with more channels from the weights of one with fewer.
//!
//! Every channel becomes several equal ones, and what was read from it is read from all of them together: sums,
//! layer norms and products stay what they were, so that the wide network computes what the narrow one does
//! (Chen, Goodfellow and Shlens 2016). Equal channels would learn alike forever. So what reads them gets more from
//! one and less from another, by noise that adds up to nothing over the copies.

use crate::network::{NetworkConfig, ParameterLayout, ParameterSpec, inputs};

use super::weights::initial_weights;

/// Size of the noise that tells copies apart, in units of the first weights of a network.
const DIFFERENCE: f32 = 0.5;

/// `config` and the weights `values` of it, with every channel `copies` times; `seed` draws how copies differ.
pub(super) fn multiplied(
    config: &NetworkConfig,
    values: &[f32],
    copies: usize,
    seed: u64,
) -> (NetworkConfig, Vec<f32>) {
    let wide = NetworkConfig { multiplicity: copies * config.multiplicity, ..config.clone() };
    let (from, to) = (ParameterLayout::new(config), ParameterLayout::new(&wide));
    let mut out = initial_weights(&to, seed);
    for (was, is) in from.specs().iter().zip(to.specs()) {
        spread(config, &wide, (was, is), &values[was.range.clone()], &mut out[is.range.clone()]);
    }
    (wide, out)
}

/// One parameter: `out` holds first weights, of which only the differences of copies are kept.
fn spread(
    old: &NetworkConfig,
    new: &NetworkConfig,
    (was, is): (&ParameterSpec, &ParameterSpec),
    values: &[f32],
    out: &mut [f32],
) {
    let &[rows, columns] = &is.shape[..] else {
        let map = Blocks::Channels(was.shape[0]).map(old, new);
        out.iter_mut().zip(map).for_each(|(out, at)| *out = values[at]);
        return;
    };
    let (row_blocks, column_blocks) = blocks(old, was);
    let (row_map, column_map) = (row_blocks.map(old, new), column_blocks.map(old, new));
    debug_assert_eq!((row_map.len(), column_map.len()), (rows, columns), "{}", is.name);
    let mut copies_of = vec![Vec::new(); was.shape[0]];
    row_map.iter().enumerate().for_each(|(row, &at)| copies_of[at].push(row));
    let fan_in = (rows as f32 / was.shape[0] as f32).sqrt();
    for (at, copies) in copies_of.iter().enumerate() {
        for (column, &from) in column_map.iter().enumerate() {
            let whole = fan_in * values[at * was.shape[1] + from] * gate_scale(old, new, is, column);
            let mean =
                copies.iter().map(|row| out[row * columns + column]).sum::<f32>() / copies.len() as f32;
            for row in copies {
                let weight = &mut out[row * columns + column];
                *weight = whole / copies.len() as f32 + DIFFERENCE * (*weight - mean);
            }
        }
    }
}

/// What keeps the sum before the gates of a convolution: it is divided by the root of a number that H is part of,
/// see the front page of [`crate::network::parameters`].
fn gate_scale(old: &NetworkConfig, new: &NetworkConfig, is: &ParameterSpec, column: usize) -> f32 {
    let h = |config: &NetworkConfig| config.multiplicity as f32;
    let terms = |config: &NetworkConfig| {
        (config.radial_bins + 2 * config.sequence_clamp + 1 + 2 * config.multiplicity) as f32
    };
    let divisor = (terms(new) / terms(old)).sqrt();
    if is.name.ends_with("conv.gate.radial") || is.name.ends_with("conv.gate.offset") {
        divisor
    } else if is.name.ends_with("conv.scalars") && column >= 2 * new.multiplicity {
        divisor * (h(old) / h(new)).sqrt()
    } else {
        1.0
    }
}

/// What the rows or columns of a matrix of the narrow network stand for.
enum Blocks {
    /// So many inputs or outputs that do not depend on H.
    Fixed(usize),
    /// So many channels, a multiple of H.
    Channels(usize),
    /// One after the other.
    Several(Vec<Self>),
}

impl Blocks {
    /// For each row or column of the wide network that of the narrow one.
    fn map(&self, old: &NetworkConfig, new: &NetworkConfig) -> Vec<usize> {
        let (h, wide) = (old.multiplicity, new.multiplicity);
        match self {
            &Self::Fixed(count) => (0..count).collect(),
            &Self::Channels(count) => {
                (0..count / h * wide).map(|index| index / wide * h + index % wide % h).collect()
            }
            Self::Several(parts) => {
                let mut map = Vec::new();
                let mut start = 0;
                for part in parts {
                    map.extend(part.map(old, new).into_iter().map(|index| start + index));
                    start += part.len();
                }
                map
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            &Self::Fixed(count) | &Self::Channels(count) => count,
            Self::Several(parts) => parts.iter().map(Self::len).sum(),
        }
    }
}

/// Rows and columns of the matrix `spec` of the network `config`.
fn blocks(config: &NetworkConfig, spec: &ParameterSpec) -> (Blocks, Blocks) {
    let h = config.multiplicity;
    let conditioner = spec.name.starts_with("conditioner");
    let scalars = || {
        if conditioner {
            return Blocks::Fixed(inputs::conditioner_scalars(config));
        }
        let rest = inputs::header_scalars(config) - config.time_bins - h;
        Blocks::Several(vec![Blocks::Fixed(config.time_bins), Blocks::Channels(h), Blocks::Fixed(rest)])
    };
    let vectors = || {
        if conditioner {
            return Blocks::Fixed(inputs::CONDITIONER_VECTORS);
        }
        let rest = inputs::header_vectors(config) - h;
        Blocks::Several(vec![Blocks::Fixed(rest), Blocks::Channels(h)])
    };
    let (rows, columns) = (spec.shape[0], spec.shape[1]);
    let is = |end: &str| spec.name.ends_with(end);
    let then = |first: Blocks, second: Blocks| Blocks::Several(vec![first, second]);
    let of_header = |part: &str| !conditioner && is(part);
    if is("input.gate.hidden") || is("input.gate.scalars") {
        (scalars(), scalars())
    } else if is("input.gate.vectors") {
        (scalars(), vectors())
    } else if is("input.linear.scalars") {
        (scalars(), Blocks::Channels(columns))
    } else if is("input.linear.vectors") {
        (vectors(), Blocks::Channels(columns))
    } else if is("input.mix.scalars") {
        (then(scalars(), Blocks::Channels(h)), Blocks::Channels(columns))
    } else if is("input.mix.vectors") {
        (then(vectors(), Blocks::Channels(h)), Blocks::Channels(columns))
    } else if is("skip.gate") {
        (Blocks::Channels(rows), vectors())
    } else if is("skip.vectors") {
        (vectors(), Blocks::Fixed(columns))
    } else if is("conv.gate.radial") || is("conv.gate.offset") {
        (Blocks::Fixed(rows), Blocks::Channels(columns))
    } else if of_header("readout.mix.vectors") {
        (then(Blocks::Channels(h), Blocks::Fixed(columns)), Blocks::Fixed(columns))
    } else if of_header("readout.linear.vectors") {
        (Blocks::Channels(rows), Blocks::Fixed(columns))
    } else {
        (Blocks::Channels(rows), Blocks::Channels(columns))
    }
}
