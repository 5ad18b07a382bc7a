//! Whether a conformation is chemically sound: every bond, angle, center, ring and peptide bond within the range that
//! molecular dynamics has it in, no wrong hand, no overlap.
//!
//! The ranges, per residue type, are those of [`crate::chemistry`]: the 0.1 to 99.9 % quantiles of molecular dynamics at
//! 350 K, and [`INTACT_MARGIN`](crate::chemistry::INTACT_MARGIN). Deviations are from its means.

use serde::{Deserialize, Serialize};

use crate::chemistry::{
    Clash, ClashFinder, ContactLimit, MdRange, Term, TermKind, covalent_terms, may_be_cis,
};
use crate::structure::{ResidueType, Topology};

/// How measured values of one kind deviate from their reference values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviations {
    /// Values measured.
    pub count: u64,
    sum: f64,
    sum_of_squares: f64,
    /// Largest absolute deviation.
    pub worst: f64,
}

impl Deviations {
    fn add(&mut self, deviation: f64) {
        self.count += 1;
        self.sum += deviation;
        self.sum_of_squares += deviation * deviation;
        // `max` would pass over NaN, which must be seen.
        if deviation.is_nan() || deviation.abs() > self.worst {
            self.worst = deviation.abs();
        }
    }

    /// Adds the deviations of another set.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.sum_of_squares += other.sum_of_squares;
        if other.worst.is_nan() || other.worst > self.worst {
            self.worst = other.worst;
        }
    }

    /// Mean signed deviation: whether bonds are too long or too short on the whole.
    pub fn mean(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }

    /// Standard deviation about the mean deviation.
    pub fn standard_deviation(&self) -> f64 {
        let mean = self.mean();
        (self.sum_of_squares / self.count.max(1) as f64 - mean * mean).max(0.0).sqrt()
    }

    /// Root mean square deviation from the reference values.
    pub fn rms(&self) -> f64 {
        (self.sum_of_squares / self.count.max(1) as f64).sqrt()
    }
}

/// A bond, angle, center or torsion outside the range that molecular dynamics has it in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlier<const N: usize> {
    /// Atom indices: the two ends of a bond, an angle with its apex in the middle, a center and its three neighbors, a
    /// torsion in order.
    pub atoms: [usize; N],
    /// What was measured, Å, degrees or, for a center, Å³.
    pub value: f64,
    /// What molecular dynamics has: mean and the 0.1 and 99.9 % quantiles, in the same unit.
    pub range: MdRange,
}

/// The chemistry of one frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValidityReport {
    /// Bond lengths against the means of molecular dynamics, Å.
    pub bonds_angstrom: Deviations,
    /// Bonds out of range.
    pub bond_outliers: Vec<Outlier<2>>,
    /// Bond angles against the means of molecular dynamics, degrees.
    pub angles_degrees: Deviations,
    /// Angles out of range.
    pub angle_outliers: Vec<Outlier<3>>,
    /// Atoms with the wrong handedness: Cα (D-amino acids) and the Cβ of isoleucine and threonine.
    pub chirality_errors: Vec<usize>,
    /// Centers out of range, tetrahedral ones flattened or peaked or with two methyl groups exchanged, flat ones
    /// bent; those of [`Self::chirality_errors`] are not among them.
    pub center_outliers: Vec<Outlier<4>>,
    /// Torsions of rings and flat groups out of range.
    pub ring_outliers: Vec<Outlier<4>>,
    /// Residues that follow a cis peptide bond, prolines included.
    pub cis_peptides: Vec<usize>,
    /// Residues other than proline that follow a cis peptide bond, which molecular dynamics never shows.
    pub cis_outliers: Vec<usize>,
    /// Residues that follow a peptide bond that is neither cis nor trans.
    pub twisted_peptides: Vec<usize>,
    /// Heavy atoms four or more bonds apart and nearer than molecular dynamics has them.
    pub clashes: Vec<Clash>,
}

impl ValidityReport {
    /// Whether the frame is what molecular dynamics could show: everything within its range.
    pub fn is_intact(&self) -> bool {
        self.violation_count() == 0
    }

    /// Violations of all kinds. A cis peptide bond before proline, which is real now and then, is none.
    pub fn violation_count(&self) -> usize {
        self.bond_outliers.len()
            + self.angle_outliers.len()
            + self.chirality_errors.len()
            + self.center_outliers.len()
            + self.ring_outliers.len()
            + self.cis_outliers.len()
            + self.twisted_peptides.len()
            + self.clashes.len()
    }

