//! The settings of librdkafka: its own names, bounds and cross-checks, and its own words when it refuses (`rdkafka_conf.c`,
//! librdkafka 2.15; `tests/ground-truth/librdkafka/librdkafka-config-legality.json`).

mod consumer;
mod producer;
mod properties;

pub use consumer::{refusal as consumer_refusal, resolve as consumer_config};
pub use producer::{RdPartitioner, RdProducerConfig};

use super::super::text::Settings;
use properties::ROWS;

/// Which clients have a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Producers and consumers.
    Both,
    /// Consumers. A producer is given it without a complaint.
    Consumers,
    /// Producers. A consumer is given it without a complaint.
    Producers,
}

/// What the value of a property may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true`, `t`, `1`, or `false`, `f`, `0`; words in any case.
    Bool,
    /// A whole number within bounds.
    Int(i64, i64),
    /// A number within bounds, which may have decimals.
    Float(i64, i64),
    /// One of these words, in any case.
    Choice(&'static [&'static str]),
    /// The name of a partitioner.
    Partitioner,
    /// Any text.
    Text,
    /// Nothing that can be written.
    Callback,
}

/// One property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property {
    /// The name under which librdkafka keeps it and speaks of it.
    pub name: &'static str,
    /// Who has it.
    pub whose: Whose,
    /// What it may be.
    pub kind: Kind,
    /// Its default, as `CONFIGURATION.md` writes it.
    pub default: &'static str,
}

/// librdkafka refuses to make the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The error's name, or the class of Python's exception.
    pub error: &'static str,
    /// The text that comes with it.
    pub says: String,
}

impl Refusal {
    fn invalid(says: String) -> Self {
        Self {
            error: "_INVALID_ARG",
            says,
        }
    }
}

/// The property of that name, or of which that is another name. Those of SSL and SASL all count as known.
#[must_use]
pub fn property(name: &str) -> Option<Property> {
    let row = |wanted: &str| ROWS.iter().find(|(own, ..)| *own == wanted);
    if name.starts_with("ssl.") || name.starts_with("sasl.") {
        return Some(Property {
            name: "",
            whose: Whose::Both,
            kind: Kind::Text,
            default: "",
        });
    }
    let (_, other, ..) = row(name)?;
    let (name, _, whose, kind, default) = row(other.unwrap_or(name))?;
    Some(Property {
        name,
        whose: *whose,
        kind: *kind,
        default,
    })
}

/// What was written, by the names under which librdkafka keeps it.
struct Written<'a> {
    settings: &'a Settings,
}

impl<'a> Written<'a> {
    /// Reads each value by itself; the first that is refused refuses the client.
    fn new(settings: &'a Settings) -> Result<Self, Refusal> {
        for (name, value) in &settings.0 {
            let Some(property) = property(name) else {
                let says = format!("No such configuration property: \"{name}\"");
                return Err(Refusal::invalid(says));
            };
            property.check(value).map_err(Refusal::invalid)?;
        }
        Ok(Self { settings })
    }

    /// The text of a property, if it was set under any of its names.
    fn set(&self, name: &str) -> Option<&'a str> {
        let of_it = |key: &str| property(key).is_some_and(|property| property.name == name);
        let mut found = self.settings.0.iter().filter(|(key, _)| of_it(key));
        found.next_back().map(|(_, value)| value.as_str())
    }

    fn is_set(&self, name: &str) -> bool {
        self.set(name).is_some()
    }

    fn text(&self, name: &str) -> &'a str {
        let default = property(name).map_or("", |property| property.default);
        self.set(name).unwrap_or(default)
    }

    fn number(&self, name: &str) -> i64 {
        integer(self.text(name)).unwrap_or(0)
    }

    fn flag(&self, name: &str) -> bool {
        truth(self.text(name)).unwrap_or(false)
    }
}

