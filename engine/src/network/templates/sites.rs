//! Atoms of a protein by number: a site is `residue · 14 + slot`, Cα as slot 13.

use crate::structure::SLOTS;

/// Sites of a residue: the 13 slots and Cα.
pub const SITES: usize = SLOTS + 1;
/// Site of Cα within its residue.
pub const CA_SITE: usize = SLOTS;

/// Site of the Cα of `residue`; its slots are the 13 sites before.
pub fn ca_site(residue: usize) -> usize {
    residue * SITES + CA_SITE
}

/// Residue and slot of a site, the slot being `None` for Cα.
pub fn residue_and_slot(site: usize) -> (usize, Option<usize>) {
    let slot = site % SITES;
    (site / SITES, (slot != CA_SITE).then_some(slot))
}
