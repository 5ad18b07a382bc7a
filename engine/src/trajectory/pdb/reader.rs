//! Random access to the models of a PDB file, gzipped or not, through an index of their offsets.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::regular_file::open_regular;
use crate::structure::cell::Cell;
use crate::structure::pdb_columns::in_columns;
use crate::structure::pdb_lines::{
    GZIP, LineReader, ModelSplitter, Record, Step, cell_in, columns, most_unpacked, number, record,
    time_in_title,
};
use crate::trajectory::error::TrajectoryError;
use crate::trajectory::format::TrajectoryFormat;
use crate::trajectory::frame::Frame;
use crate::trajectory::malformation::{Malformation, PdbProblem};

/// Most atoms of a model; what claims more is no molecule.
const MOST_ATOMS: usize = 50_000_000;

/// Atom name, alternate location, residue name, chain, residue number, insertion code: the columns 13 to 27.
type Identity = [u8; 15];

/// Where one model's atoms lie in the file.
#[derive(Clone, Copy, Debug)]
struct ModelEntry {
    start: u64,
    /// After its last atom record.
    end: u64,
    time_ps: Option<f64>,
    cell_angstrom: Option<Cell>,
    /// Hashes of all its atoms' identities, and of their atom and residue names alone.
    identities: u64,
    names: u64,
}

/// A reader of PDB files with any number of models.
#[derive(Debug)]
pub struct PdbReader {
    path: PathBuf,
    content: Content,
    atoms: usize,
    models: Vec<ModelEntry>,
    /// Atoms of the first model, whose order all frames have.
    first: Vec<Identity>,
    tail_bytes: u64,
}

/// Where lines come from.
#[allow(clippy::large_enum_variant)] // one a reader, and never moved
#[derive(Debug)]
enum Content {
    Plain(File),
    /// Gzipped data are read from the start whenever an earlier model is wanted.
    Packed(Option<PackedLines>),
}

type PackedLines = LineReader<BufReader<MultiGzDecoder<File>>>;

/// A model that is being indexed.
struct Current {
    start: u64,
    end: u64,
    atoms: usize,
    identities: DefaultHasher,
    names: DefaultHasher,
}

impl PdbReader {
    /// Opens a file and indexes its models. A model that lacks its end is cut off and left out, see
    /// [`PdbReader::tail_bytes`].
    ///
    /// # Errors
    /// If the file cannot be read, holds no atoms, or its models have different numbers of atoms.
    pub fn open(path: &Path) -> Result<Self, TrajectoryError> {
        let mut file = open_file(path)?;
        let mut magic = Vec::new();
        (&mut file).take(2).read_to_end(&mut magic).map_err(TrajectoryError::io("read", path))?;
        file.seek(SeekFrom::Start(0)).map_err(TrajectoryError::io("read", path))?;
        if magic == GZIP {
            let bytes = file.metadata().map_err(TrajectoryError::io("read", path))?.len();
            return Self::index(path, packed_lines(file), most_unpacked(bytes), Content::Packed(None));
        }
        let own = file.try_clone().map_err(TrajectoryError::io("open", path))?;
        let lines = LineReader::new(BufReader::with_capacity(1 << 16, file), 0);
        Self::index(path, lines, u64::MAX, Content::Plain(own))
    }

