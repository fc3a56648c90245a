//! What applications do with their producers, and what they hear of them.

use super::super::super::cast::SendCall;
use super::super::super::ids::{ClientId, NodeId, RecordId, TopicId};
use super::super::super::observation::{
    GroupFact, LostBecause, Observation, Read, TransactionFact,
};
use super::super::super::scenario::{Act, ConnectAct};
use super::super::super::text::Word;
use super::super::World;
use super::{Next, Work};
use std::sync::Arc;

impl World {
    /// An application hears what its transactional calls threw, which records could not be written, and how a commit ended for which it
    /// did not wait.
    pub(super) fn hear_clients(&mut self, id: ClientId, began: usize) {
        let (step, now) = (self.medium.step, self.medium.now);
        let Some(app) = self.apps.get_mut(&id) else {
            return;
        };
        if matches!(app.work, Work::Processor(_)) {
            return;
        }
        if app.heard.0 != step {
            app.heard = (step, 0);
        }
        let all = self.medium.noted.get(began..).unwrap_or_default();
        let new = all.iter().skip(app.heard.1 as usize);
        for fact in new {
            match (fact, &mut app.work) {
                (
                    Observation::Transaction(TransactionFact::TransactionCallReturned {
                        producer,
                        thrown: Some(thrown),
                        ..
                    }),
                    Work::Task(task),
                ) if Some(*producer) == app.producer => task.on_thrown(*thrown),
                (Observation::RecordFailed { record, error }, Work::Task(task)) => {
                    task.on_send_failed(*record, *error);
                }
                (
                    Observation::Group(GroupFact::CommitReturned {
                        reader,
                        act: Some(_),
                        error,
                    }),
                    Work::Sink(sink),
                ) if *reader == id => sink.on_committed(error.is_none()),
                (
                    Observation::Transaction(TransactionFact::TransactionCallReturned {
                        producer,
                        thrown: Some(_),
                        ..
                    }),
                    Work::Source(source),
                ) if Some(*producer) == app.producer => source.on_thrown(now),
                (Observation::RecordAcknowledged { record, .. }, Work::Source(source)) => {
                    source.on_written(now, *record, true);
                }
                (Observation::RecordFailed { record, .. }, Work::Source(source)) => {
                    source.on_written(now, *record, false);
                }
                _ => {}
            }
        }
        app.heard.1 = u32::try_from(all.len()).unwrap_or(u32::MAX);
    }

    /// A task knows what it has made.
    fn note_made(&mut self, id: ClientId, record: RecordId) {
        match self.apps.get_mut(&id).map(|app| &mut app.work) {
            Some(Work::Task(task)) => task.note_made(record),
            Some(Work::Source(source)) => source.note_made(record),
            _ => {}
        }
    }

    /// The topic for which a source connector reads.
    pub(super) fn source_of(&self, id: ClientId) -> Option<TopicId> {
        let act = self.source_act(id)?;
        let named = act.topic.as_ref().map(|topic| topic.0.as_str());
        self.setup.cast.topic(named)
    }

    pub(super) fn source_act(&self, id: ClientId) -> Option<&ConnectAct> {
        let app = self.apps.get(&id)?;
        match self.setup.script.acts().get(app.act as usize)? {
            Act::Connect(connect) if connect.is_source() => Some(connect),
            _ => None,
        }
    }

    /// A row of its source is sent.
    pub(super) fn send_row(&mut self, id: ClientId, row: u32) {
        let setup = Arc::clone(&self.setup);
        let topic = self.source_of(id);
        let record = topic.and_then(|topic| setup.cast.row(topic, row));
        if let Some(call) = record.and_then(|record| setup.cast.sends.get(record.0 as usize)) {
            self.send_own(id, call);
        }
    }

    /// That so many rows have been read is written.
    pub(super) fn keep_position(&mut self, id: ClientId, position: u32) {
        let setup = Arc::clone(&self.setup);
        let (Some(topic), Some(act)) = (self.source_of(id), self.source_act(id)) else {
            return;
        };
        let (name, target) = (act.positions_of(), setup.cast.topic(Some(act.positions())));
        let last = position.checked_sub(1);
        let last = last.and_then(|row| setup.cast.row(topic, row));
        let (Some(target), Some(last)) = (target, last) else {
            return;
        };
        if let Some(call) = setup.cast.derived_from(&name, target, last) {
            self.send_own(id, call);
        }
    }

