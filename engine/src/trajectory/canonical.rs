//! Canonical frames of one protein out of trajectory files of any program, one frame in memory at a time.
//!
//! Hydrogens, caps, waters and ions are dropped, molecules cut by a periodic cell are put together again,
//! and frames that cannot be used (damaged, not finite, broken) are left out and counted. A file starts a
//! trajectory, and so does a gap in the times.

use std::path::PathBuf;

use super::error::TrajectoryError;
use super::frame::{Frame, first_not_finite};
use super::import::ImportError;
use super::import::checks::check_geometry;
use super::periodic::{WholeMolecule, Wholeness};
use super::reader::TrajectoryReader;
use super::survey::{check_selection, counted, differ, survey};
use crate::structure::TopologyMap;

/// Which frames of the files are wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameSelection {
    /// Takes every `stride`-th frame; at least 1.
    pub stride: usize,
    /// Leaves out what happened before this time in each file, ps: equilibration.
    pub skip_ps: f64,
    /// Time between the frames of the files, ps. Replaces what the files say; needed where they say nothing.
    pub interval_ps: Option<f64>,
}

impl Default for FrameSelection {
    fn default() -> Self {
        Self { stride: 1, skip_ps: 0.0, interval_ps: None }
    }
}

/// A frame in canonical atom order.
#[derive(Clone, Debug, PartialEq)]
pub struct CanonicalFrame<'a> {
    /// Unbroken trajectory that it belongs to, counted through all files.
    pub trajectory: usize,
    /// Positions, Å, in the order of the topology.
    pub positions_angstrom: &'a [[f32; 3]],
}

/// One file with the atoms it holds.
#[derive(Clone, Debug)]
pub struct TrajectorySource {
    /// The file.
    pub path: PathBuf,
    /// Its atoms. All maps of one set of sources lead to the same topology.
    pub map: TopologyMap,
}

/// Reads the frames of several files one after the other, as often as wanted.
#[derive(Debug)]
pub struct CanonicalFrames {
    sources: Vec<TrajectorySource>,
    selection: FrameSelection,
    file_interval_ps: f64,
    frames_in_files: usize,
    molecule: WholeMolecule,
    /// Buffers.
    frame: Frame,
    positions: Vec<[f32; 3]>,
    /// Where reading stands.
    at: Position,
    notices: Vec<String>,
}

#[derive(Debug, Default)]
struct Position {
    reader: Option<TrajectoryReader>,
    source: usize,
    index: usize,
    frames_done: usize,
    /// Trajectories begun so far.
    trajectories: usize,
    first_time_ps: Option<f64>,
    last_time_ps: Option<f64>,
    geometry_checked: bool,
    dropped: Dropped,
}

/// Frames of one file that were left out or changed.
#[derive(Clone, Copy, Debug, Default)]
struct Dropped {
    not_finite: usize,
    damaged: usize,
    broken: usize,
    made_whole: usize,
    gaps: usize,
}

impl CanonicalFrames {
    /// Looks at all files: they must be readable, fit their topology and agree on the interval.
    ///
    /// # Errors
    /// A senseless selection, files that cannot be read or do not fit, no frames, unknown or different
    /// intervals.
    pub fn open(sources: Vec<TrajectorySource>, selection: FrameSelection) -> Result<Self, ImportError> {
        let Some(first) = sources.first() else {
            return Err(ImportError::Request("name at least one trajectory file"));
        };
        check_selection(selection.stride, selection.skip_ps, selection.interval_ps)?;
        let molecule = WholeMolecule::new(&first.map.topology);
        let atoms = first.map.topology.atom_count();
        let (file_interval_ps, frames_in_files) =
            survey(sources.iter().map(|source| (source.path.as_path(), &source.map)), selection.interval_ps)?;
        Ok(Self {
            sources,
            selection,
            file_interval_ps,
            frames_in_files,
            molecule,
            frame: Frame::default(),
            positions: vec![[0.0; 3]; atoms],
            at: Position::default(),
            notices: Vec::new(),
        })
    }

    /// Time between the frames that are delivered, ps.
    pub fn interval_ps(&self) -> f64 {
        self.file_interval_ps * self.selection.stride as f64
    }

    /// Frames in all files, those that will be left out included.
    pub fn frames_in_files(&self) -> usize {
        self.frames_in_files
    }

    /// Frames of the files passed so far in this reading.
    pub fn frames_passed(&self) -> usize {
        self.at.frames_done
    }

