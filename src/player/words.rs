//! The few words that player and page share: times, ordinals, names of nodes and of messages.

use crate::model::cast::Cast;
use crate::model::ids::{ANYBODY, NodeId, RecordId};
use crate::model::scenario::{Api, Phase};
use crate::model::time::SimTime;
pub use crate::verdict::words::{ms_bare, thousands};

/// No-break space: before a unit.
const NBSP: char = '\u{a0}';

/// An instant as it stands on screen: `9 061.6 ms`.
#[must_use]
pub fn ms(at: SimTime) -> String {
    format!("{}{NBSP}ms", ms_bare(at))
}

/// `1st`, `2nd`, `3rd`, `4th`.
#[must_use]
pub fn ordinal(number: u32) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// What a node is called on screen.
#[must_use]
pub fn node(cast: &Cast, node: NodeId) -> String {
    match node {
        NodeId::Controller => "the controller".to_owned(),
        NodeId::Broker(id) => format!("broker{NBSP}{id}"),
        NodeId::Client(_) => cast.name(node),
    }
}

/// The same for a name out of a scenario; a name of nobody stays as it is.
#[must_use]
pub fn named(cast: &Cast, name: &str) -> String {
    if name == ANYBODY {
        return "anybody".to_owned();
    }
    cast.node(name)
        .map_or_else(|| name.to_owned(), |found| node(cast, found))
}

/// `Produce request`, `Fetch response`.
#[must_use]
pub fn message(api: Api, phase: Phase) -> String {
    let half = match phase {
        Phase::Request => "request",
        Phase::Response => "response",
    };
    format!("{} {half}", api.name())
}

/// The labels of records: `m3`, `m3 and m4`, `m3 to m7`.
#[must_use]
pub fn records(cast: &Cast, records: &[RecordId]) -> String {
    match records {
        [] => String::new(),
        [one] => cast.value(*one).to_owned(),
        [one, two] => format!("{} and {}", cast.value(*one), cast.value(*two)),
        [first, .., last] => format!("{} to {}", cast.value(*first), cast.value(*last)),
    }
}

/// The text with its first letter large.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_parted_and_rounded_to_tenths() {
        for (us, text) in [
            (0, "0"),
            (40_000, "40"),
            (31_549, "31.5"),
            (9_061_600, "9\u{202f}061.6"),
            (1_234_567_890, "1\u{202f}234\u{202f}567.9"),
        ] {
            assert_eq!(ms_bare(SimTime(us)), text, "{us}");
        }
    }

    #[test]
    fn ordinals_end_as_they_are_said() {
        for (number, text) in [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (4, "4th"),
            (11, "11th"),
            (112, "112th"),
            (23, "23rd"),
        ] {
            assert_eq!(ordinal(number), text);
        }
    }
}
