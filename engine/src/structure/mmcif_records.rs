//! Atom records of the mmCIF format (PDBx): the tables `_atom_site` of all data blocks. Most files have one
//! block; some programs write one for each molecule.

use std::borrow::Cow;

use super::error::{StructureProblem, TableProblem};
use super::pdb_lines::{Record, cell_of, lines, record};
use super::records::{AtomRecord, FileAtoms, LaterModel, printable};

/// Whether a text is CIF: after comments it begins with a data block, or it names columns of an atom table before it
/// holds any atoms, since some programs put something else in front.
pub(super) fn is_mmcif(text: &[u8]) -> bool {
    matches!(Tokens::new(text).next(), Some(Token::Bare(word)) if starts_with(word, b"data_"))
        || lines(text)
            .take_while(|line| record(line) != Record::Atom)
            .any(|line| starts_with(line.trim_ascii_start(), b"_atom_site."))
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

/// Reads the atoms of the first model of each data block, and the positions of all other models.
///
/// # Errors
/// As [`scan_mmcif`].
pub(super) fn parse_mmcif(text: &[u8]) -> Result<FileAtoms, StructureProblem> {
    let mut atoms = Vec::new();
    let mut later: Vec<LaterModel> = Vec::new();
    let (mut chains, mut numbers) = (0, 0);
    let mut file = scan_mmcif(text, |row| {
        if row.model > 0 {
            later.resize_with(later.len().max(row.model), LaterModel::default);
            later[row.model - 1].push(&row.record());
            return;
        }
        let columns = row.columns;
        let record = row.record();
        // A column that is not there at all needs no word; one with holes does.
        chains += usize::from(row.lacks(columns.author_chain) && !record.segment.is_empty());
        numbers += usize::from(
            columns.author_number.is_some()
                && row.integer(columns.author_number).is_none()
                && row.integer(columns.label_number).is_some(),
        );
        atoms.push(record);
    })?;
    let mut told = |atoms: usize, taken: &str, quantity: &str, lacking: &str| {
        if atoms > 0 {
            file.notices
                .push(format!("Took {taken} as the {quantity} of {atoms} atoms that have no {lacking}."));
        }
    };
    told(chains, "label_asym_id", "chain", "auth_asym_id");
    told(numbers, "label_seq_id", "residue number", "auth_seq_id");
    Ok(FileAtoms { atoms, later_models: later, ..file })
}

/// Calls `each` with every row of every atom table; gives the number of models, the cell and what is to be told.
///
/// # Errors
/// [`StructureProblem::MalformedTable`] when a table lacks a column or is cut off;
/// [`StructureProblem::NoAtoms`] when there is none.
pub(super) fn scan_mmcif(
    text: &[u8],
    mut each: impl FnMut(&Row<'_, '_>),
) -> Result<FileAtoms, StructureProblem> {
    let mut tokens = Tokens::new(text).peekable();
    let mut file = FileAtoms::default();
    let mut tables = 0;
    // What stands between `save_NAME` and `save_` is a definition, as in dictionaries, and no part of the block.
    let mut within_definition = false;
    while let Some(token) = tokens.next() {
        let Token::Bare(word) = token else { continue };
        if starts_with(word, b"save_") {
            within_definition = word.len() > b"save_".len();
        }
        if within_definition || !word.eq_ignore_ascii_case(b"loop_") {
            continue;
        }
        let mut tags = Vec::new();
        while let Some(tag) = tokens.next_if(|token| matches!(token, Token::Bare([b'_', ..]))) {
            tags.push(tag.text().to_ascii_lowercase());
        }
        if !tags.iter().any(|tag| tag.starts_with("_atom_site.")) {
            continue;
        }
        let columns = Columns::new(&tags)?;
        let mut models: Vec<Option<String>> = Vec::new();
        let mut rows = 0;
        let mut values = Vec::with_capacity(tags.len());
        while let Some(value) = tokens.next_if(|token| !token.ends_table()) {
            values.push(value);
            if values.len() < tags.len() {
                continue;
            }
            let mut row = Row { columns: &columns, values: &values, table: tables, model: 0 };
            let model = row.text(columns.model);
            row.model = models.iter().position(|known| *known == model).unwrap_or(models.len());
            if row.model == models.len() {
                models.push(model);
            }
            each(&row);
            rows += 1;
            values.clear();
        }
        if !values.is_empty() {
            return Err(StructureProblem::MalformedTable(TableProblem::CutOff { row: rows + 1 }));
        }
        tables += usize::from(rows > 0);
        file.model_count = file.model_count.max(models.len());
    }
    if tables == 0 {
        return Err(StructureProblem::NoAtoms);
    }
    file.cell_angstrom = lengths_and_angles(text).and_then(cell_of);
    if tables > 1 {
        file.notices.push(format!("Read the atoms of all {tables} data blocks of the file."));
    }
    Ok(file)
}

/// One row of an atom table.
pub(super) struct Row<'a, 't> {
    /// Where the columns are.
    pub columns: &'a Columns,
    values: &'a [Token<'t>],
    /// Which table of the file it stands in, from 0.
    pub table: usize,
    /// Which model of the table it belongs to, from 0.
    pub model: usize,
}

