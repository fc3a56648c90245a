//! The sentences of what would have been: the decisive step, what would have saved a record, what did nothing, where two
//! runs part.

use super::{ms, names_of, phrase};
use crate::model::cast::Cast;
use crate::model::scenario::{Act, Brokers, Fault, FaultKind, FrameFate, Phase, Scenario, Trigger};
use crate::model::time::SimTime;
use crate::verdict::divergence::{Divergence, OtherFate};
use crate::verdict::what_if::{Change, Cost, Decisive, Idle, Place, Removed, Saving};
use crate::verdict::{Fate, Row};

/// The phrase of a fate behind “is”.
fn would(fate: Fate) -> &'static str {
    match fate {
        Fate::DeliveredOnce => "there once, as it should be",
        other => phrase(other),
    }
}

/// The decisive step, in one sentence.
#[must_use]
pub fn decisive(scenario: &Scenario, cast: &Cast, row: &Row, decisive: &Decisive) -> String {
    let who = cast.value(row.record);
    let what = removed(scenario, cast, decisive.removed);
    format!(
        "{what} ({}) decides: without it {who} is {}.",
        ms(decisive.at),
        would(decisive.fate)
    )
}

/// What was left out, as the beginning of a sentence.
fn removed(scenario: &Scenario, cast: &Cast, removed: Removed) -> String {
    match removed {
        Removed::Fault(place) => match scenario.faults.get(place as usize) {
            Some(fault) => of_fault(cast, fault),
            None => "A fault".to_owned(),
        },
        Removed::Act(place) => match scenario.steps.get(place as usize) {
            Some(act) => of_act(cast, act),
            None => "A step of the script".to_owned(),
        },
        Removed::Trouble(_) => "The application’s trouble with its work".to_owned(),
    }
}

fn of_fault(cast: &Cast, fault: &Fault) -> String {
    match (&fault.then, &fault.when) {
        (FaultKind::Crash(id), _) => format!("The crash of broker {}", id.0),
        (FaultKind::Start(id), _) => format!("The start of broker {}", id.0),
        (FaultKind::Lose, Trigger::Message(anchor)) => format!(
            "The loss of the {} {} from {} to {}",
            anchor.api.name(),
            half(anchor.phase),
            node(cast, &anchor.from.0),
            node(cast, &anchor.to.0)
        ),
        (FaultKind::Lose, Trigger::At { .. }) => "A loss".to_owned(),
    }
}

fn half(phase: Phase) -> &'static str {
    match phase {
        Phase::Request => "request",
        Phase::Response => "response",
    }
}

fn node(cast: &Cast, name: &str) -> String {
    cast.node(name)
        .map_or_else(|| "anybody".to_owned(), |node| names_of(cast, node))
}

fn of_act(cast: &Cast, act: &Act) -> String {
    let brokers = |brokers: &Brokers| {
        let ids: Vec<String> = brokers.ids().map(|id| id.to_string()).collect();
        match ids.as_slice() {
            [one] => format!("broker {one}"),
            several => format!("brokers {}", several.join(", ")),
        }
    };
    match act {
        Act::Crash(who) => format!("The crash of {}", brokers(who)),
        Act::Stop(who) => format!("The stop of {}", brokers(who)),
        Act::Pause(who) => format!("The pause of {}", brokers(who)),
        Act::PowerCut {
            broker,
            brokers: several,
            ..
        } => {
            let who = Brokers {
                broker: *broker,
                brokers: several.clone(),
            };
            format!("The power cut of {}", brokers(&who))
        }
        Act::Cut { links } => format!("The cut of {}", words(links)),
        Act::Reset { links } => format!("The break of {}", words(links)),
        Act::Fault {
            from,
            to,
            api,
            phase,
            then,
            ..
        } => {
            let what = match then {
                FrameFate::Reset => "loss",
                FrameFate::Hold | FrameFate::Delay => "delay",
                FrameFate::Mark => "mark",
            };
            let article = match api.name().starts_with(['A', 'E', 'I', 'O']) {
                true => "an",
                false => "a",
            };
            format!(
                "The {what} of {article} {} {} from {} to {}",
                api.name(),
                half(*phase),
                node(cast, &from.0),
                node(cast, &to.0)
            )
        }
        Act::Close { by, .. } | Act::StopConnect { by } => format!("The close of {by}"),
        Act::Die { by } | Act::KillConnect { by } => format!("The death of {by}"),
        Act::Seek { by, .. } => format!("The seek of {by}"),
        Act::CommitSync(commit) | Act::CommitAsync(commit) => {
            format!("The commit of {}", commit.by)
        }
        Act::AbortTxn { by } => format!("The abort of {by}"),
        Act::Init { by } => format!("initTransactions() of {by}"),
        Act::SendOffsets(offsets) => format!("The offsets that {} sends", offsets.by),
        Act::ShareAck(ack) => format!("The acknowledgement of {}", ack.by),
        Act::Consumer(own) => format!("The arrival of {}", own.id),
        Act::Process(own) => format!("The arrival of {}", own.id),
        Act::ShareConsumer(own) => format!("The arrival of {}", own.id),
        Act::Streams(own) => format!("The arrival of {}", own.id),
        Act::Connect(own) => format!("The arrival of {}", own.id),
        Act::Elect { .. } => "The election".to_owned(),
        Act::DeleteRecords { .. } => "The deletion of records".to_owned(),
        Act::DeleteTopic { .. } => "The deletion of the topic".to_owned(),
        Act::AddPartitions { .. } => "The new partition".to_owned(),
        _ => "A step of the script".to_owned(),
    }
}

