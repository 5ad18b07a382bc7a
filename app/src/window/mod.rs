//! The window: panes around the molecule, menus, dialogs. It computes nothing; the engine's session and
//! the observer thread do.

pub mod action;
pub mod aggregate;
pub mod app;
mod asked;
pub mod closer;
mod columns;
pub mod command;
pub mod dialogs;
pub mod evaluation;
pub mod exports;
pub mod file_dialogs;
pub mod film;
mod fitting;
mod focus;
pub mod ghost;
pub mod icons;
mod inquiry;
mod intact;
pub mod kept_map;
pub mod layout;
pub mod log;
pub mod measurements;
pub mod menu;
mod messages;
pub mod models;
mod movie;
pub mod panes;
pub mod preferences;
pub mod project;
mod run;
mod running;
pub mod runs;
mod sampled_frames;
pub mod selection;
pub mod session_file;
pub mod theme;
pub mod timeline;
pub mod timeline_bar;
pub mod training;
mod typed_paths;
pub mod undo;
mod wording;
mod writing;

pub use app::{EquiJumpApp, Parts};
pub use run::run;
