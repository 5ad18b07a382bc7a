//! Lengths between which two atoms are taken for bonded.

use std::ops::Range;

/// C–N distances above this are no peptide bond (1.33 Å when whole).
pub(super) const PEPTIDE_BOND_LIMIT_ANGSTROM: f64 = 2.0;

/// Bonds beyond these limits mean damaged coordinates, not strain.
pub(super) const BOND_ANGSTROM: Range<f64> = 0.8..2.5;
