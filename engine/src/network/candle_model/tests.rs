//! Properties of the whole network: symmetry, batching, small proteins, gradients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor, Var};
use nalgebra::{Matrix3, Vector3};

use super::*;
use crate::network::Transport;
use crate::network::{
    CloudBatch, Heads, NeighborGraph, NetworkConfig, ParameterLayout, Residual, SequenceBatch,
    initial_parameters,
};
use crate::random::Random;
use crate::structure::{ResidueType, SLOTS, TensorCloud, Topology};
use crate::test_support::chain;

fn vector(random: &mut Random) -> Vector3<f32> {
    Vector3::from_fn(|_, _| random.normal())
}

/// A chain of `n` residues of all types in turn, and two conformations of it.
pub(crate) fn protein(n: usize, random: &mut Random) -> (Topology, TensorCloud, TensorCloud) {
    let kind = |_| ResidueType::ALL[random.index(ResidueType::COUNT)];
    let topology = chain("test", (0..n).map(kind).collect::<Vec<_>>());
    let mut source = TensorCloud { positions_angstrom: Vec::new(), vectors_angstrom: Vec::new() };
    let mut position = Vector3::zeros();
    for residue in topology.residues() {
        position += vector(random).normalize() * 3.8;
        source.positions_angstrom.push(position.into());
        source.vectors_angstrom.push(std::array::from_fn(|slot| {
            let v = vector(random);
            if slot < residue.kind.atom_count() - 1 { v.into() } else { [0.0; 3] }
        }));
    }
    let mut latent = source.clone();
    for row in 0..n {
        for axis in 0..3 {
            latent.positions_angstrom[row][axis] += random.normal();
            for slot in 0..topology.residues()[row].kind.atom_count() - 1 {
                latent.vectors_angstrom[row][slot][axis] += 0.3 * random.normal();
            }
        }
    }
    (topology, source, latent)
}

fn config(residual: Residual, heads: Heads) -> NetworkConfig {
    NetworkConfig {
        multiplicity: 8,
        conditioner_layers: 2,
        header_layers: 2,
        residual,
        heads,
        neighbors: 4,
        radial_bins: 8,
        time_bins: 10,
        ..NetworkConfig::basic()
    }
}

pub(crate) fn variants() -> [NetworkConfig; 4] {
    let all_inputs = NetworkConfig {
        torsion_inputs: true,
        source_torsion_inputs: true,
        source_frame_inputs: true,
        carried_inputs: true,
        frame_inputs: true,
        ..config(Residual::Sum, Heads::Endpoint)
    };
    [
        all_inputs.clone(),
        config(Residual::Concat, Heads::Paper),
        NetworkConfig {
            multiplicity: 16,
            neighbors: 16,
            strain_inputs: false,
            displacement_inputs: false,
            ..config(Residual::Sum, Heads::Paper)
        },
        NetworkConfig { transport: Transport::Bridge, estimate_inputs: true, ..all_inputs },
    ]
}

/// A jump as an evaluation before may have given it.
pub(crate) fn jump(source: &CloudBatch, latent: &CloudBatch) -> CloudBatch {
    let part =
        |source: &[f32], latent: &[f32]| source.iter().zip(latent).map(|(a, b)| 0.7 * (b - a)).collect();
    CloudBatch {
        positions: part(&source.positions, &latent.positions),
        vectors: part(&source.vectors, &latent.vectors),
    }
}

pub(crate) fn flat(config: &NetworkConfig, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    let layout = ParameterLayout::new(config);
    let mut flat = initial_parameters(&layout, |_| random.normal());
    // Skip connections start as zero.
    for spec in layout.specs().iter().filter(|spec| spec.name.ends_with("skip.vectors")) {
        for value in &mut flat[spec.range.clone()] {
            *value = random.normal();
        }
    }
    // Biases and norm scales away from their neutral start, else a mistake in them would not show.
    for spec in layout.specs().iter().filter(|spec| spec.shape.len() == 1) {
        for value in &mut flat[spec.range.clone()] {
            *value += 0.3 * random.normal();
        }
    }
    flat
}

pub(crate) fn batch(clouds: &[&TensorCloud]) -> CloudBatch {
    let mut batch = CloudBatch::default();
    for cloud in clouds {
        batch.push(cloud);
    }
    batch
}

