//! What acts say of applications: Connect workers, Streams instances, and what they did outside of Kafka.

use super::super::text::{Message, Settings, Whole, Word};
use super::{Act, ConsumerAct, OnFailure};
use serde::{Deserialize, Serialize};

/// The name of the connector, in every recording.
pub const CONNECTOR: &str = "sink";
/// Where effects go if an act does not say.
pub const USUAL_WORLD: &str = "world";

/// The name of a source connector, and of its cluster of workers.
const SOURCE: &str = "source";
/// Where a source's position is kept if a worker does not say.
const USUAL_POSITIONS: &str = "connect-offsets";

/// Starts a standalone Connect worker with one sink connector, whose `put()` appends each value to the outside world. With `source`
/// it is a source connector instead (this project's own): it reads these rows and writes each into the topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectAct {
    /// The worker's name, as other acts call it.
    pub id: Word,
    /// The topic; if unset, as in other acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Word>,
    /// Where the effects go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world: Option<Word>,
    /// The rows of the outside source, in their order; the first ones are the same for every worker that reads it. None for a sink.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<Message>,
    /// The brokers that it is told of; all of them if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bootstrap: Vec<Whole>,
    /// Settings of the connector on top of the defaults.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub connector: Settings,
    /// Settings of the worker on top of the defaults.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub worker: Settings,
}

/// What every consumer of a connector is given (`Worker.baseConsumerConfigs`), and what the recorder gives it besides.
const CONNECT_CONSUMER: [(&str, &str); 2] = [
    ("auto.offset.reset", "earliest"),
    ("enable.auto.commit", "false"),
];

impl ConnectAct {
    /// The group of the connector's consumers.
    #[must_use]
    pub fn group(&self) -> String {
        format!("connect-{CONNECTOR}")
    }

    /// Where records go that fail, if they go anywhere.
    #[must_use]
    pub fn dead_letters(&self) -> Option<&str> {
        let topic = self.connector.get("errors.deadletterqueue.topic.name");
        topic.filter(|name| !name.is_empty())
    }

    /// It goes on behind a record that fails (`errors.tolerance`).
    #[must_use]
    pub fn tolerates(&self) -> bool {
        self.connector.get("errors.tolerance") == Some("all")
    }

    /// True for a source connector.
    #[must_use]
    pub fn is_source(&self) -> bool {
        !self.source.is_empty()
    }

    /// With `exactly.once.source.support` (KIP-618).
    #[must_use]
    pub fn is_exactly_once(&self) -> bool {
        let said = self.worker.get("exactly.once.source.support");
        said.is_some_and(|said| said.trim().eq_ignore_ascii_case("enabled"))
    }

    /// Where a source keeps how far it is (`offset.storage.topic`).
    #[must_use]
    pub fn positions(&self) -> &str {
        let named = self.worker.get("offset.storage.topic");
        named.unwrap_or(USUAL_POSITIONS)
    }

    /// The name under which a source's positions are made.
    #[must_use]
    pub fn positions_of(&self) -> String {
        format!("positions-of-{SOURCE}")
    }

    /// Its consumer.
    #[must_use]
    pub fn consumer(&self) -> ConsumerAct {
        let mut config = Settings::from(CONNECT_CONSUMER);
        for from in [&self.worker, &self.connector] {
            for (key, value) in &from.0 {
                let own = key
                    .strip_prefix("consumer.override.")
                    .or_else(|| key.strip_prefix("consumer."));
                if let Some(own) = own {
                    config.0.insert(own.to_owned(), value.clone());
                }
            }
        }
        ConsumerAct {
            id: self.id.clone(),
            topic: self.topic.clone(),
            group: Some(Word(self.group())),
            bootstrap: self.bootstrap.clone(),
            config,
            ..ConsumerAct::default()
        }
    }

