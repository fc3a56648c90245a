//! Offsets of groups that go with a transaction (`OffsetMetadataManager`, KIP-447): the group's coordinator keeps them apart
//! until the marker comes.

use super::super::super::super::effects::{Effects, ReplyTo};
use super::super::super::super::ids::{
    GroupId, ProducerEpoch, ProducerId, TopicId, TopicPartition,
};
use super::super::super::super::record::Outcome;
use super::super::super::super::small::Map;
use super::super::super::super::state_record::{CommittedOffset, StateRecord};
use super::super::super::super::time::SimTime;
use super::super::super::super::transaction::{Marker, Protocol, TransactionResponse, Writer};
use super::super::super::super::wire::{ErrorCode, OffsetCommit, ProducedPartition, Response};
use super::super::super::Broker;
use super::super::super::requests::WaitingPartition;
use super::super::waiting::Then;
use super::After;
use super::verification::Held;

/// Where groups have their offsets.
pub(super) const LOG: TopicPartition = TopicPartition {
    topic: TopicId::CONSUMER_OFFSETS,
    partition: 0,
};

/// How far a group will be in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Far {
    group: GroupId,
    partition: TopicPartition,
    offset: CommittedOffset,
    /// When it came, as a number that only grows.
    nth: u32,
    /// Something that came later is committed already: it will not count (`OffsetMetadataManager.replayEndTransactionMarker`).
    overtaken: bool,
}

impl Far {
    fn is_of(&self, group: GroupId, partition: TopicPartition) -> bool {
        (self.group, self.partition) == (group, partition)
    }
}

/// Offsets of open transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in super::super) struct PendingOffsets {
    open: Map<ProducerId, Vec<Far>>,
    /// The epoch of the last marker: what is older comes too late.
    ended: Map<ProducerId, ProducerEpoch>,
    /// What the last marker decided, and what may be committed with it.
    decided: Vec<Far>,
    /// How many came.
    count: u32,
}

impl PendingOffsets {
    pub(in super::super) fn learn(&mut self, record: &StateRecord) {
        match record {
            StateRecord::PendingOffsets {
                producer,
                group,
                offsets,
                ..
            } => {
                let open = self.open.entry(*producer).or_default();
                for (partition, offset) in offsets {
                    self.count += 1;
                    open.retain(|far| !far.is_of(*group, *partition));
                    open.push(Far {
                        group: *group,
                        partition: *partition,
                        offset: *offset,
                        nth: self.count,
                        overtaken: false,
                    });
                }
            }
            StateRecord::OffsetsDecided { producer, epoch } => {
                self.decided = self.open.remove(producer).unwrap_or_default();
                self.ended.insert(*producer, *epoch);
            }
            StateRecord::OffsetCommit {
                group, partition, ..
            } => {
                let own = |far: &Far| far.is_of(*group, *partition);
                let decided = self.decided.iter().position(own);
                // A plain commit comes after all that are open.
                let nth = decided.map_or(u32::MAX, |at| self.decided.remove(at).nth);
                let open = self.open.iter_mut().flat_map(|(_, open)| open);
                open.filter(|far| own(far) && far.nth < nth)
                    .for_each(|far| far.overtaken = true);
            }
            _ => {}
        }
    }

    /// Will an open transaction say how far the group is there?
    pub(in super::super) fn is_open(&self, group: GroupId, partition: TopicPartition) -> bool {
        let mut all = self.open.values().flatten();
        all.any(|far| far.is_of(group, partition))
    }
}

impl Broker {
    /// The group's log becomes one of the transaction's partitions.
    pub(super) fn add_offsets(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        writer: Writer,
        log: &[TopicPartition],
        out: &mut Effects,
    ) -> Option<ErrorCode> {
        let known = self.known(writer.id);
        match known.and_then(|known| known.add(now, writer, log, Protocol::V1)) {
            Err(error) => Some(error),
            Ok(None) => Some(ErrorCode::None),
            Ok(Some(next)) => {
                self.write(now, writer.id, next, After::AddedOffsets(reply), out);
                None
            }
        }
    }

