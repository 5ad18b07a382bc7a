//! App.

pub mod figures;
pub mod window;
