//! Every protocol fact that the model can name. Captions, the step list, tests and verdicts all read these; nothing else
//! tells what happened in a run. Past tense: it has happened when it is noted.

mod applications;
mod deliveries;
mod frames;
mod groups;
mod internal;
mod transactions;

use super::ids::{
    BrokerId, ClientId, LeaderEpoch, MessageId, NodeId, Offset, ProducerEpoch, RecordId,
    TopicPartition,
};
use super::record::Records;
use super::time::SimTime;
use super::wire::{ClientError, ErrorCode, ReadError};
pub use applications::AppFact;
pub use deliveries::{Delivery, DeliveryStep, ShareFact};
pub use frames::{LostBecause, Read, Sent};
pub use groups::{Change, GroupFact, LeftBecause};
pub use transactions::TransactionFact;

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Observation {
    /// An act of the script began.
    ActBegan {
        /// Its place in the script.
        act: u32,
    },
    /// It ended.
    ActEnded {
        /// Its place in the script.
        act: u32,
    },
    /// The script waited for something that would never be, and went on.
    WaitGivenUp {
        /// The act that waited.
        act: u32,
    },
    /// A fault of the scenario happened.
    FaultHappened {
        /// Its place among the faults.
        fault: u32,
    },
    /// The client was not made: Kafka refuses its configuration.
    ClientRefused {
        /// The client.
        client: ClientId,
    },
    /// The application closed the client, and it is done.
    ClientClosed {
        /// The client.
        client: ClientId,
    },
    /// The client's process died.
    ClientDied {
        /// The client.
        client: ClientId,
    },
    /// The application called `send()`.
    RecordSent {
        /// The record.
        record: RecordId,
        /// Its producer.
        producer: ClientId,
    },
    /// The producer's partitioner chose where a record goes, because the script did not.
    RecordAssigned {
        /// The record.
        record: RecordId,
        /// Its partition.
        partition: TopicPartition,
    },
    /// The future completed without error.
    RecordAcknowledged {
        /// The record.
        record: RecordId,
        /// Where it is said to be; none with `acks=0`.
        offset: Option<Offset>,
    },
    /// The future completed with an error.
    RecordFailed {
        /// The record.
        record: RecordId,
        /// The exception.
        error: ClientError,
    },
    /// A frame left its sender.
    MessageSent(Sent),
    /// A frame that was held is on its way again.
    MessageResumed {
        /// The frame.
        message: MessageId,
        /// When it will arrive.
        due: SimTime,
    },
    /// A frame stopped on its way.
    MessageHeld {
        /// The frame.
        message: MessageId,
    },
    /// It arrived.
    MessageArrived {
        /// The frame.
        message: MessageId,
    },
    /// It never will.
    MessageLost {
        /// The frame.
        message: MessageId,
        /// Why.
        because: LostBecause,
    },
    /// A connection broke, with all that was on it.
    ConnectionReset {
        /// Who opened it.
        client: NodeId,
        /// To whom.
        server: NodeId,
    },
    /// Nobody listens there.
    ConnectionRefused {
        /// Who tried.
        client: NodeId,
        /// To whom.
        server: NodeId,
    },
    /// Frames between these two are held from now on.
    LinkCut {
        /// From.
        from: NodeId,
        /// To.
        to: NodeId,
    },
    /// No longer.
    LinkHealed {
        /// From.
        from: NodeId,
        /// To.
        to: NodeId,
    },
    /// The leader appended a batch.
    BatchAppended {
        /// The leader.
        broker: BrokerId,
        /// Where.
        partition: TopicPartition,
        /// Offset of the first record.
        base_offset: Offset,
        /// Its epoch.
        leader_epoch: LeaderEpoch,
        /// The records.
        records: Records,
    },
    /// A follower appended what it fetched.
    RecordsReplicated {
        /// The follower.
        broker: BrokerId,
        /// Where.
        partition: TopicPartition,
        /// Offset of the first record.
        base_offset: Offset,
        /// The records.
        records: Records,
    },
    /// The leader recognised a batch that it already has, and appended nothing (KIP-98).
    DuplicateRecognised {
        /// The leader.
        broker: BrokerId,
        /// Where.
        partition: TopicPartition,
        /// Where the first copy is.
        base_offset: Offset,
        /// The records.
        records: Records,
    },
    /// The leader refused a batch.
    BatchRefused {
        /// The leader, or who was taken for it.
        broker: BrokerId,
        /// Where.
        partition: TopicPartition,
        /// Why.
        error: ErrorCode,
        /// The records.
        records: Records,
    },
    /// The leader's high watermark moved.
    HighWatermarkAdvanced {
        /// The leader.
        broker: BrokerId,
        /// Where.
        partition: TopicPartition,
        /// First offset that is not committed.
        to: Offset,
    },
    /// A replica cut its log back to the leader's.
    LogTruncated {
        /// The replica.
        broker: BrokerId,
        /// Where.
        partition: TopicPartition,
        /// New log end.
        to: Offset,
        /// What it cut off.
        records: Records,
    },
    /// Records at the beginning of a log may not be read any more: they were deleted, or became too old.
    LogStartMoved {
        /// The broker.
        broker: BrokerId,
        /// Where.
        partition: TopicPartition,
        /// The new first offset.
        to: Offset,
    },
    /// A power cut took from a log what was not forced to disk.
    UnflushedLost {
        /// The broker.
        broker: BrokerId,
        /// Where.
        partition: TopicPartition,
        /// The new log end.
        to: Offset,
        /// What is gone.
        records: Records,
    },
    /// A fresh reader of the script found the log to be there.
    LogRead {
        /// Where.
        partition: TopicPartition,
        /// First offset.
        start: Offset,
        /// First offset that it may not read.
        end: Offset,
    },
    /// The cluster refused what the script asked of it.
    RequestRefused {
        /// The act that asked.
        act: u32,
        /// Why.
        error: ErrorCode,
    },
    /// The controller chose a leader, or found none.
    LeaderElected {
        /// Where.
        partition: TopicPartition,
        /// Whom.
        leader: Option<BrokerId>,
        /// The new leader epoch.
        leader_epoch: LeaderEpoch,
        /// True if it may lack committed records.
        unclean: bool,
    },
    /// A broker learned that it leads.
    BecameLeader {
        /// Who.
        broker: BrokerId,
        /// Where.
        partition: TopicPartition,
        /// In which epoch.
        leader_epoch: LeaderEpoch,
    },
    /// A broker learned that it leads no longer.
    StoppedLeading {
        /// Who.
        broker: BrokerId,
        /// Where.
        partition: TopicPartition,
    },
    /// The controller's ISR changed.
    InSyncReplicasChanged {
        /// Where.
        partition: TopicPartition,
        /// The new set, ascending.
        isr: Vec<BrokerId>,
        /// The eligible leader replicas beside it (KIP-966), ascending.
        elr: Vec<BrokerId>,
    },
    /// The broker's process died.
    BrokerCrashed {
        /// Who.
        broker: BrokerId,
    },
    /// The broker's process ended in good order.
    BrokerStopped {
        /// Who.
        broker: BrokerId,
    },
    /// The broker's process stands still.
    BrokerPaused {
        /// Who.
        broker: BrokerId,
    },
    /// It goes on.
    BrokerResumed {
        /// Who.
        broker: BrokerId,
    },
    /// The broker wants to stop; the controller gives it no leadership any more.
    ShutdownBegan {
        /// Who.
        broker: BrokerId,
    },
    /// The broker's process was started.
    BrokerStarted {
        /// Who.
        broker: BrokerId,
    },
    /// The controller took no heartbeat from it for a session, or it has just registered.
    BrokerFenced {
        /// Who.
        broker: BrokerId,
    },
    /// The controller counts on it.
    BrokerUnfenced {
        /// Who.
        broker: BrokerId,
    },
    /// The controller refused a registration, because the last session of that broker has not ended.
    RegistrationRefused {
        /// Who.
        broker: BrokerId,
    },
    /// A producer got its id.
    ProducerIdObtained {
        /// Who.
        producer: ClientId,
    },
    /// A producer learned who leads.
    MetadataLearned {
        /// Who.
        producer: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// Its leader.
        leader: Option<BrokerId>,
    },
    /// A producer will send a batch again.
    BatchRequeued {
        /// Who.
        producer: ClientId,
        /// The records.
        records: Records,
        /// Why.
        error: ErrorCode,
    },
    /// A batch that is too large for the topic was split; its pieces will be sent.
    BatchSplit {
        /// Who.
        producer: ClientId,
        /// The records of each piece, in order.
        pieces: Vec<Records>,
    },
    /// A producer gave up on a batch after `delivery.timeout.ms`.
    BatchExpired {
        /// Who.
        producer: ClientId,
        /// The records.
        records: Records,
        /// True if it had been sent: it may be in the log.
        was_sent: bool,
    },
    /// A producer began a new epoch with sequence 0 (KIP-360).
    ProducerEpochBumped {
        /// Who.
        producer: ClientId,
        /// The new epoch.
        epoch: ProducerEpoch,
    },
    /// No response for `request.timeout.ms`: the producer broke the connection itself.
    RequestTimedOut {
        /// Who.
        producer: ClientId,
        /// To whom.
        broker: BrokerId,
    },
    /// `poll()` returned records.
    RecordsRead {
        /// To whom.
        reader: ClientId,
        /// What, in order.
        records: Vec<Read>,
    },
    /// `poll()` or `position()` threw.
    ReadFailed {
        /// To whom.
        reader: ClientId,
        /// What.
        error: ReadError,
    },
    /// A reader that had no position, or one that the log does not have, got one by `auto.offset.reset`.
    PositionReset {
        /// Who.
        reader: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The next offset that it reads.
        to: Offset,
    },
    /// A reader learned that the log was cut below its position (KIP-320).
    TruncationNoticed {
        /// Who.
        reader: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// Its position.
        from: Offset,
        /// Where the logs part, if the leader knows.
        to: Option<Offset>,
    },
    /// A reader was asked where it stands.
    PositionTold {
        /// Who.
        reader: ClientId,
        /// The partition.
        partition: TopicPartition,
        /// The next offset that it reads.
        at: Offset,
    },
    /// Something of a group.
    Group(GroupFact),
    /// Something of a transaction.
    Transaction(TransactionFact),
    /// Something of a share group.
    Share(ShareFact),
    /// Something of an application.
    App(AppFact),
}
