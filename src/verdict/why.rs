//! Why? For what became of a record: the few moments that made it so, found in the trace, oldest first. What each fate is
//! asked for is a table (`recipes`); what a trace has to say of a record is gathered once (`gather`).

mod gather;
mod recipes;

use super::terms::Terms;
use super::{Fate, Row};
use crate::model::ids::{BrokerId, RecordId, StepIndex};
use crate::model::observation::Observation;
use crate::model::small::{Set, sort_by_key};
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use gather::Gather;
use recipes::{FILLING, Which, recipe};

/// The fewest and the most moments that are told.
const FEWEST: usize = 3;
const MOST: usize = 7;

/// What part a moment has in what became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The application called `send()`.
    Sent,
    /// A leader appended it, for the first time.
    Appended,
    /// A leader appended it once more.
    AppendedAgain,
    /// A follower copied it.
    Copied,
    /// A record that was sent later was appended before it.
    Overtaken,
    /// The application was told that it is acknowledged.
    Acknowledged,
    /// The application was told of an error.
    Failed,
    /// A request with it never arrived.
    RequestLost,
    /// The answer never arrived.
    ResponseLost,
    /// A request with it was held up.
    RequestHeld,
    /// The answer was held up.
    ResponseHeld,
    /// A broker refused it.
    Refused,
    /// Its producer waited for an answer in vain.
    TimedOut,
    /// A connection of its producer broke.
    ConnectionBroke,
    /// Its producer put it back, to send it again.
    Requeued,
    /// A leader recognised it, and appended nothing.
    Recognised,
    /// Its producer gave it up.
    Expired,
    /// Its producer began a new epoch.
    EpochBumped,
    /// Its producer's process died, or was closed.
    ProducerGone,
    /// Fewer replicas are in sync.
    IsrShrank,
    /// A broker that has it, or leads, went down or stands still.
    BrokerDown,
    /// A link was cut.
    LinkCut,
    /// The controller does not count on a broker any more.
    Fenced,
    /// A power cut took it from a log.
    PowerTook,
    /// A replica that has it was elected.
    ElectedWith,
    /// A replica that does not have it was elected.
    ElectedWithout,
    /// Nobody can lead.
    NoLeader,
    /// A replica cut it off.
    Truncated,
    /// A consumer was given it.
    Read,
    /// Something was done on account of it.
    Done,
    /// The group committed behind it.
    CommittedPast,
    /// The group committed, and not behind it.
    CommittedShort,
    /// A commit was refused or lost.
    CommitFailed,
    /// A consumer of the group died or was closed.
    ReaderGone,
    /// A consumer is no member of the group any more.
    MemberLeft,
    /// A consumer was given its partition.
    Assigned,
    /// A consumer lost its partition.
    Revoked,
    /// A consumer got a position by `auto.offset.reset`.
    PositionReset,
    /// A consumer went back to where logs part.
    WentBack,
    /// A record of a share group may be given out again, or never will be.
    Released,
    /// A transactional call threw, or the application aborted.
    Aborting,
    /// The marker that ended its transaction was written.
    Marked,
    /// The log begins behind it.
    Deleted,
    /// The script did it: seek, deletion, election.
    Asked,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 44] = [
        Self::Sent,
        Self::Appended,
        Self::AppendedAgain,
        Self::Copied,
        Self::Overtaken,
        Self::Acknowledged,
        Self::Failed,
        Self::RequestLost,
        Self::ResponseLost,
        Self::RequestHeld,
        Self::ResponseHeld,
        Self::Refused,
        Self::TimedOut,
        Self::ConnectionBroke,
        Self::Requeued,
        Self::Recognised,
        Self::Expired,
        Self::EpochBumped,
        Self::ProducerGone,
        Self::IsrShrank,
        Self::BrokerDown,
        Self::LinkCut,
        Self::Fenced,
        Self::PowerTook,
        Self::ElectedWith,
        Self::ElectedWithout,
        Self::NoLeader,
        Self::Truncated,
        Self::Read,
        Self::Done,
        Self::CommittedPast,
        Self::CommittedShort,
        Self::CommitFailed,
        Self::ReaderGone,
        Self::MemberLeft,
        Self::Assigned,
        Self::Revoked,
        Self::PositionReset,
        Self::WentBack,
        Self::Released,
        Self::Aborting,
        Self::Marked,
        Self::Deleted,
        Self::Asked,
    ];
}

/// One moment of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The step.
    pub step: StepIndex,
    /// When.
    pub at: SimTime,
    /// Its place among the observations of the step.
    pub fact: u32,
    /// What part it has.
    pub part: Part,
    /// Who had the record at that moment, ascending.
    pub holders: Vec<BrokerId>,
    /// Who was in sync at that moment, as far as the run told; ascending.
    pub isr: Vec<BrokerId>,
}

impl Link {
    /// What was observed.
    #[must_use]
    pub fn observation<'a>(&self, trace: &'a Trace) -> Option<&'a Observation> {
        let step = trace.steps().get(self.step.0 as usize)?;
        step.observations.get(self.fact as usize)
    }
}

/// Why a record has one of its fates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Which record.
    pub record: RecordId,
    /// What became of it.
    pub fate: Fate,
    /// Three to seven moments, oldest first; fewer only if the run has no more to say of the record.
    pub chain: Vec<Link>,
}

/// The answer for one row, and for one of its fates.
#[must_use]
pub fn why(trace: &Trace, terms: &Terms, row: &Row, fate: Fate) -> Why {
    let group = row.groups.iter().find(|got| got.makes(fate));
    let all = Gather::all(trace, terms, row, group.map(|got| got.group));
    Why {
        record: row.record,
        fate,
        chain: chosen(&all, fate),
    }
}

/// The moments that the recipe of a fate asks for, and then some until there are enough.
fn chosen(all: &[Link], fate: Fate) -> Vec<Link> {
    let mut places: Set<usize> = Set::new();
    for (part, which) in recipe(fate) {
        if places.len() >= MOST {
            break;
        }
        let found = which.find(all, *part);
        places.extend(found.into_iter().take(MOST - places.len()));
    }
    for (part, which) in FILLING {
        if places.len() >= FEWEST {
            break;
        }
        places.extend(which.find(all, *part));
    }
    let mut chain: Vec<Link> = places
        .iter()
        .filter_map(|at| all.get(*at).cloned())
        .collect();
    sort_by_key(&mut chain, |link| (link.step, link.fact));
    chain.dedup_by_key(|link| (link.step, link.fact));
    chain
}

impl Which {
    /// The places of what is wanted.
    fn find(self, all: &[Link], part: Part) -> Vec<usize> {
        let own = |link: &&(usize, &Link)| link.1.part == part;
        let places = || {
            all.iter()
                .enumerate()
                .filter(|link| own(&link))
                .map(|(at, _)| at)
        };
        let first_of = |other: Part| all.iter().position(|link| link.part == other);
        let last_of = |other: Part| all.iter().rposition(|link| link.part == other);
        match self {
            Self::First => places().next().into_iter().collect(),
            Self::Second => places().nth(1).into_iter().collect(),
            Self::Last => places().next_back().into_iter().collect(),
            Self::Some(most) => places().take(most).collect(),
            Self::LastBefore(other) => {
                let bound = last_of(other).unwrap_or(all.len());
                places()
                    .take_while(|at| *at < bound)
                    .last()
                    .into_iter()
                    .collect()
            }
            Self::FirstAfter(other) => match first_of(other) {
                Some(bound) => places().find(|at| *at > bound).into_iter().collect(),
                None => Vec::new(),
            },
        }
    }
}
