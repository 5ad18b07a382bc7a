//! Tells the user when the molecule of a run leaves what molecular dynamics does with bonds, angles, centers, rings,
//! peptide bonds and contacts: at the first such frame, and at the end, how many there were.

use crate::analysis::{ValidityChecker, ValidityReport};
use crate::structure::Topology;
use crate::transport::{GeometryCounts, Replica};

/// Looks at every frame of a run.
pub(super) struct ValidityWatch {
    checker: ValidityChecker,
    frames: u64,
    broken: u64,
}

impl ValidityWatch {
    /// Prepares for `topology`.
    pub fn new(topology: &Topology) -> Self {
        Self { checker: ValidityChecker::new(topology), frames: 0, broken: 0 }
    }

    /// Counts the present frame of every replica. A sentence for the user about the start structure, which is not
    /// counted, and about the first broken frame; `None` for all others.
    pub fn look(&mut self, topology: &Topology, replicas: &[Replica]) -> Option<String> {
        let mut first = None;
        for replica in replicas {
            let is_start = replica.frame == 0;
            self.frames += u64::from(!is_start);
            let report = self.checker.check(&replica.positions_angstrom);
            if report.is_intact() {
                continue;
            }
            if self.broken == 0 && first.is_none() {
                first = Some((replica, report));
            }
            self.broken += u64::from(!is_start);
        }
        let (replica, report) = first?;
        let place = match (replica.frame, replicas.len()) {
            (0, _) => "The start structure".to_owned(),
            (frame, 1) => format!("Frame {frame}"),
            (frame, _) => format!("Frame {frame} of replica {}", replica.index),
        };
        let what = description(topology, &report);
        Some(format!("{place} is not within the range of molecular dynamics: {what}."))
    }

    /// At the end of the run: how many frames were broken, unless it was the one already told of, and how many needed
    /// more than geometry keeping.
    pub fn summary(&self, geometry: GeometryCounts) -> Vec<String> {
        let mut sentences = Vec::new();
        let percent = |count: u64, of: u64| 100.0 * count as f64 / of.max(1) as f64;
        if self.broken > 1 {
            sentences.push(format!(
                "{} of {} frames are not within the range of molecular dynamics ({:.1} %).",
                self.broken,
                self.frames,
                percent(self.broken, self.frames)
            ));
        }
        if geometry.redrawn > 0 {
            sentences.push(format!(
                "Geometry keeping could not mend {} of {} frames ({:.1} %), which were drawn again; {} of them could not be \
                 mended even so.",
                geometry.redrawn,
                geometry.frames,
                percent(geometry.redrawn, geometry.frames),
                geometry.unmended
            ));
        }
        sentences
    }
}

/// The worst of the violations, and how many there are.
fn description(topology: &Topology, report: &ValidityReport) -> String {
    let violations = report.violations(topology);
    match violations.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [worst, ..] => format!("{worst} (the worst of {} violations)", violations.len()),
    }
}
