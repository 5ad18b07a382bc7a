//! Covalent chemistry as molecular dynamics has it: the ranges of bonds, angles, centers, rings, peptide bonds
//! and contacts, finding what lies outside of them, and pulling it back.

pub(crate) mod cells;
mod clashes;
mod keeper;
mod md_ranges;
mod terms;

pub use clashes::{Clash, ClashFinder, ContactLimit};
pub use keeper::{GeometryKeeper, Kept};
pub(crate) use terms::may_be_cis;
pub use terms::{INTACT_MARGIN, MdRange, Term, TermKind, covalent_terms};
