//! What connects the application to the 3D view.

use egui_tiles::Tile;

use super::app::EquiJumpApp;
use super::command::UiCommand;
use super::dialogs::screenshot::ScreenshotExport;
use super::ghost::Ghost;
use super::layout::Pane;
use super::log::Level;
use super::measurements::Measurements;
use super::menu::CommandState as _;
use super::panes::molecule::ColorChoice;
use super::preferences::ResidueValue;
use crate::viewport::{AtomsShown, ImageRequest, Representation, RibbonAtoms, SecondaryStructure, Style};

impl EquiJumpApp {
    /// Another structure is open.
    pub(super) fn molecule_opened(&mut self) {
        if let Some(opened) = &self.project.opened {
            self.selected_atom = None;
            let viewport = &mut self.cache.molecule.viewport;
            viewport.set_molecule(opened.structure.topology.clone());
            viewport.set_selected_atom(None);
            self.measurements = Measurements::default();
            if matches!(self.ghost, Ghost::Frame { .. }) {
                self.ghost = Ghost::None;
            }
            self.ghost_changed();
        }
    }

    /// Another frame is shown, or the same one differently superposed.
    pub(super) fn molecule_changed(&mut self) {
        if let Some(shown) = &self.project.shown {
            self.cache.molecule.viewport.set_positions(&shown.displayed);
            self.marks_changed();
        }
    }

    /// Another ghost is wanted, or the same one differently superposed.
    pub(super) fn ghost_changed(&mut self) {
        let superpose = self.preferences.superpose;
        let positions = match &self.ghost {
            Ghost::None => None,
            Ghost::Start => {
                self.project.opened.as_ref().map(|opened| opened.structure.positions_angstrom.clone())
            }
            Ghost::Frame { positions, .. } => Some(self.project.displayed(positions, superpose)),
        };
        self.cache.molecule.viewport.set_ghost(positions.as_ref().map(|positions| positions.as_slice()));
    }

    /// A ghost where there is none or another one, none where it is this one.
    pub(super) fn toggle_ghost(&mut self, command: UiCommand) {
        let selected = self.is_selected(command) == Some(true);
        self.ghost = match command {
            _ if selected => Ghost::None,
            UiCommand::GhostOfStart => Ghost::Start,
            _ => Ghost::of_frame_shown(&self.project).unwrap_or_default(),
        };
        self.preferences.ghost_of_start = matches!(self.ghost, Ghost::Start);
        self.ghost_changed();
    }

    /// An atom was clicked while measuring.
    pub(super) fn pick_atom(&mut self, atom: usize) {
        let first = self.measurements.list().is_empty();
        if self.measurements.pick(atom) {
            if first {
                // What was just measured is to be seen; later the user knows where it is.
                self.tree.make_active(|_, tile| matches!(tile, Tile::Pane(Pane::Measurements)));
            }
            self.measurements_changed();
        } else {
            self.marks_changed();
        }
    }

    /// There is one measurement more, or fewer.
    pub(super) fn measurements_changed(&mut self) {
        self.observer.measure(self.measurements.list());
        self.marks_changed();
    }

    /// What is written over the molecule has changed.
    pub(super) fn marks_changed(&mut self) {
        let viewport = &mut self.cache.molecule.viewport;
        viewport.set_picked_atoms(self.measurements.picked());
        if let Some(shown) = &self.project.shown {
            viewport.set_measure_marks(self.measurements.marks(&shown.positions));
        }
    }

    /// The observer has looked at the frame shown.
    pub(super) fn details_changed(&mut self) {
        if let Some(details) = &self.details {
            let violating = if self.preferences.mark_violations { &details.violating_atoms[..] } else { &[] };
            self.cache.molecule.viewport.set_flagged_atoms(violating);
            let structure: Vec<SecondaryStructure> =
                details.secondary_structure.iter().map(|code| SecondaryStructure::from_dssp(*code)).collect();
            self.cache.molecule.viewport.set_secondary_structure(&structure);
        }
        self.residue_values_changed();
    }

