//! Which frame is shown: a state machine of paused, playing and following the newest frame.

/// What moves the frame cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlayState {
    /// The user does.
    #[default]
    Paused,
    /// The clock does.
    Playing,
    /// New frames do: the newest is shown as it arrives.
    Following,
}

/// Playback speeds offered, in frames a second.
pub const SPEEDS_FRAMES_PER_S: [f32; 7] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0];

/// The frame cursor and its state machine. Frame 0 is the start structure.
#[derive(Clone, Debug)]
pub struct Timeline {
    frame: usize,
    frame_count: usize,
    state: PlayState,
    /// Start again after the last frame.
    pub repeat: bool,
    speed_index: usize,
    /// Fraction of a frame that playback has advanced since the last whole one.
    carry_frames: f64,
    /// The only frames that playing and stepping visit, ascending; all when there is no such choice.
    subset: Option<Vec<usize>>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            frame: 0,
            frame_count: 0,
            state: PlayState::Paused,
            repeat: true,
            speed_index: 4,
            carry_frames: 0.0,
            subset: None,
        }
    }
}

impl Timeline {
    /// Index of the frame shown.
    pub fn frame(&self) -> usize {
        self.frame
    }

    /// Number of frames there are.
    pub fn frame_count(&self) -> usize {
        self.frame_count
    }

    /// What moves the cursor.
    pub fn state(&self) -> PlayState {
        self.state
    }

    /// Playback speed, frames a second.
    pub fn speed_frames_per_s(&self) -> f32 {
        SPEEDS_FRAMES_PER_S[self.speed_index]
    }

    /// Sets the speed to the offered one nearest to `speed`.
    pub fn set_speed(&mut self, speed: f32) {
        let distance = |index: &usize| (SPEEDS_FRAMES_PER_S[*index] - speed).abs();
        self.speed_index = (0..SPEEDS_FRAMES_PER_S.len())
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .unwrap_or(self.speed_index);
    }

    /// One speed faster.
    pub fn faster(&mut self) {
        self.speed_index = (self.speed_index + 1).min(SPEEDS_FRAMES_PER_S.len() - 1);
    }

    /// One speed slower.
    pub fn slower(&mut self) {
        self.speed_index = self.speed_index.saturating_sub(1);
    }

    /// Forgets everything but the user's preferences; a new structure has `frame_count` frames.
    pub fn reset(&mut self, frame_count: usize) {
        self.frame = 0;
        self.frame_count = frame_count;
        self.state = PlayState::Paused;
        self.carry_frames = 0.0;
        self.subset = None;
    }

    /// Tells how many frames there are now. Moves the cursor to the newest when following.
    pub fn set_frame_count(&mut self, frame_count: usize) {
        self.frame_count = frame_count;
        let last = self.last();
        self.frame = if self.state == PlayState::Following { last } else { self.frame.min(last) };
    }

    /// Goes to a frame, clamped to those there are, and pauses.
    pub fn go_to(&mut self, frame: usize) {
        self.state = PlayState::Paused;
        self.frame = frame.min(self.last());
    }

    /// Lets playing and stepping visit these frames alone (ascending), or all again. An empty choice is none.
    pub fn set_subset(&mut self, frames: Option<Vec<usize>>) {
        self.subset = frames.filter(|frames| !frames.is_empty());
    }

    /// The frames that playing and stepping visit, if not all.
    pub fn subset(&self) -> Option<&[usize]> {
        self.subset.as_deref()
    }

    /// Goes `by` frames on (or back), clamped, and pauses.
    pub fn step(&mut self, by: isize) {
        self.go_to(self.visited(by).unwrap_or_else(|end| end));
    }

    /// The frame `by` visited ones away; past an end, that end as an error.
    fn visited(&self, by: isize) -> Result<usize, usize> {
        let Some(subset) = &self.subset else {
            let there = self.frame.saturating_add_signed(by).min(self.last());
            return if self.frame.checked_add_signed(by) == Some(there) { Ok(there) } else { Err(there) };
        };
        // Between two visited frames, the next one is one step away in either direction.
        let place = match subset.binary_search(&self.frame) {
            Ok(place) => place.checked_add_signed(by),
            Err(after) if by > 0 => after.checked_add_signed(by - 1),
            Err(after) => after.checked_add_signed(by),
        };
        let end =
            |first: bool| if first { subset.first() } else { subset.last() }.copied().unwrap_or(self.frame);
        match place {
            None => Err(end(true)),
            Some(place) => subset.get(place).copied().ok_or_else(|| end(false)),
        }
    }

    /// The first frame that playing visits.
    fn first_visited(&self) -> usize {
        self.subset.as_ref().and_then(|subset| subset.first().copied()).unwrap_or(0)
    }

    /// First frame.
    pub fn first(&mut self) {
        self.go_to(0);
    }

    /// Last frame.
    pub fn go_to_last(&mut self) {
        self.go_to(self.last());
    }

    /// Shows the newest frame now and whenever one arrives.
    pub fn follow(&mut self) {
        self.state = PlayState::Following;
        self.frame = self.last();
    }

    /// Following off and on.
    pub fn toggle_follow(&mut self) {
        if self.state == PlayState::Following { self.state = PlayState::Paused } else { self.follow() }
    }

