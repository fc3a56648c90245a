//! The task of a source connector (`AbstractWorkerSourceTask`): polls rows of an outside source, transforms each, sends it, and keeps how far
//! the source is. At least once (`WorkerSourceTask`): what has been acknowledged is kept from time to time. Exactly once
//! (`ExactlyOnceWorkerSourceTask`, KIP-618): rows and position in one transaction.
//!
//! It says what it does next and hears what came of it; it touches no client itself.

use super::super::super::ids::{ClientId, RecordId};
use super::super::super::prng::Seed;
use super::super::super::scenario::ConnectAct;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::transaction::TransactionCall;
use super::Next;
use super::tolerance::{Attempt, Tolerance, ms};
use std::collections::VecDeque;

/// What it has to do before it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Todo {
    Transact(TransactionCall),
    /// How far it has sent goes into the transaction.
    Keep,
    /// The transaction is committed.
    Committed,
    Close,
    End,
}

/// A row that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Submitted {
    row: u32,
    record: RecordId,
    acknowledged: bool,
}

/// A position that is being kept, since then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Flush {
    position: u32,
    record: Option<RecordId>,
    since: SimTime,
}

/// The task.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source {
    rows: u32,
    /// So many rows a `poll()`, and so long between two.
    per_poll: u32,
    every: SimDuration,
    /// `offset.flush.interval.ms`.
    flush: SimDuration,
    /// `offset.flush.timeout.ms`.
    flush_timeout: SimDuration,
    /// With `exactly.once.source.support`: how long between two commits; none at all with the boundary `poll`.
    commits_every: Option<SimDuration>,
    tolerance: Tolerance,

    todo: VecDeque<Todo>,
    /// It does not know yet how far its source was read.
    learns: bool,
    /// The next row that is polled.
    next_row: u32,
    next_poll: SimTime,
    batch: VecDeque<u32>,
    /// In the order of their sending, from the first that is not acknowledged on.
    submitted: VecDeque<Submitted>,
    /// How far all is acknowledged, or, exactly once, sent; and how far that is kept.
    done: u32,
    kept: u32,
    flushing: Option<Flush>,
    next_flush: SimTime,
    /// A transaction is open.
    open: bool,
    last_commit: SimTime,
    /// It ends: what is not acknowledged by then does not count.
    ends_by: Option<SimTime>,
    stops: bool,
    /// A record could not be written.
    unwritten: bool,
    pub(super) failed: bool,
}

impl Source {
    pub(super) fn of(id: ClientId, act: &ConnectAct, seed: Seed, now: SimTime) -> Self {
        let number = |from, key, usual| ms(from, key, usual).unwrap_or(0);
        let time = |from, key, usual| SimDuration::from_ms(number(from, key, usual));
        let (worker, connector) = (&act.worker, &act.connector);
        let flush = time(worker, "offset.flush.interval.ms", 60_000);
        let by_interval = connector.get("transaction.boundary") == Some("interval");
        let interval = by_interval.then(|| {
            let own = ms(connector, "transaction.boundary.interval.ms", -1);
            own.map_or(flush, SimDuration::from_ms)
        });
        let exactly_once = act.is_exactly_once();
        let init = exactly_once.then_some(Todo::Transact(TransactionCall::Init));
        let per_poll = number(connector, "poll.rows", 1).max(1);
        Self {
            rows: u32::try_from(act.source.len()).unwrap_or(u32::MAX),
            per_poll: u32::try_from(per_poll).unwrap_or(u32::MAX),
            every: time(connector, "poll.interval.ms", 10),
            flush,
            flush_timeout: time(worker, "offset.flush.timeout.ms", 5_000),
            commits_every: exactly_once.then(|| interval.unwrap_or_default()),
            tolerance: Tolerance::of(id, act, seed, now),
            todo: init.into_iter().collect(),
            learns: true,
            next_row: 0,
            next_poll: now,
            batch: VecDeque::new(),
            submitted: VecDeque::new(),
            done: 0,
            kept: 0,
            flushing: None,
            next_flush: now + flush,
            open: false,
            last_commit: now,
            ends_by: None,
            stops: false,
            unwritten: false,
            failed: false,
        }
    }

