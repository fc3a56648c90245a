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

/// `UniformAssignor`: what was given stays, up to an even share. How the rest goes round depends on whether all want the same topic.
#[must_use]
pub fn uniform(members: &[Wanting], counts: &Counts) -> Assignment {
    let mut topics = members.iter().map(|m| m.topic);
    let first = topics.next();
    match topics.all(|topic| Some(topic) == first) {
        true => homogeneous(members, counts),
        false => heterogeneous(members, counts),
    }
}

/// `UniformHeterogeneousAssignmentBuilder`, for members that want one topic each: what is left goes to whoever has the fewest, one
/// after the other; then whoever has the most gives its last ones to whoever has the fewest.
fn heterogeneous(members: &[Wanting], counts: &Counts) -> Assignment {
    let mut all: Assignment = members.iter().map(|m| (m.member, Vec::new())).collect();
    for (topic, count) in counts {
        let known = |p: &&TopicPartition| p.topic == *topic && p.partition < *count;
        let wanting = members.iter().filter(|m| m.topic == *topic);
        let own = |m: &Wanting| m.had.iter().filter(known).copied().collect();
        let mut heads: Vec<(MemberId, Vec<_>)> = wanting.map(|m| (m.member, own(m))).collect();
        sort_by_key(&mut heads, |(id, has)| (has.len(), *id));
        let taken: Vec<_> = heads.iter().flat_map(|(_, has)| has.clone()).collect();
        for partition in partitions(*topic, *count).filter(|p| !taken.contains(p)) {
            // The first of those with the fewest.
            if let Some((_, has)) = heads.iter_mut().min_by_key(|(_, has)| has.len()) {
                has.push(partition);
            }
        }
        sort_by_key(&mut heads, |(id, has)| (has.len(), *id));
        heads.iter_mut().for_each(|(_, has)| sort(has));
        loop {
            let size = |at: &usize| heads.get(*at).map_or(0, |(_, has)| has.len());
            let (least, most) = (
                (0..heads.len()).min_by_key(size),
                (0..heads.len()).max_by_key(size),
            );
            let (Some(least), Some(most)) = (least, most) else {
                break;
            };
            if size(&most) <= size(&least) + 1 {
                break;
            }
            let last = heads.get_mut(most).and_then(|(_, has)| has.pop());
            if let (Some((_, has)), Some(last)) = (heads.get_mut(least), last) {
                has.insert(0, last);
            }
        }
        all.extend(heads);
    }
    all
}

/// `UniformHomogeneousAssignmentBuilder`.
fn homogeneous(members: &[Wanting], counts: &Counts) -> Assignment {
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
