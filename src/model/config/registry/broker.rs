//! Settings of brokers and of the controller: those that matter to what a record lives through, and those that are in
//! everybody's `server.properties`. `checked` keeps the order of `AbstractKafkaConfig`: server, KRaft, sockets, replication,
//! group coordinator, log, transactions, quorum.

use super::{BROKER_CODECS, INT, Kind, LONG, Owner, Setting, int, int_within, long, short, table};

table! { ROWS, Owner::Broker;
    [205, acts, "broker.session.timeout.ms", INT, "9000", "KRaftConfigs",
        "How long the controller counts on a broker from which it hears nothing."]
    [204, acts, "broker.heartbeat.interval.ms", INT, "2000", "KRaftConfigs",
        "How often a broker tells the controller that it is alive."]
    [403, acts, "replica.lag.time.max.ms", LONG, "30000", "ReplicationConfigs",
        "How long a follower may be behind before its leader takes it out of the ISR."]
    [407, acts, "replica.fetch.wait.max.ms", INT, "500", "ReplicationConfigs",
        "How long a leader may keep a follower's fetch waiting when it has nothing new."]
    [408, acts, "replica.fetch.backoff.ms", int(0), "1000", "ReplicationConfigs",
        "How long a follower waits after a fetch that failed."]
    [412, acts, "replica.high.watermark.checkpoint.interval.ms", LONG, "5000", "ReplicationConfigs",
        "How often a broker writes its high watermarks to disk."]
    [716, acts, "min.insync.replicas", int(1), "1", "ServerLogConfigs",
        "How many in-sync replicas acks=all needs, for topics that do not say otherwise."]
    [419, acts, "unclean.leader.election.enable", Kind::Bool, "false", "ReplicationConfigs",
        "Lets a replica lead that may lack acknowledged records, for topics that do not say otherwise."]
    [999, acts, "eligible.leader.replicas.version", int_within(0, 1), "1", "KIP-966",
        "A feature of the cluster: remembers who may still lead when the ISR has shrunk too far (1), or not (0)."]
    [102, acts, "message.max.bytes", int(0), "1048588", "ServerConfigs",
        "How many bytes a batch may have, for topics that do not say otherwise."]
    [108, acts, "controlled.shutdown.enable", Kind::Bool, "true", "ServerConfigs",
        "Hands leadership over before a broker stops."]
    [416, acts, "auto.leader.rebalance.enable", Kind::Bool, "true", "ReplicationConfigs",
        "Gives leadership back to the preferred replica from time to time."]
    [417, acts, "leader.imbalance.check.interval.seconds", long(1), "300", "ReplicationConfigs",
        "How often leadership is given back."]
    [713, acts, "log.flush.interval.messages", long(1), "9223372036854775807", "ServerLogConfigs",
        "After how many records a log is forced to disk."]
    [715, acts, "log.flush.interval.ms", LONG, "null", "ServerLogConfigs",
        "After how long a log is forced to disk."]
    [714, acts, "log.flush.scheduler.interval.ms", LONG, "9223372036854775807", "ServerLogConfigs",
        "How often the broker looks for logs to force to disk."]
    [705, acts, "log.roll.ms", LONG, "null", "ServerLogConfigs",
        "After how many milliseconds a new file of a log is begun."]
    [706, acts, "log.roll.hours", int(1), "168", "ServerLogConfigs",
        "After how many hours a new file of a log is begun."]
    [707, acts, "log.retention.ms", LONG, "null", "ServerLogConfigs",
        "How old records may become, in milliseconds; it wins over minutes and hours."]
    [708, acts, "log.retention.minutes", INT, "null", "ServerLogConfigs",
        "How old records may become, in minutes; it wins over hours."]
    [709, acts, "log.retention.hours", INT, "168", "ServerLogConfigs",
        "How old records may become, in hours."]
    [711, acts, "log.retention.check.interval.ms", long(1), "300000", "ServerLogConfigs",
        "How often the broker looks for segments to delete."]
    [806, acts, "producer.id.expiration.check.interval.ms", int(1), "600000", "TransactionLogConfig",
        "How often a broker forgets producers that have been silent for too long."]
    [804, acts, "producer.id.expiration.ms", int(1), "86400000", "TransactionLogConfig",
        "How long a leader remembers the sequence of a producer that is silent."]
    [801, acts, "transaction.state.log.min.isr", int(1), "2", "TransactionLogConfig",
        "How many in-sync replicas the transaction log needs."]
    [805, acts, "transaction.max.timeout.ms", int(1), "900000", "TransactionStateManagerConfig",
        "The longest transaction.timeout.ms that a producer may ask for."]
    [807, acts, "transaction.abort.timed.out.transaction.cleanup.interval.ms", int(1), "10000", "TransactionStateManagerConfig",
        "How often the coordinator looks for transactions that have been open for too long."]
    [809, acts, "transactional.id.expiration.ms", int(1), "604800000", "TransactionStateManagerConfig",
        "How long a transactional id is remembered that nobody uses."]
    [810, acts, "transaction.remove.expired.transaction.cleanup.interval.ms", int(1), "3600000", "TransactionStateManagerConfig",
        "How often the coordinator looks for transactional ids that nobody has used for too long."]
    [808, acts, "transaction.partition.verification.enable", Kind::Bool, "true", "KIP-890",
        "Lets a leader ask the coordinator before the first record of a transaction gets in."]
    [704, acts, "log.segment.bytes", int(1_048_576), "1073741824", "ServerLogConfigs",
        "How large one file of a log may grow."]
    [710, acts, "log.retention.bytes", LONG, "-1", "ServerLogConfigs",
        "How large a partition may grow before old segments are deleted."]
    [503, acts, "group.initial.rebalance.delay.ms", int(0), "3000", "GroupCoordinatorConfig",
        "How long a new group waits for more members."]
    [504, acts, "group.min.session.timeout.ms", int(1), "6000", "GroupCoordinatorConfig",
        "The shortest session.timeout.ms that a member may have."]
    [505, acts, "group.max.session.timeout.ms", int(1), "1800000", "GroupCoordinatorConfig",
        "The longest session.timeout.ms that a member may have."]
    [506, acts, "group.consumer.session.timeout.ms", int(1), "45000", "KIP-848",
        "How long a member of the newer protocol may be silent before it is out of its group."]
    [507, acts, "group.consumer.heartbeat.interval.ms", int(1), "5000", "KIP-848",
        "How often a member of the newer protocol tells its coordinator that it lives."]
    [511, acts, "group.consumer.min.session.timeout.ms", int(1), "45000", "KIP-848",
        "The shortest group.consumer.session.timeout.ms that a broker starts with."]
    [512, acts, "group.consumer.max.session.timeout.ms", int(1), "60000", "KIP-848",
        "The longest group.consumer.session.timeout.ms that a broker starts with."]
    [513, acts, "group.consumer.min.heartbeat.interval.ms", int(1), "5000", "KIP-848",
        "The shortest group.consumer.heartbeat.interval.ms that a broker starts with."]
    [514, acts, "group.consumer.max.heartbeat.interval.ms", int(1), "15000", "KIP-848",
        "The longest group.consumer.heartbeat.interval.ms that a broker starts with."]
    [508, acts, "group.consumer.assignment.interval.ms", int(0), "1000", "GroupCoordinatorConfig",
        "How long the coordinator of a group of the newer protocol waits between two assignments."]
    [515, acts, "group.consumer.migration.policy", Kind::AnyCaseChoice(&["bidirectional", "downgrade", "disabled", "upgrade"]), "bidirectional", "KIP-848",
        "Which way a group that is in use may go from one protocol to the other."]
    [509, acts, "offsets.retention.minutes", int(1), "10080", "GroupCoordinatorConfig",
        "How long committed offsets are kept after a group has become empty."]
    [510, acts, "offsets.retention.check.interval.ms", long(1), "600000", "GroupCoordinatorConfig",
        "How often brokers look for committed offsets that are too old."]

    [541, acts, "group.share.session.timeout.ms", int(1), "45000", "KIP-932",
        "How long a member of a share group may be silent before it is out of it."]
    [542, acts, "group.share.min.session.timeout.ms", int(1), "45000", "KIP-932",
        "The shortest such time that a group may ask for."]
    [544, acts, "group.share.heartbeat.interval.ms", int(1), "5000", "KIP-932",
        "How often a member of a share group tells its coordinator that it lives."]
    [545, acts, "group.share.min.heartbeat.interval.ms", int(1), "5000", "KIP-932",
        "The shortest such interval that a group may ask for."]
    [547, acts, "group.share.assignment.interval.ms", int(0), "1000", "GroupCoordinatorConfig",
        "How long between two assignments of a share group."]
    [550, acts, "group.share.delivery.count.limit", int_within(2, 10), "5", "KIP-932",
        "How often a record is given out by a share group before it is given up."]
    [551, acts, "group.share.record.lock.duration.ms", int_within(1000, 3_600_000), "30000", "KIP-932",
        "How long a record is locked for the consumer of a share group that was given it."]
    [552, acts, "group.share.min.record.lock.duration.ms", int_within(1000, 30_000), "15000", "KIP-932",
        "The shortest such time that a group may ask for."]
    [553, acts, "group.share.partition.max.record.locks", int_within(100, 10_000), "2000", "KIP-932",
        "How many records of a partition a share group may have under way at once."]

    [402, inert, "default.replication.factor", INT, "1", "ReplicationConfigs",
        "How many replicas a topic gets if nobody says."]
    [404, inert, "replica.socket.timeout.ms", INT, "30000", "ReplicationConfigs",
        "How long a follower waits for an answer to its fetch."]
    [405, inert, "replica.socket.receive.buffer.bytes", INT, "65536", "ReplicationConfigs",
        "Size of the socket's receive buffer for fetches."]
    [406, inert, "replica.fetch.max.bytes", int(0), "1048576", "ReplicationConfigs",
        "How many bytes of one partition a fetch may bring."]
    [409, inert, "replica.fetch.min.bytes", INT, "1", "ReplicationConfigs",
        "How many bytes a leader waits for before it answers a fetch."]
    [410, inert, "replica.fetch.response.max.bytes", int(0), "10485760", "ReplicationConfigs",
        "How many bytes one fetch may bring in all."]
    [411, inert, "num.replica.fetchers", int(1), "1", "ReplicationConfigs",
        "How many connections a follower uses for each leader."]
    [420, inert, "inter.broker.listener.name", Kind::Text, "null", "ReplicationConfigs",
        "The listener by which brokers talk to each other."]
    [421, inert, "replica.selector.class", Kind::Text, "null", "KIP-392",
        "Chooses the replica from which a consumer reads."]
    [101, inert, "broker.id", INT, "-1", "ServerConfigs",
        "The older name of node.id."]
    [103, inert, "num.io.threads", int(1), "8", "ServerConfigs",
        "How many threads handle requests."]
    [104, inert, "background.threads", int(1), "10", "ServerConfigs",
        "How many threads do what nobody waits for."]
    [105, inert, "request.timeout.ms", INT, "30000", "ServerConfigs",
        "How long a broker waits for an answer to a request of its own."]
    [106, inert, "authorizer.class.name", Kind::Text, "", "ServerConfigs",
        "The class that decides who may do what."]
    [107, inert, "broker.rack", Kind::Text, "null", "ServerConfigs",
        "Where the broker stands, so that replicas are spread."]
    [109, inert, "delete.topic.enable", Kind::Bool, "true", "ServerConfigs",
        "Allows topics to be deleted."]
    [110, inert, "compression.type", BROKER_CODECS, "producer", "ServerConfigs",
        "The codec in which batches are stored, for topics that do not say otherwise."]
    [201, inert, "process.roles", Kind::List(&["broker", "controller"]), "null", "KRaftConfigs",
        "Whether this process is a broker, a controller, or both."]
    [202, inert, "node.id", int(0), "null", "KRaftConfigs",
        "The number of this node in the cluster."]
    [203, inert, "initial.broker.registration.timeout.ms", INT, "60000", "KRaftConfigs",
        "How long a broker tries to register before it gives up."]
    [206, inert, "controller.listener.names", Kind::Text, "null", "KRaftConfigs",
        "The listeners by which the controller is reached."]
    [301, inert, "listeners", Kind::Text, "PLAINTEXT://:9092", "SocketServerConfigs",
        "The addresses at which the node listens."]
    [302, inert, "advertised.listeners", Kind::Text, "null", "SocketServerConfigs",
        "The addresses that clients are told."]
    [303, inert, "listener.security.protocol.map", Kind::Text, "null", "SocketServerConfigs",
        "Which listener uses which security protocol."]
    [304, inert, "num.network.threads", int(1), "3", "SocketServerConfigs",
        "How many threads read and write sockets."]
    [305, inert, "queued.max.requests", int(1), "500", "SocketServerConfigs",
        "How many requests may wait before sockets are no longer read."]
    [306, inert, "connections.max.idle.ms", LONG, "600000", "SocketServerConfigs",
        "After how long without use the broker closes a connection."]
    [501, inert, "offsets.topic.replication.factor", short(1), "3", "GroupCoordinatorConfig",
        "How many replicas the topic of committed offsets gets."]
    [502, inert, "offsets.topic.num.partitions", int(1), "50", "GroupCoordinatorConfig",
        "How many partitions the topic of committed offsets has."]
    [701, inert, "num.partitions", int(1), "1", "ServerLogConfigs",
        "How many partitions a topic gets if nobody says."]
    [702, inert, "log.dir", Kind::Text, "/tmp/kafka-logs", "ServerLogConfigs",
        "Where the logs are."]
    [703, inert, "log.dirs", Kind::Text, "null", "ServerLogConfigs",
        "Where the logs are, if in several places."]
    [712, inert, "log.cleanup.policy", Kind::List(&["compact", "delete"]), "delete", "ServerLogConfigs",
        "Whether old records are deleted or compacted, for topics that do not say otherwise."]
    [717, inert, "auto.create.topics.enable", Kind::Bool, "true", "ServerLogConfigs",
        "Makes a topic when a client first names it."]
    [718, inert, "num.recovery.threads.per.data.dir", int(1), "2", "ServerLogConfigs",
        "How many threads read the logs at a start."]
    [719, inert, "log.message.timestamp.type", Kind::Choice(&["CreateTime", "LogAppendTime"]), "CreateTime", "ServerLogConfigs",
        "Whose clock a record's time is from, for topics that do not say otherwise."]
    [802, inert, "transaction.state.log.replication.factor", short(1), "3", "TransactionLogConfig",
        "How many replicas the transaction log gets."]
    [803, inert, "transaction.state.log.num.partitions", int(1), "50", "TransactionLogConfig",
        "How many partitions the transaction log has."]
    [901, inert, "controller.quorum.voters", Kind::Text, "", "QuorumConfig",
        "The controllers, by number and address."]
    [902, inert, "controller.quorum.bootstrap.servers", Kind::Text, "", "QuorumConfig",
        "The controllers that are asked first."]
    [903, inert, "controller.quorum.election.timeout.ms", int(0), "1000", "QuorumConfig",
        "How long a controller waits before it stands for election."]
    [904, inert, "controller.quorum.fetch.timeout.ms", int(0), "2000", "QuorumConfig",
        "How long a controller waits for the leading one."]
}
