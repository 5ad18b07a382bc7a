//! From bytes to atom records: decompression and the choice of format, both by content.
//!
//! Both formats are cut into records by our own readers. pdbtbx 0.12, which writes mmCIF and reads headers for us, cannot carry
//! this path: it sorts atoms into residues, so that the order of a trajectory's frames is lost (that of a
//! plain entry such as 2F4K too); it keeps neither TER nor `label_seq_id`, which tell ligands from the polymer,
//! and joins waters to the residue of the same number; chain `01` becomes `1`; it panics on NaN, on `?`
//! coordinates and cell lengths, and on unknown space groups; and it refuses
//! mmCIF of several models because their atom ids differ, which the dictionary demands.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::error::StructureProblem;
use super::gro_records::parse_gro;
use super::mmcif_records::{is_mmcif, parse_mmcif};
use super::pdb_records::parse_pdb;
use super::read::MAX_FILE_BYTES;
use super::records::FileAtoms;
use crate::foreign_format::{Use, recognize};

/// Reads the first model of a PDB, mmCIF or GRO file, gzipped or not.
pub(super) fn parse(bytes: &[u8]) -> Result<FileAtoms, StructureProblem> {
    let unpacked = unpack(bytes)?;
    let text = unpacked.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&unpacked);
    if text.trim_ascii().is_empty() {
        return Err(StructureProblem::Empty);
    }
    let packed: [(&[u8], &'static str); 4] =
        [(b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"), (b"PK\x03\x04", "zip"), (b"\x28\xb5\x2f\xfd", "zstd")];
    if let Some((_, name)) = packed.iter().find(|(magic, _)| text.starts_with(magic)) {
        return Err(StructureProblem::OtherCompression(name));
    }
    if text.get(257..262) == Some(b"ustar") {
        return Err(StructureProblem::OtherCompression("tar"));
    }
    if let Some(format) = recognize(text) {
        return Err(StructureProblem::OtherFormat(format.refusal(Use::Structure)));
    }
    if is_binary(text) {
        return Err(StructureProblem::NoAtoms);
    }
    let file = if is_mmcif(text) { parse_mmcif(text)? } else { parse_pdb(text) };
    if !file.atoms.is_empty() {
        return Ok(file);
    }
    parse_gro(text).ok_or(StructureProblem::NoAtoms)
}

/// The content, unpacked if it is gzipped.
pub(super) fn unpack(bytes: &[u8]) -> Result<Cow<'_, [u8]>, StructureProblem> {
    if bytes.starts_with(&[0x1f, 0x8b]) { gunzip(bytes).map(Cow::Owned) } else { Ok(Cow::Borrowed(bytes)) }
}

/// Text has no zero bytes.
fn is_binary(text: &[u8]) -> bool {
    text[..text.len().min(4096)].contains(&0)
}

/// Text of atoms shrinks to a tenth at most. What shrinks to less and is large was made to fill memory.
const MOST_EXPANSION: u64 = 100;
/// What may be unpacked without a question, bytes.
const SMALL_BYTES: u64 = 16 << 20;

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, StructureProblem> {
    let most = (MOST_EXPANSION * bytes.len() as u64).clamp(SMALL_BYTES, MAX_FILE_BYTES);
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(most + 1)
        .read_to_end(&mut unpacked)
        .map_err(|_| StructureProblem::DamagedGzip)?;
    match unpacked.len() as u64 > most {
        true if most == MAX_FILE_BYTES => Err(StructureProblem::FileTooLarge),
        true => Err(StructureProblem::Inflated),
        false => Ok(unpacked),
    }
}
