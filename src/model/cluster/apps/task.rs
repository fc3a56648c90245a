//! A Streams instance (`StreamThread`, `StreamTask`): polls, makes a record of each, and commits from time to time. At least once: what was
//! written is flushed, then the offsets are committed. Exactly once: records and offsets in one transaction.

use super::super::super::ids::{Offset, TopicPartition};
use super::super::super::observation::Read;
use super::super::super::scenario::StreamsAct;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::transaction::TransactionCall;
use super::Next;
use crate::small::Map;
use std::collections::VecDeque;

/// `poll.ms`.
const POLL: SimDuration = SimDuration::from_ms(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    /// The producer has to get its id.
    Init,
    Iterating,
    Polling,
    /// The producer hands out what it has, or puts the offsets into its transaction.
    Flushing,
    Committing,
    Leaving,
    Ended,
}

/// The instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Task {
    exactly_once: bool,
    interval: SimDuration,
    stage: Stage,
    last_commit: SimTime,
    polled: VecDeque<Read>,
    /// A transaction is open.
    in_transaction: bool,
    /// Where what was made ends, and was not committed yet.
    done: Map<TopicPartition, Offset>,
    closes: bool,
}

impl Task {
    pub(super) fn of(act: &StreamsAct, now: SimTime) -> Self {
        let exactly_once = act.exactly_once();
        Self {
            exactly_once,
            interval: SimDuration::from_ms(act.commit_interval_ms()),
            stage: if exactly_once {
                Stage::Init
            } else {
                Stage::Iterating
            },
            last_commit: now,
            polled: VecDeque::new(),
            in_transaction: false,
            done: Map::new(),
            closes: false,
        }
    }

    pub(super) fn on_polled(&mut self, records: Vec<Read>) {
        if self.stage == Stage::Polling {
            self.polled.extend(records);
            self.stage = Stage::Iterating;
        }
    }

    /// It is closed in good order.
    pub(super) fn close(&mut self) {
        self.closes = true;
        if self.stage == Stage::Polling {
            self.stage = Stage::Iterating;
        }
    }

    /// What it does next.
    pub(super) fn next(&mut self, now: SimTime) -> Next {
        match self.stage {
            Stage::Init => {
                self.stage = Stage::Iterating;
                Next::Transact(TransactionCall::Init)
            }
            Stage::Iterating => self.iterate(now),
            Stage::Polling => Next::Wait(None),
            Stage::Flushing => {
                self.stage = Stage::Committing;
                if self.exactly_once {
                    let done = self.done.iter().map(|(partition, at)| (*partition, *at));
                    return Next::SendOffsets(done.collect());
                }
                Next::Flush
            }
            Stage::Committing if self.exactly_once => {
                self.in_transaction = false;
                self.end_commit(now);
                Next::Transact(TransactionCall::Commit)
            }
            Stage::Committing => match self.done.pop_first() {
                Some((partition, offset)) => Next::CommitSync(partition, offset),
                None => {
                    self.end_commit(now);
                    self.next(now)
                }
            },
            Stage::Leaving => {
                self.stage = Stage::Ended;
                Next::Close
            }
            Stage::Ended => Next::End,
        }
    }

    fn iterate(&mut self, now: SimTime) -> Next {
        if let Some(read) = self.polled.front().copied() {
            if self.exactly_once && !self.in_transaction {
                self.in_transaction = true;
                return Next::Transact(TransactionCall::Begin);
            }
            self.polled.pop_front();
            self.done.insert(read.partition, read.offset.next());
            return Next::Make(read);
        }
        let due = now >= self.last_commit + self.interval;
        if (due || self.closes) && !self.done.is_empty() {
            self.stage = Stage::Flushing;
            if self.exactly_once {
                return Next::SendOffsets(std::mem::take(&mut self.done).into_iter().collect());
            }
            return self.next(now);
        }
        if self.closes {
            self.stage = Stage::Leaving;
            return self.next(now);
        }
        if due {
            self.last_commit = now;
        }
        self.stage = Stage::Polling;
        Next::Poll(POLL)
    }

    fn end_commit(&mut self, now: SimTime) {
        self.done.clear();
        self.last_commit = now;
        self.stage = Stage::Iterating;
    }
}
