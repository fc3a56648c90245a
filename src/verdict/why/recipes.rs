//! Which moments explain which fate: the most telling first, for no more than a few are told.

use super::Part;
use crate::verdict::Fate;

/// Which of the moments of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The first.
    First,
    /// The second.
    Second,
    /// The last.
    Last,
    /// The first so many.
    Some(usize),
    /// The last one before the last of another part.
    LastBefore(Part),
    /// The first one after the first of another part.
    FirstAfter(Part),
}

use Part::{
    Aborting, Acknowledged, Appended, AppendedAgain, Asked, Assigned, BrokerDown, CommitFailed,
    CommittedPast, CommittedShort, ConnectionBroke, Copied, Deleted, Done, ElectedWith,
    ElectedWithout, EpochBumped, Expired, Failed, Fenced, IsrShrank, LinkCut, Marked, MemberLeft,
    NoLeader, Overtaken, PositionReset, PowerTook, ProducerGone, Read, ReaderGone, Recognised,
    Refused, Released, RequestHeld, RequestLost, Requeued, ResponseHeld, ResponseLost, Revoked,
    Sent, TimedOut, Truncated, WentBack,
};
use Which::{First, FirstAfter, Last, LastBefore, Second, Some};

type Recipe = &'static [(Part, Which)];

/// What fills an answer that would be too short.
pub(super) const FILLING: Recipe = &[
    (Appended, First),
    (Acknowledged, First),
    (Failed, First),
    (Read, First),
    (Sent, First),
    (Copied, Last),
    (Done, First),
];

const LOST: Recipe = &[
    (Acknowledged, First),
    (ElectedWithout, Last),
    (Appended, First),
    (PowerTook, Some(3)),
    (IsrShrank, LastBefore(PowerTook)),
    (Truncated, Last),
    (BrokerDown, LastBefore(ElectedWithout)),
    (IsrShrank, LastBefore(Acknowledged)),
    (Marked, Last),
    (LinkCut, First),
    (Asked, Last),
];

const LOST_SILENTLY: Recipe = &[
    (Acknowledged, First),
    (RequestLost, First),
    (Refused, First),
    (ElectedWithout, Last),
    (PowerTook, Some(2)),
    (Truncated, Last),
    (BrokerDown, First),
    (ConnectionBroke, FirstAfter(Sent)),
    (Sent, First),
    (Appended, First),
    (LinkCut, First),
];

const READ_THEN_GONE: Recipe = &[
    (Read, First),
    (ElectedWithout, Last),
    (PowerTook, Some(2)),
    (Truncated, Last),
    (BrokerDown, LastBefore(ElectedWithout)),
    (IsrShrank, LastBefore(Read)),
    (WentBack, First),
    (Appended, First),
    (LinkCut, First),
    (Asked, Last),
];

const DUPLICATED: Recipe = &[
    (Appended, First),
    (AppendedAgain, First),
    (ResponseLost, FirstAfter(Appended)),
    (ResponseHeld, FirstAfter(Appended)),
    (EpochBumped, LastBefore(AppendedAgain)),
    (Requeued, LastBefore(AppendedAgain)),
    (TimedOut, LastBefore(AppendedAgain)),
    (BrokerDown, LastBefore(AppendedAgain)),
    (ConnectionBroke, LastBefore(AppendedAgain)),
    (Refused, LastBefore(AppendedAgain)),
    (Asked, LastBefore(AppendedAgain)),
];

const PROCESSED_TWICE: Recipe = &[
    (Read, First),
    (Read, Second),
    (Done, Second),
    (AppendedAgain, First),
    (CommitFailed, LastBefore(Read)),
    (ReaderGone, LastBefore(Read)),
    (MemberLeft, LastBefore(Read)),
    (Released, LastBefore(Read)),
    (WentBack, LastBefore(Read)),
    (PositionReset, LastBefore(Read)),
    (Asked, LastBefore(Read)),
    (Revoked, LastBefore(Read)),
    (CommittedShort, LastBefore(Read)),
    (Done, First),
    (Assigned, LastBefore(Read)),
];

