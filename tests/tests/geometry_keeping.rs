//! The covalent terms against mdtraj, and geometry keeping on frames of molecular dynamics: as they are, shaken, and
//! broken on purpose. `tests/fixtures/chemistry/make_fixtures.py` makes the frames.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

use equijump_engine::analysis::{ValidityChecker, ValidityReport};
use equijump_engine::chemistry::{ClashFinder, ContactLimit, GeometryKeeper, Term, TermKind, covalent_terms};
use equijump_engine::random::{Noise, Stream};
use equijump_engine::structure::{ResidueType, Topology};
use equijump_tests::proteins::chain_of;
use serde::Deserialize;

type Frame = Vec<[f32; 3]>;

#[derive(Deserialize)]
struct Measured {
    atoms: Vec<usize>,
    values: Vec<f64>,
}

#[derive(Deserialize)]
struct Case {
    sequence: String,
    frames: Vec<Frame>,
    lengths_angstrom: Vec<Measured>,
    angles_rad: Vec<Measured>,
    rings_rad: Vec<Measured>,
    omega_rad: Vec<Measured>,
}

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/chemistry/frames.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// `frame` with normal noise on every coordinate.
fn shaken(frame: &Frame, sigma_angstrom: f32, seed: u64) -> Frame {
    let noise = Noise::new(seed, Stream::Sampling);
    frame
        .iter()
        .enumerate()
        .map(|(atom, p)| {
            let n = noise.normals([atom as u32, 0, 0, 0]);
            std::array::from_fn(|axis| p[axis] + sigma_angstrom * n[axis])
        })
        .collect()
}

fn rms(a: impl Iterator<Item = ([f32; 3], [f32; 3])>) -> f64 {
    let squares: Vec<f64> = a.map(|(a, b)| (0..3).map(|k| f64::from(a[k] - b[k]).powi(2)).sum()).collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

fn hands(terms: &[Term], frame: &Frame) -> Vec<bool> {
    terms.iter().filter(|t| t.has_hand()).map(|t| t.value(frame) > 0.0).collect()
}

#[test]
fn the_frames_hold_all_residue_types_and_every_bond_and_angle_has_a_range() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        let topology = chain_of(&case.sequence);
        seen.extend(topology.residues().iter().map(|r| r.kind));
        let terms = covalent_terms(&topology);
        let count = |kind| terms.iter().filter(|t| t.kind == kind).count();
        assert_eq!(count(TermKind::Bond), topology.bonds().len());
        // Angles of a molecule: pairs of bonds that share an atom. Centers: atoms with three bonds.
        let mut degree = vec![0usize; topology.atom_count()];
        topology.bonds().iter().flatten().for_each(|&a| degree[a] += 1);
        let angles: usize = degree.iter().map(|d| d * d.saturating_sub(1) / 2).sum();
        assert_eq!(count(TermKind::Angle), angles);
        assert_eq!(count(TermKind::Center), degree.iter().filter(|d| **d == 3).count());
        assert_eq!(count(TermKind::Omega), topology.residue_count() - 1);
    }
    assert_eq!(seen.len(), ResidueType::COUNT);
}

#[test]
fn terms_are_what_mdtraj_measures() {
    for case in cases() {
        let topology = chain_of(&case.sequence);
        let terms = covalent_terms(&topology);
        let groups = [
            (TermKind::Bond, &case.lengths_angstrom, 1.0),
            (TermKind::Angle, &case.angles_rad, 1f64.to_degrees()),
            (TermKind::Ring, &case.rings_rad, 1f64.to_degrees()),
            (TermKind::Omega, &case.omega_rad, 1f64.to_degrees()),
        ];
        for (kind, measured, unit) in groups {
            for row in measured {
                let reversed: Vec<usize> = row.atoms.iter().rev().copied().collect();
                let term = terms
                    .iter()
                    .find(|t| t.kind == kind && (t.atoms() == row.atoms || t.atoms() == reversed))
                    .unwrap_or_else(|| panic!("no {kind:?} {:?} in {}", row.atoms, case.sequence));
                for (frame, &value) in case.frames.iter().zip(&row.values) {
                    let expected = match kind {
                        TermKind::Omega => (value * unit + 90.0).rem_euclid(180.0) - 90.0,
                        _ => value * unit,
                    };
                    let off = (term.value(frame) - expected).abs();
                    assert!(off < 5e-3 * unit.clamp(1.0, 10.0), "{kind:?} {:?}: {off}", row.atoms);
                }
            }
        }
    }
}

