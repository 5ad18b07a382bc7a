//! What a training finds in its folder before it begins: nothing, a run to go on with, or something in the way.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::atomic_file::{is_there, write_atomically};
use crate::network::{NetworkConfig, ParameterLayout};
use crate::regular_file;
use crate::run_lock::{RunLock, lock_folder};
use crate::transport::presets::PRESETS_FILE;

use super::checkpoint::{Checkpoint, CheckpointState};
use super::dataset::PairDataset;
use super::earlier::{BegunRun, no_run};
use super::files::{BEST_MODEL_FILE, CHECKPOINT_FILE, LOG_FILE, MODEL_FILE, OWN_FILES, SETTINGS_FILE};
use super::optimizer::Optimizer;
use super::weights::initial_weights;
use super::{TrainError, TrainRequest, TrainSettings, TrainSettingsError};

/// What a run begins with.
pub(super) struct Beginning {
    /// Of the folder, where it is there already.
    pub lock: Option<RunLock>,
    /// The run that goes on: its settings and step.
    pub begun: Option<CheckpointState>,
    /// Its checkpoint, where it has one.
    pub checkpoint: Option<Checkpoint>,
    /// The model whose weights it starts from.
    pub init: Option<PathBuf>,
}

impl Beginning {
    /// Looks into the folder of `request`.
    ///
    /// # Errors
    /// [`TrainError`] when the run cannot go on or would replace what it may not.
    pub fn find(request: &TrainRequest) -> Result<Self, TrainError> {
        let folder = &request.out;
        // Two trainings in one folder would write each other's checkpoint. A folder that is not there yet is made
        // once all else is found to be in order.
        let lock = folder.is_dir().then(|| lock_folder(folder)).transpose()?;
        // With settings and a step; the weights of the step are read later.
        let (begun, init) = if request.resume {
            let Some(BegunRun { mut state, init }) = BegunRun::find(folder)? else {
                return Err(no_run(folder));
            };
            take_what_may_change(&mut state, request)?;
            (Some(state), init)
        } else {
            let ours = [CHECKPOINT_FILE, BEST_MODEL_FILE, MODEL_FILE, LOG_FILE, SETTINGS_FILE];
            let there = ours.iter().find(|name| is_there(&folder.join(name)));
            if let Some(&file) = there.filter(|_| !request.force) {
                let can_go_on = BegunRun::find(folder).is_ok_and(|run| run.is_some());
                return Err(TrainError::Exists { folder: folder.clone(), file, can_go_on });
            }
            (None, request.init.clone())
        };
        for (used, what) in
            init.iter().map(|path| (path, "model")).chain(request.stores.iter().map(|path| (path, "store")))
        {
            let used_place = std::fs::canonicalize(used).ok();
            let own = OWN_FILES.iter().any(|name| {
                used_place.is_some() && std::fs::canonicalize(folder.join(name)).ok() == used_place
            });
            if own {
                return Err(TrainSettingsError::Replaced { path: used.clone(), what }.into());
            }
        }
        let path = folder.join(CHECKPOINT_FILE);
        let checkpoint = match &begun {
            Some(state) if is_there(&path) => {
                Some(Checkpoint { state: state.clone(), ..Checkpoint::load(&path)? })
            }
            _ => None,
        };
        Ok(Self { lock, begun, checkpoint, init })
    }
}

/// A longer run may be asked for; everything else is as it was, or it would be another run.
fn take_what_may_change(state: &mut CheckpointState, request: &TrainRequest) -> Result<(), TrainError> {
    let (keep, asked) = (&request.keep, &request.settings);
    let settings = &mut state.settings;
    if !keep.steps {
        if asked.steps < settings.steps {
            return Err(TrainSettingsError::FewerSteps { steps: settings.steps }.into());
        }
        settings.steps = asked.steps;
    }
    if !keep.threads {
        settings.threads = asked.threads;
    }
    if !keep.device {
        settings.device = asked.device;
    }
    if !keep.name || state.name.is_empty() {
        state.name.clone_from(&request.name);
    }
    Ok(())
}

