//! The script: one act after the other, each beginning when the one before it has ended.

use super::super::effects::Timer;
use super::super::ids::{NodeId, Offset, RecordId, StepIndex};
use super::super::observation::Observation;
use super::super::queue::{Pending, Slot};
use super::super::scenario::Act;
use super::super::time::{SimDuration, SimTime};
use super::World;
use super::readers::Reading;
use super::shares::Sharing;
use std::sync::Arc;

/// A client that waits for a state looks every so often: so much later it goes on.
const LOOK: SimDuration = SimDuration::from_ms(25);

/// How long `close()` takes at most if the script does not say, in ms: what the recorder gives it.
const CLOSE_AT_MOST: u64 = 10_000;

/// How long `stop` waits for the processes to end: what the recorder gives each.
const STOP_AT_MOST: SimDuration = SimDuration::from_ms(60_000);

/// Where nothing more can happen, a script that waits gives up after so long and goes on.
const PATIENCE: SimDuration = SimDuration::from_ms(30_000);

/// Where the script is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Director {
    pub(super) act: u32,
    /// The act has begun.
    begun: bool,
    /// The `send()` calls of the act: the first of them, and how many.
    pub(super) sends: (u32, u32),
    /// Its first `send()` that was not called yet, or its first broker that was not told to stop, counted in the act.
    pub(super) next_value: u32,
    /// All before this one, counted in the act, have an outcome.
    pub(super) settled: u32,
    /// Nothing goes on before this one has an outcome.
    pub(super) waits_for: Option<RecordId>,
    /// Nothing before then.
    pub(super) not_before: SimTime,
    /// Up to where it deletes records.
    pub(super) deletes_below: Offset,
    /// When the act gives up, if it has a limit of its own.
    pub(super) deadline: Option<Slot>,
    /// An `await` ends then at the latest.
    limit: Option<(SimTime, Slot)>,
    /// How many gaps after a `send()` the act has kept.
    pub(super) gaps: u32,
    /// What the act waits for will never be.
    given_up: bool,
    /// What a `wait` act waits for has been seen.
    looked: bool,
    /// The next act begins in the next step.
    asleep: bool,
    /// An administrator's question is on its way.
    pub(super) asked: bool,
    /// All acts have ended.
    over: bool,
    /// What a `poll` or `positions` act has come to.
    pub(super) reading: Reading,
    /// What a `share_poll` act has come to.
    pub(super) sharing: Sharing,
}

impl Director {
    /// True once all acts have ended.
    pub(super) fn is_over(&self) -> bool {
        self.over
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
        let act = self.setup.script.acts().get(self.director.act as usize)?;
        let waits = matches!(
            act,
            Act::Wait(_)
                | Act::Fired { .. }
                | Act::Await { .. }
                | Act::Topic { .. }
                | Act::AddPartitions { .. }
                | Act::DeleteTopic { .. }
                | Act::DeleteRecords { .. }
                | Act::Stop(_)
                | Act::Committed(_)
        );
        (waits && self.director.begun).then(|| {
            self.director.given_up = true;
            (
                self.medium.now + PATIENCE,
                Pending::Script,
                self.medium.step.0.checked_sub(1).map(StepIndex),
            )
        })
    }

