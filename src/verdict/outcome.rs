//! What a run did of what was promised: each promise holds, is broken, or is undecided.

use super::conditions::{Asked, unmet};
use super::promise::{Condition, Guarantee, Promise, Subject, promises};
use super::terms::Terms;
use super::{Fate, Ledger, Row, Told};
use crate::model::cast::Cast;
use crate::model::ids::{ClientId, RecordId, StepIndex};
use crate::model::observation::Observation;
use crate::model::small::Set;
use crate::model::time::SimTime;
use crate::model::trace::Trace;

/// The record on which a promise broke, and the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Which.
    pub record: RecordId,
    /// What became of it.
    pub fate: Fate,
    /// From when on it was so, if that is known.
    pub at: Option<SimTime>,
    /// The last step at or before that instant.
    pub step: Option<StepIndex>,
}

/// What was seen of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was kept.
    Holds {
        /// The first thing that went wrong and that it covers; none if nothing did.
        despite: Option<StepIndex>,
    },
    /// It was not.
    Broken {
        /// The proof.
        witness: Witness,
        /// The condition of the promise that the run did not meet, and since when: what happened lies outside of the promise.
        /// None if all were met: then the promise itself was broken.
        outside: Option<(Condition, StepIndex)>,
    },
    /// The run ended before it could be seen.
    Undecided {
        /// A record of which it is not known.
        record: RecordId,
    },
}

/// A promise next to what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What was promised.
    pub promise: Promise,
    /// What was seen.
    pub outcome: Outcome,
}

/// Every promise of a scenario next to what its run did of it.
#[must_use]
pub fn verdicts(trace: &Trace, ledger: &Ledger) -> Vec<Verdict> {
    let cast = trace.last_world().cast();
    let terms = Terms::of(trace.scenario(), cast);
    let despite = ledger.first_trouble;
    // Nothing is broken or open on a record that fared as it should.
    let fared_well = |row: &&Row| row.fates.as_slice() == [Fate::DeliveredOnce];
    let told: Vec<&Row> = ledger.rows.iter().filter(|row| !fared_well(row)).collect();
    let judged = promises(&terms).into_iter().map(|promise| {
        let seen = outcome(trace, cast, &terms, &told, &promise);
        Verdict {
            outcome: seen.unwrap_or(Outcome::Holds { despite }),
            promise,
        }
    });
    judged.collect()
}

/// What keeps a promise from holding, if anything does.
fn outcome(
    trace: &Trace,
    cast: &Cast,
    terms: &Terms,
    told: &[&Row],
    promise: &Promise,
) -> Option<Outcome> {
    let nobody = Set::new();
    let members = members(terms, promise.subject).unwrap_or(&nobody);
    let asked = Asked {
        trace,
        cast,
        subject: promise.subject,
        members,
    };
    let concerned = |row: &&Row| concerns(cast, row, promise.subject);
    let rows = || told.iter().copied().filter(concerned);
    let broken = rows().find_map(|row| breach(&asked, row, promise));
    if let Some((row, fate, at)) = broken {
        let outside = promise.conditions.iter().find_map(|condition| {
            let since = unmet(&asked, *condition)?;
            Some((*condition, since))
        });
        let witness = Witness {
            record: row.record,
            fate,
            at,
            step: at.and_then(|at| trace.step_at(at)),
        };
        return Some(Outcome::Broken { witness, outside });
    }
    let open = rows().find(|row| is_open(row, promise));
    open.map(|row| Outcome::Undecided { record: row.record })
}

fn members(terms: &Terms, subject: Subject) -> Option<&Set<ClientId>> {
    let found = terms.audiences.iter().find(|audience| match subject {
        Subject::Group(group, topic) => audience.group == Some(group) && audience.topic == topic,
        Subject::Reader(reader, topic) => {
            audience.topic == topic
                && audience.group.is_none()
                && audience.members.contains(&reader)
        }
        Subject::Writer(..) => false,
    });
    match subject {
        Subject::Writer(..) => Some(&terms.sources),
        _ => found.map(|audience| &audience.members),
    }
}

/// Is a record one that the promise speaks of?
fn concerns(cast: &Cast, row: &Row, subject: Subject) -> bool {
    let Some(send) = cast.sends.get(row.record.0 as usize) else {
        return false;
    };
    match subject {
        Subject::Writer(producer, topic) => send.producer == producer && send.topic == topic,
        Subject::Group(_, topic) | Subject::Reader(_, topic) => send.topic == topic,
    }
}

/// The fates that break a promise, the gravest first.
fn breaches(promise: &Promise) -> &'static [Fate] {
    let of_writer = matches!(promise.subject, Subject::Writer(..));
    match (promise.guarantee, of_writer) {
        (Guarantee::Delivery, true) => &[Fate::LostSilently, Fate::Refused],
        (Guarantee::Delivery, false) => &[Fate::Skipped],
        (Guarantee::Duplication, true) => &[Fate::Duplicated],
        (Guarantee::Duplication, false) => &[Fate::ProcessedTwice],
        (Guarantee::Order, _) => &[Fate::OutOfOrder],
        (Guarantee::Durability, _) => &[Fate::LostAfterAck, Fate::LostSilently],
        (Guarantee::Isolation, _) => &[Fate::ReadThenGone, Fate::HiddenByAbort],
    }
}

type Breach<'a> = (&'a Row, Fate, Option<SimTime>);

fn breach<'a>(asked: &Asked<'_>, row: &'a Row, promise: &Promise) -> Option<Breach<'a>> {
    let fate = *breaches(promise)
        .iter()
        .find(|fate| row.fates.contains(fate))?;
    let when = (row.fate() == fate).then_some(row.decided_at).flatten();
    match (promise.subject, fate) {
        (_, Fate::ReadThenGone | Fate::HiddenByAbort) => {
            let at = read_at(asked, row.record)?;
            Some((row, fate, Some(at)))
        }
        (Subject::Group(group, _), _) => {
            let got = row.groups.iter().find(|got| got.group == group)?;
            got.makes(fate).then_some((row, fate, when))
        }
        _ => Some((row, fate, when)),
    }
}

/// When one of the readers was first given a record.
fn read_at(asked: &Asked<'_>, record: RecordId) -> Option<SimTime> {
    let mut steps = asked.trace.steps().into_iter();
    let found = steps.find(|step| {
        let mut facts = step.observations.iter();
        facts.any(|fact| match fact {
            Observation::RecordsRead { reader, records } => {
                asked.members.contains(reader) && records.iter().any(|read| read.record == record)
            }
            _ => false,
        })
    });
    found.map(|step| step.at)
}

/// Is it not yet known of a record whether the promise is kept?
fn is_open(row: &Row, promise: &Promise) -> bool {
    let pending = row.fates.contains(&Fate::Pending);
    match (promise.guarantee, promise.subject) {
        (Guarantee::Delivery, Subject::Writer(..)) => pending && row.told == Told::Nothing,
        (Guarantee::Delivery | Guarantee::Duplication, Subject::Group(group, _)) => {
            let got = row.groups.iter().find(|got| got.group == group);
            row.visible.uncommitted > 0 && got.is_some_and(|got| got.makes(Fate::Pending))
        }
        (Guarantee::Isolation, _) | (_, Subject::Group(..) | Subject::Reader(..)) => false,
        _ => pending && row.told != Told::NeverSent && row.visible.uncommitted == 0,
    }
}
