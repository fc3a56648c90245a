//! When a fault from the picture happens: tied to a message of the run, so that it still means the same after an edit.

use super::words;
use crate::model::cast::Cast;
use crate::model::history::Steps;
use crate::model::ids::MessageId;
use crate::model::observation::{Observation, Sent};
use crate::model::scenario::{Anchor, Api, Trigger};
use crate::model::small::Map;
use crate::model::text::Word;
use crate::model::time::{SimDuration, SimTime};

/// The frame of that number.
#[must_use]
pub fn sent(steps: Steps<'_>, message: MessageId) -> Option<&Sent> {
    observations(steps).find_map(|(_, observation)| match observation {
        Observation::MessageSent(sent) if sent.message == message => Some(sent),
        _ => None,
    })
}

/// True if the run itself already loses the frame.
#[must_use]
pub fn is_lost(steps: Steps<'_>, message: MessageId) -> bool {
    observations(steps).any(|(_, observation)| {
        matches!(observation, Observation::MessageLost { message: lost, .. } if *lost == message)
    })
}

/// The anchor that names a frame.
#[must_use]
pub fn of(cast: &Cast, sent: &Sent, plus: SimDuration) -> Anchor {
    Anchor {
        api: sent.api,
        phase: sent.phase,
        from: Word(cast.name(sent.from)),
        to: Word(cast.name(sent.to)),
        nth: sent.nth,
        plus,
    }
}

/// The trigger of something that is to happen at an instant of this run: so long after the last frame that had arrived by
/// then and has to do with records; the bare instant if there was none.
#[must_use]
pub fn trigger_at(cast: &Cast, steps: Steps<'_>, at: SimTime) -> Trigger {
    let mut on_the_way: Map<MessageId, &Sent> = Map::new();
    let mut last: Option<(&Sent, SimTime)> = None;
    for (when, observation) in observations(steps).take_while(|(when, _)| *when <= at) {
        match observation {
            Observation::MessageSent(sent) if tells_of_records(sent) => {
                on_the_way.insert(sent.message, sent);
            }
            Observation::MessageArrived { message } => {
                if let Some(sent) = on_the_way.remove(message) {
                    last = Some((sent, when));
                }
            }
            _ => {}
        }
    }
    match last {
        Some((sent, arrived)) => Trigger::Message(of(cast, sent, at.since(arrived))),
        None => Trigger::At {
            at: at.since(SimTime::ZERO),
        },
    }
}

/// A trigger in words: `8.3 ms after the 3rd Produce request from p1 to broker 1`.
#[must_use]
pub fn in_words(cast: &Cast, trigger: &Trigger) -> String {
    match trigger {
        Trigger::At { at } => format!("at {}", words::ms(SimTime::ZERO + *at)),
        Trigger::Message(anchor) if anchor.plus == SimDuration::ZERO => {
            format!("at the {}", frame(cast, anchor))
        }
        Trigger::Message(anchor) => format!(
            "{} after the {}",
            words::ms(SimTime::ZERO + anchor.plus),
            frame(cast, anchor)
        ),
    }
}

/// `3rd Produce request from p1 to broker 1`.
#[must_use]
pub fn frame(cast: &Cast, anchor: &Anchor) -> String {
    format!(
        "{} {} from {} to {}",
        words::ordinal(anchor.nth),
        words::message(anchor.api, anchor.phase),
        words::named(cast, &anchor.from.0),
        words::named(cast, &anchor.to.0)
    )
}

fn tells_of_records(sent: &Sent) -> bool {
    sent.api == Api::Produce || !sent.records.is_empty()
}

fn observations(steps: Steps<'_>) -> impl Iterator<Item = (SimTime, &Observation)> {
    steps
        .into_iter()
        .flat_map(|step| step.observations.iter().map(move |seen| (step.at, seen)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::History;
    use crate::model::ids::{BrokerId, ClientId, NodeId, RecordId};
    use crate::model::scenario::Phase;
    use crate::model::wire::ErrorCode;

    fn cast() -> Cast {
        Cast {
            producers: vec!["p1".to_owned()],
            groups: Vec::new(),
            member_names: Vec::new(),
            brokers: vec![BrokerId(1), BrokerId(2)],
            ..Cast::default()
        }
    }

    fn frame(message: u32, api: Api, phase: Phase, records: Vec<RecordId>) -> Observation {
        let ends = [NodeId::Client(ClientId(0)), NodeId::Broker(BrokerId(1))];
        let (from, to) = match phase {
            Phase::Request => (ends[0], ends[1]),
            Phase::Response => (ends[1], ends[0]),
        };
        Observation::MessageSent(Sent {
            message: MessageId(message),
            from,
            to,
            api,
            phase,
            nth: message + 1,
            records: records.into(),
            retry: false,
            error: ErrorCode::None,
            due: None,
        })
    }

    fn arrived(message: u32) -> Observation {
        Observation::MessageArrived {
            message: MessageId(message),
        }
    }

    fn history(of: Vec<(u64, Observation)>) -> History {
        let step = |(at, observation)| (SimTime(at), vec![observation]);
        History::of(of.into_iter().map(step).collect())
    }

    #[test]
    fn the_last_arrival_that_tells_of_records_is_the_anchor() {
        let run = history(vec![
            (
                1000,
                frame(0, Api::Produce, Phase::Request, vec![RecordId(0)]),
            ),
            (3000, arrived(0)),
            (
                3000,
                frame(1, Api::Produce, Phase::Response, vec![RecordId(0)]),
            ),
            (3500, frame(2, Api::Metadata, Phase::Request, vec![])),
            (4000, arrived(2)),
            (5000, arrived(1)),
        ]);
        for (at, nth, phase, plus) in [
            (3000, 1, Phase::Request, 0),
            (4999, 1, Phase::Request, 1999),
            (5000, 2, Phase::Response, 0),
            (9000, 2, Phase::Response, 4000),
        ] {
            let Trigger::Message(anchor) = trigger_at(&cast(), run.steps(), SimTime(at)) else {
                panic!("{at}: no message");
            };
            assert_eq!(
                (anchor.nth, anchor.phase, anchor.plus),
                (nth, phase, SimDuration(plus)),
                "{at}"
            );
        }
    }

    #[test]
    fn before_the_first_arrival_the_instant_itself_is_the_trigger() {
        let run = history(vec![(1000, frame(0, Api::Produce, Phase::Request, vec![]))]);
        assert_eq!(
            trigger_at(&cast(), run.steps(), SimTime(2000)),
            Trigger::At {
                at: SimDuration(2000)
            }
        );
    }

    #[test]
    fn triggers_in_words() {
        let anchor = Anchor {
            api: Api::Produce,
            phase: Phase::Request,
            from: "p1".into(),
            to: "1".into(),
            nth: 3,
            plus: SimDuration(8300),
        };
        for (trigger, text) in [
            (
                Trigger::Message(anchor.clone()),
                "8.3\u{a0}ms after the 3rd Produce request from p1 to broker\u{a0}1",
            ),
            (
                Trigger::Message(Anchor {
                    plus: SimDuration::ZERO,
                    ..anchor
                }),
                "at the 3rd Produce request from p1 to broker\u{a0}1",
            ),
            (
                Trigger::At {
                    at: SimDuration(40_000),
                },
                "at 40\u{a0}ms",
            ),
        ] {
            assert_eq!(in_words(&cast(), &trigger), text);
        }
    }
}
