//! Safetensors files with a checksum over all of their bytes, and the same bytes whenever their content is the same.
//!
//! The checksum is an entry of the metadata, `file_crc32`, in eight hexadecimal digits; it is computed with zeros in
//! place of these digits. A CRC-32 finds every change of a single bit, and of any 32 bits in a row, wherever in the
//! file. Files of earlier versions have none and are read without.

use std::collections::{BTreeMap, HashMap};
use std::io;

use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::brief::brief;

/// Entry of the metadata that holds the checksum.
const KEY: &str = "file_crc32";
/// What stands for the checksum while it is computed.
const BLANK: [u8; 8] = *b"00000000";
/// Bytes before the header: its length.
const LENGTH_BYTES: usize = 8;

/// The texts of a header by name.
type Metadata = HashMap<String, String>;

/// Why a file is refused; each message is a clause about the file.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum SealedFileError {
    #[error("it does not have the checksum that it was written with, so it is damaged")]
    Damaged,
    /// It has no checksum, and an entry that files without one do not have.
    #[error("its metadata hold an entry of no such file")]
    ForeignEntry,
    /// It is no file of tensors. What that quotes of the file is told in brief alone, so it is no source.
    #[error("{}", brief(.0))]
    NoTensors(SafeTensorError),
}

/// Adds the entry for the checksum to the metadata of a file to be written.
pub(crate) fn reserve(metadata: &mut BTreeMap<String, String>) {
    metadata.insert(KEY.to_owned(), String::from_utf8_lossy(&BLANK).into_owned());
}

/// Length and JSON of a header, the checksum to be filled in by [`Seal`]. Tensors lie one after the other in the
/// order given, which is that of `lengths`: name, type, shape, bytes.
pub(crate) fn header<'a>(
    metadata: &BTreeMap<String, String>,
    tensors: impl IntoIterator<Item = (&'a str, Dtype, Vec<usize>, usize)>,
) -> io::Result<Vec<u8>> {
    let mut metadata = metadata.clone();
    reserve(&mut metadata);
    let mut json = format!("{{\"__metadata__\":{}", serde_json::to_string(&metadata)?);
    let mut start = 0;
    for (name, dtype, shape, bytes) in tensors {
        let (name, dtype) = (serde_json::to_string(name)?, serde_json::to_string(&dtype)?);
        let (shape, end) = (serde_json::to_string(&shape)?, start + bytes);
        json += &format!(",{name}:{{\"dtype\":{dtype},\"shape\":{shape},\"data_offsets\":[{start},{end}]}}");
        start = end;
    }
    json.push('}');
    let padded = json.len().next_multiple_of(LENGTH_BYTES);
    let mut header = (padded as u64).to_le_bytes().to_vec();
    header.extend(json.bytes());
    header.resize(LENGTH_BYTES + padded, b' ');
    Ok(header)
}

