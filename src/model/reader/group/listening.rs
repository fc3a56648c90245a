//! The application's listener (`ConsumerRebalanceListener`), where it has one: before partitions go, or once they are lost, the work on
//! the group rests until the application has done what it does then. Kafka calls it within `poll()`; here that `poll()` returns
//! nothing, the application does its work, and calls `poll()` again.

use super::super::super::effects::Effects;
use super::super::super::ids::TopicPartition;
use super::super::super::observation::Change;
use super::super::super::time::SimTime;
use super::super::Reader;
use super::super::places::Place;
use super::State;
use super::joining::Join;
use crate::small::Set;

/// Partitions that go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Going {
    /// Which.
    pub(crate) partitions: Vec<TopicPartition>,
    /// They are gone already, and may be somebody else's (`onPartitionsLost`).
    pub(crate) lost: bool,
}

/// Where a listener is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Listening {
    /// Nobody listens.
    #[default]
    Nobody,
    /// There is nothing to tell.
    Idle,
    /// To be told.
    Telling(Box<Going>),
    /// Has been told, and has not returned.
    Hears,
    /// Has returned.
    Returned,
}

impl Reader {
    /// The application wants to be told what goes, and, if `stays`, does not leave its group when it closes.
    pub(crate) fn listen(&mut self, stays: bool) {
        if let Some(group) = &mut self.group {
            group.listening = Listening::Idle;
            group.stays = stays;
        }
    }

    /// The application calls `pause()` or `resume()`, for all that it has or gets.
    pub(crate) fn hold(&mut self, held: bool) {
        if let Some(group) = &mut self.group {
            group.held = held;
        }
    }

    /// What its listener is told, once.
    pub(crate) fn take_going(&mut self) -> Option<Going> {
        let group = self.group.as_mut()?;
        match std::mem::take(&mut group.listening) {
            Listening::Telling(going) => {
                group.listening = Listening::Hears;
                Some(*going)
            }
            other => {
                group.listening = other;
                None
            }
        }
    }

    /// Its listener has returned.
    pub(crate) fn end_listening(&mut self) {
        if let Some(group) = &mut self.group
            && group.listening == Listening::Hears
        {
            group.listening = Listening::Returned;
        }
    }

    /// True while the work on the group rests for its listener.
    pub(in super::super) fn is_telling(&self) -> bool {
        let listening = self.group.as_ref().map(|group| &group.listening);
        matches!(listening, Some(Listening::Telling(_) | Listening::Hears))
    }

    /// True once its listener, if it has one, knows that these go.
    pub(super) fn has_told(&mut self, lost: bool, partitions: &[TopicPartition]) -> bool {
        let Some(group) = &mut self.group else {
            return true;
        };
        match group.listening {
            Listening::Nobody => true,
            Listening::Idle if partitions.is_empty() => true,
            Listening::Idle => {
                let partitions = partitions.to_vec();
                group.listening = Listening::Telling(Box::new(Going { partitions, lost }));
                false
            }
            Listening::Telling(_) | Listening::Hears => false,
            Listening::Returned => {
                group.listening = Listening::Idle;
                true
            }
        }
    }

    /// It is joining its group, and is not in the next generation yet.
    pub(crate) fn is_rebalancing(&self) -> bool {
        self.group.as_ref().is_some_and(|group| {
            group.join != Join::Idle || matches!(group.state, State::Preparing | State::Completing)
        })
    }

    /// The application calls `unsubscribe()`, and subscribes again: it leaves its group, and joins with the next `poll()`.
    pub(crate) fn leave_and_return(&mut self, now: SimTime, out: &mut Effects) {
        self.take_in_what_came(now, out);
        self.leave_group(now, out);
        let had: Vec<_> = self.places.keys().copied().collect();
        if !had.is_empty() {
            self.tell_change(Change::Lost, had, out);
        }
        self.set_assignment(&Set::new());
        if let Some(group) = &mut self.group {
            group.join = Join::Idle;
            group.listening = Listening::Idle;
        }
    }

    /// The application goes back to what is committed, everywhere.
    pub(crate) fn go_back_to_committed(&mut self) {
        self.fetched.clear();
        for place in self.places.values_mut() {
            *place = Place::default();
        }
    }
}
