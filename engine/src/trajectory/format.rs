//! Trajectory formats and how a file name tells them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::foreign_format::{ForeignFile, Use, recognize_name};

/// What is behind the last dot of a file name, in lower case; empty where there is none.
pub fn extension_of(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Why a file is no trajectory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum FormatError {
    #[error("{} is not a trajectory: its name must end in .dcd, .xtc or .pdb", path.display())]
    Unknown { path: PathBuf },
    #[error("{} is {file}", path.display())]
    Foreign { path: PathBuf, file: ForeignFile },
}

/// The trajectory formats that EquiJump reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "UPPERCASE")]
pub enum TrajectoryFormat {
    /// CHARMM / NAMD binary, `f32` Å, exact.
    Dcd,
    /// GROMACS compressed, rounded to 0.01 Å.
    Xtc,
    /// Multi-model PDB text, rounded to 0.001 Å.
    Pdb,
}

impl TrajectoryFormat {
    /// All formats, the default first.
    pub const ALL: [TrajectoryFormat; 3] =
        [TrajectoryFormat::Dcd, TrajectoryFormat::Xtc, TrajectoryFormat::Pdb];

    /// The format that the extension of `path` names, whatever its case.
    ///
    /// # Errors
    /// [`FormatError::Unknown`] if the extension is missing or another one.
    pub fn from_path(path: &Path) -> Result<Self, FormatError> {
        match extension_of(path).as_str() {
            "dcd" => Ok(TrajectoryFormat::Dcd),
            "xtc" => Ok(TrajectoryFormat::Xtc),
            "pdb" | "ent" => Ok(TrajectoryFormat::Pdb),
            _ => Err(FormatError::Unknown { path: path.to_path_buf() }),
        }
    }

    /// As [`TrajectoryFormat::from_path`], for a file that is read: PDB may be gzipped.
    ///
    /// # Errors
    /// As [`TrajectoryFormat::from_path`]; [`FormatError::Foreign`] if the extension names a format of
    /// another program.
    pub(super) fn of_file(path: &Path) -> Result<Self, FormatError> {
        match Self::from_path(&path.with_extension("")) {
            Ok(TrajectoryFormat::Pdb) if extension_of(path) == "gz" => Ok(TrajectoryFormat::Pdb),
            _ => Self::from_path(path).map_err(|unknown| match recognize_name(path) {
                Some(format) => {
                    FormatError::Foreign { path: path.to_path_buf(), file: format.refusal(Use::Trajectory) }
                }
                None => unknown,
            }),
        }
    }

    /// File extension without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            TrajectoryFormat::Dcd => "dcd",
            TrajectoryFormat::Xtc => "xtc",
            TrajectoryFormat::Pdb => "pdb",
        }
    }

    /// Largest rounding error of one coordinate when a frame is written and read back, Å; zero if exact.
    pub fn rounding_angstrom(self) -> f32 {
        match self {
            TrajectoryFormat::Dcd => 0.0,
            TrajectoryFormat::Xtc => 0.005,
            TrajectoryFormat::Pdb => 0.0005,
        }
    }
}
