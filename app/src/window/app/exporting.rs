//! Having frames written, and whole runs; what came of it; and what would be lost where they are not.

use std::path::{Path, PathBuf};

use equijump_engine::session::{
    ExportRequest, Exported, Halt, Job, JobContext, JobOutcome, Lane, Report, SaveRun, beside, replica_path,
};

use super::EquiJumpApp;
use crate::window::action::Action;
use crate::window::dialogs::Dialog;
use crate::window::dialogs::closing::ClosingForm;
use crate::window::dialogs::export_trajectory::TrajectoryForm;
use crate::window::dialogs::hindrance::Hindrance;
use crate::window::exports::{RunExport, TrajectoryExport};
use crate::window::layout::Pane;
use crate::window::log::Level;
use crate::window::numbers::grouped;
use crate::window::running::Running;
use crate::window::runs::{Phase, Run};
use crate::window::wording::in_window_words;

/// Frames or a run to write.
#[derive(Debug)]
pub(in crate::window) enum ToExport {
    Frames(ExportRequest),
    Run(Box<SaveRun>),
    /// Under another name where there are files of this one.
    RunBesideOthers(Box<SaveRun>),
}

impl Job for ToExport {
    type Update = Report;
    type Output = Exported;
    const LANE: Lane = Lane::Files;

    fn run(self, context: &JobContext<'_, Report>) -> Result<Exported, Halt> {
        match self {
            Self::Frames(request) => request.run(context),
            Self::Run(run) => run.run(context),
            Self::RunBesideOthers(run) => {
                let path = free_name(&run.path, run.history.replica_count());
                SaveRun { path, overwrite: false, ..*run }.run(context)
            }
        }
    }
}

/// `path`, or `NAME-2.dcd` and so on, the first that is the name of no run.
fn free_name(path: &Path, replicas: usize) -> PathBuf {
    let extension = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
    let numbered = (2u32..).map(|number| beside(path, &format!("-{number}.{extension}")));
    let free = |path: &PathBuf| {
        let beside = [beside(path, ".json"), beside(path, ".state"), beside(path, "_topology.pdb")];
        !beside.iter().chain([&replica_path(path, 0, replicas)]).any(|file| file.exists())
    };
    std::iter::once(path.to_owned()).chain(numbered).find(free).unwrap_or_default()
}

/// Frames on their way to a file.
#[derive(Debug)]
pub(in crate::window) struct Export {
    job: Running<ToExport>,
    /// Its file.
    pub path: PathBuf,
    /// The number of the run it is from.
    run: u32,
    /// The replica that is written; `None` where all are.
    replica: Option<usize>,
    /// Frames of it that lie in a file of the user's once it is written.
    frames_saved: u64,
    /// Whether these are all of the run, in a file that can be opened in its place.
    whole: bool,
}

impl EquiJumpApp {
    pub(in crate::window) fn show_trajectory_form(&mut self) {
        let Some(run) = &self.project.run else { return };
        let Some(info) = &run.info else { return };
        let newest = run.frames.saturating_sub(1);
        let in_rectangle = self.frames_selected(info.replicas);
        let in_rectangle = in_rectangle.map(|group| group.frames.iter().cloned().map(Into::into).collect());
        let form = TrajectoryForm::new(
            self.proposal("trajectory", "dcd"),
            newest,
            (run.replica, info.replicas),
            info.frame_interval_ps,
            in_rectangle,
            Some(self.selected.atoms.as_slice()).filter(|atoms| !atoms.is_empty()).map(Into::into),
            run.can_be_saved().then_some(run.number),
        );
        self.dialog = Some(Dialog::ExportTrajectory(form));
    }

