//! What happened, in order: the steps of a run and all that was noted at them. Steps and facts lie in two long rows, so that a
//! step costs no memory of its own.

use super::ids::StepIndex;
use super::observation::Observation;
use super::time::SimTime;

/// One thing that happened, with all that was noted at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step<'a> {
    /// Its place in the trace.
    pub index: StepIndex,
    /// When.
    pub at: SimTime,
    /// The step without which this one would not be: the sending of what arrives here, the arming of a timer.
    pub cause: Option<StepIndex>,
    /// What was noted, in order. Many steps note nothing that anybody looks at.
    pub observations: &'a [Observation],
}

/// A step without what was noted at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Moment {
    at: SimTime,
    cause: Option<StepIndex>,
    /// Where its facts end; they begin where those of the step before it end.
    facts_end: u32,
}

/// For more `send()` calls than this no room is set aside.
const MOST_ROOM: usize = 2_000;

/// All that happened in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct History {
    moments: Vec<Moment>,
    facts: Vec<Observation>,
}

impl History {
    /// A history of these instants, each with what was noted at it: for tests of those that read histories.
    #[must_use]
    pub fn of(steps: Vec<(SimTime, Vec<Observation>)>) -> Self {
        let mut history = Self::default();
        let mut row = Vec::new();
        for (at, noted) in steps {
            history.begin_step(&mut row);
            row.extend(noted);
            history.end_step(at, None, &mut row);
        }
        history
    }

    /// Room for a run with so many `send()` calls, so that long rows are rarely moved.
    pub(crate) fn with_room(sends: usize) -> Self {
        let sends = sends.min(MOST_ROOM);
        Self {
            moments: Vec::with_capacity(64 + sends * 7),
            facts: Vec::with_capacity(128 + sends * 20),
        }
    }

    /// Number of steps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.moments.len()
    }

    /// True before the first step.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moments.is_empty()
    }

    /// A step begins: what is noted from now on goes straight to its place in the long row.
    pub(crate) fn begin_step(&mut self, noted: &mut Vec<Observation>) {
        std::mem::swap(&mut self.facts, noted);
        debug_assert!(self.facts.is_empty(), "between steps nothing is noted");
    }

    /// It ends: the row comes back.
    pub(crate) fn end_step(
        &mut self,
        at: SimTime,
        cause: Option<StepIndex>,
        noted: &mut Vec<Observation>,
    ) {
        std::mem::swap(&mut self.facts, noted);
        let facts_end = u32::try_from(self.facts.len()).unwrap_or(u32::MAX);
        self.moments.push(Moment {
            at,
            cause,
            facts_end,
        });
    }

    /// All of it, to read.
    #[must_use]
    pub fn steps(&self) -> Steps<'_> {
        Steps {
            moments: &self.moments,
            facts: &self.facts,
            first: 0,
        }
    }
}

/// Some steps in a row.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'a> {
    moments: &'a [Moment],
    /// Of the whole history.
    facts: &'a [Observation],
    /// Place of the first of these in the history.
    first: usize,
}

impl<'a> Steps<'a> {
    /// How many.
    #[must_use]
    pub fn len(self) -> usize {
        self.moments.len() - self.first
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The step at a place in the history.
    fn step(self, place: usize) -> Step<'a> {
        let moment = self.moments[place];
        let begin = place
            .checked_sub(1)
            .map_or(0, |before| self.moments[before].facts_end);
        Step {
            index: StepIndex(u32::try_from(place).unwrap_or(u32::MAX)),
            at: moment.at,
            cause: moment.cause,
            observations: &self.facts[begin as usize..moment.facts_end as usize],
        }
    }

    /// The one at a place among these.
    #[must_use]
    pub fn get(self, at: usize) -> Option<Step<'a>> {
        (at < self.len()).then(|| self.step(self.first + at))
    }

    /// The first one.
    #[must_use]
    pub fn first(self) -> Option<Step<'a>> {
        self.get(0)
    }

    /// The last one.
    #[must_use]
    pub fn last(self) -> Option<Step<'a>> {
        self.len().checked_sub(1).and_then(|at| self.get(at))
    }

    /// These, one after the other.
    #[must_use]
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Step<'a>> + ExactSizeIterator + Clone {
        (self.first..self.moments.len()).map(move |place| self.step(place))
    }

    /// Everything that was noted at these, in order.
    #[must_use]
    pub fn facts(self) -> &'a [Observation] {
        let begin = self
            .first
            .checked_sub(1)
            .map_or(0, |before| self.moments[before].facts_end);
        let end = self.moments.last().map_or(0, |last| last.facts_end);
        &self.facts[begin as usize..end as usize]
    }

    /// The first so many.
    #[must_use]
    pub fn until(self, at: usize) -> Self {
        Self {
            moments: &self.moments[..self.first + at.min(self.len())],
            ..self
        }
    }

    /// Those from a place on.
    #[must_use]
    pub fn since(self, at: usize) -> Self {
        Self {
            first: self.first + at.min(self.len()),
            ..self
        }
    }

    /// The place of the first that is not so, where all that are so come first.
    #[must_use]
    pub fn partition_point(self, mut is_so: impl FnMut(Step<'a>) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if is_so(self.step(self.first + middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

impl<'a> IntoIterator for Steps<'a> {
    type Item = Step<'a>;
    type IntoIter = StepsIter<'a>;
    fn into_iter(self) -> StepsIter<'a> {
        StepsIter(self)
    }
}

/// See [`Steps`].
#[derive(Clone, Copy, Debug)]
pub struct StepsIter<'a>(Steps<'a>);

impl<'a> Iterator for StepsIter<'a> {
    type Item = Step<'a>;
    fn next(&mut self) -> Option<Step<'a>> {
        let step = self.0.get(0)?;
        self.0.first += 1;
        Some(step)
    }
}

impl PartialEq for Steps<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.into_iter().eq(*other)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::BrokerId;
    use super::*;

    fn crash(id: u32) -> Observation {
        Observation::BrokerCrashed {
            broker: BrokerId(id),
        }
    }

    #[test]
    fn steps_in_a_row_and_parts_of_them() {
        let history = History::of(vec![
            (SimTime(1), vec![crash(1), crash(2)]),
            (SimTime(3), vec![]),
            (SimTime(3), vec![crash(3)]),
            (SimTime(9), vec![crash(4)]),
        ]);
        let steps = history.steps();
        assert_eq!((steps.len(), steps.facts().len()), (4, 4));
        assert_eq!(steps.partition_point(|step| step.at <= SimTime(3)), 3);
        let late = steps.since(2);
        assert_eq!((late.len(), late.facts()), (2, &[crash(3), crash(4)][..]));
        assert_eq!(late.first().map(|step| step.index), Some(StepIndex(2)));
        assert_eq!(steps.until(2).facts(), &[crash(1), crash(2)]);
        assert_eq!(
            late.until(1).last().map(|step| step.observations),
            Some(&[crash(3)][..])
        );
        let all: Vec<_> = steps
            .into_iter()
            .flat_map(|step| step.observations)
            .collect();
        assert_eq!(all.len(), 4);
        assert_eq!(steps.iter().next_back(), steps.last());
        assert!(steps.since(7).is_empty());
    }
}
