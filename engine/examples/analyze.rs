//! RMSD, size, native contacts and chemistry of every frame of trajectories, as CSV. Hydrogens, waters and ions are
//! left out, molecules cut by a periodic cell made whole.
//!
//! ```text
//! cargo run --release -p equijump-engine --example analyze -- TOPOLOGY.pdb NATIVE.pdb TRAJECTORY…
//! ```

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use equijump_engine::analysis::{
    NativeContacts, ValidityChecker, ca_rmsd_angstrom, radius_of_gyration_angstrom,
};
use equijump_engine::structure::{ReadOptions, read_structure, read_topology_map};
use equijump_engine::trajectory::{CanonicalFrames, FrameSelection, TrajectorySource};

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [topology_path, native_path, trajectories @ ..] = paths.as_slice() else {
        return Err("name the topology, the native structure and the trajectories".into());
    };
    let map = Arc::new(read_topology_map(topology_path)?);
    let native = read_structure(native_path, &ReadOptions::default())?;
    let topology = map.topology.clone();
    if topology.sequence() != native.topology.sequence() {
        return Err("the native structure and the trajectories differ in sequence".into());
    }
    let contacts = NativeContacts::new(&topology, &native.positions_angstrom);
    let checker = ValidityChecker::new(&topology);

    let sources = trajectories.iter().map(|path| TrajectorySource { path: path.clone(), map: map.clone() });
    let mut frames = CanonicalFrames::open(sources.collect(), FrameSelection::default())?;
    println!("trajectory,rmsd_angstrom,radius_of_gyration_angstrom,native_contacts,intact");
    while let Some(frame) = frames.next_frame()? {
        let positions = frame.positions_angstrom;
        println!(
            "{},{:.3},{:.3},{:.3},{}",
            frame.trajectory,
            ca_rmsd_angstrom(&topology, positions, &native.positions_angstrom),
            radius_of_gyration_angstrom(&topology, positions),
            contacts.fraction(positions).unwrap_or(f64::NAN),
            checker.check(positions).is_intact()
        );
    }
    for notice in frames.notices() {
        eprintln!("note: {notice}");
    }
    Ok(())
}
