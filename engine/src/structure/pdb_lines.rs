//! Lines of the PDB format and what they mean for models, one reading for structures and trajectories alike.

use std::io::{self, BufRead};

use super::cell::{Cell, cell_from_lengths, cell_if_present};

/// No column that we read lies beyond; longer lines (notes of programs) are read and cut.
const KEPT_BYTES: usize = 256;

/// Longer lines come in several pieces, so that what has no line ends is not read to its end.
const MOST_LINE_BYTES: u64 = 1 << 20;

/// Byte order mark that some editors put in front of a text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How gzipped data begin.
pub(crate) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Most bytes that so many gzipped ones are unpacked to: text of atoms shrinks to a tenth at most. What shrinks to
/// less than a hundredth, and is large, was made to fill a machine.
pub(crate) fn most_unpacked(packed_bytes: u64) -> u64 {
    packed_bytes.saturating_mul(100).max(64 << 20)
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// ATOM or HETATM.
    Atom,
    /// TER.
    Ter,
    /// MODEL.
    Model,
    /// ENDMDL or END.
    ModelEnd,
    /// TITLE.
    Title,
    /// CRYST1.
    Cell,
    /// HEADER.
    Header,
    /// REMARK.
    Remark,
    /// Anything else.
    Other,
}

/// Tells what a line is by its first columns.
pub(crate) fn record(line: &[u8]) -> Record {
    // Serial numbers from a million on begin where the blanks of the name end: ATOM1000000.
    let is_atom = line.starts_with(b"ATOM") && matches!(line.get(4), Some(b' ' | b'0'..=b'9'));
    if is_atom || line.starts_with(b"HETATM") {
        return Record::Atom;
    }
    match line.get(..6).unwrap_or(line).trim_ascii() {
        b"TER" => Record::Ter,
        b"MODEL" => Record::Model,
        b"ENDMDL" | b"END" => Record::ModelEnd,
        b"TITLE" => Record::Title,
        b"CRYST1" => Record::Cell,
        b"HEADER" => Record::Header,
        b"REMARK" => Record::Remark,
        _ => Record::Other,
    }
}

/// Where one model ends and the next begins: MODEL begins one, ENDMDL, END and the next MODEL end one, and
/// atoms without a MODEL record are a model as well.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ModelSplitter {
    open: bool,
    in_record: bool,
}

/// What a line did to the models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// An atom, the first of a model.
    FirstAtom,
    /// An atom of the open model.
    NextAtom,
    /// The open model is complete.
    Closed,
    /// A MODEL record came while a model was open that itself began with one.
    ClosedByNext,
    /// Nothing.
    Nothing,
}

impl ModelSplitter {
    /// Takes the next line.
    pub fn step(&mut self, record: Record) -> Step {
        match record {
            Record::Atom if self.open => Step::NextAtom,
            Record::Atom => {
                self.open = true;
                Step::FirstAtom
            }
            Record::ModelEnd => {
                self.in_record = false;
                if std::mem::take(&mut self.open) { Step::Closed } else { Step::Nothing }
            }
            Record::Model => {
                let within = std::mem::replace(&mut self.in_record, true);
                match std::mem::take(&mut self.open) {
                    true if within => Step::ClosedByNext,
                    true => Step::Closed,
                    false => Step::Nothing,
                }
            }
            _ => Step::Nothing,
        }
    }

    /// Whether a MODEL record waits for its end.
    pub fn in_record(&self) -> bool {
        self.in_record
    }
}

/// The number after `t=` in a TITLE record, as GROMACS writes times in ps.
pub(crate) fn time_in_title(line: &[u8]) -> Option<f64> {
    let text = String::from_utf8_lossy(line);
    let (_, after) = text.rsplit_once(" t=")?;
    after.split_whitespace().next()?.parse().ok().filter(|t: &f64| t.is_finite())
}

/// The cell of a CRYST1 record; `None` where the record is only there because the format demands it.
pub(crate) fn cell_in(line: &[u8]) -> Option<Cell> {
    cell_of(lengths_and_angles(line)?)
}

/// Edges in Å and angles in degrees of a CRYST1 record.
pub(crate) fn lengths_and_angles(line: &[u8]) -> Option<[f64; 6]> {
    let mut numbers = [0.0; 6];
    for (value, columns) in numbers.iter_mut().zip([6, 15, 24, 33, 40, 47, 54].windows(2)) {
        *value = number(line, columns[0], columns[1]).filter(|x| x.is_finite())?;
    }
    Some(numbers)
}

/// The cell of edges and angles; 1 Å is what programs write that have no cell but want the record.
pub(crate) fn cell_of([a, b, c, alpha, beta, gamma]: [f64; 6]) -> Option<Cell> {
    if [a, b, c].iter().all(|&x| x <= 1.0) {
        return None;
    }
    cell_if_present(cell_from_lengths([a, b, c], [alpha, beta, gamma]))
}

/// The columns `start..end`, counted from 0, without blanks around.
pub(crate) fn columns(line: &[u8], start: usize, end: usize) -> &[u8] {
    let end = end.min(line.len());
    if start < end { line[start..end].trim_ascii() } else { &[] }
}

/// The number in the columns `start..end`, if there is one.
pub(crate) fn number(line: &[u8], start: usize, end: usize) -> Option<f64> {
    std::str::from_utf8(columns(line, start, end)).ok()?.parse().ok()
}

