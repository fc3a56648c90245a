//! The task of a sink connector (`WorkerSinkTask`): polls, converts and transforms each record, hands the batch to `put()`, and commits
//! the offsets of what `put()` has taken. What fails in a transform is tried again in place (`RetryWithToleranceOperator`).
//!
//! It says what it does next and hears what came of it; it touches neither consumer nor world itself.

use super::super::super::ids::{ClientId, Offset, TopicPartition};
use super::super::super::observation::Read;
use super::super::super::prng::Seed;
use super::super::super::reader::Going;
use super::super::super::scenario::ConnectAct;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::wire::ReadError;
use super::Next;
use super::tolerance::{Attempt, Flaw, Tolerance, ms};
use crate::small::Map;
use std::collections::VecDeque;

/// How long the recorder's sink wants to wait before its batch comes again.
const REDELIVERY: SimDuration = SimDuration::from_ms(300);

/// How long it polls while a commit that is due waits for the end of the one before.
const COMMITTING: SimDuration = SimDuration::from_ms(100);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Iterating,
    /// `poll()` has been called.
    Polling,
    Converting,
    /// `put()` is at this record of the batch.
    Putting(usize),
    /// These are committed before the end.
    Closing(Vec<(TopicPartition, Offset)>),
    Leaving,
    Ended,
}

/// The task.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sink {
    /// `offset.flush.interval.ms`.
    flush: SimDuration,
    /// `offset.flush.timeout.ms`.
    flush_timeout: SimDuration,
    tolerance: Tolerance,
    put: Option<Flaw>,

    stage: Stage,
    next_commit: SimTime,
    polled: VecDeque<Read>,
    batch: Vec<Read>,
    /// The batch is put again.
    again: bool,
    /// Where the batch ends, and where what was put and committed ends.
    origins: Map<TopicPartition, Offset>,
    done: Map<TopicPartition, Offset>,
    committed: Map<TopicPartition, Offset>,
    /// A commit is under way, since then.
    committing: Option<(Map<TopicPartition, Offset>, SimTime)>,
    /// A listener waits: for the commit of these, then for its return.
    listening: Option<Vec<(TopicPartition, Offset)>>,
    stops: bool,
    pub(super) failed: bool,
}

impl Sink {
    pub(super) fn of(id: ClientId, act: &ConnectAct, seed: Seed, now: SimTime) -> Self {
        let flush = ms(&act.worker, "offset.flush.interval.ms", 60_000).unwrap_or(0);
        let flush = SimDuration::from_ms(flush);
        Self {
            flush,
            flush_timeout: ms(&act.worker, "offset.flush.timeout.ms", 5_000)
                .map_or(SimDuration(0), SimDuration::from_ms),
            tolerance: Tolerance::of(id, act, seed, now),
            put: Flaw::of(
                &act.connector,
                ["fail.on", "fail.kind", "fail.times"],
                ("retriable", 1),
            ),
            stage: Stage::Iterating,
            next_commit: now + flush,
            polled: VecDeque::new(),
            batch: Vec::new(),
            again: false,
            origins: Map::new(),
            done: Map::new(),
            committed: Map::new(),
            committing: None,
            listening: None,
            stops: false,
            failed: false,
        }
    }

    /// `poll()` has returned.
    pub(super) fn on_polled(&mut self, records: Vec<Read>, error: Option<ReadError>) {
        if self.stage == Stage::Polling && error.is_some() {
            return self.fail();
        }
        if self.stage == Stage::Polling {
            self.polled.extend(records);
            self.stage = Stage::Converting;
        }
    }

    /// `onPartitionsRemoved`: what `put()` has taken of what goes is committed, unless it is lost; nothing of it is put any more.
    pub(super) fn on_going(&mut self, going: &Going) {
        let goes = |id: &TopicPartition| going.partitions.contains(id);
        let open: Vec<_> = self.open().filter(|(id, _)| goes(id)).collect();
        self.listening = Some(if going.lost { Vec::new() } else { open });
        for offsets in [&mut self.origins, &mut self.done, &mut self.committed] {
            offsets.retain(|id, _| !goes(id));
        }
        self.batch.retain(|read| !goes(&read.partition));
        if self.stage == Stage::Polling {
            // What could not be put is put again after the `poll()` in which this is told.
            self.again |= !self.batch.is_empty();
            self.stage = Stage::Iterating;
        }
    }

    /// A commit for which nobody waited has ended (`onCommitCompleted`).
    pub(super) fn on_committed(&mut self, well: bool) {
        if let Some((offsets, _)) = self.committing.take().filter(|_| well) {
            let known = offsets.into_iter();
            let known = known.filter(|(id, _)| self.done.contains_key(id));
            self.committed.extend(known);
        }
    }

