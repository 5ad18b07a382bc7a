//! Opens the window on the desktop.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::anyhow;
use equijump_engine::session::{ModelLibrary, SessionHandle};

use super::app::{EquiJumpApp, Parts};
use super::file_dialogs::NativeDialogs;

static ICON: &[u8] = include_bytes!("../../../assets/icons/equijump.png");

/// Runs the window until the user closes it. It starts with the structure `initial`, or with chignolin.
///
/// # Errors
/// What eframe says when there is no display or no OpenGL.
pub fn run(initial: Option<PathBuf>) -> anyhow::Result<()> {
    let mut viewport = egui::ViewportBuilder::default()
        .with_app_id("equijump")
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([960.0, 600.0])
        .with_drag_and_drop(true);
    match eframe::icon_data::from_png_bytes(ICON) {
        Ok(icon) => viewport = viewport.with_icon(icon),
        Err(error) => log::warn!("the window goes without its icon: {error}"),
    }
    let options = eframe::NativeOptions {
        // three-d draws the molecule on this same context.
        renderer: eframe::Renderer::Glow,
        depth_buffer: 24,
        viewport,
        ..Default::default()
    };
    let create: eframe::AppCreator<'_> = Box::new(|cc| {
        let parts = Parts {
            start_session: Box::new(|wake| SessionHandle::start(Arc::new(ModelLibrary::new()), wake)),
            dialogs: Box::new(NativeDialogs::default()),
            bundled_models: crate::bundled::MODELS,
            initial,
        };
        Ok(Box::new(EquiJumpApp::new(cc, parts)?))
    });
    // eframe's error is not `Sync`, which anyhow asks for.
    eframe::run_native("EquiJump", options, create).map_err(|error| anyhow!("{error}"))
}
