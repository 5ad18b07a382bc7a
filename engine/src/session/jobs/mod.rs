//! The jobs, one file each: what is asked for, what it tells meanwhile, the work. The smallest is `load_model`; why the
//! largest fails is in `simulation_error`.

pub mod branches;
pub mod drawing;
pub mod evaluate;
pub mod export;
mod import;
pub mod jumps;
pub mod load_model;
pub mod open;
pub mod open_trajectory;
pub mod save_run;
pub mod simulate;
pub mod simulation_error;
pub mod train;
