//! The candle backend against the fused one, and whole runs by either.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ops::ControlFlow;
use std::sync::Arc;

use super::backend::GradientBackend;
use super::batch::Draw;
use super::checkpoint::Checkpoint;
use super::dataset::Pair;
use super::open_backend::open_backend;
use super::tests::{request, store};
use super::trainer::CHECKPOINT_FILE;
use super::*;
use crate::network::candle_model::tests::{flat, protein, relative_error, variants};
use crate::network::{CandleDevice, NetworkConfig, ParameterLayout, Transport, open_candle_device};
use crate::random::Random;
use crate::transport::interpolant::{NoiseAddress, TrackLosses};

fn draw(sizes: &[usize]) -> Draw {
    let mut random = Random::new(11);
    let mut draw = Draw::default();
    for (k, &size) in sizes.iter().enumerate() {
        let (topology, mut source, mut target) = protein(size, &mut random);
        source.center();
        target.center();
        // Those of neighbors differ, as they do where one of them is in a rare state.
        let weights = (0..size).map(|residue| [1.0, 0.5, 2.0][(k + residue / 2) % 3]).collect();
        draw.pairs.push(Pair { topology: Arc::new(topology), source, target, weights });
        draw.numbers.push(k as u64);
        draw.tau.push(0.1 + 0.8 * random.uniform() as f32);
        draw.addresses.push(NoiseAddress { replica: k as u64, frame: 3, latent_step: 0 });
    }
    draw
}

fn open(config: &NetworkConfig, settings: &TrainSettings) -> Box<dyn GradientBackend> {
    let layout = Arc::new(ParameterLayout::new(config));
    open_backend(config, &layout, settings).unwrap()
}

/// The bridge and the baselines of Table 1, each with either kind of heads.
fn other_transports() -> impl Iterator<Item = NetworkConfig> {
    let of = |transport| variants().into_iter().take(2).map(move |v| NetworkConfig { transport, ..v });
    [Transport::Bridge, Transport::OneSided, Transport::FlowMatching, Transport::Ddpm]
        .into_iter()
        .flat_map(of)
}

fn numbers(losses: &TrackLosses) -> [f64; 6] {
    let l = losses;
    [l.total, l.rigid, l.positions, l.vectors, l.noise_positions, l.noise_vectors]
}

#[test]
fn candle_and_the_fused_kernels_agree_on_losses_and_gradients() {
    // 600 residues: more than candle takes in one pass.
    let sizes = [9, 2, 7, 300, 240, 42];
    for config in variants().into_iter().chain(other_transports()) {
        let layout = ParameterLayout::new(&config);
        let parameters = flat(&config, 3);
        let settings = |device| TrainSettings { device, batch_size: sizes.len(), ..Default::default() };
        let gradient = |device| {
            let settings = settings(device);
            let mut gradient = vec![1.0; parameters.len()];
            let mut backend = open(&config, &settings);
            // The network that sees estimates is to see them.
            let with_estimate = |sizes| Draw { with_estimate: true, ..draw(sizes) };
            let draw = with_estimate(&sizes[..]);
            let losses = backend.gradient(&parameters, &settings, draw, &mut gradient).unwrap();
            let held_out =
                backend.validation_losses(&parameters, &settings, &with_estimate(&sizes[..3])).unwrap();
            (losses, gradient, held_out)
        };
        let (losses, own, held_out) = gradient(TrainDevice::Cpu);
        let (expected_losses, expected, expected_held_out) = gradient(TrainDevice::Candle);
        for (a, b) in [(losses, expected_losses), (held_out, expected_held_out)] {
            for (a, b) in numbers(&a).into_iter().zip(numbers(&b)) {
                assert!((a - b).abs() <= 1e-4 * b.abs(), "{:?}: loss {a} and {b}", config.heads);
            }
        }
        assert!(losses.total > 0.0 && losses.total.is_finite());
        assert!(losses.total != held_out.total);
        let as_f64 = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        for spec in layout.specs() {
            let (own, expected) = (as_f64(&own[spec.range.clone()]), as_f64(&expected[spec.range.clone()]));
            let error = relative_error(&own, &expected);
            assert!(
                error < 1e-3,
                "{} {:?}: gradient of {} differs by {error}",
                config.transport,
                config.heads,
                spec.name
            );
        }
    }
}

