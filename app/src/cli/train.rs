//! `equijump train`: trains a model on stores made by `import`.

use equijump_engine::session::{Command, Event, KeptSettings, TrainRequest};

use super::Ending;
use super::job::Jobs;
use super::progress::{ProgressDisplay, counted};
use super::terminal;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    request: TrainRequest,
}

/// `given` tells which flags the user gave.
pub(super) fn run(mut args: Args, given: impl Fn(&str) -> bool) -> anyhow::Result<Ending> {
    args.request.keep = KeptSettings {
        steps: !given("steps"),
        threads: !given("threads"),
        device: !given("device"),
        name: !given("name"),
    };
    let jobs = Jobs::start()?;
    let out = args.request.out.clone();
    let mut display = ProgressDisplay::new("steps");
    let mut loss = String::new();
    let mut result = None;
    let ending = jobs.run(
        |job| Command::Train { job, request: Box::new(args.request) },
        |event| {
            match event {
                Event::TrainingProgress { progress, .. } => {
                    loss = format!("loss {:.4}", progress.losses.total);
                    if let Some(validation) = progress.validation {
                        display
                            .line(&format!("step {}: held-out loss {:.4}", progress.step, validation.total));
                    }
                }
                Event::Progress { progress, .. } => {
                    let rate = progress.per_second.map(|r| format!(", {r:.2} steps/s")).unwrap_or_default();
                    display.show(&progress, &format!("{loss}{rate}"));
                }
                Event::Notice { notice, .. } => display.line(&format!("note: {notice}")),
                Event::Trained { result: trained, .. } => result = Some(trained),
                _ => (),
            }
            Ok(())
        },
    )?;
    drop(display);
    if let Some(result) = result {
        let best =
            result.best_validation.map(|loss| format!(", best held-out loss {loss:.4}")).unwrap_or_default();
        terminal::result(format_args!("{}: {}{best}", out.display(), counted(result.step, "step")));
    }
    Ok(ending)
}
