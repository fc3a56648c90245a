//! Offsets of a group that go with the transaction (`sendOffsetsToTransaction`, KIP-447).

use super::super::super::super::effects::Effects;
use super::super::super::super::time::SimTime;
use super::super::super::super::transaction::{Protocol, TransactionCall};
use super::super::super::super::wire::{ClientError, ErrorCode, OffsetCommit, Thrown};
use super::super::calls::Call;
use super::super::{JavaProducer, Life};
use super::asking::{Ask, What};
use super::state::State;
use super::{Manager, thrown};

impl Manager {
    /// `TransactionManager.sendOffsetsToTransaction`
    fn send_offsets(&mut self, commit: OffsetCommit) -> Result<u32, Thrown> {
        self.fail_if_pending()?;
        self.fail_with_error()?;
        if self.state != State::InTransaction {
            return Err(thrown(ClientError::IllegalState));
        }
        let result = self.new_result();
        let commit = Box::new(commit);
        let what = match self.protocol {
            Protocol::V2 => {
                self.started = true;
                What::Offsets(commit)
            }
            Protocol::V1 => What::AddOffsets(commit),
        };
        self.enqueue(Ask::new(what, result));
        Ok(result)
    }

    /// `AddOffsetsToTxnHandler.handleResponse`
    pub(super) fn on_offsets_added(&mut self, ask: Ask, error: ErrorCode) {
        let What::AddOffsets(commit) = &ask.what else {
            return;
        };
        if error == ErrorCode::None {
            self.started = true;
            let what = What::Offsets(commit.clone());
            return self.enqueue(Ask::new(what, ask.result));
        }
        if !self.common_error(&ask, error) {
            let error_ = thrown(ClientError::Broker(error));
            match error {
                ErrorCode::TransactionAbortable => self.abortable(&ask, error_),
                ErrorCode::InvalidTxnState | ErrorCode::InvalidProducerIdMapping => {
                    self.fatal(&ask, error_);
                }
                _ => self.fatal(&ask, thrown(ClientError::UnexpectedAnswer)),
            }
        }
    }

    /// `TxnOffsetCommitHandler.handleResponse`
    pub(super) fn on_offsets_sent(&mut self, ask: Ask, error: ErrorCode) {
        let error_ = thrown(ClientError::Broker(error));
        match error {
            ErrorCode::None => self.end_result(ask.result, Ok(())),
            ErrorCode::NotCoordinator
            | ErrorCode::CoordinatorNotAvailable
            | ErrorCode::RequestTimedOut => {
                self.look_up_group(&ask.what);
                self.enqueue_again(ask);
            }
            error if error.is_retriable() => self.enqueue_again(ask),
            ErrorCode::FencedInstanceId | ErrorCode::TransactionAbortable => {
                self.abortable(&ask, error_);
            }
            ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration => {
                self.abortable(&ask, thrown(ClientError::CommitFailed));
            }
            ErrorCode::InvalidProducerEpoch | ErrorCode::ProducerFenced => {
                let fenced = ClientError::Broker(ErrorCode::ProducerFenced);
                self.fatal(&ask, thrown(fenced));
            }
            _ => self.fatal(&ask, thrown(ClientError::UnexpectedAnswer)),
        }
    }
}

impl JavaProducer {
    /// The application calls `sendOffsetsToTransaction()`.
    pub(in super::super::super) fn send_offsets(
        &mut self,
        now: SimTime,
        commit: OffsetCommit,
        out: &mut Effects,
    ) {
        let call = TransactionCall::SendOffsets;
        let open = self.life == Life::Open;
        let begun = match self.manager.as_mut().filter(|_| open) {
            None => Err(thrown(ClientError::IllegalState)),
            Some(_) if commit.offsets.is_empty() => return self.call_returned(call, None, out),
            Some(manager) => manager.send_offsets(commit),
        };
        match begun {
            Ok(result) => {
                let until = now + self.config.max_block;
                let call = Call::Transaction {
                    call,
                    result,
                    until,
                };
                self.call(now, call, out);
            }
            Err(thrown) => self.call_returned(call, Some(thrown), out),
        }
    }
}
