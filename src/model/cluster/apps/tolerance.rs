//! Transforms that fail, and what Connect makes of it (`RetryWithToleranceOperator`): tried again in place for a while, then left out or
//! not, by `errors.tolerance`.

use super::super::super::ids::ClientId;
use super::super::super::prng::{Draw, Seed};
use super::super::super::scenario::ConnectAct;
use super::super::super::text::Settings;
use super::super::super::time::{SimDuration, SimTime};

/// The first wait before a transform is tried again (`RETRIES_DELAY_MIN_MS`), in ms.
const FIRST_RETRY_MS: u64 = 300;

/// Something that fails on one value, so many times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Flaw {
    value: String,
    pub(super) left: u32,
    pub(super) retriable: bool,
}

impl Flaw {
    pub(super) fn of(settings: &Settings, names: [&str; 3], usual: (&str, u32)) -> Option<Self> {
        let [value, kind, times] = names;
        let times = settings.get(times);
        Some(Self {
            value: settings.get(value)?.to_owned(),
            left: times
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(usual.1),
            retriable: settings.get(kind).unwrap_or(usual.0) == "retriable",
        })
    }

    /// Does it fail now?
    pub(super) fn strikes(&mut self, value: &str) -> bool {
        let strikes = self.left > 0 && self.value == value;
        self.left -= u32::from(strikes);
        strikes
    }
}

/// What came of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Attempt {
    Passed,
    /// It is tried again then.
    Again(SimTime),
    /// It is left out.
    Dropped,
    /// The task ends.
    Fatal,
}

/// How one task's records are converted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tolerance {
    id: ClientId,
    seed: Seed,
    pub(super) tolerates: bool,
    /// `errors.retry.timeout`; none is without end.
    retries_for: Option<SimDuration>,
    /// `errors.retry.delay.max.ms`.
    longest_delay_ms: u64,
    transform: Option<Flaw>,
    /// Of the record that is being converted: its tries, when the first was, and when the next may be.
    tries: u32,
    began: SimTime,
    retry_at: SimTime,
}

/// A number that a setting says; below zero is none.
pub(super) fn ms(from: &Settings, key: &str, usual: i64) -> Option<u64> {
    let text = from.get(key);
    let number = text.and_then(|text| text.trim().parse().ok());
    u64::try_from(number.unwrap_or(usual)).ok()
}

impl Tolerance {
    pub(super) fn of(id: ClientId, act: &ConnectAct, seed: Seed, now: SimTime) -> Self {
        let names = act.connector.get("transforms").unwrap_or_default();
        let transform = names.split(',').find_map(|name| {
            let key = |what: &str| format!("transforms.{}.{what}", name.trim());
            let (on, kind, times) = (key("on"), key("kind"), key("times"));
            Flaw::of(&act.connector, [&on, &kind, &times], ("data", 0))
        });
        Self {
            id,
            seed,
            tolerates: act.tolerates(),
            retries_for: ms(&act.connector, "errors.retry.timeout", 0).map(SimDuration::from_ms),
            longest_delay_ms: ms(&act.connector, "errors.retry.delay.max.ms", 60_000).unwrap_or(0),
            transform,
            tries: 0,
            began: now,
            retry_at: now,
        }
    }

    /// One try of a record, the `nth` of its source. Who is stopped in the midst of retries drops it, whatever is tolerated.
    pub(super) fn attempt(&mut self, now: SimTime, value: &str, nth: u64, stops: bool) -> Attempt {
        let attempt = self.attempt_once(now, value, nth, stops);
        if !matches!(attempt, Attempt::Again(_)) {
            self.tries = 0;
        }
        attempt
    }

    fn attempt_once(&mut self, now: SimTime, value: &str, nth: u64, stops: bool) -> Attempt {
        if self.tries > 0 && stops {
            return Attempt::Dropped;
        }
        if now < self.retry_at {
            return Attempt::Again(self.retry_at);
        }
        let Some(flaw) = self.transform.as_mut() else {
            return Attempt::Passed;
        };
        if !flaw.strikes(value) {
            return Attempt::Passed;
        }
        if self.tries == 0 {
            self.began = now;
        }
        let deadline = self.retries_for.map(|most| self.began + most);
        if flaw.retriable && deadline.is_none_or(|deadline| now < deadline) {
            self.tries += 1;
            let at = now + self.delay(nth);
            self.retry_at = deadline.map_or(at, |deadline| at.min(deadline));
            return Attempt::Again(self.retry_at);
        }
        match self.tolerates {
            true => Attempt::Dropped,
            false => Attempt::Fatal,
        }
    }

    fn delay(&self, nth: u64) -> SimDuration {
        let delay = FIRST_RETRY_MS.saturating_mul(1 << (self.tries - 1).min(30));
        if delay <= self.longest_delay_ms {
            return SimDuration::from_ms(delay);
        }
        let key = [u64::from(self.id.0), nth, u64::from(self.tries)];
        let most = SimDuration::from_ms(self.longest_delay_ms);
        self.seed
            .between(Draw::ReconnectBackoff, &key, SimDuration(0), most)
    }
}
