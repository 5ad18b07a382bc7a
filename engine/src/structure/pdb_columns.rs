//! Atom lines of the PDB format whose fields are not in the columns where they belong.

use std::borrow::Cow;

use super::pdb_lines::{Record, lines, number, record};

/// Where the serial number, the residue number and the coordinates begin, counted from 0.
const SERIAL: usize = 6;
const RESIDUE: usize = 22;
const POSITION: [usize; 3] = [30, 38, 46];
/// Digits that fit the serial number and the residue number.
const SERIAL_DIGITS: usize = 5;
const RESIDUE_DIGITS: usize = 4;
/// Most columns that a number is too long by.
const MOST_SHIFT: usize = 3;

/// An atom line with its fields in their columns. A serial number of six digits or a residue number of five is printed
/// at full length by most programs, and moves whatever follows to the right; such a line is moved back. Of a residue
/// number the fifth digit stays, in the column of the insertion code. Any other line comes back as it is.
pub(crate) fn in_columns(line: &[u8]) -> Cow<'_, [u8]> {
    // The points of coordinates with three decimals, which nearly all files have.
    if POSITION.iter().all(|start| line.get(start + 4) == Some(&b'.')) || holds_position(line) {
        return Cow::Borrowed(line);
    }
    let serial = digits(line, SERIAL).saturating_sub(SERIAL_DIGITS).min(MOST_SHIFT);
    let mut moved = line.to_vec();
    // Without the first digits of a number that is not used.
    if serial > 0 {
        moved.drain(SERIAL..SERIAL + serial);
    }
    if holds_position(&moved) {
        return Cow::Owned(moved);
    }
    let long = digits(&moved, RESIDUE).saturating_sub(RESIDUE_DIGITS).min(MOST_SHIFT);
    let after = RESIDUE + RESIDUE_DIGITS + 1;
    // An insertion code has no column left, and is not to be lost in silence.
    if long > 0
        && moved.get(after..after + long).is_some_and(|between| between.iter().all(|byte| *byte == b' '))
    {
        moved.drain(after..after + long);
    }
    if holds_position(&moved) { Cow::Owned(moved) } else { Cow::Borrowed(line) }
}

/// Whether the atom lines of a text have their fields divided by blanks and not in columns, as PQR files may: told by
/// the first of them.
pub(crate) fn is_free(text: &[u8]) -> bool {
    let Some(line) = lines(text).find(|line| record(line) == Record::Atom) else { return false };
    if holds_position(&in_columns(line)) {
        return false;
    }
    let text = String::from_utf8_lossy(line);
    let fields: Vec<&str> = text.split_whitespace().collect();
    let numbers = |from: usize| {
        let decimal = |field: &&str| field.contains('.') && field.parse::<f64>().is_ok();
        let residue = fields.get(from - 1).is_some_and(|field| !field.contains('.'));
        residue && fields.get(from..from + 3).is_some_and(|fields| fields.iter().all(decimal))
    };
    // After record, serial number, names of atom and residue, perhaps a chain, and residue number.
    numbers(5) || numbers(6)
}

fn holds_position(line: &[u8]) -> bool {
    POSITION.iter().all(|&start| number(line, start, start + 8).is_some())
}

/// How many digits stand there in a row.
fn digits(line: &[u8], start: usize) -> usize {
    let field = line.get(start..).unwrap_or_default();
    field.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `"{:<6}{:>5} {:<4}{:1}{:>3} {:1}{:>4}{:1}   {:8.3}{:8.3}{:8.3}"` of Python prints.
    #[test]
    fn numbers_that_are_too_long_move_nothing_else() {
        for (line, expected) in [
            (
                "HETATM100000  CA  MSE A  52      11.104  -6.134-106.504  0.60 20.00",
                "HETATM00000  CA  MSE A  52      11.104  -6.134-106.504  0.60 20.00",
            ),
            (
                "ATOM  1234567  CA AGLY A  52B     11.104  -6.134 -16.504  0.60 20.00",
                "ATOM  34567  CA AGLY A  52B     11.104  -6.134 -16.504  0.60 20.00",
            ),
            (
                "ATOM      7  OW  HOH W12345      11.104  -6.134 -16.504",
                "ATOM      7  OW  HOH W12345     11.104  -6.134 -16.504",
            ),
            (
                "HETATM100000  OW  HOH W12345    1111.104  -6.134 -16.504",
                "HETATM00000  OW  HOH W12345   1111.104  -6.134 -16.504",
            ),
        ] {
            assert_eq!(String::from_utf8_lossy(&in_columns(line.as_bytes())), expected);
        }
    }

    #[test]
    fn lines_in_columns_and_damaged_ones_stay_as_they_are() {
        for line in [
            "ATOM    145  N  AVAL A  52B     11.104  -6.134 -16.504  0.60 20.00           N  ",
            "ATOM    145  N   VAL A  52      11.10   -6.13    1.5",
            "ATOM1000000  N   VAL A  52      11.104  -6.134 -16.504",
            "HETATM100000  CA  MSE A  52      11.104  -6.134   x.504",
            "ATOM      7  OW  HOH W12345B     11.104  -6.134 -16.504",
            "HETATM999999999999999999999999999999999999999999999999",
            "ATOM  ",
            "ATOM",
            "",
            "HETATM100000",
        ] {
            assert!(matches!(in_columns(line.as_bytes()), Cow::Borrowed(same) if same == line.as_bytes()));
        }
    }

    #[test]
    fn fields_divided_by_blanks_are_told() {
        for line in [
            "ATOM 1 N ASP A 1 13.722 -0.367 56.730 -0.3 1.85",
            "REMARK\nATOM 1 N ASP 1 13.722 -0.367 56.730 -0.3 1.85",
            "ATOM      1  N   ASP     1    -1086.2781996.0001056.730 -0.3 1.85 1.0 1.0\n",
            "ATOM      1  N   ASP     1    -1086.278 1996.000 1056.730 -0.3 1.85\n",
        ] {
            assert_eq!(is_free(line.as_bytes()), !line.contains("1056.730 -0.3 1.85 1.0"), "{line}");
        }
        for line in ["ATOM      1  N   ASP A   1      13.722  -0.367  56.730", "ATOM  ", "", "data_1abc"] {
            assert!(!is_free(line.as_bytes()), "{line}");
        }
    }
}
