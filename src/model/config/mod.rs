//! Settings: what Kafka has (`registry`), what a person wrote (`Settings` of a scenario), how one value is read (`value`), and
//! what all of them mean together (`resolve`).

pub mod librdkafka;
pub mod registry;
pub mod resolve;
pub mod value;

pub use librdkafka::{RdPartitioner, RdProducerConfig};
pub use registry::{Kind, Owner, SETTINGS, Setting, elsewhere, setting, setting_of, settings_of};
pub use resolve::{
    BrokerConfig, ClientConfig, ConfigException, ConsumerConfig, ConsumerRefused, LogConfig, NEVER,
    Notice, OffsetReset, Partitioner, ProducerConfig, Resolution, ShareConfig, ShareConsumerConfig,
    TopicConfig,
};
