//! Commits that nobody calls for: within `poll()` from time to time, before a member joins anew, and when it is closed
//! (`ConsumerCoordinator`).

use super::super::super::effects::Effects;
use super::super::super::time::{SimDuration, SimTime};
use super::super::Reader;
use super::Membership;
use super::commits::{CommitCall, Failure, For};

impl Reader {
    /// `maybeAutoCommitOffsetsAsync`.
    pub(super) fn maybe_auto_commit(&mut self, now: SimTime, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        let Some(interval) = group.commits.interval else {
            return;
        };
        if now >= group.commits.auto_at {
            group.commits.auto_at = now + interval;
            let offsets = self.consumed(now);
            self.begin_commit(now, For::Auto, offsets, out);
        }
    }

    /// The automatic commit before the next JoinGroup. False while it is under way or has to be tried again.
    pub(super) fn commit_before_joining(&mut self, now: SimTime, out: &mut Effects) -> bool {
        let wait = self.config.retry_backoff;
        let Some(group) = &mut self.group else {
            return true;
        };
        if group.commits.interval.is_none() {
            return true;
        }
        let until = now + group.config.max_poll_interval;
        let (id, not_before, until) = group.commits.prepare.unwrap_or((None, now, until));
        if now >= until {
            group.commits.prepare = None;
            return true;
        }
        let Some(id) = id else {
            if now < not_before {
                return false;
            }
            group.suspended = !group.config.is_cooperative();
            let offsets = self.consumed(now);
            let id = self.begin_commit(now, For::Prepare, offsets, out);
            if let Some(group) = &mut self.group {
                group.commits.prepare = Some((Some(id), now, until));
            }
            return self.is_committed_before_joining(now, id, until, wait);
        };
        self.is_committed_before_joining(now, id, until, wait)
    }

    fn is_committed_before_joining(
        &mut self,
        now: SimTime,
        id: u32,
        until: SimTime,
        wait: SimDuration,
    ) -> bool {
        let Some(group) = &mut self.group else {
            return true;
        };
        let ended = &mut group.commits.ended;
        let Some(at) = ended.iter().position(|(of, _)| *of == id) else {
            return false;
        };
        let (_, result) = ended.remove(at);
        if result == Err(Failure::Passing) {
            group.commits.prepare = Some((None, now + wait, until));
            return false;
        }
        group.commits.prepare = None;
        true
    }

    /// The commits of `close()`: an automatic one, and asynchronous ones that wait for a coordinator. True when they are over.
    pub(super) fn commit_before_closing(
        &mut self,
        now: SimTime,
        until: SimTime,
        out: &mut Effects,
    ) -> bool {
        if now >= until {
            return true;
        }
        let Some(group) = &mut self.group else {
            return true;
        };
        if group.commits.interval.take().is_some() {
            let offsets = self.consumed(now);
            if let Some(group) = &mut self.group {
                group.commits.last = Some(CommitCall::new(offsets));
            }
        }
        let last = self
            .group
            .as_mut()
            .and_then(|group| group.commits.last.take());
        if let Some(mut call) = last
            && self.go_on_committing(now, &mut call, out).is_none()
        {
            if let Some(group) = &mut self.group {
                group.commits.last = Some(call);
            }
            return false;
        }
        let waits =
            |group: &Membership| group.commits.open.iter().any(|open| open.unsent.is_some());
        if self.group.as_deref().is_some_and(waits) {
            self.ensure_coordinator(now, out);
            return false;
        }
        true
    }

    /// Asynchronous commits have not all come to an end.
    pub(super) fn has_open_commits(&self) -> bool {
        let group = self.group.as_ref();
        group.is_some_and(|group| !group.commits.open.is_empty())
    }
}
