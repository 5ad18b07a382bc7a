//! `equijump train`: trains a model on stores made by `import`.

use std::time::Instant;

use anyhow::bail;
use equijump_engine::session::{KeptSettings, Report, TrainRequest, TrainingUpdate};
use equijump_engine::training::{EarlierRun, ranks};

use super::Ending;
use super::job::{Jobs, TimeLimit};
use super::progress::{ProgressDisplay, counted};
use super::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    request: TrainRequest,
    /// End within this time from the start of the program, with a checkpoint and exit code 75 if there is more to do:
    /// the same command line continues the work, as with --resume, until it exits with 0.
    #[arg(long, value_name = "H", conflicts_with = "force")]
    max_hours: Option<f64>,
}

/// Whether what was given for a run that is resumed is what the run has, where it cannot be changed.
fn check_kept(request: &TrainRequest, given: &impl Fn(&str) -> bool) -> anyhow::Result<()> {
    // What is wrong with the folder is told by the run itself.
    let Ok(earlier) = EarlierRun::load(&request.out) else { return Ok(()) };
    let can_change = ["steps", "threads", "device"];
    let pairs = [
        (serde_json::to_value(&request.network)?, serde_json::to_value(&earlier.request.network)?),
        (serde_json::to_value(&request.settings)?, serde_json::to_value(&earlier.request.settings)?),
    ];
    for (asked, has) in &pairs {
        for (setting, asked) in asked.as_object().into_iter().flatten() {
            let has = &has[setting];
            if !can_change.contains(&setting.as_str()) && given(setting) && has != asked {
                bail!(
                    "--{} is {has} in the run that is resumed and cannot become {asked}: leave it out, or start a new training in another folder",
                    setting.replace('_', "-")
                );
            }
        }
    }
    Ok(())
}

/// Trains, on several ranks where `mpirun` started this process as one of them. `given` tells which flags the user gave.
pub(super) fn run(args: Args, given: impl Fn(&str) -> bool) -> anyhow::Result<Ending> {
    let membership = ranks::join()?;
    let writes = ranks::of_process().is_writer();
    terminal::set_silent(!writes);
    let ending = run_rank(args, given);
    if membership.leave() && !writes {
        // The writer tells how it ended; another exit code would make the launcher end it before it has.
        return Ok(Ending::Done);
    }
    terminal::set_silent(false);
    ending
}

fn run_rank(mut args: Args, given: impl Fn(&str) -> bool) -> anyhow::Result<Ending> {
    let ranks = ranks::of_process();
    // The time is that of the writer, which also looks into the folder; the others follow.
    let time = TimeLimit::given(args.max_hours.filter(|_| ranks.is_writer()))?;
    // What a scheduler starts again must go on; the first time there is nothing to go on from.
    if time.is_some() && EarlierRun::load(&args.request.out).is_ok() {
        args.request.resume = true;
        args.request.init = None;
    }
    if args.request.resume && ranks.is_writer() {
        check_kept(&args.request, &given)?;
    }
    args.request.keep = KeptSettings {
        steps: !given("steps"),
        threads: !given("threads"),
        device: !given("device"),
        name: !given("name"),
    };
    let jobs = Jobs::start()?;
    if ranks.are_several() {
        terminal::remark(format_args!("note: {} ranks train one model", ranks.size()));
    }
    let out = args.request.out.clone();
    let mut display = ProgressDisplay::new("steps");
    let mut loss = String::new();
    let mut result = None;
    let show = |update| match update {
        TrainingUpdate::Step(progress) => {
            loss = format!("loss {:.4}", progress.losses.total);
            if let Some(validation) = progress.validation {
                display.line(&format!("step {}: held-out loss {:.4}", progress.step, validation.total));
            }
        }
        TrainingUpdate::Report(Report::Progress(progress)) => {
            let rate = progress.per_second.map(|r| format!(", {r:.2} steps/s")).unwrap_or_default();
            display.show(&progress, &format!("{loss}{rate}"));
        }
        TrainingUpdate::Report(Report::Notice(notice)) => display.line(&format!("note: {notice}")),
        TrainingUpdate::Trained(trained) => result = Some(trained),
        TrainingUpdate::Report(Report::Stage(_)) | TrainingUpdate::State(_) => (),
    };
    let out_of_time = |_: &_| {
        let up = time.as_ref().is_some_and(|time| time.is_up(Instant::now()));
        up.then_some(Ending::OutOfTime)
    };
    let ended = jobs.run_steered(args.request, show, out_of_time)?;
    drop(display);
    let ending = ended.err().unwrap_or(Ending::Done);
    if let Some(result) = result {
        let best =
            result.best_validation.map(|loss| format!(", best held-out loss {loss:.4}")).unwrap_or_default();
        let steps = counted(result.step, "step");
        terminal::result(format_args!("{}: {}{steps}{best}", out.display(), ending.prefix()));
    }
    if ending == Ending::OutOfTime {
        terminal::remark("note: the same command line continues the training");
    }
    Ok(ending)
}
