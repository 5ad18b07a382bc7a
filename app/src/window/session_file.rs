//! A session on disk: what is open, where it was left, and how it is looked at. Readable text with references to
//! files; frames stay in their trajectories. The window keeps the last session by itself, and writes project files
//! (`*.equijump`) where the user wants them.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use egui_tiles::Tree;
use equijump_engine::regular_file;
use equijump_engine::session::{
    Halt, Job, JobContext, JobError, JobHandle, Lane, Open, OpenRequest, Report, StructureSource,
    TrajectoryRequest,
};
use serde::{Deserialize, Serialize};

use super::kept_map::KeptMap;
use super::layout::Pane;
use super::preferences::RunSettings;
use super::selection::Selected;
use crate::shared::bundled;
use crate::viewport::{Camera, Style};

/// Storage key of the last session. The number grows when the meaning of a field changes.
pub const STORAGE_KEY: &str = "session-1";
/// Ending of project files.
pub const EXTENSION: &str = "equijump";
/// Version of the format.
pub(super) const VERSION: u32 = 1;
/// No window has as much open; a file that says so would keep it opening for ever.
const MOST_FILES: usize = 10_000;

/// A session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionFile {
    /// Version of the format.
    pub version: u32,
    /// What is open, in the order it was opened.
    pub entries: Vec<Entry>,
    /// Which of them is on view.
    pub on_view: usize,
    /// The frame that is shown of it.
    pub frame: usize,
    /// The replica that is shown of it.
    pub replica: usize,
    /// Where it is looked at from.
    pub camera: Option<Camera>,
    /// Atoms of each measurement.
    pub measurements: Vec<Vec<usize>>,
    /// The atom that is marked.
    pub marked_atom: Option<usize>,
    /// What is selected, and how it stands out.
    pub selected: Option<Selected>,
    /// How the free-energy map is made and drawn.
    pub map: Option<KeptMap>,
    /// What the molecule looks like; in project files alone, the window remembers it by itself.
    pub style: Option<Style>,
    /// Settings of the next run; in project files alone.
    pub run: Option<RunSettings>,
    /// How panes are docked; in project files alone.
    pub layout: Option<Tree<Pane>>,
}

impl SessionFile {
    /// Reads the text of a project file.
    ///
    /// # Errors
    /// One clause that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: Self = serde_json::from_str(text).map_err(|_| "it is no project of EquiJump".to_owned())?;
        if file.version > VERSION {
            return Err("it was written by a newer EquiJump".to_owned());
        }
        let files = |entry: &Entry| match entry {
            Entry::Frames { files, .. } => files.len(),
            Entry::Example(_) | Entry::Structure { .. } => 1,
        };
        if file.entries.iter().map(files).sum::<usize>() > MOST_FILES {
            return Err(format!("it names more than {MOST_FILES} files"));
        }
        Ok(file)
    }
}

/// Something that is open, as it can be opened again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A bundled structure, by name.
    Example(String),
    /// A structure file.
    Structure {
        /// The file.
        path: PathBuf,
        /// Its chain, where there are several.
        chain: Option<String>,
        /// Whether its longest unbroken segment was taken.
        longest_segment: bool,
    },
    /// Trajectories, or a run by its description.
    Frames {
        /// The files.
        files: Vec<PathBuf>,
        /// The file with the names of the atoms, where it is not found by itself.
        topology: Option<PathBuf>,
        /// The chain, where there are several.
        chain: Option<String>,
        /// Time between frames, ps, where the files do not tell.
        interval_ps: Option<f64>,
    },
}

impl Entry {
    /// What a request opens.
    pub fn of_structure(request: &OpenRequest) -> Option<Self> {
        match &request.source {
            StructureSource::Bundled { file_name, .. } => {
                Some(Self::Example(file_name.strip_suffix(".pdb").unwrap_or(file_name).to_owned()))
            }
            StructureSource::File(path) => Some(Self::Structure {
                path: absolute(path),
                chain: request.chain.clone(),
                longest_segment: request.longest_segment,
            }),
        }
    }

    /// What a request opens.
    pub fn of_frames(request: &TrajectoryRequest) -> Self {
        Self::Frames {
            files: request.files.iter().map(|path| absolute(path)).collect(),
            topology: request.topology.as_deref().map(absolute),
            chain: request.chain.clone(),
            interval_ps: request.interval_ps,
        }
    }

    /// What it is called in lists.
    pub fn name(&self) -> String {
        match self {
            Self::Example(name) => name.clone(),
            Self::Structure { path, .. } => path.display().to_string(),
            Self::Frames { files, .. } => {
                files.first().map(|path| path.display().to_string()).unwrap_or_default()
            }
        }
    }

    /// What opens it; `None` where it is an example that there is not.
    pub(super) fn job(&self) -> Option<Open> {
        Some(match self {
            Self::Example(name) => Open::Structure(OpenRequest::new(bundled::structure(name)?)),
            Self::Structure { path, chain, longest_segment } => Open::Structure(OpenRequest {
                source: StructureSource::File(path.clone()),
                chain: chain.clone(),
                longest_segment: *longest_segment,
            }),
            Self::Frames { files, topology, chain, interval_ps } => Open::Trajectory(TrajectoryRequest {
                files: files.clone(),
                topology: topology.clone(),
                chain: chain.clone(),
                interval_ps: *interval_ps,
                opened: None,
            }),
        })
    }
}

/// Reads a project file. A job of the engine's thread for files: a disk that is slow or away keeps no pass waiting.
#[derive(Debug)]
pub(super) struct ReadProject(pub PathBuf);

impl Job for ReadProject {
    type Update = Report;
    type Output = SessionFile;
    const LANE: Lane = Lane::Files;

    fn run(self, _context: &JobContext<'_, Report>) -> Result<SessionFile, Halt> {
        // Pipes and devices would never end.
        let text = regular_file::read_text(&self.0).map_err(|error| error.to_string());
        text.and_then(|text| SessionFile::parse(&text)).map_err(|reason| {
            Halt::Failed(JobError::new(format!("{} cannot be opened: {reason}.", self.0.display())))
        })
    }
}

/// The path with the ending of projects, by which they are known when they are opened again.
pub(super) fn named_as_project(path: &Path) -> PathBuf {
    match path.extension() {
        Some(extension) if extension == EXTENSION => path.to_owned(),
        _ => path.with_added_extension(EXTENSION),
    }
}

pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A session that is being opened again.
#[derive(Debug)]
pub(super) struct Restoring {
    pub file: SessionFile,
    /// What is still being opened, one after the other, with the place of its entry.
    pub jobs: VecDeque<(JobHandle<Open>, usize)>,
    /// The run that came of the entry on view.
    pub on_view: Option<u32>,
}
