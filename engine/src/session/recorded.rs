//! Frames that lie in trajectory files, read where they lie when they are asked for: opening costs an index of
//! the file, and memory one frame, however long the trajectory.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::structure::periodic::WholeMolecule;
use crate::structure::{Topology, TopologyMap};
use crate::trajectory::{Frame, TrajectoryError, TrajectoryReader};

/// The replicas of a run in trajectory files, one file each.
#[derive(Debug)]
pub(super) struct RecordedFrames {
    replicas: Vec<Mutex<RecordedReplica>>,
    atoms: usize,
    frames: u64,
    paths: Vec<PathBuf>,
}

#[derive(Debug)]
struct RecordedReplica {
    reader: TrajectoryReader,
    indices: Vec<usize>,
    molecule: WholeMolecule,
    /// Buffer.
    frame: Frame,
}

impl RecordedFrames {
    /// Takes over readers that all fit `map`. Replicas of different lengths have the frames of the shortest.
    pub fn new(readers: Vec<TrajectoryReader>, map: &TopologyMap) -> Self {
        let frames = readers.iter().map(TrajectoryReader::frame_count).min().unwrap_or(0) as u64;
        let paths = readers.iter().map(|reader| reader.path().to_path_buf()).collect();
        let replica = |reader| {
            Mutex::new(RecordedReplica {
                reader,
                indices: map.indices.clone(),
                molecule: WholeMolecule::new(&map.topology),
                frame: Frame::default(),
            })
        };
        Self {
            replicas: readers.into_iter().map(replica).collect(),
            atoms: map.topology.atom_count(),
            frames,
            paths,
        }
    }

    pub fn atom_count(&self) -> usize {
        self.atoms
    }

    pub fn replica_count(&self) -> usize {
        self.replicas.len()
    }

    pub fn frame_count(&self) -> u64 {
        self.frames
    }

    /// Reads one frame; the caller has checked that there is one. Molecules that a periodic cell has cut are put
    /// together again; whatever else is wrong with a frame is to be seen.
    pub fn read_into(
        &self,
        frame: u64,
        replica: usize,
        positions_angstrom: &mut [[f32; 3]],
    ) -> io::Result<()> {
        // A panic while the lock was held leaves a buffer that is filled anew.
        let mut replica = self.replicas[replica].lock().unwrap_or_else(PoisonError::into_inner);
        let RecordedReplica { reader, indices, molecule, frame: buffer } = &mut *replica;
        let index = usize::try_from(frame).map_err(io::Error::other)?;
        reader.read_frame(index, buffer).map_err(io::Error::other)?;
        for (position, &atom) in positions_angstrom.iter_mut().zip(&*indices) {
            *position = buffer.positions_angstrom[atom];
        }
        let whole = molecule.repair(positions_angstrom, buffer.cell_angstrom);
        log::trace!("frame {frame} of {}: {whole:?}", self.paths[0].display());
        Ok(())
    }
}

/// Opens a trajectory whose frames must hold as many atoms as the topology's file.
pub(super) fn open_reader(path: &Path, map: &TopologyMap) -> Result<TrajectoryReader, TrajectoryError> {
    let reader = TrajectoryReader::open(path)?;
    let (found, expected) = (reader.atom_count(), map.file_atom_count);
    if found != expected {
        return Err(TrajectoryError::AtomCount { path: path.to_path_buf(), found, expected });
    }
    Ok(reader)
}

/// The map of files that hold the canonical atoms in their order, as those of this program do.
pub(super) fn canonical_map(topology: std::sync::Arc<Topology>) -> TopologyMap {
    TopologyMap::canonical(topology)
}
