//! Sound files of each kind, to be damaged.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use equijump_engine::network::{Heads, Model, ModelCard, NetworkConfig, ParameterLayout, initial_parameters};
use equijump_engine::structure::{OpenedStructure, ReadOptions, read_structure, write_mmcif, write_pdb};
use equijump_engine::training::checkpoint::{Checkpoint, CheckpointState};
use equijump_engine::training::optimizer::Optimizer;
use equijump_engine::training::{KeptSettings, TrainRequest, TrainSettings};
use equijump_engine::trajectory::{ImportRequest, RunState, TrajectoryWriter, import};
use equijump_engine::transport::SamplerSettings;

/// Frames of the trajectories made here.
pub const FRAMES: usize = 6;
/// Rows of the log of the training made here.
pub const LOG_ROWS: usize = 3;

/// The root of the repository, from whichever crate this is compiled in.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().find(|folder| folder.join("assets/structures").is_dir());
    root.expect("the crate lies within the repository").to_owned()
}

fn bytes_of(path: &str) -> Vec<u8> {
    let path = repository().join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A small protein.
pub fn chignolin() -> OpenedStructure {
    read_structure(&repository().join("assets/structures/chignolin.pdb"), &ReadOptions::default()).unwrap()
}

/// Chignolin's heavy atoms as PDB, the topology of the trajectories.
pub fn topology() -> Vec<u8> {
    let opened = chignolin();
    let mut text = Vec::new();
    write_pdb(&opened.topology, &opened.positions_angstrom, &mut text).unwrap();
    text
}

/// Structures in the PDB format.
pub fn pdb() -> Vec<Vec<u8>> {
    vec![bytes_of("assets/structures/chignolin.pdb"), topology()]
}

/// Packed ones.
pub fn pdb_packed() -> Vec<Vec<u8>> {
    vec![bytes_of("tests/fixtures/structures/2jof.pdb.gz")]
}

/// Structures as mmCIF.
pub fn mmcif() -> Vec<Vec<u8>> {
    let opened = chignolin();
    let mut text = Vec::new();
    write_mmcif(&opened.topology, &opened.positions_angstrom, &mut text).unwrap();
    vec![text, bytes_of("tests/fixtures/cases/su-1.cif")]
}

/// Packed ones.
pub fn mmcif_packed() -> Vec<Vec<u8>> {
    vec![bytes_of("tests/fixtures/structures/2f4k.cif.gz")]
}

/// Structures of GROMACS.
pub fn gro() -> Vec<Vec<u8>> {
    let opened = chignolin();
    let mut text = b"Chignolin\n".to_vec();
    writeln!(text, "{:5}", opened.topology.atom_count()).unwrap();
    for (index, (atom, position)) in
        opened.topology.atoms().iter().zip(&*opened.positions_angstrom).enumerate()
    {
        let residue = &opened.topology.residues()[atom.residue];
        let (number, name) = (residue.number, residue.kind.code3());
        let [x, y, z] = position.map(|x| x / 10.0);
        writeln!(text, "{number:5}{name:<5}{:>5}{:5}{x:8.3}{y:8.3}{z:8.3}", atom.name, index + 1).unwrap();
    }
    text.extend(b"   5.00000   5.00000   5.00000\n");
    vec![text]
}

/// Structures that tell of a crystal.
pub fn crystal() -> Vec<Vec<u8>> {
    ["tests/fixtures/structures/2f4k.cif.gz", "tests/fixtures/structures/1lmb.pdb.gz"].map(bytes_of).into()
}

/// Chignolin's heavy atoms, all of which move.
pub fn trajectory(extension: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let opened = chignolin();
    let path = folder.path().join(format!("whole.{extension}"));
    let mut writer = TrajectoryWriter::create(&path, &opened.topology, 100.0, false).unwrap();
    for frame in 0..FRAMES {
        let shift = 0.3 * frame as f32;
        let moved: Vec<[f32; 3]> = opened.positions_angstrom.iter().map(|p| p.map(|x| x + shift)).collect();
        writer.write_frame(&moved, 100.0 * frame as f64).unwrap();
    }
    drop(writer);
    std::fs::read(path).unwrap()
}

/// DCD trajectories.
pub fn dcd() -> Vec<Vec<u8>> {
    let names = ["mdanalysis_cell.dcd", "big_endian_cell.dcd", "box_matrix.dcd", "xplor.dcd"];
    let others = names.map(|name| bytes_of(&format!("tests/fixtures/trajectory/{name}")));
    std::iter::once(trajectory("dcd")).chain(others).collect()
}

/// XTC trajectories.
pub fn xtc() -> Vec<Vec<u8>> {
    let others = ["mdtraj.xtc", "mdtraj_few_atoms.xtc"];
    let others = others.map(|name| bytes_of(&format!("tests/fixtures/trajectory/{name}")));
    std::iter::once(trajectory("xtc")).chain(others).collect()
}

/// PDB files of models.
pub fn models() -> Vec<Vec<u8>> {
    vec![trajectory("pdb"), bytes_of("tests/fixtures/trajectory/mdtraj.pdb")]
}

/// What can be imported with [`topology`].
pub fn import_any() -> Vec<Vec<u8>> {
    ["dcd", "xtc", "pdb"].map(trajectory).into()
}

/// A training store.
pub fn store() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("topology.pdb"), topology()).unwrap();
    std::fs::write(at("whole.dcd"), trajectory("dcd")).unwrap();
    let request = ImportRequest {
        topology: at("topology.pdb"),
        trajectories: vec![at("whole.dcd")],
        output: at("whole.store.safetensors"),
        ..ImportRequest::default()
    };
    import(&request, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    vec![std::fs::read(request.output).unwrap()]
}

