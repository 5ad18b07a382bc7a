//! From bytes to atom records: decompression and the choice of format, both by content.
//!
//! What the user opens is read through pdbtbx (`library.rs`); only where it would be read wrong, refused or end in a
//! panic, our own records take its place. Trajectories and their topologies always have our own records, since
//! pdbtbx sorts atoms into residues and the order of a trajectory's frames is lost (that of a plain entry such as
//! 2F4K too).

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::error::{MAX_FILE_BYTES, StructureProblem};
use super::gro_records::parse_gro;
use super::library;
use super::mmcif_records::{is_mmcif, parse_mmcif};
use super::pdb_lines::{BYTE_ORDER_MARK, GZIP, most_unpacked};
use super::pdb_records::parse_pdb;
use super::records::FileAtoms;
use crate::foreign_format::{Use, recognize};

/// Reads the first model of a PDB, mmCIF or GRO file, gzipped or not, through pdbtbx where that can be trusted.
pub(super) fn open(bytes: &[u8]) -> Result<FileAtoms, StructureProblem> {
    let unpacked = unpack(bytes)?;
    let text = text_of(&unpacked)?;
    let read = if is_mmcif(text) { library::read_mmcif(text)? } else { library::read_pdb(text) };
    match read {
        Ok(file) if !file.atoms.is_empty() => Ok(file),
        _ => records(text),
    }
}

/// Reads all models of a PDB or mmCIF file, or the first of a GRO file, gzipped or not, in file order.
pub(super) fn parse(bytes: &[u8]) -> Result<FileAtoms, StructureProblem> {
    records(text_of(&unpack(bytes)?)?)
}

fn records(text: &[u8]) -> Result<FileAtoms, StructureProblem> {
    let file = if is_mmcif(text) { parse_mmcif(text)? } else { parse_pdb(text) };
    if !file.atoms.is_empty() {
        return Ok(file);
    }
    parse_gro(text)
}

/// The text of an unpacked file, if it may hold atoms.
fn text_of(unpacked: &[u8]) -> Result<&[u8], StructureProblem> {
    let text = unpacked.strip_prefix(BYTE_ORDER_MARK).unwrap_or(unpacked);
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
    Ok(text)
}

/// The content, unpacked if it is gzipped.
pub(super) fn unpack(bytes: &[u8]) -> Result<Cow<'_, [u8]>, StructureProblem> {
    if bytes.starts_with(&GZIP) { gunzip(bytes).map(Cow::Owned) } else { Ok(Cow::Borrowed(bytes)) }
}

/// Text has no zero bytes.
fn is_binary(text: &[u8]) -> bool {
    text[..text.len().min(4096)].contains(&0)
}

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, StructureProblem> {
    let most = most_unpacked(bytes.len() as u64).min(MAX_FILE_BYTES);
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
