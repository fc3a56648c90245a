//! Acts of readers: they are made, they poll in turn as the recorder lets them, they say where they stand.

use super::super::effects::Timer;
use super::super::ids::{BrokerId, ClientId, NodeId, Offset, TopicPartition};
use super::super::observation::{LostBecause, Observation};
use super::super::reader::{Reader, Returned};
use super::super::scenario::{Act, ConsumerAct, PollAct};
use super::super::text::{Whole, Word};
use super::super::time::{SimDuration, SimTime};
use super::World;

/// What the recorder takes where a step does not say: how long it polls, how long one call waits, and how long it waits for
/// a position.
const POLLS_FOR: u32 = 20_000;
const ONE_CALL: u32 = 100;
const POSITION_WAIT: SimDuration = SimDuration::from_ms(10_000);

/// A `poll` or `positions` act under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Reading {
    /// Who is called, in turn; or, for `positions`, the one.
    readers: Vec<ClientId>,
    /// Of which partitions a position is still to be told.
    partitions: Vec<TopicPartition>,
    /// Whose turn it is.
    at: usize,
    /// That one's call has begun.
    calling: bool,
    began: SimTime,
    /// When records were last returned.
    last: SimTime,
    records: u32,
    /// Calls that returned something.
    calls: u32,
}

impl World {
    pub(super) fn begin_reading(&mut self, act: &Act) {
        match act {
            Act::Consumer(reader) => self.create_reader(reader),
            Act::Poll(poll) => {
                let called = |name: &Word| self.setup.cast.consumer(&name.0);
                let readers: Vec<_> = poll.by.all().iter().filter_map(called).collect();
                self.director.reading = Reading {
                    // The first question is whether to go round at all.
                    at: readers.len(),
                    readers,
                    began: self.medium.now,
                    last: self.medium.now,
                    ..Reading::default()
                };
            }
            Act::Seek {
                by,
                topic,
                partition,
                offset,
            } => {
                let topic = topic.as_ref().map(|word| word.0.as_str());
                if let Some(topic) = self.setup.cast.topic(topic)
                    && let Some(reader) = self.reader_called(&by.0)
                {
                    let partition = partition.map_or(0, |partition| partition.0);
                    let id = TopicPartition { topic, partition };
                    reader.seek(id, Offset(u64::from(offset.0)));
                }
            }
            Act::Positions { by } => {
                let id = self.setup.cast.consumer(&by.0);
                let reader = self.reader_called(&by.0);
                let mut partitions: Vec<_> =
                    reader.map_or(Vec::new(), |reader| reader.assignment().collect());
                partitions.reverse();
                self.director.reading = Reading {
                    readers: id.into_iter().collect(),
                    partitions,
                    ..Reading::default()
                };
            }
            _ => {}
        }
    }

    fn reader_called(&mut self, name: &str) -> Option<&mut Reader> {
        let id = self.setup.cast.consumer(name)?;
        self.readers.get_mut(&id)
    }

    pub(super) fn create_reader(&mut self, act: &ConsumerAct) {
        let setup = self.setup.clone();
        let Some(id) = setup.cast.consumer(&act.id.0) else {
            return;
        };
        let Some(config) = setup.reader(id) else {
            return self.note(Observation::ClientRefused { client: id });
        };
        let topic = act.topic.as_ref().map(|word| word.0.as_str());
        let topic = setup.cast.topic(topic).unwrap_or_default();
        let partitions = act
            .assign
            .iter()
            .flatten()
            .map(|Whole(partition)| TopicPartition {
                topic,
                partition: *partition,
            });
        let named: Vec<BrokerId> = act.bootstrap.iter().map(|id| BrokerId(id.0)).collect();
        let bootstrap = if named.is_empty() {
            setup.bootstrap()
        } else {
            &named
        };
        let reader = Reader::new(id, config, setup.seed, bootstrap, partitions);
        self.readers.insert(id, reader);
    }

    /// The recorder's loop: everybody in turn, then the question whether it was enough. True once it was.
    pub(super) fn go_on_polling(&mut self, act: &PollAct) -> bool {
        let ms = |given: Option<Whole>, usual: u32| {
            SimDuration::from_ms(u64::from(given.map_or(usual, |given| given.0)))
        };
        // A call that does not wait at all would never let time go on.
        let slice = ms(act.slice_ms, ONE_CALL).max(SimDuration::from_ms(1));
        loop {
            if self.director.reading.calling {
                match self.end_of_call() {
                    None => return false,
                    Some(returned) => {
                        let reading = &mut self.director.reading;
                        reading.records += returned.records;
                        if returned.records > 0 {
                            reading.last = self.medium.now;
                            reading.calls += 1;
                        }
                        if returned.error.is_some() {
                            return true;
                        }
                        reading.at += 1;
                    }
                }
            }
            let reading = &mut self.director.reading;
            if reading.at >= reading.readers.len() {
                let most = |wanted: Option<Whole>| wanted.map_or(u32::MAX, |wanted| wanted.0);
                let enough = self.medium.now >= reading.began + ms(act.timeout_ms, POLLS_FOR)
                    || reading.records >= most(act.records)
                    || reading.calls >= most(act.calls)
                    || act.idle_ms.is_some_and(|idle| {
                        self.medium.now.since(reading.last) >= ms(Some(idle), 0)
                    });
                if enough || reading.readers.is_empty() {
                    return true;
                }
                reading.at = 0;
            }
            let id = reading.readers[reading.at];
            reading.calling = true;
            let now = self.medium.now;
            let out = &mut self.medium.effects(NodeId::Client(id));
            match self.readers.get_mut(&id) {
                Some(reader) => reader.poll(now, slice, out),
                None => return true,
            }
        }
    }

    /// How the call under way ended, if it has.
    fn end_of_call(&mut self) -> Option<Returned> {
        let reading = &mut self.director.reading;
        let id = reading.readers.get(reading.at)?;
        let returned = match self.readers.get_mut(id) {
            Some(reader) if reader.is_calling() => return None,
            Some(reader) => reader.take_returned().unwrap_or_default(),
            None => Returned::default(),
        };
        reading.calling = false;
        Some(returned)
    }

    /// One position after the other. True once all were told.
    pub(super) fn go_on_telling(&mut self) -> bool {
        loop {
            let reading = &self.director.reading;
            let (Some(id), Some(partition)) = (
                reading.readers.first().copied(),
                reading.partitions.last().copied(),
            ) else {
                return true;
            };
            if reading.calling {
                let Some(returned) = self.end_of_call() else {
                    return false;
                };
                self.director.reading.partitions.pop();
                match returned.position {
                    Some(at) => self.note(Observation::PositionTold {
                        reader: id,
                        partition,
                        at,
                    }),
                    None => return true,
                }
                continue;
            }
            self.director.reading.calling = true;
            let now = self.medium.now;
            let out = &mut self.medium.effects(NodeId::Client(id));
            if let Some(reader) = self.readers.get_mut(&id) {
                reader.position(now, partition, POSITION_WAIT, out);
            }
        }
    }

    /// A reader is closed, or its process is gone: its connections are, too.
    pub(super) fn end_reader(&mut self, by: &Word) {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return;
        };
        if self.readers.remove(&id).is_some() {
            let client = NodeId::Client(id);
            self.medium.queue.disarm(client, Timer::Reader);
            for connection in self.medium.network.of_node(client) {
                self.medium
                    .drop_connection(connection, LostBecause::ConnectionBroken, false);
            }
        }
    }
}
