//! partition_log.
