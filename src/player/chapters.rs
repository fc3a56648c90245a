//! The chapters of a run: the few instants that tell it, chosen from its observations and its ledger.

use super::words;
use crate::model::cast::Cast;
use crate::model::history::Steps;
use crate::model::ids::{BrokerId, TopicPartition};
use crate::model::observation::{LostBecause, Observation, Sent};
use crate::model::small::{Map, Set, sort_by};
use crate::model::time::SimTime;
use crate::verdict::{Fate, Ledger};

/// No line has more stations.
pub const MOST: usize = 7;

/// One station of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Its instant.
    pub at: SimTime,
    /// Two to four words.
    pub title: String,
}

/// A candidate: the heaviest come onto the line.
struct Candidate {
    weight: u32,
    kind: Kind,
    at: SimTime,
    title: String,
}

/// What happens at a candidate. The line shows many kinds rather than many of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Trouble,
    Refused,
    Crashed,
    Stopped,
    Elected,
    Truncated,
    Cut,
    Lost,
    Failed,
    Recognised,
    Requeued,
    BatchRefused,
    Started,
    Deleted,
    Acknowledged,
    Healed,
    InSync,
    Committed,
    Appended,
}

impl Kind {
    /// How much the first of its kind tells.
    fn weight(self) -> u32 {
        match self {
            Self::Trouble => 100,
            Self::Refused => 95,
            Self::Crashed | Self::Stopped => 90,
            Self::Elected => 85,
            Self::Truncated => 80,
            Self::Cut | Self::Lost => 75,
            Self::Failed => 70,
            Self::Recognised => 65,
            Self::Requeued | Self::BatchRefused => 60,
            Self::Started | Self::Deleted => 55,
            Self::Acknowledged => 50,
            Self::Healed => 45,
            Self::InSync => 35,
            Self::Committed => 30,
            Self::Appended => 25,
        }
    }
}

/// Each further one of the same kind tells so much less.
const LESS_BY_REPETITION: u32 = 28;

/// The chapters of a run, in order of time; at most [`MOST`], never two at one instant.
#[must_use]
pub fn of(cast: &Cast, steps: Steps<'_>, ledger: &Ledger) -> Vec<Chapter> {
    let mut found = Finder {
        cast,
        led: Set::new(),
        crashed: Set::new(),
        frames: Map::new(),
        seen: Map::new(),
        candidates: Vec::new(),
    };
    found.troubles(ledger);
    for step in steps {
        for observation in step.observations {
            found.look_at(step.at, observation);
        }
    }
    chosen(found.candidates)
}

/// The heaviest, one for each instant.
fn chosen(mut candidates: Vec<Candidate>) -> Vec<Chapter> {
    sort_by(&mut candidates, |a, b| {
        b.weight.cmp(&a.weight).then(a.at.cmp(&b.at))
    });
    let mut by_time: Map<SimTime, String> = Map::new();
    for candidate in candidates {
        if by_time.len() == MOST {
            break;
        }
        by_time.entry(candidate.at).or_insert(candidate.title);
    }
    by_time
        .into_iter()
        .map(|(at, title)| Chapter { at, title })
        .collect()
}

struct Finder<'a> {
    cast: &'a Cast,
    led: Set<TopicPartition>,
    crashed: Set<BrokerId>,
    frames: Map<crate::model::ids::MessageId, &'a Sent>,
    seen: Map<Kind, u32>,
    candidates: Vec<Candidate>,
}

impl<'a> Finder<'a> {
    fn add(&mut self, at: SimTime, kind: Kind, title: String) {
        let again = self
            .candidates
            .last()
            .is_some_and(|last| last.kind == kind && last.at == at);
        if again {
            return;
        }
        let times = self.seen.entry(kind).or_default();
        let weight = kind.weight().saturating_sub(*times * LESS_BY_REPETITION);
        *times += 1;
        if weight > 0 {
            self.candidates.push(Candidate {
                weight,
                kind,
                at,
                title,
            });
        }
    }

