//! A set in one row of memory.

use super::map::is_within;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::ops::RangeBounds;
use std::{slice, vec};

/// A set whose members lie in order. There are rarely more than ten.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set<T>(Vec<T>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Set<T> {
    /// With nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if it is in.
    #[must_use]
    #[inline]
    pub fn contains<Q: Ord + ?Sized>(&self, member: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        let place = self.0.binary_search_by(|own| own.borrow().cmp(member));
        place.is_ok()
    }

    /// Puts it in. True if it was not in.
    pub fn insert(&mut self, member: T) -> bool {
        let place = match self.0.last() {
            Some(last) if *last >= member => self.0.binary_search(&member),
            _ => Err(self.0.len()),
        };
        if let Err(at) = place {
            self.0.insert(at, member);
        }
        place.is_err()
    }

    /// Takes it out. True if it was in.
    pub fn remove(&mut self, member: &T) -> bool {
        let place = self.0.binary_search(member);
        if let Ok(at) = place {
            self.0.remove(at);
        }
        place.is_ok()
    }

    /// The least.
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.0.first()
    }

    /// The greatest.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.0.last()
    }

    /// Takes out the least.
    pub fn pop_first(&mut self) -> Option<T> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Keeps only those that are so.
    pub fn retain(&mut self, is_so: impl FnMut(&T) -> bool) {
        self.0.retain(is_so);
    }

    /// Takes out everybody.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// All, in order.
    pub fn iter(&self) -> slice::Iter<'_, T> {
        self.0.iter()
    }

    /// Those between two bounds, in order.
    pub fn range(&self, bounds: impl RangeBounds<T>) -> impl DoubleEndedIterator<Item = &T> {
        self.0.iter().filter(move |own| is_within(*own, &bounds))
    }

    /// Those that are not in the other, in order.
    pub fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a T> + Clone {
        self.0.iter().filter(|own| !other.contains(own))
    }

    /// Those that are in both, in order.
    pub fn intersection<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a T> + Clone {
        self.0.iter().filter(|own| other.contains(own))
    }

    /// Those that are in either, in order.
    pub fn union<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a T> {
        let all: Set<&T> = self.0.iter().chain(&other.0).collect();
        all.into_iter()
    }

    /// Takes in all of another, which is empty then.
    pub fn append(&mut self, other: &mut Self) {
        self.extend(other.0.drain(..));
    }

    /// True if all of these are in the other.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().all(|own| other.contains(own))
    }

    /// True if nobody is in both.
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        !self.0.iter().any(|own| other.contains(own))
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        let mut set = Self::new();
        set.extend(members);
        set
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for Set<T> {
    fn from(members: [T; N]) -> Self {
        members.into_iter().collect()
    }
}

impl<T: Ord> Extend<T> for Set<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, members: I) {
        for member in members {
            self.insert(member);
        }
    }
}

impl<'a, T: Ord + Copy + 'a> Extend<&'a T> for Set<T> {
    fn extend<I: IntoIterator<Item = &'a T>>(&mut self, members: I) {
        for member in members {
            self.insert(*member);
        }
    }
}

impl<T: Ord + Clone> std::ops::Sub for &Set<T> {
    type Output = Set<T>;
    fn sub(self, other: Self) -> Set<T> {
        self.difference(other).cloned().collect()
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: Serialize> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Ord + Deserialize<'de>> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Vec::<T>::deserialize(deserializer)?;
        Ok(members.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    #[test]
    fn members_lie_in_order_and_are_there_once() {
        let mut set: Set<u32> = [5, 1, 9, 5, 3].into_iter().collect();
        assert_eq!(set.len(), 4);
        assert!(set.iter().eq(&[1, 3, 5, 9]));
        assert!(!set.insert(9) && set.insert(4) && set.remove(&1) && !set.remove(&1));
        let other = Set::from([3, 4, 7]);
        assert!(set.difference(&other).eq(&[5, 9]));
        assert!(set.intersection(&other).eq(&[3, 4]));
        assert!(set.range(4..).eq(&[4, 5, 9]));
        assert!(!set.is_subset(&other) && !set.is_disjoint(&other));
        assert_eq!(set.cmp(&other), Ordering::Less);
        assert_eq!(set.pop_first(), Some(3));
    }
}
