//! The candle network against numbers computed with e3nn (`fixtures/network/e3nn_network.py`, whose head
//! says which constants are e3nn's and which are our own).
//!
//! Layers run in double precision. What is left is the single precision of edge vectors, radial embedding and
//! input lengths, 6e-8 a number: tolerances are 1e-12 where no edge is involved and 1e-5 elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use equijump_engine::network::candle_model::convolution::Convolution;
use equijump_engine::network::candle_model::edges::Edges;
use equijump_engine::network::candle_model::self_interaction::{
    SelfInteraction, VectorReadout, tensor_square,
};
use equijump_engine::network::candle_model::{Features, Weights};
use equijump_engine::network::{
    CandleModel, CloudBatch, Heads, NeighborGraph, NetworkConfig, Residual, SequenceBatch,
};
use equijump_engine::structure::{Residue, ResidueType, Topology};

/// The fixture with floating-point numbers in double precision.
struct Fixture(HashMap<String, Tensor>);

impl Fixture {
    fn load() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/network/e3nn_network.safetensors");
        let mut tensors = candle_core::safetensors::load(path, &Device::Cpu).unwrap();
        for tensor in tensors.values_mut() {
            if tensor.dtype().is_float() {
                *tensor = tensor.to_dtype(DType::F64).unwrap();
            }
        }
        Self(tensors)
    }

    fn get(&self, name: &str) -> &Tensor {
        self.0.get(name).unwrap_or_else(|| panic!("the fixture lacks {name}"))
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        numbers(self.get(name))
    }

    fn singles(&self, name: &str) -> Vec<f32> {
        self.numbers(name).into_iter().map(|x| x as f32).collect()
    }

    fn integers(&self, name: &str) -> Vec<usize> {
        self.numbers(name).into_iter().map(|x| x as usize).collect()
    }

    /// Parameters below `prefix`, without it.
    fn weights(&self, prefix: &str) -> Weights {
        let below = self.0.iter().filter_map(|(name, tensor)| {
            name.strip_prefix(prefix).map(|rest| (rest.to_owned(), tensor.clone()))
        });
        Weights::from_tensors(below.collect())
    }

    /// The same features of both networks, stacked.
    fn pair(&self, name: &str) -> Features {
        let stack = |kind: &str| {
            let parts = ["first", "second"].map(|net| self.get(&format!("layers.{net}.{name}.{kind}")));
            Tensor::stack(&parts, 0).unwrap()
        };
        Features { scalars: stack("scalars"), vectors: stack("vectors") }
    }
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// The largest difference must stay below `tolerance` times the largest number.
fn assert_close(got: &Tensor, expected: &Tensor, tolerance: f64, what: &str) {
    assert_eq!(got.dims(), expected.dims(), "{what}");
    let (got, expected) = (numbers(got), numbers(expected));
    let largest = expected.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let worst = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(largest > 0.0 && got.iter().all(|x| x.is_finite()), "{what}");
    assert!(worst <= tolerance * largest, "{what}: off by {worst:e}, largest number {largest}");
}

fn assert_features(got: &Features, expected: &Features, tolerance: f64, what: &str) {
    assert_close(&got.scalars, &expected.scalars, tolerance, &format!("{what}, scalars"));
    assert_close(&got.vectors, &expected.vectors, tolerance, &format!("{what}, vectors"));
}

fn layer_config() -> NetworkConfig {
    NetworkConfig {
        strain_inputs: false,
        displacement_inputs: false,
        multiplicity: 8,
        neighbors: 6,
        radial_bins: 10,
        radial_cutoff_angstrom: 12.0,
        sequence_clamp: 3,
        ..NetworkConfig::basic()
    }
}

#[test]
fn edges_agree_with_a_brute_force_search() {
    let fixture = Fixture::load();
    let positions = fixture.singles("layers.positions");
    let graph = NeighborGraph::new(&layer_config(), &positions, &fixture.integers("starts"));
    let as_usize = |x: &[u32]| x.iter().map(|&x| x as usize).collect::<Vec<_>>();
    assert_eq!(as_usize(&graph.start), fixture.integers("layers.start"));
    assert_eq!(as_usize(&graph.neighbor), fixture.integers("layers.neighbour"));
    assert_eq!(as_usize(&graph.offset), fixture.integers("layers.offset"));
    for (got, expected) in graph.unit.as_flattened().iter().zip(fixture.numbers("layers.unit")) {
        assert!((f64::from(*got) - expected).abs() < 1e-6);
    }
    for (got, expected) in graph.radial.iter().zip(fixture.numbers("layers.radial")) {
        assert!((f64::from(*got) - expected).abs() < 3e-6, "{got} {expected}");
    }
}

