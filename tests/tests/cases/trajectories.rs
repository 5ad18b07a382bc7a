//! Trajectories.

use equijump_engine::remedy::Remedy;
use equijump_engine::structure::read_topology_map;
use equijump_engine::trajectory::{
    FileContent, Frame, ImportRequest, TrajectoryReader, TrajectoryStore, describe,
};

use super::{case, distance, imported, refusal, request};

/// The largest difference between the bonds of a stored frame and those of the topology's structure, Å.
fn worst_bond(store: &TrajectoryStore, topology: &str, frame: usize) -> f32 {
    let native = super::open(topology, None).positions_angstrom;
    let positions = store.frame(frame).unwrap();
    let bonds = store.topology().bonds().to_vec();
    let gap =
        |[a, b]: [usize; 2]| (distance(positions[a], positions[b]) - distance(native[a], native[b])).abs();
    bonds.into_iter().map(gap).fold(0.0, f32::max)
}

#[test]
fn every_model_has_its_own_cell() {
    // Edges of the cubic cells, Å, as MDAnalysis reads them from the CRYST1 before each model.
    let cases: [(&str, &[f32], Option<f64>); 2] = [
        ("npt-1", &[40.0, 40.13, 39.91, 40.17, 39.86], None),
        ("npt-3", &[38.0, 38.2, 37.75, 38.3], Some(100.0)),
    ];
    for (name, edges, interval_ps) in cases {
        let (top, file) = (format!("{name}-top.pdb"), format!("{name}.pdb"));
        let imported = imported(ImportRequest { interval_ps, ..request(&top, &file) });
        assert_eq!(imported.report.frames, edges.len(), "{name}");
        let map = read_topology_map(&case(&top)).unwrap();
        let mut reader = TrajectoryReader::open(&case(&file)).unwrap();
        let mut frame = Frame::default();
        for (index, &edge) in edges.iter().enumerate() {
            reader.read_frame(index, &mut frame).unwrap();
            assert_eq!(frame.cell_angstrom.unwrap()[0][0], edge);
            let stored = imported.store.frame(index).unwrap();
            for &[a, b] in map.topology.bonds() {
                let (p, q) = (map.indices[a], map.indices[b]);
                let (p, q) = (frame.positions_angstrom[p], frame.positions_angstrom[q]);
                // The bond as the file has it, between nearest images.
                let nearest = |k: usize| (p[k] - q[k]) - edge * ((p[k] - q[k]) / edge).round();
                let expected = (0..3).map(|k| nearest(k).powi(2)).sum::<f32>().sqrt();
                let found = distance(stored[a], stored[b]);
                assert!((found - expected).abs() < 1e-3, "{name} {index}: {found} {expected}");
            }
        }
    }
}

#[test]
fn atoms_of_later_models_are_read_by_name() {
    let request =
        ImportRequest { interval_ps: Some(100.0), ..request("modelorder-2-top.pdb", "modelorder-2.pdb") };
    let imported = imported(request);
    assert_eq!(imported.report.frames, 3);
    for frame in 0..3 {
        let worst = worst_bond(&imported.store, "modelorder-2-top.pdb", frame);
        assert!(worst < 0.3, "{frame}: {worst}");
    }
}

#[test]
fn units_that_a_file_does_not_keep_are_asked_for() {
    let sentence = refusal(request("lammps-1-top.pdb", "lammps-1.dcd"));
    assert!(sentence.contains("LAMMPS") && sentence.contains(Remedy::GiveInterval.words()), "{sentence}");
    let request = ImportRequest { interval_ps: Some(10.0), ..request("lammps-1-top.pdb", "lammps-1.dcd") };
    let imported = imported(request);
    assert_eq!((imported.report.frames, imported.report.interval_ps), (4, 10.0));
    let FileContent::Trajectory(info) = describe(&case("lammps-1.dcd")).unwrap().content else { panic!() };
    assert_eq!(info.interval_ps, None);
}

