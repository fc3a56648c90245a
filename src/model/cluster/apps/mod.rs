//! Applications that work by themselves: a Connect worker, a Streams instance. Each stands on clients of its own, which it calls as any
//! application would; what it does outside of Kafka goes to the ledger of the outside world.

mod acts;
mod outside;
mod processor;
mod producing;
mod sink;
mod source;
mod stores;
mod task;
mod tolerance;

use super::super::effects::Timer;
use super::super::ids::{ClientId, NodeId, Offset, RecordId, StepIndex, TopicPartition};
use super::super::observation::{AppFact, Observation, Read};
use super::super::reader::{Going, Reader, Returned};
use super::super::scenario::Act;
use super::super::text::Word;
use super::super::time::{SimDuration, SimTime};
use super::super::transaction::TransactionCall;
use super::super::wire::ReadError;
use super::World;
pub(super) use outside::Outside;
use processor::Processor;
use sink::Sink;
use source::Source;
use std::sync::Arc;
use task::Task;

/// How long closing a client of an application may take.
const CLOSE_AT_MOST: SimDuration = SimDuration::from_ms(10_000);

/// What an application does next.
pub(super) enum Next {
    /// Nothing before then, or before a call returns.
    Wait(Option<SimTime>),
    /// `poll()`.
    Poll(SimDuration),
    /// `poll()` with everything paused: nothing is returned, but the group is looked after.
    PollPaused(SimDuration),
    /// `commitAsync()`.
    CommitAsync(Vec<(TopicPartition, Offset)>),
    /// `commitSync()`.
    CommitSync(Vec<(TopicPartition, Offset)>),
    /// A record's effect on the outside world.
    Effect(Read),
    /// The same, if the outside world has none of it yet.
    EffectOnce(Read),
    /// The same as the first, and then its process is gone.
    EffectAndDie(Read),
    /// Its process is gone.
    Die,
    /// `seek()` to a record.
    Seek(Read),
    /// Something that nobody else can see.
    Nothing,
    /// A record is written where the application writes for each on which it acts.
    Emit(RecordId),
    /// A row of the outbox is marked as written.
    MarkEmitted(RecordId),
    /// A record goes to the dead letter queue, if there is one.
    DeadLetter(Read),
    /// A record is made of this one, and sent.
    Make(Read),
    /// A record is made of this one that says how often its key was seen: for the changelog, or for where it writes.
    MakeCount(Read, u32, bool),
    /// The store of a partition is restored from its changelog.
    Restore(TopicPartition),
    /// A row of its source is sent.
    Row(u32),
    /// That so many rows of its source have been read is written.
    KeepPosition(u32),
    /// It learns how far its source was read.
    LearnPosition,
    /// What it does when partitions go is done.
    ListenerReturns,
    /// Another producer of the same name.
    RenewProducer,
    /// `unsubscribe()`, and `subscribe()` again.
    Return,
    /// Back to what is committed, everywhere.
    GoBack,
    /// `flush()`.
    Flush,
    /// A transactional call of the producer.
    Transact(TransactionCall),
    /// `sendOffsetsToTransaction()`, with the group metadata.
    SendOffsets(Vec<(TopicPartition, Offset)>),
    /// Its clients are closed.
    Close,
    /// It is over.
    End,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Work {
    Sink(Box<Sink>),
    Source(Box<Source>),
    Task(Box<Task>),
    Processor(Box<Processor>),
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
    /// So many facts of this step it has heard.
    heard: (StepIndex, u32),
}

impl App {
    /// True if there is work although `poll()` waits.
    fn works_beside_poll(&self) -> bool {
        match &self.work {
            Work::Processor(processor) => self.polls && processor.works_beside_poll(),
            Work::Sink(_) | Work::Source(_) | Work::Task(_) => false,
        }
    }
}

impl Work {
    fn on_polled(&mut self, records: Vec<Read>, error: Option<ReadError>) {
        match self {
            Self::Sink(sink) => sink.on_polled(records, error),
            Self::Source(_) => {}
            Self::Task(task) => task.on_polled(records, error),
            Self::Processor(processor) => processor.on_polled(records, error),
        }
    }

    fn on_going(&mut self, going: Going) {
        match self {
            Self::Sink(sink) => sink.on_going(&going),
            Self::Source(_) => {}
            Self::Task(task) => task.on_going(going),
            Self::Processor(processor) => processor.on_going(&going),
        }
    }

