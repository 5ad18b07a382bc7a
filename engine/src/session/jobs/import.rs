//! Turning trajectories of other programs into a training store.

use std::ops::ControlFlow;

use crate::session::job::{Halt, Job, JobContext};
use crate::session::lane::Lane;
use crate::session::progress::{ProgressUnit, RateMeter, Report};
use crate::trajectory::{ImportError, ImportReport, ImportRequest, import};

impl Job for ImportRequest {
    type Update = Report;
    type Output = ImportReport;
    const LANE: Lane = Lane::Data;

    fn run(self, context: &JobContext<'_, Report>) -> Result<ImportReport, Halt> {
        let mut meter = RateMeter::start(ProgressUnit::Frames, 0, None);
        let result = import(&self, &mut |progress| {
            meter.reach(progress.frames_done as u64, Some(progress.frames_total as u64));
            context.progress(meter.progress());
            if context.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let report = result.map_err(|error| match error {
            ImportError::Cancelled => Halt::Cancelled,
            error => error.into(),
        })?;
        for notice in &report.notices {
            context.notice(notice);
        }
        Ok(report)
    }
}