    /// Goes on with the script as far as it goes now: one act a step, so that what each did can be looked at.
    pub(super) fn direct(&mut self) {
        if self.director.asleep || self.medium.now < self.director.not_before {
            return;
        }
        let waits = |record| self.is_open(record) && !self.director.given_up;
        if self.director.waits_for.is_some_and(waits) {
            return;
        }
        // The script is shared, not copied: an act may hold a thousand values, and this is asked after every step.
        let setup = Arc::clone(&self.setup);
        let Some(act) = setup.script.acts().get(self.director.act as usize) else {
            self.end_script();
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
        if self.medium.now >= self.director.not_before && (given_up || self.has_ended(act)) {
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
            self.director.waits_for = None;
            self.director.deadline = None;
            self.director.gaps = 0;
            if let Some((_, slot)) = self.director.limit.take() {
                self.medium.queue.remove(slot);
            }
            self.director.asleep = true;
            self.medium.schedule(self.medium.now, Pending::Script);
        }
    }

    /// Nothing is left to do, and nobody to show that members live.
    fn end_script(&mut self) {
        if std::mem::replace(&mut self.director.over, true) {
            return;
        }
        if !self.share_consumers.is_empty() {
            self.rest_share_consumers();
        }
        self.medium.setting_up = false;
        self.medium.script_over = true;
        self.rest_share_consumers();
        for id in self.readers.keys() {
            let node = NodeId::Client(*id);
            self.medium.queue.disarm(node, Timer::Member);
        }
        for id in self.brokers.keys() {
            let node = NodeId::Broker(*id);
            self.medium.queue.disarm(node, Timer::Groups);
        }
    }

    /// Setting up takes no time; it is over when nothing is left to happen at the start.
    fn may_begin(&mut self, act: &Act) -> bool {
        if !self.medium.setting_up {
            return true;
        }
        if self.next_at() == Some(self.medium.now) {
            return false;
        }
        self.medium.setting_up = matches!(
            act,
            Act::Topic { .. } | Act::Producer { .. } | Act::Consumer(_)
        );
        true
    }

    fn begin(&mut self, act: &Act) {
        match act {
            Act::Topic { replicas, .. } => self.create_topic(replicas),
            Act::DeleteTopic { topic, name } => self.delete_topic(topic.as_ref().or(name.as_ref())),
            Act::AddPartitions { topic, total } => self.add_partitions(topic.as_ref(), *total),
            Act::Elect { topic, kind } => self.elect(topic.as_ref(), *kind),
            Act::Await {
                timeout_ms: Some(ms),
            } => self.limit_act(SimDuration::from_ms(u64::from(ms.0))),
            Act::Sleep { ms } => self.pause_script(SimDuration::from_ms(u64::from(*ms))),
            Act::Producer { .. } | Act::Flush { .. } | Act::Close { .. } | Act::Die { .. } => {
                self.begin_with_client(act);
            }
            Act::Consumer(_)
            | Act::Poll(_)
            | Act::Seek { .. }
            | Act::Positions { .. }
            | Act::CommitSync(_)
            | Act::CommitAsync(_)
            | Act::Committed(_) => self.begin_reading(act),
            Act::Connect(_)
            | Act::Streams(_)
            | Act::Process(_)
            | Act::WaitWorld(_)
            | Act::World { .. }
            | Act::ConnectStatus { .. }
            | Act::KillConnect { .. }
            | Act::StopConnect { .. } => self.begin_application(act),
            Act::ShareGroup(_)
            | Act::ShareConsumer(_)
            | Act::SharePoll(_)
            | Act::ShareAck(_)
            | Act::ShareCommit { .. } => self.begin_sharing(act),
            Act::Init { .. }
            | Act::Begin { .. }
            | Act::CommitTxn { .. }
            | Act::AbortTxn { .. }
            | Act::SendOffsets(_)
            | Act::DescribeTxn { .. } => self.begin_transacting(act),
            Act::Send { .. }
            | Act::Await { timeout_ms: None }
            | Act::Wait(_)
            | Act::Fired { .. }
            | Act::Log { .. }
            | Act::DeleteRecords { .. }
            | Act::Replicas { .. } => {}
            trouble => self.begin_trouble(trouble),
        }
    }

    /// Clients are made, closed, killed.
    fn begin_with_client(&mut self, act: &Act) {
        match act {
            Act::Producer {
                id,
                bootstrap,
                warm,
                ..
            } => self.create_producer(id, bootstrap, *warm),
            Act::Flush { by } => {
                self.ask_producer(by, |now, producer, out| producer.flush(now, out));
            }
            Act::Close { by, timeout_ms } => {
                let ms = timeout_ms.map_or(CLOSE_AT_MOST, |ms| u64::from(ms.0));
                let timeout = SimDuration::from_ms(ms);
                self.ask_producer(by, |now, producer, out| producer.close(now, timeout, out));
                if self.is_application(by) {
                    return self.stop_app(by);
                }
                self.close_reader(by, timeout);
                self.ask_share_consumer(by, |consumer, now, out| consumer.close(now, timeout, out));
            }
            Act::Die { by } => {
                self.kill_client(by);
                self.kill_reader(by);
                self.kill_share_consumer(by);
                self.kill_app(by);
            }
            _ => {}
        }
    }

    /// What happens to brokers and to the network.
    fn begin_trouble(&mut self, act: &Act) {
        match act {
            Act::Stop(_) => self.limit_act(STOP_AT_MOST),
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
            _ => {}
        }
    }

    /// The act goes on for so long at most.
    /// True once the act has taken as long as it may.
    pub(super) fn is_late(&self) -> bool {
        self.director
            .limit
            .is_some_and(|(at, _)| at <= self.medium.now)
    }

    pub(super) fn limit_act(&mut self, length: SimDuration) {
        let at = self.medium.now + length;
        let slot = self.medium.schedule(at, Pending::Script);
        self.director.limit = Some((at, slot));
    }

    pub(super) fn pause_script(&mut self, length: SimDuration) {
        self.director.not_before = self.medium.now + length;
        self.medium
            .schedule(self.director.not_before, Pending::Script);
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
            Act::Await { .. } => self.medium.open_sends == 0 || self.is_late(),
            Act::StopConnect { by } => self.has_stopped(by),
            Act::WaitWorld(wanted) => self.has_world(act, wanted),
            Act::SharePoll(poll) => self.go_on_sharing(poll),
            Act::ShareCommit { by } => !self.is_share_consumer_busy(by),
            Act::Flush { by }
            | Act::Init { by }
            | Act::Begin { by }
            | Act::CommitTxn { by }
            | Act::AbortTxn { by } => !self.is_busy(by),
            Act::Close { by, .. } => self.has_closed(by),
            Act::CommitSync(commit) => self.is_call_over(&commit.by),
            Act::Committed(asked) => self.has_told_committed(asked),
            Act::SendOffsets(offsets) => !self.is_busy(&offsets.by),
            Act::DescribeTxn { id } => self.has_described(id),
            Act::Wait(condition) => self.director.looked || self.holds(condition),
            Act::Fired { name } => self
                .frame_faults
                .iter()
                .any(|fault| fault.name == name.0 && fault.fired),
            Act::Poll(poll) => self.go_on_polling(poll),
            Act::Positions { .. } => self.go_on_telling(),
            Act::Topic { .. } | Act::AddPartitions { .. } | Act::DeleteTopic { .. } => {
                self.topics_known()
            }
            Act::Stop(brokers) => {
                self.is_late() || self.go_on_stopping(&brokers.ids().collect::<Vec<_>>())
            }
            Act::Log {
                topic,
                partition,
                isolation,
                timeout_ms,
            } => self.has_read(topic.as_ref(), *partition, (*isolation, *timeout_ms)),
            Act::DeleteRecords {
                topic,
                partition,
                before,
            } => self.has_deleted(topic.as_ref(), *partition, *before),
            _ => true,
        }
    }
}
