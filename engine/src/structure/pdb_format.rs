//! Writing the PDB format: the columns of atom records, and whole single-model files.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{AllAtomModel, ResidueType, Topology};

/// The ATOM or HETATM record of one atom, 80 columns, without line end.
///
/// Norleucine is written as HETATM, as in the PDB. Residue numbers and insertion codes are the author's.
/// Serial numbers wrap at 99 999; a coordinate beyond the eight columns is written as `nan`.
pub fn pdb_atom_line(topology: &Topology, atom: usize, position_angstrom: [f32; 3]) -> String {
    let record = &topology.atoms()[atom];
    atom_line(topology, atom, record.residue, (record.name, record.element.symbol()), position_angstrom)
}

/// The record of the atom at `place` of the file, with its name and chemical symbol.
fn atom_line(
    topology: &Topology,
    place: usize,
    residue: usize,
    (name, symbol): (&str, &str),
    position_angstrom: [f32; 3],
) -> String {
    let residue = &topology.residues()[residue];
    let keyword = if is_hetero(residue.kind) { "HETATM" } else { "ATOM  " };
    let [x, y, z] = position_angstrom.map(coordinate);
    // Names of four characters begin one column earlier.
    let name = if name.len() < 4 { format!(" {name:<3}") } else { name.to_owned() };
    format!(
        "{keyword}{:5} {name} {:3} {}{:4}{}   {x}{y}{z}  1.00  0.00          {symbol:>2}  ",
        serial_number(place),
        residue.kind.code3(),
        chain_column(topology),
        number_column(residue.number),
        residue.insertion_code.unwrap_or(' '),
    )
}

/// The TER record that closes the chain, 27 columns, without line end.
pub fn pdb_ter_line(topology: &Topology) -> String {
    ter_line(topology, topology.atom_count())
}

fn ter_line(topology: &Topology, place: usize) -> String {
    let Some(last) = topology.residues().last() else { return "TER".to_owned() };
    format!(
        "TER   {:5}      {:3} {}{:4}{}",
        serial_number(place),
        last.kind.code3(),
        chain_column(topology),
        number_column(last.number),
        last.insertion_code.unwrap_or(' '),
    )
    .trim_end()
    .to_owned()
}

/// The CONECT records of the bonds that no reader knows by itself, those of hetero residues, with line ends:
/// without them other programs draw norleucine as loose atoms. Each bond stands under both of its atoms.
pub fn pdb_conect_lines(topology: &Topology) -> String {
    pdb_conect_lines_between(topology, |_| true)
}

/// As [`pdb_conect_lines`], of bonds between atoms that are written.
pub(crate) fn pdb_conect_lines_between(topology: &Topology, is_written: impl Fn(usize) -> bool) -> String {
    let hetero = |atom: usize| is_hetero(topology.residues()[topology.atoms()[atom].residue].kind);
    let written = topology.bonds().iter().filter(|bond| bond.iter().all(|&atom| is_written(atom)));
    let bonds = written.filter(|bond| bond.iter().any(|&atom| hetero(atom)));
    conect_lines(bonds.copied())
}

fn conect_lines(bonds: impl Iterator<Item = [usize; 2]>) -> String {
    let mut partners: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for [a, b] in bonds {
        partners.entry(a).or_default().push(b);
        partners.entry(b).or_default().push(a);
    }
    let mut text = String::new();
    for (atom, partners) in partners {
        for partners in partners.chunks(4) {
            text.push_str("CONECT");
            for serial in std::iter::once(atom).chain(partners.iter().copied()).map(serial_number) {
                text.push_str(&format!("{serial:5}"));
            }
            text.push('\n');
        }
    }
    text
}

