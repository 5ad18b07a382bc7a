//! Starting a run, going on with one, holding it; and what stands in the way.

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::session::{ModelSource, Simulate, SimulationRequest, TrajectoryRequest};
use equijump_engine::transport::SamplerSettings;

use super::EquiJumpApp;
use crate::window::action::Action;
use crate::window::dialogs::Dialog;
use crate::window::dialogs::hindrance::Hindrance;
use crate::window::file_dialogs::{FileRequest, Purpose};
use crate::window::log::Level;
use crate::window::models::{ModelFacts, ModelState};
use crate::window::preferences::{LiveOutput, OutputProblem, StartFrom};
use crate::window::runs::{Origin, Starting};
use crate::window::runs::{Phase, Run};

/// Models inside the binary are told apart by their names, not by millions of weights.
fn same_model(one: &ModelSource, other: &ModelSource) -> bool {
    match (one, other) {
        (ModelSource::Bundled { name, .. }, ModelSource::Bundled { name: other, .. }) => name == other,
        (ModelSource::File(path), ModelSource::File(other)) => path == other,
        _ => false,
    }
}

impl EquiJumpApp {
    /// Starts a run from the structure or the frame shown.
    pub(in crate::window) fn simulate(&mut self) {
        let (Some(opened), Some(model)) = (&self.project.opened, self.model.source()) else { return };
        if self.project.is_running() {
            return;
        }
        let settings = &self.preferences.run;
        let mut opened = opened.clone();
        let mut structure = opened.structure.clone();
        let mut start = "the start structure".to_owned();
        let mut frame = 0;
        if let (StartFrom::FrameShown, Some(shown)) = (settings.start_from, &self.project.shown) {
            structure.positions_angstrom = shown.positions.clone();
            start = format!("frame {}", shown.frame);
            frame = shown.frame;
        }
        if self.project.run.as_ref().is_some_and(|run| !run.is_of_this_program()) {
            // What the model makes does not bear the name of the trajectory that it starts from.
            let mut topology = (*structure.topology).clone();
            topology.name = format!("{}-from-frame-{frame}", topology.name);
            structure.topology = Arc::new(topology);
            opened.structure.topology = structure.topology.clone();
        }
        let output = settings.output.request();
        let frames = (!settings.until_stopped).then_some(settings.frames);
        let repeated = self.run_with_same_frames();
        let request = SimulationRequest {
            structure,
            starts_angstrom: Vec::new(),
            model,
            settings: self.sampler_settings(),
            replicas: settings.replicas,
            shard: None,
            frames,
            device: settings.device.clone(),
            output,
            keep_history: true,
        };
        let note = format!(
            "Simulating {} from {start}: {} latent steps, seed {}.",
            opened.structure.topology.name, settings.sampler.latent_steps, settings.sampler.seed
        );
        self.log.note(Level::Info, note);
        if let Some(number) = repeated {
            let sentence = format!(
                "This run has the seed and the settings of run {number} and makes the same frames: take a new seed for others."
            );
            self.log.tell(Level::Warning, sentence);
        }
        let job = self.session.start(Simulate::new(request.clone()));
        let mut run = Run::new(job, self.project.next_number(), Box::new(request));
        run.model = Some(self.model.facts());
        // What is on view stays until the run has begun.
        self.project.starting = Some(Starting { run, opened, extends: false });
    }

    /// The run whose frames the next run would make once more: its start, model, settings and seed are the same.
    pub(in crate::window) fn run_with_same_frames(&self) -> Option<u32> {
        let opened = self.project.opened.as_ref()?;
        let (model, settings) = (self.model.source()?, self.sampler_settings());
        let shown = self.project.shown.as_ref();
        let start = match (self.preferences.run.start_from, shown) {
            (StartFrom::FrameShown, Some(shown)) => &shown.positions,
            _ => &opened.structure.positions_angstrom,
        };
        let same = |run: &&Run| {
            run.request.as_ref().is_some_and(|made| {
                made.settings == settings
                    && same_model(&made.model, &model)
                    && made.starts_angstrom.is_empty()
                    && made.structure.topology == opened.structure.topology
                    && made.structure.positions_angstrom == *start
            })
        };
        self.project.runs().into_iter().find(same).map(|run| run.number)
    }

