//! Frames of trajectories that simulations start from.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use crate::structure::{
    OpenedStructure, StructureError, TopologyMap, read_topology_map, read_topology_map_of_chain,
};
use crate::trajectory::{
    CanonicalFrames, FrameSelection, ImportError, TrajectoryError, TrajectoryFormat, TrajectoryReader,
    TrajectorySource,
};

use super::jobs::evaluate::{OtherProtein, same_protein, topology_beside};
use crate::remedy::Remedy;

/// A frame of a trajectory: `run.xtc:120`, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartFrame {
    /// The trajectory.
    pub path: PathBuf,
    /// Number of the frame, from 0.
    pub frame: usize,
}

/// Why replicas cannot start there.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum StartError {
    #[error("name a trajectory and the number of a frame in it, from 0: run.xtc:120")]
    NoNumber,
    #[error(transparent)]
    Topology(#[from] StructureError),
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    #[error(transparent)]
    Frames(#[from] ImportError),
    #[error(transparent)]
    OtherProtein(#[from] OtherProtein),
    #[error("{} has no frame {frame}: it holds {held}, numbered from 0 to {}", path.display(), held.saturating_sub(1))]
    NoFrame { path: PathBuf, frame: usize, held: usize },
    #[error("frame {frame} of {} cannot be started from: it is damaged or holds no whole protein chain", path.display())]
    Unusable { path: PathBuf, frame: usize },
    #[error(
        "{} holds {atoms} atoms a frame and the structure {canonical} heavy atoms: {}",
        path.display(),
        Remedy::NameTopology
    )]
    OtherAtoms { path: PathBuf, atoms: usize, canonical: usize },
}

impl FromStr for StartFrame {
    type Err = StartError;

    fn from_str(text: &str) -> Result<Self, StartError> {
        let parts = text.rsplit_once(':').filter(|(path, _)| !path.is_empty());
        let frame = parts.and_then(|(path, frame)| Some((path, frame.parse().ok()?)));
        match frame {
            Some((path, frame)) => Ok(Self { path: PathBuf::from(path), frame }),
            None => Err(StartError::NoNumber),
        }
    }
}

/// Reads the frames that replicas of `structure` start from, each whole and in canonical atom order, Å. Their atoms
/// are those of `topology`, a PDB or mmCIF file; without one, those of the file that `simulate` writes beside a
/// trajectory, or of the trajectory itself where it is a PDB file, or else the canonical ones.
///
/// # Errors
/// [`StartError`]: a file that cannot be read, another protein, or a frame that is not there or cannot be used.
pub fn read_starts(
    structure: &OpenedStructure,
    starts: &[StartFrame],
    topology: Option<&Path>,
    chain: Option<&str>,
) -> Result<Vec<Arc<Vec<[f32; 3]>>>, StartError> {
    let given = topology.map(|path| read_topology_map_of_chain(path, chain)).transpose()?;
    starts.iter().map(|start| read(structure, start, given.as_ref(), chain)).collect()
}

fn read(
    structure: &OpenedStructure,
    start: &StartFrame,
    given: Option<&TopologyMap>,
    chain: Option<&str>,
) -> Result<Arc<Vec<[f32; 3]>>, StartError> {
    let StartFrame { path, frame } = start;
    let map = match given {
        Some(map) => map.clone(),
        None => map_of(structure, path, chain)?,
    };
    same_protein("start", &map.topology, &structure.topology)?;
    // Times play no part.
    let selection = FrameSelection { interval_ps: Some(1.0), ..FrameSelection::default() };
    let source = TrajectorySource { path: path.clone(), map: Arc::new(map) };
    let mut frames = CanonicalFrames::open(vec![source], selection)?;
    let held = frames.frames_in_files();
    if *frame >= held {
        return Err(StartError::NoFrame { path: path.clone(), frame: *frame, held });
    }
    while let Some(found) = frames.next_frame()? {
        let positions = found.positions_angstrom.to_vec();
        match (frames.frames_passed() - 1).cmp(frame) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => return Ok(Arc::new(positions)),
            std::cmp::Ordering::Greater => break,
        }
    }
    Err(StartError::Unusable { path: path.clone(), frame: *frame })
}

/// The atoms of a trajectory that nothing was said about.
fn map_of(structure: &OpenedStructure, path: &Path, chain: Option<&str>) -> Result<TopologyMap, StartError> {
    if let Some(beside) = topology_beside(path) {
        return Ok(read_topology_map(&beside)?);
    }
    if matches!(TrajectoryFormat::from_path(path), Ok(TrajectoryFormat::Pdb)) {
        return Ok(read_topology_map_of_chain(path, chain)?);
    }
    let atoms = TrajectoryReader::open(path)?.atom_count();
    let canonical = structure.topology.atom_count();
    if atoms != canonical {
        return Err(StartError::OtherAtoms { path: path.to_owned(), atoms, canonical });
    }
    Ok(TopologyMap::canonical(Arc::clone(&structure.topology)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::trajectory::TrajectoryWriter;

    #[test]
    fn a_start_names_a_file_and_a_frame() {
        let start: StartFrame = "C:/runs/a.xtc:120".parse().unwrap();
        assert_eq!((start.path, start.frame), (PathBuf::from("C:/runs/a.xtc"), 120));
        for text in ["run.xtc", "run.xtc:", ":4", "run.xtc:-1", "run.xtc:last"] {
            assert!(text.parse::<StartFrame>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_frame_that_is_named_is_the_one_that_is_read() {
        let structure = crate::test_support::bundled("chignolin");
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run.dcd");
        let mut writer = TrajectoryWriter::create(&run, &structure.topology, 100.0, false).unwrap();
        for frame in 0..4 {
            let shifted: Vec<[f32; 3]> =
                structure.positions_angstrom.iter().map(|p| [p[0] + frame as f32, p[1], p[2]]).collect();
            writer.write_frame(&shifted, 100.0 * f64::from(frame)).unwrap();
        }
        drop(writer);
        let starts = [3, 1].map(|frame| StartFrame { path: run.clone(), frame });
        let read = read_starts(&structure, &starts, None, None).unwrap();
        for (positions, shift) in read.iter().zip([3.0, 1.0]) {
            assert!((positions[0][0] - structure.positions_angstrom[0][0] - shift).abs() < 1e-4);
        }
        let beyond = [StartFrame { path: run, frame: 4 }];
        let error = read_starts(&structure, &beyond, None, None).unwrap_err().to_string();
        assert!(error.contains("no frame 4") && error.contains("0 to 3"), "{error}");
    }
}
