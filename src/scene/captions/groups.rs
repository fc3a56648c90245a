//! Sentences of groups.

use super::Words;
use crate::model::ids::{GroupId, Offset, TopicPartition};
use crate::model::observation::{Change, GroupFact, LeftBecause, Observation};

impl Words<'_> {
    /// Who is in a group, who has what, how far it is.
    pub(super) fn of_groups(&self, observation: &Observation) -> Option<String> {
        use GroupFact as F;
        let Observation::Group(fact) = observation else {
            return None;
        };
        Some(match fact {
            F::OffsetsCommitted { group, offsets, .. } => {
                format!(
                    "Group {} is at {}.",
                    self.group(*group),
                    self.offsets(offsets)
                )
            }
            F::OffsetsRefused {
                group,
                client,
                error,
            } => format!(
                "Group {} refused what {} committed: {}.",
                self.group(*group),
                self.client(*client),
                error.constant()
            ),
            F::GenerationBegan {
                group,
                generation,
                members,
            } => {
                let names: Vec<_> = members.iter().map(|id| self.client(*id)).collect();
                let who = match names.as_slice() {
                    [] => "nobody in it".to_owned(),
                    names => names.join(", "),
                };
                format!(
                    "Group {}, generation {generation}: {who}.",
                    self.group(*group)
                )
            }
            F::MemberLeft {
                group,
                member,
                because,
            } => {
                let (who, group) = (self.client(*member), self.group(*group));
                match because {
                    LeftBecause::Left => format!("{who} left group {group}."),
                    LeftBecause::Silent => {
                        format!("Group {group} heard nothing of {who} for a session: it is out.")
                    }
                    LeftBecause::Slow => {
                        format!(
                            "{who} was too slow to give away partitions: it is out of group {group}."
                        )
                    }
                }
            }
            other => return self.of_members(other),
        })
    }

    /// What the members hear.
    fn of_members(&self, fact: &GroupFact) -> Option<String> {
        use GroupFact as F;
        Some(match fact {
            F::AssignmentChanged {
                reader,
                change,
                partitions,
            } => {
                let list: Vec<_> = partitions.iter().map(|id| self.partition(*id)).collect();
                let list = match list.as_slice() {
                    [] => "nothing".to_owned(),
                    list => list.join(", "),
                };
                let what = match change {
                    Change::Assigned => "was given",
                    Change::Revoked => "gave away",
                    Change::Lost => "lost",
                };
                format!("{} {what} {list}.", self.client(*reader))
            }
            F::CommitReturned { reader, error, .. } => {
                let who = self.client(*reader);
                match error {
                    None => format!("A commit of {who} was done."),
                    Some(error) => format!("A commit of {who} failed with {}.", error.exception()),
                }
            }
            _ => return None,
        })
    }

    fn group(&self, id: GroupId) -> String {
        let name = self.cast.groups.get(usize::from(id.0));
        name.cloned().unwrap_or_default()
    }

    fn offsets(&self, offsets: &[(TopicPartition, Offset)]) -> String {
        let one = |(partition, offset): &(TopicPartition, Offset)| {
            format!("{offset} of {}", self.partition(*partition))
        };
        offsets.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}
