//! A leader asks the coordinator before it lets a batch of a transaction in (`AddPartitionsToTxnManager`): by the newer
//! protocol it adds the partition itself, by the older one it asks whether the client has (KIP-890).

use super::super::super::super::effects::{Effects, Purpose, ReplyTo};
use super::super::super::super::ids::{BrokerId, TopicPartition, TransactionalId};
use super::super::super::super::producer_state::{Guard, Proof};
use super::super::super::super::record::RecordBatch;
use super::super::super::super::small::Few;
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::transaction::{
    Protocol, TransactionRequest, TransactionResponse, Writer,
};
use super::super::super::super::wire::{ErrorCode, OffsetCommit, Request};
use super::super::super::Broker;
use super::courier::Courier;
use super::offsets::LOG;
use super::state_partition;

/// `add.partitions.to.txn.retry.backoff.ms` and `.max.ms`, by default.
const AGAIN_AFTER: SimDuration = SimDuration::from_ms(20);
const AGAIN_FOR: SimDuration = SimDuration::from_ms(100);

/// A Produce request of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super::super) struct Held {
    pub(in super::super::super) reply: ReplyTo,
    pub(in super::super::super) timeout_ms: u32,
    pub(in super::super::super) id: TransactionalId,
    pub(in super::super::super) protocol: Protocol,
    pub(in super::super::super) batches: Few<(TopicPartition, RecordBatch)>,
    /// It is none, but offsets of a group.
    pub(in super::super::super) offsets: Option<Box<(Writer, OffsetCommit)>>,
}

/// What came of the question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in super::super::super) struct Verified {
    wanted: bool,
    errors: Vec<(TopicPartition, ErrorCode)>,
    guards: Vec<(TopicPartition, u32)>,
}

impl Verified {
    /// Why a partition must not be written to.
    pub(in super::super::super) fn error(&self, partition: TopicPartition) -> Option<ErrorCode> {
        let found = self.errors.iter().find(|(own, _)| *own == partition);
        found.map(|(_, error)| *error)
    }

    /// What the partition is shown, whose present guard is that one.
    pub(in super::super::super) fn proof(
        &self,
        partition: TopicPartition,
        guard: Option<Guard>,
    ) -> Proof {
        let own = self.guards.iter().find(|(own, _)| *own == partition);
        Proof {
            wanted: self.wanted,
            own: own.map(|(_, number)| *number),
            guard,
        }
    }
}

/// A request that waits for the coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Waiting {
    ticket: u32,
    held: Held,
    began: SimTime,
    so_far: Verified,
    /// The coordinator is still busy with the transaction before: ask again then.
    again_at: Option<SimTime>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    ticket: u32,
    writer: Writer,
    protocol: Protocol,
    partitions: Vec<TopicPartition>,
}

/// A leader's questions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Verification {
    courier: Courier<Question>,
    waiting: Vec<Waiting>,
    /// Numbers of tickets and guards.
    next: u32,
}

impl Default for Verification {
    fn default() -> Self {
        Self {
            courier: Courier::new(Purpose::Verification),
            waiting: Vec::new(),
            next: 1,
        }
    }
}

impl Verification {
    pub(super) fn next_alarm(&self) -> Option<SimTime> {
        let again = self.waiting.iter().filter_map(|waiting| waiting.again_at);
        again.chain(self.courier.next_alarm()).min()
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }
}

fn request(questions: &[Question]) -> Request {
    // Kafka asks about several transactions in one request; here each goes alone, and the others wait.
    let first = questions.first();
    let request = first.map(|question| TransactionRequest::AddPartitions {
        writer: question.writer,
        partitions: question.partitions.clone(),
        verify_only: question.protocol == Protocol::V1,
        protocol: question.protocol,
    });
    let nothing = TransactionRequest::WriteTxnMarkers(Vec::new());
    Request::Transaction(Box::new(request.unwrap_or(nothing)))
}

impl Broker {
    /// `ReplicaManager.handleProduceAppend`: what must be asked is asked first.
    pub(in super::super::super) fn on_transactional_produce(
        &mut self,
        now: SimTime,
        held: Held,
        out: &mut Effects,
    ) {
        let asks = held.protocol == Protocol::V2 || self.config.transaction_verification;
        if !asks {
            return self.let_in(now, held, &Verified::default(), out);
        }
        let ticket = self.coordinators.transactions.verification.number();
        self.verify(
            now,
            Waiting {
                ticket,
                held,
                began: now,
                so_far: Verified::default(),
                again_at: None,
            },
            out,
        );
    }

