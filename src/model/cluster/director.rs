//! The script: one act after the other, each beginning when the one before it has ended.

use super::super::board::SendState;
use super::super::effects::Effects;
use super::super::ids::{ClientId, NodeId, Offset, RecordId, StepIndex};
use super::super::observation::Observation;
use super::super::producer::Producer;
use super::super::queue::{Pending, Slot};
use super::super::scenario::{Act, WaitFor};
use super::super::text::Word;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::ClientError;
use super::World;
use std::sync::Arc;

/// A client that waits for a state looks every so often: so much later it goes on.
const LOOK: SimDuration = SimDuration::from_ms(25);

/// Where nothing more can happen, a script that waits gives up after so long and goes on.
const PATIENCE: SimDuration = SimDuration::from_ms(30_000);

/// Where the script is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Director {
    pub(super) act: u32,
    /// The act has begun.
    begun: bool,
    /// The `send()` calls of the act: the first of them, and how many.
    sends: (u32, u32),
    /// Its first `send()` that was not called yet, or its first broker that was not told to stop, counted in the act.
    pub(super) next_value: u32,
    /// All before this one, counted in the act, have an outcome.
    settled: u32,
    /// Nothing before then.
    pub(super) not_before: SimTime,
    /// Up to where it deletes records.
    pub(super) deletes_below: Offset,
    /// When the act gives up, if it has a limit of its own.
    pub(super) deadline: Option<Slot>,
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
            Act::Wait(_)
                | Act::Fired { .. }
                | Act::Await
                | Act::Topic { .. }
                | Act::AddPartitions { .. }
                | Act::DeleteTopic { .. }
                | Act::DeleteRecords { .. }
                | Act::Stop(_)
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
            self.director.deadline = None;
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
        self.director.under_way = !matches!(act, Act::Topic { .. } | Act::Producer { .. });
        true
    }

    fn begin(&mut self, act: &Act) {
        match act {
            Act::Topic { replicas, .. } => self.create_topic(replicas),
            Act::DeleteTopic { topic, name } => self.delete_topic(topic.as_ref().or(name.as_ref())),
            Act::AddPartitions { topic, total } => self.add_partitions(topic.as_ref(), *total),
            Act::Elect { topic, kind } => self.elect(topic.as_ref(), *kind),
            Act::Producer { id, warm, .. } => self.create_producer(id, *warm),
            Act::Sleep { ms } => self.pause_script(SimDuration::from_ms(u64::from(*ms))),
            Act::Crash(brokers) => brokers.ids().for_each(|id| {
                self.crash(id);
            }),
            Act::Start(brokers) => brokers.ids().for_each(|id| {
                self.start(id);
            }),
            Act::Pause(brokers) => brokers.ids().for_each(|id| self.pause(id)),
            Act::Resume(brokers) => brokers.ids().for_each(|id| self.resume_process(id)),
            Act::PowerCut {
                broker,
                brokers,
                synced,
            } => self.power_cut(broker.iter().chain(brokers), *synced),
            Act::Cut { links } => self.cut_links(links),
            Act::Heal { links } => self.heal_links(links),
            Act::Reset { links } => self.reset_links(links),
            Act::Fault { .. } => self.add_frame_fault(act),
            Act::Release { name } => self.release_named(&name.0),
            Act::Unfault => self.end_frame_faults(),
            Act::Send { .. }
            | Act::Await
            | Act::Wait(_)
            | Act::Fired { .. }
            | Act::Stop(_)
            | Act::Log { .. }
            | Act::DeleteRecords { .. }
            | Act::Replicas { .. } => {}
        }
    }

    pub(super) fn pause_script(&mut self, length: SimDuration) {
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
            Act::Topic { .. } | Act::AddPartitions { .. } | Act::DeleteTopic { .. } => {
                self.topics_known()
            }
            Act::Stop(brokers) => self.go_on_stopping(&brokers.ids().collect::<Vec<_>>()),
            Act::Log {
                topic,
                partition,
                timeout_ms,
                ..
            } => self.has_read(topic.as_ref(), *partition, *timeout_ms),
            Act::DeleteRecords {
                topic,
                partition,
                before,
            } => self.has_deleted(topic.as_ref(), *partition, *before),
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
}
