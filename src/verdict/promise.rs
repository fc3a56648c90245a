//! What settings promise: for each guarantee and each who writes or reads, under which conditions (`kafka-facts.md` 9.11).
//! A promise is kept while all its conditions are met; where one is not, what breaks it lies outside of it.

use super::terms::{Audience, Habit, Terms, Writer};
use crate::model::ids::{ClientId, GroupId, TopicId};

/// What can be promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guarantee {
    /// What is sent gets there, and what is there is given to each group.
    Delivery,
    /// No more than once.
    Duplication,
    /// In the order in which it was sent, within a partition.
    Order,
    /// What was acknowledged stays.
    Durability,
    /// Readers see nothing that will not have been.
    Isolation,
}

impl Guarantee {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Delivery,
        Self::Duplication,
        Self::Order,
        Self::Durability,
        Self::Isolation,
    ];

    /// The word in `--json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Duplication => "duplication",
            Self::Order => "order",
            Self::Durability => "durability",
            Self::Isolation => "isolation",
        }
    }
}

/// Whom a promise is made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Who writes to a topic.
    Writer(ClientId, TopicId),
    /// A group that reads one.
    Group(GroupId, TopicId),
    /// A consumer without a group that does.
    Reader(ClientId, TopicId),
}

impl Subject {
    /// The topic.
    #[must_use]
    pub fn topic(self) -> TopicId {
        match self {
            Self::Writer(_, topic) | Self::Group(_, topic) | Self::Reader(_, topic) => topic,
        }
    }
}

/// Which promise it is: the settings that make it. The words are the form in `--json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// `acks=0`: handed to the socket, and nothing more is known.
    FireAndForget,
    /// Sent once, and the outcome is told (`retries=0`).
    SentOnce,
    /// Sent again until `delivery.timeout.ms` ends.
    SentUntilAcknowledged,
    /// A batch is never sent again, so it is never written again.
    NeverTwice,
    /// A batch that comes again is recognised (`enable.idempotence`).
    Recognised,
    /// A batch that comes again is written again.
    WrittenAgain,
    /// A source is read again from where it was last noted to be: what was written since is written again.
    ReadAgain,
    /// Sequence numbers keep the order, with up to five requests in flight.
    OrderBySequence,
    /// One request in flight keeps the order.
    OrderByOneInFlight,
    /// What is sent again can come behind what was sent later.
    OrderUnlessAgain,
    /// `acks=0`: the order of one connection.
    OrderOfConnection,
    /// The leader alone has it (`acks=1`).
    OnLeader,
    /// Every replica in sync has it, and that may be the leader alone.
    OnWhoIsInSync,
    /// At least `min.insync.replicas` have it (`acks=all`).
    OnSeveral,
    /// The script polls: what was polled was delivered.
    Polled,
    /// Work first, then progress: at least once.
    WorkThenProgress,
    /// Progress can come before work: at most once.
    ProgressThenWork,
    /// Progress and output in one transaction: exactly once.
    OneTransaction,
    /// Single records are handed out until they are accepted or given up (KIP-932).
    HandedOut,
    /// Doing it again changes nothing.
    IdempotentWork,
    /// Readers see what is below the high watermark.
    BelowHighWatermark,
    /// `read_committed`: nothing of an open or aborted transaction, either.
    CommittedOnly,
    /// `read_uncommitted`: of transactions everything, whatever becomes of them.
    Everything,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::FireAndForget,
        Self::SentOnce,
        Self::SentUntilAcknowledged,
        Self::NeverTwice,
        Self::Recognised,
        Self::WrittenAgain,
        Self::ReadAgain,
        Self::OrderBySequence,
        Self::OrderByOneInFlight,
        Self::OrderUnlessAgain,
        Self::OrderOfConnection,
        Self::OnLeader,
        Self::OnWhoIsInSync,
        Self::OnSeveral,
        Self::Polled,
        Self::WorkThenProgress,
        Self::ProgressThenWork,
        Self::OneTransaction,
        Self::HandedOut,
        Self::IdempotentWork,
        Self::BelowHighWatermark,
        Self::CommittedOnly,
        Self::Everything,
    ];

    /// Where Kafka says or does so: a KIP, or a class of Kafka's.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::FireAndForget | Self::OrderOfConnection => {
                "NetworkClient.doSend, Sender.sendProduceRequest"
            }
            Self::SentOnce | Self::NeverTwice => "Sender.canRetry",
            Self::SentUntilAcknowledged => "KIP-91",
            Self::Recognised => "KIP-98, ProducerStateEntry.findDuplicateBatch",
            Self::WrittenAgain => "Sender.completeBatch",
            Self::ReadAgain => "SourceTaskOffsetCommitter",
            Self::OrderBySequence => "KIP-98, KAFKA-5494",
            Self::OrderByOneInFlight => "RecordAccumulator.mutePartition",
            Self::OrderUnlessAgain => "RecordAccumulator.reenqueue",
            Self::OnLeader => "ReplicaManager.delayedProduceRequestRequired",
            Self::OnWhoIsInSync | Self::OnSeveral => "Partition.maybeIncrementLeaderHW, KIP-966",
            Self::Polled => "KafkaConsumer.poll",
            Self::WorkThenProgress => "ConsumerCoordinator.commitOffsetsSync",
            Self::ProgressThenWork => "ConsumerCoordinator.maybeAutoCommitOffsetsAsync",
            Self::OneTransaction => "KIP-447",
            Self::HandedOut => "KIP-932",
            Self::IdempotentWork => "the application",
            Self::BelowHighWatermark => "UnifiedLog.fetchOffsetSnapshot",
            Self::CommittedOnly | Self::Everything => "KIP-98, UnifiedLog.lastStableOffset",
        }
    }
}