    fn troubles(&mut self, ledger: &Ledger) {
        for row in &ledger.rows {
            let word = match row.fate() {
                Fate::LostAfterAck | Fate::LostSilently => "lost",
                Fate::ReadThenGone => "read, then gone",
                Fate::Duplicated => "written twice",
                Fate::ProcessedTwice => "processed twice",
                Fate::Skipped => "skipped",
                Fate::OutOfOrder => "out of order",
                Fate::WrittenThoughFailed => "written, yet failed",
                Fate::Refused
                | Fate::Pending
                | Fate::Deleted
                | Fate::HiddenByAbort
                | Fate::DeliveredOnce => continue,
            };
            if let Some(at) = row.decided_at {
                self.add(
                    at,
                    Kind::Trouble,
                    format!("{} {word}", self.cast.value(row.record)),
                );
            }
        }
    }

    fn look_at(&mut self, at: SimTime, observation: &'a Observation) {
        if let Observation::MessageSent(sent) = observation {
            self.frames.insert(sent.message, sent);
            return;
        }
        if let Some((kind, title)) = self
            .of_cluster(observation)
            .or_else(|| self.of_records(observation))
        {
            self.add(at, kind, title);
        }
    }

    fn of_cluster(&mut self, observation: &Observation) -> Option<(Kind, String)> {
        use Observation as O;
        let broker = |id: &BrokerId| format!("Broker\u{a0}{id}");
        Some(match observation {
            O::ClientRefused { client } => {
                let name = self.cast.producers.get(usize::from(client.0))?;
                (Kind::Refused, format!("{name} refused"))
            }
            O::BrokerCrashed { broker: id } => {
                self.crashed.insert(*id);
                (Kind::Crashed, format!("{} crashes", broker(id)))
            }
            O::BrokerStopped { broker: id } => {
                self.crashed.insert(*id);
                (Kind::Stopped, format!("{} stops", broker(id)))
            }
            O::BrokerPaused { broker: id } => (Kind::Stopped, format!("{} pauses", broker(id))),
            O::BrokerResumed { broker: id } => (Kind::Started, format!("{} goes on", broker(id))),
            O::LogStartMoved { to, .. } => (Kind::Deleted, format!("Deleted below {to}")),
            O::BrokerStarted { broker: id } if self.crashed.contains(id) => {
                (Kind::Started, format!("{} returns", broker(id)))
            }
            O::LeaderElected {
                partition,
                leader,
                unclean,
                ..
            } => {
                if self.led.insert(*partition) {
                    return None;
                }
                let title = match leader {
                    Some(id) if *unclean => format!("{} leads, unclean", broker(id)),
                    Some(id) => format!("{} leads", broker(id)),
                    None => "No leader".to_owned(),
                };
                (Kind::Elected, title)
            }
            O::InSyncReplicasChanged { isr, .. } if !self.led.is_empty() => {
                let members: Vec<String> = isr.iter().map(BrokerId::to_string).collect();
                (Kind::InSync, format!("In sync: {}", members.join(", ")))
            }
            O::LinkCut { .. } => (Kind::Cut, "Links cut".to_owned()),
            O::LinkHealed { .. } => (Kind::Healed, "Links healed".to_owned()),
            O::MessageLost {
                message,
                because: LostBecause::Fault,
            } => {
                let sent = self.frames.get(message)?;
                (
                    Kind::Lost,
                    format!("{} lost", words::message(sent.api, sent.phase)),
                )
            }
            _ => return None,
        })
    }

