//! Making the study.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::grid::cell_name;
use super::{CellQuality, CellResult, MotionRow, StudyRequest};
use crate::analysis::evaluation::jumps::{JumpMeasure, JumpReference, JumpReport};
use crate::analysis::evaluation::kinetics::KineticMeasure;
use crate::analysis::evaluation::{Evaluation, Interval, Quantity};
use crate::atomic_file::write_atomically;
use crate::experiments::cost::Cost;
use crate::experiments::reference::ReadReference;
use crate::experiments::sampling::{SampleOrder, sample};
use crate::experiments::{ExperimentStage, Runner};
use crate::file_error::FileError;
use crate::network::Transport;
use crate::regular_file::{self, LONGEST_TEXT_BYTES};
use crate::run_lock::lock_folder;
use crate::session::jobs::evaluate::{observed, open_protein, open_reference};
use crate::session::jobs::jumps;
use crate::session::{
    DevicePreference, Halt, JobContext, LoadModel, LoadedModel, ReferenceFiles, Report, SamplerOrder,
    StructureSource,
};
use crate::trajectory::checksum;
use crate::transport::SamplerSettings;
use crate::transport::latent_moves::network_calls;

/// Measures of single jumps of the whole chain that settings are chosen by.
const JUMP_MEASURES: [JumpMeasure; 6] = [
    JumpMeasure::Motion975,
    JumpMeasure::FoldedMotion975,
    JumpMeasure::Unfolding,
    JumpMeasure::Folding,
    JumpMeasure::DistanceEnergy,
    JumpMeasure::TorsionEnergy,
];
/// Share of the pairs of the reference that a residue must have φ > 0 in to be among them.
const JUMP_SHARE: f64 = 0.02;

/// Makes the study, and hands over each cell with its number, from 0, and their count; the default settings come
/// first. It finishes however many cells fail; their results say why.
///
/// # Errors
/// [`Halt::Cancelled`], or a failure: a model or a reference that cannot be used, or what `done` says.
pub fn run(
    runner: &Runner<'_>,
    request: &StudyRequest,
    mut done: impl FnMut(usize, usize, CellResult) -> Result<(), Halt>,
) -> Result<(), Halt> {
    let model = runner.run(LoadModel(request.model.clone()), |report| runner.report(report))?;
    let cells = request.grid.cells(model.config.transport)?;
    let _lock = lock_folder(&request.out)?;
    runner.began(ExperimentStage::alone("preparing the reference"));
    let of = request.clone();
    let prepared = runner.work(move |context| prepare(context, &of))?;
    let files = Files::of(request);
    for (number, settings) in cells.iter().enumerate() {
        let transport = model.config.transport;
        let task = Cell { runner, request, settings, transport, number, of: cells.len() };
        let key = task.key(&model, &files);
        let cell = match task.finished(&key) {
            Some(cell) => cell,
            None => match task.make(&prepared) {
                Ok(cell) => {
                    task.keep(&key, &cell)?;
                    cell
                }
                Err(Halt::Cancelled) => return Err(Halt::Cancelled),
                Err(Halt::Failed(error)) => task.failed(error.what),
            },
        };
        done(number, cells.len(), cell)?;
    }
    Ok(())
}

/// What all cells are judged by.
struct Prepared {
    reference: Arc<ReadReference>,
    jumps: Arc<JumpReference>,
    starts: Vec<Arc<Vec<[f32; 3]>>>,
}

