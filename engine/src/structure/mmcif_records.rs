//! Atom records of the mmCIF format (PDBx): the table `_atom_site` of the first data block that has one.

use std::borrow::Cow;

use super::error::StructureProblem;
use super::records::{AtomRecord, FileAtoms};

/// Whether a text is CIF: after comments it begins with a data block.
pub(super) fn is_mmcif(text: &[u8]) -> bool {
    matches!(Tokens::new(text).next(), Some(Token::Bare(word)) if starts_with(word, b"data_"))
}

/// The first value of each item before the atoms, alone or in a table; `None` where absent, `.` or `?`.
pub(super) fn first_values(text: &[u8], items: &[&str]) -> Vec<Option<String>> {
    let mut values = vec![None; items.len()];
    let mut tokens = Tokens::new(text).peekable();
    while let Some(token) = tokens.next() {
        let Token::Bare(word) = token else { continue };
        let mut tags = Vec::new();
        if word.eq_ignore_ascii_case(b"loop_") {
            while let Some(tag) = tokens.next_if(|token| matches!(token, Token::Bare([b'_', ..]))) {
                tags.push(tag);
            }
        } else if word.starts_with(b"_") {
            tags.push(token);
        }
        if tags.iter().any(|tag| matches!(tag, Token::Bare(tag) if starts_with(tag, b"_atom_site."))) {
            break;
        }
        for tag in tags {
            let Some(value) = tokens.next_if(|token| !token.ends_table()) else { break };
            if let Some(index) = items.iter().position(|item| tag.text().eq_ignore_ascii_case(item)) {
                values[index] = value.value().map(Cow::into_owned);
            }
        }
    }
    values
}

/// Reads the atoms of the first model.
///
/// # Errors
/// [`StructureProblem::MalformedTable`] when the table lacks a column or is cut off;
/// [`StructureProblem::NoAtoms`] when there is none.
pub(super) fn parse_mmcif(text: &[u8]) -> Result<FileAtoms, StructureProblem> {
    let mut tokens = Tokens::new(text).peekable();
    while let Some(token) = tokens.next() {
        if !matches!(token, Token::Bare(word) if word.eq_ignore_ascii_case(b"loop_")) {
            continue;
        }
        let mut tags = Vec::new();
        while let Some(tag) = tokens.next_if(|token| matches!(token, Token::Bare([b'_', ..]))) {
            tags.push(tag.text().to_ascii_lowercase());
        }
        if tags.iter().any(|tag| tag.starts_with("_atom_site.")) {
            let columns = Columns::new(&tags)?;
            let mut reader = TableReader::new(columns);
            let mut row = Vec::with_capacity(tags.len());
            while let Some(value) = tokens.next_if(|token| !token.ends_table()) {
                row.push(value);
                if row.len() == tags.len() {
                    reader.add(&row);
                    row.clear();
                }
            }
            if !row.is_empty() {
                return Err(StructureProblem::MalformedTable(format!(
                    "is cut off in row {}",
                    reader.rows + 1
                )));
            }
            return if reader.file.atoms.is_empty() {
                Err(StructureProblem::NoAtoms)
            } else {
                Ok(reader.file)
            };
        }
    }
    Err(StructureProblem::NoAtoms)
}

/// Positions of the columns that we read. Author's names come first, as in PDB files.
struct Columns {
    group: Option<usize>,
    atom: usize,
    residue: usize,
    chain: Option<usize>,
    number: Option<usize>,
    label_number: Option<usize>,
    insertion: Option<usize>,
    altloc: Option<usize>,
    element: Option<usize>,
    position: [usize; 3],
    occupancy: Option<usize>,
    model: Option<usize>,
}

impl Columns {
    fn new(tags: &[String]) -> Result<Self, StructureProblem> {
        let find = |names: &[&str]| {
            names.iter().find_map(|name| {
                tags.iter().position(|tag| tag.strip_prefix("_atom_site.").is_some_and(|t| t == *name))
            })
        };
        let need = |names: &[&str]| {
            find(names).ok_or_else(|| {
                StructureProblem::MalformedTable(format!("lacks the column _atom_site.{}", names[0]))
            })
        };
        Ok(Self {
            group: find(&["group_pdb"]),
            atom: need(&["label_atom_id", "auth_atom_id"])?,
            residue: need(&["label_comp_id", "auth_comp_id"])?,
            chain: find(&["auth_asym_id", "label_asym_id"]),
            number: find(&["auth_seq_id", "label_seq_id"]),
            label_number: find(&["label_seq_id"]),
            insertion: find(&["pdbx_pdb_ins_code"]),
            altloc: find(&["label_alt_id"]),
            element: find(&["type_symbol"]),
            position: [need(&["cartn_x"])?, need(&["cartn_y"])?, need(&["cartn_z"])?],
            occupancy: find(&["occupancy"]),
            model: find(&["pdbx_pdb_model_num"]),
        })
    }
}

