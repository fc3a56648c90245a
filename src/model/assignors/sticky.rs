//! The sticky assignors of the Java client, for members that want the same topic (`AbstractStickyAssignor`, its
//! `ConstrainedAssignmentBuilder`).

use super::super::ids::{TopicId, TopicPartition};
use super::super::wire::{Assignor, JoinedMember, MemberId, NO_GENERATION};
use super::{Assignment, partitions};
use crate::small::{Map, Set, sort, sort_by_key};

/// What a member had, and since which generation (`memberData`).
pub(super) fn had(assignor: Assignor, member: &JoinedMember) -> (i32, Vec<TopicPartition>) {
    let subscription = &member.subscription;
    match assignor {
        Assignor::Sticky => match &subscription.memory {
            Some((generation, partitions)) => (*generation, partitions.clone()),
            None => (NO_GENERATION, Vec::new()),
        },
        _ => (subscription.generation, subscription.owned.clone()),
    }
}

/// What each member had and nobody else claims with more right (`allSubscriptionsEqual`), and what several claim alike.
pub(super) fn claims(
    assignor: Assignor,
    topic: TopicId,
    count: u32,
    members: &[&JoinedMember],
) -> (Assignment, Set<TopicPartition>) {
    let mut owned = Assignment::new();
    let mut disputed = Set::new();
    let mut owners: Map<TopicPartition, (i32, MemberId)> = Map::new();
    for member in members {
        let (generation, partitions) = had(assignor, member);
        owned.entry(member.member).or_default();
        let known = |p: &TopicPartition| p.topic == topic && p.partition < count;
        for partition in partitions.into_iter().filter(known) {
            let mine = (generation, member.member);
            match owners.get(&partition).copied() {
                Some((other, _)) if other > generation => continue,
                Some((other, of)) => {
                    if let Some(list) = owned.get_mut(&of) {
                        list.retain(|p| *p != partition);
                    }
                    owners.insert(partition, mine);
                    if other == generation {
                        disputed.insert(partition);
                        continue;
                    }
                }
                None => {
                    owners.insert(partition, mine);
                }
            }
            owned.entry(member.member).or_default().push(partition);
        }
    }
    (owned, disputed)
}

/// A table at which partitions are dealt.
struct Table {
    all: Assignment,
    /// Members with fewer partitions than everybody gets.
    hungry: Vec<MemberId>,
    /// Members with as many as everybody gets; some of them get one more.
    content: Vec<MemberId>,
    /// Who had a partition that goes to somebody else.
    left: Map<TopicPartition, MemberId>,
    least: usize,
    most: usize,
    /// How many may still have the larger share.
    large: usize,
}

impl Table {
    /// Everybody keeps what they had, up to their share (`assignOwnedPartitions`).
    fn keep(&mut self, owned: &Assignment) {
        for (member, had) in owned {
            let mut had = had.clone();
            sort_by_key(&mut had, |p| (p.partition, p.topic));
            let share = if had.len() < self.least {
                self.hungry.push(*member);
                had.len()
            } else if had.len() >= self.most && self.large > 0 {
                self.large -= 1;
                if self.large == 0 {
                    self.content.clear();
                }
                self.most
            } else {
                if self.large > 0 {
                    self.content.push(*member);
                }
                self.least
            };
            let lost = had.split_off(share.min(had.len()));
            self.left.extend(lost.into_iter().map(|p| (p, *member)));
            self.all.insert(*member, had);
        }
        sort(&mut self.hungry);
        sort(&mut self.content);
    }

    /// What is left goes round (`assignRoundRobin`). The answer: what somebody had and another gets.
    fn deal(&mut self, rest: &[TopicPartition], disputed: &Set<TopicPartition>) -> Assignment {
        let mut moves = Assignment::new();
        let mut turn = 0;
        for partition in rest {
            if turn >= self.hungry.len() {
                turn = 0;
            }
            let member = match self.hungry.get(turn) {
                Some(member) => *member,
                None if self.content.is_empty() => break,
                None => self.content.remove(0),
            };
            let mine = self.all.entry(member).or_default();
            mine.push(*partition);
            let before = self.left.get(partition);
            if before.is_some_and(|before| *before != member) || disputed.contains(partition) {
                moves.entry(member).or_default().push(*partition);
            }
            if self.hungry.contains(&member) {
                if mine.len() == self.least {
                    self.hungry.retain(|hungry| *hungry != member);
                    self.content.push(member);
                } else {
                    turn += 1;
                }
            }
        }
        moves
    }
}

/// Shares out one topic among members that all want it.
pub(super) fn assign(
    assignor: Assignor,
    topic: TopicId,
    count: u32,
    members: &[&JoinedMember],
) -> Assignment {
    if members.is_empty() {
        return Assignment::new();
    }
    let (owned, disputed) = claims(assignor, topic, count, members);
    let (heads, total) = (owned.len(), count as usize);
    let mut table = Table {
        all: Assignment::new(),
        hungry: Vec::new(),
        content: Vec::new(),
        left: Map::new(),
        least: total / heads,
        most: total.div_ceil(heads),
        large: total % heads,
    };
    table.keep(&owned);
    let kept: Set<_> = table.all.values().flatten().copied().collect();
    let rest: Vec<_> = partitions(topic, count)
        .filter(|p| !kept.contains(p))
        .collect();
    let moves = table.deal(&rest, &disputed);
    let mut all = table.all;
    if assignor == Assignor::CooperativeSticky {
        // Who has it must give it away first (`CooperativeStickyAssignor.adjustAssignment`).
        for (member, moved) in moves {
            let mine = all.entry(member).or_default();
            mine.retain(|partition| !moved.contains(partition));
        }
    }
    all
}
