//! A member of the newer protocol (KIP-848).

use super::super::super::effects::Effects;
use super::super::super::time::SimTime;
use super::super::super::wire::{AsMember, Beaten, ReadError};
use super::super::Reader;
use super::leaving::Closing;
use super::{Membership, Progress};

/// What only such a member has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct AsyncMember {}

impl AsyncMember {
    pub(super) fn next_at(&self) -> Option<SimTime> {
        None
    }
}

impl Membership {
    pub(super) fn newer_member(&self) -> Option<AsMember> {
        None
    }
}

impl Reader {
    pub(in crate::model::reader) fn works_alone(&self) -> bool {
        false
    }
    pub(in crate::model::reader) fn begin_as_member(&mut self, _now: SimTime, _out: &mut Effects) {}
    pub(in crate::model::reader) fn after_background(&mut self, _now: SimTime, _out: &mut Effects) {
    }
    pub(super) fn work_on_newer(
        &mut self,
        _now: SimTime,
        _out: &mut Effects,
    ) -> Result<Progress, ReadError> {
        Ok(Progress::Ready)
    }
    pub(super) fn work_in_background(&mut self, _now: SimTime, _out: &mut Effects) {}
    pub(super) fn on_beaten(&mut self, _now: SimTime, _answer: Beaten, _out: &mut Effects) {}
    pub(super) fn on_beat_lost(&mut self, _now: SimTime, _out: &mut Effects) {}
    pub(super) fn go_on_closing_newer(
        &mut self,
        _now: SimTime,
        _until: SimTime,
        _closing: &mut Closing,
        _out: &mut Effects,
    ) -> bool {
        true
    }
}
