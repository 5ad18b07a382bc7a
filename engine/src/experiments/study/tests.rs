//! The grid and what is found in it.
#![allow(clippy::unwrap_used)]

use super::grid::cell_name;
use super::*;
use crate::analysis::evaluation::Interval;
use crate::network::Transport;
use crate::transport::{Integrator, Schedule};

fn grid() -> StudyGrid {
    StudyGrid {
        base: SamplerSettings::default(),
        integrators: vec![Integrator::Sde, Integrator::Ode],
        schedules: vec![Schedule::Matched, Schedule::Window],
        epsilons: vec![0.5, 1.0],
        noise_gains: vec![0.0, 0.1],
        latent_steps: vec![20, 100],
    }
}

#[test]
fn every_combination_is_tried_once_and_the_default_first() {
    let cells = grid().cells(Transport::TwoSided).unwrap();
    // 2 schedules × 2 ε × 2 steps of the SDE, the default among them; 2 steps of the ODE, which has neither.
    assert_eq!(cells.len(), 10);
    assert_eq!(cells[0], SamplerSettings::default());
    let mut names: Vec<String> = cells.iter().map(cell_name).collect();
    assert_eq!(names[0], "sde-matched-eps1-steps100");
    assert!(names.contains(&"sde-window-eps0_5-steps20".to_owned()), "{names:?}");
    assert!(names.contains(&"ode-steps20".to_owned()), "{names:?}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 10, "every cell has a folder of its own");
    let bridge = StudyGrid { schedules: vec![Schedule::Matched], ..grid() }.cells(Transport::Bridge).unwrap();
    // 2 ε × 2 steps of the SDE and 2 steps of the ODE, each with and without a gain.
    assert_eq!(bridge.len(), 12);
    assert!(bridge.iter().any(|cell| cell_name(cell) == "sde-matched-eps0_5-gain0_1-steps20"));
    let error = grid().cells(Transport::FlowMatching).unwrap_err().to_string();
    assert!(error.contains("flow-matching") && error.contains("sde"), "{error}");
}

fn cell(latent_steps: u32, [low, value, high]: [f64; 3], intact: f64) -> CellResult {
    let samples = Interval { value, low, high };
    let floor = Interval { value: 0.01, low: 0.0, high: 0.02 };
    let mean = Divergence { samples, floor, scaled_floor: 0.01 };
    CellResult {
        settings: SamplerSettings { latent_steps, ..SamplerSettings::default() },
        network_calls: latent_steps,
        cost: Cost::default(),
        quality: Some(CellQuality {
            mean,
            weighted_mean: None,
            divergences: Vec::new(),
            intact,
            slowest: None,
            motion: Vec::new(),
        }),
        failure: None,
    }
}

fn fast_steps(cells: &[CellResult]) -> Option<u32> {
    Some(fast_cell(cells)?.settings.latent_steps)
}

#[test]
fn the_fast_cell_is_the_cheapest_that_is_as_good() {
    let default = cell(100, [0.08, 0.10, 0.12], 0.95);
    let good = cell(30, [0.09, 0.119, 0.13], 0.94);
    let bad = cell(20, [0.1, 0.121, 0.14], 0.99);
    let broken = cell(10, [0.05, 0.06, 0.07], 0.90);
    let failed = CellResult { quality: None, failure: Some("disk full".into()), ..cell(5, [0.0; 3], 1.0) };
    let better = cell(30, [0.05, 0.06, 0.07], 0.95);
    let all = [default.clone(), bad, good, broken, failed.clone(), better.clone()];
    assert_eq!(fast_cell(&all), Some(&better), "of two at one cost the better one");
    assert_eq!(fast_steps(&all[..3]), Some(30));
    assert_eq!(fast_steps(&all[..2]), Some(100), "only the default itself");
    assert_eq!(fast_steps(&[failed, better]), None, "nothing to compare with");
    assert_eq!(fast_steps(&[]), None);
}

#[test]
fn weighted_divergences_count_only_where_all_cells_have_them() {
    let mut cells = [cell(100, [0.08, 0.10, 0.12], 1.0), cell(20, [0.2, 0.3, 0.4], 1.0)];
    let low = cells[0].quality.as_ref().map(|quality| quality.mean);
    for cell in &mut cells {
        cell.quality.as_mut().unwrap().weighted_mean = low;
    }
    assert!(is_weighted(&cells));
    assert_eq!(fast_steps(&cells), Some(20));
    cells[1].quality.as_mut().unwrap().weighted_mean = None;
    assert!(!is_weighted(&cells));
    assert_eq!(fast_steps(&cells), Some(100));
}

#[test]
fn cells_that_move_worse_than_the_default_are_not_fast_and_the_best_moving_one_is_found() {
    let moving = |mut cell: CellResult, rate: f64, escape: f64| {
        let row = |name: &str, reference: f64, value: f64, half: f64| MotionRow {
            name: name.to_owned(),
            reference,
            samples: Interval { value, low: value - half, high: value + half },
        };
        let motion = vec![row("rate", 200.0, rate, 20.0), row("escape", 0.03, escape, 0.005)];
        cell.quality.as_mut().unwrap().motion = motion;
        cell
    };
    let good = [0.08, 0.10, 0.12];
    let default = moving(cell(100, good, 0.95), 150.0, 0.02);
    let slow = moving(cell(10, good, 0.95), 120.0, 0.02);
    let as_default = moving(cell(25, good, 0.95), 140.0, 0.016);
    let close = moving(cell(100, good, 0.95), 195.0, 0.028);
    let bad = moving(cell(100, [0.2, 0.3, 0.4], 0.95), 200.0, 0.03);
    let all = [default.clone(), slow, as_default, close, bad];
    assert_eq!(fast_steps(&all), Some(25));
    assert_eq!(best_moving_cell(&all), Some(&all[3]));
    // 50 of 20 per µs and 0.01 of 0.005.
    assert!((motion_error(&default, &default).unwrap() - 2.25).abs() < 1e-9);
    // A cell that never unfolds has no rate.
    let mut without = all[1].clone();
    without.quality.as_mut().unwrap().motion.remove(0);
    assert!((motion_error(&default, &without).unwrap() - 6.0).abs() < 1e-9);
    assert_eq!(fast_steps(&[default, without]), Some(100));
}
