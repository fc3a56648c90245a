//! Share groups at a broker (KIP-932): as leader it gives records out and takes acknowledgements (`SharePartitionManager`), as
//! coordinator it knows who is a member. What becomes of records is kept by the controller here, so that the next leader knows.

mod fetching;
mod keeping;
mod members;
mod partition;
mod settling;
mod taking;

use super::super::config::ShareConfig;
use super::super::effects::{Effects, ReplyTo, Timer};
use super::super::ids::{ClientId, ConnectionId, GroupId, LeaderEpoch, TopicPartition};
use super::super::small::Map;
use super::super::time::SimTime;
use super::super::wire::{
    AcknowledgedBatch, ErrorCode, Response, SessionEpoch, ShareRequest, ShareResponse,
    SharedPartition, StateBatch,
};
use super::Broker;
use fetching::Wanted;
use members::Members;
use partition::SharePartition;
use std::collections::VecDeque;

/// What a broker knows of share groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sharing {
    partitions: Map<(GroupId, TopicPartition), Loaded>,
    sessions: Map<(GroupId, ClientId), Session>,
    /// Requests that are not answered yet, the oldest first.
    jobs: Vec<Job>,
    /// Changes that are on their way to be kept, in the order of sending.
    writes: VecDeque<Write>,
    next_job: u32,
    /// Of the groups that this broker coordinates.
    groups: Map<GroupId, Members>,
}

/// A partition of a share group at its leader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Loaded {
    /// What was kept of it is asked for.
    Asked(LeaderEpoch),
    /// It is known.
    Ready(LeaderEpoch, SharePartition),
}

/// A consumer's session with this broker: it ends with its connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Session {
    connection: ConnectionId,
    /// The next request says this.
    epoch: u32,
    partitions: Vec<TopicPartition>,
}

/// A request that waits for records, or for what it changed to be kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Job {
    id: u32,
    reply: ReplyTo,
    group: GroupId,
    member: ClientId,
    /// What became of its acknowledgements; none while that is open.
    results: Vec<(TopicPartition, Option<ErrorCode>)>,
    /// What it wants of the log, if it is a fetch.
    wanted: Option<Wanted>,
    /// It ends its session.
    is_last: bool,
}

/// A change on its way to be kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Write {
    group: GroupId,
    partition: TopicPartition,
    changed: Vec<StateBatch>,
    /// Who asked for it.
    job: Option<u32>,
}

impl Sharing {
    pub(super) fn is_idle(&self) -> bool {
        self.partitions.is_empty() && self.jobs.is_empty() && self.groups.is_empty()
    }

    fn ready(&mut self, group: GroupId, partition: TopicPartition) -> Option<&mut SharePartition> {
        match self.partitions.get_mut(&(group, partition)) {
            Some(Loaded::Ready(_, state)) => Some(state),
            Some(Loaded::Asked(_)) | None => None,
        }
    }

    /// Goes on with a session, or begins one (`newContext`, `acknowledgeSessionUpdate`).
    fn go_on(
        &mut self,
        key: (GroupId, ClientId),
        connection: ConnectionId,
        epoch: SessionEpoch,
        wanted: Option<&[TopicPartition]>,
        acknowledges: bool,
    ) -> Result<(), ErrorCode> {
        if let (SessionEpoch::Initial, Some(wanted)) = (epoch, wanted) {
            if acknowledges {
                return Err(ErrorCode::InvalidRequest);
            }
            let session = Session {
                connection,
                epoch: 1,
                partitions: wanted.to_vec(),
            };
            self.sessions.insert(key, session);
            return Ok(());
        }
        let session = self.sessions.get_mut(&key);
        let session = session.ok_or(ErrorCode::ShareSessionNotFound)?;
        match epoch {
            SessionEpoch::Final => Ok(()),
            SessionEpoch::Next(epoch) if epoch == session.epoch => {
                session.epoch += 1;
                if let Some(wanted) = wanted {
                    session.partitions = wanted.to_vec();
                }
                Ok(())
            }
            SessionEpoch::Next(_) | SessionEpoch::Initial => {
                Err(ErrorCode::InvalidShareSessionEpoch)
            }
        }
    }
}

impl Broker {
    fn share_config(&self, group: GroupId) -> ShareConfig {
        let own = self.image.groups.get(&group);
        own.copied().unwrap_or(self.config.share)
    }

