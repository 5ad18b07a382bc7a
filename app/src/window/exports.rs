//! What can be written from the window, as the dialogs ask for it.

use std::path::PathBuf;
use std::sync::Arc;

use super::film::FilmFormat;
use crate::figures::FigureFormat;

/// Frames from the first to the last, every so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRange {
    /// First frame.
    pub first: u64,
    /// Last frame, included.
    pub last: u64,
    /// Every how many frames.
    pub stride: u64,
}

impl FrameRange {
    /// All frames up to the newest.
    pub fn all(newest: u64) -> Self {
        Self { first: 0, last: newest, stride: 1 }
    }

    /// How many frames that are.
    pub fn count(&self) -> u64 {
        self.last.saturating_sub(self.first) / self.stride.max(1) + 1
    }

    /// How many frames that are of these, ascending, or of all.
    pub fn count_of(&self, only: Option<&[u64]>) -> u64 {
        let Some(only) = only else { return self.count() };
        let from = only.partition_point(|&frame| frame < self.first);
        let to = only.partition_point(|&frame| frame <= self.last);
        (to.saturating_sub(from) as u64).div_ceil(self.stride.max(1))
    }
}

/// Frames to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrajectoryExport {
    /// File; its extension is the format.
    pub path: PathBuf,
    /// Which frames.
    pub frames: FrameRange,
    /// Of the range only these.
    pub only: Option<Arc<[u64]>>,
    /// Only these atoms.
    pub atoms: Option<Arc<[usize]>>,
    /// Which replica.
    pub replica: usize,
    /// Add hydrogens.
    pub hydrogens: bool,
    /// Replace a file that is there.
    pub overwrite: bool,
}

/// A run to write: all frames of all replicas, and what belongs to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunExport {
    /// Number of the run.
    pub run: u32,
    /// The trajectory; its extension is the format.
    pub path: PathBuf,
    /// Replace files that are there.
    pub overwrite: bool,
}

/// Plots to write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the flags are named after the plots
pub struct FigureExport {
    /// Folder; file names are made from the protein and the plot.
    pub folder: PathBuf,
    /// Image format; `None` writes numbers alone.
    pub format: Option<FigureFormat>,
    /// Numbers as CSV.
    pub numbers: bool,
    /// Image size, pixels.
    pub size: (u32, u32),
    pub rmsd: bool,
    pub ramachandran: bool,
    pub free_energy: bool,
    pub fluctuation: bool,
    pub contacts: bool,
    pub distances: bool,
    pub structure: bool,
    pub measurements: bool,
}

/// Pictures to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovieExport {
    /// What is written.
    pub format: FilmFormat,
    /// New folder for the pictures, which are numbered `frame_00000.png` and on, or the new file of the film.
    pub path: PathBuf,
    /// Pictures a second.
    pub per_second: u32,
    /// How far the camera goes around the molecule during the film, degrees.
    pub turn_degrees: i32,
    /// Write time and RMSD on each picture.
    pub overlay: bool,
    /// Which frames.
    pub frames: FrameRange,
    /// Size, pixels.
    pub size: [u32; 2],
    /// Leave the background out.
    pub transparent: bool,
}

/// A picture to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenshotExport {
    /// PNG file.
    pub path: PathBuf,
    /// Size, pixels.
    pub size: [u32; 2],
    /// Leave the background out.
    pub transparent: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_with_both_ends() {
        assert_eq!(FrameRange::all(0).count(), 1);
        assert_eq!(FrameRange::all(10).count(), 11);
        assert_eq!(FrameRange { first: 1, last: 10, stride: 3 }.count(), 4);
        assert_eq!(FrameRange { first: 5, last: 5, stride: 7 }.count(), 1);
        let range = FrameRange { first: 2, last: 9, stride: 2 };
        assert_eq!(range.count_of(None), 4);
        assert_eq!(range.count_of(Some(&[1, 2, 5, 9, 10])), 2);
        assert_eq!(range.count_of(Some(&[11])), 0);
    }
}
