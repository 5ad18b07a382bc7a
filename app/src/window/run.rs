//! Opens the window on the desktop.

use std::sync::Arc;

use equijump_engine::session::{ModelLibrary, SessionHandle};

use super::app::{EquiJumpApp, Parts};
use super::file_dialogs::NativeDialogs;

/// Runs the window until the user closes it.
///
/// # Errors
/// What eframe says when there is no display or no OpenGL.
pub fn run() -> eframe::Result {
    let options = eframe::NativeOptions {
        // three-d draws the molecule on this same context.
        renderer: eframe::Renderer::Glow,
        depth_buffer: 24,
        viewport: egui::ViewportBuilder::default()
            .with_app_id("equijump")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([720.0, 480.0]),
        ..Default::default()
    };
    eframe::run_native(
        "EquiJump",
        options,
        Box::new(|cc| {
            let parts = Parts {
                start_session: Box::new(|wake| SessionHandle::start(Arc::new(ModelLibrary::new()), wake)),
                dialogs: Box::new(NativeDialogs::default()),
                bundled_models: crate::bundled::MODELS,
                initial: None,
            };
            Ok(Box::new(EquiJumpApp::new(cc, parts)?))
        }),
    )
}
