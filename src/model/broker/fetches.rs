//! How a leader answers fetches: at once, or when there is something to answer.

use super::super::effects::{Effects, ReplyTo, Timer};
use super::super::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset};
use super::super::scenario::{Rule, Rules};
use super::super::small::Few;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{ErrorCode, FetchPartition, FetchedBesides, FetchedPartition, Response};
use super::requests::ParkedFetch;
use super::{Broker, Replica};
use smallvec::SmallVec;
use std::cmp::Ordering;

fn refusal(rules: Rules, replica: &Replica, epoch: LeaderEpoch) -> ErrorCode {
    let epochs = match rules.has(Rule::UnfencedFetches) {
        true => Ordering::Equal,
        false => epoch.cmp(&replica.leader_epoch),
    };
    match epochs {
        Ordering::Less => ErrorCode::FencedLeaderEpoch,
        Ordering::Greater => ErrorCode::UnknownLeaderEpoch,
        Ordering::Equal if replica.leading().is_none() => ErrorCode::NotLeaderOrFollower,
        Ordering::Equal => ErrorCode::None,
    }
}

/// Where a follower's log parts from the leader's, if it does (KIP-595): the leader's end of the follower's last epoch.
fn diverging(
    rules: Rules,
    replica: &Replica,
    fetch: &FetchPartition,
) -> Option<(LeaderEpoch, Offset)> {
    let asked = fetch.last_fetched_epoch?;
    let (epoch, end) = replica.log.end_offset_for(asked).unwrap_or_default();
    let older = epoch < asked && !rules.has(Rule::NoTruncationByOlderEpochs);
    (older || end < fetch.fetch_offset).then_some((epoch, end))
}

impl Broker {
    /// A follower asks for more, and thereby acknowledges what it has.
    pub(super) fn on_fetch(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        (id, broker_epoch): (BrokerId, BrokerEpoch),
        partitions: &[FetchPartition],
        out: &mut Effects,
    ) {
        self.parked.remove(&id);
        let stale = self
            .image
            .brokers
            .get(&id)
            .is_some_and(|known| known.epoch > broker_epoch);
        if !stale {
            for fetch in partitions {
                self.acknowledge(now, (id, broker_epoch), fetch);
            }
        }
        if self.has_answer(partitions) {
            self.answer_fetch(id, reply, partitions, out);
        } else {
            self.parked.insert(
                id,
                ParkedFetch {
                    reply,
                    since: now,
                    cut_off_at: None,
                    partitions: Few::from_slice(partitions),
                },
            );
        }
        self.settle_fetch(now, out);
    }

    /// Counts a fetch as an acknowledgement, unless it is of another epoch or its log parts from ours
    /// (`Partition.fetchRecords`, `updateFollowerFetchState`).
    fn acknowledge(
        &mut self,
        now: SimTime,
        (id, broker_epoch): (BrokerId, BrokerEpoch),
        fetch: &FetchPartition,
    ) {
        let rules = self.config.rules;
        let Some(replica) = self.replicas.get_mut(&fetch.partition) else {
            return;
        };
        let fenced = !rules.has(Rule::UnfencedFetches);
        let other_epoch = fenced && fetch.current_leader_epoch != replica.leader_epoch;
        if other_epoch
            || !replica.holds(fetch.fetch_offset)
            || diverging(rules, replica, fetch).is_some()
        {
            return;
        }
        let end = replica.log.end();
        if let Some(remote) = replica
            .leading_mut()
            .and_then(|leading| leading.remotes.get_mut(&id))
        {
            remote.on_fetch(now, broker_epoch, fetch.fetch_offset, end);
        }
    }

    fn has_answer(&self, partitions: &[FetchPartition]) -> bool {
        let rules = self.config.rules;
        let unfenced = rules.has(Rule::UnfencedFetches);
        partitions
            .iter()
            .any(|fetch| match self.replicas.get(&fetch.partition) {
                Some(replica)
                    if replica.leading().is_some()
                        && (unfenced || fetch.current_leader_epoch == replica.leader_epoch) =>
                {
                    fetch.fetch_offset != replica.log.end()
                        || diverging(rules, replica, fetch).is_some()
                }
                _ => true,
            })
    }

    pub(super) fn answer_fetch(
        &mut self,
        id: BrokerId,
        reply: ReplyTo,
        partitions: &[FetchPartition],
        out: &mut Effects,
    ) {
        let mut answers = Few::new();
        for fetch in partitions {
            answers.push(self.fetched(id, fetch));
        }
        out.reply(reply, Response::Fetch(answers));
    }

