//! Members of share groups at their coordinator (`ShareGroup`, `SimpleAssignor`). Kafka writes them to `__consumer_offsets`; here a new
//! coordinator learns them from their heartbeats.

use super::super::super::ids::{ClientId, GroupId, TopicId, TopicPartition};
use super::super::super::small::Map;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::wire::{ErrorCode, ShareResponse};
use super::super::Broker;

/// How long it takes until the state of a partition that a group has never read is made.
const INITIALIZATION: SimDuration = SimDuration::from_ms(100);

/// The members of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Members {
    members: Map<ClientId, Member>,
    /// Partitions that the group may read, from then on.
    ready: Map<TopicPartition, SimTime>,
    /// When partitions were last shared out.
    assigned_at: Option<SimTime>,
    /// What that was made of: members and partitions.
    assigned: (Vec<ClientId>, Vec<TopicPartition>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Member {
    /// Its session ends then.
    until: SimTime,
    /// What it is to read; none before it was decided.
    target: Option<Vec<TopicPartition>>,
}

impl Members {
    /// When the first session ends.
    pub(super) fn first_end(&self) -> Option<SimTime> {
        self.members.values().map(|member| member.until).min()
    }

    /// Shares partitions out, as evenly as may be and with as little change as may be (`SimpleHomogeneousAssignmentBuilder`).
    fn assign(&mut self, now: SimTime) {
        let members: Vec<ClientId> = self.members.keys().copied().collect();
        let ready = self.ready.iter().filter(|(_, at)| **at <= now);
        let partitions: Vec<TopicPartition> = ready.map(|(id, _)| *id).collect();
        let (m, p) = (members.len(), partitions.len());
        if m == 0 || p == 0 {
            return;
        }
        let sharing = m.div_ceil(p);
        let share = |upto: usize| (sharing * p * upto).div_ceil(m);
        let mut targets: Vec<Vec<TopicPartition>> = members
            .iter()
            .map(|id| self.members.get(id).and_then(|one| one.target.clone()))
            .map(|target| {
                let mut target = target.unwrap_or_default();
                target.retain(|id| partitions.contains(id));
                target
            })
            .collect();
        for (at, target) in targets.iter_mut().enumerate() {
            target.truncate(share(at + 1) - share(at));
        }
        for partition in &partitions {
            let holds = |target: &Vec<TopicPartition>| target.contains(partition);
            while targets.iter().filter(|target| holds(target)).count() > sharing {
                if let Some(target) = targets.iter_mut().find(|target| holds(target)) {
                    target.retain(|id| id != partition);
                }
            }
        }
        for partition in &partitions {
            for (at, _) in members.iter().enumerate() {
                let held = targets.iter().filter(|target| target.contains(partition));
                if held.count() >= sharing {
                    break;
                }
                let target = &mut targets[at];
                if target.len() < share(at + 1) - share(at) && !target.contains(partition) {
                    target.push(*partition);
                }
            }
        }
        for (id, target) in members.iter().zip(targets) {
            if let Some(member) = self.members.get_mut(id) {
                member.target = Some(target);
            }
        }
        self.assigned_at = Some(now);
        self.assigned = (members, partitions);
    }

    /// True if members or partitions are not those that were shared out.
    fn is_stale(&self, now: SimTime) -> bool {
        let ready = self.ready.iter().filter(|(_, at)| **at <= now);
        let members = self.members.keys();
        !members.eq(&self.assigned.0) || !ready.map(|(id, _)| id).eq(&self.assigned.1)
    }
}

impl Broker {
    /// A member joins, lives, or leaves.
    pub(super) fn on_share_heartbeat(
        &mut self,
        now: SimTime,
        group: GroupId,
        id: ClientId,
        topic: Option<TopicId>,
        owned: &[TopicPartition],
    ) -> ShareResponse {
        let config = self.share_config(group);
        let answer = |error, assignment| ShareResponse::Heartbeat {
            error,
            assignment,
            interval: config.heartbeat_interval,
        };
        if !self.coordinates(TopicId::CONSUMER_OFFSETS.first_partition()) {
            return answer(ErrorCode::NotCoordinator, None);
        }
        let known = self.image.partitions.keys().copied();
        let known: Vec<_> = known.filter(|id| Some(id.topic) == topic).collect();
        let groups = &mut self.sharing.groups;
        let members = groups.entry(group).or_default();
        if topic.is_none() {
            members.members.remove(&id);
            return answer(ErrorCode::None, None);
        }
        let target = (!owned.is_empty()).then(|| owned.to_vec());
        let member = members
            .members
            .entry(id)
            .or_insert_with(|| Member { until: now, target });
        member.until = now + config.session_timeout;
        for partition in known {
            let at = if owned.contains(&partition) {
                now
            } else {
                now + INITIALIZATION
            };
            if !members.ready.contains_key(&partition) {
                members.ready.insert(partition, at);
            }
        }
        let may = members
            .assigned_at
            .is_none_or(|at| now >= at + config.assignment_interval);
        if may && members.is_stale(now) {
            members.assign(now);
        }
        let member = members.members.get(&id);
        let target = member.and_then(|member| member.target.clone());
        answer(ErrorCode::None, target)
    }

    /// Members that were silent for too long are out.
    pub(super) fn end_member_sessions(&mut self, now: SimTime) {
        for (_, members) in self.sharing.groups.iter_mut() {
            let silent = members.members.iter().filter(|(_, one)| one.until <= now);
            let silent: Vec<_> = silent.map(|(id, _)| *id).collect();
            for id in silent {
                members.members.remove(&id);
            }
        }
    }
}
