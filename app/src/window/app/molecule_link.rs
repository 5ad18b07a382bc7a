//! What connects the application to the 3D view.

use std::sync::Arc;

use egui_tiles::Tile;
use equijump_engine::analysis::dssp;

use super::EquiJumpApp;
use crate::viewport::{
    AtomsShown, Conformation, Projection, Representation, RibbonAtoms, SecondaryStructureClass, Style,
    palette,
};
use crate::window::command::UiCommand;
use crate::window::ghost::{Ghost, Overlay};
use crate::window::kept_looks::Looks;
use crate::window::layout::Pane;
use crate::window::menu::CommandState as _;
use crate::window::panes::molecule::TileContents;
use crate::window::panes::molecule_bar::ColorChoice;
use crate::window::preferences::ResidueValue;
use crate::window::project::{self, Positions};
use crate::window::runs::OtherRun;
use crate::window::theme;

/// Replicas drawn at once beside the one on view; more could not be told apart.
const MOST_REPLICAS: usize = 32;
/// In a larger protein of a tile secondary structure is not looked for with every frame.
const STRUCTURED_TILE_RESIDUES: usize = 400;

impl EquiJumpApp {
    /// Another structure is open.
    pub(in crate::window) fn molecule_opened(&mut self) {
        if let Some(topology) = self.project.opened.as_ref().map(|opened| opened.structure.topology.clone()) {
            let viewport = &mut self.cache.molecule.viewport;
            let before = viewport.molecule();
            let camera = viewport.camera();
            let looks = Looks {
                camera,
                selected: std::mem::take(&mut self.selected),
                measurements: {
                    self.measurements.end();
                    std::mem::take(&mut self.measurements)
                },
                marked_atom: self.selected_atom,
            };
            if let Some(before) = before {
                self.kept_looks.keep(before, looks);
            }
            viewport.set_molecule(topology.clone());
            // Of the same protein in another place all comes back but the view.
            let looks = self.kept_looks.take(&topology);
            if let Some(camera) = looks.as_ref().and_then(|(looks, same)| same.then_some(looks.camera)) {
                viewport.restore_camera(camera);
            }
            let looks = looks.map(|(looks, _)| looks);
            self.selected_atom = looks.as_ref().and_then(|looks| looks.marked_atom);
            viewport.set_selected_atom(self.selected_atom);
            if let Some(looks) = looks {
                (self.selected, self.measurements) = (looks.selected, looks.measurements);
            }
            let text = self.selected.text.clone();
            self.select(&text);
            self.cache.free_energy.show_whole();
            self.undo.forget();
            if matches!(self.ghost, Ghost::Frame { .. } | Ghost::Replicas) {
                self.ghost = Ghost::None;
            }
            self.ghost_changed();
        }
    }

    /// Another frame is shown, or the same one differently superposed.
    pub(in crate::window) fn molecule_changed(&mut self) {
        if let Some(shown) = &self.project.shown {
            self.cache.molecule.viewport.set_positions(&shown.displayed);
            self.marks_changed();
            self.select_in_frame();
        }
        if self.ghost.follows_frames() || self.overlay_has_aged() {
            self.ghost_changed();
        }
    }

    /// Another ghost is wanted, or the same one differently superposed, or it follows the frames.
    pub(in crate::window) fn ghost_changed(&mut self) {
        let superpose = self.preferences.superpose;
        let own = |positions: &Positions| {
            vec![Conformation {
                positions_angstrom: positions.to_vec(),
                color: palette::GHOST,
                structure: Vec::new(),
            }]
        };
        let tiles = self.preferences.tiles;
        let mut tile = None;
        let conformations = match &self.ghost {
            Ghost::None => Vec::new(),
            Ghost::Start => {
                let opened = self.project.opened.as_ref();
                opened.map(|opened| own(&opened.structure.positions_angstrom)).unwrap_or_default()
            }
            Ghost::Frame { positions, .. } => own(&self.project.displayed(positions, superpose)),
            Ghost::Run(number) if tiles => {
                tile = Some(*number);
                Vec::new()
            }
            Ghost::Run(number) => self.ghost_of_run(*number).into_iter().collect(),
            Ghost::Replicas => self.ghosts_of_replicas(),
            Ghost::Overlay(_) => self.overlaid_frames(),
        };
        self.cache.molecule.viewport.set_ghosts(conformations);
        let tile = tile.and_then(|number| self.tile_of_run(number));
        self.cache.molecule.set_tile(tile, self.preferences.style);
    }

