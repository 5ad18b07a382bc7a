//! What the meter tells of proteins that it was made of, and of one that it was not.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::network::{Model, ModelCard, NetworkConfig, ParameterLayout, initial_parameters};
use crate::random::Random;
use crate::test_support::bundled_atoms;

/// Every atom moved by up to 0.3 Å, as frames of a folded protein are.
fn shaken(positions: &[[f32; 3]], random: &mut Random) -> Vec<[f32; 3]> {
    positions.iter().map(|p| p.map(|x| x + 0.6 * (random.uniform() as f32 - 0.5))).collect()
}

fn data(names: &[&str]) -> TrustData {
    let mut builder = TrustBuilder::new(7);
    let mut random = Random::new(11);
    for name in names {
        let (topology, positions) = bundled_atoms(name);
        for _ in 0..40 {
            builder.training(&topology, &shaken(&positions, &mut random));
        }
        for _ in 0..40 {
            builder.held_out(&topology, &shaken(&positions, &mut random));
        }
    }
    builder.finish().unwrap()
}

#[test]
fn a_protein_that_was_trained_on_is_familiar_and_another_one_is_not() {
    let data = data(&["villin", "bba", "trpcage"]);
    assert_eq!((data.proteins, data.training_frames, data.held_out_frames), (3, 120, 120));
    let mut random = Random::new(5);
    let (topology, positions) = bundled_atoms("villin");
    let share =
        |topology: &Topology, positions: &[[f32; 3]]| data.measure(topology, positions).unfamiliar_share();
    let seen: f64 = (0..20).map(|_| share(&topology, &shaken(&positions, &mut random))).sum::<f64>() / 20.0;
    // By definition one in a hundred, give or take what so few frames can tell.
    assert!(seen < 0.05, "{seen}");
    let (other, native) = bundled_atoms("proteing");
    let unseen = share(&other, &native);
    assert!(unseen > 0.5, "{unseen}");
    assert!(data.left_out_share().unwrap() > 0.5);
    // The same protein stretched out is not what it was trained on, either.
    let stretched: Vec<[f32; 3]> = positions.iter().map(|p| [2.0 * p[0], p[1], p[2]]).collect();
    assert!(share(&topology, &stretched) > 0.5);
}

#[test]
fn residue_types_that_were_never_trained_on_are_unfamiliar_and_named() {
    let data = data(&["trpcage"]);
    assert_eq!(data.reference_count(ResidueType::His), 0);
    assert!(data.reference_count(ResidueType::Gly) > 0);
    assert!(data.left_out_share().is_none(), "one protein cannot be left out");
    let (topology, positions) = bundled_atoms("wwdomain");
    let report = data.measure(&topology, &positions);
    let his = report.residues.iter().find(|residue| residue.residue.starts_with("HIS")).unwrap();
    assert!(his.is_unfamiliar() && his.distance.is_none() && his.quantile == 1.0);
    let sentence = report.sentence();
    assert!(sentence.contains("a type never trained on") && sentence.contains("more"), "{sentence}");
}

#[test]
fn places_in_a_distribution_are_those_that_numpy_interpolates() {
    let table = quantiles((0..=400).map(|k| k as f32).collect());
    assert_eq!((table.len(), table[0], table[100], table[200]), (201, 0.0, 200.0, 400.0));
    // numpy.interp(x, table, numpy.linspace(0, 1, 201)) for x = −1, 0, 1, 100, 399, 400, 401
    for (value, place) in
        [(-1.0, 0.0), (0.0, 0.0), (1.0, 0.0025), (100.0, 0.25), (399.0, 0.9975), (400.0, 1.0), (401.0, 1.0)]
    {
        assert!((place_in(&table, value) - place).abs() < 1e-6, "{value}: {}", place_in(&table, value));
    }
}

#[test]
fn a_model_carries_its_trust_data_and_one_without_says_so() {
    let config =
        NetworkConfig { multiplicity: 2, conditioner_layers: 1, header_layers: 1, ..NetworkConfig::basic() };
    let parameters = initial_parameters(&ParameterLayout::new(&config), |index| (index as f32 * 0.7).sin());
    let mut model = Model::new(&config, parameters, ModelCard::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    model.save(&path).unwrap();
    assert!(Model::load(&path).unwrap().trust.is_none());
    let described = |path: &std::path::Path| crate::trajectory::describe(path).unwrap().to_string();
    assert!(described(&path).contains("no trust data"));
    for names in [&["trpcage"][..], &["villin", "bba", "trpcage"]] {
        let data = data(names);
        model.trust = Some(Arc::new(data.clone()));
        model.save(&path).unwrap();
        let loaded = Model::load(&path).unwrap();
        assert_eq!(loaded.trust.as_deref(), Some(&data));
        assert_eq!(loaded.parameters, model.parameters);
        let text = described(&path);
        assert!(text.contains("trust") && !text.contains("no trust data"), "{text}");
    }
}

#[test]
fn data_without_held_out_frames_have_no_scale() {
    let (topology, positions) = bundled_atoms("trpcage");
    let mut builder = TrustBuilder::new(0);
    builder.training(&topology, &positions);
    assert!(builder.finish().is_none());
}
