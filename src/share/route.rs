//! Whose setting a key is.

use super::hint::hint;
use super::quoted;
use crate::model::config::{Owner, elsewhere, setting};
use crate::model::scenario::{Act, Scenario};
use crate::model::text::Settings;

/// Somebody who has settings in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The producer or topic that this act makes.
    Act(usize),
    /// The brokers and the controller.
    Brokers,
}

/// Where a key leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// To this owner, as this key.
    To(Target, &'a str),
    /// It is known, but there is nobody whose it could be.
    Nobody(String),
    /// It is not known.
    Unknown(String),
}

/// Names that are no settings in a link.
const RESERVED: &[&str] = &["do", "fault", "scene", "seed", "title", "v"];

/// Whose setting `name` is in a link: a key alone, or the owner's name before it.
pub(super) fn route<'a>(name: &'a str, scenario: &Scenario) -> Route<'a> {
    if RESERVED.contains(&name) {
        return Route::Unknown(format!("{} is no setting.", quoted(name)));
    }
    if let Some(key) = name.strip_prefix("brokers.") {
        return Route::To(Target::Brokers, key);
    }
    if let Some(known) = setting(name) {
        return match first(scenario, known.owner) {
            Some(target) => Route::To(target, name),
            None => Route::Nobody(format!(
                "There is nobody whose setting {} could be.",
                quoted(name)
            )),
        };
    }
    match named(scenario, name) {
        Some((at, key)) => Route::To(Target::Act(at), key),
        None => match elsewhere(name) {
            Some(why) => Route::Unknown(format!("{} has no effect here: {why}.", quoted(name))),
            None => Route::Unknown(format!(
                "{} is no setting of Kafka's, and no part of a scenario; it was not used.{}",
                quoted(name),
                hint(name)
            )),
        },
    }
}

/// The first of that kind.
pub(super) fn first(scenario: &Scenario, owner: Owner) -> Option<Target> {
    let wanted = |act: &Act| match owner {
        Owner::Producer => matches!(act, Act::Producer { .. }),
        Owner::Consumer => matches!(act, Act::Consumer(_)),
        Owner::Topic => matches!(act, Act::Topic { .. }),
        Owner::Broker | Owner::Group => false,
    };
    match owner {
        Owner::Broker => Some(Target::Brokers),
        Owner::Group => None,
        Owner::Producer | Owner::Consumer | Owner::Topic => {
            scenario.steps.iter().position(wanted).map(Target::Act)
        }
    }
}

/// The act whose name stands before a dot at the beginning: of several the longest name, and of those the first act.
fn named<'a>(scenario: &Scenario, name: &'a str) -> Option<(usize, &'a str)> {
    let mut best: Option<(usize, &'a str)> = None;
    for (at, act) in scenario.steps.iter().enumerate() {
        let own = match act {
            Act::Producer { id: own, .. } | Act::Topic { name: own, .. } => own,
            Act::Consumer(reader) => &reader.id,
            _ => continue,
        };
        let key = name
            .strip_prefix(own.0.as_str())
            .and_then(|rest| rest.strip_prefix('.'));
        if let Some(key) = key
            && best.is_none_or(|(_, other)| key.len() < other.len())
        {
            best = Some((at, key));
        }
    }
    best
}

/// The settings of a target.
pub(super) fn settings_mut(scenario: &mut Scenario, target: Target) -> &mut Settings {
    match target {
        Target::Brokers => &mut scenario.brokers,
        Target::Act(at) => match &mut scenario.steps[at] {
            Act::Producer { config, .. } | Act::Topic { config, .. } => config,
            Act::Consumer(reader) => &mut reader.config,
            other => unreachable!("{other:?} has no settings"),
        },
    }
}
