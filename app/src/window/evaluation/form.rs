//! What the user fills in before an evaluation.

use std::path::{Path, PathBuf};

use equijump_engine::analysis::evaluation::EvaluationSettings;
use equijump_engine::session::{
    EvaluationRequest, ReferenceFiles, StructureSource, beside, structure_beside,
};
use equijump_engine::trajectory::FrameSelection;
use serde::{Deserialize, Serialize};

use crate::shared::bundled;
use crate::window::project::Project;
use crate::window::runs::Origin;
use crate::window::runs::Run;

/// What RMSD, GDT and native contacts refer to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NativeChoice {
    /// The structure that is open.
    #[default]
    Opened,
    /// A file.
    File,
}

/// What is evaluated against the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SampleChoice {
    /// The run in the window.
    #[default]
    Run,
    /// Files.
    Files,
}

/// Which frames of some files.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FrameChoice {
    /// Every how many frames one is taken.
    pub stride: usize,
    /// Time left out at the start of each file, ps.
    pub skip_ps: f64,
    /// Whether the user gives the time between frames.
    pub interval_given: bool,
    /// Time between frames, ps, if so.
    pub interval_ps: f64,
}

impl Default for FrameChoice {
    fn default() -> Self {
        Self { stride: 1, skip_ps: 0.0, interval_given: false, interval_ps: 100.0 }
    }
}

impl FrameChoice {
    fn frames(&self) -> FrameSelection {
        FrameSelection {
            stride: self.stride.max(1),
            skip_ps: self.skip_ps,
            interval_ps: self.interval_given.then_some(self.interval_ps),
        }
    }
}

/// The file with the atoms that was written with a run; `None` where its frames are in no file yet.
pub(super) fn topology_of_run(run: &Run) -> Option<PathBuf> {
    let outputs = &run.info.as_ref()?.outputs;
    let output = run.request.as_ref().and_then(|request| request.output.as_ref()).map(|output| &output.path);
    let recorded = match &run.origin {
        Origin::Opened { recorded, .. } => recorded.as_ref().map(|recorded| &recorded.output),
        Origin::Made => None,
    };
    let beside_of = output.or(recorded).filter(|_| !outputs.is_empty())?;
    Some(beside(beside_of, "_topology.pdb")).filter(|path| path.is_file())
}

/// The form of the evaluation pane, kept between sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvaluationForm {
    /// Atoms of the reference trajectories; empty for the file of the open structure.
    pub topology: String,
    /// Chain, where files hold several.
    pub chain: String,
    /// What RMSD refers to.
    pub native: NativeChoice,
    /// The file, if it is one.
    pub native_file: String,
    /// A run of the window that stands for the reference trajectories, by its number.
    #[serde(skip)]
    pub reference_run: Option<u32>,
    /// Reference trajectories.
    pub reference: Vec<PathBuf>,
    /// A path being typed, to become one of them.
    #[serde(skip)]
    pub typed_reference: String,
    /// Which of their frames.
    pub reference_frames: FrameChoice,
    /// What is compared.
    pub samples: SampleChoice,
    /// The files, if these are compared.
    pub sample_files: Vec<PathBuf>,
    /// A path being typed, to become one of them.
    #[serde(skip)]
    pub typed_sample: String,
    /// Atoms of the sample files; empty for what lies beside them, or the reference's.
    pub sample_topology: String,
    /// Which of the samples' frames.
    pub sample_frames: FrameChoice,
    /// How they are compared.
    pub settings: EvaluationSettings,
    /// Folder for the report.
    pub folder: String,
    /// Replace the report that is there; never after a restart.
    #[serde(skip)]
    pub replace: bool,
    /// The trajectory beside which a topology was looked for last.
    #[serde(skip)]
    looked_beside: Option<PathBuf>,
}

impl EvaluationForm {
    /// Fills in the topology that lies beside the first reference trajectory, once for each.
    pub(in crate::window) fn look_beside(&mut self) {
        let first = self.reference.first();
        if first == self.looked_beside.as_ref() {
            return;
        }
        self.looked_beside = first.cloned();
        if let Some(first) = first.filter(|_| self.topology.trim().is_empty())
            && let Some(found) = structure_beside(first)
        {
            self.topology = found.display().to_string();
        }
    }

    /// The file with the atoms of the reference: the one given, else that of the open structure.
    pub fn topology_path(&self, project: &Project) -> Option<PathBuf> {
        if let Some(run) = self.reference_run.and_then(|number| project.run_of_number(number)) {
            return topology_of_run(run);
        }
        let given = self.topology.trim();
        if !given.is_empty() {
            return Some(PathBuf::from(given));
        }
        project.opened.as_ref().and_then(|opened| opened.structure.path.clone())
    }

    /// The native structure.
    pub(super) fn native_source(&self, project: &Project) -> Option<StructureSource> {
        match self.native {
            NativeChoice::File => {
                let path = self.native_file.trim();
                (!path.is_empty()).then(|| StructureSource::File(PathBuf::from(path)))
            }
            NativeChoice::Opened => {
                let structure = &project.opened.as_ref()?.structure;
                match &structure.path {
                    Some(path) => Some(StructureSource::File(path.clone())),
                    None => bundled::structure(&structure.topology.name),
                }
            }
        }
    }

