//! What we write, whatever it is, comes back when we read it: files of random content.
//!
//! `PROPTEST_CASES` sets how many of each are tried. A failure prints the smallest content that shows it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use equijump_engine::experiments::compare::ComparisonConfig;
use equijump_engine::network::{Heads, Model, ModelCard, NetworkConfig, ParameterLayout, Transport};
use equijump_engine::session::{DescribedRun, RunDescription};
use equijump_engine::structure::{
    MmcifWriter, OpenedStructure, ReadOptions, Residue, ResidueType, Topology, read_models,
    read_structure_bytes, read_topology_map, write_mmcif, write_pdb,
};
use equijump_engine::training::TrainSettings;
use equijump_engine::training::checkpoint::{Checkpoint, CheckpointState};
use equijump_engine::training::optimizer::Optimizer;
use equijump_engine::trajectory::{
    Frame, ImportRequest, RunState, TrajectoryFormat, TrajectoryReader, TrajectoryStore, TrajectoryWriter,
    import,
};
use equijump_engine::transport::presets::{Preset, Presets};
use equijump_engine::transport::{Integrator, SamplerSettings, Schedule};
use equijump_tests::proteins::bundled;
use nalgebra::{Rotation3, Vector3};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

fn cases(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { cases };
    // The smallest failing content is printed, and belongs into a test of its own.
    ProptestConfig { cases, failure_persistence: None, ..default }
}

/// Proteins whose pieces are written: between them, all residues but norleucine, which villin has.
static PROTEINS: LazyLock<Vec<OpenedStructure>> =
    LazyLock::new(|| ["chignolin", "villin", "lambda", "ntl9"].map(bundled).into());

/// A piece of a protein under other names and numbers, turned and moved.
fn piece() -> impl Strategy<Value = (Topology, Vec<[f32; 3]>)> {
    let place = (0..PROTEINS.len(), 0..1000usize, 3..12usize);
    let names = ("[A-Za-z0-9]", "\\PC{0,12}", -900..9000i32, vec(prop::option::weighted(0.2, 0..5u8), 12));
    let moved = (prop::array::uniform3(-3.0..3.0f32), prop::array::uniform3(-800.0..800.0f32));
    (place, names, moved).prop_map(
        |((protein, start, length), (chain, name, first, codes), (turn, shift))| {
            let whole = &PROTEINS[protein];
            // A simulation needs three residues.
            let start = start % (whole.topology.residue_count() - 2);
            let end = (start + length).min(whole.topology.residue_count());
            // Residues with an insertion code have the number of the one before them, as in the PDB.
            let (mut number, mut code) = (first, None);
            let residues = whole.topology.residues()[start..end]
                .iter()
                .zip(codes)
                .map(|(residue, inserted)| {
                    code = match (inserted, code) {
                        (Some(_), None) => Some('A'),
                        (Some(_), Some(last)) => char::from_u32(u32::from(last) + 1),
                        (None, _) => None,
                    };
                    number += i32::from(code.is_none());
                    Residue { kind: residue.kind, number, insertion_code: code }
                })
                .collect();
            let atoms = whole.topology.atom_range(start).start..whole.topology.atom_range(end - 1).end;
            let rotation = Rotation3::new(Vector3::from(turn));
            let center = whole.positions_angstrom[atoms.start];
            let positions = whole.positions_angstrom[atoms].iter().map(|p| {
                let local = Vector3::from(*p) - Vector3::from(center);
                (rotation * local + Vector3::from(shift)).into()
            });
            (Topology::new(name, chain, residues), positions.collect())
        },
    )
}

fn near(read: &[[f32; 3]], written: &[[f32; 3]], tolerance: f32) -> bool {
    read.len() == written.len()
        && read.as_flattened().iter().zip(written.as_flattened()).all(|(a, b)| (a - b).abs() <= tolerance)
}

/// Half a unit of the last digit that is written, and what `f32` loses at 1000 Å.
fn rounded(digits: i32) -> f32 {
    0.5 * 10f32.powi(-digits) + 1e-4
}

fn residue() -> impl Strategy<Value = ResidueType> {
    (0..ResidueType::COUNT).prop_map(|index| ResidueType::ALL[index])
}

/// Any residues, and frames of any positions that all formats can hold.
fn trajectory() -> impl Strategy<Value = (Arc<Topology>, f64, Vec<Vec<[f32; 3]>>)> {
    let residues = vec(residue(), 1..4).prop_map(|kinds| {
        let numbered = |(index, kind): (usize, ResidueType)| Residue {
            kind,
            number: index as i32 + 1,
            insertion_code: None,
        };
        Arc::new(Topology::new("any", "A", kinds.into_iter().enumerate().map(numbered).collect()))
    });
    (residues, 0.01..5000.0f64, 1..5usize).prop_flat_map(|(topology, interval_ps, frames)| {
        let atoms = topology.atom_count();
        let near = prop::array::uniform3(-50.0..50.0f32);
        let far = prop::array::uniform3(-999.0..999.0f32);
        let frame = vec(prop_oneof![9 => near, 1 => far], atoms);
        (Just(topology), Just(interval_ps), vec(frame, frames))
    })
}

