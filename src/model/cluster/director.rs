//! The script: one act after the other, each beginning when the one before it has ended.

use super::super::board::SendState;
use super::super::effects::Effects;
use super::super::ids::{BrokerId, ClientId, NodeId, RecordId, StepIndex, TopicId, TopicPartition};
use super::super::observation::Observation;
use super::super::producer::Producer;
use super::super::queue::Pending;
use super::super::scenario::{Act, FrameFate, WaitFor};
use super::super::text::Word;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::ClientError;
use super::faults::FrameFault;
use super::readers::Reading;
use super::{Site, World};
use std::sync::Arc;

/// A client that waits for a state looks every so often: so much later it goes on.
const LOOK: SimDuration = SimDuration::from_ms(25);

/// Where nothing more can happen, a script that waits gives up after so long and goes on.
const PATIENCE: SimDuration = SimDuration::from_ms(30_000);

/// Where the script is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Director {
    act: u32,
    /// The act has begun.
    begun: bool,
    /// The `send()` calls of the act: the first of them, and how many.
    sends: (u32, u32),
    /// Its first `send()` that was not called yet, counted in the act.
    next_value: u32,
    /// All before this one, counted in the act, have an outcome.
    settled: u32,
    /// Nothing before then.
    not_before: SimTime,
    /// What the act waits for will never be.
    given_up: bool,
    /// What a `wait` act waits for has been seen.
    looked: bool,
    /// The next act begins in the next step.
    asleep: bool,
    /// An act other than `topic` and `producer` has begun.
    under_way: bool,
    /// All acts have ended.
    over: bool,
    /// What a `poll` or `positions` act has come to.
    pub(super) reading: Reading,
}

impl Director {
    /// True while topics and producers are made before anything else: that takes no time.
    pub(super) fn is_setting_up(&self) -> bool {
        !self.under_way
    }

    /// The act in which the script waits, if it has not ended.
    pub(super) fn waiting_in(&self) -> Option<u32> {
        (!self.over).then_some(self.act)
    }

    /// The time has come that it waited for.
    pub(super) fn wake(&mut self) {
        self.asleep = false;
    }
}

impl World {
    /// Nothing is left that could happen, and the script waits: it gives up.
    pub(super) fn lose_patience(&mut self) -> Option<(SimTime, Pending, Option<StepIndex>)> {
        let act = self.setup.steps.get(self.director.act as usize)?;
        let waits = matches!(
            act,
            Act::Wait(_) | Act::Fired { .. } | Act::Await | Act::Topic { .. }
        );
        (waits && self.director.begun).then(|| {
            self.director.given_up = true;
            (
                self.now + PATIENCE,
                Pending::Script,
                self.next_step.0.checked_sub(1).map(StepIndex),
            )
        })
    }

    /// Goes on with the script as far as it goes now: one act a step, so that what each did can be looked at.
    pub(super) fn direct(&mut self) {
        if self.director.asleep || self.now < self.director.not_before {
            return;
        }
        // The script is shared, not copied: an act may hold a thousand values, and this is asked after every step.
        let setup = Arc::clone(&self.setup);
        let Some(act) = setup.steps.get(self.director.act as usize) else {
            self.director.over = true;
            self.director.under_way = true;
            return;
        };
        if !self.director.begun && !self.may_begin(act) {
            return;
        }
        if !self.director.begun {
            self.director.begun = true;
            self.director.sends = setup.cast.sends_of(self.director.act);
            self.note(Observation::ActBegan {
                act: self.director.act,
            });
            self.begin(act);
        }
        let given_up = self.director.given_up;
        if self.now >= self.director.not_before && (given_up || self.has_ended(act)) {
            if given_up {
                self.note(Observation::WaitGivenUp {
                    act: self.director.act,
                });
            } else if matches!(act, Act::Wait(_)) && !self.director.looked {
                self.director.looked = true;
                return self.pause_script(LOOK);
            }
            self.director.looked = false;
            self.director.given_up = false;
            self.note(Observation::ActEnded {
                act: self.director.act,
            });
            self.director.act += 1;
            self.director.begun = false;
            self.director.next_value = 0;
            self.director.settled = 0;
            self.director.asleep = true;
            self.queue
                .push(self.now, Pending::Script, Some(self.next_step));
        }
    }

    /// Setting up takes no time; it is over when nothing is left to happen at the start.
    fn may_begin(&mut self, act: &Act) -> bool {
        if self.director.under_way {
            return true;
        }
        if self.next_at() == Some(self.now) {
            return false;
        }
        self.director.under_way = !matches!(
            act,
            Act::Topic { .. } | Act::Producer { .. } | Act::Consumer(_)
        );
        true
    }

