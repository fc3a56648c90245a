//! One sentence for each observation, and the sentences of a whole run.

use super::{caption, is_silent};
use crate::model::cast::{Cast, SendCall};
use crate::model::ids::{
    BrokerId, ClientId, GroupId, LeaderEpoch, MessageId, NodeId, Offset, ProducerEpoch, RecordId,
    TopicId, TopicPartition,
};
use crate::model::observation::{AppFact, Delivery, DeliveryStep, Read, ShareFact};
use crate::model::observation::{LostBecause, Observation as O};
use crate::model::record::Records;
use crate::model::time::SimTime;
use crate::model::wire::{ClientError, ErrorCode, ReadError};

/// One producer and one topic; each value goes to the partition beside it.
fn cast(sends: &[(&str, u32)]) -> Cast {
    let sends = (0..)
        .zip(sends)
        .map(|(number, (value, partition))| SendCall {
            record: RecordId(number),
            value: (*value).into(),
            key: None,
            timestamp: None,
            producer: P1,
            topic: TopicId(0),
            partition: Some(*partition),
            act: 0,
        });
    Cast {
        producers: vec!["p1".to_owned()],
        consumers: vec!["c1".to_owned()],
        groups: vec!["g".to_owned()],
        topics: vec!["payments".to_owned()],
        member_names: Vec::new(),
        transactional_ids: Vec::new(),
        brokers: vec![BROKER],
        sends: sends.collect(),
        ..Cast::default()
    }
}

const P1: ClientId = ClientId(0);
const C1: ClientId = ClientId(1);
const BROKER: BrokerId = BrokerId(1);
const PARTITION: TopicPartition = TopicPartition {
    topic: TopicId(0),
    partition: 0,
};
const M3: RecordId = RecordId(2);

fn of_applications() -> Vec<(O, &'static str)> {
    vec![
        (
            O::Share(ShareFact::CallRefused {
                client: C1,
                exception: "IllegalStateException",
            }),
            "A call of c1 failed with IllegalStateException.",
        ),
        (
            O::App(AppFact::EffectDone {
                by: C1,
                world: 0,
                record: RecordId(1),
            }),
            "c1 acted on m2 in the outside world.",
        ),
        (
            O::App(AppFact::TaskFailed { client: C1 }),
            "The task of c1 failed, and stays so.",
        ),
    ]
}

fn of_share_groups() -> Vec<(O, &'static str)> {
    let partition = PARTITION;
    let read = |offset: u32| Read {
        partition,
        offset: Offset(u64::from(offset)),
        record: RecordId(offset),
    };
    let delivery = |first, last, step| {
        O::Share(ShareFact::DeliveryChanged(Box::new(Delivery {
            broker: BROKER,
            group: GroupId(0),
            partition,
            first: Offset(first),
            last: Offset(last),
            deliveries: 1,
            step,
        })))
    };
    let locked = DeliveryStep::Locked {
        consumer: C1,
        until: SimTime::ZERO,
    };
    let committed = |error| {
        O::Share(ShareFact::AcknowledgementsCommitted {
            consumer: C1,
            results: vec![(partition, error)],
        })
    };
    vec![
        (
            O::Share(ShareFact::RecordsDelivered {
                consumer: C1,
                records: vec![(read(1), 1), (read(2), 1)],
            }),
            "c1 was given m2 and m3.",
        ),
        (
            O::Share(ShareFact::RecordsDelivered {
                consumer: C1,
                records: vec![(read(1), 3)],
            }),
            "c1 was given m2, try 3.",
        ),
        (
            committed(ErrorCode::None),
            "The acknowledgements of c1 are kept.",
        ),
        (
            committed(ErrorCode::InvalidRecordState),
            "The acknowledgements of c1 failed with InvalidRecordStateException.",
        ),
        (
            delivery(0, 2, locked),
            "Offsets 0 to 2 of payments-0: locked for c1.",
        ),
        (
            delivery(0, 0, DeliveryStep::Accepted),
            "Offset 0 of payments-0: accepted.",
        ),
        (
            delivery(0, 0, DeliveryStep::Released),
            "Offset 0 of payments-0: free for another try.",
        ),
        (
            delivery(0, 0, DeliveryStep::GivenUp),
            "Offset 0 of payments-0: given up for good.",
        ),
    ]
}

