//! The timers of a broker that are reckoned anew whenever something happens to it. Most of the time nothing changes: only a change
//! is worth a wish.

use super::super::effects::{Effects, Timer};
use super::super::time::SimTime;

const TIMERS: [Timer; 8] = [
    Timer::Purgatory,
    Timer::IsrExpiration,
    Timer::FetchWait,
    Timer::FlushLogs,
    Timer::Retention,
    Timer::Share,
    Timer::StateWait,
    Timer::Transactions,
];

/// When each of them will run out, as far as it was wished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Alarms([Option<SimTime>; TIMERS.len()]);

impl Alarms {
    fn of(&mut self, timer: Timer) -> Option<&mut Option<SimTime>> {
        let place = TIMERS.iter().position(|known| *known == timer)?;
        self.0.get_mut(place)
    }

    /// Sets a timer, or stops it.
    pub(super) fn set(&mut self, timer: Timer, at: Option<SimTime>, out: &mut Effects) {
        let Some(known) = self.of(timer) else { return };
        if *known == at {
            return;
        }
        *known = at;
        match at {
            Some(at) => out.arm(timer, at),
            None => out.disarm(timer),
        }
    }

    /// It has run out.
    pub(super) fn rang(&mut self, timer: Timer) {
        if let Some(known) = self.of(timer) {
            *known = None;
        }
    }
}
