//! The laws of a run (`ARCHITECTURE.md`): determinism, replay, keyed randomness, and the replication invariants, over random
//! scenarios.

mod determinism;
mod exactly_once;
mod groups;
mod invariants;
mod promises;
mod reading;
mod replication;
mod schedule;
mod storm;
mod storms;
mod transactions;
