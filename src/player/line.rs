//! The line of chapters, on which the playhead moves: stations stand evenly, and between two of them the dot moves by
//! playing time.

/// Length of the line in its own units.
pub const WHOLE: u64 = 10_000;
/// So near a station a drag or a click means the station.
const NEAR: u64 = WHOLE / 160;

/// The mapping between playing time and places on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Playing times and places, both ascending; the first is the start of the run, the last its end.
    knots: Vec<(u64, u64)>,
    stations: Vec<u64>,
}

impl Line {
    /// The line of a run that plays for `length_us`, with stations at these playing times, ascending.
    #[must_use]
    pub fn of(stations_us: &[u64], length_us: u64) -> Self {
        let count = stations_us.len() as u64;
        let place = |index: u64| (2 * index + 1) * WHOLE / (2 * count);
        let stations: Vec<u64> = (0..count).map(place).collect();
        let mut knots = Vec::with_capacity(stations.len() + 2);
        if stations_us.first().is_none_or(|first| *first > 0) {
            knots.push((0, 0));
        }
        knots.extend(stations_us.iter().copied().zip(stations.iter().copied()));
        if knots.last().is_none_or(|last| last.0 < length_us) {
            knots.push((length_us, WHOLE));
        }
        Self { knots, stations }
    }

    /// Places of the stations.
    #[must_use]
    pub fn stations(&self) -> &[u64] {
        &self.stations
    }

    /// Where the line begins and ends.
    #[must_use]
    pub fn ends(&self) -> (u64, u64) {
        let first = self.knots.first().map_or(0, |knot| knot.1);
        let last = self.knots.last().map_or(WHOLE, |knot| knot.1);
        (first, last)
    }

    /// The place of a playing time.
    #[must_use]
    pub fn place_of(&self, playing_us: u64) -> u64 {
        between(&self.knots, playing_us, |knot| *knot)
    }

    /// The playing time of a place; near a station, the station's.
    #[must_use]
    pub fn playing_of(&self, place: u64) -> u64 {
        let near = self
            .stations
            .iter()
            .find(|station| station.abs_diff(place) <= NEAR);
        between(&self.knots, *near.unwrap_or(&place), |(playing, place)| {
            (*place, *playing)
        })
    }
}

/// Linear between knots, and the outermost ones' value beyond them.
fn between(knots: &[(u64, u64)], at: u64, of: impl Fn(&(u64, u64)) -> (u64, u64)) -> u64 {
    let after = knots.partition_point(|knot| of(knot).0 <= at);
    let Some(before) = after.checked_sub(1).map(|index| of(&knots[index])) else {
        return knots.first().map_or(0, |knot| of(knot).1);
    };
    let Some(next) = knots.get(after).map(of) else {
        return before.1;
    };
    let share = u128::from(at - before.0) * u128::from(next.1 - before.1);
    let length = u128::from(next.0 - before.0);
    before.1 + u64::try_from(share / length).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stations_stand_evenly_whatever_their_times() {
        let line = Line::of(&[100, 200, 10_000, 10_001, 50_000], 60_000);
        assert_eq!(line.stations(), [1000, 3000, 5000, 7000, 9000]);
        assert_eq!(line.ends(), (0, WHOLE));
        for (playing, place) in [
            (0, 0),
            (50, 500),
            (100, 1000),
            (150, 2000),
            (10_000, 5000),
            (60_000, WHOLE),
            (70_000, WHOLE),
        ] {
            assert_eq!(line.place_of(playing), place, "{playing}");
        }
    }

    #[test]
    fn a_place_near_a_station_is_the_station() {
        let line = Line::of(&[100, 200], 300);
        for (place, playing) in [
            (0, 0),
            (1250, 50),
            (2450, 100),
            (2550, 100),
            (5000, 150),
            (7501, 200),
            (WHOLE, 300),
        ] {
            assert_eq!(line.playing_of(place), playing, "{place}");
        }
    }

    #[test]
    fn stations_at_both_ends_are_the_ends() {
        let line = Line::of(&[0, 80], 80);
        assert_eq!(line.ends(), (2500, 7500));
        assert_eq!(line.place_of(40), 5000);
        assert_eq!(line.playing_of(0), 0);
        assert_eq!(line.playing_of(WHOLE), 80);
    }

    #[test]
    fn an_empty_run_has_a_line_too() {
        let line = Line::of(&[], 0);
        assert_eq!((line.place_of(0), line.playing_of(WHOLE)), (0, 0));
        let line = Line::of(&[], 500);
        assert_eq!(line.place_of(250), WHOLE / 2);
        assert_eq!(line.playing_of(WHOLE / 2), 250);
    }
}
