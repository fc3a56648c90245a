//! Ackscope: what Apache Kafka really guarantees.
//!
//! A [`model::scenario::Scenario`] (settings, a script, faults, a seed) is the only input. A [`model::trace::Trace`] is a
//! pure function of it. Everything else reads the two: [`verdict`] judges, [`share`] writes and reads texts and links,
//! [`player`] moves a playhead, [`scene`] turns a trace into shapes, and the page (`ui`, behind the feature `web`) shows them.

pub mod measure;
pub mod player;
pub mod scene;
pub mod share;
#[cfg(feature = "web")]
pub mod ui;
pub mod verdict;

/// The world: a package of its own, so that nobody reaches into it and it can be built for speed.
pub use ackscope_model as model;