#[test]
fn tensor_square_is_that_of_e3nn() {
    let fixture = Fixture::load();
    let square = tensor_square(&fixture.pair("input")).unwrap();
    assert_features(&square, &fixture.pair("square"), 1e-12, "square");
}

#[test]
fn self_interaction_is_that_of_e3nn() {
    let fixture = Fixture::load();
    let weights = fixture.weights("weights.");
    let group = weights.group(&["first", "second"]);
    let equal = SelfInteraction::load(&group.child("equal")).unwrap();
    let input = fixture.pair("input");
    let plain = equal.forward_without_norm(&input).unwrap();
    assert_features(&plain, &fixture.pair("plain"), 1e-12, "without norm");
    assert_features(&equal.forward(&input).unwrap(), &fixture.pair("equal"), 1e-12, "with norm");

    let unequal = SelfInteraction::load(&group.child("unequal")).unwrap();
    let output = unequal.forward(&fixture.pair("narrow")).unwrap();
    assert_features(&output, &fixture.pair("unequal"), 1e-12, "unequal multiplicities");

    let readout = VectorReadout::load(&group.child("readout")).unwrap().forward(&input).unwrap();
    let parts = ["first", "second"].map(|net| fixture.get(&format!("layers.{net}.readout.vectors")));
    assert_close(&readout, &Tensor::stack(&parts, 0).unwrap(), 1e-12, "readout");
}

/// Every path of `V ⊗ Y` by itself: path matrices are zero but one, which is the identity, gates are 1, and
/// what the last Linear adds of the center is subtracted.
#[test]
fn every_path_of_the_message_is_that_of_e3nn() {
    let fixture = Fixture::load();
    let config = layer_config();
    let h = config.multiplicity;
    let device = Device::Cpu;
    let positions = fixture.singles("paths.positions");
    let graph = NeighborGraph::new(&config, &positions, &[0, 2]);
    let edges = Edges::new(&graph, 1, DType::F64, &device).unwrap();
    let input = Features {
        scalars: fixture.get("paths.scalars").unsqueeze(0).unwrap(),
        vectors: fixture.get("paths.vectors").unsqueeze(0).unwrap(),
    };
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F64, &device).unwrap();
    // Linear divides by √fan_in.
    let identity = (Tensor::eye(h, DType::F64, &device).unwrap() * (h as f64).sqrt()).unwrap();
    // Path, whether its matrix acts on scalars, and which of the four columns it is.
    let paths = [
        ("00_0", true, 0),
        ("01_1", true, 1),
        ("11_0", false, 0),
        ("10_1", false, 1),
        ("11_1", false, 2),
        ("12_1", false, 3),
    ];
    for (path, on_scalars, column) in paths {
        let columns: Vec<Tensor> =
            (0..4).map(|k| if k == column { identity.clone() } else { zeros(&[h, h]) }).collect();
        let active = Tensor::cat(&columns, 1).unwrap();
        let inactive = zeros(&[h, 4 * h]);
        let (scalars, vectors) = if on_scalars { (active, inactive) } else { (inactive, active) };
        let offsets = 2 * config.sequence_clamp + 1;
        let tensors = [
            ("net.scalars", scalars),
            ("net.vectors", vectors),
            ("net.gate.radial", zeros(&[config.radial_bins, h])),
            ("net.gate.offset", zeros(&[offsets, h])),
            ("net.gate.bias", zeros(&[h])),
            ("net.gate.output", zeros(&[h, 2 * h])),
            ("net.gate.output_bias", zeros(&[2 * h]).ones_like().unwrap()),
            ("net.out.scalars", identity.clone()),
            ("net.out.vectors", identity.clone()),
        ];
        let weights = Weights::from_tensors(tensors.map(|(n, t)| (n.to_owned(), t)).into());
        let convolution = Convolution::load(&weights.group(&["net"])).unwrap();
        let output = convolution.forward(&input, &edges).unwrap();
        // Linear over 2 scalar or 4 vector paths: the shares of the fan-in.
        let (message, share) = if path.ends_with("_0") {
            ((output.scalars - &input.scalars).unwrap(), 2f64.sqrt())
        } else {
            ((output.vectors - &input.vectors).unwrap(), 2.0)
        };
        let message = (message.squeeze(0).unwrap() * share).unwrap();
        assert_close(&message, fixture.get(&format!("paths.{path}")), 1e-6, path);
    }
}

