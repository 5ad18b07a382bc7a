//! The CPU sampler: reproducible, independent of batch, threads and resumption, equivariant, stoppable.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ops::ControlFlow;
use std::sync::Arc;

use nalgebra::Rotation3;

use super::*;
use crate::network::{CandleDevice, Heads, Model, ModelCard, NetworkConfig, Residual, Transport};
use crate::test_support::bundled_atoms;
use crate::training::weights::initial_weights;

fn model(heads: Heads, residual: Residual) -> Arc<Model> {
    model_of(Transport::TwoSided, heads, residual)
}

fn model_of(transport: Transport, heads: Heads, residual: Residual) -> Arc<Model> {
    model_that_sees(false, transport, heads, residual)
}

/// One that sees no estimates and, where there are any, one that does.
fn models(transport: Transport, heads: Heads) -> Vec<Arc<Model>> {
    let model = |estimates| model_that_sees(estimates, transport, heads, Residual::Sum);
    let plain = model(false);
    if plain.config().can_see_estimates() { vec![plain, model(true)] } else { vec![plain] }
}

fn model_that_sees(
    estimate_inputs: bool,
    transport: Transport,
    heads: Heads,
    residual: Residual,
) -> Arc<Model> {
    let config = NetworkConfig {
        estimate_inputs,
        transport,
        multiplicity: 8,
        conditioner_layers: 2,
        header_layers: 2,
        heads,
        residual,
        ..NetworkConfig::basic()
    };
    let layout = crate::network::ParameterLayout::new(&config);
    Arc::new(Model::new(&config, initial_weights(&layout, 4), ModelCard::default()))
}

fn settings(integrator: Integrator) -> SamplerSettings {
    SamplerSettings { integrator, latent_steps: 12, epsilon: 0.5, seed: 9, ..SamplerSettings::default() }
}

