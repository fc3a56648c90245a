//! The timers of a broker that are reckoned anew whenever something happens to it. Most of the time nothing changes: only a change
//! is worth a wish.

use super::super::effects::{Effects, Timer};
use super::super::time::SimTime;

/// How many they are.
const TIMERS: usize = 9;

#[inline(never)]
fn wish(timer: Timer, at: Option<SimTime>, out: &mut Effects) {
    match at {
        Some(at) => out.arm(timer, at),
        None => out.disarm(timer),
    }
}

/// The place of one, if it is one of them.
#[inline(always)]
fn place_of(timer: Timer) -> Option<usize> {
    Some(match timer {
        Timer::Purgatory => 0,
        Timer::IsrExpiration => 1,
        Timer::FetchWait => 2,
        Timer::FlushLogs => 3,
        Timer::Retention => 4,
        Timer::StateWait => 5,
        Timer::Transactions => 6,
        Timer::Share => 7,
        Timer::Groups => 8,
        _ => return None,
    })
}

/// When each of them will run out, as far as it was wished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Alarms([Option<SimTime>; TIMERS]);

impl Alarms {
    #[inline(always)]
    fn of(&mut self, timer: Timer) -> Option<&mut Option<SimTime>> {
        self.0.get_mut(place_of(timer)?)
    }

    /// Sets a timer, or stops it.
    #[inline(always)]
    pub(super) fn set(&mut self, timer: Timer, at: Option<SimTime>, out: &mut Effects) {
        let Some(known) = self.of(timer) else { return };
        if *known != at {
            *known = at;
            wish(timer, at, out);
        }
    }

    /// It has run out.
    pub(super) fn rang(&mut self, timer: Timer) {
        if let Some(known) = self.of(timer) {
            *known = None;
        }
    }
}
