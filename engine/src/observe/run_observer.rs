//! Looking at the frames of a run, one after the other, as they are made. The numbers come from
//! [`LiveObservables`]; this file turns them into what the panes draw.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::analysis::ramachandran::density_levels;
use crate::analysis::{
    BasisSource, ContactMap, DihedralTable, Fluctuation, Histogram2d, LiveObservables, LiveSettings,
    Measurement, NativeContacts, RamachandranClass, RamachandranHistogram, ReferenceData, SeriesPoint,
    StructureTimeline, ValidityChecker, ca_deviations_angstrom, ca_rmsd_angstrom, dssp,
    radius_of_gyration_angstrom, ramachandran_classes,
};
use crate::session::FrameHistory;
use crate::structure::Topology;
use crate::trust::{TrustData, TrustReport};

use super::landscape::{Coordinate, Landscape, LandscapeMap, MapPoint, MapSettings};
use super::measurement_tracker::MeasurementTracker;
use super::observations::{Contacts, FrameDetails, MeasurementCurve, Observations, Reference};
use super::validity_strip::ValidityStrip;
use super::violations::{violating_atoms, violations};
use super::{Grid2, NoMap, ObserveError, Positions, ResiduePoint};

/// What the observer looks at from now on.
#[derive(Clone)]
pub struct Subject {
    /// The protein.
    pub topology: Arc<Topology>,
    /// The start structure.
    pub reference: Positions,
    /// Frames of the run, if there is one.
    pub run: Option<Arc<FrameHistory>>,
    /// Time between frames, ps.
    pub frame_interval_ps: f64,
}

/// Points of the series of all replicas together: copied to the panes several times a second, so fewer
/// than the engine's default. Of trajectories that were opened; they grow no more.
const MAX_POINTS: usize = 400_000;

/// Those of a run that goes on: four replicas have as many after 10,000 frames, and from then on memory stays where it
/// is, however long the run.
const MAX_GROWING_POINTS: usize = 40_000;

/// Distances that a live fit works on, those between 13 residues: a fit needs twice as many pairs of frames,
/// and more would keep the map away for too long.
const MAX_FEATURES: usize = 78;

/// How far catching up has got.
#[derive(Clone, Copy, Debug)]
pub struct CatchUp {
    /// Something new was found out.
    pub changed: bool,
    /// There are frames not looked at yet.
    pub behind: bool,
}

/// What is known so far of a run, or of a structure without one.
pub struct RunObserver {
    subject: Subject,
    live: Option<LiveObservables>,
    reference: Option<Arc<Reference>>,
    dihedrals: DihedralTable,
    classes: Vec<RamachandranClass>,
    checker: ValidityChecker,
    fluctuation: Fluctuation,
    /// Contacts over all frames and replicas, and at the start; absent for long chains.
    contacts: Option<[ContactMap; 2]>,
    structure: StructureTimeline,
    native_contacts: NativeContacts,
    map_settings: MapSettings,
    /// The map last made, with the frames it was made of and the revision of their coordinates.
    map: Option<KnownMap>,
    /// How often the coordinates were fitted anew.
    fits: u64,
    measurements: MeasurementTracker,
    /// Frames looked at, of every replica.
    frames: u64,
    /// Per replica, validity over time.
    strips: Vec<ValidityStrip>,
    /// Per replica, the frame with the most violations and their number.
    worst: Vec<Option<(usize, usize)>>,
    scratch: Vec<[f32; 3]>,
    revision: u64,
}

