//! Frames of the model's own as sources of jumps.
//!
//! A simulation starts each jump from a frame that the model made, and a model that knows jumps from frames of molecular
//! dynamics alone does not lead back from what its own are off by. Which jump would follow from an own frame nobody has
//! simulated; here it is the one from the frame of molecular dynamics that is most like it (data aggregation: Ross,
//! Gordon & Bagnell, AISTATS 2011). Where the two differ in a torsion, that jump says nothing about the residue: it
//! would teach the model to forget its torsions, so the residue counts for nothing.

use std::collections::BTreeSet;

use crate::analysis::superposition::{Superposition, superpose_pair};
use crate::analysis::{DihedralTable, ResidueDihedrals, vectors::vec3};
use crate::structure::{Topology, relabel_equivalent};
use crate::trajectory::TrajectoryStore;

use super::TrainError;
use super::pair_index::PairIndex;

/// Frames of molecular dynamics that are looked at; of more, evenly spread ones.
const MOST_LOOKED_AT: usize = 1 << 16;
/// Cα whose distances tell which frames may be alike.
const MOST_CA: usize = 20;
/// Frames alike by these distances of which the one most alike in all atoms is taken.
const SHORTLIST: usize = 32;
/// An own frame further than this from all of molecular dynamics, rms over heavy atoms, has nothing like it.
const FARTHEST_ANGSTROM: f64 = 4.0;
/// Torsions that differ by more are in different wells.
const WELL_RAD: f64 = std::f64::consts::FRAC_PI_3;

/// An own frame and the pair of molecular dynamics whose source is most like it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OwnFrame {
    pub store: usize,
    pub frame: usize,
    pub pair: usize,
}

/// Finds the own frames of the protein `topology` as [`find`] does, among those of all proteins in the stores `own`, and
/// what is to be told of them, with the `share` of jumps that starts from them; nothing where it has none.
///
/// # Errors
/// As [`find`].
pub(super) fn of_protein(
    topology: &Topology,
    pairs: &PairIndex,
    stores: &[TrajectoryStore],
    (own, share): (&[usize], f64),
    look: &mut dyn FnMut() -> Result<(), TrainError>,
) -> Result<(Vec<OwnFrame>, Option<String>), TrainError> {
    let sequence = topology.sequence();
    let own: Vec<usize> =
        own.iter().copied().filter(|&store| stores[store].topology().sequence() == sequence).collect();
    if own.is_empty() {
        return Ok((Vec::new(), None));
    }
    let found = find(topology, pairs, stores, &own, look)?;
    let frames: usize = own.iter().map(|&store| stores[store].frame_count()).sum();
    let told = format!(
        "{}: {} of {frames} frames made by a model are like one of molecular dynamics; a share of {share} of its jumps starts from them",
        topology.name,
        found.len(),
    );
    Ok((found, Some(told)))
}

/// What is to be told of those of the stores `own` that are of no protein among the sequences `known`.
pub(super) fn without_dynamics(
    own: &[usize],
    stores: &[TrajectoryStore],
    known: &BTreeSet<String>,
) -> Vec<String> {
    let own = own.iter().map(|&store| &stores[store]);
    own.filter(|store| !known.contains(&store.topology().sequence()))
        .map(|store| {
            format!(
                "{}: frames made by a model of a protein of which there is no molecular dynamics here are left out",
                store.path().display()
            )
        })
        .collect()
}

/// Finds for each frame of the stores `own` the pair of `pairs`, of the protein `topology`, whose source is most like
/// it; frames that nothing is like are left out. `look` is called for every frame.
///
/// # Errors
/// [`TrainError`] when a store cannot be read, or that of `look`.
fn find(
    topology: &Topology,
    pairs: &PairIndex,
    stores: &[TrajectoryStore],
    own: &[usize],
    look: &mut dyn FnMut() -> Result<(), TrainError>,
) -> Result<Vec<OwnFrame>, TrainError> {
    let mut positions = vec![[0.0; 3]; topology.atom_count()];
    let mut known: Vec<(usize, Vec<f32>)> = Vec::new();
    for pair in (0..pairs.len()).step_by(pairs.len().div_ceil(MOST_LOOKED_AT).max(1)) {
        look()?;
        let (store, frame) = pairs.get(pair);
        stores[store].read_frame(frame, &mut positions)?;
        known.push((pair, distances(topology, &positions)));
    }
    let mut found = Vec::new();
    for &store in own {
        for frame in 0..stores[store].frame_count() {
            look()?;
            stores[store].read_frame(frame, &mut positions)?;
            let own_distances = distances(topology, &positions);
            let mut near: Vec<(f32, usize)> = known
                .iter()
                .map(|(pair, distances)| (squared_difference(distances, &own_distances), *pair))
                .collect();
            if near.len() > SHORTLIST {
                near.select_nth_unstable_by(SHORTLIST, |a, b| a.0.total_cmp(&b.0));
                near.truncate(SHORTLIST);
            }
            let points: Vec<_> = positions.iter().copied().map(vec3).collect();
            let mut best: Option<(f64, usize)> = None;
            for (_, pair) in near {
                let (store, frame) = pairs.get(pair);
                let other: Vec<_> = stores[store].frame(frame)?.into_iter().map(vec3).collect();
                let rmsd_angstrom = Superposition::of_points(&other, &points).rmsd_angstrom;
                if rmsd_angstrom < best.map_or(FARTHEST_ANGSTROM, |(least, _)| least) {
                    best = Some((rmsd_angstrom, pair));
                }
            }
            found.extend(best.map(|(_, pair)| OwnFrame { store, frame, pair }));
        }
    }
    Ok(found)
}

