//! Atom records of the GROMACS format GRO: fixed columns, nm, one molecule after the other without chains.

use super::cell::cell_if_present;
use super::error::{GroProblem, StructureProblem};
use super::pdb_lines::lines;
use super::records::{AtomRecord, FileAtoms, printable};

/// Å per nm.
const ANGSTROM_PER_NM: f64 = 10.0;

/// Reads the atoms of the first frame: after a title come the number of atoms, as many atom lines, and the cell.
///
/// # Errors
/// [`StructureProblem::NoAtoms`] if the text is no GRO, [`StructureProblem::MalformedGro`] if it begins as one.
pub(super) fn parse_gro(text: &[u8]) -> Result<FileAtoms, StructureProblem> {
    let mut lines = lines(text);
    let second = lines.nth(1).and_then(|line| std::str::from_utf8(line.trim_ascii()).ok());
    let count: usize = second.and_then(|count| count.parse().ok()).ok_or(StructureProblem::NoAtoms)?;
    let mut file = FileAtoms { model_count: 1, ..FileAtoms::default() };
    let mut cell = None;
    for line in lines.by_ref() {
        let atom = parse_atom(line).filter(|_| file.atoms.len() < count);
        let Some(atom) = atom else {
            cell = Some(line);
            break;
        };
        file.atoms.push(atom);
    }
    let found = file.atoms.len();
    let malformed = |problem: GroProblem| Err(StructureProblem::MalformedGro(problem));
    match cell {
        _ if found == 0 => return Err(StructureProblem::NoAtoms),
        _ if found < count => {
            return malformed(GroProblem::Fewer { told: count, found });
        }
        _ => {}
    }
    file.cell_angstrom = match cell_lengths_angstrom(cell.unwrap_or_default())[..] {
        [x, y, z] => cell_if_present([[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]]),
        [xx, yy, zz, xy, xz, yx, yz, zx, zy] => cell_if_present([[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]]),
        _ if cell.is_some_and(|line| parse_atom(line).is_some()) => {
            return malformed(GroProblem::More { told: count });
        }
        _ => return malformed(GroProblem::NoCell),
    };
    while let Some(count) =
        lines.nth(1).and_then(|line| std::str::from_utf8(line.trim_ascii()).ok()?.parse::<usize>().ok())
    {
        file.model_count += 1;
        if lines.nth(count).is_none() {
            break;
        }
    }
    Ok(file)
}

/// The numbers of the last line. Large ones leave no blanks between: then they stand in columns, as those of atoms.
fn cell_lengths_angstrom(line: &[u8]) -> Vec<f32> {
    let Ok(text) = std::str::from_utf8(line) else { return Vec::new() };
    let parsed = |word: &str| word.trim().parse::<f32>().ok().map(|nm| nm * ANGSTROM_PER_NM as f32);
    let words: Vec<f32> = text.split_whitespace().map_while(parsed).collect();
    if matches!(words.len(), 3 | 9) {
        return words;
    }
    let mut points = text.match_indices('.').map(|(at, _)| at);
    match (points.next(), points.next()) {
        (Some(first), Some(second)) => {
            let width = second - first;
            (0..9).map_while(|k| parsed(text.get(k * width..((k + 1) * width).min(text.len()))?)).collect()
        }
        _ => words,
    }
}

fn parse_atom(line: &[u8]) -> Option<AtomRecord> {
    let line = line.is_ascii().then(|| std::str::from_utf8(line).ok())??;
    let text = |start: usize, end: usize| line.get(start..end.min(line.len())).unwrap_or("").trim();
    // The distance of two decimal points is the width of a column.
    let numbers = line.get(20..)?;
    let first = numbers.find('.')?;
    let width = numbers.get(first + 1..)?.find('.')? + 1;
    let at = |axis: usize| {
        let column = numbers.get(axis * width..((axis + 1) * width).min(numbers.len()))?;
        column.trim().parse::<f64>().ok().map(|nm| nm * ANGSTROM_PER_NM)
    };
    let position = [at(0)?, at(1)?, at(2)?];
    Some(AtomRecord {
        name: printable(text(10, 15)),
        residue_name: printable(text(5, 10)).to_ascii_uppercase(),
        number: text(0, 5).parse().ok(),
        position_angstrom: position,
        occupancy: 1.0,
        ..AtomRecord::default()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TWO: &str = "Title\n 2\n    1TYR      N    1   2.582   2.167   1.024\n    1TYR     CA    2   2.494   2.065   1.077\n   5.0   6.0   7.0\n";

    #[test]
    fn lengths_become_angstrom() {
        let file = parse_gro(TWO.as_bytes()).unwrap();
        let atom = &file.atoms[1];
        assert_eq!((atom.name.as_str(), atom.residue_name.as_str(), atom.number), ("CA", "TYR", Some(1)));
        let expected = [24.94, 20.65, 10.77];
        assert!((0..3).all(|k| (atom.position_angstrom[k] - expected[k]).abs() < 1e-9));
        assert_eq!(file.cell_angstrom, Some([[50.0, 0.0, 0.0], [0.0, 60.0, 0.0], [0.0, 0.0, 70.0]]));
        assert_eq!(parse_gro(TWO.repeat(3).as_bytes()).unwrap().model_count, 3);
        // As in huge_box.gro of MDAnalysisTests, which MDAnalysis reads as (400000, 400000, 400000) Å.
        let huge = TWO.replace("   5.0   6.0   7.0", "40000.0000040000.0000040000.00000");
        let cell = parse_gro(huge.as_bytes()).unwrap().cell_angstrom.unwrap();
        assert_eq!([cell[0][0], cell[1][1], cell[2][2]], [400_000.0; 3]);
        // Nine numbers in columns, as those of atoms.
        let triclinic =
            "   5.00000   6.00000   7.00000   0.00000   0.00000   1.00000   0.00000   1.00000   1.00000";
        let file = parse_gro(TWO.replace("   5.0   6.0   7.0", triclinic).as_bytes()).unwrap();
        let expected = [[50.0, 0.0, 0.0], [10.0, 60.0, 0.0], [10.0, 10.0, 70.0]];
        assert_eq!((file.atoms.len(), file.cell_angstrom), (2, Some(expected)));
    }

    #[test]
    fn other_texts_are_no_gro_and_counts_are_not_believed() {
        for text in ["", "Title\n", "Title\nmany\n", "Title\n 9000000000\n", "T\n 0\n 1 1 1\n"] {
            assert!(matches!(parse_gro(text.as_bytes()), Err(StructureProblem::NoAtoms)), "{text}");
        }
        for (text, reason) in [
            (
                TWO.replace(" 2\n", " 9000000000\n"),
                "tells of 9000000000 atoms, and after 2 of them comes none",
            ),
            (TWO.replace(" 2\n", " 1\n"), "tells of 1 atoms and holds more"),
            (TWO.replace("   5.0   6.0   7.0\n", ""), "does not end with a cell"),
            (TWO.replace("   5.0   6.0   7.0", "   5.0   6.0"), "does not end with a cell"),
            (TWO.replace("2.494", "2.4x4"), "tells of 2 atoms, and after 1 of them comes none"),
        ] {
            let refusal = parse_gro(text.as_bytes()).unwrap_err().to_string();
            assert!(refusal.contains(reason), "{refusal}");
        }
    }
}