    fn begin(&mut self, act: &Act) {
        match act {
            Act::Topic { replicas, .. } => self.create_topic(replicas),
            Act::Producer { id, warm, .. } => self.create_producer(id, *warm),
            Act::Sleep { ms } => self.pause_script(SimDuration::from_ms(u64::from(*ms))),
            Act::Crash(brokers) => brokers.ids().for_each(|id| {
                self.crash(id);
            }),
            Act::Start(brokers) => brokers.ids().for_each(|id| {
                self.start(id);
            }),
            Act::Cut { links } => self.cut_links(links),
            Act::Heal => self.heal_all(),
            Act::Reset { links } => self.reset_links(links),
            Act::Fault { .. } => self.add_frame_fault(act),
            Act::Release { name } => {
                let named: Vec<_> = (0..)
                    .zip(&self.frame_faults)
                    .filter(|(_, f)| f.name == name.0)
                    .map(|(i, _)| i)
                    .collect();
                named.into_iter().for_each(|index| self.release(index));
            }
            Act::Unfault => {
                for index in 0..u32::try_from(self.frame_faults.len()).unwrap_or(u32::MAX) {
                    self.frame_faults[index as usize].over = true;
                    self.release(index);
                }
            }
            Act::Consumer(_) | Act::Poll(_) | Act::Seek { .. } | Act::Positions { .. } => {
                self.begin_reading(act);
            }
            Act::Send { .. } | Act::Await | Act::Wait(_) | Act::Fired { .. } | Act::Replicas => {}
        }
    }

    fn pause_script(&mut self, length: SimDuration) {
        self.director.not_before = self.now + length;
        self.queue.push(
            self.director.not_before,
            Pending::Script,
            Some(self.next_step),
        );
    }

