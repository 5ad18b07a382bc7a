//! A reference that is read once and that samples are compared with as often as wanted.

use std::path::PathBuf;
use std::sync::Arc;

use super::compare::Start;
use crate::analysis::evaluation::{Evaluation, EvaluationSettings, PreparedReference};
use crate::session::jobs::evaluate::{observed, open_native, open_protein, open_reference, open_samples};
use crate::session::{Halt, JobContext, ReferenceFiles, Report, StructureSource};
use crate::structure::{OpenedStructure, TopologyMap};
use crate::trajectory::FrameSelection;

/// A reference with all that its files told.
pub(super) struct ReadReference {
    prepared: PreparedReference,
    map: TopologyMap,
    native: OpenedStructure,
    files: ReferenceFiles,
}

impl ReadReference {
    /// Reads the reference. The protein is told by its topology and by the native structure.
    pub fn prepare(
        context: &JobContext<'_, Report>,
        (files, native): (&ReferenceFiles, &StructureSource),
        settings: EvaluationSettings,
    ) -> Result<Self, Halt> {
        let (protein, map) = open_protein(files, native)?;
        let mut reference = open_reference(&map, files)?;
        let prepared = observed(context, |progress| {
            PreparedReference::new(protein, &mut reference, settings, progress)
        })?;
        for notice in &prepared.ensemble.notices {
            context.notice(notice);
        }
        let native = open_native(native, files.chain.as_deref())?;
        Ok(Self { prepared, map, native, files: files.clone() })
    }

    /// The native structure.
    pub fn native(&self) -> &OpenedStructure {
        &self.native
    }

    /// Where replicas start; empty for the native structure.
    pub fn starts(&self, start: Start) -> Result<Vec<Arc<Vec<[f32; 3]>>>, Halt> {
        let mut starts = Vec::new();
        if start == Start::Reference {
            let mut frames = open_reference(&self.map, &self.files)?;
            while let Some(frame) = frames.next_frame()? {
                if frame.trajectory == starts.len() {
                    starts.push(Arc::new(frame.positions_angstrom.to_vec()));
                }
            }
        }
        Ok(starts)
    }

    /// What of samples is compared: where they start at frames of the reference, not those frames themselves,
    /// which no model has made.
    pub fn sample_selection(start: Start, skip_ps: f64) -> FrameSelection {
        /// Less than any frame interval.
        const START_ALONE_PS: f64 = 1e-6;
        let skip_ps = if start == Start::Reference { skip_ps.max(START_ALONE_PS) } else { skip_ps };
        FrameSelection { skip_ps, ..FrameSelection::default() }
    }

    /// Compares samples with the reference.
    pub fn evaluate(
        &self,
        context: &JobContext<'_, Report>,
        samples: &[PathBuf],
        selection: FrameSelection,
    ) -> Result<Evaluation, Halt> {
        let mut samples = open_samples(&self.map, samples, None, selection)?;
        let evaluation = observed(context, |progress| self.prepared.evaluate(&mut samples, progress))?;
        for notice in &evaluation.samples.notices {
            context.notice(notice);
        }
        Ok(evaluation)
    }
}
