//! Canonical frames of one protein out of trajectory files of any program, one frame in memory at a time.
//!
//! Hydrogens, caps, waters and ions are dropped, molecules cut by a periodic cell are put together again,
//! and frames that cannot be used (damaged, not finite, broken) are left out and counted. A file starts a
//! trajectory, and so does a gap in the times.

use super::diagnosis::{Cause, diagnose};
use super::error::TrajectoryError;
use super::frame::{Frame, first_not_finite};
use super::import::ImportError;
use super::import::checks::check_geometry;
use super::malformation::Malformation;
use super::reader::TrajectoryReader;
use super::source::TrajectorySource;
use super::survey::{check_selection, counted, differ, survey};
use crate::structure::hands::most_are_mirrored;
use crate::structure::periodic::{WholeMolecule, Wholeness};

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
    /// File that it comes from, as an index into the sources.
    pub source: usize,
    /// Unbroken trajectory that it belongs to, counted through all files.
    pub trajectory: usize,
    /// Time, ps, as the file tells it or by the interval.
    pub time_ps: f64,
    /// Positions, Å, in the order of the topology.
    pub positions_angstrom: &'a [[f32; 3]],
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
    /// What opening the files had to say; stays when reading starts again.
    opening_notices: Vec<String>,
    counts: FrameCounts,
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
#[derive(Clone, Debug, Default)]
struct Dropped {
    not_finite: usize,
    damaged: usize,
    /// What was wrong with the first damaged frame.
    damage: Option<Malformation>,
    /// Frames that are no whole chain, by cause.
    broken: Vec<(Cause, usize)>,
    made_whole: usize,
    gaps: usize,
}

/// Frames that were left out or changed, in all files passed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// Left out: positions that are not numbers.
    pub not_finite: usize,
    /// Left out: damaged.
    pub damaged: usize,
    /// Left out: no whole protein chain.
    pub broken: usize,
    /// Put together again across the periodic cell.
    pub made_whole: usize,
}

/// One step of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A frame was read; [`CanonicalFrames::frame`] has it.
    Frame,
    /// A frame was passed over, or a file ended.
    Passed,
    /// There are no more files.
    End,
}

impl CanonicalFrames {
    /// Looks at all files: they must be readable, fit their topology and agree on the interval.
    ///
    /// # Errors
    /// A senseless selection, files that cannot be read or do not fit, no frames, unknown or different
    /// intervals.
    pub fn open(mut sources: Vec<TrajectorySource>, selection: FrameSelection) -> Result<Self, ImportError> {
        let Some(first) = sources.first() else {
            return Err(ImportError::Request("name at least one trajectory file"));
        };
        check_selection(selection.stride, selection.skip_ps, selection.interval_ps)?;
        let molecule = WholeMolecule::new(&first.map.topology);
        let atoms = first.map.topology.atom_count();
        let mut notices: Vec<String> = Vec::new();
        let survey = survey(&mut sources, selection.interval_ps, &mut notices)?;
        Ok(Self {
            sources,
            selection,
            file_interval_ps: survey.interval_ps,
            frames_in_files: survey.frames,
            molecule,
            frame: Frame::default(),
            positions: vec![[0.0; 3]; atoms],
            at: Position::default(),
            notices: notices.clone(),
            opening_notices: notices,
            counts: FrameCounts::default(),
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

    /// Frames that were left out or changed so far in this reading.
    pub fn counts(&self) -> FrameCounts {
        self.counts
    }

    /// Frames in the file at hand.
    pub(super) fn frames_in_source(&self) -> usize {
        self.at.reader.as_ref().map_or(0, TrajectoryReader::frame_count)
    }

    /// The file at hand, as an index into the sources.
    pub(super) fn source(&self) -> usize {
        self.at.source
    }

    /// Starts again at the first frame of the first file.
    pub fn rewind(&mut self) {
        self.at = Position::default();
        self.notices.clone_from(&self.opening_notices);
        self.counts = FrameCounts::default();
    }

    /// The next usable frame, or `None` after the last one.
    ///
    /// # Errors
    /// A file that can no longer be read, or whose first frame is no protein in Å.
    pub fn next_frame(&mut self) -> Result<Option<CanonicalFrame<'_>>, ImportError> {
        loop {
            match self.step()? {
                Step::Frame => return Ok(Some(self.frame())),
                Step::Passed => {}
                Step::End => return Ok(None),
            }
        }
    }

    /// Moves on by one frame of a file, or by its end.
    ///
    /// # Errors
    /// As [`CanonicalFrames::next_frame`].
    pub(super) fn step(&mut self) -> Result<Step, ImportError> {
        let Some(source) = self.sources.get(self.at.source) else { return Ok(Step::End) };
        if self.at.reader.is_none() {
            self.at.reader = Some(TrajectoryReader::open(&source.path)?);
        }
        if self.at.index >= self.frames_in_source() {
            self.end_of_file();
            return Ok(Step::Passed);
        }
        Ok(if self.read_one()? { Step::Frame } else { Step::Passed })
    }

    /// The frame that was read last.
    pub(crate) fn frame(&self) -> CanonicalFrame<'_> {
        CanonicalFrame {
            source: self.at.source,
            trajectory: self.at.trajectories.saturating_sub(1),
            time_ps: self.at.last_time_ps.unwrap_or(0.0),
            positions_angstrom: &self.positions,
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
            Err(TrajectoryError::Malformed { source, .. }) => {
                self.at.dropped.damaged += 1;
                self.at.dropped.damage.get_or_insert(source);
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
        if wholeness == Wholeness::MadeWhole && geometry.is_ok() {
            self.at.dropped.made_whole += 1;
        }
        let collapsed = self.molecule.has_collapsed(&self.positions);
        if matches!(wholeness, Wholeness::Broken { .. }) || geometry.is_err() || collapsed {
            let has_cell = self.frame.cell_angstrom.is_some();
            let cause = diagnose(&source.map, &self.molecule, &self.positions, has_cell);
            // Units show in the first frame; they stop the reading, as nothing else of the file would serve.
            if !self.at.geometry_checked && matches!(cause, Cause::Collapsed | Cause::Units) {
                geometry?;
            }
            match self.at.dropped.broken.iter_mut().find(|(known, _)| known.is_like(&cause)) {
                Some((_, count)) => *count += 1,
                None => self.at.dropped.broken.push((cause, 1)),
            }
            return Ok(false);
        }
        if !self.at.geometry_checked && most_are_mirrored(&source.map.topology, &self.positions) {
            return Err(ImportError::Mirrored { path: source.path.clone() });
        }
        self.at.geometry_checked = true;
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
        let Dropped { not_finite, damaged, damage, broken, made_whole, gaps } =
            std::mem::take(&mut self.at.dropped);
        let left_out = |count: usize, why: &str| {
            (count > 0).then(|| format!("{file}: {} left out: {why}", counted(count, "frame")))
        };
        self.notices.extend(left_out(not_finite, "positions that are not numbers"));
        let damage = damage.map(|damage| format!("damaged ({damage})"));
        self.notices.extend(left_out(damaged, damage.as_deref().unwrap_or("damaged")));
        for (cause, count) in &broken {
            self.notices.extend(left_out(*count, &cause.to_string()));
        }
        if made_whole > 0 {
            let frames = counted(made_whole, "frame");
            self.notices.push(format!("{file}: {frames} put together again across the periodic cell"));
        }
        self.counts.not_finite += not_finite;
        self.counts.damaged += damaged;
        self.counts.broken += broken.iter().map(|(_, count)| count).sum::<usize>();
        self.counts.made_whole += made_whole;
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
