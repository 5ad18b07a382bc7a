//! Atom records of the PDB format.
//!
//! Columns are cut from bytes and nothing is assumed about them, so that no file can cause a panic, and
//! atoms stay in file order: a trajectory's topology is read through here as well.

use std::collections::BTreeSet;

use super::naming::{ResidueName, residue_name};
use super::pdb_columns::in_columns;
use super::pdb_lines::{ModelSplitter, Record, Step, cell_in, columns, lines, number, record};
use super::records::{AtomRecord, FileAtoms, LaterModel, printable};

/// Reads the atoms of the first model, and the positions of all others.
pub(super) fn parse_pdb(text: &[u8]) -> FileAtoms {
    let wide = WideChains::new(text);
    let mut atoms = Vec::new();
    let mut later: Vec<LaterModel> = Vec::new();
    let file = scan_pdb(text, |line, model, part| {
        if model == 0 {
            atoms.push(parse_atom(line, part, &wide));
        } else {
            later.resize_with(later.len().max(model), LaterModel::default);
            later[model - 1].push(&parse_atom(line, part, &wide));
        }
    });
    FileAtoms { atoms, later_models: later, ..file }
}

/// Calls `each` with every atom line, the index of its model and the number of TER records above it; gives the
/// number of models and the cell.
pub(super) fn scan_pdb(text: &[u8], mut each: impl FnMut(&[u8], usize, usize)) -> FileAtoms {
    let mut file = FileAtoms::default();
    let mut models = ModelSplitter::default();
    let mut part = 0;
    for line in lines(text) {
        let line = line.trim_ascii_end();
        let kind = record(line);
        match (models.step(kind), kind) {
            (step @ (Step::FirstAtom | Step::NextAtom), _) => {
                file.model_count += usize::from(step == Step::FirstAtom);
                each(&in_columns(line), file.model_count - 1, part);
            }
            (_, Record::Ter) => part += 1,
            (_, Record::Cell) if file.model_count <= 1 => {
                file.cell_angstrom = file.cell_angstrom.or(cell_in(line));
            }
            _ => {}
        }
    }
    file
}

/// Position of an atom, Å; NaN where a column holds no number.
fn position(line: &[u8]) -> [f64; 3] {
    [30, 38, 46].map(|start| number(line, start, start + 8).unwrap_or(f64::NAN))
}

/// Chain identifiers of two characters in columns 21 and 22, as gemmi writes them. Force fields write residue names
/// of four letters there, and some of both look alike: HISE in chain A is HIS in chain EA.
#[derive(Debug, Default)]
struct WideChains(BTreeSet<[u8; 2]>);

impl WideChains {
    /// An identifier is one where what stands before column 21 is a residue name and is none with it, and the next
    /// residue, of another name, has it too. A residue that nobody knows stands alone.
    fn new(text: &[u8]) -> Self {
        let mut found = BTreeSet::new();
        let mut before = None;
        // What all residues have needs no neighbors of other names.
        let mut everywhere = None;
        let atoms = lines(text).filter(|line| record(line) == Record::Atom).map(in_columns);
        for (index, line) in atoms.filter(|line| columns(line, 12, 16) == b"CA").enumerate() {
            let here = wide_chain(&line);
            if let (Some((chain, name, unknown)), Some((chain_before, name_before, unknown_before))) =
                (&here, &before)
                && chain == chain_before
                && name != name_before
                && (*unknown || *unknown_before)
            {
                found.insert(*chain);
            }
            let chain = here.as_ref().filter(|(_, _, unknown)| *unknown).map(|(chain, ..)| *chain);
            everywhere = if index == 0 { chain } else { everywhere.filter(|_| everywhere == chain) };
            before = here;
        }
        found.extend(everywhere);
        Self(found)
    }

    /// Whether a line whose columns 18 to 21 hold `name` has such an identifier.
    fn is_in(&self, line: &[u8], name: &str) -> bool {
        let own = || line.get(20..22).is_some_and(|chain| self.0.iter().any(|known| known == chain));
        // Waters and ligands have chains of their own.
        !self.0.is_empty()
            && columns(line, 20, 21).len() == 1
            && (own() || residue_name(name) == ResidueName::Other)
    }
}