const SKIPPED: Recipe = &[
    (CommittedPast, First),
    (PositionReset, First),
    (Deleted, First),
    (Asked, First),
    (Released, Last),
    (Read, First),
    (ReaderGone, FirstAfter(Read)),
    (Revoked, FirstAfter(Read)),
    (MemberLeft, FirstAfter(Read)),
    (Appended, First),
    (Assigned, Last),
];

const OUT_OF_ORDER: Recipe = &[
    (Overtaken, First),
    (Appended, First),
    (RequestLost, First),
    (RequestHeld, First),
    (Refused, First),
    (Requeued, First),
    (ConnectionBroke, LastBefore(Overtaken)),
    (TimedOut, LastBefore(Appended)),
    (BrokerDown, LastBefore(Overtaken)),
    (Sent, First),
];

const WRITTEN_THOUGH_FAILED: Recipe = &[
    (Appended, First),
    (Failed, First),
    (Expired, First),
    (ResponseLost, First),
    (ResponseHeld, First),
    (RequestHeld, First),
    (ProducerGone, First),
    (TimedOut, First),
    (BrokerDown, First),
    (IsrShrank, First),
    (Aborting, First),
    (Marked, Last),
    (LinkCut, First),
    (Requeued, First),
];

const REFUSED: Recipe = &[
    (Failed, First),
    (Refused, First),
    (Expired, First),
    (NoLeader, First),
    (RequestLost, First),
    (RequestHeld, First),
    (IsrShrank, LastBefore(Failed)),
    (BrokerDown, LastBefore(Failed)),
    (ProducerGone, First),
    (TimedOut, First),
    (PowerTook, First),
    (ElectedWithout, Last),
    (Sent, First),
    (LinkCut, First),
];

const HIDDEN: Recipe = &[
    (Marked, Last),
    (Aborting, Last),
    (Appended, First),
    (ProducerGone, First),
    (Acknowledged, First),
    (Read, First),
];

const PENDING: Recipe = &[
    (NoLeader, Last),
    (Appended, Last),
    (IsrShrank, Last),
    (BrokerDown, Last),
    (PowerTook, Last),
    (RequestHeld, First),
    (RequestLost, Last),
    (Refused, Last),
    (ProducerGone, First),
    (ReaderGone, Last),
    (LinkCut, Last),
    (Sent, First),
];

const DELETED: Recipe = &[
    (Asked, Last),
    (Deleted, First),
    (Appended, First),
    (Acknowledged, First),
    (Read, First),
];

const DELIVERED: Recipe = &[
    (Appended, First),
    (Acknowledged, First),
    (Recognised, First),
    (ResponseLost, First),
    (RequestLost, First),
    (Refused, First),
    (BrokerDown, First),
    (ElectedWith, Last),
    (Read, First),
    (Done, First),
    (Requeued, First),
    (Fenced, First),
    (Copied, First),
];

/// What explains a fate.
pub(super) fn recipe(fate: Fate) -> Recipe {
    match fate {
        Fate::LostAfterAck => LOST,
        Fate::LostSilently => LOST_SILENTLY,
        Fate::ReadThenGone => READ_THEN_GONE,
        Fate::Duplicated => DUPLICATED,
        Fate::ProcessedTwice => PROCESSED_TWICE,
        Fate::Skipped => SKIPPED,
        Fate::OutOfOrder => OUT_OF_ORDER,
        Fate::WrittenThoughFailed => WRITTEN_THOUGH_FAILED,
        Fate::Refused => REFUSED,
        Fate::HiddenByAbort => HIDDEN,
        Fate::Pending => PENDING,
        Fate::Deleted => DELETED,
        Fate::DeliveredOnce => DELIVERED,
    }
}
