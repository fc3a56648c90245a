//! What goes wrong in a scenario, as a list: its faults, and the acts of its script that break something or mend it.

use super::{anchor, words};
use crate::model::cast::Cast;
use crate::model::history::Steps;
use crate::model::observation::Observation;
use crate::model::scenario::{
    Act, Api, Brokers, Fault, FaultKind, FrameFate, Phase, Scenario, Trigger,
};
use crate::model::small::{Map, sort_by_key};
use crate::model::text::Word;
use crate::model::time::SimTime;

/// Where in the scenario it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In the script: its place among the acts.
    Act(u32),
    /// Among the faults.
    Fault(u32),
}

/// One thing that goes wrong, or right again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Where it is written: what removes it.
    pub place: Place,
    /// What happens.
    pub what: String,
    /// What it is tied to, in words; empty for acts, which come in the order of the script.
    pub tied_to: String,
    /// When it happened in this run, if it did.
    pub at: Option<SimTime>,
}

/// All of a scenario, by the time at which they happened; what never happened comes last.
#[must_use]
pub fn of(scenario: &Scenario, cast: &Cast, steps: Steps<'_>) -> Vec<Incident> {
    let began = beginnings(steps);
    let acts = (0..).zip(&scenario.steps).filter_map(|(index, act)| {
        let what = act_in_words(cast, act)?;
        Some(incident(&began, Place::Act(index), what, String::new()))
    });
    let faults = (0..).zip(&scenario.faults).map(|(index, fault)| {
        let (what, tied_to) = fault_in_words(cast, fault);
        incident(&began, Place::Fault(index), what, tied_to)
    });
    let mut all: Vec<Incident> = acts.chain(faults).collect();
    sort_by_key(&mut all, |incident| {
        (incident.at.is_none(), incident.at, incident.place)
    });
    all
}

fn incident(began: &Map<Place, SimTime>, place: Place, what: String, tied_to: String) -> Incident {
    Incident {
        place,
        what,
        tied_to,
        at: began.get(&place).copied(),
    }
}

/// When each act began, and when each fault first happened.
fn beginnings(steps: Steps<'_>) -> Map<Place, SimTime> {
    let mut began = Map::new();
    for step in steps {
        for observation in step.observations {
            let place = match observation {
                Observation::ActBegan { act } => Place::Act(*act),
                Observation::FaultHappened { fault } => Place::Fault(*fault),
                _ => continue,
            };
            began.entry(place).or_insert(step.at);
        }
    }
    began
}

fn act_in_words(cast: &Cast, act: &Act) -> Option<String> {
    Some(match act {
        Act::Crash(brokers) => format!("{} crashes", whom(cast, brokers)),
        Act::Start(brokers) => format!("{} starts", whom(cast, brokers)),
        Act::Cut { links } => format!("{} cut", ways(links)),
        Act::Close { by, .. } => format!("{} is closed", words::named(cast, &by.0)),
        Act::Die { by } => format!("{} dies", words::named(cast, &by.0)),
        Act::Stop(brokers) => format!("{} stops in good order", whom(cast, brokers)),
        Act::Pause(brokers) => format!("{} pauses", whom(cast, brokers)),
        Act::Resume(brokers) => format!("{} resumes", whom(cast, brokers)),
        Act::PowerCut {
            broker, brokers, ..
        } => {
            let (broker, brokers) = (*broker, brokers.clone());
            format!("{} loses power", whom(cast, &Brokers { broker, brokers }))
        }
        Act::Heal { links } if !links.is_empty() => format!("{} healed", ways(links)),
        Act::Heal { .. } => "Links healed".to_owned(),
        Act::Reset { links } => format!("{} reset", ways(links)),
        Act::Fault {
            from,
            to,
            api,
            phase,
            nth,
            then,
            delay_ms,
            ..
        } => frame_fault_in_words(cast, (from, to), (*api, *phase), (*nth, *then, *delay_ms)),
        _ => return None,
    })
}

fn frame_fault_in_words(
    cast: &Cast,
    (from, to): (&Word, &Word),
    (api, phase): (Api, Phase),
    (nth, then, delay_ms): (u32, FrameFate, u32),
) -> String {
    let which = match nth {
        0 => "every".to_owned(),
        nth => format!("the {} next", words::ordinal(nth)).replace("1st next", "next"),
    };
    let done = match then {
        FrameFate::Reset => "is lost".to_owned(),
        FrameFate::Hold => "is held".to_owned(),
        FrameFate::Mark => "is waited for".to_owned(),
        FrameFate::Delay => format!("waits {delay_ms}\u{a0}ms"),
    };
    words::sentence(&format!(
        "{which} {} from {} to {} {done}",
        words::message(api, phase),
        words::named(cast, &from.0),
        words::named(cast, &to.0)
    ))
}