    pub(super) fn on_share(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: ShareRequest,
        out: &mut Effects,
    ) {
        match request {
            ShareRequest::Fetch(fetch) => {
                let key = (fetch.group, fetch.member);
                let acknowledges = !fetch.acknowledged.is_empty();
                let wanted = Some(fetch.partitions.as_slice());
                let gone_on =
                    self.sharing
                        .go_on(key, reply.connection, fetch.epoch, wanted, acknowledges);
                if let Err(error) = gone_on {
                    let response = ShareResponse::Fetch {
                        error,
                        partitions: Vec::new(),
                    };
                    return out.reply(reply, Response::Share(Box::new(response)));
                }
                let session = self.sharing.sessions.get(&key);
                let turn = session.map_or(0, |session| session.epoch);
                let wanted = Wanted::of(now, &fetch, turn);
                let is_last = fetch.epoch == SessionEpoch::Final;
                self.begin_job(
                    now,
                    reply,
                    key,
                    &fetch.acknowledged,
                    Some(wanted),
                    is_last,
                    out,
                );
            }
            ShareRequest::Acknowledge {
                group,
                member,
                epoch,
                acknowledged,
            } => {
                let key = (group, member);
                let gone_on = self.sharing.go_on(key, reply.connection, epoch, None, true);
                if let Err(error) = gone_on {
                    let response = ShareResponse::Acknowledge {
                        error,
                        partitions: Vec::new(),
                    };
                    return out.reply(reply, Response::Share(Box::new(response)));
                }
                let is_last = epoch == SessionEpoch::Final;
                self.begin_job(now, reply, key, &acknowledged, None, is_last, out);
            }
            ShareRequest::Heartbeat {
                group,
                member,
                topic,
                owned,
            } => {
                let response = self.on_share_heartbeat(now, group, member, topic, &owned);
                out.reply(reply, Response::Share(Box::new(response)));
            }
            ShareRequest::ReadState { .. } | ShareRequest::WriteState { .. } => {}
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the parts of one request, which nothing else holds together"
    )]
    fn begin_job(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        (group, member): (GroupId, ClientId),
        acknowledged: &[(TopicPartition, AcknowledgedBatch)],
        wanted: Option<Wanted>,
        is_last: bool,
        out: &mut Effects,
    ) {
        let id = self.sharing.next_job;
        self.sharing.next_job += 1;
        let mut partitions: Vec<TopicPartition> = acknowledged
            .iter()
            .map(|(partition, _)| *partition)
            .collect();
        partitions.dedup();
        let mut results = Vec::new();
        for partition in partitions {
            let of_it = acknowledged.iter().filter(|(id, _)| *id == partition);
            let said: Vec<_> = of_it.map(|(_, batch)| batch).collect();
            let result = self.hear_of(now, (group, member), partition, &said, id, out);
            results.push((partition, result));
        }
        self.sharing.jobs.push(Job {
            id,
            reply,
            group,
            member,
            results,
            wanted,
            is_last,
        });
    }

    /// What becomes of a member's words about a partition; none while the change is on its way to be kept.
    fn hear_of(
        &mut self,
        now: SimTime,
        (group, member): (GroupId, ClientId),
        partition: TopicPartition,
        said: &[&AcknowledgedBatch],
        job: u32,
        out: &mut Effects,
    ) -> Option<ErrorCode> {
        let config = self.share_config(group);
        let renews = said.iter().any(|batch| {
            batch
                .kinds
                .contains(&super::super::wire::Acknowledgement::Renew)
        });
        if renews && !config.renews {
            return Some(ErrorCode::InvalidRecordState);
        }
        let Some(state) = self.sharing.ready(group, partition) else {
            return Some(ErrorCode::UnknownTopicOrPartition);
        };
        match state.acknowledge(member, said, config.delivery_limit, now + config.lock) {
            Err(error) => Some(error),
            Ok(changed) if changed.is_empty() => Some(ErrorCode::None),
            Ok(changed) => {
                self.note_settled(group, partition, &changed, out);
                self.keep_share(group, partition, changed, Some(job), out);
                None
            }
        }
    }

    /// A consumer's session is over: what it has is given back (`releaseSession`).
    fn end_session(&mut self, key: (GroupId, ClientId), out: &mut Effects) {
        let (group, member) = key;
        let Some(session) = self.sharing.sessions.remove(&key) else {
            return;
        };
        let limit = self.share_config(group).delivery_limit;
        for partition in session.partitions {
            let Some(state) = self.sharing.ready(group, partition) else {
                continue;
            };
            let changed = state.release(member, limit);
            if !changed.is_empty() {
                self.note_settled(group, partition, &changed, out);
                self.keep_share(group, partition, changed, None, out);
            }
        }
    }