/// Lines of a text in memory, whatever ends them (LF, CR LF or CR), without their ends.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        rest = match after {
            [b'\r', b'\n', after @ ..] | [b'\r' | b'\n', after @ ..] => after,
            _ => &[],
        };
        Some(line)
    })
}

/// Where a line lies in its file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Offset of its first byte.
    pub start: u64,
    /// Offset after its end.
    pub end: u64,
    /// Whether it ends as lines do, and not where the file was cut off.
    pub closed: bool,
}

/// Reads lines of any length one after the other and keeps the columns that matter.
#[derive(Debug)]
pub(crate) struct LineReader<R> {
    inner: R,
    at: u64,
}

impl<R: BufRead> LineReader<R> {
    /// Starts at a byte that counts as offset `at`.
    pub fn new(inner: R, at: u64) -> Self {
        Self { inner, at }
    }

    /// Offset of the next byte.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Leaves out what comes before an offset.
    ///
    /// # Errors
    /// When reading fails.
    pub fn skip_to(&mut self, offset: u64) -> io::Result<()> {
        while self.at < offset {
            let available = self.inner.fill_buf()?.len();
            let step = available.min(usize::try_from(offset - self.at).unwrap_or(usize::MAX));
            if step == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.inner.consume(step);
            self.at += step as u64;
        }
        Ok(())
    }

    /// Reads the next line into `line`, without its end and without the byte order mark of a file; `None` at the end
    /// of the file.
    ///
    /// # Errors
    /// When reading fails.
    pub fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Option<Span>> {
        let span = self.next_piece(line)?;
        if span.is_some_and(|span| span.start == 0) && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(span)
    }

    fn next_piece(&mut self, line: &mut Vec<u8>) -> io::Result<Option<Span>> {
        line.clear();
        let start = self.at;
        loop {
            let buffer = self.inner.fill_buf()?;
            if buffer.is_empty() {
                let span = Span { start, end: self.at, closed: false };
                return Ok((self.at > start).then_some(span));
            }
            let end = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let text = &buffer[..end.unwrap_or(buffer.len())];
            line.extend(&text[..text.len().min(KEPT_BYTES - line.len())]);
            let (mut taken, carriage_return) = (text.len(), end.is_some_and(|end| buffer[end] == b'\r'));
            taken += usize::from(end.is_some());
            self.inner.consume(taken);
            self.at += taken as u64;
            if carriage_return && self.inner.fill_buf()?.first() == Some(&b'\n') {
                self.inner.consume(1);
                self.at += 1;
            }
            if end.is_some() || self.at - start >= MOST_LINE_BYTES {
                return Ok(Some(Span { start, end: self.at, closed: true }));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_on_any_system_and_may_be_long() {
        let long = "x".repeat(5000);
        let text = format!("a\nb\r\nc\rd\n\ne{long}\nlast");
        let expected = ["a", "b", "c", "d", "", &format!("e{long}"), "last"];
        let found: Vec<&[u8]> = lines(text.as_bytes()).collect();
        assert_eq!(found, expected.map(str::as_bytes));
        // Through a buffer of 3 bytes, so that ends fall on its edges.
        let mut reader = LineReader::new(io::BufReader::with_capacity(3, text.as_bytes()), 0);
        let (mut line, mut at) = (Vec::new(), 0);
        for expected in expected {
            let span = reader.next(&mut line).unwrap().unwrap();
            assert_eq!((line.as_slice(), span.start), (&expected.as_bytes()[..expected.len().min(256)], at));
            at = span.end;
            assert_eq!(span.closed, expected != "last");
        }
        assert!(reader.next(&mut line).unwrap().is_none() && at == text.len() as u64);
    }

    /// As gemmi and MDAnalysis read them.
    #[test]
    fn atoms_are_told_whatever_their_serial_number() {
        for line in ["ATOM      1  N", "ATOM 999999  N", "ATOM1000000  N", "ATOM  *****  N", "HETATM    1  N"]
        {
            assert_eq!(record(line.as_bytes()), Record::Atom, "{line}");
        }
        for line in ["ATOMS", "ATOM", "ATOMIC 1", "HETNAM", "ANISOU    1  N"] {
            assert_eq!(record(line.as_bytes()), Record::Other, "{line}");
        }
    }

    #[test]
    fn models_end_in_every_way_that_programs_write() {
        let count = |text: &str| {
            let mut splitter = ModelSplitter::default();
            lines(text.as_bytes()).filter(|line| splitter.step(record(line)) == Step::FirstAtom).count()
        };
        let atom = "ATOM      1\n";
        assert_eq!(count(&format!("MODEL 1\n{atom}{atom}ENDMDL\nMODEL 2\n{atom}ENDMDL\nEND\n")), 2);
        assert_eq!(count(&format!("MODEL 1\n{atom}END\nMODEL 2\n{atom}END\n")), 2);
        assert_eq!(count(&format!("MODEL 1\n{atom}MODEL 2\n{atom}MODEL 3\n{atom}")), 3);
        assert_eq!(count(&format!("{atom}END\n{atom}END\n")), 2);
        assert_eq!(count(&format!("{atom}ENDMDL\n{atom}ENDMDL\n")), 2);
        assert_eq!(count(&format!("MODEL 1\n{atom}TER\nENDMDL\nEND\n")), 1);
    }
}