    /// The frame of another run of the same protein that is shown beside the frame on screen.
    fn ghost_of_run(&self, number: u32) -> Option<Conformation> {
        let opened = self.project.opened.as_ref()?;
        let other = self.project.others.iter().find(|other| other.run.number == number)?;
        // The same atoms in the same order, whatever the files are called.
        let fits = other.opened.structure.topology.sequence() == opened.structure.topology.sequence();
        let positions = self.positions_of_other(other).filter(|_| fits)?;
        let positions = self.project.displayed(&positions, self.preferences.superpose);
        let color = theme::run_color(number, false);
        Some(Conformation {
            positions_angstrom: positions.to_vec(),
            color: [color.r(), color.g(), color.b()],
            structure: Vec::new(),
        })
    }

    fn positions_of_other(&self, other: &OtherRun) -> Option<Positions> {
        let frame = other.nearest_frame(self.timeline.frame()) as u64;
        let read = other.run.history()?.read(frame, other.run.replica);
        let told = read.inspect_err(|error| log::warn!("frame {frame} of run {}: {error}", other.run.number));
        told.ok().map(Arc::new)
    }

    /// The other replicas at the frame on screen.
    fn ghosts_of_replicas(&self) -> Vec<Conformation> {
        let Some(run) = &self.project.run else { return Vec::new() };
        let Some(history) = run.history() else { return Vec::new() };
        let color = theme::run_color(run.number, false);
        let frame = self.timeline.frame() as u64;
        let replicas = (0..history.replica_count()).filter(|replica| *replica != run.replica);
        let read = |replica| history.read(frame, replica).ok();
        let conformation = |positions: Vec<[f32; 3]>| Conformation {
            positions_angstrom: self
                .project
                .displayed(&Arc::new(positions), self.preferences.superpose)
                .to_vec(),
            color: [color.r(), color.g(), color.b()],
            structure: Vec::new(),
        };
        replicas.take(MOST_REPLICAS).filter_map(read).map(conformation).collect()
    }

    /// What a tile beside the molecule shows of another run, whatever its protein.
    fn tile_of_run(&self, number: u32) -> Option<TileContents> {
        let other = self.project.others.iter().find(|other| other.run.number == number)?;
        let positions = self.positions_of_other(other)?;
        let topology = other.opened.structure.topology.clone();
        let positions = project::displayed(&other.opened, &positions, self.preferences.superpose);
        let small = topology.residue_count() <= STRUCTURED_TILE_RESIDUES;
        let structure = if small { dssp(&topology, &positions) } else { Vec::new() };
        let structure = structure.into_iter().map(SecondaryStructureClass::from).collect();
        Some(TileContents { number, topology, positions, structure })
    }

    /// Shows another run beside the one on view, or none.
    pub(in crate::window) fn show_run_beside(&mut self, number: Option<u32>) {
        self.ghost = number.map_or(Ghost::None, Ghost::Run);
        self.preferences.ghost_of_start = false;
        self.ghost_changed();
    }

    /// A ghost where there is none or another one, none where it is this one.
    pub(in crate::window) fn toggle_ghost(&mut self, command: UiCommand) {
        let selected = self.is_selected(command) == Some(true);
        self.ghost = match command {
            _ if selected => Ghost::None,
            UiCommand::GhostOfStart => Ghost::Start,
            UiCommand::GhostOfReplicas => Ghost::Replicas,
            UiCommand::OverlayFrames => Ghost::Overlay(Overlay::default()),
            _ => Ghost::of_frame_shown(&self.project).unwrap_or_default(),
        };
        self.preferences.ghost_of_start = matches!(self.ghost, Ghost::Start);
        self.ghost_changed();
    }

