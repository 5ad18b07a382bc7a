//! Data sets, optimiser loop and checkpoints (design §7).
