//! `equijump evaluate --proteins`: many proteins, one report.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use equijump_engine::analysis::PaperResults;
use equijump_engine::analysis::evaluation::{Evaluation, EvaluationSettings};
use equijump_engine::session::{
    Drawing, EvaluationRequest, ExistingFiles, ModelSource, OpenRequest, ReferenceFiles, RunOutput, Simulate,
    SimulationRequest, SimulationUpdate, StartFrame, StructureSource, find_trajectories, read_starts,
    replica_path,
};
use equijump_engine::trajectory::{FrameSelection, TrajectoryReader};

use super::job::Jobs;
use super::jumps::JumpArgs;
use super::method::Method;
use super::named::{self, open, sequence_of};
use super::stages::StageDisplay;
use super::terminal;
use crate::report::Provenance;
use crate::report::proteins::{Outcome, ProteinResult};
use crate::shared::bundled;

/// Time between frames of the bundled models, ps: by it the trajectories of the model are as long as those of molecular
/// dynamics.
const JUMP_PS: f64 = 100.0;
/// Frames of a trajectory at least, so that a stretch of fluctuation fits into it.
const LEAST_FRAMES: u64 = 6;
/// The frame that a trajectory starts from was made by no model; less than any frame interval.
const START_ALONE_PS: f64 = 1e-6;
/// Name of a topology in the folder of a system.
const TOPOLOGY: &str = "top.pdb";
/// Name of a native structure there.
const NATIVE: &str = "native.pdb";

/// Flags of an evaluation of many proteins.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ProteinArgs {
    /// Evaluate many proteins, and write one report with a page for each: Tables 2, 3 and A.8 and Figures 5, 6 and 9 to
    /// 14 of the paper. Each folder in FOLDER is a system: top.pdb, the trajectories of molecular dynamics to judge by
    /// (best such as no model was trained on), and, if it is neither bundled nor top.pdb itself, the native structure
    /// in native.pdb. --samples names a folder with a folder of trajectories for each; where there is none, they are
    /// drawn there with the model, from the first frame of each trajectory of molecular dynamics and as long as those,
    /// and an interrupted command goes on.
    #[arg(long, group = "drawing", requires = "samples", value_name = "FOLDER",
        conflicts_with_all = ["topology", "native", "reference", "sample_topology", "chain", "jumps", "branches"])]
    proteins: Option<PathBuf>,
    /// Only these systems, by the names of their folders.
    #[arg(long, value_delimiter = ',', requires = "proteins", value_name = "NAME,NAME")]
    only: Vec<String>,
    /// Frames that the model draws for each trajectory; by default as many as make the median time of those of molecular
    /// dynamics.
    #[arg(long, requires = "proteins", value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,
    /// Trajectories that the model draws for each protein at most, spread evenly over those of molecular dynamics.
    #[arg(long, requires = "proteins", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    replicas: Option<u32>,
}

/// How all of them are read and evaluated.
pub(super) struct Protocol<'a> {
    pub reference: FrameSelection,
    pub samples: FrameSelection,
    pub method: &'a Method,
    pub drawing: &'a JumpArgs,
}

/// A folder with molecular dynamics of one protein.
struct System {
    name: String,
    topology: PathBuf,
    /// A native structure that lies there.
    native: Option<PathBuf>,
    reference: Vec<PathBuf>,
}

/// What a protein needs to be evaluated: its trajectories and which model made them.
struct Samples {
    files: Vec<PathBuf>,
    model: Option<ModelSource>,
}

impl ProteinArgs {
    /// Whether many proteins are to be evaluated.
    pub fn wanted(&self) -> bool {
        self.proteins.is_some()
    }

