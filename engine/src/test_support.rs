//! What the unit tests of all modules share.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::analysis::evaluation::Protein;
use crate::random::Random;
use crate::structure::{OpenedStructure, ReadOptions, Residue, ResidueType, Topology, read_structure};
use crate::trajectory::store::{STORE_VERSION, SourceFile, StoreMetadata, StoreWriter};

/// File of a bundled structure, `chignolin`.
pub(crate) fn bundled_path(name: &str) -> PathBuf {
    PathBuf::from(format!("{}/../assets/structures/{name}.pdb", env!("CARGO_MANIFEST_DIR")))
}

/// A bundled structure.
pub(crate) fn bundled(name: &str) -> OpenedStructure {
    read_structure(&bundled_path(name), &ReadOptions::default()).unwrap()
}

/// Topology and positions of a bundled structure.
pub(crate) fn bundled_atoms(name: &str) -> (Arc<Topology>, Vec<[f32; 3]>) {
    let opened = bundled(name);
    (opened.topology, opened.positions_angstrom.to_vec())
}

/// A chain of these residues, numbered from 1.
pub(crate) fn chain(name: &str, kinds: impl IntoIterator<Item = ResidueType>) -> Topology {
    let residue = |(number, kind)| Residue { kind, number, insertion_code: None };
    Topology::new(name, "A", (1..).zip(kinds).map(residue).collect())
}

/// A chain of alanines in no particular shape.
pub(crate) fn random_chain(residues: usize, seed: u64) -> Protein {
    let topology = chain("chain", vec![ResidueType::Ala; residues]);
    let mut random = Random::new(seed);
    let native = (0..topology.atom_count())
        .map(|atom| [0.8, 0.2, 0.0].map(|along| atom as f32 * along + 2.0 * random.uniform() as f32))
        .collect();
    Protein { topology: Arc::new(topology), native_angstrom: Arc::new(native) }
}

/// A chain of alanines whose Cα lie on a wide helix; its other atoms are at the origin.
pub(crate) fn coil(residues: usize) -> (Topology, Vec<[f32; 3]>) {
    let topology = chain("test", vec![ResidueType::Ala; residues]);
    let mut positions = vec![[0.0; 3]; topology.atom_count()];
    for residue in 0..residues {
        let t = residue as f32;
        positions[topology.ca(residue)] = [8.0 * (0.9 * t).cos(), 8.0 * (0.9 * t).sin(), 2.5 * t];
    }
    (topology, positions)
}

/// Writes a training store of these trajectories, each of a source of its own, with a frame every ps.
pub(crate) fn write_store(
    path: &Path,
    topology: &Topology,
    trajectories: &[Vec<Vec<[f32; 3]>>],
    made_by_model: bool,
) {
    let source = |k| SourceFile {
        path: format!("source {k}"),
        bytes: 0,
        crc32: 0,
        frames_in_file: 0,
        frames_stored: 0,
    };
    let metadata = StoreMetadata {
        version: STORE_VERSION,
        name: topology.name.clone(),
        chain_id: topology.chain_id.clone(),
        residues: topology.residues().to_vec(),
        interval_ps: 1.0,
        sources: (0..trajectories.len()).map(source).collect(),
        positions_crc32: 0,
        created_by: String::new(),
        in_equilibrium: true,
        made_by_model,
    };
    let mut writer = StoreWriter::create(path, &metadata, false).unwrap();
    for (source, frames) in trajectories.iter().enumerate() {
        writer.start_trajectory(source, 0.0);
        frames.iter().for_each(|frame| writer.push(frame).unwrap());
    }
    writer.finish(metadata).unwrap();
}
