//! What the clients of a run saw with each isolation level.

use super::super::judge::{Did, Event, History, Key, Offset, Process, Value};
use ackscope::model::ids::{ClientId, TopicPartition};
use ackscope::model::observation::Read;
use std::collections::{BTreeMap, BTreeSet};

/// What a client may know of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reader {
    /// Its group.
    pub group: Option<String>,
    /// It reads partitions of its own.
    pub assigned: bool,
    /// It reads committed records only.
    pub committed_only: bool,
    /// It went elsewhere of its own will, or its polls are within transactions.
    pub wilful: bool,
}

/// What was seen with each isolation level; sends are in both.
pub struct Seen {
    /// By readers of everything.
    pub uncommitted: History,
    /// By readers of committed records.
    pub committed: History,
    /// Who reads how.
    pub readers: BTreeMap<ClientId, Reader>,
    /// What each reader was given, in order.
    pub polled: Vec<(ClientId, Read)>,
    /// Where the final polls returned each value, with each isolation level.
    pub last: [BTreeMap<Value, BTreeSet<Offset>>; 2],
    /// Groups of which it is not seen what their members were given.
    pub untold: BTreeSet<String>,
}

/// A partition as a number.
pub fn key(partition: TopicPartition) -> Key {
    u32::from(partition.topic.0) << 16 | partition.partition
}

impl Seen {
    /// From events, polls among them with the isolation level of their reader. `within`: whose polls are in whose transactions.
    pub fn of(
        events: &[(Event, Option<bool>)],
        readers: BTreeMap<ClientId, Reader>,
        within: &BTreeMap<ClientId, ClientId>,
        polled: Vec<(ClientId, Read)>,
    ) -> Self {
        let of = |committed: bool| {
            let seen = |(event, only): &(Event, Option<bool>)| {
                only.is_none_or(|only| only == committed)
                    .then(|| event.clone())
            };
            let of_other = |consumer: &ClientId| {
                readers
                    .get(consumer)
                    .is_some_and(|reader| reader.committed_only != committed)
            };
            let others = within.iter().filter(|(consumer, _)| of_other(consumer));
            let others: BTreeSet<Process> =
                others.map(|(_, producer)| u32::from(producer.0)).collect();
            let mut events: Vec<Event> = events.iter().filter_map(seen).collect();
            events
                .iter_mut()
                .for_each(|event| leave_out_polls(event, &others));
            History { events }
        };
        Self {
            uncommitted: of(false),
            committed: of(true),
            readers,
            polled,
            last: Default::default(),
            untold: BTreeSet::new(),
        }
    }
}

/// Transactions keep their polls only where their consumer is of that isolation level.
fn leave_out_polls(event: &mut Event, others: &BTreeSet<Process>) {
    if let Event::Op(op) = event
        && others.contains(&op.process)
    {
        op.did.retain(|did| !matches!(did, Did::Poll(..)));
    }
}
