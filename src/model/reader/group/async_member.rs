//! A member of the newer protocol (KIP-848): its background thread speaks to the coordinator by heartbeats alone
//! (`ConsumerMembershipManager`, `ConsumerHeartbeatRequestManager`); listeners are called within `poll()`.

use super::super::super::effects::Effects;
use super::super::super::ids::TopicPartition;
use super::super::super::observation::Change;
use super::super::super::time::SimTime;
use super::super::super::wire::{
    AsMember, Beaten, ConsumerGroupHeartbeat, ErrorCode, GroupRequest, MemberId, ReadError,
};
use super::super::Reader;
use super::changes::News;
use super::coordinator::Asked;
use super::{Membership, Progress};
use crate::small::Set;

/// Where it is (`MemberState` of the client).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Standing {
    /// It has not polled yet, has left, or was told something that ends it.
    #[default]
    Out,
    Joining,
    Reconciling,
    Acknowledging,
    Stable,
    /// The coordinator put it out: what it had is lost.
    Fenced,
    /// It put itself out, because the application polls too rarely.
    Stale,
}

/// What only such a member has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct AsyncMember {
    pub(super) standing: Standing,
    pub(super) epoch: i32,
    /// What it shall have.
    pub(super) target: Vec<TopicPartition>,
    /// What it has, as it last acknowledged; none before the first.
    pub(super) current: Option<Vec<TopicPartition>>,
    /// Everything is said anew with the next heartbeat.
    pub(super) full: bool,
    /// What it last said that it has.
    pub(super) said: Option<Vec<TopicPartition>>,
    /// The next heartbeat.
    pub(super) due: SimTime,
    pub(super) in_flight: bool,
    pub(super) failures: u32,
    /// Without a call of `poll()` by then it leaves.
    pub(super) poll_until: Option<SimTime>,
    /// `poll()` throws it.
    pub(super) thrown: Option<ReadError>,
    /// The answer to its last word has come, or never will.
    pub(super) gone: bool,
    /// What the listener has to be told before the assignment changes.
    pub(super) news: Option<News>,
    /// `poll()` does not look for such news before then.
    pub(super) looks_at: SimTime,
}

impl AsyncMember {
    pub(super) fn is_in(&self) -> bool {
        matches!(
            self.standing,
            Standing::Joining | Standing::Reconciling | Standing::Acknowledging | Standing::Stable
        )
    }

    /// When its background thread has something to do by itself.
    pub(super) fn next_at(&self) -> Option<SimTime> {
        let beat = (self.is_in() && !self.in_flight).then_some(self.due);
        let poll = self.poll_until.filter(|_| self.is_in());
        beat.into_iter().chain(poll).min()
    }

    /// When a call that waits looks for news.
    pub(super) fn looks_at(&self) -> Option<SimTime> {
        self.news.as_ref().map(|_| self.looks_at)
    }

    fn must_speak(&self) -> bool {
        matches!(self.standing, Standing::Joining | Standing::Acknowledging)
    }
}

impl Membership {
    fn own_id(&self, client: super::super::super::ids::ClientId) -> MemberId {
        MemberId {
            name: self.setup.instance.unwrap_or(self.setup.name),
            client,
            nth: 0,
        }
    }

    /// Who it is to others than its coordinator's heartbeats: a member as long as it has an epoch.
    pub(super) fn newer_member(&self) -> Option<AsMember> {
        let newer = self.newer.as_ref()?;
        let member = self.member?;
        (newer.is_in() && newer.epoch > 0).then_some(AsMember {
            group: self.setup.group,
            member,
            instance: self.setup.instance,
            generation: newer.epoch,
        })
    }
}

impl Reader {
    pub(super) fn newer(&mut self) -> Option<&mut AsyncMember> {
        self.group.as_mut()?.newer.as_deref_mut()
    }

    /// It works between calls, too.
    pub(in crate::reader) fn works_alone(&self) -> bool {
        let newer = self
            .group
            .as_ref()
            .is_some_and(|group| group.newer.is_some());
        newer || self.config.membership.librdkafka
    }

