//! The study job.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::grid::cell_name;
use super::{CellQuality, CellResult, StudyRequest};
use crate::analysis::evaluation::{Evaluation, Quantity};
use crate::atomic_file::write_atomically;
use crate::network::Transport;
use crate::run_lock::lock_folder;
use crate::session::backend::{ComputeBackend, SamplerOrder};
use crate::session::compare::panic_text;
use crate::session::context::JobContext;
use crate::session::cost::Cost;
use crate::session::judge::Judge;
use crate::session::protocol::{Event, JobOutcome, JobStage, ModelInfo};
use crate::session::request::{DevicePreference, StructureSource};
use crate::session::sampling::{SampleOrder, sample};
use crate::trajectory::checksum;
use crate::transport::SamplerSettings;
use crate::transport::integrator::network_calls;

/// Makes the study. It finishes however many cells fail; their results say why.
pub(in crate::session) fn run(
    context: &JobContext<'_>,
    backend: &dyn ComputeBackend,
    request: &StudyRequest,
) -> Result<JobOutcome, String> {
    let model = backend.load_model(&request.model)?;
    let cells = request.grid.cells(model.config.transport)?;
    let _lock = lock_folder(&request.out)?;
    context.post(Event::StageBegan { job: context.job, stage: JobStage::alone("preparing the reference") });
    let Some((judge, starts)) = prepare(context, backend, request)? else { return Ok(JobOutcome::Cancelled) };
    let files = Files::of(request);
    for (number, settings) in cells.iter().enumerate() {
        let transport = model.config.transport;
        let task = Cell { context, request, settings, transport, number, of: cells.len() };
        let key = task.key(&model, &files);
        let cell = match task.finished(&key) {
            Some(cell) => cell,
            // Unwind safety: what a cell that failed was doing is dropped with it.
            None => match catch_unwind(AssertUnwindSafe(|| task.make(backend, &judge, &starts))) {
                Ok(Ok(Some(cell))) => {
                    task.keep(&key, &cell)?;
                    cell
                }
                Ok(Ok(None)) => return Ok(JobOutcome::Cancelled),
                Ok(Err(sentence)) => task.failed(sentence),
                Err(panic) => task.failed(format!("an internal error: {}", panic_text(panic.as_ref()))),
            },
        };
        context.post(Event::CellStudied { job: context.job, number, of: cells.len(), cell: Arc::new(cell) });
    }
    Ok(JobOutcome::Finished)
}

type Starts = Vec<Arc<Vec<[f32; 3]>>>;

fn prepare(
    context: &JobContext<'_>,
    backend: &dyn ComputeBackend,
    request: &StudyRequest,
) -> Result<Option<(Judge, Starts)>, String> {
    let mut evaluation = request.evaluation.clone();
    let (_, map) =
        super::super::evaluate::open_protein(&request.topology, request.chain.as_deref(), &request.native)?;
    // The lag of the Markov models must suit the frames that the model makes.
    let sampler = backend.prepare_sampler(SamplerOrder {
        model: &request.model,
        topology: &map.topology,
        settings: &request.grid.base,
        replicas: 1,
        device: &DevicePreference::Cpu,
    })?;
    evaluation.markov_lag_step_ps = sampler.sampler.frame_interval_ps();
    let judge = Judge::prepare(
        context,
        (&request.topology, request.chain.as_deref(), &request.native),
        (&request.reference, request.reference_selection),
        evaluation,
    )?;
    let Some(judge) = judge else { return Ok(None) };
    let starts = judge.starts(request.start)?;
    Ok(Some((judge, starts)))
}

/// The files that samples are compared with, by name and content.
#[derive(Serialize)]
struct Files {
    topology: Value,
    native: Value,
    reference: Vec<Value>,
}

impl Files {
    fn of(request: &StudyRequest) -> Self {
        let file = |path: &Path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            json!([name, checksum(path).ok()])
        };
        let native = match &request.native {
            StructureSource::File(path) => file(path),
            other => json!(other.display_name()),
        };
        let reference = request.reference.iter().map(|path| file(path)).collect();
        Self { topology: file(&request.topology), native, reference }
    }
}

