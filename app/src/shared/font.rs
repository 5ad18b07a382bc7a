//! The typeface of the window and of figures.

/// Inter, upright.
pub static INTER_REGULAR: &[u8] = include_bytes!("../../../assets/fonts/Inter-Regular.otf");