fn of_readers() -> Vec<(O, &'static str)> {
    let (reader, partition) = (C1, PARTITION);
    let read = |offset| Read {
        partition,
        offset: Offset(offset),
        record: RecordId(u32::try_from(offset).unwrap_or(0)),
    };
    vec![
        (
            O::RecordsRead {
                reader,
                records: vec![read(1), read(2)],
            },
            "c1 read m2 and m3.",
        ),
        (
            O::ReadFailed {
                reader,
                error: ReadError::OffsetOutOfRange,
            },
            "A call of c1 failed with OffsetOutOfRangeException.",
        ),
        (
            O::PositionReset {
                reader,
                partition,
                to: Offset(3),
            },
            "c1 begins payments-0 at offset 3, by auto.offset.reset.",
        ),
        (
            O::TruncationNoticed {
                reader,
                partition,
                from: Offset(3),
                to: Some(Offset(1)),
            },
            "c1 stood at 3, and the log was cut at 1.",
        ),
        (
            O::TruncationNoticed {
                reader,
                partition,
                from: Offset(3),
                to: None,
            },
            "c1 stood at 3, of which the leader knows nothing.",
        ),
    ]
}

fn of_sends() -> Vec<(O, &'static str)> {
    let (record, producer) = (M3, P1);
    vec![
        (
            O::ClientRefused { client: P1 },
            "p1 was not made: Kafka refuses its configuration.",
        ),
        (O::ClientClosed { client: P1 }, "p1 was closed."),
        (O::ClientDied { client: P1 }, "The process of p1 died."),
        (
            O::RecordAssigned {
                record,
                partition: PARTITION,
            },
            "The partitioner chose payments-0 for m3.",
        ),
        (
            O::WaitGivenUp { act: 4 },
            "What the script waits for never comes; it goes on.",
        ),
        (O::RecordSent { record, producer }, "p1 sent m3."),
        (
            O::RecordAcknowledged {
                record,
                offset: Some(Offset(2)),
            },
            "m3 was acknowledged at offset 2.",
        ),
        (
            O::RecordAcknowledged {
                record,
                offset: None,
            },
            "m3 was acknowledged, without an offset.",
        ),
        (
            O::RecordFailed {
                record,
                error: ClientError::Timeout,
            },
            "send() of m3 failed with TimeoutException.",
        ),
    ]
}

fn of_metadata() -> Vec<(O, &'static str)> {
    let producer = P1;
    vec![
        (
            O::MetadataLearned {
                producer,
                partition: PARTITION,
                leader: Some(BROKER),
            },
            "p1 learned that broker 1 leads payments-0.",
        ),
        (
            O::MetadataLearned {
                producer,
                partition: PARTITION,
                leader: None,
            },
            "p1 learned that payments-0 has no leader.",
        ),
    ]
}

fn of_batches() -> Vec<(O, &'static str)> {
    let (producer, records) = (P1, Records::from_slice(&[M3]));
    vec![
        (
            O::ProducerIdObtained { producer },
            "p1 got its producer id.",
        ),
        (
            O::BatchRequeued {
                producer,
                records: records.clone(),
                error: ErrorCode::NetworkException,
            },
            "p1 will send m3 again: NETWORK_EXCEPTION.",
        ),
        (
            O::BatchSplit {
                producer,
                pieces: vec![
                    Records::from_slice(&[RecordId(0), RecordId(1)]),
                    records.clone(),
                ],
            },
            "p1 split a batch that is too large: m1 and m2 | m3.",
        ),
        (
            O::BatchExpired {
                producer,
                records: records.clone(),
                was_sent: true,
            },
            "p1 gave up on m3 after delivery.timeout.ms; it may be written.",
        ),
        (
            O::BatchExpired {
                producer,
                records,
                was_sent: false,
            },
            "p1 gave up on m3 after delivery.timeout.ms; it was never sent.",
        ),
        (
            O::ProducerEpochBumped {
                producer,
                epoch: ProducerEpoch(1),
            },
            "p1 raised its producer epoch to 1.",
        ),
        (
            O::RequestTimedOut {
                producer,
                broker: BROKER,
            },
            "p1 got no response from broker 1 in request.timeout.ms.",
        ),
    ]
}

