//! The middle one of numbers.

/// The median, of an even number the larger one of the two in the middle; none of none.
pub(crate) fn median(mut values: Vec<f32>) -> Option<f32> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f32::total_cmp).1)
}