struct TableReader {
    columns: Columns,
    file: FileAtoms,
    rows: usize,
    models: Vec<Option<String>>,
}

impl TableReader {
    fn new(columns: Columns) -> Self {
        Self { columns, file: FileAtoms::default(), rows: 0, models: Vec::new() }
    }

    fn add(&mut self, row: &[Token<'_>]) {
        self.rows += 1;
        let text = |column: Option<usize>| column.and_then(|c| row[c].value());
        let columns = &self.columns;
        let model = text(columns.model).map(Cow::into_owned);
        if self.models.last() != Some(&model) && !self.models.contains(&model) {
            self.models.push(model.clone());
            self.file.model_count = self.models.len();
        }
        if self.models.first() != Some(&model) {
            return;
        }
        let number = |column: usize| row[column].value().and_then(|t| t.parse().ok()).unwrap_or(f64::NAN);
        let hetero = text(columns.group).is_some_and(|group| group.eq_ignore_ascii_case("HETATM"));
        let in_sequence = columns.label_number.is_some_and(|c| row[c].value().is_some());
        self.file.atoms.push(AtomRecord {
            hetero,
            // Without a place in the sequence it may still be a modified residue: many programs number
            // only the standard ones, or none. Its bonds tell.
            polymer: in_sequence.then_some(true),
            name: row[columns.atom].text().into_owned(),
            altloc: text(columns.altloc).map(Cow::into_owned),
            residue_name: row[columns.residue].text().to_ascii_uppercase(),
            chain: text(columns.chain).unwrap_or_default().into_owned(),
            part: 0,
            number: text(columns.number).and_then(|t| t.parse().ok()).unwrap_or(0),
            insertion_code: text(columns.insertion).and_then(|t| t.chars().next()),
            hydrogen: text(columns.element).is_some_and(|e| matches!(&*e, "H" | "D" | "h" | "d")),
            position_angstrom: columns.position.map(number),
            occupancy: columns.occupancy.map(number).filter(|x| x.is_finite()).unwrap_or(1.0),
        });
    }
}

/// One word of a CIF file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A word without quotes: keyword, tag or value.
    Bare(&'a [u8]),
    /// A value in quotes or a text field.
    Quoted(&'a [u8]),
}

impl<'a> Token<'a> {
    fn text(&self) -> Cow<'a, str> {
        match *self {
            Token::Bare(bytes) | Token::Quoted(bytes) => String::from_utf8_lossy(bytes),
        }
    }

    /// `None` for the two signs of absence, `.` and `?`.
    fn value(&self) -> Option<Cow<'a, str>> {
        (!matches!(self, Token::Bare(b"." | b"?"))).then(|| self.text())
    }

    fn ends_table(&self) -> bool {
        match *self {
            Token::Bare([b'_', ..]) => true,
            Token::Bare(word) => {
                word.eq_ignore_ascii_case(b"loop_")
                    || word.eq_ignore_ascii_case(b"stop_")
                    || [&b"data_"[..], b"save_", b"global_"].iter().any(|key| starts_with(word, key))
            }
            Token::Quoted(_) => false,
        }
    }
}

fn starts_with(word: &[u8], prefix: &[u8]) -> bool {
    word.len() >= prefix.len() && word[..prefix.len()].eq_ignore_ascii_case(prefix)
}

