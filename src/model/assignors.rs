//! Who gets which partitions: the assignors that the leader of a classic group runs (`org.apache.kafka.clients.consumer`), and
//! those that a coordinator runs for a group of the newer protocol (KIP-848). A member wants one topic here.

mod broker;
mod general;
mod sticky;

pub use broker::{Wanting, range as broker_range, uniform};

use super::ids::{NameRank, TopicId, TopicPartition};
use super::wire::{Assignor, JoinedMember, MemberId, NO_GENERATION};
use crate::small::{Map, sort_by_key};

/// What everybody gets.
pub type Assignment = Map<MemberId, Vec<TopicPartition>>;

/// How many partitions a topic has.
pub type Counts = Map<TopicId, u32>;

/// Shares out the partitions of all topics among members. librdkafka has only the general way of sticky assignors
/// (`rdkafka_sticky_assignor.c`).
#[must_use]
pub fn assign(
    assignor: Assignor,
    librdkafka: bool,
    members: &[JoinedMember],
    counts: &Counts,
) -> Assignment {
    let mut all: Assignment = members.iter().map(|m| (m.member, Vec::new())).collect();
    match assignor {
        Assignor::Range => range(members, counts, &mut all),
        Assignor::RoundRobin => round_robin(members, counts, &mut all),
        Assignor::Sticky | Assignor::CooperativeSticky => {
            let mut topics = members.iter().map(|m| m.subscription.topic);
            let first = topics.next();
            let alike = !librdkafka && topics.all(|topic| Some(topic) == first);
            let generations = members.iter().map(|m| sticky::had(assignor, m).0);
            let latest = generations.max().unwrap_or(NO_GENERATION);
            for (topic, count) in counts {
                let same = |m: &&JoinedMember| m.subscription.topic == *topic;
                let members: Vec<_> = members.iter().filter(same).collect();
                all.extend(match alike {
                    true => sticky::assign(assignor, *topic, *count, &members),
                    false => general::assign(assignor, latest, (*topic, *count), &members),
                });
            }
        }
    }
    all
}

/// All partitions of a topic.
pub(crate) fn partitions(topic: TopicId, count: u32) -> impl Iterator<Item = TopicPartition> {
    (0..count).map(move |partition| TopicPartition { topic, partition })
}

/// Static members go by their instance and before others (`AbstractPartitionAssignor.MemberInfo`).
fn order(member: &JoinedMember) -> (bool, Option<NameRank>, MemberId) {
    (member.instance.is_none(), member.instance, member.member)
}

/// `RangeAssignor`: a range of each topic for each member, the first ones a partition larger.
fn range(members: &[JoinedMember], counts: &Counts, all: &mut Assignment) {
    for (topic, count) in counts {
        let mut wanting: Vec<_> = members
            .iter()
            .filter(|m| m.subscription.topic == *topic)
            .collect();
        sort_by_key(&mut wanting, |member| order(member));
        let mut rest = partitions(*topic, *count);
        let heads = u32::try_from(wanting.len()).unwrap_or(u32::MAX);
        for (place, member) in (0..).zip(wanting) {
            let share = count / heads + u32::from(place < count % heads);
            let mine = rest.by_ref().take(share as usize);
            all.entry(member.member).or_default().extend(mine);
        }
    }
}

/// `RoundRobinAssignor`: partition after partition, member after member, past those that do not want the topic.
fn round_robin(members: &[JoinedMember], counts: &Counts, all: &mut Assignment) {
    let mut circle: Vec<_> = members.iter().collect();
    sort_by_key(&mut circle, |member| order(member));
    let mut next = 0;
    for (topic, count) in counts {
        if !circle.iter().any(|m| m.subscription.topic == *topic) {
            continue;
        }
        for partition in partitions(*topic, *count) {
            let wants = |at: &usize| {
                let member = circle.get(at % circle.len());
                member.is_some_and(|m| m.subscription.topic == *topic)
            };
            let at = (next..).find(wants).unwrap_or(next);
            next = at + 1;
            if let Some(member) = circle.get(at % circle.len()) {
                all.entry(member.member).or_default().push(partition);
            }
        }
    }
}

#[cfg(test)]
mod tests;