    /// Settings of the sampler for the model in use.
    pub(in crate::window) fn sampler_settings(&self) -> SamplerSettings {
        let settings = self.preferences.run.sampler.clone();
        match &self.model.state {
            // What was set for another model and is not shown for this one must not stop the run.
            ModelState::Loaded(info) => settings.fitting(info.config.transport),
            _ => settings,
        }
    }

    /// What must be settled before a run starts: where it writes its file, if it writes one.
    pub(in crate::window) fn hindrance(&self) -> Option<Hindrance> {
        let output = &self.preferences.run.output;
        let replicas = self.preferences.run.replicas as usize;
        let problem = output.problem(replicas)?;
        let browse = Action::Browse(FileRequest {
            purpose: Purpose::RunOutput,
            suggestion: if output.path.trim().is_empty() {
                self.proposal("run", "dcd")
            } else {
                PathBuf::from(output.path.trim())
            },
        });
        let without = Action::SimulateWriting(LiveOutput { enabled: false, ..output.clone() });
        Some(match problem {
            OutputProblem::Unnamed => Hindrance::new(
                "Where to write?",
                "“Write a file while running” is on, and no file is named.".to_owned(),
                vec![("Choose file…", vec![browse]), ("Run without a file", vec![without])],
            ),
            OutputProblem::Ending => Hindrance::new(
                "In which format?",
                format!("{} must end in .dcd, .xtc or .pdb.", output.path.trim()),
                vec![("Choose file…", vec![browse]), ("Run without a file", vec![without])],
            ),
            OutputProblem::Exists { file, description } => {
                let replace = Action::SimulateWriting(LiveOutput { overwrite: true, ..output.clone() });
                let mut ways = vec![("Choose another name…", vec![browse]), ("Replace", vec![replace])];
                if let Some(description) = description {
                    let request =
                        TrajectoryRequest { files: vec![description], ..TrajectoryRequest::default() };
                    ways.push(("Open that run", vec![Action::OpenTrajectory(request)]));
                }
                Hindrance::new("Replace the file?", format!("{} is there already.", file.display()), ways)
            }
        })
    }

    /// Whether the run on view can go on.
    pub(in crate::window) fn can_extend(&self) -> bool {
        let run = self.project.run.as_ref().filter(|run| !run.is_active() && run.is_of_this_program());
        run.is_some_and(|run| run.history().is_some_and(|history| !history.is_empty()))
    }

    /// Goes on with the run on view after its last frame.
    pub(in crate::window) fn extend(&mut self) {
        let Some(run) = self.project.run.as_ref().filter(|_| self.can_extend()) else { return };
        let (Some(history), Some(opened)) = (run.history().cloned(), self.project.opened.clone()) else {
            return;
        };
        let Some(request) = self.extension() else {
            let model = match &run.origin {
                Origin::Opened { recorded: Some(recorded), .. } => recorded.model.as_str(),
                _ => "its own",
            };
            let sentence = format!(
                "This run was made with the model {model}, which is not the one in use. Choose that model to continue the run."
            );
            let suggestion = self.model.file.clone().unwrap_or_default();
            let browse = Action::Browse(FileRequest { purpose: Purpose::OpenModel, suggestion });
            let hindrance = Hindrance::new("Which model?", sentence, vec![("Choose model…", vec![browse])]);
            self.dialog = Some(Dialog::Hindrance(hindrance));
            return;
        };
        let number = run.number;
        let job = self.session.start(Simulate::extending((*request).clone(), history));
        let model = run.model.clone().or_else(|| match &run.origin {
            Origin::Opened { recorded: Some(recorded), .. } => {
                Some(ModelFacts { name: recorded.model.clone(), ..self.model.facts() })
            }
            _ => Some(self.model.facts()),
        });
        let mut run = Run::new(job, number, request);
        run.model = model;
        self.project.starting = Some(Starting { run, opened, extends: true });
    }

    /// Holds the run that goes on, or lets it go on.
    pub(in crate::window) fn pause_or_resume(&mut self) {
        let Some(run) = self.project.active_run_mut() else { return };
        let Some(job) = &run.job else { return };
        run.pause_wanted = run.phase != Phase::Paused && !run.pause_wanted;
        if run.pause_wanted { job.pause() } else { job.resume() }
    }
}