fn of_connections() -> Vec<(O, &'static str)> {
    let (from, to) = (NodeId::Broker(BROKER), NodeId::Broker(BrokerId(2)));
    let client = NodeId::Client(P1);
    vec![
        (
            O::MessageLost {
                message: MessageId(7),
                because: LostBecause::Fault,
            },
            "A message was lost: its connection broke.",
        ),
        (
            O::ConnectionReset {
                client,
                server: from,
            },
            "The connection from p1 to broker 1 broke.",
        ),
        (
            O::ConnectionReset {
                client: from,
                server: NodeId::Controller,
            },
            "The connection from broker 1 to the controller broke.",
        ),
        (
            O::ConnectionRefused {
                client,
                server: from,
            },
            "p1 could not connect to broker 1.",
        ),
        (
            O::LinkCut { from, to },
            "The link from broker 1 to broker 2 was cut.",
        ),
        (
            O::LinkHealed { from, to },
            "The link from broker 1 to broker 2 was healed.",
        ),
    ]
}

fn of_appends() -> Vec<(O, &'static str)> {
    let (broker, partition, base_offset) = (BROKER, PARTITION, Offset(2));
    let records = Records::from_slice(&[M3]);
    let leader_epoch = LeaderEpoch(0);
    vec![
        (
            O::BatchAppended {
                broker,
                partition,
                base_offset,
                leader_epoch,
                records: records.clone(),
            },
            "Broker 1 appended m3 at offset 2 in epoch 0.",
        ),
        (
            O::BatchAppended {
                broker,
                partition,
                base_offset: Offset(0),
                leader_epoch,
                records: Records::from_slice(&[RecordId(0), RecordId(1), M3]),
            },
            "Broker 1 appended m1, m2 and m3 at offsets 0–2 in epoch 0.",
        ),
        (
            O::BatchAppended {
                broker,
                partition,
                base_offset: Offset(0),
                leader_epoch,
                records: (0..4).map(RecordId).collect(),
            },
            "Broker 1 appended m1 to m4 at offsets 0–3 in epoch 0.",
        ),
    ]
}

fn of_logs() -> Vec<(O, &'static str)> {
    let (broker, partition, base_offset) = (BROKER, PARTITION, Offset(2));
    let records = Records::from_slice(&[M3]);
    vec![
        (
            O::RecordsReplicated {
                broker,
                partition,
                base_offset,
                records: records.clone(),
            },
            "Broker 1 replicated m3 at offset 2.",
        ),
        (
            O::DuplicateRecognised {
                broker,
                partition,
                base_offset,
                records: records.clone(),
            },
            "Broker 1 has m3 at offset 2 already; it appended nothing.",
        ),
        (
            O::BatchRefused {
                broker,
                partition,
                error: ErrorCode::NotEnoughReplicas,
                records: records.clone(),
            },
            "Broker 1 refused m3: NOT_ENOUGH_REPLICAS.",
        ),
        (
            O::HighWatermarkAdvanced {
                broker,
                partition,
                to: Offset(3),
            },
            "Broker 1 moved the high watermark to 3.",
        ),
        (
            O::LogTruncated {
                broker,
                partition,
                to: Offset(2),
                records,
            },
            "Broker 1 truncated its log to 2: m3 is cut off.",
        ),
        (
            O::LogTruncated {
                broker,
                partition,
                to: Offset(1),
                records: Records::from_slice(&[RecordId(1), M3]),
            },
            "Broker 1 truncated its log to 1: m2 and m3 are cut off.",
        ),
        (
            O::LogTruncated {
                broker,
                partition,
                to: Offset(3),
                records: Records::new(),
            },
            "Broker 1 truncated its log to 3.",
        ),
    ]
}

fn of_leadership() -> Vec<(O, &'static str)> {
    let (broker, partition, leader_epoch) = (BROKER, PARTITION, LeaderEpoch(1));
    let elected = |leader: Option<u32>, unclean| O::LeaderElected {
        partition,
        leader: leader.map(BrokerId),
        leader_epoch,
        unclean,
    };
    let in_sync = |isr: &[u32], elr: &[u32]| O::InSyncReplicasChanged {
        partition,
        isr: isr.iter().copied().map(BrokerId).collect(),
        elr: elr.iter().copied().map(BrokerId).collect(),
    };
    vec![
        (
            elected(Some(2), false),
            "Broker 2 was elected leader of payments-0, epoch 1.",
        ),
        (
            elected(Some(2), true),
            "Broker 2 was elected leader of payments-0, unclean, epoch 1.",
        ),
        (elected(None, false), "payments-0 has no leader, epoch 1."),
        (
            O::BecameLeader {
                broker,
                partition,
                leader_epoch,
            },
            "Broker 1 leads payments-0 in epoch 1.",
        ),
        (
            O::StoppedLeading { broker, partition },
            "Broker 1 leads payments-0 no longer.",
        ),
        (in_sync(&[2, 3], &[]), "The ISR of payments-0 is 2, 3."),
        (
            in_sync(&[2], &[1, 3]),
            "The ISR of payments-0 is 2; eligible to lead: 1, 3.",
        ),
        (
            in_sync(&[], &[2]),
            "The ISR of payments-0 is empty; eligible to lead: 2.",
        ),
    ]
}

