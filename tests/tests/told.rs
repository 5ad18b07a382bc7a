//! Files that look sound and hold something else than they seem to: each is read as other readers read it, or what was
//! taken for what is told. The files are made here from bundled structures; what gemmi 0.7.5 and MDAnalysis 2.11 read
//! in them stands beside each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use equijump_engine::structure::{
    OpenedStructure, ReadOptions, read_structure, read_structure_bytes, read_topology_map,
};
use equijump_engine::trajectory::{ImportRequest, TrajectoryWriter, import};

fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/structures").join(name)
}

/// The atom lines of Trp-cage.
fn trp_cage() -> Vec<String> {
    let text = std::fs::read_to_string(bundled("trpcage.pdb")).unwrap();
    text.lines().filter(|line| line.starts_with("ATOM")).map(str::to_owned).collect()
}

fn opened(lines: &[String]) -> OpenedStructure {
    read_structure_bytes("a.pdb", lines.join("\n").as_bytes(), &ReadOptions::default()).unwrap()
}

fn notices(opened: &OpenedStructure) -> String {
    opened.notices.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The line with its position put elsewhere.
fn moved(line: &str, to: impl Fn([f64; 3]) -> [f64; 3]) -> String {
    let at = |axis: usize| line[30 + 8 * axis..38 + 8 * axis].trim().parse().unwrap();
    let [x, y, z] = to([at(0), at(1), at(2)]);
    format!("{}{x:8.3}{y:8.3}{z:8.3}{}", &line[..30], &line[54..])
}

/// gemmi and MDAnalysis read all 20 residues of a file whose serial numbers pass a million between residues 10 and 11.
#[test]
fn a_million_atoms_do_not_end_a_chain() {
    let lines = trp_cage();
    let half = lines.iter().position(|line| line[22..26].trim() == "11").unwrap();
    let numbered: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| format!("ATOM{:7}{}", 1_000_000 + index - half, &line[11..]))
        .collect();
    assert!(numbered[half].starts_with("ATOM1000000 "));
    let (expected, found) = (opened(&lines), opened(&numbered));
    assert_eq!(found.topology.sequence(), "DAYAQWLKDGGPSSGRPPPS");
    assert_eq!(found.positions_angstrom, expected.positions_angstrom);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("top.pdb");
    std::fs::write(&path, numbered.join("\n")).unwrap();
    assert_eq!(read_topology_map(&path).unwrap().file_atom_count, lines.len());
}

/// gemmi keeps all atoms of one name; which of them is taken is told.
#[test]
fn atoms_that_come_twice_are_told() {
    let mut lines = trp_cage();
    let at = lines.iter().position(|line| &line[12..26] == " CB  TRP A   6").unwrap();
    lines.insert(at + 1, moved(&lines[at], |[x, y, z]| [x + 0.5, y, z]));
    let found = opened(&lines);
    assert_eq!(found.positions_angstrom, opened(&trp_cage()).positions_angstrom);
    let told = "Kept the first of several atoms of one name: TRP 6 (CB).";
    assert!(notices(&found).contains(told), "{}", notices(&found));
    // A backbone atom, elsewhere, and all atoms: none of them begins another residue.
    let far = |line: &String| {
        let twice = &line[12..26] == " C   TRP A   6";
        std::iter::once(line.clone()).chain(twice.then(|| moved(line, |_| [0.0; 3]))).collect::<Vec<_>>()
    };
    let twice = |line: &String| vec![line.clone(), line.clone()];
    for lines in
        [trp_cage().iter().flat_map(far).collect(), trp_cage().iter().flat_map(twice).collect::<Vec<_>>()]
    {
        let found = opened(&lines);
        assert_eq!(found.positions_angstrom, opened(&trp_cage()).positions_angstrom);
        assert!(notices(&found).contains("Kept the first of several atoms"), "{}", notices(&found));
    }
}

