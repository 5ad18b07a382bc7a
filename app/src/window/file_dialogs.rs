//! File dialogs of the desktop behind a trait, so that tests answer them, and off the UI pass, so that
//! the window stays alive while one is open.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// What a file is picked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A structure, trajectories or a run to open.
    OpenStructure,
    /// Where to write a project.
    SaveProject,
    /// The atoms of a trajectory that is being opened.
    OpenTopology,
    /// A model to sample with.
    OpenModel,
    /// Where a run writes its trajectory.
    RunOutput,
    /// Where to export frames.
    ExportTrajectory,
    /// Into which folder to write the start of a run of OpenMM.
    MdStartFolder,
    /// Into which folder to write the script that makes training data.
    TrainingScriptFolder,
    /// Into which folder to write figures.
    FigureFolder,
    /// Into which folder to write the pictures of a film.
    MovieFolder,
    /// Into which folder to write runs that closing would lose.
    SavedRunsFolder,
    /// Where to write a screenshot.
    Screenshot,
    /// Stores to train on, one answer for each.
    TrainingStore,
    /// Folder of a training.
    TrainingFolder,
    /// A model to start a training from.
    TrainingInit,
    /// Atoms of trajectories to import.
    ImportTopology,
    /// Trajectories to import, one answer for each.
    ImportTrajectories,
    /// Store to import into.
    ImportOutput,
    /// Atoms of reference trajectories.
    EvaluationTopology,
    /// The native structure.
    EvaluationNative,
    /// Reference trajectories, one answer for each.
    EvaluationReference,
    /// Sample trajectories, one answer for each.
    EvaluationSamples,
    /// Atoms of sample trajectories.
    EvaluationSampleTopology,
    /// Folder of a report.
    ReportFolder,
}

impl Purpose {
    fn title(self) -> &'static str {
        match self {
            Purpose::OpenStructure => "Open structure, trajectory or run",
            Purpose::SaveProject => "Save project",
            Purpose::OpenTopology => "Choose topology of the trajectory",
            Purpose::OpenModel => "Choose model",
            Purpose::RunOutput => "Write trajectory to",
            Purpose::ExportTrajectory => "Export trajectory",
            Purpose::MdStartFolder => "Export start of an MD run into folder",
            Purpose::TrainingScriptFolder => "Write script for training data into folder",
            Purpose::FigureFolder => "Export plots into folder",
            Purpose::MovieFolder => "Export pictures into folder",
            Purpose::SavedRunsFolder => "Save runs into folder",
            Purpose::Screenshot => "Save screenshot",
            Purpose::TrainingStore => "Add training stores",
            Purpose::TrainingFolder => "Choose folder of the training",
            Purpose::TrainingInit => "Choose model to start from",
            Purpose::ImportTopology => "Choose topology",
            Purpose::ImportTrajectories => "Add trajectories",
            Purpose::ImportOutput => "Write training store to",
            Purpose::EvaluationTopology => "Choose topology of the reference",
            Purpose::EvaluationNative => "Choose native structure",
            Purpose::EvaluationReference => "Add reference trajectories",
            Purpose::EvaluationSamples => "Add sample trajectories",
            Purpose::EvaluationSampleTopology => "Choose topology of the samples",
            Purpose::ReportFolder => "Choose folder of the report",
        }
    }
}

/// A dialog to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRequest {
    /// What for.
    pub purpose: Purpose,
    /// Path to start from: a folder, or a folder with a proposed file name.
    pub suggestion: PathBuf,
}

/// What came of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileAnswer {
    /// The user picked a path.
    Picked(PathBuf),
    /// The user closed the dialog.
    Dismissed,
    /// This desktop offers no file dialog.
    Unavailable,
}

/// Shows file dialogs and hands out their answers later.
pub trait FileDialogs {
    /// Opens a dialog. A second one for the same purpose is ignored while the first is open.
    fn open(&mut self, request: FileRequest, ctx: &egui::Context);
    /// An answer that has arrived since the last call.
    fn poll(&mut self) -> Option<(Purpose, FileAnswer)>;
}

/// The dialogs of the desktop, through rfd.
pub struct NativeDialogs {
    open: Vec<Purpose>,
    sender: Sender<(Purpose, FileAnswer)>,
    receiver: Receiver<(Purpose, FileAnswer)>,
}

impl Default for NativeDialogs {
    fn default() -> Self {
        let (sender, receiver) = channel();
        Self { open: Vec::new(), sender, receiver }
    }
}

/// rfd answers "dismissed" both when the user closed the dialog and when no portal or helper program could
/// show one; nobody closes a dialog as fast as that.
const FASTER_THAN_A_HAND: Duration = Duration::from_millis(300);

