//! The window of EquiJump, and what window and command line share.

pub mod cli;
pub mod figures;
pub mod report;
pub mod shared;
pub mod viewport;
pub mod window;