    /// Has the act that began ended? A `send` act also goes on here.
    fn has_ended(&mut self, act: &Act) -> bool {
        match act {
            Act::Send {
                values,
                wait,
                gap_ms,
                ..
            } => self.go_on_sending(values.len(), *wait, *gap_ms),
            Act::Await => self.open_sends == 0,
            Act::Wait(condition) => self.director.looked || self.holds(condition),
            Act::Fired { name } => self
                .frame_faults
                .iter()
                .any(|fault| fault.name == name.0 && fault.fired),
            Act::Topic { .. } => self.topics_known(),
            Act::Poll(poll) => self.go_on_polling(poll),
            Act::Positions { .. } => self.go_on_telling(),
            _ => true,
        }
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
                return false;
            }
            self.director.settled += 1;
        }
        true
    }

    fn is_open(&self, record: RecordId) -> bool {
        self.outcomes.get(record.0 as usize) == Some(&Some(SendState::Open))
    }

    fn go_on_sending(&mut self, count: usize, wait: WaitFor, gap_ms: u32) -> bool {
        loop {
            let sent = self.director.next_value;
            let last = sent.checked_sub(1).and_then(|at| self.record_of_act(at));
            if wait == WaitFor::Each && last.is_some_and(|record| self.is_open(record)) {
                return false;
            }
            if sent as usize >= count {
                break;
            }
            if self.now < self.director.not_before {
                return false;
            }
            if let Some(record) = self.record_of_act(sent) {
                self.call_send(record);
            }
            self.director.next_value += 1;
            if gap_ms > 0 && self.director.next_value as usize != count {
                self.pause_script(SimDuration::from_ms(u64::from(gap_ms)));
            }
        }
        wait == WaitFor::None || self.all_settled()
    }

    fn call_send(&mut self, record: RecordId) {
        let Some(send) = self.setup.cast.sends.get(record.0 as usize).cloned() else {
            return;
        };
        let bytes = u32::try_from(send.value.len()).unwrap_or(u32::MAX);
        let mut out = Effects::default();
        match self.producers.get_mut(&send.producer) {
            Some(producer) => producer.send(self.now, record, send.partition, bytes, &mut out),
            None => out.note(Observation::RecordFailed {
                record,
                error: ClientError::Config,
            }),
        }
        self.apply(NodeId::Client(send.producer), out);
    }

    fn create_topic(&mut self, replicas: &[Vec<super::super::text::Whole>]) {
        let earlier = self.setup.steps.iter().take(self.director.act as usize);
        let topic = TopicId(
            u16::try_from(
                earlier
                    .filter(|act| matches!(act, Act::Topic { .. }))
                    .count(),
            )
            .unwrap_or(0),
        );
        let Some(config) = self.setup.topic(topic) else {
            return;
        };
        let mut out = Effects::default();
        for (partition, replicas) in (0..).zip(replicas) {
            let replicas = replicas.iter().map(|id| BrokerId(id.0)).collect();
            let id = TopicPartition { topic, partition };
            self.controller.create_partition(
                id,
                replicas,
                config.min_insync_replicas,
                config.unclean_leader_election_enable,
                &mut out,
            );
        }
        self.apply(NodeId::Controller, out);
    }

    fn topics_known(&self) -> bool {
        let image = self.controller.image();
        self.brokers.values().all(|site| match site {
            Site::Up(broker) if broker.serves() => {
                broker.image().partitions.len() == image.partitions.len()
            }
            _ => true,
        })
    }

    fn create_producer(&mut self, name: &Word, warm: bool) {
        let Some(id) = self.setup.cast.producer(&name.0) else {
            return;
        };
        let Some(config) = self.setup.producer(id) else {
            return self.note(Observation::ClientRefused {
                client: ClientId(id.0),
            });
        };
        let mut producer = Producer::new(id, config, self.setup.seed, self.setup.bootstrap());
        let mut out = Effects::default();
        if warm {
            producer.warm_up(self.now, &mut out);
        }
        self.producers.insert(id, producer);
        self.apply(NodeId::Client(id), out);
    }

    /// `a->b` or `a<->b`, as ways.
    fn ways(&self, links: &[Word]) -> Vec<(NodeId, NodeId)> {
        let mut ways = Vec::new();
        for Word(link) in links {
            let (a, b, both) = match (link.split_once("<->"), link.split_once("->")) {
                (Some((a, b)), _) => (a, b, true),
                (None, Some((a, b))) => (a, b, false),
                (None, None) => continue,
            };
            if let (Some(a), Some(b)) = (
                self.setup.cast.node(a.trim()),
                self.setup.cast.node(b.trim()),
            ) {
                ways.push((a, b));
                if both {
                    ways.push((b, a));
                }
            }
        }
        ways
    }

    fn cut_links(&mut self, links: &[Word]) {
        for (from, to) in self.ways(links) {
            self.cut(from, to);
            for (one, other) in [(from, to), (to, from)] {
                match (one, other) {
                    (NodeId::Broker(id), NodeId::Broker(peer)) => {
                        if let Some(Site::Up(broker)) = self.brokers.get_mut(&id) {
                            broker.on_link_cut(self.now, peer);
                        }
                    }
                    (NodeId::Broker(id), NodeId::Controller) => {
                        let heard = match self.brokers.get(&id) {
                            Some(Site::Up(broker)) if broker.serves() => {
                                broker.last_heartbeat(self.now)
                            }
                            _ => continue,
                        };
                        self.silence(id, heard);
                    }
                    _ => {}
                }
            }
        }
    }

    fn heal_all(&mut self) {
        let ways: Vec<_> = self.network.cuts.iter().copied().collect();
        for (from, to) in &ways {
            self.heal(*from, *to);
        }
        for (from, to) in ways {
            if let (NodeId::Broker(id), NodeId::Controller)
            | (NodeId::Controller, NodeId::Broker(id)) = (from, to)
            {
                self.heard(id);
            }
        }
    }

    fn heard(&mut self, id: BrokerId) {
        let epoch = match self.brokers.get(&id) {
            Some(Site::Up(broker)) => broker.epoch(),
            _ => None,
        };
        if let Some(epoch) = epoch {
            let mut out = Effects::default();
            self.controller.on_heard(self.now, id, epoch, &mut out);
            self.apply(NodeId::Controller, out);
        }
    }

    fn reset_links(&mut self, links: &[Word]) {
        for (from, to) in self.ways(links) {
            for id in self.network.opened_by(from, to) {
                self.drop_connection(
                    id,
                    super::super::observation::LostBecause::ConnectionBroken,
                    true,
                );
            }
        }
    }

    fn add_frame_fault(&mut self, act: &Act) {
        let Act::Fault {
            from,
            to,
            api,
            phase,
            nth,
            then,
            name,
            delay_ms,
        } = act
        else {
            return;
        };
        if let (Some(from), Some(to)) = (self.setup.cast.node(&from.0), self.setup.cast.node(&to.0))
        {
            self.frame_faults.push(FrameFault {
                from,
                to,
                api: *api,
                phase: *phase,
                countdown: *nth,
                fate: *then,
                delay: if *then == FrameFate::Delay {
                    SimDuration::from_ms(u64::from(*delay_ms))
                } else {
                    SimDuration::ZERO
                },
                name: name.as_ref().map(|word| word.0.clone()).unwrap_or_default(),
                fired: false,
                over: false,
            });
        }
    }
}
