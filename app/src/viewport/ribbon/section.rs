//! The cross-section of a ribbon along the chain: a rounded rectangle that widens into helices, strands
//! and their arrow heads.

use super::super::style::SecondaryStructureClass;

/// Residues between the base of an arrow head and its tip; a multiple of a quarter, so that rings fall on it.
pub(super) const ARROW_RESIDUES: f32 = 1.25;
/// Shortest runs that are drawn as what they are; shorter ones are drawn as coil.
const SHORTEST_HELIX: usize = 3;
const SHORTEST_STRAND: usize = 2;

/// A cross-section: half-extents and corner radius in Å.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Section {
    pub half_width: f32,
    pub half_height: f32,
    pub corner: f32,
}

impl Section {
    const COIL: Self = Self { half_width: 0.30, half_height: 0.30, corner: 0.30 };
    const HELIX: Self = Self { half_width: 1.25, half_height: 0.24, corner: 0.24 };
    const STRAND: Self = Self { half_width: 1.15, half_height: 0.26, corner: 0.10 };
    const ARROW: Self = Self { half_width: 1.95, half_height: 0.26, corner: 0.10 };

    fn of(kind: SecondaryStructureClass) -> Self {
        match kind {
            SecondaryStructureClass::Helix => Self::HELIX,
            SecondaryStructureClass::Strand => Self::STRAND,
            SecondaryStructureClass::Coil => Self::COIL,
        }
    }

    fn mix(self, other: Self, t: f32) -> Self {
        let mix = |a: f32, b: f32| a + t * (b - a);
        Self {
            half_width: mix(self.half_width, other.half_width),
            half_height: mix(self.half_height, other.half_height),
            corner: mix(self.corner, other.corner),
        }
    }
}

/// The kinds that are drawn, with runs that are too short turned to coil.
pub(super) fn drawable(structure: &[SecondaryStructureClass]) -> Vec<SecondaryStructureClass> {
    let mut drawn = structure.to_vec();
    for (run, kind) in runs(structure) {
        let shortest = match kind {
            SecondaryStructureClass::Helix => SHORTEST_HELIX,
            SecondaryStructureClass::Strand => SHORTEST_STRAND,
            SecondaryStructureClass::Coil => 0,
        };
        if run.len() < shortest {
            drawn[run].fill(SecondaryStructureClass::Coil);
        }
    }
    drawn
}

/// Maximal runs of one kind.
fn runs(structure: &[SecondaryStructureClass]) -> Vec<(std::ops::Range<usize>, SecondaryStructureClass)> {
    let mut runs: Vec<(std::ops::Range<usize>, SecondaryStructureClass)> = Vec::new();
    for (index, &kind) in structure.iter().enumerate() {
        match runs.last_mut() {
            Some((run, last)) if *last == kind => run.end = index + 1,
            _ => runs.push((index..index + 1, kind)),
        }
    }
    runs
}

/// The cross-section as a function of the place along the chain.
pub(super) struct Profile {
    kinds: Vec<SecondaryStructureClass>,
    /// Base and tip of each arrow head, in residues.
    arrows: Vec<(f32, f32)>,
}

impl Profile {
    /// `kinds` as [`drawable`] returns them.
    pub fn new(kinds: Vec<SecondaryStructureClass>) -> Self {
        let arrows = runs(&kinds)
            .into_iter()
            .filter(|(_, kind)| *kind == SecondaryStructureClass::Strand)
            .map(|(run, _)| {
                let tip = (run.end - 1) as f32;
                ((tip - ARROW_RESIDUES).max(run.start as f32), tip)
            })
            .collect();
        Self { kinds, arrows }
    }

    /// Whether an arrow head begins exactly at `t`.
    pub fn arrow_begins(&self, t: f32) -> bool {
        self.arrows.iter().any(|&(base, _)| (base - t).abs() < 1e-3)
    }

    /// The section at `t`; at the base of an arrow head that of the head if `beyond`, else of the shaft.
    pub fn section(&self, t: f32, beyond: bool) -> Section {
        for &(base, tip) in &self.arrows {
            let at_base = (t - base).abs() < 1e-3;
            if (at_base && beyond) || (!at_base && t > base && t < tip) {
                return Section::ARROW.mix(Section::COIL, ((t - base) / (tip - base)).clamp(0.0, 1.0));
            }
        }
        let last = self.kinds.len() - 1;
        let index = (t.max(0.0) as usize).min(last);
        let here = self.kinds[index];
        let next = self.kinds[(index + 1).min(last)];
        let u = (t - index as f32).clamp(0.0, 1.0);
        // Past its arrow head a strand has ended, and what follows grows out of the tip.
        let from = if self.arrows.iter().any(|&(_, tip)| tip == index as f32) {
            Section::COIL
        } else {
            Section::of(here)
        };
        if here == next {
            return from;
        }
        // Helices unroll over a whole residue, strands begin within half of one.
        let u = if next == SecondaryStructureClass::Strand { (2.0 * u - 0.5).clamp(0.0, 1.0) } else { u };
        from.mix(Section::of(next), u * u * (3.0 - 2.0 * u))
    }

    /// Growth of half-width and half-height per residue at `t`, on the side that `beyond` tells.
    pub fn slope(&self, t: f32, beyond: bool) -> (f32, f32) {
        let step = 0.02;
        let (a, b) = if beyond {
            (self.section(t, true), self.section(t + step, true))
        } else {
            (self.section(t - step, false), self.section(t, false))
        };
        ((b.half_width - a.half_width) / step, (b.half_height - a.half_height) / step)
    }
}

#[cfg(test)]
mod tests {
    use super::SecondaryStructureClass::{Coil, Helix, Strand};
    use super::*;

    #[test]
    fn short_runs_become_coil() {
        assert_eq!(drawable(&[Helix, Helix, Coil, Strand, Coil]), vec![Coil; 5]);
        let kept = [Helix, Helix, Helix, Strand, Strand];
        assert_eq!(drawable(&kept), kept);
    }

    #[test]
    fn arrow_heads_are_widest_at_the_base_and_end_in_a_point() {
        let profile = Profile::new(vec![Coil, Strand, Strand, Strand, Strand, Coil]);
        let base = 4.0 - ARROW_RESIDUES;
        assert!(profile.arrow_begins(base));
        assert_eq!(profile.section(base, true), Section::ARROW);
        assert_eq!(profile.section(base, false), Section::STRAND);
        assert_eq!(profile.section(4.0, true), Section::COIL);
        let mut widest = f32::INFINITY;
        for step in 1..10 {
            let width = profile.section(base + ARROW_RESIDUES * step as f32 / 10.0, true).half_width;
            assert!(width < widest);
            widest = width;
        }
        assert!(profile.slope(base + 0.5, true).0 < -0.5);
    }

    #[test]
    fn sections_are_continuous_but_for_arrow_bases() {
        let kinds = vec![Coil, Helix, Helix, Helix, Strand, Strand, Strand, Coil, Helix, Helix, Helix, Coil];
        let profile = Profile::new(kinds);
        for step in 0..1100 {
            let t = step as f32 / 100.0;
            if profile.arrows.iter().any(|&(base, _)| (base - t).abs() < 0.015) {
                continue;
            }
            let jump = profile.section(t + 0.01, true).half_width - profile.section(t, true).half_width;
            assert!(jump.abs() < 0.05, "jump of {jump} at {t}");
        }
    }
}