/// The two characters that may be a chain identifier, the residue name before them, and whether it is no name
/// with the first of them.
fn wide_chain(line: &[u8]) -> Option<([u8; 2], String, bool)> {
    let chain = <[u8; 2]>::try_from(line.get(20..22)?).ok()?;
    let name = text(line, 17, 20).to_ascii_uppercase();
    let protein = matches!(residue_name(&name), ResidueName::Protein { .. });
    if !protein || chain.iter().any(|byte| !byte.is_ascii_graphic()) {
        return None;
    }
    let unknown = residue_name(&text(line, 17, 21).to_ascii_uppercase()) == ResidueName::Other;
    Some((chain, name, unknown))
}

fn parse_atom(line: &[u8], part: usize, wide: &WideChains) -> AtomRecord {
    // Four columns: force fields use names such as NTYR, of which the format knows nothing.
    let mut residue = text(line, 17, 21).to_ascii_uppercase();
    let mut chain = text(line, 21, 22);
    if wide.is_in(line, &residue) {
        residue = text(line, 17, 20).to_ascii_uppercase();
        chain = text(line, 20, 22);
    }
    let segment = text(line, 72, 76);
    let (number, insertion_code) = residue_number(line);
    AtomRecord {
        hetero: line.starts_with(b"HETATM"),
        in_sequence: false,
        name: text(line, 12, 16),
        altloc: Some(text(line, 16, 17)).filter(|code| !code.is_empty()),
        residue_name: residue,
        chain: if chain.is_empty() { segment.clone() } else { chain },
        segment,
        part,
        number,
        insertion_code,
        hydrogen: matches!(columns(line, 76, 78), b"H" | b"D"),
        position_angstrom: position(line),
        occupancy: self::number(line, 54, 60).filter(|x| x.is_finite()).unwrap_or(1.0),
    }
}

fn text(line: &[u8], start: usize, end: usize) -> String {
    printable(&String::from_utf8_lossy(columns(line, start, end)))
}

/// Residue number and insertion code. Numbers above 9999 come as a fifth digit in the insertion column
/// or in hybrid-36.
fn residue_number(line: &[u8]) -> (Option<i32>, Option<char>) {
    let insertion = columns(line, 26, 27).first().copied();
    if insertion.is_some_and(|byte| byte.is_ascii_digit())
        && let Ok(number) = text(line, 22, 27).parse()
    {
        return (Some(number), None);
    }
    let digits = text(line, 22, 26);
    let number = digits.parse().ok().or_else(|| hybrid36(&digits));
    (number, insertion.map(char::from).filter(char::is_ascii_graphic))
}

