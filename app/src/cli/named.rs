//! Trajectories that a command line names by files, folders or patterns.

use std::path::PathBuf;

use anyhow::anyhow;
use equijump_engine::session::find_trajectories;

use super::terminal;

/// The files that are meant; what is missing among them is told on stderr.
pub(super) fn trajectories(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let found = find_trajectories(named).map_err(|error| anyhow!(error))?;
    for notice in &found.notices {
        terminal::remark(format_args!("note: {notice}"));
    }
    Ok(found.files)
}
