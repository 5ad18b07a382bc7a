//! The compressed positions of one XTC frame.
//!
//! molly's decoder asserts on its input, and a damaged file must not take the program down; so reading is
//! done here, with every index and length checked, and molly writes. The tests hold the two against each
//! other.

use crate::trajectory::malformation::XtcFrameProblem;

/// Sizes of the small-difference boxes; the index is what the stream stores.
const MAGIC_INTS: [u32; 73] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 10, 12, 16, 20, 25, 32, 40, 50, 64, 80, 101, 128, 161, 203, 256, 322, 406,
    512, 645, 812, 1024, 1290, 1625, 2048, 2580, 3250, 4096, 5060, 6501, 8192, 10321, 13003, 16384, 20642,
    26007, 32768, 41285, 52015, 65536, 82570, 104031, 131072, 165140, 208063, 262144, 330280, 416127, 524287,
    660561, 832255, 1048576, 1321122, 1664510, 2097152, 2642245, 3329021, 4194304, 5284491, 6658042, 8388607,
    10568983, 13316085, 16777216,
];
/// Above this, three extents are stored separately instead of as one mixed-radix number.
const LARGEST_PACKED_EXTENT: u32 = 0x00ff_ffff;

/// What stands in front of the bit stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prelude {
    /// Grid points per nm.
    pub precision: f32,
    /// Smallest grid coordinate on each axis.
    pub min: [i32; 3],
    /// Largest grid coordinate on each axis.
    pub max: [i32; 3],
    /// Index into [`MAGIC_INTS`] to start with.
    pub small_index: u32,
}

/// An eight-byte window that starts within a byte surely holds so many bits.
const MOST_BITS_AT_ONCE: u32 = 57;

/// Most significant bit first.
struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    /// The next `count ≤ 57` bits, or `None` past the end.
    #[inline]
    fn take(&mut self, count: u32) -> Option<u64> {
        debug_assert!(count <= MOST_BITS_AT_ONCE);
        if count == 0 {
            return Some(0);
        }
        let end = self.position + count as usize;
        if end > self.bytes.len() * 8 {
            return None;
        }
        let first = self.position / 8;
        let window = match self.bytes.get(first..first + 8) {
            Some(eight) => u64::from_be_bytes(eight.try_into().ok()?),
            None => {
                let mut eight = [0u8; 8];
                let rest = &self.bytes[first..];
                eight[..rest.len()].copy_from_slice(rest);
                u64::from_be_bytes(eight)
            }
        };
        let shifted = window << (self.position % 8);
        self.position = end;
        Some(shifted >> (64 - count))
    }

    /// A number of `count` bits whose bytes are stored least significant first; only the last one, which
    /// may be incomplete, has fewer than eight bits.
    #[inline]
    fn take_little_endian(&mut self, count: u32) -> Option<u128> {
        if count <= MOST_BITS_AT_ONCE {
            let bits = self.take(count)?;
            let (whole, rest) = (count / 8, count % 8);
            if whole == 0 {
                return Some(u128::from(bits));
            }
            let low = (bits >> rest).swap_bytes() >> (64 - 8 * whole);
            let high = bits & ((1 << rest) - 1);
            return Some(u128::from(low | high << (8 * whole)));
        }
        let mut value = 0;
        let mut shift = 0;
        while shift < count {
            let bits = (count - shift).min(8);
            value |= u128::from(self.take(bits)?) << shift;
            shift += bits;
        }
        Some(value)
    }

    /// Three integers packed as one mixed-radix number of `count` bits.
    #[inline]
    fn take_packed(&mut self, count: u32, sizes: [u32; 3]) -> Option<[i32; 3]> {
        let value = self.take_little_endian(count)?;
        let (y, z) = (sizes[1], sizes[2]);
        // Almost always the number fits 64 bits, where division is several times cheaper.
        if let Ok(value) = u64::try_from(value) {
            let (rest, c) = (value / u64::from(z), value % u64::from(z));
            let (a, b) = (rest / u64::from(y), rest % u64::from(y));
            return Some([i32::try_from(a).ok()?, b as i32, c as i32]);
        }
        let (rest, c) = (value / u128::from(z), value % u128::from(z));
        let (a, b) = (rest / u128::from(y), rest % u128::from(y));
        Some([i32::try_from(a).ok()?, b as i32, c as i32])
    }
}

