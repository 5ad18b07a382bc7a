//! Trust data in a model file: tensors of their own, which programs that do not know them pass over.

use std::collections::HashMap;
use std::io;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::{QUANTILES, TrustData, WIDTH};
use crate::brief::brief;
use crate::structure::ResidueType;

/// Entry of the metadata that tells of the data.
pub(crate) const METADATA_KEY: &str = "trust";
/// What the names of the tensors begin with.
pub(crate) const TENSOR_PREFIX: &str = "trust.";
/// Version of descriptor and layout; data of another one cannot be compared with.
const VERSION: u32 = 1;

const REFERENCES: &str = "trust.references";
const COUNTS: &str = "trust.counts";
const SEEN: &str = "trust.seen_quantiles";
const LEFT_OUT: &str = "trust.left_out_quantiles";

#[derive(Serialize, Deserialize)]
struct Metadata {
    version: u32,
    proteins: usize,
    training_frames: usize,
    held_out_frames: usize,
}

/// What is wrong with the trust data of a model file; each message is a clause about the file.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum TrustFileError {
    /// Their description cannot be read. What that quotes of the file is told in brief alone, so it is no source.
    #[error("its trust data cannot be read ({})", brief(.0))]
    Description(serde_json::Error),
    #[error("its trust data lack the tensor {0}")]
    MissingTensor(&'static str),
    #[error("its trust data do not fit together")]
    Inconsistent,
}

/// The bytes of the tensors, which views of them borrow.
pub(crate) struct Bytes {
    references: Vec<u8>,
    counts: Vec<u8>,
    seen: Vec<u8>,
    left_out: Vec<u8>,
}

fn little_endian<'a>(values: impl Iterator<Item = &'a f32>) -> Vec<u8> {
    values.flat_map(|value| value.to_le_bytes()).collect()
}

impl TrustData {
    /// The entry of the metadata.
    pub(crate) fn metadata(&self) -> io::Result<String> {
        let metadata = Metadata {
            version: VERSION,
            proteins: self.proteins,
            training_frames: self.training_frames,
            held_out_frames: self.held_out_frames,
        };
        Ok(serde_json::to_string(&metadata)?)
    }

    pub(crate) fn bytes(&self) -> Bytes {
        let counts = self.references.iter().flat_map(|of| ((of.len() / WIDTH) as u32).to_le_bytes());
        Bytes {
            references: self.references.iter().flatten().map(|step| step.to_le_bytes()[0]).collect(),
            counts: counts.collect(),
            seen: little_endian(self.seen.iter().flatten()),
            left_out: little_endian(self.left_out.iter()),
        }
    }

    /// The data of a model file; `None` where it has none, or those of another version.
    ///
    /// # Errors
    /// [`TrustFileError`] about data that cannot be read or do not fit together.
    pub(crate) fn read(
        metadata: &HashMap<String, String>,
        tensors: &SafeTensors<'_>,
    ) -> Result<Option<Self>, TrustFileError> {
        let Some(text) = metadata.get(METADATA_KEY) else { return Ok(None) };
        let told: Metadata = serde_json::from_str(text).map_err(TrustFileError::Description)?;
        if told.version != VERSION {
            return Ok(None);
        }
        let tensor = |name: &'static str, dtype: Dtype| match tensors.tensor(name) {
            Ok(view) if view.dtype() == dtype => Ok(view),
            _ => Err(TrustFileError::MissingTensor(name)),
        };
        let words = |view: &TensorView<'_>| -> Vec<[u8; 4]> {
            view.data().chunks_exact(4).map(|b| [b[0], b[1], b[2], b[3]]).collect()
        };
        let floats = |name: &'static str| -> Result<Vec<f32>, TrustFileError> {
            Ok(words(&tensor(name, Dtype::F32)?).into_iter().map(f32::from_le_bytes).collect())
        };
        let counts: Vec<usize> = words(&tensor(COUNTS, Dtype::U32)?)
            .into_iter()
            .map(|word| u32::from_le_bytes(word) as usize)
            .collect();
        let steps = tensor(REFERENCES, Dtype::I8)?;
        let (seen, left_out) = (floats(SEEN)?, floats(LEFT_OUT)?);
        let all = counts.iter().try_fold(0usize, |sum, &count| sum.checked_add(count));
        let whole = counts.len() == ResidueType::COUNT
            && all.and_then(|all| all.checked_mul(WIDTH)) == Some(steps.data().len())
            && seen.len() == ResidueType::COUNT * QUANTILES
            && [0, QUANTILES].contains(&left_out.len());
        let rising = |table: &[f32]| table.windows(2).all(|pair| pair[0] <= pair[1]);
        if !whole || !seen.chunks_exact(QUANTILES).all(rising) || !rising(&left_out) {
            return Err(TrustFileError::Inconsistent);
        }
        let mut rest = steps.data();
        let mut references = Vec::with_capacity(counts.len());
        for count in counts {
            let (of_type, others) = rest.split_at(count * WIDTH);
            references.push(of_type.iter().map(|&byte| i8::from_le_bytes([byte])).collect());
            rest = others;
        }
        Ok(Some(Self {
            references,
            seen: seen.chunks_exact(QUANTILES).map(<[f32]>::to_vec).collect(),
            left_out,
            proteins: told.proteins,
            training_frames: told.training_frames,
            held_out_frames: told.held_out_frames,
        }))
    }
}

impl Bytes {
    /// The tensors with their names.
    pub(crate) fn views(&self) -> io::Result<Vec<(String, TensorView<'_>)>> {
        let parts = [
            (COUNTS, Dtype::U32, vec![self.counts.len() / 4], &self.counts),
            (SEEN, Dtype::F32, vec![ResidueType::COUNT, QUANTILES], &self.seen),
            (LEFT_OUT, Dtype::F32, vec![self.left_out.len() / 4], &self.left_out),
            (REFERENCES, Dtype::I8, vec![self.references.len() / WIDTH, WIDTH], &self.references),
        ];
        parts
            .into_iter()
            .map(|(name, dtype, shape, bytes)| {
                let view = TensorView::new(dtype, shape, bytes).map_err(io::Error::other)?;
                Ok((name.to_owned(), view))
            })
            .collect()
    }
}
