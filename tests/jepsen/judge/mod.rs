//! The client-side judge: what can be proved of a run by somebody who has only what the clients saw.
//!
//! It follows the definitions of Jepsen's checker for queues (`jepsen.tests.kafka`), and shares no code with `verdict`: not the
//! ledger, no board, no fact that only a broker knows. What it is given is a `History`: what each process invoked and what came
//! of it, what polls returned at which offset, when a process changed what it reads. The *final polls*, of readers of both
//! isolation levels that read everything from the beginning after all has been healed, are polls like others.
//!
//! `docs/judging.md` says how it and the judge that knows everything are compared.

mod cycles;
mod order;
mod polls;
mod sends;
mod writes;

use order::Orders;

/// A partition.
pub type Key = u32;
/// What was sent: unique within its key.
pub type Value = u32;
/// A place in a partition, as clients are told it.
pub type Offset = u64;
/// One client after the other: a client that was made anew is another process.
pub type Process = u32;

/// What is known of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Ok,
    /// It did not happen. Only for errors that leave no doubt.
    Fail,
    /// Nobody can say: no answer, an answer that came too late, or an error that can follow a write.
    Info,
}

/// A piece of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    /// A record was sent, and was said to be at that offset if anything was said.
    Send(Key, Value, Option<Offset>),
    /// A poll returned these of one key, in this order.
    Poll(Key, Vec<(Offset, Value)>),
    /// The group took a key from the process, or gave it one.
    Rebalance(Key),
}

/// Something that a process did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// Who.
    pub process: Process,
    /// What came of it. Of a transaction: whether it was committed.
    pub outcome: Outcome,
    /// A single send or poll, or all of a transaction.
    pub did: Vec<Did>,
}

/// What a client was told to do, or what it did, by the time at which it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A send, a poll, a transaction.
    Op(Op),
    /// From now on the process reads these keys, and nobody takes them from it.
    Assign(Process, Vec<Key>),
    /// From now on the process reads what its group gives it.
    Subscribe(Process),
    /// The process goes on elsewhere of its own will. (Jepsen's workload does so only together with `Assign`.)
    Seek(Process, Key),
}

/// What the clients saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// By the time of invocation.
    pub events: Vec<Event>,
}

impl History {
    /// The operations.
    pub fn ops(&self) -> impl Iterator<Item = &Op> {
        self.events.iter().filter_map(|event| match event {
            Event::Op(op) => Some(op),
            _ => None,
        })
    }
}

/// What can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// One offset was seen with several values, acknowledgements and polls together.
    InconsistentOffsets,
    /// One value was seen at several offsets.
    Duplicate,
    /// A write that happened was never read, though something behind it was.
    LostWrite,
    /// A write that happened was never read.
    Unseen,
    /// G1a: what certainly did not happen was read.
    AbortedRead,
    /// A transaction read what it had itself written.
    PrecommittedRead,
    /// A process went on behind values that others saw.
    PollSkip,
    /// A process went back, or read the same again.
    NonmonotonicPoll,
    /// The same within one operation.
    IntPollSkip,
    /// The same within one operation.
    IntNonmonotonicPoll,
    /// What a process sent later is further ahead.
    NonmonotonicSend,
    /// The same within one operation.
    IntNonmonotonicSend,
    /// Somebody else's record lies between two of one operation.
    IntSendSkip,
    /// A cycle of writes: one transaction is before another here, and behind it there.
    WriteCycle,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::InconsistentOffsets,
        Self::Duplicate,
        Self::LostWrite,
        Self::Unseen,
        Self::AbortedRead,
        Self::PrecommittedRead,
        Self::PollSkip,
        Self::NonmonotonicPoll,
        Self::IntPollSkip,
        Self::IntNonmonotonicPoll,
        Self::NonmonotonicSend,
        Self::IntNonmonotonicSend,
        Self::IntSendSkip,
        Self::WriteCycle,
    ];

    /// Jepsen's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::InconsistentOffsets => "inconsistent-offsets",
            Self::Duplicate => "duplicate",
            Self::LostWrite => "lost-write",
            Self::Unseen => "unseen",
            Self::AbortedRead => "G1a",
            Self::PrecommittedRead => "precommitted-read",
            Self::PollSkip => "poll-skip",
            Self::NonmonotonicPoll => "nonmonotonic-poll",
            Self::IntPollSkip => "int-poll-skip",
            Self::IntNonmonotonicPoll => "int-nonmonotonic-poll",
            Self::NonmonotonicSend => "nonmonotonic-send",
            Self::IntNonmonotonicSend => "int-nonmonotonic-send",
            Self::IntSendSkip => "int-send-skip",
            Self::WriteCycle => "G0",
        }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// False for what Kafka does not promise to prevent: transactions interleave, and groups take keys from their members.
    pub is_bad: bool,
    /// Where.
    pub key: Key,
    /// Whose doing it is, where it is somebody's.
    pub process: Option<Process>,
    /// The values that it is about: those that were skipped; of a pair that is out of order the earlier and the later.
    pub values: Vec<Value>,
    /// The offsets that it is about; of polls the last one before and the first one after.
    pub offsets: Vec<Offset>,
}

/// All that the clients can prove, sorted.
pub fn judge(history: &History) -> Vec<Finding> {
    let orders = Orders::of(history);
    let mut found = order::findings(&orders);
    found.extend(writes::findings(history, &orders));
    found.extend(polls::findings(history, &orders));
    found.extend(sends::findings(history, &orders));
    found.extend(cycles::findings(history, &orders));
    found.sort();
    found.dedup();
    found
}
