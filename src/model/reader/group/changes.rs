//! How a member of the newer protocol comes to have something else (`AbstractMembershipManager.maybeReconcile`), and how it is
//! closed: its background thread decides, and the application's thread calls the listener.

use super::super::super::effects::{Effects, Timer};
use super::super::super::ids::TopicPartition;
use super::super::super::observation::Change;
use super::super::super::time::SimTime;
use super::super::Reader;
use super::async_member::Standing;
use super::leaving::Closing;
use crate::small::Set;

/// What waits for the application: it looks once in a round of `poll()`, and takes one of these a round (`processBackgroundEvents`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum News {
    /// Some of what it had goes before it has this.
    Revoked(Vec<TopicPartition>),
    /// It has this from now on.
    Assigned(Vec<TopicPartition>),
}

impl Reader {
    /// A call of `poll()` begins: it looks for news at once.
    pub(super) fn look_for_news(&mut self, now: SimTime) {
        if let Some(newer) = self.newer() {
            newer.looks_at = now;
        }
    }

    /// What waits for the application is told, if it looks now.
    pub(super) fn take_news(&mut self, now: SimTime, out: &mut Effects) {
        let (wait, librdkafka) = (self.config.retry_backoff, self.config.membership.librdkafka);
        let had: Set<_> = self.places.keys().copied().collect();
        let Some(newer) = self.newer() else { return };
        if now < newer.looks_at && !librdkafka {
            return;
        }
        newer.looks_at = now + wait;
        match newer.news.take() {
            None => {}
            Some(News::Revoked(next)) => {
                let gone = had.iter().filter(|p| !next.contains(p)).copied();
                let gone: Vec<_> = gone.collect();
                let told = self.has_told(false, &gone);
                if told {
                    self.tell_change(Change::Revoked, gone, out);
                }
                if let Some(newer) = self.newer() {
                    newer.news = Some(match told {
                        true => News::Assigned(next),
                        false => News::Revoked(next),
                    });
                    newer.looks_at = if told { newer.looks_at } else { now };
                }
            }
            Some(News::Assigned(next)) => {
                let has: Set<_> = next.iter().copied().collect();
                newer.current = Some(next);
                newer.standing = Standing::Acknowledging;
                self.set_assignment(&has);
                self.tell_change(Change::Assigned, has.difference(&had).copied(), out);
            }
        }
    }

    /// A step towards the target (`maybeReconcile`): what was read is committed first, which begins only within `poll()`.
    pub(super) fn reconcile(&mut self, now: SimTime, polls: bool, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        let commits = group.config.auto_commit.is_some();
        let under_way = group.commits.prepare.is_some();
        let Some(newer) = group.newer.as_deref_mut() else {
            return;
        };
        if newer.standing != Standing::Reconciling || newer.news.is_some() {
            return;
        }
        if newer.current.as_ref() == Some(&newer.target) {
            newer.standing = Standing::Acknowledging;
            return;
        }
        if commits && !polls && !under_way {
            return;
        }
        if commits && !self.commit_before_joining(now, out) {
            return;
        }
        let had: Set<_> = self.places.keys().copied().collect();
        if let Some(newer) = self.newer() {
            let next = newer.target.clone();
            let goes = had.iter().any(|p| !next.contains(p));
            newer.news = Some(match goes {
                true => News::Revoked(next),
                false => News::Assigned(next),
            });
        }
    }

    /// One round of `close()` (`AsyncKafkaConsumer.close`).
    pub(super) fn go_on_closing_newer(
        &mut self,
        now: SimTime,
        until: SimTime,
        closing: &mut Closing,
        out: &mut Effects,
    ) -> bool {
        if *closing == Closing::Commits {
            if !self.commit_before_closing(now, until, out) {
                return false;
            }
            *closing = Closing::Leaves;
            let had: Vec<_> = self.places.keys().copied().collect();
            let epoch = self.newer().map_or(0, |newer| newer.epoch);
            if !had.is_empty() {
                let change = if epoch > 0 {
                    Change::Revoked
                } else {
                    Change::Lost
                };
                self.tell_change(change, had, out);
                self.set_assignment(&Set::new());
            }
            let is_in = self.newer().is_some_and(|newer| newer.is_in());
            if let Some(newer) = self.newer() {
                newer.gone = !is_in;
            }
            if is_in
                && self
                    .group
                    .as_ref()
                    .is_some_and(|group| group.coordinator.is_some())
            {
                self.say_farewell(now, out);
            } else if let Some(newer) = self.newer() {
                newer.gone = true;
            }
            if let Some(newer) = self.newer() {
                newer.standing = Standing::Out;
            }
            out.disarm(Timer::Member);
        }
        let _ = self.call_back(out);
        let gone = self.newer().is_none_or(|newer| newer.gone);
        now >= until || (gone && !self.has_open_commits() && !self.awaits_records())
    }
}
