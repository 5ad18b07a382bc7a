//! Writing mmCIF with pdbtbx: one conformation, or several as models of one file.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use pdbtbx::{Model, PDB, save_mmcif_raw};

use super::{AllAtomModel, Atom, ResidueType, Topology};

/// Writes conformations of one protein as the models of an mmCIF file, numbered from 1. Memory stays at one
/// conformation however many there are.
///
/// Residue numbers, insertion codes and the chain are the author's; positions have five decimals. The format
/// has no place for times.
pub struct MmcifWriter<W: Write> {
    writer: W,
    models: usize,
    /// The atoms that are written, ascending; all where none are named.
    atoms: Option<Arc<[usize]>>,
}

impl<W: Write> MmcifWriter<W> {
    /// A file without models; the first one brings the header.
    pub fn new(writer: W) -> Self {
        Self { writer, models: 0, atoms: None }
    }

    /// A file of some of the atoms alone, ascending; models have positions of these.
    pub fn of_atoms(writer: W, atoms: Arc<[usize]>) -> Self {
        Self { atoms: Some(atoms), ..Self::new(writer) }
    }

    /// Writes the next model. `positions_angstrom` in canonical order.
    ///
    /// # Errors
    /// Those of the writer, and `InvalidInput` when the positions are not finite or do not fit the topology.
    pub fn write_model(&mut self, topology: &Topology, positions_angstrom: &[[f32; 3]]) -> io::Result<()> {
        let atoms = topology.atoms();
        let row = |atom: &Atom| (atom.residue, atom.name, atom.element.symbol());
        match self.atoms.clone() {
            None => self.write(topology, atoms.iter().map(row), positions_angstrom),
            Some(chosen) => {
                let chosen: Vec<_> = chosen.iter().filter_map(|&atom| atoms.get(atom)).map(row).collect();
                self.write(topology, chosen.into_iter(), positions_angstrom)
            }
        }
    }

    /// Writes the next model with all its atoms. `positions_angstrom` in the order of `model`, which is the same for
    /// all models of the file.
    ///
    /// # Errors
    /// As [`Self::write_model`].
    pub fn write_all_atoms(
        &mut self,
        topology: &Topology,
        model: &AllAtomModel,
        positions_angstrom: &[[f32; 3]],
    ) -> io::Result<()> {
        let atoms = model.atoms().iter().map(|atom| (atom.residue, atom.name, atom.symbol));
        self.write(topology, atoms, positions_angstrom)
    }

    fn write<'a>(
        &mut self,
        topology: &Topology,
        atoms: impl ExactSizeIterator<Item = (usize, &'a str, &'a str)>,
        positions_angstrom: &[[f32; 3]],
    ) -> io::Result<()> {
        let mut pdb = PDB::new();
        pdb.identifier = Some(block_name(&topology.name));
        pdb.add_model(model(topology, atoms, positions_angstrom, self.models)?);
        let mut text = Vec::new();
        // The function asks for success of every write; memory does not fail.
        save_mmcif_raw(&pdb, BufWriter::new(&mut text));
        let rows = rows(&text);
        // Later models only lengthen the table.
        let start = if self.models == 0 { 0 } else { rows.start };
        self.writer.write_all(&text[start..rows.end])?;
        self.models += 1;
        Ok(())
    }

    /// Ends the table and hands back the writer, flushed.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.writer.write_all(b"#\n")?;
        self.writer.flush()?;
        Ok(self.writer)
    }
}

/// Writes one conformation as an mmCIF file. `positions_angstrom` in canonical order.
///
/// # Errors
/// As [`MmcifWriter::write_model`].
pub fn write_mmcif(
    topology: &Topology,
    positions_angstrom: &[[f32; 3]],
    writer: impl Write,
) -> io::Result<()> {
    let mut file = MmcifWriter::new(writer);
    file.write_model(topology, positions_angstrom)?;
    file.finish().map(drop)
}

/// A model of atoms, each with its residue, name and chemical symbol.
fn model<'a>(
    topology: &Topology,
    atoms: impl ExactSizeIterator<Item = (usize, &'a str, &'a str)>,
    positions_angstrom: &[[f32; 3]],
    index: usize,
) -> io::Result<Model> {
    let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidInput, message);
    let count = atoms.len();
    if positions_angstrom.len() != count {
        return Err(invalid(format!("{} positions for {count} atoms", positions_angstrom.len())));
    }
    let chain = word(&topology.chain_id).unwrap_or_else(|| "A".to_owned());
    let mut model = Model::new(index + 1);
    for (number, ((residue, name, symbol), position)) in atoms.zip(positions_angstrom).enumerate() {
        let residue = &topology.residues()[residue];
        let [x, y, z] = position.map(f64::from);
        let record = pdbtbx::Atom::new(
            residue.kind == ResidueType::Nle,
            index * count + number + 1,
            name,
            x,
            y,
            z,
            1.0,
            0.0,
            symbol,
            0,
        )
        .ok_or_else(|| invalid(format!("the position of {} {name} is not finite", residue.label())))?;
        let code = residue.insertion_code.filter(char::is_ascii_alphanumeric).map(String::from);
        let place = (residue.number as isize, code.as_deref());
        model.add_atom(record, &chain, place, (residue.kind.code3(), None));
    }
    Ok(model)
}