impl FileDialogs for NativeDialogs {
    fn open(&mut self, request: FileRequest, ctx: &egui::Context) {
        let purpose = request.purpose;
        if self.open.contains(&purpose) {
            return;
        }
        let started = Instant::now();
        let answer = show(&request);
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        let waiting = std::thread::Builder::new().name("file-dialog".into()).spawn(move || {
            let paths = block_on(answer);
            let answers = if !paths.is_empty() {
                paths.into_iter().map(FileAnswer::Picked).collect()
            } else if started.elapsed() < FASTER_THAN_A_HAND {
                vec![FileAnswer::Unavailable]
            } else {
                vec![FileAnswer::Dismissed]
            };
            for answer in answers {
                // The window may have closed meanwhile; then nobody waits for the answer.
                sender.send((purpose, answer)).ok();
            }
            ctx.request_repaint();
        });
        match waiting {
            Ok(_) => self.open.push(purpose),
            Err(error) => {
                log::warn!("no thread for a file dialog: {error}");
                self.sender.send((purpose, FileAnswer::Unavailable)).ok();
            }
        }
    }

    fn poll(&mut self) -> Option<(Purpose, FileAnswer)> {
        let (purpose, answer) = self.receiver.try_recv().ok()?;
        self.open.retain(|open| *open != purpose);
        Some((purpose, answer))
    }
}

/// Starts the dialog; must run on the main thread, the future may be awaited anywhere.
fn show(request: &FileRequest) -> impl Future<Output = Vec<PathBuf>> + Send + 'static {
    let mut dialog = rfd::AsyncFileDialog::new().set_title(request.purpose.title());
    let suggestion = &request.suggestion;
    if suggestion.is_dir() {
        dialog = dialog.set_directory(suggestion);
    } else {
        if let Some(folder) = suggestion.parent().filter(|folder| folder.is_dir()) {
            dialog = dialog.set_directory(folder);
        }
        if let Some(name) = suggestion.file_name() {
            dialog = dialog.set_file_name(name.to_string_lossy());
        }
    }
    let several = match request.purpose {
        Purpose::TrainingStore => Some(dialog.clone().add_filter("Training stores", &["safetensors"])),
        Purpose::ImportTrajectories | Purpose::EvaluationReference | Purpose::EvaluationSamples => {
            Some(dialog.clone().add_filter("Trajectories", &["xtc", "dcd", "pdb", "gz"]))
        }
        _ => None,
    };
    if let Some(dialog) = several {
        let picked = dialog.add_filter("All files", &["*"]).pick_files();
        let paths =
            async move { picked.await.unwrap_or_default().iter().map(|f| f.path().to_owned()).collect() };
        return Box::pin(paths) as std::pin::Pin<Box<dyn Future<Output = Vec<PathBuf>> + Send>>;
    }
    let picked: std::pin::Pin<Box<dyn Future<Output = Option<rfd::FileHandle>> + Send>> = match request
        .purpose
    {
        Purpose::OpenStructure => Box::pin(
            dialog
                .add_filter(
                    "Structures, trajectories and runs",
                    &["pdb", "ent", "cif", "mmcif", "gz", "dcd", "xtc", "trr", "json", "equijump"],
                )
                .add_filter("All files", &["*"])
                .pick_file(),
        ),
        Purpose::SaveProject => Box::pin(dialog.add_filter("Projects", &["equijump"]).save_file()),
        Purpose::OpenTopology
        | Purpose::ImportTopology
        | Purpose::EvaluationTopology
        | Purpose::EvaluationNative
        | Purpose::EvaluationSampleTopology => Box::pin(
            dialog
                .add_filter("Structures", &["pdb", "ent", "cif", "mmcif", "gz"])
                .add_filter("All files", &["*"])
                .pick_file(),
        ),
        Purpose::OpenModel | Purpose::TrainingInit => Box::pin(
            dialog.add_filter("Models", &["safetensors"]).add_filter("All files", &["*"]).pick_file(),
        ),
        Purpose::RunOutput => Box::pin(dialog.add_filter("Trajectories", &["dcd", "xtc", "pdb"]).save_file()),
        Purpose::ExportTrajectory => {
            Box::pin(dialog.add_filter("Trajectories", &["dcd", "xtc", "pdb", "cif"]).save_file())
        }
        Purpose::FigureFolder
        | Purpose::MovieFolder
        | Purpose::SavedRunsFolder
        | Purpose::MdStartFolder
        | Purpose::TrainingScriptFolder
        | Purpose::TrainingFolder
        | Purpose::ReportFolder => Box::pin(dialog.pick_folder()),
        Purpose::ImportOutput => Box::pin(dialog.add_filter("Training stores", &["safetensors"]).save_file()),
        // Answered above.
        Purpose::TrainingStore
        | Purpose::ImportTrajectories
        | Purpose::EvaluationReference
        | Purpose::EvaluationSamples => Box::pin(dialog.pick_file()),
        Purpose::Screenshot => Box::pin(dialog.add_filter("PNG images", &["png"]).save_file()),
    };
    Box::pin(async move { picked.await.iter().map(|file| file.path().to_owned()).collect() })
}

/// Waits for a future on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}