/// A network small enough to be damaged often.
fn network() -> (NetworkConfig, Vec<f32>) {
    let config = NetworkConfig {
        multiplicity: 2,
        conditioner_layers: 1,
        header_layers: 1,
        heads: Heads::Endpoint,
        ..NetworkConfig::basic()
    };
    let parameters = initial_parameters(&ParameterLayout::new(&config), |index| (index as f32 * 0.7).sin());
    (config, parameters)
}

/// A model.
pub fn model() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let (config, parameters) = network();
    Model::new(&config, parameters, ModelCard::default()).save(&path).unwrap();
    vec![std::fs::read(path).unwrap()]
}

/// A checkpoint.
pub fn checkpoint() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let (network, parameters) = network();
    let layout = ParameterLayout::new(&network);
    let state = CheckpointState {
        step: 7,
        best_validation: Some(1.25),
        name: "small".to_owned(),
        network,
        settings: TrainSettings::default(),
        store_checksums: vec![3, 4],
    };
    Checkpoint::save(&path, &layout, &state, &parameters, &Optimizer::new(&parameters)).unwrap();
    vec![std::fs::read(path).unwrap()]
}

/// The state of a run.
pub fn run_state() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.state");
    let state = RunState {
        settings: serde_json::json!({"latent_steps": 30, "seed": 7}),
        seed: 7,
        frame: 12,
        replicas_angstrom: vec![chignolin().positions_angstrom.to_vec(); 2],
    };
    state.save(&path).unwrap();
    vec![std::fs::read(path).unwrap()]
}

/// `run.json`.
pub fn run_description() -> Vec<Vec<u8>> {
    let description = serde_json::json!({
        "program": "EquiJump",
        "version": "0.1.0",
        "run": {
            "structure": "chignolin",
            "sequence": "YYDPETGTWY",
            "start_crc32": 3_000_000_000u32,
            "model": "chignolin",
            "model_checksum": "1f/2e",
            "settings": SamplerSettings { latent_steps: 30, seed: 7, ..SamplerSettings::default() },
            "replicas": 2,
            "frame_interval_ps": 100.0,
        },
        "frames_after_start": 12,
        "finished": false,
        "trajectories": ["run_r000.dcd", "run_r001.dcd"],
    });
    vec![serde_json::to_vec_pretty(&description).unwrap()]
}

/// Files that describe comparisons.
pub fn config() -> Vec<Vec<u8>> {
    vec![bytes_of("assets/models/chignolin/compare.toml")]
}

/// Sampler settings of a model.
pub fn presets() -> Vec<Vec<u8>> {
    vec![bytes_of("assets/models/chignolin/presets.json")]
}

/// What the live panes compare a run with.
pub fn reference() -> Vec<Vec<u8>> {
    vec![bytes_of("assets/references/chignolin.json")]
}