impl RunObserver {
    /// Nothing known yet.
    ///
    /// # Errors
    /// [`ObserveError::Plots`].
    pub fn new(subject: Subject) -> Result<Self, ObserveError> {
        let topology = &subject.topology;
        let reference_data = ReferenceData::bundled(topology).map(Arc::new);
        let replicas = subject.run.as_ref().map_or(1, |run| run.replica_count());
        let mut settings = LiveSettings { max_points: MAX_POINTS, ..LiveSettings::default() };
        settings.tica.max_features = MAX_FEATURES;
        if subject.run.as_ref().is_some_and(|run| run.grows()) {
            settings.max_points = MAX_GROWING_POINTS;
            settings.max_feature_bytes = MAX_GROWING_POINTS * MAX_FEATURES * size_of::<f32>();
        }
        let live = match &subject.run {
            Some(_) => Some(
                LiveObservables::new(
                    topology.clone(),
                    subject.reference.clone(),
                    reference_data.clone(),
                    replicas,
                    subject.frame_interval_ps,
                    &settings,
                )
                .map_err(ObserveError::Plots)?,
            ),
            None => None,
        };
        Ok(Self {
            live,
            reference: reference_data.map(|data| Arc::new(reference(&data))),
            dihedrals: DihedralTable::new(topology),
            classes: ramachandran_classes(topology),
            checker: ValidityChecker::new(topology),
            fluctuation: Fluctuation::new(topology, &subject.reference),
            contacts: (topology.residue_count() <= Contacts::MOST_RESIDUES).then(|| {
                let mut start = ContactMap::new(topology);
                start.add(topology, &subject.reference);
                [ContactMap::new(topology), start]
            }),
            structure: StructureTimeline::new(topology, replicas),
            native_contacts: NativeContacts::new(topology, &subject.reference),
            map_settings: MapSettings::default(),
            map: None,
            fits: 0,
            measurements: MeasurementTracker::default(),
            frames: 0,
            strips: vec![ValidityStrip::default(); replicas],
            worst: vec![None; replicas],
            scratch: vec![[0.0; 3]; topology.atom_count()],
            revision: FIRST_REVISION.fetch_add(1 << 32, Ordering::Relaxed),
            subject,
        })
    }

    /// Follows these measurements from now on.
    pub fn measure(&mut self, wanted: &[Measurement]) {
        self.measurements.set_wanted(wanted);
    }

    /// Makes the map like this from now on.
    pub fn set_map(&mut self, settings: MapSettings) {
        self.map_settings = settings;
        self.revision += 1;
    }

    /// Follows the measurements in this replica.
    pub fn measure_replica(&mut self, replica: usize) {
        self.measurements.set_replica(replica);
    }

    /// Looks at new frames until there are none left or `deadline` is past.
    ///
    /// # Errors
    /// [`ObserveError`] when a frame cannot be read back or measured.
    pub fn catch_up(&mut self, deadline: Instant) -> Result<CatchUp, ObserveError> {
        let (Some(live), Some(history)) = (&mut self.live, &self.subject.run) else {
            return Ok(CatchUp { changed: false, behind: false });
        };
        let history: &FrameHistory = history;
        let mut changed = false;
        while self.frames < history.len() {
            if Instant::now() > deadline {
                self.revision += u64::from(changed);
                return Ok(CatchUp { changed, behind: true });
            }
            let frame = self.frames;
            for replica in 0..history.replica_count() {
                history
                    .read_into(frame, replica, &mut self.scratch)
                    .map_err(|source| ObserveError::ReadBack { frame, purpose: "plots", source })?;
                let measured = live
                    .ingest(replica, frame, &self.scratch)
                    .map_err(|source| ObserveError::LeftOut { frame, source })?;
                let count = measured.validity.violation_count();
                let clashing = !measured.validity.clashes.is_empty();
                self.strips[replica].push(measured.validity.is_intact(), clashing, count);
                self.fluctuation.add(&self.subject.topology, &self.scratch);
                self.structure.add(&self.subject.topology, replica, frame, &self.scratch);
                if let Some([run, _]) = &mut self.contacts {
                    run.add(&self.subject.topology, &self.scratch);
                }
                let worst = &mut self.worst[replica];
                if count > 0 && worst.is_none_or(|(_, most)| count > most) {
                    *worst = Some((frame as usize, count));
                }
            }
            self.frames += 1;
            changed = true;
            if let Some(request) = live.refit_request() {
                let basis = request.run().map_err(ObserveError::Refit)?;
                live.adopt(basis).map_err(ObserveError::Refit)?;
                self.fits += 1;
            }
        }
        let all_replicas = self.map_is_measured();
        let (measured, behind) = self.measurements.catch_up(history, all_replicas, deadline)?;
        changed |= measured;
        self.revision += u64::from(changed);
        Ok(CatchUp { changed, behind })
    }

