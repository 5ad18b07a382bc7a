//! The exact state of a run, kept beside its trajectories so that a resumed run goes on as if it had never
//! been interrupted: XTC and PDB round positions, DCD does not know the seed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use crate::atomic_file::write_atomically;
use crate::brief::brief;
use crate::sealed_file::SealedFileError;
use crate::{regular_file, sealed_file};

/// Key of the description in the safetensors metadata.
pub(crate) const METADATA_KEY: &str = "equijump_run";
const TENSOR: &str = "positions";
const VERSION: u32 = 1;
/// Larger files are no run states.
const MOST_BYTES: u64 = 1 << 32;
/// Replicas of one run: as many files are open at once, and as many are looked for when it is replaced.
pub const MOST_REPLICAS: usize = 10_000;

/// Everything a run needs to go on. The noise is a pure function of seed, replica and frame (ARCHITECTURE.md §6), so
/// that no generator state belongs here.
#[derive(Clone, Debug, PartialEq)]
pub struct RunState {
    /// Settings of the run, in whatever form the session keeps them.
    pub settings: serde_json::Value,
    /// Seed of the noise.
    pub seed: u64,
    /// Frames made so far, the start structure not counted: the index of the newest frame.
    pub frame: u64,
    /// Positions of that frame per replica, `[replicas][atoms]`, Å, bit for bit.
    pub replicas_angstrom: Vec<Vec<[f32; 3]>>,
}

/// Errors of run states.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum RunStateError {
    #[error("cannot {action} the run state {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{} is not a usable run state: {source}; start a new run", path.display())]
    Unusable { path: PathBuf, source: RunStateProblem },
}

/// Why a file is no state of a run; each message is a clause about it. What is quoted of it is told in brief alone, so
/// it is no source.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum RunStateProblem {
    #[error("its replicas have different numbers of atoms")]
    Uneven,
    #[error(transparent)]
    File(#[from] SealedFileError),
    #[error("{}", brief(.0))]
    Json(serde_json::Error),
    #[error("{}", brief(.0))]
    Tensors(SafeTensorError),
    #[error("it describes no run")]
    NoRun,
    #[error("it was written by a newer EquiJump")]
    Newer,
    #[error("its positions have a wrong shape")]
    Shape,
    #[error("it holds {0} replicas, a run has 1 to {MOST_REPLICAS}")]
    Replicas(usize),
    #[error("its positions are damaged")]
    Damaged,
    #[error("its position {0} is not finite")]
    NotFinite(usize),
}

/// The part that is JSON.
#[derive(Serialize, Deserialize)]
struct Description {
    version: u32,
    settings: serde_json::Value,
    seed: u64,
    frame: u64,
    crc32: u32,
}

impl RunState {
    /// Writes the state; a kill at any moment leaves either the old state or the new one.
    ///
    /// # Errors
    /// What the system reports, and replicas with different numbers of atoms.
    pub fn save(&self, path: &Path) -> Result<(), RunStateError> {
        let io = |source| RunStateError::Io { action: "write", path: path.to_path_buf(), source };
        let unusable = |source| RunStateError::Unusable { path: path.to_path_buf(), source };
        let atoms = self.replicas_angstrom.first().map_or(0, Vec::len);
        if self.replicas_angstrom.iter().any(|replica| replica.len() != atoms) {
            return Err(unusable(RunStateProblem::Uneven));
        }
        let positions: Vec<u8> =
            self.replicas_angstrom.iter().flatten().flatten().flat_map(|x| x.to_le_bytes()).collect();
        let description = Description {
            version: VERSION,
            settings: self.settings.clone(),
            seed: self.seed,
            frame: self.frame,
            crc32: checksum(&positions),
        };
        let json =
            serde_json::to_string(&description).map_err(|error| unusable(RunStateProblem::Json(error)))?;
        let view = TensorView::new(Dtype::F32, vec![self.replicas_angstrom.len(), atoms, 3], &positions)
            .map_err(|error| unusable(RunStateProblem::Tensors(error)))?;
        let metadata = BTreeMap::from([(METADATA_KEY.to_owned(), json)]);
        let bytes = sealed_file::to_bytes(&metadata, &[(TENSOR.to_owned(), view)]).map_err(io)?;
        write_atomically(path, &bytes).map_err(io)
    }

