//! The only input of a run. A scenario is settings, a script, faults and a seed; a trace is a pure function of it.
//!
//! The script's acts are the steps of a recording (`tests/ground-truth/README.md`), word for word, so that the same text can
//! be played by this model and on a real cluster. Faults are anchored to causes: they are what a user adds by a click.

mod applications;
mod family;
mod lookups;
mod parts;
mod processing;
mod reading;
mod rules;
mod sharing;

pub use applications::{CONNECTOR, ConnectAct, StreamsAct, USUAL_WORLD, WaitWorldAct};
pub use family::Family;
pub use processing::{CommitWhen, Death, DiesAt, OnFailure, ProcessAct, Trouble};
pub use reading::{CommitAct, CommittedAct, ConsumerAct, Names, PollAct, SendOffsetsAct};
pub use rules::{Era, Rule, Rules};
pub use sharing::{AcknowledgeAs, ShareAckAct, ShareConsumerAct, ShareGroupAct, SharePollAct};

pub use parts::{
    Anchor, Api, Brokers, Condition, ElectionKind, Fault, FaultKind, FrameFate, Isolation, Phase,
    Trigger, WaitFor,
};

use super::ids::ANYBODY;
use super::text::{Message, Settings, Text, Whole, Word, flag, number};
use crate::small::Set;
use serde::{Deserialize, Serialize};

/// Version of the scenario text and of the link. Raised when an old text would mean something else.
pub const SCENARIO_VERSION: u32 = 1;

/// Everything a run depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scenario {
    /// One line, shown above the drawing.
    pub title: String,
    /// Seed of the keyed draws: latencies and jitter.
    pub seed: u64,
    /// The version of Kafka that the brokers and the controller run.
    pub kafka: Era,
    /// Rules of older times that hold besides.
    pub rules: Set<Rule>,
    /// Broker and controller settings on top of Kafka's defaults; what is absent is unset.
    pub brokers: Settings,
    /// The script: one act after the other, each beginning when the one before it has ended.
    pub steps: Vec<Act>,
    /// What goes wrong besides, whenever its trigger comes.
    pub faults: Vec<Fault>,
}

