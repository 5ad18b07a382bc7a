//! A small language that chooses atoms: `residue 3-10 and backbone`, `name CA within 5 of resname TRP`.
//!
//! ```text
//! selection := selection or selection | selection and selection | not selection | ( selection )
//!            | all | protein | none | backbone | sidechain | helix | strand | coil
//!            | residue RANGES | resname NAMES | name NAMES | element SYMBOLS | chain IDENTIFIERS | index RANGES
//!            | within Å of selection | around Å selection | byres selection
//! ```
//!
//! Words are those of PyMOL, VMD and MDAnalysis where they agree, with their short forms: `resid`, `resi`, `resnum`
//! are `residue`, `resn` is `resname`, `bb` and `sc` the backbone (N, Cα, C, O) and the rest, `sheet` is `strand`,
//! `same residue as` is `byres`. Residue numbers are the author's; ranges are `3-10`, `3:10` or `3 to 10`, lists have
//! blanks, commas or `+` between; `index` counts from 0. Names may hold `*` and `?`. Case does not matter.
//!
//! `not` binds tighter than `and`, `and` tighter than `or`; what `within`, `around` and `byres` refer to reaches to
//! the end of the parenthesis, as in MDAnalysis. `within` includes what it refers to, as in VMD, `around` does not.
//! Helices and strands are DSSP's of the very frame.

mod error;
mod near;
mod parse;
mod tokens;

use crate::analysis::dssp::{SecondaryStructure, dssp};
use crate::structure::{Element, Topology};

pub use error::SelectionError;

/// A selection that has been understood, and its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    text: String,
    expression: Expression,
}

impl std::str::FromStr for Selection {
    type Err = SelectionError;

    fn from_str(text: &str) -> Result<Self, SelectionError> {
        Ok(Self { text: text.trim().to_owned(), expression: parse::parse(text)? })
    }
}

impl Selection {
    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the atoms may be others in another frame.
    pub fn depends_on_positions(&self) -> bool {
        self.expression.any(&|part| part.is_of_structure() || matches!(part, Expression::Within { .. }))
    }

    /// The atoms of a frame that are selected, ascending. `positions` are those of all atoms, Å; where their number
    /// is another one, nothing is near to anything and there is no secondary structure.
    pub fn atoms(&self, topology: &Topology, positions: &[[f32; 3]]) -> Vec<usize> {
        let fits = positions.len() == topology.atom_count();
        let positions = if fits { positions } else { &[] };
        let needs_structure = self.expression.any(&Expression::is_of_structure);
        let structure = if needs_structure && fits { dssp(topology, positions) } else { Vec::new() };
        let chosen = Frame { topology, positions, structure }.chosen(&self.expression);
        chosen.into_iter().enumerate().filter_map(|(atom, is)| is.then_some(atom)).collect()
    }
}

/// A selection of whole residues, `residue 3-10`, as a drag over the sequence makes it. `first` and `last` are
/// indices into [`Topology::residues`].
pub fn residue_span(topology: &Topology, first: usize, last: usize) -> String {
    let name = |residue: usize| {
        let residue = topology.residues().get(residue);
        residue.map(|residue| match residue.insertion_code {
            Some(code) => format!("{}{code}", residue.number),
            None => residue.number.to_string(),
        })
    };
    match (name(first.min(last)), name(first.max(last))) {
        (Some(one), Some(other)) if one == other => format!("residue {one}"),
        (Some(one), Some(other)) => format!("residue {one}-{other}"),
        _ => "none".to_owned(),
    }
}

/// Residues from one number with insertion code to another one, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ResidueRange {
    first: (i32, Option<char>),
    last: (i32, Option<char>),
}

/// A name with `*` and `?`, in capitals.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern(String);

impl Pattern {
    fn matches(&self, name: &str) -> bool {
        fn from(pattern: &[u8], name: &[u8]) -> bool {
            match (pattern.split_first(), name.split_first()) {
                (None, None) => true,
                (Some((b'*', rest)), _) => {
                    from(rest, name) || name.split_first().is_some_and(|(_, name)| from(pattern, name))
                }
                (Some((sign, pattern)), Some((letter, name))) => {
                    (*sign == b'?' || sign.eq_ignore_ascii_case(letter)) && from(pattern, name)
                }
                _ => false,
            }
        }
        from(self.0.as_bytes(), name.as_bytes())
    }
}

