//! The first model of a structure file as pdbtbx reads it.
//!
//! pdbtbx sorts atoms into a hierarchy; they come back to their place in the file by a serial number that they
//! are given on the way in. What the hierarchy has no room for (TER, segments, `label_seq_id`) is kept beside them.
//! Where pdbtbx 0.12 would read a file wrong, refuse it or panic, [`Fault`] says why, and our own records are read
//! (`source.rs`). `tests/fixtures/pdbtbx` holds a file for each fault.

use std::fmt::Write as _;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pdbtbx::{Format, PDB, StrictnessLevel};

use super::error::StructureProblem;
use super::mmcif_records::{Row, scan_mmcif};
use super::pdb_lines::{columns, number};
use super::pdb_records::scan_pdb;
use super::records::{AtomRecord, FileAtoms};

/// Why pdbtbx 0.12 is not asked, or not believed. Each goes when its condition is met; the test of the folder
/// then fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// PDB: what stands in column 21, the end of a residue name of four letters (NTYR) or the beginning of a chain
    /// name of two, is dropped. Remove when both are read, or reported.
    WideName,
    /// A blank chain gets a letter that counts TER records, a blank residue name panics ("Invalid characters in
    /// Conformer creation"). Remove when blanks stay blank.
    Blank,
    /// Characters outside of ASCII: PDB lines are cut by bytes (a panic within a character), CIF words end
    /// there. Remove when such files are an error.
    NotAscii,
    /// Lower case: insertion codes and alternate locations become capitals, so that `a` and `A` are one. Remove
    /// when case is kept.
    LowerCase,
    /// A residue number that is none, has a fifth digit in the insertion column, is hybrid-36, or is 0 after 9999.
    /// In mmCIF a missing one becomes the count of residues. Remove when such files are an error.
    ResidueNumber,
    /// A coordinate or an occupancy that is missing (a panic, "should be provided"), not finite, or has its standard
    /// uncertainty (an error): `25.824(4)`. Remove when all three are read or an error.
    Number,
    /// mmCIF: more than one data block with atoms; all but the first are dropped. Remove when they are read.
    SeveralBlocks,
    /// mmCIF: `auth_asym_id` has holes, which `label_asym_id` fills without a word. Remove when that is reported.
    NoAuthor,
    /// So many atoms, mostly waters, that it takes too long: mmCIF with the square of the residues of a chain, PDB
    /// with a copy of the line for every field. Remove when it does not.
    ManyAtoms,
    /// An error or a panic not listed here, or a name with both kinds of quotes, of which no file is known.
    Refused,
    /// The atoms that come back are not those that went in.
    AtomCount,
}

/// Most atoms that are given to pdbtbx.
const MOST_ATOMS: usize = 100_000;

/// Stands for "no alternate location". Where some atoms of a residue have none, pdbtbx shares them among its
/// conformers, divides their occupancy, and gives them the name of another residue of the same number.
const NO_ALTLOC: &str = "_";

/// What goes to pdbtbx, and what it has no room for.
struct Table {
    text: String,
    /// Per atom of the first model; pdbtbx fills the rest of it.
    beside: Vec<AtomRecord>,
    fault: Option<Fault>,
}

/// Reads the first model of a PDB text.
///
/// # Errors
/// The first fault that would make the reading wrong.
pub(super) fn read_pdb(text: &[u8]) -> Result<FileAtoms, Fault> {
    let mut table = Table::new();
    let mut last_number = 0;
    let file = scan_pdb(text, |line, model, part| {
        if model == 0 {
            let segment = || text_of(line, 72, 76).to_owned();
            let beside = || AtomRecord { part, segment: segment(), ..AtomRecord::default() };
            table.add(|index| pdb_row(line, index, &mut last_number), beside);
        }
    });
    Ok(FileAtoms { atoms: table.read(Format::Pdb)?, ..file })
}

