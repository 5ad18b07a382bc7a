//! The GPU sampler against the CPU sampler. Where no adapter exists the tests are skipped and say so.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use super::{
    Advance, CpuSampler, FallbackSampler, FrameSampler, GpuSampler, Integrator, Replica, SamplerSettings,
    Schedule, TransportError,
};
use crate::gpu::{AdapterChoice, Gpu, GpuError, GpuNetwork};
use crate::network::{Heads, Model, ModelCard, NetworkConfig, ParameterLayout, Residual, Transport};
use crate::test_support::bundled_atoms;
use crate::training::weights::initial_weights;

/// The bound of ARCHITECTURE.md §10 on the deviation after one frame.
const TOLERANCE_ANGSTROM: f32 = 1e-3;

/// One device for all tests; `None` without an adapter, and then the calling test is skipped.
fn gpu() -> Option<Arc<Gpu>> {
    static SHARED: LazyLock<Result<Arc<Gpu>, String>> =
        LazyLock::new(|| Gpu::open(&AdapterChoice::First).map(Arc::new).map_err(|error| error.to_string()));
    match &*SHARED {
        Ok(gpu) => Some(gpu.clone()),
        Err(reason) => {
            equijump_tests::skip(&format!("{reason}; install a Vulkan driver, such as mesa-vulkan-drivers"));
            None
        }
    }
}

fn tiny() -> NetworkConfig {
    NetworkConfig {
        multiplicity: 6,
        conditioner_layers: 1,
        header_layers: 2,
        neighbors: 5,
        time_bins: 7,
        strain_inputs: false,
        displacement_inputs: false,
        ..NetworkConfig::basic()
    }
}

fn model(config: &NetworkConfig) -> Arc<Model> {
    let mut weights = initial_weights(&ParameterLayout::new(config), 4);
    // Biases, norms and the skip connection start at values that hide mistakes in them.
    for spec in ParameterLayout::new(config).specs() {
        for (i, x) in weights[spec.range.clone()].iter_mut().enumerate() {
            *x += 0.1 * (i as f32 * 0.7 + spec.range.start as f32).sin();
        }
    }
    Arc::new(Model::new(config, weights, ModelCard::default()))
}

fn settings() -> SamplerSettings {
    // What the network says, because tolerances of the geometry are steps.
    SamplerSettings {
        latent_steps: 6,
        epsilon: 0.5,
        seed: 9,
        keep_geometry: false,
        ..SamplerSettings::default()
    }
}

fn replicas(positions: &[[f32; 3]], indices: &[u64]) -> Vec<Replica> {
    let replica = |&index| Replica { index, frame: 3, positions_angstrom: positions.to_vec() };
    indices.iter().map(replica).collect()
}

fn go(sampler: &mut dyn FrameSampler, replicas: &mut [Replica]) {
    let done = sampler.advance(replicas, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(done, Advance::Done);
}

/// Largest deviation of a frame of both samplers.
fn deviation(gpu: &Arc<Gpu>, config: &NetworkConfig, settings: &SamplerSettings, indices: &[u64]) -> f32 {
    let (topology, start) = bundled_atoms("chignolin");
    let model = model(config);
    let network = Arc::new(GpuNetwork::new(gpu.clone(), &model).unwrap());
    let mut tested = GpuSampler::new(network, &model, &topology, settings.clone()).unwrap();
    let mut reference = CpuSampler::with_threads(model, &topology, settings.clone(), 1).unwrap();
    let (mut own, mut expected) = (replicas(&start, indices), replicas(&start, indices));
    go(&mut tested, &mut own);
    go(&mut reference, &mut expected);
    let mut worst = 0.0f32;
    for (own, expected) in own.iter().zip(&expected) {
        assert_eq!((own.index, own.frame), (expected.index, 4));
        for (a, b) in own.positions_angstrom.iter().zip(&expected.positions_angstrom) {
            worst = (0..3).map(|axis| (a[axis] - b[axis]).abs()).fold(worst, f32::max);
        }
        let moved = own.positions_angstrom.iter().flatten().zip(start.iter().flatten());
        assert!(moved.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) > 0.1, "nothing moved");
    }
    worst
}

