//! A recording as a scenario, and what the model observes of it in the recording's own form.

use super::recording::Recording;
use super::{applications, clients, readers, shares, transactions};
use ackscope::model::board::{Board, BrokerBoard, ReplicaBoard};
use ackscope::model::cast::Cast;
use ackscope::model::config::{Owner, setting, setting_of};
use ackscope::model::history::Step;
use ackscope::model::ids::{BrokerId, CONTROLLER_ID, TopicPartition};
use ackscope::model::observation::Observation;
use ackscope::model::record::{Content, Outcome};
use ackscope::model::scenario::{Act, Brokers, Condition, Era, Family, Isolation, Scenario};
use ackscope::model::text::{Settings, Whole, Word};
use ackscope::model::trace::{End, Trace};
use ackscope::model::wire::ClientError;
use serde_json::{Map, Value, json};

/// What every recorded broker was given (`tests/ground-truth/README.md`), as far as the model has it.
const BASE: [(&str, &str); 3] = [
    ("group.initial.rebalance.delay.ms", "0"),
    ("broker.session.timeout.ms", "3000"),
    ("broker.heartbeat.interval.ms", "500"),
];

/// How long the recorder awaits open sends.
const AWAITED_MS: u32 = 60_000;
/// How long the recorder waits before it reads the final state, and about as long as it needs for that, in ms.
const BEFORE_LOOKING: u32 = 400;

/// A recording as a scenario: its steps, and at their end what the recorder did at its end: links healed, stopped brokers
/// started, open sends awaited, all replicas in sync.
pub fn scenario(recording: &Recording, seed: u64) -> Result<Scenario, String> {
    let era = match recording.kafka.as_str() {
        "" => Era::default(),
        version => {
            Era::of(version).ok_or_else(|| format!("it was recorded on brokers of {version}"))?
        }
    };
    let mut brokers = Settings::from(BASE);
    brokers.0.extend(recording.brokers.clone());
    check_settings("brokers", &brokers)?;
    let mut scenario = Scenario {
        title: recording.title.clone(),
        seed,
        kafka: era,
        brokers,
        ..Scenario::default()
    };
    for (index, step) in recording.steps.iter().enumerate() {
        if step.get("do").and_then(Value::as_str) != Some("configs") {
            scenario.steps.push(act(index, step)?);
        }
    }
    let ending = ending(&scenario, recording.leaves_down());
    scenario.steps.extend(ending);
    Ok(scenario)
}

fn act(index: usize, step: &Map<String, Value>) -> Result<Act, String> {
    let name = step.get("do").and_then(Value::as_str).unwrap_or("?");
    let mut act: Act = serde_json::from_value(Value::Object(step.clone()))
        .map_err(|error| format!("step {index} ({name}): {error}"))?;
    match &mut act {
        Act::Topic {
            config, replicas, ..
        } => {
            check_settings("topic", config)?;
            // The recorder has three brokers. Whoever else is named keeps no replicas, as the controller does not.
            for id in replicas.iter_mut().flatten().filter(|id| id.0 > 3) {
                *id = Whole(CONTROLLER_ID);
            }
        }
        Act::Producer {
            family: Family::Librdkafka,
            config,
            ..
        } => clients::check_librdkafka(config)?,
        Act::Producer { config, .. } => {
            let mut played = config.clone();
            played.0.retain(|key, _| !clients::is_harmless(key));
            check_settings("producer", &played)?;
        }
        Act::Consumer(reader) => readers::check(reader)?,
        Act::Connect(worker) => applications::check_connect(worker)?,
        Act::Streams(streams) => applications::check_streams(streams)?,
        Act::ShareConsumer(consumer) => shares::check_consumer(consumer)?,
        Act::ShareGroup(group) => shares::check_group(group)?,
        _ => {}
    }
    if let Act::Await { timeout_ms: None } = act {
        let timeout_ms = Some(Whole(AWAITED_MS));
        return Ok(Act::Await { timeout_ms });
    }
    Ok(act)
}

