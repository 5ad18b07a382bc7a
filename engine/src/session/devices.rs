//! Which device samples: what the user asked for, or the one that a short measurement finds faster.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::gpu::{AdapterChoice, AdapterSummary, Gpu, GpuError, GpuNetwork, adapters};
use crate::network::{Model, built_gpu};
use crate::structure::Topology;
use crate::transport::split_sampler::Worker;
use crate::transport::{
    CandleSampler, CpuSampler, FallbackSampler, FrameSampler, GpuSampler, Replica, SamplerSettings,
    SplitSampler, TransportError,
};

use super::request::DevicePreference;

/// Latent steps of a measurement.
const MEASURED_STEPS: u32 = 4;

/// The graphics adapters of this machine, listed by a thread of its own: drivers take their time. Empty until
/// they are known.
pub fn known_adapters() -> &'static [AdapterSummary] {
    static START: Once = Once::new();
    static KNOWN: OnceLock<Vec<AdapterSummary>> = OnceLock::new();
    START.call_once(|| {
        std::thread::spawn(|| KNOWN.get_or_init(adapters));
    });
    KNOWN.get().map_or(&[], Vec::as_slice)
}

/// A sampler to make.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub model: &'a Arc<Model>,
    pub topology: &'a Topology,
    pub settings: &'a SamplerSettings,
    pub replicas: usize,
}

impl Wanted<'_> {
    fn cpu(&self) -> Result<Box<dyn FrameSampler>, TransportError> {
        Ok(Box::new(CpuSampler::new(self.model.clone(), self.topology, self.settings.clone())?))
    }
}

/// The network that was put on a graphics adapter last, and what was measured.
#[derive(Default)]
pub(super) struct DevicePool {
    last: Mutex<Option<(Arc<Model>, AdapterChoice, Arc<GpuNetwork>)>>,
    /// Residues, replicas and whether the GPU was faster, with the network of `last`.
    measured: Mutex<Vec<(usize, usize, bool)>>,
}

impl DevicePool {
    /// A sampler on the device of `preference`, and what the user should know.
    pub fn sampler(
        &self,
        wanted: Wanted<'_>,
        preference: &DevicePreference,
        notices: &mut Vec<String>,
    ) -> Result<Box<dyn FrameSampler>, TransportError> {
        let choice = match preference {
            DevicePreference::Cpu => return wanted.cpu(),
            DevicePreference::Auto => return self.fastest(wanted),
            DevicePreference::AllGpus => return self.all_gpus(wanted, notices),
            DevicePreference::Gpu => AdapterChoice::First,
            DevicePreference::Adapter(name) => {
                name.parse().map_or_else(|_| AdapterChoice::Name(name.clone()), AdapterChoice::Index)
            }
        };
        match self.gpu(wanted, &choice) {
            // The adapter is well, the model or protein is not for it.
            Err(TransportError::Gpu(error @ (GpuError::Unsupported(_) | GpuError::Limit { .. }))) => {
                notices.push(format!("{error}; the processor computes instead."));
                wanted.cpu()
            }
            Err(TransportError::Gpu(GpuError::NoAdapter)) if built_gpu().is_some() => {
                let device = built_gpu().unwrap_or(crate::network::CandleDevice::Cpu);
                let settings = wanted.settings.clone();
                Ok(Box::new(CandleSampler::new(wanted.model, wanted.topology, settings, device)?))
            }
            result => result,
        }
    }

    fn gpu(
        &self,
        wanted: Wanted<'_>,
        choice: &AdapterChoice,
    ) -> Result<Box<dyn FrameSampler>, TransportError> {
        let network = self.network(wanted.model, choice)?;
        let settings = wanted.settings.clone();
        let sampler = GpuSampler::new(network, wanted.model, wanted.topology, settings.clone())?;
        Ok(Box::new(FallbackSampler::new(sampler, wanted.model.clone(), wanted.topology, settings)))
    }

    /// One sampler on every graphics adapter, replicas dealt out by the speed measured on each; adapters that are
    /// software count where there are no others. One adapter alone, or replicas fewer than two, need no dealing.
    fn all_gpus(
        &self,
        wanted: Wanted<'_>,
        notices: &mut Vec<String>,
    ) -> Result<Box<dyn FrameSampler>, TransportError> {
        let mut found = adapters();
        let hardware = found.iter().any(|adapter| !adapter.is_software());
        found.retain(|adapter| !(hardware && adapter.is_software()));
        // An adapter that several interfaces offer is listed by each of them.
        let interface = found.first().map(|adapter| adapter.interface.clone());
        found.retain(|adapter| Some(&adapter.interface) == interface.as_ref());
        if found.len() < 2 || wanted.replicas < 2 {
            return self.sampler(wanted, &DevicePreference::Gpu, notices);
        }
        // Each is measured with its share, were all alike.
        let share = Wanted { replicas: wanted.replicas.div_ceil(found.len()), ..wanted };
        let mut workers = Vec::new();
        for adapter in &found {
            match on_adapter(share, adapter.index) {
                Ok(worker) => workers.push(worker),
                Err(TransportError::Gpu(error)) => {
                    notices.push(format!("{} is left out: {error}.", adapter.name))
                }
                Err(error) => return Err(error),
            }
        }
        if workers.is_empty() {
            return self.sampler(wanted, &DevicePreference::Gpu, notices);
        }
        let first = workers.remove(0);
        Ok(Box::new(SplitSampler::new(first, workers)))
    }

