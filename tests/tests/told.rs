//! Files that look sound and hold something else than they seem to: each is read as other readers read it, or what was
//! taken for what is told. The files are made here from bundled structures; what gemmi 0.7.5 and MDAnalysis 2.11 read
//! in them stands beside each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ops::ControlFlow;

use equijump_engine::structure::{OpenedStructure, ReadOptions, read_structure_bytes, read_topology_map};
use equijump_engine::trajectory::{Frame, ImportRequest, TrajectoryReader, TrajectoryWriter, import};
use equijump_tests::proteins::{bundled, bundled_path};

/// The atom lines of Trp-cage.
fn trp_cage() -> Vec<String> {
    let text = std::fs::read_to_string(bundled_path("trpcage")).unwrap();
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

/// Serial numbers from 100,000 and residue numbers from 10,000 as `{:>5}` and `{:>4}` of most languages print them: what
/// follows is moved to the right.
#[test]
fn numbers_that_are_too_long_for_their_columns_move_no_atom() {
    let printed = |record: &str, first_serial: usize, first_residue: usize| -> Vec<String> {
        let print = |(index, line): (usize, &String)| {
            let residue = line[22..26].trim().parse::<usize>().unwrap() - 1 + first_residue;
            format!("{record:<6}{:>5}{}{residue:>4}{}", first_serial + index, &line[11..22], &line[26..])
        };
        trp_cage().iter().enumerate().map(print).collect()
    };
    let expected = opened(&trp_cage());
    let folder = tempfile::tempdir().unwrap();
    for (record, serial, residue) in
        [("ATOM", 99_950, 1), ("HETATM", 99_950, 1), ("HETATM", 999_950, 9_995), ("ATOM", 1, 9_995)]
    {
        let lines = printed(record, serial, residue);
        let found = opened(&lines);
        assert_eq!(found.topology.sequence(), "DAYAQWLKDGGPSSGRPPPS", "{record} {serial} {residue}");
        assert_eq!(found.positions_angstrom, expected.positions_angstrom, "{record} {serial} {residue}");
        assert_eq!(found.topology.residues()[19].number, residue as i32 + 19);
        // As topology and as trajectory, both read without sorting.
        let path = folder.path().join("models.pdb");
        std::fs::write(&path, format!("MODEL 1\n{}\nENDMDL\n", lines.join("\n"))).unwrap();
        let map = read_topology_map(&path).unwrap();
        assert_eq!(map.file_atom_count, lines.len());
        let mut frame = Frame::default();
        TrajectoryReader::open(&path).unwrap().read_frame(0, &mut frame).unwrap();
        let read: Vec<[f32; 3]> = trp_cage()
            .iter()
            .map(|line| [30, 38, 46].map(|at| line[at..at + 8].trim().parse().unwrap()))
            .collect();
        assert_eq!(frame.positions_angstrom, read);
    }
}

#[test]
fn pqr_files_without_columns_are_named() {
    let free = |with_chain: bool| -> String {
        let print = |line: &String| {
            let field = |from: usize, to: usize| line[from..to].trim();
            let chain = if with_chain { "A " } else { "" };
            let [x, y, z] = [field(30, 38), field(38, 46), field(46, 54)];
            format!(
                "ATOM {} {} {} {chain}{} {x} {y} {z} -0.415 1.824\n",
                field(6, 11),
                field(12, 16),
                field(17, 20),
                field(22, 26)
            )
        };
        trp_cage().iter().map(print).collect()
    };
    for text in [free(true), free(false), format!("REMARK   1 PQR file of PDB2PQR\n{}", free(false))] {
        let error = read_structure_bytes("a.pqr", text.as_bytes(), &ReadOptions::default()).unwrap_err();
        assert!(error.to_string().contains("divided by blanks and not in columns"), "{error}");
    }
}

/// All axes of a frame have records of one length, so that the header alone tells a fourth dimension.
#[test]
fn a_dcd_header_that_lies_about_the_fourth_dimension_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcd");
    let chignolin = bundled("chignolin");
    let mut writer = TrajectoryWriter::create(&path, &chignolin.topology, 100.0, false).unwrap();
    for frame in 0..4 {
        writer.write_frame(&chignolin.positions_angstrom, 100.0 * f64::from(frame)).unwrap();
    }
    drop(writer);
    let three = std::fs::read(&path).unwrap();
    let record = 8 + 4 * chignolin.topology.atom_count();
    let header = three.len() - 4 * 3 * record;
    let mut four = three[..header].to_vec();
    for axes in three[header..].chunks(3 * record) {
        four.extend(axes);
        // The fourth dimension, of whatever values.
        four.extend(&axes[..record]);
    }
    let flagged = |bytes: &[u8], flag: u8| {
        let mut bytes = bytes.to_vec();
        bytes[8 + 4 * 11] = flag;
        std::fs::write(&path, bytes).unwrap();
        TrajectoryReader::open(&path)
    };
    for (bytes, sound, lie) in [(&three, 0, 1), (&four, 1, 0)] {
        let mut reader = flagged(bytes, sound).unwrap();
        let mut frame = Frame::default();
        assert_eq!((reader.frame_count(), reader.tail_bytes()), (4, 0));
        for index in 0..4 {
            reader.read_frame(index, &mut frame).unwrap();
            assert_eq!(frame.positions_angstrom, *chignolin.positions_angstrom);
        }
        let error = flagged(bytes, lie).unwrap_err().to_string();
        assert!(error.contains("another number of dimensions than its header says"), "{error}");
    }
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
    let chignolin = bundled("chignolin");
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
    let chignolin = bundled("chignolin");
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
