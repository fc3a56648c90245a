//! What became of records on the reading side: what each group was given, what was done on account of it, how far it went.

use super::final_log::{Logs, Standing, Written};
use super::{Fate, Reception, Row};
use crate::model::board::Board;
use crate::model::cast::Cast;
use crate::model::ids::{ClientId, GroupId, Offset, RecordId, TopicId, TopicPartition};
use crate::model::observation::{
    AppFact, Delivery, DeliveryStep, GroupFact, Observation, Read, ShareFact,
};
use crate::model::scenario::{Act, Scenario};
use crate::model::small::{Few, Map, Set, sort, sort_by_key};
use crate::model::time::SimTime;

/// What the work of a group shows in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    /// In nothing that is told.
    Untold,
    /// In the outside world.
    Outside,
    /// In this topic.
    Output(TopicId),
}

/// A group, as far as its members are known from the script.
struct Known {
    group: GroupId,
    /// What it reads: a topic, or single partitions of it.
    reads: Vec<(TopicId, Option<u32>)>,
    work: Work,
    /// All of its members read committed records only.
    committed_only: bool,
    /// It shares single records out (KIP-932).
    shares: bool,
}

impl Known {
    fn reads(&self, home: TopicPartition) -> bool {
        let this = |(topic, partition): &(TopicId, Option<u32>)| {
            *topic == home.topic && partition.is_none_or(|only| only == home.partition)
        };
        self.reads.iter().any(this)
    }
}

/// What readers were given, while the run goes by.
pub(super) struct Readers {
    known: Vec<Known>,
    group_of: Map<ClientId, GroupId>,
    given: Map<(GroupId, RecordId), Few<SimTime>>,
    done: Map<(GroupId, RecordId), Few<SimTime>>,
    /// The first offset that a group was ever given.
    first: Map<(GroupId, TopicPartition), Offset>,
    /// Records that a share group will not give out again, though nobody accepted them.
    given_up: Set<(GroupId, TopicPartition, Offset)>,
    /// When a group first committed behind an offset: ascending in time.
    commits: Vec<(SimTime, GroupId, TopicPartition, Offset)>,
    /// When each record was ever returned, and from where; to which group, if to one.
    reads: Map<RecordId, Few<(SimTime, Option<GroupId>, Read)>>,
    /// Groups that were given what is gone.
    misled: Map<(GroupId, TopicPartition), Misled>,
}

/// A group that was given what is gone: where it stands says nothing of what has been written there since. It will come back when
/// it learns of it (KIP-320).
#[derive(Clone, Copy, Default)]
struct Misled {
    /// Above everything that it was given and that is gone.
    gone: Offset,
    /// Above everything that it was given and that is there.
    there: Offset,
}

impl Readers {
    pub(super) fn of(scenario: &Scenario, cast: &Cast) -> Self {
        let mut readers = Self {
            known: Vec::new(),
            group_of: Map::new(),
            given: Map::new(),
            done: Map::new(),
            first: Map::new(),
            given_up: Set::new(),
            commits: Vec::new(),
            reads: Map::new(),
            misled: Map::new(),
        };
        for act in &scenario.steps {
            readers.meet(scenario, act, cast);
        }
        sort_by_key(&mut readers.known, |known| known.group);
        readers
    }

    /// A consumer of the script, or one that an application has.
    fn meet(&mut self, scenario: &Scenario, act: &Act, cast: &Cast) {
        let Some(consumer) = act.any_consumer() else {
            return;
        };
        let id = cast.consumer(&consumer.id.0);
        let group = consumer.group_name().and_then(|name| cast.group(name));
        let topic = cast.topic(consumer.topic.as_ref().map(|topic| topic.0.as_str()));
        let (Some(id), Some(group), Some(topic)) = (id, group, topic) else {
            return;
        };
        self.group_of.insert(id, group);
        let reads = match &consumer.assign {
            None => vec![(topic, None)],
            Some(own) => own.iter().map(|only| (topic, Some(only.0))).collect(),
        };
        let shares = matches!(act, Act::ShareConsumer(_));
        let committed_only = scenario.reads_committed_only(&consumer, shares);
        match self.known.iter_mut().find(|known| known.group == group) {
            Some(known) => {
                known.reads.extend(reads);
                known.committed_only &= committed_only;
            }
            None => self.known.push(Known {
                group,
                reads,
                work: work_of(act, cast),
                committed_only,
                shares,
            }),
        }
    }