fn float() -> impl Strategy<Value = f32> {
    use prop::num::f32::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

fn double() -> impl Strategy<Value = f64> {
    use prop::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

/// Any JSON.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        double().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn sampler_settings() -> impl Strategy<Value = SamplerSettings> {
    let integrator = prop::sample::select(vec![Integrator::Sde, Integrator::Ode, Integrator::OdeHeun]);
    let schedule = prop::sample::select(vec![Schedule::Window, Schedule::Matched]);
    (
        integrator,
        2..=10_000u32,
        0.0..=100.0f32,
        0.0..=100.0f32,
        0.0..=10.0f32,
        schedule,
        any::<bool>(),
        any::<u64>(),
    )
        .prop_map(
            |(
                integrator,
                latent_steps,
                epsilon,
                position_epsilon_factor,
                noise_gain,
                schedule,
                keep_geometry,
                seed,
            )| {
                SamplerSettings {
                    integrator,
                    latent_steps,
                    epsilon,
                    position_epsilon_factor,
                    noise_gain,
                    schedule,
                    keep_geometry,
                    seed,
                }
            },
        )
}

/// Text as people write it; marks that act on terminals are taken out when a file is read.
fn plain() -> &'static str {
    "[\\PC&&[^\\p{Zl}\\p{Zp}]]{0,12}"
}

