//! Random access to the models of a PDB file through an index of their offsets.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::trajectory::error::TrajectoryError;
use crate::trajectory::format::TrajectoryFormat;
use crate::trajectory::frame::{Frame, cell_from_lengths, cell_if_present};

/// Longer lines do not occur in PDB files.
const LONGEST_LINE: u64 = 1024;

/// Where one model's atoms lie in the file.
#[derive(Clone, Copy, Debug)]
struct ModelEntry {
    start: u64,
    /// After its last atom record.
    end: u64,
    time_ps: Option<f64>,
}

/// A reader of PDB files with any number of models.
#[derive(Debug)]
pub struct PdbReader {
    path: PathBuf,
    file: File,
    atoms: usize,
    models: Vec<ModelEntry>,
    cell_angstrom: Option<[[f32; 3]; 3]>,
    tail_bytes: u64,
    buffer: Vec<u8>,
}

/// What a line means for the frames.
enum Line {
    Atom,
    /// MODEL.
    ModelStart,
    /// ENDMDL.
    ModelEnd,
    /// END.
    FileEnd,
    Time(f64),
    Cell([[f32; 3]; 3]),
    Other,
}

impl PdbReader {
    /// Opens a file and indexes its models. A model that lacks its ENDMDL is cut off and left out, see
    /// [`PdbReader::tail_bytes`].
    ///
    /// # Errors
    /// If the file cannot be read, holds no atoms, or its models have different numbers of atoms.
    pub fn open(path: &Path) -> Result<Self, TrajectoryError> {
        let malformed = |reason: String| TrajectoryError::malformed(path, TrajectoryFormat::Pdb, reason);
        let file = File::open(path).map_err(TrajectoryError::io("open", path))?;
        let mut lines = BufReader::with_capacity(1 << 16, file);
        let mut models: Vec<ModelEntry> = Vec::new();
        let mut atoms = 0;
        let mut cell_angstrom = None;
        // The model being read: first atom line, atoms so far, end of the last atom line.
        let mut current: Option<(u64, usize, u64)> = None;
        let mut in_model_record = false;
        let mut next_time_ps = None;
        let mut at = 0u64;
        // End of what belongs to complete models: after an ENDMDL, or an END.
        let mut end = 0u64;
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut lines).take(LONGEST_LINE).read_until(b'\n', &mut line);
            let read = read.map_err(TrajectoryError::io("read", path))? as u64;
            if read == LONGEST_LINE && line.last() != Some(&b'\n') {
                return Err(malformed(format!("a line is longer than {LONGEST_LINE} bytes")));
            }
            let start = at;
            at += read;
            let kind = if read == 0 { Line::FileEnd } else { classify(&line) };
            match kind {
                Line::Atom => {
                    let (_, count, last) = current.get_or_insert((start, 0, at));
                    *count += 1;
                    *last = at;
                }
                Line::ModelEnd | Line::ModelStart | Line::FileEnd => {
                    // Without a MODEL record, END or the end of the file closes the only model.
                    let closed = matches!(kind, Line::ModelEnd) || !in_model_record;
                    if let Some((first, count, last)) = current.take_if(|_| closed) {
                        if models.is_empty() {
                            atoms = count;
                        } else if count != atoms {
                            let model = models.len() + 1;
                            return Err(malformed(format!(
                                "model {model} has {count} atoms, those before have {atoms}"
                            )));
                        }
                        models.push(ModelEntry { start: first, end: last, time_ps: next_time_ps.take() });
                        end = at;
                    }
                    if matches!(kind, Line::ModelStart) {
                        current = None;
                        in_model_record = true;
                    } else if matches!(kind, Line::ModelEnd) {
                        in_model_record = false;
                    }
                }
                Line::Time(time_ps) => next_time_ps = Some(time_ps),
                Line::Cell(cell) => cell_angstrom = cell_angstrom.or(cell_if_present(cell)),
                Line::Other => {}
            }
            let whole_line = line.is_empty() || line.ends_with(b"\n");
            if current.is_none() && !in_model_record && whole_line && !matches!(kind, Line::Time(_)) {
                end = at;
            }
            if read == 0 {
                break;
            }
        }
        let begun = in_model_record || next_time_ps.is_some();
        if models.is_empty() && current.is_none() && !begun {
            let reason = if at == 0 { "it is empty" } else { "it has no ATOM records" };
            return Err(malformed(reason.to_owned()));
        }
        let file = lines.into_inner();
        Ok(Self {
            path: path.to_path_buf(),
            file,
            atoms: if models.is_empty() { current.map_or(0, |(_, count, _)| count) } else { atoms },
            models,
            cell_angstrom,
            tail_bytes: at - end,
            buffer: Vec::new(),
        })
    }

    /// Complete models.
    pub fn frame_count(&self) -> usize {
        self.models.len()
    }

    /// Atoms in every model, ATOM and HETATM.
    pub fn atom_count(&self) -> usize {
        self.atoms
    }

    /// Time of model `index`, ps, where a TITLE record tells it.
    pub fn time_ps(&self, index: usize) -> Option<f64> {
        self.models.get(index)?.time_ps
    }

    /// Bytes after the last complete model; usually 0.
    pub fn tail_bytes(&self) -> u64 {
        self.tail_bytes
    }

    /// Where the last atom record of model `index` ends.
    pub(super) fn end_of_model(&self, index: usize) -> Option<u64> {
        self.models.get(index).map(|model| model.end)
    }

    /// Reads model `index` into `frame`, whose buffer is reused.
    ///
    /// # Errors
    /// If there is no such model, or a coordinate is not a number.
    pub fn read_frame(&mut self, index: usize, frame: &mut Frame) -> Result<(), TrajectoryError> {
        let model = *self.models.get(index).ok_or_else(|| TrajectoryError::NoSuchFrame {
            path: self.path.clone(),
            index,
            frames: self.models.len(),
        })?;
        self.buffer.clear();
        self.file.seek(SeekFrom::Start(model.start)).map_err(TrajectoryError::io("read", &self.path))?;
        let mut part = (&mut self.file).take(model.end - model.start);
        part.read_to_end(&mut self.buffer).map_err(TrajectoryError::io("read", &self.path))?;
        let malformed = |reason: String| {
            let reason = format!("model {}: {reason}", index + 1);
            TrajectoryError::malformed(&self.path, TrajectoryFormat::Pdb, reason)
        };
        frame.positions_angstrom.clear();
        for line in self.buffer.split(|&byte| byte == b'\n') {
            if !matches!(classify(line), Line::Atom) {
                continue;
            }
            let mut position = [0.0; 3];
            for (axis, value) in position.iter_mut().enumerate() {
                let column = 30 + 8 * axis;
                *value = number(line, column, column + 8).ok_or_else(|| {
                    let atom = frame.positions_angstrom.len() + 1;
                    malformed(format!(
                        "atom record {atom} has no number in columns {} to {}",
                        column + 1,
                        column + 8
                    ))
                })?;
            }
            frame.positions_angstrom.push(position);
        }
        if frame.positions_angstrom.len() != self.atoms {
            return Err(malformed("it changed while it was being read".to_owned()));
        }
        frame.time_ps = model.time_ps;
        frame.cell_angstrom = self.cell_angstrom;
        Ok(())
    }
}

