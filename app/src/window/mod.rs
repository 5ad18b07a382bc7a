//! The window: panes around the molecule, menus, dialogs. It computes nothing; the engine's session and
//! the observer thread do.

pub mod action;
pub mod aggregate;
pub mod app;
mod carry_out;
pub mod command;
pub mod dialogs;
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
pub mod models;
mod molecule_link;
mod movie;
pub mod observations;
pub mod observer;
pub mod panes;
pub mod preferences;
pub mod project;
mod run;
mod run_observer;
pub mod theme;
pub mod timeline;
pub mod timeline_bar;
mod toasts;
pub mod training;

pub use app::{EquiJumpApp, Parts};
pub use run::run;
