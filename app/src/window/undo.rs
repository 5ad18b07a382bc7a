//! Undo and redo of how things are looked at: view, selection, measurements, appearance, settings of the map and of the
//! next run.
//!
//! After each pass the choices of the user are compared with those of the pass before. What differs once the pointer
//! has been released is one step; steps of the view alone that follow each other closely, as scrolling makes them,
//! are one. Nothing has to tell that it can be undone.

use equijump_engine::observe::landscape::MapSettings;
use equijump_engine::session::DevicePreference;
use equijump_engine::transport::SamplerSettings;

use super::ghost::Ghost;
use super::kept_map::MapLayers;
use super::preferences::{ResidueValue, StartFrom};
use super::selection::Selected;
use crate::viewport::{Camera, Style};

/// Steps that can be undone.
const MOST_STEPS: usize = 200;
/// Steps of the view that follow each other within this time are one, s.
const ONE_GESTURE_S: f64 = 0.7;

/// The choices that can be undone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choices {
    /// Where the molecule is looked at from. It also moves by itself, so changes are told by `view`.
    pub camera: Camera,
    /// Counts what the user did to the view.
    pub view: u64,
    pub rest: Rest,
}

/// All but the view.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rest {
    pub style: Style,
    pub residue_value: ResidueValue,
    pub superpose: bool,
    pub mark_violations: bool,
    pub ghost: Ghost,
    pub spin: bool,
    pub fit_follows: bool,
    pub tiles: bool,
    pub selected: Selected,
    pub marked_atom: Option<usize>,
    pub measurements: Vec<Vec<usize>>,
    pub map: MapSettings,
    pub map_layers: MapLayers,
    pub sampler: SamplerSettings,
    pub replicas: u32,
    pub frames: u64,
    pub until_stopped: bool,
    pub device: DevicePreference,
    pub start_from: StartFrom,
}

/// What was before, and what was undone.
#[derive(Debug, Default)]
pub struct Undo {
    past: Vec<Choices>,
    future: Vec<Choices>,
    pub(super) present: Option<Choices>,
    /// When the last step was of the view alone.
    view_changed_s: Option<f64>,
}

impl Undo {
    /// Whether there is something to undo.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether something was undone.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// Forgets everything: another molecule is open.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn observe(&mut self, now: Choices, seconds: f64) {
        let Some(before) = self.present.replace(now) else { return };
        let Some(now) = &self.present else { return };
        let (viewed, rest) = (before.view != now.view, before.rest != now.rest);
        if !viewed && !rest {
            return;
        }
        self.future.clear();
        let same_gesture = !rest && self.view_changed_s.is_some_and(|last| seconds - last < ONE_GESTURE_S);
        self.view_changed_s = (!rest).then_some(seconds);
        if !same_gesture {
            self.past.push(before);
            let surplus = self.past.len().saturating_sub(MOST_STEPS);
            self.past.drain(..surplus);
        }
    }

    /// The choices to go back to.
    pub(super) fn undo(&mut self) -> Option<Choices> {
        let target = self.past.pop()?;
        self.future.extend(self.present.replace(target.clone()));
        self.view_changed_s = None;
        Some(target)
    }

    /// The choices to come back to.
    pub(super) fn redo(&mut self) -> Option<Choices> {
        let target = self.future.pop()?;
        self.past.extend(self.present.replace(target.clone()));
        self.view_changed_s = None;
        Some(target)
    }
}
