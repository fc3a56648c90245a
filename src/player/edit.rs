//! Edits of a scenario as pure functions: the scenario after the edit, none if nothing would change, or why not.

use super::command::Key;
use super::incidents::Place;
use super::{anchor, words};
use crate::model::board::Liveness;
use crate::model::cast::Cast;
use crate::model::config::Owner;
use crate::model::ids::{BrokerId, MessageId};
use crate::model::scenario::{Fault, FaultKind, Scenario, Trigger};
use crate::model::text::{Settings, Whole};
use crate::model::time::{SimDuration, SimTime};
use crate::model::trace::Trace;

/// An edited scenario, or nothing if the edit changes nothing; or one sentence why it cannot be.
pub type Edited = Result<Option<Scenario>, String>;

/// Writes or unsets a setting.
///
/// # Errors
/// If the scenario has no such producer or topic.
pub fn set(scenario: &Scenario, key: &Key, value: Option<String>) -> Edited {
    let mut edited = scenario.clone();
    let settings = settings_mut(&mut edited, key)
        .ok_or_else(|| format!("This scenario has no “{}”.", key.name))?;
    match value {
        Some(text) => settings.0.insert(key.key.clone(), text),
        None => settings.0.remove(&key.key),
    };
    Ok(if_new(scenario, edited))
}

fn settings_mut<'a>(scenario: &'a mut Scenario, key: &Key) -> Option<&'a mut Settings> {
    match key.owner {
        Owner::Producer => scenario.producer_mut(&key.name),
        Owner::Consumer => scenario.consumer_mut(&key.name),
        Owner::Topic => scenario.topic_mut(&key.name),
        Owner::Broker => Some(&mut scenario.brokers),
        Owner::Group => scenario.group_mut(&key.name),
    }
}

/// Adds a fault, unless it is there already.
///
/// # Errors
/// Never; the type is that of the other edits.
pub fn add_fault(scenario: &Scenario, fault: Fault) -> Edited {
    if scenario.faults.contains(&fault) {
        return Ok(None);
    }
    let mut edited = scenario.clone();
    edited.faults.push(fault);
    Ok(Some(edited))
}

/// Removes a fault, or an act of the script.
///
/// # Errors
/// Never; what is not there needs no removing.
pub fn remove(scenario: &Scenario, place: Place) -> Edited {
    let mut edited = scenario.clone();
    let gone = match place {
        Place::Act(index) => take(&mut edited.steps, index),
        Place::Fault(index) => take(&mut edited.faults, index),
    };
    Ok(gone.then_some(edited))
}

fn take<T>(list: &mut Vec<T>, index: u32) -> bool {
    let index = index as usize;
    let there = index < list.len();
    if there {
        list.remove(index);
    }
    there
}

/// Crashes a broker at an instant of the run.
///
/// # Errors
/// If it is down at that instant, or there is no such broker.
pub fn crash(trace: &Trace, cast: &Cast, broker: BrokerId, at: SimTime) -> Edited {
    if liveness(trace, broker, at)? == Liveness::Down {
        return Err(format!(
            "Broker\u{a0}{broker} is already down at {}.",
            words::ms(at)
        ));
    }
    at_instant(trace, cast, FaultKind::Crash(Whole(broker.0)), at)
}

/// Starts a broker at an instant of the run.
///
/// # Errors
/// If it runs at that instant, or there is no such broker.
pub fn start(trace: &Trace, cast: &Cast, broker: BrokerId, at: SimTime) -> Edited {
    if liveness(trace, broker, at)? != Liveness::Down {
        return Err(format!(
            "Broker\u{a0}{broker} is already running at {}.",
            words::ms(at)
        ));
    }
    at_instant(trace, cast, FaultKind::Start(Whole(broker.0)), at)
}

fn liveness(trace: &Trace, broker: BrokerId, at: SimTime) -> Result<Liveness, String> {
    trace
        .board_at(at)
        .brokers
        .get(&broker)
        .map(|seen| seen.liveness)
        .ok_or_else(|| format!("There is no broker\u{a0}{broker} here."))
}

fn at_instant(trace: &Trace, cast: &Cast, then: FaultKind, at: SimTime) -> Edited {
    let when = anchor::trigger_at(cast, trace.steps(), at);
    add_fault(trace.scenario(), Fault { when, then })
}

/// Loses a message of the run.
///
/// # Errors
/// If the run has no such message, or loses it anyway.
pub fn lose(trace: &Trace, cast: &Cast, message: MessageId) -> Edited {
    let sent = anchor::sent(trace.steps(), message)
        .ok_or_else(|| "That message is not sent in this run.".to_owned())?;
    if anchor::is_lost(trace.steps(), message) {
        return Err("That message never arrives anyway.".to_owned());
    }
    let fault = Fault {
        when: Trigger::Message(anchor::of(cast, sent, SimDuration::ZERO)),
        then: FaultKind::Lose,
    };
    add_fault(trace.scenario(), fault)
}

fn if_new(before: &Scenario, after: Scenario) -> Option<Scenario> {
    (*before != after).then_some(after)
}
