//! The safetensors format: named tensors and metadata behind a header.
//!
//! | bytes | content                                                                              |
//! |-------|--------------------------------------------------------------------------------------|
//! | 8     | length of the header, little-endian                                                  |
//! | …     | header: JSON, `{"name": {"dtype", "shape", "data_offsets"}, "__metadata__": {…}}`    |
//! | …     | the numbers of all tensors, little-endian, without gaps                              |
//!
//! (<https://github.com/huggingface/safetensors>, section *Format*.) Only 32-bit floats are numbers here.

use super::layout::Tensor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The only type of numbers that we have.
const FLOAT: &str = "F32";
/// What PyTorch counts beside the statistics of a normalisation, as a whole number; nobody uses it.
const COUNTER: &str = ".num_batches_tracked";

#[derive(Serialize, Deserialize)]
struct Header {
    #[serde(rename = "__metadata__", default)]
    metadata: BTreeMap<String, String>,
    #[serde(flatten)]
    tensors: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

/// The bytes of a file.
pub(super) fn write(metadata: BTreeMap<String, String>, tensors: &[Tensor]) -> serde_json::Result<Vec<u8>> {
    let mut end = 0;
    let mut entry = |tensor: &Tensor| {
        let start = end;
        end += size_of_val(tensor.values.as_slice());
        let entry = Entry {
            dtype: FLOAT.to_owned(),
            shape: tensor.shape.clone(),
            data_offsets: [start, end],
        };
        (tensor.name.clone(), entry)
    };
    let header = Header {
        metadata,
        tensors: tensors.iter().map(&mut entry).collect(),
    };
    let mut header = serde_json::to_vec(&header)?;
    // Numbers that start at a multiple of 8 bytes can be used where they lie in the file.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.append(&mut header);
    for tensor in tensors {
        bytes.extend(tensor.values.iter().flat_map(|value| value.to_le_bytes()));
    }
    Ok(bytes)
}

/// What a file holds.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) metadata: BTreeMap<String, String>,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

/// Reads the bytes of a file, or says what is wrong with them.
pub(super) fn read(bytes: &[u8]) -> Result<Content, String> {
    let too_short = || format!("a file of {} bytes, shorter than its header", bytes.len());
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(too_short)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (header, data) = rest.split_at_checked(length).ok_or_else(too_short)?;
    let header: Header =
        serde_json::from_slice(header).map_err(|reason| format!("a header that is none: {reason}"))?;

    let mut entries: Vec<_> = header.tensors.into_iter().collect();
    entries.sort_by_key(|(_, entry)| entry.data_offsets);
    let (mut tensors, mut last) = (BTreeMap::new(), 0);
    for (name, entry) in entries {
        let [start, end] = entry.data_offsets;
        // Tensors fill the file without gaps, so that nothing can hide in it.
        if start != last {
            return Err(format!(
                "{name} from byte {start} of the data on, and not from {last} on"
            ));
        }
        let length = data.len();
        let values = data.get(start..end);
        let values =
            values.ok_or_else(|| format!("{length} bytes of data, and {name} up to byte {end} of them"))?;
        last = end;
        if name.ends_with(COUNTER) {
            continue;
        }
        if entry.dtype != FLOAT {
            return Err(format!("{name} of type {}, not {FLOAT}", entry.dtype));
        }
        let mut lengths = entry.shape.iter();
        let count = lengths.try_fold(4_usize, |count, &length| count.checked_mul(length));
        // Without a number it would be the weights of no image, or of none of a layer's outputs.
        if values.is_empty() || count != Some(values.len()) {
            return Err(format!(
                "{} bytes for {name} of shape {:?}",
                values.len(),
                entry.shape
            ));
        }
        let (numbers, _) = values.as_chunks::<4>();
        let numbers: Vec<f32> = numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        if let Some(number) = numbers.iter().find(|number| !number.is_finite()) {
            return Err(format!("a number of {name} that is {number}"));
        }
        tensors.insert(name, (entry.shape, numbers));
    }
    if last != data.len() {
        return Err(format!("{} bytes that belong to no tensor", data.len() - last));
    }
    Ok(Content {
        metadata: header.metadata,
        tensors,
    })
}

impl Content {
    /// Takes out the numbers of the tensor `name`, which must have this shape.
    pub(super) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let Some((found, values)) = self.tensors.remove(name) else {
            return Err(format!("no tensor {name}"));
        };
        if found == shape {
            Ok(values)
        } else {
            Err(format!(
                "{name} of shape {found:?} where its architecture has {shape:?}"
            ))
        }
    }

    /// A tensor that nobody has taken.
    pub(super) fn left(&self) -> Option<&str> {
        self.tensors.keys().next().map(String::as_str)
    }
}
