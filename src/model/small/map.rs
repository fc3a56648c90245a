//! A map in one row of memory.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeBounds;
use std::slice;

/// True if it lies between two bounds.
pub(super) fn is_within<T: Ord>(value: &T, bounds: &impl RangeBounds<T>) -> bool {
    bounds.contains(value)
}

/// Up to so many entries are looked at one after the other: that is faster than to halve them.
const SHORT: usize = 8;

/// A map whose keys lie in order: brokers, partitions, clients. There are rarely more than ten.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Map<K, V>(Vec<(K, V)>);

/// All keys of a map, or all values.
pub type Part<'a, K, V, P> = std::iter::Map<slice::Iter<'a, (K, V)>, fn(&'a (K, V)) -> &'a P>;

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Map<K, V> {
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

    /// The place of a key, or where it would be.
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(own, _)| own.borrow().cmp(key))
    }

    /// The place of a key that is there.
    #[inline]
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        if self.0.len() > SHORT {
            return self.place(key).ok();
        }
        self.0.iter().position(|(own, _)| own.borrow() == key)
    }

    /// What lies under a key.
    #[must_use]
    #[inline]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let at = self.find(key)?;
        Some(&self.0[at].1)
    }

    /// The same, to change.
    #[inline]
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let at = self.find(key)?;
        Some(&mut self.0[at].1)
    }

    /// True if something lies under a key.
    #[must_use]
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_some()
    }

    /// The entry at a place, in the order of keys.
    #[must_use]
    pub fn get_indexed(&self, at: usize) -> Option<(&K, &V)> {
        self.0.get(at).map(|(key, value)| (key, value))
    }

    /// The entry with the least key.
    #[must_use]
    pub fn first_key_value(&self) -> Option<(&K, &V)> {
        self.get_indexed(0)
    }

    /// The entry with the greatest key.
    #[must_use]
    pub fn last_key_value(&self) -> Option<(&K, &V)> {
        self.get_indexed(self.0.len().wrapping_sub(1))
    }

    /// Takes out the entry with the least key.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Takes out the entry with the greatest key.
    pub fn pop_last(&mut self) -> Option<(K, V)> {
        self.0.pop()
    }

    /// Entries between two bounds, in the order of keys.
    pub fn range(&self, bounds: impl RangeBounds<K>) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.iter().filter(move |(key, _)| is_within(*key, &bounds))
    }

    /// Puts something under a key; gives what lay there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// Takes out what lies under a key.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let at = self.find(key)?;
        Some(self.0.remove(at).1)
    }

    /// What lies under a key, or is put there.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        let place = self.place(&key);
        Entry {
            map: self,
            key,
            place,
        }
    }

    /// Keeps only those that are so.
    pub fn retain(&mut self, mut is_so: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain_mut(|(key, value)| is_so(key, value));
    }

    /// Takes in all entries of another, which is empty then.
    pub fn append(&mut self, other: &mut Self) {
        self.extend(other.0.drain(..));
    }

    /// Takes out the entries from a key on.
    pub fn split_off(&mut self, from: &K) -> Self {
        let (Ok(at) | Err(at)) = self.place(from);
        Self(self.0.split_off(at))
    }

    /// Takes out everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// All entries, in the order of keys.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter(self.0.iter())
    }

    /// The same, to change.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        IterMut(self.0.iter_mut())
    }

    /// All keys, in order.
    pub fn keys(&self) -> Part<'_, K, V, K> {
        self.0.iter().map(|(key, _)| key)
    }

    /// All values, in the order of keys.
    pub fn values(&self) -> Part<'_, K, V, V> {
        self.0.iter().map(|(_, value)| value)
    }

    /// All values, in the order of keys.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.0.into_iter().map(|(_, value)| value)
    }

    /// The same, to change.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }
}

/// A place in a [`Map`].
#[derive(Debug)]
pub struct Entry<'a, K, V> {
    map: &'a mut Map<K, V>,
    key: K,
    place: Result<usize, usize>,
}

impl<'a, K, V> Entry<'a, K, V> {
    /// What lies there; if nothing does, what is made for it.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'a mut V {
        let rows = &mut self.map.0;
        let at = match self.place {
            Ok(at) => at,
            Err(at) => {
                rows.insert(at, (self.key, make()));
                at
            }
        };
        &mut rows[at].1
    }

    /// What lies there; if nothing does, this.
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    /// What lies there; if nothing does, what is there by default.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }
}

impl<K: Ord + Borrow<Q>, Q: Ord + ?Sized, V> std::ops::Index<&Q> for Map<K, V> {
    type Output = V;
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("the key is known")
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K: Ord, V> Extend<(K, V)> for Map<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for Map<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K: Serialize, V: Serialize> Serialize for Map<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de, K: Ord + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Map<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<K, V>(PhantomData<(K, V)>);
        impl<'de, K: Ord + Deserialize<'de>, V: Deserialize<'de>> de::Visitor<'de> for Entries<K, V> {
            type Value = Map<K, V>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: de::MapAccess<'de>>(
                self,
                mut entries: A,
            ) -> Result<Map<K, V>, A::Error> {
                let mut map = Map::new();
                while let Some((key, value)) = entries.next_entry()? {
                    map.insert(key, value);
                }
                Ok(map)
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Entries of a [`Map`].
#[derive(Debug)]
pub struct Iter<'a, K, V>(slice::Iter<'a, (K, V)>);

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(key, value)| (key, value))
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<'a, K: Ord, V> IntoIterator for &'a Map<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Entries of a [`Map`], to change.
#[derive(Debug)]
pub struct IterMut<'a, K, V>(slice::IterMut<'a, (K, V)>);

impl<'a, K, V> Iterator for IterMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (&*key, value))
    }
}

impl<'a, K: Ord, V> IntoIterator for &'a mut Map<K, V> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lie_in_order_in_short_maps_and_in_long_ones() {
        for count in [1_u32, 8, 9, 40] {
            // 7 has no divisor in common with these.
            let keys = (0..count).map(|at| at * 7 % count * 2);
            let mut map: Map<u32, u32> = keys.map(|key| (key, key + 1)).collect();
            assert!(map.keys().copied().eq((0..count).map(|key| key * 2)));
            for key in 0..count * 2 {
                let there = key % 2 == 0;
                assert_eq!(map.get(&key).copied(), there.then_some(key + 1), "{key}");
                assert_eq!(map.contains_key(&key), there);
            }
            assert_eq!(map.insert(0, 9), Some(1));
            assert_eq!(map.remove(&0), Some(9));
            assert_eq!(map.remove(&0), None);
            *map.entry(0).or_default() += 3;
            *map.entry(0).or_insert(100) += 3;
            assert_eq!(map.first_key_value(), Some((&0, &6)));
            assert_eq!(map.len(), count as usize);
            map.retain(|_, value| *value > 6);
            assert_eq!(
                map.first_key_value().map(|(key, _)| *key),
                (count > 3).then_some(6)
            );
        }
    }
}
