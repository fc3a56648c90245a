//! ISR, ELR and leader of one partition after a change (`PartitionChangeBuilder`, KIP-966). Pure.

use super::super::ids::BrokerId;
use super::super::wire::PartitionRegistration;
use crate::small::Set;

/// What is to become of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The wished ISR.
    pub isr: Set<BrokerId>,
    /// A replica that turned out to have shut down uncleanly: it loses its place in the ELR.
    pub unclean_shutdown: Option<BrokerId>,
    /// How a leader is chosen.
    pub election: Election,
}

/// How a leader is chosen (`PartitionChangeBuilder.Election`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Election {
    /// As the topic allows.
    #[default]
    AsNeeded,
    /// The preferred replica rather than the present leader.
    Preferred,
    /// Anybody who is active, if need be.
    Unclean,
}

impl Change {
    /// Another ISR.
    pub fn of(isr: Set<BrokerId>) -> Self {
        Self {
            isr,
            unclean_shutdown: None,
            election: Election::AsNeeded,
        }
    }

    /// The ISR without one member.
    pub fn without(before: &PartitionRegistration, id: BrokerId) -> Self {
        Self::of(&before.isr - &Set::from([id]))
    }
}

/// What the controller's version can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Powers {
    /// It keeps eligible leader replicas.
    pub elr: bool,
    /// `unclean.leader.election.enable` has an effect.
    pub unclean_setting: bool,
}

/// The partition after the change, and whether an election was unclean. Epochs are the caller's.
pub(super) fn build(
    before: &PartitionRegistration,
    change: Change,
    active: &Set<BrokerId>,
    powers: Powers,
) -> (PartitionRegistration, bool) {
    let mut after = before.clone();
    after.isr = change.isr;
    populate_elr(before, &mut after, change.unclean_shutdown, powers.elr);
    let unclean = elect(&mut after, active, powers, change.election);
    if after.isr.is_empty() && !powers.elr {
        // Without ELR the last member is never removed.
        after.isr.clone_from(&before.isr);
    }
    if powers.elr {
        if after.isr.is_empty() && before.leader.is_some() {
            after.last_known_leader = before.leader;
        } else if after.leader.is_some() {
            after.last_known_leader = None;
        }
    }
    (after, unclean)
}

/// Enough in sync: nobody else is eligible. Otherwise those that were and are not lost stay so (`maybePopulateTargetElr`).
fn populate_elr(
    before: &PartitionRegistration,
    after: &mut PartitionRegistration,
    unclean_shutdown: Option<BrokerId>,
    elr_enabled: bool,
) {
    let enough = after.isr.len() >= before.min_insync_replicas as usize;
    after.elr = if !elr_enabled || enough {
        Set::new()
    } else {
        let eligible = before.elr.union(&before.isr).copied();
        eligible
            .filter(|id| !after.isr.contains(id) && Some(*id) != unclean_shutdown)
            .collect()
    };
}

/// The order of `electAnyLeader`: keep the leader; else the first in assignment order that is in sync (or, with an empty
/// ISR, eligible) and active; else the last known leader; else, if allowed, any that is active. Log length plays no part.
/// `electPreferredLeader` puts the preferred replica before the present leader.
fn elect(
    after: &mut PartitionRegistration,
    active: &Set<BrokerId>,
    powers: Powers,
    election: Election,
) -> bool {
    let electable = |id: &BrokerId| {
        let eligible = if after.isr.is_empty() {
            &after.elr
        } else {
            &after.isr
        };
        active.contains(id) && eligible.contains(id)
    };
    let preferred = after.replicas.first().copied().filter(electable);
    let asked_for = preferred.filter(|_| election == Election::Preferred);
    let stays = after
        .leader
        .filter(|id| electable(id) && after.isr.contains(id));
    if stays.is_some() && (asked_for.is_none() || asked_for == stays) {
        return false;
    }
    let clean = asked_for.or_else(|| after.replicas.iter().copied().find(electable));
    let last_known = after.last_known_leader.filter(|id| {
        powers.elr && after.isr.is_empty() && after.elr.is_empty() && active.contains(id)
    });
    let allowed = election == Election::Unclean
        || election == Election::AsNeeded && after.unclean_election && powers.unclean_setting;
    let any = after
        .replicas
        .iter()
        .copied()
        .find(|id| active.contains(id));
    let unclean = clean.is_none();
    after.leader = clean.or(last_known).or(any.filter(|_| allowed));
    if let Some(leader) = after.leader
        && (unclean || !after.isr.contains(&leader))
    {
        after.isr = Set::from([leader]);
        after.elr.remove(&leader);
    }
    if unclean && after.leader.is_some() {
        // After an unclean election nobody is eligible any more (`maybeUpdateRecordElr`).
        after.elr.clear();
    }
    unclean && after.leader.is_some()
}