fn check_settings(whose: &str, settings: &Settings) -> Result<(), String> {
    for key in settings.0.keys() {
        // A topic setting that Kafka does not know is refused, and the model knows all that it does.
        let refused = whose == "topic" && setting_of(Owner::Topic, key).is_none();
        if !refused && !setting(key).is_some_and(|known| known.modelled) {
            return Err(format!("the {whose} setting {key} is not modelled"));
        }
    }
    Ok(())
}

/// What the recorder waits for at its end: every open send, for so long.
fn awaited() -> Act {
    Act::Await {
        timeout_ms: Some(Whole(AWAITED_MS)),
    }
}

fn ending(scenario: &Scenario, leave_down: bool) -> Vec<Act> {
    let all: Vec<_> = scenario
        .broker_ids()
        .into_iter()
        .map(|id| Whole(id.0))
        .collect();
    let mut acts = vec![
        Act::Heal { links: vec![] },
        Act::Resume(Brokers {
            broker: None,
            brokers: all.clone(),
        }),
    ];
    if leave_down {
        acts.push(awaited());
        return acts;
    }
    acts.push(Act::Start(Brokers {
        broker: None,
        brokers: all,
    }));
    acts.push(awaited());
    for act in &scenario.steps {
        let Act::Topic { name, replicas, .. } = act else {
            continue;
        };
        for (partition, replicas) in (0..).zip(replicas) {
            acts.push(Act::Wait(Box::new(Condition {
                topic: Some(name.clone()),
                partition: Some(Whole(partition)),
                isr: Some(replicas.clone()),
                ..Condition::default()
            })));
        }
    }
    acts.push(Act::Sleep { ms: BEFORE_LOOKING });
    acts
}

/// What the model observes, in the form of a recording's `observed`.
pub fn observed(recording: &Recording, seed: u64) -> Result<Value, String> {
    let scenario = scenario(recording, seed)?;
    let trace = Trace::of(&scenario);
    let cast = Cast::of(&scenario);
    let mut observed = Map::new();
    if !cast.producers.is_empty() {
        observed.insert("sends".to_owned(), clients::sends(recording, &trace, &cast));
    }
    if !cast.consumers.is_empty() {
        observed.insert("delivered".to_owned(), readers::delivered(&trace, &cast));
    }
    for key in ["delivered", "sends"] {
        if recording.observed.get(key).is_some() {
            observed.entry(key).or_insert_with(|| json!({}));
        }
    }
    if !recording.leaves_down() {
        observed.insert("final".to_owned(), finally(&trace, &cast));
    }
    let steps = steps(recording, &trace, &cast)?;
    if !steps.is_empty() || recording.observed.get("steps").is_some() {
        observed.insert("steps".to_owned(), Value::Array(steps));
    }
    // At its end the recorder waits as long as it can, and then looks all the same.
    let recorded = u32::try_from(recording.steps.len()).unwrap_or(u32::MAX);
    if let Some(act) = waits_for_ever(&trace).filter(|act| *act < recorded) {
        let waits = format!("waits for ever in step {act}");
        observed.insert("stuck".to_owned(), json!(waits));
    }
    Ok(Value::Object(observed))
}

/// The act that waited for something that never came, if one did.
fn waits_for_ever(trace: &Trace) -> Option<u32> {
    let facts = trace.steps().facts().iter();
    let given_up = facts.filter_map(|fact| match fact {
        Observation::WaitGivenUp { act } => Some(*act),
        _ => None,
    });
    let stuck = match trace.end() {
        End::Stuck { act } => Some(*act),
        _ => None,
    };
    given_up.chain(stuck).next()
}