    /// The numbers per residue that colours show, or which of them, have changed.
    pub(super) fn residue_values_changed(&mut self) {
        let details = self.details.as_deref();
        let values = match self.preferences.residue_value {
            ResidueValue::Fluctuation => self.observations.rmsf_angstrom.as_deref(),
            ResidueValue::Deviation => details.map(|details| details.deviations_angstrom.as_slice()),
        };
        let values: Vec<f32> = values.unwrap_or_default().iter().map(|value| *value as f32).collect();
        self.cache.molecule.set_residue_values(&values);
    }

    pub(super) fn set_style(&mut self, style: Style) {
        self.preferences.style = style;
        self.cache.molecule.viewport.set_style(style);
    }

    /// Whether a command of the Molecule menu is the choice in force; `None` for commands without one.
    pub(super) fn style_selected(&self, command: UiCommand) -> Option<bool> {
        let style = self.preferences.style;
        if let Some(representation) = representation(command) {
            return Some(style.representation == representation);
        }
        if let Some((atoms, ribbon_atoms)) = atoms_shown(command) {
            let ribbon = style.representation == Representation::Ribbon;
            return Some(if ribbon { style.ribbon_atoms == ribbon_atoms } else { style.atoms == atoms });
        }
        let choice = ColorChoice::of_command(command)?;
        Some(choice == ColorChoice::present(style, self.preferences.residue_value))
    }

    pub(super) fn carry_out_view_command(&mut self, command: UiCommand) {
        let style = self.preferences.style;
        if let Some(representation) = representation(command) {
            self.set_style(Style { representation, ..style });
        } else if let Some((atoms, ribbon_atoms)) = atoms_shown(command) {
            let ribbon = style.representation == Representation::Ribbon;
            self.set_style(if ribbon { Style { ribbon_atoms, ..style } } else { Style { atoms, ..style } });
        } else if let Some(choice) = ColorChoice::of_command(command) {
            if let Some(value) = choice.residue_value {
                self.preferences.residue_value = value;
                self.residue_values_changed();
            }
            self.set_style(Style { coloring: choice.coloring, ..style });
        } else if command == UiCommand::ResetCamera {
            self.cache.molecule.viewport.reset_view();
        } else if let (UiCommand::CentreOnMarked, Some(atom)) = (command, self.selected_atom) {
            self.cache.molecule.viewport.focus_atom(atom);
        }
    }

    /// Asks for a picture; it is drawn with the next pass and written after it.
    pub(super) fn save_screenshot(&mut self, export: ScreenshotExport) {
        let [width, height] = export.size;
        let request = ImageRequest { width, height, transparent: export.transparent };
        if self.cache.molecule.viewport.request_image(request) {
            self.preferences.remember_export(&export.path);
            self.screenshot = Some(export.path);
        } else {
            self.log.tell(Level::Warning, "There is nothing to take a picture of yet.");
        }
    }

    /// Writes a picture that has been drawn.
    pub(super) fn finish_screenshot(&mut self) {
        if self.screenshot.is_none() {
            return;
        }
        let Some(image) = self.cache.molecule.viewport.take_image() else { return };
        let Some(path) = self.screenshot.take() else { return };
        let written = match image {
            Ok(image) => image.save(&path).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match written {
            Ok(()) => self.log.tell(Level::Success, format!("Wrote {}", path.display())),
            Err(reason) => self.log.tell(
                Level::Error,
                format!("The picture {} could not be written: {reason}.", path.display()),
            ),
        }
    }
}

/// What a command of the Molecule menu shows: of balls and sticks, and along with a ribbon.
fn atoms_shown(command: UiCommand) -> Option<(AtomsShown, RibbonAtoms)> {
    match command {
        UiCommand::ShowAllAtoms => Some((AtomsShown::All, RibbonAtoms::All)),
        UiCommand::ShowBackbone => Some((AtomsShown::Backbone, RibbonAtoms::None)),
        UiCommand::ShowSideChains => Some((AtomsShown::SideChains, RibbonAtoms::SideChains)),
        _ => None,
    }
}

fn representation(command: UiCommand) -> Option<Representation> {
    match command {
        UiCommand::BallAndStick => Some(Representation::BallAndStick),
        UiCommand::Sticks => Some(Representation::Sticks),
        UiCommand::Spacefill => Some(Representation::Spacefill),
        UiCommand::Ribbon => Some(Representation::Ribbon),
        _ => None,
    }
}
