//! One value, read as Kafka reads it (`ConfigDef.parseType`, then its validators), and refused with Kafka's text.

use super::registry::{Kind, Setting};
use super::resolve::ConfigException;

/// A value that Kafka accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A text, without the space around it.
    Text(&'a str),
}

impl Setting {
    /// The value of this setting that a person wrote.
    ///
    /// # Errors
    /// What Kafka throws.
    pub fn read<'a>(&self, written: &'a str) -> Result<Value<'a>, ConfigException> {
        let trimmed = java_trim(written);
        match self.kind {
            Kind::Number { java, min, max } => {
                let number = self.number(java, written, trimmed)?;
                if number < min {
                    return Err(self.refuse(&number, &format!("Value must be at least {min}")));
                }
                if number > max {
                    return Err(self.refuse(&number, &format!("Value must be no more than {max}")));
                }
                Ok(Value::Number(number))
            }
            Kind::NumberOr { min, max, or } => {
                let number = self.number("INT", written, trimmed)?;
                if (min..=max).contains(&number) || number == or {
                    return Ok(Value::Number(number));
                }
                let why = format!("Value must be between {min} and {max} or equal to {or}");
                Err(self.refuse(&number, &why))
            }
            Kind::Bool if trimmed.eq_ignore_ascii_case("true") => Ok(Value::Flag(true)),
            Kind::Bool if trimmed.eq_ignore_ascii_case("false") => Ok(Value::Flag(false)),
            Kind::Bool => Err(self.refuse(&written, "Expected value to be either true or false")),
            Kind::Choice(words) if words.contains(&trimmed) => Ok(Value::Text(trimmed)),
            Kind::Choice(words) => Err(self.refuse(
                &trimmed,
                &format!("String must be one of: {}", words.join(", ")),
            )),
            Kind::AnyCaseChoice(words) if words.iter().any(|w| w.eq_ignore_ascii_case(trimmed)) => {
                Ok(Value::Text(trimmed))
            }
            Kind::AnyCaseChoice(words) => {
                let words = words.join(", ");
                let why = format!("String must be one of (case insensitive): {words}");
                Err(self.refuse(&trimmed, &why))
            }
            Kind::List(words) => self.list(trimmed, words),
            Kind::Class(known) if !known.contains(&trimmed) => {
                Err(self.refuse(&trimmed, &format!("Class {trimmed} could not be found.")))
            }
            Kind::NonEmptyText if trimmed.is_empty() => {
                Err(self.refuse(&trimmed, "String must be non-empty"))
            }
            Kind::Class(_) | Kind::NonEmptyText | Kind::Text => Ok(Value::Text(trimmed)),
        }
    }

    fn number(&self, java: &str, written: &str, trimmed: &str) -> Result<i64, ConfigException> {
        let number = match java {
            "INT" => trimmed.parse::<i32>().ok().map(i64::from),
            "SHORT" => trimmed.parse::<i16>().ok().map(i64::from),
            _ => trimmed.parse::<i64>().ok(),
        };
        number.ok_or_else(|| self.refuse(&written, &format!("Not a number of type {java}")))
    }

    fn list<'a>(&self, trimmed: &'a str, words: &[&str]) -> Result<Value<'a>, ConfigException> {
        for word in trimmed.split(',').map(java_trim) {
            if word.is_empty() && !trimmed.is_empty() {
                return Err(ConfigException {
                    key: self.key.to_owned(),
                    says: format!("Configuration '{}' values must not be empty.", self.key),
                });
            }
            if !trimmed.is_empty() && !words.contains(&word) {
                let why = format!("String must be one of: {}", words.join(", "));
                return Err(self.refuse(&word, &why));
            }
        }
        Ok(Value::Text(trimmed))
    }

    fn refuse(&self, value: &dyn std::fmt::Display, why: &str) -> ConfigException {
        ConfigException {
            key: self.key.to_owned(),
            says: format!(
                "Invalid value {value} for configuration {}: {why}",
                self.key
            ),
        }
    }
}

/// Java's `String.trim`: control characters and the plain space, nothing of Unicode's.
fn java_trim(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ')
}

#[cfg(test)]
mod tests {
    use super::super::registry::{Owner, setting_of};
    use super::*;

    #[test]
    fn read_as_java_reads_it() {
        for (key, written, value) in [
            ("retries", " 3\t", Value::Number(3)),
            ("retries", "+3", Value::Number(3)),
            ("linger.ms", "9223372036854775807", Value::Number(i64::MAX)),
            ("acks", " all ", Value::Text("all")),
            ("enable.idempotence", "TRUE", Value::Flag(true)),
            ("enable.idempotence", " False", Value::Flag(false)),
            ("security.protocol", "sasl_ssl", Value::Text("sasl_ssl")),
            ("compression.gzip.level", "-1", Value::Number(-1)),
            ("transactional.id", " x ", Value::Text("x")),
        ] {
            let setting = setting_of(Owner::Producer, key).expect("listed");
            assert_eq!(setting.read(written), Ok(value), "{key}={written}");
        }
    }

    #[test]
    fn refused_in_kafkas_words() {
        for (key, written, says) in [
            (
                "retries",
                " 3x",
                "Invalid value  3x for configuration retries: Not a number of type INT",
            ),
            (
                "retries",
                "2147483648",
                "Invalid value 2147483648 for configuration retries: Not a number of type INT",
            ),
            (
                "linger.ms",
                "",
                "Invalid value  for configuration linger.ms: Not a number of type LONG",
            ),
            (
                "linger.ms",
                "\u{a0}5",
                "Invalid value \u{a0}5 for configuration linger.ms: Not a number of type LONG",
            ),
            (
                "metadata.max.idle.ms",
                " 7 ",
                "Invalid value 7 for configuration metadata.max.idle.ms: Value must be at least 5000",
            ),
            (
                "compression.lz4.level",
                "18",
                "Invalid value 18 for configuration compression.lz4.level: Value must be no more than 17",
            ),
            (
                "compression.gzip.level",
                "0",
                "Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1",
            ),
            (
                "acks",
                " 2 ",
                "Invalid value 2 for configuration acks: String must be one of: all, -1, 0, 1",
            ),
            (
                "partitioner.class",
                "a.B",
                "Invalid value a.B for configuration partitioner.class: Class a.B could not be found.",
            ),
            (
                "transactional.id",
                " ",
                "Invalid value  for configuration transactional.id: String must be non-empty",
            ),
            (
                "metadata.recovery.strategy",
                "some",
                "Invalid value some for configuration metadata.recovery.strategy: String must be one of (case insensitive): \
                 REBOOTSTRAP, NONE",
            ),
        ] {
            let setting = setting_of(Owner::Producer, key).expect("listed");
            let refused = setting.read(written).expect_err(written);
            assert_eq!((refused.key.as_str(), refused.says.as_str()), (key, says));
        }
    }

    #[test]
    fn a_list_is_checked_word_by_word() {
        let policy = setting_of(Owner::Topic, "cleanup.policy").expect("listed");
        for good in ["compact", "delete , compact", ""] {
            assert_eq!(policy.read(good), Ok(Value::Text(good)));
        }
        for (bad, says) in [
            (
                "compact,keep",
                "Invalid value keep for configuration cleanup.policy: String must be one of: compact, delete",
            ),
            (
                "compact,,delete",
                "Configuration 'cleanup.policy' values must not be empty.",
            ),
        ] {
            assert_eq!(policy.read(bad).expect_err(bad).says, says);
        }
    }
}
