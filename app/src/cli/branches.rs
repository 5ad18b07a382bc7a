//! The branch test of `equijump evaluate --branches`.

use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::analysis::evaluation::EvaluationSettings;
use equijump_engine::analysis::evaluation::branches::BranchSettings;
use equijump_engine::session::{
    BranchRequest, BranchTest, ReferenceFiles, StartError, StartFrame, StructureSource,
};

use super::job::Jobs;
use super::jumps::JumpArgs;
use super::method::Method;
use super::named::sequence_of;
use super::stages::StageDisplay;

/// Flags of the branch test.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct BranchArgs {
    /// Test branches: the reference files are trajectories from one frame, or from several, each with velocities of
    /// its own. The model draws as many from the same frames, and both are compared after some jumps. Needs neither
    /// samples nor a native structure.
    #[arg(long, group = "drawing")]
    branches: bool,
    /// Frame that the reference files branch off, numbered from 0, 0 by default: start.pdb or run.xtc:120. May be
    /// given several times; each file belongs to the one that its first frame is nearest to, and where this is not the
    /// start itself it is one interval later. Without it each file begins with its start, and those with the same one
    /// belong together.
    #[arg(long, value_name = "FILE[:FRAME]", value_parser = start_frame, requires = "branches")]
    start: Vec<StartFrame>,
    /// Jumps of the model after which to compare; fewer where the reference files are shorter.
    #[arg(long, value_delimiter = ',', default_value = "1,10", value_name = "N,N", requires = "branches")]
    horizons: Vec<usize>,
    /// Trajectories that the model draws from each start; as many as there are reference files by default.
    #[arg(long, value_name = "N", requires = "branches")]
    branch_draws: Option<usize>,
}

/// A frame of a file, its first one where none is named.
fn start_frame(text: &str) -> Result<StartFrame, StartError> {
    match text.parse() {
        Ok(start) => Ok(start),
        Err(_) if !text.is_empty() && !text.ends_with(':') => {
            Ok(StartFrame { path: PathBuf::from(text), frame: 0 })
        }
        Err(error) => Err(error),
    }
}

impl BranchArgs {
    /// Whether branches are to be tested.
    pub fn wanted(&self) -> bool {
        self.branches
    }

    /// Runs the test; `None` if the user interrupted.
    pub fn test(
        &self,
        jobs: &Jobs,
        reference: &ReferenceFiles,
        native: Option<StructureSource>,
        (drawing, method): (&JumpArgs, &Method),
        given: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Option<Arc<BranchTest>>> {
        let sequence = sequence_of(&reference.topology, reference.chain.as_deref());
        let drawing = drawing.drawing(jobs, &sequence, given)?;
        let EvaluationSettings { bootstrap, confidence, seed, .. } = method.settings(drawing.sampler.seed);
        let request = BranchRequest {
            reference: reference.clone(),
            native,
            starts: self.start.clone(),
            drawing,
            settings: BranchSettings {
                horizons: self.horizons.clone(),
                draws: self.branch_draws,
                bootstrap,
                confidence,
                seed,
                ..BranchSettings::default()
            },
        };
        let mut display = StageDisplay::of_evaluation();
        Ok(jobs.run(request, |report| display.report(report))?.ok())
    }
}

#[cfg(test)]
mod tests {
    use super::start_frame;

    #[test]
    fn a_start_without_a_number_is_the_first_frame() {
        let parsed = |text: &str| start_frame(text).ok().map(|start| (start.path, start.frame));
        assert_eq!(parsed("start.pdb"), Some(("start.pdb".into(), 0)));
        assert_eq!(parsed("runs/a.xtc:120"), Some(("runs/a.xtc".into(), 120)));
        assert!(parsed("a.xtc:").is_none() && parsed("").is_none());
    }
}