/// The bytes of a file of these tensors.
///
/// # Errors
/// When something cannot be told in JSON.
pub(crate) fn to_bytes(
    metadata: &BTreeMap<String, String>,
    tensors: &[(String, TensorView<'_>)],
) -> io::Result<Vec<u8>> {
    let described =
        tensors.iter().map(|(name, t)| (name.as_str(), t.dtype(), t.shape().to_vec(), t.data().len()));
    let mut bytes = header(metadata, described)?;
    bytes.reserve_exact(tensors.iter().map(|(_, tensor)| tensor.data().len()).sum());
    let header_bytes = bytes.len();
    for (_, tensor) in tensors {
        bytes.extend_from_slice(tensor.data());
    }
    let (header, data) = bytes.split_at_mut(header_bytes);
    let mut crc = flate2::Crc::new();
    crc.update(data);
    Seal::put(header, &crc)?;
    Ok(bytes)
}

/// The checksum in a header, that is the length and the JSON at the beginning of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    /// Where its digits are.
    at: usize,
    crc32: u32,
}

impl Seal {
    /// The seal of a file; `None` for one that has none. `metadata` is that of the same header.
    ///
    /// # Errors
    /// [`SealedFileError::ForeignEntry`] where the header has an entry that files without a seal do not have, `known`
    /// being those they have: then the name of the entry with the checksum is damaged.
    pub(crate) fn of(
        header: &[u8],
        metadata: &Metadata,
        known: &[&str],
    ) -> Result<Option<Self>, SealedFileError> {
        let Some(digits) = metadata.get(KEY) else {
            let foreign = metadata.keys().any(|key| !known.contains(&key.as_str()));
            return if foreign { Err(SealedFileError::ForeignEntry) } else { Ok(None) };
        };
        let at = place(header).filter(|&at| header.get(at..at + BLANK.len()) == Some(digits.as_bytes()));
        // Digits are written in lower case only: another case would be a change that the value does not show.
        let crc32 = u32::from_str_radix(digits, 16).ok().filter(|crc| format!("{crc:08x}") == *digits);
        match (at, crc32) {
            (Some(at), Some(crc32)) => Ok(Some(Self { at, crc32 })),
            _ => Err(SealedFileError::Damaged),
        }
    }

    /// The checksum of the header, to be gone on with over what follows it.
    pub(crate) fn begin(self, header: &[u8]) -> flate2::Crc {
        let mut crc = flate2::Crc::new();
        crc.update(&header[..self.at]);
        crc.update(&BLANK);
        crc.update(&header[self.at + BLANK.len()..]);
        crc
    }

    /// Whether the checksum of the whole file is that of the seal.
    ///
    /// # Errors
    /// [`SealedFileError::Damaged`].
    pub(crate) fn check(self, crc: &flate2::Crc) -> Result<(), SealedFileError> {
        if crc.sum() == self.crc32 { Ok(()) } else { Err(SealedFileError::Damaged) }
    }

    /// Fills in the checksum of a file whose data have the checksum `data`.
    ///
    /// # Errors
    /// If the header was made without [`reserve`].
    pub(crate) fn put(header: &mut [u8], data: &flate2::Crc) -> io::Result<()> {
        let at = place(header).ok_or_else(|| io::Error::other("the header has no room for a checksum"))?;
        let mut crc = flate2::Crc::new();
        crc.update(header);
        crc.combine(data);
        header[at..at + BLANK.len()].copy_from_slice(format!("{:08x}", crc.sum()).as_bytes());
        Ok(())
    }
}

/// Where the digits of the checksum begin. Quotation marks within the JSON strings of other entries are escaped, so
/// that this is found nowhere else.
fn place(header: &[u8]) -> Option<usize> {
    let before = format!("\"{KEY}\":\"");
    header.windows(before.len()).position(|window| window == before.as_bytes()).map(|at| at + before.len())
}

/// The metadata and tensors of a file, its checksum compared; `known` are the entries of files without one.
///
/// # Errors
/// [`SealedFileError`].
pub(crate) fn open<'a>(
    bytes: &'a [u8],
    known: &[&str],
) -> Result<(Metadata, SafeTensors<'a>), SealedFileError> {
    let (json_bytes, header) = SafeTensors::read_metadata(bytes).map_err(SealedFileError::NoTensors)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let (header, data) = bytes.split_at(LENGTH_BYTES + json_bytes);
    if let Some(seal) = Seal::of(header, &metadata, known)? {
        let mut crc = seal.begin(header);
        crc.update(data);
        seal.check(&crc)?;
    }
    Ok((metadata, SafeTensors::deserialize(bytes).map_err(SealedFileError::NoTensors)?))
}

/// A file that was changed with its checksum, as a program would that means harm.
#[cfg(test)]
#[allow(clippy::panic)]
pub(crate) fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let (json_bytes, _) = SafeTensors::read_metadata(&bytes).unwrap_or_else(|error| panic!("{error}"));
    let (header, data) = bytes.split_at_mut(LENGTH_BYTES + json_bytes);
    let at = place(header).unwrap_or_else(|| panic!("it has no checksum"));
    header[at..at + BLANK.len()].copy_from_slice(&BLANK);
    let mut crc = flate2::Crc::new();
    crc.update(data);
    Seal::put(header, &crc).unwrap_or_else(|error| panic!("{error}"));
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn file() -> Vec<u8> {
        let data: Vec<u8> = (0..48).collect();
        let view = |from: usize| TensorView::new(Dtype::F32, vec![2, 3], &data[from..from + 24]).unwrap();
        let metadata = BTreeMap::from([
            ("format".to_owned(), "test".to_owned()),
            // What looks like a checksum within a text is none.
            ("text".to_owned(), r#"{"file_crc32":"12345678"}"#.to_owned()),
        ]);
        to_bytes(&metadata, &[("b".to_owned(), view(0)), ("a".to_owned(), view(24))]).unwrap()
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let whole = file();
        assert!(whole == file(), "the same content has the same bytes");
        let (metadata, tensors) = open(&whole, &[]).unwrap();
        assert_eq!(metadata["format"], "test");
        assert_eq!(tensors.tensor("b").unwrap().data(), (0..24).collect::<Vec<u8>>());
        assert_eq!(tensors.tensor("a").unwrap().data(), (24..48).collect::<Vec<u8>>());
        for bit in 0..8 * whole.len() {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&damaged, &["format", "text"]).is_err(), "bit {bit} of {:?}", whole.get(bit / 8));
        }
    }

    #[test]
    fn files_from_before_there_was_a_checksum_are_read() {
        let data = [0u8; 24];
        let view = TensorView::new(Dtype::F32, vec![2, 3], &data).unwrap();
        let metadata = HashMap::from([("format".to_owned(), "test".to_owned())]);
        let old = safetensors::serialize([("a", view)], Some(metadata)).unwrap();
        assert_eq!(open(&old, &["format"]).unwrap().0["format"], "test");
        assert!(open(&old, &["state"]).is_err());
    }
}
