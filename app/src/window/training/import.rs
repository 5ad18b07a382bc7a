//! Import of trajectories into a training store: the form, and what came of it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use equijump_engine::session::{ImportReport, ImportRequest};

use super::example_data::{self, ExampleData};
use crate::window::running::Running;
use crate::window::typed_paths::topology_beside;

/// What the user fills in.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportForm {
    /// PDB or mmCIF file with the atoms of the trajectories.
    pub topology: String,
    /// Trajectories.
    pub trajectories: Vec<PathBuf>,
    /// A path being typed, to become one of the trajectories.
    pub typed: String,
    /// Every how many frames one is taken.
    pub stride: usize,
    /// Time left out at the start of each file, ps.
    pub skip_ps: f64,
    /// Whether the user gives the time between frames.
    pub interval_given: bool,
    /// Time between frames, ps, if so.
    pub interval_ps: f64,
    /// The trajectories are in equilibrium.
    pub in_equilibrium: bool,
    /// A model made them.
    pub made_by_model: bool,
    /// Chain, where the topology has several.
    pub chain: String,
    /// Store to write.
    pub output: String,
    /// Replace the store that is there.
    pub replace: bool,
}

impl Default for ImportForm {
    fn default() -> Self {
        let defaults = ImportRequest::default();
        Self {
            topology: String::new(),
            trajectories: Vec::new(),
            typed: String::new(),
            stride: defaults.stride,
            skip_ps: defaults.skip_ps,
            interval_given: false,
            interval_ps: 100.0,
            in_equilibrium: defaults.in_equilibrium,
            made_by_model: defaults.made_by_model,
            chain: String::new(),
            output: String::new(),
            replace: false,
        }
    }
}

impl ImportForm {
    /// What is missing, as advice.
    pub fn missing(&self) -> Option<&'static str> {
        if self.topology.trim().is_empty() {
            return Some("Choose the topology, a PDB or mmCIF file with the atoms of the trajectories.");
        }
        if self.trajectories.is_empty() {
            return Some("Add trajectories: XTC, DCD or multi-model PDB.");
        }
        self.output.trim().is_empty().then_some("Choose a file for the store.")
    }

    /// Takes the structure that lies beside the first trajectory for the topology, unless one was chosen.
    pub fn propose_topology(&mut self) {
        if !self.topology.trim().is_empty() {
            return;
        }
        let found = self.trajectories.first().and_then(|first| topology_beside(first));
        self.topology = found.map(|path| path.display().to_string()).unwrap_or_default();
    }

    /// Fills in data that came with the program; the store goes into `folder`.
    pub fn take_example(&mut self, example: &ExampleData, folder: &Path) {
        let request = example.request(folder);
        *self = Self {
            topology: request.topology.display().to_string(),
            trajectories: request.trajectories,
            output: request.output.display().to_string(),
            in_equilibrium: request.in_equilibrium,
            skip_ps: request.skip_ps,
            ..Self::default()
        };
    }

    /// Proposes a store beside the first trajectory, unless one was chosen.
    pub fn propose_output(&mut self) {
        let topology = Path::new(self.topology.trim());
        if !self.output.trim().is_empty() || topology.as_os_str().is_empty() {
            return;
        }
        let Some(first) = self.trajectories.first() else { return };
        let stem = topology.file_stem().map_or("protein".into(), |stem| stem.to_string_lossy());
        self.output = first.with_file_name(format!("{stem}.store.safetensors")).display().to_string();
    }

    /// What the engine is asked to do.
    pub fn request(&self) -> ImportRequest {
        let chain = self.chain.trim();
        ImportRequest {
            topology: PathBuf::from(self.topology.trim()),
            chain: (!chain.is_empty()).then(|| chain.to_owned()),
            longest_segment: false,
            trajectories: self.trajectories.clone(),
            stride: self.stride.max(1),
            skip_ps: self.skip_ps,
            interval_ps: self.interval_given.then_some(self.interval_ps),
            in_equilibrium: self.in_equilibrium,
            made_by_model: self.made_by_model,
            output: PathBuf::from(self.output.trim()),
            overwrite: self.replace,
        }
    }
}

/// An import that goes on.
#[derive(Debug)]
pub struct ImportJob {
    /// The job.
    pub job: Running<ImportRequest>,
    /// Store it writes.
    pub output: PathBuf,
}

/// Imports that follow one another, of which the first goes on.
#[derive(Debug, Default)]
pub struct ImportQueue {
    /// Those to come.
    pub waiting: VecDeque<ImportRequest>,
    /// How many there were at first.
    pub total: usize,
    /// How many came to an end.
    pub done: usize,
    /// How many of them failed.
    pub failed: usize,
}

/// Import of trajectories.
#[derive(Debug)]
pub struct ImportState {
    /// Data that came with the program.
    pub examples: Vec<ExampleData>,
    /// What the user filled in.
    pub form: ImportForm,
    /// The import that goes on.
    pub running: Option<ImportJob>,
    /// Imports of several systems at once.
    pub queue: Option<ImportQueue>,
    /// What the last one stored.
    pub report: Option<(PathBuf, ImportReport)>,
    /// Why the last one failed.
    pub error: Option<String>,
    /// Trajectories came in from outside the form, which is to be seen.
    pub unfold: bool,
}

impl Default for ImportState {
    fn default() -> Self {
        Self {
            examples: example_data::shipped(),
            form: ImportForm::default(),
            running: None,
            queue: None,
            report: None,
            error: None,
            unfold: false,
        }
    }
}
