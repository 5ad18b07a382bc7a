//! The one table of commands: menus, buttons, shortcuts, tooltips, the help window and the tests all
//! read it. Here are the commands and their keys, in `table` what the interface shows of each.

mod table;

use egui::{Key, KeyboardShortcut};
use strum::VariantArray;

use super::focus;

/// What a user can ask for without giving a value, in the order of the menus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, VariantArray)]
#[allow(missing_docs)] // `CommandText::tooltip` says what each does
pub enum UiCommand {
    OpenFile,
    OpenPath,
    SaveProject,
    ExportTrajectory,
    ExportMdStart,
    ExportFigures,
    ExportMovie,
    SaveScreenshot,
    Quit,
    Undo,
    Redo,
    Select,
    ClearSelection,
    FitSelection,
    MeasureSelection,
    Simulate,
    PauseRun,
    StopRun,
    ExtendRun,
    ShowTraining,
    MakeTrainingData,
    ShowEvaluation,
    PlayPause,
    StepBack,
    StepForward,
    FirstFrame,
    LastFrame,
    GoToFrame,
    FollowNewest,
    ToggleRepeat,
    Faster,
    Slower,
    BallAndStick,
    Sticks,
    Spacefill,
    Ribbon,
    ColorElement,
    ColorResidue,
    ColorPosition,
    ColorStructure,
    ColorFluctuation,
    ColorDeviation,
    ShowAllAtoms,
    ShowBackbone,
    ShowSideChains,
    MeasureDistance,
    MeasureAngle,
    MeasureDihedral,
    ClearMeasurements,
    ToggleSuperpose,
    GhostOfStart,
    GhostOfFrame,
    GhostOfReplicas,
    OverlayFrames,
    ToggleTiles,
    CenterOnMarked,
    FocusView,
    ResetCamera,
    ToggleSpin,
    ToggleFollowFit,
    ToggleProjection,
    ThemeSystem,
    ThemeLight,
    ThemeDark,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    ResetLayout,
    Palette,
    Shortcuts,
    About,
}

/// Which menu shows a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Menu {
    File,
    Edit,
    Simulation,
    Playback,
    Molecule,
    View,
    Help,
}

impl Menu {
    /// All menus, in the order of the bar.
    pub const ALL: [Menu; 7] =
        [Menu::File, Menu::Edit, Menu::Simulation, Menu::Playback, Menu::Molecule, Menu::View, Menu::Help];

    /// Title in the bar.
    pub fn title(self) -> &'static str {
        match self {
            Menu::File => "File",
            Menu::Edit => "Edit",
            Menu::Simulation => "Simulation",
            Menu::Playback => "Playback",
            Menu::Molecule => "Molecule",
            Menu::View => "View",
            Menu::Help => "Help",
        }
    }

    /// Opens it along with Alt: the first letter of its title.
    pub fn key(self) -> Key {
        match self {
            Menu::File => Key::F,
            Menu::Edit => Key::E,
            Menu::Simulation => Key::S,
            Menu::Playback => Key::P,
            Menu::Molecule => Key::M,
            Menu::View => Key::V,
            Menu::Help => Key::H,
        }
    }
}

/// What the interface shows of a command.
#[derive(Clone, Copy, Debug)]
pub struct CommandText {
    /// Label in menus and in the help window; `…` when it asks for more.
    pub text: &'static str,
    /// One sentence on what it does.
    pub tooltip: &'static str,
    /// Where it lives.
    pub menu: Menu,
    /// Keyboard shortcut.
    pub shortcut: Option<KeyboardShortcut>,
    /// Whether a separator goes above it in its menu.
    pub group_start: bool,
}

impl UiCommand {
    /// Every command, in menu order.
    pub const ALL: &[UiCommand] = UiCommand::VARIANTS;

    /// The shortcut as shown to users, `Ctrl+O`; keys by what is printed on them.
    pub fn shortcut_text(self, ctx: &egui::Context) -> Option<String> {
        let mut text = ctx.format_shortcut(&self.text().shortcut?);
        for (name, sign) in
            [("OpenBracket", "["), ("CloseBracket", "]"), ("Period", "."), ("Plus", "+"), ("Minus", "−")]
        {
            text = text.replace(name, sign);
        }
        Some(text)
    }

    /// Tooltip with the shortcut behind it.
    pub fn tooltip_with_shortcut(self, ctx: &egui::Context) -> String {
        match self.shortcut_text(ctx) {
            Some(shortcut) => format!("{} ({shortcut})", self.text().tooltip),
            None => self.text().tooltip.to_owned(),
        }
    }

    /// Takes the commands whose shortcuts were pressed in this pass. Plain keys are left alone while a
    /// widget takes them, so that typing a path does not play the trajectory; where it takes `arrows_alone`,
    /// as the molecule does, only these are. A button or a tab takes the arrows and Space.
    pub fn pressed(ctx: &egui::Context, arrows_alone: bool) -> Vec<UiCommand> {
        let typing = ctx.text_edit_focused();
        let focused = ctx.egui_wants_keyboard_input();
        let letters_taken = typing || focus::takes_keys(ctx) || (focused && egui::Popup::is_any_open(ctx));
        let mut pressed = Vec::new();
        // A shortcut also matches with more modifiers held, so those that name more come first.
        let mut by_modifiers = Self::ALL.to_vec();
        by_modifiers.sort_by_key(|command| !command.text().shortcut.is_some_and(|s| s.modifiers.shift));
        for command in by_modifiers {
            // egui itself zooms on these.
            if matches!(command, Self::ZoomIn | Self::ZoomOut | Self::ZoomReset) {
                continue;
            }
            let Some(shortcut) = command.text().shortcut else { continue };
            // A text field takes back its own changes.
            if typing && matches!(command, Self::Undo | Self::Redo) {
                continue;
            }
            let plain = !shortcut.modifiers.command;
            // Space presses and arrows move the focused widget; function keys belong to nobody.
            let taken = match shortcut.logical_key {
                Key::F1 => typing,
                Key::ArrowLeft | Key::ArrowRight | Key::ArrowUp | Key::ArrowDown => focused,
                Key::Space => focused && !arrows_alone,
                _ => letters_taken,
            };
            if plain && taken {
                continue;
            }
            // While passes are slow, a key may have been pressed several times since the last one, and modifiers
            // released again: what counts is what was held with the key. Alt opens menus.
            let is_shortcut = |event: &egui::Event| {
                matches!(event, egui::Event::Key { key, pressed: true, modifiers, .. }
                    if *key == shortcut.logical_key && !modifiers.alt && modifiers.matches_logically(shortcut.modifiers))
            };
            let times = ctx.input_mut(|input| {
                let before = input.events.len();
                input.events.retain(|event| !is_shortcut(event));
                before - input.events.len()
            });
            let repeats = matches!(command, Self::StepBack | Self::StepForward | Self::Faster | Self::Slower);
            pressed.extend(std::iter::repeat_n(command, if repeats { times } else { times.min(1) }));
        }
        pressed
    }
}

#[cfg(test)]
mod tests;
