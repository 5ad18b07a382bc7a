//! A long run: the window stays quick and its memory flat however many frames there are.
//!
//! `EQUIJUMP_SOAK=100000` makes so many of four replicas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use support::window;

/// Frames of a run that is not a soak.
const FRAMES: usize = 20_000;
/// Replicas of a soak.
const REPLICAS: f64 = 4.0;
/// What a tenth of a soak has taken is there for the rest of it; so much more is allowed.
const GROWTH: f64 = 1.05;

fn soak() -> Option<usize> {
    std::env::var("EQUIJUMP_SOAK").ok()?.parse().ok()
}

/// Memory that the process has in use, bytes; `None` where the system does not tell it as Linux does.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(1024 * line.split_whitespace().next()?.parse::<u64>().ok()?)
}

#[test]
fn passes_stay_short_over_many_frames() {
    let frames = soak().unwrap_or(FRAMES);
    let mut window = window();
    window.wait_for_protein("chignolin");
    let field = window.harness.get_by_role_and_label(Role::SpinButton, "Frames");
    field.set_value_accesskit(frames as f64);
    if soak().is_some() {
        let field = window.harness.get_by_role_and_label(Role::SpinButton, "Replicas");
        field.set_value_accesskit(REPLICAS);
    }
    window.settle();
    window.harness.get_by_role_and_label(Role::Button, "Simulate").click();
    let deadline = Instant::now() + Duration::from_secs(120 * frames.div_ceil(FRAMES) as u64);
    let mut passes = Vec::new();
    let mut memory = Vec::new();
    while window.app().observations().frames <= frames as u64 {
        let started = Instant::now();
        window.harness.step();
        passes.push(started.elapsed());
        assert!(Instant::now() < deadline, "{} frames were measured", window.app().observations().frames);
        let tenths = 10 * window.app().observations().frames / frames as u64;
        if tenths as usize > memory.len() {
            memory.extend(resident_bytes());
            println!("{tenths} tenths: {memory:?} bytes");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(window.frames(), frames + 1);
    // The allocator gives back what it will when it will; what leaks is never seen again.
    if let (Some(_), [early, .., a, b, c]) = (soak(), &memory[..]) {
        let late = a.min(b).min(c);
        assert!(*late as f64 <= GROWTH * *early as f64, "{early} bytes grew to {late}");
    }
    // Within one run, since machines differ and are busy: a pass over many frames is as short as one over few.
    let median = |passes: &[Duration]| {
        let mut passes = passes.to_vec();
        passes.sort();
        passes[passes.len() / 2]
    };
    let quarter = passes.len() / 4;
    let (first, last) = (median(&passes[..quarter]), median(&passes[3 * quarter..]));
    assert!(
        last < 6 * first,
        "half of the first passes took up to {first:?}, of the last ones up to {last:?}"
    );
    // Every frame can be gone to, the last as fast as the first.
    let field = window.harness.get_by_role_and_label(Role::SpinButton, "Frame");
    field.set_value_accesskit(12_345.0);
    window.settle();
    assert_eq!(window.app().project().shown.as_ref().unwrap().frame, 12_345);
}
