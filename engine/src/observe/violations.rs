//! What is wrong with a frame, as the panes tell it and the molecule marks it.

use crate::analysis::ValidityReport;
use crate::structure::Topology;

use super::observations::Violation;

/// Atoms that have a part in a violation, ascending.
pub(super) fn violating_atoms(topology: &Topology, report: &ValidityReport) -> Vec<usize> {
    let bonds = report.bond_outliers.iter().flat_map(|outlier| outlier.atoms);
    let angles = report.angle_outliers.iter().flat_map(|outlier| outlier.atoms);
    let clashes = report.clashes.iter().flat_map(|clash| clash.atoms);
    let twisted = report.twisted_peptides.iter().map(|residue| topology.ca(*residue));
    let centers = report.center_outliers.iter().flat_map(|outlier| outlier.atoms);
    let rings = report.ring_outliers.iter().flat_map(|outlier| outlier.atoms);
    let peptides = twisted.chain(report.cis_outliers.iter().map(|residue| topology.ca(*residue)));
    let mut atoms: Vec<usize> = bonds.chain(angles).chain(centers).chain(rings).chain(clashes).collect();
    atoms.extend(peptides);
    atoms.extend(&report.chirality_errors);
    atoms.sort_unstable();
    atoms.dedup();
    atoms
}

/// What is wrong with a frame, kind by kind, with examples in words.
pub(super) fn violations(topology: &Topology, report: &ValidityReport) -> Vec<Violation> {
    const EXAMPLES: usize = 5;
    let peptide_bonds = Some(topology.residue_count().saturating_sub(1));
    let label = |atom: usize| topology.atom_label(atom);
    let residues = |which: &[usize]| {
        which.iter().take(EXAMPLES).map(|residue| topology.residues()[*residue].label()).collect()
    };
    vec![
        Violation {
            name: "Bond lengths",
            meaning: "Outside their range in molecular dynamics".to_owned(),
            count: report.bond_outliers.len(),
            of: Some(report.bonds_angstrom.count as usize),
            examples: examples(&report.bond_outliers, EXAMPLES, |o| {
                format!("{} – {}: {}", label(o.atoms[0]), label(o.atoms[1]), o.against(" Å", 2))
            }),
        },
        Violation {
            name: "Bond angles",
            meaning: "Outside their range in molecular dynamics".to_owned(),
            count: report.angle_outliers.len(),
            of: Some(report.angles_degrees.count as usize),
            examples: examples(&report.angle_outliers, EXAMPLES, |o| {
                format!("at {}: {}", label(o.atoms[1]), o.against("°", 0))
            }),
        },
        Violation {
            name: "Chirality",
            meaning: "Centers of the wrong hand: Cα, and Cβ of isoleucine and threonine".to_owned(),
            count: report.chirality_errors.len(),
            of: None,
            examples: report.chirality_errors.iter().take(EXAMPLES).map(|atom| label(*atom)).collect(),
        },
        Violation {
            name: "Centers",
            meaning: "Atoms with three bonds that are flatter, steeper or more bent than in molecular dynamics, by \
                      the volume that the bonds span"
                .to_owned(),
            count: report.center_outliers.len(),
            of: None,
            examples: examples(&report.center_outliers, EXAMPLES, |o| {
                format!("{}: {}", label(o.atoms[0]), o.against(" Å³", 2))
            }),
        },
        Violation {
            name: "Rings and flat groups",
            meaning: "Torsions outside their range in molecular dynamics".to_owned(),
            count: report.ring_outliers.len(),
            of: None,
            examples: examples(&report.ring_outliers, EXAMPLES, |o| {
                format!("about {} – {}: {}", label(o.atoms[1]), label(o.atoms[2]), o.against("°", 0))
            }),
        },
        Violation {
            name: "Twisted peptide bonds",
            meaning: "Peptide bonds that are neither cis nor trans".to_owned(),
            count: report.twisted_peptides.len(),
            of: peptide_bonds,
            examples: residues(&report.twisted_peptides),
        },
        Violation {
            name: "Cis peptide bonds",
            meaning: "Before other residues than proline, where molecular dynamics has none".to_owned(),
            count: report.cis_outliers.len(),
            of: peptide_bonds,
            examples: residues(&report.cis_outliers),
        },
        Violation {
            name: "Clashes",
            meaning: "Pairs of atoms nearer than they come in molecular dynamics".to_owned(),
            count: report.clashes.len(),
            of: None,
            examples: examples(&report.clashes, EXAMPLES, |clash| {
                let [a, b] = clash.atoms.map(label);
                format!("{a} – {b}: {:.2} Å", clash.distance_angstrom)
            }),
        },
    ]
}

fn examples<T>(of: &[T], most: usize, text: impl FnMut(&T) -> String) -> Vec<String> {
    of.iter().take(most).map(text).collect()
}
