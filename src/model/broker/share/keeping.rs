//! A leader and the keeper of share states: what it asks to be kept, and what it hears (`DefaultStatePersister`). Kafka keeps it in
//! `__share_group_state`; here the controller does.

use super::super::super::effects::{Effects, Purpose};
use super::super::super::ids::{GroupId, NodeId, Offset, TopicPartition};
use super::super::super::time::SimTime;
use super::super::super::wire::{ErrorCode, Request, ShareRequest, ShareResponse, StateBatch};
use super::super::Broker;
use super::{Loaded, Write};

impl Broker {
    /// Asks for a change to be kept.
    pub(super) fn keep_share(
        &mut self,
        group: GroupId,
        partition: TopicPartition,
        changed: Vec<StateBatch>,
        job: Option<u32>,
        out: &mut Effects,
    ) {
        let key = (group, partition);
        let Some(Loaded::Ready(leader_epoch, state)) = self.sharing.partitions.get(&key) else {
            return;
        };
        let request = ShareRequest::WriteState {
            group,
            partition,
            leader_epoch: *leader_epoch,
            start: Offset(state.start),
            changed: changed.clone(),
        };
        self.sharing.writes.push_back(Write {
            group,
            partition,
            changed,
            job,
        });
        let request = Request::Share(Box::new(request));
        out.send(NodeId::Controller, Purpose::Control, request);
    }

    /// The keeper has answered.
    pub(in super::super) fn on_share_kept(
        &mut self,
        now: SimTime,
        response: ShareResponse,
        out: &mut Effects,
    ) {
        match response {
            ShareResponse::ReadState {
                group,
                partition,
                state,
            } => match state {
                Ok(kept) => self.load_share(group, partition, &kept, now),
                Err(_) => _ = self.sharing.partitions.remove(&(group, partition)),
            },
            ShareResponse::WriteState(error) => {
                if let Some(write) = self.sharing.writes.pop_front() {
                    self.finish_write(now, write, error);
                }
            }
            ShareResponse::Fetch { .. }
            | ShareResponse::Acknowledge { .. }
            | ShareResponse::Heartbeat { .. } => {}
        }
        self.settle(now, out);
    }

    fn finish_write(&mut self, now: SimTime, write: Write, error: ErrorCode) {
        let limit = self.share_config(write.group).delivery_limit;
        let done = error == ErrorCode::None;
        if let Some(state) = self.sharing.ready(write.group, write.partition) {
            state.complete(now, &write.changed, done, limit);
        }
        if error == ErrorCode::FencedLeaderEpoch {
            let key = (write.group, write.partition);
            self.sharing.partitions.remove(&key);
        }
        let asker = self.sharing.jobs.iter_mut();
        for job in asker.filter(|job| Some(job.id) == write.job) {
            for (partition, result) in &mut job.results {
                if *partition == write.partition {
                    *result = Some(match error {
                        ErrorCode::FencedLeaderEpoch => ErrorCode::NotLeaderOrFollower,
                        other => other,
                    });
                }
            }
        }
    }

    /// The way to the keeper is lost, and what was on it: those changes are undone.
    pub(in super::super) fn on_keeper_lost(&mut self, now: SimTime) {
        for write in std::mem::take(&mut self.sharing.writes) {
            self.finish_write(now, write, ErrorCode::CoordinatorNotAvailable);
        }
        let asked = |(_, loaded): &(&(GroupId, TopicPartition), &Loaded)| {
            matches!(loaded, Loaded::Asked(_))
        };
        let asked: Vec<_> = self
            .sharing
            .partitions
            .iter()
            .filter(asked)
            .map(|(key, _)| *key)
            .collect();
        for key in asked {
            self.sharing.partitions.remove(&key);
        }
    }
}
