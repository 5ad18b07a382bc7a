//! From and to molecular dynamics: what OpenMM starts from, and the script that makes training data with it.

use std::path::{Path, PathBuf};

use crate::atomic_file::is_there;
use crate::file_error::FileError;
use crate::structure::{AllAtomModel, Topology, write_pdb_all_atoms};
use crate::trajectory::write_atomically;

/// Force field and checks that both scripts use.
const COMMON: (&str, &str) = ("equijump_md.py", include_str!("../../../assets/openmm/equijump_md.py"));
/// Checks, minimizes and runs from one frame.
const RUN: (&str, &str) = ("run.py", include_str!("../../../assets/openmm/run.py"));
/// Makes trajectories of a protein and imports them.
const TRAINING: (&str, &str) =
    ("make_training_data.py", include_str!("../../../assets/openmm/make_training_data.py"));

/// Why the files were not written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum OpenMmError {
    #[error("{positions} positions for {atoms} atoms")]
    Positions { positions: usize, atoms: usize },
    #[error("the frame cannot be written as PDB: {0}")]
    Pdb(#[source] std::io::Error),
    #[error("{} is there already; choose another folder or allow replacing it", path.display())]
    Exists { path: PathBuf },
    #[error(transparent)]
    File(#[from] FileError),
}

/// Writes what a run of OpenMM starts from into `folder`: `start.pdb`, the conformation with hydrogens at pH 7, and
/// `run.py`, which checks it, minimizes it and runs it with ff14SB and GB-Neck2 at 350 K. `positions_angstrom` in
/// canonical order. Returns the files, the script to run first.
///
/// # Errors
/// [`OpenMmError`]: a file that is there already (unless `overwrite`), or cannot be written.
pub fn write_md_start(
    topology: &Topology,
    positions_angstrom: &[[f32; 3]],
    folder: &Path,
    overwrite: bool,
) -> Result<Vec<PathBuf>, OpenMmError> {
    if positions_angstrom.len() != topology.atom_count() {
        let (positions, atoms) = (positions_angstrom.len(), topology.atom_count());
        return Err(OpenMmError::Positions { positions, atoms });
    }
    let model = AllAtomModel::new(topology, positions_angstrom);
    let mut pdb = Vec::new();
    write_pdb_all_atoms(topology, &model, &model.place(positions_angstrom), &mut pdb)
        .map_err(OpenMmError::Pdb)?;
    let files = [(RUN.0, RUN.1.as_bytes()), (COMMON.0, COMMON.1.as_bytes()), ("start.pdb", pdb.as_slice())];
    write_all(folder, &files, overwrite)
}

/// Writes the script that makes training data for a protein of the user's own into `folder`: `make_training_data.py`
/// and what it uses. Returns the files, the script to run first.
///
/// # Errors
/// As [`write_md_start`].
pub fn write_training_script(folder: &Path, overwrite: bool) -> Result<Vec<PathBuf>, OpenMmError> {
    let files = [TRAINING, COMMON].map(|(name, text)| (name, text.as_bytes()));
    write_all(folder, &files, overwrite)
}

/// Files that are there with the same content are left alone.
fn write_all(folder: &Path, files: &[(&str, &[u8])], overwrite: bool) -> Result<Vec<PathBuf>, OpenMmError> {
    std::fs::create_dir_all(folder).map_err(FileError::make_folder(folder))?;
    let same = |path: &Path, content: &[u8]| std::fs::read(path).is_ok_and(|there| there == content);
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.join(name)).collect();
    for (path, (_, content)) in paths.iter().zip(files) {
        if !overwrite && is_there(path) && !same(path, content) {
            return Err(OpenMmError::Exists { path: path.clone() });
        }
    }
    for (path, (_, content)) in paths.iter().zip(files) {
        write_atomically(path, content).map_err(FileError::write(path))?;
    }
    Ok(paths)
}