    /// The network on the adapter: weights and compiled kernels are kept from run to run.
    fn network(&self, model: &Arc<Model>, choice: &AdapterChoice) -> Result<Arc<GpuNetwork>, GpuError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, at, network)) = &*last
            && Arc::ptr_eq(known, model)
            && at == choice
            && network.gpu().check().is_ok()
        {
            return Ok(network.clone());
        }
        // Makes room first.
        *last = None;
        self.measured.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let network = Arc::new(GpuNetwork::new(Arc::new(Gpu::open(choice)?), model)?);
        *last = Some((model.clone(), choice.clone(), network.clone()));
        Ok(network)
    }

    /// The CPU, or the first graphics adapter if it is hardware, works and is faster. Software adapters run on
    /// the processor too and are many times slower than our own kernels there; they are not worth the wait for
    /// a measurement.
    fn fastest(&self, wanted: Wanted<'_>) -> Result<Box<dyn FrameSampler>, TransportError> {
        if adapters().first().is_none_or(AdapterSummary::is_software) {
            return wanted.cpu();
        }
        let gpu = match self.gpu(wanted, &AdapterChoice::First) {
            Ok(gpu) => gpu,
            Err(TransportError::Gpu(error)) => {
                log::info!("auto takes the processor: {error}");
                return wanted.cpu();
            }
            Err(error) => return Err(error),
        };
        let (residues, replicas) = (wanted.topology.residue_count(), wanted.replicas);
        let known = {
            let measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
            measured.iter().find(|(n, r, _)| (*n, *r) == (residues, replicas)).map(|(_, _, faster)| *faster)
        };
        let faster = match known {
            Some(faster) => faster,
            None => {
                let faster = self.measure(wanted)?;
                let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
                measured.push((residues, replicas, faster));
                faster
            }
        };
        if faster { Ok(gpu) } else { wanted.cpu() }
    }

    /// Whether some latent steps on the first graphics adapter take less time than on the CPU.
    fn measure(&self, wanted: Wanted<'_>) -> Result<bool, TransportError> {
        let settings = SamplerSettings { latent_steps: MEASURED_STEPS, ..wanted.settings.clone() };
        let wanted = Wanted { settings: &settings, ..wanted };
        let network = match self.network(wanted.model, &AdapterChoice::First) {
            Ok(network) => network,
            Err(_) => return Ok(false),
        };
        let mut gpu = GpuSampler::new(network, wanted.model, wanted.topology, settings.clone())?;
        // Once to bring weights and programs in, once to be timed.
        if time_frame(&mut gpu, &wanted).is_none() {
            return Ok(false);
        }
        let Some(gpu_time) = time_frame(&mut gpu, &wanted) else { return Ok(false) };
        let mut cpu = wanted.cpu()?;
        let cpu_time = time_frame(cpu.as_mut(), &wanted).unwrap_or(Duration::MAX);
        log::info!(
            "auto: {MEASURED_STEPS} latent steps take {gpu_time:?} on the GPU, {cpu_time:?} on the CPU"
        );
        Ok(gpu_time < cpu_time)
    }
}

/// A sampler on the adapter of that number, and how fast it is.
fn on_adapter(wanted: Wanted<'_>, index: usize) -> Result<Worker, TransportError> {
    let gpu = Arc::new(Gpu::open(&AdapterChoice::Index(index))?);
    let network = Arc::new(GpuNetwork::new(gpu, wanted.model)?);
    let short = SamplerSettings { latent_steps: MEASURED_STEPS, ..wanted.settings.clone() };
    let mut measured = GpuSampler::new(network.clone(), wanted.model, wanted.topology, short)?;
    // Once to bring weights and programs in, once to be timed.
    let time = time_frame(&mut measured, &wanted).and_then(|_| time_frame(&mut measured, &wanted));
    let speed = time.map_or(0.0, |time| 1.0 / time.as_secs_f64().max(1e-9));
    let settings = wanted.settings.clone();
    let sampler = GpuSampler::new(network, wanted.model, wanted.topology, settings.clone())?;
    let sampler = FallbackSampler::new(sampler, wanted.model.clone(), wanted.topology, settings);
    Ok(Worker { sampler: Box::new(sampler), speed })
}

/// Time of a frame of an extended chain; `None` when the device failed. A made-up chain may leave what the model
/// knows, which does not matter for the time.
fn time_frame(sampler: &mut dyn FrameSampler, wanted: &Wanted<'_>) -> Option<Duration> {
    let mut chain = Vec::with_capacity(wanted.topology.atom_count());
    for residue in 0..wanted.topology.residue_count() {
        for k in 0..wanted.topology.atom_range(residue).len() {
            chain.push([3.8 * residue as f32 + 0.3 * k as f32, 1.2 * (k % 3) as f32, 1.2 * (k / 3) as f32]);
        }
    }
    let mut replicas: Vec<Replica> = (0..wanted.replicas as u64)
        .map(|index| Replica { index, frame: 0, positions_angstrom: chain.clone() })
        .collect();
    let start = Instant::now();
    let result = sampler.advance(&mut replicas, &mut |_| ControlFlow::Continue(()));
    match result {
        Err(TransportError::Gpu(_)) => None,
        _ => Some(start.elapsed()),
    }
}
