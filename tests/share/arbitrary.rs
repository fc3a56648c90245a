//! Any scenario, with names and values that a person would not choose.

use super::applications::{committing, of_applications};
use ackscope::model::ids::BrokerId;
use ackscope::model::scenario::{
    AcknowledgeAs, Act, Anchor, Api, Brokers, Condition, ConsumerAct, ElectionKind, Era, Family,
    Fault, FaultKind, FrameFate, Isolation, Names, Phase, PollAct, Rule, Scenario, ShareAckAct,
    ShareConsumerAct, ShareGroupAct, SharePollAct, Trigger, WaitFor,
};
use ackscope::model::small::{Map, Set};
use ackscope::model::text::{Message, Settings, Text, Whole, Word};
use ackscope::model::time::SimDuration;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Words: ordinary ones, ones made of signs that mean something somewhere, and anything at all.
pub fn text() -> impl Strategy<Value = String> {
    let signs: Vec<char> = "():,!-+&=%?#'\"[]{}<>*&|~@`\\ .\n\t\r\u{0}\u{85}\u{2028}\u{feff}é😀1at"
        .chars()
        .collect();
    prop_oneof![
        4 => "[a-z][a-z0-9.-]{0,8}",
        2 => vec(select(signs), 0..12).prop_map(|chars| chars.into_iter().collect::<String>()),
        1 => select(vec!["", "1", "true", "no", "null", "~", "!-", "1e3", "0x1", "v", "do", "brokers", "title", "a: b", "- a"])
            .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

pub fn word() -> impl Strategy<Value = Word> {
    text().prop_map(Word)
}

fn shared() -> impl Strategy<Value = Text> {
    text().prop_map(|text| text.as_str().into())
}

pub fn whole() -> impl Strategy<Value = Whole> {
    any::<u32>().prop_map(Whole)
}

pub fn settings() -> impl Strategy<Value = Settings> {
    let key = prop_oneof![
        3 => select(vec!["acks", "linger.ms", "min.insync.replicas", "compression.type", "broker.session.timeout.ms"])
            .prop_map(str::to_owned),
        1 => text(),
    ];
    btree_map(key, text(), 0..4).prop_map(|all| Settings(all.into_iter().collect()))
}

pub fn names() -> impl Strategy<Value = Word> {
    prop_oneof![3 => select(vec!["t", "p1", "p2", "a.b", "a"]).prop_map(Word::from), 1 => word()]
}

fn family() -> impl Strategy<Value = Family> {
    select(vec![Family::Java, Family::Librdkafka])
}

/// A record's value, with a key or without.
pub fn message() -> impl Strategy<Value = Message> {
    (option::of(shared()), shared()).prop_map(|(key, value)| Message { key, value })
}

fn phase() -> impl Strategy<Value = Phase> {
    select(vec![Phase::Request, Phase::Response])
}

fn api() -> impl Strategy<Value = Api> {
    select(vec![
        Api::Produce,
        Api::Fetch,
        Api::Metadata,
        Api::InitProducerId,
        Api::AlterPartition,
        Api::BrokerRegistration,
        Api::BrokerHeartbeat,
        Api::ListOffsets,
        Api::OffsetForLeaderEpoch,
        Api::ShareFetch,
        Api::ShareAcknowledge,
        Api::ShareGroupHeartbeat,
        Api::ReadShareGroupState,
        Api::WriteShareGroupState,
    ])
}

fn brokers() -> impl Strategy<Value = Brokers> {
    prop_oneof![
        any::<u32>().prop_map(|id| Brokers::one(BrokerId(id))),
        vec(whole(), 0..3).prop_map(|brokers| Brokers {
            broker: None,
            brokers
        }),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let of = (
        option::of(word()),
        option::of(whole()),
        option::of(any::<i64>()),
        option::of(any::<i64>()),
    );
    let sets = (
        option::of(vec(whole(), 0..3)),
        btree_map(whole(), whole(), 0..3).prop_map(Map::from_iter),
    );
    let rest = (
        option::of(whole()),
        option::of(whole()),
        option::of(whole()),
        option::of(whole()),
    );
    (of, sets, rest).prop_map(
        |(
            (topic, partition, leader, not_leader),
            (isr, log_end),
            (fenced, unfenced, high_watermark, timeout_ms),
        )| Condition {
            topic,
            partition,
            leader,
            not_leader,
            isr,
            fenced,
            unfenced,
            log_end,
            high_watermark,
            timeout_ms,
        },
    )
}

fn making() -> impl Strategy<Value = Act> {
    prop_oneof![
        (names(), vec(vec(1u32..9, 0..4), 0..3), settings()).prop_map(|(name, ids, config)| {
            Act::Topic {
                name,
                replicas: ids
                    .into_iter()
                    .map(|ids| ids.into_iter().map(Whole).collect())
                    .collect(),
                config,
            }
        }),
        (
            names(),
            family(),
            vec(whole(), 0..3),
            settings(),
            any::<bool>()
        )
            .prop_map(|(id, family, bootstrap, config, warm)| Act::Producer {
                id,
                family,
                bootstrap,
                config,
                warm
            }),
    ]
}

fn reading() -> impl Strategy<Value = Act> {
    let by = prop_oneof![
        names().prop_map(Names::One),
        vec(names(), 0..3).prop_map(Names::Several)
    ];
    let some = || option::of(whole());
    prop_oneof![
        (
            names(),
            option::of(names()),
            option::of(word()),
            option::of(vec(whole(), 0..3)),
            vec(whole(), 0..3),
            settings(),
            select(vec![Family::Java, Family::Librdkafka])
        )
            .prop_map(|(id, topic, group, assign, bootstrap, config, family)| {
                Act::Consumer(Box::new(ConsumerAct {
                    id,
                    topic,
                    group,
                    assign,
                    bootstrap,
                    config,
                    family,
                }))
            }),
        (by, some(), some(), some(), some(), some()).prop_map(
            |(by, records, calls, idle_ms, timeout_ms, slice_ms)| {
                Act::Poll(Box::new(PollAct {
                    by,
                    records,
                    calls,
                    idle_ms,
                    timeout_ms,
                    slice_ms,
                }))
            }
        ),
        (names(), option::of(names()), some(), whole()).prop_map(
            |(by, topic, partition, offset)| Act::Seek {
                by,
                topic,
                partition,
                offset
            }
        ),
        names().prop_map(|by| Act::Positions { by }),
    ]
}

/// What is done with share groups.
fn of_share_groups() -> impl Strategy<Value = Act> {
    let some = || option::of(whole());
    let kind = select(vec![
        AcknowledgeAs::Accept,
        AcknowledgeAs::Release,
        AcknowledgeAs::Reject,
        AcknowledgeAs::Renew,
    ]);
    prop_oneof![
        (names(), settings()).prop_map(|(group, config)| {
            Act::ShareGroup(Box::new(ShareGroupAct { group, config }))
        }),
        (
            names(),
            names(),
            option::of(names()),
            vec(whole(), 0..3),
            settings()
        )
            .prop_map(|(id, group, topic, bootstrap, config)| {
                Act::ShareConsumer(Box::new(ShareConsumerAct {
                    id,
                    group,
                    topic,
                    bootstrap,
                    config,
                }))
            }),
        (names(), some(), some(), some()).prop_map(|(by, records, idle_ms, timeout_ms)| {
            Act::SharePoll(Box::new(SharePollAct {
                by,
                records,
                idle_ms,
                timeout_ms,
            }))
        }),
        (names(), vec(whole(), 0..3), kind).prop_map(|(by, offsets, kind)| {
            Act::ShareAck(Box::new(ShareAckAct { by, offsets, kind }))
        }),
        names().prop_map(|by| Act::ShareCommit { by }),
    ]
}

/// What is asked of brokers and of the controller.
fn of_the_cluster() -> impl Strategy<Value = Act> {
    let topic = || option::of(names());
    let partition = || option::of(whole());
    let isolation = select(vec![Isolation::ReadUncommitted, Isolation::ReadCommitted]);
    let kind = select(vec![ElectionKind::Preferred, ElectionKind::Unclean]);
    prop_oneof![
        brokers().prop_map(Act::Stop),
        brokers().prop_map(Act::Pause),
        brokers().prop_map(Act::Resume),
        (brokers(), any::<bool>()).prop_map(|(Brokers { broker, brokers }, synced)| {
            Act::PowerCut {
                broker,
                brokers,
                synced,
            }
        }),
        (topic(), partition()).prop_map(|(topic, partition)| Act::Replicas { topic, partition }),
        names().prop_map(|id| Act::DescribeTxn { id }),
        names().prop_map(|by| Act::Init { by }),
        names().prop_map(|by| Act::Begin { by }),
        names().prop_map(|by| Act::CommitTxn { by }),
        names().prop_map(|by| Act::AbortTxn { by }),
        (topic(), partition(), isolation, option::of(whole())).prop_map(
            |(topic, partition, isolation, timeout_ms)| Act::Log {
                topic,
                partition,
                isolation,
                timeout_ms
            }
        ),
        (topic(), kind).prop_map(|(topic, kind)| Act::Elect { topic, kind }),
        (topic(), partition(), any::<i64>()).prop_map(|(topic, partition, before)| {
            Act::DeleteRecords {
                topic,
                partition,
                before,
            }
        }),
        (topic(), 0u32..20).prop_map(|(topic, total)| Act::AddPartitions { topic, total }),
        (topic(), topic()).prop_map(|(topic, name)| Act::DeleteTopic { topic, name }),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let wait = select(vec![WaitFor::Each, WaitFor::All, WaitFor::None]);
    let fate = select(vec![
        FrameFate::Reset,
        FrameFate::Hold,
        FrameFate::Delay,
        FrameFate::Mark,
    ]);
    prop_oneof![
        4 => making(),
        2 => reading(),
        2 => (
            (names(), option::of(names()), option::of(whole()), option::of(shared()), option::of(any::<i64>())),
            (vec(message(), 0..4), wait, any::<u32>()),
        ).prop_map(|((by, topic, partition, key, timestamp), (values, wait, gap_ms))| Act::Send {
            by, topic, partition, key, timestamp, values, wait, gap_ms
        }),
        1 => (names(), option::of(whole())).prop_map(|(by, timeout_ms)| Act::Close { by, timeout_ms }),
        1 => names().prop_map(|by| Act::Flush { by }),
        1 => names().prop_map(|by| Act::Die { by }),
        1 => option::of(whole()).prop_map(|timeout_ms| Act::Await { timeout_ms }),
        1 => condition().prop_map(|condition| Act::Wait(Box::new(condition))),
        1 => any::<u32>().prop_map(|ms| Act::Sleep { ms }),
        1 => brokers().prop_map(Act::Crash),
        1 => brokers().prop_map(Act::Start),
        1 => vec(word(), 0..3).prop_map(|links| Act::Cut { links }),
        1 => vec(word(), 0..3).prop_map(|links| Act::Reset { links }),
        1 => ((word(), word(), api(), phase()), (any::<u32>(), fate, option::of(word()), any::<u32>())).prop_map(
            |((from, to, api, phase), (nth, then, name, delay_ms))| Act::Fault { from, to, api, phase, nth, then, name, delay_ms }
        ),
        1 => word().prop_map(|name| Act::Fired { name }),
        1 => word().prop_map(|name| Act::Release { name }),
        1 => vec(word(), 0..3).prop_map(|links| Act::Heal { links }),
        1 => Just(Act::Unfault),
        3 => of_the_cluster(),
        2 => of_share_groups(),
        2 => of_applications(),
        1 => committing(),
    ]
}

fn duration() -> impl Strategy<Value = SimDuration> {
    (0..366 * 24 * 3600 * 1_000_000u64).prop_map(SimDuration)
}

fn fault() -> impl Strategy<Value = Fault> {
    let message = (api(), phase(), word(), word(), any::<u32>(), duration()).prop_map(
        |(api, phase, from, to, nth, plus)| {
            Trigger::Message(Anchor {
                api,
                phase,
                from,
                to,
                nth,
                plus,
            })
        },
    );
    let when = prop_oneof![message, duration().prop_map(|at| Trigger::At { at })];
    let then = prop_oneof![
        whole().prop_map(FaultKind::Crash),
        whole().prop_map(FaultKind::Start),
        Just(FaultKind::Lose),
    ];
    (when, then).prop_map(|(when, then)| Fault { when, then })
}

/// Any scenario that is within the bounds of `share`.
pub fn scenario() -> impl Strategy<Value = Scenario> {
    (
        text(),
        any::<u64>(),
        (
            select(Era::ALL.to_vec()),
            btree_set(select(Rule::ALL.to_vec()), 0..3).prop_map(Set::from_iter),
        ),
        settings(),
        vec(act(), 0..8),
        vec(fault(), 0..4),
    )
        .prop_map(
            |(title, seed, (kafka, rules), brokers, steps, faults)| Scenario {
                title,
                seed,
                kafka,
                rules,
                brokers,
                steps,
                faults,
            },
        )
}
