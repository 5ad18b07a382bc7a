//! The free-energy map of a run on two coordinates of the user's choice.

use std::sync::Arc;

use crate::analysis::{
    BasinSettings, Basins, Binning, Contour, Ends, FreeEnergySurface, Histogram2d, Measurement, contours,
    find_basins, scott_bandwidth, smooth_density,
};

use super::{Grid2, NoMap};

/// What a frame is measured by along one axis of the map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Coordinate {
    /// The slowest component of TICA.
    #[default]
    Tic1,
    /// The second one.
    Tic2,
    /// Cα RMSD from the start structure.
    Rmsd,
    /// Radius of gyration.
    RadiusOfGyration,
    /// Fraction of the contacts of the start structure.
    NativeContacts,
    /// A measurement of the user's.
    Measured(Measurement),
}

impl Coordinate {
    /// Those that every run has.
    pub const ALL: [Coordinate; 5] = [
        Coordinate::Tic1,
        Coordinate::Tic2,
        Coordinate::Rmsd,
        Coordinate::RadiusOfGyration,
        Coordinate::NativeContacts,
    ];

    /// Title of an axis, with its unit.
    pub fn label(self) -> String {
        match self {
            Coordinate::Tic1 => "TIC 1".to_owned(),
            Coordinate::Tic2 => "TIC 2".to_owned(),
            Coordinate::Rmsd => "Cα RMSD (Å)".to_owned(),
            Coordinate::RadiusOfGyration => "Radius of gyration (Å)".to_owned(),
            Coordinate::NativeContacts => "Native contacts (share)".to_owned(),
            Coordinate::Measured(measurement) => {
                format!("{} ({})", measurement.name(), measurement.unit())
            }
        }
    }

    /// Between which values it lies.
    fn ends(self) -> Ends {
        let from_zero = |high| Ends::Walls { low: 0.0, high };
        match self {
            Coordinate::Tic1 | Coordinate::Tic2 => Ends::NONE,
            Coordinate::Rmsd | Coordinate::RadiusOfGyration => from_zero(f64::INFINITY),
            Coordinate::NativeContacts => from_zero(1.0),
            Coordinate::Measured(Measurement::Distance(_)) => from_zero(f64::INFINITY),
            Coordinate::Measured(Measurement::Angle(_)) => from_zero(180.0),
            Coordinate::Measured(Measurement::Dihedral(_)) => Ends::Around { low: -180.0, high: 180.0 },
        }
    }

    /// Whether it is a component of TICA.
    pub fn is_slow(self) -> bool {
        matches!(self, Coordinate::Tic1 | Coordinate::Tic2)
    }
}

/// How the map is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapSettings {
    /// Coordinates along x and y.
    pub axes: [Coordinate; 2],
    /// A kernel density; else counts in bins.
    pub smooth: bool,
    /// Bandwidth of the kernel as a multiple of Scott's rule.
    pub bandwidth_factor: f64,
}

impl Default for MapSettings {
    /// The two slowest coordinates, smooth, with half the bandwidth of Scott's rule: that is meant for one Gaussian, and
    /// landscapes have several basins.
    fn default() -> Self {
        Self { axes: [Coordinate::Tic1, Coordinate::Tic2], smooth: true, bandwidth_factor: 0.5 }
    }
}

impl MapSettings {
    /// Measures along axis 0 or 1 by `coordinate`. The axes change places where the other one has it: on twice the same
    /// coordinate there is no map.
    pub fn set_axis(&mut self, axis: usize, coordinate: Coordinate) {
        if self.axes[1 - axis] == coordinate {
            self.axes.swap(0, 1);
        } else {
            self.axes[axis] = coordinate;
        }
    }
}

/// The free-energy map.
#[derive(Clone, Debug, Default)]
pub enum Landscape {
    /// No run.
    #[default]
    Waiting,
    /// A run without a map, with the reason.
    NotYet(NoMap),
    /// There is one.
    Map(Arc<LandscapeMap>),
}

