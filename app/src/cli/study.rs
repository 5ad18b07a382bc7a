//! `equijump study`: quality against cost over a grid of sampling settings, and the fast preset.

use std::cell::RefCell;
use std::path::PathBuf;

use anyhow::{anyhow, bail, ensure};
use equijump_engine::analysis::evaluation::jumps::JumpSettings;
use equijump_engine::experiments::compare::Start;
use equijump_engine::experiments::study::{self as experiment, CellResult, StudyGrid, StudyRequest};
use equijump_engine::session::{DevicePreference, ModelSource, ReferenceFiles};
use equijump_engine::trajectory::{FrameSelection, file_crc32};
use equijump_engine::transport::presets::{
    DEFAULT_PRESET, FAST_PRESET, PRESETS_FILE, Preset, Presets, presets_path,
};
use equijump_engine::transport::{Integrator, SamplerSettings, Schedule};

use super::Ending;
use super::job::Jobs;
use super::method::Method;
use super::named;
use super::progress::counted;
use super::sampling::{model_source, presets_of};
use super::stages::StageDisplay;
use super::terminal;
use crate::figures::study::Baseline;
use crate::report::study::{self, StudyReport};
use crate::shared::clock::utc_now;

/// Share of intact frames below which a model is not worth a study.
const FEW_INTACT: f64 = 0.5;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The model: a file, or the name of a bundled one (chignolin).
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Its protein, and the native structure that RMSD, GDT and contacts refer to: a file, or the name of a
    /// bundled protein.
    #[arg(value_name = "STRUCTURE")]
    structure: PathBuf,
    /// PDB or mmCIF file with exactly the atoms of the reference trajectories, in their order.
    #[arg(long, value_name = "FILE")]
    topology: PathBuf,
    /// Reference trajectories (a folder or a pattern stands for all in it); held out from training, or the study flatters the model.
    #[arg(long, required = true, num_args = 1.., value_name = "TRAJECTORY")]
    reference: Vec<PathBuf>,
    /// Folder for samples, table and figures. What is there already is continued.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Noise strengths ε of the SDE, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = [0.3, 0.5, 1.0, 2.0], value_name = "EPSILON")]
    epsilon: Vec<f32>,
    /// Noise gains of the bridge, separated by commas [default: that of the model's default settings].
    #[arg(long, value_delimiter = ',', value_name = "GAIN")]
    noise_gain: Option<Vec<f32>>,
    /// Latent steps, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 20, 30, 50, 100], value_name = "STEPS")]
    latent_steps: Vec<u32>,
    /// Schedules of ε, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Schedule::Matched])]
    schedule: Vec<Schedule>,
    /// Integrators, separated by commas.
    #[arg(long = "sampler", value_enum, value_delimiter = ',', default_values_t = [Integrator::Sde])]
    integrators: Vec<Integrator>,
    /// Independent trajectories of each setting.
    #[arg(long, default_value_t = 16, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    replicas: u32,
    /// Frames of each, the start not counted.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: u64,
    /// Frames of the reference that single jumps of each setting start from.
    #[arg(long, default_value_t = 150, value_name = "N")]
    sources: usize,
    /// Jumps drawn from each of them.
    #[arg(long, default_value_t = 4, value_name = "M")]
    draws: usize,
    /// Where they start.
    #[arg(long, value_enum, default_value_t = Start::Reference)]
    start: Start,
    /// Where to compute, as `equijump simulate` has it; costs are those of this device.
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: DevicePreference,
    /// Time that molecular dynamics of this protein takes for one frame, s; accelerations are counted from it.
    /// Without it there are none: the paper's 3.6 s are of lambda, 80 residues in water, on an A100.
    #[arg(long, value_name = "S")]
    md_seconds: Option<f64>,
    /// What that molecular dynamics is: program, hardware, solvent.
    #[arg(long, requires = "md_seconds", default_value = "molecular dynamics", value_name = "NAME")]
    md_name: String,
    /// Make the setting whose motion comes closest to the reference the default preset.
    #[arg(long)]
    choose_default: bool,
    /// Do not write the presets beside the model, only into the folder.
    #[arg(long)]
    no_preset: bool,
    /// Replace what the folder holds that was made with other settings.
    #[arg(long)]
    force: bool,
    /// Chain of the protein, where the topology holds several.
    #[arg(long)]
    chain: Option<String>,
    /// Take every N-th frame of the reference.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    stride: u32,
    /// Leave out what happened before this time in each reference file, ps: equilibration.
    #[arg(long, default_value_t = 0.0, value_name = "PS")]
    skip_ps: f64,
    /// Leave out what happened before this time in each sample, ps.
    #[arg(long, default_value_t = 0.0, value_name = "PS")]
    sample_skip_ps: f64,
    /// Time between the frames of the reference files, ps; replaces what the files say.
    #[arg(long, value_name = "PS")]
    interval_ps: Option<f64>,
    /// Seed of sampling, clustering and resampling.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    method: Method,
}

