//! Lists that are decoded with care: a file says how long a list is before the list comes, and may lie.
//!
//! In memory an item may be a hundred times as large as in the file, so that a small file could ask for all memory
//! there is.

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Numbers for which there is room before the first of them has come: more numbers make room as they come.
const TRUSTED: usize = 1 << 14;

/// Decodes a list of at most `MOST` items.
pub(super) fn at_most<'de, D, T, const MOST: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_seq(List::<T> {
        most: MOST,
        items: PhantomData,
    })
}

/// Decodes any number of numbers, without room to spare in the end.
pub(super) fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
    let list = List {
        most: usize::MAX,
        items: PhantomData,
    };
    let mut numbers = deserializer.deserialize_seq(list)?;
    numbers.shrink_to_fit();
    Ok(numbers)
}

struct List<T> {
    most: usize,
    items: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a list of at most {} items", self.most)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let claimed = list.size_hint().unwrap_or(0);
        if claimed > self.most {
            return Err(A::Error::invalid_length(claimed, &self));
        }
        let mut items = Vec::with_capacity(claimed.min(TRUSTED));
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}