/// Splits CIF into words.
struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Moves to the first position from `from` at which `stop` holds, or to the end.
    fn seek(&self, from: usize, stop: impl Fn(usize) -> bool) -> usize {
        (from..self.text.len()).find(|&i| stop(i)).unwrap_or(self.text.len())
    }

    fn at_line_start(&self, index: usize) -> bool {
        index == 0 || self.text[index - 1] == b'\n'
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let text = self.text;
        loop {
            self.at = self.seek(self.at, |i| !text[i].is_ascii_whitespace());
            match text.get(self.at)? {
                b'#' => self.at = self.seek(self.at, |i| text[i] == b'\n'),
                b';' if self.at_line_start(self.at) => {
                    let start = self.at + 1;
                    let end = self.seek(start, |i| text[i] == b';' && self.at_line_start(i));
                    self.at = (end + 1).min(text.len());
                    return Some(Token::Quoted(text[start..end].trim_ascii_end()));
                }
                &quote @ (b'\'' | b'"') => {
                    // A quote closes only before white space: 'O5'' is a name.
                    let start = self.at + 1;
                    let end = self.seek(start, |i| {
                        text[i] == b'\n'
                            || (text[i] == quote && text.get(i + 1).is_none_or(u8::is_ascii_whitespace))
                    });
                    self.at = (end + 1).min(text.len());
                    return Some(Token::Quoted(&text[start..end]));
                }
                _ => {
                    let start = self.at;
                    self.at = self.seek(start, |i| text[i].is_ascii_whitespace());
                    return Some(Token::Bare(&text[start..self.at]));
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let text = b"data_x # comment\n_a 'it''s'\n;text\nfield\n; \"a b\" 'O5'' . ?\n'cut";
        let words: Vec<_> = Tokens::new(text).collect();
        let expected = [
            Token::Bare(b"data_x"),
            Token::Bare(b"_a"),
            Token::Quoted(b"it''s"),
            Token::Quoted(b"text\nfield"),
            Token::Quoted(b"a b"),
            Token::Quoted(b"O5'"),
            Token::Bare(b"."),
            Token::Bare(b"?"),
            Token::Quoted(b"cut"),
        ];
        assert_eq!(words, expected);
    }

    const TABLE: &str = "# made by hand\ndata_TEST\n_entry.id TEST\nloop_\n_other.a\n_other.b\n1 2\nloop_\n\
        _atom_site.group_PDB\n_atom_site.id\n_atom_site.type_symbol\n_atom_site.label_atom_id\n\
        _atom_site.label_alt_id\n_atom_site.label_comp_id\n_atom_site.label_asym_id\n_atom_site.label_seq_id\n\
        _atom_site.pdbx_PDB_ins_code\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n\
        _atom_site.occupancy\n_atom_site.auth_seq_id\n_atom_site.auth_asym_id\n_atom_site.pdbx_PDB_model_num\n";

    #[test]
    fn rows() {
        let text = format!(
            "{TABLE}ATOM 1 C \"CA\" . GLY A 1 ? 1.5 -2.5 3 1.00 17 01 1\n\
             HETATM 2 O O B HOH B . A 1 ? 3 . 100 1E2 1\nATOM 3 C CA . GLY A 1 ? 9 9 9 1 17 X 2\n#\nloop_\n_z.a\n1\n"
        );
        let file = parse_mmcif(text.as_bytes()).unwrap();
        assert_eq!((file.atoms.len(), file.model_count), (2, 2));
        let [ca, water] = [&file.atoms[0], &file.atoms[1]];
        assert_eq!((ca.name.as_str(), ca.residue_name.as_str(), ca.chain.as_str()), ("CA", "GLY", "01"));
        assert_eq!((ca.number, ca.insertion_code, ca.polymer), (17, None, Some(true)));
        assert_eq!(ca.position_angstrom, [1.5, -2.5, 3.0]);
        assert_eq!((water.chain.as_str(), water.insertion_code, water.polymer), ("1E2", Some('A'), None));
        assert!(water.hetero && water.position_angstrom[1].is_nan() && water.occupancy == 1.0);
        assert_eq!(water.altloc.as_deref(), Some("B"));
    }

    #[test]
    fn damage_is_named() {
        let cut = parse_mmcif(format!("{TABLE}ATOM 1 C CA . GLY A").as_bytes()).unwrap_err();
        assert_eq!(cut.to_string(), "the mmCIF atom table is cut off in row 1");
        let text =
            b"data_x\nloop_\n_atom_site.id\n_atom_site.label_atom_id\n_atom_site.label_comp_id\n1 CA GLY\n";
        let lacking = parse_mmcif(text).unwrap_err();
        assert_eq!(lacking.to_string(), "the mmCIF atom table lacks the column _atom_site.cartn_x");
        assert!(matches!(parse_mmcif(b"data_x\n_cell.a 1\n"), Err(StructureProblem::NoAtoms)));
        assert!(!is_mmcif(b"ATOM      1  N   GLY") && is_mmcif(b"# note\n\nDATA_1abc"));
    }
}