/// A frame on the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapPoint {
    /// Replica.
    pub replica: u32,
    /// Frame number.
    pub frame: u32,
    /// The two coordinates.
    pub at: [f32; 2],
}

/// A free-energy map on two coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct LandscapeMap {
    /// What it was made with.
    pub settings: MapSettings,
    /// `−ln p`, kT, deepest place 0; NaN where no frame fell, or none near.
    pub free_energy_kt: Grid2,
    /// Coordinates of the frames of all replicas; in very long runs thinned evenly. Frames of a replica are in order.
    pub projections: Vec<MapPoint>,
    /// What the coordinates are, in words.
    pub basis: String,
    /// Whether all runs of the protein share the coordinates.
    pub shared_coordinates: bool,
    /// Standard deviation of the kernel along both axes; `None` for bins.
    pub bandwidth: Option<[f64; 2]>,
    /// Lines of equal free energy of the smooth map.
    pub contours: Vec<Contour>,
    /// Basins of the smooth map.
    pub basins: Basins,
    /// Cells of the basins: as [`Self::free_energy_kt`] where that is smooth.
    basin_grid: [Binning; 2],
}

/// Cells along each axis of a smooth map.
const SMOOTH_CELLS: usize = 96;
/// Contours at most; where the map is higher they are farther apart.
const MOST_CONTOURS: usize = 10;

impl LandscapeMap {
    /// The map of some frames.
    ///
    /// # Errors
    /// [`NoMap::NoDensity`] where there is nothing to draw.
    pub fn new(
        settings: MapSettings,
        projections: Vec<MapPoint>,
        basis: String,
        shared_coordinates: bool,
    ) -> Result<Self, NoMap> {
        let points: Vec<[f64; 2]> = projections.iter().map(|point| point.at.map(f64::from)).collect();
        let ends = settings.axes.map(Coordinate::ends);
        let bandwidth = scott_bandwidth(&points, settings.bandwidth_factor, ends)?;
        let smooth = smooth_density(&points, bandwidth, SMOOTH_CELLS, ends)?;
        let surface = smooth.free_energy();
        let basins = find_basins(&surface, &trajectories(&projections), &BasinSettings::default(), ends);
        let basin_grid = [surface.x, surface.y];
        let (free_energy_kt, contours, bandwidth) = if settings.smooth {
            let top = surface.values_kt.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
            let lines = contours(&surface, &levels_kt(top));
            (grid_of(surface), lines, Some(smooth.bandwidth))
        } else {
            let axis = |d: usize| Binning::of_data(points.iter().map(|point| point[d]), Binning::BINS_2D);
            let (x, y) = (axis(0)?, axis(1)?);
            let mut map = Histogram2d::new(x, y);
            points.iter().for_each(|[x, y]| map.add(*x, *y, 1.0));
            (grid_of(map.free_energy()), Vec::new(), None)
        };
        Ok(Self {
            settings,
            free_energy_kt,
            projections,
            basis,
            shared_coordinates,
            bandwidth,
            contours,
            basins,
            basin_grid,
        })
    }

    /// What the map shows and how it was made, in words.
    pub fn caption(&self) -> String {
        match self.bandwidth {
            Some([x, y]) => format!("{}. Gaussian kernels of {x:.2} × {y:.2}", self.basis),
            None => format!("{}. {} × {} bins", self.basis, self.free_energy_kt.nx, self.free_energy_kt.ny),
        }
    }

    /// Whether what is known of molecular dynamics has these coordinates.
    pub fn has_reference_regions(&self) -> bool {
        self.shared_coordinates && self.settings.axes == [Coordinate::Tic1, Coordinate::Tic2]
    }

    /// The basin of a point, by its place in [`Self::basins`].
    pub fn basin_of(&self, x: f64, y: f64) -> Option<usize> {
        let [across, up] = &self.basin_grid;
        let cell = up.index(y)? * across.bins + across.index(x)?;
        self.basins.of_cell.get(cell).copied().flatten().map(usize::from)
    }

