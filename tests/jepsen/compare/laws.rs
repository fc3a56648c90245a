//! The laws, as sentences. Each is “if …, then …” of one record of a partition that the final polls have read to its end.

/// The final polls read all of the log, wherever a record is in it.
pub const FINAL_POLLS: &str = "the final polls return it where the ledger has it";
/// Row `visible`.
pub const VISIBLE: &str = "visible as often as the final polls return it, at each isolation level";
/// `read-then-gone`, both ways, but for what lies below the first offset.
pub const GONE: &str =
    "read-then-gone if and only if it was polled where the final polls do not find it";
/// `duplicated`, both ways.
pub const TWICE: &str = "duplicated if and only if readers of committed records find it twice";
/// `duplicated` to duplicate.
pub const DUPLICATED: &str = "duplicated, so a duplicate is found";
/// duplicate to `duplicated`.
pub const DUPLICATE: &str =
    "a duplicate is found and all of its places are still there, so it is duplicated";
/// `lost-after-ack` and `lost-silently` to unseen.
pub const LOST_UNSEEN: &str = "lost, and never polled, so it is unseen";
/// … and to lost-write.
pub const LOST_WRITE: &str =
    "lost, and never polled, and something behind it was, so a lost-write is found";
/// Lost, and polled.
pub const LOST_AND_POLLED: &str = "lost, and polled, so it is read-then-gone";
/// unseen and lost-write to the fates.
pub const UNSEEN: &str = "a write that happened was never polled, so it is lost or deleted";
/// `written-though-failed` to G1a.
pub const WRITTEN_DIRTY: &str = "written though it certainly failed, so a G1a is found";
/// `written-though-failed` to what the application knows.
pub const WRITTEN: &str =
    "written though failed, so the application does not know that it happened, and it is there";
/// `hidden-by-abort` to G1a of readers of everything.
pub const HIDDEN_DIRTY: &str =
    "hidden by an abort that is certain, so readers of everything have a G1a";
/// `hidden-by-abort` to what the application knows.
pub const HIDDEN: &str = "hidden by an abort, so the application was not told that it is committed";
/// G1a of readers of committed records to the fates.
pub const ABORTED_READ: &str = "a G1a is found, so it is written though failed, or gone";
/// G1a of readers of everything to the fates.
pub const DIRTY_READ: &str =
    "a G1a of readers of everything is found, so it is aborted, written though failed, or gone";
/// `refused`.
pub const REFUSED: &str =
    "refused, so the application does not know that it happened, and nobody finds it";
/// `deleted`.
pub const DELETED: &str = "deleted, so nobody finds it";
/// `pending`.
pub const PENDING: &str =
    "pending, so the application was told nothing, or a group has not polled it";
/// `delivered-once`.
pub const FINE: &str =
    "delivered once, so there is no anomaly of it, it is found once, and each group polled it once";
/// Row `groups`.
pub const DELIVERED: &str = "delivered to a group as often as its members polled it";
/// `processed-twice`, both ways.
pub const AGAIN: &str = "processed twice if and only if members of a group polled it twice";
/// `processed-twice` to nonmonotonic-poll or duplicate.
pub const READ_AGAIN: &str =
    "polled twice by one reader, so its polls go back, or there are two copies";
/// `skipped` to what was polled.
pub const UNREAD: &str = "skipped, so there is a group that never polled it";
/// `skipped` to poll-skip.
pub const SKIPPED: &str = "skipped between two polls of one reader, so a poll-skip is found";
/// poll-skip to `skipped`.
pub const POLL_SKIP: &str =
    "a poll-skip is found, so it is skipped, or not there, or the group has not passed it";
/// nonmonotonic-poll to the fates.
pub const WENT_BACK: &str =
    "a nonmonotonic-poll is found, so what was read is gone, or something is processed twice";
/// `out-of-order` to nonmonotonic-send.
pub const OUT_OF_ORDER: &str = "out of order, so a nonmonotonic-send is found";
/// nonmonotonic-send to `out-of-order`.
pub const NONMONOTONIC_SEND: &str = "a nonmonotonic-send is found, so it is out of order";
/// inconsistent-offsets to the fates.
pub const INCONSISTENT: &str =
    "an offset was seen with several values, so all but one are gone from there";
/// precommitted-read.
pub const PRECOMMITTED: &str = "a precommitted-read is found, so its reader reads everything";

/// All of them.
pub const ALL: [&str; 31] = [
    DELETED,
    PENDING,
    UNREAD,
    FINAL_POLLS,
    VISIBLE,
    GONE,
    TWICE,
    DUPLICATED,
    DUPLICATE,
    LOST_UNSEEN,
    LOST_WRITE,
    LOST_AND_POLLED,
    UNSEEN,
    WRITTEN_DIRTY,
    WRITTEN,
    HIDDEN_DIRTY,
    HIDDEN,
    ABORTED_READ,
    DIRTY_READ,
    REFUSED,
    FINE,
    DELIVERED,
    AGAIN,
    READ_AGAIN,
    SKIPPED,
    POLL_SKIP,
    WENT_BACK,
    OUT_OF_ORDER,
    NONMONOTONIC_SEND,
    INCONSISTENT,
    PRECOMMITTED,
];