    pub(super) fn take(&mut self, at: SimTime, fact: &Observation, cast: &Cast) {
        match fact {
            Observation::RecordsRead { reader, records } => {
                for read in records {
                    self.give(at, *reader, *read, cast);
                }
            }
            Observation::Share(ShareFact::RecordsDelivered { consumer, records }) => {
                for (read, _) in records {
                    self.give(at, *consumer, *read, cast);
                }
            }
            Observation::Share(ShareFact::DeliveryChanged(change)) => self.settle(change),
            Observation::App(AppFact::EffectDone { by, record, .. }) => {
                if let Some(group) = self.group_of.get(by) {
                    let key = (*group, cast.origin_of(*record));
                    self.done.entry(key).or_default().push(at);
                }
            }
            Observation::Group(GroupFact::OffsetsCommitted { group, offsets, .. }) => {
                let all = offsets.iter();
                self.commits
                    .extend(all.map(|(place, offset)| (at, *group, *place, *offset)));
            }
            _ => {}
        }
    }

    fn give(&mut self, at: SimTime, reader: ClientId, read: Read, cast: &Cast) {
        let group = self.group_of.get(&reader);
        let reads = self.reads.entry(read.record).or_default();
        reads.push((at, group.copied(), read));
        if let Some(group) = group {
            let key = (*group, cast.origin_of(read.record));
            self.given.entry(key).or_default().push(at);
            let first = self.first.entry((*group, read.partition));
            let first = first.or_insert(read.offset);
            *first = (*first).min(read.offset);
        }
    }

    fn settle(&mut self, change: &Delivery) {
        let all = (change.first.0..=change.last.0).map(Offset);
        let keys = all.map(|offset| (change.group, change.partition, offset));
        match change.step {
            DeliveryStep::GivenUp => self.given_up.extend(keys),
            _ => keys.for_each(|key| _ = self.given_up.remove(&key)),
        }
    }

    /// Compares all that groups were given with what is left.
    pub(super) fn look_back(&mut self, logs: &Logs) {
        let is_gone = |read: &Read| {
            logs.get(&read.partition)
                .is_some_and(|log| read.offset >= log.log_start && !log.has(read))
        };
        let all = || self.reads.values().flatten();
        if !all().any(|(_, _, read)| is_gone(read)) {
            return;
        }
        let mut misled: Map<_, Misled> = Map::new();
        for (_, group, read) in all() {
            if let Some(group) = group {
                let known = misled.entry((*group, read.partition)).or_default();
                let above = match is_gone(read) {
                    true => &mut known.gone,
                    false => &mut known.there,
                };
                *above = (*above).max(read.offset.next());
            }
        }
        self.misled = misled;
    }

    /// Completes a row with what groups got of its record, and with the fates that come of it.
    pub(super) fn complete(&self, row: &mut Row, deleted: bool, end: &End) {
        let Some(home) = row.partition else {
            return;
        };
        if let Some(at) = self.gone_after_read(row, home, deleted, end) {
            add(row, Fate::ReadThenGone, Some(at));
        }
        for known in self.known.iter().filter(|known| known.reads(home)) {
            let key = (known.group, row.record);
            let given = self.given.get(&key).map_or(&[][..], Few::as_slice);
            let done = self.done.get(&key).map_or(&[][..], Few::as_slice);
            let effects = match known.work {
                Work::Untold => None,
                Work::Outside => Some(count(done.len())),
                Work::Output(topic) => Some(end.made_of(row.record, topic)),
            };
            let places = places(row, home);
            let passed = self.has_passed(known, &places, end);
            let reception = Reception {
                group: known.group,
                delivered: count(given.len()),
                effects,
                passed: passed.is_some(),
            };
            row.groups.push(reception);
            let times = reception.times();
            let again = match known.work {
                Work::Untold => given.get(1),
                Work::Outside | Work::Output(_) => done.get(1),
            };
            let counts = row.visible.committed > 0
                || !known.committed_only && row.visible.uncommitted > 0
                || row.fates.contains(&Fate::Deleted);
            match (times, passed) {
                (2.., _) => add(row, Fate::ProcessedTwice, again.copied()),
                (0, Some(at)) if counts && !end.is_parked(row.record) => {
                    add(row, Fate::Skipped, at);
                }
                (0, None) => wait(row),
                _ => {}
            }
        }
    }

    /// When a consumer was given what no leader has any more, though nobody deleted it: the first time.
    fn gone_after_read(
        &self,
        row: &Row,
        home: TopicPartition,
        deleted: bool,
        end: &End,
    ) -> Option<SimTime> {
        let start = end.logs.get(&home)?.log_start;
        let mut reads = self.reads.get(&row.record)?.iter();
        let gone = reads.find(|(_, _, read)| {
            let there = row.offsets.contains(&read.offset);
            !there && (!deleted || read.offset >= start)
        });
        gone.map(|(at, ..)| *at)
    }

