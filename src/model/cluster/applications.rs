//! What applications do with their clients: the acts of the script that make, use and end producers.

use super::super::board::SendState;
use super::super::effects::Effects;
use super::super::ids::{BrokerId, ClientId, NodeId, RecordId};
use super::super::observation::Observation;
use super::super::producer::Producer;
use super::super::scenario::WaitFor;
use super::super::text::{Whole, Word};
use super::super::time::{SimDuration, SimTime};
use super::super::wire::ClientError;
use super::World;
use std::sync::Arc;

impl World {
    pub(super) fn is_busy(&self, by: &Word) -> bool {
        let id = self.setup.cast.producer(&by.0);
        let producer = id.and_then(|id| self.producers.get(&id));
        producer.is_some_and(Producer::is_busy)
    }

    pub(super) fn ask_producer(
        &mut self,
        by: &Word,
        ask: impl Fn(SimTime, &mut Producer, &mut Effects),
    ) {
        if let Some(id) = self.setup.cast.producer(&by.0)
            && let Some(producer) = self.producers.get_mut(&id)
        {
            let (now, client) = (self.medium.now, NodeId::Client(id));
            ask(now, producer, &mut self.medium.effects(client));
        }
    }

    /// The process is gone, and with it its connections.
    pub(super) fn kill_client(&mut self, by: &Word) {
        let Some(id) = self.setup.cast.producer(&by.0) else {
            return;
        };
        let alive = |producer: &&mut Producer| !producer.is_dead();
        let Some(producer) = self.producers.get_mut(&id).filter(alive) else {
            return;
        };
        producer.die(&mut self.medium.effects(NodeId::Client(id)));
        // Nobody waits for its outcomes any more.
        let calls = self.setup.cast.sends.iter().zip(&self.medium.outcomes);
        let open = calls
            .filter(|(call, outcome)| call.producer == id && **outcome == Some(SendState::Open))
            // Another worker may send a row of its source again.
            .filter(|(call, _)| !self.setup.cast.is_row(call.record));
        self.medium.open_sends -= u32::try_from(open.count()).unwrap_or(self.medium.open_sends);
        self.note(Observation::ClientDied { client: id });
        self.medium.break_all(NodeId::Client(id));
    }

    /// The `send()` of that number among those of the act.
    fn record_of_act(&self, at: u32) -> Option<RecordId> {
        let (first, count) = self.director.sends;
        (at < count).then_some(RecordId(first + at))
    }

    /// True once every `send()` of the act that was called has an outcome.
    fn all_settled(&mut self) -> bool {
        while let Some(record) = self.record_of_act(self.director.settled) {
            if self.is_open(record) {
                self.director.waits_for = Some(record);
                return false;
            }
            self.director.settled += 1;
        }
        true
    }

    pub(super) fn is_open(&self, record: RecordId) -> bool {
        self.medium.outcomes.get(record.0 as usize) == Some(&Some(SendState::Open))
    }

    pub(super) fn go_on_sending(&mut self, count: usize, wait: WaitFor, gap_ms: u32) -> bool {
        loop {
            let sent = self.director.next_value;
            let last = sent.checked_sub(1).and_then(|at| self.record_of_act(at));
            let waits = wait == WaitFor::Each && last.is_some_and(|record| self.is_open(record));
            if waits {
                self.director.waits_for = last;
            }
            if waits || self.is_blocked() || self.medium.now < self.director.not_before {
                return false;
            }
            if gap_ms > 0 && self.director.gaps < sent {
                self.director.gaps = sent;
                self.pause_script(SimDuration::from_ms(u64::from(gap_ms)));
                return false;
            }
            if sent as usize >= count {
                break;
            }
            if let Some(record) = self.record_of_act(sent) {
                self.call_send(record);
            }
            self.director.next_value += 1;
        }
        wait == WaitFor::None || self.all_settled()
    }

    /// True while the last `send()` has not returned: it waits for metadata or memory, and the script with it.
    fn is_blocked(&self) -> bool {
        let sender = self.record_of_act(0);
        let call = sender.and_then(|record| self.setup.cast.sends.get(record.0 as usize));
        let producer = call.and_then(|call| self.producers.get(&call.producer));
        producer.is_some_and(Producer::is_busy)
    }

    fn call_send(&mut self, record: RecordId) {
        let setup = Arc::clone(&self.setup);
        let Some(send) = setup.cast.sends.get(record.0 as usize) else {
            return;
        };
        let now = self.medium.now;
        let mut out = self.medium.effects(NodeId::Client(send.producer));
        match self.producers.get_mut(&send.producer) {
            Some(producer) => producer.send(now, send, &mut out),
            None => out.note(Observation::RecordFailed {
                record,
                error: ClientError::Config,
            }),
        }
    }

    pub(super) fn create_producer(&mut self, name: &Word, told_of: &[Whole], warm: bool) {
        let Some(id) = self.setup.cast.producer(&name.0) else {
            return;
        };
        let Some(config) = self.setup.producer(id) else {
            return self.note(Observation::ClientRefused {
                client: ClientId(id.0),
            });
        };
        let told_of: Vec<BrokerId> = told_of.iter().map(|id| BrokerId(id.0)).collect();
        let bootstrap = match told_of.as_slice() {
            [] => self.setup.bootstrap(),
            some => some,
        };
        let transactional = self.setup.transactional(name, &config);
        let mut producer = Producer::new(id, config, self.setup.seed, bootstrap, transactional);
        if warm {
            let now = self.medium.now;
            producer.warm_up(now, &mut self.medium.effects(NodeId::Client(id)));
        }
        self.producers.insert(id, producer);
    }
}