    /// Evaluates one system after the other; `None` if the user interrupted. `samples` is the folder of trajectories.
    pub fn test(
        &self,
        jobs: &Jobs,
        samples: &Path,
        protocol: &Protocol<'_>,
        provenance: &Provenance,
        given: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Option<Vec<ProteinResult>>> {
        let folder = self.proteins.as_deref().context("name the folder of the systems with --proteins")?;
        let systems = self.systems(folder)?;
        let mut results = Vec::new();
        for (number, system) in systems.iter().enumerate() {
            terminal::remark(format_args!("{} ({} of {})", system.name, number + 1, systems.len()));
            let sequence = sequence_of(&system.topology, None);
            let mut result = ProteinResult {
                name: system.name.clone(),
                sequence: sequence.clone(),
                model: None,
                trained_on: None,
                outcome: Outcome::Failed(String::new()),
                provenance: Provenance {
                    topology: system.topology.display().to_string(),
                    reference: texts(&system.reference),
                    ..provenance.clone()
                },
            };
            match self.evaluate(jobs, system, &sequence, samples, protocol, &mut result, &given) {
                Ok(Some(evaluation)) => result.outcome = Outcome::Evaluated(evaluation),
                Ok(None) => return Ok(None),
                // One protein that cannot be evaluated is no reason to lose the others.
                Err(error) => {
                    let sentence = error.to_string();
                    terminal::remark(format_args!("warning: {}: {sentence}", system.name));
                    result.outcome = Outcome::Failed(sentence);
                }
            }
            results.push(result);
        }
        if results.iter().all(|result| matches!(result.outcome, Outcome::Failed(_))) {
            bail!("none of the systems in {} could be evaluated; the warnings say why", folder.display());
        }
        Ok(Some(results))
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one protein of many, all of whose settings are theirs together"
    )]
    fn evaluate(
        &self,
        jobs: &Jobs,
        system: &System,
        sequence: &str,
        samples: &Path,
        protocol: &Protocol<'_>,
        result: &mut ProteinResult,
        given: &impl Fn(&str) -> bool,
    ) -> anyhow::Result<Option<Arc<Evaluation>>> {
        if sequence.is_empty() {
            bail!("{} holds no protein that can be read", system.topology.display());
        }
        let native = native_of(system, sequence);
        result.provenance.native = native.display_name();
        let lane = median_lane(&system.reference, protocol.reference)?;
        let place = samples.join(&system.name);
        let Some(samples) = self.samples(jobs, system, &place, &native, lane.time_ps, protocol, given)?
        else {
            return Ok(None);
        };
        result.provenance.samples = texts(&samples.files);
        result.model = samples.model.as_ref().map(ModelSource::display_name);
        result.trained_on = samples.model.as_ref().and_then(|model| bundled::trained_on(model, sequence));
        let mut settings = protocol.method.settings(protocol.drawing.sampler.seed);
        if !given("tica_lag_ps") {
            settings.tica.lag_ps = tica_lag_ps(&settings, &lane);
        }
        let request = EvaluationRequest {
            reference: ReferenceFiles {
                topology: system.topology.clone(),
                chain: None,
                trajectories: system.reference.clone(),
                selection: protocol.reference,
            },
            native,
            settings,
            samples: samples.files,
            sample_topology: None,
            sample_selection: FrameSelection {
                skip_ps: protocol.samples.skip_ps.max(START_ALONE_PS),
                ..protocol.samples
            },
        };
        let mut display = StageDisplay::new();
        Ok(jobs.run(request, |report| display.report(report))?.ok())
    }

    /// The trajectories that lie there, or what the model draws; `None` if the user interrupted.
    #[allow(clippy::too_many_arguments, reason = "as above")]
    fn samples(
        &self,
        jobs: &Jobs,
        system: &System,
        place: &Path,
        native: &StructureSource,
        lane_ps: f64,
        protocol: &Protocol<'_>,
        given: &impl Fn(&str) -> bool,
    ) -> anyhow::Result<Option<Samples>> {
        let run = place.join("run.dcd");
        // A folder without any is one in which drawing ended before its first frame.
        let own = [place.to_owned()];
        if !run.with_extension("json").exists() && place.is_dir() && find_trajectories(&own).is_ok() {
            let files = named::trajectories(&own)?;
            return Ok(Some(Samples { files, model: None }));
        }
        let request = OpenRequest { source: native.clone(), chain: None, longest_segment: false };
        let Some(structure) = open(jobs, request)? else { return Ok(None) };
        let Drawing { model, sampler: settings, device } =
            protocol.drawing.drawing(jobs, &structure.topology.sequence(), |flag| given(flag))?;
        let replicas = self.replicas.map_or(system.reference.len(), |most| most as usize);
        let replicas = replicas.min(system.reference.len());
        let starts: Vec<StartFrame> = (0..replicas)
            .map(|replica| {
                let path = system.reference[replica * system.reference.len() / replicas].clone();
                StartFrame { path, frame: 0 }
            })
            .collect();
        let starts_angstrom =
            read_starts(&structure, &starts, Some(&system.topology), None).map_err(|error| anyhow!(error))?;
        let frames = self.frames.unwrap_or((lane_ps / JUMP_PS).round() as u64).max(LEAST_FRAMES);
        fs::create_dir_all(place).with_context(|| format!("cannot make the folder {}", place.display()))?;
        let request = SimulationRequest {
            structure,
            starts_angstrom,
            model: model.clone(),
            settings,
            replicas: replicas as u32,
            shard: None,
            frames: Some(frames),
            device,
            output: Some(RunOutput { path: run.clone(), existing: ExistingFiles::Resume }),
            keep_history: false,
        };
        let mut display = StageDisplay::new();
        let ended = jobs.run(Simulate::new(request), |update| match update {
            SimulationUpdate::Started(run) if run.first_new_frame > 1 => {
                display.line(&format!("continues from frame {}", run.first_new_frame - 1));
            }
            SimulationUpdate::Report(report) => display.report(report),
            _ => (),
        })?;
        if ended.is_err() {
            return Ok(None);
        }
        let files = (0..replicas).map(|replica| replica_path(&run, replica, replicas)).collect();
        Ok(Some(Samples { files, model: Some(model) }))
    }

