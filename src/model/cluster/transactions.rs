//! Acts about transactions: calls of producers, and the question how a transactional id stands.

use super::super::ids::{ClientId, NodeId, Offset, ProducerEpoch, TopicId, TopicPartition};
use super::super::observation::{Observation, TransactionFact};
use super::super::prng::Draw;
use super::super::scenario::{Act, SendOffsetsAct};
use super::super::text::Word;
use super::super::time::SimDuration;
use super::super::transaction::{TransactionCall, TransactionState};
use super::super::wire::ErrorCode;
use super::{Site, World};

/// How often a frame is under way until an administrator's question is where it is answered: the coordinator is found first.
const QUESTION: u32 = 3;
/// The pause before it asks again where nobody coordinates (`retry.backoff.ms` of the recorder's).
const AGAIN: SimDuration = SimDuration::from_ms(50);
/// How long it tries (`default.api.timeout.ms` of the recorder's).
const PATIENCE: SimDuration = SimDuration::from_ms(4_000);

impl World {
    pub(super) fn begin_transacting(&mut self, act: &Act) {
        let (by, call) = match act {
            Act::Init { by } => (by, TransactionCall::Init),
            Act::Begin { by } => (by, TransactionCall::Begin),
            Act::CommitTxn { by } => (by, TransactionCall::Commit),
            Act::AbortTxn { by } => (by, TransactionCall::Abort),
            Act::SendOffsets(offsets) => return self.send_offsets(offsets),
            Act::DescribeTxn { .. } => return self.limit_act(PATIENCE),
            _ => return,
        };
        self.ask_producer(by, |now, producer, out| producer.transact(now, call, out));
    }

    /// A consumer's place and group go to a producer.
    fn send_offsets(&mut self, act: &SendOffsetsAct) {
        let topic = act.topic.as_ref().map(|word| word.0.as_str());
        let partition = TopicPartition {
            topic: self.setup.cast.topic(topic).unwrap_or_default(),
            partition: act.partition.map_or(0, |partition| partition.0),
        };
        let given = act.offset.map(|at| (partition, Offset(u64::from(at.0))));
        let given = given.as_slice();
        let consumer = self.setup.cast.consumer(&act.consumer.0);
        let reader = consumer.and_then(|id| self.readers.get(&id));
        let commit = reader.and_then(|reader| reader.for_a_transaction(self.medium.now, given));
        if let Some(mut commit) = commit {
            commit.member = commit.member.filter(|_| !act.without_member);
            self.ask_producer(&act.by, |now, producer, out| {
                producer.send_offsets(now, commit.clone(), out);
            });
        }
    }

    /// What the coordinator says of a transactional id.
    fn described(&self, name: &str) -> Result<(TransactionState, ProducerEpoch), ErrorCode> {
        let id = self.setup.cast.transactional_id(name);
        let id = id.ok_or(ErrorCode::TransactionalIdNotFound)?;
        let partition = TopicId::TRANSACTION_STATE.first_partition();
        let Some(registration) = self.controller.image().partitions.get(&partition) else {
            return Err(ErrorCode::TransactionalIdNotFound);
        };
        let leader = registration.leader.ok_or(ErrorCode::NotCoordinator)?;
        match self.brokers.get(&leader) {
            Some(Site::Up(broker)) if broker.serves() && !self.is_paused(leader) => {
                let known = broker.describe_transaction(id)?;
                Ok((known.state, known.epoch.unwrap_or_default()))
            }
            _ => Err(ErrorCode::NotCoordinator),
        }
    }

    /// True as soon as a question of an administrator has come to whoever can answer it.
    pub(super) fn has_asked(&mut self) -> bool {
        if std::mem::replace(&mut self.director.asked, true) {
            return true;
        }
        let observer = NodeId::Client(ClientId(u16::MAX));
        let key = [observer.key(), u64::from(self.director.act)];
        let stem = self.setup.seed.stem(Draw::Latency, &key);
        let way = |nth| self.medium.latency(observer, observer, stem, nth);
        let takes = (0..QUESTION).map(way).fold(SimDuration::ZERO, |a, b| a + b);
        self.pause_script(takes);
        false
    }

    /// True once an administrator was told, or has asked in vain for long enough.
    pub(super) fn has_described(&mut self, name: &Word) -> bool {
        if !self.has_asked() {
            return false;
        }
        let told = match self.described(&name.0) {
            Err(ErrorCode::NotCoordinator) if !self.is_late() => {
                self.pause_script(AGAIN);
                return false;
            }
            Err(ErrorCode::NotCoordinator) => Err(ErrorCode::RequestTimedOut),
            told => told,
        };
        self.director.asked = false;
        self.note(Observation::Transaction(
            TransactionFact::TransactionDescribed {
                act: self.director.act,
                told,
            },
        ));
        true
    }
}