/// Sets the weights of residues to nothing whose torsions differ between `own` and `like`, frames of `topology`.
pub(super) fn weigh(topology: &Topology, own: &[[f32; 3]], like: &[[f32; 3]], weights: &mut [f32]) {
    let table = DihedralTable::new(topology);
    let mut like = superpose_pair(topology, own, like);
    relabel_equivalent(topology, own, &mut like);
    for ((own, like), weight) in table.measure(own).iter().zip(table.measure(&like)).zip(weights) {
        if !in_same_wells(own, &like) {
            *weight = 0.0;
        }
    }
}

/// Whether φ, ψ, χ1 and χ2 are alike; those beyond, at the far end of long side chains, turn too often to matter.
fn in_same_wells(a: &ResidueDihedrals, b: &ResidueDihedrals) -> bool {
    let angles = |r: &ResidueDihedrals| [r.phi_rad, r.psi_rad, r.chi1_rad, r.chi2_rad];
    angles(a).into_iter().zip(angles(b)).all(|pair| match pair {
        (Some(a), Some(b)) => (a - b).sin().atan2((a - b).cos()).abs() <= WELL_RAD,
        _ => true,
    })
}

/// Distances between Cα, at most [`MOST_CA`] of them, evenly spread over the chain.
fn distances(topology: &Topology, positions: &[[f32; 3]]) -> Vec<f32> {
    let residues = topology.residue_count();
    let count = residues.min(MOST_CA);
    let alpha: Vec<[f32; 3]> =
        (0..count).map(|k| positions[topology.ca((2 * k + 1) * residues / (2 * count))]).collect();
    let distance = |(a, b): (&[f32; 3], &[f32; 3])| -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
    };
    (0..count)
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .map(|(i, j)| distance((&alpha[i], &alpha[j])))
        .collect()
}

