//! The command line: the jobs of the window, headless. One file per subcommand.
//!
//! Exit codes: 0 done, 1 an error (one sentence on stderr), 2 wrong usage, 75 out of time and to be run again, 130
//! interrupted.

mod array;
mod bench;
mod branches;
mod compare;
mod evaluate;
mod export;
mod imd;
mod import;
mod info;
mod interrupt;
mod job;
mod jumps;
mod manual;
mod method;
mod named;
mod pairs;
mod progress;
mod propagate;
mod proteins;
mod sampling;
mod segment;
pub mod serve;
mod simulate;
mod stages;
mod study;
mod terminal;
mod train;
mod window;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// What the process returns when the user interrupted it: 128 + SIGINT, as shells do.
const INTERRUPTED: u8 = 130;

/// What the process returns when its time is up and the same command line goes on with the work: EX_TEMPFAIL of
/// sysexits.h.
const RUN_AGAIN: u8 = 75;

#[derive(Debug, Parser)]
#[command(
    name = "equijump",
    version,
    about = "Protein molecular dynamics in 100 ps jumps of a generative model",
    long_about = "Protein molecular dynamics in 100 ps jumps of a generative model.\n\nWithout a subcommand the window opens, with the file that is named alone, if one is; the subcommands do the same jobs without one.",
    after_long_help = "Exit codes: 0 done; 1 an error, explained in one sentence on stderr; 2 wrong usage; 75 out of time (--max-hours), and the same command line continues the work; 130 interrupted, with complete files."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Job>,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// Simulate a protein and write the trajectory.
    Simulate(simulate::Args),
    /// Write frames for other programs: of a selection, with hydrogens, or as the start of molecular dynamics with OpenMM.
    Export(export::Args),
    /// Make one segment of a weighted-ensemble run: a few jumps from a frame, and its progress coordinates.
    Segment(segment::Args),
    /// Answer requests for jumps, JSON lines on stdin and stdout, with the model kept loaded.
    Serve(serve::Args),
    /// Describe a structure, trajectory, training store or model.
    Info(info::Args),
    /// Turn trajectories of other programs into a training store.
    Import(import::Args),
    /// Train a model on stores made by `import`.
    Train(train::Args),
    /// Evaluate samples against reference trajectories and write a report.
    Evaluate(evaluate::Args),
    /// Compare variants of one model: train, sample and evaluate them alike, and write their table.
    Compare(compare::Args),
    /// Measure quality against cost over a grid of sampling settings, and find the fast preset.
    Study(study::Args),
    /// Plot which conformations training pairs start from.
    Pairs(pairs::Args),
    /// Measure how fast this machine samples.
    Bench(bench::Args),
    /// Open the window with a file, as file managers do.
    Open(window::Args),
    /// Print a completion script for a shell.
    Completions(manual::CompletionArgs),
    /// Print the manual page, or write those of all subcommands into a folder.
    #[command(hide = true)]
    Man(manual::ManArgs),
}

/// How a subcommand ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// All the work is done.
    Done,
    /// The user interrupted it; files are whole.
    Interrupted,
    /// Its time is up; files are whole, and the same command line goes on.
    OutOfTime,
}

impl Ending {
    /// What comes before the amount of work in the sentence about it.
    fn prefix(self) -> &'static str {
        match self {
            Self::Done => "",
            Self::Interrupted => "interrupted after ",
            Self::OutOfTime => "out of time after ",
        }
    }
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
    silence_device_selection();
    let matches = command().get_matches_from(naming_the_job(std::env::args_os().collect()));
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    // Whether a flag of the subcommand was given, or has its default.
    let given = |flag: &str| {
        let job = matches.subcommand().map(|(_, job)| job);
        job.is_some_and(|job| job.value_source(flag) == Some(ValueSource::CommandLine))
    };
    let ending = match cli.command {
        Some(Job::Simulate(args)) => simulate::run(args, given),
        Some(Job::Export(args)) => export::run(args),
        Some(Job::Segment(args)) => segment::run(args, given),
        Some(Job::Serve(args)) => serve::run(args, given),
        Some(Job::Info(args)) => info::run(&args),
        Some(Job::Import(args)) => import::run(args),
        Some(Job::Train(args)) => train::run(args, given),
        Some(Job::Evaluate(args)) => evaluate::run(args, given),
        Some(Job::Compare(args)) => compare::run(args),
        Some(Job::Study(args)) => study::run(args),
        Some(Job::Pairs(args)) => pairs::run(args),
        Some(Job::Bench(args)) => bench::run(&args),
        Some(Job::Completions(args)) => manual::completions(&args),
        Some(Job::Man(args)) => manual::man(&args),
        Some(Job::Open(args)) => window::run(args),
        None => window::run(window::Args::default()),
    };
    let written = terminal::finish().context("the results cannot be written to standard output");
    match ending.and_then(|ending| written.map(|()| ending)) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Interrupted) => ExitCode::from(INTERRUPTED),
        Ok(Ending::OutOfTime) => ExitCode::from(RUN_AGAIN),
        Err(error) => {
            // One line, whatever a path or a name holds.
            terminal::remark(format_args!("equijump: {}", sentence(&error).replace('\n', " ")));
            ExitCode::FAILURE
        }
    }
}

/// `equijump villin.pdb` opens the file, as other viewers do. The names of jobs come first; a word that is neither
/// one nor looks like a file is left to be corrected.
fn naming_the_job(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let names_a_file = |word: &OsStr| {
        let text = word.to_string_lossy();
        let like_a_file = text.contains(['.', '/', '\\']) || Path::new(word).is_file();
        like_a_file && !text.starts_with('-') && Cli::command().find_subcommand(word).is_none()
    };
    if arguments.get(1).is_some_and(|word| names_a_file(word)) {
        arguments.insert(1, "open".into());
    }
    arguments
}

/// Without a desktop session, Mesa's layer that orders Vulkan devices by the desktop's choice complains on stderr. There
/// is nothing for it to find then, and devices are put in order by what they are anyway.
fn silence_device_selection() {
    const SWITCH: &str = "NODEVICE_SELECT";
    let no_session = std::env::var_os("XDG_RUNTIME_DIR").is_none_or(|folder| folder.is_empty());
    if cfg!(target_os = "linux") && no_session && std::env::var_os(SWITCH).is_none() {
        // SAFETY: the first thing that the process does; no other thread reads the environment yet.
        unsafe { std::env::set_var(SWITCH, "1") };
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
    fn a_file_alone_is_opened_and_a_job_is_a_job() {
        let named = |words: &[&str]| {
            let words = std::iter::once("equijump").chain(words.iter().copied()).map(Into::into).collect();
            super::naming_the_job(words)
        };
        assert_eq!(named(&["md/villin.pdb"]), ["equijump", "open", "md/villin.pdb"]);
        assert_eq!(named(&["run.equijump"]), ["equijump", "open", "run.equijump"]);
        for words in [&["simulate", "villin.pdb"][..], &["--help"], &["simulat"], &["open", "a.pdb"], &[]] {
            assert_eq!(named(words).len(), words.len() + 1, "{words:?}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
