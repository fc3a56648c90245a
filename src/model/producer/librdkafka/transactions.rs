//! Transactions of a librdkafka producer (`rdkafka_txnmgr.c`), by the older protocol: it adds partitions itself, and keeps its
//! epoch from one transaction to the next. What the application does wrong, a fence and a lost message each have an error kind.

use super::super::super::effects::{Effects, Purpose};
use super::super::super::ids::{BrokerId, NodeId, TopicPartition, TransactionalId};
use super::super::super::observation::{Observation, TransactionFact};
use super::super::super::record::Outcome;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::transaction::{
    Protocol, TransactionCall, TransactionRequest, TransactionResponse, Writer,
};
use super::super::super::wire::{
    ClientError, CoordinatorKey, ErrorCode, RdError, Request, Response, Thrown,
};
use super::super::peers::Asked;
use super::RdProducer;
use super::messages::fail;
use crate::small::Set;

/// How long a call may take: what the recorder gives it.
const CALL_AT_MOST: SimDuration = SimDuration::from_ms(30_000);
/// The pause before the coordinator is looked for, or asked for a producer id, again.
const PAUSE: SimDuration = SimDuration::from_ms(500);
/// The pause before partitions are added again, while the transaction before is being completed.
const SHORT_PAUSE: SimDuration = SimDuration::from_ms(20);

/// `rd_kafka_txn_state_t`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    New,
    WaitsForId,
    Ready,
    InTransaction,
    Ends(Outcome),
    Abortable(RdError),
    Fatal,
}

/// What the coordinator is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Question {
    Coordinator,
    Id,
    Partitions(Vec<TopicPartition>),
    End,
}

/// A producer's transactions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Transactions {
    id: TransactionalId,
    timeout: SimDuration,
    state: State,
    coordinator: Option<BrokerId>,
    out: Option<Question>,
    not_before: SimTime,
    /// Partitions of the transaction.
    added: Set<TopicPartition>,
    /// The epoch must be raised: the coordinator aborts by that.
    bump: bool,
    call: Option<(TransactionCall, SimTime)>,
}

impl Transactions {
    pub(super) fn new(id: TransactionalId, timeout: SimDuration) -> Self {
        Self {
            id,
            timeout,
            state: State::New,
            coordinator: None,
            out: None,
            not_before: SimTime::ZERO,
            added: Set::new(),
            bump: false,
            call: None,
        }
    }

    pub(super) fn on_the_wire(&self) -> (TransactionalId, Protocol) {
        (self.id, Protocol::V1)
    }

    pub(super) fn is_calling(&self) -> bool {
        self.call.is_some()
    }

    /// May messages be given to it now?
    pub(super) fn takes_messages(&self) -> bool {
        self.state == State::InTransaction
    }

    /// May messages be sent there?
    pub(super) fn allows(&self, partition: TopicPartition) -> bool {
        self.added.contains(&partition)
    }

    /// When the next thing is due.
    pub(super) fn next_alarm(&self, now: SimTime) -> Option<SimTime> {
        let call = self.call.map(|(_, until)| until);
        let pause = (self.not_before > now).then_some(self.not_before);
        call.into_iter().chain(pause).min()
    }

    pub(super) fn lost(&mut self, now: SimTime) {
        if self.out.take().is_some() {
            self.coordinator = None;
            self.not_before = now + SHORT_PAUSE;
        }
    }

    pub(super) fn disconnected(&mut self, id: BrokerId) {
        if self.coordinator == Some(id) {
            self.coordinator = None;
        }
    }

    /// A message is lost: the transaction must be aborted.
    pub(super) fn message_failed(&mut self, error: RdError) {
        if matches!(
            self.state,
            State::InTransaction | State::Ends(Outcome::Commit)
        ) {
            self.bump |= error == RdError::Broker(ErrorCode::InvalidProducerEpoch);
            self.state = State::Abortable(error);
        }
    }

