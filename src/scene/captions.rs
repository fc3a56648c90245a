//! Observations as sentences: the one place where the model's facts become English.

use crate::model::cast::Cast;
use crate::model::observation::Observation;

/// The sentence of an observation; none for what nobody wants to read (frames, acts, chatter).
#[must_use]
pub fn caption(_cast: &Cast, _observation: &Observation) -> Option<String> {
    None
}
