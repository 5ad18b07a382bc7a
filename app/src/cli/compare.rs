//! `equijump compare`: transports and other variants of one model, trained, sampled and evaluated alike.

use std::cell::RefCell;
use std::path::PathBuf;

use anyhow::{anyhow, bail};
use equijump_engine::experiments::compare::{
    self, ComparisonConfig, ComparisonPlan, ComparisonRequest, VariantPlan, VariantResult,
};

use super::Ending;
use super::job::Jobs;
use super::named;
use super::progress::{counted, grouped};
use super::stages::StageDisplay;
use super::terminal;
use crate::report::comparison::{self, ComparisonReport};
use crate::report::{self, Provenance, ReportFolder};
use crate::shared::clock::utc_now;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to compare: a TOML or JSON file with the data, the reference, settings common to all variants, and the
    /// variants; assets/models/chignolin/compare.toml is one. Paths in it are relative to it.
    #[arg(value_name = "CONFIG")]
    config: PathBuf,
    /// Folder for trainings, samples and tables. What is there already is continued.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Show what would be done and what is done already, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Replace what the folder holds that was made with other settings.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: Args) -> anyhow::Result<Ending> {
    let config = ComparisonConfig::read(&args.config).map_err(|error| anyhow!(error))?;
    let plan = ComparisonPlan::new(&config, &args.out)
        .map_err(|error| anyhow!("{}: {error}", args.config.display()))?;
    let native = named::structure(&config.reference.native)?;
    if args.dry_run {
        tell_plan(&plan);
        return Ok(Ending::Done);
    }
    let jobs = Jobs::start()?;
    let mut report = ComparisonReport::new(&plan, terminal::command_line(), utc_now());
    let request =
        ComparisonRequest { plan: plan.clone(), native, out: args.out.clone(), replace: args.force };
    let display = RefCell::new(StageDisplay::new());
    let mut done = |number: usize, result: VariantResult| -> anyhow::Result<()> {
        if let Some(sentence) = &result.failure {
            display.borrow().line(&format!("note: {} failed: {sentence}", result.plan.label));
        }
        write_report(&plan, &config, &result)?;
        report.results[number] = result;
        // After each variant, so that an interruption leaves the table of those before it.
        comparison::write(&args.out, &report)?;
        Ok(())
    };
    let ending = jobs.experiment(
        |update| display.borrow_mut().update(update),
        |runner| {
            compare::run(runner, &request, |number, result| {
                done(number, result).map_err(|error| super::job::halted(&error))
            })
        },
    )?;
    drop(display);
    if report.results.iter().any(|result| result.evaluation.is_some()) {
        terminal::result(comparison::text(&report));
    }
    let page = comparison::page_path(&args.out);
    if page.is_file() {
        terminal::result(page.display());
    }
    let failed = report.results.iter().filter(|result| result.failure.is_some()).count();
    if ending == Ending::Done && failed > 0 {
        bail!(
            "{} of {} failed; the table says why, and the same command tries again",
            failed,
            counted(plan.variants.len() as u64, "variant")
        );
    }
    Ok(ending)
}

/// The report of one variant, as `equijump evaluate` writes it.
fn write_report(
    plan: &ComparisonPlan,
    config: &ComparisonConfig,
    result: &VariantResult,
) -> anyhow::Result<()> {
    let Some(evaluation) = &result.evaluation else { return Ok(()) };
    let names = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect();
    let provenance = Provenance {
        command: terminal::command_line(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made: utc_now(),
        topology: plan.reference.topology.display().to_string(),
        native: config.reference.native.display().to_string(),
        reference: names(&plan.reference.trajectories),
        samples: names(&result.samples),
    };
    let folder = ReportFolder::create(&result.plan.folder.join("report"), true)?;
    report::write(&folder, evaluation, None, &provenance)?;
    folder.commit()?;
    Ok(())
}

fn tell_plan(plan: &ComparisonPlan) {
    terminal::result(&plan.name);
    if let Some(import) = &plan.import {
        let count = import.trajectories.len() as u64;
        let word = if count == 1 { "trajectory" } else { "trajectories" };
        terminal::result(format_args!("data: {count} {word} to import into {}", import.output.display()));
    }
    for store in plan.stores.iter().filter(|store| plan.import.as_ref().is_none_or(|i| &i.output != *store)) {
        terminal::result(format_args!("data: {}", store.display()));
    }
    terminal::result(format_args!("reference: {} held-out files", plan.reference.trajectories.len()));
    for (number, variant) in plan.variants.iter().enumerate() {
        let VariantPlan { label, network, parameters, training, sampler, .. } = variant;
        let state = variant.state();
        terminal::result(format_args!(
            "{:>2}. {label}: {} transport, {:.2} M parameters, σ_P {} Å, σ_V {} Å",
            number + 1,
            network.transport,
            *parameters as f64 / 1e6,
            network.sigma_position_angstrom,
            network.sigma_vector_angstrom,
        ));
        terminal::result(format_args!(
            "    train {} of {} pairs ({} done); sample {} × {} with {} latent steps ({} done)",
            counted(training.steps, "step"),
            training.batch_size,
            grouped(state.steps),
            counted(plan.replicas.into(), "replica"),
            counted(plan.frames, "frame"),
            sampler.latent_steps,
            grouped(state.frames),
        ));
    }
}