#[cfg(test)]
mod tests {
    use super::super::super::config::LogConfig;
    use super::super::super::ids::{LeaderEpoch, PartitionEpoch};
    use super::*;

    fn set(ids: &[u32]) -> Set<BrokerId> {
        ids.iter().map(|id| BrokerId(*id)).collect()
    }

    fn partition(
        isr: &[u32],
        elr: &[u32],
        leader: Option<u32>,
        min_isr: u32,
    ) -> PartitionRegistration {
        PartitionRegistration {
            replicas: vec![BrokerId(1), BrokerId(2), BrokerId(3)],
            isr: set(isr),
            elr: set(elr),
            last_known_leader: None,
            leader: leader.map(BrokerId),
            leader_epoch: LeaderEpoch(0),
            partition_epoch: PartitionEpoch(0),
            min_insync_replicas: min_isr,
            unclean_election: false,
            log: LogConfig::default(),
        }
    }

    fn after(
        before: &PartitionRegistration,
        isr: &[u32],
        dirty: Option<u32>,
        active: &[u32],
        elr: bool,
    ) -> (PartitionRegistration, bool) {
        let change = Change {
            unclean_shutdown: dirty.map(BrokerId),
            ..Change::of(set(isr))
        };
        let powers = Powers {
            elr,
            unclean_setting: true,
        };
        build(before, change, &set(active), powers)
    }

    #[test]
    fn the_next_in_assignment_order_leads() {
        let (p, unclean) = after(
            &partition(&[1, 2, 3], &[], Some(1), 2),
            &[2, 3],
            None,
            &[2, 3],
            true,
        );
        assert_eq!(
            (p.leader, p.isr, p.elr, unclean),
            (Some(BrokerId(2)), set(&[2, 3]), set(&[]), false)
        );
    }

    #[test]
    fn who_leaves_under_min_isr_stays_eligible_until_found_unclean() {
        let (p, _) = after(&partition(&[1, 2], &[], Some(1), 2), &[1], None, &[1], true);
        assert_eq!(
            (p.leader, p.isr.clone(), p.elr.clone()),
            (Some(BrokerId(1)), set(&[1]), set(&[2]))
        );
        let (p, _) = after(&p, &[1], Some(2), &[1], true);
        assert_eq!(p.elr, set(&[]));
    }

    #[test]
    fn an_empty_isr_gives_way_to_an_eligible_replica() {
        let (p, unclean) = after(&partition(&[], &[1, 2], None, 2), &[], None, &[2], true);
        assert_eq!(
            (p.leader, p.isr, p.elr, unclean),
            (Some(BrokerId(2)), set(&[2]), set(&[1]), false)
        );
    }

    #[test]
    fn the_last_known_leader_is_taken_back_and_that_is_unclean() {
        let (p, _) = after(&partition(&[1], &[], Some(1), 1), &[], None, &[], true);
        assert_eq!(
            (p.leader, p.last_known_leader, p.elr.clone()),
            (None, Some(BrokerId(1)), set(&[1]))
        );
        let (p, _) = after(&p, &[], Some(1), &[2], true);
        assert_eq!((p.leader, p.elr.clone()), (None, set(&[])));
        let (p, unclean) = after(&p, &[], None, &[1, 2], true);
        assert_eq!(
            (p.leader, p.isr, p.last_known_leader, unclean),
            (Some(BrokerId(1)), set(&[1]), None, true)
        );
    }

    #[test]
    fn without_elr_the_last_member_stays_and_nobody_else_leads() {
        let (p, _) = after(&partition(&[1], &[], Some(1), 1), &[], None, &[2, 3], false);
        assert_eq!((p.leader, p.isr), (None, set(&[1])));
    }

    #[test]
    fn an_unclean_election_goes_by_assignment_order() {
        let mut before = partition(&[1], &[], Some(1), 1);
        before.unclean_election = true;
        let (p, unclean) = after(&before, &[], None, &[2, 3], true);
        assert_eq!(
            (p.leader, p.isr, unclean),
            (Some(BrokerId(2)), set(&[2]), true)
        );
    }
}