#[test]
fn pairs_at_several_latent_times_give_the_gradient_of_as_many_clouds() {
    // The one that sees estimates.
    let [.., config] = variants();
    let layout = ParameterLayout::new(&config);
    let parameters = flat(&config, 3);
    let times = || {
        let mut of = draw(&[9, 2, 7]).split([1, 1, 1]);
        let mut all = Draw { with_estimate: true, ..Draw::default() };
        for (number, time) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0)] {
            let one = &mut of[number];
            all.pairs.push(one.pairs[0].clone());
            all.tau.push(0.2 + 0.3 * time as f32);
            all.addresses.push(NoiseAddress { replica: 10 * number as u64 + time, frame: 3, latent_step: 0 });
            all.numbers.push(number as u64);
        }
        all
    };
    let gradient = |device, threads| {
        let settings = TrainSettings { device, threads, batch_size: 3, ..Default::default() };
        let mut gradient = vec![1.0; parameters.len()];
        let losses =
            open(&config, &settings).gradient(&parameters, &settings, times(), &mut gradient).unwrap();
        (losses, gradient)
    };
    let (expected_losses, expected) = gradient(TrainDevice::Candle, 1);
    // Three threads split the clouds of a pair.
    for threads in [1, 3] {
        let (losses, own) = gradient(TrainDevice::Cpu, threads);
        for (a, b) in numbers(&losses).into_iter().zip(numbers(&expected_losses)) {
            assert!((a - b).abs() <= 1e-4 * b.abs(), "loss {a} and {b}");
        }
        let as_f64 = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        for spec in layout.specs() {
            let (own, expected) = (as_f64(&own[spec.range.clone()]), as_f64(&expected[spec.range.clone()]));
            let error = relative_error(&own, &expected);
            assert!(error < 1e-3, "{threads} threads: gradient of {} differs by {error}", spec.name);
        }
    }
}

#[test]
fn a_run_gives_nearly_the_same_model_on_either_backend_and_can_change_it() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let order = |device, out| {
        let mut request = request(folder.path(), out, 4);
        request.network = NetworkConfig { multiplicity: 8, conditioner_layers: 2, ..request.network };
        request.settings = TrainSettings { device, validate_every: 2, ..request.settings };
        request
    };
    let run = |request: &TrainRequest, stop_after: u64| {
        let mut validations = Vec::new();
        let end = train(request, &mut |update| {
            let TrainUpdate::Step(progress) = update else { return ControlFlow::Continue(Next::GoOn) };
            validations.extend(progress.validation.map(|v| v.total));
            if progress.step == stop_after {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(Next::GoOn)
            }
        })
        .unwrap();
        assert_eq!(end.step, stop_after);
        (Checkpoint::load(&request.out.join(CHECKPOINT_FILE)).unwrap().parameters, validations)
    };
    let (cpu, expected) = run(&order(TrainDevice::Cpu, "cpu"), 4);
    let (candle, validations) = run(&order(TrainDevice::Candle, "candle"), 4);
    assert_eq!((expected.len(), validations.len()), (2, 2));
    for (a, b) in validations.iter().zip(&expected) {
        assert!((a / b - 1.0).abs() < 1e-3, "validation losses {a} and {b}");
    }
    // A checkpoint belongs to no device.
    run(&order(TrainDevice::Cpu, "both"), 2);
    let (both, _) = run(&TrainRequest { resume: true, ..order(TrainDevice::Candle, "both") }, 4);
    let layout = ParameterLayout::new(&order(TrainDevice::Cpu, "cpu").network);
    let start = weights::initial_weights(&layout, 0);
    let moved = |to: &[f32]| to.iter().zip(&start).map(|(a, b)| f64::from(a - b)).collect::<Vec<_>>();
    for other in [&candle, &both] {
        assert_ne!(&cpu, other);
        let error = relative_error(&moved(other), &moved(&cpu));
        assert!(error < 0.02, "after 4 steps the parameters moved differently by {error}");
    }
}

