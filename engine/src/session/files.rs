//! Jobs about files other than trajectories of a run: opening a structure, importing training data.

use std::ops::ControlFlow;

use crate::structure::{ReadOptions, StructureProblem, read_structure, read_structure_bytes};
use crate::trajectory::{ImportError, ImportRequest, import as import_store};

use super::context::JobContext;
use super::protocol::{Event, JobOutcome, ProgressUnit};
use super::rate::RateMeter;
use super::request::{OpenRequest, StructureChoice, StructureSource};

/// Reads a structure, or asks what the file leaves open.
pub(super) fn open(context: &JobContext<'_>, request: OpenRequest) -> Result<JobOutcome, String> {
    let job = context.job;
    let options = ReadOptions { chain: request.chain.clone(), longest_segment: request.longest_segment };
    let read = match &request.source {
        StructureSource::File(path) => read_structure(path, &options),
        StructureSource::Bundled { file_name, bytes } => read_structure_bytes(file_name, bytes, &options),
    };
    let error = match read {
        Ok(structure) => {
            context.post(Event::StructureOpened { job, structure });
            return Ok(JobOutcome::Finished);
        }
        Err(error) => error,
    };
    let choice = if error.problem.longest_segment_helps() && !request.longest_segment {
        StructureChoice::LongestSegment(error.to_string())
    } else if let StructureProblem::SeveralChains(chains) = error.problem {
        StructureChoice::Chain(chains)
    } else {
        return Err(error.to_string());
    };
    context.post(Event::StructureNeedsChoice { job, request, choice });
    Ok(JobOutcome::Finished)
}

/// Imports trajectories into a training store.
pub(super) fn import(context: &JobContext<'_>, request: &ImportRequest) -> Result<JobOutcome, String> {
    let job = context.job;
    let mut meter = RateMeter::start(ProgressUnit::Frames, 0, None);
    let result = import_store(request, &mut |progress| {
        meter.reach(progress.frames_done as u64, Some(progress.frames_total as u64));
        context.post(Event::Progress { job, progress: meter.progress() });
        if context.control.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match result {
        Ok(report) => {
            for notice in &report.notices {
                context.notice(notice);
            }
            context.post(Event::Imported { job, report });
            Ok(JobOutcome::Finished)
        }
        Err(ImportError::Cancelled) => Ok(JobOutcome::Cancelled),
        Err(error) => Err(error.to_string()),
    }
}