fn words(all: &[crate::model::text::Word]) -> String {
    let names: Vec<&str> = all.iter().map(|word| word.0.as_str()).collect();
    names.join(", ")
}

/// `acks=all (producer p1)`.
#[must_use]
pub fn change(change: &Change) -> String {
    let setting = match (&change.place, &change.value) {
        (Place::Version, Some(value)) => return format!("Kafka {value}, with no older rules"),
        (_, Some(value)) => format!("{}={value}", change.key),
        (_, None) => format!("{} unset", change.key),
    };
    format!("{setting} ({})", change.place.name())
}

/// What would have saved a record, and at what price, in one sentence.
#[must_use]
pub fn saving(cast: &Cast, row: &Row, saving: &Saving) -> String {
    let changes: Vec<String> = saving.changes.iter().map(change).collect();
    let who = cast.value(row.record);
    let worse = saving
        .worse
        .map(|(record, fate)| format!(" But {} is {} then.", cast.value(record), would(fate)));
    format!(
        "With {}, {who} is {}; {}.{}",
        changes.join(" and "),
        would(saving.fate),
        cost(&saving.cost),
        worse.unwrap_or_default()
    )
}

/// A price: `sends take 5 ms longer, 2 more of them fail`.
#[must_use]
pub fn cost(cost: &Cost) -> String {
    let length = |us: i64| {
        let word = if us > 0 { "longer" } else { "less" };
        format!("{} {word}", ms(SimTime(us.unsigned_abs())))
    };
    let mut all = Vec::new();
    if cost.unavailable_us.abs() >= 100 {
        all.push(format!(
            "writes stand still for {}",
            length(cost.unavailable_us)
        ));
    }
    match cost.refused {
        0 => {}
        1 => all.push("one more send fails".to_owned()),
        more @ 2.. => all.push(format!("{more} more sends fail")),
        -1 => all.push("one send fewer fails".to_owned()),
        fewer => all.push(format!("{} fewer sends fail", fewer.unsigned_abs())),
    }
    if cost.latency_us.abs() >= 100 {
        all.push(format!(
            "a send takes {} on the average",
            length(cost.latency_us)
        ));
    }
    if all.is_empty() {
        return "it costs nothing in this run".to_owned();
    }
    all.join(", ")
}

/// A setting that made no difference, in one sentence.
#[must_use]
pub fn idle(idle: &Idle) -> String {
    let setting = format!("{}={} ({})", idle.key, idle.value, idle.place.name());
    match idle.same_run {
        true => format!("{setting} changes nothing: unset, the run is the same."),
        false => format!("{setting} saves nobody here: unset, each record fares the same."),
    }
}

/// Where two runs part, in one or two sentences.
#[must_use]
pub fn divergence(cast: &Cast, divergence: &Divergence) -> String {
    let Some((step, at)) = divergence.step else {
        return "The runs are the same.".to_owned();
    };
    let steps = format!("The runs part at step {}, at {}.", step.0, ms(at));
    match divergence.fate {
        None => format!("{steps} Each record fares the same."),
        Some(OtherFate {
            record,
            here,
            there,
            ..
        }) => format!(
            "{steps} The first other fate is that of {}: {} here, {} there.",
            cast.value(record),
            would(here),
            would(there)
        ),
    }
}