/// What a promise is made under. A run can be asked whether it met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// Nothing is promised.
    Unpromised,
    /// No rules of older times.
    RulesOfToday,
    /// Each send has its outcome before its time is up: none is told to have failed.
    InTime,
    /// No request of the producer is sent again.
    SentOnce,
    /// The producer keeps its epoch: no batch was given up while its outcome was unknown (KAFKA-14034).
    SameEpoch,
    /// No connection of the producer breaks.
    Connected,
    /// The leader stays.
    LeaderStays,
    /// No broker with a replica loses what it had not forced to disk.
    PowerStays,
    /// Fewer than so many of the brokers with a replica go down uncleanly, or what they had not forced to disk survives.
    FewerUnclean(u32),
    /// No replica that is out of sync is made leader.
    CleanElections,
    /// The log keeps its beginning.
    NothingDeleted,
    /// Nobody but the group's work moves its progress: no reset, no seek, no offset that is committed by hand.
    ProgressByWork,
    /// No member dies, leaves, or loses partitions with work that is not noted, and each commit is taken.
    Undisturbed,
    /// No record is given up: rejected, tried too often, or left out.
    NoneGivenUp,
    /// No transaction is aborted.
    NoneAborted,
}

/// One promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Of what.
    pub guarantee: Guarantee,
    /// To whom.
    pub subject: Subject,
    /// By which settings.
    pub rule: Rule,
    /// It holds while all of them are met.
    pub conditions: Vec<Condition>,
    /// How many replicas have what was acknowledged at least, and how many there are.
    pub kept: (u32, u32),
}

impl Promise {
    /// True if nothing is promised.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conditions.contains(&Condition::Unpromised)
    }
}

/// All promises of a scenario, those of a writer or reader together.
#[must_use]
pub fn promises(terms: &Terms) -> Vec<Promise> {
    let writers = terms.writers.iter().flat_map(of_writer);
    writers
        .chain(terms.audiences.iter().flat_map(of_audience))
        .collect()
}

fn of_writer(writer: &Writer) -> [Promise; 4] {
    use Guarantee::{Delivery, Duplication, Durability, Order};
    let promise = |guarantee, (rule, conditions): (Rule, Vec<Condition>)| {
        let mut all = Vec::new();
        if writer.keeping.older {
            all.push(Condition::RulesOfToday);
        }
        all.extend(conditions);
        Promise {
            guarantee,
            subject: Subject::Writer(writer.producer, writer.topic),
            rule,
            conditions: all,
            kept: (writer.keeping.kept, writer.keeping.replicas),
        }
    };
    [
        promise(Delivery, delivery(writer)),
        promise(Duplication, duplication(writer)),
        promise(Order, order(writer)),
        promise(Durability, durability(writer)),
    ]
}

fn delivery(writer: &Writer) -> (Rule, Vec<Condition>) {
    match (writer.acks, writer.retries) {
        (0, _) => (Rule::FireAndForget, vec![Condition::Unpromised]),
        (_, false) => (Rule::SentOnce, vec![Condition::InTime]),
        (_, true) => (Rule::SentUntilAcknowledged, vec![Condition::InTime]),
    }
}

fn duplication(writer: &Writer) -> (Rule, Vec<Condition>) {
    if writer.source {
        return match (writer.transactional, writer.idempotent) {
            (true, _) => (Rule::OneTransaction, staying(writer.keeping)),
            (_, true) => (
                Rule::ReadAgain,
                vec![Condition::Undisturbed, Condition::SameEpoch],
            ),
            (_, false) => (
                Rule::ReadAgain,
                vec![Condition::Undisturbed, Condition::SentOnce],
            ),
        };
    }
    match (writer.acks, writer.retries, writer.idempotent) {
        (0, ..) | (_, false, _) => (Rule::NeverTwice, Vec::new()),
        (_, _, true) => (Rule::Recognised, vec![Condition::SameEpoch]),
        (_, _, false) => (Rule::WrittenAgain, vec![Condition::SentOnce]),
    }
}