    /// A copy of what is known, with the series of one replica.
    pub fn observations(&mut self, replica: usize) -> Observations {
        let landscape = self.landscape();
        let Some(live) = &self.live else {
            return Observations { reference: self.reference.clone(), ..Observations::default() };
        };
        Observations {
            revision: self.revision,
            frames: self.frames,
            series: live.series(replica).to_vec(),
            dihedral_density: dihedral_density(live.ramachandran()),
            reference: self.reference.clone(),
            rmsf_angstrom: self.fluctuation.rmsf_angstrom(),
            structure: Some(self.structure.columns(replica).to_vec())
                .filter(|columns| columns.len() > 1)
                .map(Arc::new),
            contacts: self.contacts.as_ref().and_then(contacts).map(Arc::new),
            measured: self.measurements.observed(replica),
            landscape,
            validity: Some(live.validity().clone()),
            worst_frame: self.worst.get(replica).copied().flatten(),
            strip: self.strips.get(replica).cloned().unwrap_or_default(),
            replicas: replica_series(live),
        }
    }

    /// The map, made again only when it would be another one: when there are some more frames, all have been looked
    /// at, or it is to be made in another way.
    fn landscape(&mut self) -> Landscape {
        let Some(live) = &self.live else { return Landscape::Waiting };
        let replicas = if self.map_is_measured() { live.replica_count() } else { 0 };
        let measured: Vec<_> = (0..replicas).map(|replica| self.measurements.observed(replica)).collect();
        let count: usize = measured.iter().flatten().map(|series| series.points.len()).sum();
        let made_of =
            MadeOf { settings: self.map_settings, fits: self.fits, frames: self.frames, measured: count };
        let all = self.subject.run.as_ref().is_none_or(|history| history.len() == self.frames);
        if let Some(known) = &self.map {
            let few_more = self.frames < known.made_of.frames + known.made_of.frames / 50 + 1;
            let same_but_frames = MadeOf { frames: known.made_of.frames, ..made_of } == known.made_of;
            if known.made_of == made_of || (same_but_frames && few_more && !all) {
                return Landscape::Map(known.map.clone());
            }
        }
        match map_of(live, &self.subject.topology.sequence(), &measured, self.map_settings) {
            Ok(map) => {
                let map = Arc::new(map);
                self.map = Some(KnownMap { made_of, map: map.clone() });
                Landscape::Map(map)
            }
            Err(reason) => {
                self.map = None;
                Landscape::NotYet(reason)
            }
        }
    }

    /// Whether a measurement of the user's is a coordinate of the map.
    fn map_is_measured(&self) -> bool {
        self.map_settings.axes.iter().any(|axis| matches!(axis, Coordinate::Measured(_)))
    }

    /// Where a frame lies on the map.
    fn on_map(&self, positions: &[[f32; 3]], rmsd_angstrom: f64) -> Option<[f64; 2]> {
        let topology = &self.subject.topology;
        let slow = || {
            let basis = self.live.as_ref()?.basis()?;
            Some(basis.project(topology, positions))
        };
        let value = |axis: Coordinate| match axis {
            Coordinate::Tic1 => slow()?.first().copied(),
            Coordinate::Tic2 => slow()?.get(1).copied(),
            Coordinate::Rmsd => Some(rmsd_angstrom),
            Coordinate::RadiusOfGyration => Some(radius_of_gyration_angstrom(topology, positions)),
            Coordinate::NativeContacts => self.native_contacts.fraction(positions),
            Coordinate::Measured(measurement) => {
                let known = measurement.atoms().iter().all(|atom| *atom < positions.len());
                known.then(|| measurement.value(positions))
            }
        };
        let [x, y] = self.map_settings.axes.map(value);
        Some([x?, y?]).filter(|point| point.iter().all(|value| value.is_finite()))
    }

    /// Everything about one frame.
    pub fn inspect(&self, frame: usize, replica: usize, positions: &[[f32; 3]]) -> FrameDetails {
        let topology = &self.subject.topology;
        let dihedrals = self
            .dihedrals
            .measure(positions)
            .iter()
            .enumerate()
            .filter_map(|(residue, angles)| {
                Some(ResiduePoint {
                    index: residue,
                    residue: topology.residues()[residue].label(),
                    class: self.classes[residue].label(),
                    phi_degrees: angles.phi_rad?.to_degrees(),
                    psi_degrees: angles.psi_rad?.to_degrees(),
                })
            })
            .collect();
        let report = self.checker.check(positions);
        let rmsd_angstrom = ca_rmsd_angstrom(topology, positions, &self.subject.reference);
        FrameDetails {
            frame,
            replica,
            rmsd_angstrom,
            deviations_angstrom: ca_deviations_angstrom(topology, positions, &self.subject.reference),
            on_map: self.on_map(positions, rmsd_angstrom),
            dihedrals,
            secondary_structure: dssp(topology, positions).iter().map(|state| state.code()).collect(),
            violations: violations(topology, &report),
            violating_atoms: violating_atoms(topology, &report),
            trust: None,
        }
    }