    /// How far two places are apart along x and y.
    fn apart(&self, one: [f64; 2], other: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|axis| self.settings.axes[axis].ends().apart(one[axis], other[axis]))
    }

    /// Range of each basin along x and y, from edge to edge of its cells.
    pub fn basin_ranges(&self) -> Vec<[[f64; 2]; 2]> {
        let [across, up] = &self.basin_grid;
        let mut ranges = vec![[[f64::INFINITY, f64::NEG_INFINITY]; 2]; self.basins.list.len()];
        for (cell, basin) in self.basins.of_cell.iter().enumerate() {
            let Some(range) = basin.and_then(|basin| ranges.get_mut(usize::from(basin))) else { continue };
            let center = [across.center(cell % across.bins), up.center(cell / across.bins)];
            for ((ends, center), axis) in range.iter_mut().zip(center).zip([across, up]) {
                let half = 0.5 * axis.width();
                *ends = [ends[0].min(center - half), ends[1].max(center + half)];
            }
        }
        ranges
    }

    /// The letters of the basins. They stay with the place: a basin that holds the minimum of a basin of an `earlier` map
    /// on the same coordinates has its letter, the others have the next that are free, the most populated first.
    pub fn letters(&self, earlier: &[&LandscapeMap]) -> Vec<char> {
        let alike = |map: &&&LandscapeMap| {
            self.shared_coordinates && map.shared_coordinates && map.settings.axes == self.settings.axes
        };
        let mut minima = Vec::new();
        for map in earlier.iter().filter(alike) {
            map.place_in(&mut minima);
        }
        self.place_in(&mut minima).into_iter().map(letter).collect()
    }

    /// The place of each basin among `minima`, to which those that hold none are added.
    fn place_in(&self, minima: &mut Vec<[f64; 2]>) -> Vec<usize> {
        let mut places: Vec<Option<usize>> = vec![None; self.basins.list.len()];
        let from_minimum = |basin: usize, [x, y]: [f64; 2]| {
            let [own_x, own_y] = self.basins.list[basin].minimum;
            let grid = &self.free_energy_kt;
            let width = |range: [f64; 2]| (range[1] - range[0]).max(1e-12);
            let [dx, dy] = self.apart([own_x, own_y], [x, y]);
            (dx / width(grid.x_range)).hypot(dy / width(grid.y_range))
        };
        for (place, minimum) in minima.iter().enumerate() {
            let Some(basin) = self.basin_of(minimum[0], minimum[1]) else { continue };
            let nearer = places[basin]
                .is_none_or(|known| from_minimum(basin, *minimum) < from_minimum(basin, minima[known]));
            if nearer {
                places[basin] = Some(place);
            }
        }
        let mut place = |(basin, known): (usize, Option<usize>)| {
            known.unwrap_or_else(|| {
                minima.push(self.basins.list[basin].minimum);
                minima.len() - 1
            })
        };
        places.into_iter().enumerate().map(&mut place).collect()
    }

    /// Frames of each of so many replicas in a basin, ascending; in very long runs of those that are kept.
    pub fn frames_in_basin(&self, basin: usize, replicas: usize) -> Vec<Vec<u64>> {
        self.frames_where(replicas, |point| {
            let [x, y] = point.at.map(f64::from);
            self.basin_of(x, y) == Some(basin)
        })
    }

    /// Frames of each of so many replicas inside a rectangle, as [`Self::frames_within`] has them, in one look at
    /// the points.
    pub fn frames_within_of_all(&self, selection: &MapSelection, replicas: usize) -> Vec<Vec<u64>> {
        self.frames_where(replicas, |point| selection.holds(point))
    }

    fn frames_where(&self, replicas: usize, holds: impl Fn(&MapPoint) -> bool) -> Vec<Vec<u64>> {
        let mut frames = vec![Vec::new(); replicas];
        for point in self.projections.iter().filter(|point| holds(point)) {
            if let Some(own) = frames.get_mut(point.replica as usize) {
                own.push(u64::from(point.frame));
            }
        }
        frames.iter_mut().for_each(|own| own.sort_unstable());
        frames
    }

    /// Frames of a replica inside a rectangle, ascending; in very long runs of those that are kept.
    pub fn frames_within(&self, selection: &MapSelection, replica: usize) -> Vec<usize> {
        let own = self.projections.iter().filter(|point| point.replica as usize == replica);
        let mut frames: Vec<usize> =
            own.filter(|point| selection.holds(point)).map(|point| point.frame as usize).collect();
        frames.sort_unstable();
        frames
    }

    /// The frame whose coordinates are nearest to a point, distances measured in widths of the map: its
    /// number and replica. Frames of `replica` are preferred when they lie in the same bin.
    pub fn nearest_frame(&self, x: f64, y: f64, replica: usize) -> Option<(usize, usize)> {
        let grid = &self.free_energy_kt;
        let width = |range: [f64; 2]| (range[1] - range[0]).max(1e-12);
        let (wx, wy) = (width(grid.x_range), width(grid.y_range));
        let bin = (0.5 / grid.nx as f64).hypot(0.5 / grid.ny as f64);
        let distance = |point: &MapPoint| {
            let [dx, dy] = self.apart(point.at.map(f64::from), [x, y]);
            let plain = (dx / wx).hypot(dy / wy);
            if point.replica as usize == replica { plain } else { plain + bin }
        };
        self.projections
            .iter()
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .map(|point| (point.frame as usize, point.replica as usize))
    }

    /// The way of a replica over the map, at most so many points of it.
    pub fn path(&self, replica: usize, most: usize) -> Vec<[f64; 2]> {
        let own: Vec<[f64; 2]> = self
            .projections
            .iter()
            .filter(|point| point.replica as usize == replica)
            .map(|point| point.at.map(f64::from))
            .collect();
        let step = own.len().div_ceil(most.max(1)).max(1);
        own.into_iter().step_by(step).collect()
    }
}

