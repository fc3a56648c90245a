//! The calls that applications make to their consumers, as far as there are groups to make them to.

use super::super::super::effects::Effects;
use super::super::super::ids::{Offset, TopicPartition};
use super::super::super::reader::Reader;
use super::super::super::time::{SimDuration, SimTime};

pub(super) fn commit_sync(
    _reader: &mut Reader,
    _now: SimTime,
    _what: (TopicPartition, Offset),
    _out: &mut Effects,
) {
}

pub(super) fn commit_async(
    _reader: &mut Reader,
    _now: SimTime,
    _act: u32,
    _what: (TopicPartition, Offset),
    _out: &mut Effects,
) {
}

pub(super) fn close(_reader: &mut Reader, _now: SimTime, _wait: SimDuration, _out: &mut Effects) {}

pub(super) fn wake_up(_reader: &mut Reader) {}
