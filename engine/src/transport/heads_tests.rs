//! Targets, loss and readings of every transport fit together.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::network::candle_model::tests::{batch, protein};
use crate::network::parameters::header_outputs;
use crate::random::Random;
use crate::transport::interpolant::{LossBatch, interpolate, loss_and_gradient};

fn configs() -> Vec<NetworkConfig> {
    let mut configs = Vec::new();
    for transport in Transport::ALL {
        for heads in [Heads::Endpoint, Heads::Paper] {
            configs.push(NetworkConfig { transport, heads, ..NetworkConfig::basic() });
        }
    }
    configs
}

/// Two proteins: labels, X^t, X^{t+1}, Z.
fn clouds() -> (SequenceBatch, CloudBatch, CloudBatch, CloudBatch) {
    let mut random = Random::new(17);
    let proteins = [protein(5, &mut random), protein(3, &mut random)];
    let sequence = SequenceBatch::from_topologies(proteins.iter().map(|p| &p.0));
    let source = batch(&[&proteins[0].1, &proteins[1].1]);
    let target = batch(&[&proteins[0].2, &proteins[1].2]);
    let mut noise = CloudBatch::zeros(sequence.rows());
    for x in &mut noise.positions {
        *x = random.normal();
    }
    for row in 0..sequence.rows() {
        for axis in 0..3 {
            for slot in 0..sequence.used_slots[row] {
                noise.vectors[(row * 3 + axis) * SLOTS + slot] = random.normal();
            }
        }
    }
    noise.center(&sequence.starts);
    (sequence, source, target, noise)
}

/// A weight for each residue, no two alike.
fn weights(sequence: &SequenceBatch) -> Vec<f32> {
    (0..sequence.rows()).map(|row| 0.4 + 0.3 * row as f32).collect()
}

/// Outputs of a network that knows X^{t+1} and Z.
fn knowing(
    config: &NetworkConfig,
    tau: f32,
    x0: &CloudBatch,
    x1: &CloudBatch,
    z: &CloudBatch,
) -> Vec<Vec<f32>> {
    let mut outputs: Vec<Vec<f32>> =
        header_outputs(config).iter().map(|&(_, n)| vec![0.0; x0.rows() * 3 * n]).collect();
    for target in targets(config) {
        let value = |x0: f32, x1: f32, z: f32| {
            (target.displacement)(tau) * (x1 - x0) + target.source * x0 + (target.noise)(tau) * z
        };
        for at in 0..x0.rows() * 3 {
            let (header, width) = target.vectors;
            for slot in 0..SLOTS {
                let i = at * SLOTS + slot;
                outputs[header][at * width + slot] = value(x0.vectors[i], x1.vectors[i], z.vectors[i]);
            }
            let (header, width) = target.positions;
            outputs[header][at * width + width - 1] =
                value(x0.positions[at], x1.positions[at], z.positions[at]);
        }
    }
    outputs
}

/// With the exact answer, the loss vanishes, η̂ is Z, and b̂ is the derivative of X_τ at fixed ends and noise.
#[test]
fn a_network_that_knows_the_answer_has_no_loss_and_gives_the_path_and_its_noise() {
    let (sequence, source, target, noise) = clouds();
    for config in configs() {
        for tau in [0.07, 0.4, 0.93f32] {
            let what = format!("{} {:?} at {tau}", config.transport, config.heads);
            let path = |tau: f32| {
                let mut out = CloudBatch::default();
                interpolate(config.transport, &sequence, &source, &target, &noise, &[tau; 2], &mut out);
                out
            };
            let latent = path(tau);
            let outputs = knowing(&config, tau, &source, &target, &noise);
            let batch = LossBatch {
                sequence: &sequence,
                source: &source,
                target: &target,
                noise: &noise,
                latent: &latent,
                tau: &[tau; 2],
                weights: &weights(&sequence),
                atoms: 40,
                rigid_weight: 5.0,
                position_weight: 3.0,
            };
            let losses = loss_and_gradient(&config, &batch, &outputs, &mut Vec::new());
            assert!(losses.total < 1e-10, "{what}: {losses:?}");
            let (mut drift, mut eta) = (CloudBatch::default(), CloudBatch::default());
            let reading = Reading::new(&config, tau);
            drift_and_noise(&config, &sequence, &source, &latent, &reading, &outputs, &mut drift, &mut eta);
            let worst = |a: &CloudBatch, b: &CloudBatch| {
                let pairs = a.positions.iter().chain(&a.vectors).zip(b.positions.iter().chain(&b.vectors));
                pairs.map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max)
            };
            assert!(worst(&eta, &noise) < 1e-4, "{what}: noise off by {}", worst(&eta, &noise));
            if config.transport == Transport::Bridge {
                let mut jump = target.clone();
                jump.positions.iter_mut().zip(&source.positions).for_each(|(x, y)| *x -= y);
                jump.vectors.iter_mut().zip(&source.vectors).for_each(|(x, y)| *x -= y);
                assert!(worst(&drift, &jump) < 1e-4, "{what}: jump off by {}", worst(&drift, &jump));
            } else if config.transport != Transport::Ddpm {
                let h = 1e-2;
                let (mut rate, before) = (path(tau + h), path(tau - h));
                for (x, y) in [(&mut rate.positions, &before.positions), (&mut rate.vectors, &before.vectors)]
                {
                    x.iter_mut().zip(y).for_each(|(x, y)| *x = (*x - y) / (2.0 * h));
                }
                assert!(worst(&drift, &rate) < 1e-3, "{what}: drift off by {}", worst(&drift, &rate));
            }
        }
    }
}