fn prepare(context: &JobContext<'_, Report>, request: &StudyRequest) -> Result<Prepared, Halt> {
    let mut evaluation = request.evaluation.clone();
    let (protein, map) = open_protein(&request.reference, &request.native)?;
    // The lag of the Markov models must suit the frames that the model makes.
    let sampler = context.backend().prepare_sampler(SamplerOrder {
        model: &request.model,
        topology: &map.topology,
        settings: &request.grid.base,
        replicas: 1,
        device: &DevicePreference::Cpu,
    })?;
    let lag_ps = sampler.sampler.frame_interval_ps();
    evaluation.markov_lag_step_ps = lag_ps;
    let reference = ReadReference::prepare(context, (&request.reference, &request.native), evaluation)?;
    let mut frames = open_reference(&map, &request.reference)?;
    let jumps = observed(context, |progress| {
        JumpReference::read(protein, &mut frames, lag_ps, request.jumps.clone(), progress)
    })?;
    let starts = reference.starts(request.start)?;
    Ok(Prepared { reference: Arc::new(reference), jumps: Arc::new(jumps), starts })
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
        let reference = request.reference.trajectories.iter().map(|path| file(path)).collect();
        Self { topology: file(&request.reference.topology), native, reference }
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
    runner: &'a Runner<'a>,
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
    fn key(&self, model: &LoadedModel, files: &Files) -> Value {
        let request = self.request;
        let ReferenceFiles { chain, selection, .. } = &request.reference;
        let key = json!({
            "model": model.checksum.rsplit('/').next(),
            "settings": self.settings,
            "files": files,
            "chain": chain,
            "reference_selection": [json!(selection.stride), json!(selection.skip_ps), json!(selection.interval_ps)],
            "evaluation": request.evaluation,
            "jumps": request.jumps,
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
        let text = regular_file::read(&self.folder().join("result.json"), LONGEST_TEXT_BYTES).ok()?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        (kept.of == *key).then_some(kept.cell)
    }

    fn keep(&self, key: &Value, cell: &CellResult) -> Result<(), FileError> {
        let path = self.folder().join("result.json");
        let kept = Kept { of: key.clone(), cell: cell.clone() };
        let text = serde_json::to_vec_pretty(&kept).map_err(FileError::write(&path))?;
        write_atomically(&path, &text).map_err(FileError::write(&path))
    }

    /// Samples and evaluates.
    fn make(&self, Prepared { reference, jumps, starts }: &Prepared) -> Result<CellResult, Halt> {
        let Self { runner, request, settings, .. } = *self;
        self.announce("sampling");
        let path = self.folder().join("samples").join("run.dcd");
        let order = SampleOrder {
            structure: reference.native(),
            starts_angstrom: starts,
            model: request.model.clone(),
            settings,
            replicas: request.replicas,
            frames: request.frames,
            device: &request.device,
            path: Path::new(&path),
            replace: request.replace,
        };
        let samples = sample(runner, &order)?;
        self.announce("evaluating");
        let selection = ReadReference::sample_selection(request.start, request.sample_skip_ps);
        let (own, files) = (reference.clone(), samples.files);
        let evaluation = runner.work(move |context| own.evaluate(context, &files, selection))?;
        self.announce("drawing jumps");
        let (of, settings, reference, jumps) =
            (request.clone(), settings.clone(), reference.clone(), jumps.clone());
        let tested = runner.work(move |context| {
            let mut prepared = context.backend().prepare_sampler(SamplerOrder {
                model: &of.model,
                topology: &reference.native().topology,
                settings: &settings,
                replicas: of.replicas as usize,
                device: &of.device,
            })?;
            jumps::test(context, prepared.sampler.as_mut(), &jumps, of.jumps.draws)
        })?;
        Ok(CellResult {
            settings: self.settings.clone(),
            network_calls: network_calls(self.settings, self.transport),
            cost: samples.cost,
            quality: Some(quality(&evaluation, &tested)),
            failure: None,
        })
    }

    fn announce(&self, doing: &'static str) {
        let item = cell_name(self.settings);
        self.runner.began(ExperimentStage { item, number: self.number + 1, of: self.of, doing });
    }
}

fn quality(evaluation: &Evaluation, jumps: &JumpReport) -> CellQuality {
    let scores = &evaluation.scores;
    let validity = &evaluation.samples.validity;
    CellQuality {
        mean: scores.mean.plain,
        weighted_mean: scores.mean.weighted,
        divergences: scores.divergences.clone(),
        intact: validity.per_frame(validity.intact_frames),
        slowest: scores.curves.iter().find(|curve| curve.quantity == Quantity::Tic1).cloned(),
        motion: motion(evaluation, jumps),
    }
}

/// What tells how chains move, of both tests; what the data do not support is left out.
fn motion(evaluation: &Evaluation, jumps: &JumpReport) -> Vec<MotionRow> {
    let rates = evaluation.kinetics.iter().flat_map(|kinetics| &kinetics.rows).filter_map(|row| {
        let told = [KineticMeasure::UnfoldingRate, KineticMeasure::FoldingRate].contains(&row.measure);
        let (reference, samples) = (row.reference.filter(|_| told)?, row.samples?);
        Some(MotionRow { name: row.measure.label(), reference: reference.value, samples })
    });
    let enough = JUMP_SHARE * jumps.reference_pairs as f64;
    let single = jumps.rows.iter().filter(|row| match row.measure {
        JumpMeasure::PhiPositiveKept => row.reference_pairs as f64 >= enough,
        measure => JUMP_MEASURES.contains(&measure) && row.residue.is_none(),
    });
    let single = single.map(|row| {
        let of = row.residue.and_then(|residue| jumps.residue_labels.get(residue));
        let residue = of.map(|label| format!(", {label}")).unwrap_or_default();
        MotionRow {
            name: format!("{}{residue}", row.measure.label()),
            reference: row.reference.value,
            samples: row.model,
        }
    });
    // Numbers that files cannot hold would be read again as none.
    let finite = |row: &MotionRow| {
        let Interval { value, low, high } = row.samples;
        [row.reference, value, low, high].iter().all(|number| number.is_finite())
    };
    rates.chain(single).filter(finite).collect()
}