fn order(writer: &Writer) -> (Rule, Vec<Condition>) {
    let (rule, mut conditions) = order_of_sends(writer);
    if writer.source {
        // What is read again comes behind what was read meanwhile.
        conditions.insert(0, Condition::Undisturbed);
    }
    (rule, conditions)
}

fn order_of_sends(writer: &Writer) -> (Rule, Vec<Condition>) {
    match writer {
        Writer { acks: 0, .. } => (Rule::OrderOfConnection, vec![Condition::Connected]),
        Writer {
            idempotent: true, ..
        } => (Rule::OrderBySequence, vec![Condition::SameEpoch]),
        Writer {
            several_in_flight: false,
            ..
        } => (Rule::OrderByOneInFlight, vec![Condition::InTime]),
        Writer { retries: false, .. } => (Rule::OrderUnlessAgain, vec![Condition::InTime]),
        _ => (Rule::OrderUnlessAgain, vec![Condition::SentOnce]),
    }
}

fn durability(writer: &Writer) -> (Rule, Vec<Condition>) {
    let keeping = &writer.keeping;
    match writer.acks {
        0 => (Rule::FireAndForget, vec![Condition::Unpromised]),
        1 => {
            let conditions = vec![Condition::LeaderStays, Condition::PowerStays];
            (Rule::OnLeader, conditions)
        }
        _ => {
            let rule = if keeping.kept > 1 {
                Rule::OnSeveral
            } else {
                Rule::OnWhoIsInSync
            };
            (rule, staying(writer.keeping))
        }
    }
}

/// Under what stays what all in-sync replicas have.
fn staying(keeping: super::terms::Keeping) -> Vec<Condition> {
    let mut conditions = vec![match (keeping.kept, keeping.eligible) {
        (kept @ 2.., true) => Condition::FewerUnclean(kept),
        _ => Condition::PowerStays,
    }];
    if keeping.unclean {
        conditions.push(Condition::CleanElections);
    }
    conditions
}

fn of_audience(audience: &Audience) -> Vec<Promise> {
    let subject = match (audience.group, audience.members.first()) {
        (Some(group), _) => Subject::Group(group, audience.topic),
        (None, Some(reader)) => Subject::Reader(*reader, audience.topic),
        (None, None) => return Vec::new(),
    };
    let keeping = audience.keeping;
    let promise = |guarantee, rule, conditions: Vec<Condition>| Promise {
        guarantee,
        subject,
        rule,
        conditions,
        kept: (keeping.kept, keeping.replicas),
    };
    let mut all = vec![promise(
        Guarantee::Isolation,
        seen(audience),
        seeing(audience),
    )];
    if audience.group.is_some() {
        let (rule, conditions) = given(audience);
        all.insert(0, promise(Guarantee::Delivery, rule, conditions));
        let (rule, conditions) = given_once(audience);
        all.insert(1, promise(Guarantee::Duplication, rule, conditions));
    }
    all
}

fn seen(audience: &Audience) -> Rule {
    match (audience.transactions, audience.committed_only) {
        (false, _) => Rule::BelowHighWatermark,
        (true, true) => Rule::CommittedOnly,
        (true, false) => Rule::Everything,
    }
}

fn seeing(audience: &Audience) -> Vec<Condition> {
    let mut conditions = staying(audience.keeping);
    if audience.keeping.older {
        conditions.insert(0, Condition::RulesOfToday);
    }
    if seen(audience) == Rule::Everything {
        conditions.push(Condition::NoneAborted);
    }
    conditions
}

/// A group is given each record.
fn given(audience: &Audience) -> (Rule, Vec<Condition>) {
    let mut conditions = vec![Condition::NothingDeleted, Condition::ProgressByWork];
    conditions.extend(staying(audience.keeping));
    let rule = match audience.habit {
        Habit::Polls => Rule::Polled,
        Habit::WorksFirst => Rule::WorkThenProgress,
        Habit::Atomic => Rule::OneTransaction,
        Habit::NotesFirst => {
            conditions.insert(0, Condition::Undisturbed);
            Rule::ProgressThenWork
        }
        Habit::Shares => Rule::HandedOut,
    };
    if audience.gives_up {
        conditions.push(Condition::NoneGivenUp);
    }
    (rule, conditions)
}

/// A group is given each record once, or acts on it once.
fn given_once(audience: &Audience) -> (Rule, Vec<Condition>) {
    if audience.idempotent {
        return (Rule::IdempotentWork, Vec::new());
    }
    let rule = match audience.habit {
        Habit::Polls => Rule::Polled,
        Habit::WorksFirst => Rule::WorkThenProgress,
        Habit::NotesFirst => Rule::ProgressThenWork,
        Habit::Atomic => return (Rule::OneTransaction, staying(audience.keeping)),
        Habit::Shares => Rule::HandedOut,
    };
    let mut conditions = vec![Condition::Undisturbed, Condition::ProgressByWork];
    conditions.extend(staying(audience.keeping));
    (rule, conditions)
}
