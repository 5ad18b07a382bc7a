//! The command line: the jobs of the window, headless. One file per subcommand.
//!
//! Exit codes: 0 done, 1 an error (one sentence on stderr), 2 wrong usage, 130 interrupted.

mod bench;
pub(crate) mod clock;
mod compare;
mod evaluate;
mod import;
mod info;
mod interrupt;
mod job;
mod jumps;
mod pairs;
mod progress;
mod simulate;
mod stages;
mod study;
mod terminal;
mod train;
mod window;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// What the process returns when the user interrupted it: 128 + SIGINT, as shells do.
const INTERRUPTED: u8 = 130;

#[derive(Debug, Parser)]
#[command(
    name = "equijump",
    version,
    about = "Protein molecular dynamics in 100 ps jumps of a generative model",
    long_about = "Protein molecular dynamics in 100 ps jumps of a generative model.\n\nWithout a subcommand the window opens; the subcommands do the same jobs without one."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Job>,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// Simulate a protein and write the trajectory.
    Simulate(simulate::Args),
    /// Describe a structure, trajectory, training store or model.
    Info(info::Args),
    /// Turn trajectories of other programs into a training store.
    Import(import::Args),
    /// Train a model on stores made by `import`.
    Train(train::Args),
    /// Compare samples with reference trajectories and write a report.
    Evaluate(evaluate::Args),
    /// Train, sample and evaluate variants of one model alike, and write their table.
    Compare(compare::Args),
    /// Measure quality against cost over a grid of sampling settings, and find the fast preset.
    Study(study::Args),
    /// Draw which conformations training pairs start from.
    Pairs(pairs::Args),
    /// Measure how fast this machine samples.
    Bench(bench::Args),
}

/// How a subcommand ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// All the work is done.
    Done,
    /// The user interrupted it; files are whole.
    Interrupted,
}

/// The command line. A number below zero is a value that its flag may refuse, not a flag that there is not.
fn command() -> clap::Command {
    let numbers = |argument: clap::Arg| {
        let takes = argument.get_action().takes_values() && argument.get_long().is_some();
        if takes { argument.allow_negative_numbers(true) } else { argument }
    };
    let command = Cli::command();
    let names: Vec<String> = command.get_subcommands().map(|job| job.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |job| job.mut_args(numbers)))
}

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    let matches = command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    // Whether a flag of the subcommand was given, or has its default.
    let given = |flag: &str| {
        let job = matches.subcommand().map(|(_, job)| job);
        job.is_some_and(|job| job.value_source(flag) == Some(ValueSource::CommandLine))
    };
    let ending = match cli.command {
        Some(Job::Simulate(args)) => simulate::run(args, given),
        Some(Job::Info(args)) => info::run(&args),
        Some(Job::Import(args)) => import::run(args),
        Some(Job::Train(args)) => train::run(args, given),
        Some(Job::Evaluate(args)) => evaluate::run(args, given),
        Some(Job::Compare(args)) => compare::run(args),
        Some(Job::Study(args)) => study::run(args),
        Some(Job::Pairs(args)) => pairs::run(args),
        Some(Job::Bench(args)) => bench::run(&args),
        None => window::run(),
    };
    let written = terminal::finish().context("the results cannot be written to standard output");
    match ending.and_then(|ending| written.map(|()| ending)) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(error) => {
            // One line, whatever a path or a name holds.
            terminal::remark(format_args!("equijump: {}", sentence(&error).replace('\n', " ")));
            ExitCode::FAILURE
        }
    }
}

/// The error with its causes on one line. Many messages name their cause themselves; it is not repeated.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::CommandFactory;
    use anyhow::Context as _;

    #[test]
    fn causes_are_named_once() {
        let io = || std::io::Error::other("disk on fire");
        let told = anyhow::Error::new(io()).context("cannot write run.dcd: disk on fire");
        assert_eq!(super::sentence(&told), "cannot write run.dcd: disk on fire");
        let untold = Err::<(), _>(io()).context("cannot write run.dcd");
        assert_eq!(untold.map_err(|e| super::sentence(&e)), Err("cannot write run.dcd: disk on fire".into()));
    }

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
