//! What the header of an entry says about the experiment: entry, resolution, space group, unit cell. pdbtbx
//! reads it and knows the space groups; it gets a header from which everything that it stumbles over is gone.

use std::path::Path;

use pdbtbx::{Format, PDB, StrictnessLevel, Symmetry};
use serde::Serialize;

use super::mmcif_records::{first_values, is_mmcif, number};
use super::pdb_lines::lines;
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
    let (header, format, resolution) =
        if is_mmcif(&text) { mmcif_header(&text)? } else { pdb_header(&text)? };
    let mut options = pdbtbx::ReadOptions::default();
    options.set_format(format).set_level(StrictnessLevel::Loose);
    let read = || options.read_raw(std::io::BufReader::new(header.as_bytes())).ok();
    // The header was checked; should the library panic all the same, the file just tells nothing.
    let (pdb, _) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).ok()??;
    interpret(&pdb, resolution)
}

fn interpret(pdb: &PDB, resolution: Option<f64>) -> Option<CrystalInfo> {
    let (cell, group) = (pdb.unit_cell.as_ref()?, pdb.symmetry.as_ref()?);
    let lengths = [cell.a(), cell.b(), cell.c()];
    // Entries without a crystal carry a cube of 1 Å.
    if lengths.iter().any(|&x| !x.is_finite() || x <= 1.0) {
        return None;
    }
    let remark = |(number, text): &(usize, String)| {
        (*number == 2).then(|| text.strip_prefix("RESOLUTION.")?.split_whitespace().next()?.parse().ok())?
    };
    let entry = pdb.identifier.as_deref().map(str::trim).filter(|id| !id.is_empty());
    Some(CrystalInfo {
        entry: entry.map(str::to_ascii_uppercase),
        resolution_angstrom: resolution
            .or_else(|| pdb.remarks().find_map(remark))
            .filter(|x: &f64| x.is_finite() && *x > 0.0),
        space_group: group.herman_mauguin_symbol().to_owned(),
        space_group_number: group.index(),
        cell_lengths_angstrom: lengths,
        cell_angles_degrees: [cell.alpha(), cell.beta(), cell.gamma()],
    })
}

/// Header, format, and the resolution where pdbtbx does not read it.
type Header = (String, Format, Option<f64>);

/// pdbtbx takes no file without atoms.
const PDB_ATOM: &str =
    "ATOM      1  CA  GLY A   1       0.000   0.000   0.000  1.00  0.00           C  \nEND\n";
const MMCIF_ATOM: &str = "loop_\n_atom_site.group_PDB\n_atom_site.id\n_atom_site.type_symbol\n\
    _atom_site.label_atom_id\n_atom_site.label_comp_id\n_atom_site.label_asym_id\n_atom_site.label_seq_id\n\
    _atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\nATOM 1 C CA GLY A 1 0.0 0.0 0.0\n#\n";

fn pdb_header(text: &[u8]) -> Option<Header> {
    let mut header = String::new();
    let mut crystal = false;
    for line in lines(text) {
        if line.starts_with(b"ATOM ") || line.starts_with(b"HETATM") || line.starts_with(b"MODEL ") {
            break;
        }
        // Columns are cut from bytes.
        let Some(line) = std::str::from_utf8(line).ok().filter(|line| line.is_ascii()) else { continue };
        let line = line.trim_end();
        let wanted = match line.get(..6) {
            Some("HEADER") => line.len() >= 66,
            Some("REMARK") => line.starts_with("REMARK   2 RESOLUTION."),
            Some("CRYST1") => {
                let number = |columns: std::ops::Range<usize>| line.get(columns)?.trim().parse().ok();
                let numbers = [6..15, 15..24, 24..33, 33..40, 40..47, 47..54].map(number);
                let group = line.get(55..line.len().min(66)).and_then(Symmetry::new);
                let known = is_cell(numbers) && group.is_some() && !crystal;
                crystal |= known;
                known
            }
            _ => false,
        };
        if wanted {
            // Z, which follows the group, may be missing or anything.
            header.push_str(if line.starts_with("CRYST1") { &line[..line.len().min(66)] } else { line });
            header.push('\n');
        }
    }
    crystal.then(|| (header + PDB_ATOM, Format::Pdb, None))
}

fn mmcif_header(text: &[u8]) -> Option<Header> {
    const NUMBERS: [&str; 6] = [
        "_cell.length_a",
        "_cell.length_b",
        "_cell.length_c",
        "_cell.angle_alpha",
        "_cell.angle_beta",
        "_cell.angle_gamma",
    ];
    const OTHERS: [&str; 3] = ["_symmetry.space_group_name_H-M", "_refine.ls_d_res_high", "_entry.id"];
    let tags: Vec<&str> = NUMBERS.into_iter().chain(OTHERS).collect();
    let mut values = first_values(text, &tags);
    let (entry, resolution, group) = (values.pop()?, values.pop()?, values.pop()??);
    Symmetry::new(&group).filter(|_| !group.contains(['\'', '\n']))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let entry: String = entry.unwrap_or_default().chars().filter(|&c| plain(c)).collect();
    let mut numbers = [None; NUMBERS.len()];
    for (number, value) in numbers.iter_mut().zip(values) {
        *number = value.and_then(|x| self::number(&x));
    }
    if !is_cell(numbers) {
        return None;
    }
    let mut header = format!("data_{entry}\n");
    for (tag, number) in NUMBERS.into_iter().zip(numbers.into_iter().flatten()) {
        header.push_str(&format!("{tag} {number}\n"));
    }
    header.push_str(&format!("_symmetry.space_group_name_H-M '{group}'\n"));
    Some((header + MMCIF_ATOM, Format::Mmcif, resolution.and_then(|x| x.parse().ok())))
}

/// Three lengths in Å and three angles in degrees that make a cell.
fn is_cell(numbers: [Option<f64>; 6]) -> bool {
    let within = |(index, number): (usize, Option<f64>)| {
        number.is_some_and(|x| x > 0.0 && x < if index < 3 { 1e6 } else { 180.0 })
    };
    numbers.into_iter().enumerate().all(within)
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
        let whole = format!("{cell}{PDB_ATOM}");
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
