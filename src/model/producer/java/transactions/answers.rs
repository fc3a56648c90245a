//! What the coordinator answers, and what the producer makes of it (`TxnRequestHandler` and its kinds, KIP-1050).

use super::super::super::super::effects::Effects;
use super::super::super::super::ids::{BrokerId, ProducerEpoch, ProducerId};
use super::super::super::super::observation::Observation;
use super::super::super::super::record::Outcome;
use super::super::super::super::time::SimDuration;
use super::super::super::super::transaction::TransactionResponse;
use super::super::super::super::wire::{ClientError, CoordinatorKey, ErrorCode, Response, Thrown};
use super::super::JavaProducer;
use super::super::identity::Sequences;
use super::asking::{Ask, What};
use super::{Manager, State, Thread, thrown};

/// The pause before the first partition of a transaction is added again while the one before is being completed
/// (`ADD_PARTITIONS_RETRY_BACKOFF_MS`).
const SHORT_PAUSE: SimDuration = SimDuration::from_ms(20);

impl Manager {
    /// `transitionToFatalError`
    pub(super) fn fail_for_good(&mut self, error: Thrown) {
        let legal = self.become_state(State::Fatal, Some(error), Thread::Sender);
        if let (Ok(()), Some(pending)) = (legal, self.pending) {
            self.end_result(pending.result, Err(error));
        }
    }

    /// `TxnRequestHandler.abortableError`
    pub(super) fn abortable(&mut self, ask: &Ask, error: Thrown) {
        self.end_result(ask.result, Err(error));
        self.become_abortable(error, Thread::Sender);
    }

    /// `TxnRequestHandler.fatalError`
    pub(super) fn fatal(&mut self, ask: &Ask, error: Thrown) {
        self.end_result(ask.result, Err(error));
        self.fail_for_good(error);
    }

    /// `transitionToAbortableError`
    pub(super) fn become_abortable(&mut self, error: Thrown, thread: Thread) {
        if self.state != State::Aborting {
            // What must not be has its own error.
            let _ = self.become_state(State::Abortable, Some(error), thread);
        }
    }

    /// The connection broke before the answer came.
    pub(in super::super) fn lost(&mut self) {
        if let Some(ask) = self.out.take() {
            match ask.what {
                What::FindCoordinator(_) => {}
                What::Offsets(_) => self.look_up_group(&ask.what),
                _ => self.look_up(),
            }
            self.enqueue_again(ask);
        }
    }

    /// The connection to a broker that was being opened, or was open, is gone.
    pub(in super::super) fn disconnected(&mut self, id: BrokerId) {
        if self.coordinator == Some(id) {
            self.coordinator = None;
        }
        if self.group_coordinator == Some(id) {
            self.group_coordinator = None;
        }
    }

    /// An error that each kind of request treats alike. True if it was one.
    pub(super) fn common_error(&mut self, ask: &Ask, error: ErrorCode) -> bool {
        match error {
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => {
                self.look_up();
                self.enqueue_again(ask.clone());
            }
            error if error.is_retriable() => self.enqueue_again(ask.clone()),
            ErrorCode::InvalidProducerEpoch | ErrorCode::ProducerFenced => {
                self.fatal(ask, thrown(ClientError::Broker(ErrorCode::ProducerFenced)));
            }
            _ => return false,
        }
        true
    }

    /// `AddPartitionsToTxnHandler.handleResponse`
    fn on_added(&mut self, ask: &Ask, error: ErrorCode) {
        if error == ErrorCode::None {
            self.partitions.append(&mut self.adding);
            self.started = true;
            return self.end_result(ask.result, Ok(()));
        }
        if error == ErrorCode::ConcurrentTransactions && self.partitions.is_empty() {
            let ask = Ask {
                pause: Some(SHORT_PAUSE),
                ..ask.clone()
            };
            return self.enqueue_again(ask);
        }
        let error_ = thrown(ClientError::Broker(error));
        let again = Ask {
            pause: None,
            ..ask.clone()
        };
        if !self.common_error(&again, error) {
            match error {
                ErrorCode::TransactionAbortable => self.abortable(ask, error_),
                ErrorCode::InvalidTxnState | ErrorCode::InvalidProducerIdMapping => {
                    self.fatal(ask, error_);
                }
                _ => {
                    self.adding.clear();
                    self.abortable(ask, thrown(ClientError::UnexpectedAnswer));
                }
            }
        }
    }

