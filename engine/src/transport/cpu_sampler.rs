//! The sampler on the CPU: the fused network, replicas and, where they are few, their work shared out among threads.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::chemistry::GeometryKeeper;
use crate::network::fused::{Conditioned, HeaderContext, Workspace};
use crate::network::{CloudBatch, Model, SequenceBatch};
use crate::structure::Topology;

use super::batch::{accept, check_order, check_replicas, next_frames};
use super::heads::drift_and_noise;
use super::integrator::{Field, IntegratorState, Restart, integrate, integrate_from};
use super::interpolant::NoiseAddress;
use super::redraw::{Continuation, Ends, Finished, Making};
use super::sampler::{Advance, FrameSampler, GeometryCounts, LatentProgress, Replica, TransportError};
use super::settings::SamplerSettings;
use crate::random::{Noise, Stream};

/// Advances replicas of one protein with a model on the CPU.
pub struct CpuSampler {
    model: Arc<Model>,
    topology: Topology,
    settings: SamplerSettings,
    keeper: Option<GeometryKeeper>,
    stream: Noise,
    workers: Vec<Worker>,
    counts: GeometryCounts,
}

#[derive(Default)]
struct Worker {
    workspace: Workspace,
    conditioned: Conditioned,
    source: CloudBatch,
    state: IntegratorState,
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
        check_order(model.config().transport, topology, &settings)?;
        let stream = Noise::new(settings.seed, Stream::Sampling);
        let workers = (0..threads.max(1)).map(|_| Worker::default()).collect();
        let keeper = settings.keep_geometry.then(|| GeometryKeeper::new(topology));
        let counts = GeometryCounts::default();
        Ok(Self { model, topology: topology.clone(), settings, keeper, stream, workers, counts })
    }
}

impl CpuSampler {
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
        check_replicas(&self.topology, replicas)?;
        let Self { model, topology, settings, keeper, stream, workers, counts } = self;
        let shares = workers.len().min(replicas.len());
        if shares == 0 {
            return Ok(Advance::Done);
        }
        let chunk = replicas.len().div_ceil(shares);
        // Where there are fewer replicas than processors, several threads share the work of one.
        let threads = workers.len();
        for (k, worker) in workers[..shares].iter_mut().enumerate() {
            worker.workspace.use_threads((k + 1) * threads / shares - k * threads / shares);
        }
        let stop = AtomicBool::new(false);
        let mut results: Vec<Result<Option<Finished>, TransportError>> = Vec::new();
        std::thread::scope(|scope| {
            let mut parts = replicas.chunks(chunk).zip(workers.iter_mut());
            let first = parts.next();
            let (model, topology, settings, keeper, stream, stop) =
                (&**model, &*topology, &*settings, keeper.as_ref(), &*stream, &stop);
            let handles: Vec<_> = parts
                .map(|(part, worker)| {
                    scope.spawn(move || {
                        worker.advance(model, topology, settings, keeper, stream, part, &mut |_| {
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
                let result =
                    worker.advance(model, topology, settings, keeper, stream, part, &mut |progress| {
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
    /// New positions of `replicas`, `None` when `control` said to stop.
    fn advance(
        &mut self,
        model: &Model,
        topology: &Topology,
        settings: &SamplerSettings,
        keeper: Option<&GeometryKeeper>,
        stream: &Noise,
        replicas: &[Replica],
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Option<Finished>, TransportError> {
        let (sequence, mut addresses) = next_frames(topology, replicas, &mut self.source);
        let (workspace, source) = (&mut self.workspace, &self.source);
        model.network.condition(
            &model.parameters,
            workspace,
            &sequence,
            source,
            &mut self.conditioned,
            false,
        );
        let mut field = NetworkField {
            model,
            workspace,
            sequence: &sequence,
            source,
            conditioned: &self.conditioned,
            tau: vec![0.0; replicas.len()],
        };
        let config = model.config();
        let done = integrate(
            settings,
            config,
            &sequence,
            source,
            stream,
            &mut addresses,
            &mut field,
            &mut self.state,
            control,
        )?;
        if !done {
            return Ok(None);
        }
        let ends = Ends { topology, replicas, sequence: &sequence, source, latent: &self.state.latent };
        let making = Making { settings, config, stream };
        ends.finish(
            keeper,
            making,
            &mut CpuContinuation { model, making, workspace: &mut self.workspace, control },
        )
    }
}

/// The last latent steps on the CPU.
pub(super) struct CpuContinuation<'a> {
    pub model: &'a Model,
    pub making: Making<'a>,
    pub workspace: &'a mut Workspace,
    pub control: &'a mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
}

impl Continuation for CpuContinuation<'_> {
    fn go_on(
        &mut self,
        sequence: &SequenceBatch,
        source: &CloudBatch,
        addresses: &mut [NoiseAddress],
        restart: Restart,
        state: &mut IntegratorState,
    ) -> Result<bool, TransportError> {
        let Making { settings, config, stream } = self.making;
        let (model, workspace) = (self.model, &mut *self.workspace);
        let mut conditioned = Conditioned::default();
        model.network.condition(&model.parameters, workspace, sequence, source, &mut conditioned, false);
        let tau = vec![0.0; addresses.len()];
        let mut field = NetworkField { model, workspace, sequence, source, conditioned: &conditioned, tau };
        let control = &mut *self.control;
        integrate_from(restart, settings, config, sequence, stream, addresses, &mut field, state, control)
    }
}

/// The trained network as a field.
struct NetworkField<'a> {
    model: &'a Model,
    workspace: &'a mut Workspace,
    sequence: &'a SequenceBatch,
    source: &'a CloudBatch,
    conditioned: &'a Conditioned,
    tau: Vec<f32>,
}

impl Field for NetworkField<'_> {
    fn evaluate(
        &mut self,
        tau: f32,
        latent: &CloudBatch,
        drift: &mut CloudBatch,
        noise: &mut CloudBatch,
    ) -> Result<(), TransportError> {
        self.tau.fill(tau);
        let context = HeaderContext {
            sequence: self.sequence,
            source: self.source,
            latent,
            tau: &self.tau,
            conditioned: self.conditioned,
        };
        self.model.network.headers(&self.model.parameters, self.workspace, &context, false);
        drift_and_noise(
            self.model.config(),
            self.sequence,
            self.source,
            latent,
            tau,
            &self.workspace.outputs,
            drift,
            noise,
        );
        Ok(())
    }
}
