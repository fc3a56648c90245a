//! Acts of readers: they are made, they poll in turn as the recorder lets them, they say where they stand.

use super::super::effects::Timer;
use super::super::ids::{BrokerId, ClientId, NodeId, Offset, TopicId, TopicPartition};
use super::super::observation::{GroupFact, Observation};
use super::super::reader::{GroupSetup, Reader, Returned};
use super::super::scenario::{Act, CommittedAct, ConsumerAct, PollAct};
use super::super::state_record::CommittedOffset;
use super::super::text::{Whole, Word};
use super::super::time::{SimDuration, SimTime};
use super::{Site, World};
use crate::small::sort;

/// How long the process of a librdkafka consumer takes to come up; meanwhile others go on.
const OWN_PROCESS: SimDuration = SimDuration::from_ms(150);
/// What the recorder takes where a step does not say: how long it polls, how long one call waits, and how long it waits for
/// a position.
const POLLS_FOR: u32 = 20_000;
const ONE_CALL: u32 = 100;
const POSITION_WAIT: SimDuration = SimDuration::from_ms(10_000);

/// The log of committed offsets.
const LOG: TopicPartition = TopicPartition {
    topic: TopicId::CONSUMER_OFFSETS,
    partition: 0,
};

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
            Act::CommitSync(_) | Act::CommitAsync(_) | Act::Committed(_) => self.begin_commit(act),
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
        let mut partitions: Vec<_> = partitions.collect();
        sort(&mut partitions);
        let named = act.group_name().and_then(|name| setup.cast.group(name));
        let rank = |name: &str| setup.cast.name_rank(name);
        let group = named.map(|group| GroupSetup {
            group,
            topic: act.assign.is_none().then_some(topic),
            name: rank(&act.id.0).unwrap_or_default(),
            instance: act.config.get("group.instance.id").and_then(rank),
            folds: setup.folds_heartbeats,
        });
        let partitions = partitions.into_iter();
        let mut reader = Reader::new(id, config, setup.seed, bootstrap, partitions, group);
        let now = self.medium.now;
        reader.start(now, &mut self.medium.effects(NodeId::Client(id)));
        let own_process = reader.is_librdkafka() && !self.medium.setting_up;
        self.readers.insert(id, reader);
        if own_process {
            self.pause_script(OWN_PROCESS);
        }
    }

    /// Does a `commit_sync`, `commit_async` or `committed` act of a consumer begin?
    fn begin_commit(&mut self, act: &Act) {
        let (by, topic, partition) = match act {
            Act::CommitSync(commit) | Act::CommitAsync(commit) => {
                (Some(&commit.by), commit.topic.as_ref(), commit.partition)
            }
            Act::Committed(asked) => (asked.by.as_ref(), asked.topic.as_ref(), asked.partition),
            _ => return,
        };
        let topic = self.setup.cast.topic(topic.map(|word| word.0.as_str()));
        let partition = TopicPartition {
            topic: topic.unwrap_or_default(),
            partition: partition.map_or(0, |partition| partition.0),
        };
        let Some(id) = by.and_then(|by| self.setup.cast.consumer(&by.0)) else {
            return;
        };
        let (now, number) = (self.medium.now, self.director.act);
        let out = &mut self.medium.effects(NodeId::Client(id));
        let Some(reader) = self.readers.get_mut(&id) else {
            return;
        };
        match act {
            Act::CommitSync(commit) => {
                let given = commit.offset.map(|at| (partition, Offset(u64::from(at.0))));
                reader.commit_sync(now, given.as_slice(), out);
            }
            Act::CommitAsync(commit) => {
                let given = commit.offset.map(|at| (partition, Offset(u64::from(at.0))));
                reader.commit_async(now, number, given.as_slice(), out);
            }
            _ => reader.committed(now, vec![partition], out),
        }
    }

    /// A call that is no `poll()` is over.
    pub(super) fn is_call_over(&mut self, by: &Word) -> bool {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return true;
        };
        let returned = match self.readers.get_mut(&id) {
            Some(reader) if reader.is_calling() => return false,
            Some(reader) => reader.take_returned(),
            None => None,
        };
        if let Some(returned) = returned
            && !returned.committed.is_empty()
        {
            let told = returned.committed.into_iter();
            let offset = |far: Option<CommittedOffset>| far.map(|far| far.offset);
            let offsets = told.map(|(p, far)| (p, offset(far.ok().flatten())));
            let offsets = offsets.collect();
            self.note(GroupFact::CommittedTold { offsets }.into());
        }
        true
    }

    /// The cluster is asked how far a group is: whoever coordinates it says so. True once somebody has.
    pub(super) fn has_told_committed(&mut self, asked: &CommittedAct) -> bool {
        if let Some(by) = &asked.by {
            return self.is_call_over(by);
        }
        if !self.has_asked() {
            return false;
        }
        let group = asked
            .group
            .as_ref()
            .and_then(|name| self.setup.cast.group(&name.0));
        let Some(group) = group else {
            self.director.asked = false;
            return true;
        };
        let told = match self.controller.image().partitions.get(&LOG) {
            None => Some(Vec::new()),
            Some(log) => {
                let leader = log.leader.filter(|id| !self.is_paused(*id));
                match leader.and_then(|id| self.brokers.get(&id)) {
                    Some(Site::Up(broker)) => broker.committed_everywhere(group),
                    _ => None,
                }
            }
        };
        let Some(told) = told else { return false };
        self.director.asked = false;
        let offsets = told.into_iter().map(|(p, far)| (p, Some(far.offset)));
        let offsets = offsets.collect();
        self.note(GroupFact::CommittedTold { offsets }.into());
        true
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
                        let id = reading.readers.get(reading.at);
                        let reader = id.and_then(|id| self.readers.get(id));
                        if returned.error.is_some() && !reader.is_some_and(Reader::is_librdkafka) {
                            return true;
                        }
                        let reading = &mut self.director.reading;
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

    /// A reader is closed in good order.
    pub(super) fn close_reader(&mut self, by: &Word, wait: SimDuration) {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return;
        };
        let now = self.medium.now;
        if let Some(reader) = self.readers.get_mut(&id) {
            reader.close(now, wait, &mut self.medium.effects(NodeId::Client(id)));
        }
    }

    /// True once `close()` has returned; the reader is gone then.
    pub(super) fn has_closed_reader(&mut self, by: &Word) -> bool {
        let over = self.is_call_over(by);
        if over {
            self.end_reader(by);
        }
        over
    }

    /// A reader has been closed: it is gone, and closes its connections.
    pub(super) fn end_reader(&mut self, by: &Word) {
        if let Some(id) = self.forget_reader(by) {
            self.note(Observation::ClientClosed { client: id });
            self.medium.close_all(NodeId::Client(id));
        }
    }

    /// A reader's process is gone, and its connections with it.
    pub(super) fn kill_reader(&mut self, by: &Word) {
        if let Some(id) = self.forget_reader(by) {
            self.note(Observation::ClientDied { client: id });
            self.medium.break_all(NodeId::Client(id));
        }
    }

    fn forget_reader(&mut self, by: &Word) -> Option<ClientId> {
        let id = self.setup.cast.consumer(&by.0)?;
        self.readers.remove(&id)?;
        let client = NodeId::Client(id);
        self.medium.queue.disarm(client, Timer::Reader);
        self.medium.queue.disarm(client, Timer::Member);
        Some(id)
    }
}
