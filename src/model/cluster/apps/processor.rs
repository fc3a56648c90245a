//! An application on a consumer, as people write it: poll, work on each record, commit. What it does to the outside world is done for good;
//! what it committed, and when, decides whether the work is done once, twice or never.

use super::super::super::ids::{Offset, RecordId, TopicPartition};
use super::super::super::observation::Read;
use super::super::super::reader::Going;
use super::super::super::scenario::{CommitWhen, DiesAt, OnFailure, ProcessAct};
use super::super::super::text::Whole;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::wire::ReadError;
use super::Next;
use crate::small::Map;
use std::collections::VecDeque;

/// A try takes some time, even of work that fails at once and is tried again without a pause.
const SHORTEST_RETRY: SimDuration = SimDuration::from_ms(1);

/// How long one `poll()` waits.
const POLL: SimDuration = SimDuration::from_ms(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Iterating,
    Polling,
    Closing,
    Dying,
    Ended,
}

/// What it emits, and how far that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Emission {
    None,
    Write(RecordId),
    Flush(RecordId),
    Mark(RecordId),
}

/// The application.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Processor {
    takes: SimDuration,
    backoff: SimDuration,
    delay: SimDuration,
    emits: bool,
    outbox: bool,
    commit: CommitWhen,
    hands_off: bool,
    listens: bool,
    idempotent: bool,
    on_failure: OnFailure,
    /// Value, and how often it still fails; none is for ever.
    fails: Option<(String, Option<u32>)>,
    attempts: Option<u32>,
    forwards: bool,
    dies: Option<(String, DiesAt)>,

    stage: Stage,
    /// What is to be worked on.
    queue: VecDeque<Read>,
    /// The work on the first of them is done then.
    works_until: Option<SimTime>,
    /// Tries of the first.
    tries: u32,
    /// Where what `poll()` returned ends, or what was worked on.
    reached: Map<TopicPartition, Offset>,
    to_commit: Vec<(TopicPartition, Offset)>,
    /// It goes back there before the next `poll()`.
    back_to: Option<Read>,
    closes: bool,
    /// Its listener is told something.
    listening: bool,
    emission: Emission,
    /// It dies once what it emits now is written.
    dies_emitted: bool,
}

impl Processor {
    pub(super) fn of(act: &ProcessAct) -> Self {
        let ms = |given: Option<Whole>| {
            SimDuration::from_ms(u64::from(given.map_or(0, |given| given.0)))
        };
        Self {
            takes: ms(act.takes_ms),
            backoff: ms(act.backoff_ms),
            delay: ms(act.delay_ms),
            emits: act.emit.is_some(),
            outbox: act.outbox,
            commit: act.commit,
            hands_off: act.hand_off,
            listens: act.commit_when_revoked,
            idempotent: act.idempotent,
            on_failure: act.on_failure,
            fails: act.fails.as_ref().map(|trouble| {
                let times = trouble.times.map(|times| times.0);
                (trouble.on.0.clone(), times)
            }),
            attempts: act.attempts.map(|most| most.0),
            forwards: act.forward.is_some(),
            dies: act
                .dies
                .as_ref()
                .map(|death| (death.on.0.clone(), death.at)),
            stage: Stage::Iterating,
            queue: VecDeque::new(),
            works_until: None,
            tries: 0,
            reached: Map::new(),
            to_commit: Vec::new(),
            back_to: None,
            closes: false,
            listening: false,
            emission: Emission::None,
            dies_emitted: false,
        }
    }

    pub(super) fn on_polled(&mut self, records: Vec<Read>, error: Option<ReadError>) {
        if self.stage != Stage::Polling {
            return;
        }
        self.stage = Stage::Iterating;
        if error.is_some() {
            // Nobody catches what `poll()` throws.
            self.queue.clear();
            self.stage = match self.on_failure {
                OnFailure::Close => Stage::Closing,
                _ => Stage::Dying,
            };
            return;
        }
        if self.commit == CommitWhen::BeforeBatch {
            for read in &records {
                self.reached.insert(read.partition, read.offset.next());
            }
            self.commit_reached();
        }
        self.queue.extend(records);
    }

    /// Its listener: what is done is committed, unless the partitions are lost; what waits in the queue is somebody else's.
    pub(super) fn on_going(&mut self, going: &Going) {
        self.listening = true;
        if self.stage == Stage::Polling {
            self.stage = Stage::Iterating;
        }
        self.queue
            .retain(|read| !going.partitions.contains(&read.partition));
        if self.queue.is_empty() {
            self.works_until = None;
        }
        if going.lost {
            self.reached.retain(|id, _| !going.partitions.contains(id));
        }
        self.commit_reached();
    }

    /// It is closed in good order: what it has in hand is finished first, unless a thread of its own has it.
    pub(super) fn close(&mut self) {
        self.closes = true;
        if self.stage == Stage::Polling {
            self.stage = Stage::Iterating;
        }
    }

    /// Whether its poll waits although there is work in the queue.
    pub(super) fn works_beside_poll(&self) -> bool {
        self.hands_off && !self.queue.is_empty()
    }