#[test]
fn frames_of_molecular_dynamics_are_intact_and_hardly_touched() {
    let (mut intact, mut all, mut untouched) = (0, 0, 0);
    for case in cases() {
        let topology = chain_of(&case.sequence);
        let (checker, keeper) = (ValidityChecker::new(&topology), GeometryKeeper::new(&topology));
        for frame in &case.frames {
            let report = checker.check(frame);
            assert!(report.chirality_errors.is_empty() && report.cis_peptides.is_empty());
            intact += usize::from(report.is_intact());
            all += 1;
            let mut kept = frame.clone();
            let what = keeper.keep(&mut kept);
            assert_eq!(what.violations, 0, "{}: {:?}", case.sequence, checker.check(&kept));
            untouched += usize::from(what.sweeps == 0);
            assert!(what.sweeps > 0 || kept == *frame, "no sweep, yet something moved");
            assert!(rms(frame.iter().copied().zip(kept.iter().copied())) < 0.02);
        }
    }
    assert!(intact + 1 >= all, "{intact} of {all} frames of molecular dynamics are intact");
    assert!(untouched >= all / 3, "{untouched} of {all} frames were within range");
}

/// Normal noise of 0.05 to 0.2 Å an axis, up to six standard deviations of a bond.
#[test]
fn shaken_frames_come_out_within_range_with_their_hands_and_stay_where_they_were() {
    let (mut frames, mut mended) = (0, 0);
    for case in cases() {
        let topology = chain_of(&case.sequence);
        let (checker, keeper) = (ValidityChecker::new(&topology), GeometryKeeper::new(&topology));
        let terms = covalent_terms(&topology);
        for (seed, frame) in case.frames.iter().enumerate() {
            for sigma in [0.05, 0.1, 0.2] {
                let bad = shaken(frame, sigma, seed as u64);
                assert!(!checker.check(&bad).is_intact());
                let mut kept = bad.clone();
                let what = keeper.keep(&mut kept);
                let report = checker.check(&kept);
                assert_eq!(report.is_intact(), what.violations == 0, "{report:?}");
                frames += 1;
                mended += usize::from(report.is_intact());
                assert_eq!(hands(&terms, &kept), hands(&terms, frame), "a hand changed");
                // About as far from what was given as the noise moved it.
                let moved = rms(bad.iter().copied().zip(kept.iter().copied()));
                assert!(moved < 3.0 * f64::from(sigma), "moved by {moved} Å, noise {sigma} Å");
                let ca = topology.ca_atoms();
                let ca_moved = rms(ca.iter().map(|&a| (bad[a], kept[a])));
                assert!(ca_moved < 3.0 * f64::from(sigma), "Cα moved by {ca_moved} Å, noise {sigma} Å");
                // What is within range is left alone.
                let mut again = kept.clone();
                let second = keeper.keep(&mut again);
                assert!(second.sweeps <= 1, "{second:?} after {what:?}");
                assert!(rms(kept.iter().copied().zip(again)) < 1e-3);
            }
        }
    }
    assert_eq!(mended, frames, "frames that came out within range");
}

#[test]
fn keeping_does_not_depend_on_where_the_frame_is_or_how_it_is_turned() {
    let case = &cases()[0];
    let topology = chain_of(&case.sequence);
    let keeper = GeometryKeeper::new(&topology);
    let bad = shaken(&case.frames[0], 0.1, 7);
    // A quarter turn about z and a shift, both exact.
    let turn = |frame: &Frame| -> Frame { frame.iter().map(|p| [-p[1] + 8.0, p[0] - 4.0, p[2]]).collect() };
    let (mut kept, mut turned) = (bad.clone(), turn(&bad));
    keeper.keep(&mut kept);
    keeper.keep(&mut turned);
    assert!(rms(turn(&kept).into_iter().zip(turned)) < 1e-3);
}

/// A molecule of which everything but one residue is whole.
fn broken(
    case: &Case,
    topology: &Topology,
    damage: impl Fn(&mut Frame),
) -> (Frame, ValidityReport, ValidityReport) {
    let mut frame = case.frames[0].clone();
    let keeper = GeometryKeeper::new(topology);
    keeper.keep(&mut frame);
    damage(&mut frame);
    let checker = ValidityChecker::new(topology);
    let before = checker.check(&frame);
    keeper.keep(&mut frame);
    let after = checker.check(&frame);
    (frame, before, after)
}