fn assert_parity(what: &str, config: &NetworkConfig, settings: &SamplerSettings, indices: &[u64]) {
    let Some(gpu) = gpu() else { return };
    let worst = deviation(&gpu, config, settings, indices);
    println!("{what}: {worst} Å");
    // Diffusion scales X_τ up 150 times on its way from noise to data, and with it what the devices round.
    let tolerance =
        if config.transport == Transport::Ddpm { 10.0 * TOLERANCE_ANGSTROM } else { TOLERANCE_ANGSTROM };
    assert!(worst < tolerance, "{what}: off by {worst} Å");
}

#[test]
fn every_residual_form_head_and_strain_gives_the_frames_of_the_cpu() {
    for residual in [Residual::Sum, Residual::Concat] {
        for heads in [Heads::Paper, Heads::Endpoint] {
            for strain_inputs in [false, true] {
                for displacement_inputs in [false, true] {
                    let config =
                        NetworkConfig { residual, heads, strain_inputs, displacement_inputs, ..tiny() };
                    let what = format!(
                        "{residual:?} {heads:?} strain {strain_inputs} displacement {displacement_inputs}"
                    );
                    assert_parity(&what, &config, &settings(), &[0, 7]);
                }
            }
        }
    }
}

#[test]
fn every_integrator_and_schedule_gives_the_frames_of_the_cpu() {
    for integrator in [Integrator::Sde, Integrator::Ode, Integrator::OdeHeun] {
        for schedule in [Schedule::Window, Schedule::Matched] {
            for position_epsilon_factor in [0.0, 0.5] {
                let settings =
                    SamplerSettings { integrator, schedule, position_epsilon_factor, ..settings() };
                let what = format!("{integrator:?} {schedule:?} {position_epsilon_factor}");
                assert_parity(&what, &tiny(), &settings, &[2]);
            }
        }
    }
}

/// With all inputs of the recommended network, those that see how far X_τ is from what it holds of X^t among them.
fn all_inputs(transport: Transport, heads: Heads) -> NetworkConfig {
    let mut config = NetworkConfig {
        heads,
        multiplicity: 6,
        conditioner_layers: 1,
        header_layers: 2,
        ..NetworkConfig::default()
    };
    config.choose_transport(transport);
    config
}

fn assert_every_integrator(transport: Transport, integrators: &[Integrator]) {
    for heads in [Heads::Paper, Heads::Endpoint] {
        let config = all_inputs(transport, heads);
        let with_estimates = NetworkConfig { estimate_inputs: true, ..config.clone() };
        let configs = [Some(config), Some(with_estimates).filter(NetworkConfig::can_see_estimates)];
        for config in configs.iter().flatten() {
            for &integrator in integrators {
                let what = format!("{transport} {heads:?} {integrator:?} {}", config.estimate_inputs);
                assert_parity(&what, config, &SamplerSettings { integrator, ..settings() }, &[2, 5]);
            }
        }
    }
}

#[test]
fn every_integrator_of_the_bridge_gives_the_frames_of_the_cpu() {
    assert_every_integrator(Transport::Bridge, &[Integrator::Sde, Integrator::Ode, Integrator::OdeHeun]);
}

#[test]
fn every_integrator_from_noise_gives_the_frames_of_the_cpu() {
    assert_every_integrator(Transport::OneSided, &[Integrator::Sde, Integrator::Ode, Integrator::OdeHeun]);
}

#[test]
fn flow_matching_gives_the_frames_of_the_cpu() {
    assert_every_integrator(Transport::FlowMatching, &[Integrator::Ode, Integrator::OdeHeun]);
}

#[test]
fn diffusion_gives_the_frames_of_the_cpu() {
    assert_every_integrator(Transport::Ddpm, &[Integrator::Sde, Integrator::Ode, Integrator::OdeHeun]);
}