    /// How familiar a frame is to a model.
    pub fn trust(&self, data: &TrustData, positions: &[[f32; 3]]) -> TrustReport {
        data.measure(&self.subject.topology, positions)
    }
}

/// Revisions of different runs are never alike: pictures are kept by them.
static FIRST_REVISION: AtomicU64 = AtomicU64::new(0);

/// Of the run and of the start; `None` before the second frame.
fn contacts([run, start]: &[ContactMap; 2]) -> Option<Contacts> {
    let n = run.residues();
    if run.frames() < 2 || n < 2 {
        return None;
    }
    let all = |value: &dyn Fn(usize, usize) -> f64| (0..n * n).map(|bin| value(bin % n, bin / n)).collect();
    Some(Contacts {
        residues: n,
        share: all(&|x, y| run.fraction(x, y)),
        start_share: all(&|x, y| start.fraction(x, y)),
        mean_angstrom: all(&|x, y| run.mean_distance_angstrom(x, y)),
        start_angstrom: all(&|x, y| start.mean_distance_angstrom(x, y)),
    })
}

/// What a map was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
struct MadeOf {
    settings: MapSettings,
    fits: u64,
    frames: u64,
    /// Points of measurements.
    measured: usize,
}

/// A map, and what it was made of.
struct KnownMap {
    made_of: MadeOf,
    map: Arc<LandscapeMap>,
}

/// The map of all frames that have both coordinates; `measured` are the curves of each replica.
fn map_of(
    live: &LiveObservables,
    sequence: &str,
    measured: &[Vec<MeasurementCurve>],
    settings: MapSettings,
) -> Result<LandscapeMap, NoMap> {
    let slow = settings.axes.iter().any(|axis| axis.is_slow());
    let source = match live.basis_source() {
        BasisSource::Reference { name } => format!("Coordinates from molecular dynamics of {name}"),
        BasisSource::Run { pairs } => {
            let why = ReferenceData::why_none(sequence).map(|why| format!(". {}", why.trim_end_matches('.')));
            format!(
                "Coordinates fitted to this run so far ({pairs} pairs of frames){}",
                why.unwrap_or_default()
            )
        }
        BasisSource::Waiting { pairs, needed } if slow => {
            let why_no_reference = ReferenceData::why_none(sequence);
            return Err(NoMap::TooShort { pairs, needed, why_no_reference });
        }
        BasisSource::Unavailable { reason } if slow => return Err(NoMap::NoCoordinates(reason)),
        BasisSource::Waiting { .. } | BasisSource::Unavailable { .. } => String::new(),
    };
    let shared = !slow || matches!(live.basis_source(), BasisSource::Reference { .. });
    let series_point = |replica: usize, frame: u32| -> Option<&SeriesPoint> {
        let series = live.series(replica);
        series.binary_search_by_key(&frame, |point| point.frame).ok().map(|index| &series[index])
    };
    let series_of = |measurement: Measurement, replica: usize| {
        measured.get(replica)?.iter().find(|series| series.measurement == measurement)
    };
    let of_series = |axis: Coordinate, point: &SeriesPoint| match axis {
        Coordinate::Rmsd => Some(point.rmsd_angstrom),
        Coordinate::RadiusOfGyration => Some(point.radius_of_gyration_angstrom),
        Coordinate::NativeContacts => Some(point.native_contacts),
        _ => None,
    };
    let value = |axis: Coordinate, replica: usize, frame: u32, tica: Option<[f32; 2]>| match axis {
        Coordinate::Tic1 => tica.map(|tica| tica[0]),
        Coordinate::Tic2 => tica.map(|tica| tica[1]),
        Coordinate::Measured(measurement) => {
            let points = &series_of(measurement, replica)?.points;
            points.binary_search_by_key(&frame, |point| point.frame).ok().map(|index| points[index].value)
        }
        _ => of_series(axis, series_point(replica, frame)?),
    };
    let unknown = |axis: &Coordinate| match *axis {
        Coordinate::Measured(measurement) => {
            (0..live.replica_count()).all(|replica| series_of(measurement, replica).is_none())
        }
        _ => false,
    };
    if settings.axes.iter().any(unknown) {
        return Err(NoMap::NoMeasurement);
    }
    let point = |replica: usize, frame: u32, tica: Option<[f32; 2]>| {
        let [x, y] = settings.axes.map(|axis| value(axis, replica, frame, tica));
        let at = [x?, y?];
        let finite = at.iter().all(|value| value.is_finite());
        finite.then_some(MapPoint { replica: replica as u32, frame, at })
    };
    let points: Vec<MapPoint> = if slow {
        live.projections().iter().filter_map(|p| point(p.replica as usize, p.frame, Some(p.tica))).collect()
    } else {
        (0..live.replica_count())
            .flat_map(|replica| live.series(replica).iter().map(move |p| (replica, p.frame)))
            .filter_map(|(replica, frame)| point(replica, frame, None))
            .collect()
    };
    if points.is_empty() {
        return Err(if live.frame_count() == 0 { NoMap::NoFrames } else { NoMap::NoPoints });
    }
    let basis = if slow {
        source
    } else {
        let [across, up] = settings.axes.map(Coordinate::label);
        format!("{up} against {across}")
    };
    LandscapeMap::new(settings, points, basis, shared)
}

