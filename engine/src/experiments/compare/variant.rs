//! One variant: trained, sampled.

use std::path::{Path, PathBuf};

use super::error::{ComparisonError, TrainingDifference};
use super::plan::{ComparisonPlan, VariantPlan};
use crate::difference::SettingDifference;
use crate::experiments::cost::{Cost, CostMeter};
use crate::experiments::{ExperimentUpdate, Runner};
use crate::network::Model;
use crate::regular_file;
use crate::run_lock::lock_folder;
use crate::session::{Halt, TrainingUpdate};
use crate::training::checkpoint::CheckpointState;
use crate::training::earlier::BegunRun;
use crate::training::trainer::MODEL_FILE;
use crate::training::{KeptSettings, TrainRequest, TrainSettings};
use crate::trajectory::TrajectoryStore;

/// A training that is complete.
pub(super) struct Trained {
    /// Steps done.
    pub steps: u64,
    /// Lowest loss on held-out pairs.
    pub validation_loss: Option<f64>,
    /// What it cost.
    pub cost: Cost,
}

/// Whether the model in the folder is that of the checkpoint. A training that was killed between the two has the model of
/// an earlier checkpoint, or none; gone on with, it writes the right one.
fn model_is_of(state: &CheckpointState, folder: &Path) -> bool {
    Model::load(&folder.join(MODEL_FILE)).is_ok_and(|model| model.card.steps == state.step)
}

/// Trains the variant, or what is left of it.
pub(super) fn train(
    runner: &Runner<'_>,
    plan: &ComparisonPlan,
    variant: &VariantPlan,
    replace: bool,
) -> Result<Trained, Halt> {
    let folder = variant.training_folder();
    let cost_path = folder.join("cost.json");
    let mut found = found_training(plan, variant, &folder);
    if replace && found.is_err() {
        found = Ok(None);
    }
    let found = found?;
    if let Some(state) = &found
        && state.step >= variant.training.steps
        && model_is_of(state, &folder)
    {
        // It may have been killed right after its last checkpoint; what it left is cleared away.
        drop(lock_folder(&folder)?);
        return Ok(Trained {
            steps: state.step,
            validation_loss: state.best_validation,
            cost: Cost::read(&cost_path),
        });
    }
    let first = found.as_ref().map_or(0, |state| state.step);
    let resume = found.is_some();
    let request = TrainRequest {
        stores: plan.stores.clone(),
        out: folder,
        name: format!("{}: {}", plan.name, variant.label),
        network: variant.network.clone(),
        settings: variant.training.clone(),
        init: None,
        resume,
        keep: KeptSettings { name: true, ..KeptSettings::default() },
        force: replace,
    };
    let meter = CostMeter::start(cost_path, resume);
    let every = variant.training.checkpoint_every.max(1);
    let mut done = first;
    let (mut result, mut failure) = (None, None);
    let ended = runner.run(request, |update| match update {
        TrainingUpdate::Step(progress) => {
            // Whenever a checkpoint was written since the last note, so that both are lost together or not at all.
            if progress.step / every > done / every {
                failure = failure.take().or(meter.note(progress.step - first).err());
            }
            done = progress.step;
            (runner.tell)(ExperimentUpdate::Loss(progress.losses.total));
        }
        TrainingUpdate::Trained(trained) => result = Some(trained),
        TrainingUpdate::Report(report) => runner.report(report),
        TrainingUpdate::State(_) => (),
    });
    if let (Some(error), true) = (failure, !matches!(ended, Err(Halt::Failed(_)))) {
        return Err(Halt::from(error));
    }
    // One that was stopped has its cost noted as well.
    let cost = result.as_ref().map(|result| meter.note(result.step - first)).transpose()?;
    ended?;
    let (Some(result), Some(cost)) = (result, cost) else { return Err(Halt::Cancelled) };
    Ok(Trained { steps: result.step, validation_loss: result.best_validation, cost })
}

/// Whether the training in the folder of the variant, if one does lie there, is the one that is wanted. One that
/// cannot be read is none; the variant will fail and say so.
///
/// # Errors
/// [`ComparisonError::OtherTraining`] when it is another one.
pub(super) fn check_training(plan: &ComparisonPlan, variant: &VariantPlan) -> Result<(), ComparisonError> {
    let folder = variant.training_folder();
    match BegunRun::find(&folder) {
        Ok(_) => found_training(plan, variant, &folder).map(drop),
        Err(_) => Ok(()),
    }
}

/// The training that was begun in the folder, if one was; at step 0 where it was ended before its first checkpoint.
///
/// # Errors
/// When it is not the one that is wanted.
fn found_training(
    plan: &ComparisonPlan,
    variant: &VariantPlan,
    folder: &Path,
) -> Result<Option<CheckpointState>, ComparisonError> {
    let Some(begun) = BegunRun::find(folder)? else { return Ok(None) };
    let state = begun.state;
    let wanted = &variant.training;
    let comparable = TrainSettings {
        steps: wanted.steps,
        threads: wanted.threads,
        device: wanted.device,
        ..state.settings.clone()
    };
    let setting = SettingDifference::first(&state.network, &variant.network)
        .or_else(|| SettingDifference::first(&comparable, wanted));
    let difference = match setting {
        Some(setting) => Some(TrainingDifference::Setting(setting)),
        // More steps decay the learning rate in another way: that is another training, not a longer one.
        None if state.settings.steps != wanted.steps => {
            Some(TrainingDifference::Steps { has: state.settings.steps, asked: wanted.steps })
        }
        None => other_stores(plan, folder, &state.store_checksums),
    };
    match difference {
        None => Ok(Some(state)),
        Some(difference) => Err(ComparisonError::OtherTraining { folder: folder.to_owned(), difference }),
    }
}

/// Whether the training was of other stores: by what is in them, and in checkpoints made before that was kept, by
/// their names. The folders may have moved.
fn other_stores(plan: &ComparisonPlan, folder: &Path, checksums: &[u32]) -> Option<TrainingDifference> {
    if !checksums.is_empty() {
        let holds = |(path, was): (&PathBuf, &u32)| {
            TrajectoryStore::open(path).is_ok_and(|store| store.metadata().positions_crc32 == *was)
        };
        let same = plan.stores.len() == checksums.len() && plan.stores.iter().zip(checksums).all(holds);
        return (!same).then_some(TrainingDifference::Frames);
    }
    let text = regular_file::read_text(&folder.join("train.json")).ok()?;
    let trained: TrainRequest = serde_json::from_str(&text).ok()?;
    let names = |paths: &[PathBuf]| -> Vec<String> {
        paths.iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
    };
    let (has, asked) = (names(&trained.stores), names(&plan.stores));
    (has != asked).then_some(TrainingDifference::Data { has, asked })
}
