//! Rules of older versions of Kafka. Each of them once lost, doubled or forked records; a scenario may bring it back, to
//! show what the rule of today is for. All are off unless a scenario names them, or a version that had them.

use crate::small::Set;
use serde::{Deserialize, Serialize};

/// The version of brokers and controller.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Era {
    /// What the model is of.
    #[default]
    #[serde(rename = "4.3.1")]
    Now,
    /// KRaft before eligible leader replicas and the frozen high watermark.
    #[serde(rename = "3.6.2")]
    V3_6,
}

impl Era {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Now, Self::V3_6];

    /// The version that stands for it.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::Now => "4.3.1",
            Self::V3_6 => "3.6.2",
        }
    }

    /// The era of a version, if the model has one: of 4.1 and later all are alike here, and of 3.5 and 3.6.
    #[must_use]
    pub fn of(version: &str) -> Option<Self> {
        let mut numbers = version.split('.').map(|part| part.parse::<u32>().ok());
        match (numbers.next()??, numbers.next().flatten()) {
            (4, Some(minor)) if minor >= 1 => Some(Self::Now),
            (3, Some(5 | 6)) => Some(Self::V3_6),
            _ => None,
        }
    }

    /// The older rules that it has.
    #[must_use]
    pub fn rules(self) -> &'static [Rule] {
        match self {
            Self::Now => &[],
            Self::V3_6 => &[
                Rule::HighWatermarkUnderMinIsr,
                Rule::NoEligibleLeaderReplicas,
                Rule::UncleanSettingIgnored,
                Rule::EpochKeptBetweenTransactions,
            ],
        }
    }
}

/// One rule as it once was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A replica that starts to follow cuts its log to its own high watermark (before KIP-101, 0.11).
    TruncateToHighWatermark,
    /// A follower takes the first answer to where its last epoch ends, though the leader may not know that epoch
    /// (before KIP-279, 2.0).
    NoTruncationByOlderEpochs,
    /// Fetches carry no epoch: whoever is asked answers, and counts the fetch as an acknowledgement (before KIP-320, 2.1).
    UnfencedFetches,
    /// A leader counts the ISR that it last heard of, not the one that it asked for (before KIP-497, 2.7).
    CommittedIsrOnly,
    /// A follower may join the ISR before it has reached the start of the leader's epoch (before KAFKA-7128, 2.0).
    JoinBeforeEpochStart,
    /// The controller does not look at a broker's incarnation when a leader wants it in the ISR (before KIP-903, 3.5).
    UncheckedBrokerEpoch,
    /// The controller does not look at which version of the partition a leader's wish was made for.
    UncheckedPartitionEpoch,
    /// The high watermark goes on with an ISR under `min.insync.replicas` (before KAFKA-15583, 3.7).
    HighWatermarkUnderMinIsr,
    /// The controller does not remember who may still lead when the ISR has shrunk (before KIP-966, 4.1).
    NoEligibleLeaderReplicas,
    /// `unclean.leader.election.enable` has no effect (KRaft before 3.8).
    UncleanSettingIgnored,
    /// A leader does not recognise what it has already appended (before KIP-98, 0.11).
    NoDuplicateDetection,
    /// A leader remembers one batch of each producer, not five (before KAFKA-5494, 1.0).
    OneBatchRemembered,
    /// Clients add partitions to transactions, and a producer keeps its epoch from one transaction to the next (before
    /// KIP-890, 4.0: transactions V1).
    EpochKeptBetweenTransactions,
}

impl Rule {
    /// All of them, the oldest protocol first.
    pub const ALL: [Self; 13] = [
        Self::TruncateToHighWatermark,
        Self::NoTruncationByOlderEpochs,
        Self::UnfencedFetches,
        Self::CommittedIsrOnly,
        Self::JoinBeforeEpochStart,
        Self::UncheckedBrokerEpoch,
        Self::UncheckedPartitionEpoch,
        Self::HighWatermarkUnderMinIsr,
        Self::NoEligibleLeaderReplicas,
        Self::UncleanSettingIgnored,
        Self::NoDuplicateDetection,
        Self::OneBatchRemembered,
        Self::EpochKeptBetweenTransactions,
    ];

    /// Its name in a scenario.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TruncateToHighWatermark => "truncate-to-high-watermark",
            Self::NoTruncationByOlderEpochs => "no-truncation-by-older-epochs",
            Self::UnfencedFetches => "unfenced-fetches",
            Self::CommittedIsrOnly => "committed-isr-only",
            Self::JoinBeforeEpochStart => "join-before-epoch-start",
            Self::UncheckedBrokerEpoch => "unchecked-broker-epoch",
            Self::UncheckedPartitionEpoch => "unchecked-partition-epoch",
            Self::HighWatermarkUnderMinIsr => "high-watermark-under-min-isr",
            Self::NoEligibleLeaderReplicas => "no-eligible-leader-replicas",
            Self::UncleanSettingIgnored => "unclean-setting-ignored",
            Self::NoDuplicateDetection => "no-duplicate-detection",
            Self::OneBatchRemembered => "one-batch-remembered",
            Self::EpochKeptBetweenTransactions => "epoch-kept-between-transactions",
        }
    }

    /// The rule of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

/// The rules that hold in a run, for actors to ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rules(u32);

impl Rules {
    /// Those of a version, and some more.
    #[must_use]
    pub fn of(era: Era, more: &Set<Rule>) -> Self {
        let all = era.rules().iter().chain(more);
        Self(all.fold(0, |bits, rule| bits | 1 << (*rule as u32)))
    }

    /// Does this one hold?
    #[must_use]
    pub fn has(self, rule: Rule) -> bool {
        self.0 & (1 << (rule as u32)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_found_by_its_name() {
        for rule in Rule::ALL {
            assert_eq!(Rule::of(rule.name()), Some(rule));
        }
        assert_eq!(Rule::of("truncate"), None);
    }

    #[test]
    fn an_era_has_its_rules_and_its_versions() {
        for (version, era) in [
            ("4.3.1", Some(Era::Now)),
            ("4.1.0", Some(Era::Now)),
            ("4.0.0", None),
            ("3.6.2", Some(Era::V3_6)),
            ("3.6", Some(Era::V3_6)),
            ("3.9.0", None),
            ("", None),
        ] {
            assert_eq!(Era::of(version), era, "{version}");
        }
        for era in Era::ALL {
            assert_eq!(Era::of(era.version()), Some(era));
        }
        let rules = Rules::of(Era::V3_6, &Set::from([Rule::OneBatchRemembered]));
        let held = Rule::ALL.into_iter().filter(|rule| rules.has(*rule));
        assert_eq!(held.count(), 5);
        assert!(!Rules::default().has(Rule::OneBatchRemembered));
    }
}