    /// Each violation in words, with its atoms, value and range; the worst of each kind first, wrong hands before all.
    pub fn violations(&self, topology: &Topology) -> Vec<String> {
        let label = |atom: usize| topology.atom_label(atom);
        let residue = |index: usize| topology.residues().get(index).map(|r| r.label()).unwrap_or_default();
        let mut out: Vec<String> = self
            .chirality_errors
            .iter()
            .map(|&atom| format!("{} has the wrong chirality", label(atom)))
            .collect();
        let mut ranked: Vec<(f64, String)> = Vec::new();
        for bond in &self.bond_outliers {
            let [a, b] = bond.atoms.map(label);
            ranked.push((bond.severity(), format!("the bond {a} – {b} is {}", bond.against(" Å", 2))));
        }
        for angle in &self.angle_outliers {
            let [a, b, c] = angle.atoms.map(label);
            ranked
                .push((angle.severity(), format!("the angle {a} – {b} – {c} is {}", angle.against("°", 0))));
        }
        for center in &self.center_outliers {
            let what = if center.range.low < 0.0 { "bent" } else { "misshapen" };
            let text = format!("{} is {what}: volume {}", label(center.atoms[0]), center.against(" Å³", 2));
            ranked.push((center.severity(), text));
        }
        for ring in &self.ring_outliers {
            let [a, b, c, d] = ring.atoms.map(label);
            ranked.push((
                ring.severity(),
                format!("the torsion {a} – {b} – {c} – {d} is {}", ring.against("°", 0)),
            ));
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        out.extend(ranked.into_iter().map(|(_, text)| text));
        out.extend(
            self.twisted_peptides
                .iter()
                .map(|&r| format!("the peptide bond before {} is twisted", residue(r))),
        );
        out.extend(
            self.cis_outliers.iter().map(|&r| format!("the peptide bond before {} is cis", residue(r))),
        );
        out.extend(self.clashes.iter().map(|clash| {
            let [a, b] = clash.atoms.map(label);
            format!("{a} and {b} overlap at {:.2} Å", clash.distance_angstrom)
        }));
        out
    }
}

impl<const N: usize> Outlier<N> {
    /// How far out, in widths of the range; NaN, the worst of all, as infinity.
    fn severity(&self) -> f64 {
        let excess = self.range.excess(self.value).abs();
        if excess.is_nan() { f64::INFINITY } else { excess }
    }

    /// `1.75 Å (1.43 to 1.65 Å)`.
    pub fn against(&self, unit: &str, digits: usize) -> String {
        let [low, high] = self.range.with_margin();
        format!("{:.digits$}{unit} (molecular dynamics: {low:.digits$} to {high:.digits$}{unit})", self.value)
    }
}

/// Checks the frames of one protein; everything that depends on the topology is looked up once.
#[derive(Clone, Debug)]
pub struct ValidityChecker {
    terms: Vec<Checked>,
    clashes: ClashFinder,
}

#[derive(Clone, Debug)]
struct Checked {
    term: Term,
    /// Residue of its last atom: for ω that after the peptide bond.
    residue: usize,
    /// Whether the names of two methyl groups are all that tells the hand of a center.
    is_prochiral: bool,
    may_be_cis: bool,
}

impl ValidityChecker {
    /// Prepares for `topology`.
    pub fn new(topology: &Topology) -> Self {
        let terms = covalent_terms(topology)
            .into_iter()
            .map(|term| {
                let residue = term.atoms().last().map_or(0, |&atom| topology.atoms()[atom].residue);
                let kind = topology.residues()[residue].kind;
                let is_side_chain = term.atoms()[0] != topology.ca(residue);
                Checked {
                    term,
                    residue,
                    is_prochiral: is_side_chain && matches!(kind, ResidueType::Val | ResidueType::Leu),
                    may_be_cis: may_be_cis(kind),
                }
            })
            .collect();
        Self { terms, clashes: ClashFinder::new(topology, ContactLimit::Rare) }
    }