    /// An atom was clicked while measuring.
    pub(in crate::window) fn pick_atom(&mut self, atom: usize) {
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
    pub(in crate::window) fn measurements_changed(&mut self) {
        self.observer.measure(self.measurements.list());
        self.marks_changed();
    }

    /// What is written over the molecule has changed.
    pub(in crate::window) fn marks_changed(&mut self) {
        let viewport = &mut self.cache.molecule.viewport;
        viewport.set_picked_atoms(self.measurements.picked());
        if let Some(shown) = &self.project.shown {
            viewport.set_measurement_labels(self.measurements.marks(&shown.positions));
        }
    }

    /// The observer has looked at the frame shown.
    pub(in crate::window) fn details_changed(&mut self) {
        if let Some(details) = &self.details {
            let violating = if self.preferences.mark_violations { &details.violating_atoms[..] } else { &[] };
            self.cache.molecule.viewport.set_flagged_atoms(violating);
            let structure: Vec<SecondaryStructureClass> = details
                .secondary_structure
                .iter()
                .map(|code| SecondaryStructureClass::from_dssp(*code))
                .collect();
            self.cache.molecule.viewport.set_secondary_structure(&structure);
        }
        self.residue_values_changed();
    }

    /// The numbers per residue that colors show, or which of them, have changed.
    pub(in crate::window) fn residue_values_changed(&mut self) {
        let details = self.details.as_deref();
        let values = match self.preferences.residue_value {
            ResidueValue::Fluctuation => self.observations.rmsf_angstrom.as_deref(),
            ResidueValue::Deviation => details.map(|details| details.deviations_angstrom.as_slice()),
        };
        let values: Vec<f32> = values.unwrap_or_default().iter().map(|value| *value as f32).collect();
        let finite = |values: &mut dyn Iterator<Item = f32>| {
            values.filter(|value| value.is_finite()).fold(0.0, f32::max)
        };
        let top_angstrom = match self.preferences.residue_value {
            ResidueValue::Fluctuation => finite(&mut values.iter().copied()),
            // One scale for all frames of the run, or colors of two frames could not be compared. Ends of chains move
            // about twice as far as all of it.
            ResidueValue::Deviation => {
                2.0 * finite(&mut self.observations.series.iter().map(|point| point.rmsd_angstrom))
            }
        };
        self.cache.molecule.set_residue_values(&values, top_angstrom);
    }

    pub(in crate::window) fn set_style(&mut self, style: Style) {
        self.preferences.style = style;
        self.cache.molecule.set_style(style);
    }

    /// Whether a command of the Molecule menu is the choice in force; `None` for commands without one.
    pub(in crate::window) fn style_selected(&self, command: UiCommand) -> Option<bool> {
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

    pub(in crate::window) fn carry_out_view_command(&mut self, command: UiCommand) {
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
        } else if command == UiCommand::ToggleSpin {
            self.preferences.spin = !self.preferences.spin;
            self.cache.molecule.viewport.set_spinning(self.preferences.spin);
        } else if command == UiCommand::ToggleFollowFit {
            self.preferences.fit_follows = !self.preferences.fit_follows;
            self.cache.molecule.viewport.set_fit_following(self.preferences.fit_follows);
        } else if command == UiCommand::ToggleProjection {
            let viewport = &mut self.cache.molecule.viewport;
            viewport.set_projection(match viewport.camera().projection {
                Projection::Perspective => Projection::Orthographic,
                Projection::Orthographic => Projection::Perspective,
            });
        } else if command == UiCommand::FitSelection {
            self.cache.molecule.viewport.focus_atoms(&self.selected.atoms);
        } else if command == UiCommand::ResetCamera {
            self.cache.molecule.viewport.reset_view();
        } else if let (UiCommand::CenterOnMarked, Some(atom)) = (command, self.selected_atom) {
            self.cache.molecule.viewport.focus_atom(atom);
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