/// Bits that hold any number below the product of the three sizes. The format counts the bits of the
/// product itself, one more than needed when it is a power of two.
fn packed_bits(sizes: [u32; 3]) -> u32 {
    let product = sizes.iter().map(|&s| u128::from(s)).product::<u128>();
    128 - product.leading_zeros()
}

/// Decodes `count` positions into nm. Memory grows with what is decoded, not with what is claimed.
///
/// # Errors
/// [`XtcFrameProblem`] says what is wrong with the bytes. Whatever they are, nothing panics.
pub(crate) fn decode(
    prelude: &Prelude,
    bytes: &[u8],
    count: usize,
    positions_nm: &mut Vec<[f32; 3]>,
) -> Result<(), XtcFrameProblem> {
    positions_nm.clear();
    if !(prelude.precision.is_finite() && prelude.precision > 0.0) {
        return Err(XtcFrameProblem::Precision(prelude.precision));
    }
    let mut extents = [0u32; 3];
    for axis in 0..3 {
        let extent = i64::from(prelude.max[axis]) - i64::from(prelude.min[axis]) + 1;
        extents[axis] = u32::try_from(extent).ok().filter(|&e| e > 0).ok_or(XtcFrameProblem::Bounds)?;
    }
    let packed =
        if extents.iter().any(|&e| e > LARGEST_PACKED_EXTENT) { None } else { Some(packed_bits(extents)) };

    let mut small_index = prelude.small_index as usize;
    let size_at = |index: usize| -> Result<u32, XtcFrameProblem> {
        match MAGIC_INTS.get(index) {
            Some(&size) if size > 0 => Ok(size),
            _ => Err(XtcFrameProblem::Positions),
        }
    };
    let mut small_size = size_at(small_index)?;
    let nm_per_unit = prelude.precision.recip();
    let to_nm = |p: [i32; 3]| p.map(|x| x as f32 * nm_per_unit);
    let damaged = || XtcFrameProblem::Positions;

    let mut bits = Bits { bytes, position: 0 };
    let mut run = 0u32;
    while positions_nm.len() < count {
        let offset = match packed {
            Some(count) => bits.take_packed(count, extents),
            None => (|| {
                let mut p = [0; 3];
                for axis in 0..3 {
                    p[axis] = bits.take(32 - extents[axis].leading_zeros())? as i32;
                }
                Some(p)
            })(),
        }
        .ok_or_else(damaged)?;
        let mut this = [0i32; 3];
        for axis in 0..3 {
            this[axis] = offset[axis].wrapping_add(prelude.min[axis]);
        }

        // A run of small differences may follow; its length stays valid until it is changed.
        let mut step = 0i32;
        if bits.take(1).ok_or_else(damaged)? == 1 {
            let code = bits.take(5).ok_or_else(damaged)?;
            step = (code % 3) as i32 - 1;
            run = (code - code % 3) as u32;
        }
        if run == 0 {
            positions_nm.push(to_nm(this));
        } else {
            let half = (small_size / 2) as i32;
            let mut previous = this;
            for k in 0..run / 3 {
                let delta = bits.take_packed(small_index as u32, [small_size; 3]).ok_or_else(damaged)?;
                let mut next = [0i32; 3];
                for axis in 0..3 {
                    next[axis] = previous[axis].wrapping_add(delta[axis]).wrapping_sub(half);
                }
                let mut write = |p: [i32; 3]| -> Result<(), XtcFrameProblem> {
                    if positions_nm.len() == count {
                        return Err(damaged());
                    }
                    positions_nm.push(to_nm(p));
                    Ok(())
                };
                if k == 0 {
                    // The first two atoms of a run are stored swapped, which suits water.
                    write(next)?;
                    write(this)?;
                } else {
                    write(next)?;
                }
                previous = next;
            }
        }
        match step {
            -1 => small_index = small_index.checked_sub(1).ok_or_else(damaged)?,
            1 => small_index += 1,
            _ => {}
        }
        small_size = size_at(small_index)?;
    }
    Ok(())
}
