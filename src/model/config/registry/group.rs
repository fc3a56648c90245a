//! Settings of a group that the brokers keep (`GroupConfig`): those of share groups. What is unset there is as the brokers have it.

use super::{Kind, Owner, Setting, int, int_within, table};

table! { ROWS, Owner::Group;
    [1, acts, "share.auto.offset.reset", Kind::Text, "latest", "KIP-932",
        "Where a share group begins in a partition that it has not read."]
    [2, acts, "share.record.lock.duration.ms", int(1000), "30000", "KIP-932",
        "How long a record is locked for the consumer that was given it."]
    [3, acts, "share.session.timeout.ms", int(1), "45000", "KIP-932",
        "How long a member of a share group may be silent before it is out of it."]
    [4, acts, "share.heartbeat.interval.ms", int(1), "5000", "KIP-932",
        "How often a member of a share group tells its coordinator that it lives."]
    [5, acts, "share.delivery.count.limit", int_within(2, 25), "5", "KIP-1240",
        "How often a record is given out before it is given up."]
    [6, acts, "share.partition.max.record.locks", int(100), "2000", "KIP-1240",
        "How many records of a partition may be under way at once."]
    [7, acts, "share.renew.acknowledge.enable", Kind::Bool, "true", "KIP-1240",
        "Whether a consumer may have a lock begin anew."]
    [8, acts, "share.isolation.level", Kind::Choice(&["read_committed", "read_uncommitted"]), "read_uncommitted", "KIP-932",
        "Whether records of open and aborted transactions are given out."]
    [9, acts, "share.assignment.interval.ms", int(0), "1000", "GroupConfig",
        "How long between two assignments of a share group."]
}