fn file_name() -> &'static str {
    "[a-zA-Z0-9äµ _-]{1,12}\\.dcd"
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn structures_as_pdb((topology, positions) in piece()) {
        let mut file = Vec::new();
        write_pdb(&topology, &positions, &mut file).unwrap();
        let read = read_structure_bytes("a.pdb", &file, &ReadOptions::default()).unwrap();
        prop_assert_eq!(read.topology.residues(), topology.residues());
        prop_assert_eq!(&read.topology.chain_id, &topology.chain_id);
        prop_assert!(near(&read.positions_angstrom, &positions, rounded(3)));
    }

    #[test]
    fn structures_as_mmcif((topology, positions) in piece(), chain in "[A-Za-z0-9]{1,4}") {
        let topology = Topology::new(topology.name.clone(), chain, topology.residues().to_vec());
        let mut file = Vec::new();
        write_mmcif(&topology, &positions, &mut file).unwrap();
        let read = read_structure_bytes("a.cif", &file, &ReadOptions::default()).unwrap();
        prop_assert_eq!(read.topology.residues(), topology.residues());
        prop_assert_eq!(&read.topology.chain_id, &topology.chain_id);
        prop_assert!(near(&read.positions_angstrom, &positions, rounded(5)));
    }

    #[test]
    fn models_as_mmcif((topology, positions) in piece(), shifts in vec(-90.0..90.0f32, 1..5)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models.cif");
        let moved = |shift: &f32| -> Vec<[f32; 3]> {
            positions.iter().map(|p| p.map(|x| x + shift)).collect()
        };
        let written: Vec<_> = shifts.iter().map(moved).collect();
        let mut file = MmcifWriter::new(std::fs::File::create(&path).unwrap());
        for model in &written {
            file.write_model(&topology, model).unwrap();
        }
        file.finish().unwrap();
        let (map, models) = read_models(&path, None).unwrap();
        prop_assert_eq!(map.topology.residues(), topology.residues());
        prop_assert_eq!(models.len(), written.len());
        for (model, written) in models.iter().zip(&written) {
            let read: Vec<[f32; 3]> = map.indices.iter().map(|&index| model[index]).collect();
            prop_assert!(near(&read, written, rounded(5)));
        }
    }

    #[test]
    fn trajectories_in_every_format((topology, interval_ps, frames) in trajectory()) {
        let folder = tempfile::tempdir().unwrap();
        for format in TrajectoryFormat::ALL {
            let path = folder.path().join("a").with_extension(format.extension());
            let mut writer = TrajectoryWriter::create(&path, &topology, interval_ps, false).unwrap();
            for (index, positions) in frames.iter().enumerate() {
                writer.write_frame(positions, index as f64 * interval_ps).unwrap();
            }
            drop(writer);
            let mut reader = TrajectoryReader::open(&path).unwrap();
            prop_assert_eq!((reader.frame_count(), reader.tail_bytes()), (frames.len(), 0));
            let mut frame = Frame::default();
            for (index, positions) in frames.iter().enumerate().rev() {
                reader.read_frame(index, &mut frame).unwrap();
                // Å of a nanometer in f32: a few units in the last place at 1000 Å.
                let tolerance = match format.rounding_angstrom() {
                    0.0 => 0.0,
                    rounding => rounding + 2e-3,
                };
                prop_assert!(near(&frame.positions_angstrom, positions, tolerance), "{format}, frame {index}");
                let time_ps = index as f64 * interval_ps;
                // XTC has times in f32, PDB five decimals.
                let read = reader.time_ps(index).unwrap();
                prop_assert!((read - time_ps).abs() <= 1e-6 * time_ps + 1e-5, "{format}: {read} for {time_ps}");
            }
        }
    }

    #[test]
    fn states_of_runs(
        settings in value(),
        (seed, frame) in (any::<u64>(), any::<u64>()),
        replicas in (1..6usize).prop_flat_map(|atoms| vec(vec(prop::array::uniform3(float()), atoms), 1..4)),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.state");
        let state = RunState { settings, seed, frame, replicas_angstrom: replicas };
        state.save(&path).unwrap();
        let read = RunState::load(&path).unwrap();
        let bits = |state: &RunState| -> Vec<u32> {
            state.replicas_angstrom.iter().flatten().flatten().map(|x| x.to_bits()).collect()
        };
        prop_assert_eq!(bits(&read), bits(&state));
        prop_assert_eq!(read, state);
    }

    #[test]
    fn descriptions_of_runs(
        settings in sampler_settings(),
        (structure, model) in (plain(), plain()),
        (start_crc32, frames) in (any::<u32>(), any::<u64>()),
        interval_ps in 1e-3..1e6f64,
        names in prop::collection::btree_set(file_name(), 1..4),
        finished in any::<bool>(),
    ) {
        let run = RunDescription {
            structure,
            sequence: "YYDPETGTWY".to_owned(),
            start_crc32,
            model,
            model_checksum: "1f/2e".to_owned(),
            settings,
            replicas: names.len(),
            frame_interval_ps: interval_ps,
            shard: None,
            trust: None,
        };
        let names: Vec<String> = names.into_iter().collect();
        let paths: Vec<PathBuf> = names.iter().map(|name| Path::new("/some/where").join(name)).collect();
        let text = serde_json::to_string_pretty(&run.to_json(frames, finished, &paths)).unwrap();
        let read = DescribedRun::parse(&text).unwrap();
        prop_assert_eq!(read, DescribedRun { run, trajectories: names, finished });
    }

    #[test]
    fn presets_of_models(
        presets in prop::collection::btree_map(
            plain(),
            (sampler_settings(), plain(), prop::option::of(any::<u32>())),
            0..4,
        ),
    ) {
        let preset = |(settings, note, model_crc32)| Preset { settings, note, model_crc32 };
        let presets = Presets(presets.into_iter().map(|(name, parts)| (name, preset(parts))).collect());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("presets.json");
        presets.save(&path).unwrap();
        prop_assert_eq!(Presets::parse(&std::fs::read(&path).unwrap()).unwrap(), presets);
    }

    #[test]
    fn descriptions_of_comparisons(
        (name, label) in (prop::option::of(plain()), prop::option::of(plain())),
        stores in vec("[a-z]{1,8}", 1..3),
        (stride, replicas, frames) in (1..100usize, 1..100u32, 1..1000u64),
        (skip_ps, learning_rate) in (0.0..1e4f64, 1e-6..1.0f64),
        sigmas in vec(0.1..9.0f32, 0..3),
        transport in prop::option::of(prop::sample::select(Transport::ALL.to_vec())),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let config: ComparisonConfig = serde_json::from_value(json!({
            "name": name,
            "data": {"stores": stores.iter().map(|name| at(name)).collect::<Vec<_>>(), "stride": stride},
            "reference": {
                "topology": at("top.pdb"),
                "native": at("native.pdb"),
                "trajectories": [at("a.dcd")],
                "skip_ps": skip_ps,
            },
            "training": {"learning_rate": learning_rate},
            "sampling": {"replicas": replicas, "frames": frames, "latent_steps": 20},
            "sigma_position_squared": sigmas,
            "variant": [{"label": label, "transport": transport}],
        })).unwrap();
        std::fs::write(at("compare.json"), serde_json::to_string(&config).unwrap()).unwrap();
        prop_assert_eq!(ComparisonConfig::read(&at("compare.json")).unwrap(), config);
    }
}

