//! Observables, superposition, dihedrals, TICA, free energies and chemistry checks, in `f64` (design §8).
//!
//! Everything works on canonical atom positions (`&[[f32; 3]]`, Å) and the [`Topology`] they belong to,
//! reads them only, and never moves the caller's coordinates.
//!
//! [`Topology`]: crate::structure::Topology

pub mod geometry;
pub mod observables;
pub mod superposition;

pub use observables::{NativeContacts, ca_distances_angstrom, gdt_ts, radius_of_gyration_angstrom};
pub use superposition::{Superposition, ca_rmsd_angstrom, superpose_pair, superposed_copy};