/// Whole numbers of kT below `top`, or every second, fifth … where there were too many.
fn levels_kt(top: f64) -> Vec<f64> {
    let step = [1.0, 2.0, 5.0, 10.0, 20.0].into_iter().find(|step| top / step <= MOST_CONTOURS as f64);
    let step = step.unwrap_or(top / MOST_CONTOURS as f64);
    (1..=MOST_CONTOURS).map(|k| k as f64 * step).take_while(|level| *level < top).collect()
}

/// Points of each replica, in order of time.
fn trajectories(points: &[MapPoint]) -> Vec<Vec<[f64; 2]>> {
    let replicas = points.iter().map(|point| point.replica as usize + 1).max().unwrap_or(0);
    let mut trajectories = vec![Vec::new(); replicas];
    for point in points {
        trajectories[point.replica as usize].push(point.at.map(f64::from));
    }
    trajectories
}

fn grid_of(surface: FreeEnergySurface) -> Grid2 {
    Grid2 {
        x_range: [surface.x.min, surface.x.max],
        y_range: [surface.y.min, surface.y.max],
        nx: surface.x.bins,
        ny: surface.y.bins,
        values: surface.values_kt,
    }
}

/// A rectangle of the free-energy map: the frames in it are played, the others passed over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapSelection {
    /// Lower and upper end along the first coordinate.
    pub x: [f64; 2],
    /// Lower and upper end along the second.
    pub y: [f64; 2],
}

impl MapSelection {
    /// The rectangle with two opposite corners.
    pub fn between(a: [f64; 2], b: [f64; 2]) -> Self {
        let ordered = |a: f64, b: f64| [a.min(b), a.max(b)];
        Self { x: ordered(a[0], b[0]), y: ordered(a[1], b[1]) }
    }

    fn holds(&self, point: &MapPoint) -> bool {
        let [x, y] = point.at.map(f64::from);
        (self.x[0]..=self.x[1]).contains(&x) && (self.y[0]..=self.y[1]).contains(&y)
    }
}

/// Frames that belong together, of each replica, ascending: those of a basin, a state, a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameGroup {
    /// What they are, for the user: `basin A`.
    pub name: String,
    /// Frame numbers of each replica.
    pub frames: Arc<Vec<Vec<u64>>>,
}

