//! From the file to the plan.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use clap::ValueEnum as _;

use super::*;
use crate::network::{Heads, NetworkConfig, Transport};
use crate::training::TrainSettings;
use crate::transport::Integrator;

const BASE: &str = r#"
[data]
stores = ["train.store"]
[reference]
topology = "md/top.pdb"
native = "chignolin"
trajectories = ["md/a.xtc"]
"#;

fn read(text: &str) -> Result<ComparisonConfig, ComparisonError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("compare.toml");
    std::fs::write(&path, text).unwrap();
    let mut config = ComparisonConfig::read(&path)?;
    // The folder goes away; what is below it is what matters.
    for path in config.data.stores.iter_mut().chain(&mut config.reference.trajectories) {
        *path = path.strip_prefix(folder.path()).unwrap().to_owned();
    }
    Ok(config)
}

fn plan(text: &str) -> Result<ComparisonPlan, ComparisonError> {
    ComparisonPlan::new(&read(text)?, Path::new("out"))
}

#[test]
fn every_transport_is_compared_where_no_variant_is_given_with_the_defaults_of_today() {
    let plan = plan(BASE).unwrap();
    let transports: Vec<Transport> = plan.variants.iter().map(|v| v.network.transport).collect();
    assert_eq!(transports, Transport::value_variants());
    assert_eq!(plan.stores, [PathBuf::from("train.store")]);
    for variant in &plan.variants {
        assert_eq!(variant.training, TrainSettings::default());
        let transport = variant.network.transport;
        let mut expected = NetworkConfig::default();
        expected.choose_transport(transport);
        assert_eq!(variant.network, expected, "with the noise that goes with the transport");
        assert_eq!(variant.label, transport.to_string());
        assert_eq!(variant.folder, Path::new("out").join(transport.to_string()));
        assert!(variant.sampler.check_for(transport).is_ok());
    }
    let flow = plan.variants.iter().find(|v| v.network.transport == Transport::FlowMatching).unwrap();
    assert_eq!(flow.sampler.integrator, Integrator::Ode, "it has no stochastic sampler");
}

#[test]
fn estimates_that_are_asked_of_all_are_seen_by_those_that_can() {
    let plan = plan(&format!("{BASE}[network]\nestimate_inputs = true\n")).unwrap();
    for variant in &plan.variants {
        assert_eq!(variant.network.estimate_inputs, variant.network.transport == Transport::Bridge);
    }
    let asked = "[[variant]]\ntransport = \"ddpm\"\n[variant.network]\nestimate_inputs = true\n";
    let refusal = self::plan(&format!("{BASE}{asked}")).unwrap_err().to_string();
    assert!(refusal.contains("estimate inputs"), "{refusal}");
}

#[test]
fn variants_take_the_variances_of_the_list_unless_they_name_their_own() {
    let text = [
        "sigma_position_squared = [1, 3]\n",
        BASE,
        "[network]\nmultiplicity = 8\n[training]\nsteps = 70\nsource_noise_angstrom = 0.1\n",
        "[sampling]\nreplicas = 4\nframes = 9\nlatent_steps = 20\n",
        "[[variant]]\ntransport = \"two-sided\"\n[[variant]]\nlabel = \"paper's\"\ntransport = \"ddpm\"\nheads = \"paper\"\n",
        "sigma_position_squared = 5\n[variant.training]\nlearning_rate = 0.003\n[variant.sampling]\nepsilon = 0.5\n",
    ]
    .concat();
    let plan = plan(&text).unwrap();
    let labels: Vec<&str> = plan.variants.iter().map(|v| v.label.as_str()).collect();
    assert_eq!(labels, ["two-sided, σ_P² = 1", "two-sided, σ_P² = 3", "paper's"]);
    let folders: Vec<_> = plan.variants.iter().map(|v| v.folder.file_name().unwrap()).collect();
    assert_eq!(folders, ["two-sided-p2-1", "two-sided-p2-3", "paper-s"]);
    let sigmas: Vec<f32> = plan.variants.iter().map(|v| v.network.sigma_position_angstrom).collect();
    assert_eq!(sigmas, [1.0, 3.0f32.sqrt(), 5.0f32.sqrt()]);
    let paper = &plan.variants[2];
    assert_eq!((paper.network.transport, paper.network.heads), (Transport::Ddpm, Heads::Paper));
    assert_eq!((paper.training.learning_rate, paper.sampler.epsilon), (0.003, 0.5));
    for variant in &plan.variants {
        assert_eq!((variant.network.multiplicity, variant.training.steps), (8, 70));
        assert_eq!((variant.training.source_noise_angstrom, variant.sampler.latent_steps), (0.1, 20));
    }
    assert_eq!((plan.replicas, plan.frames), (4, 9));
}

