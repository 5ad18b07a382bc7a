//! The bundled proteins, and with them the bond templates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{TensorCloud, read_topology_map};
use crate::test_support::{bundled, bundled_path};

/// Sequences of the simulated proteins (Majewski et al. 2023, after Lindorff-Larsen et al. 2011), and where
/// the crystal differs from the simulated one, the crystal's: REMARK 99 of each file. The last two, for which there is none, are as
/// mdtraj 1.11 reads them (`topology.to_fasta()`).
const SEQUENCES: [(&str, &str); 14] = [
    ("chignolin", "YYDPETGTWY"),
    ("trpcage", "DAYAQWLKDGGPSSGRPPPS"),
    ("bba", "EQYTAKYKGRTFRNEKELRDFIEKFKGR"),
    ("villin", "LSDEDFKAVFGMTRSAFANLPLWXQQHLXKEKGLF"),
    ("wwdomain", "KLPPGWEKRMSRSSGRVYYFNHITNASQWERPSG"),
    ("ntl9", "MKVIFLKDVKGMGKKGEIKNVADGYANNFLFKQGLAIEA"),
    ("bbl", "GSQNNDALSPAIRRLLAEWNLDASAIKGTGVGGRLTREDVEKHLAKA"),
    ("proteinb", "LKNAKEDAIAELKKAGITSDFYFNAINKAKTVEEVNALKNEILKAHA"),
    ("homeodomain", "RPRTAFSSEQLARLKREFNENRYLTERRRQQLSSELGLNEAQIKIWFQNKRAKI"),
    ("proteing", "DTYKLVIVLNGTTFTYTTEAVDAATAEKVFKQYANDNGVDGEWTYADATKTFTVTE"),
    ("a3d", "MGSWAEFKQRLAAIKTRLQALGGSEAELAAFEKEIAAFESELQAYKGKGNPEVEALRKEAAAIRDELQAYRHN"),
    ("lambda", "PLTQEQLEDARRLKAIYEKKKNELGLSQESVADKMGMGQSGVGALFNGINALNAYNAALLAKILKVSVEEFSPSIAREIY"),
    ("wwdomain_fip_2f21", "KLPPGWEKRMSADGRVYYFNHITNASQWERPSG"),
    ("homeodomain_uvf_2p6j", "MKQWSENVEEKLKEFVKRHQRITQEELHQYAQRLGLNEEAIRQFFEEFEQRK"),
];

#[test]
fn sequences() {
    for (name, sequence) in SEQUENCES {
        let opened = bundled(name);
        assert_eq!(opened.topology.sequence(), sequence, "{name}");
        assert_eq!(opened.topology.name, name);
        assert_eq!(opened.positions_angstrom.len(), opened.topology.atom_count());
        let unexpected = opened.notices.iter().filter(|notice| !notice.0.contains("OXT")).count();
        assert_eq!(unexpected, 0, "{name}: {:?}", opened.notices);
    }
}

/// Every template bond is as long as a bond, and whatever is as near as a bond is a template bond. A wrong
/// template fails on one side or the other.
#[test]
fn bond_templates_hold_in_crystal_structures() {
    for (name, _) in SEQUENCES {
        let opened = bundled(name);
        let (topology, positions) = (&opened.topology, &opened.positions_angstrom);
        let mut bonded = std::collections::HashSet::new();
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
            bonded.insert((a, b));
        }
        for a in 0..topology.atom_count() {
            for b in a + 1..topology.atom_count() {
                let length = distance(positions[a], positions[b]);
                let disulfide = topology.atoms()[a].name == "SG" && topology.atoms()[b].name == "SG";
                assert!(
                    length > 1.9 || disulfide || bonded.contains(&(a, b)),
                    "{name} {}–{}: {length}",
                    topology.atom_label(a),
                    topology.atom_label(b)
                );
            }
        }
    }
}

#[test]
fn tensor_cloud_and_back() {
    for (name, _) in SEQUENCES {
        let opened = bundled(name);
        let cloud = TensorCloud::from_atoms(&opened.topology, &opened.positions_angstrom);
        for (a, b) in cloud.to_atoms(&opened.topology).iter().zip(opened.positions_angstrom.iter()) {
            assert!(distance(*a, *b) < 1e-4);
        }
    }
}

#[test]
fn the_topology_map_agrees_with_the_structure() {
    for (name, sequence) in SEQUENCES {
        let path = bundled_path(name);
        let map = read_topology_map(&path).unwrap();
        assert_eq!(map.topology.sequence(), sequence);
        let atoms = std::fs::read_to_string(&path).unwrap();
        let atoms: Vec<[f32; 3]> = atoms
            .lines()
            .filter(|line| line.starts_with("ATOM") || line.starts_with("HETATM"))
            .map(|line| [30, 38, 46].map(|i| line[i..i + 8].trim().parse().unwrap()))
            .collect();
        assert_eq!(map.file_atom_count, atoms.len());
        assert_eq!(map.reduce(&atoms).unwrap(), *bundled(name).positions_angstrom, "{name}");
        assert!(map.reduce(&atoms[1..]).is_none());
    }
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f32>().sqrt()
}
