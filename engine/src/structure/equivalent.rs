//! Chemically equivalent atoms: two names for one thing.
//!
//! Half a turn of a phenylalanine ring exchanges CD1 with CD2 and CE1 with CE2 and changes nothing else.
//! A model trained on such pairs would see a jump where there is none (ARCHITECTURE.md §4).

use super::Topology;

/// Renames equivalent atoms of `target` where that brings them nearer to `reference`; both in Å and in
/// canonical order. Pairs of one residue swap together. Returns the number of residues renamed.
///
/// Superpose `target` on `reference` first: the distances are taken as they stand.
pub fn relabel_equivalent(topology: &Topology, reference: &[[f32; 3]], target: &mut [[f32; 3]]) -> usize {
    assert_eq!(reference.len(), topology.atom_count(), "reference does not belong to this topology");
    assert_eq!(target.len(), topology.atom_count(), "target does not belong to this topology");
    let mut renamed = 0;
    for (residue, pairs) in topology.residues().iter().map(|r| r.kind.equivalent_pairs()).enumerate() {
        let atoms = || {
            pairs.iter().filter_map(|&(a, b)| {
                Some((topology.find_atom(residue, a)?, topology.find_atom(residue, b)?))
            })
        };
        let (mut as_named, mut swapped) = (0.0, 0.0);
        for (a, b) in atoms() {
            as_named += distance2(reference[a], target[a]) + distance2(reference[b], target[b]);
            swapped += distance2(reference[a], target[b]) + distance2(reference[b], target[a]);
        }
        if swapped < as_named {
            atoms().for_each(|(a, b)| target.swap(a, b));
            renamed += 1;
        }
    }
    renamed
}

fn distance2(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::structure::ResidueType;
    use crate::test_support::chain;

    /// Distinct positions, so that every wrong swap shows.
    fn spread(topology: &Topology) -> Vec<[f32; 3]> {
        (0..topology.atom_count()).map(|i| [i as f32, (i * i % 17) as f32, (i * 7 % 5) as f32]).collect()
    }

    #[test]
    fn a_flipped_ring_is_named_back() {
        let topology =
            chain("test", [ResidueType::Phe, ResidueType::Ala, ResidueType::Arg, ResidueType::Asp]);
        let reference = spread(&topology);
        let mut target = reference.clone();
        for (residue, a, b) in [(0, "CD1", "CD2"), (0, "CE1", "CE2"), (2, "NH1", "NH2"), (3, "OD1", "OD2")] {
            let (a, b) = (topology.find_atom(residue, a).unwrap(), topology.find_atom(residue, b).unwrap());
            target.swap(a, b);
        }
        assert_ne!(target, reference);
        assert_eq!(relabel_equivalent(&topology, &reference, &mut target), 3);
        assert_eq!(target, reference);
    }

    #[test]
    fn ring_pairs_swap_together_or_not_at_all() {
        let topology = chain("test", [ResidueType::Tyr]);
        let reference = spread(&topology);
        // Only CD1 and CD2 exchanged: no chemically possible naming does that, and CE1/CE2 lie further apart.
        let mut target = reference.clone();
        let atom = |name| topology.find_atom(0, name).unwrap();
        let ce2 = atom("CE2");
        let mut far = reference.clone();
        far[ce2] = [100.0, 0.0, 0.0];
        target[ce2] = far[ce2];
        target.swap(atom("CD1"), atom("CD2"));
        let before = target.clone();
        assert_eq!(relabel_equivalent(&topology, &far, &mut target), 0);
        assert_eq!(target, before);
    }

    #[test]
    fn atoms_that_differ_are_left_alone() {
        // ASN OD1/ND2, HIS ND1/CD2, LEU CD1/CD2 and VAL CG1/CG2 are not equivalent (the last two are prochiral).
        let topology =
            chain("test", [ResidueType::Asn, ResidueType::His, ResidueType::Leu, ResidueType::Val]);
        let reference = spread(&topology);
        let mut target = reference.clone();
        for (residue, a, b) in [(0, "OD1", "ND2"), (1, "ND1", "CD2"), (2, "CD1", "CD2"), (3, "CG1", "CG2")] {
            target.swap(topology.find_atom(residue, a).unwrap(), topology.find_atom(residue, b).unwrap());
        }
        let before = target.clone();
        assert_eq!(relabel_equivalent(&topology, &reference, &mut target), 0);
        assert_eq!(target, before);
    }
}
