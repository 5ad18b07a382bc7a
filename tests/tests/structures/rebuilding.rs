//! Missing side-chain atoms, compared with the crystal from which they were taken away.

use equijump_engine::structure::{OpenedStructure, read_topology_map};

use super::{atom_lines, columns, distance, notices, read_lines, root};

const PROTEINS: [&str; 6] = ["chignolin", "trpcage", "villin", "ntl9", "homeodomain", "lambda"];

/// Leaves out the atoms for which `drop` (residue, atom) holds.
fn without(lines: &[String], drop: impl Fn(&str, &str) -> bool) -> Vec<String> {
    lines.iter().filter(|l| !drop(columns(l, 18, 20), columns(l, 13, 16))).cloned().collect()
}

/// Distances between rebuilt and crystal positions of the atoms `named`.
fn deviations(rebuilt: &OpenedStructure, crystal: &OpenedStructure, named: &[&str]) -> Vec<f32> {
    assert_eq!(rebuilt.topology.atoms(), crystal.topology.atoms());
    let atoms = rebuilt.topology.atoms().iter().enumerate();
    atoms
        .filter(|(_, atom)| named.contains(&atom.name))
        .map(|(i, _)| distance(rebuilt.positions_angstrom[i], crystal.positions_angstrom[i]))
        .collect()
}

fn mean(values: &[f32]) -> f32 {
    assert!(!values.is_empty());
    values.iter().sum::<f32>() / values.len() as f32
}

#[test]
fn nothing_is_rebuilt_where_nothing_is_missing() {
    for name in PROTEINS {
        assert!(!notices(&read_lines(&atom_lines(name))).contains("Rebuilt"));
    }
}

/// The carbonyl oxygen stands in the plane of the peptide: no freedom but at the last residue.
#[test]
fn carbonyl_oxygens() {
    for name in PROTEINS {
        let lines = atom_lines(name);
        let crystal = read_lines(&lines);
        let rebuilt = read_lines(&without(&lines, |_, atom| atom == "O" || atom == "OXT"));
        let mut gaps = deviations(&rebuilt, &crystal, &["O"]);
        gaps.pop();
        assert!(mean(&gaps) < 0.1 && gaps.iter().all(|&gap| gap < 0.5), "{name}: {gaps:?}");
        assert!(notices(&rebuilt).contains("Rebuilt missing atoms"));
    }
}

/// CB fixes the chirality; its mirror image would be 2.5 Å away.
#[test]
fn beta_carbons() {
    for name in PROTEINS {
        let lines = atom_lines(name);
        let crystal = read_lines(&lines);
        let rebuilt = read_lines(&without(&lines, |residue, atom| residue == "ALA" && atom == "CB"));
        let kept = crystal.topology.residues().iter().any(|r| r.kind.code3() == "ALA");
        let gaps = deviations(&rebuilt, &crystal, &["CB"]);
        assert!(gaps.iter().all(|&gap| gap < 0.3), "{name}: {gaps:?}");
        assert_eq!(kept, notices(&rebuilt).contains("(CB)"), "{name}");
    }
}

/// Atoms whose place follows from the others that are present.
#[test]
fn rings_and_second_branches() {
    let branches = [
        "CD2", "CE1", "CE2", "CZ", "NE2", "CG2", "OD2", "ND2", "OE2", "NH2", "OH", "NE1", "CE3", "CZ2",
        "CZ3", "CH2",
    ];
    let removable = |residue: &str, atom: &str| match residue {
        "ARG" => atom == "NH2",
        "GLN" => atom == "NE2",
        "LEU" => atom == "CD2",
        "PHE" | "TYR" | "TRP" | "HIS" => branches.contains(&atom),
        "ILE" | "VAL" | "THR" => atom == "CG2",
        "ASP" | "ASN" | "GLU" => ["OD2", "ND2", "OE2"].contains(&atom),
        _ => false,
    };
    for name in PROTEINS {
        let lines = atom_lines(name);
        let crystal = read_lines(&lines);
        let rebuilt = read_lines(&without(&lines, removable));
        let gaps = deviations(&rebuilt, &crystal, &branches);
        assert!(mean(&gaps) < 0.2 && gaps.iter().all(|&gap| gap < 0.6), "{name}: {gaps:?}");
    }
}

/// Whole side chains: sound chemistry, no collisions, and the crystal's χ1 more often than chance (1 in 3).
#[test]
fn whole_side_chains() {
    let (mut chi1_right, mut chi1_all) = (0, 0);
    for name in PROTEINS {
        let lines = atom_lines(name);
        let crystal = read_lines(&lines);
        let backbone = ["N", "CA", "C", "O", "OXT"];
        let rebuilt = read_lines(&without(&lines, |_, atom| !backbone.contains(&atom)));
        let (topology, positions) = (&rebuilt.topology, &rebuilt.positions_angstrom);
        for &[a, b] in topology.bonds() {
            let length = distance(positions[a], positions[b]);
            let sulfur = [a, b].iter().any(|&i| topology.atoms()[i].element.symbol() == "S");
            let range = if sulfur { 1.65..1.95 } else { 1.15..1.65 };
            assert!(
                range.contains(&length),
                "{name} {}–{}: {length}",
                topology.atom_label(a),
                topology.atom_label(b)
            );
        }
        let near = |a: usize, b: usize| distance(positions[a], positions[b]) < 2.0;
        let atoms = topology.atom_count();
        let collisions: usize = (0..atoms)
            .map(|a| {
                let residue = topology.atoms()[a].residue;
                (a + 1..atoms).filter(|&b| topology.atoms()[b].residue > residue + 1 && near(a, b)).count()
            })
            .sum();
        assert!(collisions <= atoms / 100, "{name}: {collisions} collisions among {atoms} atoms");
        for residue in 0..topology.residue_count() {
            let names = ["CG", "CG1", "OG", "OG1", "SG"];
            if let Some(gamma) = names.iter().find_map(|n| topology.find_atom(residue, n)) {
                chi1_all += 1;
                let gap = distance(positions[gamma], crystal.positions_angstrom[gamma]);
                chi1_right += usize::from(gap < 1.2); // neighboring rotamers are 2.5 Å apart
            }
        }
    }
    assert!(2 * chi1_right > chi1_all, "{chi1_right} of {chi1_all}");
}

/// A trajectory cannot be completed: its topology must hold every heavy atom.
#[test]
fn a_topology_is_not_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("top.pdb");
    let lines = without(&atom_lines("chignolin"), |residue, atom| residue == "TRP" && atom == "CH2");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let error = read_topology_map(&path).unwrap_err().to_string();
    assert!(error.contains("TRP 9 (CH2)"), "{error}");
    assert!(read_topology_map(&root().join("assets/structures/chignolin.pdb")).is_ok());
}