    /// `EndTxnHandler.handleResponse`, where there is an error.
    fn on_end_error(&mut self, ask: &Ask, outcome: Outcome, error: ErrorCode) {
        if self.common_error(ask, error) {
            return;
        }
        let error_ = thrown(ClientError::Broker(error));
        match error {
            ErrorCode::InvalidTxnState | ErrorCode::InvalidProducerIdMapping => {
                self.fatal(ask, error_);
            }
            ErrorCode::TransactionAbortable if outcome == Outcome::Commit => {
                self.abortable(ask, error_);
            }
            ErrorCode::TransactionAbortable => self.fatal(
                ask,
                Thrown {
                    error: ClientError::UnexpectedAnswer,
                    cause: Some(error_.error),
                },
            ),
            _ => self.fatal(ask, thrown(ClientError::UnexpectedAnswer)),
        }
    }

    /// `FindCoordinatorHandler.handleResponse`
    fn on_found(&mut self, ask: Ask, answer: Result<BrokerId, ErrorCode>) {
        match answer {
            Ok(coordinator) => {
                match ask.what {
                    What::FindCoordinator(CoordinatorKey::Group(_)) => {
                        self.group_coordinator = Some(coordinator);
                    }
                    _ => self.coordinator = Some(coordinator),
                }
                self.end_result(ask.result, Ok(()));
                self.results.retain(|(own, _)| *own != ask.result);
            }
            Err(_) => self.enqueue_again(ask),
        }
    }
}

impl JavaProducer {
    /// The answer to the request that is out.
    pub(in super::super) fn on_transactional_answer(
        &mut self,
        response: Response,
        out: &mut Effects,
    ) {
        let Some(manager) = &mut self.manager else {
            return;
        };
        let Some(ask) = manager.out.take() else {
            return;
        };
        match response {
            Response::FindCoordinator(_, answer) => manager.on_found(ask, answer),
            Response::Transaction(told) => match (*told, &ask.what) {
                (TransactionResponse::InitProducerId(told), What::Init { current }) => {
                    let raised = current.is_some();
                    self.on_initialized(&ask, raised, told, out);
                }
                (told @ TransactionResponse::AddPartitions(_), What::AddPartitions) => {
                    manager.on_added(&ask, told.error());
                }
                (TransactionResponse::AddOffsets(error), What::AddOffsets(_)) => {
                    manager.on_offsets_added(ask, error);
                }
                (TransactionResponse::TxnOffsetCommit(error), What::Offsets(_)) => {
                    manager.on_offsets_sent(ask, error);
                }
                (TransactionResponse::EndTxn(told), What::End { outcome, .. }) => {
                    let outcome = *outcome;
                    self.on_ended(&ask, outcome, told, out);
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// `InitProducerIdHandler.handleResponse`
    fn on_initialized(
        &mut self,
        ask: &Ask,
        raised: bool,
        told: Result<(ProducerId, ProducerEpoch), ErrorCode>,
        out: &mut Effects,
    ) {
        let Some(manager) = &mut self.manager else {
            return;
        };
        match told {
            Ok(is) => {
                let legal = manager.become_state(State::Ready, None, Thread::Sender);
                if legal.is_ok() {
                    manager.end_result(ask.result, Ok(()));
                }
                self.take_identity(is, raised, out);
                out.note(Observation::ProducerIdObtained { producer: self.id });
            }
            Err(error) => {
                if manager.common_error(ask, error) {
                    return;
                }
                match error {
                    ErrorCode::TransactionAbortable => {
                        manager.abortable(ask, thrown(ClientError::Broker(error)));
                    }
                    _ => manager.fatal(ask, thrown(ClientError::UnexpectedAnswer)),
                }
            }
        }
    }

    /// `EndTxnHandler.handleResponse`
    fn on_ended(
        &mut self,
        ask: &Ask,
        outcome: Outcome,
        told: Result<Option<(ProducerId, ProducerEpoch)>, ErrorCode>,
        out: &mut Effects,
    ) {
        match told {
            Ok(is) => {
                if let Some(is) = is {
                    self.take_identity(is, true, out);
                }
                if let Some(manager) = &mut self.manager {
                    manager.reset();
                    manager.end_result(ask.result, Ok(()));
                }
            }
            Err(error) => {
                if let Some(manager) = &mut self.manager {
                    manager.on_end_error(ask, outcome, error);
                }
            }
        }
    }

    /// The producer is that from now on; `anew`: and its sequences start over.
    fn take_identity(&mut self, is: (ProducerId, ProducerEpoch), anew: bool, out: &mut Effects) {
        let before = self.identity.current.replace(is);
        if before.is_some_and(|before| before != is) {
            out.note(Observation::ProducerEpochBumped {
                producer: self.id,
                epoch: is.1,
            });
        }
        if anew {
            for lane in &mut self.lanes {
                lane.sequences = Sequences::default();
            }
        }
    }
}
