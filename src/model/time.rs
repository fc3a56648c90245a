//! Simulated time: whole microseconds since the start of the run.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// An instant of the run, in microseconds from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(pub u64);

/// A length of simulated time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimDuration(pub u64);

impl SimTime {
    /// The start of the run.
    pub const ZERO: Self = Self(0);

    /// Time since `earlier`, zero if that is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }

    /// What a clock shows then, in ms since 1970, if the run began with the year 2026: records carry such times.
    #[must_use]
    pub fn on_the_clock_ms(self) -> i64 {
        const START_OF_2026: i64 = 1_767_225_600_000;
        START_OF_2026 + i64::try_from(self.0 / 1000).unwrap_or(i64::MAX - START_OF_2026)
    }

    /// Tenths of a millisecond, rounded, for words on screen.
    #[must_use]
    pub fn tenths_of_ms(self) -> u64 {
        (self.0 + 50) / 100
    }
}

impl SimDuration {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From milliseconds; Kafka's settings are in these. Saturates.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms.saturating_mul(1000))
    }

    /// From microseconds.
    #[must_use]
    pub const fn from_us(us: u64) -> Self {
        Self(us)
    }

    /// Reads `40ms`, `4.25ms`, `9s`, `300us`, or a bare number of milliseconds.
    ///
    /// # Errors
    /// A sentence that names the text, if it is none of these or longer than a year.
    pub fn parse(text: &str) -> Result<Self, String> {
        const LONGEST_US: u64 = 366 * 24 * 3600 * 1_000_000;
        let text = text.trim();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit_us = match text[digits.len()..].trim() {
            "us" => 1,
            "ms" | "" => 1000,
            "s" => 1_000_000,
            "m" | "min" => 60_000_000,
            _ => return Err(format!("“{text}” is not a time such as 40ms, 4.25ms or 9s")),
        };
        decimal(digits.trim(), unit_us)
            .filter(|us| *us <= LONGEST_US)
            .map(Self)
            .ok_or_else(|| format!("“{text}” is not a time such as 40ms, 4.25ms or 9s"))
    }
}

/// `text` times `unit`, in whole units of the smallest kind; no float on the way. Digits that would be lost are refused.
fn decimal(text: &str, unit: u64) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if (whole.is_empty() && part.is_empty()) || part.len() > 6 {
        return None;
    }
    let mut us = if whole.is_empty() {
        0
    } else {
        number(whole)?.checked_mul(unit)?
    };
    let mut place = unit;
    for digit in part.bytes() {
        if !digit.is_ascii_digit() {
            return None;
        }
        let digit = u64::from(digit - b'0');
        if !place.is_multiple_of(10) {
            return if digit == 0 { Some(us) } else { None };
        }
        place /= 10;
        us = us.checked_add(digit * place)?;
    }
    Some(us)
}

fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

impl fmt::Display for SimDuration {
    /// The shortest exact form: `9s`, `40ms`, `4.25ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0;
        if us >= 1_000_000 && us.is_multiple_of(1_000_000) {
            return write!(f, "{}s", us / 1_000_000);
        }
        write!(f, "{}", us / 1000)?;
        if !us.is_multiple_of(1000) {
            let part = format!("{:03}", us % 1000);
            write!(f, ".{}", part.trim_end_matches('0'))?;
        }
        write!(f, "ms")
    }
}

impl Serialize for SimDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SimDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = super::text::scalar(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl Add<SimDuration> for SimTime {
    type Output = Self;
    fn add(self, rhs: SimDuration) -> Self {
        Self(self.0.saturating_add(rhs.0))
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, rhs: SimDuration) {
        *self = *self + rhs;
    }
}

impl Add for SimDuration {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        Self(self.0.saturating_add(rhs.0))
    }
}

impl Sub<SimDuration> for SimTime {
    type Output = Self;
    fn sub(self, rhs: SimDuration) -> Self {
        Self(self.0.saturating_sub(rhs.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_a_person_would() {
        for (text, us) in [
            ("40ms", 40_000),
            ("4.25ms", 4250),
            ("9s", 9_000_000),
            ("300us", 300),
            ("15", 15_000),
        ] {
            assert_eq!(SimDuration::parse(text), Ok(SimDuration(us)), "{text}");
        }
        for us in [0, 1, 250, 4250, 40_000, 9_000_000, 9_061_600] {
            assert_eq!(
                SimDuration::parse(&SimDuration(us).to_string()),
                Ok(SimDuration(us))
            );
        }
    }

    #[test]
    fn what_is_no_time_is_named() {
        for text in [
            "",
            "ms",
            "4..2ms",
            "-3ms",
            "1.2345ms",
            "9h",
            "99999999999999999999s",
            "1.x5s",
            "½s",
        ] {
            assert!(SimDuration::parse(text).is_err(), "{text}");
        }
    }
}