/// The rows of the atom table within the text of a file, which ends with `#` after them.
fn rows(text: &[u8]) -> std::ops::Range<usize> {
    let mut start = text.len();
    let mut end = 0;
    let mut at = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if line.starts_with(b"ATOM ") || line.starts_with(b"HETATM ") {
            start = start.min(at);
            end = at + line.len();
        }
        at += line.len();
    }
    start.min(end)..end
}

/// A name that needs no quotes; `None` if nothing is left of it.
fn word(name: &str) -> Option<String> {
    let word: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    (!word.is_empty()).then_some(word)
}

fn block_name(name: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    if name.is_empty() { "equijump".to_owned() } else { name.chars().map(kept).collect() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::structure::{ReadOptions, Residue, read_structure_bytes};
    use crate::test_support::{bundled, chain};

    #[test]
    fn what_is_written_reads_back() {
        // Norleucine in villin, and numbers that begin at 42.
        for name in ["villin", "chignolin", "ntl9"] {
            let start = bundled(name);
            let shifted: Vec<[f32; 3]> =
                start.positions_angstrom.iter().map(|p| p.map(|x| 1.37 * x - 100.25)).collect();
            let mut writer = MmcifWriter::new(Vec::new());
            writer.write_model(&start.topology, &start.positions_angstrom).unwrap();
            writer.write_model(&start.topology, &shifted).unwrap();
            let text = writer.finish().unwrap();
            let read = read_structure_bytes(&format!("{name}.cif"), &text, &ReadOptions::default()).unwrap();
            assert_eq!(read.topology, start.topology);
            for (a, b) in
                read.positions_angstrom.iter().flatten().zip(start.positions_angstrom.iter().flatten())
            {
                assert!((a - b).abs() < 2e-5, "{a} {b}");
            }
            assert!(read.notices.iter().any(|n| n.0.contains("first of 2 models")), "{:?}", read.notices);
            // The second model, row by row; ids are unique in the whole file, as the dictionary wants them.
            let text = String::from_utf8(text).unwrap();
            let rows: Vec<Vec<&str>> = text
                .lines()
                .filter(|l| l.starts_with("ATOM ") || l.starts_with("HETATM "))
                .map(|l| l.split_whitespace().collect())
                .collect();
            assert_eq!(rows.len(), 2 * shifted.len());
            for (k, row) in rows.iter().enumerate() {
                assert_eq!((row[1].parse(), row[18].parse()), (Ok(k + 1), Ok(k / shifted.len() + 1)));
            }
            for (row, position) in rows[shifted.len()..].iter().zip(&shifted) {
                let same = |(text, x): (&&str, &f32)| (text.parse::<f32>().unwrap() - x).abs() < 2e-5;
                assert!(row[12..15].iter().zip(position).all(same), "{row:?} {position:?}");
            }
        }
    }

    #[test]
    fn names_that_the_format_would_have_to_quote_are_made_plain() {
        let residue = |number, insertion_code| Residue { kind: ResidueType::Gly, number, insertion_code };
        let residues = vec![residue(-1, None), residue(5, Some('B')), residue(12_345, None)];
        let topology = Topology::new("my protein (1)", " ", residues);
        let positions: Vec<[f32; 3]> = (0..topology.atom_count()).map(|i| [i as f32, 0.5, -3.0]).collect();
        let mut text = Vec::new();
        write_mmcif(&topology, &positions, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with("data_my_protein__1_\n"), "{text}");
        let rows: Vec<Vec<&str>> =
            text.lines().filter(|l| l.starts_with("ATOM")).map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(rows.len(), topology.atom_count());
        assert!(rows.iter().all(|row| row.len() == 19 && row[7] == "A"));
        assert_eq!((rows[4][10], rows[4][11], rows[8][10]), ("5", "B", "12345"));
    }

    #[test]
    fn bad_positions_are_refused() {
        let topology = chain("p", [ResidueType::Gly; 3]);
        let mut positions = vec![[0.0; 3]; topology.atom_count()];
        positions[5][2] = f32::NAN;
        let error = write_mmcif(&topology, &positions, Vec::new()).unwrap_err();
        assert!(
            error.to_string().contains("GLY 2 N is not finite") || error.to_string().contains("GLY 2 "),
            "{error}"
        );
        let error = write_mmcif(&topology, &positions[1..], Vec::new()).unwrap_err();
        assert!(error.to_string().contains("11 positions for 12 atoms"), "{error}");
    }
}