fn small_network(seed: u64) -> (NetworkConfig, Vec<f32>) {
    let config = NetworkConfig {
        multiplicity: 2,
        conditioner_layers: 1,
        header_layers: 1,
        heads: Heads::Endpoint,
        ..NetworkConfig::basic()
    };
    let mut random = equijump_engine::random::Random::new(seed);
    let total = ParameterLayout::new(&config).total();
    // Whatever bits a number has, as long as it is one.
    let mut number = || f32::from_bits(random.word() as u32);
    let parameters = (0..total).map(|_| Some(number()).filter(|x| x.is_finite()).unwrap_or(0.5)).collect();
    (config, parameters)
}

fn same_bits(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn stores(
        noise in any::<u64>(),
        frames in 3..7usize,
        (stride, interval_ps) in (1..3usize, prop::sample::select(vec![1.0, 20.0, 100.0, 2.5])),
    ) {
        let chignolin = &PROTEINS[0];
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let topology = std::fs::File::create(at("top.pdb")).unwrap();
        write_pdb(&chignolin.topology, &chignolin.positions_angstrom, topology).unwrap();
        let mut random = equijump_engine::random::Random::new(noise);
        let mut writer =
            TrajectoryWriter::create(&at("a.dcd"), &chignolin.topology, interval_ps, false).unwrap();
        let mut written = Vec::new();
        for frame in 0..frames {
            let mut moved = |x: f32| x + 1e-4 * (random.index(1000) as f32 - 500.0);
            let positions: Vec<[f32; 3]> =
                chignolin.positions_angstrom.iter().map(|p| p.map(&mut moved)).collect();
            writer.write_frame(&positions, frame as f64 * interval_ps).unwrap();
            written.push(positions);
        }
        drop(writer);
        let request = ImportRequest {
            topology: at("top.pdb"),
            trajectories: vec![at("a.dcd")],
            output: at("a.store.safetensors"),
            stride,
            ..ImportRequest::default()
        };
        import(&request, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
        let store = TrajectoryStore::open(&request.output).unwrap();
        let expected: Vec<_> = written.iter().step_by(stride).collect();
        prop_assert_eq!(store.frame_count(), expected.len());
        prop_assert_eq!(store.topology().residues(), chignolin.topology.residues());
        for (index, positions) in expected.into_iter().enumerate() {
            prop_assert_eq!(&store.frame(index).unwrap(), positions);
        }
    }

    #[test]
    fn models(
        seed in any::<u64>(),
        (name, trained_on) in (plain(), plain()),
        validation_loss in prop::option::of(double()),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let (config, parameters) = small_network(seed);
        let card = ModelCard { name, trained_on, validation_loss, ..ModelCard::default() };
        Model::new(&config, parameters.clone(), card.clone()).save(&path).unwrap();
        let read = Model::load(&path).unwrap();
        prop_assert_eq!(read.config(), &config);
        prop_assert!(same_bits(&read.parameters, &parameters));
        prop_assert_eq!(read.card, card);
    }

    #[test]
    fn checkpoints(
        seed in any::<u64>(),
        (step, best_validation) in (any::<u64>(), prop::option::of(double())),
        (learning_rate, ema_decay) in (1e-6..1.0f64, 0.0..1.0f64),
        store_checksums in vec(any::<u32>(), 0..4),
        name in plain(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        let (network, parameters) = small_network(seed);
        let optimizer = Optimizer {
            m: small_network(seed ^ 1).1,
            v: small_network(seed ^ 2).1,
            ema: small_network(seed ^ 3).1,
        };
        let settings = TrainSettings { learning_rate, ema_decay, ..TrainSettings::default() };
        let layout = ParameterLayout::new(&network);
        let state = CheckpointState { step, best_validation, name, network, settings, store_checksums };
        Checkpoint::save(&path, &layout, &state, &parameters, &optimizer).unwrap();
        let read = Checkpoint::load(&path).unwrap();
        prop_assert_eq!(&read.state, &state);
        prop_assert!(same_bits(&read.parameters, &parameters));
        prop_assert!(same_bits(&read.optimizer.m, &optimizer.m));
        prop_assert!(same_bits(&read.optimizer.v, &optimizer.v));
        prop_assert!(same_bits(&read.optimizer.ema, &optimizer.ema));
        prop_assert_eq!(CheckpointState::load(&path).unwrap(), state);
    }
}

#[test]
fn a_topology_written_as_pdb_maps_to_the_order_it_was_written_in() {
    let folder = tempfile::tempdir().unwrap();
    for protein in PROTEINS.iter() {
        let path = folder.path().join("top.pdb");
        let file = std::fs::File::create(&path).unwrap();
        write_pdb(&protein.topology, &protein.positions_angstrom, file).unwrap();
        let map = read_topology_map(&path).unwrap();
        assert_eq!(map.indices, (0..protein.topology.atom_count()).collect::<Vec<_>>());
    }
}
