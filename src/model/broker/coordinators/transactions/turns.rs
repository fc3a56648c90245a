//! What brings a broker's transactions on: the timer, connections that open or break, answers.

use super::super::super::super::effects::{Effects, Purpose, Timer};
use super::super::super::super::ids::BrokerId;
use super::super::super::super::state_record::StateRecord;
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::wire::Response;
use super::super::super::Broker;
use super::super::Then;
use super::machine::Known;

/// Ids that expire later than so much after the last thing that happened are not waited for.
const HORIZON: SimDuration = SimDuration::from_ms(180_000);

impl Broker {
    /// What may be done now: markers, questions, transactions that have been open for too long.
    pub(in super::super::super) fn on_transactions_timer(
        &mut self,
        now: SimTime,
        out: &mut Effects,
    ) {
        self.coordinators.transactions.markers.give_up(now, out);
        let ids: Vec<_> = match self.next_scan(now) {
            Some(at) if at <= now => {
                self.coordinators.transactions.looked_at = Some(now);
                let known = self.coordinators.transactions.known.iter();
                let overdue = known.filter(|(_, known)| known.is_overdue(now));
                overdue.map(|(id, _)| *id).collect()
            }
            _ => Vec::new(),
        };
        for id in ids {
            self.fence(now, id, None, out);
        }
        self.forget_old_ids(now, out);
        for id in self.coordinators.transactions.markers.due_to_complete(now) {
            if let Some(known) = self.coordinators.transactions.known.get_mut(&id) {
                known.pending = false;
            }
            self.complete_if_done(now, id, out);
        }
        self.send_markers(now, out);
        self.verify_again(now, out);
        self.settle(now, out);
        self.arm_transactions(now, out);
    }

    /// When the coordinator next looks for transactions that have been open for too long and finds one.
    fn next_scan(&self, now: SimTime) -> Option<SimTime> {
        let known = self.coordinators.transactions.known.values();
        let first = known.filter_map(Known::overdue_at).min()?;
        let every = self.config.transaction_abort_interval.0.max(1);
        // It looks after the moment, not at it; and never twice at the same tick.
        let since = |at: SimTime| at.since(self.started_at).0;
        let looked = self.coordinators.transactions.looked_at;
        let after_that = looked.map_or(0, |at| since(at) / every + 1);
        let due = since(first) / every + 1;
        let ticks = due.max(after_that).max(since(now).div_ceil(every));
        Some(self.started_at + SimDuration(ticks * every))
    }

    /// When the coordinator next looks for transactional ids that have not been used for too long, and finds one.
    fn next_removal(&self, now: SimTime) -> Option<SimTime> {
        let known = self.coordinators.transactions.known.values();
        let first = known.filter_map(Known::unused_since).min()?;
        let first = first + self.config.transactional_id_expiration;
        let every = self.config.transactional_id_check_interval.0.max(1);
        let ticks = first.max(now).since(self.started_at).0.div_ceil(every);
        let at = self.started_at + SimDuration(ticks * every);
        (at.since(now) <= HORIZON).then_some(at)
    }

    /// `TransactionStateManager.removeExpiredTransactionalIds`.
    fn forget_old_ids(&mut self, now: SimTime, out: &mut Effects) {
        if self.next_removal(now) != Some(now) || !self.coordinates(super::state_partition()) {
            return;
        }
        let age = self.config.transactional_id_expiration;
        let known = self.coordinators.transactions.known.iter();
        let old = known.filter(|(_, known)| known.unused_since().is_some_and(|at| at + age <= now));
        let record = |id| StateRecord::Transaction { id, value: None };
        let records: Vec<_> = old.map(|(id, _)| record(*id)).collect();
        // Nobody waits for it.
        let _ = self.write_state(now, super::state_partition(), records, Then::Nothing, out);
    }

    /// Sets the timer for what is due next.
    pub(in super::super::super) fn arm_transactions(&mut self, now: SimTime, out: &mut Effects) {
        let transactions = &self.coordinators.transactions;
        let alarms = [
            transactions.markers.next_alarm(now),
            transactions.verification.next_alarm(),
            self.next_scan(now),
            self.next_removal(now),
        ];
        let next = alarms.into_iter().flatten().min();
        self.alarms.set(Timer::Transactions, next, out);
    }

    /// A connection of the coordinator, or to it, is open.
    pub(in super::super::super) fn on_transactions_opened(
        &mut self,
        now: SimTime,
        peer: BrokerId,
        purpose: Purpose,
        out: &mut Effects,
    ) {
        if purpose == Purpose::Markers {
            self.coordinators.transactions.markers.opened(peer);
            self.send_markers(now, out);
        } else {
            self.on_verifier_opened(now, peer, out);
        }
        self.arm_transactions(now, out);
    }

    /// It is gone.
    pub(in super::super::super) fn on_transactions_closed(
        &mut self,
        now: SimTime,
        peer: BrokerId,
        purpose: Purpose,
        out: &mut Effects,
    ) {
        if purpose == Purpose::Markers {
            self.coordinators.transactions.markers.closed(now, peer);
        } else {
            self.on_verifier_closed(now, peer, out);
        }
        self.settle(now, out);
        self.arm_transactions(now, out);
    }

    /// An answer came.
    pub(in super::super::super) fn on_transactions_answer(
        &mut self,
        now: SimTime,
        peer: BrokerId,
        purpose: Purpose,
        response: Response,
        out: &mut Effects,
    ) {
        let Response::Transaction(told) = response else {
            return;
        };
        if purpose == Purpose::Markers {
            self.on_markers_written(now, peer, &told, out);
        } else {
            self.on_verified(now, peer, *told, out);
        }
        self.settle(now, out);
        self.arm_transactions(now, out);
    }
}