/// A training that was ended before its first checkpoint.
pub fn training_run() -> Vec<Vec<u8>> {
    let (network, _) = network();
    let request = TrainRequest {
        stores: vec![PathBuf::from("/data/chignolin.store.safetensors")],
        name: "small".to_owned(),
        network,
        settings: TrainSettings::default(),
        out: PathBuf::from("/data/small"),
        init: None,
        resume: false,
        keep: KeptSettings::default(),
        force: false,
    };
    let mut bytes = serde_json::to_vec_pretty(&request).unwrap();
    bytes.push(0);
    bytes.extend(b"step,loss,positions_A2,vectors_A2,grad_norm,learning_rate,validation_loss\n");
    for _ in 0..LOG_ROWS {
        bytes.extend(b"0,1.25,0.75,0.5,3.5,0.001,\n");
    }
    vec![bytes]
}

/// Selections of atoms.
pub fn selection() -> Vec<Vec<u8>> {
    [
        "residue 3-10 and backbone",
        "name CA within 5 of resname TRP",
        "byres (around 3.5 index 0:4, 7) or not (helix or strand or coil)",
        "same residue as element C N O or chain A",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// Coordinates by name.
pub fn coordinates() -> Vec<Vec<u8>> {
    let names = "rmsd\ngdt\nrg\nnative-contacts\ntic1\ndistance:1.CA/10.CA\nangle:1.CA/5.CA/10.CA\ndihedral:2.N/2.CA/2.C/3.N";
    vec![names.as_bytes().to_vec()]
}

/// Requests of `equijump serve`.
pub fn serve() -> Vec<Vec<u8>> {
    let whole = serde_json::json!({
        "id": 1, "structure": "chignolin", "chain": "A", "longest_segment": true, "start": "run.dcd:12",
        "start_angstrom": [[0.0, 1.5, 2.5]], "topology": "top.pdb", "native": "chignolin", "jumps": 5, "seed": 7,
        "coordinates": ["rmsd", "rg"], "out": "out.dcd", "overwrite": true, "end": true,
    });
    vec![serde_json::to_vec(&whole).unwrap()]
}

/// A project file of the window.
pub fn project() -> Vec<Vec<u8>> {
    let project = serde_json::json!({
        "version": 1,
        "entries": [
            {"example": "chignolin"},
            {"structure": {"path": "/data/a.pdb", "chain": "A", "longest_segment": false}},
            {"frames": {"files": ["/data/run.dcd"], "topology": null, "chain": null, "interval_ps": 100.0}},
        ],
        "on_view": 2,
        "frame": 17,
        "replica": 0,
        "measurements": [[0, 5], [1, 2, 3, 4]],
        "marked_atom": 12,
    });
    vec![serde_json::to_vec_pretty(&project).unwrap()]
}

/// The fixtures with that ending: what readers meet in the wild, some of it to be refused.
fn fixtures(ending: &str) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    for folder in ["cases", "structures", "trajectory"] {
        let folder = repository().join("tests/fixtures").join(folder);
        paths.extend(std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    paths.retain(|path| path.to_string_lossy().ends_with(ending));
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Every kind of file with the name of its target.
pub fn all() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let with = |own: Vec<Vec<u8>>, ending: &str| own.into_iter().chain(fixtures(ending)).collect();
    vec![
        // What is packed is told by its bytes.
        ("pdb", with([pdb(), pdb_packed(), fixtures(".pdb.gz")].concat(), ".pdb")),
        ("mmcif", with([mmcif(), mmcif_packed(), fixtures(".cif.gz")].concat(), ".cif")),
        ("gro", with(gro(), ".gro")),
        ("crystal", crystal()),
        ("dcd", with(dcd(), ".dcd")),
        ("xtc", with(xtc(), ".xtc")),
        ("models", with([models(), fixtures(".pdb.gz")].concat(), ".pdb")),
        ("import", import_any()),
        ("store", store()),
        ("model", model()),
        ("checkpoint", checkpoint()),
        ("run_state", run_state()),
        ("run_description", run_description()),
        ("config", config()),
        ("presets", presets()),
        ("reference", reference()),
        ("training_run", training_run()),
        ("selection", selection()),
        ("coordinates", coordinates()),
        ("serve", serve()),
        ("project", project()),
    ]
}