    /// The chemistry of one frame.
    ///
    /// # Panics
    /// When `positions` does not belong to the topology, which is a programming error.
    pub fn check(&self, positions: &[[f32; 3]]) -> ValidityReport {
        let mut report = ValidityReport { clashes: self.clashes.find(positions), ..Default::default() };
        for checked in &self.terms {
            checked.check(positions, &mut report);
        }
        report
    }
}

impl Checked {
    fn check(&self, positions: &[[f32; 3]], report: &mut ValidityReport) {
        let term = &self.term;
        let (value, range) = (term.value(positions), term.range);
        let is_out = !range.holds(value);
        match (term.kind, term.atoms()) {
            (TermKind::Bond, &[a, b]) => {
                report.bonds_angstrom.add(value - range.mean);
                if is_out {
                    report.bond_outliers.push(Outlier { atoms: [a, b], value, range });
                }
            }
            (TermKind::Angle, &[a, b, c]) => {
                report.angles_degrees.add(value - range.mean);
                if is_out {
                    report.angle_outliers.push(Outlier { atoms: [a, b, c], value, range });
                }
            }
            (TermKind::Center, &[center, a, b, c]) if is_out => {
                // NaN has no hand either.
                let wrong = value.is_nan() || value * range.mean < 0.0;
                if term.has_hand() && wrong && !self.is_prochiral {
                    report.chirality_errors.push(center);
                } else {
                    report.center_outliers.push(Outlier { atoms: [center, a, b, c], value, range });
                }
            }
            (TermKind::Ring | TermKind::Flip, &[a, b, c, d]) if is_out => {
                report.ring_outliers.push(Outlier { atoms: [a, b, c, d], value, range });
            }
            (TermKind::Omega, _) => {
                if is_out {
                    report.twisted_peptides.push(self.residue);
                } else if term.is_cis(positions) {
                    report.cis_peptides.push(self.residue);
                    if !self.may_be_cis {
                        report.cis_outliers.push(self.residue);
                    }
                }
            }
            _ => (),
        }
    }
}

/// The chemistry of many frames.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValiditySummary {
    /// Frames checked.
    pub frames: u64,
    /// Frames with everything within the ranges of molecular dynamics; see [`ValidityReport::is_intact`].
    pub intact_frames: u64,
    /// Bond lengths against the means of molecular dynamics, Å.
    pub bonds_angstrom: Deviations,
    /// Angles against the means of molecular dynamics, degrees.
    pub angles_degrees: Deviations,
    /// Bond outliers in all frames.
    pub bond_outliers: u64,
    /// Angle outliers in all frames.
    pub angle_outliers: u64,
    /// Wrong centers in all frames.
    pub chirality_errors: u64,
    /// Centers out of range in all frames.
    #[serde(default)]
    pub center_outliers: u64,
    /// Torsions of rings and flat groups out of range in all frames.
    #[serde(default)]
    pub ring_outliers: u64,
    /// Cis peptide bonds in all frames.
    pub cis_peptides: u64,
    /// Those before other residues than proline.
    #[serde(default)]
    pub cis_outliers: u64,
    /// Twisted peptide bonds in all frames.
    pub twisted_peptides: u64,
    /// Clashes in all frames.
    pub clashes: u64,
    /// Frames with at least one clash.
    pub frames_with_clashes: u64,
}

impl ValiditySummary {
    /// Counts one frame.
    pub fn add(&mut self, report: &ValidityReport) {
        self.frames += 1;
        self.intact_frames += u64::from(report.is_intact());
        self.bonds_angstrom.merge(&report.bonds_angstrom);
        self.angles_degrees.merge(&report.angles_degrees);
        self.bond_outliers += report.bond_outliers.len() as u64;
        self.angle_outliers += report.angle_outliers.len() as u64;
        self.chirality_errors += report.chirality_errors.len() as u64;
        self.center_outliers += report.center_outliers.len() as u64;
        self.ring_outliers += report.ring_outliers.len() as u64;
        self.cis_peptides += report.cis_peptides.len() as u64;
        self.cis_outliers += report.cis_outliers.len() as u64;
        self.twisted_peptides += report.twisted_peptides.len() as u64;
        self.clashes += report.clashes.len() as u64;
        self.frames_with_clashes += u64::from(!report.clashes.is_empty());
    }

    /// A count per frame: `summary.per_frame(summary.clashes)`.
    pub fn per_frame(&self, count: u64) -> f64 {
        count as f64 / self.frames.max(1) as f64
    }
}
