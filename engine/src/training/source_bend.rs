//! Sources that are bent the way conformations of their kind differ.
//!
//! A simulation starts each jump from a frame of its own, which is not quite one of molecular dynamics: native
//! structures loosen jump by jump where a model knows the jumps of undisturbed ones alone. White noise of every atom is
//! not what such frames are off by, since chains bend as a whole. Here the residues of a source are shifted along the
//! difference of two other conformations of its cluster, while the target stays: what the model learns is the way back.

use crate::structure::Topology;

/// Shifts the residues of `source`, each as a whole, along the difference of `others`, conformations superposed on it,
/// so that Cα move by `rms_angstrom`, or by all of the difference if that is less.
pub(super) fn bend(
    topology: &Topology,
    source: &mut [[f32; 3]],
    others: [&[[f32; 3]]; 2],
    rms_angstrom: f64,
) {
    let [first, second] = others;
    let shift = |residue: usize| -> [f32; 3] {
        let alpha = topology.atom_range(residue).start + 1;
        std::array::from_fn(|axis| first[alpha][axis] - second[alpha][axis])
    };
    let count = topology.residue_count();
    let square: f64 = (0..count).flat_map(shift).map(|x| f64::from(x) * f64::from(x)).sum();
    let differ = (square / count.max(1) as f64).sqrt();
    if differ <= 0.0 {
        return;
    }
    let scale = (rms_angstrom / differ).min(1.0) as f32;
    for residue in 0..count {
        let shift = shift(residue);
        for atom in &mut source[topology.atom_range(residue)] {
            for (x, shift) in atom.iter_mut().zip(shift) {
                *x += scale * shift;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::test_support::bundled;

    #[test]
    fn residues_are_shifted_as_a_whole_and_no_further_than_conformations_differ() {
        let opened = bundled("chignolin");
        let (topology, native) = (&*opened.topology, opened.positions_angstrom.to_vec());
        let waved = |size: f32| -> Vec<[f32; 3]> {
            let wave = |(i, x): (usize, &[f32; 3])| x.map(|x| x + size * (0.31 * i as f32).sin());
            native.iter().enumerate().map(wave).collect()
        };
        let (first, second) = (waved(0.6), waved(-0.6));
        let alphas = |positions: &[[f32; 3]]| -> Vec<[f32; 3]> {
            (0..topology.residue_count()).map(|r| positions[topology.atom_range(r).start + 1]).collect()
        };
        let rms = |a: &[[f32; 3]], b: &[[f32; 3]]| -> f64 {
            let (a, b) = (alphas(a), alphas(b));
            let square = |(a, b): (&[f32; 3], &[f32; 3])| -> f64 {
                a.iter().zip(b).map(|(a, b)| f64::from(a - b) * f64::from(a - b)).sum()
            };
            (a.iter().zip(&b).map(square).sum::<f64>() / a.len() as f64).sqrt()
        };
        let differ = rms(&first, &second);
        for (asked, expected) in [(0.3, 0.3), (0.0, 0.0), (10.0, differ)] {
            let mut bent = native.clone();
            bend(topology, &mut bent, [&first, &second], asked);
            assert!((rms(&bent, &native) - expected).abs() < 1e-4, "{asked}: {}", rms(&bent, &native));
            for residue in 0..topology.residue_count() {
                let range = topology.atom_range(residue);
                let shift = |atom: usize| -> [f32; 3] {
                    std::array::from_fn(|axis| bent[atom][axis] - native[atom][axis])
                };
                let first = shift(range.start);
                for atom in range {
                    let off = shift(atom).iter().zip(first).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    assert!(off < 1e-5, "{asked}: residue {residue} is bent inside by {off} Å");
                }
            }
        }
        // A conformation and itself say nothing about how to bend.
        let mut bent = native.clone();
        bend(topology, &mut bent, [&first, &first], 0.3);
        assert_eq!(bent, native);
    }
}
