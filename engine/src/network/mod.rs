//! The SO(3)-equivariant network (design §5), on candle.

pub mod config;

pub use config::{Heads, NetworkConfig, Residual};