    pub(in crate::reader) fn begin_as_member(&mut self, now: SimTime, out: &mut Effects) {
        if self.config.membership.librdkafka {
            self.work_by_itself(now, out);
        } else if self.works_alone() {
            self.ensure_coordinator(now, out);
            self.ask_for_metadata(now, out);
        }
    }

    /// Something came while no call waited.
    pub(in crate::reader) fn after_background(&mut self, now: SimTime, out: &mut Effects) {
        if self.config.membership.librdkafka {
            self.work_by_itself(now, out);
        } else if self.works_alone() {
            self.work_in_background(now, out);
        } else {
            self.arm_member(now, out);
        }
    }

    /// A round of the background thread.
    pub(super) fn work_in_background(&mut self, now: SimTime, out: &mut Effects) {
        self.time_out_requests(now, out);
        self.ask_for_metadata(now, out);
        if self.ensure_coordinator(now, out) {
            self.maybe_beat(now, out);
        }
        self.reconcile(now, false, out);
        self.maybe_beat(now, out);
        self.arm_member(now, out);
    }

    /// The part of a `poll()`: it joins with the first one; what the listener has to be told it is told here.
    pub(super) fn work_on_newer(
        &mut self,
        now: SimTime,
        out: &mut Effects,
    ) -> Result<Progress, ReadError> {
        self.call_back(out)?;
        let wait = self
            .group
            .as_ref()
            .map(|group| group.config.max_poll_interval);
        let Some(newer) = self.newer() else {
            return Ok(Progress::Ready);
        };
        if let Some(error) = newer.thrown.take() {
            // What ended its membership took what it had (`transitionToFatal`).
            self.lose_what_it_had(out);
            return Err(error);
        }
        let first = newer.poll_until.is_none();
        newer.poll_until = Some(now + wait.unwrap_or_default());
        let standing = newer.standing;
        match standing {
            Standing::Out if first => self.join_newer(now),
            Standing::Fenced | Standing::Stale => {
                let had: Vec<_> = self.places.keys().copied().collect();
                if !self.has_told(true, &had) {
                    return Ok(Progress::NotYet);
                }
                self.lose_what_it_had(out);
                self.join_newer(now);
            }
            _ => {}
        }
        self.take_news(now, out);
        self.maybe_auto_commit(now, out);
        self.work_in_background(now, out);
        self.reconcile(now, true, out);
        if self.config.membership.librdkafka {
            self.take_news(now, out);
            self.take_news(now, out);
        }
        self.maybe_beat(now, out);
        self.arm_member(now, out);
        if let Some(error) = self.newer().and_then(|newer| newer.thrown.take()) {
            self.lose_what_it_had(out);
            return Err(error);
        }
        Ok(Progress::Ready)
    }

    fn join_newer(&mut self, now: SimTime) {
        let client = self.id;
        let Some(group) = &mut self.group else { return };
        group.member = Some(group.own_id(client));
        if let Some(newer) = &mut group.newer {
            newer.standing = Standing::Joining;
            newer.epoch = 0;
            newer.full = true;
            newer.current = None;
            newer.news = None;
            newer.due = now;
        }
    }

    fn lose_what_it_had(&mut self, out: &mut Effects) {
        let had: Vec<_> = self.places.keys().copied().collect();
        if !had.is_empty() {
            self.tell_change(Change::Lost, had, out);
        }
        self.set_assignment(&Set::new());
    }

    /// A heartbeat, if it is time for one, or if there is something to say.
    fn maybe_beat(&mut self, now: SimTime, out: &mut Effects) {
        let Some(group) = &self.group else { return };
        if group.coordinator.is_none() {
            return;
        }
        let Some(newer) = &group.newer else { return };
        if !newer.is_in() {
            return;
        }
        if newer.poll_until.is_some_and(|until| until <= now) {
            self.say_farewell(now, out);
            if let Some(newer) = self.newer() {
                newer.standing = Standing::Stale;
                newer.epoch = -1;
            }
            return;
        }
        let stood = group.heartbeat.stands;
        let speaks = newer.must_speak();
        if newer.in_flight && !(stood && speaks) {
            return;
        }
        let backs_off = newer.failures > 0 && now < newer.due;
        if backs_off || (!speaks && now < newer.due) {
            return;
        }
        self.beat(now, out);
    }