    /// The systems: those of the paper in its order, then the others by name.
    fn systems(&self, folder: &Path) -> anyhow::Result<Vec<System>> {
        let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let mut systems = Vec::new();
        for entry in entries {
            let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
                continue;
            };
            let topology = path.join(TOPOLOGY);
            let wanted = self.only.is_empty() || self.only.contains(&name);
            if !wanted || !topology.is_file() {
                continue;
            }
            let found = find_trajectories(std::slice::from_ref(&path)).map_err(|error| anyhow!(error))?;
            let native = Some(path.join(NATIVE)).filter(|native| native.is_file());
            systems.push(System { name, topology, native, reference: found.files });
        }
        if let Some(missing) = self.only.iter().find(|name| systems.iter().all(|s| s.name != **name)) {
            bail!("{} holds no folder {missing} with a {TOPOLOGY} in it", folder.display());
        }
        if systems.is_empty() {
            bail!(
                "{} holds no systems: each is a folder with a {TOPOLOGY} and trajectories in it",
                folder.display()
            );
        }
        let order = |name: &str| {
            let paper = PaperResults::bundled().map(|paper| &paper.proteins);
            paper.and_then(|proteins| proteins.iter().position(|p| p.name == name)).unwrap_or(usize::MAX)
        };
        systems.sort_by(|a, b| order(&a.name).cmp(&order(&b.name)).then_with(|| a.name.cmp(&b.name)));
        Ok(systems)
    }
}

/// How long trajectories are.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Lane {
    /// Median of their times, ps.
    time_ps: f64,
    /// Time between the frames that are taken, ps.
    interval_ps: f64,
}

/// Median length of the trajectories as far as they are taken.
fn median_lane(files: &[PathBuf], selection: FrameSelection) -> anyhow::Result<Lane> {
    let mut times = Vec::new();
    let mut interval_ps = None;
    for path in files {
        let reader = TrajectoryReader::open(path)?;
        let interval = selection.interval_ps.or_else(|| reader.interval_ps());
        let interval = interval.ok_or_else(|| {
            anyhow!(
                "{} does not say how far apart its frames are in time; give it with --interval-ps",
                path.display()
            )
        })?;
        interval_ps.get_or_insert(interval * selection.stride as f64);
        times.push(reader.frame_count().saturating_sub(1) as f64 * interval - selection.skip_ps);
    }
    times.sort_by(f64::total_cmp);
    let time_ps = times.get(times.len() / 2).copied().unwrap_or(0.0);
    match interval_ps {
        Some(interval_ps) if time_ps > 0.0 => Ok(Lane { time_ps, interval_ps }),
        _ => bail!("its trajectories hold no frames but those that are left out"),
    }
}

/// The lag of TICA that was asked for, or a third of the median trajectory where that is shorter, in whole frames.
fn tica_lag_ps(settings: &EvaluationSettings, lane: &Lane) -> f64 {
    let most = (lane.time_ps / 3.0 / lane.interval_ps).floor().max(1.0) * lane.interval_ps;
    settings.tica.lag_ps.min(most)
}

/// The structure that lies there, the bundled one of that sequence, or the topology itself.
fn native_of(system: &System, sequence: &str) -> StructureSource {
    if let Some(native) = &system.native {
        return StructureSource::File(native.clone());
    }
    bundled::structure_of(sequence).unwrap_or_else(|| StructureSource::File(system.topology.clone()))
}

fn texts(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.display().to_string()).collect()
}

/// What all of them share of how the report came about.
pub(super) fn provenance(made: String) -> Provenance {
    Provenance {
        command: terminal::command_line(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made,
        topology: String::new(),
        native: String::new(),
        reference: Vec::new(),
        samples: Vec::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_of_tica_fits_into_short_trajectories() {
        let settings = EvaluationSettings::default();
        let lag = |time_ps, interval_ps| tica_lag_ps(&settings, &Lane { time_ps, interval_ps });
        assert_eq!(lag(20_000.0, 20.0), 2000.0);
        assert_eq!(lag(750.0, 50.0), 250.0);
        assert_eq!(lag(100.0, 50.0), 50.0);
    }

    #[test]
    fn systems_come_in_the_order_of_the_paper() {
        let place = tempfile::tempdir().unwrap();
        let asset = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/md/pep_fc07");
        for name in ["villin", "aaa", "trpcage"] {
            let folder = place.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::copy(asset.join("top.pdb"), folder.join(TOPOLOGY)).unwrap();
            fs::copy(asset.join("traj_00.xtc"), folder.join("traj_00.xtc")).unwrap();
        }
        fs::create_dir(place.path().join("scripts")).unwrap();
        let args = |only: &[&str]| ProteinArgs {
            proteins: None,
            only: only.iter().map(|&name| name.to_owned()).collect(),
            frames: None,
            replicas: None,
        };
        let names = |only: &[&str]| -> Vec<String> {
            args(only).systems(place.path()).unwrap().into_iter().map(|system| system.name).collect()
        };
        assert_eq!(names(&[]), ["trpcage", "villin", "aaa"]);
        assert_eq!(names(&["aaa"]), ["aaa"]);
        assert!(args(&["scripts"]).systems(place.path()).is_err());
        // 4 frames, 20 ps apart: its README.
        let system = args(&["aaa"]).systems(place.path()).unwrap().remove(0);
        let lane = median_lane(&system.reference, FrameSelection::default()).unwrap();
        assert_eq!(lane, Lane { time_ps: 60.0, interval_ps: 20.0 });
    }
}
