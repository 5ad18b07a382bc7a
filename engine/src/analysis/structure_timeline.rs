//! Secondary structure of each residue against time, in bounded memory.

use super::dssp::{SecondaryStructure, dssp};
use super::thinned::Thinned;
use crate::structure::Topology;

/// Bytes of all columns together.
const MAX_BYTES: usize = 8 << 20;
/// Columns of one replica at most: more than a plot has pixels.
const MAX_COLUMNS: usize = 2_000;

/// The secondary structure of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructureColumn {
    /// Frame number.
    pub frame: u64,
    /// State of each residue.
    pub states: Vec<SecondaryStructure>,
}

/// DSSP states of the frames of a run; of a long run, of evenly spaced frames.
#[derive(Clone, Debug)]
pub struct StructureTimeline {
    replicas: Vec<Thinned<StructureColumn>>,
}

impl StructureTimeline {
    /// No frame yet.
    pub fn new(topology: &Topology, replicas: usize) -> Self {
        let replicas = replicas.max(1);
        let columns = (MAX_BYTES / (topology.residue_count().max(1) * replicas)).min(MAX_COLUMNS);
        Self { replicas: vec![Thinned::new(columns); replicas] }
    }

    /// Takes the next frame of a replica; frames of a replica come in order. An unknown replica is passed over.
    ///
    /// # Panics
    /// When `positions` does not belong to the topology, which is a programming error.
    pub fn add(&mut self, topology: &Topology, replica: usize, frame: u64, positions: &[[f32; 3]]) {
        let Some(columns) = self.replicas.get_mut(replica) else { return };
        let states = if columns.keeps_next() { dssp(topology, positions) } else { Vec::new() };
        columns.push(StructureColumn { frame, states });
    }

    /// Columns of a replica in order of time; empty for an unknown one.
    pub fn columns(&self, replica: usize) -> &[StructureColumn] {
        self.replicas.get(replica).map_or(&[], |columns| columns.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::ResidueType;
    use crate::test_support::chain;

    #[test]
    fn columns_of_a_long_run_are_evenly_spaced_and_whole() {
        let topology = chain("five", [ResidueType::Gly; 5]);
        let positions: Vec<[f32; 3]> =
            (0..topology.atom_count()).map(|atom| [atom as f32 * 1.5, 0.0, 0.0]).collect();
        let mut timeline = StructureTimeline::new(&topology, 2);
        for frame in 0..4100 {
            timeline.add(&topology, 1, frame, &positions);
        }
        assert!(timeline.columns(0).is_empty() && timeline.columns(7).is_empty());
        let columns = timeline.columns(1);
        assert!(columns.len() > 1000 && columns.len() <= MAX_COLUMNS);
        assert!(columns.windows(2).all(|pair| pair[1].frame - pair[0].frame == columns[1].frame));
        assert!(columns.iter().all(|column| column.states.len() == 5));
    }
}
