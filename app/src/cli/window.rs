//! `equijump` without a subcommand, and `equijump open`: the window, or one sentence where there is no display.

use std::path::PathBuf;

use anyhow::bail;

use super::Ending;

/// The job that the window opens with, headless.
const HEADLESS: &str = "without a window, run for example `equijump simulate chignolin --frames 100 --out \
    chignolin.dcd` (`cargo run --release -- simulate …` from the sources)";

#[derive(Debug, Default, clap::Args)]
pub(super) struct Args {
    /// What to open: a structure, a trajectory, a run (its JSON file) or a project; by default what was open last.
    file: Option<PathBuf>,
}

/// Opens the window and waits until it is closed.
pub(super) fn run(args: Args) -> anyhow::Result<Ending> {
    if let Some(file) = args.file.as_ref().filter(|file| !file.exists()) {
        bail!("there is no file {}", file.display());
    }
    if !display_is_there() {
        bail!("there is no display to open the window on; {HEADLESS}");
    }
    if let Err(error) = crate::window::run(args.file) {
        // winit puts places in its own sources before the reason.
        let text = error.to_string();
        let reason = text.rsplit(": ").next().unwrap_or(&text);
        bail!("the window cannot be opened ({reason}); {HEADLESS}");
    }
    Ok(Ending::Done)
}

/// Whether a window has somewhere to go. Only X11 and Wayland can be missing; on other systems the desktop
/// is always there, or eframe says so itself.
fn display_is_there() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let needs_server = cfg!(all(unix, not(target_os = "macos")));
    !needs_server || set("DISPLAY") || set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET")
}
