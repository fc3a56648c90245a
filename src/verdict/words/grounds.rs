//! On what the moments of an answer rest: settings, and where Kafka says or does so.

use super::Speaker;
use crate::model::config::{Owner, setting_of};
use crate::verdict::why::{Link, Part};

impl Speaker<'_> {
    /// The setting that made a moment so, with its value (`acks=1`), and where Kafka says or does so.
    #[must_use]
    pub fn rests_on(&self, link: &Link) -> Option<(Option<String>, &'static str)> {
        let (setting, source) = grounds(link.part)?;
        Some((setting.map(|setting| self.setting(setting)), source))
    }

    /// What is written, else Kafka's default.
    fn setting(&self, (owner, key): (Owner, &str)) -> String {
        let scenario = self.trace.scenario();
        let send = self.cast.sends.get(self.record.0 as usize);
        let name = |names: &'_ [String], at: u16| names.get(usize::from(at)).cloned();
        let settings = match (owner, send) {
            (Owner::Producer, Some(send)) => name(&self.cast.producers, send.producer.0)
                .and_then(|name| scenario.producer(&name)),
            (Owner::Topic, Some(send)) => {
                name(&self.cast.topics, send.topic.0).and_then(|name| scenario.topic(&name))
            }
            _ => return key.to_owned(),
        };
        let written = settings.and_then(|settings| settings.get(key));
        let of_brokers = scenario.brokers.get(key).filter(|_| owner == Owner::Topic);
        let usual = setting_of(owner, key).map_or("", |setting| setting.default);
        format!("{key}={}", written.or(of_brokers).unwrap_or(usual))
    }
}

/// The setting that made a moment so, and where Kafka says or does so; none where no setting has a say.
fn grounds(part: Part) -> Option<(Option<(Owner, &'static str)>, &'static str)> {
    use Owner::{Consumer, Producer, Topic};
    Some(match part {
        Part::Acknowledged => (Some((Producer, "acks")), "ReplicaManager.appendRecords"),
        Part::AppendedAgain => (Some((Producer, "enable.idempotence")), "KIP-98"),
        Part::Recognised => (Some((Producer, "enable.idempotence")), "KIP-98"),
        Part::Overtaken => (
            Some((Producer, "max.in.flight.requests.per.connection")),
            "RecordAccumulator.reenqueue",
        ),
        Part::Requeued => (Some((Producer, "retries")), "Sender.completeBatch"),
        Part::Expired => (Some((Producer, "delivery.timeout.ms")), "KIP-91"),
        Part::TimedOut => (
            Some((Producer, "request.timeout.ms")),
            "NetworkClient.handleTimedOutRequests",
        ),
        Part::Refused | Part::IsrShrank => (
            Some((Topic, "min.insync.replicas")),
            "Partition.appendRecordsToLeader",
        ),
        Part::ElectedWithout | Part::NoLeader => (
            Some((Topic, "unclean.leader.election.enable")),
            "KIP-966, PartitionChangeBuilder",
        ),
        Part::PowerTook => (Some((Topic, "flush.messages")), "LogConfig.flushInterval"),
        Part::Truncated => (None, "KIP-101, KIP-279"),
        Part::EpochBumped => (None, "KIP-360, KAFKA-14034"),
        Part::CommittedPast | Part::CommittedShort => (
            Some((Consumer, "enable.auto.commit")),
            "ConsumerCoordinator.maybeAutoCommitOffsetsAsync",
        ),
        Part::PositionReset => (
            Some((Consumer, "auto.offset.reset")),
            "OffsetFetcher.resetPositionsIfNeeded",
        ),
        Part::WentBack => (None, "KIP-320"),
        Part::MemberLeft => (
            Some((Consumer, "session.timeout.ms")),
            "GroupMetadataManager",
        ),
        Part::CommitFailed => (None, "OffsetMetadataManager.validateOffsetCommit"),
        Part::Marked | Part::Aborting => (Some((Consumer, "isolation.level")), "KIP-98"),
        Part::Deleted => (
            Some((Topic, "retention.ms")),
            "UnifiedLog.deleteOldSegments",
        ),
        Part::Released => (None, "KIP-932"),
        Part::Fenced => (None, "KIP-631"),
        _ => return None,
    })
}