    /// What was special about the files, in sentences; complete after the first whole reading.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Starts again at the first frame of the first file.
    pub fn rewind(&mut self) {
        self.at = Position::default();
        self.notices.clear();
    }

    /// The next usable frame, or `None` after the last one.
    ///
    /// # Errors
    /// A file that can no longer be read, or whose first frame is no protein in Å.
    pub fn next_frame(&mut self) -> Result<Option<CanonicalFrame<'_>>, ImportError> {
        loop {
            let Some(source) = self.sources.get(self.at.source) else { return Ok(None) };
            if self.at.reader.is_none() {
                self.at.reader = Some(TrajectoryReader::open(&source.path)?);
            }
            let frames = self.at.reader.as_ref().map_or(0, TrajectoryReader::frame_count);
            if self.at.index >= frames {
                self.end_of_file();
            } else if self.read_one()? {
                let trajectory = self.at.trajectories - 1;
                return Ok(Some(CanonicalFrame { trajectory, positions_angstrom: &self.positions }));
            }
        }
    }

    /// Reads the frame at the present position and moves on; false when it is left out.
    fn read_one(&mut self) -> Result<bool, ImportError> {
        let source = &self.sources[self.at.source];
        let index = self.at.index;
        self.at.index += 1;
        self.at.frames_done += 1;
        if !index.is_multiple_of(self.selection.stride) {
            return Ok(false);
        }
        let Some(reader) = self.at.reader.as_mut() else { return Ok(false) };
        match reader.read_frame(index, &mut self.frame) {
            Ok(()) => {}
            Err(TrajectoryError::Malformed { .. }) => {
                self.at.dropped.damaged += 1;
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
        let time_ps = match (self.selection.interval_ps, self.frame.time_ps) {
            (None, Some(time_ps)) => time_ps,
            _ => index as f64 * self.file_interval_ps,
        };
        if time_ps - *self.at.first_time_ps.get_or_insert(time_ps) < self.selection.skip_ps {
            return Ok(false);
        }
        for (position, &atom) in self.positions.iter_mut().zip(&source.map.indices) {
            *position = self.frame.positions_angstrom[atom];
        }
        if first_not_finite(&self.positions).is_some() {
            self.at.dropped.not_finite += 1;
            return Ok(false);
        }
        let wholeness = self.molecule.repair(&mut self.positions, self.frame.cell_angstrom);
        // The first frame tells whether the file is what it should be, the others only of themselves.
        let geometry = check_geometry(&source.map.topology, &self.positions, &source.path);
        if !self.at.geometry_checked {
            geometry?;
            self.at.geometry_checked = true;
        } else if geometry.is_err() {
            self.at.dropped.broken += 1;
            return Ok(false);
        }
        match wholeness {
            Wholeness::Whole => {}
            Wholeness::MadeWhole => self.at.dropped.made_whole += 1,
            Wholeness::Broken { .. } => {
                self.at.dropped.broken += 1;
                return Ok(false);
            }
        }
        let step_ps = self.interval_ps();
        match self.at.last_time_ps {
            Some(last) if !differ(time_ps - last, step_ps, time_ps) => {}
            last => {
                self.at.dropped.gaps += usize::from(last.is_some());
                self.at.trajectories += 1;
            }
        }
        self.at.last_time_ps = Some(time_ps);
        Ok(true)
    }

    /// Says what was special about a file, and goes on with the next one.
    fn end_of_file(&mut self) {
        let file = self.sources[self.at.source].path.display();
        let Dropped { not_finite, damaged, broken, made_whole, gaps } = self.at.dropped;
        let counts = [
            (not_finite, "left out: positions that are not numbers"),
            (damaged, "left out: damaged"),
            (broken, "left out: no whole protein chain (torn or collapsed)"),
            (made_whole, "put together again across the periodic cell"),
        ];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            self.notices.push(format!("{file}: {} {what}", counted(count, "frame")));
        }
        let tail_bytes = self.at.reader.as_ref().map_or(0, TrajectoryReader::tail_bytes);
        if tail_bytes > 0 {
            self.notices.push(format!(
                "{file}: its last {tail_bytes} bytes make no complete frame and were left out"
            ));
        }
        if gaps > 0 {
            self.notices.push(format!(
                "{file}: its times have {}, each starts a new trajectory",
                counted(gaps, "gap")
            ));
        }
        self.at = Position {
            source: self.at.source + 1,
            frames_done: self.at.frames_done,
            trajectories: self.at.trajectories,
            ..Position::default()
        };
    }
}
