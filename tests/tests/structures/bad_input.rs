//! Files that are no protein, or not a whole one: each is refused with one sentence, and none panics.

use std::time::Instant;

use equijump_engine::remedy::Remedy;
use equijump_engine::structure::{
    ReadOptions, StructureProblem, read_structure, read_structure_bytes, read_topology_map,
};

use super::{atom_lines, columns, complaint, notices, read, with_columns};

fn chignolin() -> String {
    atom_lines("chignolin").join("\n")
}

#[test]
fn no_file() {
    let error = read_structure("/nowhere/at/all.pdb".as_ref(), &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("all.pdb: the file cannot be read: "), "{error}");
    let folder = tempfile::tempdir().unwrap();
    assert!(read_structure(folder.path(), &ReadOptions::default()).is_err());
}

#[test]
fn empty_file() {
    for text in ["", " \n\r\n\t", "\u{feff}"] {
        assert_eq!(complaint(text), "test.pdb: the file is empty");
    }
}

#[test]
fn other_files() {
    for text in [
        "Dear reader,\nATOMS are small.\n",
        "<html><body>404</body></html>",
        "{\"a\": 1}",
        "REMARK only\nEND\n",
    ] {
        assert_eq!(
            complaint(text),
            "test.pdb: this is neither a PDB, an mmCIF nor a GRO file: it holds no atoms"
        );
    }
    let bytes: Vec<u8> = (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let error = read_structure_bytes("noise.pdb", &bytes, &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("neither"), "{error}");
}

#[test]
fn other_compression() {
    let error = read_structure_bytes("a.pdb.bz2", b"BZh91AY&SY....", &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("packed with bzip2; unpack it first"), "{error}");
}

#[test]
fn water_only() {
    let water = "HETATM    1  O   HOH A   1      10.000  10.000  10.000  1.00  0.00           O\n";
    assert_eq!(complaint(water), "test.pdb: there is no protein in the file, only water");
}

#[test]
fn dna_only() {
    let line = |atom: &str, n: usize| {
        format!("ATOM      1  {atom:<3}  DG A{n:4}      10.000  10.000  10.000  1.00  0.00           C\n")
    };
    let text: String = (1..5).flat_map(|n| [line("P", n), line("C1'", n), line("N9", n)]).collect();
    assert_eq!(complaint(&text), "test.pdb: there is no protein in the file, only DNA or RNA");
}

#[test]
fn calpha_only() {
    let text: Vec<String> = atom_lines("villin").into_iter().filter(|l| columns(l, 13, 16) == "CA").collect();
    assert!(complaint(&text.join("\n")).contains("a model of Cα atoms only"));
}

#[test]
fn missing_backbone_atom() {
    let lines: Vec<String> = atom_lines("villin")
        .into_iter()
        .filter(|l| !(columns(l, 23, 26) == "10" && columns(l, 13, 16) == "C"))
        .collect();
    let sentence = complaint(&lines.join("\n"));
    assert!(sentence.contains("backbone atoms are missing: PHE 10 (C);"), "{sentence}");
    assert!(sentence.contains(Remedy::LongestSegment.words()), "{sentence}");

    let options = ReadOptions { longest_segment: true, ..ReadOptions::default() };
    let opened = read_structure_bytes("v.pdb", lines.join("\n").as_bytes(), &options).unwrap();
    assert_eq!(opened.topology.residues()[0].number, 11);
    assert_eq!(opened.topology.residue_count(), 25);
    assert!(notices(&opened).contains("GLY 11 to PHE 35 (25 of 35 residues)"), "{}", notices(&opened));
}

#[test]
fn chain_break() {
    let lines: Vec<String> =
        atom_lines("villin").into_iter().filter(|l| !["8", "9"].contains(&columns(l, 23, 26))).collect();
    let error = read(&lines.join("\n")).unwrap_err();
    assert!(error.problem.longest_segment_helps());
    let sentence = error.to_string();
    assert!(sentence.contains("broken between LYS 7 and PHE 10"), "{sentence}");
    assert!(sentence.contains("(26 residues)"), "{sentence}");
    let options = ReadOptions { longest_segment: true, ..ReadOptions::default() };
    let opened = read_structure_bytes("v.pdb", lines.join("\n").as_bytes(), &options).unwrap();
    assert_eq!(opened.topology.residue_count(), 26);
    // A gap in the numbers alone is no break.
    let renumbered: Vec<String> = atom_lines("villin")
        .into_iter()
        .map(|l| if columns(&l, 23, 26) == "35" { with_columns(&l, 23, "  99") } else { l })
        .collect();
    assert_eq!(read(&renumbered.join("\n")).unwrap().topology.residue_count(), 35);
}

#[test]
fn unknown_residue() {
    let sentence = complaint(&chignolin().replace("THR A   8", "TPO A   8"));
    assert!(sentence.contains("residue TPO 8 of chain A is not one of the 20"), "{sentence}");
}

#[test]
fn coordinates_that_are_not_numbers() {
    let line = atom_lines("chignolin")[1].clone();
    for text in ["     nan", "********", "     inf", "        ", "   1e300"] {
        let sentence = complaint(&chignolin().replace(&line, &with_columns(&line, 31, text)));
        assert_eq!(sentence, "test.pdb: the coordinates of atom TYR 1 CA are not finite numbers", "{text}");
    }
}

#[test]
fn coordinates_that_make_no_sense() {
    let flat: Vec<String> = atom_lines("chignolin")
        .iter()
        .map(|line| with_columns(line, 31, "   0.000   0.000   0.000"))
        .collect();
    assert!(complaint(&flat.join("\n")).contains("the bond TYR 1 N–CA is 0.00 Å long"));
    let nanometers: Vec<String> = atom_lines("chignolin")
        .iter()
        .map(|line| {
            let xyz: String = [31, 39, 47]
                .map(|first| {
                    format!("{:8.3}", columns(line, first, first + 7).parse::<f64>().unwrap() / 10.0)
                })
                .concat();
            with_columns(line, 31, &xyz)
        })
        .collect();
    assert!(complaint(&nanometers.join("\n")).contains("not in ångström"));
}

#[test]
fn too_short() {
    let two: Vec<String> = atom_lines("chignolin")
        .into_iter()
        .filter(|l| columns(l, 23, 26).parse::<i32>().unwrap() < 3)
        .collect();
    assert!(complaint(&two.join("\n")).contains("has 2 residues, fewer than the 3"));
}

/// Ideal extended chain of alanines without side chains, 10,000 residues, numbers wrapping as they do.
fn ten_thousand_residues() -> String {
    let mut text = String::new();
    for residue in 0..10_000 {
        let x = f64::from(residue % 1000) * 3.6;
        let y = f64::from(residue / 1000) * 0.1; // the format has no room for a straight line
        for (atom, dx, dy) in
            [("N", 0.0, 0.0), ("CA", 1.2, 0.8), ("C", 2.4, 0.0), ("O", 2.4, -1.2), ("CB", 1.2, 2.3)]
        {
            text.push_str(&format!(
                "ATOM  {:5}  {atom:<3} ALA A{:4}    {:8.3}{:8.3}{:8.3}  1.00  0.00           C\n",
                1,
                (residue + 1) % 10_000,
                x + dx,
                y + dy,
                0.0
            ));
        }
    }
    text
}

#[test]
fn ten_thousand_residues_are_refused_fast() {
    let text = ten_thousand_residues();
    let start = Instant::now();
    let sentence = complaint(&text);
    assert!(start.elapsed().as_secs_f64() < 2.0, "{:?}", start.elapsed());
    // Broken every 1,000 residues, as the format has no room for more in a line.
    assert!(sentence.contains("the chain is broken between ALA 1000 and ALA 1001"), "{sentence}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.pdb");
    std::fs::write(&path, text).unwrap();
    let error = read_topology_map(&path).unwrap_err();
    assert!(matches!(error.problem, StructureProblem::TooManyResidues(10_000)), "{error}");
    assert!(
        error.to_string().contains("10000 residues, more than the 2000 that can be simulated"),
        "{error}"
    );
}

/// Every file cut off anywhere and every byte changed: an error or a protein, never a panic.
#[test]
fn mutilated_files_do_not_panic() {
    let text = chignolin().into_bytes();
    for length in (0..text.len()).step_by(37) {
        let _ = read_structure_bytes("cut.pdb", &text[..length], &ReadOptions::default());
    }
    for (round, byte) in [0u8, b' ', b'9', b'-', b'\n', 0xff, b'A', b'\''].into_iter().enumerate() {
        for at in (round..text.len()).step_by(101) {
            let mut changed = text.clone();
            changed[at] = byte;
            let _ = read_structure_bytes("changed.pdb", &changed, &ReadOptions::default());
        }
    }
}

#[test]
fn mutilated_mmcif_does_not_panic() {
    let packed = std::fs::read(super::fixture("2f4k.cif.gz")).unwrap();
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut text).unwrap();
    for length in (0..text.len()).step_by(2003) {
        let _ = read_structure_bytes("cut.cif", &text[..length], &ReadOptions::default());
    }
    for (round, byte) in [0u8, b' ', b'\'', b'"', b';', b'_', b'?', 0xff].into_iter().enumerate() {
        for at in (round..text.len()).step_by(4001) {
            let mut changed = text.clone();
            changed[at] = byte;
            let _ = read_structure_bytes("changed.cif", &changed, &ReadOptions::default());
        }
    }
}
