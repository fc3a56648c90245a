//! What consumers were given: the records that each `poll()` returned.

use crate::model::history::Steps;
use crate::model::ids::{ClientId, Offset, RecordId, TopicPartition};
use crate::model::observation::Observation;
use crate::model::scenario::{Act, Scenario};
use crate::model::time::SimTime;
use std::collections::{BTreeMap, BTreeSet};

/// One record that a `poll()` returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// When.
    pub at: SimTime,
    /// To whom.
    pub reader: ClientId,
    /// From which partition.
    pub partition: TopicPartition,
    /// From which offset.
    pub offset: Offset,
    /// Which.
    pub record: RecordId,
    /// This reader, or another of its group, had been given that record before.
    pub again: bool,
}

/// All that was given, in the order of time. Readers whose group has the same name are one group.
pub fn given(steps: Steps<'_>, groups: &BTreeMap<ClientId, String>) -> Vec<Given> {
    let mut all = Vec::new();
    let mut known: BTreeSet<(Result<&str, ClientId>, RecordId)> = BTreeSet::new();
    for step in steps {
        for fact in step.observations {
            let Observation::RecordsRead { reader, records } = fact else {
                continue;
            };
            let who = groups
                .get(reader)
                .map_or(Err(*reader), |group| Ok(group.as_str()));
            all.extend(records.iter().map(|read| Given {
                at: step.at,
                reader: *reader,
                partition: read.partition,
                offset: read.offset,
                record: read.record,
                again: !known.insert((who, read.record)),
            }));
        }
    }
    all
}

/// The group of each consumer that has one. Ids as `Cast` gives them: producers first.
pub fn groups(scenario: &Scenario) -> BTreeMap<ClientId, String> {
    let producers = scenario.producer_names().count();
    let consumers = scenario.steps.iter().filter_map(|act| match act {
        Act::Consumer(consumer) => Some(consumer.group.as_ref()),
        _ => None,
    });
    let named = consumers.enumerate().filter_map(|(place, group)| {
        let id = u16::try_from(producers + place).ok()?;
        Some((ClientId(id), group?.0.clone()))
    });
    named.collect()
}

/// When each consumer was made: where its act began.
pub fn starts(scenario: &Scenario, steps: Steps<'_>) -> BTreeMap<ClientId, SimTime> {
    let producers = scenario.producer_names().count();
    let acts = (0u32..).zip(&scenario.steps);
    let made: BTreeMap<u32, usize> = acts
        .filter(|(_, act)| matches!(act, Act::Consumer(_)))
        .zip(producers..)
        .map(|((act, _), id)| (act, id))
        .collect();
    let mut starts = BTreeMap::new();
    for step in steps {
        for fact in step.observations {
            if let Observation::ActBegan { act } = fact
                && let Some(id) = made.get(act).and_then(|id| u16::try_from(*id).ok())
            {
                starts.entry(ClientId(id)).or_insert(step.at);
            }
        }
    }
    starts
}