#[test]
fn centers_of_the_wrong_hand_are_turned() {
    let case = &cases()[1];
    let topology = chain_of(&case.sequence);
    let atom = |residue: usize, name: &str| topology.find_atom(residue, name).unwrap();
    let find = |code: char| case.sequence.chars().position(|c| c == code).unwrap();
    // Cβ of THR pushed through the plane of its neighbors, as a flattened center is; and its methyl group mirrored.
    let thr = find('T');
    let center = ["CB", "CA", "OG1", "CG2"].map(|name| atom(thr, name));
    let through = |share: f32| {
        broken(case, &topology, |frame| {
            let [o, a, b, c] = center.map(|i| nalgebra::Vector3::from(frame[i]));
            let normal = (b - a).cross(&(c - a)).normalize();
            let away = (o - a).dot(&normal);
            frame[center[0]] = (o - normal * (away * (1.0 + share))).into();
        })
    };
    for share in [0.1, 0.5, 1.0] {
        let (_, before, after) = through(share);
        assert!(before.chirality_errors.contains(&center[0]), "{share}: {before:?}");
        assert!(after.is_intact(), "{share}: {:?}", after.violations(&topology));
    }
    // Two methyl groups of VAL exchanged: names that say the wrong hand, and nothing else.
    let val = find('V');
    let methyls = ["CG1", "CG2"].map(|name| atom(val, name));
    let (frame, before, after) = broken(case, &topology, |frame| frame.swap(methyls[0], methyls[1]));
    assert!(before.chirality_errors.is_empty() && !before.center_outliers.is_empty());
    assert!(after.is_intact(), "{:?}", after.violations(&topology));
    let mut clean = case.frames[0].clone();
    GeometryKeeper::new(&topology).keep(&mut clean);
    assert_eq!(frame, clean, "names exchanged back, nothing moved");
}

#[test]
fn a_bent_ring_a_twisted_peptide_bond_and_an_overlap_are_mended() {
    let case = &cases()[0];
    let topology = chain_of(&case.sequence);
    let atom = |residue: usize, name: &str| topology.find_atom(residue, name).unwrap();
    let phe = case.sequence.chars().position(|c| c == 'F').unwrap();
    let ring = ["CG", "CD1", "CE1", "CZ", "CE2", "CD2"].map(|name| atom(phe, name));
    let (_, before, after) = broken(case, &topology, |frame| {
        let [a, b, c] = [ring[0], ring[2], ring[4]].map(|i| nalgebra::Vector3::from(frame[i]));
        let normal = (b - a).cross(&(c - a)).normalize();
        frame[ring[3]] = (nalgebra::Vector3::from(frame[ring[3]]) + normal * 0.9).into();
    });
    assert!(!before.ring_outliers.is_empty(), "{before:?}");
    assert!(after.is_intact(), "{:?}", after.violations(&topology));

    let residue = 10;
    let (c, n) = (atom(residue - 1, "C"), atom(residue, "N"));
    let (_, before, after) = broken(case, &topology, |frame| {
        let v = |p: [f32; 3]| nalgebra::Vector3::from(p);
        let axis = nalgebra::Unit::new_normalize(v(frame[n]) - v(frame[c]));
        let rotation = nalgebra::Rotation3::from_axis_angle(&axis, 1.2);
        let origin = v(frame[n]);
        for atom in n..topology.atom_range(residue).end {
            frame[atom] = (rotation * (v(frame[atom]) - origin) + origin).into();
        }
    });
    assert!(before.twisted_peptides.contains(&residue), "{before:?}");
    assert!(after.twisted_peptides.is_empty(), "{:?}", after.violations(&topology));

    // Two atoms of different residues that are near each other, one pushed to 2 Å from the other.
    let near = ClashFinder::new(&topology, ContactLimit::Overlap(-0.8));
    let (_, before, after) = broken(case, &topology, |frame| {
        let pairs = near.find(frame);
        let residue = |atom: usize| topology.atoms()[atom].residue;
        let [a, b] = pairs.iter().map(|c| c.atoms).find(|[a, b]| residue(*b) > residue(*a) + 1).unwrap();
        let [x, y] = [a, b].map(|atom| nalgebra::Vector3::from(frame[atom]));
        frame[a] = (y + (x - y).normalize() * 2.0).into();
    });
    assert!(!before.clashes.is_empty(), "{before:?}");
    assert!(after.is_intact(), "{:?}", after.violations(&topology));
}

#[test]
fn what_is_not_finite_is_left_alone_and_counted() {
    let case = &cases()[2];
    let topology = chain_of(&case.sequence);
    let mut frame = case.frames[0].clone();
    frame[5][1] = f32::NAN;
    let before = frame.clone();
    let kept = GeometryKeeper::new(&topology).keep(&mut frame);
    assert!(kept.violations > 0 && kept.worst_excess.is_nan());
    assert!(frame.iter().zip(&before).all(|(a, b)| a[0].to_bits() == b[0].to_bits()));
    assert!(!ValidityChecker::new(&topology).check(&frame).is_intact());
}
