//! `equijump evaluate`: samples, or single jumps of a model, against reference trajectories, as a report.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use equijump_engine::session::{EvaluationRequest, ReferenceFiles};
use equijump_engine::trajectory::FrameSelection;

use super::Ending;
use super::branches::BranchArgs;
use super::job::Jobs;
use super::jumps::JumpArgs;
use super::method::Method;
use super::named;
use super::proteins::{self, ProteinArgs, Protocol};
use super::stages::StageDisplay;
use super::terminal;
use crate::report::{self, Provenance, ReportFolder};
use crate::shared::clock::utc_now;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// PDB or mmCIF file with exactly the atoms of the reference trajectories, in their order; hydrogens,
    /// waters and ions may be among them.
    #[arg(long, required_unless_present = "proteins", value_name = "FILE")]
    topology: Option<PathBuf>,
    /// Structure that RMSD, GDT and native contacts refer to: a file, or the name of a bundled protein.
    #[arg(long, required_unless_present_any = ["branches", "proteins"], value_name = "FILE")]
    native: Option<PathBuf>,
    /// Reference trajectories, XTC, DCD or multi-model PDB; a folder or a pattern stands for all in it.
    #[arg(long, required_unless_present = "proteins", num_args = 1.., value_name = "TRAJECTORY")]
    reference: Vec<PathBuf>,
    /// Trajectories to evaluate, written by `simulate` or any other program; a folder or a pattern stands for all in it,
    /// so that a run in shards needs no merging.
    #[arg(long, required_unless_present = "drawing", conflicts_with = "branches", num_args = 1.., value_name = "TRAJECTORY")]
    samples: Vec<PathBuf>,
    /// Folder for the report.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Replace the report that is there.
    #[arg(long)]
    force: bool,
    /// File with the atoms of the samples, where they are not those of the reference. The topology that
    /// `simulate` writes beside its trajectories is found by itself.
    #[arg(long, value_name = "FILE")]
    sample_topology: Option<PathBuf>,
    /// Chain of the protein, where the topology holds several.
    #[arg(long)]
    chain: Option<String>,
    /// Leave out what happened before this time in each reference file, ps: equilibration.
    #[arg(long, default_value_t = 0.0, value_name = "PS")]
    skip_ps: f64,
    /// Leave out what happened before this time in each sample file, ps.
    #[arg(long, default_value_t = 0.0, value_name = "PS")]
    sample_skip_ps: f64,
    /// Time between the frames of the reference files, ps; replaces what the files say.
    #[arg(long, value_name = "PS")]
    interval_ps: Option<f64>,
    /// Time between the frames of the sample files, ps; replaces what the files say.
    #[arg(long, value_name = "PS")]
    sample_interval_ps: Option<f64>,
    /// Take every N-th frame of the reference.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    stride: u32,
    /// Take every N-th frame of the samples.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample_stride: u32,
    #[command(flatten)]
    method: Method,
    #[command(flatten)]
    jumps: JumpArgs,
    #[command(flatten)]
    branches: BranchArgs,
    #[command(flatten)]
    proteins: ProteinArgs,
}