    /// Its dead letter queue's producer, or its task's (`Worker.baseProducerConfigs`, `exactlyOnceSourceTaskProducerConfigs`).
    fn producer(&self) -> Settings {
        let mut config = Settings::from([
            ("acks", "all"),
            ("enable.idempotence", "false"),
            ("max.in.flight.requests.per.connection", "1"),
            ("delivery.timeout.ms", "2147483647"),
        ]);
        let exactly_once = self.is_source() && self.is_exactly_once();
        if self.is_source() {
            let longest = u64::MAX >> 1;
            config
                .0
                .insert("max.block.ms".to_owned(), longest.to_string());
        }
        if exactly_once {
            config.0.remove("enable.idempotence");
        }
        for (key, value) in self.worker.0.iter().filter(|_| self.is_source()) {
            if let Some(own) = key.strip_prefix("producer.") {
                config.0.insert(own.to_owned(), value.clone());
            }
        }
        for (key, value) in &self.connector.0 {
            if let Some(own) = key.strip_prefix("producer.override.") {
                config.0.insert(own.to_owned(), value.clone());
            }
        }
        if exactly_once {
            let id = format!("connect-cluster-{SOURCE}-0");
            config.0.insert("transactional.id".to_owned(), id);
        }
        config
    }
}

/// Starts a Kafka Streams instance that writes each value of a topic in capitals to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamsAct {
    /// Its name, as other acts call it.
    pub id: Word,
    /// `application.id`: instances of one application share the work.
    pub application: Word,
    /// What it reads; if unset, as in other acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Word>,
    /// Where it writes; `out` if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out: Option<Word>,
    /// It counts the records of each key in a state store, and writes the counts instead; this topic is the store's changelog, with
    /// as many partitions as the one it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changelog: Option<Word>,
    /// The brokers that it is told of; all of them if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bootstrap: Vec<Whole>,
    /// Its settings on top of the defaults.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub config: Settings,
}

/// Settings of Streams itself; all others are for its clients.
const OF_STREAMS: [&str; 5] = [
    "application.id",
    "commit.interval.ms",
    "num.stream.threads",
    "poll.ms",
    "processing.guarantee",
];

impl StreamsAct {
    /// Where it writes.
    #[must_use]
    pub fn out(&self) -> &str {
        self.out.as_ref().map_or("out", |out| out.0.as_str())
    }

    /// True for `processing.guarantee=exactly_once_v2`.
    #[must_use]
    pub fn exactly_once(&self) -> bool {
        self.config.get("processing.guarantee") == Some("exactly_once_v2")
    }

    /// `commit.interval.ms`, 30 s, or 0.1 s where work is done exactly once.
    #[must_use]
    pub fn commit_interval_ms(&self) -> u64 {
        let usual = if self.exactly_once() { 100 } else { 30_000 };
        let written = self.config.get("commit.interval.ms");
        written
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(usual)
    }

    /// The settings for one kind of client: those without a prefix that it knows, then those with its prefix.
    fn of_client(&self, mut config: Settings, prefixes: &[&str], known: &[&str]) -> Settings {
        for (key, value) in &self.config.0 {
            if known.contains(&key.as_str()) && !OF_STREAMS.contains(&key.as_str()) {
                config.0.insert(key.clone(), value.clone());
            }
        }
        for prefix in prefixes {
            for (key, value) in &self.config.0 {
                if let Some(own) = key.strip_prefix(prefix) {
                    config.0.insert(own.to_owned(), value.clone());
                }
            }
        }
        config
    }

    /// Its consumer (`StreamsConfig.getMainConsumerConfigs`).
    #[must_use]
    pub fn consumer(&self) -> ConsumerAct {
        let mut config = Settings::from([
            ("auto.offset.reset", "earliest"),
            ("max.poll.records", "1000"),
        ]);
        config = self.of_client(
            config,
            &["consumer.", "main.consumer."],
            &[
                "auto.offset.reset",
                "heartbeat.interval.ms",
                "max.poll.interval.ms",
                "max.poll.records",
                "reconnect.backoff.max.ms",
                "reconnect.backoff.ms",
                "request.timeout.ms",
                "retry.backoff.ms",
                "session.timeout.ms",
            ],
        );
        let set = [
            ("enable.auto.commit", "false"),
            (
                "isolation.level",
                if self.exactly_once() {
                    "read_committed"
                } else {
                    "read_uncommitted"
                },
            ),
        ];
        for (key, value) in set {
            config.0.insert(key.to_owned(), value.to_owned());
        }
        ConsumerAct {
            id: self.id.clone(),
            topic: self.topic.clone(),
            group: Some(self.application.clone()),
            bootstrap: self.bootstrap.clone(),
            config,
            ..ConsumerAct::default()
        }
    }