    /// Whether a group is behind a record for good, and since when if that is known.
    fn has_passed(
        &self,
        known: &Known,
        places: &[(TopicPartition, Offset)],
        end: &End,
    ) -> Option<Option<SimTime>> {
        if known.shares {
            // It was tried too often or rejected, or it lies before the group's beginning.
            let over = |(home, offset): &(TopicPartition, Offset)| {
                let first = self.first.get(&(known.group, *home));
                self.given_up.contains(&(known.group, *home, *offset))
                    || first.is_some_and(|first| offset < first)
            };
            return places.iter().any(over).then_some(None);
        }
        let (home, last) = places.last()?;
        let far = end.board.committed.get(&(known.group, *home)).copied();
        let members = self.group_of.iter().filter(|(_, of)| **of == known.group);
        let positions =
            members.filter_map(|(id, _)| *end.board.consumers.get(id)?.positions.get(home)?);
        let far = positions.chain(far).max()?;
        let misled = self.misled.get(&(known.group, *home));
        if misled.is_some_and(|known| known.gone > *last && known.there <= *last) {
            return None;
        }
        let past = |(_, group, place, offset): &&(SimTime, GroupId, TopicPartition, Offset)| {
            *group == known.group && place == home && offset > last
        };
        let since = self.commits.iter().find(past).map(|(at, ..)| *at);
        (far > *last).then_some(since)
    }
}

/// Where a group would have met a record: its copies, or the place that it was deleted from.
fn places(row: &Row, home: TopicPartition) -> Vec<(TopicPartition, Offset)> {
    let told = match row.told {
        super::Told::Acknowledged(Some(offset)) => Some(offset),
        _ => None,
    };
    let copies = row.offsets.iter().copied();
    let mut all: Vec<_> = copies.map(|offset| (home, offset)).collect();
    if all.is_empty() {
        all.extend(told.map(|offset| (home, offset)));
    }
    all
}

/// A record has one more fate.
fn add(row: &mut Row, fate: Fate, at: Option<SimTime>) {
    let gravest = row.fate();
    row.fates
        .retain(|known| *known != Fate::DeliveredOnce && *known != fate);
    row.fates.push(fate);
    sort(&mut row.fates);
    if row.fate() == fate && gravest != fate {
        row.decided_at = at.or(row.told_at);
    }
}

/// A group has not got to a record that is there for it.
fn wait(row: &mut Row) {
    if row.fates.as_slice() == [Fate::DeliveredOnce] {
        row.fates = Few::from_elem(Fate::Pending, 1);
        row.decided_at = None;
    }
}

/// As a number that a row can hold.
pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn work_of(act: &Act, cast: &Cast) -> Work {
    match act {
        Act::Consumer(_) | Act::ShareConsumer(_) => Work::Untold,
        Act::Streams(streams) => match cast.topic(Some(streams.out())) {
            Some(topic) => Work::Output(topic),
            None => Work::Untold,
        },
        _ => Work::Outside,
    }
}

/// How a run ended, as far as readers are concerned.
pub(super) struct End<'a> {
    pub(super) board: &'a Board,
    pub(super) logs: &'a Logs,
    /// How often the logs hold what was made of a record for a topic, and count it.
    made: Map<(TopicId, RecordId), u32>,
    /// What somebody keeps a copy of elsewhere, to deal with it later.
    parked: Set<RecordId>,
}

impl<'a> End<'a> {
    pub(super) fn of(board: &'a Board, logs: &'a Logs, cast: &Cast) -> Self {
        let mut made: Map<(TopicId, RecordId), u32> = Map::new();
        for (home, log) in logs {
            let counts = |copy: &&Written| copy.standing == Standing::Counts;
            for copy in log.records.iter().filter(counts) {
                let origin = cast.origin_of(copy.record);
                if origin != copy.record {
                    *made.entry((home.topic, origin)).or_default() += 1;
                }
            }
        }
        let parked = made.keys().map(|(_, origin)| *origin).collect();
        Self {
            board,
            logs,
            made,
            parked,
        }
    }

    fn made_of(&self, record: RecordId, topic: TopicId) -> u32 {
        self.made.get(&(topic, record)).copied().unwrap_or(0)
    }

    fn is_parked(&self, record: RecordId) -> bool {
        self.parked.contains(&record)
    }
}