    /// It reads on behind that row of its source.
    pub(super) fn on_position(&mut self, position: u32) {
        self.learns = false;
        (self.next_row, self.done, self.kept) = (position, position, position);
    }

    /// What it just sent is that record.
    pub(super) fn note_made(&mut self, record: RecordId) {
        match &mut self.flushing {
            Some(flush) if flush.record.is_none() => flush.record = Some(record),
            _ => {
                if let Some(last) = self.submitted.back_mut() {
                    last.record = record;
                }
            }
        }
    }

    /// A record was acknowledged, or will not be (`SubmittedRecords`, `producerSendFailed`).
    pub(super) fn on_written(&mut self, now: SimTime, record: RecordId, well: bool) {
        if let Some(flush) = self.flushing.filter(|flush| flush.record == Some(record)) {
            self.flushing = None;
            self.next_flush = now + self.flush;
            self.kept = if well { flush.position } else { self.kept };
        }
        let of = |one: &&mut Submitted| one.record == record && !one.acknowledged;
        let Some(own) = self.submitted.iter_mut().find(of) else {
            return;
        };
        own.acknowledged = well || self.tolerance.tolerates;
        // What a transaction could not write its commit tells.
        self.unwritten |= !own.acknowledged && self.commits_every.is_none();
        while let Some(first) = self.submitted.front().filter(|one| one.acknowledged) {
            self.done = self.done.max(first.row + 1);
            self.submitted.pop_front();
        }
    }

    /// A transactional call threw.
    pub(super) fn on_thrown(&mut self, now: SimTime) {
        if !self.failed {
            self.todo.clear();
            self.fail(now);
        }
    }

    /// The worker is stopped in good order.
    pub(super) fn stop(&mut self) {
        self.stops = true;
    }