    /// Reads a state.
    ///
    /// # Errors
    /// If the file cannot be read, is no run state, is damaged, or was written by a newer program.
    pub fn load(path: &Path) -> Result<Self, RunStateError> {
        let io = |source| RunStateError::Io { action: "read", path: path.to_path_buf(), source };
        let unusable = |source| RunStateError::Unusable { path: path.to_path_buf(), source };
        let bytes = regular_file::read(path, MOST_BYTES).map_err(io)?;
        let (metadata, tensors) =
            sealed_file::open(&bytes, &[METADATA_KEY]).map_err(|error| unusable(error.into()))?;
        let text = metadata.get(METADATA_KEY).ok_or_else(|| unusable(RunStateProblem::NoRun))?;
        let description: Description =
            serde_json::from_str(text).map_err(|error| unusable(RunStateProblem::Json(error)))?;
        if description.version > VERSION {
            return Err(unusable(RunStateProblem::Newer));
        }
        let view = tensors.tensor(TENSOR).map_err(|error| unusable(RunStateProblem::Tensors(error)))?;
        let &[replicas, atoms, 3] = view.shape() else {
            return Err(unusable(RunStateProblem::Shape));
        };
        if replicas == 0 || replicas > MOST_REPLICAS {
            return Err(unusable(RunStateProblem::Replicas(replicas)));
        }
        if view.dtype() != Dtype::F32 || atoms == 0 || checksum(view.data()) != description.crc32 {
            return Err(unusable(RunStateProblem::Damaged));
        }
        let numbers = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let positions: Vec<[f32; 3]> = view
            .data()
            .chunks_exact(12)
            .map(|p| [numbers(&p[0..4]), numbers(&p[4..8]), numbers(&p[8..12])])
            .collect();
        if let Some(bad) = positions.iter().position(|p| p.iter().any(|x| !x.is_finite())) {
            return Err(unusable(RunStateProblem::NotFinite(bad)));
        }
        Ok(Self {
            settings: description.settings,
            seed: description.seed,
            frame: description.frame,
            replicas_angstrom: positions.chunks_exact(atoms).map(<[_]>::to_vec).collect(),
        })
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_state_comes_back_to_the_bit_and_damage_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.state");
        let state = RunState {
            settings: serde_json::json!({ "latent_steps": 100, "integrator": "sde" }),
            seed: u64::MAX - 3,
            frame: 41,
            replicas_angstrom: (0..3)
                .map(|r| (0..5).map(|a| [0.1 * r as f32, 1.0 / (a + 1) as f32, f32::MIN_POSITIVE]).collect())
                .collect(),
        };
        state.save(&path).unwrap();
        assert_eq!(RunState::load(&path).unwrap(), state);
        let bytes = std::fs::read(&path).unwrap();
        state.save(&path).unwrap();
        assert!(bytes == std::fs::read(&path).unwrap(), "the same state has the same bytes");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            std::fs::write(&path, &changed).unwrap();
            assert!(RunState::load(&path).is_err(), "byte {at}");
        }
        for length in [0, 7, 8, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(RunState::load(&path).is_err());
        }
        let mut uneven = state.clone();
        uneven.replicas_angstrom[1].pop();
        assert!(uneven.save(&path).is_err());
    }
    /// As a program would write it that means harm: the checksum is right.
    #[test]
    fn numbers_of_replicas_that_no_run_has_are_refused_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.state");
        let positions: Vec<u8> = [1.0f32; 3].iter().flat_map(|x| x.to_le_bytes()).collect();
        for (shape, replicas) in [([1, 1, 3], 1usize), ([0, 1, 3], 0), ([1 << 62, 0, 3], 1 << 62)] {
            let description = serde_json::json!({
                "version": VERSION, "settings": {}, "seed": 1, "frame": 0,
                "crc32": checksum(&positions[..if replicas == 1 { 12 } else { 0 }]),
            });
            let view =
                TensorView::new(Dtype::F32, shape.to_vec(), &positions[..if replicas == 1 { 12 } else { 0 }]);
            let metadata = BTreeMap::from([(METADATA_KEY.to_owned(), description.to_string())]);
            let bytes = sealed_file::to_bytes(&metadata, &[(TENSOR.to_owned(), view.unwrap())]).unwrap();
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(RunState::load(&path).is_ok(), replicas == 1, "{replicas} replicas");
        }
        let many = RunState {
            settings: serde_json::Value::Null,
            seed: 0,
            frame: 0,
            replicas_angstrom: vec![vec![[0.0; 3]]; MOST_REPLICAS + 1],
        };
        many.save(&path).unwrap();
        assert!(RunState::load(&path).unwrap_err().to_string().contains("10001 replicas"));
    }
}
