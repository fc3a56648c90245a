//! Simulated time to playing time: dense where something happens, short where only timers wait. The drawing, the scrubber and
//! the player use this one mapping.

use super::tape::shown;
use crate::model::small::sort;
use crate::model::time::{SimDuration, SimTime};
use crate::model::trace::Trace;

/// A stretch of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From here.
    pub from: SimTime,
    /// To here.
    pub to: SimTime,
    /// True if nothing that is shown happens in it: it is torn out of the paper.
    pub quiet: bool,
}

/// The whole run as alternating spans that follow each other without gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// In order; the first begins at 0. A run in which nothing is shown is one span.
    pub spans: Vec<Span>,
}

/// One second of playing shows so many microseconds of the run (at speed 1).
pub const SHOWN_PER_SECOND_US: u64 = 4000;
/// A quiet span passes in so many microseconds of playing (at speed 1).
pub const QUIET_PASSES_IN_US: u64 = 400_000;

/// Playing microseconds for one microsecond of an active span.
const STRETCH: u64 = 1_000_000 / SHOWN_PER_SECOND_US;
/// Only a gap longer than this is torn out: what is shorter says how soon one thing followed another.
pub(super) const LONGEST_WAIT_US: u64 = 30_000;
/// Paper that is left before the first thing after a gap.
const MARGIN_BEFORE_US: u64 = 3_000;
/// Paper that is left after the last thing before a gap: its mark and its words need room.
const MARGIN_AFTER_US: u64 = 5_000;

impl Span {
    /// Its length in simulated time.
    #[must_use]
    pub fn length(&self) -> SimDuration {
        self.to.since(self.from)
    }

    /// Its length in microseconds of playing.
    #[must_use]
    pub fn playing_us(&self) -> u64 {
        if self.quiet {
            QUIET_PASSES_IN_US
        } else {
            self.length().0 * STRETCH
        }
    }
}

impl Fold {
    /// The mapping of a trace.
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        Self::of_intervals(&shown(trace.steps()))
    }

    /// The mapping of what is shown: each item from its first to its last instant, in any order.
    #[must_use]
    pub fn of_intervals(shown: &[(SimTime, SimTime)]) -> Self {
        let mut shown = shown.to_vec();
        sort(&mut shown);
        let mut spans: Vec<Span> = Vec::new();
        let mut from = SimTime::ZERO;
        let mut last = SimTime::ZERO;
        for (begins, ends) in shown {
            if begins.since(last).0 > LONGEST_WAIT_US {
                let tear = last + SimDuration(MARGIN_AFTER_US);
                let resume = SimTime(begins.0 - MARGIN_BEFORE_US);
                spans.push(active(from, tear));
                spans.push(Span {
                    from: tear,
                    to: resume,
                    quiet: true,
                });
                from = resume;
            }
            last = last.max(ends);
        }
        spans.push(active(from, last + SimDuration(MARGIN_AFTER_US)));
        Self { spans }
    }

    /// Where the paper ends: a little after the last thing that is shown.
    #[must_use]
    pub fn ends_at(&self) -> SimTime {
        self.spans.last().map_or(SimTime::ZERO, |span| span.to)
    }

    /// How long the whole run plays at speed 1, in microseconds.
    #[must_use]
    pub fn length_us(&self) -> u64 {
        self.spans.iter().map(Span::playing_us).sum()
    }

    /// Playing time of an instant, in microseconds at speed 1.
    #[must_use]
    pub fn to_playing(&self, at: SimTime) -> u64 {
        let mut playing = 0;
        for span in &self.spans {
            if at < span.to {
                let done = at.since(span.from).0;
                return playing
                    + if span.quiet {
                        done * QUIET_PASSES_IN_US / span.length().0
                    } else {
                        done * STRETCH
                    };
            }
            playing += span.playing_us();
        }
        playing
    }

    /// The instant of a playing time; where the paper ends if that is later.
    #[must_use]
    pub fn from_playing(&self, playing_us: u64) -> SimTime {
        let mut left = playing_us;
        for span in &self.spans {
            let whole = span.playing_us();
            if left < whole {
                let done = if span.quiet {
                    left * span.length().0 / QUIET_PASSES_IN_US
                } else {
                    left / STRETCH
                };
                return span.from + SimDuration(done);
            }
            left -= whole;
        }
        self.ends_at()
    }
}

fn active(from: SimTime, to: SimTime) -> Span {
    Span {
        from,
        to,
        quiet: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(at: u64) -> SimTime {
        SimTime(at * 1000)
    }

    fn fold() -> Fold {
        Fold::of_intervals(&[
            (ms(2), ms(4)),
            (ms(30), ms(40)),
            (ms(9040), ms(9042)),
            (ms(9060), ms(9061)),
            (ms(12_500), ms(12_500)),
        ])
    }

    #[test]
    fn long_waits_are_torn_out_and_nothing_else() {
        let quiet: Vec<_> = fold().spans.iter().map(|span| span.quiet).collect();
        assert_eq!(quiet, [false, true, false, true, false]);
        assert_eq!(fold().spans[1].from, ms(45));
        assert_eq!(fold().spans[1].to, ms(9037));
        assert_eq!(fold().ends_at(), ms(12_505));
    }

    #[test]
    fn spans_follow_each_other_without_gap() {
        assert_eq!(fold().spans[0].from, SimTime::ZERO);
        for pair in fold().spans.windows(2) {
            assert_eq!(pair[0].to, pair[1].from);
            assert!(pair[0].from < pair[0].to);
        }
    }

    #[test]
    fn maps_both_ways() {
        let fold = fold();
        for span in &fold.spans {
            for part in 0..20 {
                let at = span.from + SimDuration(span.length().0 * part / 20);
                let back = fold.from_playing(fold.to_playing(at));
                let coarse = if span.quiet {
                    span.length().0 / QUIET_PASSES_IN_US + 1
                } else {
                    0
                };
                assert!(
                    back.0.abs_diff(at.0) <= coarse,
                    "{at:?} came back as {back:?}"
                );
            }
        }
        assert_eq!(fold.from_playing(fold.length_us()), fold.ends_at());
        assert_eq!(fold.to_playing(fold.ends_at()), fold.length_us());
        assert_eq!(fold.to_playing(SimTime(u64::MAX)), fold.length_us());
        assert_eq!(fold.from_playing(u64::MAX), fold.ends_at());
    }

    #[test]
    fn playing_time_never_runs_backwards() {
        let fold = fold();
        let mut last = 0;
        for at in (0..13_000_000).step_by(1700) {
            let playing = fold.to_playing(SimTime(at));
            assert!(playing >= last);
            last = playing;
        }
    }

    #[test]
    fn a_run_in_which_nothing_is_shown_is_one_span() {
        let fold = Fold::of_intervals(&[]);
        assert_eq!(fold.spans.len(), 1);
        assert_eq!(fold.to_playing(SimTime::ZERO), 0);
        assert!(fold.length_us() > 0);
    }
}
