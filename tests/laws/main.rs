//! The laws of a run (`ARCHITECTURE.md`): determinism, replay, keyed randomness, and the replication invariants, over random
//! scenarios.

mod clients;
mod determinism;
mod exactly_once;
mod groups;
mod invariants;
#[path = "../jepsen/lib.rs"]
mod jepsen;
mod promises;
mod reading;
mod replication;
mod schedule;
mod sources;
mod storm;
mod storms;
mod transactions;
