//! Analysis against mdtraj, MDAnalysis, deeptime, scipy and scikit-learn. The expected values are made by
//! `tests/fixtures/analysis/make_fixtures.py`.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::ops::ControlFlow;

use equijump_engine::analysis::vectors::angle_difference_rad;
use equijump_engine::analysis::*;
use equijump_engine::structure::{Topology, topology::Element};
use equijump_tests::proteins::{bundled, chain_of, repository};
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn fixture<T: DeserializeOwned>(name: &str) -> T {
    let path = repository("tests/fixtures/analysis").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn open(file: &str) -> (Topology, Vec<[f32; 3]>) {
    let opened = bundled(file.trim_end_matches(".pdb"));
    ((*opened.topology).clone(), opened.positions_angstrom.to_vec())
}

type Angles = Vec<Option<f64>>;

#[derive(Deserialize)]
struct StructureCase {
    file: String,
    residues: usize,
    complete: bool,
    dssp: String,
    radius_of_gyration_angstrom: f64,
    clashes: Option<usize>,
    native_contacts: usize,
    phi: Angles,
    psi: Angles,
    omega: Angles,
    chi1: Angles,
    chi2: Angles,
}

#[derive(Deserialize)]
struct FrameCases {
    sequence: String,
    native: Vec<[f32; 3]>,
    frames: Vec<Vec<[f32; 3]>>,
    rmsd_angstrom: Vec<f64>,
    gdt: Vec<f64>,
    fraction_of_native_contacts: Vec<f64>,
    radius_of_gyration_angstrom: Vec<f64>,
    dssp: Vec<String>,
    phi: Vec<Angles>,
    psi: Vec<Angles>,
    omega: Vec<Angles>,
    chi1: Vec<Angles>,
    chi2: Vec<Angles>,
}

/// mdtraj measures dihedrals in single precision.
const DIHEDRAL_TOLERANCE_RAD: f64 = 2e-4;

fn assert_angles(what: &str, got: impl Iterator<Item = Option<f64>>, expected: &[Option<f64>]) {
    let got: Vec<_> = got.collect();
    assert_eq!(got.len(), expected.len(), "{what}");
    for (residue, (got, expected)) in got.iter().zip(expected).enumerate() {
        let close = match (got, expected) {
            (Some(got), Some(expected)) => {
                angle_difference_rad(*got, *expected).abs() < DIHEDRAL_TOLERANCE_RAD
            }
            (None, None) => true,
            _ => false,
        };
        assert!(close, "{what}, residue {residue}: {got:?}, expected {expected:?}");
    }
}

fn letters(states: &[SecondaryStructure]) -> String {
    states.iter().map(|s| s.code()).collect()
}

fn simplified(codes: &str) -> String {
    codes
        .chars()
        .map(|c| match c {
            'H' | 'G' | 'I' => 'H',
            'E' | 'B' => 'E',
            _ => 'C',
        })
        .collect()
}

#[test]
fn crystal_structures_agree_with_mdtraj() {
    let cases: Vec<StructureCase> = fixture("structures.json");
    assert_eq!(cases.len(), 14);
    let (mut same, mut total) = (0, 0);
    for case in &cases {
        let (topology, positions) = open(&case.file);
        assert_eq!(topology.residue_count(), case.residues, "{}", case.file);
        let got = letters(&dssp(&topology, &positions));
        assert_eq!(simplified(&got), simplified(&case.dssp), "{}: {got} {}", case.file, case.dssp);
        same += got.chars().zip(case.dssp.chars()).filter(|(a, b)| a == b).count();
        total += case.residues;
        assert_eq!(NativeContacts::new(&topology, &positions).len(), case.native_contacts, "{}", case.file);
        if let Some(expected) = case.clashes {
            let found = ClashFinder::new(&topology, ContactLimit::Overlap(0.6)).find(&positions);
            assert_eq!(found.len(), expected, "{}: {found:?}", case.file);
        }
        if case.complete {
            let rg = radius_of_gyration_angstrom(&topology, &positions);
            assert!((rg - case.radius_of_gyration_angstrom).abs() < 1e-3, "{}: {rg}", case.file);
        }
        let angles = dihedrals(&topology, &positions);
        let check = |what: &str, get: fn(&ResidueDihedrals) -> Option<f64>, expected: &Angles| {
            assert_angles(&format!("{} {what}", case.file), angles.iter().map(get), expected);
        };
        check("phi", |a| a.phi_rad, &case.phi);
        check("psi", |a| a.psi_rad, &case.psi);
        check("omega", |a| a.omega_rad, &case.omega);
        check("chi1", |a| a.chi1_rad, &case.chi1);
        check("chi2", |a| a.chi2_rad, &case.chi2);
    }
    // All eight states, turns and bends included.
    assert_eq!(same, total, "of {total} residues {same} have mdtraj's eight-state assignment");
}

#[test]
fn frames_agree_with_mdtraj_and_mdanalysis() {
    let case: FrameCases = fixture("frames.json");
    let topology = chain_of(&case.sequence);
    let contacts = NativeContacts::new(&topology, &case.native);
    let mut same = 0;
    for (k, frame) in case.frames.iter().enumerate() {
        let rmsd = ca_rmsd_angstrom(&topology, frame, &case.native);
        assert!((rmsd - case.rmsd_angstrom[k]).abs() < 1e-5, "frame {k}: {rmsd}");
        assert!((gdt_ts(&topology, frame, &case.native) - case.gdt[k]).abs() < 1e-9, "frame {k}");
        let fraction = contacts.fraction(frame).unwrap();
        assert!((fraction - case.fraction_of_native_contacts[k]).abs() < 1e-9, "frame {k}");
        let rg = radius_of_gyration_angstrom(&topology, frame);
        assert!((rg - case.radius_of_gyration_angstrom[k]).abs() < 2e-3, "frame {k}: {rg}");
        let codes = letters(&dssp(&topology, frame));
        assert_eq!(simplified(&codes), simplified(&case.dssp[k]), "frame {k}: {codes} {}", case.dssp[k]);
        same += usize::from(codes == case.dssp[k]);
        let angles = dihedrals(&topology, frame);
        let check = |what: &str, get: fn(&ResidueDihedrals) -> Option<f64>, expected: &Angles| {
            assert_angles(&format!("frame {k} {what}"), angles.iter().map(get), expected);
        };
        check("phi", |a| a.phi_rad, &case.phi[k]);
        check("psi", |a| a.psi_rad, &case.psi[k]);
        check("omega", |a| a.omega_rad, &case.omega[k]);
        check("chi1", |a| a.chi1_rad, &case.chi1[k]);
        check("chi2", |a| a.chi2_rad, &case.chi2[k]);
    }
    assert_eq!(same, case.frames.len(), "frames with mdtraj's eight-state assignment");
}

#[test]
fn superposing_moves_a_copy_and_only_rigidly() {
    let case: FrameCases = fixture("frames.json");
    let topology = chain_of(&case.sequence);
    let frame = &case.frames[3];
    let before = frame.clone();
    let moved = superpose_pair(&topology, &case.native, frame);
    assert_eq!(&before, frame, "the caller's coordinates must stay where they are");
    let plain: f64 = (0..topology.residue_count())
        .map(|r| {
            let (a, b) = (moved[topology.ca(r)], case.native[topology.ca(r)]);
            (0..3).map(|k| f64::from(a[k] - b[k]).powi(2)).sum::<f64>()
        })
        .sum();
    let rmsd = (plain / topology.residue_count() as f64).sqrt();
    assert!((rmsd - case.rmsd_angstrom[3]).abs() < 1e-5);
    let distance = |x: &[[f32; 3]], a: usize, b: usize| {
        (0..3).map(|k| f64::from(x[a][k] - x[b][k]).powi(2)).sum::<f64>().sqrt()
    };
    for (a, b) in [(0, 92 - 1), (4, 50), (17, 33)] {
        assert!((distance(&moved, a, b) - distance(frame, a, b)).abs() < 1e-4);
    }
    // Carbon of the ring of TYR 1 among them: all atoms move, not the Cα alone.
    assert_eq!(topology.atoms()[17].element, Element::Carbon);
}

#[derive(Deserialize)]
struct TicaCase {
    lag_frames: usize,
    relative_epsilon: f64,
    ca: Vec<Vec<Vec<f32>>>,
    rank: usize,
    eigenvalues: Vec<f64>,
    timescales_frames: Vec<f64>,
    mean: Vec<f64>,
    projected: Vec<Vec<Vec<f64>>>,
}

impl TicaCase {
    /// Frames of a glycine chain with the Cα of the fixture; TICA looks at nothing else.
    fn frames(&self, topology: &Topology, trajectory: usize) -> Vec<Vec<[f32; 3]>> {
        self.ca[trajectory]
            .iter()
            .map(|ca| {
                let mut positions = vec![[0.0; 3]; topology.atom_count()];
                for (residue, p) in ca.chunks_exact(3).enumerate() {
                    positions[topology.ca(residue)] = [p[0], p[1], p[2]];
                }
                positions
            })
            .collect()
    }
}

#[test]
fn tica_agrees_with_deeptime() {
    let case: TicaCase = fixture("tica.json");
    let topology = chain_of("GGGGGGGGGG");
    let settings = TicaSettings {
        lag_ps: case.lag_frames as f64,
        rank_epsilon: case.relative_epsilon,
        ..TicaSettings::default()
    };
    let mut fit = TicaFit::new(&topology, 1.0, settings).unwrap();
    for trajectory in 0..case.ca.len() {
        let mut window = fit.window();
        for frame in case.frames(&topology, trajectory) {
            let features = fit.features().measure(&topology, &frame);
            fit.push(&mut window, &features).unwrap();
        }
    }
    let basis = fit.fit(None).unwrap();
    assert_eq!(basis.rank, case.rank);
    assert!(basis.is_valid());
    for (got, expected) in basis.mean_angstrom.iter().zip(&case.mean) {
        assert!((got - expected).abs() < 1e-6);
    }
    for d in 0..4 {
        assert!((basis.eigenvalues[d] - case.eigenvalues[d]).abs() < 1e-6, "{:?}", basis.eigenvalues);
        let timescale = basis.timescales_ps()[d];
        assert!((timescale / case.timescales_frames[d] - 1.0).abs() < 1e-4, "{timescale}");
    }
    for (trajectory, expected) in case.projected.iter().enumerate() {
        for (frame, expected) in case.frames(&topology, trajectory).iter().step_by(2).zip(expected) {
            let got = basis.project(&topology, frame);
            for d in 0..4 {
                assert!((got[d] - expected[d]).abs() < 1e-4, "TIC{}: {} {}", d + 1, got[d], expected[d]);
            }
        }
    }
    let text = serde_json::to_string(&basis).unwrap();
    let again: TicaBasis = serde_json::from_str(&text).unwrap();
    for (a, b) in again.components.iter().flatten().zip(basis.components.iter().flatten()) {
        assert!((a - b).abs() < 1e-12);
    }

    // A refit keeps the signs of the basis it replaces, even where those are not the convention's.
    let mut turned = basis.clone();
    turned.components[1].iter_mut().for_each(|c| *c = -*c);
    let refitted = fit.fit(Some(&turned)).unwrap();
    assert_eq!(refitted.components, turned.components);
}

#[derive(Deserialize)]
struct StatisticsCase {
    reference: Vec<f64>,
    samples: Vec<f64>,
    divergence_nats: f64,
    free_energy_of_reference_kt: Vec<Option<f64>>,
    points: Vec<f64>,
    clusters: usize,
    inertia_best: f64,
    inertia_worst: f64,
}

#[test]
fn divergence_and_free_energy_agree_with_scipy() {
    let case: StatisticsCase = fixture("statistics.json");
    let divergence = divergence_of_samples_nats(&case.samples, &case.reference).unwrap();
    assert!((divergence - case.divergence_nats).abs() < 1e-9, "{divergence}");
    let binning = Binning::of_data(case.reference.iter().copied(), Binning::BINS_1D).unwrap();
    let mut histogram = Histogram1d::new(binning);
    case.reference.iter().for_each(|&v| histogram.add(v, 1.0));
    for (got, expected) in histogram.free_energy_kt().iter().zip(&case.free_energy_of_reference_kt) {
        match expected {
            Some(expected) => assert!((got - expected).abs() < 1e-9),
            None => assert!(got.is_nan()),
        }
    }
}

#[test]
fn kmeans_is_as_good_as_scikit_learn() {
    let case: StatisticsCase = fixture("statistics.json");
    let fit = |seed| kmeans(&case.points, 2, case.clusters, seed, &mut || ControlFlow::Continue(()));
    let inertias: Vec<f64> = (0..10).map(|seed| fit(seed).unwrap().unwrap().inertia).collect();
    let best = inertias.iter().copied().fold(f64::INFINITY, f64::min);
    let worst = inertias.iter().copied().fold(0.0, f64::max);
    assert!(best < 1.05 * case.inertia_best, "best {best}, scikit-learn {}", case.inertia_best);
    assert!(best > 0.95 * case.inertia_best, "best {best}: an inertia this low would be wrong");
    assert!(worst < 1.10 * case.inertia_worst, "worst {worst}, scikit-learn {}", case.inertia_worst);
}