/// The atom records and TER of one conformation with all its atoms, with line ends. `positions_angstrom` in the order
/// of `model`.
///
/// # Errors
/// `InvalidInput` when the number of positions does not fit, or a position is not finite or too large for the columns.
pub fn pdb_all_atom_lines(
    topology: &Topology,
    model: &AllAtomModel,
    positions_angstrom: &[[f32; 3]],
) -> io::Result<String> {
    let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
    let count = model.atoms().len();
    if positions_angstrom.len() != count {
        return Err(invalid(format!("{} positions for {count} atoms", positions_angstrom.len())));
    }
    let mut text = String::with_capacity(81 * (count + 1));
    for (place, (atom, &position)) in model.atoms().iter().zip(positions_angstrom).enumerate() {
        if !position.iter().all(|x| x.abs() < 999.999) {
            let residue = topology.residues()[atom.residue].label();
            return Err(invalid(format!("the position of {residue} {} does not fit the format", atom.name)));
        }
        text.push_str(&atom_line(topology, place, atom.residue, (atom.name, atom.symbol), position));
        text.push('\n');
    }
    text.push_str(&ter_line(topology, count));
    text.push('\n');
    Ok(text)
}

/// What a file with all atoms ends with: the bonds of hetero residues and disulfide bridges, and END.
pub fn pdb_all_atom_end(topology: &Topology, model: &AllAtomModel) -> String {
    let hetero = |place: &usize| is_hetero(topology.residues()[model.atoms()[*place].residue].kind);
    let heavy = topology.bonds().iter().map(|bond| bond.map(|atom| model.heavy()[atom]));
    let bonds = heavy.chain(model.added_bonds()).filter(|bond| bond.iter().any(hetero));
    format!("{}END\n", conect_lines(bonds.chain(model.bridges())))
}

/// Writes one conformation with all its atoms as a PDB file. `positions_angstrom` in the order of `model`.
///
/// # Errors
/// As [`pdb_all_atom_lines`], and those of the writer.
pub fn write_pdb_all_atoms(
    topology: &Topology,
    model: &AllAtomModel,
    positions_angstrom: &[[f32; 3]],
    mut writer: impl Write,
) -> io::Result<()> {
    let atoms = pdb_all_atom_lines(topology, model, positions_angstrom)?;
    write!(writer, "{atoms}{}", pdb_all_atom_end(topology, model))?;
    writer.flush()
}

/// Writes one conformation: atoms, TER, bonds of hetero residues and END. `positions_angstrom` in canonical
/// order.
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
    write!(writer, "{}\n{}END\n", pdb_ter_line(topology), pdb_conect_lines(topology))?;
    writer.flush()
}

/// As [`write_pdb`], some of the atoms alone; `positions_angstrom` are theirs. Serial numbers are those of the whole.
///
/// # Errors
/// As [`write_pdb`].
pub(crate) fn write_pdb_of_atoms(
    topology: &Topology,
    atoms: &[usize],
    positions_angstrom: &[[f32; 3]],
    mut writer: impl Write,
) -> io::Result<()> {
    for (&atom, &position) in atoms.iter().zip(positions_angstrom) {
        writeln!(writer, "{}", pdb_atom_line(topology, atom, position))?;
    }
    let conect = pdb_conect_lines_between(topology, |atom| atoms.binary_search(&atom).is_ok());
    write!(writer, "{}\n{conect}END\n", pdb_ter_line(topology))?;
    writer.flush()
}

/// What is no residue of the standard twenty is a hetero group to the PDB.
fn is_hetero(kind: ResidueType) -> bool {
    kind == ResidueType::Nle
}

/// The format has five columns for the serial number.
fn serial_number(atom: usize) -> usize {
    (atom + 1) % 100_000
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

    // Norleucine's N CA C O CB CG CD CE are atoms 1 to 8, the nitrogen of the next residue is atom 9.
    #[test]
    fn bonds_of_hetero_residues() {
        let lines = pdb_conect_lines(&topology());
        let expected = [
            "CONECT    1    2",
            "CONECT    2    1    3    5",
            "CONECT    3    2    4    9",
            "CONECT    4    3",
            "CONECT    5    2    6",
            "CONECT    6    5    7",
            "CONECT    7    6    8",
            "CONECT    8    7",
            "CONECT    9    3",
        ];
        assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
        let standard = vec![Residue { kind: ResidueType::Arg, number: 1, insertion_code: None }];
        assert_eq!(pdb_conect_lines(&Topology::new("test", "A", standard)), "");
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
