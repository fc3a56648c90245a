//! Every setting that the page knows, with Kafka's key, default, range and one sentence. Kafka 4.3.
//!
//! The tables are in `registry/{producer,topic,broker}.rs`; `registry/elsewhere.rs` names what Kafka knows and nobody here
//! owns (security, ...). Those of consumers and of groups are in `registry/{consumer,group}.rs`: recordings speak of them, the
//! page does not.

mod broker;
mod consumer;
mod elsewhere;
mod group;
pub(super) mod producer;
mod topic;

pub use elsewhere::elsewhere;

/// Who owns a setting: in whose configuration it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// `ProducerConfig`.
    Producer,
    /// `ConsumerConfig`.
    Consumer,
    /// `TopicConfig`.
    Topic,
    /// Brokers and the controller.
    Broker,
    /// `GroupConfig`: a group's own, which the brokers keep.
    Group,
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number of one of Java's types, within bounds.
    Number {
        /// `INT`, `LONG` or `SHORT`, as Kafka's message says it.
        java: &'static str,
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// An INT within bounds, or one number outside of them.
    NumberOr {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
        /// Also this.
        or: i64,
    },
    /// `true` or `false`, in any case.
    Bool,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words, in any case.
    AnyCaseChoice(&'static [&'static str]),
    /// Some of these words, with commas between.
    List(&'static [&'static str]),
    /// The name of one of these Java classes; Kafka finds no other.
    Class(&'static [&'static str]),
    /// Any text.
    Text,
    /// Any text but the empty one.
    NonEmptyText,
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
    /// Kafka's default, as text; `null` where Kafka has none.
    pub default: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Where default and rule are from: a class of Kafka's, or a KIP.
    pub source: &'static str,
    /// True if the model acts on it; a known key without effect here is listed as such.
    pub modelled: bool,
    /// Its place among Kafka's definitions for this owner: values are checked in this order, and the first bad one is thrown.
    pub checked: u16,
}

/// A table of settings of one owner. A row: place among Kafka's definitions, `acts` or `inert`, key, kind, default, source,
/// sentence.
macro_rules! table {
    ($name:ident, $owner:expr; $([$checked:literal, $acts:ident, $key:literal, $kind:expr, $default:literal, $source:literal, $doc:literal])*) => {
        pub(super) const $name: &[Setting] = &[$(Setting {
            key: $key,
            owner: $owner,
            kind: $kind,
            default: $default,
            doc: $doc,
            source: $source,
            modelled: super::$acts,
            checked: $checked,
        }),*];
    };
}
use table;

#[allow(
    non_upper_case_globals,
    reason = "named as the Java types are in Kafka's messages"
)]
const acts: bool = true;
#[allow(
    non_upper_case_globals,
    reason = "named as the Java types are in Kafka's messages"
)]
const inert: bool = false;

/// An INT from `min` on.
const fn int(min: i64) -> Kind {
    int_within(min, i32::MAX as i64)
}

/// An INT within bounds.
const fn int_within(min: i64, max: i64) -> Kind {
    Kind::Number {
        java: "INT",
        min,
        max,
    }
}

/// A LONG from `min` on.
const fn long(min: i64) -> Kind {
    Kind::Number {
        java: "LONG",
        min,
        max: i64::MAX,
    }
}

/// A SHORT from `min` on.
const fn short(min: i64) -> Kind {
    Kind::Number {
        java: "SHORT",
        min,
        max: i16::MAX as i64,
    }
}

/// Any INT: Kafka has no bound.
const INT: Kind = int(i32::MIN as i64);
/// Any LONG: Kafka has no bound.
const LONG: Kind = long(i64::MIN);
/// The levels that gzip has; -1 is its default.
const GZIP_LEVEL: Kind = Kind::NumberOr {
    min: 1,
    max: 9,
    or: -1,
};
/// The levels that lz4 has.
const LZ4_LEVEL: Kind = int_within(1, 17);
/// The levels that zstd has.
const ZSTD_LEVEL: Kind = int_within(-131_072, 22);
/// What brokers and topics call the codecs.
const BROKER_CODECS: Kind =
    Kind::Choice(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]);

const COUNT: usize = producer::ROWS.len() + topic::ROWS.len() + broker::ROWS.len();

static ALL: [Setting; COUNT] = {
    let tables = [producer::ROWS, topic::ROWS, broker::ROWS];
    let mut all = [producer::ROWS[0]; COUNT];
    let (mut table, mut filled) = (0, 0);
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            all[filled] = tables[table][row];
            filled += 1;
            row += 1;
        }
        table += 1;
    }
    all
};

/// All of them, in the order in which the page shows them: producer, topic, brokers; what the model acts on comes first.
pub const SETTINGS: &[Setting] = &ALL;

/// The setting with that key; where several owners have it, the first of producer, topic, brokers.
#[must_use]
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// That owner's setting with that key.
#[must_use]
pub fn setting_of(owner: Owner, key: &str) -> Option<&'static Setting> {
    rows_of(owner).iter().find(|setting| setting.key == key)
}

/// All settings of one owner, in the order in which the page shows them.
pub fn settings_of(owner: Owner) -> impl Iterator<Item = &'static Setting> {
    rows_of(owner).iter()
}

fn rows_of(owner: Owner) -> &'static [Setting] {
    match owner {
        Owner::Producer => producer::ROWS,
        Owner::Consumer => consumer::ROWS,
        Owner::Topic => topic::ROWS,
        Owner::Broker => broker::ROWS,
        Owner::Group => group::ROWS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small::Set;

    #[test]
    fn a_key_is_listed_once_for_each_owner_and_checked_at_its_own_place() {
        let mut keys = Set::new();
        let mut places = Set::new();
        for setting in SETTINGS.iter().chain(consumer::ROWS).chain(group::ROWS) {
            assert!(keys.insert((setting.owner, setting.key)), "{setting:?}");
            assert!(
                places.insert((setting.owner, setting.checked)),
                "{setting:?}"
            );
        }
    }

    #[test]
    fn a_default_is_a_legal_value() {
        let all = SETTINGS.iter().chain(consumer::ROWS).chain(group::ROWS);
        for setting in all.filter(|setting| setting.default != "null") {
            assert!(setting.read(setting.default).is_ok(), "{setting:?}");
        }
    }

    #[test]
    fn what_acts_comes_first() {
        for owner in [
            Owner::Producer,
            Owner::Consumer,
            Owner::Topic,
            Owner::Broker,
            Owner::Group,
        ] {
            assert!(
                settings_of(owner).is_sorted_by_key(|setting| !setting.modelled),
                "{owner:?}"
            );
        }
    }

    #[test]
    fn every_sentence_is_one() {
        for setting in SETTINGS.iter().chain(consumer::ROWS).chain(group::ROWS) {
            assert!(setting.doc.ends_with('.'), "{setting:?}");
            assert!(!setting.doc.contains(". "), "{setting:?}");
            assert!(setting.doc.len() <= 160, "{setting:?}");
            assert!(!setting.source.is_empty(), "{setting:?}");
        }
    }

    #[test]
    fn a_key_of_several_owners_is_found_for_each() {
        assert_eq!(
            setting("min.insync.replicas").map(|s| s.owner),
            Some(Owner::Topic)
        );
        for owner in [Owner::Topic, Owner::Broker] {
            assert!(setting_of(owner, "min.insync.replicas").is_some_and(|s| s.modelled));
        }
        assert_eq!(setting_of(Owner::Producer, "min.insync.replicas"), None);
    }
}