    pub(in crate::window) fn export_trajectory(&mut self, export: TrajectoryExport) {
        let Some(run) = &self.project.run else { return };
        let (Some(info), Some(history)) = (&run.info, run.history().cloned()) else { return };
        self.preferences.remember_export(&export.path);
        let request = ExportRequest {
            topology: info.topology.clone(),
            history,
            replica: export.replica,
            first_frame: export.frames.first,
            last_frame: export.frames.last,
            stride: export.frames.stride,
            only: export.only,
            atoms: export.atoms,
            path: export.path,
            hydrogens: export.hydrogens,
            overwrite: export.overwrite,
        };
        // A range or a stride was the user's own choice of what matters.
        let frames_saved = if request.atoms.is_some() { 0 } else { export.frames.last + 1 };
        let frames = &request;
        let whole = frames.only.is_none()
            && frames.atoms.is_none()
            && (frames.first_frame, frames.stride) == (0, 1)
            && frames.last_frame + 1 >= run.frames
            && info.replicas == 1;
        let (path, replica) = (request.path.clone(), Some(request.replica));
        let (run, job) = (run.number, Running::new(self.session.start(ToExport::Frames(request))));
        self.exports.push(Export { job, path, run, replica, frames_saved, whole });
    }

    /// Has a run written with all that belongs to it.
    pub(in crate::window) fn save_run(&mut self, export: RunExport) {
        self.preferences.remember_export(&export.path);
        let RunExport { run, path, overwrite } = export;
        if let Some(save) = self.run_to_save(run, path, overwrite) {
            self.start_saving(run, &save.path.clone(), ToExport::Run(save));
        }
    }

    fn run_to_save(&self, number: u32, path: PathBuf, overwrite: bool) -> Option<Box<SaveRun>> {
        let run = self.project.run_of_number(number).filter(|run| run.can_be_saved())?;
        let (info, request) = (run.info.as_ref()?, run.request.as_ref()?);
        Some(Box::new(SaveRun {
            structure: request.structure.clone(),
            model: request.model.clone(),
            description: info.description.clone()?,
            history: run.history()?.clone(),
            finished: run.phase == Phase::Ended(JobOutcome::Finished(())),
            path,
            overwrite,
        }))
    }

    fn start_saving(&mut self, number: u32, path: &Path, what: ToExport) {
        let frames_saved = self.project.run_of_number(number).map_or(0, |run| run.frames);
        let job = Running::new(self.session.start(what));
        let path = path.to_owned();
        self.exports.push(Export { job, path, run: number, replica: None, frames_saved, whole: true });
    }

    /// Has all runs written whose frames are in no file, as `STEM-run-3.dcd` and so on; nothing is replaced.
    pub(in crate::window) fn save_unsaved_runs(&mut self, folder: &Path, stem: &str) {
        for number in self.unsaved_runs() {
            let path = folder.join(format!("{stem}-run-{number}.dcd"));
            if let Some(save) = self.run_to_save(number, path.clone(), false) {
                self.start_saving(number, &path, ToExport::RunBesideOthers(save));
            }
        }
    }

    /// The runs of which frames are in no file and on the way to none.
    pub(in crate::window) fn unsaved_runs(&self) -> Vec<u32> {
        let unsaved = |run: &&Run| self.frames_lost_of(run) > 0;
        self.project.runs().into_iter().filter(unsaved).map(|run| run.number).collect()
    }

    /// Frames that leaving a run behind would lose, of all replicas.
    fn frames_lost_of(&self, run: &Run) -> u64 {
        run.unsaved_frames(|replica| {
            let on_its_way = self.exports.iter().filter(|export| {
                export.run == run.number && export.replica.is_none_or(|written| written == replica)
            });
            on_its_way.map(|export| export.frames_saved).max().unwrap_or(0)
        })
    }

    /// Called when the window is about to close. Returns whether it stays open, with a question.
    pub(in crate::window) fn refuse_to_lose_frames_on_close(&mut self, ctx: &egui::Context) -> bool {
        // The window waits for what is being exported.
        let frames: u64 = self.project.runs().into_iter().map(|run| self.frames_lost_of(run)).sum();
        let evaluation = self.evaluation.is_unsaved();
        let dialog = if frames > 0 && matches!(self.dialog, Some(Dialog::Closing(_))) {
            // Asked again, it keeps the folder that the user has chosen.
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            return true;
        } else if frames > 0 {
            Dialog::Closing(ClosingForm::new(self.preferences.export_folder(), frames, evaluation))
        } else if evaluation {
            let ways = vec![
                ("Show it", vec![Action::ShowPane(Pane::Evaluation)]),
                ("Close without it", vec![Action::QuitConfirmed]),
            ];
            let sentence =
                "The evaluation is in no file and would be lost. Save its report in the Evaluation pane.";
            Dialog::Hindrance(Hindrance::new("Close EquiJump?", sentence.to_owned(), ways))
        } else {
            return false;
        };
        ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        self.dialog = Some(dialog);
        true
    }

