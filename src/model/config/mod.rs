//! Settings: what Kafka has (`registry`), what a person wrote (`Settings` of a scenario), and what it means (`resolve`).

pub mod registry;
pub mod resolve;

pub use registry::{Owner, SETTINGS, Setting, setting};
pub use resolve::{BrokerConfig, ConfigException, Notice, ProducerConfig, Resolution, TopicConfig};
