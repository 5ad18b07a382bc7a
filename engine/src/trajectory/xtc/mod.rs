//! GROMACS XTC: lengths in nm on a grid, times in ps. Everything here is Å outside.

mod decode;
mod reader;
mod writer;

pub use reader::XtcReader;
pub(crate) use writer::{XTC_LIMIT_ANGSTROM, encode_frame};

/// Å per nm.
pub(crate) const ANGSTROM_PER_NM: f32 = 10.0;