#[test]
fn a_device_that_is_not_there_is_one_sentence_and_leaves_no_files() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    for (device, kind, feature) in
        [(TrainDevice::Cuda, CandleDevice::Cuda, "cuda"), (TrainDevice::Metal, CandleDevice::Metal, "metal")]
    {
        if open_candle_device(kind).is_ok() {
            continue;
        }
        let mut request = request(folder.path(), "out", 1);
        request.settings.device = device;
        let error = train(&request, &mut |_| ControlFlow::Continue(Next::GoOn)).err().unwrap().to_string();
        assert!(error.contains("choose the device cpu") && !error.contains('\n'), "{error}");
        if !cfg!(any(feature = "cuda", feature = "metal")) {
            assert!(error.contains(&format!("the feature `{feature}`")), "{error}");
        }
        assert!(!request.out.exists());
    }
}

/// What candle's own graph, optimizer interface included, makes of steps equals the bare kernels to the bit.
#[test]
fn steps_through_candle_have_the_bits_of_the_bare_kernels() {
    use candle_nn::Optimizer as _;
    let [first, ..] = variants();
    let config = NetworkConfig { multiplicity: 4, ..first };
    let settings = TrainSettings { batch_size: 3, threads: 1, warmup_steps: 2, ..Default::default() };
    let mut expected = flat(&config, 3);
    let mut bare = optimizer::Optimizer::new(&expected);
    let mut backend = open(&config, &settings);
    let parameters = crate::network::Parameters::new(expected.clone()).unwrap();
    let loss = loss::Loss::new(open(&config, &settings));
    let mut adam = optimizer::Adam::new(vec![parameters.variable().clone()], settings.clone()).unwrap();
    let mut gradient = vec![0.0; expected.len()];
    for step in 0..3 {
        assert_eq!(adam.learning_rate(), optimizer::Optimizer::learning_rate(&settings, step));
        let losses = backend.gradient(&expected, &settings, draw(&[5, 3, 4]), &mut gradient).unwrap();
        let norm = optimizer::Optimizer::norm(&gradient);
        bare.step(&settings, step, &mut expected, (&gradient, norm));
        let (value, own) = loss.of_step(&parameters, &settings, draw(&[5, 3, 4])).unwrap();
        assert_eq!(own, losses);
        assert_eq!(value.to_scalar::<f32>().unwrap(), losses.total as f32);
        adam.backward_step(&value).unwrap();
        // It was handed over: a second pass would give something else, and is refused.
        assert!(value.backward().is_err());
    }
    assert!(parameters.read(|values| Ok(values == expected)).unwrap(), "parameters differ");
    assert!(adam.state == bare, "moments or averages differ");
}

#[test]
fn the_gradient_of_a_multiple_of_the_loss_is_that_multiple() {
    let [first, ..] = variants();
    let config = NetworkConfig { multiplicity: 4, ..first };
    let settings = TrainSettings { batch_size: 1, threads: 1, ..Default::default() };
    let parameters = crate::network::Parameters::new(flat(&config, 3)).unwrap();
    let loss = loss::Loss::new(open(&config, &settings));
    let gradient = |factor: f64| {
        let (value, _) = loss.of_step(&parameters, &settings, draw(&[5])).unwrap();
        let value = if factor == 1.0 { value } else { (value * factor).unwrap() };
        parameters.gradient_of(&value).unwrap().to_vec1::<f32>().unwrap()
    };
    let (once, fourfold) = (gradient(1.0), gradient(4.0));
    assert!(once.iter().any(|&g| g != 0.0));
    assert!(once.iter().zip(&fourfold).all(|(a, b)| 4.0 * a == *b));
}
