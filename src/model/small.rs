//! Collections of a few things, each in one row of memory.

use litemap::LiteMap;
use smallvec::SmallVec;

/// Mostly one: the batches of a request, the partitions of an answer. One needs no memory of its own.
pub type Few<T> = SmallVec<[T; 1]>;

/// A map whose keys lie in order: brokers, partitions, clients. There are rarely more than ten.
pub type Map<K, V> = LiteMap<K, V, Vec<(K, V)>>;
