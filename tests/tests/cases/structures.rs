//! Structures.

use equijump_engine::structure::{ReadOptions, StructureProblem, read_structure, read_structure_bytes};

use super::{case, longest_bond, notices, open, sequence, try_open};

const TRP_CAGE: &str = "DAYAQWLKDGGPSSGRPPPS";
const CHIGNOLIN: &str = "YYDPETGTWY";

#[test]
fn residues_behind_a_ter_belong_to_the_chain_that_they_are_bonded_to() {
    let villin = open("hetter-3.pdb", None);
    let numbers: Vec<i32> = villin.topology.residues().iter().map(|r| r.number).collect();
    assert_eq!(numbers, (1..=35).collect::<Vec<_>>());
    assert_eq!(villin.topology.sequence(), "LSDEDFKAVFGMTRSAFANLPLWXQQHLXKEKGLF");
    assert_eq!(sequence("hetter-4.pdb"), TRP_CAGE);
    assert_eq!(sequence("hetter-5.pdb"), "YYDPETGTMM");
    for name in ["hetter-3.pdb", "hetter-4.pdb", "hetter-5.pdb"] {
        assert!(!notices(&open(name, None)).contains("hetero groups"), "{name}");
    }
}

fn choices(name: &str) -> Vec<(String, usize)> {
    let error = try_open(name, None).unwrap_err();
    let StructureProblem::SeveralChains(chains) = error.problem else { panic!("{name}: {error}") };
    chains.into_iter().map(|c| (c.id, c.residues)).collect()
}

#[test]
fn molecules_that_share_a_chain_identifier_can_be_chosen() {
    let named = |ids: &[&str]| ids.iter().map(|&id| (id.to_owned(), 10)).collect::<Vec<_>>();
    assert_eq!(choices("samechain-1.pdb"), named(&["A.1", "A.2"]));
    assert_eq!(choices("samechain-3.pdb"), named(&["A.1", "B.1", "A.2", "B.2"]));
    for id in ["A.1", "A.2", "B.1", "B.2"] {
        let opened = open("samechain-3.pdb", Some(id));
        assert_eq!((opened.topology.sequence().as_str(), opened.topology.chain_id.as_str()), (CHIGNOLIN, id));
    }
    let one = open("samechain-1.pdb", Some("A.1"));
    let other = open("samechain-1.pdb", Some("A.2"));
    assert_ne!(one.positions_angstrom, other.positions_angstrom);
    let error = try_open("samechain-1.pdb", Some("A")).unwrap_err().to_string();
    assert!(error.contains("several molecules") && error.contains("A.2 (10 residues)"), "{error}");
}

#[test]
fn chains_of_two_characters() {
    let named = |ids: [&str; 2]| ids.map(|id| (id.to_owned(), 10)).to_vec();
    assert_eq!(choices("twochar-2.pdb"), named(["AA", "BA"]));
    assert_eq!(open("twochar-2.pdb", Some("BA")).topology.sequence(), CHIGNOLIN);
    // Among them residues whose names with the first character are names too (ASPH, GLUP, ASN1).
    let text = std::fs::read_to_string(case("twochar-2.pdb")).unwrap();
    for chain in ["HX", "PA", "1A"] {
        let renamed = |line: &str| match line.get(20..22) {
            Some("AA") => format!("{}{chain}{}\n", &line[..20], &line[22..]),
            _ => format!("{line}\n"),
        };
        let renamed: String = text.lines().map(renamed).collect();
        let options = ReadOptions { chain: Some(chain.to_owned()), ..ReadOptions::default() };
        let opened = read_structure_bytes("a.pdb", renamed.as_bytes(), &options).unwrap();
        assert_eq!(opened.topology.sequence(), CHIGNOLIN, "{chain}");
    }
}

#[test]
fn author_numbers_that_are_missing_are_taken_from_the_label() {
    let five = open("authblank-2.cif", None);
    assert_eq!(five.topology.sequence(), "GRPPP");
    assert_eq!(five.topology.residues()[0].number, 15);
    assert!(notices(&five).contains("label_seq_id"), "{}", notices(&five));
    let all = open("authblank-3.cif", None);
    assert_eq!(all.topology.sequence(), TRP_CAGE);
    assert_eq!(all.topology.residues()[19].number, 20);
    assert_eq!(choices("authblank-4.cif"), [("A".to_owned(), 10), ("B".to_owned(), 10)]);
    assert!(notices(&open("authblank-4.cif", Some("A"))).contains("label_asym_id"));
}

#[test]
fn residues_without_numbers_of_their_own_are_counted() {
    for (name, expected) in [("samenumber-2.pdb", "GRPPP"), ("samenumber-3.pdb", TRP_CAGE)] {
        let opened = open(name, None);
        assert_eq!(opened.topology.sequence(), expected);
        let numbers: Vec<i32> = opened.topology.residues().iter().map(|r| r.number).collect();
        assert_eq!(numbers, (1..=expected.len() as i32).collect::<Vec<_>>());
        assert!(notices(&opened).contains("counted from 1"), "{}", notices(&opened));
    }
}