fn classify(line: &[u8]) -> Line {
    if line.starts_with(b"ATOM ") || line.starts_with(b"HETATM") {
        return Line::Atom;
    }
    let keyword = line.get(..6).unwrap_or(line).trim_ascii();
    match keyword {
        b"MODEL" => Line::ModelStart,
        b"ENDMDL" => Line::ModelEnd,
        b"END" => Line::FileEnd,
        b"TITLE" => time_in_title(line).map_or(Line::Other, Line::Time),
        b"CRYST1" => cell(line).map_or(Line::Other, Line::Cell),
        _ => Line::Other,
    }
}

/// The number after `t=`.
fn time_in_title(line: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(line).ok()?;
    let (_, after) = text.rsplit_once(" t=")?;
    after.split_whitespace().next()?.parse().ok().filter(|t: &f64| t.is_finite())
}

fn cell(line: &[u8]) -> Option<[[f32; 3]; 3]> {
    let at = |start, end| number(line, start, end).map(f64::from);
    let lengths = [at(6, 15)?, at(15, 24)?, at(24, 33)?];
    // 1 Å is what programs write that have no cell but want the record.
    if lengths.iter().all(|&x| x <= 1.0) {
        return None;
    }
    Some(cell_from_lengths(lengths, [at(33, 40)?, at(40, 47)?, at(47, 54)?]))
}

fn number(line: &[u8], start: usize, end: usize) -> Option<f32> {
    let columns = line.get(start..end.min(line.len()))?;
    std::str::from_utf8(columns).ok()?.trim().parse().ok()
}
