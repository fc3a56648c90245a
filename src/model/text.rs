//! Lenient scalars: a person writes `1`, `"1"` or `true`; all are text until a setting says otherwise.

use crate::small::Map;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word or a number")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<String, E> {
        Ok(value.to_string())
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<String, E> {
        Ok(value.to_string())
    }
}

/// Any scalar, as its text.
///
/// # Errors
/// If the value is a list, a map or nothing.
pub fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(ScalarVisitor)
}

/// A word of a scenario: a name or a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Word(pub String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer).map(Self)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A text that is shared rather than copied: the records of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

impl Text {
    /// What it says.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer).map(|text| Self(text.into()))
    }
}

/// What one `send()` sends: a value, or a value with a key (`{k: alice, v: m1}`).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message {
    /// The record's key, if it has one of its own.
    pub key: Option<Text>,
    /// The record's whole content.
    pub value: Text,
}

impl From<&str> for Message {
    fn from(value: &str) -> Self {
        Self {
            key: None,
            value: value.into(),
        }
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(key) = &self.key else {
            return self.value.serialize(serializer);
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("k", key)?;
        map.serialize_entry("v", &self.value)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MessageVisitor)
    }
}

struct MessageVisitor;

impl MessageVisitor {
    fn plain(value: String) -> Message {
        Message {
            key: None,
            value: Text(value.into()),
        }
    }
}

impl<'de> Visitor<'de> for MessageVisitor {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word, or {k: a key, v: a value}")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Message, E> {
        Ok(Self::plain(text.to_owned()))
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Message, E> {
        Ok(Self::plain(value.to_string()))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Message, E> {
        Ok(Self::plain(value.to_string()))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Message, E> {
        Ok(Self::plain(value.to_string()))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Message, E> {
        Ok(Self::plain(value.to_string()))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message, A::Error> {
        let (mut key, mut value) = (None, None);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "k" => key = Some(map.next_value::<Text>()?),
                "v" => value = Some(map.next_value::<Text>()?),
                other => {
                    return Err(de::Error::custom(format!(
                        "“{other}” is no part of a record; it has k, its key, and v, its value"
                    )));
                }
            }
        }
        let value = value.ok_or_else(|| de::Error::custom("a record without v, its value"))?;
        Ok(Message { key, value })
    }
}

/// A whole number, also when written as text.
///
/// # Errors
/// If it is no number or does not fit.
pub fn number<'de, D: Deserializer<'de>, N: std::str::FromStr>(
    deserializer: D,
) -> Result<N, D::Error> {
    let text = scalar(deserializer)?;
    text.parse()
        .map_err(|_| de::Error::custom(format!("“{text}” is not a number that fits here")))
}

/// `true` or `false`, also when written as text.
///
/// # Errors
/// If it is neither.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text = scalar(deserializer)?;
    text.parse()
        .map_err(|_| de::Error::custom(format!("“{text}” is neither true nor false")))
}

/// A number in a list or a map of a scenario: lenient when read, a number when written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Whole(pub u32);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number(deserializer).map(Self)
    }
}

/// Settings as a person wrote them: Kafka's key to the text of its value. What is absent is *unset*.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Settings(pub Map<String, String>);

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Map::<String, Word>::deserialize(deserializer)?;
        Ok(Self(
            words.into_iter().map(|(key, word)| (key, word.0)).collect(),
        ))
    }
}

impl Settings {
    /// The text that was set for `key`, if any.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// True if nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Settings {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
        )
    }
}
