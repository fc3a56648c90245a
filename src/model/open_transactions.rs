//! Which transactions of a log are open, and which of those that have ended were aborted (`ProducerStateManager`,
//! `TransactionIndex`). Rebuilt from the log, so it is the same on every replica that has the same records.

use super::ids::{Offset, ProducerId};
use super::record::Outcome;
use super::small::Map;
use super::transaction::Aborted;

/// The transactions of one log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OpenTransactions {
    /// Where the open transaction of a producer begins.
    open: Map<ProducerId, Offset>,
    /// First record and marker of those that have ended while the marker may not be committed, in the order of markers.
    unstable: Vec<(Offset, Offset)>,
    /// In the order of markers.
    aborted: Vec<Aborted>,
}

impl OpenTransactions {
    /// A record in a transaction was appended.
    pub(crate) fn record(&mut self, producer: ProducerId, at: Offset) {
        self.open.entry(producer).or_insert(at);
    }

    /// A marker was appended. One that finds nothing open changes nothing.
    pub(crate) fn marker(&mut self, producer: ProducerId, at: Offset, outcome: Outcome) {
        let Some(first) = self.open.remove(&producer) else {
            return;
        };
        self.unstable.push((first, at));
        if outcome == Outcome::Abort {
            self.aborted.push(Aborted {
                producer,
                first,
                last: at,
            });
        }
    }

    /// Has the producer a transaction open?
    pub(crate) fn is_open(&self, producer: ProducerId) -> bool {
        self.open.contains_key(&producer)
    }

    /// Markers below the high watermark hold nobody back any more.
    pub(crate) fn stable_below(&mut self, high_watermark: Offset) {
        self.unstable
            .retain(|(_, marker)| *marker >= high_watermark);
    }

    /// Where readers of decided records may read to (`UnifiedLog.fetchLastStableOffsetMetadata`): the high watermark, or the
    /// first record of a transaction that is open, or whose end is not committed.
    pub(crate) fn last_stable(&self, high_watermark: Offset) -> Offset {
        let undecided = self.unstable.iter();
        let undecided = undecided
            .filter(|(_, marker)| *marker >= high_watermark)
            .map(|(first, _)| *first);
        let open = self.open.values().copied();
        open.chain(undecided).fold(high_watermark, Offset::min)
    }

    /// The aborted transactions that have anything in a range.
    pub(crate) fn aborted_between(
        &self,
        from: Offset,
        to: Offset,
    ) -> impl Iterator<Item = Aborted> + '_ {
        let all = self.aborted.iter().copied();
        all.filter(move |aborted| aborted.last >= from && aborted.first < to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stable_offset_stops_at_what_is_undecided() {
        let (a, b) = (ProducerId(1), ProducerId(2));
        let at = Offset;
        // 0: a, 1: b, 2: a, 3: commit of b, 4: abort of a, 5: abort of a again.
        let mut log = OpenTransactions::default();
        log.record(a, at(0));
        log.record(b, at(1));
        log.record(a, at(2));
        assert_eq!(log.last_stable(at(3)), at(0));
        log.marker(b, at(3), Outcome::Commit);
        assert_eq!(log.last_stable(at(4)), at(0), "a is open before b");
        assert!(log.is_open(a) && !log.is_open(b));
        log.marker(a, at(4), Outcome::Abort);
        log.marker(a, at(5), Outcome::Abort);
        for (high_watermark, stable) in [(2, 0), (3, 0), (4, 0), (5, 5), (6, 6)] {
            assert_eq!(log.last_stable(at(high_watermark)), at(stable));
        }
        log.stable_below(at(4));
        assert_eq!(log.last_stable(at(4)), at(0), "its marker is not below");
        log.stable_below(at(5));
        assert_eq!(log.last_stable(at(5)), at(5));
        let aborted = Aborted {
            producer: a,
            first: at(0),
            last: at(4),
        };
        for (from, to, found) in [(0, 1, true), (4, 6, true), (5, 6, false), (3, 4, true)] {
            let between: Vec<_> = log.aborted_between(at(from), at(to)).collect();
            assert_eq!(between == [aborted], found, "{from} to {to}");
        }
    }
}
