//! The trust meter: how far the surroundings of each residue are from those that a model was trained on.
//!
//! **Descriptor.** Of every residue 45 numbers that do not change when the molecule is moved or turned: φ, ψ and χ1 as
//! points on the circle; hydropathy, volume, charge, aromaticity and freedom of the two residues before and after it;
//! the Cα distances i−3 to i, i to i+3, i−2 to i+2; of the residues beyond those how many of six kinds are within 8 Å,
//! how many of all within 6, 10 and 14 Å, and on which side of its frame N–Cα–C they lie. Each is scaled so that a
//! difference of one matters (`descriptor.rs`).
//!
//! **Distance.** From the training frames, spread evenly over trajectories and alike for every protein, up to
//! [`MOST_REFERENCES`] descriptors of each residue type are kept, chosen so that each is as far as possible from those
//! chosen before it: they cover what was seen. The distance of a residue is that to the nearest one of its type.
//!
//! **Scale.** The same distance is measured on frames that were held out of training. Its 99 % quantile, of the
//! residue's type where there are enough of them, is the threshold: a residue is *unfamiliar* when it is farther, as by
//! definition one in a hundred of proteins that were trained on. Whoever asks what an unseen protein looks like on this
//! scale is told by the data themselves: each training protein is measured once more against the references of all
//! others, where there are three or more.
//!
//! ```text
//! TrustBuilder::training, ::held_out  ──►  TrustBuilder::finish  ──►  TrustData, kept in the model file
//! TrustData::measure(topology, positions)  ──►  TrustReport
//! ```
//!
//! What it cannot tell: a familiar residue may move wrongly all the same, and an unfamiliar one rightly.

mod builder;
mod descriptor;
mod file;
mod report;
#[cfg(test)]
mod tests;

pub use builder::TrustBuilder;
pub use file::TrustFileError;
pub use report::{ResidueTrust, TrustReport};

pub(crate) use file::{METADATA_KEY, TENSOR_PREFIX};

use crate::structure::{ResidueType, Topology};
use descriptor::{WIDTH, descriptors, in_units, squared_steps};

/// Descriptors that are kept of each residue type at most.
pub const MOST_REFERENCES: usize = 512;
/// Share of the residues of held-out frames that are nearer than the threshold.
pub const THRESHOLD_QUANTILE: f64 = 0.99;
/// Steps of the tables of quantiles: 0, 0.5 %, …, 100 %.
const QUANTILES: usize = 201;

/// What a model remembers of the surroundings that it was trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustData {
    /// Of each residue type its descriptors, one after the other.
    references: Vec<Vec<i8>>,
    /// Of each residue type the quantiles of distances in held-out frames, rising.
    seen: Vec<Vec<f32>>,
    /// Quantiles of distance over threshold when a protein is left out of the references; empty for fewer than three.
    left_out: Vec<f32>,
    /// Different proteins.
    pub proteins: usize,
    /// Frames that references were chosen from.
    pub training_frames: usize,
    /// Frames that the scale comes from.
    pub held_out_frames: usize,
}

impl TrustData {
    /// How familiar each residue of a frame is, Å in canonical order.
    pub fn measure(&self, topology: &Topology, positions_angstrom: &[[f32; 3]]) -> TrustReport {
        let residues = topology.residues().iter().zip(descriptors(topology, positions_angstrom)).map(
            |(residue, descriptor)| {
                let kind = residue.kind.index();
                let distance = nearest(&self.references[kind], &descriptor);
                ResidueTrust {
                    residue: residue.label(),
                    distance,
                    ratio: distance.map(|distance| distance / self.threshold(kind)),
                    quantile: distance.map_or(1.0, |distance| place_in(&self.seen[kind], distance)),
                }
            },
        );
        TrustReport { residues: residues.collect(), left_out_share: self.left_out_share() }
    }

    /// Distance beyond which a residue of a type is unfamiliar.
    fn threshold(&self, kind: usize) -> f32 {
        let index = (THRESHOLD_QUANTILE * (QUANTILES - 1) as f64).round() as usize;
        // Where all held-out residues were met before, to the last step, any other is unfamiliar, and none divides by
        // zero.
        self.seen[kind].get(index).copied().unwrap_or(0.0).max(in_units(1))
    }

    /// Share of the residues of a training protein that are unfamiliar when it is left out of the references: what is to
    /// be expected of a protein that was not trained on. `None` for fewer than three proteins.
    pub fn left_out_share(&self) -> Option<f64> {
        (!self.left_out.is_empty()).then(|| 1.0 - f64::from(place_in(&self.left_out, 1.0)))
    }

    /// Number of references of a residue type.
    pub fn reference_count(&self, kind: ResidueType) -> usize {
        self.references[kind.index()].len() / WIDTH
    }
}

/// Distance to the nearest of some references; `None` where there are none.
fn nearest(references: &[i8], descriptor: &[i8]) -> Option<f32> {
    let squares = references.chunks_exact(WIDTH).map(|reference| squared_steps(reference, descriptor));
    squares.min().map(in_units)
}

/// The share of a distribution, told by its quantiles, that lies below a value: `0..=1`.
fn place_in(quantiles: &[f32], value: f32) -> f32 {
    let above = quantiles.partition_point(|&quantile| quantile < value);
    let steps = (quantiles.len() - 1) as f32;
    match (above.checked_sub(1).and_then(|below| quantiles.get(below)), quantiles.get(above)) {
        (None, _) => 0.0,
        (_, None) => 1.0,
        (Some(below), Some(next)) => (above as f32 - 1.0 + (value - below) / (next - below)) / steps,
    }
}

/// Quantiles of values that there are some of.
fn quantiles(mut values: Vec<f32>) -> Vec<f32> {
    values.sort_by(f32::total_cmp);
    let last = (values.len() - 1) as f64;
    let at = |place: f64| {
        let below = values[place.floor() as usize];
        below + (values[place.ceil() as usize] - below) * place.fract() as f32
    };
    (0..QUANTILES).map(|k| at(last * k as f64 / (QUANTILES - 1) as f64)).collect()
}
