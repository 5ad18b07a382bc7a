//! Tells the user when the molecule of a run is no longer chemically intact: at the first broken frame, and
//! at the end, how many there were.

use crate::analysis::validity::Outlier;
use crate::analysis::{ValidityChecker, ValidityReport};
use crate::structure::Topology;
use crate::transport::Replica;

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

    /// Counts the present frame of every replica. A sentence for the user about the first broken one; `None`
    /// for all others.
    pub fn look(&mut self, topology: &Topology, replicas: &[Replica]) -> Option<String> {
        let mut first = None;
        for replica in replicas {
            self.frames += 1;
            let report = self.checker.check(&replica.positions_angstrom);
            if report.is_intact() {
                continue;
            }
            if self.broken == 0 {
                first = Some((replica, report));
            }
            self.broken += 1;
        }
        let (replica, report) = first?;
        let place = match (replica.frame, replicas.len()) {
            (0, _) => "The start structure".to_owned(),
            (frame, 1) => format!("Frame {frame}"),
            (frame, _) => format!("Frame {frame} of replica {}", replica.index),
        };
        Some(format!("{place} is not chemically intact: {}.", description(topology, &report)))
    }

    /// At the end of the run: how many frames were broken, unless it was the one already told of.
    pub fn summary(&self) -> Option<String> {
        (self.broken > 1).then(|| {
            let percent = 100.0 * self.broken as f64 / self.frames as f64;
            format!("{} of {} frames are not chemically intact ({percent:.1} %).", self.broken, self.frames)
        })
    }
}

/// The worst of the violations, and how many there are.
fn description(topology: &Topology, report: &ValidityReport) -> String {
    let residue = |index: usize| topology.residues().get(index).map(|r| r.label()).unwrap_or_default();
    let worst = |a: f64, b: f64| a.total_cmp(&b);
    let first = if let Some(bond) =
        report.bond_outliers.iter().max_by(|a, b| worst(deviation(a), deviation(b)))
    {
        let [a, b] = bond.atoms.map(|atom| topology.atom_label(atom));
        format!("the bond {a} – {b} is {:.2} Å long instead of {:.2} Å", bond.value, bond.reference)
    } else if let Some(&atom) = report.chirality_errors.first() {
        format!("{} has the wrong chirality", topology.atom_label(atom))
    } else if let Some(angle) = report.angle_outliers.iter().max_by(|a, b| worst(deviation(a), deviation(b)))
    {
        let [a, b, c] = angle.atoms.map(|atom| topology.atom_label(atom));
        format!("the angle {a} – {b} – {c} is {:.0}° instead of {:.0}°", angle.value, angle.reference)
    } else {
        let twisted = report.twisted_peptides.first().copied().unwrap_or_default();
        format!("the peptide bond before {} is twisted", residue(twisted))
    };
    let count = report.bond_outliers.len()
        + report.chirality_errors.len()
        + report.angle_outliers.len()
        + report.twisted_peptides.len();
    match count {
        1 => first,
        n => format!("{first} (the worst of {n} violations)"),
    }
}

fn deviation<const N: usize>(outlier: &Outlier<N>) -> f64 {
    let deviation = (outlier.value - outlier.reference).abs();
    // NaN is the worst of all.
    if deviation.is_nan() { f64::INFINITY } else { deviation }
}
