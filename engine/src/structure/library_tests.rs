#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use super::*;
use crate::structure::mmcif_records::{is_mmcif, parse_mmcif};
use crate::structure::pdb_records::parse_pdb;
use crate::structure::source::unpack;

/// The files of `tests/fixtures/pdbtbx/README.md`, and others of the same kinds.
const FAULTS: [(&str, Fault); 12] = [
    ("authblank-2.cif", Fault::ResidueNumber),
    ("authblank-3.cif", Fault::ResidueNumber),
    ("authblank-4.cif", Fault::NoAuthor),
    ("blocks-1.cif", Fault::SeveralBlocks),
    ("lower_case.pdb", Fault::LowerCase),
    ("not_ascii.pdb", Fault::NotAscii),
    ("open_coordinates.cif", Fault::Number),
    ("samechain-5-top.pdb", Fault::Blank),
    ("samenumber-2.pdb", Fault::ResidueNumber),
    ("samenumber-3.pdb", Fault::ResidueNumber),
    ("su-1.cif", Fault::Number),
    ("twochar-2.pdb", Fault::WideName),
];

fn structures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    ["tests/fixtures/structures", "tests/fixtures/cases", "tests/fixtures/pdbtbx", "assets/structures"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.to_string_lossy();
            let name = name.strip_suffix(".gz").unwrap_or(&name);
            name.ends_with(".pdb") || name.ends_with(".cif")
        })
        .collect()
}

fn both(text: &[u8]) -> (Result<FileAtoms, Fault>, FileAtoms) {
    if is_mmcif(text) {
        (read_mmcif(text).unwrap(), parse_mmcif(text).unwrap())
    } else {
        (read_pdb(text), parse_pdb(text))
    }
}

#[test]
fn pdbtbx_reads_every_fixture_as_our_records_do_or_its_fault_is_listed() {
    let mut faults = Vec::new();
    let paths = structures();
    assert!(paths.len() > 40, "{paths:?}");
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let (read, own) = both(&unpack(&bytes).unwrap());
        let read = match read {
            Ok(read) => read,
            Err(fault) => {
                faults.push((name, fault));
                continue;
            }
        };
        assert_eq!((read.model_count, read.cell_angstrom), (own.model_count, own.cell_angstrom), "{name}");
        assert_eq!(read.atoms.len(), own.atoms.len(), "{name}");
        for (atom, expected) in read.atoms.iter().zip(&own.atoms) {
            let apart = (0..3).map(|k| (atom.position_angstrom[k] - expected.position_angstrom[k]).abs());
            assert!(apart.fold(0.0, f64::max) < 1e-9, "{name}: {atom:?} {expected:?}");
            // Without an element column pdbtbx tells hydrogen by its name, as `naming.rs` does.
            assert!(atom.hydrogen || !expected.hydrogen, "{name}: {atom:?}");
            let same = AtomRecord {
                position_angstrom: expected.position_angstrom,
                hydrogen: expected.hydrogen,
                ..atom.clone()
            };
            assert_eq!(&same, expected, "{name}");
        }
    }
    faults.sort_by(|a, b| a.0.cmp(&b.0));
    let faults: Vec<(&str, Fault)> = faults.iter().map(|(name, fault)| (name.as_str(), *fault)).collect();
    assert_eq!(faults, FAULTS);
}

/// One residue number for a standard residue, its modified form and a water; atoms shared by two conformers.
#[test]
fn what_the_hierarchy_merges_comes_apart_again() {
    let text = b"\
ATOM      7  N   SER A   5       1.000   0.000   0.000  1.00  0.00           N\n\
ATOM      7  CA  SER A   5       2.000   0.000   0.000  1.00  0.00           C\n\
ATOM      9  CB ASER A   5       3.000   0.000   0.000  0.60  0.00           C\n\
HETATM    9  CB BSEP A   5       4.000   0.000   0.000  0.40  0.00           C\n\
TER\n\
HETATM   11  O   HOH A   5       5.000   0.000   0.000\n\
ATOM     12  N   GLY A   4       6.000   0.000   0.000  1.00\n\
HETATM12345  D   DOD B   1       7.000   0.000   0.000  1.00  0.00           D\n";
    let (read, own) = both(text);
    let read = read.unwrap();
    assert_eq!(read.atoms, own.atoms);
    assert_eq!(read.atoms[1].occupancy, 1.0);
    assert_eq!(read.atoms.iter().map(|a| a.part).collect::<Vec<_>>(), [0, 0, 0, 0, 1, 1, 1]);
}

#[test]
fn mmcif_names_that_look_like_numbers_stay_names() {
    let text = "data_x\nloop_\n_atom_site.group_PDB\n_atom_site.id\n_atom_site.type_symbol\n\
        _atom_site.label_atom_id\n_atom_site.label_comp_id\n_atom_site.label_asym_id\n_atom_site.label_seq_id\n\
        _atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n\
        ATOM 7 C \"O5'\" GLY 01 3 1.5 -2.5 3\nHETATM 7 . 1H 017 1E2 3 1.5 -2.5 3e0\nATOM 7 C CA GLY 01 4 1 2 3\n";
    // An exponent is left to our own records.
    assert!(matches!(read_mmcif(text.as_bytes()), Ok(Err(Fault::Number))));
    let text = text.replace("3e0", "3.0");
    let (read, own) = both(text.as_bytes());
    let read = read.unwrap();
    let name = |a: &AtomRecord| (a.chain.clone(), a.residue_name.clone(), a.name.clone());
    let names: Vec<_> = read.atoms.iter().map(name).collect();
    let expected = [("01", "GLY", "O5'"), ("1E2", "017", "1H"), ("01", "GLY", "CA")];
    assert_eq!(names, expected.map(|(chain, residue, name)| (chain.into(), residue.into(), name.into())));
    assert_eq!(read.atoms[2], own.atoms[2]);
}

#[test]
fn large_files_are_left_to_our_records() {
    let mut text = String::from(
        "data_x\nloop_\n_atom_site.label_atom_id\n_atom_site.label_comp_id\n_atom_site.label_asym_id\n\
         _atom_site.label_seq_id\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n",
    );
    text.push_str(&"O HOH A 1 0 0 0\n".repeat(MOST_ATOMS + 1));
    assert!(matches!(read_mmcif(text.as_bytes()), Ok(Err(Fault::ManyAtoms))));
}
