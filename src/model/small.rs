//! Collections of a few things, each in one row of memory. The page has much less code for them than for trees, and no other
//! code that sorts.

mod map;
mod set;

pub use map::{Entry, Iter, IterMut, Map};
pub use set::Set;

use smallvec::SmallVec;
use std::cmp::Ordering;

/// Mostly one: the batches of a request, the partitions of an answer. One needs no memory of its own.
pub type Few<T> = SmallVec<[T; 1]>;

/// Mostly three or four: the brokers that have something.
pub type Several<T> = SmallVec<[T; 4]>;

/// Brings a row into order; what is equal stays as it was. Meant for rows that are short, or nearly in order: each is put in
/// where it belongs, from the front. (`sort_by` of the standard library is fast for all rows, and large.)
pub fn sort_by<T>(row: &mut [T], order: impl Fn(&T, &T) -> Ordering) {
    for end in 1..row.len() {
        let is_before = |at: usize, row: &[T]| order(&row[at], &row[end]) == Ordering::Greater;
        if !is_before(end - 1, row) {
            continue;
        }
        let place = row[..end].partition_point(|own| order(own, &row[end]) != Ordering::Greater);
        row[place..=end].rotate_right(1);
    }
}

/// The same, by a key.
pub fn sort_by_key<T, K: Ord>(row: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(row, |one, other| key(one).cmp(&key(other)));
}

/// The same, by their own order.
pub fn sort<T: Ord>(row: &mut [T]) {
    sort_by(row, T::cmp);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal_stays_as_it_was() {
        let mut row: Vec<(u32, usize)> = [5, 3, 5, 1, 3, 9, 1, 5].into_iter().zip(0..).collect();
        let mut expected = row.clone();
        expected.sort_by_key(|(key, _)| *key);
        sort_by_key(&mut row, |(key, _)| *key);
        assert_eq!(row, expected);
        row.reverse();
        expected.sort_unstable();
        sort(&mut row);
        assert_eq!(row, expected);
    }
}
