//! The comparison job.

use std::any::Any;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use super::plan::{ComparisonPlan, VariantPlan};
use super::variant::train;
use super::{ComparisonRequest, VariantResult};
use crate::session::backend::ComputeBackend;
use crate::session::context::JobContext;
use crate::session::files;
use crate::session::judge::Judge;
use crate::session::protocol::{Event, JobOutcome, JobStage};
use crate::session::request::ModelSource;
use crate::session::run_lock::RunLock;
use crate::session::sampling::{SampleOrder, sample};
use crate::trajectory::{FrameSelection, ImportRequest, TrajectoryStore};

/// Makes the comparison. It finishes however many variants fail; their results say why.
pub(in crate::session) fn run(
    context: &JobContext<'_>,
    backend: &dyn ComputeBackend,
    request: &ComparisonRequest,
) -> Result<JobOutcome, String> {
    let ComparisonRequest { plan, native, out, replace } = request;
    let _lock = lock_folder(out)?;
    if let Some(import) = &plan.import
        && import_data(context, import, *replace)? == JobOutcome::Cancelled
    {
        return Ok(JobOutcome::Cancelled);
    }
    // First of all, so that a reference that cannot be used is told before hours of training.
    context.post(Event::StageBegan { job: context.job, stage: JobStage::alone("preparing the reference") });
    let chain = plan.chain.as_deref();
    let judge = Judge::prepare(
        context,
        (&plan.topology, chain, native),
        (&plan.reference, plan.reference_selection),
        plan.evaluation.clone(),
    )?;
    let Some(judge) = judge else { return Ok(JobOutcome::Cancelled) };
    let starts = judge.starts(plan.start)?;
    for (number, variant) in plan.variants.iter().enumerate() {
        let mut result = VariantResult::pending(variant.clone());
        let task = Task { context, backend, plan, variant, judge: &judge, number, replace: *replace };
        // Unwind safety: what a variant that failed was doing is dropped with it.
        let made = catch_unwind(AssertUnwindSafe(|| task.make(&starts, &mut result)));
        match made {
            Ok(Ok(JobOutcome::Cancelled)) => return Ok(JobOutcome::Cancelled),
            Ok(Ok(_)) => (),
            Ok(Err(sentence)) => result.failure = Some(sentence),
            Err(panic) => result.failure = Some(format!("an internal error: {}", panic_text(panic.as_ref()))),
        }
        context.post(Event::VariantCompared { job: context.job, number, result: Arc::new(result) });
    }
    Ok(JobOutcome::Finished)
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

/// One variant and what it is made with.
struct Task<'a> {
    context: &'a JobContext<'a>,
    backend: &'a dyn ComputeBackend,
    plan: &'a ComparisonPlan,
    variant: &'a VariantPlan,
    judge: &'a Judge,
    number: usize,
    replace: bool,
}

impl Task<'_> {
    fn make(&self, starts: &[Arc<Vec<[f32; 3]>>], result: &mut VariantResult) -> Result<JobOutcome, String> {
        let Self { context, plan, variant, .. } = *self;
        self.announce("training");
        let Some(trained) = train(context, plan, variant, self.replace)? else {
            return Ok(JobOutcome::Cancelled);
        };
        result.steps = trained.steps;
        result.validation_loss = trained.validation_loss;
        result.training = trained.cost;

        self.announce("sampling");
        let order = SampleOrder {
            structure: self.judge.native(),
            starts_angstrom: starts,
            model: ModelSource::File(variant.model(plan.model)),
            settings: &variant.sampler,
            replicas: plan.replicas,
            frames: plan.frames,
            device: &plan.device,
            path: &variant.samples(),
            replace: self.replace,
        };
        let Some(samples) = sample(context, self.backend, &order)? else { return Ok(JobOutcome::Cancelled) };
        result.sampling = samples.cost;
        result.samples = samples.files;

        self.announce("evaluating");
        let selection = FrameSelection { skip_ps: plan.sample_skip_ps, ..FrameSelection::default() };
        let Some(evaluation) = self.judge.judge(context, &result.samples, selection)? else {
            return Ok(JobOutcome::Cancelled);
        };
        result.evaluation = Some(Arc::new(evaluation));
        Ok(JobOutcome::Finished)
    }

    fn announce(&self, doing: &'static str) {
        let stage = JobStage {
            item: self.variant.label.clone(),
            number: self.number + 1,
            of: self.plan.variants.len(),
            doing,
        };
        self.context.post(Event::StageBegan { job: self.context.job, stage });
    }
}

/// Makes the folder and keeps other processes from working in it.
pub(in crate::session) fn lock_folder(out: &Path) -> Result<RunLock, String> {
    let path = out.join(".lock");
    std::fs::create_dir_all(out)
        .and_then(|()| File::options().create(true).append(true).open(&path))
        .map_err(|error| format!("the folder {} cannot be used: {error}", out.display()))?;
    RunLock::take(&path)
}

/// Imports the data unless the store is there and holds them.
fn import_data(
    context: &JobContext<'_>,
    request: &ImportRequest,
    replace: bool,
) -> Result<JobOutcome, String> {
    let mut request = request.clone();
    if request.output.exists() {
        match holds_the_data(&request) {
            Ok(true) => return Ok(JobOutcome::Finished),
            Ok(false) | Err(_) if replace => request.overwrite = true,
            Ok(false) => {
                return Err(format!(
                    "{} holds other trajectories than the data of this comparison; take another folder with --out, or replace it with --force",
                    request.output.display()
                ));
            }
            Err(error) => return Err(error),
        }
    }
    context.post(Event::StageBegan { job: context.job, stage: JobStage::alone("importing the data") });
    files::import(context, &request)
}

fn holds_the_data(request: &ImportRequest) -> Result<bool, String> {
    let store = TrajectoryStore::open(&request.output).map_err(|error| error.to_string())?;
    let sources = &store.metadata().sources;
    Ok(sources.len() == request.trajectories.len()
        && sources.iter().zip(&request.trajectories).all(|(source, path)| {
            let same_name = Path::new(&source.path).file_name() == path.file_name();
            // A file that is no longer there is no other one.
            same_name && std::fs::metadata(path).map_or(true, |file| file.len() == source.bytes)
        }))
}
