//! Undo and redo of how things are looked at: view, selection, measurements, appearance, settings of the map and of the
//! next run.
//!
//! After each pass the choices of the user are compared with those of the pass before. What differs once the pointer
//! has been released is one step; steps of the view alone that follow each other closely, as scrolling makes them,
//! are one. Nothing has to tell that it can be undone.

use equijump_engine::observe::landscape::MapSettings;
use equijump_engine::session::DevicePreference;
use equijump_engine::transport::SamplerSettings;

use super::app::EquiJumpApp;
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
struct Choices {
    /// Where the molecule is looked at from. It also moves by itself, so changes are told by `view`.
    camera: Camera,
    /// Counts what the user did to the view.
    view: u64,
    rest: Rest,
}

/// All but the view.
#[derive(Clone, Debug, PartialEq)]
struct Rest {
    style: Style,
    residue_value: ResidueValue,
    superpose: bool,
    mark_violations: bool,
    selected: Selected,
    marked_atom: Option<usize>,
    measurements: Vec<Vec<usize>>,
    map: MapSettings,
    map_layers: MapLayers,
    sampler: SamplerSettings,
    replicas: u32,
    frames: u64,
    until_stopped: bool,
    device: DevicePreference,
    start_from: StartFrom,
}

/// What was before, and what was undone.
#[derive(Debug, Default)]
pub struct Undo {
    past: Vec<Choices>,
    future: Vec<Choices>,
    present: Option<Choices>,
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

    fn observe(&mut self, now: Choices, seconds: f64) {
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
    fn undo(&mut self) -> Option<Choices> {
        let target = self.past.pop()?;
        self.future.extend(self.present.replace(target.clone()));
        self.view_changed_s = None;
        Some(target)
    }

    /// The choices to come back to.
    fn redo(&mut self) -> Option<Choices> {
        let target = self.future.pop()?;
        self.past.extend(self.present.replace(target.clone()));
        self.view_changed_s = None;
        Some(target)
    }
}

impl EquiJumpApp {
    fn choices(&self) -> Choices {
        let (preferences, run) = (&self.preferences, &self.preferences.run);
        let viewport = &self.cache.molecule.viewport;
        Choices {
            camera: viewport.camera(),
            view: viewport.view_revision(),
            rest: Rest {
                style: preferences.style,
                residue_value: preferences.residue_value,
                superpose: preferences.superpose,
                mark_violations: preferences.mark_violations,
                selected: self.selected.clone(),
                marked_atom: self.selected_atom,
                measurements: self.measurements.list().iter().map(|m| m.atoms().to_vec()).collect(),
                map: self.map_settings,
                map_layers: self.cache.free_energy.layers,
                sampler: run.sampler.clone(),
                replicas: run.replicas,
                frames: run.frames,
                until_stopped: run.until_stopped,
                device: run.device.clone(),
                start_from: run.start_from,
            },
        }
    }

    /// What has changed came by itself and is no step to undo.
    pub(super) fn take_choices_as_they_are(&mut self) {
        if self.undo.present.is_some() {
            self.undo.present = Some(self.choices());
        }
    }

    /// Compares the choices with those of the pass before, unless something is under way.
    pub(super) fn observe_choices(&mut self, ctx: &egui::Context) {
        let (held, seconds) = ctx.input(|input| (input.pointer.any_down(), input.time));
        if held || self.restoring.is_some() || self.cache.molecule.viewport.is_moving() {
            return;
        }
        let now = self.choices();
        self.undo.observe(now, seconds);
    }

    /// Takes back the last step.
    pub(super) fn undo(&mut self) {
        if let Some(choices) = self.undo.undo() {
            self.restore_choices(choices);
        }
    }

    /// Does again what was taken back last.
    pub(super) fn redo(&mut self) {
        if let Some(choices) = self.undo.redo() {
            self.restore_choices(choices);
        }
    }

    fn restore_choices(&mut self, choices: Choices) {
        let Choices { camera, rest, .. } = choices;
        self.preferences.residue_value = rest.residue_value;
        self.preferences.mark_violations = rest.mark_violations;
        self.set_style(rest.style);
        if self.preferences.superpose != rest.superpose {
            self.preferences.superpose = rest.superpose;
            self.project.set_superpose(rest.superpose);
            self.molecule_changed();
            self.ghost_changed();
        }
        self.selected = rest.selected;
        self.selection_changed();
        self.selected_atom = rest.marked_atom;
        self.measurements.restore(rest.measurements.iter());
        self.measurements_changed();
        self.details_changed();
        self.cache.free_energy.layers = rest.map_layers;
        if self.map_settings != rest.map {
            self.change_map(rest.map);
        }
        let run = &mut self.preferences.run;
        run.sampler = rest.sampler;
        run.replicas = rest.replicas;
        run.frames = rest.frames;
        run.until_stopped = rest.until_stopped;
        run.device = rest.device;
        run.start_from = rest.start_from;
        let viewport = &mut self.cache.molecule.viewport;
        viewport.set_selected_atom(rest.marked_atom);
        viewport.set_camera(camera);
        // What was just restored is the present, not a step of its own.
        let now = self.choices();
        self.undo.present = Some(now);
    }
}
