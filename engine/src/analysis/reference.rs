//! What is known of a protein from molecular dynamics: a TICA basis and distributions to compare runs with.
//!
//! References are matched by sequence. They are built by [`build_reference`] and kept as JSON under
//! `assets/references`.

use serde::{Deserialize, Serialize};

use super::dihedrals::DihedralTable;
use super::error::{AnalysisError, ReferenceFileError, check_positions};
use super::histogram::{Binning, Histogram1d, Histogram2d};
use super::observables::{NativeContacts, radius_of_gyration_angstrom};
use super::paper::PaperResults;
use super::ramachandran::{RamachandranHistogram, ramachandran_classes};
use super::superposition::ca_rmsd_angstrom;
use super::tica::{TicaBasis, TicaFit, TicaSettings};
use super::validity::{ValidityChecker, ValiditySummary};
use crate::structure::Topology;

/// Version of the file format.
const FORMAT: u32 = 1;

/// References that come with the program.
const BUNDLED: [&str; 1] = [include_str!("../../../assets/references/chignolin.json")];

/// Proteins whose molecular dynamics in `assets/md` is no equilibrium: name as in the paper's data file, trajectories,
/// their median length in ns, and how many times one of them folds or unfolds (its README tells how that is counted).
const NO_EQUILIBRIUM: [(&str, usize, f64, usize); 11] = [
    ("trpcage", 37, 8.7, 9),
    ("bba", 28, 6.1, 2),
    ("wwdomain", 31, 4.9, 0),
    ("villin", 31, 4.6, 0),
    ("ntl9", 33, 3.6, 0),
    ("bbl", 36, 2.8, 0),
    ("proteinb", 39, 2.3, 0),
    ("homeodomain", 36, 1.9, 0),
    ("proteing", 32, 2.5, 0),
    ("a3d", 39, 0.9, 0),
    ("lambda", 34, 0.8, 0),
];

/// Where the data of a reference come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceProvenance {
    /// Name of the protein for users.
    pub name: String,
    /// What was simulated and how, in a sentence or two.
    pub description: String,
    /// Structure that RMSD and native contacts refer to.
    pub native: String,
    /// Temperature of the simulation, K.
    pub temperature_kelvin: f64,
    /// Time dropped from the start of every trajectory, ps.
    pub dropped_ps: f64,
}

/// A TICA basis and the distributions of a long molecular dynamics simulation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceData {
    format: u32,
    /// One-letter sequence, norleucine as X: the key by which proteins find their reference.
    pub sequence: String,
    /// Where the data come from.
    pub provenance: ReferenceProvenance,
    /// Trajectories used.
    pub trajectories: usize,
    /// Frames used.
    pub frames: u64,
    /// Time between frames, ps.
    pub interval_ps: f64,
    /// The slow components.
    pub basis: TicaBasis,
    /// Frames over the first two components.
    pub tica: Histogram2d,
    /// (φ, ψ) of all residues.
    pub ramachandran: RamachandranHistogram,
    /// Cα RMSD to the native structure, Å.
    pub rmsd_angstrom: Histogram1d,
    /// Mass-weighted radius of gyration, Å.
    pub radius_of_gyration_angstrom: Histogram1d,
    /// Fraction of native contacts, `0..=1`.
    pub native_contacts: Histogram1d,
    /// Bond lengths, angles, clashes and chirality of the frames.
    pub chemistry: ValiditySummary,
}

impl ReferenceData {
    /// Reads a reference file.
    ///
    /// # Errors
    /// Text that is not a reference of this version, or numbers that do not fit together.
    pub fn from_json(text: &str) -> Result<Self, ReferenceFileError> {
        let data: Self = serde_json::from_str(text)?;
        if data.format != FORMAT {
            return Err(ReferenceFileError::Format { found: data.format, reads: FORMAT });
        }
        let histograms = [&data.rmsd_angstrom, &data.radius_of_gyration_angstrom, &data.native_contacts];
        if !data.basis.is_valid() || data.basis.len() < 2 {
            return Err(ReferenceFileError::Basis);
        }
        if !data.tica.is_valid() || !histograms.iter().all(|h| h.is_valid()) {
            return Err(ReferenceFileError::Bins);
        }
        if data.basis.features.residue_count() != data.sequence.chars().count() {
            return Err(ReferenceFileError::OtherSequence);
        }
        Ok(data)
    }

    /// The file's text.
    ///
    /// # Errors
    /// When a number is not finite.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The reference that comes with the program for the protein with this sequence, if there is one.
    pub fn bundled(topology: &Topology) -> Option<Self> {
        let sequence = topology.sequence();
        BUNDLED.iter().filter_map(|text| Self::from_json(text).ok()).find(|data| data.sequence == sequence)
    }

    /// Why there is no reference of the protein with this sequence although there is molecular dynamics of it, in one
    /// sentence; `None` of every other protein.
    pub fn why_none(sequence: &str) -> Option<String> {
        let protein = PaperResults::bundled()?.protein(sequence)?;
        let (_, trajectories, ns, events) = NO_EQUILIBRIUM.iter().find(|(name, ..)| *name == protein.name)?;
        let seen = match events {
            0 => "none of which folds or unfolds".to_owned(),
            events => format!("in which it folds or unfolds {events} times in all"),
        };
        Some(format!(
            "Our molecular dynamics of {} is {trajectories} trajectories of {ns} ns, {seen}: not an equilibrium, so no map is made of it.",
            protein.label
        ))
    }
}