    fn verify(&mut self, now: SimTime, mut waiting: Waiting, out: &mut Effects) {
        waiting.again_at = None;
        waiting.so_far = self.begin_verification(&waiting.held);
        let signed = waiting.held.batches.iter();
        let signed = signed.filter_map(|(_, batch)| batch.producer).next();
        let offsets = waiting.held.offsets.as_ref().map(|own| own.0);
        let writer = signed.map(|producer| Writer {
            id: waiting.held.id,
            producer: producer.id,
            epoch: producer.epoch,
        });
        let asked: Vec<_> = waiting.so_far.guards.iter().map(|(id, _)| *id).collect();
        let (Some(writer), false) = (writer.or(offsets), asked.is_empty()) else {
            return self.let_in(now, waiting.held, &waiting.so_far, out);
        };
        let question = Question {
            ticket: waiting.ticket,
            writer,
            protocol: waiting.held.protocol,
            partitions: asked,
        };
        self.coordinators
            .transactions
            .verification
            .waiting
            .push(waiting);
        self.ask(now, question, out);
        self.arm_transactions(now, out);
    }

    /// `maybeStartTransactionVerificationForPartition`: a guard for each partition that has to be asked about.
    fn begin_verification(&mut self, held: &Held) -> Verified {
        let mut so_far = Verified {
            wanted: true,
            ..Verified::default()
        };
        if held.offsets.is_some() {
            so_far.guards.push((LOG, 0));
        }
        for (partition, batch) in &held.batches {
            let (Some(producer), true) = (batch.producer, batch.transactional) else {
                continue;
            };
            let number = self.coordinators.transactions.verification.number();
            let replica = self.replicas.get_mut(partition);
            let Some(replica) = replica.filter(|replica| replica.leading().is_some()) else {
                continue;
            };
            if replica
                .producers
                .has_later_epoch(producer.id, producer.epoch)
            {
                let error = ErrorCode::InvalidProducerEpoch;
                so_far.errors.push((*partition, error));
            } else if !replica.producers.has_open(producer.id, producer.epoch) {
                let guard = replica.guards.entry(producer.id).or_insert(Guard {
                    number,
                    lowest: producer.base_sequence,
                    epoch: producer.epoch,
                    protocol: held.protocol,
                });
                if producer.epoch > guard.epoch {
                    guard.epoch = producer.epoch;
                    guard.lowest = producer.base_sequence;
                } else if producer.epoch == guard.epoch {
                    guard.lowest = guard.lowest.min(producer.base_sequence);
                }
                so_far.guards.push((*partition, guard.number));
            }
        }
        so_far
    }

    /// `AddPartitionsToTxnManager.addTxnData`: of one transaction only the last question waits.
    fn ask(&mut self, now: SimTime, question: Question, out: &mut Effects) {
        let registration = self.image.partitions.get(&state_partition());
        let leader = registration.and_then(|registration| registration.leader);
        let known = |id: &BrokerId| self.image.brokers.get(id).is_some_and(|b| !b.fenced);
        let Some(leader) = leader.filter(known) else {
            let error = ErrorCode::CoordinatorNotAvailable;
            return self.fail_question(now, &question, error, out);
        };
        let verification = &mut self.coordinators.transactions.verification;
        let waiting = verification.courier.waiting(leader);
        let same = |other: &Question| other.writer.id == question.writer.id;
        let older = waiting.iter().position(same).map(|at| waiting.remove(at));
        match older {
            Some(older) if older.writer.epoch > question.writer.epoch => {
                waiting.push(older);
                let error = ErrorCode::InvalidProducerEpoch;
                self.fail_question(now, &question, error, out);
            }
            older => {
                let epoch = question.writer.epoch;
                waiting.push(question);
                if let Some(older) = older {
                    let error = match older.writer.epoch < epoch {
                        true => ErrorCode::InvalidProducerEpoch,
                        false => ErrorCode::NetworkException,
                    };
                    self.fail_question(now, &older, error, out);
                }
            }
        }
        self.send_questions(now, out);
    }

    fn send_questions(&mut self, now: SimTime, out: &mut Effects) {
        let verification = &mut self.coordinators.transactions.verification;
        verification.courier.go_one_by_one(now, request, out);
    }

