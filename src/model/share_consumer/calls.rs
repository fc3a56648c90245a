//! What the application calls: `poll()`, `acknowledge()`, `commitSync()`, `close()`.

use super::super::effects::Effects;
use super::super::ids::{BrokerId, Offset, TopicPartition};
use super::super::observation::{Observation, ShareFact};
use super::super::time::{SimDuration, SimTime};
use super::super::wire::Acknowledgement;
use super::in_hand::InHand;
use super::requests::{Because, Outgoing};
use super::{Call, Returned, ShareConsumer};

/// A call that does not go together with what was done before.
const ILLEGAL_STATE: &str = "IllegalStateException";

impl ShareConsumer {
    /// The application calls `poll()`.
    pub(crate) fn poll(&mut self, now: SimTime, wait: SimDuration, out: &mut Effects) {
        if self.config.explicit {
            if !self.hand.is_all_acknowledged() {
                return self.refuse_poll(out);
            }
        } else {
            self.hand.accept_all();
        }
        self.may_ask = true;
        self.returned = None;
        if !self.membership.joined {
            self.membership.joined = true;
        }
        self.call = Some(Call::Poll { until: now + wait });
        let said = self.hand.take_said();
        self.collect(now, said, out);
        self.turn(now, out);
    }

    fn refuse_poll(&mut self, out: &mut Effects) {
        self.returned = Some(Returned {
            records: 0,
            failed: true,
        });
        out.note(Observation::Share(ShareFact::CallRefused {
            client: self.id,
            exception: ILLEGAL_STATE,
        }));
    }

    /// The application calls `acknowledge()` for each, until one of the calls throws.
    pub(crate) fn acknowledge(
        &mut self,
        partition: TopicPartition,
        offsets: &[Offset],
        kind: Acknowledgement,
        out: &mut Effects,
    ) {
        let said = |hand: &mut InHand, at: &Offset| hand.acknowledge(partition, *at, kind);
        let done =
            self.config.explicit && offsets.iter().all(|offset| said(&mut self.hand, offset));
        if !done && !offsets.is_empty() {
            out.note(Observation::Share(ShareFact::CallRefused {
                client: self.id,
                exception: ILLEGAL_STATE,
            }));
        }
    }

    /// The application calls `commitSync()`.
    pub(crate) fn commit(&mut self, now: SimTime, wait: SimDuration, out: &mut Effects) {
        if !self.config.explicit {
            self.hand.accept_all();
        }
        self.committed.clear();
        let said = self.hand.take_said();
        let wants = said.len();
        let until = now + wait;
        self.call = Some(Call::Commit { wants, until });
        self.queue(now, said, Because::Sync, until);
        self.turn(now, out);
    }

    /// The application calls `close()`: what was acknowledged is sent, the rest is given back, and the group is left. What
    /// `poll()` returned last is not accepted thereby.
    pub(crate) fn close(&mut self, now: SimTime, wait: SimDuration, out: &mut Effects) {
        let until = now + wait.min(self.config.client.request_timeout);
        self.call = Some(Call::Close { until });
        self.fetch_more = false;
        let mut said = self.hand.take_said();
        for (broker, riding) in std::mem::take(&mut self.riding) {
            said.extend(riding.into_iter().map(|(id, said)| (broker, id, said)));
        }
        let brokers: Vec<BrokerId> = self.sessions.keys().copied().collect();
        for to in brokers {
            let of_it = said.iter().filter(|(from, ..)| *from == to);
            let of_it = of_it.map(|(_, id, said)| (*id, said.clone())).collect();
            self.outgoing.push(Outgoing {
                to,
                because: Because::Close,
                said: of_it,
                not_before: SimTime::ZERO,
                until,
            });
        }
        self.turn(now, out);
    }
}
