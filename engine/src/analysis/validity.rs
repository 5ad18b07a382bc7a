//! Whether a conformation is chemically sound: bond lengths, angles, chirality, peptide bonds, clashes.
//!
//! Deviations are taken from mean geometry in the PDB. Thermal motion at 350 K spreads bonds by about 0.03 Å and
//! angles by about 4°, so outlier limits lie beyond what any intact molecule does.

use serde::{Deserialize, Serialize};

use super::clashes::{CLASH_OVERLAP_ANGSTROM, Clash, ClashFinder};
use super::geometry::{angle_rad, dihedral_rad, distance_angstrom, vec3};
use crate::structure::reference_geometry::{C_N_CD_PROLINE_DEGREES, O_C_N_DEGREES, reference_geometry};
use crate::structure::{ResidueType, Topology};

/// A bond that deviates by more than this is an outlier, Å (about six thermal standard deviations).
pub const BOND_OUTLIER_ANGSTROM: f64 = 0.2;
/// An angle that deviates by more than this is an outlier, degrees (about six thermal standard deviations).
pub const ANGLE_OUTLIER_DEGREES: f64 = 25.0;
/// A peptide bond with |ω| below this is cis, degrees.
pub const CIS_BELOW_DEGREES: f64 = 30.0;
/// A peptide bond with |ω| between the cis limit and this is twisted, degrees.
pub const TWISTED_BELOW_DEGREES: f64 = 130.0;

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

/// A bond or angle far from its reference value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlier<const N: usize> {
    /// Atom indices: the two ends of a bond, or an angle with its apex in the middle.
    pub atoms: [usize; N],
    /// What was measured, Å or degrees.
    pub value: f64,
    /// What is usual, Å or degrees.
    pub reference: f64,
}

/// The chemistry of one frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValidityReport {
    /// Bond lengths against reference values, Å.
    pub bonds_angstrom: Deviations,
    /// Bonds off by more than [`BOND_OUTLIER_ANGSTROM`].
    pub bond_outliers: Vec<Outlier<2>>,
    /// Bond angles against reference values, degrees.
    pub angles_degrees: Deviations,
    /// Angles off by more than [`ANGLE_OUTLIER_DEGREES`].
    pub angle_outliers: Vec<Outlier<3>>,
    /// Atoms with the wrong handedness: Cα (D-amino acids) and the Cβ of isoleucine and threonine.
    pub chirality_errors: Vec<usize>,
    /// Residues that follow a cis peptide bond, prolines included.
    pub cis_peptides: Vec<usize>,
    /// Residues that follow a peptide bond that is neither cis nor trans.
    pub twisted_peptides: Vec<usize>,
    /// Heavy atoms that overlap by more than [`CLASH_OVERLAP_ANGSTROM`].
    pub clashes: Vec<Clash>,
}

impl ValidityReport {
    /// Whether the covalent structure is whole: no bond or angle outlier, no wrong chirality, no twisted
    /// peptide bond. Clashes and cis peptides, which real conformations show now and then, do not count.
    pub fn is_intact(&self) -> bool {
        self.bond_outliers.is_empty()
            && self.angle_outliers.is_empty()
            && self.chirality_errors.is_empty()
            && self.twisted_peptides.is_empty()
    }
}

/// Checks the frames of one protein; everything that depends on the topology is looked up once.
#[derive(Clone, Debug)]
pub struct ValidityChecker {
    bonds: Vec<([usize; 2], f64)>,
    angles: Vec<([usize; 3], f64)>,
    /// A centre and three neighbours that turn counter-clockwise, seen with the fourth behind.
    centres: Vec<[usize; 4]>,
    /// Per residue but the first, the atoms of ω of the peptide bond before it.
    peptides: Vec<(usize, [usize; 4])>,
    clashes: ClashFinder,
}

impl ValidityChecker {
    /// Prepares for `topology`.
    pub fn new(topology: &Topology) -> Self {
        let mut checker = Self {
            bonds: Vec::new(),
            angles: Vec::new(),
            centres: Vec::new(),
            peptides: Vec::new(),
            clashes: ClashFinder::new(topology, CLASH_OVERLAP_ANGSTROM),
        };
        for residue in 0..topology.residue_count() {
            checker.add_residue(topology, residue);
            if residue > 0 {
                checker.add_peptide_bond(topology, residue);
            }
        }
        checker
    }