    /// Writes what would be lost into `folder`, and closes the window once it is written.
    pub(in crate::window) fn save_and_quit(&mut self, folder: &Path, ctx: &egui::Context) {
        let stem = self.protein_name().to_owned();
        self.preferences.export_folder = Some(folder.to_owned());
        self.save_unsaved_runs(folder, &stem);
        // Those that go on would make more frames meanwhile.
        if let Some(run) = self.project.active_run_mut() {
            run.stop();
        }
        self.quit_confirmed = true;
        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
    }

    /// Asks what becomes of frames that are in no file before a project is written that could not hold them.
    pub(in crate::window) fn ask_before_saving_project(&mut self, path: &Path) {
        let number = self.unsaved_runs().len();
        if number == 0 {
            return self.save_project(path);
        }
        let runs = if number == 1 { "One run is".to_owned() } else { format!("{number} runs are") };
        let sentence = format!(
            "{runs} in no file. A project refers to files, so it would come back without their frames."
        );
        let write = |with_runs| vec![Action::WriteProject { path: path.to_owned(), with_runs }];
        let ways = vec![("Save them beside it", write(true)), ("Leave them out", write(false))];
        self.dialog = Some(Dialog::Hindrance(Hindrance::new("Save the runs too?", sentence, ways)));
    }

    /// Has a project written, with the runs of the session beside it if they are to be.
    pub(in crate::window) fn write_project(&mut self, path: &Path, with_runs: bool) {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if with_runs {
            self.save_unsaved_runs(path.parent().unwrap_or(Path::new("")), &stem);
            self.project_after_exports = Some(path.to_owned());
        } else {
            self.save_project(path);
        }
    }

    /// Only what has been written counts as saved: a full disk or a closed window would lose it.
    pub(in crate::window) fn take_exports(&mut self) {
        let Self { exports, log, project, close_when_written, quit_confirmed, .. } = self;
        exports.retain_mut(|export| {
            let warn = |notice: &str| log.tell(Level::Warning, in_window_words(notice));
            match export.job.take(warn) {
                None => return true,
                Some(JobOutcome::Finished(Exported { frames, files })) => {
                    if let Some(run) = project.run_mut(export.run) {
                        run.has_saved(export.replica, export.frames_saved);
                        let description =
                            files.iter().find(|file| file.extension().is_some_and(|e| e == "json"));
                        match export.replica {
                            None => {
                                run.saved_run =
                                    description.map(|file| file.with_extension(extension_of(&export.path)))
                            }
                            Some(_) if export.whole => run.saved_as = files.first().cloned(),
                            Some(_) => (),
                        }
                    }
                    log.tell(Level::Success, told(export, frames, &files));
                }
                Some(JobOutcome::Cancelled) => (),
                Some(JobOutcome::Failed(error)) => {
                    log.tell(Level::Error, in_window_words(&error.what));
                    (*close_when_written, *quit_confirmed) = (false, false);
                }
            }
            false
        });
        if self.exports.is_empty()
            && let Some(path) = self.project_after_exports.take()
        {
            self.save_project(&path);
        }
    }
}

fn extension_of(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What was written, in a sentence.
fn told(export: &Export, frames: u64, files: &[PathBuf]) -> String {
    let plural = if frames == 1 { "frame" } else { "frames" };
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    match (export.replica, names.as_slice()) {
        (None, [first, .., description, _]) => {
            format!("Wrote run {}, {} {plural}: {first}; {description} opens it", export.run, grouped(frames))
        }
        _ => format!("Wrote {} {plural}: {}", grouped(frames), names.join(", ")),
    }
}
