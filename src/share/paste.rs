//! A pasted `.properties` text, put into a scenario.
//!
//! The text is taken for the whole configuration of whomever it speaks of (producer, topic, brokers): what it does not name is
//! unset, so that what Kafka accepts in the user's service is accepted here.
//!
//! A setting that the model acts on is set, also with a value that Kafka refuses: the panel then shows what the client would
//! throw. Of the others only those are kept over which Kafka could refuse the client; addresses, names of classes and
//! secrets are not, since the scenario ends up in a link.

mod lines;
mod spelling;

use super::hint::hint;
use super::route::{Target, first, settings_mut};
use super::{LONGEST_BYTES, MOST_REMARKS, Reading, Remark, bounded, quoted};
use crate::model::config::{
    BrokerConfig, ConfigException, Owner, ProducerConfig, Setting, TopicConfig, setting_of,
};
use crate::model::scenario::{Act, Scenario};
use crate::model::small::{Map, Set};
use lines::Pair;
use spelling::{Meaning, bytes, is_of_a_server_file, meaning};

/// Settings that the model does not act on, but that Kafka compares with others.
const COMPARED: &[&str] = &[
    "transaction.two.phase.commit.enable",
    "replica.socket.timeout.ms",
    "min.compaction.lag.ms",
    "max.compaction.lag.ms",
];

/// Applies the settings of a text to a scenario: known keys become settings, everything else is a remark.
#[must_use]
pub fn apply(text: &str, scenario: &Scenario) -> Reading {
    let mut paste = Paste {
        scenario: scenario.clone(),
        remarks: Vec::new(),
        set: Map::new(),
        spoken_of: Set::new(),
    };
    if text.len() > LONGEST_BYTES {
        paste.remarks.push(Remark::new(
            "",
            "The text is longer than 1 MB; it was not read.",
        ));
        return paste.reading();
    }
    let (pairs, remarks) = lines::read(text);
    paste.remarks = remarks;
    if pairs.is_empty() && paste.remarks.is_empty() {
        paste
            .remarks
            .push(Remark::new("", "The text holds no settings."));
    }
    let server_file = pairs.iter().any(|pair| is_of_a_server_file(&pair.key));
    let before = conflicts(scenario);
    for pair in pairs {
        paste.take(pair, server_file);
    }
    paste.say_new_conflicts(&before);
    paste.reading()
}

struct Paste {
    scenario: Scenario,
    remarks: Vec<Remark>,
    /// The line in which each setting was set.
    set: Map<(Owner, String), usize>,
    /// Whose settings the text replaces.
    spoken_of: Set<Owner>,
}

impl Paste {
    fn reading(self) -> Reading {
        Reading {
            scenario: self.scenario,
            remarks: bounded(self.remarks),
        }
    }

    fn say(&mut self, line: usize, says: String) {
        self.remarks.push(Remark::new(format!("line {line}"), says));
    }

    fn take(&mut self, pair: Pair, server_file: bool) {
        let name = quoted(&pair.key);
        match meaning(&pair.key, server_file) {
            Meaning::Setting(owner, key) => self.set(owner, &key, pair),
            Meaning::Elsewhere(why) => {
                self.say(pair.line, format!("{name} has no effect here: {why}."));
            }
            Meaning::Unknown if self.remarks.len() > MOST_REMARKS => self.say(pair.line, name),
            Meaning::Unknown => {
                let meant = hint(&pair.key);
                let says = "is no setting of Kafka's that this page knows; it was not used.";
                self.say(pair.line, format!("{name} {says}{meant}"));
            }
        }
    }

    fn set(&mut self, owner: Owner, key: &str, pair: Pair) {
        let line = pair.line;
        let Some(setting) = setting_of(owner, key) else {
            return;
        };
        let Some(target) = first(&self.scenario, owner) else {
            self.say(
                line,
                format!("There is nobody whose setting {} could be.", quoted(key)),
            );
            return;
        };
        let Some(value) = self.value(line, setting, pair.value) else {
            return;
        };
        if !setting.modelled && setting.read(&value).is_ok() {
            if !COMPARED.contains(&key) {
                self.say(
                    line,
                    format!("{} is known to Kafka, but has no effect here.", quoted(key)),
                );
                return;
            }
            self.say(
                line,
                format!("{} is checked, but has no effect here.", quoted(key)),
            );
        }
        if let Some(earlier) = self.set.insert((owner, key.to_owned()), line) {
            let says = format!(
                "{} was set in line {earlier} already; this later value counts.",
                quoted(key)
            );
            self.say(line, says);
        }
        let settings = settings_mut(&mut self.scenario, target);
        if self.spoken_of.insert(owner) {
            settings.0.clear();
        }
        settings.0.insert(key.to_owned(), value);
    }

    /// The value as Kafka would get it: without the space around it, Spring's sizes as bytes, a placeholder's default.
    fn value(&mut self, line: usize, setting: &Setting, written: String) -> Option<String> {
        let trimmed = written.trim_matches(|c: char| c <= ' ');
        let (value, default) = match trimmed
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
        {
            None => (trimmed, false),
            Some(inside) => match inside.split_once(':') {
                Some((_, default)) => (default, true),
                None => {
                    let says = format!(
                        "{} takes its value from elsewhere, {}; it was not used.",
                        quoted(setting.key),
                        quoted(trimmed)
                    );
                    self.say(line, says);
                    return None;
                }
            },
        };
        if default {
            let says = format!(
                "{} takes its value from elsewhere; its default {} is used.",
                quoted(setting.key),
                quoted(value)
            );
            self.say(line, says);
        }
        if setting.read(value).is_ok() {
            return Some(value.to_owned());
        }
        let sized = bytes(value).filter(|_| matches!(setting.key, "batch.size" | "buffer.memory"));
        Some(sized.unwrap_or(if default { value.to_owned() } else { written }))
    }

    /// Kafka's own text for everything that it refuses now and did not before.
    fn say_new_conflicts(&mut self, before: &[(Owner, ConfigException)]) {
        for (owner, conflict) in conflicts(&self.scenario) {
            if before.contains(&(owner, conflict.clone())) {
                continue;
            }
            let line = self.set.get(&(owner, conflict.key.clone()));
            let place = line.map_or(conflict.key, |line| format!("line {line}"));
            self.remarks.push(Remark::new(place, conflict.says));
        }
    }
}

/// Everything that Kafka refuses in those whom a pasted text reaches.
fn conflicts(scenario: &Scenario) -> Vec<(Owner, ConfigException)> {
    let brokers = BrokerConfig::resolve(&scenario.brokers);
    let mut all = Vec::new();
    for owner in [Owner::Producer, Owner::Topic] {
        let Some(Target::Act(at)) = first(scenario, owner) else {
            continue;
        };
        let found = match &scenario.steps[at] {
            Act::Producer { config, .. } => ProducerConfig::resolve(config).conflicts,
            Act::Topic { config, .. } => TopicConfig::resolve(config, &brokers.config).conflicts,
            _ => Vec::new(),
        };
        all.extend(found.into_iter().map(|conflict| (owner, conflict)));
    }
    let found = brokers.conflicts.into_iter();
    all.extend(found.map(|conflict| (Owner::Broker, conflict)));
    all
}
