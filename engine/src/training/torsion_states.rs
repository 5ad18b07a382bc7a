//! Training pairs by the torsional state of single residues.
//!
//! Clusters of whole conformations tell folded from unfolded, but hardly one residue's φ > 0 or rare rotamer from
//! the others: such states are rare in every cluster, and what is rarely seen is learned late. Here a residue is
//! drawn, then one of the states it has been seen in, then a pair that starts from it: every residue's rare states
//! are seen as often as its common ones. Which pair is drawn depends on its source alone, so that the law of the
//! jump from each source stays what it is.

use crate::analysis::{DihedralTable, ResidueDihedrals};
use crate::structure::Topology;
use crate::trajectory::TrajectoryStore;

use super::TrainError;
use super::pair_index::PairIndex;
use super::random_index::split;

/// States of a residue: three of the backbone times three of χ1.
const STATES: usize = 9;
/// Pairs that are looked at; of more, evenly spread ones.
const MOST_LOOKED_AT: usize = 1 << 18;
/// Fewest pairs that make a state worth drawing as often as the others: rarer ones are too few to learn from.
const FEWEST: usize = 8;

/// Pairs of one protein by residue and state.
#[derive(Clone, Debug, Default)]
pub(super) struct TorsionStates {
    /// Per residue that has more than one, the pairs of each state.
    residues: Vec<Vec<Vec<u32>>>,
    /// Of every residue, how much rarer than the average of its states each is.
    rarity: Vec<[f32; STATES]>,
    /// Where the torsions are.
    table: Option<DihedralTable>,
}

impl TorsionStates {
    /// Sorts `pairs` of the protein `topology` by the states of their first frames. `look` is called for every
    /// frame.
    ///
    /// # Errors
    /// [`TrainError`] when a store cannot be read, or that of `look`.
    pub fn find(
        topology: &Topology,
        pairs: &PairIndex,
        stores: &[TrajectoryStore],
        look: &mut dyn FnMut() -> Result<(), TrainError>,
    ) -> Result<Self, TrainError> {
        let table = DihedralTable::new(topology);
        let mut residues = vec![vec![Vec::new(); STATES]; topology.residue_count()];
        let mut positions = vec![[0.0; 3]; topology.atom_count()];
        for pair in (0..pairs.len()).step_by(pairs.len().div_ceil(MOST_LOOKED_AT).max(1)) {
            look()?;
            let (store, frame) = pairs.get(pair);
            stores[store].read_frame(frame, &mut positions)?;
            for (states, angles) in residues.iter_mut().zip(table.measure(&positions)) {
                states[state(&angles)].push(pair as u32);
            }
        }
        let rarity = residues.iter().map(|states| rarity(std::array::from_fn(|k| states[k].len()))).collect();
        for states in &mut residues {
            states.retain(|pairs: &Vec<u32>| pairs.len() >= FEWEST);
        }
        residues.retain(|states| states.len() > 1);
        Ok(Self { residues, rarity, table: Some(table) })
    }

    /// Multiplies the weights of residues that are in a rare state at `source`, and of their neighbors in the chain,
    /// which the peptide planes belong to as well: by as much as the state is rarer than the average of the residue's
    /// states, `most` at most. A weight that depends on the source alone leaves the conditional mean what it is.
    pub fn raise(&self, source: &[[f32; 3]], most: f32, weights: &mut [f32]) {
        let Some(table) = &self.table else { return };
        let angles = table.measure(source);
        let own: Vec<f32> = self
            .rarity
            .iter()
            .zip(&angles)
            .map(|(rarity, angles)| rarity[state(angles)].clamp(1.0, most))
            .collect();
        for (at, weight) in weights.iter_mut().enumerate() {
            let near = &own[at.saturating_sub(1)..(at + 2).min(own.len())];
            *weight *= near.iter().fold(1.0f32, |most, x| most.max(*x));
        }
    }

    /// A pair for three uniform random numbers: a residue, a state of it, a pair that starts in it.
    pub fn draw(&self, residue: u32, state: u32, pair: u32) -> Option<usize> {
        if self.residues.is_empty() {
            return None;
        }
        let states = &self.residues[split(residue, self.residues.len()).0];
        let pairs = &states[split(state, states.len()).0];
        Some(pairs[split(pair, pairs.len()).0] as usize)
    }
}

/// How much rarer than the average of the states that are seen each is; 1 for those too rare to learn from.
fn rarity(pairs: [usize; STATES]) -> [f32; STATES] {
    let seen: Vec<usize> = pairs.into_iter().filter(|&pairs| pairs >= FEWEST).collect();
    let mean = seen.iter().sum::<usize>() as f32 / seen.len().max(1) as f32;
    pairs.map(|pairs| if pairs >= FEWEST { mean / pairs as f32 } else { 1.0 })
}