fn go(sampler: &mut dyn FrameSampler, replicas: &mut [Replica], frames: usize) {
    for _ in 0..frames {
        let done = sampler.advance(replicas, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(done, Advance::Done);
    }
}

fn replicas(positions: &[[f32; 3]], indices: &[u64]) -> Vec<Replica> {
    indices.iter().map(|&index| Replica { index, frame: 0, positions_angstrom: positions.to_vec() }).collect()
}

#[test]
fn a_seed_gives_the_same_frames_whatever_the_batch_the_threads_and_the_point_of_resumption() {
    let (topology, start) = bundled_atoms("chignolin");
    for (heads, residual) in [(Heads::Endpoint, Residual::Sum), (Heads::Paper, Residual::Concat)] {
        for integrator in [Integrator::Sde, Integrator::Ode, Integrator::OdeHeun] {
            let model = model(heads, residual);
            let new = |threads| {
                CpuSampler::with_threads(model.clone(), &topology, settings(integrator), threads).unwrap()
            };
            let mut together = replicas(&start, &[0, 1, 2, 3, 4]);
            go(&mut new(1), &mut together, 2);
            let mut threaded = replicas(&start, &[0, 1, 2, 3, 4]);
            go(&mut new(3), &mut threaded, 2);
            assert_eq!(together, threaded, "{heads:?} {integrator:?}: the number of threads matters");
            let mut alone = replicas(&start, &[3]);
            let mut sampler = new(2);
            go(&mut sampler, &mut alone, 1);
            // Resumed by another sampler from the positions alone.
            let mut resumed = vec![Replica { ..alone[0].clone() }];
            go(&mut new(1), &mut resumed, 1);
            assert_eq!(together[3], resumed[0], "{heads:?} {integrator:?}: batch or resumption matters");
            assert_ne!(together[2].positions_angstrom, together[3].positions_angstrom);
        }
    }
}

#[test]
fn every_transport_gives_the_same_frames_whatever_the_batch_and_the_threads() {
    let (topology, start) = bundled_atoms("chignolin");
    let all = other_transports().into_iter().flat_map(|(transport, heads, integrator)| {
        models(transport, heads).into_iter().map(move |model| (model, integrator))
    });
    for (model, integrator) in all {
        let what = format!("{:?} {integrator:?}", model.config());
        let new = |threads| {
            CpuSampler::with_threads(model.clone(), &topology, settings(integrator), threads).unwrap()
        };
        let mut together = replicas(&start, &[0, 1, 2]);
        go(&mut new(2), &mut together, 2);
        let mut alone = replicas(&start, &[2]);
        go(&mut new(1), &mut alone, 1);
        let mut resumed = alone.clone();
        go(&mut new(1), &mut resumed, 1);
        assert_eq!(together[2], resumed[0], "{what}: batch, threads or resumption matter");
        assert_ne!(together[1].positions_angstrom, together[2].positions_angstrom, "{what}");
    }
}

#[test]
fn the_candle_sampler_gives_the_frames_of_the_cpu_sampler_for_every_transport() {
    let (topology, start) = bundled_atoms("chignolin");
    let all = other_transports().into_iter().flat_map(|(transport, heads, integrator)| {
        models(transport, heads).into_iter().map(move |model| (model, integrator))
    });
    for (model, integrator) in all {
        // What random weights make of a protein is no protein, and taking its violations out is chaotic.
        let settings = SamplerSettings { keep_geometry: false, ..settings(integrator) };
        let mut fast = CpuSampler::new(model.clone(), &topology, settings.clone()).unwrap();
        let mut reference = CandleSampler::new(&model, &topology, settings, CandleDevice::Cpu).unwrap();
        let (mut own, mut expected) = (replicas(&start, &[4]), replicas(&start, &[4]));
        go(&mut fast, &mut own, 1);
        go(&mut reference, &mut expected, 1);
        let distances = own[0].positions_angstrom.iter().zip(&expected[0].positions_angstrom);
        let worst = distances
            .flat_map(|(a, b)| (0..3).map(move |axis| (a[axis] - b[axis]).abs()))
            .fold(0.0f32, f32::max);
        // Random weights amplify rounding, where X_τ is scaled up most: in the first steps of DDPM.
        let bound = if model.config().transport == Transport::Ddpm { 5e-3 } else { 1e-3 };
        assert!(worst < bound, "{:?} {integrator:?}: off by {worst} Å", model.config());
    }
}

/// All but the two-sided transport, which other tests are about, with every integrator that they have. The
/// bridge's carry an estimate from step to step, which must end with the frame.
fn other_transports() -> Vec<(Transport, Heads, Integrator)> {
    use Integrator::{Ode, OdeHeun, Sde};
    vec![
        (Transport::Bridge, Heads::Endpoint, Sde),
        (Transport::Bridge, Heads::Endpoint, Ode),
        (Transport::Bridge, Heads::Endpoint, OdeHeun),
        (Transport::Bridge, Heads::Paper, Sde),
        (Transport::Bridge, Heads::Paper, Ode),
        (Transport::Bridge, Heads::Paper, OdeHeun),
        (Transport::OneSided, Heads::Endpoint, Sde),
        (Transport::OneSided, Heads::Paper, Sde),
        (Transport::OneSided, Heads::Paper, OdeHeun),
        (Transport::FlowMatching, Heads::Endpoint, Ode),
        (Transport::FlowMatching, Heads::Paper, OdeHeun),
        (Transport::Ddpm, Heads::Endpoint, Sde),
        (Transport::Ddpm, Heads::Paper, Sde),
        (Transport::Ddpm, Heads::Paper, OdeHeun),
    ]
}

#[test]
fn fitted_settings_are_accepted_and_keep_what_the_transport_knows() {
    let strange = SamplerSettings {
        integrator: Integrator::Ode,
        schedule: Schedule::Window,
        position_epsilon_factor: 0.5,
        latent_steps: 7,
        seed: 3,
        ..SamplerSettings::default()
    };
    for transport in Transport::ALL {
        let fitted = strange.clone().fitting(transport);
        assert_eq!(fitted.check_for(transport), Ok(()), "{transport}");
        assert_eq!((fitted.latent_steps, fitted.seed), (7, 3));
        assert_eq!(
            strange.check_for(transport).is_ok(),
            transport.has_schedules() || transport == Transport::FlowMatching,
            "{transport}"
        );
    }
    assert_eq!(strange.clone().fitting(Transport::TwoSided), strange);
}

#[test]
fn what_a_transport_cannot_do_is_refused_in_words() {
    let (topology, _) = bundled_atoms("chignolin");
    let refused = |transport, settings, word: &str| {
        let model = model_of(transport, Heads::Endpoint, Residual::Sum);
        let error = CpuSampler::new(model, &topology, settings).err().unwrap().to_string();
        assert!(error.contains(word) && !error.contains('\n'), "{error:?} does not say {word:?}");
    };
    refused(Transport::FlowMatching, settings(Integrator::Sde), "ode");
    refused(Transport::Ddpm, SamplerSettings { epsilon: 1.5, ..settings(Integrator::Sde) }, "0 to 1");
    refused(
        Transport::Ddpm,
        SamplerSettings { schedule: Schedule::Window, ..settings(Integrator::Sde) },
        "matched",
    );
}

/// Two implementations of the network, one integrator and one noise stream.
#[test]
fn the_candle_sampler_gives_the_frames_of_the_cpu_sampler() {
    let (topology, start) = bundled_atoms("chignolin");
    for (heads, residual) in [(Heads::Endpoint, Residual::Sum), (Heads::Paper, Residual::Concat)] {
        for integrator in [Integrator::Sde, Integrator::OdeHeun] {
            let model = model(heads, residual);
            let mut fast = CpuSampler::new(model.clone(), &topology, settings(integrator)).unwrap();
            let mut reference =
                CandleSampler::new(&model, &topology, settings(integrator), CandleDevice::Cpu).unwrap();
            let (mut own, mut expected) = (replicas(&start, &[0, 7]), replicas(&start, &[0, 7]));
            go(&mut fast, &mut own, 1);
            go(&mut reference, &mut expected, 1);
            for (own, expected) in own.iter().zip(&expected) {
                assert_eq!((own.index, own.frame), (expected.index, expected.frame));
                let distances = own.positions_angstrom.iter().zip(&expected.positions_angstrom);
                let worst = distances
                    .flat_map(|(a, b)| (0..3).map(move |axis| (a[axis] - b[axis]).abs()))
                    .fold(0.0f32, f32::max);
                assert!(worst < 1e-3, "{heads:?} {integrator:?}: off by {worst} Å");
                assert_ne!(own.positions_angstrom, start);
            }
        }
    }
}

#[test]
fn the_candle_sampler_stops_and_refuses_as_the_cpu_sampler_does() {
    let (topology, start) = bundled_atoms("chignolin");
    let model = model(Heads::Endpoint, Residual::Sum);
    let new = |settings| CandleSampler::new(&model, &topology, settings, CandleDevice::Cpu);
    let mut sampler = new(settings(Integrator::Sde)).unwrap();
    let mut all = replicas(&start, &[0, 1]);
    let before = all.clone();
    let stop =
        |p: LatentProgress| if p.done == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    assert_eq!(sampler.advance(&mut all, &mut { stop }).unwrap(), Advance::Cancelled);
    assert_eq!(all, before);
    let mut broken = before.clone();
    broken[1].positions_angstrom[3][1] = f32::NAN;
    let error = sampler.advance(&mut broken, &mut |_| ControlFlow::Continue(())).err().unwrap();
    assert!(error.to_string().contains("replica 1 became non-finite"), "{error}");
    let error = new(SamplerSettings { epsilon: -1.0, ..settings(Integrator::Sde) }).err().unwrap();
    assert!(error.to_string().contains("epsilon"), "{error}");
}

/// Rotating the start rotates nothing of the noise, so the whole step is equivariant only in distribution; with
/// the noise off (ε = 0) it must be so exactly.
#[test]
fn without_noise_the_next_frame_turns_with_the_start() {
    let (topology, start) = bundled_atoms("chignolin");
    let settings = SamplerSettings { epsilon: 0.0, ..settings(Integrator::Sde) };
    let mut sampler =
        CpuSampler::with_threads(model(Heads::Endpoint, Residual::Sum), &topology, settings, 1).unwrap();
    let rotation = Rotation3::from_euler_angles(0.4f32, -1.1, 2.3);
    let turn = |x: &[[f32; 3]]| -> Vec<[f32; 3]> {
        x.iter().map(|p| (rotation * nalgebra::Vector3::from(*p)).into()).collect()
    };
    let mut plain = replicas(&start, &[0]);
    let mut turned = replicas(&turn(&start), &[0]);
    go(&mut sampler, &mut plain, 1);
    go(&mut sampler, &mut turned, 1);
    let expected = turn(&plain[0].positions_angstrom);
    let worst = expected
        .iter()
        .flatten()
        .zip(turned[0].positions_angstrom.iter().flatten())
        .map(|(a, b)| (a - b).abs())
        .fold(0.0f32, f32::max);
    assert!(worst < 2e-3, "off by {worst} Å");
}

#[test]
fn stopping_leaves_the_replicas_as_they_were_within_one_latent_step() {
    let (topology, start) = bundled_atoms("chignolin");
    let mut sampler = CpuSampler::with_threads(
        model(Heads::Endpoint, Residual::Sum),
        &topology,
        settings(Integrator::Sde),
        2,
    )
    .unwrap();
    let mut all = replicas(&start, &[0, 1, 2]);
    let before = all.clone();
    let mut asked = 0;
    let end = sampler
        .advance(&mut all, &mut |progress| {
            asked += 1;
            assert_eq!(progress.total, 12);
            if progress.done == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(end, Advance::Cancelled);
    assert_eq!(asked, 6);
    assert_eq!(all, before);
}

#[test]
fn what_cannot_be_sampled_is_refused_in_words() {
    let (topology, start) = bundled_atoms("chignolin");
    let model = model(Heads::Endpoint, Residual::Sum);
    let bad = SamplerSettings { epsilon: f32::NAN, ..settings(Integrator::Sde) };
    let error = CpuSampler::new(model.clone(), &topology, bad).err().unwrap();
    assert!(error.to_string().contains("epsilon"), "{error}");
    let mut sampler = CpuSampler::new(model, &topology, settings(Integrator::Sde)).unwrap();
    let mut short = replicas(&start[..10], &[7]);
    let error = sampler.advance(&mut short, &mut |_| ControlFlow::Continue(())).err().unwrap();
    assert!(error.to_string().contains("replica 7 has 10 atoms"), "{error}");
    let mut broken = replicas(&start, &[0]);
    broken[0].positions_angstrom[3][1] = f32::NAN;
    let error = sampler.advance(&mut broken, &mut |_| ControlFlow::Continue(())).err().unwrap();
    assert!(error.to_string().contains("non-finite"), "{error}");
}
