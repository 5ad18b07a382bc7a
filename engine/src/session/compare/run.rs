//! The comparison job.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::plan::{ComparisonPlan, VariantPlan};
use super::variant::{check_training, train};
use super::{ComparisonRequest, VariantResult};
use crate::atomic_file::write_atomically;
use crate::regular_file::{self, LONGEST_TEXT_BYTES};
use crate::remedy::Remedy;
use crate::run_lock::lock_folder;
use crate::session::backend::ComputeBackend;
use crate::session::context::JobContext;
use crate::session::files;
use crate::session::judge::Judge;
use crate::session::protocol::{Event, JobOutcome, JobStage};
use crate::session::request::ModelSource;
use crate::session::sampling::{SampleOrder, sample};
use crate::trajectory::{ImportRequest, TrajectoryStore, checksum};

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
    check_held_out(plan)?;
    // Of all before any: a table is not to be spoilt half by what another one left.
    if !replace {
        plan.variants.iter().try_for_each(|variant| check_training(plan, variant))?;
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

/// What a panic said.
pub(in crate::session) fn panic_text(panic: &(dyn Any + Send)) -> String {
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
        let selection = Judge::sample_selection(plan.start, plan.sample_skip_ps);
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

/// Whether none of the reference files is among those that the stores were made from, under whatever name.
fn check_held_out(plan: &ComparisonPlan) -> Result<(), String> {
    let mut sources = Vec::new();
    for path in &plan.stores {
        let store = TrajectoryStore::open(path).map_err(|error| error.to_string())?;
        sources.extend(store.metadata().sources.iter().map(|source| (source.bytes, source.crc32)));
    }
    for path in &plan.reference {
        // Only a file of the same length can be the same; the others need not be read.
        let length = std::fs::metadata(path).map_or(0, |file| file.len());
        if sources.iter().any(|(bytes, _)| *bytes == length)
            && checksum(path).is_ok_and(|found| sources.contains(&found))
        {
            return Err(format!(
                "{} is trained on and compared with: the reference must be held out",
                path.display()
            ));
        }
    }
    Ok(())
}

/// Imports the data unless the store is there and holds them.
fn import_data(
    context: &JobContext<'_>,
    request: &ImportRequest,
    replace: bool,
) -> Result<JobOutcome, String> {
    let mut request = request.clone();
    let note = request.output.with_extension("json");
    if request.output.exists() {
        match holds_the_data(&request, &note) {
            Ok(true) => return Ok(JobOutcome::Finished),
            Ok(false) | Err(_) if replace => request.overwrite = true,
            Ok(false) => {
                return Err(format!(
                    "{} holds other frames than the data of this comparison; {}, or {}",
                    request.output.display(),
                    Remedy::OtherFolder,
                    Remedy::Replace
                ));
            }
            Err(error) => return Err(error),
        }
    }
    context.post(Event::StageBegan { job: context.job, stage: JobStage::alone("importing the data") });
    let outcome = files::import(context, &request)?;
    if outcome == JobOutcome::Finished {
        let text = how_imported(&request).to_string();
        write_atomically(&note, text.as_bytes())
            .map_err(|error| format!("{} cannot be written: {error}", note.display()))?;
    }
    Ok(outcome)
}

/// What besides the files decides the frames of the store.
fn how_imported(request: &ImportRequest) -> Value {
    let ImportRequest { topology, chain, stride, skip_ps, interval_ps, .. } = request;
    let topology = checksum(topology).ok();
    let how = json!({
        "topology": topology, "chain": chain, "stride": stride, "skip_ps": skip_ps, "interval_ps": interval_ps,
    });
    // As it is read from a file again, where numbers may round in the last place.
    serde_json::from_str(&how.to_string()).unwrap_or(how)
}

/// Whether the store is made of these files in this way; the way is in `note` beside it.
fn holds_the_data(request: &ImportRequest, note: &Path) -> Result<bool, String> {
    if let Ok(text) = regular_file::read(note, LONGEST_TEXT_BYTES)
        && serde_json::from_slice::<Value>(&text).ok() != Some(how_imported(request))
    {
        return Ok(false);
    }
    let store = TrajectoryStore::open(&request.output).map_err(|error| error.to_string())?;
    let sources = &store.metadata().sources;
    Ok(sources.len() == request.trajectories.len()
        && sources.iter().zip(&request.trajectories).all(|(source, path)| {
            let same_name = Path::new(&source.path).file_name() == path.file_name();
            // A file that is no longer there is no other one.
            same_name && std::fs::metadata(path).map_or(true, |file| file.len() == source.bytes)
        }))
}