impl Property {
    /// `rd_kafka_anyconf_set_prop`
    fn check(&self, value: &str) -> Result<(), String> {
        let name = self.name;
        let invalid = || {
            Err(format!(
                "Invalid value for configuration property \"{name}\""
            ))
        };
        match self.kind {
            Kind::Text => Ok(()),
            Kind::Callback => Err(format!(
                "Property \"{name}\" must be set through dedicated .._set_..() function"
            )),
            Kind::Partitioner if RdPartitioner::named(value).is_some() => Ok(()),
            Kind::Partitioner => Err(format!(
                "Invalid value for configuration property \"{name}\": {value}"
            )),
            Kind::Bool if truth(value).is_some() => Ok(()),
            Kind::Bool => Err(format!("Expected bool value for \"{name}\": true or false")),
            Kind::Choice(words) if words.iter().any(|w| w.eq_ignore_ascii_case(value.trim())) => {
                Ok(())
            }
            Kind::Choice(_) => Err(format!(
                "Invalid value \"{}\" for configuration property \"{name}\"",
                value.trim()
            )),
            Kind::Int(min, max) => match integer(value) {
                None => invalid(),
                Some(number) if (min..=max).contains(&number) => Ok(()),
                Some(number) => Err(outside(name, &number.to_string(), min, max)),
            },
            Kind::Float(min, max) => match microseconds(value) {
                None => invalid(),
                Some(number) if (min * 1000..=max * 1000).contains(&number) => Ok(()),
                Some(_) => Err(outside(name, value.trim(), min, max)),
            },
        }
    }
}

fn outside(name: &str, value: &str, min: i64, max: i64) -> String {
    format!(
        "Configuration property \"{name}\" value {value} is outside allowed range {min}..{max}\n"
    )
}

/// A number at the beginning of a text, as `strtol` reads it; `all` is -1.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim_start();
    if text.eq_ignore_ascii_case("all") {
        return Some(-1);
    }
    let sign = usize::from(text.starts_with(['-', '+']));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    text[..sign + digits].parse().ok()
}

/// Milliseconds with up to three decimals, in microseconds.
fn microseconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let thousandths: String = part.chars().chain("000".chars()).take(3).collect();
    let whole = integer(whole)?.checked_mul(1000)?;
    whole.checked_add(thousandths.parse::<i64>().ok()?)
}

fn truth(text: &str) -> Option<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match text {
        _ if is(["true", "t", "1"]) => Some(true),
        _ if is(["false", "f", "0"]) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_has_one_name_under_which_it_is_kept() {
        for (name, kept) in [
            ("linger.ms", "queue.buffering.max.ms"),
            ("acks", "request.required.acks"),
            ("max.in.flight", "max.in.flight.requests.per.connection"),
            ("retries", "message.send.max.retries"),
        ] {
            assert_eq!(property(name).map(|own| own.name), Some(kept), "{name}");
        }
        assert_eq!(property("buffer.memory"), None);
        for (name, other, _, _, default) in ROWS {
            let own = property(name).expect("a row");
            let kept = ROWS.iter().any(|(row, ..)| *row == own.name);
            assert!(
                kept && other.is_none_or(|other| other == own.name),
                "{name}"
            );
            if !default.is_empty() {
                assert_eq!(own.check(default), Ok(()), "{name}");
            }
        }
    }

    #[test]
    fn refused_in_its_own_words() {
        for (name, value, says) in [
            (
                "retries",
                "x",
                "Invalid value for configuration property \"message.send.max.retries\"",
            ),
            (
                "enable.idempotence",
                "yes",
                "Expected bool value for \"enable.idempotence\": true or false",
            ),
            (
                "acks",
                "1001",
                "Configuration property \"request.required.acks\" value 1001 is outside allowed range -1..1000\n",
            ),
            (
                "partitioner",
                "sticky",
                "Invalid value for configuration property \"partitioner\": sticky",
            ),
            (
                "dr_cb",
                "f",
                "Property \"dr_cb\" must be set through dedicated .._set_..() function",
            ),
        ] {
            let own = property(name).expect(name);
            assert_eq!(own.check(value), Err(says.to_owned()));
        }
        for (name, value) in [
            ("linger.ms", "0.5"),
            ("acks", "all"),
            ("retries", " 3x"),
            ("enable.idempotence", "T"),
            ("queuing.strategy", "FIFO"),
        ] {
            assert_eq!(property(name).expect(name).check(value), Ok(()), "{name}");
        }
    }
}