fn squared_difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::ops::ControlFlow;
    use std::path::PathBuf;

    use super::*;
    use crate::structure::OpenedStructure;
    use crate::test_support::{bundled, write_store};
    use crate::training::dataset::PairChances;
    use crate::training::{PairDataset, PairSampling, TrainError, TrainSettings};

    const FRAMES: usize = 60;

    /// The native structure, opened like a hinge between residues 5 and 6 by some hundredths of a radian.
    fn opened(native: &OpenedStructure, hundredths: f32) -> Vec<[f32; 3]> {
        let topology = &native.topology;
        let hinge = native.positions_angstrom[topology.ca(5)];
        let (sin, cos) = (0.01 * hundredths).sin_cos();
        let moved = topology.atom_range(6).start;
        let turn = |(atom, x): (usize, &[f32; 3])| match atom < moved {
            true => *x,
            false => {
                let [a, b] = [x[0] - hinge[0], x[1] - hinge[1]];
                [hinge[0] + cos * a - sin * b, hinge[1] + sin * a + cos * b, x[2]]
            }
        };
        native.positions_angstrom.iter().enumerate().map(turn).collect()
    }

    fn store(path: PathBuf, of: &OpenedStructure, frames: &[Vec<[f32; 3]>], made_by_model: bool) -> PathBuf {
        write_store(&path, &of.topology, &[frames.to_vec()], made_by_model);
        path
    }

    fn settings(own_share: f64) -> TrainSettings {
        TrainSettings {
            lag_ps: 1.0,
            pairs: PairSampling::Uniform,
            validation_fraction: 0.0,
            own_share,
            ..TrainSettings::default()
        }
    }

    fn chances(k: u32) -> PairChances {
        let random = |n: u32| (k * 5 + n).wrapping_mul(2_654_435_761);
        PairChances {
            within: random(0),
            cluster: random(1),
            offset: random(2),
            enhanced: random(3),
            direction: random(4),
        }
    }

    #[test]
    fn a_jump_from_an_own_frame_leads_where_the_frame_most_like_it_went() {
        let chignolin = bundled("chignolin");
        let topology = &*chignolin.topology;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let dynamics: Vec<_> = (0..FRAMES).map(|k| opened(&chignolin, k as f32)).collect();
        // Between frames 20 and 21, nearer to 20; and a frame that is far from all.
        let scattered =
            dynamics[0].iter().enumerate().map(|(k, x)| [x[0] + (k % 7) as f32 * 3.0, x[1], x[2]]);
        let own = [opened(&chignolin, 20.3), scattered.collect()];
        let stores =
            [store(path("md"), &chignolin, &dynamics, false), store(path("own"), &chignolin, &own, true)];
        for (share, expected) in [(0.0, 0), (0.25, 250), (1.0, 1000)] {
            let data =
                PairDataset::open(&stores, &settings(share), &mut || ControlFlow::Continue(())).unwrap();
            assert_eq!(data.training_len(), FRAMES - 1, "own frames are no pairs");
            let mut from_own = 0usize;
            for k in 0..1000 {
                let pair = data.training_pair(chances(k)).unwrap();
                let distance = |other: &[[f32; 3]]| {
                    let points = |all: &[[f32; 3]]| all.iter().copied().map(vec3).collect::<Vec<_>>();
                    Superposition::of_points(&points(&pair.source.to_atoms(topology)), &points(other))
                        .rmsd_angstrom
                };
                if distance(&own[0]) < 1e-3 {
                    from_own += 1;
                    let target = pair.target.to_atoms(topology);
                    let went = superpose_pair(topology, &own[0], &dynamics[21]);
                    let rmsd = Superposition::of_ca(topology, &target, &went).rmsd_angstrom;
                    assert!(rmsd < 1e-3, "{rmsd}");
                    assert!(pair.weights.iter().all(|&weight| weight == 1.0), "{:?}", pair.weights);
                }
                assert!(distance(&own[1]) > 1.0, "nothing is like it");
            }
            assert!(from_own.abs_diff(expected) <= expected / 5, "{share}: {from_own}");
            let told = data.notices().iter().any(|notice| notice.contains("1 of 2 frames made by a model"));
            assert_eq!(told, share > 0.0, "{:?}", data.notices());
        }
    }

    #[test]
    fn frames_made_by_a_model_are_not_trained_on_for_themselves() {
        let (chignolin, other) = (bundled("chignolin"), bundled("villin"));
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let dynamics: Vec<_> = (0..FRAMES).map(|k| opened(&chignolin, k as f32)).collect();
        let own = [store(path("own"), &other, &[other.positions_angstrom.to_vec()], true)];
        let alone = PairDataset::open(&own, &settings(0.25), &mut || ControlFlow::Continue(()));
        assert!(matches!(alone.err(), Some(TrainError::NoPairs { .. })));
        let stores = [store(path("md"), &chignolin, &dynamics, false), own[0].clone()];
        let data = PairDataset::open(&stores, &settings(0.25), &mut || ControlFlow::Continue(())).unwrap();
        assert_eq!(data.sequences(), [chignolin.topology.sequence()]);
        let told = data.notices().iter().any(|notice| notice.contains("no molecular dynamics here"));
        assert!(told, "{:?}", data.notices());
    }

    #[test]
    fn residues_in_other_torsional_wells_count_for_nothing() {
        let chignolin = bundled("chignolin");
        let topology = &*chignolin.topology;
        let own = chignolin.positions_angstrom.to_vec();
        // Its side chain turned by two radians about Cα–Cβ.
        let residue = 1;
        let range = topology.atom_range(residue);
        let at = |atom: usize| vec3(own[atom]);
        let (alpha, beta) = (at(range.start + 1), at(range.start + 4));
        let axis = (beta - alpha).normalize();
        let mut like = own.clone();
        let (sin, cos) = 2.0f64.sin_cos();
        for atom in range.start + 5..range.end {
            let from = at(atom) - beta;
            let turned = from * cos + axis.cross(&from) * sin + axis * axis.dot(&from) * (1.0 - cos) + beta;
            like[atom] = [turned.x as f32, turned.y as f32, turned.z as f32];
        }
        let mut weights = vec![0.5; topology.residue_count()];
        weigh(topology, &own, &like, &mut weights);
        let mut expected = vec![0.5; topology.residue_count()];
        expected[residue] = 0.0;
        assert_eq!(weights, expected);
        weights.fill(0.5);
        weigh(topology, &own, &own, &mut weights);
        assert_eq!(weights, vec![0.5; topology.residue_count()]);
    }
}