#[test]
fn json_says_the_same_as_toml() {
    let folder = tempfile::tempdir().unwrap();
    let value: serde_json::Value = toml::from_str(BASE).unwrap();
    let [json, toml] = ["compare.json", "compare.toml"].map(|name| folder.path().join(name));
    std::fs::write(&json, value.to_string()).unwrap();
    std::fs::write(&toml, BASE).unwrap();
    assert_eq!(ComparisonConfig::read(&json).unwrap(), ComparisonConfig::read(&toml).unwrap());
    assert_eq!(ComparisonConfig::read(&toml).unwrap().data.stores, [folder.path().join("train.store")]);
}

#[test]
fn what_makes_no_sense_is_told_in_one_sentence_before_anything_is_done() {
    let refused = |text: String, words: &[&str]| {
        let error = plan(&text).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{word:?} is not in {error:?}");
        }
        assert_eq!(error.lines().count(), 1, "{error:?}");
    };
    let with = |more: &str| format!("{BASE}{more}");
    refused(with("[training]\nstepz = 3\n"), &["[training]", "stepz"]);
    refused(with("[training]\nsteps = 0\n"), &["steps must be at least 1"]);
    refused(with("[network]\nneighbors = 0\n"), &["two-sided", "neighbors"]);
    refused(with("[sampling]\nlatentsteps = 3\n"), &["[sampling]", "latentsteps"]);
    refused(with("[evaluation]\nbootstrap = 1\n"), &["[evaluation]", "bootstrap"]);
    refused(with("[[variant]]\n[variant.training]\nsteps = 9\n"), &["budget"]);
    refused(with("[[variant]]\n[[variant]]\n"), &["two variants", "bridge"]);
    refused(with("[[variant]]\ntransport = \"magic\"\n"), &["magic", "ddpm"]);
    refused(with("[[variant]]\nsigma_position_squared = -1\n"), &["positive"]);
    refused(with("[[variant]]\nlabel = \"…\"\n"), &["letter"]);
    refused(with("[[variant]]\nheads = \"paper\"\nend"), &["line"]);
    refused(BASE.replace("train.store", "md/a.xtc").replace("stores", "trajectories"), &["topology"]);
    refused("[data]\n[reference]\nnative = \"x\"\ntrajectories = []\n".to_owned(), &["neither"]);
    let both = BASE.replace("stores = [\"train.store\"]", "topology = \"t\"\ntrajectories = [\"md/a.xtc\"]");
    let mut config: ComparisonConfig = toml::from_str(&both).unwrap();
    config.reference.trajectories = config.data.trajectories.clone();
    let error = ComparisonPlan::new(&config, Path::new("out")).unwrap_err().to_string();
    assert!(error.contains("held out"), "{error}");
    assert!(
        ComparisonConfig::read(Path::new("nothing.toml"))
            .is_err_and(|e| e.to_string().contains("nothing.toml"))
    );
}

#[test]
fn every_variant_is_made_with_every_seed_and_the_table_once_with_each() {
    let made = plan(&format!(
        "seeds = [1, 7]\n[[variant]]\ntransport = \"bridge\"\n[[variant]]\ntransport = \"ddpm\"\n{BASE}"
    ))
    .unwrap();
    let labels: Vec<&str> = made.variants.iter().map(|v| v.label.as_str()).collect();
    assert_eq!(labels, ["bridge, seed 1", "ddpm, seed 1", "bridge, seed 7", "ddpm, seed 7"]);
    assert!(made.variants.iter().all(|v| v.label.starts_with(&v.repeated)));
    assert_eq!(made.variants[2].folder, Path::new("out/bridge-seed-7"));
    assert_eq!((made.variants[2].training.seed, made.variants[2].sampler.seed), (7, 7));
    assert_eq!((made.variants[0].training.seed, made.variants[0].sampler.seed), (1, 1));

    let many: Vec<String> = (0..501).map(|seed| seed.to_string()).collect();
    let text = format!(
        "seeds = [{}]\n[[variant]]\ntransport = \"bridge\"\n[[variant]]\ntransport = \"ddpm\"\n{BASE}",
        many.join(", ")
    );
    assert!(matches!(self::plan(&text), Err(ComparisonError::TooMany { asked: 1002, .. })));
}
