//! Sentences of transactions.

use super::Words;
use crate::model::observation::{Observation, TransactionFact};
use crate::model::record::Outcome;
use crate::model::transaction::TransactionCall;

/// The method that was called.
fn method(call: TransactionCall) -> &'static str {
    match call {
        TransactionCall::Init => "initTransactions",
        TransactionCall::Begin => "beginTransaction",
        TransactionCall::Commit => "commitTransaction",
        TransactionCall::Abort => "abortTransaction",
        TransactionCall::SendOffsets => "sendOffsetsToTransaction",
    }
}

impl Words<'_> {
    /// What applications call, and how transactions end in a log.
    pub(super) fn of_transactions(&self, observation: &Observation) -> Option<String> {
        use Observation as O;
        Some(match observation {
            O::Transaction(TransactionFact::TransactionCallReturned {
                producer,
                call,
                thrown,
            }) => {
                let (who, what) = (self.client(*producer), method(*call));
                match thrown {
                    None => format!("{what}() of {who} returned."),
                    Some(thrown) => {
                        format!("{what}() of {who} threw {}.", thrown.error.exception())
                    }
                }
            }
            O::Transaction(TransactionFact::MarkerWritten {
                broker,
                partition,
                offset,
                outcome,
                ..
            }) => {
                let how = match outcome {
                    Outcome::Commit => "commit",
                    Outcome::Abort => "abort",
                };
                let of = self.of(*partition);
                format!("Broker {broker} wrote the {how} of a transaction{of} at offset {offset}.")
            }
            // Only the script asked.
            O::Transaction(TransactionFact::TransactionDescribed { .. }) => return None,
            _ => return None,
        })
    }
}