#[test]
fn all_residues_under_one_number_are_told_apart_by_their_atoms() {
    let text = std::fs::read_to_string(case("samenumber-2.pdb")).unwrap();
    let text = text
        .lines()
        .map(|l| if l.len() > 26 { format!("{}   1{}\n", &l[..22], &l[26..]) } else { format!("{l}\n") });
    let text: String = text.collect();
    let opened = read_structure_bytes("ones.pdb", text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(opened.topology.sequence(), "GRPPP");
    assert!(notices(&opened).contains("counted from 1"));
}

#[test]
fn one_sound_conformer_is_read() {
    for name in ["altloc-1.pdb", "altloc-3.pdb", "altloc-5.pdb"] {
        let opened = open(name, None);
        assert_eq!(opened.topology.sequence(), TRP_CAGE, "{name}");
        assert!(longest_bond(&opened) < 2.0, "{name}: {}", longest_bond(&opened));
        assert!(!notices(&opened).contains("Rebuilt"), "{name}");
    }
    // Conformer A throughout, as gemmi and mdtraj read them.
    let lysine = open("altloc-1.pdb", None);
    let ce = lysine.topology.find_atom(7, "CE").unwrap();
    assert_eq!(lysine.positions_angstrom[ce], [19.985, -0.454, 3.27]);
    let glycine = open("altloc-3.pdb", None);
    let n = glycine.topology.find_atom(9, "N").unwrap();
    assert_eq!(glycine.positions_angstrom[n], [27.852, -4.139, 3.398]);
}

#[test]
fn a_side_chain_that_its_box_has_cut_is_made_whole() {
    let opened = open("wrapside-1.pdb", None);
    assert!(longest_bond(&opened) < 2.0, "{}", longest_bond(&opened));
    assert!(notices(&opened).contains("across its periodic cell"), "{}", notices(&opened));
    // Without the cell there is no telling where the atoms belong.
    let text = std::fs::read_to_string(case("wrapside-1.pdb")).unwrap();
    let text = text.lines().filter(|l| !l.starts_with("CRYST1")).collect::<Vec<_>>().join("\n");
    let error =
        read_structure_bytes("w.pdb", text.as_bytes(), &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("CB–CG is 41.49 Å long") && error.contains("make it whole"), "{error}");
}

#[test]
fn all_data_blocks_of_a_file_are_read() {
    assert_eq!(choices("blocks-1.cif"), [("A".to_owned(), 10), ("B".to_owned(), 20)]);
    assert_eq!(open("blocks-1.cif", Some("B")).topology.sequence(), TRP_CAGE);
    assert!(notices(&open("blocks-1.cif", Some("A"))).contains("data blocks"));
}

#[test]
fn names_of_constant_ph_residues() {
    for (name, place, code) in [("names-2.pdb", 4, "GLU"), ("names-4.pdb", 2, "ASP")] {
        let opened = open(name, None);
        assert_eq!(opened.topology.residues()[place].kind.code3(), code);
        assert_eq!(opened.topology.sequence(), CHIGNOLIN);
        assert!(notices(&opened).contains(&format!("as {code}")), "{}", notices(&opened));
    }
}

#[test]
fn lines_may_end_with_a_carriage_return_alone() {
    assert_eq!(sequence("lineend-1.pdb"), TRP_CAGE);
}

#[test]
fn numbers_may_carry_their_standard_uncertainty() {
    let opened = open("su-1.cif", None);
    assert_eq!(opened.topology.sequence(), CHIGNOLIN);
    assert_eq!(opened.positions_angstrom[0], [25.824, 21.671, 10.238]);
}

#[test]
fn gro_is_read_as_a_structure() {
    let opened = open("reason-4.gro", None);
    assert_eq!(opened.topology.sequence(), CHIGNOLIN);
    assert_eq!(opened.positions_angstrom[0], [25.82, 21.67, 10.24]);
}

#[test]
fn formats_of_other_programs_are_named_with_a_conversion() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, expected) in [
        ("run.trr", &b"\x00\x00\x07\xc9\x00\x00\x00\x0d"[..], "TRR"),
        ("a.bcif", b"\x83\xa7encoder\xa6python", "save the entry as mmCIF"),
        ("a.psf", b"PSF EXT\n", "name the PDB file"),
        ("a.prmtop", b"%VERSION  VERSION_STAMP", "ambpdb"),
        ("a.nc", b"CDF\x02\x00\x00\x00\x00", "NetCDF"),
        ("a.h5", b"\x89HDF\r\n\x1a\n", "HDF5"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let error = read_structure(&path, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
