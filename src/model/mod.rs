//! The world: brokers, a controller, producers, and the connections between them. No clock, no float, no hash order, no
//! thread, no global: a trace is a pure function of a scenario.

#![deny(clippy::float_arithmetic)]

pub mod board;
pub mod cast;
pub mod config;
pub mod history;
pub mod ids;
pub mod observation;
pub mod prng;
pub mod record;
pub mod scenario;
mod share_consumer;
pub mod small;
pub mod state_record;
pub mod text;
pub mod time;
pub mod trace;
pub mod transaction;
pub mod wire;

pub(in crate::model) mod broker;
pub mod cluster;
pub(in crate::model) mod controller;
pub(in crate::model) mod effects;
pub(in crate::model) mod medium;
pub(in crate::model) mod network;
pub(in crate::model) mod open_transactions;
pub(in crate::model) mod partition_log;
pub(in crate::model) mod producer;
pub(in crate::model) mod producer_state;
pub(in crate::model) mod queue;
pub(in crate::model) mod reader;
