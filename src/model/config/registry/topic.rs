//! Settings of a topic (`TopicConfig`, defined in `LogConfig`). All of them: a topic with any other key is refused.

use super::{
    BROKER_CODECS, GZIP_LEVEL, Kind, LONG, LZ4_LEVEL, Owner, Setting, ZSTD_LEVEL, int, long, table,
};

table! { ROWS, Owner::Topic;
    [18, acts, "min.insync.replicas", int(1), "1", "LogConfig, Partition",
        "How many in-sync replicas acks=all needs; with fewer, writes are refused and nothing more is committed."]
    [17, acts, "unclean.leader.election.enable", Kind::Bool, "false", "LogConfig, PartitionChangeBuilder",
        "Lets a replica lead that may lack acknowledged records, rather than have no leader."]
    [8, acts, "retention.ms", long(-1), "604800000", "LogConfig",
        "How old records may become before their segment is deleted; -1 is for ever."]
    [5, acts, "flush.messages", long(1), "9223372036854775807", "LogConfig",
        "After how many records the log is forced to disk."]
    [6, acts, "flush.ms", long(0), "9223372036854775807", "LogConfig",
        "After how long the log is forced to disk."]
    [9, acts, "max.message.bytes", int(0), "1048588", "LogConfig",
        "How many bytes a batch may have; a larger one is refused."]
    [2, acts, "segment.ms", long(1), "604800000", "LogConfig",
        "After how long a new file of the log is begun."]
    [7, acts, "retention.bytes", LONG, "-1", "LogConfig",
        "How large a partition may grow before old segments are deleted; -1 is without limit."]
    [1, acts, "segment.bytes", int(1_048_576), "1073741824", "KIP-1030",
        "How large one file of the log may grow."]

    [16, inert, "cleanup.policy", Kind::List(&["compact", "delete"]), "delete", "LogConfig",
        "Whether old records are deleted, or only those with a newer value for the same key."]
    [3, inert, "segment.jitter.ms", long(0), "0", "LogConfig",
        "Spreads the moments at which new files are begun."]
    [4, inert, "segment.index.bytes", int(4), "10485760", "LogConfig",
        "How large the index of one file may grow."]
    [10, inert, "index.interval.bytes", int(0), "4096", "LogConfig",
        "How many bytes lie between two entries of the index."]
    [11, inert, "delete.retention.ms", long(0), "86400000", "LogConfig",
        "How long the mark of a deletion stays in a compacted log."]
    [12, inert, "min.compaction.lag.ms", long(0), "0", "LogConfig",
        "How long a record is safe from compaction."]
    [13, inert, "max.compaction.lag.ms", long(1), "9223372036854775807", "LogConfig",
        "After how long a record must be open to compaction."]
    [14, inert, "file.delete.delay.ms", long(0), "60000", "LogConfig",
        "How long a deleted file stays on disk."]
    [15, inert, "min.cleanable.dirty.ratio", Kind::Text, "0.5", "LogConfig",
        "Which part of a log must be uncompacted before compaction begins."]
    [19, inert, "compression.type", BROKER_CODECS, "producer", "LogConfig",
        "The codec in which batches are stored; producer keeps what was sent."]
    [20, inert, "compression.gzip.level", GZIP_LEVEL, "-1", "KIP-390",
        "How hard gzip works."]
    [21, inert, "compression.lz4.level", LZ4_LEVEL, "9", "KIP-390",
        "How hard lz4 works."]
    [22, inert, "compression.zstd.level", ZSTD_LEVEL, "3", "KIP-390",
        "How hard zstd works."]
    [23, inert, "preallocate", Kind::Bool, "false", "LogConfig",
        "Reserves the disk space of a file when it is begun."]
    [24, inert, "message.timestamp.type", Kind::Choice(&["CreateTime", "LogAppendTime"]), "CreateTime", "LogConfig",
        "Whose clock a record's time is from."]
    [25, inert, "message.timestamp.before.max.ms", long(0), "9223372036854775807", "KIP-937",
        "How far in the past a record's time may be."]
    [26, inert, "message.timestamp.after.max.ms", long(0), "3600000", "KIP-937",
        "How far in the future a record's time may be."]
    [27, inert, "leader.replication.throttled.replicas", Kind::Text, "", "QuotaConfig",
        "Replicas whose leaders send more slowly."]
    [28, inert, "follower.replication.throttled.replicas", Kind::Text, "", "QuotaConfig",
        "Replicas that fetch more slowly."]
    [29, inert, "remote.storage.enable", Kind::Bool, "false", "KIP-405",
        "Keeps older segments in another store."]
    [30, inert, "local.retention.ms", long(-2), "-2", "KIP-405",
        "How long segments that are in the other store stay on the broker."]
    [31, inert, "local.retention.bytes", long(-2), "-2", "KIP-405",
        "How many bytes that are in the other store stay on the broker."]
    [32, inert, "remote.log.copy.disable", Kind::Bool, "false", "KIP-950",
        "Stops copying segments to the other store."]
    [33, inert, "remote.log.delete.on.disable", Kind::Bool, "false", "KIP-950",
        "Deletes what is in the other store when that is turned off."]
}
