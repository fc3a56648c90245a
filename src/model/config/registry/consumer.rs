//! Settings of the Java consumer (`ConsumerConfig`, its static block), as far as recordings use them.

use super::{Kind, LONG, Owner, Setting, int, long, table};

/// Smallest to largest `max.partition.fetch.bytes` and the like.
const BYTES: Kind = int(0);

table! { ROWS, Owner::Consumer;
    [24, acts, "auto.offset.reset", Kind::Text, "latest", "KIP-1106",
        "Where a reader begins that has no position, or one that the log does not have."]
    [40, acts, "isolation.level", Kind::Choice(&["read_committed", "read_uncommitted"]), "read_uncommitted", "KIP-98",
        "Whether records of open and aborted transactions are returned."]
    [39, acts, "max.poll.records", int(1), "500", "ConsumerConfig",
        "How many records one poll() returns at most."]
    [18, acts, "fetch.max.wait.ms", int(0), "500", "ConsumerConfig",
        "How long a leader may hold a fetch that it has nothing for."]
    [36, acts, "request.timeout.ms", int(0), "30000", "ConsumerConfig",
        "How long a response may take before the reader closes the connection and tries again."]
    [21, acts, "retry.backoff.ms", long(0), "100", "KIP-580",
        "How long the reader waits before it asks again."]
    [22, acts, "retry.backoff.max.ms", long(0), "1000", "KIP-580",
        "The longest wait before it asks again."]
    [19, acts, "reconnect.backoff.ms", long(0), "50", "ClusterConnectionStates",
        "How long the client waits before it connects again to a broker that it lost."]
    [20, acts, "reconnect.backoff.max.ms", long(0), "1000", "ClusterConnectionStates",
        "The longest wait before connecting again."]
    [3, acts, "group.id", Kind::Text, "null", "ConsumerConfig",
        "The group that shares the work, and in whose name positions are committed."]
    [9, acts, "enable.auto.commit", Kind::Bool, "true", "ConsumerConfig",
        "Whether positions are committed from time to time within poll()."]
    [4, acts, "group.instance.id", Kind::NonEmptyText, "null", "KIP-345",
        "Names a member across restarts."]
    [5, acts, "session.timeout.ms", int(0), "45000", "ConsumerConfig",
        "How long a member may be silent before it is out of its group."]
    [6, acts, "heartbeat.interval.ms", int(0), "3000", "ConsumerConfig",
        "How often a member tells its coordinator that it lives."]
    [7, acts, "partition.assignment.strategy", Kind::Text, "org.apache.kafka.clients.consumer.RangeAssignor,org.apache.kafka.clients.consumer.CooperativeStickyAssignor", "KIP-429",
        "The classes that share out partitions among members."]
    [8, acts, "metadata.max.age.ms", long(0), "300000", "ConsumerConfig",
        "How old metadata may be before the client asks again without need."]
    [10, acts, "auto.commit.interval.ms", int(0), "5000", "ConsumerConfig",
        "How long between two commits of positions."]
    [37, acts, "default.api.timeout.ms", int(0), "60000", "KIP-266",
        "How long calls without a time of their own may take."]
    [38, acts, "max.poll.interval.ms", int(1), "300000", "KIP-62",
        "How long a member may go without poll() before it is out of its group."]
    [42, acts, "group.protocol", Kind::AnyCaseChoice(&["CLASSIC", "CONSUMER"]), "classic", "KIP-848",
        "By which protocol a group shares its partitions."]
    [43, acts, "group.remote.assignor", Kind::Text, "null", "KIP-848",
        "The broker's assignor that a group of the newer protocol uses."]

    [1, inert, "bootstrap.servers", Kind::Text, "null", "ConsumerConfig",
        "The brokers that are asked first."]
    [11, inert, "client.id", Kind::Text, "", "ConsumerConfig",
        "A name for the brokers' logs and quotas."]
    [12, inert, "client.rack", Kind::Text, "", "KIP-392",
        "Where the client stands, so that it may read from a near replica."]
    [13, inert, "max.partition.fetch.bytes", BYTES, "1048576", "ConsumerConfig",
        "How many bytes of one partition an answer holds; one batch is always returned."]
    [16, inert, "fetch.min.bytes", BYTES, "1", "ConsumerConfig",
        "How many bytes a leader waits for before it answers a fetch."]
    [17, inert, "fetch.max.bytes", BYTES, "52428800", "ConsumerConfig",
        "How many bytes an answer holds; one batch is always returned."]
    [25, inert, "check.crcs", Kind::Bool, "true", "ConsumerConfig",
        "Whether the reader checks what it gets."]
    [41, inert, "allow.auto.create.topics", Kind::Bool, "true", "KIP-361",
        "Whether asking for a topic may create it."]
    [44, inert, "connections.max.idle.ms", LONG, "540000", "ConsumerConfig",
        "After how long without use a connection is closed."]
}
