//! What a reader knows of the cluster, and when it asks (`Metadata`, `ConsumerMetadata`).

use super::super::effects::{Effects, Purpose};
use super::super::ids::{BrokerId, LeaderEpoch, NodeId, TopicPartition};
use super::super::observation::Observation;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::Request;
use super::Reader;
use super::net::{InFlight, Net};
use crate::small::{Map, Set};

impl Net {
    /// When metadata is asked for, if it is wanted.
    pub(super) fn metadata_at(&self) -> Option<SimTime> {
        (self.wanted && !self.asking).then(|| self.may_ask_at())
    }

    /// Metadata is asked for at most once in a backoff, which grows while the answers bring nothing new.
    pub(super) fn may_ask_at(&self) -> SimTime {
        let Some(asked_at) = self.asked_at else {
            return SimTime::ZERO;
        };
        let (base, max) = (self.config.retry_backoff.0, self.config.retry_backoff_max.0);
        let grown = base.saturating_mul(1 << self.fruitless.min(20));
        asked_at + SimDuration(grown.min(max.max(base)))
    }

    /// Metadata that is too old is asked for again.
    fn age(&mut self, now: SimTime) {
        let told = self.told_at;
        self.wanted |= told.is_some_and(|at| now.since(at) >= self.config.metadata_max_age);
    }
}

impl Reader {
    pub(super) fn ask_for_metadata(&mut self, now: SimTime, out: &mut Effects) {
        self.net.age(now);
        if !self.net.wanted || self.net.asking || now < self.net.may_ask_at() {
            return;
        }
        if let Some(id) = self.net.least_loaded(now, out) {
            self.net.asking = true;
            self.net.asked_at = Some(now);
            self.net.put(now, id, InFlight::Metadata);
            out.send(NodeId::Broker(id), Purpose::Client, Request::Metadata);
        }
    }

    /// Takes in a Metadata response. Older epochs than known are not believed (KIP-320).
    pub(super) fn learn_metadata(
        &mut self,
        now: SimTime,
        leaders: Map<TopicPartition, (Option<BrokerId>, LeaderEpoch)>,
        brokers: Set<BrokerId>,
        out: &mut Effects,
    ) {
        self.net.asking = false;
        self.net.told_at = Some(now);
        let before = self.net.leaders.clone();
        self.count_partitions(now, &leaders);
        for (partition, (leader, epoch)) in leaders {
            if self.places.contains_key(&partition) || self.wants_topic(partition.topic) {
                self.learn_leader(partition, leader, epoch, out);
            }
        }
        let fresh = before != self.net.leaders;
        self.net.fruitless = if fresh { 0 } else { self.net.fruitless + 1 };
        let mut led = self.places.keys().map(|id| self.net.leader_of(*id).0);
        self.net.wanted = led.any(|leader| leader.is_none());
        for place in self.places.values_mut() {
            place.no_fetch_before = SimTime::ZERO;
        }
        if !brokers.is_empty() {
            self.net.brokers = brokers;
        }
        self.share_out(now, out);
    }

    pub(super) fn learn_leader(
        &mut self,
        partition: TopicPartition,
        leader: Option<BrokerId>,
        epoch: LeaderEpoch,
        out: &mut Effects,
    ) {
        let known = self.net.leaders.get(&partition);
        if known.is_some_and(|(_, known)| *known > epoch) || known == Some(&(leader, epoch)) {
            return;
        }
        self.net.leaders.insert(partition, (leader, epoch));
        if let Some(place) = self.places.get_mut(&partition) {
            place.learn_leader((leader, Some(epoch)));
        }
        out.note(Observation::MetadataLearned {
            producer: self.id,
            partition,
            leader,
        });
    }
}
