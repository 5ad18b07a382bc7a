//! Writing the PDB format: the columns of atom records, and whole single-model files.

use std::io::{self, Write};

use super::{ResidueType, Topology};

/// The ATOM or HETATM record of one atom, 80 columns, without line end.
///
/// Norleucine is written as HETATM, as in the PDB. Residue numbers and insertion codes are the author's.
/// Serial numbers wrap at 99 999; a coordinate beyond the eight columns is written as `nan`.
pub fn pdb_atom_line(topology: &Topology, atom: usize, position_angstrom: [f32; 3]) -> String {
    let record = &topology.atoms()[atom];
    let residue = &topology.residues()[record.residue];
    let keyword = if residue.kind == ResidueType::Nle { "HETATM" } else { "ATOM  " };
    let [x, y, z] = position_angstrom.map(coordinate);
    format!(
        "{keyword}{:5}  {:<3} {:3} {}{:4}{}   {x}{y}{z}  1.00  0.00          {:>2}  ",
        (atom + 1) % 100_000,
        record.name,
        residue.kind.code3(),
        chain_column(topology),
        number_column(residue.number),
        residue.insertion_code.unwrap_or(' '),
        record.element.symbol(),
    )
}

/// The TER record that closes the chain, 27 columns, without line end.
pub fn pdb_ter_line(topology: &Topology) -> String {
    let Some(last) = topology.residues().last() else { return "TER".to_owned() };
    format!(
        "TER   {:5}      {:3} {}{:4}{}",
        (topology.atom_count() + 1) % 100_000,
        last.kind.code3(),
        chain_column(topology),
        number_column(last.number),
        last.insertion_code.unwrap_or(' '),
    )
    .trim_end()
    .to_owned()
}

/// Writes one conformation: atoms, TER and END. `positions_angstrom` in canonical order.
///
/// # Errors
/// Those of the writer, and `InvalidInput` when the number of positions does not fit the topology.
pub fn write_pdb(
    topology: &Topology,
    positions_angstrom: &[[f32; 3]],
    mut writer: impl Write,
) -> io::Result<()> {
    if positions_angstrom.len() != topology.atom_count() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{} positions for {} atoms", positions_angstrom.len(), topology.atom_count()),
        ));
    }
    for (atom, &position) in positions_angstrom.iter().enumerate() {
        writeln!(writer, "{}", pdb_atom_line(topology, atom, position))?;
    }
    writeln!(writer, "{}\nEND", pdb_ter_line(topology))?;
    writer.flush()
}

fn coordinate(value_angstrom: f32) -> String {
    let text = format!("{value_angstrom:8.3}");
    if text.len() == 8 && value_angstrom.is_finite() { text } else { format!("{:>8}", "nan") }
}

/// The format has four columns for the residue number.
fn number_column(number: i32) -> i32 {
    if (-999..=9999).contains(&number) { number } else { number.rem_euclid(10_000) }
}

/// The format has one column for the chain.
fn chain_column(topology: &Topology) -> char {
    let mut id = topology.chain_id.chars();
    match (id.next(), id.next()) {
        (Some(id), None) if id.is_ascii_graphic() => id,
        _ => 'A',
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::structure::Residue;

    fn topology() -> Topology {
        let residue = |kind, number, insertion_code| Residue { kind, number, insertion_code };
        let residues = vec![residue(ResidueType::Nle, -3, None), residue(ResidueType::Arg, 52, Some('B'))];
        Topology::new("test", "C", residues)
    }

    // Both lines are what the PDB format description 3.3 prescribes, column by column.
    #[test]
    fn columns() {
        let topology = topology();
        assert_eq!(
            pdb_atom_line(&topology, 1, [-12.5, 0.25, 1234.5678]),
            "HETATM    2  CA  NLE C  -3     -12.500   0.2501234.568  1.00  0.00           C  "
        );
        let nh1 = topology.find_atom(1, "NH1").unwrap();
        assert_eq!(
            pdb_atom_line(&topology, nh1, [1.0, 2.0, 3.0]),
            "ATOM     18  NH1 ARG C  52B      1.000   2.000   3.000  1.00  0.00           N  "
        );
        assert_eq!(pdb_ter_line(&topology), "TER      20      ARG C  52B");
    }

    #[test]
    fn a_coordinate_that_does_not_fit_spoils_no_other_column() {
        for value in [1.0e7, f32::NAN, f32::INFINITY, -123_456.0] {
            let line = pdb_atom_line(&topology(), 0, [value, 1.0, 2.0]);
            assert_eq!((line.len(), &line[30..54]), (80, "     nan   1.000   2.000"));
        }
    }

    #[test]
    fn positions_must_fit() {
        assert!(write_pdb(&topology(), &[[0.0; 3]], Vec::new()).is_err());
    }
}
