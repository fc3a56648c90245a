//! The world at one instant, as plain data for eyes: what the window of the drawing shows, and what verdicts may read.

use super::ids::{
    BrokerId, ClientId, GroupId, LeaderEpoch, Offset, ProducerEpoch, RecordId, Sequence,
    TopicPartition,
};
use super::record::Content;
use super::time::SimTime;
use super::wire::ClientError;
use crate::small::{Map, Set};

/// Everything that can be seen at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// The instant of the last step.
    pub at: SimTime,
    /// Producers, in the order of their acts; those not yet started are absent.
    pub producers: Map<ClientId, ProducerBoard>,
    /// All brokers, running or not.
    pub brokers: Map<BrokerId, BrokerBoard>,
    /// Consumers that run.
    pub consumers: Map<ClientId, ConsumerBoard>,
    /// How far groups have committed, where their coordinator runs: the next offset.
    pub committed: Map<(GroupId, TopicPartition), Offset>,
    /// What the controller has registered for each partition.
    pub partitions: Map<TopicPartition, PartitionBoard>,
}

/// A producer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProducerBoard {
    /// What became of each `send()` so far, in order.
    pub sends: Vec<(RecordId, SendState)>,
}

/// A consumer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsumerBoard {
    /// What it reads, with its position where it has one.
    pub positions: Map<TopicPartition, Option<Offset>>,
}

/// What the application knows of a `send()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SendState {
    /// The future is not complete.
    Open,
    /// Acknowledged, with the offset unless `acks=0`.
    Acknowledged(Option<Offset>),
    /// Failed.
    Failed(ClientError),
}

/// What a broker's process does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Liveness {
    /// Runs and serves.
    #[default]
    Running,
    /// Its process stands still.
    Paused,
    /// Runs, but is not yet counted on by the controller and serves nobody.
    Starting,
    /// The process is gone.
    Down,
}

/// A broker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokerBoard {
    /// Its process.
    pub liveness: Liveness,
    /// True if the controller does not count on it.
    pub fenced: bool,
    /// Its replicas.
    pub replicas: Map<TopicPartition, ReplicaBoard>,
}

/// One replica of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplicaBoard {
    /// True if this broker believes that it leads.
    pub leads: bool,
    /// The leader epoch that it knows.
    pub leader_epoch: LeaderEpoch,
    /// Its high watermark: first offset that is not committed, as far as it knows.
    pub high_watermark: Offset,
    /// Where readers of committed records may read to: the high watermark, or the first record of an undecided transaction.
    pub last_stable: Offset,
    /// First offset of the log.
    pub log_start: Offset,
    /// The log, from `log_start`.
    pub cells: Vec<Cell>,
    /// What lies before it in the oldest file: still on disk, never read again.
    pub unreadable: Vec<Cell>,
}

impl ReplicaBoard {
    /// Log end offset: the next offset to be written.
    #[must_use]
    pub fn log_end(&self) -> Offset {
        Offset(self.log_start.0 + self.cells.len() as u64)
    }
}

/// One record in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its offset.
    pub offset: Offset,
    /// What it holds.
    pub content: Content,
    /// Epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
    /// Producer epoch and sequence, if the producer is idempotent.
    pub producer: Option<(ProducerEpoch, Sequence)>,
    /// It belongs to a transaction, as data or as its end.
    pub transactional: bool,
    /// That transaction was aborted, as far as this replica knows.
    pub aborted: bool,
    /// Where that transaction ends in this log; none while no marker of its producer lies behind it.
    pub ends: Option<Offset>,
}

impl Cell {
    /// The `send()` that it came from, if it came from one.
    #[must_use]
    pub fn record(&self) -> Option<RecordId> {
        self.content.record()
    }
}

/// A partition as the controller has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionBoard {
    /// In assignment order.
    pub replicas: Vec<BrokerId>,
    /// Who leads.
    pub leader: Option<BrokerId>,
    /// In which epoch.
    pub leader_epoch: LeaderEpoch,
    /// In sync.
    pub isr: Set<BrokerId>,
    /// Eligible leader replicas.
    pub elr: Set<BrokerId>,
}
