//! Distances, angles and dihedrals between chosen atoms, in one frame and over a run.

use super::thinned::Thinned;
use super::vectors::{angle_rad, dihedral_rad, distance_angstrom, vec3};
use crate::structure::Topology;

/// A geometric quantity of two, three or four atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measurement {
    /// Distance between two atoms, Å.
    Distance([usize; 2]),
    /// Angle at the second of three atoms, degrees from 0 to 180.
    Angle([usize; 3]),
    /// Dihedral about the bond between the second and the third of four atoms, degrees in (−180, 180], IUPAC
    /// sign.
    Dihedral([usize; 4]),
}

impl Measurement {
    /// The quantity that two, three or four different atoms have; `None` for other numbers of atoms, and when
    /// an atom comes twice.
    pub fn of_atoms(atoms: &[usize]) -> Option<Self> {
        let repeated = (1..atoms.len()).any(|k| atoms[..k].contains(&atoms[k]));
        match *atoms {
            _ if repeated => None,
            [a, b] => Some(Self::Distance([a, b])),
            [a, b, c] => Some(Self::Angle([a, b, c])),
            [a, b, c, d] => Some(Self::Dihedral([a, b, c, d])),
            _ => None,
        }
    }

    /// Indices of its atoms, in order.
    pub fn atoms(&self) -> &[usize] {
        match self {
            Self::Distance(atoms) => atoms,
            Self::Angle(atoms) => atoms,
            Self::Dihedral(atoms) => atoms,
        }
    }

    /// `Distance`, `Angle` or `Dihedral`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Distance(_) => "Distance",
            Self::Angle(_) => "Angle",
            Self::Dihedral(_) => "Dihedral",
        }
    }

    /// `Å` or `°`.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Distance(_) => "Å",
            Self::Angle(_) | Self::Dihedral(_) => "°",
        }
    }

    /// Its atoms in words: `TYR 2 OH – ASP 3 OD1`.
    pub fn label(&self, topology: &Topology) -> String {
        let known = self.atoms().iter().filter(|&&atom| atom < topology.atom_count());
        known.map(|&atom| topology.atom_label(atom)).collect::<Vec<_>>().join(" – ")
    }

    /// The value with its unit: `3.42 Å`, `−57.1°`.
    pub fn value_text(&self, value: f64) -> String {
        match self {
            _ if !value.is_finite() => "undefined".to_owned(),
            Self::Distance(_) => format!("{value:.2} Å"),
            Self::Angle(_) | Self::Dihedral(_) => format!("{value:.1}°").replace('-', "−"),
        }
    }

    /// Its value in one frame, Å or degrees; NaN when the frame lacks an atom. Angles between atoms that
    /// lie on each other, and dihedrals of atoms on one line, are 0.
    pub fn value(&self, positions_angstrom: &[[f32; 3]]) -> f64 {
        if self.atoms().iter().any(|&atom| atom >= positions_angstrom.len()) {
            return f64::NAN;
        }
        let at = |atom: usize| vec3(positions_angstrom[atom]);
        match *self {
            Self::Distance([a, b]) => distance_angstrom(positions_angstrom[a], positions_angstrom[b]),
            Self::Angle([a, b, c]) => angle_rad(at(a), at(b), at(c)).to_degrees(),
            Self::Dihedral([a, b, c, d]) => dihedral_rad(at(a), at(b), at(c), at(d)).to_degrees(),
        }
    }
}

/// A measured frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasurementPoint {
    /// Frame number.
    pub frame: u32,
    /// Å or degrees.
    pub value: f32,
}

/// A measurement over the frames of one replica: its values in bounded memory, and its mean and spread over
/// every frame.
#[derive(Clone, Debug)]
pub struct MeasurementSeries {
    measurement: Measurement,
    points: Thinned<MeasurementPoint>,
    frames: u64,
    finite: u64,
    /// Of distances and angles Σx and Σx², of dihedrals Σcos and Σsin.
    sums: [f64; 2],
}

impl MeasurementSeries {
    /// Nothing measured yet; keeps at most `limit` evenly spread points.
    pub fn new(measurement: Measurement, limit: usize) -> Self {
        Self { measurement, points: Thinned::new(limit), frames: 0, finite: 0, sums: [0.0; 2] }
    }

    /// What is measured.
    pub fn measurement(&self) -> Measurement {
        self.measurement
    }

    /// Frames measured; the next one to [`Self::push`] has this number.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Measures the next frame.
    pub fn push(&mut self, positions_angstrom: &[[f32; 3]]) {
        let value = self.measurement.value(positions_angstrom);
        self.points.push(MeasurementPoint { frame: self.frames as u32, value: value as f32 });
        self.frames += 1;
        if value.is_finite() {
            self.finite += 1;
            let terms = match self.measurement {
                Measurement::Dihedral(_) => [value.to_radians().cos(), value.to_radians().sin()],
                Measurement::Distance(_) | Measurement::Angle(_) => [value, value * value],
            };
            self.sums = [self.sums[0] + terms[0], self.sums[1] + terms[1]];
        }
    }

