//! Choosing by one random number more than once.

/// An index below `len` from a uniform random number, and the fraction that is left over, as random again.
pub(super) fn split(random: u32, len: usize) -> (usize, u32) {
    let product = u128::from(random) * len as u128;
    ((product >> 32) as usize, product as u32)
}
