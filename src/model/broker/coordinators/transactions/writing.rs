//! A leader writes the control records that a coordinator wants.

use super::super::super::super::effects::{Effects, ReplyTo};
use super::super::super::super::ids::{Offset, Sequence, TopicPartition};
use super::super::super::super::observation::{Observation, TransactionFact};
use super::super::super::super::producer_state::Guard;
use super::super::super::super::record::{Content, Entry, Records};
use super::super::super::super::small::Few;
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::transaction::{Marker, Protocol};
use super::super::super::super::wire::{ErrorCode, ProducedPartition};
use super::super::super::Broker;
use super::super::super::requests::{WaitingPartition, WaitingProduce};

/// How long a marker may wait for the ISR (`request.timeout.ms` of a broker, by default).
const MARKERS_WAIT: SimDuration = SimDuration::from_ms(30_000);
/// Bytes of a batch with one control record.
const MARKER_BYTES: u32 = 78;

impl Broker {
    /// Markers of a coordinator (`KafkaApis.handleWriteTxnMarkersRequest`): one control record in each partition, answered when
    /// all of them are committed.
    pub(super) fn on_write_markers(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        markers: Vec<Marker>,
        out: &mut Effects,
    ) {
        let mut producers = Vec::new();
        let mut partitions = Few::new();
        for marker in &markers {
            for partition in &marker.partitions {
                producers.push(marker.producer);
                partitions.push(match *partition == super::offsets::LOG {
                    true => self.decide_offsets(now, marker, out),
                    false => self.append_marker(now, marker, *partition, out),
                });
            }
        }
        self.waiting.push(WaitingProduce {
            reply,
            deadline: now + MARKERS_WAIT,
            records: Records::new(),
            partitions,
            markers_of: Some(producers.into()),
        });
    }

    fn append_marker(
        &mut self,
        now: SimTime,
        marker: &Marker,
        partition: TopicPartition,
        out: &mut Effects,
    ) -> WaitingPartition {
        let appended = self.try_append_marker(now, marker, partition, out);
        let replica = self.replicas.get(&partition);
        WaitingPartition {
            outcome: ProducedPartition {
                partition,
                error: appended.err().unwrap_or_default(),
                base_offset: appended.unwrap_or_default(),
                current_leader: None,
            },
            required: appended.ok().map(Offset::next),
            leader_epoch: replica
                .map(|replica| replica.leader_epoch)
                .unwrap_or_default(),
        }
    }

    fn try_append_marker(
        &mut self,
        now: SimTime,
        marker: &Marker,
        partition: TopicPartition,
        out: &mut Effects,
    ) -> Result<Offset, ErrorCode> {
        let replica = self.replicas.get_mut(&partition);
        let replica = replica.ok_or(ErrorCode::UnknownTopicOrPartition)?;
        if replica.leading().is_none() {
            return Err(ErrorCode::NotLeaderOrFollower);
        }
        if replica.is_under_min_isr() {
            return Err(ErrorCode::NotEnoughReplicas);
        }
        replica.producers.admit_marker(marker)?;
        let leader_epoch = replica.leader_epoch;
        let entry = Entry {
            content: Content::Marker(marker.outcome),
            transactional: true,
            leader_epoch,
            // The number of a marker is its coordinator's epoch.
            producer: Some((
                marker.producer,
                marker.epoch,
                Sequence(marker.coordinator_epoch.0),
            )),
            at: now,
            begins_batch: true,
            batch_bytes: MARKER_BYTES,
        };
        replica.before_append(now, now, u64::from(MARKER_BYTES));
        let offset = replica.log.append_own([entry].into_iter(), leader_epoch);
        replica.producers.learn(offset, &[entry]);
        // The guard of the next transaction stays, where that has an epoch of its own.
        let next = |guard: &Guard| guard.protocol == Protocol::V2 && guard.epoch == marker.epoch;
        if !replica.guards.get(&marker.producer).is_some_and(next) {
            replica.guards.remove(&marker.producer);
        }
        replica.after_append(now);
        out.note(Observation::Transaction(TransactionFact::MarkerWritten {
            broker: self.id,
            partition,
            offset,
            outcome: marker.outcome,
            writer: marker.producer,
            epoch: marker.epoch,
        }));
        Ok(offset)
    }
}
