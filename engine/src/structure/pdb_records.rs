//! Atom records of the PDB format.
//!
//! Columns are cut from bytes and nothing is assumed about them, so that no file can cause a panic, and
//! atoms stay in file order: a trajectory's topology is read through here as well.

use super::records::{AtomRecord, FileAtoms};

/// Reads the atoms of the first model. A model ends at ENDMDL or END.
pub(super) fn parse_pdb(text: &[u8]) -> FileAtoms {
    let mut file = FileAtoms::default();
    let mut in_model = false;
    let mut part = 0;
    let mut ended_chains: Vec<String> = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii_end();
        if line.starts_with(b"ATOM ") || line.starts_with(b"HETATM") {
            if !in_model {
                in_model = true;
                file.model_count += 1;
            }
            if file.model_count == 1 {
                let mut atom = parse_atom(line, part);
                if atom.hetero && ended_chains.contains(&atom.chain) {
                    atom.polymer = Some(false);
                }
                file.atoms.push(atom);
            }
        } else if line.starts_with(b"TER") {
            part += 1;
            if let Some(last) = file.atoms.last()
                && !last.chain.is_empty()
                && !ended_chains.contains(&last.chain)
            {
                ended_chains.push(last.chain.clone());
            }
        } else if line.starts_with(b"ENDMDL") || line == b"END" || line.starts_with(b"MODEL ") {
            in_model = false;
        }
    }
    file
}

fn parse_atom(line: &[u8], part: usize) -> AtomRecord {
    let chain = text(line, 21, 22);
    let element = text(line, 76, 78);
    let (number, insertion_code) = residue_number(line);
    AtomRecord {
        hetero: line.starts_with(b"HETATM"),
        polymer: None,
        name: text(line, 12, 16),
        altloc: Some(text(line, 16, 17)).filter(|code| !code.is_empty()),
        // Four columns: force fields use names such as NTYR, of which the format knows nothing.
        residue_name: text(line, 17, 21).to_ascii_uppercase(),
        chain: if chain.is_empty() { text(line, 72, 76) } else { chain },
        part,
        number,
        insertion_code,
        hydrogen: matches!(element.as_str(), "H" | "D"),
        position_angstrom: [30, 38, 46].map(|start| number_at(line, start, start + 8)),
        occupancy: Some(number_at(line, 54, 60)).filter(|x| x.is_finite()).unwrap_or(1.0),
    }
}

fn columns(line: &[u8], start: usize, end: usize) -> &[u8] {
    let end = end.min(line.len());
    if start < end { line[start..end].trim_ascii() } else { &[] }
}

fn text(line: &[u8], start: usize, end: usize) -> String {
    String::from_utf8_lossy(columns(line, start, end)).into_owned()
}

/// NaN where the columns hold no number.
fn number_at(line: &[u8], start: usize, end: usize) -> f64 {
    std::str::from_utf8(columns(line, start, end)).ok().and_then(|t| t.parse().ok()).unwrap_or(f64::NAN)
}

/// Residue number and insertion code. Numbers above 9999 come as a fifth digit in the insertion column
/// or in hybrid-36; what cannot be read at all counts as 0.
fn residue_number(line: &[u8]) -> (i32, Option<char>) {
    let insertion = columns(line, 26, 27).first().copied();
    if insertion.is_some_and(|byte| byte.is_ascii_digit())
        && let Ok(number) = text(line, 22, 27).parse()
    {
        return (number, None);
    }
    let digits = text(line, 22, 26);
    let number = digits.parse().ok().or_else(|| hybrid36(&digits)).unwrap_or(0);
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
        let atom = parse_atom(line, 0);
        assert_eq!((atom.name.as_str(), atom.residue_name.as_str(), atom.chain.as_str()), ("N", "VAL", "A"));
        assert_eq!((atom.number, atom.insertion_code), (52, Some('B')));
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
            assert!(parse_atom(line, 0).position_angstrom[2].is_nan());
        }
    }

    #[test]
    fn numbers_beyond_four_digits() {
        assert_eq!(hybrid36("A000"), Some(10_000));
        assert_eq!(hybrid36("A001"), Some(10_001));
        assert_eq!(hybrid36("a000"), Some(10_000 + 26 * 36 * 36 * 36));
        assert_eq!(hybrid36("x*"), None);
        let line = b"ATOM  ***** OW   SOL  12345      11.104  -6.134 -16.504";
        assert_eq!(residue_number(line), (12345, None));
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
