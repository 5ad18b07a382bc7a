//! Names as other programs write them, and topologies of their trajectories.

use equijump_engine::structure::{ReadOptions, read_structure_bytes, read_topology_map};

use super::{atom_lines, columns, fixture, notices, read, read_lines, with_columns};

/// A file by OpenMM from a CHARMM36m simulation, with hydrogens and OXT.
#[test]
fn charmm_topology() {
    let path = fixture("trp_cage_charmm.pdb");
    let map = read_topology_map(&path).unwrap();
    assert_eq!(map.topology.sequence(), "NLYIQWLKDGGPSSGRPPPS"); // 1L2Y
    assert_eq!(map.file_atom_count, 304);
    let text = std::fs::read_to_string(path).unwrap();
    let atoms: Vec<&str> = text.lines().filter(|line| line.starts_with("ATOM")).collect();
    for (atom, &index) in map.topology.atoms().iter().zip(&map.indices) {
        assert_eq!(columns(atoms[index], 13, 16), atom.name);
        assert_eq!(columns(atoms[index], 23, 26).parse::<usize>().unwrap(), atom.residue + 1);
    }
}

/// The same protein under the names of other force fields: same result, and each renaming is told.
#[test]
fn force_field_names_read_as_the_pdb_names() {
    let original = read_lines(&atom_lines("villin"));
    let renamed: Vec<String> = atom_lines("villin")
        .into_iter()
        .map(|line| {
            let (residue, atom) = (columns(&line, 18, 20).to_owned(), columns(&line, 13, 16).to_owned());
            let number: i32 = columns(&line, 23, 26).parse().unwrap();
            let line = match residue.as_str() {
                "HIS" => with_columns(&line, 18, "HSD "),
                "LYS" if number == 30 => with_columns(&line, 18, "LYN "),
                "ASP" if number == 3 => with_columns(&line, 18, "ASH "),
                "LEU" if number == 1 => with_columns(&line, 18, "NLEU"),
                "PHE" if number == 35 => with_columns(&line, 18, "CPHE"),
                "MET" => with_columns(&line, 18, "MSE "),
                _ => line,
            };
            match (residue.as_str(), atom.as_str()) {
                ("MET", "SD") => with_columns(&with_columns(&line, 13, "SE  "), 77, "SE"),
                ("PHE", "O") if number == 35 => with_columns(&line, 13, " OT1"),
                _ => line,
            }
        })
        .collect();
    let opened = read_lines(&renamed);
    assert_eq!(opened.topology.residues(), original.topology.residues());
    assert_eq!(opened.positions_angstrom, original.positions_angstrom);
    for sentence in [
        "HSD as HIS at 27",
        "LYN as LYS at 30",
        "ASH as ASP at 3",
        "NLEU as LEU at 1",
        "CPHE as PHE at 35",
        "MSE as MET at 12",
    ] {
        assert!(notices(&opened).contains(sentence), "{sentence} not in {}", notices(&opened));
    }
}

#[test]
fn charmm_isoleucine_and_order_within_residues() {
    let lines = atom_lines("ntl9");
    let original = read_lines(&lines);
    let mut changed: Vec<String> = lines
        .iter()
        .map(|line| match (columns(line, 18, 20), columns(line, 13, 16)) {
            ("ILE", "CD1") => with_columns(line, 13, " CD "),
            _ => line.clone(),
        })
        .collect();
    // Reverse the atoms of every residue.
    let mut reordered = Vec::new();
    while let Some(first) = changed.first() {
        let number = columns(first, 23, 26).to_owned();
        let rest = changed.iter().position(|l| columns(l, 23, 26) != number).unwrap_or(changed.len());
        reordered.extend(changed.drain(..rest).rev());
    }
    assert_eq!(read_lines(&reordered).positions_angstrom, original.positions_angstrom);
}

