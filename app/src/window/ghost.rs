//! A conformation, or many, shown as thin backbones beside the frame on screen, to compare with.

use super::numbers::grouped;
use super::project::{Positions, Project};
use super::theme;
use crate::viewport::palette::{self, Srgb};

/// What the color of the first of many frames is mixed of: this much of the run's, the rest of [`PALE`].
const FIRST_SHARE: f32 = 0.1;
/// A grey that is seen on light and on dark ground.
const PALE: Srgb = [158, 160, 166];

/// Which conformation, if any.
#[derive(Clone, Debug, Default)]
pub enum Ghost {
    /// None.
    #[default]
    None,
    /// The start structure.
    Start,
    /// A frame that the user kept.
    Frame {
        /// The number of its run.
        run: u32,
        /// Its number.
        frame: usize,
        /// Its replica.
        replica: usize,
        /// Its positions as they were made, Å.
        positions: Positions,
    },
    /// The same frame of another run, by its number.
    Run(u32),
    /// The same frame of the other replicas.
    Replicas,
    /// Frames from all over the run, or of those that are selected.
    Overlay(Overlay),
}

/// What is overlaid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overlay {
    /// Whose frames, for the user: `run 1`, `basin A`.
    pub name: String,
    /// Frames drawn.
    pub frames: usize,
    /// Frames that there are to draw, of all replicas.
    pub of: u64,
    /// The number of the run, and the frames it had.
    pub(super) made_of: Option<(u32, u64)>,
}

/// Two are the same choice of the user's. Which frames an overlay has grown to is none.
impl PartialEq for Ghost {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None)
            | (Self::Start, Self::Start)
            | (Self::Replicas, Self::Replicas)
            | (Self::Overlay(_), Self::Overlay(_)) => true,
            (Self::Run(a), Self::Run(b)) => a == b,
            (
                Self::Frame { run: a, frame: b, replica: c, .. },
                Self::Frame { run: x, frame: y, replica: z, .. },
            ) => (a, b, c) == (x, y, z),
            _ => false,
        }
    }
}

impl Ghost {
    /// The frame on screen, if it is one of a run.
    pub fn of_frame_shown(project: &Project) -> Option<Self> {
        let (run, shown) = (project.run.as_ref()?, project.shown.as_ref()?);
        Some(Self::Frame {
            run: run.number,
            frame: shown.frame,
            replica: shown.replica,
            positions: shown.positions.clone(),
        })
    }

    /// Whether it changes with the frame on screen.
    pub fn follows_frames(&self) -> bool {
        matches!(self, Self::Run(_) | Self::Replicas)
    }

    /// Whether it is the frame on screen.
    pub fn is_frame_shown(&self, project: &Project) -> bool {
        let (Self::Frame { run: number, frame, replica, .. }, Some(run), Some(shown)) =
            (self, &project.run, &project.shown)
        else {
            return false;
        };
        (*number, *frame, *replica) == (run.number, shown.frame, shown.replica)
    }

    /// The colors that it is drawn in, those of early frames first.
    pub fn colors(&self, project: &Project) -> Vec<Srgb> {
        let of_run = |number| {
            let color = theme::run_color(number, false);
            [color.r(), color.g(), color.b()]
        };
        let own = project.run.as_ref().map_or(1, |run| run.number);
        match self {
            Self::None => Vec::new(),
            Self::Start | Self::Frame { .. } => vec![palette::GHOST],
            Self::Run(number) => vec![of_run(*number)],
            Self::Replicas => vec![of_run(own)],
            Self::Overlay(_) => [0.0, 0.33, 0.67, 1.0].map(|time| faded(of_run(own), time)).to_vec(),
        }
    }

    /// What it is, for the user; `None` without one.
    pub fn caption(&self, project: &Project) -> Option<String> {
        match self {
            Self::None => None,
            Self::Start => Some("Ghost: start structure".to_owned()),
            Self::Run(number) => {
                let other = project.others.iter().find(|other| other.run.number == *number)?;
                let frame = project.shown.as_ref().map_or(0, |shown| shown.frame);
                Some(format!("Beside it: run {number}, frame {}", other.nearest_frame(frame)))
            }
            Self::Replicas => {
                let replicas = project.run.as_ref()?.info.as_ref()?.replicas;
                (replicas > 1).then(|| format!("Beside it: the other {} replicas", replicas - 1))
            }
            Self::Overlay(overlay) => (overlay.frames > 0).then(|| {
                let (shown, of) = (overlay.frames, grouped(overlay.of));
                format!("Overlay: {shown} of {of} frames of {}", overlay.name)
            }),
            Self::Frame { run: number, frame, replica, .. } => {
                let run = project.run.as_ref();
                let of_run = match run {
                    Some(run) if run.number == *number && *replica == run.replica => String::new(),
                    Some(run) if run.number == *number => format!(" of replica {replica}"),
                    _ => " of an earlier run".to_owned(),
                };
                Some(format!("Ghost: frame {frame}{of_run}"))
            }
        }
    }
}

/// The color of a frame by its time, from 0 to 1.
pub(super) fn faded(color: Srgb, time: f32) -> Srgb {
    let share = FIRST_SHARE + (1.0 - FIRST_SHARE) * time.clamp(0.0, 1.0);
    std::array::from_fn(|k| {
        let (pale, full) = (f32::from(PALE[k]), f32::from(color[k]));
        (pale + share * (full - pale)).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_frames_are_paler_than_late_ones() {
        let blue = [40, 90, 220];
        let from_blue =
            |color: Srgb| -> i32 { (0..3).map(|k| (i32::from(color[k]) - i32::from(blue[k])).abs()).sum() };
        assert_eq!(faded(blue, 1.0), blue);
        assert!(from_blue(faded(blue, 0.0)) > from_blue(faded(blue, 0.5)));
        assert!(from_blue(faded(blue, 0.5)) > 0);
    }
}