impl Row<'_, '_> {
    /// The text of a column; `None` where it is absent, `.` or `?`.
    pub fn text(&self, column: Option<usize>) -> Option<String> {
        column.and_then(|c| self.values[c].value()).map(|text| printable(&text))
    }

    /// The text of the first of two columns that has one.
    pub fn either(&self, columns: [Option<usize>; 2]) -> Option<String> {
        columns.into_iter().find_map(|column| self.text(column))
    }

    /// The whole number of a column.
    pub fn integer(&self, column: Option<usize>) -> Option<i32> {
        self.text(column).and_then(|text| text.parse().ok())
    }

    /// Whether a column is there and this row has nothing in it.
    pub fn lacks(&self, column: Option<usize>) -> bool {
        column.is_some() && self.text(column).is_none()
    }

    fn number(&self, column: usize) -> f64 {
        self.values[column].value().and_then(|text| number(&text)).unwrap_or(f64::NAN)
    }

    fn position(&self) -> [f64; 3] {
        self.columns.position.map(|column| self.number(column))
    }

    fn record(&self) -> AtomRecord {
        let columns = self.columns;
        AtomRecord {
            hetero: self.text(columns.group).is_some_and(|group| group.eq_ignore_ascii_case("HETATM")),
            // Without a place in the sequence it may still be a modified residue: many programs number
            // only the standard ones, or none. Its bonds tell.
            in_sequence: self.text(columns.label_number).is_some(),
            name: self.either(columns.atom).unwrap_or_default(),
            altloc: self.text(columns.altloc),
            residue_name: self.either(columns.residue).unwrap_or_default().to_ascii_uppercase(),
            chain: self.either([columns.author_chain, columns.label_chain]).unwrap_or_default(),
            segment: self.text(columns.label_chain).unwrap_or_default(),
            part: self.table,
            number: self.integer(columns.author_number).or_else(|| self.integer(columns.label_number)),
            insertion_code: self.text(columns.insertion).and_then(|text| text.chars().next()),
            hydrogen: self.text(columns.element).is_some_and(|e| matches!(&*e, "H" | "D" | "h" | "d")),
            position_angstrom: self.position(),
            occupancy: columns.occupancy.map(|c| self.number(c)).filter(|x| x.is_finite()).unwrap_or(1.0),
        }
    }
}

/// Edges in Å and angles in degrees of the cell.
pub(super) fn lengths_and_angles(text: &[u8]) -> Option<[f64; 6]> {
    const ITEMS: [&str; 6] = [
        "_cell.length_a",
        "_cell.length_b",
        "_cell.length_c",
        "_cell.angle_alpha",
        "_cell.angle_beta",
        "_cell.angle_gamma",
    ];
    let mut numbers = [0.0; 6];
    for (number, value) in numbers.iter_mut().zip(first_values(text, &ITEMS)) {
        *number = self::number(&value?).filter(|x| x.is_finite())?;
    }
    Some(numbers)
}

/// A number, which may carry its standard uncertainty: `25.824(4)`.
fn number(text: &str) -> Option<f64> {
    let digits = match text.split_once('(') {
        Some((digits, rest)) => {
            let uncertainty = rest.strip_suffix(')')?;
            (!uncertainty.is_empty() && uncertainty.bytes().all(|b| b.is_ascii_digit())).then_some(digits)?
        }
        None => text,
    };
    digits.parse().ok()
}

