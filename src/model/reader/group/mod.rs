//! A consumer in a group, or one that commits in the name of a group (`ConsumerCoordinator`): the coordinator and how it is found,
//! joining and leaving, heartbeats, commits.

mod async_member;
mod auto_commits;
mod changes;
mod commits;
mod coordinator;
mod heartbeats;
mod joining;
mod leaving;
mod librdkafka;
mod listening;
mod positions;

use super::super::assignors::Counts;
use super::super::config::MembershipConfig;
use super::super::effects::Effects;
use super::super::ids::{BrokerId, GroupId, LeaderEpoch, NameRank, TopicId, TopicPartition};
use super::super::observation::{Change, GroupFact};
use super::super::time::SimTime;
use super::super::wire::{
    AsMember, Assignor, GroupRequest, JoinedMember, MemberId, NO_GENERATION, ReadError,
};
use super::Reader;
use crate::small::{Map, Set};
use async_member::AsyncMember;
pub(super) use commits::CommitCall;
use commits::Commits;
pub(super) use coordinator::Asked;
use heartbeats::Heartbeat;
use joining::Join;
pub(super) use leaving::Closing;
pub use listening::Going;
use listening::Listening;

/// What a consumer is told of its group when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupSetup {
    /// Which.
    pub(crate) group: GroupId,
    /// The topic that it subscribes to; none if it was given partitions.
    pub(crate) topic: Option<TopicId>,
    /// What its member ids begin with.
    pub(crate) name: NameRank,
    /// `group.instance.id`.
    pub(crate) instance: Option<NameRank>,
    /// A heartbeat may stand for those that would follow it.
    pub(crate) folds: bool,
}

/// Where a member is (`AbstractCoordinator.MemberState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum State {
    #[default]
    Unjoined,
    Preparing,
    Completing,
    Stable,
}

/// A consumer's part in its group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Membership {
    setup: GroupSetup,
    config: MembershipConfig,
    /// Partitions of each topic, as metadata last told.
    counts: Counts,
    coordinator: Option<BrokerId>,
    /// FindCoordinator is under way.
    looking: bool,
    /// It is not looked for before then.
    look_at: SimTime,
    /// How often in a row it was looked for in vain.
    looked: u32,
    /// Waits until the connection to the coordinator is open; and until when.
    outbox: Vec<(GroupRequest, Asked, SimTime)>,
    state: State,
    generation: i32,
    member: Option<MemberId>,
    /// Who it was when it last joined: what `groupMetadata()` tells.
    joined: Option<AsMember>,
    assignor: Option<Assignor>,
    rejoin: bool,
    /// What was had must be given up before the next JoinGroup.
    prepare: bool,
    join: Join,
    /// It leads, and shares out as soon as it knows how many partitions there are.
    leads: Option<(Vec<JoinedMember>, bool)>,
    /// What its topics were like when it last shared out.
    shared_out: Option<Counts>,
    /// What a sticky assignor remembers.
    memory: Option<(i32, Vec<TopicPartition>)>,
    heartbeat: Heartbeat,
    commits: Commits,
    /// Nothing is handed out while what was handed out before is committed.
    suspended: bool,
    /// Which partitions are asked for how far the group is.
    asking_offsets: bool,
    /// How far the group is, as it was told.
    told_offsets: Option<Result<super::super::wire::Committed, ReadError>>,
    /// A fence that the next call throws.
    fenced: Option<ReadError>,
    /// librdkafka: where something was handed out that is not committed yet.
    stored: Set<TopicPartition>,
    /// librdkafka: it is told of changes only within a call.
    listens: bool,
    /// librdkafka: it left because nobody polled, and joins again with the next call.
    paused: bool,
    /// Its listener.
    listening: Listening,
    /// The application has paused all partitions (`pause()`).
    held: bool,
    /// It stays in the group when it is closed, until its session ends.
    stays: bool,
    /// With the newer protocol.
    newer: Option<Box<AsyncMember>>,
}

/// How far a call got with its group.
pub(super) enum Progress {
    /// It may go on.
    Ready,
    /// It may hand out what it has, but nothing more can be done now.
    NotYet,
    /// It waits, with all it has.
    Blocked,
}