fn of_brokers() -> Vec<(O, &'static str)> {
    let (broker, partition) = (BROKER, PARTITION);
    vec![
        (O::BrokerCrashed { broker }, "Broker 1 crashed."),
        (
            O::BrokerStopped { broker },
            "Broker 1 stopped in good order.",
        ),
        (O::BrokerPaused { broker }, "Broker 1 was paused."),
        (O::BrokerResumed { broker }, "Broker 1 goes on."),
        (
            O::ShutdownBegan { broker },
            "Broker 1 wants to stop; the controller takes its leadership away.",
        ),
        (
            O::LogStartMoved {
                broker,
                partition,
                to: Offset(2),
            },
            "Broker 1 deleted what lay below offset 2.",
        ),
        (
            O::UnflushedLost {
                broker,
                partition,
                to: Offset(0),
                records: [RecordId(0)].into_iter().collect(),
            },
            "Broker 1's log ends at 0: m1 had not been flushed.",
        ),
        (
            O::LogRead {
                partition,
                start: Offset(0),
                end: Offset(3),
            },
            "A new reader of payments-0 may read from offset 0 up to 3.",
        ),
        (
            O::RequestRefused {
                act: 4,
                error: ErrorCode::ElectionNotNeeded,
            },
            "The cluster refused: ELECTION_NOT_NEEDED.",
        ),
        (O::BrokerStarted { broker }, "Broker 1 was started."),
        (
            O::BrokerFenced { broker },
            "The controller fenced broker 1.",
        ),
        (
            O::BrokerUnfenced { broker },
            "The controller unfenced broker 1.",
        ),
        (
            O::RegistrationRefused { broker },
            "The controller refused broker 1: its last session goes on.",
        ),
    ]
}

#[test]
fn each_observation_has_its_sentence() {
    let cast = cast(&[("m1", 0), ("m2", 0), ("m3", 0), ("m4", 0)]);
    for (observation, sentence) in [
        of_sends(),
        of_batches(),
        of_metadata(),
        of_readers(),
        of_applications(),
        of_share_groups(),
        of_connections(),
        of_appends(),
        of_logs(),
        of_leadership(),
        of_brokers(),
    ]
    .concat()
    {
        assert_eq!(caption(&cast, &observation).as_deref(), Some(sentence));
        assert!(!is_silent(&observation), "{sentence}");
        assert!(sentence.split(' ').count() <= 14, "{sentence}");
    }
}

#[test]
fn frames_and_chatter_have_none() {
    let message = MessageId(1);
    let broker = NodeId::Broker(BROKER);
    for observation in [
        O::ActBegan { act: 0 },
        O::ActEnded { act: 0 },
        O::FaultHappened { fault: 0 },
        O::MessageHeld { message },
        O::MessageArrived { message },
        O::App(AppFact::ConnectStatusTold {
            client: C1,
            failed: None,
        }),
        O::PositionTold {
            reader: C1,
            partition: PARTITION,
            at: Offset(0),
        },
        O::MessageResumed {
            message,
            due: SimTime::ZERO,
        },
        O::MessageLost {
            message,
            because: LostBecause::ConnectionBroken,
        },
        O::ConnectionRefused {
            client: broker,
            server: NodeId::Controller,
        },
    ] {
        assert_eq!(caption(&Cast::default(), &observation), None);
        assert!(is_silent(&observation));
    }
}

#[test]
fn where_there_are_several_partitions_each_is_named() {
    let cast = cast(&[("m1", 0), ("m2", 1)]);
    let appended = O::BatchAppended {
        broker: BROKER,
        partition: PARTITION,
        base_offset: Offset(0),
        leader_epoch: LeaderEpoch(0),
        records: Records::from_slice(&[RecordId(0)]),
    };
    assert_eq!(
        caption(&cast, &appended).as_deref(),
        Some("Broker 1 appended m1 of payments-0 at offset 0 in epoch 0.")
    );
    let moved = O::HighWatermarkAdvanced {
        broker: BROKER,
        partition: PARTITION,
        to: Offset(1),
    };
    assert_eq!(
        caption(&cast, &moved).as_deref(),
        Some("Broker 1 moved the high watermark of payments-0 to 1.")
    );
}