/// As in `1grm_single.pdb` of MDAnalysisTests, gramicidin, whose D-leucines and D-valines are called LEU and VAL.
#[test]
fn amino_acids_that_are_mirror_images_are_told() {
    let lines = trp_cage();
    assert!(!notices(&opened(&lines)).contains("mirror"));
    let mirrored: Vec<String> = lines.iter().map(|line| moved(line, |[x, y, z]| [x, y, -z])).collect();
    let found = notices(&opened(&mirrored));
    // Three glycines have no hand; eight of the seventeen others are named.
    assert!(found.contains("ASP 1, ALA 2, TYR 3") && found.contains("and 9 more"), "{found}");
    assert!(found.contains("mirror images (D)"), "{found}");
}

/// gemmi reads tables of atoms behind `global_`; a line in front is an error there.
#[test]
fn what_stands_before_a_cif_block_does_not_make_it_another_format() {
    let chignolin = read_structure(&bundled("chignolin.pdb"), &ReadOptions::default()).unwrap();
    let mut text = Vec::new();
    equijump_engine::structure::write_mmcif(&chignolin.topology, &chignolin.positions_angstrom, &mut text)
        .unwrap();
    for before in ["", "REMARK 1 written by hand\n", "global_\n"] {
        let text = [before.as_bytes(), &text].concat();
        let found = read_structure_bytes("a.cif", &text, &ReadOptions::default()).unwrap();
        assert_eq!(found.topology.sequence(), "YYDPETGTWY", "{before}");
    }
}

/// A trajectory of chignolin with one frame for each way to put its atoms, and what importing it says.
fn imported(frames: &[&dyn Fn([f32; 3]) -> [f32; 3]]) -> Result<(usize, String), String> {
    let folder = tempfile::tempdir().unwrap();
    let chignolin = read_structure(&bundled("chignolin.pdb"), &ReadOptions::default()).unwrap();
    let topology = &chignolin.topology;
    let [top, trajectory, output] =
        ["top.pdb", "run.dcd", "a.store.safetensors"].map(|name| folder.path().join(name));
    let mut pdb = Vec::new();
    equijump_engine::structure::write_pdb(topology, &chignolin.positions_angstrom, &mut pdb).unwrap();
    std::fs::write(&top, pdb).unwrap();
    let mut writer = TrajectoryWriter::create(&trajectory, topology, 100.0, false).unwrap();
    for (index, put) in frames.iter().enumerate() {
        let positions: Vec<[f32; 3]> = chignolin.positions_angstrom.iter().map(|&p| put(p)).collect();
        writer.write_frame(&positions, 100.0 * index as f64).unwrap();
    }
    drop(writer);
    let request =
        ImportRequest { topology: top, trajectories: vec![trajectory], output, ..ImportRequest::default() };
    let report = import(&request, &mut |_| ControlFlow::Continue(())).map_err(|error| error.to_string())?;
    Ok((report.frames, report.notices.join(" ")))
}

/// MDAnalysis and mdtraj read such frames as they are; a model that learned from them would make D-amino acids.
#[test]
fn a_trajectory_with_mirrored_axes_is_refused() {
    let (same, mirrored) = (|p: [f32; 3]| p, |[x, y, z]: [f32; 3]| [y, x, z]);
    assert_eq!(imported(&[&same, &same]).unwrap().0, 2);
    let refusal = imported(&[&mirrored, &mirrored]).unwrap_err();
    assert!(refusal.contains("mirror images of L-amino acids"), "{refusal}");
}

/// Zeros in place of one coordinate, as a disk leaves them: no bond is too long.
#[test]
fn a_frame_that_lost_one_coordinate_is_left_out() {
    let (same, flat) = (|p: [f32; 3]| p, |[x, y, _]: [f32; 3]| [x, y, 0.0]);
    let (frames, notices) = imported(&[&same, &flat, &same]).unwrap();
    assert_eq!(frames, 2);
    assert!(notices.contains("1 frame left out: atoms lie on top of each other"), "{notices}");
}