fn evaluate(
    model: &CandleModel,
    sequence: &SequenceBatch,
    source: &CloudBatch,
    latent: &CloudBatch,
    tau: &[f32],
) -> Vec<HeaderOutput> {
    let conditioned = model.condition(sequence, source).unwrap();
    model.headers(sequence, source, latent, tau, Some(&jump(source, latent)), &conditioned).unwrap()
}

pub(crate) fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// `‖a − b‖ / ‖b‖`.
pub(crate) fn relative_error(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let difference: f64 = a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum();
    let norm: f64 = b.iter().map(|y| y * y).sum();
    assert!(norm > 0.0 && norm.is_finite());
    (difference / norm).sqrt()
}

/// Applies `x → M x + t` to positions and `v → M v` to vectors.
fn moved(cloud: &TensorCloud, matrix: &Matrix3<f32>, shift: &Vector3<f32>) -> TensorCloud {
    TensorCloud {
        positions_angstrom: cloud
            .positions_angstrom
            .iter()
            .map(|p| (matrix * Vector3::from(*p) + shift).into())
            .collect(),
        vectors_angstrom: cloud
            .vectors_angstrom
            .iter()
            .map(|slots| slots.map(|v| (matrix * Vector3::from(v)).into()))
            .collect(),
    }
}

fn random_rotation(random: &mut Random) -> Matrix3<f32> {
    let axis = nalgebra::Unit::new_normalize(vector(random));
    *nalgebra::Rotation3::from_axis_angle(&axis, 6.0 * random.uniform() as f32).matrix()
}

/// Relative error between outputs of the moved cloud and moved outputs, worst over headers.
fn equivariance_error(config: &NetworkConfig, matrix: &Matrix3<f32>, shift: &Vector3<f32>) -> f64 {
    let mut random = Random::new(7);
    let (topology, source, latent) = protein(12, &mut random);
    let model = CandleModel::from_flat(config.clone(), &flat(config, 1), &Device::Cpu).unwrap();
    let sequence = SequenceBatch::replicate(&topology, 1);
    let plain = evaluate(&model, &sequence, &batch(&[&source]), &batch(&[&latent]), &[0.37]);
    let source = moved(&source, matrix, shift);
    // The two clouds may be centered differently only together: a shift of one is a displacement.
    let latent = moved(&latent, matrix, shift);
    let after = evaluate(&model, &sequence, &batch(&[&source]), &batch(&[&latent]), &[0.37]);
    let matrix = Tensor::from_iter((0..9).map(|k| matrix[(k / 3, k % 3)]), &Device::Cpu).unwrap();
    let matrix = matrix.reshape((3, 3)).unwrap();
    plain
        .iter()
        .zip(&after)
        .map(|(plain, after)| {
            let rows = plain.values.dim(0).unwrap();
            let matrix = matrix.unsqueeze(0).unwrap().repeat((rows, 1, 1)).unwrap();
            let expected = matrix.matmul(&plain.values).unwrap();
            relative_error(&values(&after.values), &values(&expected))
        })
        .fold(0.0, f64::max)
}

#[test]
fn outputs_turn_with_the_molecule_and_ignore_where_it_is() {
    for config in variants() {
        for seed in 0..3 {
            let mut random = Random::new(100 + seed);
            let rotation = random_rotation(&mut random);
            let error = equivariance_error(&config, &rotation, &(vector(&mut random) * 10.0));
            assert!(error < 1e-4, "relative error {error}");
        }
    }
}

#[test]
fn a_mirror_image_is_not_treated_as_the_mirrored_molecule() {
    for config in variants() {
        let mirror = Matrix3::from_diagonal(&Vector3::new(1.0, 1.0, -1.0));
        let error = equivariance_error(&config, &mirror, &Vector3::zeros());
        assert!(error > 0.05, "the network does not see chirality: relative error {error}");
    }
}

#[test]
fn a_protein_does_not_notice_others_in_its_batch() {
    for config in variants() {
        let mut random = Random::new(11);
        let model = CandleModel::from_flat(config.clone(), &flat(&config, 2), &Device::Cpu).unwrap();
        let proteins = [3, 17, 9, 1].map(|n| protein(n, &mut random));
        let taus = [0.1, 0.9, 0.45, 0.0];
        let sequence = SequenceBatch::from_topologies(proteins.iter().map(|p| &p.0));
        let sources: Vec<_> = proteins.iter().map(|p| &p.1).collect();
        let latents: Vec<_> = proteins.iter().map(|p| &p.2).collect();
        let together = evaluate(&model, &sequence, &batch(&sources), &batch(&latents), &taus);
        for (index, (topology, source, latent)) in proteins.iter().enumerate() {
            let own = SequenceBatch::replicate(topology, 1);
            let alone = evaluate(&model, &own, &batch(&[source]), &batch(&[latent]), &[taus[index]]);
            for (together, alone) in together.iter().zip(&alone) {
                let start = sequence.starts[index];
                let rows = together.values.narrow(0, start, own.rows()).unwrap();
                let error = relative_error(&values(&rows), &values(&alone.values));
                assert!(error < 1e-5, "protein {index}, {}: relative error {error}", alone.name);
            }
        }
    }
}

