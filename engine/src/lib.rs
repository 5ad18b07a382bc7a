//! The science of EquiJump: everything that computes, and nothing that draws.
//!
//! Dependencies run one way:
//! `session → {transport, training, analysis, trajectory} → network → structure`.
//!
//! Units throughout: ångström, picoseconds, kelvin, kT with natural logarithms, radians.
//! Quantities carry their unit in the name (`_angstrom`, `_ps`, `_kt`). The network works in `f32`,
//! analysis in `f64`.

pub mod analysis;
pub mod atomic_file;
mod brief;
pub mod cpu_clock;
pub mod gpu;
pub mod network;
mod run_lock;
pub mod session;
pub mod structure;
pub mod training;
pub mod trajectory;
pub mod transport;