    fn of_records(&self, observation: &Observation) -> Option<(Kind, String)> {
        use Observation as O;
        let of = |kind, records: &[_], word: &str| {
            (!records.is_empty()).then(|| {
                (
                    kind,
                    format!("{} {word}", words::records(self.cast, records)),
                )
            })
        };
        match observation {
            O::RecordAcknowledged { record, .. } => {
                of(Kind::Acknowledged, &[*record], "acknowledged")
            }
            O::RecordFailed { record, .. } => of(Kind::Failed, &[*record], "fails"),
            O::BatchAppended { records, .. } => of(Kind::Appended, records, "written"),
            O::DuplicateRecognised { records, .. } => of(Kind::Recognised, records, "recognised"),
            O::BatchRefused { records, .. } => of(Kind::BatchRefused, records, "refused"),
            O::BatchRequeued { records, .. } => of(Kind::Requeued, records, "sent again"),
            O::UnflushedLost { records, .. } => of(Kind::Truncated, records, "not on disk"),
            O::LogTruncated { records, .. } => of(Kind::Truncated, records, "truncated"),
            O::HighWatermarkAdvanced { to, .. } => {
                Some((Kind::Committed, format!("Committed up to {to}")))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::History;
    use crate::model::ids::{LeaderEpoch, Offset, RecordId, TopicId};
    use crate::model::scenario::Scenario;

    const HERE: TopicPartition = TopicPartition {
        topic: TopicId(0),
        partition: 0,
    };

    fn elected(leader: u32) -> Observation {
        Observation::LeaderElected {
            partition: HERE,
            leader: Some(BrokerId(leader)),
            leader_epoch: LeaderEpoch(0),
            unclean: false,
        }
    }

    fn titles(of_run: Vec<(u64, Observation)>) -> Vec<(u64, String)> {
        let cast = Cast {
            sends: Vec::new(),
            ..Cast::of(&Scenario::default())
        };
        let step = |(at, observation)| (SimTime(at), vec![observation]);
        let history = History::of(of_run.into_iter().map(step).collect());
        of(&cast, history.steps(), &Ledger::default())
            .into_iter()
            .map(|chapter| (chapter.at.0, chapter.title))
            .collect()
    }

    #[test]
    fn the_first_election_and_the_first_start_are_no_chapters() {
        let run = vec![
            (
                0,
                Observation::BrokerStarted {
                    broker: BrokerId(1),
                },
            ),
            (1, elected(1)),
            (
                5,
                Observation::BrokerCrashed {
                    broker: BrokerId(1),
                },
            ),
            (9, elected(2)),
            (
                12,
                Observation::BrokerStarted {
                    broker: BrokerId(1),
                },
            ),
        ];
        assert_eq!(
            titles(run),
            [
                (5, "Broker\u{a0}1 crashes".to_owned()),
                (9, "Broker\u{a0}2 leads".to_owned()),
                (12, "Broker\u{a0}1 returns".to_owned()),
            ]
        );
    }

    #[test]
    fn many_of_one_kind_do_not_push_out_the_others() {
        let mut run: Vec<(u64, Observation)> = (0..20)
            .map(|at| {
                (
                    at,
                    Observation::HighWatermarkAdvanced {
                        broker: BrokerId(1),
                        partition: HERE,
                        to: Offset(at),
                    },
                )
            })
            .collect();
        run.push((
            30,
            Observation::BrokerCrashed {
                broker: BrokerId(2),
            },
        ));
        let found = titles(run);
        assert_eq!(found.first().map(|first| first.0), Some(0));
        assert_eq!(
            found.last(),
            Some(&(30, "Broker\u{a0}2 crashes".to_owned()))
        );
        assert!(found.len() <= MOST);
    }

    #[test]
    fn one_instant_is_one_chapter() {
        let appended = Observation::BatchAppended {
            broker: BrokerId(1),
            partition: HERE,
            base_offset: Offset(0),
            leader_epoch: LeaderEpoch(0),
            records: [RecordId(0)].into_iter().collect(),
        };
        let run = vec![
            (7, appended),
            (
                7,
                Observation::BrokerCrashed {
                    broker: BrokerId(2),
                },
            ),
        ];
        assert_eq!(titles(run), [(7, "Broker\u{a0}2 crashes".to_owned())]);
    }
}
