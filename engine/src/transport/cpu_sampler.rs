//! The sampler on the CPU: the fused network, replicas and, where they are few, their work shared out among threads.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::network::Model;
use crate::network::fused::{FusedBuffers, FusedEvaluator};
use crate::structure::Topology;

use super::batch::{accept, check_replicas};
use super::frames::Clouds;
use super::making::Making;
use super::redraw::Finished;
use super::sampler::{Advance, FrameSampler, GeometryCounts, LatentProgress, Replica, TransportError};
use super::settings::SamplerSettings;

/// Advances replicas of one protein with a model on the CPU.
pub struct CpuSampler {
    model: Arc<Model>,
    making: Making,
    workers: Vec<Worker>,
    counts: GeometryCounts,
}

#[derive(Default)]
struct Worker {
    buffers: FusedBuffers,
    clouds: Clouds,
}

impl CpuSampler {
    /// A sampler for `topology` on all processors.
    ///
    /// # Errors
    /// [`TransportError::Settings`] when a setting is out of range.
    pub fn new(
        model: Arc<Model>,
        topology: &Topology,
        settings: SamplerSettings,
    ) -> Result<Self, TransportError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_threads(model, topology, settings, threads)
    }

    /// As [`Self::new`] with at most `threads` threads. The result does not depend on their number.
    ///
    /// # Errors
    /// [`TransportError::Settings`] when a setting is out of range.
    pub fn with_threads(
        model: Arc<Model>,
        topology: &Topology,
        settings: SamplerSettings,
        threads: usize,
    ) -> Result<Self, TransportError> {
        let making = Making::new(model.config(), topology, settings)?;
        let workers = (0..threads.max(1)).map(|_| Worker::default()).collect();
        Ok(Self { model, making, workers, counts: GeometryCounts::default() })
    }

    /// Replicas of `replicas` that the calling thread advances; others have no more.
    pub fn own_share(&self, replicas: usize) -> usize {
        replicas.div_ceil(self.workers.len())
    }
}

impl FrameSampler for CpuSampler {
    fn advance(
        &mut self,
        replicas: &mut [Replica],
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Advance, TransportError> {
        check_replicas(&self.making.topology, replicas)?;
        let Self { model, making, workers, counts } = self;
        let shares = workers.len().min(replicas.len());
        if shares == 0 {
            return Ok(Advance::Done);
        }
        let chunk = replicas.len().div_ceil(shares);
        // Where there are fewer replicas than processors, several threads share the work of one.
        let threads = workers.len();
        for (k, worker) in workers[..shares].iter_mut().enumerate() {
            worker.buffers.workspace.use_threads((k + 1) * threads / shares - k * threads / shares);
        }
        let stop = AtomicBool::new(false);
        let mut results: Vec<Result<Option<Finished>, TransportError>> = Vec::new();
        std::thread::scope(|scope| {
            let mut parts = replicas.chunks(chunk).zip(workers.iter_mut());
            let first = parts.next();
            let (model, making, stop) = (&**model, &*making, &stop);
            let handles: Vec<_> = parts
                .map(|(part, worker)| {
                    scope.spawn(move || {
                        worker.frames(model, making, part, &mut |_| {
                            if stop.load(Ordering::Relaxed) {
                                ControlFlow::Break(())
                            } else {
                                ControlFlow::Continue(())
                            }
                        })
                    })
                })
                .collect();
            // This thread takes the first share, and it alone asks the caller.
            if let Some((part, worker)) = first {
                let result = worker.frames(model, making, part, &mut |progress| {
                    let flow = control(progress);
                    if flow.is_break() {
                        stop.store(true, Ordering::Relaxed);
                    }
                    flow
                });
                if result.is_err() {
                    stop.store(true, Ordering::Relaxed);
                }
                results.push(result);
            }
            for handle in handles {
                match handle.join() {
                    Ok(result) => results.push(result),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        let mut frames = Vec::with_capacity(replicas.len());
        let mut made = GeometryCounts::default();
        for result in results {
            match result? {
                Some(part) => {
                    frames.extend(part.frames);
                    made += part.counts;
                }
                None => return Ok(Advance::Cancelled),
            }
        }
        *counts += made;
        accept(replicas, frames);
        Ok(Advance::Done)
    }

    fn frame_interval_ps(&self) -> f64 {
        self.model.card.frame_interval_ps
    }

    fn geometry(&self) -> GeometryCounts {
        self.counts
    }

    fn device_name(&self) -> String {
        match self.workers.len() {
            1 => "CPU, 1 thread".to_owned(),
            n => format!("CPU, up to {n} threads"),
        }
    }
}

impl Worker {
    /// The next frames of `replicas`, `None` when `control` said to stop.
    fn frames(
        &mut self,
        model: &Model,
        making: &Making,
        replicas: &[Replica],
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Option<Finished>, TransportError> {
        let mut network = FusedEvaluator {
            network: &model.network,
            parameters: &model.parameters,
            buffers: &mut self.buffers,
            firsts: &[],
            train: false,
        };
        making.frames(&mut network, &mut self.clouds, replicas, control)
    }
}