    /// Its task or thread was killed by an exception.
    fn has_failed(&self) -> bool {
        match self {
            Self::Sink(sink) => sink.failed,
            Self::Source(source) => source.failed,
            Self::Task(task) => task.failed,
            Self::Processor(_) => false,
        }
    }
}

impl World {
    /// Everything that applications do now; so many facts were noted before this step.
    pub(super) fn run_apps(&mut self, began: usize) {
        if self.director.is_over() {
            return;
        }
        let ids: Vec<ClientId> = self.apps.keys().copied().collect();
        for id in ids {
            while self.run_app(id, began) {}
        }
    }

    /// One thing that one application does. False if it does nothing now.
    fn run_app(&mut self, id: ClientId, began: usize) -> bool {
        let now = self.medium.now;
        let Some(app) = self.apps.get_mut(&id).filter(|app| !app.over) else {
            return false;
        };
        if now < app.not_before || self.is_app_blocked(id) {
            return false;
        }
        let setup = Arc::clone(&self.setup);
        if !self.has_clients(id) {
            let act = self.apps.get(&id).map_or(0, |app| app.act);
            let act = setup.script.acts().get(act as usize);
            let Some(act) = act.filter(|_| !self.has_left(id)) else {
                return false;
            };
            self.create_clients_of_app(act);
            return true;
        }
        self.hear_poll(id);
        self.hear_clients(id, began);
        let reader = self.readers.get_mut(&id);
        let going = reader.and_then(|reader| reader.take_going());
        if let (Some(app), Some(going)) = (self.apps.get_mut(&id), going) {
            app.work.on_going(going);
        }
        let rebalances = self.readers.get(&id).is_some_and(|r| r.is_rebalancing());
        let value = |read: &Read| setup.cast.value(read.record);
        let world = self.world_of_app(id);
        let key = |read: &Read| setup.cast.key(read.record).cloned();
        let source = self.source_of(id);
        let row = |row: u32| match source.and_then(|topic| setup.cast.row(topic, row)) {
            Some(record) => setup.cast.value(record),
            None => "",
        };
        let Some(app) = self.apps.get_mut(&id) else {
            return false;
        };
        let next = match &mut app.work {
            Work::Sink(sink) => sink.next(now, value),
            Work::Source(source) => source.next(now, row),
            Work::Task(task) => task.next(now, rebalances, key),
            Work::Processor(processor) => {
                let row = self.outside.outbox.iter().find(|(of, _)| *of == world);
                processor.next(now, value, row.map(|(_, record)| *record))
            }
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
        let works = self.apps.get(&id).is_some_and(App::works_beside_poll);
        (calls && !works) || producer.is_some_and(|producer| producer.is_busy())
    }

    /// It has closed its clients.
    fn has_left(&self, id: ClientId) -> bool {
        self.apps.get(&id).is_some_and(|app| app.over)
    }

    /// Its clients have been made.
    fn has_clients(&self, id: ClientId) -> bool {
        match self.apps.get(&id) {
            Some(App {
                work: Work::Source(_),
                producer,
                ..
            }) => producer.is_none_or(|own| self.producers.contains_key(&own)),
            _ => self.readers.contains_key(&id),
        }
    }

    fn create_clients_of_app(&mut self, act: &Act) {
        if let Some(consumer) = act.consumer_of_application() {
            self.create_reader(&consumer);
            let id = self.setup.cast.consumer(&consumer.id.0);
            let reader = id.and_then(|id| self.readers.get_mut(&id));
            if let Some(reader) = reader.filter(|_| act.listens_to_its_group()) {
                reader.listen(matches!(act, Act::Streams(_)));
            }
        }
        if let Some(name) = act.producer_of_application() {
            self.create_producer(&Word(name), &[], false);
        }
    }

    /// Hands an application what its `poll()` returned.
    fn hear_poll(&mut self, id: ClientId) {
        let waits = self.readers.get(&id).is_some_and(|r| r.is_calling());
        let Some(app) = self.apps.get_mut(&id).filter(|app| app.calling && !waits) else {
            return;
        };
        app.calling = false;
        let reader = self.readers.get_mut(&id);
        let returned = reader.and_then(|reader| reader.take_returned());
        let error = returned.as_ref().and_then(|returned| returned.error);
        if !std::mem::take(&mut app.polls) {
            if let (Work::Task(task), Some(error)) = (&mut app.work, error) {
                task.on_commit_failed(error);
            }
            return;
        }
        // What it returned was noted when it did, in this step.
        let count = returned.map_or(0, |returned: Returned| returned.records);
        let facts = self.medium.noted.iter().rev();
        let mut returned = facts.filter_map(|fact| match fact {
            Observation::RecordsRead { reader, records } if *reader == id => Some(records),
            _ => None,
        });
        let records = returned.next().filter(|_| count > 0).cloned();
        let records = records.unwrap_or_default();
        app.work.on_polled(records, error);
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
            Next::Poll(_) | Next::PollPaused(_) | Next::CommitSync(_) | Next::CommitAsync(_) => {
                self.call_consumer(id, next);
            }
            Next::Effect(read) => self.change_outside(id, read.record),
            Next::EffectOnce(read) => {
                let world = self.world_of_app(id);
                if !self.outside.effects.contains(&(world, read.record)) {
                    self.change_outside(id, read.record);
                }
            }
            Next::EffectAndDie(read) => {
                self.change_outside(id, read.record);
                self.kill_app_of(id);
            }
            Next::Die => self.kill_app_of(id),
            Next::Seek(read) => {
                if let Some(reader) = self.readers.get_mut(&id) {
                    reader.seek(read.partition, read.offset);
                }
            }
            Next::Nothing => {}
            Next::DeadLetter(read) | Next::Make(read) => self.send_derived(id, read.record, false),
            Next::Emit(record) => self.send_derived(id, record, true),
            Next::MarkEmitted(record) => {
                let row = (self.world_of_app(id), record);
                self.outside.outbox.retain(|waiting| *waiting != row);
            }
            Next::MakeCount(read, count, logged) => self.send_count(id, &read, count, logged),
            Next::Restore(partition) => return self.restore(id, partition),
            Next::Row(row) => self.send_row(id, row),
            Next::KeepPosition(position) => self.keep_position(id, position),
            Next::LearnPosition => return self.learn_position(id),
            Next::Flush | Next::Transact(_) | Next::SendOffsets(_) => self.call_producer(id, next),
            Next::RenewProducer => self.renew_producer(id),
            Next::ListenerReturns | Next::GoBack => {
                if let Some(reader) = self.readers.get_mut(&id) {
                    match next {
                        Next::GoBack => reader.go_back_to_committed(),
                        _ => reader.end_listening(),
                    }
                }
            }
            Next::Return => {
                let out = &mut self.medium.effects(NodeId::Client(id));
                if let Some(reader) = self.readers.get_mut(&id) {
                    reader.leave_and_return(now, out);
                }
            }
            Next::Close => self.close_clients(id),
            Next::End => self.end_app(id),
        }
        true
    }

