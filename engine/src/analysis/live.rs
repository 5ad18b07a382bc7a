//! Observables of a run while it goes on: frames go in one by one, panels read at any time.
//!
//! Memory is bounded whatever the length of the run: series are kept in `f32`, and when a budget is
//! reached every other point is dropped and from then on only every second frame is kept, and so on.
//! Histograms count every frame.

use std::sync::Arc;

use super::dihedrals::{DihedralTable, ResidueDihedrals};
use super::error::{AnalysisError, check_positions};
use super::histogram::Histogram2d;
use super::live_settings::LiveSettings;
use super::live_tica::{BasisSource, LiveTica, ProjectedPoint, RefitRequest};
use super::observables::{NativeContacts, radius_of_gyration_angstrom};
use super::ramachandran::{RamachandranClass, RamachandranHistogram, ramachandran_classes};
use super::reference::ReferenceData;
use super::superposition::ca_rmsd_angstrom;
use super::thinned::Thinned;
use super::tica::TicaBasis;
use super::validity::{ValidityChecker, ValidityReport, ValiditySummary};
use crate::structure::Topology;

/// One point of the series of a replica.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesPoint {
    /// Frame number.
    pub frame: u32,
    /// Cα RMSD to the reference structure, Å.
    pub rmsd_angstrom: f32,
    /// Radius of gyration, Å.
    pub radius_of_gyration_angstrom: f32,
    /// Fraction of native contacts; NaN when the reference structure has none.
    pub native_contacts: f32,
}

/// What was measured on one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameObservables {
    /// Cα RMSD, size and contacts.
    pub point: SeriesPoint,
    /// Backbone and side-chain angles per residue.
    pub dihedrals: Vec<ResidueDihedrals>,
    /// First two TICA components, once there is a basis.
    pub tica: Option<[f64; 2]>,
    /// Bonds, angles, chirality, clashes.
    pub validity: ValidityReport,
}

#[derive(Clone, Debug)]
struct ReplicaState {
    series: Thinned<SeriesPoint>,
    newest: Option<FrameObservables>,
}

/// Observables of a run of one or more replicas of one protein.
#[derive(Clone, Debug)]
pub struct LiveObservables {
    topology: Arc<Topology>,
    reference_angstrom: Arc<Vec<[f32; 3]>>,
    contacts: NativeContacts,
    dihedrals: DihedralTable,
    classes: Vec<RamachandranClass>,
    checker: ValidityChecker,
    replicas: Vec<ReplicaState>,
    ramachandran: RamachandranHistogram,
    validity: ValiditySummary,
    tica: LiveTica,
    frames: u64,
}

impl LiveObservables {
    /// Nothing measured yet. `reference_angstrom` is the structure that RMSD and contacts refer to,
    /// `reference_data` what is known of the protein from molecular dynamics
    /// ([`ReferenceData::bundled`]), if anything.
    ///
    /// # Errors
    /// When the structure does not belong to the topology, or `reference_data` to its sequence.
    pub fn new(
        topology: Arc<Topology>,
        reference_angstrom: Arc<Vec<[f32; 3]>>,
        reference_data: Option<Arc<ReferenceData>>,
        replicas: usize,
        frame_interval_ps: f64,
        settings: &LiveSettings,
    ) -> Result<Self, AnalysisError> {
        check_positions(&topology, &reference_angstrom, 0, 0)?;
        let replicas = replicas.max(1);
        let per_replica = settings.max_points / replicas;
        let tica =
            LiveTica::new(Arc::clone(&topology), reference_data, replicas, frame_interval_ps, settings)?;
        Ok(Self {
            contacts: NativeContacts::new(&topology, &reference_angstrom),
            dihedrals: DihedralTable::new(&topology),
            classes: ramachandran_classes(&topology),
            checker: ValidityChecker::new(&topology),
            replicas: vec![ReplicaState { series: Thinned::new(per_replica), newest: None }; replicas],
            ramachandran: RamachandranHistogram::default(),
            validity: ValiditySummary::default(),
            tica,
            frames: 0,
            topology,
            reference_angstrom,
        })
    }