    /// What a call comes to at once; none if it has to wait.
    fn begin(&mut self, call: TransactionCall) -> Option<Result<(), RdError>> {
        if self.state == State::Fatal {
            return Some(Err(RdError::Fenced));
        }
        let next = match (call, self.state) {
            (TransactionCall::Abort, State::InTransaction | State::Abortable(_)) => {
                State::Ends(Outcome::Abort)
            }
            (_, State::Abortable(error)) => return Some(Err(error)),
            (TransactionCall::Init, State::New) => State::WaitsForId,
            (TransactionCall::Begin, State::Ready) => {
                self.state = State::InTransaction;
                return Some(Ok(()));
            }
            (TransactionCall::Commit, State::InTransaction) => State::Ends(Outcome::Commit),
            // The same call goes on after it timed out.
            (TransactionCall::Init, State::WaitsForId)
            | (TransactionCall::Commit, State::Ends(Outcome::Commit))
            | (TransactionCall::Abort, State::Ends(Outcome::Abort)) => self.state,
            _ => return Some(Err(RdError::State)),
        };
        self.state = next;
        None
    }

    /// Has the call under way ended?
    fn end(&self) -> Option<Result<(), RdError>> {
        match self.state {
            State::Ready => Some(Ok(())),
            State::Abortable(error) => Some(Err(error)),
            State::Fatal => Some(Err(RdError::Fenced)),
            _ => None,
        }
    }
}

impl RdProducer {
    /// The application calls one of the transactional methods.
    pub(in super::super) fn transact(
        &mut self,
        now: SimTime,
        call: TransactionCall,
        out: &mut Effects,
    ) {
        let Some(own) = &mut self.transactions else {
            return self.call_returned(call, Err(RdError::State), out);
        };
        match own.begin(call) {
            Some(end) => self.call_returned(call, end, out),
            None => {
                own.call = Some((call, now + CALL_AT_MOST));
                if call == TransactionCall::Abort {
                    self.purge(out);
                }
                self.run(now, out);
            }
        }
    }

    fn call_returned(&self, call: TransactionCall, end: Result<(), RdError>, out: &mut Effects) {
        out.note(Observation::Transaction(
            TransactionFact::TransactionCallReturned {
                producer: self.id,
                call,
                thrown: end
                    .err()
                    .map(|error| Thrown::from(ClientError::Librdkafka(error))),
            },
        ));
    }

    /// What was not sent yet goes with the aborted transaction (`rd_kafka_purge`).
    fn purge(&mut self, out: &mut Effects) {
        let lanes = self.lanes.iter_mut();
        let mut purged: Vec<_> = lanes.flat_map(|lane| lane.queue.drain(..)).collect();
        purged.extend(self.unassigned.drain(..));
        for message in purged {
            self.done(&message);
            fail(message.record.id, RdError::PurgedQueue, out);
        }
    }

    /// One turn: asks what must be asked, and lets the call return.
    pub(super) fn go_on_transacting(&mut self, now: SimTime, out: &mut Effects) {
        self.ask_coordinator(now, out);
        let Some(own) = &mut self.transactions else {
            return;
        };
        if let Some((call, until)) = own.call {
            let late = (until <= now).then_some(Err(RdError::TimedOut));
            if let Some(end) = own.end().or(late) {
                own.call = None;
                self.call_returned(call, end, out);
            }
        }
    }

    /// What the coordinator must be asked now.
    fn question(&self) -> Option<Question> {
        let own = self.transactions.as_ref()?;
        let lanes = self.lanes.iter();
        let new = lanes.filter(|lane| !lane.queue.is_empty() && !own.allows(lane.partition));
        let new: Vec<_> = new.map(|lane| lane.partition).collect();
        match own.state {
            State::WaitsForId => Some(Question::Id),
            State::InTransaction | State::Ends(Outcome::Commit) if !new.is_empty() => {
                Some(Question::Partitions(new))
            }
            State::Ends(Outcome::Abort) if own.bump && self.queued.0 == 0 => Some(Question::Id),
            State::Ends(_) if self.queued.0 == 0 => Some(Question::End),
            _ => None,
        }
    }