    fn beat(&mut self, now: SimTime, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        let (setup, config) = (group.setup, group.config);
        let (Some(topic), Some(member)) = (setup.topic, group.member) else {
            return;
        };
        let Some(newer) = group.newer.as_deref_mut() else {
            return;
        };
        let has = newer.current.clone().unwrap_or_default();
        let full = newer.full || newer.epoch == 0;
        let news = full || newer.said.as_ref() != Some(&has);
        if newer.standing == Standing::Acknowledging {
            newer.standing = if newer.current.as_ref() == Some(&newer.target) {
                Standing::Stable
            } else {
                Standing::Reconciling
            };
        }
        let stands = setup.folds && newer.standing == Standing::Stable && !news;
        newer.full = false;
        newer.said = Some(has.clone());
        newer.in_flight = true;
        let asked = ConsumerGroupHeartbeat {
            who: AsMember {
                group: setup.group,
                member,
                instance: setup.instance,
                generation: newer.epoch,
            },
            rebalance_timeout: config.max_poll_interval,
            topic,
            assignor: config.remote_assignor,
            owned: news.then_some(has),
            full,
            stands,
        };
        group.heartbeat.stands = stands;
        let request = GroupRequest::ConsumerGroupHeartbeat(asked);
        self.send_heartbeat(now, request, Asked::Beat, stands, out);
    }

    /// The heartbeat that says that it goes: for good, or, if it is static, for a while.
    pub(super) fn say_farewell(&mut self, now: SimTime, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        let (Some(topic), Some(member)) = (group.setup.topic, group.member) else {
            return;
        };
        let asked = ConsumerGroupHeartbeat {
            who: AsMember {
                group: group.setup.group,
                member,
                instance: group.setup.instance,
                generation: if group.setup.instance.is_some() {
                    -2
                } else {
                    -1
                },
            },
            rebalance_timeout: group.config.max_poll_interval,
            topic,
            assignor: None,
            owned: None,
            full: false,
            stands: false,
        };
        group.heartbeat.stands = false;
        if let Some(newer) = &mut group.newer {
            newer.in_flight = true;
        }
        let request = GroupRequest::ConsumerGroupHeartbeat(asked);
        self.send_to_coordinator(now, request, Asked::Beat, out);
    }

    /// The answer to a heartbeat.
    pub(super) fn on_beaten(&mut self, now: SimTime, answer: Beaten, out: &mut Effects) {
        let Some(newer) = self.newer() else { return };
        newer.in_flight = false;
        newer.gone = true;
        if !newer.is_in() {
            return;
        }
        match answer.error {
            ErrorCode::None => {
                newer.failures = 0;
                newer.due = now + answer.interval;
                newer.epoch = answer.epoch;
                if let Some(assignment) = answer.assignment {
                    newer.target = assignment;
                    if newer.current.as_ref() != Some(&newer.target) {
                        newer.standing = Standing::Reconciling;
                    } else if matches!(newer.standing, Standing::Reconciling | Standing::Joining) {
                        newer.standing = Standing::Stable;
                    }
                }
            }
            ErrorCode::FencedMemberEpoch | ErrorCode::UnknownMemberId => {
                newer.standing = Standing::Fenced;
                newer.epoch = 0;
                newer.failures = 0;
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => {
                newer.full = true;
                newer.due = now;
            }
            error => {
                newer.standing = Standing::Out;
                newer.thrown = Some(ReadError::Broker(error));
            }
        }
        if let Some(group) = &mut self.group {
            // `groupMetadata()` keeps the last one.
            group.joined = group.newer_member().or(group.joined);
        }
        self.reconcile(now, false, out);
        self.maybe_beat(now, out);
    }

    pub(super) fn on_beat_lost(&mut self, now: SimTime, _out: &mut Effects) {
        let wait = self.backoff(0);
        if let Some(newer) = self.newer() {
            newer.in_flight = false;
            newer.gone = true;
            newer.full = true;
            newer.failures += 1;
            newer.due = now + wait;
        }
    }
}