/// The state of every topic that was made; of one that was deleted, that it is gone.
fn finally(trace: &Trace, cast: &Cast) -> Value {
    let last = u32::try_from(trace.scenario().steps.len()).unwrap_or(0) - 1;
    let board = &end_of(trace, last).map_or_else(|| trace.last_board(), |(_, board)| board);
    let mut topics = Map::new();
    // A topic that was made and is not there has been deleted.
    let acts = (0..).zip(&trace.scenario().steps);
    let made = acts.filter(|(_, act)| matches!(act, Act::Topic { .. }));
    for ((act, _), name) in made.zip(&cast.topics) {
        if refusal(trace, act).is_none() {
            topics.insert(name.clone(), json!({"gone": true}));
        }
    }
    for (id, partition) in &board.partitions {
        let mut state = Map::new();
        state.insert(
            "leader".to_owned(),
            partition.leader.map_or(json!(-1), |leader| json!(leader.0)),
        );
        state.insert(
            "isr".to_owned(),
            partition.isr.iter().map(|id| json!(id.0)).collect(),
        );
        let leader = partition
            .leader
            .and_then(|leader| board.brokers.get(&leader))
            .and_then(|b| b.replicas.get(id));
        let seen = |isolation| leader.map_or(Value::Null, |replica| read(replica, isolation, cast));
        let all = seen(Isolation::ReadUncommitted);
        let decided = seen(Isolation::ReadCommitted);
        let decided = if decided == all {
            json!("same")
        } else {
            decided
        };
        state.insert("read_uncommitted".to_owned(), all);
        state.insert("read_committed".to_owned(), decided);
        state.insert("replica_logs".to_owned(), logs(board, *id, cast));
        let name = cast.topics[usize::from(id.topic.0)].clone();
        let topic = topics.entry(name).or_insert_with(|| json!({}));
        if let Value::Object(partitions) = topic {
            partitions.remove("gone");
            partitions.insert(id.partition.to_string(), Value::Object(state));
        }
    }
    Value::Object(topics)
}

/// What a reader gets from start to end: everything below the high watermark, or what is decided below the last stable offset.
fn read(replica: &ReplicaBoard, isolation: Isolation, cast: &Cast) -> Value {
    let committed = isolation == Isolation::ReadCommitted;
    let end = if committed {
        replica.last_stable
    } else {
        replica.high_watermark
    };
    let seen = replica.cells.iter().filter(|cell| cell.offset < end);
    let read = |cell: &ackscope::model::board::Cell| {
        if committed && cell.aborted {
            return None;
        }
        let record = cell.record()?;
        let (offset, epoch) = (cell.offset.0, cell.leader_epoch.0);
        Some(json!({"offset": offset, "value": cast.value(record), "leader_epoch": epoch}))
    };
    let records: Vec<Value> = seen.filter_map(read).collect();
    json!({"records": records, "start": replica.log_start.0, "end": end.0})
}

fn logs(board: &Board, id: TopicPartition, cast: &Cast) -> Value {
    let log = |(broker, state): (&BrokerId, &BrokerBoard)| {
        let replica = state.replicas.get(&id)?;
        Some((broker.to_string(), log(replica, cast)))
    };
    Value::Object(board.brokers.iter().filter_map(log).collect())
}

fn log(replica: &ReplicaBoard, cast: &Cast) -> Value {
    let entry = |cell: &ackscope::model::board::Cell| {
        let mut entry = json!({"offset": cell.offset.0, "leader_epoch": cell.leader_epoch.0, "value": cell.record().map(|record| cast.value(record))});
        let Value::Object(fields) = &mut entry else {
            return entry;
        };
        if let Some((epoch, _)) = cell.producer {
            fields.insert("producer_epoch".to_owned(), json!(epoch.0));
        }
        if cell.transactional {
            fields.insert("transactional".to_owned(), json!(true));
        }
        match (cell.content, cell.producer) {
            (Content::Marker(outcome), _) => {
                let name = match outcome {
                    Outcome::Commit => "COMMIT",
                    Outcome::Abort => "ABORT",
                };
                fields.remove("value");
                fields.insert("control".to_owned(), json!(name));
            }
            (_, Some((_, sequence))) => {
                fields.insert("sequence".to_owned(), json!(sequence.0));
            }
            _ => {}
        }
        entry
    };
    let all = replica.unreadable.iter().chain(&replica.cells);
    all.map(entry).collect()
}