impl Membership {
    pub(super) fn new(setup: GroupSetup, config: MembershipConfig, now: SimTime) -> Self {
        Self {
            setup,
            config,
            counts: Counts::new(),
            coordinator: None,
            looking: false,
            look_at: SimTime::ZERO,
            looked: 0,
            outbox: Vec::new(),
            state: State::Unjoined,
            generation: NO_GENERATION,
            member: None,
            joined: None,
            assignor: None,
            rejoin: true,
            prepare: true,
            join: Join::Idle,
            leads: None,
            shared_out: None,
            memory: None,
            heartbeat: Heartbeat::default(),
            commits: Commits::new(now, config.auto_commit),
            suspended: false,
            asking_offsets: false,
            told_offsets: None,
            fenced: None,
            paused: false,
            listens: false,
            stored: Set::new(),
            listening: Listening::Nobody,
            stays: false,
            held: false,
            newer: (config.newer_protocol && setup.topic.is_some()).then(Box::default),
        }
    }

    /// It takes part by the classic protocol.
    pub(super) fn is_classic_member(&self) -> bool {
        self.setup.topic.is_some() && self.newer.is_none()
    }
}

impl Reader {
    /// Metadata says how many partitions there are.
    pub(super) fn count_partitions(
        &mut self,
        now: SimTime,
        leaders: &Map<TopicPartition, (Option<BrokerId>, LeaderEpoch)>,
    ) {
        let Some(group) = &mut self.group else { return };
        group.counts = Counts::new();
        for partition in leaders.keys() {
            *group.counts.entry(partition.topic).or_default() += 1;
        }
        let _ = now;
    }

    /// It subscribes to that topic.
    pub(super) fn wants_topic(&self, topic: TopicId) -> bool {
        let group = self.group.as_ref();
        group.is_some_and(|group| group.setup.topic == Some(topic))
    }

    /// `poll()` waits until it knows how far the group is (`fetchCommittedOffsets`).
    pub(super) fn is_asking_the_group(&self) -> bool {
        let group = self.group.as_ref();
        group.is_some_and(|group| group.asking_offsets && group.newer.is_none())
    }

    /// True while what is waiting here must not be handed out.
    pub(super) fn is_suspended(&self) -> bool {
        let rests = |group: &Membership| group.suspended || group.held;
        self.group.as_deref().is_some_and(rests)
    }

    /// The work on the group in one round of `poll()` (`ConsumerCoordinator.poll`).
    pub(super) fn work_on_group(
        &mut self,
        now: SimTime,
        out: &mut Effects,
    ) -> Result<Progress, ReadError> {
        let Some(group) = &self.group else {
            return Ok(Progress::Ready);
        };
        if group.newer.is_some() {
            return self.work_on_newer(now, out);
        }
        if group.paused {
            return Ok(Progress::NotYet);
        }
        self.call_back(out)?;
        if self
            .group
            .as_ref()
            .is_some_and(|group| group.setup.topic.is_some())
        {
            self.show_that_it_polls(now)?;
            if !self.ensure_coordinator(now, out) {
                return Ok(Progress::Blocked);
            }
            if !self.join_if_needed(now, out)? {
                return Ok(Progress::NotYet);
            }
        }
        self.maybe_auto_commit(now, out);
        Ok(Progress::Ready)
    }

    /// What it reads from now on. Places that stay keep where they are.
    pub(super) fn set_assignment(&mut self, partitions: &Set<TopicPartition>) {
        self.places.retain(|id, _| partitions.contains(id));
        for id in partitions {
            self.places.entry(*id).or_default();
        }
        let places = &self.places;
        self.fetched
            .retain(|fetched| places.contains_key(&fetched.partition()));
        if let Some(group) = &mut self.group {
            group.suspended = false;
            group.stored.retain(|id| partitions.contains(id));
        }
        self.net.want_leaders_of(self.places.keys());
    }

    /// The application's listener is called.
    pub(super) fn tell_change(
        &self,
        change: Change,
        partitions: impl IntoIterator<Item = TopicPartition>,
        out: &mut Effects,
    ) {
        out.note(GroupFact::AssignmentChanged {
            reader: self.id,
            change,
            partitions: partitions.into_iter().collect(),
        });
    }

    /// When the work on the group goes on by itself while a call waits.
    pub(super) fn group_alarm(&self, now: SimTime) -> Option<SimTime> {
        let group = self.group.as_ref()?;
        let look = (group.coordinator.is_none() && !group.looking).then_some(group.look_at);
        let commits = group.commits.next_at(now);
        let queued = group.outbox.iter().map(|(_, _, until)| *until);
        let first = look.into_iter().chain(commits).chain(queued);
        let newer = group.newer.as_ref();
        let looks = newer.and_then(|newer| newer.looks_at());
        let newer = newer.and_then(|newer| newer.next_at());
        first.chain(newer).chain(looks).filter(|at| *at > now).min()
    }
}