    fn fail_question(
        &mut self,
        now: SimTime,
        question: &Question,
        error: ErrorCode,
        out: &mut Effects,
    ) {
        let told: Vec<_> = question.partitions.iter().map(|id| (*id, error)).collect();
        self.settle_question(now, question.ticket, &told, out);
    }

    pub(super) fn on_verifier_opened(&mut self, now: SimTime, peer: BrokerId, out: &mut Effects) {
        self.coordinators
            .transactions
            .verification
            .courier
            .opened(peer);
        self.send_questions(now, out);
    }

    pub(super) fn on_verifier_closed(&mut self, now: SimTime, peer: BrokerId, out: &mut Effects) {
        let verification = &mut self.coordinators.transactions.verification;
        for question in verification.courier.closed(now, peer) {
            self.fail_question(now, &question, ErrorCode::NetworkException, out);
        }
    }

    pub(super) fn on_verified(
        &mut self,
        now: SimTime,
        peer: BrokerId,
        told: TransactionResponse,
        out: &mut Effects,
    ) {
        let verification = &mut self.coordinators.transactions.verification;
        let asked = verification.courier.answered(peer);
        if let TransactionResponse::AddPartitions(told) = told {
            for question in asked {
                self.settle_question(now, question.ticket, &told, out);
            }
        }
        self.send_questions(now, out);
    }

    /// Whoever was told to ask again does so now; a coordinator that does not answer is given up.
    pub(super) fn verify_again(&mut self, now: SimTime, out: &mut Effects) {
        let verification = &mut self.coordinators.transactions.verification;
        for question in verification.courier.give_up(now, out) {
            self.fail_question(now, &question, ErrorCode::NetworkException, out);
        }
        let verification = &mut self.coordinators.transactions.verification;
        let due = |waiting: &mut Waiting| waiting.again_at.is_some_and(|at| at <= now);
        let again: Vec<_> = verification.waiting.extract_if(.., due).collect();
        for waiting in again {
            self.verify(now, waiting, out);
        }
        self.send_questions(now, out);
    }

    /// The coordinator has answered, or cannot. While it is busy with the transaction before, it is asked again for a while.
    fn settle_question(
        &mut self,
        now: SimTime,
        ticket: u32,
        told: &[(TopicPartition, ErrorCode)],
        out: &mut Effects,
    ) {
        let waiting = &mut self.coordinators.transactions.verification.waiting;
        let Some(place) = waiting.iter().position(|one| one.ticket == ticket) else {
            return;
        };
        let one = &mut waiting[place];
        let busy = told
            .iter()
            .any(|(_, error)| *error == ErrorCode::ConcurrentTransactions);
        if busy && one.held.protocol == Protocol::V2 && now < one.began + AGAIN_FOR {
            one.again_at = Some(now + AGAIN_AFTER);
            return;
        }
        let Waiting {
            held, mut so_far, ..
        } = waiting.remove(place);
        let errors = told.iter().filter(|(_, error)| *error != ErrorCode::None);
        let shown = errors.map(|(id, error)| (*id, as_producers_know_it(*error, held.protocol)));
        so_far.errors.extend(shown);
        self.let_in(now, held, &so_far, out);
    }

    fn let_in(&mut self, now: SimTime, held: Held, verified: &Verified, out: &mut Effects) {
        match held.offsets {
            Some(own) => {
                let refused = verified.error(LOG);
                self.write_pending_offsets(now, held.reply, *own, refused, out);
            }
            None => self.append_held(now, held, verified, out),
        }
    }
}

/// What a producer is told of an error of the coordinator (`AddPartitionsToTxnHandler`, `ReplicaManager.handleProduceAppend`):
/// clients know how to go on after some errors only.
fn as_producers_know_it(error: ErrorCode, protocol: Protocol) -> ErrorCode {
    match (error, protocol) {
        (ErrorCode::ProducerFenced, _) => ErrorCode::InvalidProducerEpoch,
        (ErrorCode::TransactionAbortable, Protocol::V1) => ErrorCode::InvalidTxnState,
        (
            ErrorCode::NetworkException
            | ErrorCode::CoordinatorNotAvailable
            | ErrorCode::NotCoordinator,
            _,
        )
        | (ErrorCode::ConcurrentTransactions, Protocol::V1) => ErrorCode::NotEnoughReplicas,
        (error, _) => error,
    }
}
