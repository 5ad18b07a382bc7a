//! Multi-model PDB as a trajectory: each frame a MODEL, its time in a TITLE record in front, as GROMACS does
//! (`TITLE     name t= 100.00000 step= 1`).

mod reader;
mod writer;

pub use reader::PdbReader;
pub(crate) use writer::{PDB_LIMIT_ANGSTROM, PdbWriter, file_end};
