//! Figures of a run, from what its observer has found out.

use equijump_engine::analysis::Measurement;
use equijump_engine::observe::landscape::{Landscape, LandscapeMap};
use equijump_engine::observe::observations::{
    FrameDetails, MeasurementCurve, Observations, empty_dihedral_grid,
};

use super::{
    BasinMark, Curve, CurveFigure, CurveRole, DistanceFigure, FreeEnergyFigure, MapPairFigure,
    RamachandranFigure, RmsdSeries, StructureFigure,
};

/// The RMSD plot for a file: of `replica`, which is on view, and of the others.
pub fn rmsd(observations: &Observations, interval_ns: f64, replica: usize) -> RmsdSeries {
    let others = observations.replicas.iter().enumerate().filter(|(index, _)| *index != replica);
    let points = |(index, series): (usize, &Vec<(u32, f32)>)| {
        let point =
            |&(frame, rmsd): &(u32, f32)| (u64::from(frame), f64::from(frame) * interval_ns, f64::from(rmsd));
        (index, series.iter().map(point).collect())
    };
    RmsdSeries {
        replica,
        others: others.map(points).collect(),
        frames: observations.series.iter().map(|point| u64::from(point.frame)).collect(),
        time_ns: observations.series.iter().map(|point| f64::from(point.frame) * interval_ns).collect(),
        rmsd_angstrom: observations.series.iter().map(|point| f64::from(point.rmsd_angstrom)).collect(),
    }
}

/// The Ramachandran plot for a file.
pub fn ramachandran(observations: &Observations, details: &FrameDetails) -> RamachandranFigure {
    RamachandranFigure {
        points: details.dihedrals.clone(),
        frame: details.frame,
        density: observations.dihedral_density.clone().unwrap_or_else(empty_dihedral_grid),
        reference_regions: observations
            .reference
            .as_ref()
            .map(|reference| reference.dihedral_regions.clone()),
    }
}

/// The fluctuation of each residue for a file; `numbers` are those of the residues.
pub fn fluctuation(observations: &Observations, numbers: impl Iterator<Item = i32>) -> Option<CurveFigure> {
    let rmsf = observations.rmsf_angstrom.as_ref()?;
    Some(CurveFigure {
        stem: "fluctuation".to_owned(),
        x_label: "Residue".to_owned(),
        y_label: "RMSF (Å)".to_owned(),
        logarithmic: false,
        curves: vec![Curve {
            label: String::new(),
            role: CurveRole::Samples,
            x: numbers.map(f64::from).collect(),
            y: rmsf.clone(),
            band: Vec::new(),
        }],
        points: true,
        bars: false,
    })
}

/// Contacts over the run and at the start for a file.
pub fn contacts(observations: &Observations) -> Option<MapPairFigure> {
    let contacts = observations.contacts.as_ref()?;
    Some(MapPairFigure {
        stem: "contacts".to_owned(),
        titles: ["Run".to_owned(), "Start".to_owned()],
        maps: [contacts.grid(contacts.share.clone()), contacts.grid(contacts.start_share.clone())],
        x_label: "Residue i".to_owned(),
        y_label: "Residue j".to_owned(),
        value_label: "Share of frames with Cα within 8 Å".to_owned(),
        mark: None,
    })
}

/// Mean Cα distances over the run and those at the start, for a file.
pub fn distances(observations: &Observations) -> Option<DistanceFigure> {
    let contacts = observations.contacts.as_ref()?;
    let n = contacts.residues;
    let pairs = |values: &[f64]| -> Vec<f64> {
        (0..n).flat_map(|i| (i + 1..n).map(move |j| i * n + j)).map(|bin| values[bin]).collect()
    };
    Some(DistanceFigure {
        titles: ["Start".to_owned(), "Run".to_owned()],
        residues: n,
        mean_angstrom: [pairs(&contacts.start_angstrom), pairs(&contacts.mean_angstrom)],
    })
}

/// Secondary structure of the replica shown against time, for a file; `numbers` are those of the residues.
pub fn structure(
    observations: &Observations,
    interval_ns: f64,
    numbers: Vec<i32>,
) -> Option<StructureFigure> {
    let columns = observations.structure.as_ref().filter(|columns| columns.len() > 1)?;
    Some(StructureFigure {
        frames: columns.iter().map(|column| column.frame).collect(),
        time_ns: columns.iter().map(|column| column.frame as f64 * interval_ns).collect(),
        residues: numbers,
        states: columns.iter().map(|c| c.states.iter().map(|state| state.code()).collect()).collect(),
    })
}

/// The free-energy map for a file, if there is one; `letters` are those of its basins.
pub fn free_energy(
    observations: &Observations,
    letters: impl Fn(&LandscapeMap) -> Vec<char>,
) -> Option<FreeEnergyFigure> {
    let Landscape::Map(map) = &observations.landscape else { return None };
    Some(FreeEnergyFigure {
        free_energy_kt: map.free_energy_kt.clone(),
        projections: map.projections.iter().map(|p| (p.replica, p.frame, p.at.map(f64::from))).collect(),
        axes: map.settings.axes.map(|axis| axis.label()),
        basis: map.caption(),
        contours: map.contours.iter().map(|line| (line.level_kt, line.points.clone())).collect(),
        basins: letters(map)
            .into_iter()
            .zip(&map.basins.list)
            .map(|(letter, basin)| BasinMark::new(letter, basin))
            .collect(),
        reference_regions: observations
            .reference
            .as_ref()
            .filter(|_| map.has_reference_regions())
            .map(|reference| reference.landscape_regions.clone()),
    })
}

/// The plot of a measurement for a file.
pub fn measurement(series: &MeasurementCurve, stem: String, label: String, interval_ns: f64) -> CurveFigure {
    let measurement = series.measurement;
    let dihedral = matches!(measurement, Measurement::Dihedral(_));
    let (mut x, mut y) = (Vec::new(), Vec::new());
    let mut last = f64::NAN;
    for point in &series.points {
        let (time_ns, value) = (f64::from(point.frame) * interval_ns, f64::from(point.value));
        // A dihedral that leaves the scale at one end and returns at the other has not gone through it: the
        // line is broken there. Files of numbers leave such points out.
        if dihedral && (value - last).abs() > 180.0 {
            x.push(time_ns);
            y.push(f64::NAN);
        }
        x.push(time_ns);
        y.push(value);
        last = value;
    }
    CurveFigure {
        stem,
        x_label: "Time (ns)".to_owned(),
        y_label: format!("{} ({})", measurement.name(), measurement.unit()),
        logarithmic: false,
        curves: vec![Curve { label, role: CurveRole::Samples, x, y, band: Vec::new() }],
        points: false,
        bars: false,
    }
}
