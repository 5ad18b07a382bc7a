//! A few jumps from a frame, and observables of what they lead to: what `segment` and `serve` do.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use equijump_engine::analysis::Coordinates;
use equijump_engine::session::{
    DevicePreference, FrameHistory, ModelSource, OpenedStructure, Report, Simulate, SimulationRequest,
    SimulationUpdate,
};
use equijump_engine::structure::Topology;
use equijump_engine::trajectory::TrajectoryWriter;
use equijump_engine::transport::SamplerSettings;

use super::job::Jobs;

/// Jumps to make.
pub(super) struct Order {
    pub structure: OpenedStructure,
    /// Where to start instead of the structure.
    pub start_angstrom: Option<Arc<Vec<[f32; 3]>>>,
    pub model: ModelSource,
    pub settings: SamplerSettings,
    pub device: DevicePreference,
    pub jumps: u64,
}

/// Jumps that were made.
pub(super) struct Segment {
    pub topology: Arc<Topology>,
    /// The start and the frames after it.
    pub history: Arc<FrameHistory>,
    pub frame_interval_ps: f64,
}

impl Segment {
    /// The values of coordinates in each frame, that of the start first.
    pub fn values(&self, coordinates: &Coordinates) -> anyhow::Result<Vec<Vec<f64>>> {
        (0..self.history.len())
            .map(|frame| Ok(coordinates.values(&self.topology, &self.frame(frame)?)))
            .collect()
    }

    /// Positions of the last frame, Å.
    pub fn end_angstrom(&self) -> anyhow::Result<Vec<[f32; 3]>> {
        self.frame(self.history.len().saturating_sub(1))
    }

    /// Writes the trajectory, and nothing beside it.
    pub fn write(&self, path: &Path, overwrite: bool) -> anyhow::Result<()> {
        let mut writer = TrajectoryWriter::create(path, &self.topology, self.frame_interval_ps, overwrite)?;
        for frame in 0..self.history.len() {
            writer.write_frame(&self.frame(frame)?, frame as f64 * self.frame_interval_ps)?;
        }
        writer.flush()?;
        Ok(())
    }

    fn frame(&self, frame: u64) -> anyhow::Result<Vec<[f32; 3]>> {
        self.history.read(frame, 0).with_context(|| format!("frame {frame} cannot be read back"))
    }
}

/// Makes the jumps; `None` if the user interrupted. Notices go to `notice`.
pub(super) fn propagate(
    jobs: &Jobs,
    order: Order,
    mut notice: impl FnMut(String),
) -> anyhow::Result<Option<Segment>> {
    let request = SimulationRequest {
        structure: order.structure,
        starts_angstrom: order.start_angstrom.into_iter().collect(),
        model: order.model,
        settings: order.settings,
        replicas: 1,
        shard: None,
        frames: Some(order.jumps),
        device: order.device,
        output: None,
        keep_history: true,
    };
    let mut run = None;
    let ended = jobs.run(Simulate::new(request), |update| match update {
        SimulationUpdate::Started(started) => run = Some(started),
        SimulationUpdate::Report(Report::Notice(sentence)) => notice(sentence.0),
        _ => (),
    })?;
    if ended.is_err() {
        return Ok(None);
    }
    let run = run.ok_or_else(|| anyhow!("the jumps were not made"))?;
    let history = run.history.ok_or_else(|| anyhow!("the frames were not kept"))?;
    Ok(Some(Segment { topology: run.topology, history, frame_interval_ps: run.frame_interval_ps }))
}