    /// An application's producer sends that.
    fn send_own(&mut self, id: ClientId, call: &SendCall) {
        let Some(own) = self.apps.get(&id).and_then(|app| app.producer) else {
            return;
        };
        self.note_made(id, call.record);
        let now = self.medium.now;
        let out = &mut self.medium.effects(NodeId::Client(own));
        if let Some(producer) = self.producers.get_mut(&own) {
            producer.send(now, call, out);
        }
    }

    /// Another producer takes the place of an application's: what the old one had is dropped (`StreamsProducer.resetProducer`).
    pub(super) fn renew_producer(&mut self, id: ClientId) {
        let Some(own) = self.apps.get(&id).and_then(|app| app.producer) else {
            return;
        };
        let node = NodeId::Client(own);
        if let Some(producer) = self.producers.get_mut(&own) {
            producer.die(&mut self.medium.effects(node));
        }
        for connection in self.medium.network.of_node(node) {
            self.medium
                .drop_connection(connection, LostBecause::ConnectionBroken, false);
        }
        let name = Word(self.setup.cast.name(node));
        self.create_producer(&name, &[], false);
    }

    /// A count goes to the changelog, to the partition of its store, or out.
    pub(super) fn send_count(&mut self, id: ClientId, read: &Read, count: u32, logged: bool) {
        let setup = Arc::clone(&self.setup);
        let Some(app) = self.apps.get(&id) else {
            return;
        };
        let acts = setup.script.acts();
        let Some(Act::Streams(act)) = acts.get(app.act as usize) else {
            return;
        };
        let changelog = act.changelog.as_ref().filter(|_| logged);
        let target = changelog.map_or(act.out(), |topic| topic.0.as_str());
        let target = setup.cast.topic(Some(target)).unwrap_or_default();
        let name = &act.application.0;
        let Some(call) = setup.cast.counted_from(name, target, read.record, count) else {
            return;
        };
        let mut call = call.clone();
        if logged {
            call.partition = Some(read.partition.partition);
        }
        self.send_own(id, &call);
    }

    pub(super) fn call_producer(&mut self, id: ClientId, next: Next) {
        let now = self.medium.now;
        let Some(producer) = self.apps.get(&id).and_then(|app| app.producer) else {
            return;
        };
        let reader = self.readers.get(&id);
        let out = &mut self.medium.effects(NodeId::Client(producer));
        let Some(producer) = self.producers.get_mut(&producer) else {
            return;
        };
        match next {
            Next::Flush => producer.flush(now, out),
            Next::Transact(call) => producer.transact(now, call, out),
            Next::SendOffsets(mut offsets) => {
                if let Some(reader) = reader {
                    super::to_positions(reader, &mut offsets);
                }
                let commit = reader.and_then(|reader| reader.for_a_transaction(now, &offsets));
                if let Some(commit) = commit {
                    producer.send_offsets(now, commit, out);
                }
            }
            _ => {}
        }
    }

    /// A record is made of another one and sent by the application's producer.
    pub(super) fn send_derived(&mut self, id: ClientId, origin: RecordId, emits: bool) {
        let setup = Arc::clone(&self.setup);
        let Some(app) = self.apps.get(&id) else {
            return;
        };
        let Some(act) = setup.script.acts().get(app.act as usize) else {
            return;
        };
        let (name, target) = match act {
            Act::Streams(streams) => (streams.application.0.clone(), Some(streams.out())),
            Act::Process(process) => {
                let topic = if emits {
                    &process.emit
                } else {
                    &process.forward
                };
                let named = topic.as_ref().map(|topic| topic.0.as_str());
                (process.group.0.clone(), named)
            }
            Act::Connect(connect) => (connect.group(), connect.dead_letters()),
            _ => return,
        };
        let Some(target) = setup.cast.topic(target) else {
            return;
        };
        let made = setup.cast.derived_from(&name, target, origin);
        if let Some(call) = made {
            self.send_own(id, call);
        }
    }
}