    /// What it does next.
    pub(super) fn next<'a>(&mut self, now: SimTime, value: impl Fn(u32) -> &'a str) -> Next {
        loop {
            if let Some(todo) = self.todo.pop_front() {
                if let Some(next) = self.perform(todo, now) {
                    return next;
                }
                continue;
            }
            if self.learns && self.ends_by.is_none() && !self.stops {
                return Next::LearnPosition;
            }
            let next = match (self.commits_every, self.ends_by) {
                (None, Some(until)) => self.end_at_least_once(now, until),
                (Some(_), Some(_)) => self.leave(),
                (None, None) => self.keep_if_due(now).or_else(|| self.go_on(now, &value)),
                (Some(_), None) => self.go_on(now, &value),
            };
            if let Some(next) = next {
                return next;
            }
        }
    }

    /// The loop of the task (`execute`).
    fn go_on<'a>(&mut self, now: SimTime, value: impl Fn(u32) -> &'a str) -> Option<Next> {
        if self.unwritten {
            self.fail(now);
            return None;
        }
        if let Some(row) = self.batch.front().copied() {
            return self.send(now, row, value(row));
        }
        if self.stops {
            self.end(now);
            return None;
        }
        if self.next_row < self.rows && now >= self.next_poll {
            let to = self.next_row.saturating_add(self.per_poll).min(self.rows);
            self.batch.extend(self.next_row..to);
            self.next_row = to;
            self.next_poll = now + self.every;
            return None;
        }
        if self.commit_if_due(now) {
            return None;
        }
        let poll = (self.next_row < self.rows).then_some(self.next_poll);
        let flush = self.commits_every.is_none().then_some(self.next_flush);
        let open = self.commits_every.filter(|_| self.open);
        let commit = open.map(|every| self.last_commit + every);
        let given_up = self.flushing.map(|flush| flush.since + self.flush_timeout);
        let flush = given_up.or(flush);
        let at = poll.into_iter().chain(flush).chain(commit).min();
        Some(Next::Wait(at))
    }

    /// One row is transformed and sent.
    fn send(&mut self, now: SimTime, row: u32, value: &str) -> Option<Next> {
        match self.tolerance.attempt(now, value, row.into(), self.stops) {
            Attempt::Passed => {}
            Attempt::Again(at) => return Some(Next::Wait(Some(at))),
            Attempt::Dropped => {
                self.batch.pop_front();
                self.end_batch(now);
                return None;
            }
            Attempt::Fatal => {
                self.fail(now);
                return None;
            }
        }
        if self.commits_every.is_some() && !self.open {
            self.begin();
            return None;
        }
        self.batch.pop_front();
        match self.commits_every {
            // What went into the producer is kept with it.
            Some(_) => self.done = row + 1,
            None => self.submitted.push_back(Submitted {
                row,
                record: RecordId(u32::MAX),
                acknowledged: false,
            }),
        }
        self.end_batch(now);
        Some(Next::Row(row))
    }

    fn begin(&mut self) {
        self.open = true;
        self.todo.push_back(Todo::Transact(TransactionCall::Begin));
    }

    /// `batchDispatched`, `TransactionBoundaryManager`.
    fn end_batch(&mut self, now: SimTime) {
        if self.batch.is_empty() {
            self.commit_if_due(now);
        }
    }

    fn commit_if_due(&mut self, now: SimTime) -> bool {
        let due = self
            .commits_every
            .is_some_and(|every| now >= self.last_commit + every);
        if due {
            self.last_commit = now;
        }
        due && self.commit()
    }

    /// `commitTransaction`: nothing if nothing is open.
    fn commit(&mut self) -> bool {
        let commits = self.open || self.done > self.kept;
        if commits {
            if !self.open {
                self.begin();
            }
            let commit = Todo::Transact(TransactionCall::Commit);
            self.todo.extend([Todo::Keep, commit, Todo::Committed]);
        }
        commits
    }

    /// `commitOffsets`, of a thread of its own (`SourceTaskOffsetCommitter`).
    fn keep_if_due(&mut self, now: SimTime) -> Option<Next> {
        let given_up = |flush: &Flush| now >= flush.since + self.flush_timeout;
        if self.flushing.as_ref().is_some_and(given_up) {
            self.flushing = None;
            self.next_flush = now + self.flush;
        }
        if now < self.next_flush || self.flushing.is_some() {
            return None;
        }
        self.next_flush = now + self.flush;
        self.keep(now)
    }

    fn keep(&mut self, now: SimTime) -> Option<Next> {
        if self.done <= self.kept {
            return None;
        }
        self.flushing = Some(Flush {
            position: self.done,
            record: None,
            since: now,
        });
        Some(Next::KeepPosition(self.done))
    }

    /// The task is killed by an exception: what is acknowledged is kept all the same, but for transactions.
    fn fail(&mut self, now: SimTime) {
        self.failed = true;
        self.batch.clear();
        self.ends_by = Some(now + self.flush_timeout);
    }

    /// It is stopped in good order (`finalOffsetCommit`).
    fn end(&mut self, now: SimTime) {
        self.ends_by = Some(now + self.flush_timeout);
        if self.commits_every.is_some() {
            self.commit();
        }
    }

    /// What is acknowledged within some time is kept, then its clients are closed.
    fn end_at_least_once(&mut self, now: SimTime, until: SimTime) -> Option<Next> {
        let waits = !self.submitted.is_empty() || self.flushing.is_some();
        if waits && now < until && !self.unwritten {
            return Some(Next::Wait(Some(until)));
        }
        if self.flushing.is_none() && self.done > self.kept && now < until {
            return self.keep(now);
        }
        self.leave()
    }

    fn leave(&mut self) -> Option<Next> {
        self.todo.extend([Todo::Close, Todo::End]);
        None
    }

    fn perform(&mut self, todo: Todo, now: SimTime) -> Option<Next> {
        match todo {
            Todo::Transact(call) => return Some(Next::Transact(call)),
            Todo::Keep if self.done > self.kept => return Some(Next::KeepPosition(self.done)),
            Todo::Keep => {}
            Todo::Committed => {
                self.open = false;
                self.kept = self.done;
                self.last_commit = self.last_commit.max(now);
            }
            Todo::Close => return Some(Next::Close),
            Todo::End => return Some(Next::End),
        }
        None
    }
}