    /// TxnOffsetCommit: the transaction's coordinator is asked first, as for a batch.
    pub(super) fn on_txn_offset_commit(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        (writer, protocol): (Writer, Protocol),
        commit: OffsetCommit,
        out: &mut Effects,
    ) {
        if !self.coordinates(LOG) {
            return answer(reply, ErrorCode::NotCoordinator, out);
        }
        let held = Held {
            reply,
            timeout_ms: 0,
            id: writer.id,
            protocol,
            batches: Default::default(),
            offsets: Some(Box::new((writer, commit))),
        };
        self.on_transactional_produce(now, held, out);
    }

    /// The coordinator has said whether it may.
    pub(super) fn write_pending_offsets(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        (writer, commit): (Writer, OffsetCommit),
        refused: Option<ErrorCode>,
        out: &mut Effects,
    ) {
        let ended = self
            .coordinators
            .pending_offsets
            .ended
            .get(&writer.producer);
        let late = ended.is_some_and(|epoch| *epoch > writer.epoch);
        let refused = match refused {
            // The client asks the same coordinator again.
            Some(ErrorCode::NotEnoughReplicas) => Some(ErrorCode::ConcurrentTransactions),
            None if !self.coordinates(LOG) => Some(ErrorCode::NotCoordinator),
            None if late => Some(ErrorCode::InvalidProducerEpoch),
            None => self.may_commit_in_transaction(now, &commit).err(),
            refused => refused,
        };
        if let Some(error) = refused {
            return answer(reply, error, out);
        }
        let at = |(partition, told): &(TopicPartition, CommittedOffset)| {
            (*partition, CommittedOffset { at: now, ..*told })
        };
        let record = StateRecord::PendingOffsets {
            producer: writer.producer,
            epoch: writer.epoch,
            group: commit.group,
            offsets: commit.offsets.iter().map(at).collect(),
        };
        let told =
            |error| Response::Transaction(Box::new(TransactionResponse::TxnOffsetCommit(error)));
        let answers = (
            told(ErrorCode::None),
            told(ErrorCode::CoordinatorNotAvailable),
        );
        let then = Then::Reply(reply, Box::new(answers));
        if let Err((error, _)) = self.write_state(now, LOG, vec![record], then, out) {
            answer(reply, error, out);
        }
    }

    /// A marker comes to the log of groups: what was pending counts, or does not.
    pub(super) fn decide_offsets(
        &mut self,
        now: SimTime,
        marker: &Marker,
        out: &mut Effects,
    ) -> WaitingPartition {
        let pending = self.coordinators.pending_offsets.open.get(&marker.producer);
        let mut records = vec![StateRecord::OffsetsDecided {
            producer: marker.producer,
            epoch: marker.epoch,
        }];
        if marker.outcome == Outcome::Commit {
            let commit = |far: &Far| StateRecord::OffsetCommit {
                group: far.group,
                partition: far.partition,
                value: Some(far.offset),
            };
            let counts = pending.into_iter().flatten().filter(|far| !far.overtaken);
            records.extend(counts.map(commit));
        }
        let written = self.write_state(now, LOG, records, Then::Nothing, out);
        let replica = self.replicas.get(&LOG);
        // The transaction's coordinator knows this error, and comes again.
        let error = written.err().map(|_| ErrorCode::NotLeaderOrFollower);
        let end = replica.map(|replica| replica.log.end()).unwrap_or_default();
        WaitingPartition {
            outcome: ProducedPartition {
                partition: LOG,
                error: error.unwrap_or_default(),
                base_offset: end,
                current_leader: None,
            },
            required: error.is_none().then_some(end),
            leader_epoch: replica
                .map(|replica| replica.leader_epoch)
                .unwrap_or_default(),
        }
    }
}

fn answer(reply: ReplyTo, error: ErrorCode, out: &mut Effects) {
    super::answer(reply, TransactionResponse::TxnOffsetCommit(error), out);
}