#[test]
fn caps_waters_ions_hydrogens_and_dna_are_left_out() {
    let mut lines = atom_lines("chignolin");
    lines.insert(0, "HETATM    0  C   ACE A   0      30.000  30.000   9.000  1.00  0.00           C".into());
    lines.push("HETATM  900  N   NME A  11      31.000  30.000   9.000  1.00  0.00           N".into());
    for (number, name) in [(201, "DA"), (202, "DT"), (203, "DG")] {
        lines.push(format!(
            "ATOM    901  P    {name} B{number:4}      31.000  30.000   9.000  1.00  0.00           P"
        ));
    }
    lines.insert(5, "ATOM    903 1HB  TYR A   1      31.000  30.000   9.000".into());
    lines.push("HETATM  902  O   HOH A 101      40.000  30.000   9.000  1.00  0.00           O".into());
    lines.push("HETATM  903  O   HOH A 102      40.000  34.000   9.000  1.00  0.00           O".into());
    lines.push("HETATM  904 CA    CA A 103      41.000  30.000   9.000  1.00  0.00          CA".into());
    let opened = read_lines(&lines);
    assert_eq!(opened.topology.sequence(), "YYDPETGTWY");
    let notices = notices(&opened);
    for part in ["2 water molecules", "hetero groups CA", "terminal caps ACE, NME", "3 nucleotides"] {
        assert!(notices.contains(part), "{part} not in {notices}");
    }
}

/// A free amino acid is a ligand, not part of the chain; the same residue bonded into the chain is.
#[test]
fn hetero_residues_belong_to_the_chain_if_they_are_bonded() {
    let mut lines = atom_lines("villin"); // NLE as HETATM, in the chain
    for (atom, x) in [("N", 50.0), ("CA", 51.46), ("C", 52.0), ("O", 53.2)] {
        lines.push(format!(
            "HETATM  900  {atom:<3} GLY A 201    {x:8.3}  10.000  10.000  1.00  0.00           C"
        ));
    }
    let opened = read(&(lines.join("\n") + "\n")).unwrap();
    assert_eq!(opened.topology.residue_count(), 35);
    assert!(notices(&opened).contains("hetero groups GLY"));
}

/// Some programs write all hydrogens, or all side chains, after the rest.
#[test]
fn residues_in_two_pieces() {
    let lines = atom_lines("villin");
    let backbone = |line: &&String| ["N", "CA", "C", "O"].contains(&columns(line, 13, 16));
    let pieces: Vec<String> =
        lines.iter().filter(backbone).chain(lines.iter().filter(|l| !backbone(l))).cloned().collect();
    let opened = read_lines(&pieces);
    let original = read_lines(&lines);
    assert_eq!(opened.positions_angstrom, original.positions_angstrom);
    assert_eq!(opened.topology.residues(), original.topology.residues());
}

#[test]
fn insertion_codes_are_not_alternate_locations() {
    // Residues 4, 5, 6 of chignolin numbered 4, 4A, 4B.
    let lines: Vec<String> = atom_lines("chignolin")
        .iter()
        .map(|line| match columns(line, 23, 26) {
            "5" => with_columns(line, 23, "   4A"),
            "6" => with_columns(line, 23, "   4B"),
            _ => line.clone(),
        })
        .collect();
    let opened = read_lines(&lines);
    assert_eq!(opened.topology.sequence(), "YYDPETGTWY");
    assert_eq!(opened.positions_angstrom, read_lines(&atom_lines("chignolin")).positions_angstrom);
    let labels: Vec<String> = opened.topology.residues()[3..6].iter().map(|r| r.label()).collect();
    assert_eq!(labels, ["PRO 4", "GLU 4A", "THR 4B"]);
    let unexpected = opened.notices.iter().filter(|notice| !notice.0.contains("OXT")).count();
    assert_eq!(unexpected, 0, "{:?}", opened.notices);
}

#[test]
fn chains_without_identifiers_are_told_apart_by_ter() {
    let blank: Vec<String> = atom_lines("chignolin").iter().map(|l| with_columns(l, 22, " ")).collect();
    let one = blank.join("\n") + "\nTER\n";
    assert_eq!(read(&one).unwrap().topology.residue_count(), 10);
    let error = read(&(one.clone() + &one)).unwrap_err();
    assert!(error.to_string().contains("1 (10 residues), 2 (10 residues)"), "{error}");
    let options = ReadOptions { chain: Some("2".into()), ..ReadOptions::default() };
    let second = read_structure_bytes("two.pdb", (one.clone() + &one).as_bytes(), &options).unwrap();
    assert_eq!(second.topology.residue_count(), 10);
}