    fn index<R: BufRead>(
        path: &Path,
        mut lines: LineReader<R>,
        most_bytes: u64,
        content: Content,
    ) -> Result<Self, TrajectoryError> {
        let malformed = |problem: PdbProblem| TrajectoryError::malformed(path, problem);
        let packed = matches!(content, Content::Packed(_));
        let mut index = Self {
            path: path.to_path_buf(),
            content,
            atoms: 0,
            models: Vec::new(),
            first: Vec::new(),
            tail_bytes: 0,
        };
        let mut splitter = ModelSplitter::default();
        let mut current: Option<Current> = None;
        let (mut cell, mut next_time_ps) = (None, None);
        let mut cell_is_last = false;
        // Whether all models so far ended where the next one began.
        let mut ended_by_next = true;
        let (mut at, mut end, mut line_closed) = (0, 0, true);
        let mut line = Vec::new();
        while let Some(span) = lines.next(&mut line).map_err(|error| match packed {
            true => malformed(PdbProblem::DamagedGzip),
            false => TrajectoryError::io("read", path)(error),
        })? {
            if span.end > most_bytes {
                return Err(malformed(PdbProblem::Inflated { most_bytes }));
            }
            if line.contains(&0) {
                return Err(malformed(PdbProblem::NoText));
            }
            at = span.end;
            line_closed = span.closed;
            let kind = record(&line);
            match splitter.step(kind) {
                Step::FirstAtom => {
                    let (identities, names) = (DefaultHasher::new(), DefaultHasher::new());
                    let mut begun = Current { start: span.start, end: at, atoms: 0, identities, names };
                    index.add(&mut begun, &line, at);
                    current = Some(begun);
                }
                Step::NextAtom => {
                    if let Some(current) = &mut current {
                        index.add(current, &line, at);
                        if current.atoms > MOST_ATOMS {
                            return Err(malformed(PdbProblem::TooManyAtoms { most: MOST_ATOMS }));
                        }
                    }
                }
                step @ (Step::Closed | Step::ClosedByNext) => {
                    ended_by_next &= step == Step::ClosedByNext;
                    if let Some(model) = current.take() {
                        let fits = index.models.is_empty() || model.atoms == index.atoms;
                        if fits {
                            index.push(model, next_time_ps.take(), cell);
                            end = if step == Step::Closed { at } else { span.start };
                        } else if step == Step::Closed {
                            return Err(malformed(index.other_atoms(&model)));
                        }
                    }
                }
                Step::Nothing => match kind {
                    Record::Title => next_time_ps = time_in_title(&line).or(next_time_ps),
                    Record::Cell => cell = cell_in(&line),
                    _ => {}
                },
            }
            cell_is_last = match kind {
                Record::Cell => current.is_none() && !splitter.in_record(),
                Record::Atom | Record::Model => false,
                _ => cell_is_last,
            };
            if current.is_none() && !splitter.in_record() && span.closed && next_time_ps.is_none() {
                end = at;
            }
        }
        let unended = index.models.is_empty() || !ended_by_next;
        let cut_off =
            |model: &Current| splitter.in_record() && (unended || !line_closed || model.atoms != index.atoms);
        if let Some(model) = current.take_if(|model| !cut_off(model)) {
            if !index.models.is_empty() && model.atoms != index.atoms {
                return Err(malformed(index.other_atoms(&model)));
            }
            index.push(model, next_time_ps.take(), cell);
            end = at;
        }
        let begun = splitter.in_record() || next_time_ps.is_some();
        if index.models.is_empty() && current.is_none() && !begun {
            return Err(match at {
                0 => TrajectoryError::malformed(path, Malformation::Empty(TrajectoryFormat::Pdb)),
                _ => malformed(PdbProblem::NoAtoms),
            });
        }
        if index.models.is_empty() {
            index.atoms = current.map_or(0, |model| model.atoms);
        }
        if cell_is_last {
            index.move_cells_back(cell);
        }
        index.tail_bytes = at - end;
        Ok(index)
    }

    fn add(&mut self, model: &mut Current, line: &[u8], end: u64) {
        let identity = identity(&in_columns(line));
        model.identities.write(&identity);
        model.names.write(&identity[..4]);
        model.names.write(&identity[5..9]);
        if self.models.is_empty() {
            self.first.push(identity);
        }
        model.atoms += 1;
        model.end = end;
    }

    fn push(&mut self, model: Current, time_ps: Option<f64>, cell_angstrom: Option<Cell>) {
        if self.models.is_empty() {
            self.atoms = model.atoms;
            // What came before belongs to a model that was cut off.
            self.first.drain(..self.first.len() - model.atoms);
        }
        self.models.push(ModelEntry {
            start: model.start,
            end: model.end,
            time_ps,
            cell_angstrom,
            identities: model.identities.finish(),
            names: model.names.finish(),
        });
    }