    /// What it does next.
    pub(super) fn next<'a>(
        &mut self,
        now: SimTime,
        value: impl Fn(&Read) -> &'a str,
        row: Option<RecordId>,
    ) -> Next {
        if let Some(next) = self.emit(row) {
            return next;
        }
        if !self.to_commit.is_empty() {
            return Next::CommitSync(std::mem::take(&mut self.to_commit));
        }
        if std::mem::take(&mut self.listening) {
            return Next::ListenerReturns;
        }
        match self.stage {
            Stage::Closing => {
                if self.listens && !self.reached.is_empty() {
                    // `close()` calls the listener.
                    self.commit_reached();
                    return Next::Nothing;
                }
                self.stage = Stage::Ended;
                return Next::Close;
            }
            Stage::Dying => {
                self.stage = Stage::Ended;
                return Next::Die;
            }
            Stage::Ended => return Next::End,
            Stage::Iterating | Stage::Polling => {}
        }
        if self.closes && (self.queue.is_empty() || self.hands_off) {
            self.stage = Stage::Closing;
            return self.next(now, value, row);
        }
        let polls = self.stage == Stage::Iterating && (self.queue.is_empty() || self.hands_off);
        if polls && self.back_to.is_none() {
            self.stage = Stage::Polling;
            return Next::Poll(POLL);
        }
        if let Some(read) = self.back_to.take() {
            return Next::Seek(read);
        }
        let Some(read) = self.queue.front().copied() else {
            return Next::Wait(None);
        };
        let length = if self.tries > 0 {
            (self.backoff + self.takes).max(SHORTEST_RETRY)
        } else {
            self.delay + self.takes
        };
        let due = *self.works_until.get_or_insert(now + length);
        if let Some((on, DiesAt::Received)) = &self.dies
            && on == value(&read)
        {
            self.stage = Stage::Ended;
            return Next::Die;
        }
        if now < due {
            return Next::Wait(Some(due));
        }
        self.works_until = None;
        self.finish(read, value(&read))
    }

    /// An effect was done: true if a row for what it emits is stored with it. Without an outbox it is to be written next.
    pub(super) fn keeps_an_outbox(&mut self, record: RecordId) -> bool {
        if self.emits && !self.outbox {
            self.emission = Emission::Write(record);
        }
        self.emits && self.outbox
    }

    /// What it emits: written, and waited for; a row of an outbox is marked after that.
    fn emit(&mut self, row: Option<RecordId>) -> Option<Next> {
        if self.outbox && self.emission == Emission::None && self.stage != Stage::Ended {
            self.emission = Emission::Write(row?);
        }
        let (next, then) = match self.emission {
            Emission::None => return None,
            Emission::Write(record) => (Next::Emit(record), Emission::Flush(record)),
            Emission::Flush(record) => (Next::Flush, Emission::Mark(record)),
            Emission::Mark(_) if self.dies_emitted => {
                self.stage = Stage::Ended;
                (Next::Die, Emission::None)
            }
            Emission::Mark(record) => (Next::MarkEmitted(record), Emission::None),
        };
        self.emission = then;
        Some(next)
    }

    /// The work on a record comes to its end.
    fn finish(&mut self, read: Read, value: &str) -> Next {
        if self.throws(value) {
            return self.on_exception(read);
        }
        let dies = matches!(&self.dies, Some((on, DiesAt::Done)) if on == value);
        self.dies_emitted = matches!(&self.dies, Some((on, DiesAt::Emitted)) if on == value);
        self.pass(read);
        if dies {
            self.stage = Stage::Ended;
            return Next::EffectAndDie(read);
        }
        if self.idempotent {
            return Next::EffectOnce(read);
        }
        Next::Effect(read)
    }

    fn throws(&mut self, value: &str) -> bool {
        match &mut self.fails {
            Some((on, left)) if on == value && *left != Some(0) => {
                *left = left.map(|left| left - 1);
                true
            }
            _ => false,
        }
    }

    fn on_exception(&mut self, read: Read) -> Next {
        self.tries = self.tries.saturating_add(1);
        let spent = self.attempts.is_some_and(|most| self.tries >= most);
        match self.on_failure {
            OnFailure::Crash => {
                self.stage = Stage::Ended;
                Next::Die
            }
            OnFailure::Close => {
                self.queue.clear();
                self.closes = true;
                self.stage = Stage::Closing;
                Next::Nothing
            }
            OnFailure::Retry if !spent => Next::Nothing,
            OnFailure::Seek if !spent => {
                let tries = self.tries;
                self.queue.clear();
                self.tries = tries;
                self.back_to = Some(read);
                Next::Nothing
            }
            OnFailure::Skip => {
                self.pass(read);
                Next::Nothing
            }
            OnFailure::Retry | OnFailure::Seek | OnFailure::Forward => {
                self.pass(read);
                if self.forwards {
                    Next::DeadLetter(read)
                } else {
                    Next::Nothing
                }
            }
        }
    }

    /// A record is behind it.
    fn pass(&mut self, read: Read) {
        self.queue.pop_front();
        self.tries = 0;
        if self.commit == CommitWhen::BeforeBatch {
            return;
        }
        self.reached.insert(read.partition, read.offset.next());
        let due = match self.commit {
            // A thread that works beside poll() cannot commit: a consumer is no thing for two threads.
            _ if self.hands_off => false,
            CommitWhen::AfterRecord => true,
            CommitWhen::AfterBatch => self.queue.is_empty(),
            CommitWhen::BeforeBatch | CommitWhen::Auto | CommitWhen::Never => false,
        };
        if due {
            self.commit_reached();
        }
    }

    fn commit_reached(&mut self) {
        let reached = std::mem::take(&mut self.reached);
        self.to_commit.extend(reached);
    }
}
