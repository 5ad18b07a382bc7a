//! Making the comparison.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::error::ComparisonError;
use super::plan::{ComparisonPlan, VariantPlan};
use super::variant::{check_training, train};
use super::{ComparisonRequest, VariantResult};
use crate::atomic_file::write_atomically;
use crate::experiments::reference::ReadReference;
use crate::experiments::sampling::{SampleOrder, sample};
use crate::experiments::{ExperimentStage, Runner};
use crate::file_error::FileError;
use crate::regular_file::{self, LONGEST_TEXT_BYTES};
use crate::run_lock::lock_folder;
use crate::session::{Halt, ModelSource};
use crate::trajectory::{ImportRequest, StoreError, TrajectoryStore, checksum};

/// Makes the comparison, and hands over each variant with its number in the plan, from 0, once it is done or has
/// failed. It finishes however many variants fail; their results say why.
///
/// # Errors
/// [`Halt::Cancelled`], or a failure: data or a reference that cannot be used, or what `done` says.
pub fn run(
    runner: &Runner<'_>,
    request: &ComparisonRequest,
    mut done: impl FnMut(usize, VariantResult) -> Result<(), Halt>,
) -> Result<(), Halt> {
    let ComparisonRequest { plan, native, out, replace } = request;
    let _lock = lock_folder(out)?;
    if let Some(import) = &plan.import {
        import_data(runner, import, *replace)?;
    }
    check_held_out(plan)?;
    // Of all before any: a table is not to be spoiled half by what another one left.
    if !replace {
        plan.variants.iter().try_for_each(|variant| check_training(plan, variant))?;
    }
    // First of all, so that a reference that cannot be used is told before hours of training.
    runner.began(ExperimentStage::alone("preparing the reference"));
    let (of, native) = (plan.clone(), native.clone());
    let (reference, starts) = runner.work(move |context| {
        let reference = ReadReference::prepare(context, (&of.reference, &native), of.evaluation)?;
        let starts = reference.starts(of.start)?;
        Ok((Arc::new(reference), starts))
    })?;
    for (number, variant) in plan.variants.iter().enumerate() {
        let mut result = VariantResult::pending(variant.clone());
        let task = Task { runner, plan, variant, reference: &reference, number, replace: *replace };
        match task.make(&starts, &mut result) {
            Ok(()) => (),
            Err(Halt::Cancelled) => return Err(Halt::Cancelled),
            Err(Halt::Failed(error)) => result.failure = Some(error.what),
        }
        done(number, result)?;
    }
    Ok(())
}

/// One variant and what it is made with.
struct Task<'a> {
    runner: &'a Runner<'a>,
    plan: &'a ComparisonPlan,
    variant: &'a VariantPlan,
    reference: &'a Arc<ReadReference>,
    number: usize,
    replace: bool,
}

impl Task<'_> {
    fn make(&self, starts: &[Arc<Vec<[f32; 3]>>], result: &mut VariantResult) -> Result<(), Halt> {
        let Self { runner, plan, variant, .. } = *self;
        self.announce("training");
        let trained = train(runner, plan, variant, self.replace)?;
        result.steps = trained.steps;
        result.validation_loss = trained.validation_loss;
        result.training = trained.cost;

        self.announce("sampling");
        let order = SampleOrder {
            structure: self.reference.native(),
            starts_angstrom: starts,
            model: ModelSource::File(variant.model(plan.model)),
            settings: &variant.sampler,
            replicas: plan.replicas,
            frames: plan.frames,
            device: &plan.device,
            path: &variant.samples(),
            replace: self.replace,
        };
        let samples = sample(runner, &order)?;
        result.sampling = samples.cost;
        result.samples = samples.files;

        self.announce("evaluating");
        let selection = ReadReference::sample_selection(plan.start, plan.sample_skip_ps);
        let (reference, files) = (self.reference.clone(), result.samples.clone());
        let evaluation = runner.work(move |context| reference.evaluate(context, &files, selection))?;
        result.evaluation = Some(Arc::new(evaluation));
        Ok(())
    }

    fn announce(&self, doing: &'static str) {
        let item = self.variant.label.clone();
        self.runner.began(ExperimentStage {
            item,
            number: self.number + 1,
            of: self.plan.variants.len(),
            doing,
        });
    }
}

/// Whether none of the reference files is among those that the stores were made from, under whatever name.
fn check_held_out(plan: &ComparisonPlan) -> Result<(), ComparisonError> {
    let mut sources = Vec::new();
    for path in &plan.stores {
        let store = TrajectoryStore::open(path)?;
        sources.extend(store.metadata().sources.iter().map(|source| (source.bytes, source.crc32)));
    }
    for path in &plan.reference.trajectories {
        // Only a file of the same length can be the same; the others need not be read.
        let length = std::fs::metadata(path).map_or(0, |file| file.len());
        if sources.iter().any(|(bytes, _)| *bytes == length)
            && checksum(path).is_ok_and(|found| sources.contains(&found))
        {
            return Err(ComparisonError::NotHeldOut { path: path.clone() });
        }
    }
    Ok(())
}

/// Imports the data unless the store is there and holds them.
fn import_data(runner: &Runner<'_>, request: &ImportRequest, replace: bool) -> Result<(), Halt> {
    let mut request = request.clone();
    let note = request.output.with_extension("json");
    if request.output.exists() {
        match holds_the_data(&request, &note) {
            Ok(true) => return Ok(()),
            Ok(false) | Err(_) if replace => request.overwrite = true,
            Ok(false) => {
                return Err(ComparisonError::OtherData { store: request.output }.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    runner.began(ExperimentStage::alone("importing the data"));
    let text = how_imported(&request).to_string();
    runner.run(request, |report| runner.report(report))?;
    Ok(write_atomically(&note, text.as_bytes()).map_err(FileError::write(&note))?)
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
fn holds_the_data(request: &ImportRequest, note: &Path) -> Result<bool, StoreError> {
    if let Ok(text) = regular_file::read(note, LONGEST_TEXT_BYTES)
        && serde_json::from_slice::<Value>(&text).ok() != Some(how_imported(request))
    {
        return Ok(false);
    }
    let store = TrajectoryStore::open(&request.output)?;
    let sources = &store.metadata().sources;
    Ok(sources.len() == request.trajectories.len()
        && sources.iter().zip(&request.trajectories).all(|(source, path)| {
            let same_name = Path::new(&source.path).file_name() == path.file_name();
            // A file that is no longer there is no other one.
            same_name && std::fs::metadata(path).map_or(true, |file| file.len() == source.bytes)
        }))
}
