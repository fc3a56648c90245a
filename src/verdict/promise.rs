//! What the settings promise, in one or two sentences with their condition.

use crate::model::scenario::Scenario;

/// What the settings of the scenario's first producer and topic promise.
#[must_use]
pub fn promise(_scenario: &Scenario) -> String {
    String::new()
}
