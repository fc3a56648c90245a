//! Records that applications make of records: they are named before the run, like those of the script, so that a record is the
//! same one in every variant of it. An application that does its work twice makes the same record twice.

use super::super::ids::{ClientId, RecordId, TopicId};
use super::super::scenario::{Act, Scenario};
use super::super::text::Text;
use super::{Cast, SendCall};
use crate::small::Map;

/// What is made of a record's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Makes {
    /// The same.
    #[default]
    Same,
    /// The same in capitals.
    Capitals,
    /// How often its key was seen, up to a bound: one record for each count that can come of it.
    Count,
    /// That a source has been read up to it.
    Position,
}

/// Of so many records and counts names are made; what is counted beyond has the last one.
const COUNTED: usize = 4_096;

/// What an application makes of the records of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Derivation {
    /// Whose work it is: a Streams application, a connector's dead letter queue.
    pub name: String,
    /// Of the records of this topic.
    pub source: TopicId,
    /// Where they go.
    pub target: TopicId,
    /// What is made of a value.
    pub makes: Makes,
    /// So many can be made of each record.
    copies: u32,
    /// The records that it is made of, ascending.
    origins: Vec<RecordId>,
    /// The first that is made of them; the others follow in their order.
    first: RecordId,
}

impl Cast {
    /// Names what the applications of a scenario can make. One may work on what another made before.
    pub(super) fn derive(&mut self, scenario: &Scenario) {
        for (index, act) in (0..).zip(&scenario.steps) {
            for (name, source, target, makes) in derivations(act) {
                let producer = self.derives_with(act);
                self.derive_one(index, &name, source, target, makes, producer);
            }
        }
    }

    fn derives_with(&self, act: &Act) -> ClientId {
        let name = act.producer_of_application();
        name.and_then(|name| self.producer(&name))
            .unwrap_or_default()
    }

    fn derive_one(
        &mut self,
        act: u32,
        name: &str,
        source: Option<&str>,
        target: &str,
        makes: Makes,
        producer: ClientId,
    ) {
        let (Some(source), Some(target)) = (self.topic(source), self.topic(Some(target))) else {
            return;
        };
        let same = |known: &Derivation| {
            known.name == name && known.source == source && known.target == target
        };
        if self.derivations.iter().any(same) {
            return;
        }
        let first = self.sends.len() + self.derived.len();
        let calls = self.sends.iter().chain(&self.derived);
        let read: Vec<SendCall> = calls.filter(|call| call.topic == source).cloned().collect();
        let copies = match makes {
            Makes::Count => copies_for(&read),
            Makes::Same | Makes::Capitals | Makes::Position => 1,
        };
        let mut origins = Vec::new();
        for call in read {
            origins.push(call.record);
            for nth in 1..=copies {
                let at = self.sends.len() + self.derived.len();
                self.derived.push(SendCall {
                    record: RecordId(u32::try_from(at).unwrap_or(u32::MAX)),
                    value: made_of(&call, makes, nth),
                    key: call.key.clone().filter(|_| makes != Makes::Position),
                    timestamp: None,
                    producer,
                    topic: target,
                    // All positions of a source have one key.
                    partition: (makes == Makes::Position).then_some(0),
                    act,
                });
            }
        }
        self.derivations.push(Derivation {
            name: name.to_owned(),
            source,
            target,
            makes,
            copies,
            origins,
            first: RecordId(u32::try_from(first).unwrap_or(u32::MAX)),
        });
    }

    /// The record that an application makes of another one for a topic.
    #[must_use]
    pub fn derived_from(&self, name: &str, target: TopicId, origin: RecordId) -> Option<&SendCall> {
        self.counted_from(name, target, origin, 1)
    }

    /// The same, where it is a count.
    #[must_use]
    pub fn counted_from(
        &self,
        name: &str,
        target: TopicId,
        origin: RecordId,
        count: u32,
    ) -> Option<&SendCall> {
        let made = |known: &&Derivation| known.name == name && known.target == target;
        let mut all = self.derivations.iter().filter(made);
        let (derivation, at) = all.find_map(|known| {
            let at = known.origins.binary_search(&origin).ok()?;
            Some((known, at))
        })?;
        let nth = count.clamp(1, derivation.copies) - 1;
        let at = at * derivation.copies as usize + nth as usize;
        let place = derivation.first.0 as usize + at - self.sends.len();
        self.derived.get(place)
    }