    /// Where the first model has no cell and the last is followed by one, all models are followed by theirs.
    fn move_cells_back(&mut self, last: Option<Cell>) {
        if self.models.first().is_some_and(|model| model.cell_angstrom.is_none()) {
            let mut cells: Vec<_> = self.models.iter().skip(1).map(|model| model.cell_angstrom).collect();
            cells.push(last);
            self.models.iter_mut().zip(cells).for_each(|(model, cell)| model.cell_angstrom = cell);
        }
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

    /// Bytes after the last complete model, unpacked; usually 0.
    pub fn tail_bytes(&self) -> u64 {
        self.tail_bytes
    }

    /// Where the last atom record of model `index` ends.
    pub(super) fn end_of_model(&self, index: usize) -> Option<u64> {
        self.models.get(index).map(|model| model.end)
    }

    /// Name of atom `index` in all frames.
    pub(crate) fn atom_name(&self, index: usize) -> Option<&[u8]> {
        self.first.get(index).map(|identity| identity[..4].trim_ascii())
    }

    /// The atom records of the first model.
    pub(crate) fn first_model(&mut self) -> Result<Vec<u8>, TrajectoryError> {
        let mut text = Vec::new();
        if let Some(&model) = self.models.first() {
            self.for_lines(model, |line| {
                text.extend(line);
                text.push(b'\n');
                Ok(())
            })?;
        }
        Ok(text)
    }

    /// Reads model `index` into `frame`, whose buffer is reused. Atoms stand in the order of the first model,
    /// whatever their order in this one.
    ///
    /// # Errors
    /// If there is no such model, a coordinate is not a number, or its atoms are not those of the first.
    pub fn read_frame(&mut self, index: usize, frame: &mut Frame) -> Result<(), TrajectoryError> {
        let model = *self.models.get(index).ok_or_else(|| TrajectoryError::NoSuchFrame {
            path: self.path.clone(),
            index,
            frames: self.models.len(),
        })?;
        let path = self.path.clone();
        let malformed =
            |problem: fn(usize) -> PdbProblem| TrajectoryError::malformed(&path, problem(index + 1));
        let same_order = self.models.first().is_some_and(|first| first.identities == model.identities);
        let mut identities = Vec::new();
        let positions = &mut frame.positions_angstrom;
        positions.clear();
        self.for_lines(model, |line| {
            if record(line) != Record::Atom {
                return Ok(());
            }
            let line = in_columns(line);
            let mut position = [0.0; 3];
            for (axis, value) in position.iter_mut().enumerate() {
                let column = 30 + 8 * axis;
                *value = number(&line, column, column + 8).ok_or_else(|| {
                    let (model, atom) = (index + 1, positions.len() + 1);
                    TrajectoryError::malformed(
                        &path,
                        PdbProblem::NoNumber { model, atom, column: column + 1 },
                    )
                })? as f32;
            }
            positions.push(position);
            if !same_order {
                identities.push(identity(&line));
            }
            Ok(())
        })?;
        if positions.len() != self.atoms {
            return Err(malformed(|model| PdbProblem::Changed { model }));
        }
        if !same_order {
            match self.places(&identities) {
                Some(places) => {
                    let read = positions.clone();
                    places.iter().zip(read).for_each(|(&place, position)| positions[place] = position);
                }
                // Only numbers or chains differ.
                None if self.models.first().is_some_and(|first| first.names == model.names) => {}
                None => return Err(malformed(|model| PdbProblem::NotOfFirst { model })),
            }
        }
        frame.time_ps = model.time_ps;
        frame.cell_angstrom = model.cell_angstrom;
        Ok(())
    }

    /// For atoms in another order, their places in the first model; `None` unless it is the same atoms, each
    /// once.
    fn places(&self, identities: &[Identity]) -> Option<Vec<usize>> {
        let mut known: HashMap<&Identity, usize> =
            self.first.iter().enumerate().map(|(place, identity)| (identity, place)).collect();
        if known.len() != self.first.len() {
            return None;
        }
        identities.iter().map(|identity| known.remove(identity)).collect()
    }

    fn other_atoms(&self, model: &Current) -> PdbProblem {
        PdbProblem::OtherAtoms { model: self.models.len() + 1, atoms: model.atoms, before: self.atoms }
    }

    fn for_lines(
        &mut self,
        model: ModelEntry,
        mut each: impl FnMut(&[u8]) -> Result<(), TrajectoryError>,
    ) -> Result<(), TrajectoryError> {
        let io = |error| TrajectoryError::io("read", &self.path)(error);
        let mut line = Vec::new();
        match &mut self.content {
            Content::Plain(file) => {
                file.seek(SeekFrom::Start(model.start)).map_err(io)?;
                let part = file.take(model.end - model.start);
                let mut lines = LineReader::new(BufReader::with_capacity(1 << 16, part), model.start);
                while lines.next(&mut line).map_err(io)?.is_some() {
                    each(&line)?;
                }
            }
            Content::Packed(kept) => {
                let usable = kept.take().filter(|lines| lines.at() <= model.start);
                let lines = match usable {
                    Some(lines) => kept.insert(lines),
                    None => kept.insert(packed_lines(open_file(&self.path)?)),
                };
                lines.skip_to(model.start).map_err(io)?;
                while lines.at() < model.end && lines.next(&mut line).map_err(io)?.is_some() {
                    each(&line)?;
                }
            }
        }
        Ok(())
    }
}

fn open_file(path: &Path) -> Result<File, TrajectoryError> {
    open_regular(path).map_err(|refused| TrajectoryError::io("open", path)(refused.into()))
}

fn packed_lines(file: File) -> PackedLines {
    LineReader::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file)), 0)
}

fn identity(line: &[u8]) -> Identity {
    let mut identity = [b' '; 15];
    for (to, &from) in identity.iter_mut().zip(line.get(12..).unwrap_or_default()) {
        *to = from;
    }
    // Atom names are shifted by a column as programs please.
    let name = columns(&identity, 0, 4).to_vec();
    identity[..4].fill(b' ');
    identity[..name.len()].copy_from_slice(&name);
    identity
}
