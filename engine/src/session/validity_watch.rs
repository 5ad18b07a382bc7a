//! Tells the user once when the molecule of a run is no longer chemically intact.

use crate::analysis::validity::Outlier;
use crate::analysis::{ValidityChecker, ValidityReport};
use crate::structure::Topology;
use crate::transport::Replica;

/// Looks at every frame until the first broken one.
pub(super) struct ValidityWatch {
    checker: Option<ValidityChecker>,
}

impl ValidityWatch {
    /// Prepares for `topology`.
    pub fn new(topology: &Topology) -> Self {
        Self { checker: Some(ValidityChecker::new(topology)) }
    }

    /// A sentence for the user about the first broken frame; `None` for all others.
    pub fn look(&mut self, topology: &Topology, replicas: &[Replica]) -> Option<String> {
        let checker = self.checker.as_ref()?;
        let (replica, report) = replicas
            .iter()
            .map(|replica| (replica, checker.check(&replica.positions_angstrom)))
            .find(|(_, report)| !report.is_intact())?;
        self.checker = None;
        let place = match (replica.frame, replicas.len()) {
            (0, _) => "The start structure".to_owned(),
            (frame, 1) => format!("Frame {frame}"),
            (frame, _) => format!("Frame {frame} of replica {}", replica.index),
        };
        Some(format!(
            "{place} is not chemically intact: {}. Later frames are not checked.",
            description(topology, &report)
        ))
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