    /// The derivation that a record comes from, and its place there.
    fn derivation_of(&self, record: RecordId) -> Option<(&Derivation, usize)> {
        self.derivations.iter().find_map(|known| {
            let at = record.0.checked_sub(known.first.0)? as usize;
            (at < known.origins.len() * known.copies as usize).then_some((known, at))
        })
    }

    /// Key and count that a record of a store's changelog holds.
    #[must_use]
    pub fn count_in(&self, record: RecordId) -> Option<(&Text, u32)> {
        let (derivation, at) = self.derivation_of(record)?;
        let place = (record.0 as usize).checked_sub(self.sends.len())?;
        let key = self.derived.get(place)?.key.as_ref()?;
        let count = u32::try_from(at).unwrap_or(0) % derivation.copies + 1;
        (derivation.makes == Makes::Count).then_some((key, count))
    }

    /// How many rows of its source a worker has read that kept this position.
    #[must_use]
    pub fn position_in(&self, record: RecordId) -> Option<u32> {
        let (derivation, at) = self.derivation_of(record)?;
        let origin = *derivation.origins.get(at)?;
        let mut rows = self.rows.iter();
        let found = rows.find(|(.., of)| *of == origin)?;
        (derivation.makes == Makes::Position).then_some(found.1 + 1)
    }

    /// The `send()` that it all began with.
    #[must_use]
    pub fn origin_of(&self, record: RecordId) -> RecordId {
        let mut record = record;
        while record.0 as usize >= self.sends.len() {
            let Some((derivation, at)) = self.derivation_of(record) else {
                break;
            };
            if derivation.makes == Makes::Position {
                break;
            }
            record = derivation.origins[at / derivation.copies as usize];
        }
        record
    }
}

/// What an act's application makes: whose work it is, of which topic, for which topic, and what of a value.
fn derivations(act: &Act) -> Vec<(String, Option<&str>, &str, Makes)> {
    match act {
        Act::Streams(streams) => {
            let source = streams.topic.as_ref().map(|topic| topic.0.as_str());
            let name = streams.application.0.clone();
            let Some(changelog) = &streams.changelog else {
                return vec![(name, source, streams.out(), Makes::Capitals)];
            };
            vec![
                (name.clone(), source, changelog.0.as_str(), Makes::Count),
                (name, source, streams.out(), Makes::Count),
            ]
        }
        Act::Connect(connect) if connect.is_source() => {
            let read = connect.topic.as_ref().map(|topic| topic.0.as_str());
            let kept = connect.positions();
            vec![(connect.positions_of(), read, kept, Makes::Position)]
        }
        Act::Connect(connect) => {
            let source = connect.topic.as_ref().map(|topic| topic.0.as_str());
            let dead = connect.dead_letters();
            let named = dead.map(|dead| (connect.group(), source, dead, Makes::Same));
            named.into_iter().collect()
        }
        Act::Process(process) => {
            let source = process.topic.as_ref().map(|topic| topic.0.as_str());
            let all = process.targets();
            let named = all.map(|topic| (process.group.0.clone(), source, topic, Makes::Same));
            named.collect()
        }
        _ => Vec::new(),
    }
}

/// How many counts of a record have names: three times what each key is sent, for what is worked on again, within a bound.
fn copies_for(read: &[SendCall]) -> u32 {
    let mut seen: Map<&Option<Text>, usize> = Map::new();
    for call in read {
        *seen.entry(&call.key).or_default() += 1;
    }
    let most = seen.values().copied().max().unwrap_or(1);
    let bound = COUNTED / read.len().max(1);
    u32::try_from((3 * most).min(bound.max(1))).unwrap_or(1)
}

/// What is made of a record.
fn made_of(call: &SendCall, makes: Makes, count: u32) -> Text {
    match makes {
        Makes::Same => call.value.clone(),
        Makes::Position => format!("source offset {}", call.value.as_str())
            .as_str()
            .into(),
        Makes::Capitals => call.value.to_uppercase().as_str().into(),
        Makes::Count => {
            let key = call.key.as_ref().map_or("", |key| key.as_str());
            format!("{key}={count}").as_str().into()
        }
    }
}
