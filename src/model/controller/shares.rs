//! What becomes of records in share groups, kept for the leaders to come, and the settings of groups. Kafka keeps the first in
//! `__share_group_state` (`ShareCoordinatorShard`); here it is with the metadata, durable and atomic.

use super::super::config::ShareConfig;
use super::super::effects::{Effects, ReplyTo};
use super::super::ids::{GroupId, LeaderEpoch, Offset, TopicPartition};
use super::super::wire::{
    DeliveryState, ErrorCode, KeptShare, Response, ShareRequest, ShareResponse, StateBatch,
};
use super::Controller;
use crate::small::Map;

/// One partition of one share group (`ShareGroupOffset`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Kept {
    leader_epoch: LeaderEpoch,
    start: Option<Offset>,
    records: Map<Offset, (DeliveryState, u16)>,
}

impl Controller {
    /// A leader asks for the state of a partition of a share group, or changes it.
    pub(super) fn on_share(&mut self, reply: ReplyTo, request: ShareRequest, out: &mut Effects) {
        let response = match request {
            ShareRequest::ReadState {
                group,
                partition,
                leader_epoch,
            } => ShareResponse::ReadState {
                group,
                partition,
                state: self.read_share(group, partition, leader_epoch),
            },
            ShareRequest::WriteState {
                group,
                partition,
                leader_epoch,
                start,
                changed,
            } => {
                let key = (group, partition);
                let error = self.write_share(key, leader_epoch, start, &changed);
                ShareResponse::WriteState(error)
            }
            _ => return,
        };
        out.reply(reply, Response::Share(Box::new(response)));
    }

    /// Gives a group settings.
    pub(crate) fn configure_group(
        &mut self,
        group: GroupId,
        config: ShareConfig,
        out: &mut Effects,
    ) {
        self.image.groups.insert(group, config);
        self.publish(out);
    }

    /// A leader asks for the state. Leaders of older epochs get nothing.
    pub(super) fn read_share(
        &mut self,
        group: GroupId,
        partition: TopicPartition,
        leader_epoch: LeaderEpoch,
    ) -> Result<KeptShare, ErrorCode> {
        let kept = self.shares.entry((group, partition)).or_default();
        if leader_epoch < kept.leader_epoch {
            return Err(ErrorCode::FencedLeaderEpoch);
        }
        kept.leader_epoch = leader_epoch;
        let mut batches: Vec<StateBatch> = Vec::new();
        for (offset, (state, deliveries)) in &kept.records {
            match batches.last_mut() {
                Some(batch)
                    if batch.last.next() == *offset
                        && batch.state == *state
                        && batch.deliveries == *deliveries =>
                {
                    batch.last = *offset;
                }
                _ => batches.push(StateBatch {
                    first: *offset,
                    last: *offset,
                    state: *state,
                    deliveries: *deliveries,
                }),
            }
        }
        Ok(KeptShare {
            start: kept.start,
            batches,
        })
    }

    /// A leader changes it. What lies before the start is forgotten.
    pub(super) fn write_share(
        &mut self,
        key: (GroupId, TopicPartition),
        leader_epoch: LeaderEpoch,
        start: Offset,
        changed: &[StateBatch],
    ) -> ErrorCode {
        let kept = self.shares.entry(key).or_default();
        if leader_epoch < kept.leader_epoch {
            return ErrorCode::FencedLeaderEpoch;
        }
        kept.leader_epoch = leader_epoch;
        kept.start = Some(start);
        for batch in changed {
            for offset in batch.first.0..=batch.last.0 {
                let what = (batch.state, batch.deliveries);
                kept.records.insert(Offset(offset), what);
            }
        }
        kept.records = kept.records.split_off(&start);
        ErrorCode::None
    }
}
