#![allow(clippy::unwrap_used)]

use super::{Selection, residue_span};
use crate::random::Random;
use crate::structure::{Residue, ResidueType, Topology};

fn topology() -> Topology {
    let residue = |kind, number, insertion_code| Residue { kind, number, insertion_code };
    let residues = vec![
        residue(ResidueType::Gly, -2, None),
        residue(ResidueType::Ala, -1, None),
        residue(ResidueType::Trp, 3, None),
        residue(ResidueType::Ser, 3, Some('A')),
        residue(ResidueType::Gly, 4, None),
    ];
    Topology::new("test", "B", residues)
}

/// Residues of the selected atoms, by their places in the chain.
fn residues(text: &str) -> Vec<usize> {
    let topology = topology();
    let atoms = text.parse::<Selection>().unwrap().atoms(&topology, &[]);
    let mut residues: Vec<usize> = atoms.iter().map(|&atom| topology.atoms()[atom].residue).collect();
    residues.dedup();
    residues
}

fn error(text: &str) -> (usize, String) {
    let error = text.parse::<Selection>().unwrap_err();
    (error.position, error.to_string())
}

#[test]
fn residues_are_named_as_in_every_program() {
    for text in ["residue 3A-4", "resi 3A+4", "resid 3A 4", "resnum 3A to 4", "residue 3a:4", "RESID 3A,4"] {
        assert_eq!(residues(text), [3, 4], "{text}");
    }
    assert_eq!(residues("residue -2--1"), [0, 1]);
    assert_eq!(residues("residue -2 to 3"), [0, 1, 2]);
    assert_eq!(residues("residue 3"), [2], "an insertion code must be named");
    assert_eq!(residues("resname gly"), [0, 4]);
    assert_eq!(residues("chain B and not resn TRP+SER"), [0, 1, 4]);
    assert!(residues("chain A").is_empty());
}

#[test]
fn errors_tell_the_place_and_what_was_expected_there() {
    let cases = [
        ("", 0, "expected all, protein"),
        ("resname", 7, "a residue name, such as GLY, but the selection ends there"),
        ("residue three", 8, "expected a residue number, such as 3 or 3-10, found “three”"),
        ("residue 10-3", 8, "found “10-3”"),
        ("name CA xor resname GLY", 12, "“and”, “or” or the end of the selection, found “resname”"),
        ("(name CA or backbone", 20, "a closing parenthesis"),
        ("within five of name CA", 7, "a distance in Å, such as 5, found “five”"),
        ("within 5 name CA", 9, "“of” and what to be near to, found “name”"),
        ("element H", 8, "C, N, O or S, found “H”"),
        ("helix and", 9, "but the selection ends there"),
        ("name CA)", 7, "found “)”"),
        ("ca", 0, "found “ca”"),
        ("c\u{1b}[2J", 0, "found “c�"),
        ("name CA+", 8, "an atom name"),
    ];
    for (text, position, sentence) in cases {
        let (found, told) = error(text);
        assert_eq!(found, position, "{text}: {told}");
        assert!(told.contains(sentence), "{text}: {told}");
    }
    assert!(error("name CA or").1.starts_with("Character 11: "));
}

#[test]
fn no_depth_and_no_length_overflows_the_stack() {
    let (_, told) = error(&"(".repeat(5000));
    assert!(told.contains("no more than 1000 words"), "{told}");
    let (_, told) = error(&"not ".repeat(900));
    assert!(told.contains("no more than 100"), "{told}");
    let long = vec!["name CA"; 330].join(" or ");
    assert_eq!(residues(&long).len(), 5);
}

#[test]
fn random_text_is_understood_or_refused() {
    let words = [
        "name", "CA", "(", ")", "and", "or", "not", "within", "5", "of", "residue", "3-10", "-", "+", "*",
        "&&", "|", "same", "as", "byres", "to", "3A", "é", "index", ",", "helix",
    ];
    let mut random = Random::new(1);
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..=random.index(9) {
            text.push_str(words[random.index(words.len())]);
            if random.uniform() < 0.5 {
                text.push(' ');
            }
        }
        match text.parse::<Selection>() {
            Ok(selection) => drop(selection.atoms(&topology(), &[])),
            Err(error) => assert!(error.position <= text.chars().count(), "{text}: {error}"),
        }
    }
}

#[test]
fn a_span_of_residues_is_a_selection_of_them() {
    let topology = topology();
    assert_eq!(residue_span(&topology, 2, 2), "residue 3");
    assert_eq!(residue_span(&topology, 3, 0), "residue -2-3A");
    assert_eq!(residues(&residue_span(&topology, 1, 3)), [1, 2, 3]);
    assert_eq!(residue_span(&topology, 9, 12), "none");
}
