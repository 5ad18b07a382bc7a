//! Ten frames of chignolin, 100 ps apart, into a trajectory that other programs read:
//!
//! ```text
//! cargo run --release -p equijump-engine --example simulate -- chignolin.dcd
//! ```

use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use equijump_engine::network::Model;
use equijump_engine::structure::{ReadOptions, read_structure, write_pdb};
use equijump_engine::trajectory::TrajectoryWriter;
use equijump_engine::transport::presets::{DEFAULT_PRESET, Presets};
use equijump_engine::transport::{CpuSampler, FrameSampler, Replica, SamplerSettings};

fn main() -> Result<(), Box<dyn Error>> {
    let output = PathBuf::from(std::env::args_os().nth(1).ok_or("name the trajectory to write")?);
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets");
    let protein = read_structure(&assets.join("structures/chignolin.pdb"), &ReadOptions::default())?;
    let model_path = assets.join("models/chignolin/model.safetensors");
    let preset = Presets::beside(&model_path)?.get(DEFAULT_PRESET)?;
    let settings = SamplerSettings { seed: 7, ..preset.settings };
    let mut sampler = CpuSampler::new(Arc::new(Model::load(&model_path)?), &protein.topology, settings)?;

    let interval_ps = sampler.frame_interval_ps();
    let mut trajectory = TrajectoryWriter::create(&output, &protein.topology, interval_ps, false)?;
    trajectory.write_frame(&protein.positions_angstrom, 0.0)?;
    let positions_angstrom = protein.positions_angstrom.to_vec();
    let mut replicas = [Replica { index: 0, frame: 0, positions_angstrom }];
    while replicas[0].frame < 10 {
        // Asked before each latent step; `Break` would stop within the frame and leave the replicas as they were.
        sampler.advance(&mut replicas, &mut |_| ControlFlow::Continue(()))?;
        let [replica] = &replicas;
        trajectory.write_frame(&replica.positions_angstrom, replica.frame as f64 * interval_ps)?;
    }

    let topology = std::fs::File::create(output.with_extension("pdb"))?;
    write_pdb(&protein.topology, &protein.positions_angstrom, topology)?;
    println!("{}: {} frames by {}", output.display(), trajectory.frame_count(), sampler.device_name());
    Ok(())
}
