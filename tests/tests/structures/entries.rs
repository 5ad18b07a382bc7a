//! Entries of the PDB as they are, in both formats, against Biopython's reading of the PDB file.

use std::collections::HashMap;
use std::io::Read;

use equijump_engine::remedy::Remedy;
use equijump_engine::structure::{
    OpenedStructure, ReadOptions, StructureProblem, read_structure, read_structure_bytes,
};
use serde::Deserialize;

use super::{distance, fixture, notices};

#[derive(Deserialize)]
struct ExpectedResidue {
    name: String,
    number: i32,
    code: String,
    atoms: HashMap<String, [f32; 3]>,
}

fn expected(key: &str) -> Vec<ExpectedResidue> {
    let text = std::fs::read(fixture("expected.json")).unwrap();
    serde_json::from_slice::<HashMap<String, Vec<ExpectedResidue>>>(&text).unwrap().remove(key).unwrap()
}

fn open(file: &str, chain: Option<&str>) -> OpenedStructure {
    let options = ReadOptions { chain: chain.map(str::to_owned), ..ReadOptions::default() };
    read_structure(&fixture(file), &options).unwrap_or_else(|error| panic!("{error}"))
}

/// Same residues, same numbers, every atom where Biopython has it.
fn assert_as_expected(opened: &OpenedStructure, key: &str) {
    let expected = expected(key);
    assert_eq!(opened.topology.residue_count(), expected.len(), "{key}");
    for (index, (residue, expected)) in opened.topology.residues().iter().zip(&expected).enumerate() {
        let found = (residue.kind.code3(), residue.number, residue.insertion_code.map(String::from));
        let code = Some(expected.code.clone()).filter(|code| !code.is_empty());
        assert_eq!(found, (expected.name.as_str(), expected.number, code), "{key}");
        for (name, &position) in &expected.atoms {
            let atom = opened.topology.find_atom(index, name).unwrap();
            let gap = distance(opened.positions_angstrom[atom], position);
            assert!(gap < 1e-3, "{key} {}: {gap}", opened.topology.atom_label(atom));
        }
    }
}

#[test]
fn villin_with_norleucine_and_alternate_locations() {
    for file in ["2f4k.pdb.gz", "2f4k.cif.gz", "2f4k_unnumbered.cif.gz"] {
        let opened = open(file, None);
        assert_as_expected(&opened, "2f4k_A");
        assert_eq!(opened.topology.name, file.split('.').next().unwrap());
        assert_eq!(opened.topology.sequence(), "LSDEDFKAVFGMTRSAFANLPLWXQQHLXKEKGLF");
        let notices = notices(&opened);
        assert!(notices.contains("alternate location"), "{notices}");
        assert!(notices.contains("water"), "{notices}");
    }
}

#[test]
fn several_protein_chains_ask_for_a_choice() {
    for file in ["1lmb.pdb.gz", "1lmb.cif.gz"] {
        let error = read_structure(&fixture(file), &ReadOptions::default()).unwrap_err();
        assert!(error.to_string().ends_with(&Remedy::ChooseChain.to_string()), "{error}");
        let StructureProblem::SeveralChains(chains) = error.problem else { panic!("{error}") };
        let chains: Vec<_> = chains.iter().map(|c| (c.id.as_str(), c.residues)).collect();
        assert_eq!(chains, [("3", 87), ("4", 92)]);
        for chain in ["3", "4"] {
            let opened = open(file, Some(chain));
            assert_as_expected(&opened, &format!("1lmb_{chain}"));
            assert_eq!(opened.topology.chain_id, chain);
            let notices = notices(&opened);
            assert!(
                notices.contains("left out chain") && notices.contains("140 water molecules"),
                "{notices}"
            );
        }
        let options = ReadOptions { chain: Some("1".into()), ..ReadOptions::default() };
        let error = read_structure(&fixture(file), &options).unwrap_err();
        assert!(error.to_string().contains("there is no protein chain 1"), "{error}");
    }
}

#[test]
fn nmr_entries_give_their_first_model() {
    for (file, key) in [("2jof.pdb.gz", "2jof_A"), ("2p6j.pdb.gz", "2p6j_A")] {
        let opened = open(file, None);
        assert_as_expected(&opened, key);
        assert!(notices(&opened).contains("first of 2 models"));
    }
}

#[test]
fn compression_is_told_by_content() {
    let packed = std::fs::read(fixture("2jof.pdb.gz")).unwrap();
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut plain).unwrap();
    let read = |name: &str, bytes: &[u8]| {
        read_structure_bytes(name, bytes, &ReadOptions::default()).unwrap().positions_angstrom
    };
    assert_eq!(read("a.pdb", &packed), read("b.pdb.gz", &plain));
}

#[test]
fn half_a_gzip_is_refused() {
    for file in ["2jof.pdb.gz", "2f4k.cif.gz"] {
        let packed = std::fs::read(fixture(file)).unwrap();
        for length in [3, 20, packed.len() / 2, packed.len() - 1] {
            let error = read_structure_bytes(file, &packed[..length], &ReadOptions::default()).unwrap_err();
            assert!(matches!(error.problem, StructureProblem::DamagedGzip), "{length}: {error}");
        }
    }
}