/// Reads the first model of an mmCIF text.
///
/// # Errors
/// A table that cannot be read, or the first fault that would make the reading wrong.
pub(super) fn read_mmcif(text: &[u8]) -> Result<Result<FileAtoms, Fault>, StructureProblem> {
    let mut table = Table::new();
    table.text.push_str(
        "data_x\nloop_\n_atom_site.group_PDB\n_atom_site.id\n_atom_site.type_symbol\n_atom_site.label_atom_id\n\
         _atom_site.label_alt_id\n_atom_site.label_comp_id\n_atom_site.label_asym_id\n_atom_site.label_seq_id\n\
         _atom_site.pdbx_PDB_ins_code\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n\
         _atom_site.occupancy\n",
    );
    let file = scan_mmcif(text, |row| {
        if row.model == 0 {
            let beside = || AtomRecord {
                in_sequence: row.text(row.columns.label_number).is_some(),
                segment: row.text(row.columns.label_chain).unwrap_or_default(),
                ..AtomRecord::default()
            };
            table.add(|index| mmcif_row(row, index), beside);
        }
    })?;
    Ok(table.read(Format::Mmcif).map(|atoms| FileAtoms { atoms, ..file }))
}

impl Table {
    fn new() -> Self {
        Self { text: String::new(), beside: Vec::new(), fault: None }
    }

    /// Adds an atom; after a fault no more is needed.
    fn add(&mut self, row: impl FnOnce(usize) -> Result<String, Fault>, beside: impl FnOnce() -> AtomRecord) {
        if self.fault.is_some() {
            return;
        }
        let row = if self.beside.len() < MOST_ATOMS { row(self.beside.len()) } else { Err(Fault::ManyAtoms) };
        match row {
            Ok(row) => self.text.push_str(&row),
            Err(fault) => self.fault = Some(fault),
        }
        self.beside.push(beside());
    }

    fn read(self, format: Format) -> Result<Vec<AtomRecord>, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.beside.is_empty() {
            return Ok(Vec::new());
        }
        let mut options = pdbtbx::ReadOptions::default();
        options.set_format(format).set_level(StrictnessLevel::Loose);
        let read = || options.read_raw(BufReader::new(self.text.as_bytes()));
        match catch_unwind(AssertUnwindSafe(read)) {
            Ok(Ok((pdb, _))) => in_file_order(&pdb, self.beside),
            _ => Err(Fault::Refused),
        }
    }
}

/// Puts the atoms into the places that their serial numbers say, each once.
fn in_file_order(pdb: &PDB, mut records: Vec<AtomRecord>) -> Result<Vec<AtomRecord>, Fault> {
    let mut filled = 0;
    for chain in pdb.chains() {
        for residue in chain.residues() {
            for conformer in residue.conformers() {
                for atom in conformer.atoms() {
                    let record = records.get_mut(atom.serial_number()).ok_or(Fault::AtomCount)?;
                    if !record.residue_name.is_empty() {
                        return Err(Fault::AtomCount);
                    }
                    filled += 1;
                    record.hetero = atom.hetero();
                    record.name = atom.name().to_owned();
                    record.altloc =
                        conformer.alternative_location().filter(|&code| code != NO_ALTLOC).map(str::to_owned);
                    record.residue_name = conformer.name().to_owned();
                    record.chain = chain.id().to_owned();
                    record.number = i32::try_from(residue.serial_number()).ok();
                    record.insertion_code = residue.insertion_code().and_then(|code| code.chars().next());
                    record.hydrogen = atom.element() == Some(&pdbtbx::Element::H);
                    record.position_angstrom = [atom.x(), atom.y(), atom.z()];
                    record.occupancy = atom.occupancy();
                }
            }
        }
    }
    if filled == records.len() { Ok(records) } else { Err(Fault::AtomCount) }
}

/// The columns `start..end` of a line of printable ASCII.
fn text_of(line: &[u8], start: usize, end: usize) -> &str {
    std::str::from_utf8(columns(line, start, end)).unwrap_or_default()
}

/// Deuterium is no element of pdbtbx.
fn element(symbol: &str) -> &str {
    if matches!(symbol, "D" | "d") { "H" } else { symbol }
}

