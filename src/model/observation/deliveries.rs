//! What can be told of records in a share group.

use super::super::ids::{BrokerId, ClientId, GroupId, Offset, TopicPartition};
use super::super::time::SimTime;
use super::super::wire::ErrorCode;
use super::Read;

/// Something happened to records in a share group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Delivery {
    /// The leader.
    pub broker: BrokerId,
    /// The group.
    pub group: GroupId,
    /// Where.
    pub partition: TopicPartition,
    /// The first offset.
    pub first: Offset,
    /// The last offset.
    pub last: Offset,
    /// How often they have been given out.
    pub deliveries: u16,
    /// What.
    pub step: DeliveryStep,
}

/// What happened to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryStep {
    /// They were given to a consumer, and are locked for it until then.
    Locked {
        /// To whom.
        consumer: ClientId,
        /// The end of the lock.
        until: SimTime,
    },
    /// They are done.
    Accepted,
    /// They may be given out again.
    Released,
    /// They will never be given out again: rejected, or tried too often.
    GivenUp,
}

/// Something of a share group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShareFact {
    /// What becomes of records in a share group changed at their leader.
    DeliveryChanged(Box<Delivery>),
    /// `poll()` of a share consumer returned records.
    RecordsDelivered {
        /// To whom.
        consumer: ClientId,
        /// What, in order, and how often each has been given out.
        records: Vec<(Read, u16)>,
    },
    /// `commitSync()` of a share consumer returned.
    AcknowledgementsCommitted {
        /// To whom.
        consumer: ClientId,
        /// What became of each partition.
        results: Vec<(TopicPartition, ErrorCode)>,
    },
    /// A call of a client threw, because it does not go together with what the application did before.
    CallRefused {
        /// The client.
        client: ClientId,
        /// The Java exception's simple name.
        exception: &'static str,
    },
}