/// Four-character hybrid-36: `A000` is 10 000, `a000` follows `ZZZZ`.
fn hybrid36(digits: &str) -> Option<i32> {
    const FIRST: i32 = 10 * 36 * 36 * 36;
    if digits.len() != 4 {
        return None;
    }
    let lower = digits.bytes().next()?.is_ascii_lowercase();
    let value = i32::from_str_radix(digits, 36).ok()?;
    (value >= FIRST).then(|| value - FIRST + 10_000 + if lower { 26 * 36 * 36 * 36 } else { 0 })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_taken_as_the_format_says() {
        let line = b"ATOM    145  N  AVAL A  52B     11.104  -6.134 -16.504  0.60 20.00           N  ";
        let atom = parse_atom(line, 0, &WideChains::default());
        assert_eq!((atom.name.as_str(), atom.residue_name.as_str(), atom.chain.as_str()), ("N", "VAL", "A"));
        assert_eq!((atom.number, atom.insertion_code), (Some(52), Some('B')));
        assert_eq!(atom.altloc.as_deref(), Some("A"));
        assert_eq!(atom.position_angstrom, [11.104, -6.134, -16.504]);
        assert_eq!(atom.occupancy, 0.6);
        assert!(!atom.hetero && !atom.hydrogen);
    }

    #[test]
    fn short_lines_and_bytes_that_are_not_text_do_not_panic() {
        for line in [
            &b"ATOM  "[..],
            b"ATOM    145  N   VAL A  52",
            b"HETATM\xff\xfe\xe2\x82\xac \xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert!(parse_atom(line, 0, &WideChains::default()).position_angstrom[2].is_nan());
            assert!(wide_chain(line).is_none());
        }
    }

    #[test]
    fn names_hold_nothing_that_controls_a_terminal() {
        let line = b"ATOM    145  N   V\x1bL \x07  52      11.104  -6.134 -16.504";
        let atom = parse_atom(line, 0, &WideChains::default());
        assert_eq!((atom.residue_name.as_str(), atom.chain.as_str()), ("V?L", "?"));
    }

    #[test]
    fn numbers_beyond_four_digits() {
        assert_eq!(hybrid36("A000"), Some(10_000));
        assert_eq!(hybrid36("A001"), Some(10_001));
        assert_eq!(hybrid36("a000"), Some(10_000 + 26 * 36 * 36 * 36));
        assert_eq!(hybrid36("x*"), None);
        let line = b"ATOM  ***** OW   SOL  12345      11.104  -6.134 -16.504";
        assert_eq!(residue_number(line), (Some(12345), None));
        assert_eq!(residue_number(b"ATOM      1  N   GLY A          11.104"), (None, None));
    }

    #[test]
    fn chains_of_two_characters_are_told_from_names_of_four() {
        let atom = |residue: &str| {
            format!("ATOM      1  CA  {residue}   1      11.104  -6.134 -16.504  1.00  0.00           C\n")
        };
        for (columns, residue, chain) in [
            ("TYRAA", "TYR", "AA"),
            ("TYR A", "TYR", "A"),
            ("NTYRA", "NTYR", "A"),
            ("NTYR ", "NTYR", ""),
            ("HISEB", "HISE", "B"),
        ] {
            let file = parse_pdb(atom(columns).as_bytes());
            let found = &file.atoms[0];
            assert_eq!((found.residue_name.as_str(), found.chain.as_str()), (residue, chain), "{columns}");
        }
    }

    #[test]
    fn of_chains_of_two_characters_all_residues_are_told() {
        let read = |residues: [&str; 3]| {
            let atom = |r: &str| format!("ATOM      1  CA  {r}   1      11.104  -6.134 -16.504\n");
            let file = parse_pdb(residues.map(atom).concat().as_bytes());
            let names = file.atoms.iter().map(|a| format!("{} {}", a.residue_name, a.chain));
            names.collect::<Vec<_>>().join(", ")
        };
        // HISE, LYSN and ASPH are names as well.
        assert_eq!(read(["HISEA", "GLYEA", "ALAEA"]), "HIS EA, GLY EA, ALA EA");
        assert_eq!(read(["LYSNA", "VALNA", "GLYNB"]), "LYS NA, VAL NA, GLY NB");
        assert_eq!(read(["ASPHA", "GLYHA", "ASPHB"]), "ASP HA, GLY HA, ASPH B");
        // A residue that nobody knows stands alone.
        assert_eq!(read(["ALA A", "LYNHA", "GLY A"]), "ALA A, LYNH A, GLY A");
        assert_eq!(read(["ALAQA", "ALAQA", "ALAQA"]), "ALA QA, ALA QA, ALA QA");
    }

    #[test]
    fn only_the_first_model_is_kept() {
        let atom = "ATOM      1  N   VAL A   1      11.104  -6.134 -16.504\n";
        let models = format!("MODEL        1\n{atom}ENDMDL\nMODEL        2\n{atom}ENDMDL\nEND\n");
        let file = parse_pdb(models.as_bytes());
        assert_eq!((file.atoms.len(), file.model_count), (1, 2));
        let file = parse_pdb(format!("{atom}{atom}END\r\n{atom}END\r\n").as_bytes());
        assert_eq!((file.atoms.len(), file.model_count), (2, 2));
    }
}
