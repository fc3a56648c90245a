//! What can be told of records in a share group.

use super::super::ids::{BrokerId, ClientId, GroupId, Offset, TopicPartition};
use super::super::time::SimTime;

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
