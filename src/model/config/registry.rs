//! Every setting that the page knows, with Kafka's key, default, range and one sentence. To be filled from
//! `kafka-facts.md` 1.1, 3, 4, 8.

/// Who owns a setting: in whose configuration it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// `ProducerConfig`.
    Producer,
    /// `TopicConfig`.
    Topic,
    /// Brokers and the controller.
    Broker,
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number of Java's INT or LONG, within bounds.
    Number {
        /// `INT` or `LONG`, as Kafka's message says it.
        java: &'static str,
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// `true` or `false`, in any case.
    Bool,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any text.
    Text,
}

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Kafka's key.
    pub key: &'static str,
    /// Whose it is.
    pub owner: Owner,
    /// What it may be.
    pub kind: Kind,
    /// Kafka's default, as text.
    pub default: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Where default and rule are from: a class of Kafka's, or a KIP.
    pub source: &'static str,
    /// True if the model acts on it; a known key without effect here is listed as such.
    pub modelled: bool,
}

/// All of them, in the order in which the page shows them.
pub const SETTINGS: &[Setting] = &[];

/// The setting with that key.
#[must_use]
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}
