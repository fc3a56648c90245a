//! The sticky assignors of the Java client where members want different topics (`AbstractStickyAssignor.GeneralAssignmentBuilder`).
//! A member wants one topic here, so that what each topic gives does not depend on the others.

use super::super::ids::{TopicId, TopicPartition};
use super::super::wire::{Assignor, JoinedMember, MemberId};
use super::sticky::{claims, had};
use super::{Assignment, partitions};
use crate::small::{Map, Set};

/// What everybody has so far.
struct Shares {
    all: Assignment,
    owner: Map<TopicPartition, MemberId>,
}

impl Shares {
    fn size(&self, member: MemberId) -> usize {
        self.all.get(&member).map_or(0, Vec::len)
    }

    /// Who has the fewest.
    fn least(&self) -> Option<MemberId> {
        let all = self.all.iter();
        all.min_by_key(|(id, has)| (has.len(), **id))
            .map(|(id, _)| *id)
    }

    fn give(&mut self, partition: TopicPartition, to: MemberId) {
        if let Some(before) = self.owner.insert(partition, to)
            && let Some(list) = self.all.get_mut(&before)
        {
            list.retain(|had| *had != partition);
        }
        self.all.entry(to).or_default().push(partition);
    }

    /// Partitions go to whoever had them in an older generation, or to whoever has the fewest, as long as that evens things out
    /// (`performReassignments`).
    fn even_out(&mut self, of: &[TopicPartition], before: &Map<TopicPartition, MemberId>) {
        let mut moved = true;
        while std::mem::take(&mut moved) {
            for partition in of {
                let size = self.owner.get(partition).map_or(0, |id| self.size(*id));
                let gains = |id: &MemberId| size > self.size(*id) + 1;
                let to = before.get(partition).copied().filter(gains);
                if let Some(to) = to.or_else(|| self.least().filter(gains)) {
                    self.give(*partition, to);
                    moved = true;
                }
            }
        }
    }
}

/// What members had in generations before the latest of all, by the latest of those.
fn had_before(
    assignor: Assignor,
    latest: i32,
    members: &[&JoinedMember],
) -> Map<TopicPartition, MemberId> {
    let mut before: Map<TopicPartition, (i32, MemberId)> = Map::new();
    for member in members {
        let (generation, partitions) = had(assignor, member);
        for partition in partitions.into_iter().filter(|_| generation < latest) {
            let known = before
                .entry(partition)
                .or_insert((generation, member.member));
            if generation > known.0 {
                *known = (generation, member.member);
            }
        }
    }
    let owners = before.into_iter();
    owners.map(|(p, (_, member))| (p, member)).collect()
}

/// Shares out one topic among the members that want it; `latest` is the latest generation of all members of the group.
pub(super) fn assign(
    assignor: Assignor,
    latest: i32,
    (topic, count): (TopicId, u32),
    members: &[&JoinedMember],
) -> Assignment {
    let (all, _) = claims(assignor, topic, count, members);
    let owned = all.iter();
    let owner = owned.flat_map(|(id, list)| list.iter().map(|p| (*p, *id)));
    let owner: Map<_, _> = owner.collect();
    let mut shares = Shares { all, owner };
    let every: Vec<_> = partitions(topic, count).collect();
    let rest = every.iter().filter(|p| !shares.owner.contains_key(p));
    let rest: Vec<_> = rest.copied().collect();
    for partition in &rest {
        if let Some(member) = shares.least() {
            shares.give(*partition, member);
        }
    }
    let before = had_before(assignor, latest, members);
    shares.even_out(&rest, &before);
    shares.even_out(&every, &before);
    let mut all = shares.all;
    if assignor == Assignor::CooperativeSticky {
        // Who has it must give it away first (`computePartitionsTransferringOwnership`).
        let owned = |member: &&JoinedMember| (member.member, member.subscription.owned.clone());
        let owned: Map<_, _> = members.iter().map(owned).collect();
        let everywhere: Set<_> = owned.values().flatten().copied().collect();
        for (member, mine) in &mut all {
            let own = owned.get(member);
            let own = |p: &TopicPartition| own.is_some_and(|own| own.contains(p));
            mine.retain(|p| own(p) || !everywhere.contains(p));
        }
    }
    all
}
