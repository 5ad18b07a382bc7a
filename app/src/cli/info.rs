//! `equijump info`: what a file is and what it holds.

use std::path::PathBuf;

use equijump_engine::trajectory::describe;

use super::Ending;
use super::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Structure, trajectory, training store, model, or the .json or .state file of a run.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ending> {
    let info = describe(&args.file)?;
    if args.json {
        terminal::result(serde_json::to_string_pretty(&info)?);
    } else {
        terminal::result(info.to_string().trim_end());
    }
    Ok(Ending::Done)
}