/// A line as the format wants it: many programs end it after the coordinates, or number atoms by their own rules.
fn pdb_row(line: &[u8], index: usize, last_number: &mut i32) -> Result<String, Fault> {
    let text = |start, end| text_of(line, start, end);
    if !line.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Fault::NotAscii);
    }
    if !text(20, 21).is_empty() {
        return Err(Fault::WideName);
    }
    if text(17, 20).is_empty() || text(21, 22).is_empty() {
        return Err(Fault::Blank);
    }
    let (altloc, insertion) = (text(16, 17), text(26, 27));
    if [altloc, insertion].iter().any(|code| code.bytes().any(|byte| byte.is_ascii_lowercase())) {
        return Err(Fault::LowerCase);
    }
    let residue: i32 = text(22, 26).parse().map_err(|_| Fault::ResidueNumber)?;
    let wraps = std::mem::replace(last_number, residue) == 9999 && residue == 0;
    if wraps || insertion.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(Fault::ResidueNumber);
    }
    let plain = |start, end| number(line, start, end).filter(|x| x.is_finite());
    if [30, 38, 46].iter().any(|&start| plain(start, start + 8).is_none()) {
        return Err(Fault::Number);
    }
    Ok(format!(
        "{:<6}{:>5} {:<4}{:1}{:>3} {:1}{:>4}{:1}   {:>8}{:>8}{:>8}{:>6}  0.00          {:>2}  \n",
        if line.starts_with(b"HETATM") { "HETATM" } else { "ATOM" },
        index % 100_000,
        text(12, 16),
        if altloc.is_empty() { NO_ALTLOC } else { altloc },
        text(17, 20),
        text(21, 22),
        text(22, 26),
        insertion,
        text(30, 38),
        text(38, 46),
        text(46, 54),
        if plain(54, 60).is_some() { text(54, 60) } else { "1.00" },
        element(text(76, 78)),
    ))
}

/// A row of the columns that are read. Names are quoted, since pdbtbx takes `01` and `1E2` for numbers.
fn mmcif_row(row: &Row<'_, '_>, index: usize) -> Result<String, Fault> {
    let columns = row.columns;
    if row.table > 0 {
        return Err(Fault::SeveralBlocks);
    }
    if row.lacks(columns.author_chain) {
        return Err(Fault::NoAuthor);
    }
    let residue = row.integer(columns.author_number).ok_or(Fault::ResidueNumber).or_else(|fault| {
        // Without the author's column at all there is nothing to tell.
        if columns.author_number.is_none() {
            row.integer(columns.label_number).ok_or(fault)
        } else {
            Err(fault)
        }
    })?;
    let occupancy = row.text(columns.occupancy).unwrap_or_else(|| "1.0".to_owned());
    let [x, y, z] = columns.position.map(|column| row.text(Some(column)).unwrap_or_default());
    let plain = |text: &String| {
        text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+'))
            && text.parse().is_ok_and(|x: f64| x.abs() < 1e6)
    };
    if ![&x, &y, &z, &occupancy].into_iter().all(plain) {
        return Err(Fault::Number);
    }
    let hetero = row.text(columns.group).is_some_and(|group| group.eq_ignore_ascii_case("HETATM"));
    let altloc = row.text(columns.altloc).unwrap_or_else(|| NO_ALTLOC.to_owned());
    let insertion = row.text(columns.insertion);
    let codes = [Some(&altloc), insertion.as_ref()];
    if codes.into_iter().flatten().any(|code| code.bytes().any(|byte| byte.is_ascii_lowercase())) {
        return Err(Fault::LowerCase);
    }
    let mut text = format!("{} {index} ", if hetero { "HETATM" } else { "ATOM" });
    let element = row.text(columns.element).unwrap_or_else(|| "X".to_owned());
    quote(&mut text, self::element(&element))?;
    quote(&mut text, &row.either(columns.atom).ok_or(Fault::Blank)?)?;
    quote(&mut text, &altloc)?;
    quote(&mut text, &row.either(columns.residue).ok_or(Fault::Blank)?)?;
    quote(&mut text, &row.either([columns.author_chain, columns.label_chain]).ok_or(Fault::Blank)?)?;
    let _ = write!(text, "{residue} "); // writing into a string does not fail
    match insertion {
        Some(code) => quote(&mut text, &code)?,
        None => text.push_str("? "),
    }
    let _ = writeln!(text, "{x} {y} {z} {occupancy}");
    Ok(text)
}

/// Appends a name in quotes that it does not hold.
fn quote(row: &mut String, name: &str) -> Result<(), Fault> {
    if name.trim().is_empty() {
        return Err(Fault::Blank);
    }
    if !name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Fault::NotAscii);
    }
    let mark = if name.contains('\'') { '"' } else { '\'' };
    if name.contains(mark) {
        return Err(Fault::Refused);
    }
    row.push(mark);
    row.push_str(name);
    row.push(mark);
    row.push(' ');
    Ok(())
}

#[cfg(test)]
#[path = "library_tests.rs"]
mod tests;
