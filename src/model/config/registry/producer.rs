//! Settings of the Java producer (`ProducerConfig`, its static block).

use super::{GZIP_LEVEL, INT, Kind, LONG, LZ4_LEVEL, Owner, Setting, ZSTD_LEVEL, int, long, table};

/// The one partitioner beside the built-in one that the client has.
pub(in crate::config) const ROUND_ROBIN: &str =
    "org.apache.kafka.clients.producer.RoundRobinPartitioner";

table! { ROWS, Owner::Producer;
    [5, acts, "acks", Kind::Choice(&["all", "-1", "0", "1"]), "all", "ProducerConfig",
        "Who must have a record before the producer is told: nobody (0), the leader (1), or every in-sync replica (all)."]
    [50, acts, "enable.idempotence", Kind::Bool, "true", "KIP-98, KIP-679",
        "Numbers the batches, so that the leader recognises a retry and writes it only once."]
    [4, acts, "retries", int(0), "2147483647", "KIP-91",
        "How often one batch may be sent again after an error that may pass."]
    [15, acts, "delivery.timeout.ms", int(0), "120000", "KIP-91",
        "How long after a batch was made the producer may go on before it reports a failure."]
    [26, acts, "request.timeout.ms", int(0), "30000", "ProducerConfig",
        "How long a response may take before the producer closes the connection and tries again."]
    [33, acts, "max.in.flight.requests.per.connection", int(1), "5", "ProducerConfig",
        "How many requests to one broker may be unanswered at a time."]
    [14, acts, "linger.ms", long(0), "5", "KIP-1030",
        "How long a batch waits for more records before it is sent."]
    [10, acts, "batch.size", int(0), "16384", "ProducerConfig",
        "How many bytes one batch may hold."]
    [22, acts, "retry.backoff.ms", long(0), "100", "KIP-580",
        "How long the producer waits before the first retry; each further wait is twice as long."]
    [23, acts, "retry.backoff.max.ms", long(0), "1000", "KIP-580",
        "The longest wait before a retry."]
    [25, acts, "max.block.ms", long(0), "60000", "ProducerConfig",
        "How long send() may wait for metadata or for buffer space."]
    [19, acts, "max.request.size", int(0), "1048576", "ProducerConfig",
        "How many bytes one request may hold; a larger record is refused by the client itself."]
    [20, acts, "reconnect.backoff.ms", long(0), "50", "ClusterConnectionStates",
        "How long the client waits before it connects again to a broker that it lost."]
    [21, acts, "reconnect.backoff.max.ms", long(0), "1000", "ClusterConnectionStates",
        "The longest wait before connecting again."]
    [3, acts, "buffer.memory", long(0), "33554432", "ProducerConfig",
        "Bytes for records that are not sent yet; when it is full, send() blocks."]
    [39, acts, "partitioner.class", Kind::Class(&[ROUND_ROBIN]), "null", "KIP-794",
        "The class that chooses a partition; without one the built-in rule does."]
    [13, acts, "partitioner.ignore.keys", Kind::Bool, "false", "KIP-794",
        "Chooses partitions as if records had no keys."]
    [11, acts, "partitioner.adaptive.partitioning.enable", Kind::Bool, "true", "KIP-794",
        "Sends more to brokers that answer faster."]
    [27, acts, "metadata.max.age.ms", long(0), "300000", "ProducerConfig",
        "How old metadata may be before the client asks again without need."]
    [54, acts, "metadata.recovery.strategy", Kind::AnyCaseChoice(&["REBOOTSTRAP", "NONE"]), "rebootstrap", "KIP-899",
        "What the client does when it knows no broker that answers."]
    [52, acts, "transactional.id", Kind::NonEmptyText, "null", "KIP-98",
        "Names the producer across restarts, so that it may write in transactions."]
    [51, acts, "transaction.timeout.ms", INT, "60000", "KIP-98",
        "How long a transaction may stay open before the coordinator aborts it."]

    [53, inert, "transaction.two.phase.commit.enable", Kind::Bool, "false", "KIP-939",
        "Lets an outside coordinator decide when a transaction ends."]
    [6, inert, "compression.type", Kind::Choice(&["none", "gzip", "snappy", "lz4", "zstd"]), "none", "ProducerConfig",
        "The codec by which batches are made smaller."]
    [7, inert, "compression.gzip.level", GZIP_LEVEL, "-1", "KIP-390",
        "How hard gzip works."]
    [8, inert, "compression.lz4.level", LZ4_LEVEL, "9", "KIP-390",
        "How hard lz4 works."]
    [9, inert, "compression.zstd.level", ZSTD_LEVEL, "3", "KIP-390",
        "How hard zstd works."]
    [12, inert, "partitioner.availability.timeout.ms", long(0), "0", "KIP-794",
        "A broker that has been silent for this long gets no new records; 0 turns that off."]
    [1, inert, "bootstrap.servers", Kind::Text, "null", "ProducerConfig",
        "The brokers that are asked first."]
    [2, inert, "client.dns.lookup", Kind::Choice(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"]), "use_all_dns_ips", "ProducerConfig",
        "How host names become addresses."]
    [16, inert, "client.id", Kind::Text, "", "ProducerConfig",
        "A name for the brokers' logs and quotas."]
    [17, inert, "send.buffer.bytes", int(-1), "131072", "ProducerConfig",
        "Size of the socket's send buffer."]
    [18, inert, "receive.buffer.bytes", int(-1), "32768", "ProducerConfig",
        "Size of the socket's receive buffer."]
    [24, inert, "enable.metrics.push", Kind::Bool, "true", "KIP-714",
        "Sends the client's metrics to a cluster that subscribed to them."]
    [28, inert, "metadata.max.idle.ms", long(5000), "300000", "ProducerConfig",
        "After how long without a send() the client forgets a topic."]
    [29, inert, "metrics.sample.window.ms", long(0), "30000", "ProducerConfig",
        "Length of one window of the metrics."]
    [30, inert, "metrics.num.samples", int(1), "2", "ProducerConfig",
        "How many windows a metric keeps."]
    [31, inert, "metrics.recording.level", Kind::Choice(&["INFO", "DEBUG", "TRACE"]), "INFO", "ProducerConfig",
        "How detailed the metrics are."]
    [32, inert, "metric.reporters", Kind::Text, "org.apache.kafka.common.metrics.JmxReporter", "ProducerConfig",
        "Classes that get the metrics."]
    [34, inert, "key.serializer", Kind::Text, "null", "ProducerConfig",
        "The class that turns keys into bytes."]
    [35, inert, "value.serializer", Kind::Text, "null", "ProducerConfig",
        "The class that turns values into bytes."]
    [36, inert, "socket.connection.setup.timeout.ms", LONG, "10000", "KIP-601",
        "How long the client waits for a connection to open."]
    [37, inert, "socket.connection.setup.timeout.max.ms", LONG, "30000", "KIP-601",
        "The longest wait for a connection to open."]
    [38, inert, "connections.max.idle.ms", LONG, "540000", "ProducerConfig",
        "After how long without use a connection is closed."]
    [40, inert, "interceptor.classes", Kind::Text, "", "ProducerConfig",
        "Classes that see each record before it is sent."]
    [41, inert, "security.protocol", Kind::AnyCaseChoice(&["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"]), "PLAINTEXT", "CommonClientConfigs",
        "Whether connections are encrypted and authenticated."]
    [42, inert, "security.providers", Kind::Text, "null", "ProducerConfig",
        "Classes that provide security algorithms."]
    [55, inert, "metadata.recovery.rebootstrap.trigger.ms", long(0), "300000", "KIP-1102",
        "After how long without metadata the client starts over from bootstrap.servers."]
    [56, inert, "config.providers", Kind::Text, "", "KIP-297",
        "Classes that fill in variables in the configuration."]
}