    /// Its producer (`StreamsConfig.getProducerConfigs`).
    fn producer(&self) -> Settings {
        let mut config = Settings::from([("linger.ms", "100")]);
        config = self.of_client(
            config,
            &["producer."],
            &[
                "acks",
                "batch.size",
                "linger.ms",
                "max.block.ms",
                "reconnect.backoff.max.ms",
                "reconnect.backoff.ms",
                "request.timeout.ms",
                "retries",
                "retry.backoff.ms",
            ],
        );
        if self.exactly_once() {
            let id = format!("{}-{}", self.application.0, self.id.0);
            config.0.insert("transactional.id".to_owned(), id);
            let usual = [
                ("delivery.timeout.ms", "2147483647"),
                ("transaction.timeout.ms", "10000"),
            ];
            for (key, value) in usual {
                let entry = config.0.entry(key.to_owned());
                entry.or_insert_with(|| value.to_owned());
            }
        }
        config
    }
}

/// Waits until the outside world has so many lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitWorldAct {
    /// How many.
    pub lines: Whole,
    /// Which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world: Option<Word>,
    /// So long at most; 30 s if unset, as in the recordings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Whole>,
}

impl Act {
    /// The consumer that the act makes for an application.
    #[must_use]
    pub fn consumer_of_application(&self) -> Option<ConsumerAct> {
        match self {
            Self::Connect(connect) if connect.is_source() => None,
            Self::Connect(connect) => Some(connect.consumer()),
            Self::Streams(streams) => Some(streams.consumer()),
            Self::Process(process) => Some(process.consumer()),
            _ => None,
        }
    }

    /// The consumer that the act makes, of whatever kind.
    #[must_use]
    pub fn any_consumer(&self) -> Option<ConsumerAct> {
        match self {
            Self::Consumer(consumer) => Some((**consumer).clone()),
            Self::ShareConsumer(share) => Some(share.consumer()),
            act => act.consumer_of_application(),
        }
    }

    /// True if the application leaves out what it cannot work on, or puts it aside.
    #[must_use]
    pub fn gives_up(&self) -> bool {
        match self {
            Self::Connect(connect) => connect.tolerates(),
            Self::Process(process) => {
                process.on_failure == OnFailure::Skip || process.attempts.is_some()
            }
            _ => false,
        }
    }

    /// True if the application has a listener that acts before partitions go.
    #[must_use]
    pub fn listens_to_its_group(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Streams(_) => true,
            Self::Process(process) => process.commit_when_revoked,
            _ => false,
        }
    }

    /// The name of the producer that the act makes for an application.
    #[must_use]
    pub fn producer_of_application(&self) -> Option<String> {
        match self {
            Self::Connect(connect) if connect.is_source() => {
                Some(format!("{}-producer", connect.id.0))
            }
            Self::Connect(connect) => {
                let dead = connect.dead_letters();
                dead.map(|_| format!("{}-dead-letters", connect.id.0))
            }
            Self::Streams(streams) => Some(format!("{}-producer", streams.id.0)),
            Self::Process(process) => {
                let writes = process.targets().next();
                writes.map(|_| format!("{}-producer", process.id.0))
            }
            _ => None,
        }
    }

    /// The settings of that producer.
    #[must_use]
    pub fn producer_settings_of_application(&self) -> Option<Settings> {
        match self {
            Self::Connect(connect) if connect.is_source() => Some(connect.producer()),
            Self::Connect(connect) => connect.dead_letters().map(|_| connect.producer()),
            Self::Streams(streams) => Some(streams.producer()),
            Self::Process(process) => process.targets().next().map(|_| process.producer()),
            _ => None,
        }
    }

    /// Where the effects of an act's application go, or where the act looks.
    #[must_use]
    pub fn world_name(&self) -> Option<&str> {
        let named = match self {
            Self::Connect(connect) => connect.world.as_ref(),
            Self::Process(process) => process.world.as_ref(),
            Self::WaitWorld(wait) => wait.world.as_ref(),
            Self::World { world } => world.as_ref(),
            _ => return None,
        };
        Some(named.map_or(USUAL_WORLD, |name| name.0.as_str()))
    }
}