    /// Values of evenly spread frames, the first among them.
    pub fn points(&self) -> &[MeasurementPoint] {
        self.points.as_slice()
    }

    /// Mean and standard deviation over all frames with a value, Å or degrees; `None` before the second.
    /// Dihedrals have their circular mean and the circular standard deviation `√(−2 ln R)`, R the length
    /// of the mean unit vector.
    pub fn mean_and_deviation(&self) -> Option<(f64, f64)> {
        if self.finite < 2 {
            return None;
        }
        let [first, second] = self.sums.map(|sum| sum / self.finite as f64);
        Some(match self.measurement {
            Measurement::Dihedral(_) => {
                let length = first.hypot(second).clamp(f64::MIN_POSITIVE, 1.0);
                (second.atan2(first).to_degrees(), (-2.0 * length.ln()).max(0.0).sqrt().to_degrees())
            }
            Measurement::Distance(_) | Measurement::Angle(_) => {
                (first, (second - first * first).max(0.0).sqrt())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Four atoms with sides of 3, 4 Å and a right angle; the fourth turns about the bond from 1 to 2.
    fn square(degrees: f32) -> [[f32; 3]; 4] {
        let turn = degrees.to_radians();
        [[3.0, 0.0, 0.0], [0.0; 3], [0.0, 0.0, 4.0], [2.0 * turn.cos(), 2.0 * turn.sin(), 4.0]]
    }

    #[test]
    fn values_are_those_of_a_figure_drawn_by_hand() {
        let positions = square(57.0);
        let value = |atoms: &[usize]| Measurement::of_atoms(atoms).unwrap().value(&positions);
        assert!((value(&[0, 2]) - 5.0).abs() < 1e-6, "the hypotenuse of 3 and 4");
        assert!((value(&[0, 1, 2]) - 90.0).abs() < 1e-6);
        assert!((value(&[1, 0, 2]) - (4.0f64 / 3.0).atan().to_degrees()).abs() < 1e-5);
        assert!((value(&[0, 1, 2, 3]) - 57.0).abs() < 1e-4);
        assert!((value(&[3, 2, 1, 0]) - 57.0).abs() < 1e-4, "a dihedral is the same from both ends");
    }

    #[test]
    fn only_two_to_four_different_atoms_can_be_measured() {
        for atoms in [&[][..], &[1], &[1, 1], &[1, 2, 1], &[1, 2, 3, 4, 5]] {
            assert_eq!(Measurement::of_atoms(atoms), None, "{atoms:?}");
        }
        assert!(Measurement::Distance([0, 9]).value(&square(0.0)).is_nan(), "there is no atom 9");
    }

    #[test]
    fn a_dihedral_that_crosses_the_end_of_its_scale_has_its_mean_there() {
        let mut series = MeasurementSeries::new(Measurement::Dihedral([0, 1, 2, 3]), 100);
        for frame in 0..200 {
            series.push(&square(if frame % 2 == 0 { 170.0 } else { -170.0 }));
        }
        let (mean, deviation) = series.mean_and_deviation().unwrap();
        assert!((mean.abs() - 180.0).abs() < 1e-3, "{mean}");
        // R is the cosine of 10°.
        let expected = (-2.0 * 10f64.to_radians().cos().ln()).sqrt().to_degrees();
        assert!((deviation - expected).abs() < 1e-3, "{deviation} in place of {expected}");
    }

    #[test]
    fn a_long_series_is_thinned_but_its_mean_counts_every_frame() {
        let mut series = MeasurementSeries::new(Measurement::Distance([0, 1]), 64);
        for frame in 0..1000 {
            series.push(&[[0.0; 3], [frame as f32, 0.0, 0.0]]);
        }
        let points = series.points();
        assert!(points.len() <= 64 && points[0].frame == 0 && series.frames() == 1000);
        assert!(points.iter().all(|point| point.value == point.frame as f32));
        let (mean, deviation) = series.mean_and_deviation().unwrap();
        // Of the whole numbers below n: (n − 1)/2 and √((n² − 1)/12).
        assert!((mean - 499.5).abs() < 1e-9 && (deviation - (999_999.0f64 / 12.0).sqrt()).abs() < 1e-6);
    }

    #[test]
    fn values_read_with_their_units() {
        assert_eq!(Measurement::Distance([0, 1]).value_text(3.456), "3.46 Å");
        assert_eq!(Measurement::Dihedral([0, 1, 2, 3]).value_text(-57.04), "−57.0°");
        assert_eq!(Measurement::Angle([0, 1, 2]).value_text(f64::NAN), "undefined");
    }
}