/// Builds a reference from trajectories of one protein. `trajectories` holds, per trajectory, its frames in
/// canonical atom order and in order of time, `interval_ps` apart, without the part dropped for
/// equilibration. `native` is the structure that RMSD and contacts refer to.
///
/// # Errors
/// Frames with the wrong number of atoms or coordinates that are not finite, trajectories too short for
/// the lag, or features that do not vary.
pub fn build_reference(
    topology: &Topology,
    native: &[[f32; 3]],
    trajectories: &[Vec<&[[f32; 3]]>],
    interval_ps: f64,
    settings: TicaSettings,
    provenance: ReferenceProvenance,
) -> Result<ReferenceData, AnalysisError> {
    check_frames(topology, trajectories)?;
    if native.len() != topology.atom_count() {
        return Err(AnalysisError::Native { expected: topology.atom_count(), got: native.len() });
    }
    let frames = || trajectories.iter().flatten().copied();

    let mut fit = TicaFit::new(topology, interval_ps, settings)?;
    for trajectory in trajectories {
        let mut window = fit.window();
        for frame in trajectory {
            let features = fit.features().measure(topology, frame);
            fit.push(&mut window, &features)?;
        }
    }
    let basis = fit.fit(None)?;
    if basis.len() < 2 {
        return Err(AnalysisError::ConstantFeatures { features: basis.features.len() });
    }

    let projections: Vec<Vec<f64>> = frames().map(|frame| basis.project(topology, frame)).collect();
    let axis = |d: usize| Binning::of_data(projections.iter().map(|p| p[d]), Binning::BINS_2D);
    let mut tica = Histogram2d::new(axis(0)?, axis(1)?);
    projections.iter().for_each(|p| tica.add(p[0], p[1], 1.0));

    let contacts = NativeContacts::new(topology, native);
    let dihedrals = DihedralTable::new(topology);
    let classes = ramachandran_classes(topology);
    let checker = ValidityChecker::new(topology);
    let mut ramachandran = RamachandranHistogram::default();
    let mut chemistry = ValiditySummary::default();
    let (mut rmsd, mut size, mut fraction) = (Vec::new(), Vec::new(), Vec::new());
    for frame in frames() {
        ramachandran.add_frame(&classes, &dihedrals.measure(frame));
        chemistry.add(&checker.check(frame));
        rmsd.push(ca_rmsd_angstrom(topology, frame, native));
        size.push(radius_of_gyration_angstrom(topology, frame));
        fraction.extend(contacts.fraction(frame));
    }
    Ok(ReferenceData {
        format: FORMAT,
        sequence: topology.sequence(),
        provenance,
        trajectories: trajectories.len(),
        frames: projections.len() as u64,
        interval_ps,
        basis,
        tica,
        ramachandran,
        rmsd_angstrom: histogram_of(&rmsd, Binning::of_data(rmsd.iter().copied(), Binning::BINS_1D)?),
        radius_of_gyration_angstrom: histogram_of(
            &size,
            Binning::of_data(size.iter().copied(), Binning::BINS_1D)?,
        ),
        native_contacts: histogram_of(&fraction, Binning::new(0.0, 1.0, Binning::BINS_1D)?),
        chemistry,
    })
}

fn check_frames(topology: &Topology, trajectories: &[Vec<&[[f32; 3]]>]) -> Result<(), AnalysisError> {
    for (trajectory, frames) in trajectories.iter().enumerate() {
        for (frame, positions) in frames.iter().enumerate() {
            check_positions(topology, positions, trajectory, frame)?;
        }
    }
    Ok(())
}

fn histogram_of(values: &[f64], binning: Binning) -> Histogram1d {
    let mut histogram = Histogram1d::new(binning);
    values.iter().for_each(|&v| histogram.add(v, 1.0));
    histogram
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The card of `assets/md` is written by the script that gathers it.
    #[test]
    fn proteins_without_a_reference_are_told_what_there_is_of_them() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/md/README.md");
        let card = std::fs::read_to_string(path).unwrap();
        let paper = PaperResults::bundled().unwrap();
        for (name, trajectories, ..) in NO_EQUILIBRIUM {
            let line = card.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap();
            let column = |number: usize| line.split('|').nth(number).unwrap().trim();
            assert_eq!(column(4), trajectories.to_string(), "{name}");
            let sequence = column(2);
            let why = ReferenceData::why_none(sequence).unwrap();
            let protein = paper.protein(sequence).unwrap();
            assert!(protein.name == name && why.contains(&protein.label), "{why}");
            assert!(BUNDLED.iter().all(|text| ReferenceData::from_json(text).unwrap().sequence != sequence));
        }
        assert_eq!(ReferenceData::why_none("YYDPETGTWY"), None);
        assert_eq!(ReferenceData::why_none("GGGG"), None);
    }
}