#[test]
fn proteins_of_one_and_two_residues_work() {
    for config in variants() {
        for n in [1, 2] {
            let (topology, source, latent) = protein(n, &mut Random::new(5));
            let model = CandleModel::from_flat(config.clone(), &flat(&config, 3), &Device::Cpu).unwrap();
            let sequence = SequenceBatch::replicate(&topology, 1);
            for output in evaluate(&model, &sequence, &batch(&[&source]), &batch(&[&latent]), &[0.5]) {
                assert_eq!(output.values.dims()[..2], [n, 3]);
                assert!(values(&output.values).iter().all(|x| x.is_finite()), "{}", output.name);
            }
        }
    }
}

#[test]
fn unused_slots_are_exactly_zero_and_used_ones_are_not() {
    for config in variants() {
        let (topology, source, latent) = protein(9, &mut Random::new(21));
        let model = CandleModel::from_flat(config.clone(), &flat(&config, 4), &Device::Cpu).unwrap();
        let sequence = SequenceBatch::replicate(&topology, 1);
        for output in evaluate(&model, &sequence, &batch(&[&source]), &batch(&[&latent]), &[0.5]) {
            let outputs = output.values.dim(2).unwrap();
            let numbers = values(&output.values);
            for (k, x) in numbers.iter().enumerate() {
                let (row, slot) = (k / (3 * outputs), k % outputs);
                let unused = outputs >= SLOTS && slot < SLOTS && slot >= sequence.used_slots[row];
                assert_eq!(*x == 0.0, unused, "{} row {row} slot {slot}: {x}", output.name);
            }
        }
    }
}

#[test]
fn sigma_scales_the_outputs_only() {
    // The scale of the displacements follows sigma too.
    let base = NetworkConfig { displacement_inputs: false, ..config(Residual::Sum, Heads::Endpoint) };
    let scaled = NetworkConfig { sigma_position_angstrom: 6.0, sigma_vector_angstrom: 0.5, ..base.clone() };
    let (topology, source, latent) = protein(6, &mut Random::new(2));
    let sequence = SequenceBatch::replicate(&topology, 1);
    let flat = flat(&base, 9);
    let [a, b] = [base, scaled].map(|config| {
        let model = CandleModel::from_flat(config, &flat, &Device::Cpu).unwrap();
        evaluate(&model, &sequence, &batch(&[&source]), &batch(&[&latent]), &[0.5]).remove(0).values
    });
    for (k, (a, b)) in values(&a).iter().zip(values(&b)).enumerate() {
        let factor = if k % 14 == 13 { 2.0 } else { 0.5 };
        assert!((a * factor - b).abs() <= 1e-6 * b.abs(), "output {k}: {a} → {b}");
    }
}

/// Four corners of a square and a far point: each corner has two neighbors at the same distance.
#[test]
fn equal_distances_are_resolved_by_index() {
    let positions = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 9.0, 0.0, 0.0f32];
    let config = NetworkConfig { neighbors: 1, ..NetworkConfig::basic() };
    let graph = NeighborGraph::new(&config, &positions, &[0, 5]);
    assert_eq!(graph.neighbor, [1, 0, 0, 1, 1]);
    assert_eq!(graph.start, [0, 1, 2, 3, 4, 5]);
    let config = NetworkConfig { neighbors: 2, ..config };
    let graph = NeighborGraph::new(&config, &positions, &[0, 5]);
    assert_eq!(graph.neighbor, [1, 2, 0, 3, 0, 3, 1, 2, 1, 3]);
}

#[test]
fn too_few_residues_give_all_others_as_neighbors() {
    let (_, source, _) = protein(5, &mut Random::new(3));
    let graph = NeighborGraph::new(&NetworkConfig::basic(), &batch(&[&source]).positions, &[0, 3, 5]);
    assert_eq!(graph.start, [0, 2, 4, 6, 7, 8]);
    let mut first: Vec<_> = graph.neighbor[..2].to_vec();
    first.sort_unstable();
    assert_eq!(first, [1, 2]);
    assert_eq!(graph.neighbor[6..], [4, 3]);
}

