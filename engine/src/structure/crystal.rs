//! What the header of an entry says about the experiment: entry, resolution, space group, unit cell. pdbtbx knows the
//! space groups.

use std::path::Path;

use pdbtbx::Symmetry;
use serde::Serialize;

use super::mmcif_records::{self, first_values, is_mmcif};
use super::pdb_lines::{self, Record, columns, lines, record};
use super::read::read_bytes;
use super::source::unpack;

/// The crystal that a structure was measured in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CrystalInfo {
    /// PDB entry, such as `2F4K`.
    pub entry: Option<String>,
    /// Resolution, Å.
    pub resolution_angstrom: Option<f64>,
    /// Hermann–Mauguin symbol of the space group, such as `P 1 21 1`.
    pub space_group: String,
    /// Its number in the International Tables.
    pub space_group_number: usize,
    /// Edges a, b, c of the unit cell, Å.
    pub cell_lengths_angstrom: [f64; 3],
    /// Angles α, β, γ of the unit cell, degrees.
    pub cell_angles_degrees: [f64; 3],
}

/// What a PDB or mmCIF file, gzipped or not, says about its crystal; `None` where it tells no space group and
/// cell, as entries from NMR and files of other programs do.
pub fn read_crystal(path: &Path) -> Option<CrystalInfo> {
    let bytes = read_bytes(path).ok()?;
    let text = unpack(&bytes).ok()?;
    let header = if is_mmcif(&text) { mmcif_header(&text) } else { pdb_header(&text) };
    let [a, b, c, alpha, beta, gamma] = header.lengths_and_angles?;
    let (lengths, angles) = ([a, b, c], [alpha, beta, gamma]);
    // Entries without a crystal carry a cube of 1 Å.
    let cell = lengths.iter().all(|x| *x > 1.0 && *x < 1e6) && angles.iter().all(|x| *x > 0.0 && *x < 180.0);
    let group = Symmetry::new(header.space_group?).filter(|_| cell)?;
    Some(CrystalInfo {
        entry: header.entry.map(|entry| entry.to_ascii_uppercase()),
        resolution_angstrom: header.resolution_angstrom.filter(|x| x.is_finite() && *x > 0.0),
        space_group: group.herman_mauguin_symbol().to_owned(),
        space_group_number: group.index(),
        cell_lengths_angstrom: lengths,
        cell_angles_degrees: angles,
    })
}

/// What the header of a file holds.
#[derive(Default)]
struct Header {
    entry: Option<String>,
    resolution_angstrom: Option<f64>,
    space_group: Option<String>,
    lengths_and_angles: Option<[f64; 6]>,
}

fn pdb_header(text: &[u8]) -> Header {
    let mut header = Header::default();
    let name = |line, start, end| {
        let text = std::str::from_utf8(columns(line, start, end)).ok();
        text.filter(|text| !text.is_empty() && text.is_ascii()).map(str::to_owned)
    };
    for line in lines(text) {
        match record(line) {
            Record::Atom | Record::Model => break,
            Record::Header => header.entry = name(line, 62, 66),
            Record::Remark if line.starts_with(b"REMARK   2 RESOLUTION.") => {
                let words = name(line, 22, 80).unwrap_or_default();
                header.resolution_angstrom = words.split_whitespace().next().and_then(|x| x.parse().ok());
            }
            Record::Cell if header.lengths_and_angles.is_none() => {
                header.lengths_and_angles = pdb_lines::lengths_and_angles(line);
                header.space_group = name(line, 55, 66);
            }
            _ => {}
        }
    }
    header
}

fn mmcif_header(text: &[u8]) -> Header {
    const ITEMS: [&str; 3] = ["_entry.id", "_refine.ls_d_res_high", "_symmetry.space_group_name_H-M"];
    let [entry, resolution, space_group] = first_values(text, &ITEMS).try_into().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let entry: Option<String> = entry.map(|entry| entry.chars().filter(|&c| plain(c)).collect());
    Header {
        entry: entry.filter(|entry| !entry.is_empty()),
        resolution_angstrom: resolution.and_then(|x| x.parse().ok()),
        space_group,
        lengths_and_angles: mmcif_records::lengths_and_angles(text),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/structures").join(name)
    }

    /// As the pages of the entries at the PDB say.
    #[test]
    fn entries_tell_their_crystal_in_both_formats() {
        for (name, entry, resolution, group, number, lengths, beta) in [
            ("2f4k", "2F4K", 1.05, "C 2 2 21", 20, [19.677, 39.901, 75.089], 90.0),
            ("1lmb", "1LMB", 1.8, "P 1 21 1", 4, [37.22, 68.72, 57.03], 92.2),
        ] {
            for format in ["pdb", "cif"] {
                let crystal = read_crystal(&fixture(&format!("{name}.{format}.gz"))).unwrap();
                assert_eq!(crystal.entry.as_deref(), Some(entry));
                assert_eq!(crystal.resolution_angstrom, Some(resolution), "{name}.{format}");
                assert_eq!((crystal.space_group.as_str(), crystal.space_group_number), (group, number));
                assert_eq!(crystal.cell_lengths_angstrom, lengths);
                assert_eq!(crystal.cell_angles_degrees, [90.0, beta, 90.0]);
            }
        }
        assert_eq!(read_crystal(&fixture("2jof.pdb.gz")), None, "measured by NMR");
        assert_eq!(read_crystal(&fixture("trp_cage_charmm.pdb")), None);
    }

    #[test]
    fn damaged_headers_tell_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let cell = "CRYST1   19.677   39.901   75.089  90.00  90.00  90.00 C 2 2 21      8\n";
        let whole = format!(
            "{cell}ATOM      1  CA  GLY A   1       0.000   0.000   0.000  1.00  0.00           C  \nEND\n"
        );
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(read_crystal(&path).unwrap().entry, None);
        for damaged in [
            whole.replace("C 2 2 21", "P 99 1  "),
            whole.replace("19.677", "******"),
            whole.replace("19.677", "   NaN"),
            whole.replace("19.677", "   é.0"),
            cell[..40].to_owned(),
            cell[..57].to_owned(),
            "data_x\n_cell.length_a ?\n_symmetry.space_group_name_H-M 'P 1'\n".to_owned(),
            "data_x\n_cell.length_a\nloop_\n_symmetry.space_group_name_H-M\n;\nP 1\n;\n".to_owned(),
            String::new(),
        ] {
            std::fs::write(&path, &damaged).unwrap();
            assert_eq!(read_crystal(&path), None, "{damaged}");
        }
    }
}