    /// What is missing, as advice.
    pub fn missing(&self, project: &Project) -> Option<&'static str> {
        if let Some(missing) = self.missing_of_reference(project) {
            return Some(missing);
        }
        match self.samples {
            SampleChoice::Run if project.frame_count() < 2 || project.run.is_none() => {
                Some("Simulate to have samples, or choose files of an earlier run.")
            }
            SampleChoice::Files if self.sample_files.is_empty() => {
                Some("Add sample trajectories, written by this program or any other.")
            }
            _ => None,
        }
    }

    /// What is missing of the reference alone, as advice.
    pub fn missing_of_reference(&self, project: &Project) -> Option<&'static str> {
        if let Some(number) = self.reference_run {
            if project.run_of_number(number).is_none_or(|run| run.frames < 2) {
                return Some("The run that was the reference is gone; use trajectories instead.");
            }
        } else if self.reference.is_empty() {
            return Some("Add reference trajectories: molecular dynamics of the protein.");
        } else if self.topology_path(project).is_none() {
            return Some(
                "Choose the topology, a PDB or mmCIF file with the atoms of the reference trajectories.",
            );
        }
        if self.native_source(project).is_none() {
            return Some("Open the native structure, or choose its file.");
        }
        None
    }

    /// The reference in these files.
    pub(super) fn reference(&self, topology: PathBuf, trajectories: Vec<PathBuf>) -> ReferenceFiles {
        let chain = given(&self.chain).filter(|_| self.reference_run.is_none());
        ReferenceFiles { topology, chain, trajectories, selection: self.reference_frames.frames() }
    }

    /// The reference where it is in files already.
    pub(in crate::window) fn reference_in_files(&self, project: &Project) -> Option<ReferenceFiles> {
        let files = match self.reference_run {
            None => self.reference.clone(),
            Some(number) => project.run_of_number(number)?.info.as_ref()?.outputs.clone(),
        };
        Some(self.reference(self.topology_path(project)?, files)).filter(|it| !it.trajectories.is_empty())
    }

    /// What the engine is asked; `samples` are the files to judge.
    pub(super) fn request(
        &self,
        project: &Project,
        reference: ReferenceFiles,
        samples: Vec<PathBuf>,
    ) -> Option<EvaluationRequest> {
        let of_files = self.samples == SampleChoice::Files;
        Some(EvaluationRequest {
            reference,
            native: self.native_source(project)?,
            samples,
            sample_topology: given(&self.sample_topology).filter(|_| of_files).map(PathBuf::from),
            sample_selection: self.sample_frames.frames(),
            settings: self.settings.clone(),
        })
    }
}

/// What a field holds, if anything.
fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The command that does the same without a window, quoted where a shell needs it.
pub(super) fn command_of(request: &EvaluationRequest, native: &str) -> String {
    let mut words = vec!["equijump".to_owned(), "evaluate".to_owned()];
    let mut flag = |name: &str, values: Vec<String>| {
        words.push(format!("--{name}"));
        words.extend(values.iter().map(|value| quoted(value)));
    };
    let path = |path: &Path| path.display().to_string();
    let reference = &request.reference;
    flag("topology", vec![path(&reference.topology)]);
    flag("native", vec![native.to_owned()]);
    flag("reference", reference.trajectories.iter().map(|file| path(file)).collect());
    flag("samples", request.samples.iter().map(|file| path(file)).collect());
    if let Some(file) = &request.sample_topology {
        flag("sample-topology", vec![path(file)]);
    }
    if let Some(chain) = &reference.chain {
        flag("chain", vec![chain.clone()]);
    }
    for (prefix, selection) in [("", &reference.selection), ("sample-", &request.sample_selection)] {
        if selection.skip_ps > 0.0 {
            flag(&format!("{prefix}skip-ps"), vec![selection.skip_ps.to_string()]);
        }
        if let Some(interval) = selection.interval_ps {
            flag(&format!("{prefix}interval-ps"), vec![interval.to_string()]);
        }
        if selection.stride > 1 {
            flag(&format!("{prefix}stride"), vec![selection.stride.to_string()]);
        }
    }
    let (settings, defaults) = (&request.settings, EvaluationSettings::default());
    if settings.tica.lag_ps != defaults.tica.lag_ps {
        flag("tica-lag-ps", vec![settings.tica.lag_ps.to_string()]);
    }
    if let Some(lag) = settings.markov_lag_ps {
        flag("lag-ps", vec![lag.to_string()]);
    }
    if settings.clusters != defaults.clusters {
        flag("clusters", vec![settings.clusters.to_string()]);
    }
    if settings.estimator != defaults.estimator {
        flag("estimator", vec!["plain".to_owned()]);
    }
    if settings.folded_below_angstrom != defaults.folded_below_angstrom {
        flag("folded-below", vec![settings.folded_below_angstrom.to_string()]);
    }
    if settings.unfolded_beyond_angstrom != defaults.unfolded_beyond_angstrom {
        flag("unfolded-beyond", vec![settings.unfolded_beyond_angstrom.to_string()]);
    }
    if settings.bootstrap != defaults.bootstrap {
        flag("bootstrap", vec![settings.bootstrap.to_string()]);
    }
    if settings.confidence != defaults.confidence {
        flag("confidence", vec![settings.confidence.to_string()]);
    }
    if settings.seed != defaults.seed {
        flag("seed", vec![settings.seed.to_string()]);
    }
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+,:@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
