//! Several proteins in one batch: rows are residues, one protein after the other, nothing is padded.

use std::sync::Arc;

use super::templates::{StrainTemplate, TorsionTemplate};
use crate::structure::{ResidueType, SLOTS, TensorCloud, Topology};

/// What does not change along a trajectory: residue labels, used slots, where each protein starts.
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceBatch {
    /// Residue types, `[R]`.
    pub residues: Vec<ResidueType>,
    /// Used vector slots per row (the rest are zero and stay zero), `[R]`.
    pub used_slots: Vec<usize>,
    /// Row at which each protein starts, and the total at the end, `[B + 1]`.
    pub starts: Vec<usize>,
    /// Covalent geometry of each protein, `[B]`.
    pub strain: Vec<Arc<StrainTemplate>>,
    /// Torsions of each protein, `[B]`.
    pub torsions: Vec<Arc<TorsionTemplate>>,
}

impl SequenceBatch {
    /// One protein, `copies` times.
    pub fn replicate(topology: &Topology, copies: usize) -> Self {
        Self::from_topologies(std::iter::repeat_n(topology, copies))
    }

    /// Several proteins.
    pub fn from_topologies<'a>(topologies: impl IntoIterator<Item = &'a Topology>) -> Self {
        let mut batch = Self {
            residues: Vec::new(),
            used_slots: Vec::new(),
            starts: vec![0],
            strain: Vec::new(),
            torsions: Vec::new(),
        };
        // Copies of one protein follow each other as a rule and share what is expensive to make.
        let mut last: Option<&Topology> = None;
        for topology in topologies {
            let known = last.is_some_and(|l| std::ptr::eq(l, topology));
            match (batch.strain.last(), batch.torsions.last()) {
                (Some(strain), Some(torsions)) if known => {
                    let (strain, torsions) = (strain.clone(), torsions.clone());
                    batch.strain.push(strain);
                    batch.torsions.push(torsions);
                }
                _ => {
                    batch.strain.push(Arc::new(StrainTemplate::new(topology)));
                    batch.torsions.push(Arc::new(TorsionTemplate::new(topology)));
                }
            }
            last = Some(topology);
            for residue in topology.residues() {
                batch.residues.push(residue.kind);
                batch.used_slots.push(residue.kind.atom_count() - 1);
            }
            batch.starts.push(batch.residues.len());
        }
        batch
    }

    /// These of its proteins.
    pub(super) fn select(&self, proteins: &[usize]) -> Self {
        let mut batch = Self::from_topologies([]);
        for &protein in proteins {
            let rows = self.starts[protein]..self.starts[protein + 1];
            batch.residues.extend_from_slice(&self.residues[rows.clone()]);
            batch.used_slots.extend_from_slice(&self.used_slots[rows]);
            batch.starts.push(batch.residues.len());
            batch.strain.push(self.strain[protein].clone());
            batch.torsions.push(self.torsions[protein].clone());
        }
        batch
    }

    /// Number of rows `R`: residues of all proteins.
    pub fn rows(&self) -> usize {
        self.residues.len()
    }

    /// Number of proteins `B`.
    pub fn proteins(&self) -> usize {
        self.starts.len() - 1
    }
}

/// Tensor clouds of a batch as flat arrays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloudBatch {
    /// Cα positions, `[R, 3]`, Å.
    pub positions: Vec<f32>,
    /// Vectors, `[R, 3, 13]`: axis before slot, so that slots are channels (channel last).
    pub vectors: Vec<f32>,
}

impl CloudBatch {
    /// All zero.
    pub fn zeros(rows: usize) -> Self {
        Self { positions: vec![0.0; rows * 3], vectors: vec![0.0; rows * 3 * SLOTS] }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.positions.len() / 3
    }

    /// Appends one protein.
    pub fn push(&mut self, cloud: &TensorCloud) {
        for (position, slots) in cloud.positions_angstrom.iter().zip(&cloud.vectors_angstrom) {
            self.positions.extend_from_slice(position);
            for axis in 0..3 {
                self.vectors.extend(slots.iter().map(|v| v[axis]));
            }
        }
    }

    /// The protein in rows `start..end`.
    pub fn cloud(&self, start: usize, end: usize) -> TensorCloud {
        let positions_angstrom =
            self.positions[start * 3..end * 3].chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
        let vectors_angstrom = self.vectors[start * 3 * SLOTS..end * 3 * SLOTS]
            .chunks_exact(3 * SLOTS)
            .map(|row| std::array::from_fn(|slot| std::array::from_fn(|axis| row[axis * SLOTS + slot])))
            .collect();
        TensorCloud { positions_angstrom, vectors_angstrom }
    }

    /// Moves each protein so that its mean Cα is at the origin.
    pub fn center(&mut self, starts: &[usize]) {
        center_positions(&mut self.positions, starts);
    }
}

/// Subtracts the mean of each protein's rows from `positions [R, 3]`.
pub fn center_positions(positions: &mut [f32], starts: &[usize]) {
    for pair in starts.windows(2) {
        let rows = &mut positions[pair[0] * 3..pair[1] * 3];
        let n = (rows.len() / 3).max(1) as f64;
        let mut mean = [0.0f64; 3];
        for row in rows.chunks_exact(3) {
            for axis in 0..3 {
                mean[axis] += f64::from(row[axis]);
            }
        }
        for row in rows.chunks_exact_mut(3) {
            for axis in 0..3 {
                row[axis] -= (mean[axis] / n) as f32;
            }
        }
    }
}
