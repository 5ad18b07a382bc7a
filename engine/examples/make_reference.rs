//! Builds a reference for the live panels from molecular dynamics:
//!
//! ```text
//! cargo run --release -p equijump-engine --example make_reference -- TOP.pdb NATIVE.pdb OUT.json \
//!     --name Chignolin --description "…" --native "5AWL" --temperature-kelvin 350 --drop-ps 1000 TRAJECTORY…
//! ```
//!
//! How `assets/references` was made stands in its README.
#![allow(missing_docs)]

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;
use equijump_engine::analysis::{ReferenceProvenance, TicaSettings, build_reference};
use equijump_engine::structure::{ReadOptions, read_structure, read_topology_map};
use equijump_engine::trajectory::{Frame, TrajectoryReader};

#[derive(Parser)]
struct Arguments {
    /// Topology of the trajectories.
    topology: PathBuf,
    /// Structure that RMSD and native contacts refer to, of the same sequence.
    native: PathBuf,
    /// File to write.
    output: PathBuf,
    /// Trajectory files.
    #[arg(required = true)]
    trajectories: Vec<PathBuf>,
    /// Name of the protein.
    #[arg(long)]
    name: String,
    /// What was simulated and how.
    #[arg(long)]
    description: String,
    /// Origin of the native structure.
    #[arg(long = "native")]
    native_name: String,
    /// Temperature of the simulation.
    #[arg(long)]
    temperature_kelvin: f64,
    /// Time to drop from the start of every trajectory.
    #[arg(long, default_value_t = 0.0)]
    drop_ps: f64,
    /// Lag of the TICA fit.
    #[arg(long, default_value_t = 2000.0)]
    lag_ps: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let map = read_topology_map(&arguments.topology)?;
    let native = read_structure(&arguments.native, &ReadOptions::default())?;
    if native.topology.sequence() != map.topology.sequence() {
        return Err("the native structure and the trajectories differ in sequence".into());
    }
    let mut trajectories = Vec::new();
    let mut interval_ps = None;
    for path in &arguments.trajectories {
        let mut reader = TrajectoryReader::open(path)?;
        let interval = reader.interval_ps().ok_or("a trajectory does not tell its frame interval")?;
        if interval_ps.replace(interval).is_some_and(|earlier| (earlier - interval).abs() > 1e-3) {
            return Err("the trajectories differ in frame interval".into());
        }
        let first = (arguments.drop_ps / interval).round() as usize;
        let mut frame = Frame::default();
        let mut frames = Vec::new();
        for index in first..reader.frame_count() {
            reader.read_frame(index, &mut frame)?;
            frames.push(map.reduce(&frame.positions_angstrom).ok_or("a frame has another number of atoms")?);
        }
        println!("{}: {} frames of {interval} ps", path.display(), frames.len());
        trajectories.push(frames);
    }
    let views: Vec<Vec<&[[f32; 3]]>> =
        trajectories.iter().map(|t| t.iter().map(Vec::as_slice).collect()).collect();
    let data = build_reference(
        &map.topology,
        &native.positions_angstrom,
        &views,
        interval_ps.ok_or("no trajectory")?,
        TicaSettings { lag_ps: arguments.lag_ps, ..TicaSettings::default() },
        ReferenceProvenance {
            name: arguments.name,
            description: arguments.description,
            native: arguments.native_name,
            temperature_kelvin: arguments.temperature_kelvin,
            dropped_ps: arguments.drop_ps,
        },
    )?;
    println!("timescales of the slow components: {:.0?} ps", data.basis.timescales_ps());
    println!("chemistry: {:#?}", data.chemistry);
    println!(
        "bonds {:.4} ± {:.4} Å, angles {:.2} ± {:.2}°",
        data.chemistry.bonds_angstrom.mean(),
        data.chemistry.bonds_angstrom.standard_deviation(),
        data.chemistry.angles_degrees.mean(),
        data.chemistry.angles_degrees.standard_deviation()
    );
    std::fs::write(&arguments.output, data.to_json()?)?;
    Ok(())
}
