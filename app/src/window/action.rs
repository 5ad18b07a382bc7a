//! What the interface asks for. Drawing only collects actions; they are carried out after the pass.

use std::path::PathBuf;

use equijump_engine::observe::landscape::{FrameGroup, MapSelection, MapSettings};
use equijump_engine::session::{OpenRequest, TrajectoryRequest};

use super::command::UiCommand;
use super::evaluation::EvaluationAction;
use super::exports::{FigureExport, MovieExport, RunExport, ScreenshotExport, TrajectoryExport};
use super::file_dialogs::FileRequest;
use super::layout::Pane;
use super::preferences::LiveOutput;
use super::selection::SelectionLook;
use super::training::TrainingAction;
use crate::viewport::{Projection, Style};

/// Something to do after the pass.
#[derive(Clone, Debug)]
pub enum Action {
    /// A command of the table.
    Command(UiCommand),
    /// Read a structure.
    Open(OpenRequest),
    /// Read trajectories or a run.
    OpenTrajectory(TrajectoryRequest),
    /// Wait no more for what is being read.
    StopReading,
    /// Write the session into a project file; asks first if that would leave frames out.
    SaveProject(PathBuf),
    /// Write it without asking.
    WriteProject {
        /// The file.
        path: PathBuf,
        /// Write runs that are in no file beside it first.
        with_runs: bool,
    },
    /// Write the start of a run of OpenMM, from the frame shown, into a folder.
    WriteMdStart(PathBuf),
    /// Write the script that makes training data into a folder.
    WriteTrainingScript(PathBuf),
    /// Start the run, writing its file as it says.
    SimulateWriting(LiveOutput),
    /// Bring the run of a number on view.
    ShowRun(u32),
    /// Take the run of a number off the list; asks first if frames would be lost.
    CloseRun(u32),
    /// Take it off the list, frames or not.
    CloseRunConfirmed(u32),
    /// Show the same frame of another run beside the one on view, or of none.
    ShowRunBeside(Option<u32>),
    /// Evaluate a run against another one.
    EvaluateRuns {
        /// Number of the run that is used as the reference.
        reference: u32,
        /// Number of the run that is judged.
        samples: u32,
    },
    /// Try once more to open what could not be opened, by its place in the list.
    OpenAgain(usize),
    /// Take it off the list.
    ForgetUnopened(usize),
    /// Show the run of a number in plots beside the one on view, or no more.
    SetRunInPlots(u32, bool),
    /// Close the window, frames or not.
    QuitConfirmed,
    /// Write the runs that are in no file into a folder, then close the window.
    SaveAndQuit(PathBuf),
    /// Show a frame.
    GoToFrame(usize),
    /// Visit only frames inside a rectangle of the free-energy map, or all again.
    SelectOnMap(Option<MapSelection>),
    /// Visit only these frames, or all again.
    PlayGroup(Option<FrameGroup>),
    /// Make the free-energy map like this.
    SetMap(MapSettings),
    /// Mark an atom everywhere, or none.
    SelectAtom(Option<usize>),
    /// Select atoms by words; none where there are none.
    Select(String),
    /// Make the selected atoms stand out otherwise.
    SetSelectionLook(SelectionLook),
    /// Give the selected atoms a color, a place in [`super::selection::COLORS`], or take theirs.
    PaintSelection(Option<usize>),
    /// Choose an atom for the measurement under way.
    PickAtom(usize),
    /// Put the measuring tool away.
    EndMeasuring,
    /// Plot the measurement at this place of the list.
    PlotMeasurement(usize),
    /// Remove the measurement at this place of the list.
    RemoveMeasurement(usize),
    /// Change what the molecule looks like.
    SetStyle(Style),
    /// Perspective or parallel.
    SetProjection(Projection),
    /// Ring the atoms of violations, or not.
    MarkViolations(bool),
    /// Show another replica.
    ShowReplica(usize),
    /// Set the playback speed, frames a second.
    SetSpeed(f32),
    /// Sample with this model file, or with the bundled model.
    ChooseModel(Option<PathBuf>),
    /// Simulate with this one of the bundled models from now on, until another protein is opened.
    ChooseBundledModel(usize),
    /// Something of the training pane.
    Training(TrainingAction),
    /// Something of the evaluation panes.
    Evaluation(EvaluationAction),
    /// Bring a pane to the front.
    ShowPane(Pane),
    /// Open a dialog of the desktop.
    Browse(FileRequest),
    /// Close it.
    CloseDialog,
    /// Write frames.
    ExportTrajectory(TrajectoryExport),
    /// Write a run with all that belongs to it.
    SaveRun(RunExport),
    /// Write figures.
    ExportFigures(FigureExport),
    /// Write many pictures of the molecule.
    ExportMovie(MovieExport),
    /// Write a picture of the molecule.
    SaveScreenshot(ScreenshotExport),
    /// Forget the log.
    ClearLog,
    /// Put text on the clipboard.
    Copy(String),
}
