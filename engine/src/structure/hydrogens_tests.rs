//! Hydrogens against those of OpenMM, on peptides of all residues (tests/fixtures/structures/make_hydrogens.py).

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::structure::{
    ReadOptions, pdb_all_atom_end, read_structure, read_structure_bytes, write_pdb_all_atoms,
};
use crate::test_support::{bundled_atoms, chain};

#[derive(serde::Deserialize)]
struct TheirResidue {
    name: String,
    heavy: BTreeMap<String, [f32; 3]>,
    hydrogens: Vec<String>,
}

fn peptides() -> Vec<Vec<TheirResidue>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/structures/hydrogens.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A peptide as we have it, without its second terminal oxygen.
fn ours(peptide: &[TheirResidue]) -> (Arc<Topology>, Vec<[f32; 3]>) {
    let kind = |name: &str| ResidueType::ALL.into_iter().find(|kind| kind.code3() == name).unwrap();
    let topology = chain("peptide", peptide.iter().map(|residue| kind(&residue.name)));
    let positions = topology.atoms().iter().map(|atom| peptide[atom.residue].heavy[atom.name]).collect();
    (Arc::new(topology), positions)
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f64 {
    (0..3).map(|k| f64::from(a[k] - b[k]).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn every_residue_has_the_hydrogens_that_openmm_gives_it() {
    let mut seen = std::collections::BTreeSet::new();
    for peptide in peptides() {
        let (topology, positions) = ours(&peptide);
        let model = AllAtomModel::new(&topology, &positions);
        for (index, theirs) in peptide.iter().enumerate() {
            seen.insert(theirs.name.clone());
            // Which of its nitrogens a neutral histidine has protonated depends on what is around.
            let name = |name: &str| match (theirs.name.as_str(), name) {
                ("HIS", "HD1" | "HE2") => "HD1/HE2".to_owned(),
                _ => name.to_owned(),
            };
            let of_residue = model.atoms().iter().filter(|atom| atom.residue == index);
            let mut names: Vec<String> =
                of_residue.clone().filter(|atom| atom.symbol == "H").map(|atom| name(atom.name)).collect();
            let mut expected: Vec<String> = theirs.hydrogens.iter().map(|n| name(n)).collect();
            names.sort_unstable();
            expected.sort_unstable();
            assert_eq!(names, expected, "{} {}", theirs.name, index + 1);
            let oxygen = of_residue.filter(|atom| atom.name == "OXT").count();
            assert_eq!(oxygen, usize::from(theirs.heavy.contains_key("OXT")), "{}", theirs.name);
        }
    }
    assert_eq!(seen.len(), 20, "all residues of the standard twenty: {seen:?}");
}

#[test]
fn hydrogens_sit_at_their_atoms_and_clash_with_none_of_their_residue() {
    let peptides: Vec<_> = peptides().iter().map(|peptide| ours(peptide)).collect();
    // Villin has norleucine.
    for (topology, positions) in
        peptides.into_iter().chain(["villin", "lambda", "chignolin"].map(bundled_atoms))
    {
        let model = AllAtomModel::new(&topology, &positions);
        let all = model.place(&positions);
        assert_eq!(all.len(), model.atoms().len());
        for (&place, &position) in model.heavy().iter().zip(&positions) {
            assert_eq!(all[place], position, "heavy atoms stay where they are");
        }
        for [parent, hydrogen] in model.added_bonds() {
            let (atom, length) = (model.atoms()[hydrogen], distance(all[parent], all[hydrogen]));
            let range = match (atom.symbol, model.atoms()[parent].symbol) {
                ("O", _) => 1.24..1.26,
                (_, "S") => 1.33..1.35,
                (_, "C") => 1.07..1.10,
                _ => 0.96..1.02,
            };
            assert!(
                range.contains(&length),
                "{} {}: {length}",
                topology.residues()[atom.residue].label(),
                atom.name
            );
            for (place, other) in model.atoms().iter().enumerate() {
                if other.residue != atom.residue || [parent, hydrogen].contains(&place) || atom.symbol == "O"
                {
                    continue;
                }
                // What is bonded to the parent is 1.9 Å away or more. Hydrogens of crowded heavy atoms come nearer to
                // each other (1.16 Å in a phenylalanine of the entry that villin is from); minimizing parts them.
                let least = if other.symbol == "H" { 1.1 } else { 1.8 };
                let apart = distance(all[hydrogen], all[place]);
                let label = topology.residues()[atom.residue].label();
                assert!(apart > least, "{label} {} and {}: {apart}", atom.name, other.name);
            }
        }
    }
}

// IUPAC: HB2 and HB3 are told apart by the substituents; in entries of the PDB that were solved by NMR
// (tests/fixtures/structures/2jof.pdb.gz), (prev − C) × (next − C) points from the second to the third.
#[test]
fn pairs_are_named_as_in_the_pdb() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/structures/2jof.pdb.gz");
    let structure = read_structure(&path, &ReadOptions::default()).unwrap();
    let mut text = String::new();
    let file = std::fs::File::open(&path).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(file), &mut text).unwrap();
    let mut theirs = BTreeMap::new();
    for line in text.lines().take_while(|line| !line.starts_with("ENDMDL")).filter(|l| l.starts_with("ATOM"))
    {
        let coordinate = |columns: std::ops::Range<usize>| line[columns].trim().parse::<f32>().unwrap();
        let position = [coordinate(30..38), coordinate(38..46), coordinate(46..54)];
        theirs
            .insert((line[22..26].trim().parse::<i32>().unwrap(), line[12..16].trim().to_owned()), position);
    }
    let model = AllAtomModel::new(&structure.topology, &structure.positions_angstrom);
    let all = model.place(&structure.positions_angstrom);
    let mut compared = 0;
    for (atom, &position) in model.atoms().iter().zip(&all) {
        let residue = &structure.topology.residues()[atom.residue];
        let paired = ["HA2", "HA3", "HB2", "HB3", "HG2", "HG3", "HD2", "HD3", "HE21", "HE22", "HA"]
            .contains(&atom.name)
            && !matches!(residue.kind, ResidueType::Trp | ResidueType::Tyr if !atom.name.starts_with("HB"));
        if let Some(&there) = theirs.get(&(residue.number, atom.name.to_owned())).filter(|_| paired) {
            let apart = distance(position, there);
            assert!(
                apart < 0.5,
                "{} {}: {apart} Å from where it is in the entry",
                residue.label(),
                atom.name
            );
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn sulfurs_that_are_near_make_a_bridge() {
    let topology = chain("p", [ResidueType::Cys, ResidueType::Gly, ResidueType::Cys]);
    let mut positions: Vec<[f32; 3]> =
        (0..topology.atom_count()).map(|i| [1.5 * i as f32, (i % 2) as f32, (i % 3) as f32]).collect();
    let has_thiol = |positions: &[[f32; 3]]| {
        let model = AllAtomModel::new(&topology, positions);
        (model.atoms().iter().filter(|atom| atom.name == "HG").count(), model.bridges().len())
    };
    assert_eq!(has_thiol(&positions), (2, 0));
    let (a, b) = (topology.find_atom(0, "SG").unwrap(), topology.find_atom(2, "SG").unwrap());
    positions[b] = positions[a].map(|x| x + 1.18);
    assert_eq!(has_thiol(&positions), (0, 1));
    let model = AllAtomModel::new(&topology, &positions);
    assert!(pdb_all_atom_end(&topology, &model).starts_with("CONECT"));
}

#[test]
fn atoms_on_one_line_or_one_point_give_numbers_still() {
    let topology = chain("all", ResidueType::ALL);
    let line: Vec<[f32; 3]> = (0..topology.atom_count()).map(|i| [1.5 * i as f32, 0.0, 0.0]).collect();
    let point = vec![[1.0; 3]; topology.atom_count()];
    for positions in [line, point] {
        let model = AllAtomModel::new(&topology, &positions);
        assert!(model.place(&positions).iter().flatten().all(|x| x.is_finite()));
    }
}

#[test]
fn what_is_written_reads_back_without_its_hydrogens() {
    let (topology, positions) = bundled_atoms("villin");
    let model = AllAtomModel::new(&topology, &positions);
    let mut pdb = Vec::new();
    write_pdb_all_atoms(&topology, &model, &model.place(&positions), &mut pdb).unwrap();
    let read = read_structure_bytes("villin.pdb", &pdb, &ReadOptions::default()).unwrap();
    assert_eq!(read.topology, topology);
    for (a, b) in read.positions_angstrom.iter().zip(&positions) {
        assert!(distance(*a, *b) < 1e-3);
    }
    let text = String::from_utf8(pdb).unwrap();
    // Columns of names with four and with fewer characters, as the format description 3.3 has them.
    assert!(text.lines().any(|line| line.starts_with("ATOM") && &line[12..16] == "HD11"));
    assert!(text.lines().any(|line| line.starts_with("ATOM") && &line[12..16] == " HA "));
    assert!(text.lines().any(|line| line.starts_with("ATOM") && &line[12..16] == " OXT"));
    let mut bad = model.place(&positions);
    bad[0][1] = f32::NAN;
    assert!(write_pdb_all_atoms(&topology, &model, &bad, Vec::new()).is_err());
}