/// The first state of a run, its files open.
pub(super) struct Begun {
    pub parameters: Vec<f32>,
    pub optimizer: Optimizer,
    pub state: CheckpointState,
    pub log: File,
    pub lock: RunLock,
}

/// Takes possession of the folder: from here on its files are this run's.
///
/// # Errors
/// [`TrainError`] when the run goes on with other stores, its weights cannot be read, or files cannot be written.
pub(super) fn begin(
    request: &TrainRequest,
    Beginning { lock, begun, checkpoint, init }: Beginning,
    (layout, dataset): (&ParameterLayout, &PairDataset),
    (network, settings): (NetworkConfig, TrainSettings),
) -> Result<Begun, TrainError> {
    let folder = &request.out;
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| TrainError::Io { path, source }
    };
    let lock = lock.map_or_else(|| lock_folder(folder), Ok)?;
    let (parameters, optimizer, state) = match checkpoint {
        Some(c) => {
            let now = dataset.checksums();
            let was = &c.state.store_checksums;
            let same = was.iter().zip(&now).take_while(|(was, is)| was == is).count();
            if !was.is_empty() && (same < was.len() || same < now.len()) {
                let store = request.stores.get(same.min(now.len().saturating_sub(1)));
                return Err(TrainError::OtherStore {
                    store: store.cloned().unwrap_or_default(),
                    folder: folder.clone(),
                });
            }
            (c.parameters, c.optimizer, CheckpointState { store_checksums: now, ..c.state })
        }
        None => {
            let parameters = match &init {
                Some(path) => super::widen::weights_of(path, &network, settings.seed)?,
                None => initial_weights(layout, settings.seed),
            };
            let optimizer = Optimizer::new(&parameters);
            let name = begun.map_or_else(|| request.name.clone(), |begun| begun.name);
            let store_checksums = dataset.checksums();
            let state =
                CheckpointState { step: 0, best_validation: None, name, network, settings, store_checksums };
            // Replaced by nothing but this run: whatever is in the folder later is its own. Presets may be the
            // user's, and go only with the run that they were found for.
            for name in [CHECKPOINT_FILE, BEST_MODEL_FILE, MODEL_FILE] {
                remove_if_there(&folder.join(name))?;
            }
            if request.force {
                remove_if_there(&folder.join(PRESETS_FILE))?;
            }
            (parameters, optimizer, state)
        }
    };
    let config_path = folder.join(SETTINGS_FILE);
    // What the run does, which after resuming is not what was asked for.
    let done = TrainRequest {
        name: state.name.clone(),
        network: state.network.clone(),
        settings: state.settings.clone(),
        init,
        resume: false,
        force: false,
        ..request.clone()
    };
    let json = serde_json::to_vec_pretty(&done).map_err(|e| io(&config_path)(e.into()))?;
    // Before all else: by it a run is known that has no checkpoint yet.
    write_atomically(&config_path, &json).map_err(io(&config_path))?;
    let log_path = folder.join(LOG_FILE);
    let log = open_log(&log_path, state.step).map_err(io(&log_path))?;
    Ok(Begun { parameters, optimizer, state, log, lock })
}

fn remove_if_there(path: &Path) -> Result<(), TrainError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(TrainError::Io { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Opens the log for appending; lines after `step`, left by a run that was killed past its last checkpoint,
/// are dropped, for those steps will be done again.
fn open_log(path: &Path, step: u64) -> std::io::Result<File> {
    const HEADER: &str = "step,loss,loss_rigid,positions_A2,vectors_A2,noise_positions_A2,noise_vectors_A2,gradient_norm,learning_rate,validation_loss,validation_rigid,validation_positions_A2,validation_vectors_A2\n";
    let mut kept = String::from(HEADER);
    if step > 0
        && let Ok(old) = regular_file::read_text(path)
    {
        for line in old.lines().skip(1) {
            let number = line.split(',').next().and_then(|s| s.parse::<u64>().ok());
            if number.is_some_and(|n| n <= step) {
                kept.push_str(line);
                kept.push('\n');
            }
        }
    }
    write_atomically(path, kept.as_bytes())?;
    File::options().append(true).open(path)
}