/// The header that cpptraj writes whatever the interval (`Traj_CharmmDcd::writeDcdHeader`): DELTA 0.001, NSAVC 1,
/// version 21 or 35. Taken for AKMA units, frames would be 0.05 fs apart. So it is with NSAVC 0, of which MDAnalysis
/// can make no time either.
#[test]
fn a_header_that_tells_no_interval_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcd");
    let whole = std::fs::read(case("lammps-1.dcd")).unwrap();
    let titles = whole.windows(6).position(|window| window == b"LAMMPS").unwrap();
    // MDAnalysis's writer for LAMMPS: no title, and fs as DELTA. The last: steps in units of Lennard-Jones.
    let headers = [
        (1, 0.001f32, 21),
        (1, 0.001, 35),
        (1, 1.0, 24),
        (0, 0.04, 24),
        (1, 10_000.0, 24),
        (500, 2.0, 24),
        (1000, 0.005, 24),
    ];
    for (steps_per_frame, delta, version) in headers {
        let mut bytes = whole.clone();
        if steps_per_frame == 1 {
            bytes[titles..titles + 6].copy_from_slice(b"others");
        } else {
            // Two titles.
            let first = titles - "Written by ".len();
            bytes[first..first + 160].fill(0);
        }
        bytes[16..20].copy_from_slice(&i32::to_le_bytes(steps_per_frame));
        bytes[44..48].copy_from_slice(&delta.to_le_bytes());
        bytes[84..88].copy_from_slice(&i32::to_le_bytes(version));
        std::fs::write(&path, bytes).unwrap();
        let asked = ImportRequest { trajectories: vec![path.clone()], ..request("lammps-1-top.pdb", "") };
        let sentence = refusal(asked.clone());
        assert!(sentence.contains("give the time between"), "{sentence}");
        let imported = imported(ImportRequest { interval_ps: Some(10.0), ..asked });
        assert_eq!((imported.report.frames, imported.report.interval_ps), (4, 10.0));
    }
}

/// What programs write as DELTA and NSAVC for steps of 1 to 5 fs: OpenMM, NAMD, CHARMM and MDAnalysis round the AKMA
/// unit each in its own way (0.04888821, 48.88821, 0.0488882129 ps).
#[test]
fn intervals_are_as_round_as_they_were_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcd");
    let whole = std::fs::read(case("lammps-1.dcd")).unwrap();
    let titles = whole.windows(6).position(|window| window == b"LAMMPS").unwrap();
    for unit_fs in [48.88821, 48.888_212_9] {
        for (step_fs, steps, expected) in [
            (2.0, 500, 1.0),
            (2.0, 50_000, 100.0),
            (4.0, 25_000, 100.0),
            (1.0, 10_000, 10.0),
            (5.0, 1, 0.005),
        ] {
            let mut bytes = whole.clone();
            bytes[titles..titles + 6].copy_from_slice(b"others");
            bytes[16..20].copy_from_slice(&i32::to_le_bytes(steps));
            bytes[44..48].copy_from_slice(&((step_fs / unit_fs) as f32).to_le_bytes());
            std::fs::write(&path, bytes).unwrap();
            let found = TrajectoryReader::open(&path).unwrap().interval_ps();
            assert_eq!(found, Some(expected), "{unit_fs} {step_fs} {steps}");
        }
    }
}

#[test]
fn times_that_are_rounded_do_not_change_the_interval() {
    let imported = imported(request("f32time-1-top.pdb", "f32time-1.xtc"));
    assert_eq!((imported.report.frames, imported.report.trajectories), (10, 1));
    assert_eq!(imported.report.interval_ps, 100.0);
}

#[test]
fn matrices_of_charmm_are_lattice_vectors_as_they_stand() {
    for name in ["shape-1", "shape-2"] {
        let top = format!("{name}-top.pdb");
        let imported = imported(request(&top, &format!("{name}.dcd")));
        assert_eq!((imported.report.frames, imported.report.frames_broken), (4, 0), "{name}");
        for frame in 0..4 {
            let worst = worst_bond(&imported.store, &top, frame);
            assert!(worst < 0.1, "{name} {frame}: {worst}");
        }
    }
}

#[test]
fn a_title_record_of_another_length_than_it_says() {
    let imported = imported(request("dcdtitle-1-top.pdb", "dcdtitle-1.dcd"));
    // 93 atoms in the file; the terminal OXT is none of the canonical ones.
    assert_eq!((imported.report.frames, imported.report.atoms), (3, 92));
    assert!(worst_bond(&imported.store, "dcdtitle-1-top.pdb", 2) < 0.2);
}

#[test]
fn either_molecule_of_one_chain_identifier_is_imported() {
    // The file tells no chains: its molecules are numbered.
    for chain in ["1", "2"] {
        let request = ImportRequest {
            chain: Some(chain.to_owned()),
            ..request("samechain-5-top.pdb", "samechain-5.xtc")
        };
        assert_eq!(imported(request).report.frames, 4);
    }
    let sentence = refusal(request("samechain-5-top.pdb", "samechain-5.xtc"));
    assert!(sentence.contains("1 (10 residues), 2 (10 residues)"), "{sentence}");
}

