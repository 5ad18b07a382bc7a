//! Which choices of the user can be undone, and how they come back.

use super::EquiJumpApp;
use crate::window::ghost::Ghost;
use crate::window::selection::Selected;
use crate::window::undo::{Choices, Rest};

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
                ghost: self.ghost.clone(),
                spin: preferences.spin,
                fit_follows: preferences.fit_follows,
                tiles: preferences.tiles,
                // The atoms may follow the frames: they are looked for anew.
                selected: Selected { atoms: Vec::new(), ..self.selected.clone() },
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
    pub(in crate::window) fn take_choices_as_they_are(&mut self) {
        if self.undo.present.is_some() {
            self.undo.present = Some(self.choices());
        }
    }

    /// Compares the choices with those of the pass before, unless something is under way.
    pub(in crate::window) fn observe_choices(&mut self, ctx: &egui::Context) {
        let (held, seconds) = ctx.input(|input| (input.pointer.any_down(), input.time));
        if held || self.restoring.is_some() || self.cache.molecule.viewport.is_moving() {
            return;
        }
        let now = self.choices();
        self.undo.observe(now, seconds);
    }

    /// Takes back the last step.
    pub(in crate::window) fn undo(&mut self) {
        if let Some(choices) = self.undo.undo() {
            self.restore_choices(choices);
        }
    }

    /// Does again what was taken back last.
    pub(in crate::window) fn redo(&mut self) {
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
        if self.ghost != rest.ghost || self.preferences.tiles != rest.tiles {
            self.preferences.ghost_of_start = matches!(rest.ghost, Ghost::Start);
            self.preferences.tiles = rest.tiles;
            self.ghost = rest.ghost;
            self.ghost_changed();
        }
        (self.preferences.spin, self.preferences.fit_follows) = (rest.spin, rest.fit_follows);
        self.cache.molecule.viewport.set_spinning(rest.spin);
        self.cache.molecule.viewport.set_fit_following(rest.fit_follows);
        self.selected.look = rest.selected.look;
        self.selected.painted = rest.selected.painted;
        self.select(&rest.selected.text);
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
