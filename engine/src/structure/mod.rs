//! Proteins: residue vocabulary, canonical atom order, topology, reading structure files, and the
//! tensor cloud that the network works on (design §4).

pub mod bonds;
pub mod residue;
pub mod tensor_cloud;
pub mod topology;

pub use residue::{ResidueType, SLOTS};
pub use tensor_cloud::TensorCloud;
pub use topology::{Atom, Element, Residue, Topology};
