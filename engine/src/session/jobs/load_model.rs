//! Loading a model, so that a simulation starts without delay and its card can be shown.

use crate::session::backend::LoadedModel;
use crate::session::job::{Halt, Job, JobContext};
use crate::session::lane::Lane;
use crate::session::progress::Report;
use crate::session::request::ModelSource;

/// Loads this model.
#[derive(Clone, Debug)]
pub struct LoadModel(pub ModelSource);

impl Job for LoadModel {
    type Update = Report;
    type Output = LoadedModel;
    const LANE: Lane = Lane::Files;

    fn run(self, context: &JobContext<'_, Report>) -> Result<LoadedModel, Halt> {
        Ok(context.backend().load_model(&self.0)?)
    }
}
