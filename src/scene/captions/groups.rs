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
            F::ProtocolChanged { group, newer } => {
                let group = self.group(*group);
                match newer {
                    true => format!("Group {group} goes over to the newer protocol."),
                    false => format!(
                        "Group {group} is a classic group again: nobody in it speaks the newer protocol."
                    ),
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

#[cfg(test)]
mod tests {
    use super::super::{caption, is_silent};
    use super::*;
    use crate::model::cast::Cast;
    use crate::model::ids::{ClientId, TopicId};
    use crate::model::wire::{ErrorCode, ReadError};

    const C1: ClientId = ClientId(0);
    const G: GroupId = GroupId(0);

    fn place(partition: u32) -> TopicPartition {
        let topic = TopicId(0);
        TopicPartition { topic, partition }
    }

    fn left(because: LeftBecause) -> GroupFact {
        let (group, member) = (G, C1);
        GroupFact::MemberLeft {
            group,
            member,
            because,
        }
    }

    fn changed(change: Change, partitions: &[u32]) -> GroupFact {
        GroupFact::AssignmentChanged {
            reader: C1,
            change,
            partitions: partitions.iter().copied().map(place).collect(),
        }
    }

    fn began(members: &[ClientId]) -> GroupFact {
        GroupFact::GenerationBegan {
            group: G,
            generation: 3,
            members: members.to_vec(),
        }
    }

    fn returned(error: Option<ReadError>) -> GroupFact {
        let (reader, act) = (C1, None);
        GroupFact::CommitReturned { reader, act, error }
    }

    #[test]
    fn each_fact_has_its_sentence() {
        let cast = Cast {
            consumers: vec!["c1".to_owned(), "c2".to_owned()],
            groups: vec!["g".to_owned()],
            topics: vec!["t".to_owned()],
            ..Cast::default()
        };
        let facts = [
            (
                GroupFact::OffsetsCommitted {
                    group: G,
                    client: C1,
                    offsets: vec![(place(0), Offset(4)), (place(1), Offset(2))],
                },
                "Group g is at 4 of t-0, 2 of t-1.",
            ),
            (
                GroupFact::OffsetsRefused {
                    group: G,
                    client: C1,
                    error: ErrorCode::IllegalGeneration,
                },
                "Group g refused what c1 committed: ILLEGAL_GENERATION.",
            ),
            (began(&[C1, ClientId(1)]), "Group g, generation 3: c1, c2."),
            (began(&[]), "Group g, generation 3: nobody in it."),
            (left(LeftBecause::Left), "c1 left group g."),
            (
                left(LeftBecause::Silent),
                "Group g heard nothing of c1 for a session: it is out.",
            ),
            (
                left(LeftBecause::Slow),
                "c1 was too slow to give away partitions: it is out of group g.",
            ),
            (changed(Change::Assigned, &[0, 1]), "c1 was given t-0, t-1."),
            (changed(Change::Assigned, &[]), "c1 was given nothing."),
            (changed(Change::Revoked, &[1]), "c1 gave away t-1."),
            (changed(Change::Lost, &[0]), "c1 lost t-0."),
            (returned(None), "A commit of c1 was done."),
            (
                returned(Some(ReadError::CommitFailed)),
                "A commit of c1 failed with CommitFailedException.",
            ),
        ];
        for (fact, sentence) in facts {
            let observation = Observation::from(fact);
            assert_eq!(caption(&cast, &observation).as_deref(), Some(sentence));
            assert!(!is_silent(&observation), "{sentence}");
        }
        let told = Observation::from(GroupFact::CommittedTold {
            offsets: vec![(place(0), Some(Offset(1)))],
        });
        assert_eq!(caption(&cast, &told), None);
        assert!(is_silent(&told));
    }
}
