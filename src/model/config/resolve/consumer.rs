//! What the settings of a Java consumer mean.

use super::super::super::scenario::Isolation;
use super::super::super::text::Settings;
use super::super::super::time::SimDuration;
use super::super::registry::{Owner, settings_of};
use super::super::value::Value;
use super::Reader;

/// Where a reader begins that has no valid position (`AutoOffsetResetStrategy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OffsetReset {
    /// At the first offset.
    Earliest,
    /// At the end.
    Latest,
    /// Nowhere: the call throws.
    None,
    /// At the first record that is not older than that when it looks (KIP-1106).
    ByDuration(SimDuration),
}

/// The effective configuration of a Java consumer that has partitions of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConsumerConfig {
    /// `auto.offset.reset`.
    pub offset_reset: OffsetReset,
    /// `isolation.level`: is nothing returned of a transaction that is open or was aborted?
    pub read_committed: bool,
    /// Records of one `poll()`.
    pub max_poll_records: u32,
    /// How long a leader may hold a fetch.
    pub fetch_max_wait: SimDuration,
    /// How long a response may take.
    pub request_timeout: SimDuration,
    /// First wait before asking again.
    pub retry_backoff: SimDuration,
    /// Longest wait before asking again.
    pub retry_backoff_max: SimDuration,
    /// First wait before connecting again.
    pub reconnect_backoff: SimDuration,
    /// Longest wait before connecting again.
    pub reconnect_backoff_max: SimDuration,
}

impl ConsumerConfig {
    /// What it may see.
    #[must_use]
    pub fn isolation(&self) -> Isolation {
        match self.read_committed {
            true => Isolation::ReadCommitted,
            false => Isolation::ReadUncommitted,
        }
    }
}

/// What the constructor of the Java consumer throws.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConsumerRefused {
    /// The exception's simple name.
    pub exception: &'static str,
    /// Its text.
    pub says: String,
}

/// These belong to the classic protocol: with `group.protocol=consumer` the broker decides them.
const CLASSIC_ONLY: [&str; 3] = [
    "partition.assignment.strategy",
    "heartbeat.interval.ms",
    "session.timeout.ms",
];

impl ConsumerConfig {
    /// What the written settings of a Java consumer mean; a group that is named beside them counts as `group.id`.
    ///
    /// # Errors
    /// What the constructor throws: a value that is not legal, then what does not go together (`ConsumerConfig`'s
    /// `postProcessParsedConfig`), then what the parts of the client refuse.
    pub fn resolve(written: &Settings, group: Option<&str>) -> Result<Self, ConsumerRefused> {
        let mut written = written.clone();
        if let Some(group) = group {
            written.0.insert("group.id".to_owned(), group.to_owned());
        }
        let reader = Reader::new(Owner::Consumer, &written);
        let by_place = |key: &str| {
            let known = settings_of(Owner::Consumer).find(|setting| setting.key == key);
            known.map_or(u16::MAX, |setting| setting.checked)
        };
        let reset = OffsetReset::read(reader.text("auto.offset.reset"));
        let bad_reset = reset
            .as_ref()
            .err()
            .map(|says| ("auto.offset.reset", says.clone()));
        let bad_value = reader
            .conflicts
            .first()
            .map(|conflict| (conflict.key.as_str(), conflict.says.clone()));
        let first = bad_value
            .into_iter()
            .chain(bad_reset)
            .min_by_key(|(key, _)| by_place(key));
        if let Some((_, says)) = first {
            return Err(refused("ConfigException", says));
        }
        refuse_together(&reader)?;
        Ok(Self {
            offset_reset: reset.unwrap_or(OffsetReset::Latest),
            read_committed: reader.text("isolation.level") == "read_committed",
            max_poll_records: reader.count("max.poll.records"),
            fetch_max_wait: reader.ms("fetch.max.wait.ms"),
            request_timeout: reader.ms("request.timeout.ms"),
            retry_backoff: reader.ms("retry.backoff.ms"),
            retry_backoff_max: reader.ms("retry.backoff.max.ms"),
            reconnect_backoff: reader.ms("reconnect.backoff.ms"),
            reconnect_backoff_max: reader.ms("reconnect.backoff.max.ms"),
        })
    }
}

impl Reader<'_> {
    pub(super) fn text(&self, key: &str) -> &str {
        match self.value(key) {
            Value::Text(text) => text,
            Value::Number(_) | Value::Flag(_) => "",
        }
    }
}

fn refused(exception: &'static str, says: String) -> ConsumerRefused {
    ConsumerRefused { exception, says }
}