fn fault_in_words(cast: &Cast, fault: &Fault) -> (String, String) {
    let tied_to = anchor::in_words(cast, &fault.when);
    match (fault.then, &fault.when) {
        (FaultKind::Crash(id), _) => (format!("Broker\u{a0}{} crashes", id.0), tied_to),
        (FaultKind::Start(id), _) => (format!("Broker\u{a0}{} starts", id.0), tied_to),
        (FaultKind::Lose, Trigger::Message(anchor)) => (
            format!("{} is lost", words::message(anchor.api, anchor.phase)),
            format!("the {}", anchor::frame(cast, anchor)),
        ),
        (FaultKind::Lose, Trigger::At { .. }) => ("Nothing is lost".to_owned(), tied_to),
    }
}

fn whom(cast: &Cast, brokers: &Brokers) -> String {
    let names: Vec<String> = brokers
        .ids()
        .map(|id| words::named(cast, &id.to_string()))
        .collect();
    words::sentence(&names.join(", "))
}

/// `1 ↔ 2, p1 → 1`, from `1<->2` and `p1->1`.
fn ways(links: &[Word]) -> String {
    let one = |link: &Word| {
        let both = link.0.split_once("<->").map(|ends| (ends, '↔'));
        let ends = both.or_else(|| link.0.split_once("->").map(|ends| (ends, '→')));
        ends.map_or_else(
            || link.0.clone(),
            |((a, b), arrow)| format!("{}\u{a0}{arrow}\u{a0}{}", a.trim(), b.trim()),
        )
    };
    links.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::History;
    use crate::model::ids::BrokerId;
    use crate::model::scenario::Anchor;
    use crate::model::text::Whole;
    use crate::model::time::SimDuration;

    #[test]
    fn acts_and_faults_are_one_list_in_order_of_time() {
        let scenario = Scenario {
            steps: vec![
                Act::Await { timeout_ms: None },
                Act::Crash(Brokers::one(BrokerId(1))),
                Act::Cut {
                    links: vec!["1<->2".into()],
                },
                Act::Start(Brokers::one(BrokerId(1))),
            ],
            faults: vec![Fault {
                when: Trigger::Message(Anchor {
                    api: Api::Produce,
                    phase: Phase::Response,
                    from: "2".into(),
                    to: "p1".into(),
                    nth: 2,
                    plus: SimDuration::ZERO,
                }),
                then: FaultKind::Lose,
            }],
            ..Scenario::default()
        };
        let note = |at, observation| (SimTime(at), vec![observation]);
        let history = History::of(vec![
            note(1000, Observation::ActBegan { act: 1 }),
            note(2000, Observation::FaultHappened { fault: 0 }),
            note(3000, Observation::ActBegan { act: 2 }),
        ]);
        let list = of(&scenario, &Cast::of(&scenario), history.steps());
        let told: Vec<(Place, &str, Option<u64>)> = list
            .iter()
            .map(|one| (one.place, one.what.as_str(), one.at.map(|at| at.0)))
            .collect();
        assert_eq!(
            told,
            [
                (Place::Act(1), "Broker\u{a0}1 crashes", Some(1000)),
                (Place::Fault(0), "Produce response is lost", Some(2000)),
                (Place::Act(2), "1\u{a0}↔\u{a0}2 cut", Some(3000)),
                (Place::Act(3), "Broker\u{a0}1 starts", None),
            ]
        );
        assert_eq!(
            list[1].tied_to,
            "the 2nd Produce response from broker\u{a0}2 to p1"
        );
    }

    #[test]
    fn a_frame_fault_says_which_and_what() {
        let cast = Cast {
            producers: vec!["p1".to_owned()],
            groups: Vec::new(),
            member_names: Vec::new(),
            brokers: vec![BrokerId(1)],
            ..Cast::default()
        };
        for (nth, then, delay_ms, text) in [
            (
                0,
                FrameFate::Hold,
                0,
                "Every Produce request from p1 to broker\u{a0}1 is held",
            ),
            (
                1,
                FrameFate::Reset,
                0,
                "The next Produce request from p1 to broker\u{a0}1 is lost",
            ),
            (
                2,
                FrameFate::Delay,
                40,
                "The 2nd next Produce request from p1 to broker\u{a0}1 waits 40\u{a0}ms",
            ),
        ] {
            let act = Act::Fault {
                from: "p1".into(),
                to: "1".into(),
                api: Api::Produce,
                phase: Phase::Request,
                nth,
                then,
                name: None,
                delay_ms,
            };
            assert_eq!(act_in_words(&cast, &act).as_deref(), Some(text));
        }
        assert_eq!(
            act_in_words(
                &cast,
                &Act::Crash(Brokers {
                    broker: None,
                    brokers: vec![Whole(1), Whole(2)],
                })
            )
            .as_deref(),
            Some("Broker\u{a0}1, 2 crashes")
        );
    }
}
