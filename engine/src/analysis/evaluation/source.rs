//! Where frames come from: files, or memory.

use super::EvaluationError;
use crate::trajectory::CanonicalFrames;

/// Frames of one protein in canonical atom order, readable as often as wanted, one at a time.
pub trait FrameSource {
    /// Time between consecutive frames of a trajectory, ps.
    fn interval_ps(&self) -> f64;

    /// Frames at most: what progress is measured by.
    fn frame_count(&self) -> usize;

    /// Starts again at the first frame.
    fn rewind(&mut self);

    /// The next frame with the number of its unbroken trajectory, in order; `None` after the last one.
    ///
    /// # Errors
    /// When reading fails.
    fn next_frame(&mut self) -> Result<Option<(usize, &[[f32; 3]])>, EvaluationError>;

    /// What the user should know about the source, complete after the first whole reading.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }
}

impl FrameSource for CanonicalFrames {
    fn interval_ps(&self) -> f64 {
        self.interval_ps()
    }

    fn frame_count(&self) -> usize {
        self.frames_in_files()
    }

    fn rewind(&mut self) {
        self.rewind();
    }

    fn next_frame(&mut self) -> Result<Option<(usize, &[[f32; 3]])>, EvaluationError> {
        Ok(self.next_frame()?.map(|frame| (frame.trajectory, frame.positions_angstrom)))
    }

    fn notices(&self) -> Vec<String> {
        self.notices().to_vec()
    }
}

/// Trajectories held in memory.
#[derive(Clone, Debug)]
pub struct MemoryFrames<F> {
    trajectories: Vec<Vec<F>>,
    interval_ps: f64,
    at: (usize, usize),
}

impl<F: AsRef<[[f32; 3]]>> MemoryFrames<F> {
    /// Unbroken trajectories with frames `interval_ps` apart; a frame is anything that lends its positions.
    pub fn new(trajectories: Vec<Vec<F>>, interval_ps: f64) -> Self {
        Self { trajectories, interval_ps, at: (0, 0) }
    }
}

impl<F: AsRef<[[f32; 3]]>> FrameSource for MemoryFrames<F> {
    fn interval_ps(&self) -> f64 {
        self.interval_ps
    }

    fn frame_count(&self) -> usize {
        self.trajectories.iter().map(Vec::len).sum()
    }

    fn rewind(&mut self) {
        self.at = (0, 0);
    }

    fn next_frame(&mut self) -> Result<Option<(usize, &[[f32; 3]])>, EvaluationError> {
        while self.trajectories.get(self.at.0).is_some_and(|trajectory| self.at.1 >= trajectory.len()) {
            self.at = (self.at.0 + 1, 0);
        }
        let (trajectory, frame) = self.at;
        self.at.1 += 1;
        let found = self.trajectories.get(trajectory).and_then(|frames| frames.get(frame));
        Ok(found.map(|frame| (trajectory, frame.as_ref())))
    }
}
