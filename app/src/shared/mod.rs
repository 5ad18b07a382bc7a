//! What command line and window both use: what lies inside the binary, and the date.

pub mod bundled;
pub(crate) mod clock;
pub mod examples;
pub mod font;