    /// What is answered about a partition. The follower will know what it is told.
    fn fetched(&mut self, id: BrokerId, fetch: &FetchPartition) -> FetchedPartition {
        let mut answer = FetchedPartition {
            partition: fetch.partition,
            leader_epoch: fetch.current_leader_epoch,
            fetch_offset: fetch.fetch_offset,
            error: ErrorCode::None,
            entries: SmallVec::new(),
            high_watermark: Offset(0),
            log_start: Offset(0),
            besides: None,
        };
        let rules = self.config.rules;
        let Some(replica) = self.replicas.get_mut(&fetch.partition) else {
            answer.error = ErrorCode::UnknownTopicOrPartition;
            return answer;
        };
        answer.high_watermark = replica.high_watermark;
        answer.log_start = replica.log.start();
        answer.error = refusal(rules, replica, fetch.current_leader_epoch);
        if answer.error == ErrorCode::None {
            let besides = if let Some((epoch, end)) = diverging(rules, replica, fetch) {
                Some(FetchedBesides::Diverging(epoch, end))
            } else if replica.holds(fetch.fetch_offset) {
                answer.entries = SmallVec::from_slice(replica.log.from(fetch.fetch_offset));
                let states = replica.log.states_to_send(fetch.fetch_offset);
                states.map(FetchedBesides::States)
            } else {
                answer.error = ErrorCode::OffsetOutOfRange;
                Some(FetchedBesides::LogEnd(replica.log.end()))
            };
            answer.besides = besides.map(Box::new);
        }
        let leading = replica.leading_mut();
        if let Some(remote) = leading.and_then(|leading| leading.remotes.get_mut(&id)) {
            remote.told_high_watermark = answer.high_watermark;
            remote.told_log_start = answer.log_start;
        }
        answer
    }

    /// New records complete what waits for them; a moved high watermark does not.
    pub(super) fn answer_parked(&mut self, now: SimTime, out: &mut Effects) {
        let mut at = 0;
        while let Some((id, parked)) = self.parked.get_indexed(at) {
            let id = *id;
            if !self.has_answer(&parked.partitions) {
                at += 1;
            } else if let Some(parked) = self.unpark(now, id) {
                self.answer_fetch(id, parked.reply, &parked.partitions, out);
            }
        }
    }

    /// A parked fetch would have come back empty by now, with the high watermark that its follower lacks.
    pub(super) fn arm_fetch_wait(&mut self, now: SimTime, out: &mut Effects) {
        let wait = self.config.replica_fetch_wait_max.0.max(1);
        let next = |parked: &ParkedFetch| {
            parked.since + SimDuration(now.since(parked.since).0 / wait * wait + wait)
        };
        let due = self
            .parked
            .iter()
            .filter(|(id, parked)| self.owes_high_watermark(**id, parked));
        let due = due.map(|(_, parked)| next(parked)).min();
        self.alarms.set(Timer::FetchWait, due, out);
    }

    fn owes_high_watermark(&self, id: BrokerId, parked: &ParkedFetch) -> bool {
        self.unfolded.contains(&id)
            || self.misses_partitions(id, parked)
            || parked.partitions.iter().any(|fetch| {
                self.replicas.get(&fetch.partition).is_some_and(|replica| {
                    let remote = replica
                        .leading()
                        .and_then(|leading| leading.remotes.get(&id));
                    remote.is_some_and(|remote| {
                        remote.told_high_watermark < replica.high_watermark
                            || remote.told_log_start < replica.log.start()
                    })
                })
            })
    }

    /// The follower has partitions of this leader that its parked fetch, being older, does not ask for: the next one will.
    fn misses_partitions(&self, id: BrokerId, parked: &ParkedFetch) -> bool {
        let asks = |partition| parked.partitions.iter().any(|f| f.partition == partition);
        self.replicas.len() > parked.partitions.len()
            && self.replicas.iter().any(|(partition, replica)| {
                let remote = replica.leading().and_then(|l| l.remotes.get(&id));
                remote.is_some_and(|remote| remote.log_end.is_none()) && !asks(*partition)
            })
    }

    pub(super) fn tell_high_watermarks(&mut self, now: SimTime, out: &mut Effects) {
        let wait = self.config.replica_fetch_wait_max.0.max(1);
        let due = |id: BrokerId, parked: &ParkedFetch| {
            now.since(parked.since).0.is_multiple_of(wait) && self.owes_high_watermark(id, parked)
        };
        let ready: Vec<_> = self
            .parked
            .iter()
            .filter(|(id, parked)| due(**id, parked))
            .map(|(id, _)| *id)
            .collect();
        for id in ready {
            if let Some(parked) = self.unpark(now, id) {
                self.answer_fetch(id, parked.reply, &parked.partitions, out);
            }
        }
        self.arm_fetch_wait(now, out);
    }
}
