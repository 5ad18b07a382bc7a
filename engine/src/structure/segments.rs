//! Unbroken stretches of a chain.

use std::ops::Range;

use super::conformer::RawResidue;
use super::error::{MissingAtoms, StructureProblem};

/// C–N distances above this are no peptide bond (1.33 Å when whole).
pub(super) const PEPTIDE_BOND_LIMIT_ANGSTROM: f64 = 2.0;

/// Bonds of one residue's backbone beyond these limits mean damaged coordinates, not strain.
const BACKBONE_BOND_ANGSTROM: Range<f64> = 0.8..2.5;

/// The residues to simulate: the whole chain, or with `longest` its longest unbroken segment.
pub(super) fn unbroken(residues: &[RawResidue], longest: bool) -> Result<Range<usize>, StructureProblem> {
    let segments = segments(residues);
    let best = segments.iter().cloned().rev().max_by_key(ExactSizeIterator::len).unwrap_or(0..0);
    if best.len() == residues.len() || (longest && !best.is_empty()) {
        return Ok(best);
    }
    let incomplete: Vec<_> = residues
        .iter()
        .filter(|residue| !complete(residue))
        .map(|residue| MissingAtoms { residue: residue.residue.label(), atoms: residue.missing(is_backbone) })
        .collect();
    if !incomplete.is_empty() {
        let calpha =
            |r: &RawResidue| r.position_angstrom("CA").is_some() && r.missing(is_backbone).len() == 2;
        let coarse = residues.iter().filter(|residue| calpha(residue)).count();
        if 2 * coarse > residues.len() {
            return Err(StructureProblem::CalphaOnly);
        }
        return Err(StructureProblem::MissingBackbone(incomplete));
    }
    let first = segments.first().map_or(0, |segment| segment.end).clamp(1, residues.len() - 1);
    let (before, after) = (&residues[first - 1], &residues[first]);
    Err(StructureProblem::ChainBreak {
        before: before.residue.label(),
        after: after.residue.label(),
        distance_angstrom: peptide_bond_angstrom(before, after),
        breaks: segments.len().saturating_sub(1),
        longest: best.len(),
    })
}

/// Refuses backbone bonds that no protein has.
pub(super) fn check_backbone(residues: &[RawResidue]) -> Result<(), StructureProblem> {
    for residue in residues {
        for (a, b) in [("N", "CA"), ("CA", "C")] {
            if let (Some(p), Some(q)) = (residue.position_angstrom(a), residue.position_angstrom(b)) {
                let length_angstrom = distance(p, q);
                if !BACKBONE_BOND_ANGSTROM.contains(&length_angstrom) {
                    let atoms = format!("{} {a}–{b}", residue.residue.label());
                    return Err(StructureProblem::ImpossibleBond { atoms, length_angstrom });
                }
            }
        }
    }
    Ok(())
}

fn segments(residues: &[RawResidue]) -> Vec<Range<usize>> {
    let mut segments: Vec<Range<usize>> = Vec::new();
    for (index, residue) in residues.iter().enumerate().filter(|(_, residue)| complete(residue)) {
        match segments.last_mut() {
            Some(segment)
                if segment.end == index
                    && peptide_bond_angstrom(&residues[index - 1], residue) < PEPTIDE_BOND_LIMIT_ANGSTROM =>
            {
                segment.end = index + 1;
            }
            _ => segments.push(index..index + 1),
        }
    }
    segments
}

fn is_backbone(name: &str) -> bool {
    matches!(name, "N" | "CA" | "C")
}

fn complete(residue: &RawResidue) -> bool {
    residue.missing(is_backbone).is_empty()
}

fn peptide_bond_angstrom(before: &RawResidue, after: &RawResidue) -> f64 {
    match (before.position_angstrom("C"), after.position_angstrom("N")) {
        (Some(c), Some(n)) => distance(c, n),
        _ => f64::INFINITY,
    }
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>().sqrt()
}