/// The tree of a selection.
#[derive(Clone, Debug, PartialEq)]
enum Expression {
    All,
    Backbone,
    Helix,
    Strand,
    Residue(Vec<ResidueRange>),
    Index(Vec<(usize, usize)>),
    Name(Vec<Pattern>),
    ResidueName(Vec<Pattern>),
    Chain(Vec<Pattern>),
    Element(Vec<Element>),
    Within { angstrom: f32, of: Box<Expression>, included: bool },
    WholeResidues(Box<Expression>),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
}

impl Expression {
    fn is_of_structure(&self) -> bool {
        matches!(self, Self::Helix | Self::Strand)
    }

    /// Whether this or a part of it is such a one.
    fn any(&self, is: &dyn Fn(&Expression) -> bool) -> bool {
        let within = match self {
            Self::Within { of: part, .. } | Self::WholeResidues(part) | Self::Not(part) => part.any(is),
            Self::And(one, other) | Self::Or(one, other) => one.any(is) || other.any(is),
            _ => false,
        };
        within || is(self)
    }
}

/// What a selection is asked of.
struct Frame<'a> {
    topology: &'a Topology,
    positions: &'a [[f32; 3]],
    structure: Vec<SecondaryStructure>,
}

impl Frame<'_> {
    /// Per atom whether it is chosen.
    fn chosen(&self, expression: &Expression) -> Vec<bool> {
        let topology = self.topology;
        let of_atom = |is: &dyn Fn(usize) -> bool| (0..topology.atom_count()).map(is).collect::<Vec<bool>>();
        let residue = |atom: usize| topology.atoms()[atom].residue;
        let structure = |atom: usize| self.structure.get(residue(atom));
        match expression {
            Expression::All => vec![true; topology.atom_count()],
            Expression::Backbone => {
                of_atom(&|atom| matches!(topology.atoms()[atom].name, "N" | "CA" | "C" | "O"))
            }
            Expression::Helix => of_atom(&|atom| structure(atom).is_some_and(|s| s.is_helix())),
            Expression::Strand => of_atom(&|atom| structure(atom).is_some_and(|s| s.is_strand())),
            Expression::Residue(ranges) => of_atom(&|atom| {
                let residue = &topology.residues()[residue(atom)];
                let place = (residue.number, residue.insertion_code.map(|code| code.to_ascii_uppercase()));
                ranges.iter().any(|range| range.first <= place && place <= range.last)
            }),
            Expression::Index(ranges) => {
                of_atom(&|atom| ranges.iter().any(|&(first, last)| (first..=last).contains(&atom)))
            }
            Expression::Name(patterns) => {
                of_atom(&|atom| patterns.iter().any(|pattern| pattern.matches(topology.atoms()[atom].name)))
            }
            Expression::ResidueName(patterns) => of_atom(&|atom| {
                let name = topology.residues()[residue(atom)].kind.code3();
                patterns.iter().any(|pattern| pattern.matches(name))
            }),
            Expression::Chain(patterns) => {
                let matches = patterns.iter().any(|pattern| pattern.matches(&topology.chain_id));
                vec![matches; topology.atom_count()]
            }
            Expression::Element(elements) => {
                of_atom(&|atom| elements.contains(&topology.atoms()[atom].element))
            }
            Expression::Within { angstrom, of, included } => {
                let of = self.chosen(of);
                let mut near = near::near(self.positions, &of, *angstrom);
                near.resize(of.len(), false);
                near.iter_mut().zip(&of).for_each(|(near, of)| *near = if *of { *included } else { *near });
                near
            }
            Expression::WholeResidues(part) => {
                let part = self.chosen(part);
                let mut whole = vec![false; topology.residue_count()];
                for atom in (0..part.len()).filter(|&atom| part[atom]) {
                    whole[residue(atom)] = true;
                }
                of_atom(&|atom| whole[residue(atom)])
            }
            Expression::Not(part) => self.chosen(part).into_iter().map(|is| !is).collect(),
            Expression::And(one, other) => {
                let other = self.chosen(other);
                self.chosen(one).into_iter().zip(other).map(|(one, other)| one && other).collect()
            }
            Expression::Or(one, other) => {
                let other = self.chosen(other);
                self.chosen(one).into_iter().zip(other).map(|(one, other)| one || other).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests;