/// The window of noise, which one-sided interpolants have too.
#[test]
fn a_window_of_noise_gives_the_frames_of_the_cpu() {
    let config = NetworkConfig { transport: Transport::OneSided, ..tiny() };
    let settings = SamplerSettings { schedule: Schedule::Window, ..settings() };
    assert_parity("one-sided, window", &config, &settings, &[2]);
}

/// Channels that are and are not multiples of four, several groups of threads an edge, neighbors beyond one
/// round of sixteen, more residues than threads.
#[test]
fn every_width_gives_the_frames_of_the_cpu() {
    for (multiplicity, neighbors) in [(1, 3), (4, 9), (33, 4), (72, 9), (256, 9)] {
        let config = NetworkConfig {
            multiplicity,
            neighbors,
            header_layers: 1,
            heads: Heads::Endpoint,
            residual: Residual::Concat,
            ..tiny()
        };
        let settings = SamplerSettings { latent_steps: 2, ..settings() };
        assert_parity(&format!("H = {multiplicity}"), &config, &settings, &[1]);
    }
}

/// Stopping answers before the next latent step and leaves the replicas as they were; the sampler goes on.
#[test]
fn a_frame_is_cancelled_within_one_latent_step() {
    let Some(gpu) = gpu() else { return };
    let (topology, start) = bundled_atoms("chignolin");
    let model = model(&tiny());
    let network = Arc::new(GpuNetwork::new(gpu, &model).unwrap());
    let mut sampler = GpuSampler::new(network, &model, &topology, settings()).unwrap();
    let mut all = replicas(&start, &[0, 1, 2]);
    let before = all.clone();
    let mut asked = 0;
    let end = sampler
        .advance(&mut all, &mut |progress| {
            assert_eq!((progress.done, progress.total), (asked, 6));
            asked += 1;
            if progress.done == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!((end, asked), (Advance::Cancelled, 4));
    assert_eq!(all, before);
    go(&mut sampler, &mut all);
    assert_eq!(all[0].frame, before[0].frame + 1);
}

/// More replicas than there is room for at a time: two full portions and one of a single replica.
#[test]
fn replicas_in_portions_get_the_frames_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let (topology, start) = bundled_atoms("chignolin");
    let model = model(&tiny());
    let network = Arc::new(GpuNetwork::new(gpu, &model).unwrap());
    let mut tested = GpuSampler::new(network, &model, &topology, settings()).unwrap();
    tested.most_replicas = 2;
    let indices = [0, 1, 2, 8, 3];
    let (mut own, mut expected) = (replicas(&start, &indices), replicas(&start, &indices));
    for _ in 0..2 {
        let mut before = 0;
        let end = tested.advance(&mut own, &mut |progress| {
            assert!((before..6).contains(&progress.done), "{} after {before}", progress.done);
            before = progress.done;
            ControlFlow::Continue(())
        });
        assert_eq!(end.unwrap(), Advance::Done);
    }
    let mut reference = CpuSampler::with_threads(model, &topology, settings(), 1).unwrap();
    go(&mut reference, &mut expected);
    go(&mut reference, &mut expected);
    for (own, expected) in own.iter().zip(&expected) {
        assert_eq!((own.index, own.frame), (expected.index, 5));
        let pairs = own.positions_angstrom.iter().flatten().zip(expected.positions_angstrom.iter().flatten());
        let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max);
        assert!(worst < TOLERANCE_ANGSTROM, "replica {}: off by {worst} Å", own.index);
    }
}

/// A device that goes away is an error in words, during a frame and at every attempt after it.
#[test]
fn a_lost_device_is_told_in_words() {
    if gpu().is_none() {
        return;
    }
    let gpu = Arc::new(Gpu::open(&AdapterChoice::First).unwrap());
    let (topology, start) = bundled_atoms("chignolin");
    let model = model(&tiny());
    let network = Arc::new(GpuNetwork::new(gpu.clone(), &model).unwrap());
    let mut sampler = GpuSampler::new(network, &model, &topology, settings()).unwrap();
    let mut all = replicas(&start, &[0]);
    let before = all.clone();
    for _ in 0..2 {
        let result = sampler.advance(&mut all, &mut |progress| {
            if progress.done == 2 {
                gpu.destroy();
            }
            ControlFlow::Continue(())
        });
        let error = result.err().unwrap();
        assert!(matches!(error, TransportError::Gpu(_)), "{error}");
        assert!(error.to_string().contains("graphics adapter"), "{error}");
        assert_eq!(all, before);
    }
}

