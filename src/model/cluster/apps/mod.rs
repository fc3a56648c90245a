//! Applications that work by themselves: a Connect worker, a Streams instance. Each stands on clients of its own, which it calls as any
//! application would; what it does outside of Kafka goes to the ledger of the outside world.

mod clients;
mod sink;
mod task;

use super::super::effects::Timer;
use super::super::ids::{ClientId, NodeId, Offset, RecordId, TopicPartition};
use super::super::observation::{Observation, Read};
use super::super::scenario::{Act, ConnectAct, StreamsAct, WaitWorldAct};
use super::super::text::Word;
use super::super::time::{SimDuration, SimTime};
use super::super::transaction::TransactionCall;
use super::World;
use sink::Sink;
use std::sync::Arc;
use task::Task;

/// From the start of a Connect worker's process until its task polls.
const WORKER_STARTS: SimDuration = SimDuration::from_ms(3_000);
/// From the start of a Streams instance until its thread polls.
const STREAMS_STARTS: SimDuration = SimDuration::from_ms(200);
/// How long closing a client of an application may take.
const CLOSE_AT_MOST: SimDuration = SimDuration::from_ms(10_000);
/// How long the recorder waits for the outside world, in ms.
const WAITS_FOR_WORLD: u32 = 30_000;

/// What an application does next.
pub(super) enum Next {
    /// Nothing before then, or before a call returns.
    Wait(Option<SimTime>),
    /// `poll()`.
    Poll(SimDuration),
    /// `commitAsync()`.
    CommitAsync(Vec<(TopicPartition, Offset)>),
    /// `commitSync()`.
    CommitSync(TopicPartition, Offset),
    /// A record's effect on the outside world.
    Effect(Read),
    /// A record goes to the dead letter queue, if there is one.
    DeadLetter(Read),
    /// A record is made of this one, and sent.
    Make(Read),
    /// `flush()`.
    Flush,
    /// A transactional call of the producer.
    Transact(TransactionCall),
    /// `sendOffsetsToTransaction()`.
    SendOffsets(Vec<(TopicPartition, Offset)>),
    /// Its clients are closed.
    Close,
    /// It is over.
    End,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Work {
    Sink(Sink),
    Task(Task),
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct App {
    work: Work,
    /// The act that started it.
    act: u32,
    /// Its producer, if it has one.
    producer: Option<ClientId>,
    /// Nothing before then.
    not_before: SimTime,
    /// A call of its consumer is under way.
    calling: bool,
    polls: bool,
    over: bool,
}

/// What the applications have done outside of Kafka.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Outside(Vec<(u16, RecordId)>);

impl World {
    fn begin_app(
        &mut self,
        work: Work,
        consumer: &Word,
        producer: Option<&str>,
        wait: SimDuration,
    ) {
        let Some(id) = self.setup.cast.consumer(&consumer.0) else {
            return;
        };
        let app = App {
            work,
            act: self.director.act,
            producer: producer.and_then(|name| self.setup.cast.producer(name)),
            not_before: self.medium.now + wait,
            calling: false,
            polls: false,
            over: false,
        };
        let at = app.not_before;
        self.apps.insert(id, app);
        let out = &mut self.medium.effects(NodeId::Client(id));
        out.arm(Timer::Application, at);
    }

    pub(super) fn begin_application(&mut self, act: &Act) {
        match act {
            Act::Connect(connect) => self.start_connect(connect),
            Act::Streams(streams) => self.start_streams(streams),
            Act::WaitWorld(wanted) => self.wait_for_world(wanted),
            Act::ConnectStatus { by } => self.tell_status(by),
            Act::KillConnect { by } => self.kill_app(by),
            Act::StopConnect { by } => self.stop_app(by),
            _ => {}
        }
    }

    fn start_connect(&mut self, act: &ConnectAct) {
        let Some(id) = self.setup.cast.consumer(&act.id.0) else {
            return;
        };
        let starts = self.medium.now + WORKER_STARTS;
        let sink = Sink::of(id, act, self.setup.seed, starts);
        let own = Act::Connect(Box::new(act.clone())).producer_of_application();
        self.begin_app(Work::Sink(sink), &act.id, own.as_deref(), WORKER_STARTS);
    }

    fn start_streams(&mut self, act: &StreamsAct) {
        let starts = self.medium.now + STREAMS_STARTS;
        let task = Task::of(act, starts);
        let own = Act::Streams(Box::new(act.clone())).producer_of_application();
        self.begin_app(Work::Task(task), &act.id, own.as_deref(), STREAMS_STARTS);
    }

    /// Everything that applications do now.
    pub(super) fn run_apps(&mut self) {
        if self.apps.is_empty() || self.director.is_over() {
            return;
        }
        let ids: Vec<ClientId> = self.apps.keys().copied().collect();
        for id in ids {
            while self.run_app(id) {}
        }
    }

    /// One thing that one application does. False if it does nothing now.
    fn run_app(&mut self, id: ClientId) -> bool {
        let now = self.medium.now;
        let Some(app) = self.apps.get_mut(&id).filter(|app| !app.over) else {
            return false;
        };
        if now < app.not_before || self.is_app_blocked(id) {
            return false;
        }
        let setup = Arc::clone(&self.setup);
        if !self.readers.contains_key(&id) {
            let act = self.apps.get(&id).map_or(0, |app| app.act);
            let act = setup.script.acts().get(act as usize);
            let Some(act) = act.filter(|_| !self.has_left(id)) else {
                return false;
            };
            self.create_clients_of_app(act);
            return true;
        }
        self.hear_poll(id);
        let value = |read: &Read| setup.cast.value(read.record);
        let Some(app) = self.apps.get_mut(&id) else {
            return false;
        };
        let next = match &mut app.work {
            Work::Sink(sink) => sink.next(now, value),
            Work::Task(task) => task.next(now),
        };
        self.do_next(id, next)
    }

    /// True while a call of one of its clients has not returned.
    fn is_app_blocked(&self, id: ClientId) -> bool {
        let calls = self
            .readers
            .get(&id)
            .is_some_and(|reader| reader.is_calling());
        let producer = self.apps.get(&id).and_then(|app| app.producer);
        let producer = producer.and_then(|producer| self.producers.get(&producer));
        calls || producer.is_some_and(|producer| producer.is_busy())
    }

    /// It has closed its clients.
    fn has_left(&self, id: ClientId) -> bool {
        self.apps.get(&id).is_some_and(|app| app.over)
    }

    fn create_clients_of_app(&mut self, act: &Act) {
        if let Some(consumer) = act.consumer_of_application() {
            self.create_reader(&consumer);
        }
        if let Some(name) = act.producer_of_application() {
            self.create_producer(&Word(name), &[], false);
        }
    }

    /// Hands an application what its `poll()` returned.
    fn hear_poll(&mut self, id: ClientId) {
        let Some(app) = self.apps.get_mut(&id).filter(|app| app.calling) else {
            return;
        };
        app.calling = false;
        let reader = self.readers.get_mut(&id);
        let returned = reader.and_then(|reader| reader.take_returned());
        if !std::mem::take(&mut app.polls) {
            return;
        }
        // What it returned was noted when it did, in this step.
        let count = returned.map_or(0, |returned| returned.records);
        let facts = self.medium.noted.iter().rev();
        let mut returned = facts.filter_map(|fact| match fact {
            Observation::RecordsRead { reader, records } if *reader == id => Some(records),
            _ => None,
        });
        let records = returned.next().filter(|_| count > 0).cloned();
        let records = records.unwrap_or_default();
        match &mut app.work {
            Work::Sink(sink) => sink.on_polled(records),
            Work::Task(task) => task.on_polled(records),
        }
    }

    /// Does what an application wants. False if it waits.
    fn do_next(&mut self, id: ClientId, next: Next) -> bool {
        let now = self.medium.now;
        match next {
            Next::Wait(until) => {
                if let Some(until) = until {
                    let out = &mut self.medium.effects(NodeId::Client(id));
                    out.arm(Timer::Application, until);
                }
                return false;
            }
            Next::Poll(_) | Next::CommitSync(..) | Next::CommitAsync(_) => {
                self.call_consumer(id, next);
            }
            Next::Effect(read) => self.change_outside(id, read.record),
            Next::DeadLetter(read) | Next::Make(read) => self.send_derived(id, read.record),
            Next::Flush | Next::Transact(_) | Next::SendOffsets(_) => self.call_producer(id, next),
            Next::Close => {
                let producer = self.apps.get(&id).and_then(|app| app.producer);
                if let Some(producer) = producer {
                    let out = &mut self.medium.effects(NodeId::Client(producer));
                    if let Some(producer) = self.producers.get_mut(&producer) {
                        producer.close(now, CLOSE_AT_MOST, out);
                    }
                }
                let out = &mut self.medium.effects(NodeId::Client(id));
                if let Some(reader) = self.readers.get_mut(&id) {
                    clients::close(reader, now, CLOSE_AT_MOST, out);
                }
                if let Some(app) = self.apps.get_mut(&id) {
                    app.calling = true;
                }
            }
            Next::End => self.end_app(id),
        }
        true
    }

    fn end_app(&mut self, id: ClientId) {
        let Some(app) = self.apps.get_mut(&id) else {
            return;
        };
        app.over = true;
        let failed = matches!(&app.work, Work::Sink(sink) if sink.failed);
        if failed {
            self.note(Observation::TaskFailed { client: id });
        }
        let name = self.setup.cast.name(NodeId::Client(id));
        self.end_reader(&Word(name));
    }

    fn call_consumer(&mut self, id: ClientId, next: Next) {
        let (now, act) = (self.medium.now, self.apps.get(&id).map_or(0, |app| app.act));
        let out = &mut self.medium.effects(NodeId::Client(id));
        let (Some(reader), Some(app)) = (self.readers.get_mut(&id), self.apps.get_mut(&id)) else {
            return;
        };
        match next {
            Next::Poll(wait) => {
                app.calling = true;
                app.polls = true;
                // A call that does not wait at all would never let time go on.
                reader.poll(now, wait.max(SimDuration::from_ms(1)), out);
            }
            Next::CommitSync(partition, offset) => {
                app.calling = true;
                clients::commit_sync(reader, now, (partition, offset), out);
            }
            Next::CommitAsync(offsets) => {
                for (partition, offset) in offsets {
                    clients::commit_async(reader, now, act, (partition, offset), out);
                }
            }
            _ => {}
        }
    }

    fn call_producer(&mut self, id: ClientId, next: Next) {
        let now = self.medium.now;
        let Some(producer) = self.apps.get(&id).and_then(|app| app.producer) else {
            return;
        };
        let out = &mut self.medium.effects(NodeId::Client(producer));
        let Some(producer) = self.producers.get_mut(&producer) else {
            return;
        };
        match next {
            Next::Flush => producer.flush(now, out),
            Next::Transact(call) => producer.transact(now, call, out),
            _ => {}
        }
    }

    /// A record is made of another one and sent by the application's producer.
    fn send_derived(&mut self, id: ClientId, origin: RecordId) {
        let setup = Arc::clone(&self.setup);
        let Some(app) = self.apps.get(&id) else {
            return;
        };
        let (Some(act), Some(producer)) = (setup.script.acts().get(app.act as usize), app.producer) else {
            return;
        };
        let (name, target) = match act {
            Act::Streams(streams) => (streams.application.0.clone(), Some(streams.out())),
            Act::Connect(connect) => (connect.group(), connect.dead_letters()),
            _ => return,
        };
        let Some(target) = setup.cast.topic(target) else {
            return;
        };
        let made = setup.cast.derived_from(&name, target, origin);
        if let Some(call) = made {
            let now = self.medium.now;
            let out = &mut self.medium.effects(NodeId::Client(producer));
            if let Some(producer) = self.producers.get_mut(&producer) {
                producer.send(now, call, out);
            }
        }
    }

    /// An application does something to the outside world.
    fn change_outside(&mut self, id: ClientId, record: RecordId) {
        let act = self.apps.get(&id).map_or(0, |app| app.act);
        let world = self.world_of(self.setup.script.acts().get(act as usize));
        self.outside.0.push((world, record));
        self.note(Observation::EffectDone {
            by: id,
            world,
            record,
        });
    }

    fn world_of(&self, act: Option<&Act>) -> u16 {
        let name = act.and_then(Act::world_name);
        self.setup.cast.world(name.unwrap_or_default())
    }

    /// True once the outside world has so many lines, or the recorder would have given up.
    pub(super) fn has_world(&self, act: &Act, wanted: &WaitWorldAct) -> bool {
        let world = self.world_of(Some(act));
        let lines = self.outside.0.iter().filter(|(of, _)| *of == world);
        lines.count() >= wanted.lines.0 as usize || self.is_late()
    }

    fn wait_for_world(&mut self, wanted: &WaitWorldAct) {
        let ms = wanted.timeout_ms.map_or(WAITS_FOR_WORLD, |ms| ms.0);
        self.limit_act(SimDuration::from_ms(u64::from(ms)));
    }

    /// What a worker's REST interface says.
    fn tell_status(&mut self, by: &Word) {
        let Some(client) = self.setup.cast.consumer(&by.0) else {
            return;
        };
        let app = self.apps.get(&client);
        let failed = app.map(|app| matches!(&app.work, Work::Sink(sink) if sink.failed));
        self.note(Observation::ConnectStatusTold { client, failed });
    }

    /// Stops an application in good order. It is over when its clients are closed.
    pub(super) fn stop_app(&mut self, by: &Word) {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return;
        };
        let Some(app) = self.apps.get_mut(&id) else {
            return;
        };
        match &mut app.work {
            Work::Sink(sink) => sink.stop(),
            Work::Task(task) => task.close(),
        }
        if std::mem::take(&mut app.polls) {
            app.calling = false;
            if let Some(reader) = self.readers.get_mut(&id) {
                clients::wake_up(reader);
            }
        }
    }

    /// True once an application that was stopped is over.
    pub(super) fn has_stopped(&mut self, by: &Word) -> bool {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return true;
        };
        let over = self.apps.get(&id).is_none_or(|app| app.over);
        if over {
            self.apps.remove(&id);
        }
        over
    }

    /// An application's process is gone, and its clients with it.
    pub(super) fn kill_app(&mut self, by: &Word) {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return;
        };
        let Some(app) = self.apps.remove(&id) else {
            return;
        };
        self.note(Observation::ClientDied { client: id });
        self.end_reader(by);
        if let Some(producer) = app.producer {
            self.kill_client(&Word(self.setup.cast.name(NodeId::Client(producer))));
        }
    }
}
