//! The engine thread: commands in, events out. The only door through which the app runs work (design §9).

pub mod protocol;

pub use protocol::{Command, Event, JobId, JobOutcome, Notice};
