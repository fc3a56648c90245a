//! Transactional calls in the recorder's form: that they returned, or what they threw.

use super::readers::during;
use ackscope::model::observation::{Observation, TransactionFact};
use ackscope::model::trace::Trace;
use ackscope::model::wire::{ClientError, RdError};
use serde_json::{Value, json};

/// The result of a step about transactions.
pub fn result(trace: &Trace, act: u32) -> Vec<(&'static str, Value)> {
    let told = during(trace, act).into_iter().find_map(|fact| match fact {
        Observation::Transaction(TransactionFact::TransactionCallReturned {
            thrown: None, ..
        }) => Some(vec![("ok", json!(true))]),
        Observation::Transaction(TransactionFact::TransactionCallReturned {
            thrown: Some(thrown),
            ..
        }) => {
            let mut told = vec![("error", json!(thrown.error.exception()))];
            if let ClientError::Librdkafka(error) = thrown.error {
                // What librdkafka says beside its error (`rd_kafka_error_t`).
                let (fatal, again) = (error == RdError::Fenced, error == RdError::TimedOut);
                let plain = fatal || again || error == RdError::State;
                told.push(("abortable", json!(!plain)));
                told.push(("fatal", json!(fatal)));
                told.push(("retriable", json!(again)));
            }
            told.extend(
                thrown
                    .cause
                    .map(|cause| ("cause", json!(cause.exception()))),
            );
            Some(told)
        }
        Observation::Transaction(TransactionFact::TransactionDescribed {
            told: Ok((state, epoch)),
            ..
        }) => Some(vec![
            ("state", json!(state.name())),
            ("epoch", json!(epoch.0)),
        ]),
        Observation::Transaction(TransactionFact::TransactionDescribed {
            told: Err(error),
            ..
        }) => {
            let error = ClientError::Broker(*error).exception();
            Some(vec![("error", json!(error))])
        }
        _ => None,
    });
    told.unwrap_or_default()
}