    /// An application closes its producer and its consumer in good order.
    fn close_clients(&mut self, id: ClientId) {
        let now = self.medium.now;
        let producer = self.apps.get(&id).and_then(|app| app.producer);
        if let Some(producer) = producer {
            let out = &mut self.medium.effects(NodeId::Client(producer));
            if let Some(producer) = self.producers.get_mut(&producer) {
                producer.close(now, CLOSE_AT_MOST, out);
            }
        }
        let out = &mut self.medium.effects(NodeId::Client(id));
        if let Some(reader) = self.readers.get_mut(&id) {
            reader.close(now, CLOSE_AT_MOST, out);
        }
        if let Some(app) = self.apps.get_mut(&id) {
            app.calling = true;
        }
    }

    fn end_app(&mut self, id: ClientId) {
        let Some(app) = self.apps.get_mut(&id) else {
            return;
        };
        app.over = true;
        if app.work.has_failed() {
            self.note(Observation::App(AppFact::TaskFailed { client: id }));
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
            Next::Poll(wait) | Next::PollPaused(wait) => {
                reader.hold(matches!(next, Next::PollPaused(_)));
                app.calling = true;
                app.polls = true;
                // A call that does not wait at all would never let time go on.
                reader.poll(now, wait.max(SimDuration::from_ms(1)), out);
            }
            Next::CommitSync(mut offsets) => {
                app.calling = true;
                if let Work::Task(_) = app.work {
                    to_positions(reader, &mut offsets);
                }
                reader.commit_sync(now, &offsets, out);
            }
            Next::CommitAsync(offsets) => {
                reader.commit_async(now, act, &offsets, out);
            }
            _ => {}
        }
    }

    fn kill_app_of(&mut self, id: ClientId) {
        let name = self.setup.cast.name(NodeId::Client(id));
        self.kill_app(&Word(name));
    }
}

/// Streams commits the positions of its consumer, which have passed over control records (`StreamTask.committableOffsetsAndMetadata`).
fn to_positions(reader: &Reader, offsets: &mut [(TopicPartition, Offset)]) {
    for (id, position) in reader.positions() {
        let own = offsets.iter_mut().filter(|(of, _)| *of == id);
        own.for_each(|(_, at)| *at = position.map_or(*at, |position| position.max(*at)));
    }
}