    /// What `put()` has taken and is not committed.
    fn open(&self) -> impl Iterator<Item = (TopicPartition, Offset)> + '_ {
        let done = self.done.iter();
        let open = done.filter(|(id, at)| self.committed.get(id) != Some(at));
        open.map(|(id, at)| (*id, *at))
    }

    /// The worker is stopped in good order: what `poll()` waits for does not come any more.
    pub(super) fn stop(&mut self) {
        self.stops = true;
        if self.stage == Stage::Polling {
            self.stage = Stage::Iterating;
        }
    }

    /// What it does next.
    pub(super) fn next<'a>(
        &mut self,
        now: SimTime,
        value: impl Fn(&Read) -> &'a str + Copy,
    ) -> Next {
        if let Some(offsets) = &mut self.listening {
            let offsets = std::mem::take(offsets);
            if offsets.is_empty() {
                self.listening = None;
                return Next::ListenerReturns;
            }
            return Next::CommitSync(offsets);
        }
        loop {
            match &mut self.stage {
                Stage::Iterating if self.stops => self.close(),
                Stage::Iterating => {
                    if let Some(next) = self.iterate(now) {
                        return next;
                    }
                }
                Stage::Polling => return Next::Wait(None),
                Stage::Converting => {
                    if let Some(next) = self.convert(now, value) {
                        return next;
                    }
                }
                Stage::Putting(at) => {
                    let at = *at;
                    if let Some(next) = self.put(at, value) {
                        return next;
                    }
                }
                Stage::Closing(offsets) => {
                    let offsets = std::mem::take(offsets);
                    self.stage = Stage::Leaving;
                    if !offsets.is_empty() {
                        return Next::CommitSync(offsets);
                    }
                }
                Stage::Leaving => {
                    self.stage = Stage::Ended;
                    return Next::Close;
                }
                Stage::Ended => return Next::End,
            }
        }
    }

    /// `iteration()`: commits if it is time, then goes on with a batch that has to come again, or polls.
    fn iterate(&mut self, now: SimTime) -> Option<Next> {
        let given_up = |(_, began): &(_, SimTime)| now >= *began + self.flush_timeout;
        if self.committing.as_ref().is_some_and(given_up) {
            self.committing = None;
        }
        if now >= self.next_commit && self.committing.is_none() {
            self.next_commit = now + self.flush;
            if self.done != self.committed {
                self.committing = Some((self.done.clone(), now));
                let done = self.done.iter();
                return Some(Next::CommitAsync(done.map(|(p, at)| (*p, *at)).collect()));
            }
        }
        let wait = match self.next_commit.since(now) {
            SimDuration(0) => COMMITTING,
            wait => wait,
        };
        if self.again {
            self.again = false;
            self.stage = Stage::Polling;
            return Some(Next::PollPaused(wait.min(REDELIVERY)));
        }
        self.stage = Stage::Polling;
        Some(Next::Poll(wait))
    }

    /// `convertMessages()`: one record after the other goes through the transform.
    fn convert<'a>(
        &mut self,
        now: SimTime,
        value: impl Fn(&Read) -> &'a str + Copy,
    ) -> Option<Next> {
        let Some(read) = self.polled.front().copied() else {
            self.stage = Stage::Putting(0);
            return None;
        };
        let stops = self.stops;
        match self
            .tolerance
            .attempt(now, value(&read), read.offset.0, stops)
        {
            Attempt::Passed => {
                self.take_first(read);
                None
            }
            Attempt::Again(at) => Some(Next::Wait(Some(at))),
            Attempt::Dropped => self.drop_first(read),
            Attempt::Fatal => {
                self.fail();
                Some(Next::DeadLetter(read))
            }
        }
    }

    fn take_first(&mut self, read: Read) {
        self.pass_first(read);
        self.batch.push(read);
    }

    fn pass_first(&mut self, read: Read) {
        self.polled.pop_front();
        self.origins.insert(read.partition, read.offset.next());
    }

    fn drop_first(&mut self, read: Read) -> Option<Next> {
        self.pass_first(read);
        Some(Next::DeadLetter(read))
    }

    /// `deliverMessages()`: what was written before a failure stays written.
    fn put<'a>(&mut self, at: usize, value: impl Fn(&Read) -> &'a str) -> Option<Next> {
        let Some(read) = self.batch.get(at).copied() else {
            self.done.append(&mut self.origins);
            self.batch.clear();
            self.stage = Stage::Iterating;
            return None;
        };
        let flaw = self.put.as_mut();
        if let Some(flaw) = flaw.filter(|flaw| flaw.left > 0)
            && flaw.strikes(value(&read))
        {
            if flaw.retriable {
                self.again = true;
                self.stage = Stage::Iterating;
            } else {
                self.fail();
            }
            return None;
        }
        self.stage = Stage::Putting(at + 1);
        Some(Next::Effect(read))
    }

    /// The task is killed by an exception: what was put before is committed all the same.
    fn fail(&mut self) {
        self.failed = true;
        self.close();
    }

    fn close(&mut self) {
        let open = self.open().collect();
        self.stage = Stage::Closing(open);
    }
}
