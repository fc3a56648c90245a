//! What consumers were given: the records that each `poll()` returned.

use crate::model::cast::Cast;
use crate::model::history::Steps;
use crate::model::ids::{ClientId, Offset, RecordId, TopicPartition};
use crate::model::observation::Observation;
use crate::model::scenario::{Act, Scenario};
use crate::model::small::{Map, Set};
use crate::model::time::SimTime;

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
pub fn given(steps: Steps<'_>, groups: &Map<ClientId, String>) -> Vec<Given> {
    let mut all = Vec::new();
    let mut known: Set<(Result<&str, ClientId>, RecordId)> = Set::new();
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

/// The group of each consumer that has one.
pub fn groups(cast: &Cast, scenario: &Scenario) -> Map<ClientId, String> {
    let named = scenario.steps.iter().filter_map(|act| match act {
        Act::Consumer(consumer) => {
            let group = consumer.group.as_ref()?.0.clone();
            Some((cast.consumer(&consumer.id.0)?, group))
        }
        _ => None,
    });
    named.collect()
}

/// When each consumer was made: where its act began.
pub fn starts(cast: &Cast, scenario: &Scenario, steps: Steps<'_>) -> Map<ClientId, SimTime> {
    let made = |act: u32| match scenario.steps.get(act as usize) {
        Some(Act::Consumer(consumer)) => cast.consumer(&consumer.id.0),
        _ => None,
    };
    let mut starts = Map::new();
    for step in steps {
        for fact in step.observations {
            if let Observation::ActBegan { act } = fact
                && let Some(id) = made(*act)
            {
                starts.entry(id).or_insert(step.at);
            }
        }
    }
    starts
}