#[test]
fn convolution_is_that_of_e3nn() {
    let fixture = Fixture::load();
    let config = layer_config();
    let graph =
        NeighborGraph::new(&config, &fixture.singles("layers.positions"), &fixture.integers("starts"));
    let edges = Edges::new(&graph, 2, DType::F64, &Device::Cpu).unwrap();
    let weights = fixture.weights("weights.");
    let group = weights.group(&["first", "second"]);
    let convolution = Convolution::load(&group.child("convolution")).unwrap();
    let output = convolution.forward(&fixture.pair("equal"), &edges).unwrap();
    assert_features(&output, &fixture.pair("convolved"), 1e-5, "convolution");
}

fn whole_network(heads: Heads, residual: Residual, name: &str, dtype: DType, tolerance: f64) {
    let fixture = Fixture::load();
    let config = NetworkConfig {
        strain_inputs: false,
        displacement_inputs: false,
        multiplicity: 4,
        conditioner_layers: 2,
        header_layers: 2,
        residual,
        heads,
        time_bins: 7,
        sigma_position_angstrom: 3.0,
        sigma_vector_angstrom: 0.5,
        ..layer_config()
    };
    let kinds: Vec<ResidueType> =
        fixture.integers("types").into_iter().map(|i| ResidueType::ALL[i]).collect();
    let starts = fixture.integers("starts");
    let topologies: Vec<Topology> = starts
        .windows(2)
        .map(|pair| {
            let residues =
                kinds[pair[0]..pair[1]].iter().map(|&kind| Residue { kind, number: 1, insertion_code: None });
            Topology::new("fixture", "A", residues.collect())
        })
        .collect();
    let sequence = SequenceBatch::from_topologies(&topologies);
    let cloud = |which: &str| CloudBatch {
        positions: fixture.singles(&format!("{name}.{which}.positions")),
        vectors: fixture.singles(&format!("{name}.{which}.vectors")),
    };
    let (source, latent) = (cloud("source"), cloud("latent"));
    let prefix = format!("weights.{name}.");
    let weights = fixture.0.iter().filter_map(|(key, tensor)| {
        key.strip_prefix(&prefix).map(|rest| (rest.to_owned(), tensor.to_dtype(dtype).unwrap()))
    });
    let model = CandleModel::new(config, Weights::from_tensors(weights.collect())).unwrap();
    let conditioned = model.condition(&sequence, &source).unwrap();
    let expected = |part: &str| fixture.get(&format!("{name}.{part}"));
    assert_close(&conditioned.scalars, expected("conditioner.scalars"), tolerance, "conditioner, scalars");
    assert_close(&conditioned.vectors, expected("conditioner.vectors"), tolerance, "conditioner, vectors");
    let taus = fixture.singles(&format!("{name}.tau"));
    for output in model.headers(&sequence, &source, &latent, &taus, None, &conditioned).unwrap() {
        assert_close(&output.values, expected(output.name), tolerance, output.name);
    }
}

#[test]
fn endpoint_network_with_sums_agrees_with_e3nn() {
    whole_network(Heads::Endpoint, Residual::Sum, "endpoint", DType::F64, 1e-5);
    whole_network(Heads::Endpoint, Residual::Sum, "endpoint", DType::F32, 1e-4);
}

#[test]
fn paper_network_with_concatenation_agrees_with_e3nn() {
    whole_network(Heads::Paper, Residual::Concat, "paper", DType::F64, 1e-5);
    whole_network(Heads::Paper, Residual::Concat, "paper", DType::F32, 1e-4);
}
