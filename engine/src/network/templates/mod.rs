//! What follows from the topology of a protein alone and is made once: which atoms are bonded, touch or make torsions.
//! Atoms are named by sites: `residue · 14 + slot`, Cα as slot 13.

mod sites;
mod strain;
mod torsions;

pub use sites::{CA_SITE, SITES, ca_site, residue_and_slot};
pub use strain::StrainTemplate;
pub(super) use strain::{CONTACT_CA_ANGSTROM, squared};
pub use torsions::{TORSIONS, TorsionTemplate, side_chain_torsions};
