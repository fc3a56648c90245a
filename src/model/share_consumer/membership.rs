//! A share consumer as a member of its group (`ShareMembershipManager`, `ShareHeartbeatRequestManager`): it finds the coordinator,
//! joins with its first `poll()`, tells that it lives, and learns what it reads.

use super::super::effects::{Effects, Purpose};
use super::super::ids::{BrokerId, TopicPartition};
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{CoordinatorKey, ErrorCode, Request, ShareRequest};
use super::ShareConsumer;
use super::requests::Asked;

/// Where it is with its group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Membership {
    /// It has called `poll()`, and has not left.
    pub(super) joined: bool,
    coordinator: Option<BrokerId>,
    /// A request to find the coordinator, or to it, is under way.
    waits: bool,
    /// Nothing to the coordinator before then.
    next: SimTime,
    /// It is on its way out.
    pub(super) leaving: bool,
}

impl Membership {
    /// The coordinator was not reached: it is looked for again.
    pub(super) fn on_lost(&mut self, again: SimTime) {
        self.waits = false;
        self.coordinator = None;
        self.next = again;
        if self.leaving {
            // One attempt is all that a consumer makes that is closed.
            self.joined = false;
        }
    }

    /// It wants to leave: the coordinator is told as soon as may be.
    pub(super) fn hurry(&mut self, now: SimTime) {
        self.next = now;
        if self.coordinator.is_none() && !self.waits {
            self.joined = false;
        }
    }

    /// When there is something to do.
    pub(super) fn next_alarm(&self) -> Option<SimTime> {
        (self.joined && !self.waits).then_some(self.next)
    }
}

impl ShareConsumer {
    pub(super) fn keep_membership(&mut self, now: SimTime, out: &mut Effects) {
        let member = &self.membership;
        if !member.joined || member.waits || now < member.next || self.rests {
            return;
        }
        let Some(coordinator) = member.coordinator else {
            if let Some(id) = self.net.anybody(now, out) {
                self.membership.waits = true;
                let request = Request::FindCoordinator(CoordinatorKey::Group(self.group));
                let to = (id, Purpose::Client);
                if let Some(failed) = self.net.ask(now, to, request, Asked::Coordinator, out) {
                    self.on_failed(now, id, failed);
                }
            }
            return;
        };
        self.membership.waits = true;
        let leaving = self.membership.leaving;
        let request = ShareRequest::Heartbeat {
            group: self.group,
            member: self.id,
            topic: (!leaving).then_some(self.topic),
            owned: self.assignment.clone(),
        };
        let request = Request::Share(Box::new(request));
        let to = (coordinator, Purpose::Coordinator);
        if let Some(failed) = self.net.ask(now, to, request, Asked::Heartbeat, out) {
            self.on_failed(now, coordinator, failed);
        }
    }

    pub(super) fn on_coordinator(&mut self, now: SimTime, found: Result<BrokerId, ErrorCode>) {
        self.membership.waits = false;
        match found {
            Ok(id) => {
                self.membership.coordinator = Some(id);
                self.membership.next = now;
            }
            Err(_) => self.membership.next = now + self.config.client.retry_backoff,
        }
    }

    pub(super) fn on_heartbeat_answer(
        &mut self,
        now: SimTime,
        error: ErrorCode,
        assignment: Option<Vec<TopicPartition>>,
        interval: SimDuration,
    ) {
        self.membership.waits = false;
        if self.membership.leaving {
            self.membership.joined = false;
            return;
        }
        if error != ErrorCode::None {
            let again = now + self.config.client.retry_backoff;
            return self.membership.on_lost(again);
        }
        self.membership.next = now + interval;
        if let Some(assignment) = assignment
            && assignment != self.assignment
        {
            // What changed is confirmed at once.
            self.assignment = assignment;
            self.membership.next = now;
        }
    }
}
