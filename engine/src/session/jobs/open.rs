//! Opening what the user names: a structure, trajectories, or a run by its description.

use crate::session::job::{Halt, Job, JobContext};
use crate::session::jobs::open_trajectory::{
    self, OpenedTrajectory, Outcome, TrajectoryNeed, TrajectoryRequest,
};
use crate::session::lane::Lane;
use crate::session::progress::Report;
use crate::session::request::StructureSource;
use crate::structure::{
    ChainSummary, OpenedStructure, ReadOptions, StructureError, StructureProblem, read_structure,
    read_structure_bytes,
};

/// A structure to open, with the user's answers to what the file leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    /// What to read.
    pub source: StructureSource,
    /// Which chain, by the author's identifier; needed only when there are several protein chains.
    pub chain: Option<String>,
    /// Take the longest unbroken segment where the chain has breaks or residues without backbone.
    pub longest_segment: bool,
}

impl OpenRequest {
    /// Opens `source` as it is.
    pub fn new(source: StructureSource) -> Self {
        Self { source, chain: None, longest_segment: false }
    }
}

/// A question that a structure file raises. Answer it by opening again with the answer in [`OpenRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StructureChoice {
    /// There are several protein chains: set [`OpenRequest::chain`] to one of these.
    Chain(Vec<ChainSummary>),
    /// The chain is broken: [`OpenRequest::longest_segment`] would take part of it. The sentence says where.
    LongestSegment(String),
}

/// Opens something.
#[derive(Clone, Debug)]
pub enum Open {
    /// A structure.
    Structure(OpenRequest),
    /// Trajectories or a run; a file with one model is a structure.
    Trajectory(TrajectoryRequest),
}

/// What opening comes to.
#[derive(Clone, Debug)]
pub enum Opened {
    /// A structure was read.
    Structure(OpenedStructure),
    /// A structure was read, but the user must decide something first: fill in the answer and open again.
    StructureChoice(OpenRequest, StructureChoice),
    /// Trajectories were opened.
    Trajectory(Box<OpenedTrajectory>),
    /// Trajectories cannot be opened before the user has told something: fill in the answer and open again.
    TrajectoryNeed(TrajectoryRequest, TrajectoryNeed),
}

impl Job for Open {
    type Update = Report;
    type Output = Opened;
    const LANE: Lane = Lane::Files;

    fn run(self, _context: &JobContext<'_, Report>) -> Result<Opened, Halt> {
        Ok(match self {
            Self::Structure(request) => open_structure(request)?,
            Self::Trajectory(request) => match open_trajectory::open(request)? {
                Outcome::Opened(trajectory) => Opened::Trajectory(trajectory),
                Outcome::Need(request, need) => Opened::TrajectoryNeed(request, need),
                Outcome::Structure(path, chain) => {
                    open_structure(OpenRequest { chain, ..OpenRequest::new(StructureSource::File(path)) })?
                }
            },
        })
    }
}

/// Reads a structure, or asks what the file leaves open.
fn open_structure(request: OpenRequest) -> Result<Opened, StructureError> {
    let options = ReadOptions { chain: request.chain.clone(), longest_segment: request.longest_segment };
    let read = match &request.source {
        StructureSource::File(path) => read_structure(path, &options),
        StructureSource::Bundled { file_name, bytes } => read_structure_bytes(file_name, bytes, &options),
    };
    let error = match read {
        Ok(structure) => return Ok(Opened::Structure(structure)),
        Err(error) => error,
    };
    let choice = if error.problem.longest_segment_helps() && !request.longest_segment {
        StructureChoice::LongestSegment(error.to_string())
    } else {
        match error.problem {
            StructureProblem::SeveralChains(chains) => StructureChoice::Chain(chains),
            problem => return Err(StructureError { problem, ..error }),
        }
    };
    Ok(Opened::StructureChoice(request, choice))
}
