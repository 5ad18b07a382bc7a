//! The window: panes around the molecule, menus, dialogs. It computes nothing; the engine's session and
//! the observer thread do.

pub mod action;
pub mod aggregate;
pub mod app;
mod carry_out;
pub mod closer;
pub mod command;
pub mod dialogs;
mod dropped;
pub mod evaluation;
mod events;
pub mod examples;
pub mod file_dialogs;
pub mod ghost;
pub mod icons;
pub mod layout;
pub mod log;
pub mod measurements;
mod measuring;
pub mod menu;
mod messages;
pub mod models;
mod molecule_link;
mod movie;
pub mod observations;
pub mod observer;
pub mod panes;
pub mod preferences;
pub mod project;
mod run;
mod run_control;
mod run_observer;
pub mod runs;
pub mod session_file;
pub mod theme;
pub mod timeline;
pub mod timeline_bar;
pub mod training;
pub mod validity_strip;

pub use app::{EquiJumpApp, Parts};
pub use run::run;