pub(super) fn run(args: Args) -> anyhow::Result<Ending> {
    ensure!(
        args.md_seconds.is_none_or(|seconds| seconds.is_finite() && seconds > 0.0),
        "--md-seconds must be a positive time in seconds"
    );
    let model = model_source(&args.model)?;
    let presets = presets_of(&model).map_err(|error| anyhow!(error))?;
    let default = presets.get(DEFAULT_PRESET).map_err(|error| anyhow!(error))?;
    let request = StudyRequest {
        native: named::structure(&args.structure)?,
        model: model.clone(),
        reference: ReferenceFiles {
            topology: args.topology.clone(),
            chain: args.chain.clone(),
            trajectories: named::trajectories(&args.reference)?,
            selection: FrameSelection {
                stride: args.stride as usize,
                skip_ps: args.skip_ps,
                interval_ps: args.interval_ps,
            },
        },
        evaluation: args.method.settings(args.seed),
        jumps: JumpSettings {
            sources: args.sources,
            draws: args.draws,
            folded_below_angstrom: args.method.folded_below,
            unfolded_beyond_angstrom: args.method.unfolded_beyond,
            seed: args.seed,
            ..JumpSettings::default()
        },
        grid: StudyGrid {
            base: SamplerSettings { seed: args.seed, ..default.settings.clone() },
            integrators: args.integrators.clone(),
            schedules: args.schedule.clone(),
            epsilons: args.epsilon.clone(),
            noise_gains: args.noise_gain.clone().unwrap_or_else(|| vec![default.settings.noise_gain]),
            latent_steps: args.latent_steps.clone(),
        },
        replicas: args.replicas,
        frames: args.frames,
        start: args.start,
        sample_skip_ps: args.sample_skip_ps,
        device: args.device.clone(),
        out: args.out.clone(),
        replace: args.force,
    };
    let mut report = StudyReport {
        name: args.structure.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        command: terminal::command_line(),
        made: utc_now(),
        sampled: (args.replicas, args.frames),
        confidence: args.method.settings(0).confidence,
        baseline: args
            .md_seconds
            .map(|seconds_per_frame| Baseline { seconds_per_frame, name: args.md_name.clone() }),
        cells: Vec::new(),
    };
    let jobs = Jobs::start()?;
    let display = RefCell::new(StageDisplay::new());
    let mut done = |number: usize, of: usize, cell: CellResult| -> anyhow::Result<()> {
        let outcome = match (&cell.quality, &cell.failure) {
            (Some(quality), _) => format!("mean divergence {:.4}", quality.mean.samples.value),
            (None, failure) => format!("failed: {}", failure.as_deref().unwrap_or_default()),
        };
        display.borrow().line(&format!("{} of {of}: {outcome}", number + 1));
        report.cells.push(cell);
        study::write(&args.out, &report)?;
        Ok(())
    };
    let ending = jobs.experiment(
        |update| display.borrow_mut().update(update),
        |runner| {
            experiment::run(runner, &request, |number, of, cell| {
                done(number, of, cell).map_err(|error| super::job::halted(&error))
            })
        },
    )?;
    drop(display);
    let page = study::page_path(&args.out);
    if page.is_file() {
        terminal::result(page.display());
    }
    if ending == Ending::Interrupted {
        return Ok(ending);
    }
    keep_presets(&args, &model, presets, default, &report)?;
    let failed = report.cells.iter().filter(|cell| cell.failure.is_some()).count();
    if failed > 0 {
        bail!(
            "{failed} of {} failed; the table says why, and the same command tries again",
            counted(report.cells.len() as u64, "setting")
        );
    }
    Ok(ending)
}

/// Writes what was found, into the folder and beside the model.
fn keep_presets(
    args: &Args,
    model: &ModelSource,
    mut presets: Presets,
    default: Preset,
    report: &StudyReport,
) -> anyhow::Result<()> {
    let Some((settings, sentence)) = study::finding(report) else { return Ok(()) };
    let intact = report.cells.first().and_then(|cell| cell.quality.as_ref()).map_or(0.0, |q| q.intact);
    if intact < FEW_INTACT {
        terminal::remark(format_args!(
            "warning: with the default settings only {:.1} % of the frames are chemically intact: train the model longer before its settings are chosen",
            100.0 * intact
        ));
    }
    terminal::result(format_args!("fast preset: {sentence}"));
    let without_seed = |settings: SamplerSettings| SamplerSettings { seed: 0, ..settings };
    presets.0.insert(DEFAULT_PRESET.to_owned(), default);
    if let Some((settings, sentence)) = study::best_motion(report) {
        terminal::result(format_args!("closest motion: {sentence}"));
        if args.choose_default {
            let preset =
                Preset { settings: without_seed(settings), note: format!("{sentence}."), model_crc32: None };
            presets.0.insert(DEFAULT_PRESET.to_owned(), preset);
        }
    }
    presets.0.insert(
        FAST_PRESET.to_owned(),
        Preset { settings: without_seed(settings), note: format!("{sentence}."), model_crc32: None },
    );
    // A file can be replaced by another model; what is in the program cannot.
    if let ModelSource::File(path) = model {
        let crc32 = file_crc32(path).ok();
        presets.0.values_mut().for_each(|preset| preset.model_crc32 = crc32);
    }
    let mut places = vec![args.out.join(PRESETS_FILE)];
    match model {
        ModelSource::File(path) if !args.no_preset => places.push(presets_path(path)),
        _ => (),
    }
    for path in places {
        presets.save(&path).map_err(|error| anyhow!(error))?;
        terminal::result(path.display());
    }
    Ok(())
}