/// One thing that is done. `do` names it, as in a recording.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Creates a topic; ends when every broker that runs knows of it.
    Topic {
        /// Its name.
        name: Word,
        /// For each partition its replicas, preferred leader first.
        replicas: Vec<Vec<Whole>>,
        /// Topic settings on top of the defaults.
        #[serde(default, skip_serializing_if = "Settings::is_empty")]
        config: Settings,
    },
    /// Starts a producer. A configuration that Kafka refuses makes none.
    Producer {
        /// Its name, as other acts call it.
        id: Word,
        /// The client library.
        #[serde(default, skip_serializing_if = "is_default")]
        family: Family,
        /// The brokers that it is told of; all of them if none is named.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        bootstrap: Vec<Whole>,
        /// Producer settings on top of the defaults; what is absent is unset.
        #[serde(default, skip_serializing_if = "Settings::is_empty")]
        config: Settings,
        /// It has sent before: it knows who leads, is connected, and has its producer id. A real client starts cold.
        #[serde(default, skip_serializing_if = "is_default", deserialize_with = "flag")]
        warm: bool,
    },
    /// One `send()` for each value.
    Send {
        /// The producer.
        by: Word,
        /// The topic; the first one if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Word>,
        /// The partition; if unset, the producer's partitioner chooses one for each record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<Whole>,
        /// The key of those values that have none of their own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Text>,
        /// The time that the application gives the records, in ms since 1970; the client's clock if unset.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "optional_number"
        )]
        timestamp: Option<i64>,
        /// What is sent: the records' whole content, each with a key or without.
        values: Vec<Message>,
        /// What is waited for.
        #[serde(default, skip_serializing_if = "is_default")]
        wait: WaitFor,
        /// Milliseconds between two sends.
        #[serde(
            default,
            skip_serializing_if = "is_default",
            deserialize_with = "number"
        )]
        gap_ms: u32,
    },
    /// Waits until every open send has an outcome, except of clients that have died.
    Await {
        /// At most so long; for as long as it takes if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<Whole>,
    },
    /// A producer sends what it has without lingering; ends when all of it has an outcome.
    Flush {
        /// The producer.
        by: Word,
    },
    /// Closes a client in good order: what it has is sent first.
    Close {
        /// The client.
        by: Word,
        /// So long at most; what is not done by then fails. 10 s if unset, as in the recordings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<Whole>,
    },
    /// The client's process is gone: its connections break, and none is made again.
    Die {
        /// The client.
        by: Word,
    },
    /// Waits until all of what is named is so.
    Wait(Box<Condition>),
    /// Waits.
    Sleep {
        /// For so many milliseconds.
        #[serde(deserialize_with = "number")]
        ms: u32,
    },
    /// Kills brokers: the process is gone, the page cache survives.
    Crash(Brokers),
    /// Starts brokers that are down.
    Start(Brokers),
    /// Shuts brokers down, one after the other, each in the orderly way: it hands its leadership over and flushes its logs.
    Stop(Brokers),
    /// Stops the clock of brokers' processes (SIGSTOP): connections stay, nothing is done.
    Pause(Brokers),
    /// Lets paused brokers go on (SIGCONT).
    Resume(Brokers),
    /// Cuts the power of brokers: whatever was not flushed is gone from their logs.
    PowerCut {
        /// One.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        broker: Option<Whole>,
        /// Several, all at once.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        brokers: Vec<Whole>,
        /// Everything had been flushed by chance: nothing is gone.
        #[serde(default, skip_serializing_if = "is_default", deserialize_with = "flag")]
        synced: bool,
    },
    /// Holds every frame between the named nodes from now on.
    Cut {
        /// `a->b` or `a<->b`.
        links: Vec<Word>,
    },
    /// Ends cuts, and delivers what was held on connections that still exist.
    Heal {
        /// `a->b` or `a<->b`; all of them if none is named.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<Word>,
    },
    /// Breaks the connections that a client has to a broker.
    Reset {
        /// `client->broker`.
        links: Vec<Word>,
    },
    /// Waits for a frame, from now on, and does something to it.
    Fault {
        /// Sender; anybody if unset.
        #[serde(default = "anybody", skip_serializing_if = "is_anybody")]
        from: Word,
        /// Receiver; anybody if unset.
        #[serde(default = "anybody", skip_serializing_if = "is_anybody")]
        to: Word,
        /// Kafka's name of the request.
        api: Api,
        /// The request or its response.
        phase: Phase,
        /// Which one, counted from now; 0 is every one.
        #[serde(default = "one", deserialize_with = "number")]
        nth: u32,
        /// What is done to it.
        then: FrameFate,
        /// A name for `fired` and `release`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Word>,
        /// How long `delay` keeps it.
        #[serde(
            default,
            skip_serializing_if = "is_default",
            deserialize_with = "number"
        )]
        delay_ms: u32,
    },
    /// Waits until the named frame fault has acted.
    Fired {
        /// Its name.
        name: Word,
    },
    /// Lets go of what the named fault holds.
    Release {
        /// Its name.
        name: Word,
    },
    /// Ends all frame faults.
    Unfault,
    /// Starts a consumer.
    Consumer(Box<ConsumerAct>),
    /// Consumers poll.
    Poll(Box<PollAct>),
    /// A consumer goes on from another offset.
    Seek {
        /// The consumer.
        by: Word,
        /// The topic; the first one if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Word>,
        /// The partition; 0 if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<Whole>,
        /// Where to.
        offset: Whole,
    },
    /// A consumer commits and waits for it.
    CommitSync(Box<CommitAct>),
    /// A consumer commits and goes on.
    CommitAsync(Box<CommitAct>),
    /// How far a group is.
    Committed(Box<CommittedAct>),
    /// A consumer says where it stands.
    Positions {
        /// The consumer.
        by: Word,
    },
    /// Gives a share group settings.
    ShareGroup(Box<ShareGroupAct>),
    /// Starts a consumer of a share group.
    ShareConsumer(Box<ShareConsumerAct>),
    /// A share consumer polls.
    SharePoll(Box<SharePollAct>),
    /// A share consumer acknowledges records.
    ShareAck(Box<ShareAckAct>),
    /// A share consumer sends its acknowledgements and waits for what becomes of them (`commitSync()`).
    ShareCommit {
        /// Who.
        by: Word,
    },
    /// `initTransactions()`.
    Init {
        /// The producer.
        by: Word,
    },
    /// `beginTransaction()`.
    Begin {
        /// The producer.
        by: Word,
    },
    /// `commitTransaction()`.
    CommitTxn {
        /// The producer.
        by: Word,
    },
    /// `abortTransaction()`.
    AbortTxn {
        /// The producer.
        by: Word,
    },
    /// `sendOffsetsToTransaction()`: how far a consumer is, or one offset.
    SendOffsets(Box<SendOffsetsAct>),
    /// Asks the coordinator for the state of a transactional id.
    DescribeTxn {
        /// The transactional id.
        id: Word,
    },
    /// Starts a Connect worker with one sink connector.
    Connect(Box<ConnectAct>),
    /// Waits until the outside world has so many lines.
    WaitWorld(Box<WaitWorldAct>),
    /// Looks at the outside world.
    World {
        /// Which.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        world: Option<Word>,
    },
    /// Asks a Connect worker how its connector is.
    ConnectStatus {
        /// The worker.
        by: Word,
    },
    /// A Connect worker's process is gone.
    KillConnect {
        /// The worker.
        by: Word,
    },
    /// Stops a Connect worker in good order.
    StopConnect {
        /// The worker.
        by: Word,
    },
    /// Starts a Kafka Streams instance.
    Streams(Box<StreamsAct>),
    /// Starts an application that works on what its consumer gets.
    Process(Box<ProcessAct>),
    /// Notes what each replica's log holds at this moment.
    Replicas {
        /// The topic; the first one if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Word>,
        /// The partition; 0 if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<Whole>,
    },
    /// A fresh reader reads a partition from its start to its end.
    Log {
        /// The topic; the first one if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Word>,
        /// The partition; 0 if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<Whole>,
        /// What it may see.
        #[serde(default, skip_serializing_if = "is_default")]
        isolation: Isolation,
        /// How long it tries; 10 s if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<Whole>,
    },
    /// Asks the controller for an election in partition 0.
    Elect {
        /// The topic; the first one if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Word>,
        /// Which kind.
        #[serde(rename = "type", default, skip_serializing_if = "is_default")]
        kind: ElectionKind,
    },
    /// Deletes the records of a partition below an offset.
    DeleteRecords {
        /// The topic; the first one if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Word>,
        /// The partition; 0 if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<Whole>,
        /// The offset; -1 is the high watermark.
        #[serde(deserialize_with = "number")]
        before: i64,
    },
    /// Gives a topic more partitions.
    AddPartitions {
        /// The topic; the first one if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Word>,
        /// How many it has then.
        #[serde(deserialize_with = "number")]
        total: u32,
    },
    /// Deletes a topic.
    DeleteTopic {
        /// The topic; the first one if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Word>,
        /// The same: the recorder knows it by either word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Word>,
    },
}

fn anybody() -> Word {
    Word(ANYBODY.to_owned())
}

fn is_anybody(word: &Word) -> bool {
    word.0 == ANYBODY
}

fn one() -> u32 {
    1
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn optional_number<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    number(deserializer).map(Some)
}
