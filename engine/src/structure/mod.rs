//! Proteins: residue vocabulary, canonical atom order, topology, reading structure files, and the
//! tensor cloud that the network works on (ARCHITECTURE.md §4).

mod alternates;
mod bond_limits;
pub(crate) mod bonds;
pub(crate) mod cell;
mod chains;
mod conformer;
pub mod crystal;
pub mod equivalent;
pub mod error;
mod gro_records;
pub(crate) mod hands;
mod hydrogen_templates;
pub mod hydrogens;
mod internal_coordinates;
mod library;
mod links;
pub mod mmcif_format;
mod mmcif_records;
mod naming;
pub mod opened;
pub(crate) mod pdb_columns;
pub mod pdb_format;
pub(crate) mod pdb_lines;
mod pdb_records;
pub mod periodic;
pub mod read;
mod rebuild;
mod records;
pub mod residue;
pub(crate) mod residue_table;
mod segments;
mod source;
pub mod tensor_cloud;
pub mod topology;
pub mod topology_map;
mod whole;

pub use crystal::{CrystalInfo, read_crystal};
pub use equivalent::relabel_equivalent;
pub use error::{ChainSummary, MissingAtoms, StructureError, StructureProblem};
pub use hydrogens::{AllAtom, AllAtomModel};
pub use mmcif_format::{MmcifWriter, write_mmcif};
pub use opened::{Notice, OpenedStructure};
pub use pdb_format::{
    pdb_all_atom_end, pdb_all_atom_lines, pdb_atom_line, pdb_conect_lines, pdb_ter_line, write_pdb,
    write_pdb_all_atoms,
};
pub(crate) use pdb_format::{pdb_conect_lines_between, write_pdb_of_atoms};
pub use read::{ReadOptions, read_structure, read_structure_bytes};
pub use residue::{ResidueType, SLOTS};
pub use tensor_cloud::TensorCloud;
pub use topology::{Atom, Element, Residue, Topology};
pub use topology_map::{
    Models, TopologyMap, read_models, read_topology_map, read_topology_map_of_chain, read_topology_map_with,
};

#[cfg(test)]
mod tests;