    /// Measures the next frame of a replica. Frames of a replica come in order; after a gap, TICA starts a
    /// new trajectory.
    ///
    /// # Errors
    /// An unknown replica, a wrong number of atoms, coordinates that are not finite. Nothing is changed.
    pub fn ingest(
        &mut self,
        replica: usize,
        frame: u64,
        positions: &[[f32; 3]],
    ) -> Result<&FrameObservables, AnalysisError> {
        if replica >= self.replicas.len() {
            return Err(AnalysisError::Replica { replica, replicas: self.replicas.len() });
        }
        check_positions(&self.topology, positions, replica, frame as usize)?;
        let dihedrals = self.dihedrals.measure(positions);
        let validity = self.checker.check(positions);
        let point = SeriesPoint {
            frame: u32::try_from(frame).unwrap_or(u32::MAX),
            rmsd_angstrom: ca_rmsd_angstrom(&self.topology, positions, &self.reference_angstrom) as f32,
            radius_of_gyration_angstrom: radius_of_gyration_angstrom(&self.topology, positions) as f32,
            native_contacts: self.contacts.fraction(positions).map_or(f32::NAN, |f| f as f32),
        };
        let tica = self.tica.ingest(replica, frame, positions)?;
        self.ramachandran.add_frame(&self.classes, &dihedrals);
        self.validity.add(&validity);
        self.frames += 1;
        let state = &mut self.replicas[replica];
        state.series.push(point);
        Ok(state.newest.insert(FrameObservables { point, dihedrals, tica, validity }))
    }

    /// Frames measured, of all replicas together.
    pub fn frame_count(&self) -> u64 {
        self.frames
    }

    /// Number of replicas.
    pub fn replica_count(&self) -> usize {
        self.replicas.len()
    }

    /// Series of a replica in order of time; in long runs thinned to evenly spaced frames. Empty for an
    /// unknown replica.
    pub fn series(&self, replica: usize) -> &[SeriesPoint] {
        self.replicas.get(replica).map_or(&[], |r| r.series.as_slice())
    }

    /// The newest frame of a replica.
    pub fn newest(&self, replica: usize) -> Option<&FrameObservables> {
        self.replicas.get(replica)?.newest.as_ref()
    }

    /// Ramachandran class of every residue.
    pub fn ramachandran_classes(&self) -> &[RamachandranClass] {
        &self.classes
    }

    /// (φ, ψ) of all frames and residues.
    pub fn ramachandran(&self) -> &RamachandranHistogram {
        &self.ramachandran
    }

    /// The chemistry of all frames.
    pub fn validity(&self) -> &ValiditySummary {
        &self.validity
    }

    /// What is known of the protein from molecular dynamics.
    pub fn reference_data(&self) -> Option<&Arc<ReferenceData>> {
        self.tica.reference_data()
    }

    /// Which basis the TICA panel shows, or why there is none.
    pub fn basis_source(&self) -> BasisSource {
        self.tica.source()
    }

    /// The basis in use.
    pub fn basis(&self) -> Option<&TicaBasis> {
        self.tica.basis()
    }

    /// All frames over the first two components: on the bins of the reference where there is one, else on
    /// the range of the run with a margin of 5 %. `None` until there is a basis and a frame.
    pub fn tica_map(&self) -> Option<Histogram2d> {
        self.tica.map()
    }

    /// Projections of the frames, in the order they came; in long runs thinned evenly.
    pub fn projections(&self) -> &[ProjectedPoint] {
        self.tica.projections()
    }

    /// A fit worth making now: the run has no reference and has grown by a quarter since the last fit.
    /// Run it on a background thread and hand its result to [`Self::adopt`].
    pub fn refit_request(&self) -> Option<RefitRequest> {
        self.tica.refit_request()
    }

    /// Takes a refitted basis into use and projects the frames kept anew.
    ///
    /// # Errors
    /// When the basis belongs to another protein.
    pub fn adopt(&mut self, basis: TicaBasis) -> Result<(), AnalysisError> {
        self.tica.adopt(basis)?;
        for replica in 0..self.replicas.len() {
            if let Some(newest) = &mut self.replicas[replica].newest {
                newest.tica = self.tica.newest(replica);
            }
        }
        Ok(())
    }
}
