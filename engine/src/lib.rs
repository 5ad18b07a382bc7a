//! The science of EquiJump: everything that computes, and nothing that draws.
//!
//! A structure and a model make a sampler; a sampler makes one frame after the other:
//!
//! ```
//! use std::{ops::ControlFlow, path::Path, sync::Arc};
//!
//! use equijump_engine::analysis::ca_rmsd_angstrom;
//! use equijump_engine::network::Model;
//! use equijump_engine::structure::{ReadOptions, read_structure};
//! use equijump_engine::transport::{CpuSampler, FrameSampler, Replica, SamplerSettings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))?;
//! let protein = read_structure(Path::new("assets/structures/chignolin.pdb"), &ReadOptions::default())?;
//! let model = Arc::new(Model::load(Path::new("assets/models/chignolin/model.safetensors"))?);
//! let settings = SamplerSettings { latent_steps: 20, seed: 7, ..SamplerSettings::default() };
//! let mut sampler = CpuSampler::new(model, &protein.topology, settings)?;
//!
//! let positions_angstrom = protein.positions_angstrom.to_vec();
//! let mut replicas = [Replica { index: 0, frame: 0, positions_angstrom }];
//! sampler.advance(&mut replicas, &mut |_| ControlFlow::Continue(()))?; // 100 ps later
//!
//! let frame = &replicas[0].positions_angstrom;
//! let rmsd_angstrom = ca_rmsd_angstrom(&protein.topology, frame, &protein.positions_angstrom);
//! assert_eq!(replicas[0].frame, 1);
//! assert!(rmsd_angstrom > 0.1 && rmsd_angstrom < 10.0);
//! # Ok(())
//! # }
//! ```
//!
//! `engine/examples` has whole programs: `simulate` writes a trajectory, `analyze` measures one, `train` makes a
//! model from trajectories. Programs with a user interface run all of it through [`session`], in the background
//! and stoppable. `ARCHITECTURE.md` in the repository says why things are as they are.
//!
//! Dependencies run one way:
//! `{experiments, observe} → session → {transport, training, analysis, trajectory} → {network, gpu, chemistry} → structure`.
//!
//! Units throughout: ångström, picoseconds, kelvin, kT with natural logarithms, radians.
//! Quantities carry their unit in the name (`_angstrom`, `_ps`, `_kt`). The network works in `f32`,
//! analysis in `f64`.

pub mod analysis;
pub mod atomic_file;
mod brief;
pub mod chemistry;
pub mod cpu_clock;
mod difference;
pub mod experiments;
pub mod file_error;
mod foreign_format;
pub mod gpu;
pub mod network;
pub mod observe;
mod positioned;
pub mod random;
pub mod regular_file;
pub mod remedy;
pub mod run_lock;
pub mod sealed_file;
pub mod session;
pub mod structure;
#[cfg(test)]
mod test_support;
pub mod training;
pub mod trajectory;
pub mod transport;
pub mod trust;

pub use brief::panic_message;
pub use difference::SettingDifference;
pub use foreign_format::ForeignFile;