#[test]
fn what_a_gpu_cannot_do_is_refused_in_words() {
    let Some(gpu) = gpu() else { return };
    let refused = |config: NetworkConfig, words: &str| {
        let error = GpuNetwork::new(gpu.clone(), &model(&config)).err().unwrap().to_string();
        assert!(error.contains(words), "{error:?} does not say {words:?}");
    };
    refused(NetworkConfig { multiplicity: 260, ..tiny() }, "multiplicity of 260");
    let error = Gpu::open(&AdapterChoice::Name("no such thing".into())).err().unwrap();
    assert!(matches!(error, GpuError::UnknownAdapter { .. }), "{error}");
}

/// The run goes on on the CPU from its last frame, says so once, and makes the frames it would have made.
#[test]
fn a_run_outlives_its_device() {
    if gpu().is_none() {
        return;
    }
    let gpu = Arc::new(Gpu::open(&AdapterChoice::First).unwrap());
    let (topology, start) = bundled_atoms("chignolin");
    let model = model(&tiny());
    let network = Arc::new(GpuNetwork::new(gpu.clone(), &model).unwrap());
    let sampler = GpuSampler::new(network, &model, &topology, settings()).unwrap();
    let mut sampler = FallbackSampler::new(sampler, model.clone(), &topology, settings());
    let mut own = replicas(&start, &[0, 5]);
    go(&mut sampler, &mut own);
    assert_eq!(sampler.take_notice(), None);
    assert!(sampler.device_name().starts_with("GPU"), "{}", sampler.device_name());
    gpu.destroy();
    go(&mut sampler, &mut own);
    let notice = sampler.take_notice().unwrap();
    assert!(notice.contains("was lost") && notice.contains("continues on the processor"), "{notice}");
    assert_eq!(sampler.take_notice(), None);
    assert!(sampler.device_name().starts_with("CPU"), "{}", sampler.device_name());
    let mut expected = replicas(&start, &[0, 5]);
    let mut reference = CpuSampler::with_threads(model, &topology, settings(), 1).unwrap();
    go(&mut reference, &mut expected);
    go(&mut reference, &mut expected);
    for (own, expected) in own.iter().zip(&expected) {
        assert_eq!(own.frame, expected.frame);
        for (a, b) in
            own.positions_angstrom.iter().flatten().zip(expected.positions_angstrom.iter().flatten())
        {
            assert!((a - b).abs() < TOLERANCE_ANGSTROM, "{a} {b}");
        }
    }
}

/// The shipped model at its own settings, a whole frame of 100 latent steps.
#[test]
fn the_shipped_model_gives_the_frame_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/models/chignolin/model.safetensors");
    let model = Arc::new(Model::load(&path).unwrap());
    let (topology, start) = bundled_atoms("chignolin");
    let settings = SamplerSettings { keep_geometry: false, seed: 3, ..SamplerSettings::default() };
    let network = Arc::new(GpuNetwork::new(gpu, &model).unwrap());
    let mut tested = GpuSampler::new(network, &model, &topology, settings.clone()).unwrap();
    let mut reference = CpuSampler::new(model, &topology, settings).unwrap();
    let (mut own, mut expected) = (replicas(&start, &[0]), replicas(&start, &[0]));
    go(&mut tested, &mut own);
    go(&mut reference, &mut expected);
    let pairs =
        own[0].positions_angstrom.iter().flatten().zip(expected[0].positions_angstrom.iter().flatten());
    let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max);
    println!("shipped model, 100 latent steps: {worst} Å");
    assert!(worst < TOLERANCE_ANGSTROM, "off by {worst} Å");
}