fn refuse_together(reader: &Reader<'_>) -> Result<(), ConsumerRefused> {
    let group = reader.is_set("group.id");
    if !group && reader.is_set("enable.auto.commit") && reader.flag("enable.auto.commit") {
        let says = "enable.auto.commit cannot be set to true when default group id (null) is used.";
        return Err(refused("InvalidConfigurationException", says.to_owned()));
    }
    let protocol = reader.text("group.protocol").to_ascii_uppercase();
    let other: &[&str] = if protocol == "CONSUMER" {
        &CLASSIC_ONLY
    } else {
        &["group.remote.assignor"]
    };
    if let Some(key) = other.iter().find(|key| reader.is_set(key)) {
        let says = format!("{key} cannot be set when group.protocol={protocol}");
        return Err(refused("ConfigException", says));
    }
    if group && reader.text("group.id").is_empty() {
        let says = "The configured group.id should not be an empty string or whitespace.";
        return Err(refused("InvalidGroupIdException", says.to_owned()));
    }
    let classic = group && protocol == "CLASSIC";
    if classic && reader.number("heartbeat.interval.ms") >= reader.number("session.timeout.ms") {
        let says = "Heartbeat must be set lower than the session timeout";
        return Err(refused("IllegalArgumentException", says.to_owned()));
    }
    Ok(())
}

impl OffsetReset {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        match text {
            "earliest" => return Ok(Self::Earliest),
            "latest" => return Ok(Self::Latest),
            "none" => return Ok(Self::None),
            _ => {}
        }
        let duration = text.strip_prefix("by_duration:").map(iso_duration);
        match duration {
            Some(Some(duration)) => Ok(Self::ByDuration(duration)),
            Some(None) | None => {
                let inner = format!(
                    "Invalid value `{text}` for configuration auto.offset.reset. The value must be either 'earliest', \
                     'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'."
                );
                Err(format!(
                    "Invalid value {text} for configuration auto.offset.reset: {inner}"
                ))
            }
        }
    }
}

/// A duration such as `PT1H30M`, `P2DT0.5S`; none if it is written otherwise or is negative (`java.time.Duration.parse`).
fn iso_duration(text: &str) -> Option<SimDuration> {
    let text = text.to_ascii_uppercase();
    let body = text.strip_prefix('P')?;
    let (days, clock) = match body.split_once('T') {
        Some((days, clock)) if !clock.is_empty() => (days, clock),
        Some(_) => return None,
        None => (body, ""),
    };
    if body.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    for (mut rest, units) in [(days, &DAYS[..]), (clock, &CLOCK[..])] {
        for (letter, us) in units {
            if let Some((number, after)) = rest.split_once(*letter) {
                total = total.checked_add(parts(number, *us)?)?;
                rest = after;
            }
        }
        if !rest.is_empty() {
            return None;
        }
    }
    Some(SimDuration(total))
}

/// Unit letters of a duration with their microseconds.
const DAYS: [(char, u64); 1] = [('D', 86_400_000_000)];
const CLOCK: [(char, u64); 3] = [('H', 3_600_000_000), ('M', 60_000_000), ('S', 1_000_000)];

/// So many units; only seconds have a fraction.
fn parts(number: &str, us: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if !fraction.is_empty() && us != 1_000_000 {
        return None;
    }
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let micros = format!("{fraction:0<6}");
    let fraction: u64 = micros.get(..6)?.parse().ok()?;
    whole
        .parse::<u64>()
        .ok()?
        .checked_mul(us)?
        .checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_java_reads_them() {
        for (text, us) in [
            ("PT1H", Some(3_600_000_000)),
            ("pt1h30m", Some(5_400_000_000)),
            ("P2DT0.5S", Some(172_800_500_000)),
            ("PT0S", Some(0)),
            ("P1D", Some(86_400_000_000)),
            ("PT", None),
            ("P", None),
            ("1H", None),
            ("PT-1H", None),
            ("PT1.5H", None),
            ("PT1S1H", None),
        ] {
            assert_eq!(iso_duration(text).map(|d| d.0), us, "{text}");
        }
    }

    #[test]
    fn an_absent_group_needs_no_commits() {
        let config = ConsumerConfig::resolve(&Settings::default(), None).expect("legal");
        assert_eq!(config.offset_reset, OffsetReset::Latest);
        assert_eq!(config.max_poll_records, 500);
        let refused =
            ConsumerConfig::resolve(&Settings::from([("enable.auto.commit", "true")]), None);
        assert_eq!(
            refused.expect_err("no group").exception,
            "InvalidConfigurationException"
        );
        assert!(ConsumerConfig::resolve(&Settings::default(), Some("g")).is_ok());
    }
}