    /// Pauses.
    pub fn pause(&mut self) {
        self.state = PlayState::Paused;
    }

    /// Plays from here, from the start when at the end; pauses when playing. Does nothing with fewer
    /// than two frames.
    pub fn toggle_play(&mut self) {
        if self.state == PlayState::Playing {
            self.state = PlayState::Paused;
        } else if self.frame_count > 1 {
            if self.visited(1).is_err() {
                self.frame = self.first_visited();
            }
            self.carry_frames = 0.0;
            self.state = PlayState::Playing;
        }
    }

    /// Advances playback by `elapsed_s` seconds. Returns when the next frame is due, or `None` when the
    /// clock moves nothing and no repaint is needed.
    #[must_use]
    pub fn tick(&mut self, elapsed_s: f64) -> Option<std::time::Duration> {
        if self.state != PlayState::Playing {
            return None;
        }
        let speed = f64::from(self.speed_frames_per_s());
        // A pass that came late (a window that was hidden) must not jump through the run.
        self.carry_frames += elapsed_s.clamp(0.0, 0.25) * speed;
        let whole = self.carry_frames.floor();
        self.carry_frames -= whole;
        for _ in 0..whole as usize {
            match self.visited(1) {
                Ok(next) => self.frame = next,
                Err(_) if self.repeat => self.frame = self.first_visited(),
                Err(end) => {
                    self.frame = end;
                    self.state = PlayState::Paused;
                    break;
                }
            }
        }
        (self.state == PlayState::Playing)
            .then(|| std::time::Duration::from_secs_f64((1.0 - self.carry_frames) / speed))
    }

    fn last(&self) -> usize {
        self.frame_count.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_frames(count: usize) -> Timeline {
        let mut timeline = Timeline::default();
        timeline.reset(count);
        timeline
    }

    #[test]
    fn following_shows_the_newest_and_a_step_leaves_it() {
        let mut timeline = with_frames(1);
        timeline.follow();
        timeline.set_frame_count(7);
        assert_eq!(timeline.frame(), 6);
        timeline.step(-2);
        timeline.set_frame_count(9);
        assert_eq!((timeline.frame(), timeline.state()), (4, PlayState::Paused));
    }

    #[test]
    fn stepping_stops_at_both_ends() {
        let mut timeline = with_frames(3);
        timeline.step(-1);
        assert_eq!(timeline.frame(), 0);
        timeline.step(10);
        assert_eq!(timeline.frame(), 2);
        timeline.go_to(usize::MAX);
        assert_eq!(timeline.frame(), 2);
    }

    #[test]
    fn playing_keeps_the_speed_whatever_the_repaint_rate() {
        for passes in [10, 40, 100] {
            let mut timeline = with_frames(1000);
            timeline.set_speed(20.0);
            timeline.toggle_play();
            for _ in 0..passes {
                assert!(timeline.tick(1.0 / f64::from(passes)).is_some());
            }
            assert!((19..=20).contains(&timeline.frame()), "{} frames in a second", timeline.frame());
        }
    }

    #[test]
    fn playing_repeats_or_ends() {
        let mut timeline = with_frames(4);
        timeline.set_speed(10.0);
        timeline.toggle_play();
        for _ in 0..6 {
            let _ = timeline.tick(0.1000001);
        }
        assert_eq!((timeline.frame(), timeline.state()), (2, PlayState::Playing));
        timeline.repeat = false;
        for _ in 0..6 {
            let _ = timeline.tick(0.1000001);
        }
        assert_eq!((timeline.frame(), timeline.state()), (3, PlayState::Paused));
        timeline.toggle_play();
        assert_eq!(timeline.frame(), 0, "playing at the end starts again");
    }

    #[test]
    fn a_subset_is_all_that_playing_and_stepping_visit() {
        let mut timeline = with_frames(100);
        timeline.set_subset(Some(vec![10, 11, 50]));
        let mut visit = |by| {
            timeline.step(by);
            timeline.frame()
        };
        assert_eq!([visit(1), visit(1), visit(1), visit(1)], [10, 11, 50, 50]);
        assert_eq!([visit(-1), visit(-1), visit(-1)], [11, 10, 10]);
        timeline.go_to(30);
        timeline.step(-1);
        assert_eq!(timeline.frame(), 11);
        timeline.go_to(50);
        timeline.set_speed(10.0);
        timeline.toggle_play();
        assert_eq!(timeline.frame(), 10, "at the last one, playing starts with the first");
        for expected in [11, 50, 10, 11] {
            assert!(timeline.tick(0.1000001).is_some());
            assert_eq!(timeline.frame(), expected);
        }
        timeline.set_subset(Some(Vec::new()));
        assert_eq!(timeline.subset(), None);
        timeline.set_subset(Some(vec![3]));
        timeline.reset(7);
        assert_eq!(timeline.subset(), None, "another run has other frames");
    }

    #[test]
    fn nothing_to_play_without_frames() {
        for count in [0, 1] {
            let mut timeline = with_frames(count);
            timeline.toggle_play();
            assert_eq!(timeline.state(), PlayState::Paused);
            assert_eq!(timeline.tick(1.0), None);
        }
    }
}