/// A fixed random projection of all outputs, so that every output carries gradient.
fn loss(outputs: &[HeaderOutput]) -> Tensor {
    let mut random = Random::new(77);
    let mut total = Tensor::zeros((), DType::F64, &Device::Cpu).unwrap();
    for output in outputs {
        let count = output.values.elem_count();
        let weights =
            Tensor::from_iter((0..count).map(|_| f64::from(random.normal())), &Device::Cpu).unwrap();
        let weights = weights.reshape(output.values.shape()).unwrap();
        total = (total + (weights * &output.values).unwrap().sum_all().unwrap()).unwrap();
    }
    total
}

/// Directional derivative along a random direction in each single parameter tensor, in double precision,
/// for every parameter of the network: none is left out, none is forgotten by the graph.
#[test]
fn gradients_agree_with_central_differences() {
    for base in variants() {
        let config = NetworkConfig { multiplicity: 4, conditioner_layers: 1, header_layers: 2, ..base };
        let layout = ParameterLayout::new(&config);
        let start = flat(&config, 6);
        let mut vars = HashMap::new();
        for spec in layout.specs() {
            let tensor = Tensor::from_slice(&start[spec.range.clone()], spec.shape.clone(), &Device::Cpu);
            let tensor = tensor.unwrap().to_dtype(DType::F64).unwrap();
            vars.insert(spec.name.clone(), Var::from_tensor(&tensor).unwrap());
        }
        let model = CandleModel::from_vars(config.clone(), &vars).unwrap();
        let mut random = Random::new(8);
        let (first, second) = (protein(4, &mut random), protein(2, &mut random));
        let sequence = SequenceBatch::from_topologies([&first.0, &second.0]);
        let (source, latent) = (batch(&[&first.1, &second.1]), batch(&[&first.2, &second.2]));
        let run = || loss(&evaluate(&model, &sequence, &source, &latent, &[0.3, 0.8]));
        let gradients = run().backward().unwrap();
        for spec in layout.specs() {
            let var = &vars[&spec.name];
            let gradient = gradients.get(var).unwrap_or_else(|| panic!("{} has no gradient", spec.name));
            let center = var.as_tensor().copy().unwrap();
            let direction =
                Tensor::from_iter((0..spec.range.len()).map(|_| f64::from(random.normal())), &Device::Cpu);
            let direction = direction.unwrap().reshape(spec.shape.clone()).unwrap();
            let analytic = (gradient * &direction).unwrap().sum_all().unwrap();
            let analytic = analytic.to_scalar::<f64>().unwrap();
            let at = |step: f64| {
                var.set(&(&center + (&direction * step).unwrap()).unwrap()).unwrap();
                run().to_scalar::<f64>().unwrap()
            };
            let step = 1e-5;
            let numeric = (at(step) - at(-step)) / (2.0 * step);
            var.set(&center).unwrap();
            let error = (analytic - numeric).abs() / (analytic.abs() + numeric.abs()).max(1e-3);
            assert!(error < 1e-5, "{}: gradient {analytic}, difference {numeric}", spec.name);
        }
    }
}

#[test]
fn weights_of_another_network_are_refused_by_name() {
    let config = config(Residual::Sum, Heads::Endpoint);
    let layout = ParameterLayout::new(&config);
    let tensors = |skip: &str| -> HashMap<String, Tensor> {
        let specs = layout.specs().iter().filter(|spec| spec.name != skip);
        specs
            .map(|s| (s.name.clone(), Tensor::zeros(s.shape.clone(), DType::F32, &Device::Cpu).unwrap()))
            .collect()
    };
    let missing = Weights::from_tensors(tensors("header.endpoint.readout.mix.vectors"));
    let error = CandleModel::new(config.clone(), missing).unwrap_err().to_string();
    assert!(error.contains("header.endpoint.readout.mix.vectors"), "{error}");
    let wider = NetworkConfig { multiplicity: 9, ..config.clone() };
    let error = CandleModel::new(wider, Weights::from_tensors(tensors(""))).unwrap_err().to_string();
    assert!(error.contains("shape"), "{error}");
    let error = CandleModel::from_flat(config, &[0.0; 3], &Device::Cpu).unwrap_err().to_string();
    assert!(error.contains("there are 3 weights"), "{error}");
}
