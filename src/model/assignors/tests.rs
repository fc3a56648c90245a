//! What the assignors give, by small tables.

use super::super::ids::ClientId;
use super::super::wire::Subscription;
use super::*;

fn id(n: u16) -> MemberId {
    MemberId {
        name: NameRank(n),
        client: ClientId(n),
        nth: 0,
    }
}

fn list(numbers: &[u32]) -> Vec<TopicPartition> {
    let topic = TopicId(0);
    let one = |partition: &u32| TopicPartition {
        topic,
        partition: *partition,
    };
    numbers.iter().map(one).collect()
}

fn member(n: u16, generation: i32, owned: &[u32]) -> JoinedMember {
    JoinedMember {
        member: id(n),
        instance: None,
        subscription: Subscription {
            topic: TopicId(0),
            owned: list(owned),
            generation,
            memory: (generation >= 0).then(|| (generation, list(owned))),
        },
    }
}

fn numbers(assignment: &Assignment) -> Vec<Vec<u32>> {
    let sorted = |list: &Vec<TopicPartition>| {
        let mut numbers: Vec<u32> = list.iter().map(|p| p.partition).collect();
        numbers.sort_unstable();
        numbers
    };
    assignment.values().map(sorted).collect()
}

/// Who had what in which generation, how many partitions there are, and what each gets.
type Case<'a> = (Assignor, &'a [(i32, &'a [u32])], u32, &'a [&'a [u32]]);

#[test]
fn what_the_clients_assignors_give() {
    use Assignor::{CooperativeSticky, Range, RoundRobin, Sticky};
    let fresh: (i32, &[u32]) = (-1, &[]);
    let cases: &[Case] = &[
        (Range, &[fresh, fresh], 3, &[&[0, 1], &[2]]),
        (Range, &[fresh, fresh, fresh], 2, &[&[0], &[1], &[]]),
        (RoundRobin, &[fresh, fresh], 3, &[&[0, 2], &[1]]),
        (Sticky, &[(1, &[0, 1, 2]), fresh], 3, &[&[0, 1], &[2]]),
        (Sticky, &[fresh, (1, &[2])], 3, &[&[0], &[1, 2]]),
        // Who has it must give it away first.
        (CooperativeSticky, &[(1, &[0, 1]), fresh], 2, &[&[0], &[]]),
        (CooperativeSticky, &[(2, &[0]), (2, &[])], 2, &[&[0], &[1]]),
        // An older claim does not count; two of the same age are both void.
        (
            CooperativeSticky,
            &[(3, &[0]), (2, &[0, 1])],
            2,
            &[&[0], &[1]],
        ),
        (CooperativeSticky, &[(2, &[0]), (2, &[0])], 2, &[&[], &[1]]),
    ];
    for (assignor, members, count, expected) in cases {
        let members: Vec<_> = (0..)
            .zip(*members)
            .map(|(n, (generation, owned))| member(n, *generation, owned))
            .collect();
        let counts = Counts::from([(TopicId(0), *count)]);
        let given = assign(*assignor, false, &members, &counts);
        assert_eq!(numbers(&given), *expected, "{assignor:?} {members:?}");
    }
}

#[test]
fn what_sticky_assignors_give_where_another_topic_is_wanted_too() {
    use Assignor::{CooperativeSticky, Sticky};
    let fresh: (i32, &[u32]) = (-1, &[]);
    let cases: &[Case] = &[
        (Sticky, &[fresh, fresh], 3, &[&[0, 2], &[1]]),
        // It is the first that moves, not the last.
        (Sticky, &[(1, &[0, 1, 2]), fresh], 3, &[&[1, 2], &[0]]),
        (Sticky, &[fresh, (1, &[2])], 3, &[&[0, 1], &[2]]),
        // What somebody had in an older generation goes back there.
        (
            Sticky,
            &[(3, &[0, 1, 2]), (3, &[]), (2, &[0])],
            3,
            &[&[2], &[1], &[0]],
        ),
        (
            CooperativeSticky,
            &[(1, &[0, 1, 2]), fresh],
            3,
            &[&[1, 2], &[]],
        ),
    ];
    let mut stranger = member(9, -1, &[]);
    stranger.subscription.topic = TopicId(1);
    for (assignor, members, count, expected) in cases {
        let mut all: Vec<_> = (0..)
            .zip(*members)
            .map(|(n, (generation, owned))| member(n, *generation, owned))
            .collect();
        all.push(stranger.clone());
        let counts = Counts::from([(TopicId(0), *count), (TopicId(1), 1)]);
        let mut given = assign(*assignor, false, &all, &counts);
        assert_eq!(given.remove(&id(9)).map(|one| one.len()), Some(1));
        assert_eq!(numbers(&given), *expected, "{assignor:?} {members:?}");
    }
}

#[test]
fn what_the_coordinators_assignors_give() {
    /// What members own, how many partitions there are, what `uniform` and what `range` give.
    type Case<'a> = (&'a [&'a [u32]], u32, &'a [&'a [u32]], &'a [&'a [u32]]);
    let cases: &[Case<'_>] = &[
        (&[&[0, 1], &[]], 2, &[&[0], &[1]], &[&[0], &[1]]),
        (&[&[0, 1, 2], &[]], 3, &[&[0, 1], &[2]], &[&[0, 1], &[2]]),
        (
            &[&[2], &[0, 1], &[]],
            3,
            &[&[2], &[0], &[1]],
            &[&[0], &[1], &[2]],
        ),
        (&[&[], &[1]], 2, &[&[0], &[1]], &[&[0], &[1]]),
    ];
    for (had, count, evenly, ranges) in cases {
        let members: Vec<_> = (0..)
            .zip(*had)
            .map(|(n, had)| Wanting {
                member: id(n),
                instance: None,
                topic: TopicId(0),
                had: list(had),
            })
            .collect();
        let counts = Counts::from([(TopicId(0), *count)]);
        assert_eq!(numbers(&uniform(&members, &counts)), *evenly, "{had:?}");
        assert_eq!(
            numbers(&broker_range(&members, &counts)),
            *ranges,
            "{had:?}"
        );
    }
}

#[test]
fn what_the_uniform_assignor_gives_where_another_topic_is_wanted_too() {
    /// What members own, how many partitions there are, what each gets.
    type Case<'a> = (&'a [&'a [u32]], u32, &'a [&'a [u32]]);
    let cases: &[Case<'_>] = &[
        (&[&[], &[]], 4, &[&[0, 2], &[1, 3]]),
        // Whoever began with the fewest comes first among equals.
        (&[&[0], &[]], 3, &[&[0], &[1, 2]]),
        // The last of the one with the most goes first.
        (&[&[0, 1, 2, 3], &[]], 4, &[&[0, 1], &[2, 3]]),
        (&[&[], &[0, 1, 2], &[3]], 4, &[&[2], &[0, 1], &[3]]),
    ];
    for (had, count, expected) in cases {
        let wanting = |n, had: &[u32], topic| Wanting {
            member: id(n),
            instance: None,
            topic: TopicId(topic),
            had: list(had),
        };
        let members = (0..).zip(*had).map(|(n, had)| wanting(n, had, 0));
        let mut members: Vec<_> = members.collect();
        members.push(wanting(9, &[], 1));
        let counts = Counts::from([(TopicId(0), *count), (TopicId(1), 1)]);
        let mut given = uniform(&members, &counts);
        assert_eq!(given.remove(&id(9)).map(|one| one.len()), Some(1));
        assert_eq!(numbers(&given), *expected, "{had:?}");
    }
}
