//! Opens the window on the desktop.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use equijump_engine::session::{ModelLibrary, Session};

use super::app::{EquiJumpApp, Parts};
use super::closer::Closer;
use super::file_dialogs::NativeDialogs;

static ICON: &[u8] = include_bytes!("../../../assets/icons/equijump.png");

/// How long jobs have to end when the process is asked to, and then the window to close. Within this time they write
/// their last checkpoint; systems that shut down wait longer.
const TIME_TO_STOP: Duration = Duration::from_secs(60);
const TIME_TO_CLOSE: Duration = Duration::from_secs(3);
/// Exit code of a process that was asked to end: 128 + SIGTERM, as shells do.
const TERMINATED: i32 = 143;

/// Ends the process in order when it is asked to (SIGTERM, SIGHUP, Ctrl-C in the terminal it was started from): a
/// training leaves a checkpoint, a run its state. A window that is hidden may not be drawn and cannot be waited for.
fn close_when_asked(closer: Closer, ctx: egui::Context) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(move || {
        if closer.asked() {
            // Asked a second time: files are readable at any moment.
            std::process::exit(TERMINATED);
        }
        closer.ask();
        ctx.request_repaint();
        let closer = closer.clone();
        std::thread::spawn(move || {
            closer.stop_jobs(TIME_TO_STOP);
            std::thread::sleep(TIME_TO_CLOSE);
            std::process::exit(TERMINATED);
        });
    })
}

/// Runs the window until the user closes it. It starts with the file `initial`, or with what was open
/// last.
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
            start_session: Box::new(|wake| Session::new(Arc::new(ModelLibrary::new()), wake)),
            dialogs: Box::new(NativeDialogs::default()),
            bundled_models: crate::shared::bundled::MODELS,
            initial,
        };
        let app = EquiJumpApp::new(cc, parts)?;
        close_when_asked(app.closer(), cc.egui_ctx.clone())?;
        Ok(Box::new(app))
    });
    // eframe's error is not `Sync`, which anyhow asks for.
    eframe::run_native("EquiJump", options, create).map_err(|error| anyhow!("{error}"))
}
