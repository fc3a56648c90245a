//! The world: brokers, a controller, producers, and the connections between them. No clock, no float, no hash order, no
//! thread, no global: a trace is a pure function of a scenario.

#![deny(clippy::float_arithmetic)]

pub(crate) mod assignors;
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

pub(crate) mod broker;
pub mod cluster;
pub(crate) mod controller;
pub(crate) mod effects;
pub(crate) mod medium;
pub(crate) mod network;
pub(crate) mod open_transactions;
pub(crate) mod partition_log;
pub(crate) mod producer;
pub(crate) mod producer_state;
pub(crate) mod queue;
pub(crate) mod reader;
