//! Transactional calls in the recorder's form: that they returned, or what they threw.

use super::readers::during;
use ackscope::model::observation::Observation;
use ackscope::model::trace::Trace;
use ackscope::model::wire::ClientError;
use serde_json::{Value, json};

/// The result of a step about transactions.
pub fn result(trace: &Trace, act: u32) -> Vec<(&'static str, Value)> {
    let told = during(trace, act).into_iter().find_map(|fact| match fact {
        Observation::TransactionCallReturned { thrown: None, .. } => {
            Some(vec![("ok", json!(true))])
        }
        Observation::TransactionCallReturned {
            thrown: Some(thrown),
            ..
        } => {
            let mut told = vec![("error", json!(thrown.error.exception()))];
            told.extend(
                thrown
                    .cause
                    .map(|cause| ("cause", json!(cause.exception()))),
            );
            Some(told)
        }
        Observation::TransactionDescribed {
            told: Ok((state, epoch)),
            ..
        } => Some(vec![
            ("state", json!(state.name())),
            ("epoch", json!(epoch.0)),
        ]),
        Observation::TransactionDescribed {
            told: Err(error), ..
        } => {
            let error = ClientError::Broker(*error).exception();
            Some(vec![("error", json!(error))])
        }
        _ => None,
    });
    told.unwrap_or_default()
}