/// The gradient by the outputs against central differences of the loss, which is quadratic in them: the
/// differences are exact but for rounding.
#[test]
fn the_gradient_is_that_of_the_loss() {
    let (sequence, source, target, noise) = clouds();
    let tau = [0.83f32, 0.55];
    for config in configs() {
        let mut latent = CloudBatch::default();
        interpolate(config.transport, &sequence, &source, &target, &noise, &tau, &mut latent);
        let batch = LossBatch {
            sequence: &sequence,
            source: &source,
            target: &target,
            noise: &noise,
            latent: &latent,
            tau: &tau,
            weights: &weights(&sequence),
            atoms: 1,
            rigid_weight: 5.0,
            position_weight: 3.0,
        };
        let mut random = Random::new(23);
        let mut outputs: Vec<Vec<f32>> = header_outputs(&config)
            .iter()
            .map(|&(_, n)| (0..sequence.rows() * 3 * n).map(|_| random.normal()).collect())
            .collect();
        let mut gradients = Vec::new();
        loss_and_gradient(&config, &batch, &outputs, &mut gradients);
        for header in 0..outputs.len() {
            let width = header_outputs(&config)[header].1;
            for at in (0..outputs[header].len()).step_by(7) {
                let (row, channel) = (at / (3 * width), at % width);
                if width >= SLOTS && channel < SLOTS && channel >= sequence.used_slots[row] {
                    assert_eq!(gradients[header][at], 0.0);
                    continue;
                }
                let before = outputs[header][at];
                let mut loss = |x: f32| {
                    outputs[header][at] = x;
                    loss_and_gradient(&config, &batch, &outputs, &mut Vec::new()).total
                };
                let difference = loss(before + 0.5) - loss(before - 0.5);
                outputs[header][at] = before;
                let own = f64::from(gradients[header][at]);
                assert!(
                    (own - difference).abs() < 1e-3 * own.abs().max(1.0),
                    "{} {:?} header {header} at {at}: {own}, differences say {difference}",
                    config.transport,
                    config.heads
                );
            }
        }
    }
}

/// With the exact answer the estimate is the jump, at a time of its own for each protein.
#[test]
fn a_network_that_knows_the_answer_gives_the_jump_at_every_time() {
    let (sequence, source, target, noise) = clouds();
    let config = NetworkConfig { transport: Transport::Bridge, ..NetworkConfig::basic() };
    let tau = [0.07, 0.93];
    let mut latent = CloudBatch::default();
    interpolate(config.transport, &sequence, &source, &target, &noise, &tau, &mut latent);
    let [mut outputs, later] = tau.map(|tau| knowing(&config, tau, &source, &target, &noise));
    let second = sequence.starts[1] * 3 * (SLOTS + 1);
    outputs[0][second..].copy_from_slice(&later[0][second..]);
    let mut jump = CloudBatch::default();
    estimated_jump(&config, &sequence, &source, &latent, &tau, &outputs, &mut jump);
    for (found, (x1, x0)) in jump.positions.iter().zip(target.positions.iter().zip(&source.positions)) {
        assert!((found - (x1 - x0)).abs() < 1e-3, "{found} and {}", x1 - x0);
    }
    for (found, (x1, x0)) in jump.vectors.iter().zip(target.vectors.iter().zip(&source.vectors)) {
        assert!((found - (x1 - x0)).abs() < 1e-3, "{found} and {}", x1 - x0);
    }
}
