//! What a package puts beside the program: completions for shells, and manual pages.

use std::path::PathBuf;

use anyhow::Context as _;
use clap_complete::Shell;

use super::Ending;
use super::command;
use super::terminal;

/// Name of the program in what is generated.
const NAME: &str = "equijump";

#[derive(Debug, clap::Args)]
pub(super) struct CompletionArgs {
    /// Shell that reads it: bash, zsh, fish, elvish or powershell. For bash, put the output into
    /// ~/.local/share/bash-completion/completions/equijump.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// Write a page for the program and one for each subcommand into this folder.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Prints the script.
pub(super) fn completions(args: &CompletionArgs) -> anyhow::Result<Ending> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), NAME, &mut script);
    terminal::result(String::from_utf8_lossy(&script).trim_end());
    Ok(Ending::Done)
}

/// Prints or writes pages in roff.
pub(super) fn man(args: &ManArgs) -> anyhow::Result<Ending> {
    let command = command().disable_help_subcommand(true);
    let Some(folder) = &args.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        terminal::result(String::from_utf8_lossy(&page).trim_end());
        return Ok(Ending::Done);
    };
    let cannot = || format!("the manual pages cannot be written to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    clap_mangen::generate_to(command, folder).with_context(cannot)?;
    terminal::result(folder.display());
    Ok(Ending::Done)
}