/// Results of the steps that have one.
fn steps(recording: &Recording, trace: &Trace, cast: &Cast) -> Result<Vec<Value>, String> {
    let mut results = Vec::new();
    let mut act = 0;
    for (index, step) in recording.steps.iter().enumerate() {
        let name = step.get("do").and_then(Value::as_str).unwrap_or_default();
        let result = match name {
            "configs" => clients::configs(index, step)?,
            "producer" => vec![clients::producer(&trace.scenario().steps[act as usize])],
            "close" => vec![("ok", json!(true))],
            "replicas" => vec![("replicas", logs_after(trace, cast, act))],
            "consumer" | "poll" | "positions" | "commit_sync" | "commit_async" | "committed" => {
                readers::result(trace, cast, act)
            }
            "world" | "connect_status" => applications::result(trace, cast, act),
            "share_poll" | "share_ack" | "share_commit" => shares::result(trace, cast, act),
            "init" | "begin" | "commit_txn" | "abort_txn" | "send_offsets" | "describe_txn" => {
                transactions::result(trace, act)
            }
            "log" => vec![("log", log_after(trace, cast, act))],
            "topic" | "elect" => {
                refusal(trace, act).map_or(Vec::new(), |error| vec![("error", json!(error))])
            }
            _ => Vec::new(),
        };
        if name != "configs" {
            act += 1;
        }
        if !result.is_empty() {
            let mut fields = Map::from_iter([
                ("step".to_owned(), json!(index)),
                ("do".to_owned(), json!(name)),
            ]);
            fields.extend(
                result
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value)),
            );
            results.push(Value::Object(fields));
        }
    }
    Ok(results)
}

/// The step in which an act ended, and the board then.
fn end_of(trace: &Trace, act: u32) -> Option<(Step<'_>, Board)> {
    let ended = |step: &Step| step.observations.contains(&Observation::ActEnded { act });
    let step = trace.steps().into_iter().find(ended)?;
    Some((step, trace.world_at(step.index).board()))
}

fn logs_after(trace: &Trace, cast: &Cast, act: u32) -> Value {
    let partition = match &trace.scenario().steps[act as usize] {
        Act::Replicas { topic, partition } => named(cast, topic.as_ref(), *partition),
        _ => None,
    };
    let board = end_of(trace, act).map(|(_, board)| board);
    match (partition, board) {
        (Some(partition), Some(board)) => logs(&board, partition, cast),
        _ => Value::Null,
    }
}

fn named(cast: &Cast, topic: Option<&Word>, partition: Option<Whole>) -> Option<TopicPartition> {
    Some(TopicPartition {
        topic: cast.topic(topic.map(|word| word.0.as_str()))?,
        partition: partition.map_or(0, |partition| partition.0),
    })
}

/// What the reader of a `log` act got.
fn log_after(trace: &Trace, cast: &Cast, act: u32) -> Value {
    let Some((step, board)) = end_of(trace, act) else {
        return Value::Null;
    };
    let isolation = match &trace.scenario().steps[act as usize] {
        Act::Log { isolation, .. } => *isolation,
        _ => Isolation::default(),
    };
    let found = step.observations.iter().find_map(|fact| match fact {
        Observation::LogRead { partition, .. } => Some(*partition),
        _ => None,
    });
    let replica = found.and_then(|id| {
        let leader = board.partitions.get(&id)?.leader?;
        board.brokers.get(&leader)?.replicas.get(&id)
    });
    match replica {
        Some(replica) => read(replica, isolation, cast),
        None => json!({"records": [], "error": refusal(trace, act)}),
    }
}

/// The exception that an act ended with.
fn refusal(trace: &Trace, act: u32) -> Option<&'static str> {
    let mut facts = trace.steps().facts().iter();
    facts.find_map(|fact| match fact {
        Observation::RequestRefused { act: of, error } if *of == act => {
            Some(ClientError::Broker(*error).exception())
        }
        _ => None,
    })
}