/// `given` tells which flags the user gave.
pub(super) fn run(mut args: Args, given: impl Fn(&str) -> bool) -> anyhow::Result<Ending> {
    if args.proteins.wanted() {
        return run_proteins(&args, given);
    }
    let topology = args.topology.clone().context("name the atoms of the reference with --topology")?;
    args.reference = named::trajectories(&args.reference)?;
    args.samples = named::trajectories(&args.samples)?;
    let folder = ReportFolder::create(&args.out, args.force)?;
    let jobs = Jobs::start()?;
    let provenance = provenance(&args, &topology);
    let reference = ReferenceFiles {
        topology,
        chain: args.chain.clone(),
        trajectories: args.reference.clone(),
        selection: reference_selection(&args),
    };
    if args.branches.wanted() {
        let native = args.native.as_deref().map(named::structure).transpose()?;
        let how = (&args.jumps, &args.method);
        let found = args.branches.test(&jobs, &reference, native, how, given)?;
        let Some(test) = found else { return Ok(Ending::Interrupted) };
        terminal::result(report::branches::text(&test.report));
        report::branches::write(&folder, &test, &provenance)?;
        folder.commit()?;
        terminal::result(report::page_path(&args.out).display());
        return Ok(Ending::Done);
    }
    let native =
        named::structure(args.native.as_deref().context("name the native structure with --native")?)?;
    let mut tested = None;
    if args.jumps.wanted() {
        let found = args.jumps.test(&jobs, &reference, native.clone(), &args.method, given)?;
        let Some(test) = found else { return Ok(Ending::Interrupted) };
        terminal::result(report::jumps::text(&test.report));
        if args.samples.is_empty() {
            report::jumps::write(&folder, &test, &provenance)?;
            folder.commit()?;
            terminal::result(report::page_path(&args.out).display());
            return Ok(Ending::Done);
        }
        tested = Some(test);
    }
    let request = EvaluationRequest {
        reference,
        native,
        settings: args.method.settings(args.jumps.sampler.seed),
        samples: args.samples.clone(),
        sample_topology: args.sample_topology.clone(),
        sample_selection: sample_selection(&args),
    };
    let mut display = StageDisplay::of_evaluation();
    let evaluated = jobs.run(request, |report| display.report(report))?;
    drop(display);
    let evaluation = match evaluated {
        Ok(evaluation) => evaluation,
        Err(ending) => return Ok(ending),
    };
    report::write(&folder, &evaluation, tested.as_deref(), &provenance)?;
    folder.commit()?;
    for warning in &evaluation.warnings {
        terminal::remark(format_args!("warning: {warning}"));
    }
    terminal::result(report::divergences_text(&evaluation));
    terminal::result(report::page_path(&args.out).display());
    Ok(Ending::Done)
}

fn reference_selection(args: &Args) -> FrameSelection {
    FrameSelection { stride: args.stride as usize, skip_ps: args.skip_ps, interval_ps: args.interval_ps }
}

fn sample_selection(args: &Args) -> FrameSelection {
    FrameSelection {
        stride: args.sample_stride as usize,
        skip_ps: args.sample_skip_ps,
        interval_ps: args.sample_interval_ps,
    }
}

/// Many proteins: a report on all, and one on each in a folder of its own beside it.
fn run_proteins(args: &Args, given: impl Fn(&str) -> bool) -> anyhow::Result<Ending> {
    let [samples] = args.samples.as_slice() else {
        bail!("with --proteins name one folder with --samples, in which each protein has its own");
    };
    if *samples == args.out {
        bail!(
            "--samples and --out name the same folder: the reports of the proteins would lie among trajectories"
        );
    }
    let folder = ReportFolder::create(&args.out, args.force)?;
    let jobs = Jobs::start()?;
    let protocol = Protocol {
        reference: reference_selection(args),
        samples: sample_selection(args),
        method: &args.method,
        drawing: &args.jumps,
    };
    let provenance = proteins::provenance(utc_now());
    let found = args.proteins.test(&jobs, samples, &protocol, &provenance, given)?;
    let Some(results) = found else { return Ok(Ending::Interrupted) };
    report::proteins::write(folder, &args.out, &results, &provenance)?;
    terminal::result(report::proteins::text(&results));
    terminal::result(report::page_path(&args.out).display());
    Ok(Ending::Done)
}

fn provenance(args: &Args, topology: &Path) -> Provenance {
    let names = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect();
    Provenance {
        command: terminal::command_line(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made: utc_now(),
        topology: topology.display().to_string(),
        native: args.native.as_ref().map_or_else(|| "none".to_owned(), |native| native.display().to_string()),
        reference: names(&args.reference),
        samples: names(&args.samples),
    }
}
