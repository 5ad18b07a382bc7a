//! Frames, trajectory files (DCD, XTC, multi-model PDB) and the memory-mapped training store.
