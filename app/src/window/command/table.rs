//! The rows of the command table: label, tooltip, menu and shortcut of each.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::{CommandText, Menu, UiCommand};

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const NONE: Modifiers = Modifiers::NONE;

impl UiCommand {
    /// The row of the table.
    pub fn text(self) -> CommandText {
        use Menu::*;
        let row = |text, tooltip, menu, shortcut: Option<(Modifiers, Key)>| CommandText {
            text,
            tooltip,
            menu,
            shortcut: shortcut.map(|(modifiers, key)| KeyboardShortcut::new(modifiers, key)),
            group_start: self.starts_group(),
        };
        match self {
            Self::OpenFile => row(
                "Open…",
                "Open a structure (PDB, mmCIF), a trajectory (DCD, XTC, several models), a run (run.json) or a project",
                File,
                Some((CTRL, Key::O)),
            ),
            Self::OpenPath => row(
                "Open by path…",
                "Open a structure, a trajectory, a run or a project by typing its path",
                File,
                Some((CTRL_SHIFT, Key::O)),
            ),
            Self::SaveProject => row(
                "Save project…",
                "Save what is open, the view, the settings and the layout in a file, to return to later",
                File,
                Some((CTRL, Key::S)),
            ),
            Self::ExportTrajectory => row(
                "Save run or trajectory…",
                "Write the run with all that belongs to it, to open it again and extend it; or some of its frames, for other programs",
                File,
                Some((CTRL, Key::E)),
            ),
            Self::ExportMdStart => row(
                "Export start of an MD run…",
                "Write the frame shown with hydrogens, and a script that checks, minimizes and runs it with OpenMM",
                File,
                None,
            ),
            Self::ExportFigures => row(
                "Export plots…",
                "Write the plots as PNG or SVG, and their numbers as CSV",
                File,
                Some((CTRL_SHIFT, Key::E)),
            ),
            Self::ExportMovie => row(
                "Export film…",
                "Write the frames as a film (MP4, WebM, animated PNG) or as numbered pictures for one",
                File,
                Some((CTRL_SHIFT, Key::M)),
            ),
            Self::SaveScreenshot => {
                row("Save screenshot…", "Write the molecule as a PNG image", File, Some((CTRL_SHIFT, Key::S)))
            }
            Self::Quit => row("Quit", "Stop the run and close the window", File, Some((CTRL, Key::Q))),
            Self::Undo => row(
                "Undo",
                "Undo the last change of view, selection, measurements, ghosts, the map or settings",
                Edit,
                Some((CTRL, Key::Z)),
            ),
            Self::Redo => {
                row("Redo", "Redo the change that was last undone", Edit, Some((CTRL_SHIFT, Key::Z)))
            }
            Self::Select => row(
                "Select atoms…",
                "Select atoms by words, such as residue 3-10 and backbone",
                Edit,
                Some((CTRL, Key::F)),
            ),
            Self::ClearSelection => row("Select nothing", "Forget which atoms are selected", Edit, None),
            Self::FitSelection => row(
                "Fit selection",
                "Fit the selected atoms into the view",
                Edit,
                Some((Modifiers::SHIFT, Key::C)),
            ),
            Self::MeasureSelection => row(
                "Measure selection",
                "Measure two, three or four selected atoms: their distance, angle or dihedral",
                Edit,
                None,
            ),
            Self::Simulate => row(
                "Simulate",
                "Start a run from the structure shown, with the settings beside the molecule",
                Simulation,
                Some((CTRL, Key::R)),
            ),
            Self::PauseRun => row(
                "Pause or resume",
                "Pause the run after the current latent step, or continue it",
                Simulation,
                Some((CTRL, Key::P)),
            ),
            Self::StopRun => row(
                "Stop",
                "End the run after the current latent step; its frames are kept",
                Simulation,
                Some((CTRL, Key::Period)),
            ),
            Self::ExtendRun => row(
                "Extend run",
                "Continue the run on view after its last frame, by as many frames as are set beside the molecule",
                Simulation,
                Some((CTRL_SHIFT, Key::R)),
            ),
            Self::ShowTraining => row(
                "Train a model",
                "Show the panes in which a model is trained on trajectories of your own",
                Simulation,
                Some((CTRL, Key::T)),
            ),
            Self::MakeTrainingData => row(
                "Make training data with OpenMM…",
                "Write a script that makes trajectories of a protein of your own and imports them for training",
                Simulation,
                None,
            ),
            Self::ShowEvaluation => row(
                "Evaluate against a reference",
                "Show the panes in which samples are evaluated against molecular dynamics",
                Simulation,
                Some((CTRL_SHIFT, Key::T)),
            ),
            Self::PlayPause => {
                row("Play or pause", "Play the frames made so far", Playback, Some((NONE, Key::Space)))
            }
            Self::StepBack => {
                row("Previous frame", "Go one frame back", Playback, Some((NONE, Key::ArrowLeft)))
            }
            Self::StepForward => {
                row("Next frame", "Go one frame on", Playback, Some((NONE, Key::ArrowRight)))
            }
            Self::FirstFrame => {
                row("First frame", "Go to the start structure", Playback, Some((NONE, Key::Home)))
            }
            Self::LastFrame => row("Last frame", "Go to the newest frame", Playback, Some((NONE, Key::End))),
            Self::GoToFrame => row("Go to frame…", "Type a frame number", Playback, Some((CTRL, Key::G))),
            Self::FollowNewest => {
                row("Follow newest", "Show each new frame as it is made", Playback, Some((NONE, Key::F)))
            }
            Self::ToggleRepeat => {
                row("Repeat", "Start again after the last frame", Playback, Some((NONE, Key::L)))
            }
            Self::Faster => {
                row("Faster", "Play at the next higher speed", Playback, Some((NONE, Key::CloseBracket)))
            }
            Self::Slower => {
                row("Slower", "Play at the next lower speed", Playback, Some((NONE, Key::OpenBracket)))
            }
            Self::BallAndStick => row(
                "Ball and stick",
                "Draw atoms as balls and bonds as sticks",
                Molecule,
                Some((NONE, Key::Num1)),
            ),
            Self::Sticks => row("Sticks", "Draw bonds alone", Molecule, Some((NONE, Key::Num2))),
            Self::Spacefill => row(
                "Spacefill",
                "Draw atoms with their van der Waals radii",
                Molecule,
                Some((NONE, Key::Num3)),
            ),
            Self::Ribbon => row("Ribbon", "Draw the backbone as a ribbon", Molecule, Some((NONE, Key::Num4))),
            Self::ColorElement => row(
                "Color by element",
                "Carbon grey, nitrogen blue, oxygen red, sulfur yellow",
                Molecule,
                Some((NONE, Key::Num5)),
            ),
            Self::ColorResidue => row(
                "Color by residue type",
                "One color for each chemical class of residues",
                Molecule,
                Some((NONE, Key::Num6)),
            ),
            Self::ColorPosition => row(
                "Color by chain position",
                "From the N-terminus to the C-terminus",
                Molecule,
                Some((NONE, Key::Num7)),
            ),
            Self::ColorStructure => row(
                "Color by secondary structure",
                "Helix, strand and coil of the frame shown",
                Molecule,
                Some((NONE, Key::Num8)),
            ),
            Self::ColorFluctuation => row(
                "Color by fluctuation",
                "Root mean square fluctuation of each Cα over the run",
                Molecule,
                Some((NONE, Key::Num9)),
            ),
            Self::ColorDeviation => row(
                "Color by deviation",
                "Distance of each Cα from the start structure, in the frame shown",
                Molecule,
                Some((NONE, Key::Num0)),
            ),
            Self::ShowAllAtoms => row(
                "All atoms",
                "Draw all heavy atoms; a ribbon is then drawn with all of them",
                Molecule,
                None,
            ),
            Self::ShowBackbone => row(
                "Backbone only",
                "Draw N, Cα, C and O alone; a ribbon is drawn by itself",
                Molecule,
                Some((NONE, Key::B)),
            ),
            Self::ShowSideChains => {
                row("Side chains", "Draw side chains without the backbone, or with a ribbon", Molecule, None)
            }
            Self::MeasureDistance => row(
                "Measure distance",
                "Click two atoms; their distance is followed through the run",
                Molecule,
                Some((NONE, Key::D)),
            ),
            Self::MeasureAngle => row(
                "Measure angle",
                "Click three atoms, the apex second; the angle is followed through the run",
                Molecule,
                Some((NONE, Key::A)),
            ),
            Self::MeasureDihedral => row(
                "Measure dihedral",
                "Click four atoms in a row; the torsion about the middle two is followed through the run",
                Molecule,
                Some((NONE, Key::T)),
            ),
            Self::ClearMeasurements => {
                row("Remove measurements", "Remove all distances, angles and dihedrals", Molecule, None)
            }
            Self::GhostOfStart => row(
                "Ghost of start",
                "Show the backbone of the start structure beside each frame",
                Molecule,
                Some((NONE, Key::G)),
            ),
            Self::GhostOfFrame => row(
                "Ghost of this frame",
                "Keep the backbone of the frame shown, to compare other frames with",
                Molecule,
                Some((Modifiers::SHIFT, Key::G)),
            ),
            Self::GhostOfReplicas => row(
                "Other replicas",
                "Show the same frame of the other replicas as thin backbones",
                Molecule,
                Some((Modifiers::SHIFT, Key::O)),
            ),
            Self::OverlayFrames => row(
                "Overlay of frames",
                "Show many frames at once as thin backbones, early ones pale: of the basin, state, cluster or rectangle that is selected, else of the whole run",
                Molecule,
                Some((Modifiers::SHIFT, Key::E)),
            ),
            Self::ToggleTiles => row(
                "Runs in tiles",
                "Show a run beside the one on view in a tile of its own, not as a thin backbone",
                Molecule,
                None,
            ),
            Self::CenterOnMarked => row(
                "Center on marked atom",
                "Bring the marked atom to the middle of the view; a double click on an atom does the same",
                Molecule,
                Some((NONE, Key::C)),
            ),
            Self::ToggleSuperpose => row(
                "Superpose on start",
                "Show each frame superposed on the start structure (Cα); the trajectory itself is not changed",
                Molecule,
                Some((NONE, Key::S)),
            ),
            Self::FocusView => row(
                "Turn with the keys",
                "Give the view the keyboard: arrows turn the molecule, with Shift move and with Alt roll it, + and − zoom; Escape ends it",
                Molecule,
                Some((NONE, Key::V)),
            ),
            Self::ResetCamera => {
                row("Reset view", "Fit the molecule into the view", Molecule, Some((NONE, Key::R)))
            }
            Self::ToggleSpin => {
                row("Spin", "Keep the molecule turning", Molecule, Some((Modifiers::SHIFT, Key::R)))
            }
            Self::ToggleFollowFit => row(
                "Fit every frame",
                "Keep the molecule centered and fitted into the view through all frames",
                Molecule,
                Some((Modifiers::SHIFT, Key::F)),
            ),
            Self::ToggleProjection => row(
                "Parallel projection",
                "All things keep their size, near or far, for comparing lengths",
                Molecule,
                Some((NONE, Key::P)),
            ),
            Self::ThemeSystem => row("System theme", "Light or dark, as the desktop is set", View, None),
            Self::ThemeLight => row("Light theme", "Dark text on a light background", View, None),
            Self::ThemeDark => row("Dark theme", "Light text on a dark background", View, None),
            Self::ZoomIn => row("Zoom in", "Make text and controls larger", View, Some((CTRL, Key::Plus))),
            Self::ZoomOut => {
                row("Zoom out", "Make text and controls smaller", View, Some((CTRL, Key::Minus)))
            }
            Self::ZoomReset => {
                row("Actual size", "Text and controls at their usual size", View, Some((CTRL, Key::Num0)))
            }
            Self::ResetLayout => {
                row("Reset layout", "Put all panes back where they were at first", View, None)
            }
            Self::Palette => row(
                "Command palette…",
                "Find a command, a pane, an example or a recent file by typing",
                View,
                Some((CTRL_SHIFT, Key::P)),
            ),
            Self::Shortcuts => row("Keyboard shortcuts", "List all shortcuts", Help, Some((NONE, Key::F1))),
            Self::About => row("About EquiJump", "Version, device and licenses", Help, None),
        }
    }

    fn starts_group(self) -> bool {
        matches!(
            self,
            Self::SaveProject
                | Self::ExportTrajectory
                | Self::Quit
                | Self::Select
                | Self::ShowTraining
                | Self::GoToFrame
                | Self::Faster
                | Self::ColorElement
                | Self::ShowAllAtoms
                | Self::MeasureDistance
                | Self::ToggleSuperpose
                | Self::ZoomIn
                | Self::ResetLayout
                | Self::Palette
        )
    }
}
