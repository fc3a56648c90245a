//! Which brokers the controller counts on: sessions, fencing, unfencing.

use super::super::effects::{Effects, Timer};
use super::super::ids::{BrokerEpoch, BrokerId};
use super::super::observation::Observation;
use super::super::time::{SimDuration, SimTime};
use super::Controller;
use super::election::Change;

impl Controller {
    /// A broker's heartbeats stop reaching the controller; the last one came then.
    pub(crate) fn on_silence(
        &mut self,
        now: SimTime,
        id: BrokerId,
        last_heartbeat: SimTime,
        out: &mut Effects,
    ) {
        let known = self.image.brokers.get(&id);
        if known.is_some_and(|broker| !broker.fenced) {
            self.silent.entry(id).or_insert(last_heartbeat);
            self.arm_session_check(now, out);
        }
    }

    /// A broker's heartbeats reach the controller again.
    pub(crate) fn on_heard(
        &mut self,
        now: SimTime,
        id: BrokerId,
        epoch: BrokerEpoch,
        out: &mut Effects,
    ) {
        self.silent.remove(&id);
        self.arm_session_check(now, out);
        let fenced = self
            .image
            .brokers
            .get(&id)
            .is_some_and(|broker| broker.fenced && broker.epoch == epoch);
        if fenced {
            self.unfence(id, out);
        }
    }

    /// Sessions are looked at eight times in their length, one broker a time (`QuorumController.maybeFenceStaleBrokers`).
    pub(super) fn arm_session_check(&self, now: SimTime, out: &mut Effects) {
        let Some(oldest) = self.silent.values().min() else {
            return out.disarm(Timer::SessionCheck);
        };
        let period = (self.config.session_timeout.0 / 8).max(1);
        let over = (*oldest + self.config.session_timeout).max(now + SimDuration::from_us(1));
        out.arm(
            Timer::SessionCheck,
            SimTime(over.0.div_ceil(period) * period),
        );
    }

    pub(super) fn check_sessions(&mut self, now: SimTime, out: &mut Effects) {
        let stalest = self
            .silent
            .iter()
            .min_by_key(|(id, heard)| (**heard, **id))
            .map(|(id, heard)| (*id, *heard));
        if let Some((id, heard)) = stalest
            && heard + self.config.session_timeout <= now
        {
            self.silent.remove(&id);
            self.fence(id, out);
        }
        self.arm_session_check(now, out);
    }

    /// Fencing: out of every ISR, and its partitions get another leader (`handleBrokerFenced`).
    pub(super) fn fence(&mut self, id: BrokerId, out: &mut Effects) {
        self.leaving.remove(&id);
        if let Some(broker) = self.image.brokers.get_mut(&id) {
            broker.fenced = true;
            broker.in_controlled_shutdown = false;
        }
        out.note(Observation::BrokerFenced { broker: id });
        self.change_partitions(out, |registration| Change::without(registration, id));
        self.publish(out);
    }

    pub(super) fn unfence(&mut self, id: BrokerId, out: &mut Effects) {
        if let Some(broker) = self.image.brokers.get_mut(&id) {
            broker.fenced = false;
        }
        out.note(Observation::BrokerUnfenced { broker: id });
        self.change_partitions(out, |registration| Change::of(registration.isr.clone()));
        self.publish(out);
    }
}
