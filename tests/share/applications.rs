//! Any act of an application, and any commit, with names and values that a person would not choose.

use super::arbitrary::{message, names, settings, whole, word};
use ackscope::model::scenario::{
    Act, CommitAct, CommitWhen, CommittedAct, ConnectAct, Death, DiesAt, OnFailure, ProcessAct,
    SendOffsetsAct, StreamsAct, Trouble, WaitWorldAct,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Applications, and the outside world.
pub fn of_applications() -> impl Strategy<Value = Act> {
    let topic = || option::of(names());
    let some = || option::of(whole());
    prop_oneof![
        (
            names(),
            topic(),
            topic(),
            vec(message(), 0..3),
            vec(whole(), 0..3),
            settings(),
            settings()
        )
            .prop_map(|(id, topic, world, source, bootstrap, connector, worker)| {
                Act::Connect(Box::new(ConnectAct {
                    id,
                    topic,
                    world,
                    source,
                    bootstrap,
                    connector,
                    worker,
                }))
            }),
        (
            (names(), names(), topic(), topic(), topic()),
            vec(whole(), 0..3),
            settings()
        )
            .prop_map(
                |((id, application, topic, out, changelog), bootstrap, config)| {
                    Act::Streams(Box::new(StreamsAct {
                        id,
                        application,
                        topic,
                        out,
                        changelog,
                        bootstrap,
                        config,
                    }))
                }
            ),
        (whole(), topic(), some()).prop_map(|(lines, world, timeout_ms)| {
            Act::WaitWorld(Box::new(WaitWorldAct {
                lines,
                world,
                timeout_ms,
            }))
        }),
        topic().prop_map(|world| Act::World { world }),
        names().prop_map(|by| Act::ConnectStatus { by }),
        names().prop_map(|by| Act::KillConnect { by }),
        names().prop_map(|by| Act::StopConnect { by }),
        processing(),
    ]
}

/// Applications that work on what their consumer gets.
fn processing() -> impl Strategy<Value = Act> {
    let topic = || option::of(names());
    let some = || option::of(whole());
    let commit = select(vec![
        CommitWhen::AfterBatch,
        CommitWhen::AfterRecord,
        CommitWhen::BeforeBatch,
        CommitWhen::Auto,
        CommitWhen::Never,
    ]);
    let on_failure = select(vec![
        OnFailure::Crash,
        OnFailure::Close,
        OnFailure::Retry,
        OnFailure::Seek,
        OnFailure::Skip,
        OnFailure::Forward,
    ]);
    let dies = (
        word(),
        select(vec![DiesAt::Received, DiesAt::Done, DiesAt::Emitted]),
    );
    let fails = (word(), some()).prop_map(|(on, times)| Trouble { on, times });
    let who = (names(), names(), topic(), settings(), topic());
    let times = (some(), some(), some(), some());
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let ways = (commit, on_failure, option::of(fails));
    let ends = (topic(), topic(), option::of(dies), vec(whole(), 0..3));
    (who, times, flags, ways, ends).prop_map(
        |(
            (id, group, topic, config, world),
            (takes_ms, backoff_ms, delay_ms, attempts),
            (commit_when_revoked, hand_off, idempotent, outbox),
            (commit, on_failure, fails),
            (forward, emit, dies, bootstrap),
        )| {
            Act::Process(Box::new(ProcessAct {
                id,
                group,
                topic,
                config,
                world,
                takes_ms,
                commit,
                commit_when_revoked,
                hand_off,
                idempotent,
                fails,
                on_failure,
                backoff_ms,
                delay_ms,
                attempts,
                forward,
                emit,
                outbox,
                dies: dies.map(|(on, at)| Death { on, at }),
                bootstrap,
            }))
        },
    )
}

/// What is committed, and what was.
pub fn committing() -> impl Strategy<Value = Act> {
    let topic = || option::of(names());
    let some = || option::of(whole());
    let commit = (names(), topic(), some(), some(), any::<bool>());
    let commit = commit.prop_map(|(by, topic, partition, offset, waits)| {
        let commit = Box::new(CommitAct {
            by,
            topic,
            partition,
            offset,
        });
        if waits {
            Act::CommitSync(commit)
        } else {
            Act::CommitAsync(commit)
        }
    });
    prop_oneof![
        commit,
        (option::of(names()), topic(), topic(), some()).prop_map(
            |(by, group, topic, partition)| {
                Act::Committed(Box::new(CommittedAct {
                    by,
                    group,
                    topic,
                    partition,
                }))
            }
        ),
        (names(), names(), topic(), (some(), some()), any::<bool>()).prop_map(
            |(by, consumer, topic, (partition, offset), without_member)| {
                Act::SendOffsets(Box::new(SendOffsetsAct {
                    by,
                    consumer,
                    topic,
                    partition,
                    offset,
                    without_member,
                }))
            }
        ),
    ]
}
