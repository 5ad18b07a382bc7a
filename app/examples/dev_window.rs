#![allow(clippy::unwrap_used, missing_docs)]
#[path = "../tests/support/mod.rs"]
mod support;
use equijump_app::window::{EquiJumpApp, Parts, models::BundledModel};
use equijump_engine::session::{ModelLibrary, SessionHandle};
use std::sync::Arc;
fn main() {
    let options = eframe::NativeOptions {
        renderer: eframe::Renderer::Glow,
        depth_buffer: 24,
        viewport: egui::ViewportBuilder::default().with_inner_size([1280.0, 800.0]),
        ..Default::default()
    };
    let initial = std::env::args().nth(1).map(Into::into);
    eframe::run_native(
        "EquiJump",
        options,
        Box::new(|cc| {
            let real = std::env::var("MODEL").ok();
            let (name, bytes): (&str, &[u8]) = match &real {
                Some(p) => ("chignolin", Box::leak(std::fs::read(p).unwrap().into_boxed_slice())),
                None => ("test", &[]),
            };
            let models: &'static [BundledModel] = Box::leak(Box::new([BundledModel { name, bytes }]));
            let parts = Parts {
                start_session: Box::new(move |wake| {
                    if real.is_some() {
                        SessionHandle::start(Arc::new(ModelLibrary::new()), wake)
                    } else {
                        SessionHandle::start(
                            Arc::new(support::WaveBackend {
                                latent_steps: 20,
                                step_time: std::time::Duration::from_millis(2),
                            }),
                            wake,
                        )
                    }
                }),
                dialogs: Box::new(equijump_app::window::file_dialogs::NativeDialogs::default()),
                bundled_models: models,
                initial,
            };
            Ok(Box::new(EquiJumpApp::new(cc, parts)?))
        }),
    )
    .unwrap();
}
