//! The scenario as a link's query: `?acks=1&min.insync.replicas=2&do=send(by:p1,values:(m1,m2))`.

use super::Reading;
use crate::model::scenario::Scenario;

/// Reads a query, with or without its `?`. None if it holds no scenario at all.
#[must_use]
pub fn read(_query: &str) -> Option<Reading> {
    None
}

/// Writes a scenario as a query, without `?`.
#[must_use]
pub fn write(_scenario: &Scenario) -> String {
    String::new()
}
