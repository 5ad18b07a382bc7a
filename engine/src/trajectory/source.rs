//! A trajectory file and what its atoms are.

use std::path::PathBuf;
use std::sync::Arc;

use crate::structure::TopologyMap;

/// One file with the atoms it holds.
#[derive(Clone, Debug)]
pub struct TrajectorySource {
    /// The file.
    pub path: PathBuf,
    /// Its atoms. All maps of one set of sources lead to the same topology.
    pub map: Arc<TopologyMap>,
}