impl FrameGroup {
    /// Frames of a replica.
    pub fn of_replica(&self, replica: usize) -> Vec<usize> {
        self.frames
            .get(replica)
            .map(|own| own.iter().map(|&frame| frame as usize).collect())
            .unwrap_or_default()
    }
}

/// The letter of a basin or a state: A, B, C …
pub fn letter(index: usize) -> char {
    char::from(b'A' + (index % 26) as u8)
}

/// A share with its standard error, in percent: `62 ± 8 %`; without one where there is no telling it.
pub fn percent(share: f64, error: f64) -> String {
    if error.is_finite() {
        format!("{:.0} ± {:.0} %", 100.0 * share, (100.0 * error).ceil())
    } else {
        format!("{:.0} %", 100.0 * share)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_share_without_an_error_claims_none() {
        assert_eq!(percent(0.62, 0.071), "62 ± 8 %");
        assert_eq!(percent(1.0, f64::NAN), "100 %");
    }

    fn map_of(points: Vec<MapPoint>) -> LandscapeMap {
        let settings = MapSettings { smooth: false, ..MapSettings::default() };
        LandscapeMap::new(settings, points, String::new(), false).unwrap()
    }

    fn point(replica: u32, frame: u32, at: [f32; 2]) -> MapPoint {
        MapPoint { replica, frame, at }
    }

    #[test]
    fn the_nearest_frame_is_nearest_in_the_plot() {
        let grid =
            Grid2 { x_range: [0.0, 100.0], y_range: [0.0, 1.0], nx: 10, ny: 10, values: vec![0.0; 100] };
        let points = vec![point(0, 5, [50.0, 0.0]), point(0, 6, [60.0, 1.0]), point(1, 7, [59.0, 1.0])];
        let map = LandscapeMap { free_energy_kt: grid, ..map_of(points) };
        // 10 units of x are a tenth of the plot, 0.6 units of y more than half of it.
        assert_eq!(map.nearest_frame(60.0, 0.4, 0), Some((5, 0)));
        assert_eq!(map.nearest_frame(50.0, 0.9, 0), Some((6, 0)));
        assert_eq!(map.nearest_frame(59.0, 1.0, 0), Some((6, 0)), "the replica shown goes first");
        assert_eq!(map.nearest_frame(59.0, 1.0, 1), Some((7, 1)));
        let selection = MapSelection::between([61.0, 1.5], [45.0, -0.5]);
        assert_eq!(map.frames_within(&selection, 0), [5, 6]);
        assert_eq!(map.frames_within(&selection, 1), [7]);
        assert!(map.frames_within(&MapSelection::between([0.0, 0.0], [10.0, 1.0]), 0).is_empty());
    }

    #[test]
    fn two_clouds_are_two_basins_whose_frames_are_told() {
        // 300 frames about (0, 0), then 100 about (10, 10), in each of two replicas.
        let mut points = Vec::new();
        for replica in 0..2 {
            for frame in 0..400u32 {
                let at = if frame < 300 { 0.0 } else { 10.0 };
                let turn = frame as f32 * 2.4;
                let radius = (frame % 17) as f32 / 17.0;
                points.push(point(replica, frame, [at + radius * turn.cos(), at + radius * turn.sin()]));
            }
        }
        let map = LandscapeMap::new(MapSettings::default(), points, String::new(), true).unwrap();
        assert_eq!(map.basins.list.len(), 2);
        assert!((map.basins.list[0].population - 0.75).abs() < 1e-12);
        assert_eq!(map.basins.list[1].visits, 2);
        assert_eq!((map.basin_of(0.0, 0.0), map.basin_of(10.0, 10.0)), (Some(0), Some(1)));
        let frames = map.frames_in_basin(1, 2);
        assert_eq!(frames, vec![(300..400).collect::<Vec<u64>>(); 2]);
        assert!(map.contours.iter().any(|contour| contour.level_kt == 1.0));
        let [[left, right], [low, high]] = map.basin_ranges()[1];
        assert!(left > 6.0 && left < 9.5 && right > 10.5, "{left} to {right}");
        assert!(low > 6.0 && low < 9.5 && high > 10.5, "{low} to {high}");
        assert!(map.bandwidth.is_some());
        assert_eq!(map.path(1, 200).len(), 200);
    }

    #[test]
    fn a_well_about_180_degrees_is_one_basin() {
        let dihedral = Coordinate::Measured(Measurement::Dihedral([0, 1, 2, 3]));
        let settings = MapSettings { axes: [dihedral, Coordinate::Rmsd], ..MapSettings::default() };
        let points: Vec<MapPoint> = (0..900u32)
            .map(|frame| {
                let radius = ((frame * 7) % 90) as f32 / 90.0;
                let (sine, cosine) = (frame as f32 * 2.4).sin_cos();
                let degrees = (180.0 + 50.0 * radius * cosine + 180.0).rem_euclid(360.0) - 180.0;
                point(0, frame, [degrees, 2.0 + radius * sine])
            })
            .collect();
        let map = LandscapeMap::new(settings, points, String::new(), false).unwrap();
        assert_eq!(map.basins.list.len(), 1, "{:?}", map.basins.list);
        assert_eq!(map.basins.list[0].visits, 1);
        assert_eq!((map.basin_of(175.0, 2.0), map.basin_of(-175.0, 2.0)), (Some(0), Some(0)));
        assert_eq!(map.apart([179.0, 1.0], [-179.0, 2.0]), [2.0, 1.0]);
    }

    #[test]
    fn letters_of_basins_stay_with_their_places() {
        let cloud = |at: f32, frames: std::ops::Range<u32>| {
            frames.map(move |frame| {
                let (turn, radius) = (frame as f32 * 2.4, (frame % 17) as f32 / 17.0);
                point(0, frame, [at + radius * turn.cos(), at + radius * turn.sin()])
            })
        };
        let map = |parts: [(f32, u32); 2], shared| {
            let [(first, count), (second, more)] = parts;
            let points = cloud(first, 0..count).chain(cloud(second, count..count + more)).collect();
            LandscapeMap::new(MapSettings::default(), points, String::new(), shared).unwrap()
        };
        let one = map([(0.0, 300), (10.0, 100)], true);
        assert_eq!(one.letters(&[]), ['A', 'B'], "the most populated first");
        // Another run stays longer in the second place, or goes to a third one.
        let other = map([(10.1, 300), (0.1, 100)], true);
        assert_eq!(other.letters(&[&one]), ['B', 'A']);
        let third = map([(20.0, 300), (10.0, 100)], true);
        assert_eq!(third.letters(&[&one, &other]), ['C', 'B']);
        // Coordinates of its own have places of their own.
        let own = map([(10.0, 300), (0.0, 100)], false);
        assert_eq!(own.letters(&[&one]), ['A', 'B']);
    }

    #[test]
    fn no_coordinate_is_on_both_axes() {
        let mut settings = MapSettings::default();
        settings.set_axis(0, Coordinate::Rmsd);
        assert_eq!(settings.axes, [Coordinate::Rmsd, Coordinate::Tic2]);
        settings.set_axis(0, Coordinate::Tic2);
        assert_eq!(settings.axes, [Coordinate::Tic2, Coordinate::Rmsd]);
        settings.set_axis(0, Coordinate::Tic2);
        assert_eq!(settings.axes, [Coordinate::Tic2, Coordinate::Rmsd], "what it is already");
    }

    #[test]
    fn contours_lie_at_whole_numbers_and_are_few() {
        assert_eq!(levels_kt(3.5), [1.0, 2.0, 3.0]);
        assert_eq!(levels_kt(11.0), [2.0, 4.0, 6.0, 8.0, 10.0]);
        assert!(levels_kt(0.5).is_empty());
    }

    #[test]
    fn shares_are_told_with_their_error() {
        assert_eq!(percent(0.624, 0.0731), "62 ± 8 %");
        assert_eq!(percent(0.5, f64::NAN), "50 %");
        assert_eq!((letter(0), letter(2)), ('A', 'C'));
    }
}
