//! Trust data for a model that was trained before there were any, or from other stores than it was trained on: makes
//! them from the stores of its training and writes the model anew.
//!
//! ```text
//! cargo run --release -p equijump-engine --example add_trust -- FOLDER/train.json MODEL.safetensors OUT.safetensors
//! ```
//!
//! `train.json` is what a training leaves beside its models: which stores, and which of their trajectories were held
//! out. `equijump info STRUCTURE --trust OUT.safetensors` then tells how familiar a structure is. The weights are the
//! same, the file is another one: presets that were found for the old file do not go with it.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use equijump_engine::network::Model;
use equijump_engine::training::{PairDataset, PairSampling, TrainRequest, TrainSettings};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [training, model, out] = arguments.as_slice() else {
        return Err("name the train.json of a training, its model, and the model to write".into());
    };
    if Path::new(out).exists() {
        return Err(format!("{out} is there already; choose another name").into());
    }
    let request: TrainRequest = serde_json::from_str(&std::fs::read_to_string(training)?)?;
    let mut model = Model::load(Path::new(model))?;
    // How pairs are drawn decides nothing here, and finding their clusters takes time.
    let settings = TrainSettings { pairs: PairSampling::Uniform, ..request.settings };
    let mut go_on = || ControlFlow::Continue(());
    let dataset = PairDataset::open(&request.stores, &settings, &mut go_on)?;
    let trust = dataset.trust(settings.seed, &mut go_on)?.ok_or("nothing of the stores is held out")?;
    println!(
        "{} proteins, {} training frames, {} held-out frames; of a protein left out {} of the residues are unfamiliar",
        trust.proteins,
        trust.training_frames,
        trust.held_out_frames,
        trust
            .left_out_share()
            .map_or("an unknown share".to_owned(), |share| format!("{:.0} %", 100.0 * share)),
    );
    model.trust = Some(Arc::new(trust));
    model.save(Path::new(out))?;
    Ok(())
}