/// Left-handed, helical or extended backbone, and the well of χ1.
fn state(angles: &ResidueDihedrals) -> usize {
    let degrees = |angle: Option<f64>| angle.map(f64::to_degrees);
    let backbone = match (degrees(angles.phi_rad), degrees(angles.psi_rad)) {
        (Some(phi), _) if phi > 0.0 => 0,
        (_, Some(psi)) if (-120.0..50.0).contains(&psi) => 1,
        _ => 2,
    };
    let chi = match degrees(angles.chi1_rad) {
        Some(chi) if (0.0..120.0).contains(&chi) => 0,
        Some(chi) if (-120.0..0.0).contains(&chi) => 1,
        _ => 2,
    };
    3 * backbone + chi
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::ops::ControlFlow;

    use super::*;
    use crate::random::{Noise, Stream};
    use crate::test_support::{bundled, write_store};
    use crate::training::dataset::PairChances;
    use crate::training::{PairDataset, PairSampling, TrainSettings};

    const FRAMES: usize = 400;

    fn is_rare(frame: usize) -> bool {
        frame.is_multiple_of(20)
    }

    /// A residue that starts in its mirror image weighs as much more as that is rarer, with its neighbors, up to the
    /// limit; a conformation in which nothing is rare weighs as it did.
    #[test]
    fn rare_torsions_raise_the_weight_of_their_residue_and_its_neighbors() {
        let opened = bundled("chignolin");
        let count = opened.topology.residue_count();
        let table = DihedralTable::new(&opened.topology);
        let mut counts = vec![[0; STATES]; count];
        for (residue, angles) in table.measure(&opened.positions_angstrom).iter().enumerate() {
            counts[residue][state(angles)] = 760;
        }
        // Tyr2 as it is in 40 pairs less, which have another state.
        let now = counts[1].iter().position(|&pairs| pairs > 0).unwrap();
        counts[1][now] = 40;
        counts[1][(now + 3) % STATES] = 760;
        // Asp3 in a state too rare to be learned.
        let now = counts[2].iter().position(|&pairs| pairs > 0).unwrap();
        counts[2][now] = FEWEST - 1;
        counts[2][(now + 3) % STATES] = 800;
        let states = TorsionStates {
            residues: Vec::new(),
            rarity: counts.into_iter().map(rarity).collect(),
            table: Some(table),
        };
        for (most, expected) in [(100.0, 10.0), (4.0, 4.0), (1.0, 1.0)] {
            let mut weights = vec![0.5; count];
            states.raise(&opened.positions_angstrom, most, &mut weights);
            let mut wanted = vec![0.5; count];
            wanted[..3].fill(0.5 * expected);
            assert_eq!(weights, wanted, "{most}");
        }
    }

    /// Chignolin as it is, and for a twentieth of the frames its mirror image, in which every φ and χ1 has the
    /// other sign.
    fn store(folder: &std::path::Path) -> std::path::PathBuf {
        let opened = bundled("chignolin");
        let path = folder.join("chignolin.store.safetensors");
        let native = opened.positions_angstrom.to_vec();
        let mirrored: Vec<[f32; 3]> = native.iter().map(|&[x, y, z]| [-x, y, z]).collect();
        let frames = (0..FRAMES).map(|frame| if is_rare(frame) { mirrored.clone() } else { native.clone() });
        write_store(&path, &opened.topology, &[frames.collect()], false);
        path
    }

    #[test]
    fn rare_torsions_of_a_residue_are_drawn_as_often_as_common_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = store(folder.path());
        let share_of_rare = |torsion_share: f64| {
            let settings = TrainSettings {
                lag_ps: 1.0,
                clusters: 50_000,
                validation_fraction: 0.0,
                torsion_share,
                ..TrainSettings::default()
            };
            let data =
                PairDataset::open(std::slice::from_ref(&path), &settings, &mut || ControlFlow::Continue(()));
            let data = data.unwrap();
            let random = Noise::new(3, Stream::Training);
            let rare = (0..2000u32).filter(|&k| {
                let [within, cluster, offset, enhanced] = random.bits([k, 0, 0, 0]);
                let chances = PairChances { within, cluster, offset, enhanced, direction: 0 };
                is_rare(data.drawn(chances).frame)
            });
            rare.count()
        };
        // Too few pairs for so many clusters: the others are drawn uniformly. Five standard deviations about a
        // half, a twentieth and the mean of both.
        for (torsion_share, expected, margin) in [(1.0, 1000, 112), (0.0, 100, 50), (0.5, 550, 100)] {
            let rare = share_of_rare(torsion_share);
            assert!(rare.abs_diff(expected) < margin, "{torsion_share}: {rare}");
        }
    }

    /// However pairs are drawn: those that start in the mirror image weigh as much more as the limit has it.
    #[test]
    fn rare_torsions_weigh_more_in_pairs_that_are_drawn_alike() {
        let folder = tempfile::tempdir().unwrap();
        let path = store(folder.path());
        let settings = TrainSettings {
            lag_ps: 1.0,
            pairs: PairSampling::Uniform,
            validation_fraction: 0.0,
            rare_weight: 8.0,
            ..TrainSettings::default()
        };
        let data = PairDataset::open(&[path], &settings, &mut || ControlFlow::Continue(())).unwrap();
        let random = Noise::new(3, Stream::Training);
        let mut rare = 0;
        for k in 0..1000u32 {
            let [within, cluster, offset, enhanced] = random.bits([k, 0, 0, 0]);
            let chances = PairChances { within, cluster, offset, enhanced, direction: 0 };
            let is_rare = is_rare(data.drawn(chances).frame);
            let weights = data.training_pair(chances).unwrap().weights;
            let most = weights.iter().fold(0.0f32, |most, x| most.max(*x));
            assert_eq!(most, if is_rare { 8.0 } else { 1.0 }, "{weights:?}");
            rare += usize::from(is_rare);
        }
        assert!(rare.abs_diff(50) < 35, "a twentieth, not {rare} of 1,000");
    }
}
