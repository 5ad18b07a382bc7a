//! `equijump import`: trajectories of other programs into a training store.

use std::path::PathBuf;

use equijump_engine::session::{ImportRequest, Report};

use super::Ending;
use super::job::Jobs;
use super::named;
use super::progress::{ProgressDisplay, counted, simulated_text};
use super::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Trajectories to read, XTC, DCD or multi-model PDB; each starts a trajectory of its own. A
    /// folder or a pattern stands for all in it.
    #[arg(required = true, value_name = "TRAJECTORY")]
    trajectories: Vec<PathBuf>,
    /// PDB, mmCIF or GRO file with exactly the atoms of the trajectories, in their order.
    #[arg(long, value_name = "FILE")]
    topology: PathBuf,
    /// Chain of the protein, where the topology holds several.
    #[arg(long)]
    chain: Option<String>,
    /// Of a topology with gaps (missing residues), take the longest segment without one.
    #[arg(long)]
    longest_segment: bool,
    /// Take every N-th frame.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    stride: u64,
    /// Leave out what happened before this time in each file, ps.
    #[arg(long, default_value_t = 0.0, value_name = "PS")]
    skip_ps: f64,
    /// Time between the frames of the files, ps; replaces what the files say.
    #[arg(long, value_name = "PS")]
    interval_ps: Option<f64>,
    /// The trajectories are still relaxing from a hot or an extended start: training takes them forward in time only.
    #[arg(long)]
    out_of_equilibrium: bool,
    /// A model made the frames. `train` starts jumps from them, and learns where they lead from molecular dynamics.
    #[arg(long, conflicts_with = "out_of_equilibrium")]
    made_by_model: bool,
    /// Store to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace the store if it is there.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args) -> anyhow::Result<Ending> {
    let jobs = Jobs::start()?;
    let out = args.out.clone();
    let request = ImportRequest {
        topology: args.topology,
        chain: args.chain,
        longest_segment: args.longest_segment,
        trajectories: named::trajectories(&args.trajectories)?,
        stride: args.stride as usize,
        skip_ps: args.skip_ps,
        interval_ps: args.interval_ps,
        in_equilibrium: !args.out_of_equilibrium,
        made_by_model: args.made_by_model,
        output: args.out,
        overwrite: args.force,
    };
    let mut display = ProgressDisplay::new("frames");
    let stored = jobs.run(request, |report| match report {
        Report::Progress(progress) => {
            let rate = progress.per_second.map(|r| format!("{r:.0} frames/s")).unwrap_or_default();
            display.show(&progress, &rate);
        }
        Report::Notice(notice) => display.line(&format!("note: {notice}")),
        Report::Stage(_) => (),
    })?;
    drop(display);
    let report = match stored {
        Ok(report) => report,
        Err(ending) => return Ok(ending),
    };
    terminal::result(format_args!(
        "{}: {} of {} ({} residues, {} heavy atoms) in {}, {} in all",
        out.display(),
        counted(report.frames as u64, "frame"),
        report.name,
        report.residues,
        report.atoms,
        match report.trajectories {
            1 => "1 trajectory".to_owned(),
            n => format!("{n} trajectories"),
        },
        simulated_text(report.frames as f64 * report.interval_ps)
    ));
    Ok(Ending::Done)
}
