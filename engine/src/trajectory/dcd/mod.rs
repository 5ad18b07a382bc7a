//! CHARMM / NAMD / X-PLOR DCD: Fortran records of `f32` coordinates in Å, one axis after the other.
//!
//! What we write: little-endian CHARMM dialect without a cell, NSAVC = 1 and DELTA = interval in AKMA units,
//! so that readers that take DELTA for the step and readers that take it for the interval agree. ISTART is
//! the first time divided by the interval: 0 for every run.

mod header;
mod origin;
mod reader;
mod writer;

pub use reader::DcdReader;
pub(crate) use writer::DcdWriter;

/// One AKMA time unit (√(Da Å²/(kcal/mol))) in ps, as CHARMM rounds it.
pub(crate) const PS_PER_AKMA: f64 = 0.04888821;
