//! A small model of a protein from trajectories of it: imported into a store, trained for 2,000 steps.
//!
//! ```text
//! cargo run --release -p equijump-engine --example train -- TOPOLOGY.pdb FOLDER TRAJECTORY…
//! ```
//!
//! `FOLDER/best.safetensors` is then a model for `equijump simulate --model`.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::PathBuf;

use equijump_engine::network::NetworkConfig;
use equijump_engine::training::{KeptSettings, Next, TrainRequest, TrainSettings, TrainUpdate, train};
use equijump_engine::trajectory::{ImportRequest, import};

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [topology, folder, trajectories @ ..] = paths.as_slice() else {
        return Err("name the topology, a folder for the results, and the trajectories".into());
    };
    std::fs::create_dir_all(folder)?;
    let store = folder.join("frames.store.safetensors");
    let request = ImportRequest {
        topology: topology.clone(),
        trajectories: trajectories.to_vec(),
        output: store.clone(),
        ..ImportRequest::default()
    };
    let report = import(&request, &mut |_| ControlFlow::Continue(()))?;
    println!("{}: {} frames, {} ps apart", report.name, report.frames, report.interval_ps);

    let request = TrainRequest {
        stores: vec![store],
        out: folder.clone(),
        name: report.name,
        network: NetworkConfig { multiplicity: 16, ..NetworkConfig::default() },
        settings: TrainSettings { steps: 2000, validate_every: 500, ..TrainSettings::default() },
        init: None,
        resume: false,
        keep: KeptSettings::default(),
        force: false,
    };
    let outcome = train(&request, &mut |update| {
        match update {
            TrainUpdate::Step(progress) if progress.step.is_multiple_of(100) => {
                println!("step {}: loss {:.4} Å²", progress.step, progress.losses.total);
            }
            TrainUpdate::Notice(sentence) => println!("note: {sentence}"),
            _ => (),
        }
        ControlFlow::Continue(Next::GoOn)
    })?;
    println!("{} steps, best loss on held-out pairs {:?} Å²", outcome.step, outcome.best_validation);
    Ok(())
}