/// Points of each replica's line in plots of several; more are not seen.
const REPLICA_POINTS: usize = 1000;
/// Lines of replicas in a plot; more are not told apart.
const MOST_REPLICAS: usize = 64;

fn replica_series(live: &LiveObservables) -> Vec<Vec<(u32, f32)>> {
    if live.replica_count() < 2 {
        return Vec::new();
    }
    (0..live.replica_count().min(MOST_REPLICAS))
        .map(|replica| {
            let series = live.series(replica);
            let step = series.len().div_ceil(REPLICA_POINTS).max(1);
            series.iter().step_by(step).map(|point| (point.frame, point.rmsd_angstrom)).collect()
        })
        .collect()
}

/// The histogram as fractions of all samples, φ along x.
fn dihedral_density(histogram: &RamachandranHistogram) -> Option<Grid2> {
    let total = histogram.total();
    if total == 0 {
        return None;
    }
    let fraction = |count: u64| if count == 0 { f64::NAN } else { count as f64 / total as f64 };
    let counts = phi_along_x(&histogram.all_counts(), histogram.bins());
    Some(dihedral_grid(histogram.bins(), counts.into_iter().map(fraction).collect()))
}

fn dihedral_grid(bins: usize, values: Vec<f64>) -> Grid2 {
    Grid2 { x_range: [-180.0, 180.0], y_range: [-180.0, 180.0], nx: bins, ny: bins, values }
}

/// The histogram has φ as its slow index, grids have x as their fast one.
fn phi_along_x(counts: &[u64], bins: usize) -> Vec<u64> {
    (0..bins * bins).map(|index| counts[(index % bins) * bins + index / bins]).collect()
}

/// What the panes draw of a reference.
fn reference(data: &ReferenceData) -> Reference {
    let bins = data.ramachandran.bins();
    let dihedrals = phi_along_x(&data.ramachandran.all_counts(), bins);
    Reference {
        description: format!("{}, {:.0} K", data.provenance.description, data.provenance.temperature_kelvin),
        dihedral_regions: dihedral_grid(bins, regions(&dihedrals)),
        landscape_regions: landscape_regions(&data.tica),
    }
}

fn landscape_regions(histogram: &Histogram2d) -> Grid2 {
    let counts: Vec<u64> = histogram.weights.iter().map(|weight| weight.round() as u64).collect();
    Grid2 {
        x_range: [histogram.x.min, histogram.x.max],
        y_range: [histogram.y.min, histogram.y.max],
        nx: histogram.x.bins,
        ny: histogram.y.bins,
        values: regions(&counts),
    }
}

/// 3, 2, 1 for bins within the densest 50, 90, 99 % of all counts, NaN for the others.
fn regions(counts: &[u64]) -> Vec<f64> {
    let Some(levels) = density_levels(counts, &[0.99, 0.9, 0.5]) else {
        return vec![f64::NAN; counts.len()];
    };
    let region = |count: u64| levels.iter().filter(|level| count >= **level && count > 0).count();
    counts.iter().map(|count| if region(*count) == 0 { f64::NAN } else { region(*count) as f64 }).collect()
}
