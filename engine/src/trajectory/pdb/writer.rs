//! Writing multi-model PDB: after every frame the file ends with END and is complete.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use super::reader::PdbReader;
use crate::structure::{Topology, pdb_atom_line, pdb_conect_lines, pdb_ter_line};
use crate::trajectory::error::TrajectoryError;

/// The coordinate columns hold `-999.999`; larger positions are refused.
pub(crate) const PDB_LIMIT_ANGSTROM: f32 = 999.999;

const MODEL_END: &str = "ENDMDL\n";

/// Appends models to a PDB file.
#[derive(Debug)]
pub(crate) struct PdbWriter {
    file: File,
    topology: Arc<Topology>,
    /// What follows the last model: bonds of hetero residues, END.
    file_end: String,
    frames: usize,
    /// Where the next model goes: over the end of the file.
    end: u64,
}

/// What a file of `topology` ends with, whatever frames it holds.
pub(crate) fn file_end(topology: &Topology) -> String {
    format!("{}END\n", pdb_conect_lines(topology))
}

impl PdbWriter {
    /// Starts an empty file.
    pub(crate) fn create(mut file: File, topology: Arc<Topology>) -> io::Result<Self> {
        let file_end = file_end(&topology);
        file.write_all(file_end.as_bytes())?;
        Ok(Self { file, topology, file_end, frames: 0, end: 0 })
    }

    /// Continues a file after its first `keep` models; what follows them is cut off.
    pub(crate) fn append(
        path: &Path,
        reader: &PdbReader,
        keep: usize,
        topology: Arc<Topology>,
    ) -> Result<Self, TrajectoryError> {
        let end = match keep {
            0 => 0,
            _ => reader.end_of_model(keep - 1).unwrap_or(0),
        };
        let mut file =
            OpenOptions::new().write(true).open(path).map_err(TrajectoryError::io("open", path))?;
        // The index ends a model after its last atom; close it again.
        let mut closing = String::new();
        if keep > 0 {
            closing = format!("{}\n{MODEL_END}", pdb_ter_line(&topology));
        }
        let file_end = file_end(&topology);
        // Written over what is there, cut last: a kill in between loses no model.
        let write = |file: &mut File| {
            let text = format!("{closing}{file_end}");
            file.seek(SeekFrom::Start(end))?;
            file.write_all(text.as_bytes())?;
            file.set_len(end + text.len() as u64)
        };
        write(&mut file).map_err(TrajectoryError::io("write", path))?;
        let end = end + closing.len() as u64;
        Ok(Self { file, topology, file_end, frames: keep, end })
    }

    /// Appends a frame whose positions have been checked.
    pub(crate) fn write_frame(&mut self, positions: &[[f32; 3]], time_ps: f64) -> io::Result<()> {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(81 * (positions.len() + 4));
        let title: String = self.topology.name.chars().filter(|c| c.is_ascii_graphic()).take(30).collect();
        let step = self.frames;
        // Writing into a string does not fail.
        let _ = writeln!(text, "TITLE     {title} t= {time_ps:.5} step= {step}");
        let _ = writeln!(text, "MODEL {:>8}", step + 1);
        for (atom, &position) in positions.iter().enumerate() {
            text.push_str(&pdb_atom_line(&self.topology, atom, position));
            text.push('\n');
        }
        text.push_str(&pdb_ter_line(&self.topology));
        text.push('\n');
        text.push_str(MODEL_END);
        let model_bytes = text.len() as u64;
        text.push_str(&self.file_end);
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(text.as_bytes())?;
        self.frames += 1;
        self.end += model_bytes;
        Ok(())
    }

    /// Makes the file end after its last complete model.
    pub(crate) fn cut_half_frame(&mut self) -> io::Result<()> {
        self.file.set_len(self.end)?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(self.file_end.as_bytes())
    }
}