#[test]
fn models_end_as_programs_end_them() {
    for name in ["models-2.pdb", "models-3.pdb.gz", "models-4.pdb"] {
        let top = format!("{}-top.pdb", &name[..8]);
        let request = ImportRequest { interval_ps: Some(100.0), ..request(&top, name) };
        assert_eq!(imported(request).report.frames, 4, "{name}");
    }
    // The mark that some editors put in front of a text is no part of the first atom's line.
    let folder = tempfile::tempdir().unwrap();
    let mut marked = b"\xef\xbb\xbf".to_vec();
    let text = std::fs::read_to_string(case("models-2.pdb")).unwrap();
    marked.extend(
        text.lines()
            .skip_while(|line| !line.starts_with("ATOM"))
            .flat_map(|l| [l, "\n"].concat().into_bytes()),
    );
    let path = folder.path().join("marked.pdb");
    std::fs::write(&path, marked).unwrap();
    let reader = TrajectoryReader::open(&path).unwrap();
    let unmarked = TrajectoryReader::open(&case("models-2.pdb")).unwrap();
    assert_eq!((reader.frame_count(), reader.atom_count()), (4, unmarked.atom_count()));
    // Backwards as well, which starts the unpacking anew.
    let mut reader = TrajectoryReader::open(&case("models-3.pdb.gz")).unwrap();
    let mut frames = vec![Frame::default(); 4];
    for index in (0..4).rev() {
        reader.read_frame(index, &mut frames[index]).unwrap();
    }
    assert!(frames.windows(2).all(|pair| pair[0].positions_angstrom != pair[1].positions_angstrom));
}

#[test]
fn the_cause_of_torn_frames_is_named() {
    let order = refusal(request("reason-1-top.pdb", "reason-1.dcd"));
    assert!(order.contains("another order within the residues"), "{order}");
    let gap = refusal(request("reason-2-top.pdb", "reason-2.xtc"));
    assert!(gap.contains("missing between") && gap.contains(" 15 and ") && gap.contains(" 20 "), "{gap}");
    assert!(gap.contains(Remedy::LongestSegment.words()), "{gap}");
    let segment = ImportRequest { longest_segment: true, ..request("reason-2-top.pdb", "reason-2.xtc") };
    let segment = imported(segment);
    assert_eq!(segment.report.frames, 4);
    assert!(segment.report.notices.iter().any(|n| n.contains("longest unbroken segment")));
}

#[test]
fn a_gro_topology_serves_its_trajectory() {
    let map = read_topology_map(&case("reason-4.gro")).unwrap();
    assert_eq!((map.file_atom_count, map.topology.sequence().as_str()), (93, "YYDPETGTWY"));
    let imported =
        imported(ImportRequest { interval_ps: Some(10.0), ..request("reason-4.gro", "reason-4.xtc") });
    assert!(imported.report.frames > 0);
}

#[test]
fn other_trajectory_formats_are_named_with_a_conversion() {
    let folder = tempfile::tempdir().unwrap();
    for (name, expected) in [
        ("run.trr", "gmx trjconv"),
        ("run.nc", "cpptraj"),
        ("run.h5", "mdconvert"),
        ("run.xtc.gz", "gunzip"),
        ("run.gro", "gmx trjconv"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, b"x").unwrap();
        let error = TrajectoryReader::open(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    // Under a name of ours as well.
    let path = folder.path().join("run.xtc");
    std::fs::write(&path, b"\x00\x00\x07\xc9\x00\x00\x00\x0d").unwrap();
    let error = TrajectoryReader::open(&path).unwrap_err().to_string();
    assert!(error.contains("TRR"), "{error}");
}

#[test]
fn record_markers_of_64_bits_are_named_in_both_byte_orders() {
    let folder = tempfile::tempdir().unwrap();
    for (name, marker) in [("le.dcd", 84u64.to_le_bytes()), ("be.dcd", 84u64.to_be_bytes())] {
        let mut bytes = marker.to_vec();
        bytes.extend(b"CORD");
        bytes.resize(400, 0);
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let error = TrajectoryReader::open(&path).unwrap_err().to_string();
        assert!(error.contains("64-bit record markers") && error.contains("mdconvert"), "{error}");
    }
}