/// A result with all that decides it.
#[derive(Serialize, Deserialize)]
struct Kept {
    of: Value,
    cell: CellResult,
}

/// One cell of the grid.
struct Cell<'a> {
    context: &'a JobContext<'a>,
    request: &'a StudyRequest,
    settings: &'a SamplerSettings,
    transport: Transport,
    number: usize,
    of: usize,
}

impl Cell<'_> {
    fn folder(&self) -> PathBuf {
        self.request.out.join("cells").join(cell_name(self.settings))
    }

    /// All that decides the result.
    fn key(&self, model: &ModelInfo, files: &Files) -> Value {
        let request = self.request;
        let selection = request.reference_selection;
        let key = json!({
            "model": model.checksum,
            "settings": self.settings,
            "files": files,
            "chain": request.chain,
            "reference_selection": [json!(selection.stride), json!(selection.skip_ps), json!(selection.interval_ps)],
            "evaluation": request.evaluation,
            "replicas": request.replicas,
            "frames": request.frames,
            "start": request.start,
            "sample_skip_ps": request.sample_skip_ps,
        });
        // As it is read from a file again, where numbers may round in the last place.
        serde_json::from_str(&key.to_string()).unwrap_or(key)
    }

    fn failed(&self, sentence: String) -> CellResult {
        CellResult {
            settings: self.settings.clone(),
            network_calls: network_calls(self.settings, self.transport),
            cost: Cost::default(),
            quality: None,
            failure: Some(sentence),
        }
    }

    /// The result of an earlier run, if it is of the same.
    fn finished(&self, key: &Value) -> Option<CellResult> {
        let text = std::fs::read(self.folder().join("result.json")).ok()?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        (kept.of == *key).then_some(kept.cell)
    }

    fn keep(&self, key: &Value, cell: &CellResult) -> Result<(), String> {
        let path = self.folder().join("result.json");
        let cannot = |error: String| format!("{} cannot be written: {error}", path.display());
        let kept = Kept { of: key.clone(), cell: cell.clone() };
        let text = serde_json::to_vec_pretty(&kept).map_err(|error| cannot(error.to_string()))?;
        write_atomically(&path, &text).map_err(|error| cannot(error.to_string()))
    }

    /// Samples and evaluates; `None` when the job was stopped.
    fn make(
        &self,
        backend: &dyn ComputeBackend,
        judge: &Judge,
        starts: &Starts,
    ) -> Result<Option<CellResult>, String> {
        let Self { context, request, settings, .. } = *self;
        self.announce("sampling");
        let path = self.folder().join("samples").join("run.dcd");
        let order = SampleOrder {
            structure: judge.native(),
            starts_angstrom: starts,
            model: request.model.clone(),
            settings,
            replicas: request.replicas,
            frames: request.frames,
            device: &request.device,
            path: Path::new(&path),
            replace: request.replace,
        };
        let Some(samples) = sample(context, backend, &order)? else { return Ok(None) };
        self.announce("evaluating");
        let selection = Judge::sample_selection(request.start, request.sample_skip_ps);
        let Some(evaluation) = judge.judge(context, &samples.files, selection)? else { return Ok(None) };
        Ok(Some(CellResult {
            settings: settings.clone(),
            network_calls: network_calls(settings, self.transport),
            cost: samples.cost,
            quality: Some(quality(&evaluation)),
            failure: None,
        }))
    }

    fn announce(&self, doing: &'static str) {
        let stage = JobStage { item: cell_name(self.settings), number: self.number + 1, of: self.of, doing };
        self.context.post(Event::StageBegan { job: self.context.job, stage });
    }
}

fn quality(evaluation: &Evaluation) -> CellQuality {
    let comparison = &evaluation.comparison;
    let validity = &evaluation.samples.validity;
    CellQuality {
        mean: comparison.mean.plain,
        weighted_mean: comparison.mean.weighted,
        divergences: comparison.divergences.clone(),
        intact: validity.per_frame(validity.intact_frames),
        slowest: comparison.curves.iter().find(|curve| curve.quantity == Quantity::Tic1).cloned(),
    }
}