    /// The chemistry of one frame.
    ///
    /// # Panics
    /// When `positions` does not belong to the topology, which is a programming error.
    pub fn check(&self, positions: &[[f32; 3]]) -> ValidityReport {
        let mut report = ValidityReport { clashes: self.clashes.find(positions), ..Default::default() };
        let at = |atom: usize| vec3(positions[atom]);
        for &(atoms, reference) in &self.bonds {
            let value = distance_angstrom(positions[atoms[0]], positions[atoms[1]]);
            report.bonds_angstrom.add(value - reference);
            if exceeds((value - reference).abs(), BOND_OUTLIER_ANGSTROM) {
                report.bond_outliers.push(Outlier { atoms, value, reference });
            }
        }
        for &(atoms, reference) in &self.angles {
            let value = angle_rad(at(atoms[0]), at(atoms[1]), at(atoms[2])).to_degrees();
            report.angles_degrees.add(value - reference);
            if exceeds((value - reference).abs(), ANGLE_OUTLIER_DEGREES) {
                report.angle_outliers.push(Outlier { atoms, value, reference });
            }
        }
        for &[centre, a, b, c] in &self.centres {
            let origin = at(centre);
            let volume = (at(a) - origin).dot(&(at(b) - origin).cross(&(at(c) - origin)));
            if exceeds(-volume, 0.0) {
                report.chirality_errors.push(centre);
            }
        }
        for &(residue, [a, b, c, d]) in &self.peptides {
            let omega_degrees = dihedral_rad(at(a), at(b), at(c), at(d)).to_degrees().abs();
            if omega_degrees < CIS_BELOW_DEGREES {
                report.cis_peptides.push(residue);
            } else if exceeds(-omega_degrees, -TWISTED_BELOW_DEGREES) {
                report.twisted_peptides.push(residue);
            }
        }
        report
    }

    fn add_residue(&mut self, topology: &Topology, residue: usize) {
        let kind = topology.residues()[residue].kind;
        let geometry = reference_geometry(kind);
        let find = |name: &str| topology.find_atom(residue, name);
        for &(a, b, length) in geometry.bonds {
            if let (Some(a), Some(b)) = (find(a), find(b)) {
                self.bonds.push(([a, b], length));
            }
        }
        for &(a, b, c, degrees) in geometry.angles {
            if let (Some(a), Some(b), Some(c)) = (find(a), find(b), find(c)) {
                self.angles.push(([a, b, c], degrees));
            }
        }
        // L-amino acids: seen from H, CO, R (CB) and N turn clockwise ("CORN"); 2S,3S-isoleucine and
        // 2S,3R-threonine.
        let centres: &[[&str; 4]] = match kind {
            ResidueType::Gly => &[],
            ResidueType::Ile => &[["CA", "N", "C", "CB"], ["CB", "CA", "CG1", "CG2"]],
            ResidueType::Thr => &[["CA", "N", "C", "CB"], ["CB", "CA", "OG1", "CG2"]],
            _ => &[["CA", "N", "C", "CB"]],
        };
        for names in centres {
            if let [Some(centre), Some(a), Some(b), Some(c)] = names.map(find) {
                self.centres.push([centre, a, b, c]);
            }
        }
    }

    /// Geometry of the peptide bond before `residue`.
    fn add_peptide_bond(&mut self, topology: &Topology, residue: usize) {
        let (before, after) = (topology.atom_range(residue - 1).start, topology.atom_range(residue).start);
        let [ca0, c0, o0] = [before + 1, before + 2, before + 3];
        let [n1, ca1] = [after, after + 1];
        let kind = topology.residues()[residue].kind;
        let geometry = reference_geometry(kind);
        let previous = reference_geometry(topology.residues()[residue - 1].kind);
        self.bonds.push(([c0, n1], geometry.c_n_angstrom));
        self.angles.push(([ca0, c0, n1], previous.ca_c_n_degrees));
        self.angles.push(([o0, c0, n1], O_C_N_DEGREES));
        self.angles.push(([c0, n1, ca1], geometry.c_n_ca_degrees));
        if kind == ResidueType::Pro
            && let Some(cd) = topology.find_atom(residue, "CD")
        {
            self.angles.push(([c0, n1, cd], C_N_CD_PROLINE_DEGREES));
        }
        self.peptides.push((residue, [ca0, c0, n1, ca1]));
    }
}

/// Whether a value lies beyond its limit; NaN always does.
fn exceeds(value: f64, limit: f64) -> bool {
    value.is_nan() || value > limit
}

/// The chemistry of many frames.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValiditySummary {
    /// Frames checked.
    pub frames: u64,
    /// Frames whose covalent structure is whole; see [`ValidityReport::is_intact`].
    pub intact_frames: u64,
    /// Bond lengths against reference values, Å.
    pub bonds_angstrom: Deviations,
    /// Angles against reference values, degrees.
    pub angles_degrees: Deviations,
    /// Bond outliers in all frames.
    pub bond_outliers: u64,
    /// Angle outliers in all frames.
    pub angle_outliers: u64,
    /// Wrong centres in all frames.
    pub chirality_errors: u64,
    /// Cis peptide bonds in all frames.
    pub cis_peptides: u64,
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
        self.cis_peptides += report.cis_peptides.len() as u64;
        self.twisted_peptides += report.twisted_peptides.len() as u64;
        self.clashes += report.clashes.len() as u64;
        self.frames_with_clashes += u64::from(!report.clashes.is_empty());
    }

    /// A count per frame: `summary.per_frame(summary.clashes)`.
    pub fn per_frame(&self, count: u64) -> f64 {
        count as f64 / self.frames.max(1) as f64
    }
}