    /// A connection is gone, and with it the sessions on it. Fetches that wait go on waiting, and may lock records for nobody.
    pub(super) fn end_sessions_of(&mut self, connection: ConnectionId, out: &mut Effects) {
        let sessions = self.sharing.sessions.iter();
        let gone: Vec<_> = sessions
            .filter(|(_, session)| session.connection == connection)
            .map(|(key, _)| *key)
            .collect();
        for key in gone {
            self.end_session(key, out);
        }
    }

    /// This broker leads the partition no longer, or in another epoch: what it knew of share groups there is void.
    pub(super) fn forget_shares(&mut self, partition: TopicPartition) {
        if !self.sharing.partitions.is_empty() {
            let keys = self.sharing.partitions.keys().copied();
            let void: Vec<_> = keys.filter(|(_, id)| *id == partition).collect();
            for key in void {
                self.sharing.partitions.remove(&key);
            }
        }
        if partition == super::super::ids::TopicId::CONSUMER_OFFSETS.first_partition() {
            self.sharing.groups = Map::new();
        }
    }

    /// Ends locks, gives out what there is to give, answers what is done.
    pub(super) fn settle_shares(&mut self, now: SimTime, out: &mut Effects) {
        if self.sharing.is_idle() {
            return;
        }
        self.end_share_locks(now, out);
        self.end_member_sessions(now);
        let jobs = std::mem::take(&mut self.sharing.jobs);
        for mut job in jobs {
            if let Some(mut wanted) = job.wanted.take() {
                self.serve(now, (job.group, job.member), &mut wanted, out);
                job.wanted = Some(wanted);
            }
            let served = job.wanted.as_ref().is_none_or(|w| w.answered.is_some());
            let settled = job.results.iter().all(|(_, result)| result.is_some());
            if served && settled {
                let key = (job.group, job.member);
                let is_last = job.is_last;
                out.reply(job.reply, Response::Share(Box::new(answer(job))));
                if is_last {
                    self.end_session(key, out);
                }
            } else {
                self.sharing.jobs.push(job);
            }
        }
        let partitions = self.sharing.partitions.values();
        let locks = partitions.filter_map(|loaded| match loaded {
            Loaded::Ready(_, state) => state.next_lock_end(),
            Loaded::Asked(_) => None,
        });
        let waits = self.sharing.jobs.iter().filter_map(|job| {
            let wanted = job.wanted.as_ref()?;
            wanted.answered.is_none().then_some(wanted.deadline)
        });
        let sessions = self.sharing.groups.values().filter_map(Members::first_end);
        let next = locks.chain(waits).chain(sessions).min();
        self.alarms.set(Timer::Share, next, out);
    }

    fn end_share_locks(&mut self, now: SimTime, out: &mut Effects) {
        let keys: Vec<_> = self.sharing.partitions.keys().copied().collect();
        for (group, partition) in keys {
            let limit = self.share_config(group).delivery_limit;
            let Some(state) = self.sharing.ready(group, partition) else {
                continue;
            };
            let changed = state.end_locks(now, limit);
            if !changed.is_empty() {
                self.note_settled(group, partition, &changed, out);
                self.keep_share(group, partition, changed, None, out);
            }
        }
    }
}

/// What a job that is done is answered.
fn answer(job: Job) -> ShareResponse {
    let results = job.results.into_iter();
    let mut results: Vec<_> = results
        .map(|(partition, result)| (partition, result.unwrap_or_default()))
        .collect();
    let Some(wanted) = job.wanted else {
        return ShareResponse::Acknowledge {
            error: ErrorCode::None,
            partitions: results,
        };
    };
    let mut partitions = wanted.answered.unwrap_or_default();
    for told in &mut partitions {
        if let Some(at) = results.iter().position(|(id, _)| *id == told.partition) {
            told.acknowledge_error = results.swap_remove(at).1;
        }
    }
    let rest = results
        .into_iter()
        .map(|(partition, error)| SharedPartition {
            partition,
            error: ErrorCode::None,
            acknowledge_error: error,
            acquired: Vec::new(),
            entries: Vec::new(),
            current_leader: None,
        });
    partitions.extend(rest);
    ShareResponse::Fetch {
        error: ErrorCode::None,
        partitions,
    }
}
