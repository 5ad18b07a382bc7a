//! Unbroken stretches of a chain.

use std::ops::Range;

use super::bond_limits::PEPTIDE_BOND_LIMIT_ANGSTROM;
use super::cell::{Lattice, separation_angstrom};
use super::conformer::RawResidue;
use super::error::{MissingAtoms, StructureProblem};

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

/// Unbroken stretches of residues with a whole backbone.
fn segments(residues: &[RawResidue]) -> Vec<Range<usize>> {
    segments_by(residues, |before, after| peptide_bond_angstrom(before, after) < PEPTIDE_BOND_LIMIT_ANGSTROM)
}

/// The longest stretch of a trajectory's topology without a gap, and where the gaps are: the residue before
/// each. Peptide bonds show them if the coordinates mean anything, else the residue numbers.
pub(super) fn gaps_of_topology(
    residues: &[RawResidue],
    lattice: Option<&Lattice>,
) -> (Range<usize>, Vec<usize>) {
    let bonded = |a: &RawResidue, b: &RawResidue| match (a.position_angstrom("C"), b.position_angstrom("N")) {
        (Some(c), Some(n)) => {
            (0.8..PEPTIDE_BOND_LIMIT_ANGSTROM).contains(&separation_angstrom(c, n, lattice))
        }
        _ => false,
    };
    let bonds = residues.windows(2).filter(|pair| bonded(&pair[0], &pair[1])).count();
    let consecutive = |a: &RawResidue, b: &RawResidue| {
        let (before, after) = (&a.residue, &b.residue);
        after.number == before.number + 1
            || (after.number == before.number && after.insertion_code != before.insertion_code)
    };
    let segments = match 2 * bonds >= residues.len().saturating_sub(1) {
        // A molecule cut by its box has long bonds between residues whose numbers follow each other.
        true => segments_by(residues, |a, b| bonded(a, b) || consecutive(a, b)),
        false => segments_by(residues, consecutive),
    };
    let longest = segments.iter().cloned().rev().max_by_key(ExactSizeIterator::len).unwrap_or(0..0);
    let ends = segments.iter().map(|segment| segment.end);
    (longest, ends.filter(|&end| end > 0 && end < residues.len()).map(|end| end - 1).collect())
}

fn segments_by(
    residues: &[RawResidue],
    joined: impl Fn(&RawResidue, &RawResidue) -> bool,
) -> Vec<Range<usize>> {
    let mut segments: Vec<Range<usize>> = Vec::new();
    for (index, residue) in residues.iter().enumerate().filter(|(_, residue)| complete(residue)) {
        match segments.last_mut() {
            Some(segment) if segment.end == index && joined(&residues[index - 1], residue) => {
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
        (Some(c), Some(n)) => separation_angstrom(c, n, None),
        _ => f64::INFINITY,
    }
}
