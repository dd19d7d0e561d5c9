//! Which pictures of a collection are never learned from, so that they can tell what was learned.

use crate::random::{Purpose, stream};
use ndarray_rand::rand::seq::SliceRandom;
use std::collections::BTreeMap;

/// One picture of so many is held out.
const ONE_OF: usize = 5;
/// With whole groups it is one of so many at the least, and at the most.
const AT_LEAST_ONE_OF: usize = 10;
const AT_MOST_ONE_OF: usize = 3;

/// Which of the pictures with these `labels`, and of these `groups`, are held out: about a fifth, the same ones for
/// the same `seed`.
///
/// With groups (writers, or sessions of one) whole groups are held out, since a group's pictures resemble each other:
/// as many as make up a fifth at the most or, if that is less than a tenth, the smallest of the others alone. A
/// picture of the group `""` is a group of its own. Without groups, or if even that one is more than a third, it is a
/// fifth of each class, rounded, so that a class of less than three pictures is all learned from.
///
/// ```
/// use digits::train::hold_out;
///
/// let held_out = hold_out(&[7; 10], &["me"; 10], 0);
/// assert_eq!(held_out.iter().filter(|&&held_out| held_out).count(), 2);
/// assert_eq!(hold_out(&[7, 7, 7, 1], &["me", "me", "me", "you"], 0), [false, false, false, true]);
/// ```
///
/// # Panics
/// If there are not as many groups as labels.
pub fn hold_out(labels: &[u8], groups: &[&str], seed: u64) -> Vec<bool> {
    assert_eq!(labels.len(), groups.len(), "one group for each picture");
    let mut held_out = vec![false; labels.len()];
    for index in by_group(groups, seed).unwrap_or_else(|| by_class(labels, seed)) {
        held_out[index] = true;
    }
    held_out
}

/// The pictures of the groups that are held out; `None` if there are none that are neither too many nor too few.
fn by_group(groups: &[&str], seed: u64) -> Option<Vec<usize>> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(index);
    }
    let alone = members.remove("").unwrap_or_default();
    if members.is_empty() {
        return None;
    }
    let alone = alone.into_iter().map(|index| vec![index]);
    let mut members: Vec<Vec<usize>> = members.into_values().chain(alone).collect();
    members.shuffle(&mut stream(seed, Purpose::HoldingOut, 0, 0));
    let (mut held_out, mut others) = (Vec::new(), Vec::new());
    for group in members {
        if held_out.len() + group.len() <= groups.len() / ONE_OF {
            held_out.extend(group);
        } else {
            others.push(group);
        }
    }
    if held_out.is_empty() || held_out.len() * AT_LEAST_ONE_OF < groups.len() {
        // It is more than a tenth, since it did not fit into a fifth beside less than a tenth.
        held_out = others.into_iter().min_by_key(Vec::len)?;
    }
    (held_out.len() * AT_MOST_ONE_OF <= groups.len()).then_some(held_out)
}

/// A fifth of the pictures of each class.
fn by_class(labels: &[u8], seed: u64) -> Vec<usize> {
    let mut members: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
    for (index, &label) in labels.iter().enumerate() {
        members.entry(label).or_default().push(index);
    }
    let fifth = |(label, mut members): (u8, Vec<usize>)| {
        members.shuffle(&mut stream(seed, Purpose::HoldingOut, 1, label.into()));
        members.truncate((members.len() + ONE_OF / 2) / ONE_OF);
        members
    };
    members.into_iter().flat_map(fifth).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_each_class_by_the_seed() {
        let labels: Vec<u8> = (0..100).map(|index| u8::from(index % 4 == 0)).collect();
        let held_out = hold_out(&labels, &[""; 100], 5);
        let of = |label| {
            let pairs = labels.iter().zip(&held_out);
            pairs.filter(|(l, held_out)| **l == label && **held_out).count()
        };
        assert_eq!([of(0), of(1)], [15, 5]);
        assert_eq!(held_out, hold_out(&labels, &[""; 100], 5));
        assert_ne!(held_out, hold_out(&labels, &[""; 100], 6));
    }

    #[test]
    fn groups_are_held_out_whole_and_never_all_of_them() {
        for seed in 0..20 {
            let groups: Vec<&str> = (0..90)
                .map(|index| ["a", "b", "c", "d", "e", "f"][index % 6])
                .collect();
            let held_out = hold_out(&[1; 90], &groups, seed);
            assert_eq!(held_out.iter().filter(|&&held_out| held_out).count(), 15);
            let mut kinds: Vec<_> = groups.iter().zip(&held_out).collect();
            kinds.sort_unstable();
            kinds.dedup();
            assert_eq!(kinds.len(), 6, "no group is on both sides");
        }
        assert_eq!(hold_out(&[], &[], 0), [false; 0]);
    }

    #[test]
    fn neither_a_tenth_nor_a_third_is_passed() {
        let count = |groups: &[&str], seed| {
            let held_out = hold_out(&vec![1; groups.len()], groups, seed);
            held_out.iter().filter(|&&held_out| held_out).count()
        };
        for seed in 0..20 {
            // Without a group, each is one of its own.
            let mut mostly_none = [""; 40];
            mostly_none[7] = "a";
            assert_eq!(count(&mostly_none, seed), 8);
            // Two halves, or all but one: a fifth of the class, and not only that one.
            let halves: Vec<&str> = (0..40).map(|index| ["a", "b"][index % 2]).collect();
            assert_eq!(count(&halves, seed), 8);
            let mut nearly_all = ["a"; 40];
            nearly_all[7] = "b";
            assert_eq!(count(&nearly_all, seed), 8);
            // The quarter, rather than the two that fit.
            let quarter: Vec<&str> = (0..40)
                .map(|index| match index {
                    0..28 => "a",
                    28..38 => "b",
                    _ => "c",
                })
                .collect();
            assert_eq!(count(&quarter, seed), 10);
        }
        assert_eq!(count(&["a", "b"], 0), 0);
    }
}
