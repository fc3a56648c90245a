//! Records that applications make of records: they are named before the run, like those of the script, so that a record is the
//! same one in every variant of it. An application that does its work twice makes the same record twice.

use super::super::ids::{ClientId, RecordId, TopicId};
use super::super::scenario::{Act, Scenario};
use super::{Cast, SendCall};

/// What an application makes of the records of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Derivation {
    /// Whose work it is: a Streams application, a connector's dead letter queue.
    pub name: String,
    /// Of the records of this topic.
    pub source: TopicId,
    /// Where they go.
    pub target: TopicId,
    /// In capitals.
    pub capitals: bool,
    /// The records that it is made of, ascending.
    origins: Vec<RecordId>,
    /// The first that is made of them; the others follow in their order.
    first: RecordId,
}

impl Cast {
    /// Names what the applications of a scenario can make. One may work on what another made before.
    pub(super) fn derive(&mut self, scenario: &Scenario) {
        for (index, act) in (0..).zip(&scenario.steps) {
            for (name, source, target, capitals) in derivations(act) {
                let producer = self.derives_with(act);
                self.derive_one(index, &name, source, target, capitals, producer);
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
        capitals: bool,
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
        let mut origins = Vec::new();
        for (at, call) in (first..).zip(read) {
            origins.push(call.record);
            let value = if capitals {
                call.value.to_uppercase().as_str().into()
            } else {
                call.value
            };
            self.derived.push(SendCall {
                record: RecordId(u32::try_from(at).unwrap_or(u32::MAX)),
                value,
                key: call.key,
                timestamp: None,
                producer,
                topic: target,
                partition: None,
                act,
            });
        }
        self.derivations.push(Derivation {
            name: name.to_owned(),
            source,
            target,
            capitals,
            origins,
            first: RecordId(u32::try_from(first).unwrap_or(u32::MAX)),
        });
    }

    /// The record that an application makes of another one for a topic.
    #[must_use]
    pub fn derived_from(&self, name: &str, target: TopicId, origin: RecordId) -> Option<&SendCall> {
        let made = |known: &&Derivation| known.name == name && known.target == target;
        let mut all = self.derivations.iter().filter(made);
        let (derivation, at) = all.find_map(|known| {
            let at = known.origins.binary_search(&origin).ok()?;
            Some((known, at))
        })?;
        let place = derivation.first.0 as usize + at - self.sends.len();
        self.derived.get(place)
    }

    /// The `send()` that it all began with.
    #[must_use]
    pub fn origin_of(&self, record: RecordId) -> RecordId {
        let mut record = record;
        while record.0 as usize >= self.sends.len() {
            let made = |known: &&Derivation| {
                let at = record.0.checked_sub(known.first.0);
                at.is_some_and(|at| (at as usize) < known.origins.len())
            };
            let Some(derivation) = self.derivations.iter().find(made) else {
                break;
            };
            let at = (record.0 - derivation.first.0) as usize;
            record = derivation.origins[at];
        }
        record
    }
}

/// What an act's application makes: whose work it is, of which topic, for which topic, in capitals or as it is.
fn derivations(act: &Act) -> Vec<(String, Option<&str>, &str, bool)> {
    match act {
        Act::Streams(streams) => {
            let source = streams.topic.as_ref().map(|topic| topic.0.as_str());
            let name = streams.application.0.clone();
            vec![(name, source, streams.out(), true)]
        }
        Act::Connect(connect) => {
            let source = connect.topic.as_ref().map(|topic| topic.0.as_str());
            let dead = connect.dead_letters();
            let named = dead.map(|dead| (connect.group(), source, dead, false));
            named.into_iter().collect()
        }
        Act::Process(process) => {
            let source = process.topic.as_ref().map(|topic| topic.0.as_str());
            let forward = process.forward.as_ref();
            let named =
                forward.map(|topic| (process.group.0.clone(), source, topic.0.as_str(), false));
            named.into_iter().collect()
        }
        _ => Vec::new(),
    }
}
