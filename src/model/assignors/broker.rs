//! The assignors that a coordinator runs (`coordinator.group.assignor`).

use super::super::ids::{NameRank, TopicId, TopicPartition};
use super::super::wire::MemberId;
use super::{Assignment, Counts, partitions};
use crate::small::{sort, sort_by_key};

/// A member as these assignors see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanting {
    /// Who.
    pub member: MemberId,
    /// `group.instance.id`.
    pub instance: Option<NameRank>,
    /// The topic that it wants.
    pub topic: TopicId,
    /// What it had been given.
    pub had: Vec<TopicPartition>,
}

/// `RangeAssignor` of the coordinator: neighbours of a topic go together, static members first.
#[must_use]
pub fn range(members: &[Wanting], counts: &Counts) -> Assignment {
    let mut all: Assignment = members.iter().map(|m| (m.member, Vec::new())).collect();
    for (topic, count) in counts {
        let mut wanting: Vec<_> = members.iter().filter(|m| m.topic == *topic).collect();
        sort_by_key(&mut wanting, |m| {
            (m.instance.is_none(), m.instance, m.member)
        });
        let heads = u32::try_from(wanting.len()).unwrap_or(u32::MAX);
        let mut rest = partitions(*topic, *count);
        for (place, member) in (0..).zip(wanting) {
            let share = count / heads + u32::from(place < count % heads);
            let mine = rest.by_ref().take(share as usize);
            all.entry(member.member).or_default().extend(mine);
        }
    }
    all
}

/// `UniformHomogeneousAssignmentBuilder`, topic by topic: what was given stays, up to an even share.
#[must_use]
pub fn uniform(members: &[Wanting], counts: &Counts) -> Assignment {
    let mut all: Assignment = members.iter().map(|m| (m.member, Vec::new())).collect();
    for (topic, count) in counts {
        let mut wanting: Vec<_> = members.iter().filter(|m| m.topic == *topic).collect();
        sort_by_key(&mut wanting, |m| m.member);
        if wanting.is_empty() {
            continue;
        }
        let mine = |m: &Wanting| {
            let known = |p: &&TopicPartition| p.topic == *topic && p.partition < *count;
            let mut mine: Vec<_> = m.had.iter().filter(known).copied().collect();
            sort(&mut mine);
            mine
        };
        let given: Vec<_> = wanting.iter().flat_map(|m| mine(m)).collect();
        let mut rest: Vec<_> = partitions(*topic, *count)
            .filter(|p| !given.contains(p))
            .collect();
        let (heads, total) = (wanting.len(), *count as usize);
        let (least, mut extra) = (total / heads, total % heads);
        let mut hungry = Vec::new();
        for (place, member) in wanting.iter().enumerate() {
            let had = mine(member);
            let mut larger = extra > 0;
            let quota = least + usize::from(larger);
            let kept = had.len().min(quota);
            let mut wants = quota - kept;
            rest.extend_from_slice(had.get(kept..).unwrap_or(&[]));
            if wants > 0 && larger && heads - place > extra {
                wants -= 1;
                larger = false;
            }
            if wants > 0 {
                hungry.push((member.member, wants));
            }
            extra -= usize::from(larger);
            let kept = had.into_iter().take(kept);
            all.entry(member.member).or_default().extend(kept);
        }
        let mut rest = rest.into_iter();
        for (member, wants) in hungry {
            let more = rest.by_ref().take(wants);
            all.entry(member).or_default().extend(more);
        }
    }
    all
}