/// Positions of the columns that we read. Author's names come first, as in PDB files; where a value is
/// missing, that of the dictionary's own numbering stands in.
pub(super) struct Columns {
    pub group: Option<usize>,
    pub atom: [Option<usize>; 2],
    pub residue: [Option<usize>; 2],
    pub author_chain: Option<usize>,
    pub label_chain: Option<usize>,
    pub author_number: Option<usize>,
    pub label_number: Option<usize>,
    pub insertion: Option<usize>,
    pub altloc: Option<usize>,
    pub element: Option<usize>,
    pub position: [usize; 3],
    pub occupancy: Option<usize>,
    model: Option<usize>,
}

impl Columns {
    fn new(tags: &[String]) -> Result<Self, StructureProblem> {
        let find = |name: &str| {
            tags.iter().position(|tag| tag.strip_prefix("_atom_site.").is_some_and(|t| t == name))
        };
        let lacking = |name| StructureProblem::MalformedTable(TableProblem::NoColumn(name));
        let need = |name: &'static str| find(name).ok_or_else(|| lacking(name));
        let either = |label: &'static str, author: &str| match [find(label), find(author)] {
            [None, None] => Err(lacking(label)),
            columns => Ok(columns),
        };
        Ok(Self {
            group: find("group_pdb"),
            atom: either("label_atom_id", "auth_atom_id")?,
            residue: either("label_comp_id", "auth_comp_id")?,
            author_chain: find("auth_asym_id"),
            label_chain: find("label_asym_id"),
            author_number: find("auth_seq_id"),
            label_number: find("label_seq_id"),
            insertion: find("pdbx_pdb_ins_code"),
            altloc: find("label_alt_id"),
            element: find("type_symbol"),
            position: [need("cartn_x")?, need("cartn_y")?, need("cartn_z")?],
            occupancy: find("occupancy"),
            model: find("pdbx_pdb_model_num"),
        })
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
        index == 0 || matches!(self.text[index - 1], b'\n' | b'\r')
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let text = self.text;
        loop {
            self.at = self.seek(self.at, |i| !text[i].is_ascii_whitespace());
            match text.get(self.at)? {
                b'#' => self.at = self.seek(self.at, |i| matches!(text[i], b'\n' | b'\r')),
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
                        matches!(text[i], b'\n' | b'\r')
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
        assert_eq!((ca.number, ca.insertion_code, ca.in_sequence), (Some(17), None, true));
        assert_eq!(ca.position_angstrom, [1.5, -2.5, 3.0]);
        assert_eq!((water.chain.as_str(), water.insertion_code), ("1E2", Some('A')));
        assert!(!water.in_sequence);
        assert!(water.hetero && water.position_angstrom[1].is_nan() && water.occupancy == 1.0);
        assert_eq!(water.altloc.as_deref(), Some("B"));
    }

    /// As gemmi reads it: tables of save frames are not those of the block.
    #[test]
    fn definitions_are_no_atoms() {
        let row = "ATOM 1 C CA . GLY A 1 ? 1 2 3 1.00 17 A 1\n";
        let (head, table) = TABLE.split_at(TABLE.find("loop_\n_atom_site").unwrap());
        let definition = "save_atoms\nloop_\n_atom_site.id\n1\n2\nsave_\n";
        let file = parse_mmcif(format!("{head}{definition}{table}{row}").as_bytes()).unwrap();
        assert_eq!((file.atoms.len(), file.notices.len()), (1, 0));
        let within = parse_mmcif(format!("{head}save_x\n{table}{row}save_\n").as_bytes());
        assert!(matches!(within, Err(StructureProblem::NoAtoms)));
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

    #[test]
    fn what_stands_before_the_atoms_does_not_hide_them() {
        let row = "ATOM 1 C CA . GLY A 1 ? 1 2 3 1.00 17 A 1\n";
        for before in ["REMARK written by hand\n", "global_\n", "_audit.creation_date 2026\n"] {
            let text = format!("{before}{TABLE}{row}");
            assert!(is_mmcif(text.as_bytes()), "{before}");
            assert_eq!(parse_mmcif(text.as_bytes()).unwrap().atoms.len(), 1, "{before}");
        }
        let pdb = "REMARK  _atom_site.id\nATOM      1  N   GLY A   1      11.104  -6.134 -16.504\n";
        assert!(!is_mmcif(pdb.as_bytes()));
        assert!(!is_mmcif(format!("{pdb}_atom_site.id\n").as_bytes()));
    }
}
