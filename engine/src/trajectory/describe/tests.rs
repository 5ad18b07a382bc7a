use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;

use safetensors::tensor::{Dtype, TensorView};

use super::*;
use crate::structure::{ResidueType, write_pdb};
use crate::test_support::chain;
use crate::trajectory::{RunState, TrajectoryWriter};

fn repository(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

#[test]
fn a_structure_is_told_with_its_protein() {
    let info = describe(&repository("assets/structures/villin.pdb")).unwrap();
    let FileContent::Structure(structure) = &info.content else { panic!("{info:?}") };
    let protein = structure.protein.as_ref().unwrap();
    // 2F4K A42-76 with norleucine at 65 and 70.
    assert_eq!((protein.residues, protein.sequence.as_str()), (35, "LSDEDFKAVFGMTRSAFANLPLWXQQHLXKEKGLF"));
    assert_eq!((structure.format.as_str(), &structure.problem), ("PDB", &None));
    assert!(info.to_string().contains("35 residues"), "{info}");
    let json = serde_json::to_value(&info).unwrap();
    assert_eq!((json["kind"].as_str(), json["protein"]["residues"].as_u64()), (Some("structure"), Some(35)));
}

#[test]
fn an_entry_is_told_with_its_crystal() {
    let text = describe(&repository("tests/fixtures/structures/2f4k.cif.gz")).unwrap().to_string();
    assert!(text.contains("2F4K, space group C 2 2 21 (no. 20) at 1.05 Å resolution"), "{text}");
    assert!(text.contains("19.68 × 39.90 × 75.09 Å, 90.0°, 90.0°, 90.0°"), "{text}");
}

#[test]
fn trajectories_tell_frames_times_and_cut_off_ends() {
    let directory = tempfile::tempdir().unwrap();
    let topology = Arc::new(chain("ala", [ResidueType::Ala; 4]));
    let positions: Vec<[f32; 3]> = (0..topology.atom_count()).map(|k| [k as f32, 0.5, -0.5]).collect();
    for format in TrajectoryFormat::ALL {
        let path = directory.path().join(format!("run.{}", format.extension()));
        let mut writer = TrajectoryWriter::create(&path, &topology, 100.0, false).unwrap();
        for k in 0..3 {
            writer.write_frame(&positions, 100.0 * f64::from(k)).unwrap();
        }
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(file.metadata().unwrap().len() - 30).unwrap();
        let info = describe(&path).unwrap();
        let FileContent::Trajectory(t) = &info.content else { panic!("{info:?}") };
        assert_eq!((t.format, t.frames, t.atoms), (format, 2, 20));
        assert_eq!((t.first_time_ps, t.last_time_ps), (Some(0.0), Some(100.0)));
        assert_eq!((t.interval_ps, t.evenly_spaced), (Some(100.0), Some(true)));
        assert_eq!(t.extent_angstrom, Some([[0.0, 0.5, -0.5], [19.0, 0.5, -0.5]]));
        assert!(t.tail_bytes > 0 && t.cell_lengths_angstrom.is_none());
        assert!(info.to_string().contains("0 ps to 100 ps"), "{info}");
    }
    let path = directory.path().join("short.pdb");
    write_pdb(&topology, &positions, File::create(&path).unwrap()).unwrap();
    // Atoms in a row make no unbroken chain: the file is described, with what is wrong with it.
    let FileContent::Structure(structure) = describe(&path).unwrap().content else { panic!() };
    assert!(structure.problem.unwrap().contains("the chain is broken"));
}

#[test]
fn models_and_run_states_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let numbers = vec![0u8; 24];
    let save = |name: &str, metadata: &[(&str, &str)]| {
        let view = TensorView::new(Dtype::F32, vec![2, 3], &numbers).unwrap();
        let metadata: HashMap<_, _> =
            metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let path = directory.path().join(name);
        std::fs::write(&path, safetensors::serialize([("weight", view)], Some(metadata)).unwrap()).unwrap();
        path
    };
    let model = save("m.safetensors", &[("format", "equijump-model-1"), ("card", r#"{"name":"small"}"#)]);
    let info = describe(&model).unwrap();
    let FileContent::Model(model) = &info.content else { panic!("{info:?}") };
    assert_eq!((model.numbers, model.tensors), (6, 1));
    assert_eq!(model.description["card"]["name"], "small");
    assert!(info.to_string().contains("small"), "{info}");

    let foreign = save("f.safetensors", &[("format", "pt")]);
    assert!(describe(&foreign).unwrap_err().to_string().contains("does not know"));

    let path = directory.path().join("run.state");
    let replicas_angstrom = vec![vec![[0.0; 3]; 5]; 2];
    let state = RunState { settings: serde_json::Value::Null, seed: 7, frame: 3, replicas_angstrom };
    state.save(&path).unwrap();
    let FileContent::RunState(info) = describe(&path).unwrap().content else { panic!() };
    assert_eq!((info.replicas, info.atoms, info.frame, info.seed), (2, 5, 3, 7));
}

#[test]
fn the_json_files_of_runs_and_trainings_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.json");
    let run = serde_json::json!({
        "program": "EquiJump", "version": "0.1.0", "frames_after_start": 41, "finished": false,
        "trajectories": ["run_r000.dcd", "run_r001.dcd"],
        "run": { "structure": "villin", "settings": { "seed": 7 } },
    });
    std::fs::write(&path, serde_json::to_vec_pretty(&run).unwrap()).unwrap();
    let info = describe(&path).unwrap();
    let FileContent::Run(told) = &info.content else { panic!("{info:?}") };
    assert_eq!((told.frames, told.finished, told.trajectories.len()), (42, false, 2));
    let text = info.to_string();
    for part in ["42 frames, not finished", "run_r001.dcd", "structure    villin", "  seed       7"] {
        assert!(text.contains(part), "{part} in {text}");
    }

    let training = serde_json::json!({ "name": "a", "network": { "heads": "paper" }, "settings": {} });
    std::fs::write(&path, training.to_string()).unwrap();
    assert!(describe(&path).unwrap().to_string().contains("heads      paper"));
    for foreign in [r#"{"a": 1}"#, "{", r#"{"program": "EquiJump"}"#] {
        std::fs::write(&path, foreign).unwrap();
        assert!(
            describe(&path).unwrap_err().to_string().contains("neither a run nor a training"),
            "{foreign}"
        );
    }
}

#[test]
fn what_cannot_be_described_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    assert!(describe(&directory.path().join("absent.dcd")).unwrap_err().to_string().contains("cannot read"));
    for name in ["empty.dcd", "empty.xtc", "empty.pdb", "empty.cif", "empty.safetensors", "empty"] {
        let path = directory.path().join(name);
        std::fs::write(&path, "").unwrap();
        assert!(describe(&path).is_err(), "{name}");
    }
}