    fn ask_coordinator(&mut self, now: SimTime, out: &mut Effects) {
        let question = self.question();
        let current = self.identity.current.unwrap_or_default();
        let Some(own) = &mut self.transactions else {
            return;
        };
        let (Some(mut question), None) = (question, &own.out) else {
            return;
        };
        if question == Question::End && own.added.is_empty() {
            own.state = State::Ready;
            return;
        }
        if own.not_before > now {
            return;
        }
        let target = match own.coordinator {
            Some(coordinator) => Some(coordinator),
            None => {
                question = Question::Coordinator;
                self.peers.least_loaded(now, out)
            }
        };
        let Some(target) = target else { return };
        if !self.peers.is_ready(target) {
            if self.peers.usable(now, target) {
                self.peers.connect(now, target, out);
            }
            return;
        }
        let writer = Writer {
            id: own.id,
            producer: current.0,
            epoch: current.1,
        };
        let request = match &question {
            Question::Coordinator => None,
            Question::Id => Some(TransactionRequest::InitProducerId {
                id: own.id,
                timeout: own.timeout,
                current: own.bump.then_some(current),
            }),
            Question::Partitions(partitions) => Some(TransactionRequest::AddPartitions {
                writer,
                partitions: partitions.clone(),
                verify_only: false,
                protocol: Protocol::V1,
            }),
            Question::End => Some(TransactionRequest::EndTxn {
                writer,
                outcome: match own.state {
                    State::Ends(outcome) => outcome,
                    _ => Outcome::Abort,
                },
                protocol: Protocol::V1,
            }),
        };
        let request = match request {
            Some(request) => Request::Transaction(Box::new(request)),
            None => Request::FindCoordinator(CoordinatorKey::Transaction(own.id)),
        };
        own.out = Some(question);
        self.peers.put_in_flight(now, target, Asked::Transaction);
        out.send(NodeId::Broker(target), Purpose::Client, request);
    }

    /// The answer to the question that is out.
    pub(super) fn on_transactional_answer(
        &mut self,
        now: SimTime,
        response: Response,
        out: &mut Effects,
    ) {
        let Some(own) = &mut self.transactions else {
            return;
        };
        let Some(question) = own.out.take() else {
            return;
        };
        let error = match &response {
            Response::FindCoordinator(_, Ok(coordinator)) => {
                own.coordinator = Some(*coordinator);
                return;
            }
            Response::FindCoordinator(_, Err(error)) => *error,
            Response::Transaction(told) => told.error(),
            _ => return,
        };
        match (error, question) {
            (ErrorCode::None, Question::Partitions(partitions)) => own.added.extend(partitions),
            (ErrorCode::None, Question::Id) => {
                own.state = State::Ready;
                own.bump = false;
                own.added.clear();
                if let Response::Transaction(told) = response
                    && let TransactionResponse::InitProducerId(Ok(is)) = *told
                {
                    self.identity.current = Some(is);
                    out.note(Observation::ProducerIdObtained { producer: self.id });
                }
            }
            (ErrorCode::None, _) => {
                own.state = State::Ready;
                own.added.clear();
            }
            (ErrorCode::ConcurrentTransactions, Question::Partitions(_)) => {
                own.not_before = now + SHORT_PAUSE;
            }
            (ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable, _) => {
                own.coordinator = None;
                own.not_before = now + PAUSE;
            }
            (error, _) if error.is_retriable() => own.not_before = now + PAUSE,
            (ErrorCode::ProducerFenced | ErrorCode::InvalidProducerEpoch, _) => {
                own.state = State::Fatal;
                self.purge(out);
            }
            (error, _) => own.state = State::Abortable(RdError::Broker(error)),
        }
    }
}
