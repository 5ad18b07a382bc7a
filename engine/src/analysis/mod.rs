//! Observables, superposition, dihedrals, TICA, free energies and chemistry checks, in `f64` (design §8).
