//! How the free-energy map is made and drawn, as project files and the last session keep it.

use equijump_engine::analysis::Measurement;
use equijump_engine::observe::landscape::{Coordinate, MapSettings};
use serde::{Deserialize, Serialize};

/// The least and the largest bandwidth, as multiples of Scott's rule.
pub const BANDWIDTH_FACTORS: std::ops::RangeInclusive<f64> = 0.1..=3.0;

/// What is drawn over the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MapLayers {
    /// Lines of equal free energy.
    pub contours: bool,
    /// Letters and populations of the basins.
    pub basins: bool,
    /// The way of the replica shown.
    pub path: bool,
}

impl Default for MapLayers {
    fn default() -> Self {
        Self { contours: true, basins: true, path: false }
    }
}

/// A coordinate by name; measurements by the places of their atoms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // those of `Coordinate`
pub enum KeptCoordinate {
    Tic1,
    Tic2,
    Rmsd,
    RadiusOfGyration,
    NativeContacts,
    Measured(Vec<usize>),
}

impl KeptCoordinate {
    fn of(coordinate: Coordinate) -> Self {
        match coordinate {
            Coordinate::Tic1 => Self::Tic1,
            Coordinate::Tic2 => Self::Tic2,
            Coordinate::Rmsd => Self::Rmsd,
            Coordinate::RadiusOfGyration => Self::RadiusOfGyration,
            Coordinate::NativeContacts => Self::NativeContacts,
            Coordinate::Measured(measurement) => Self::Measured(measurement.atoms().to_vec()),
        }
    }

    /// The coordinate in a protein of so many atoms; `None` for a measurement that it does not have.
    fn coordinate(&self, atom_count: usize) -> Option<Coordinate> {
        Some(match self {
            Self::Tic1 => Coordinate::Tic1,
            Self::Tic2 => Coordinate::Tic2,
            Self::Rmsd => Coordinate::Rmsd,
            Self::RadiusOfGyration => Coordinate::RadiusOfGyration,
            Self::NativeContacts => Coordinate::NativeContacts,
            Self::Measured(atoms) if atoms.iter().all(|atom| *atom < atom_count) => {
                Coordinate::Measured(Measurement::of_atoms(atoms)?)
            }
            Self::Measured(_) => return None,
        })
    }
}

/// Settings of the map as they are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptMap {
    /// Coordinates across and up.
    pub axes: [KeptCoordinate; 2],
    /// A kernel density; else counts in bins.
    pub smooth: bool,
    /// Bandwidth of the kernel as a multiple of Scott's rule.
    pub bandwidth_factor: f64,
    /// What is drawn over it.
    pub layers: MapLayers,
}

impl Default for KeptMap {
    fn default() -> Self {
        Self::of(MapSettings::default(), MapLayers::default())
    }
}

impl KeptMap {
    /// Settings as they can be written.
    pub fn of(settings: MapSettings, layers: MapLayers) -> Self {
        Self {
            axes: settings.axes.map(KeptCoordinate::of),
            smooth: settings.smooth,
            bandwidth_factor: settings.bandwidth_factor,
            layers,
        }
    }

    /// The settings in a protein of so many atoms; what makes no sense there is as at first.
    pub fn settings(&self, atom_count: usize) -> MapSettings {
        let first = MapSettings::default();
        let axis = |d: usize| self.axes[d].coordinate(atom_count).unwrap_or(first.axes[d]);
        let axes = [axis(0), axis(1)];
        let factor = self.bandwidth_factor;
        MapSettings {
            axes: if axes[0] == axes[1] { first.axes } else { axes },
            smooth: self.smooth,
            bandwidth_factor: if BANDWIDTH_FACTORS.contains(&factor) {
                factor
            } else {
                first.bandwidth_factor
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn settings_come_back_from_text_and_senseless_ones_as_at_first() {
        let settings = MapSettings {
            axes: [Coordinate::Rmsd, Coordinate::Measured(Measurement::Distance([3, 90]))],
            smooth: false,
            bandwidth_factor: 1.25,
        };
        let layers = MapLayers { contours: false, basins: false, path: true };
        let text = serde_json::to_string(&KeptMap::of(settings, layers)).unwrap();
        let read: KeptMap = serde_json::from_str(&text).unwrap();
        assert_eq!((read.settings(91), read.layers), (settings, layers));
        // A smaller protein has no atom 90.
        let first = MapSettings::default();
        assert_eq!(read.settings(90).axes, [Coordinate::Rmsd, first.axes[1]]);
        let read: KeptMap =
            serde_json::from_str(r#"{"bandwidth_factor": -7, "layers": {"path": true}}"#).unwrap();
        assert_eq!(read.settings(10), first);
        assert_eq!(read.layers, MapLayers { path: true, ..MapLayers::default() });
        let repeated = KeptMap { axes: [KeptCoordinate::Measured(vec![1, 1]), KeptCoordinate::Tic2], ..read };
        assert_eq!(repeated.settings(10).axes, first.axes, "an atom has no distance from itself");
        let twice = KeptMap { axes: [KeptCoordinate::Rmsd, KeptCoordinate::Rmsd], ..repeated };
        assert_eq!(twice.settings(10).axes, first.axes);
    }
}
