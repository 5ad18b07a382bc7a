//! The line that a ribbon follows, and the direction in which it is wide.
//!
//! The line is a natural cubic spline through the Cα atoms (second derivative continuous, so that helices
//! come out round); in strands the Cα zigzag is smoothed away first. The ribbon is wide along the
//! carbonyl bonds, as Carson and Bugg (J. Mol. Graph. 1986) proposed: they run along the axis of helices
//! and across strands. Neighboring directions that differ by more than a right angle are flipped, so
//! that the ribbon never turns over.

use equijump_engine::structure::Topology;
use three_d::{InnerSpace, Vec3, vec3};

use super::super::style::SecondaryStructureClass;

const ZERO: Vec3 = vec3(0.0, 0.0, 0.0);

/// A smooth line through a chain; the parameter is the residue index.
pub(super) struct Path {
    knots: Vec<Vec3>,
    /// Second derivatives of the spline at the knots.
    bends: Vec<Vec3>,
    /// Unit vectors of the ribbon's width at the knots.
    sides: Vec<Vec3>,
}

/// Where the ribbon is, and how it is turned. The vectors are orthonormal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Å.
    pub position: Vec3,
    /// Along the chain.
    pub tangent: Vec3,
    /// Across the ribbon, in its plane.
    pub side: Vec3,
    /// Out of its plane.
    pub normal: Vec3,
}

impl Path {
    /// `None` for chains of fewer than two residues and for positions that are not finite.
    pub fn new(
        topology: &Topology,
        positions_angstrom: &[[f32; 3]],
        structure: &[SecondaryStructureClass],
    ) -> Option<Self> {
        let count = topology.residue_count();
        if count < 2 || positions_angstrom.iter().flatten().any(|x| !x.is_finite()) {
            return None;
        }
        let at = |residue: usize, name| {
            topology.find_atom(residue, name).map(|a| Vec3::from(positions_angstrom[a]))
        };
        let mut knots: Vec<Vec3> = (0..count).map(|residue| at(residue, "CA")).collect::<Option<_>>()?;
        for _ in 0..2 {
            let before = knots.clone();
            for residue in 1..count - 1 {
                if structure[residue] == SecondaryStructureClass::Strand {
                    knots[residue] =
                        (before[residue - 1] + 2.0 * before[residue] + before[residue + 1]) / 4.0;
                }
            }
        }
        let bends = natural_spline(&knots);
        let mut path = Self { knots, bends, sides: Vec::new() };

        // The carbonyl of residue i lies between the Cα atoms i and i + 1: the mean of two is that of a Cα.
        let carbonyls: Vec<Vec3> =
            (0..count).map(|residue| Some(at(residue, "O")? - at(residue, "C")?)).collect::<Option<_>>()?;
        let mut sides: Vec<Vec3> = Vec::with_capacity(count);
        for residue in 0..count {
            let here = carbonyls[residue];
            let sum = match residue.checked_sub(1).map(|previous| carbonyls[previous]) {
                Some(before) if before.dot(here) < 0.0 => here - before,
                Some(before) => here + before,
                None => here,
            };
            let tangent = path.tangent(residue as f32);
            let last = sides.last().copied();
            let side = perpendicular(sum, tangent)
                .or_else(|| perpendicular(last?, tangent))
                .unwrap_or_else(|| any_perpendicular(tangent));
            sides.push(if last.is_some_and(|last| last.dot(side) < 0.0) { -side } else { side });
        }
        for _ in 0..2 {
            let before = sides.clone();
            for residue in 1..count - 1 {
                if structure[residue] != SecondaryStructureClass::Coil {
                    let sum = before[residue - 1] + 2.0 * before[residue] + before[residue + 1];
                    if let Some(side) = perpendicular(sum, path.tangent(residue as f32)) {
                        sides[residue] = side;
                    }
                }
            }
        }
        path.sides = sides;
        Some(path)
    }

    /// The interval that holds `t`, and the place in it from 0 to 1.
    fn interval(&self, t: f32) -> (usize, f32) {
        let index = (t.max(0.0) as usize).min(self.knots.len() - 2);
        (index, t - index as f32)
    }

    fn position(&self, t: f32) -> Vec3 {
        let (i, u) = self.interval(t);
        let v = 1.0 - u;
        self.knots[i] * v
            + self.knots[i + 1] * u
            + (self.bends[i] * (v * v * v - v) + self.bends[i + 1] * (u * u * u - u)) / 6.0
    }

