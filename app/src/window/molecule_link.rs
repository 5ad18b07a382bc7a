//! What connects the application to the 3D view.

use super::app::EquiJumpApp;
use super::command::UiCommand;
use super::dialogs::screenshot::ScreenshotExport;

impl EquiJumpApp {
    pub(super) fn molecule_opened(&mut self) {}
    pub(super) fn molecule_changed(&mut self) {}
    pub(super) fn details_changed(&mut self) {}
    pub(super) fn style_selected(&self, _command: UiCommand) -> Option<bool> {
        None
    }
    pub(super) fn carry_out_view_command(&mut self, _command: UiCommand) {}
    pub(super) fn save_screenshot(&mut self, _export: &ScreenshotExport) {}
}