    fn tangent(&self, t: f32) -> Vec3 {
        let (i, u) = self.interval(t);
        let v = 1.0 - u;
        let derivative = self.knots[i + 1] - self.knots[i]
            + (self.bends[i + 1] * (3.0 * u * u - 1.0) - self.bends[i] * (3.0 * v * v - 1.0)) / 6.0;
        let chord = self.knots[i + 1] - self.knots[i];
        // Two atoms at one place have no direction between them; any will do.
        unit(derivative).or_else(|| unit(chord)).unwrap_or(vec3(0.0, 0.0, 1.0))
    }

    /// The frame at `t` residues from the first Cα.
    pub fn frame(&self, t: f32) -> Frame {
        let (i, u) = self.interval(t);
        let tangent = self.tangent(t);
        let side = perpendicular(self.sides[i] * (1.0 - u) + self.sides[i + 1] * u, tangent)
            .or_else(|| perpendicular(self.sides[i], tangent))
            .unwrap_or_else(|| any_perpendicular(tangent));
        Frame { position: self.position(t), tangent, side, normal: tangent.cross(side) }
    }
}

/// Second derivatives at the knots of the natural cubic spline with unit intervals: the tridiagonal system
/// `m[i-1] + 4 m[i] + m[i+1] = 6 (k[i-1] − 2 k[i] + k[i+1])` with zero ends.
fn natural_spline(knots: &[Vec3]) -> Vec<Vec3> {
    let count = knots.len();
    let mut bends = vec![ZERO; count];
    let mut upper = vec![0.0f32; count];
    for i in 1..count - 1 {
        let right = 6.0 * (knots[i - 1] - 2.0 * knots[i] + knots[i + 1]);
        let pivot = 4.0 - upper[i - 1];
        upper[i] = 1.0 / pivot;
        bends[i] = (right - bends[i - 1]) / pivot;
    }
    for i in (1..count - 1).rev() {
        let next = bends[i + 1];
        bends[i] -= next * upper[i];
    }
    bends
}

fn unit(v: Vec3) -> Option<Vec3> {
    let length = v.magnitude();
    (length > 1e-4).then(|| v / length)
}

fn perpendicular(v: Vec3, axis: Vec3) -> Option<Vec3> {
    unit(v - axis * v.dot(axis))
}

fn any_perpendicular(axis: Vec3) -> Vec3 {
    let helper = if axis.x.abs() < 0.7 { vec3(1.0, 0.0, 0.0) } else { vec3(0.0, 1.0, 0.0) };
    axis.cross(helper).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spline_meets_its_knots_and_bends_smoothly() {
        let knots: Vec<Vec3> =
            (0..9).map(|i| vec3((i as f32).sin(), (i as f32 * 1.3).cos(), i as f32)).collect();
        let bends = natural_spline(&knots);
        for i in 1..8 {
            let left = bends[i - 1] + 4.0 * bends[i] + bends[i + 1];
            let right = 6.0 * (knots[i - 1] - 2.0 * knots[i] + knots[i + 1]);
            assert!((left - right).magnitude() < 1e-4, "row {i}");
        }
        let path = Path { knots: knots.clone(), bends, sides: vec![vec3(1.0, 0.0, 0.0); 9] };
        for (i, knot) in knots.iter().enumerate() {
            assert!((path.position(i as f32) - knot).magnitude() < 1e-5);
        }
        for i in 1..8 {
            let jump = path.tangent(i as f32 - 1e-3) - path.tangent(i as f32 + 1e-3);
            assert!(jump.magnitude() < 0.01, "kink at {i}");
        }
    }

    /// An ideal α-helix: 2.3 Å radius, 100° and 1.5 Å a residue. The curve must keep that radius.
    #[test]
    fn helices_stay_round() {
        let knots: Vec<Vec3> = (0..20)
            .map(|i| {
                let angle = (100.0 * i as f32).to_radians();
                vec3(2.3 * angle.cos(), 2.3 * angle.sin(), 1.5 * i as f32)
            })
            .collect();
        let bends = natural_spline(&knots);
        let path = Path { sides: vec![vec3(0.0, 0.0, 1.0); 20], knots, bends };
        for step in 300..1600 {
            let p = path.position(step as f32 / 100.0);
            let radius = p.x.hypot(p.y);
            assert!((2.1..2.45).contains(&radius), "radius {radius} at {step}");
        }
    }
}
