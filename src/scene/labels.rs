//! Where words stand on the paper. Marks come first; then labels take their places by priority, and one that would lie over a
//! mark, another label or a fold tries its other places and is left out if none is free.
//!
//! Places are found once for a paper. At an instant a label is seen if the window does not cut it. While playing that is all:
//! a label keeps its place or is left out. When the playhead rests, one that is cut tries its other places.

use super::layout::{Layout, View};
use super::shape::{Anchor, Bounds, Hue, Text};
use crate::model::small::sort_by_key;
use crate::model::time::SimTime;

/// Words that want a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The instant that it is about: it decides on which side of the window it is.
    pub at: SimTime,
    /// Lower is placed first.
    pub priority: u8,
    /// Its best place, in paper x.
    pub text: Text,
    /// The same, shorter; empty if there is nothing shorter.
    pub short: String,
    /// What it is.
    pub class: &'static str,
    /// Whose it is.
    pub hue: Hue,
    /// Other places: how far from the best one, and where on the point.
    pub others: Vec<(f64, f64, Anchor)>,
    /// True if it stands in a fold.
    pub in_fold: bool,
}

/// From this priority on a label may not lie across the edge of a fold.
const ACROSS_FOLDS: u8 = 5;

/// Up to this priority a label tells of trouble.
const TROUBLE: u8 = 1;

impl Label {
    /// Words at a point.
    #[must_use]
    pub fn new(at: SimTime, priority: u8, point: (f64, f64), words: &str, size: f64) -> Self {
        Self {
            at,
            priority,
            text: Text {
                x: point.0,
                y: point.1,
                words: words.to_owned(),
                size,
                ..Text::default()
            },
            short: String::new(),
            class: "word",
            hue: Hue(0),
            others: Vec::new(),
            in_fold: false,
        }
    }

    /// Semibold.
    #[must_use]
    pub fn bold(mut self) -> Self {
        self.text.bold = true;
        self
    }

    /// Where on the point.
    #[must_use]
    pub fn anchor(mut self, anchor: Anchor) -> Self {
        self.text.anchor = anchor;
        self
    }

    /// In the colour of something.
    #[must_use]
    pub fn class(mut self, class: &'static str, hue: Hue) -> Self {
        self.class = class;
        self.hue = hue;
        self
    }

    /// With shorter words.
    #[must_use]
    pub fn short(mut self, words: &str) -> Self {
        words.clone_into(&mut self.short);
        self
    }

    /// With other places.
    #[must_use]
    pub fn or(mut self, places: &[(f64, f64, Anchor)]) -> Self {
        self.others.extend_from_slice(places);
        self
    }

    /// All forms that it can take, the best first: the whole words at every place, then the short ones.
    fn forms(&self) -> impl Iterator<Item = Text> + '_ {
        let all_words = [&self.text.words, &self.short];
        all_words
            .into_iter()
            .filter(|words| !words.is_empty())
            .flat_map(move |words| {
                let best = [(0.0, 0.0, self.text.anchor)];
                best.into_iter()
                    .chain(self.others.iter().copied())
                    .map(move |(dx, dy, anchor)| Text {
                        x: self.text.x + dx,
                        y: self.text.y + dy,
                        words: words.clone(),
                        anchor,
                        ..self.text.clone()
                    })
            })
    }
}

/// Room that a mark takes, and the instant that it is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Obstacle {
    /// The instant.
    pub at: SimTime,
    /// The room, in paper x.
    pub bounds: Bounds,
}

/// What labels must not lie over, and what they had better not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ground {
    /// Marks.
    pub obstacles: Vec<Obstacle>,
    /// Torn out time.
    pub folds: Vec<Bounds>,
    /// Lines of messages, each from one point to another: words may cross them where there is no better place.
    pub lines: Vec<[(f64, f64); 2]>,
    /// The rule of the time axis: words are above it or below it.
    pub axis: f64,
}

/// All labels of a paper with their places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// The labels, by priority.
    pub all: Vec<Label>,
    /// Where each stands when nothing cuts it.
    places: Vec<Option<Text>>,
    ground: Ground,
}

/// A label that is seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its number among the labels.
    pub index: usize,
    /// Where, in paper x.
    pub text: Text,
    /// True right of the window.
    pub later: bool,
}

impl Labels {
    /// Finds a place for each.
    #[must_use]
    pub fn place(mut all: Vec<Label>, ground: Ground) -> Self {
        sort_by_key(&mut all, |label| label.priority);
        let mut labels = Self {
            all,
            places: Vec::new(),
            ground,
        };
        let mut taken: Vec<Bounds> = Vec::new();
        for label in &labels.all {
            let place = labels.best(label, |text| labels.is_free(label, text, &taken, |_| true));
            taken.extend(place.as_ref().map(padded));
            labels.places.push(place);
        }
        labels
    }

    /// The first form that may stand where it is and crosses no line, else the first that may stand there. Of trouble all
    /// words are said, over a line if need be.
    fn best(&self, label: &Label, may: impl Fn(&Text) -> bool) -> Option<Text> {
        let possible: Vec<Text> = label.forms().filter(|text| may(text)).collect();
        let whole = |text: &&Text| label.priority > TROUBLE || text.words == possible[0].words;
        let clear = possible
            .iter()
            .filter(whole)
            .find(|text| !self.crosses_a_line(text));
        clear.or(possible.first()).cloned()
    }

    fn crosses_a_line(&self, text: &Text) -> bool {
        let room = text.bounds();
        self.ground
            .lines
            .iter()
            .any(|[from, to]| room.is_crossed(*from, *to))
    }

    /// The labels that are seen at an instant. `reserved` is room that the window's own words take, in picture x.
    #[must_use]
    pub fn seen(
        &self,
        layout: &Layout,
        view: &View,
        playing: bool,
        reserved: &[Bounds],
    ) -> Vec<Seen> {
        let sides = [
            Side::past(layout, view, reserved),
            Side::later(layout, view, reserved),
        ];
        let mut seen = Vec::new();
        let mut cut = Vec::new();
        for (index, (label, place)) in self.all.iter().zip(&self.places).enumerate() {
            let later = label.at > view.now;
            let side = &sides[usize::from(later)];
            if side.has_lost(layout.x(label.at)) && !label.in_fold {
                continue;
            }
            match place {
                Some(text) if side.shows(text) => seen.push(Seen {
                    index,
                    text: text.clone(),
                    later,
                }),
                _ if !playing && side.has(label.text.x) => cut.push(index),
                _ => {}
            }
        }
        for index in cut {
            let label = &self.all[index];
            let later = label.at > view.now;
            let taken: Vec<Bounds> = seen
                .iter()
                .filter(|one| one.later == later)
                .map(|one| padded(&one.text))
                .collect();
            let same_side = |obstacle: &Obstacle| (obstacle.at > view.now) == later;
            let place = self.best(label, |text| {
                sides[usize::from(later)].shows(text)
                    && self.is_free(label, text, &taken, same_side)
            });
            seen.extend(place.map(|text| Seen { index, text, later }));
        }
        seen
    }

    fn is_free(
        &self,
        label: &Label,
        text: &Text,
        taken: &[Bounds],
        counts: impl Fn(&Obstacle) -> bool,
    ) -> bool {
        let bounds = padded(text);
        let in_a_fold = || {
            !label.in_fold
                && label.priority >= ACROSS_FOLDS
                && self.ground.folds.iter().any(|fold| fold.overlaps(&bounds))
        };
        let over_a_mark = || {
            self.ground
                .obstacles
                .iter()
                .any(|mark| counts(mark) && mark.bounds.overlaps(&bounds))
        };
        let on_the_axis = bounds.top < self.ground.axis && self.ground.axis < bounds.bottom + 2.0;
        let strayed = (text.y < self.ground.axis) != (label.text.y < self.ground.axis);
        bounds.top >= 0.0
            && !on_the_axis
            && !strayed
            && !taken.iter().any(|other| other.overlaps(&bounds))
            && !in_a_fold()
            && !over_a_mark()
    }
}

/// The room of words with a little air.
fn padded(text: &Text) -> Bounds {
    let bounds = text.bounds();
    Bounds {
        left: bounds.left - 2.0,
        right: bounds.right + 2.0,
        ..bounds
    }
}

/// What is seen of the paper on one side of the window, in paper x.
struct Side {
    left: f64,
    right: f64,
    /// Words on the axis may stand a little left of the paper: no names are there.
    axis: f64,
    axis_left: f64,
    reserved: Vec<Bounds>,
    /// Marks left of this are not seen.
    gone_before: f64,
}

impl Side {
    fn past(layout: &Layout, view: &View, reserved: &[Bounds]) -> Self {
        let still = if view.scroll > 0.0 { 2.0 } else { 0.0 };
        Self {
            left: view.scroll + still,
            right: view.x - 4.0,
            axis: layout.axis,
            axis_left: view.scroll + still - 30.0,
            reserved: reserved
                .iter()
                .map(|room| room.moved(-view.past_shift, 0.0))
                .collect(),
            gone_before: view.gone_before,
        }
    }

    fn later(layout: &Layout, view: &View, reserved: &[Bounds]) -> Self {
        Self {
            left: view.x + 4.0,
            right: layout.width - view.later_shift,
            axis: layout.axis,
            axis_left: view.x + 4.0,
            reserved: reserved
                .iter()
                .map(|room| room.moved(-view.later_shift, 0.0))
                .collect(),
            gone_before: f64::NEG_INFINITY,
        }
    }

    fn shows(&self, text: &Text) -> bool {
        let room = text.bounds();
        let left = if room.bottom < self.axis {
            self.axis_left
        } else {
            self.left
        };
        room.left >= left
            && room.right <= self.right
            && !self.reserved.iter().any(|other| other.overlaps(&room))
    }

    /// True for a mark that has slid out at the left.
    fn has_lost(&self, x: f64) -> bool {
        x < self.gone_before
    }

    fn has(&self, x: f64) -> bool {
        self.axis_left <= x && x <= self.right + 4.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(priority: u8, x: f64, words: &str) -> Label {
        Label::new(SimTime::ZERO, priority, (x, 50.0), words, 12.0)
    }

    #[test]
    fn who_comes_first_stays_and_the_other_moves_or_goes() {
        let placed = Labels::place(
            vec![
                label(5, 0.0, "second").or(&[(0.0, 20.0, Anchor::Start)]),
                label(1, 0.0, "first"),
                label(6, 0.0, "third"),
            ],
            Ground::default(),
        );
        let heights: Vec<Option<f64>> = placed
            .places
            .iter()
            .map(|place| place.as_ref().map(|text| text.y))
            .collect();
        assert_eq!(heights, [Some(50.0), Some(70.0), None]);
    }

    #[test]
    fn short_words_are_tried_where_long_ones_do_not_fit() {
        let wall = Obstacle {
            at: SimTime::ZERO,
            bounds: Bounds::around(60.0, 48.0, 10.0, 20.0),
        };
        let placed = Labels::place(
            vec![label(1, 0.0, "m3 lost: no leader has it").short("m3 lost")],
            Ground {
                obstacles: vec![wall],
                ..Ground::default()
            },
        );
        assert_eq!(
            placed.places[0].as_ref().map(|text| text.words.as_str()),
            Some("m3 lost")
        );
    }

    #[test]
    fn only_what_matters_lies_across_a_fold() {
        let fold = Bounds::around(10.0, 50.0, 20.0, 100.0);
        let placed = Labels::place(
            vec![label(1, 0.0, "lost"), label(5, 0.0, "word")],
            Ground {
                folds: vec![fold],
                ..Ground::default()
            },
        );
        assert!(placed.places[0].is_some());
        assert!(placed.places[1].is_none());
    }

    #[test]
    fn words_cross_a_line_only_where_there_is_no_better_place() {
        let lines = vec![[(10.0, 0.0), (12.0, 100.0)]];
        let ground = || Ground {
            lines: lines.clone(),
            ..Ground::default()
        };
        let aside = Labels::place(
            vec![label(1, 0.0, "word").or(&[(20.0, 0.0, Anchor::Start)])],
            ground(),
        );
        assert_eq!(aside.places[0].as_ref().map(|text| text.x), Some(20.0));
        let alone = Labels::place(vec![label(1, 0.0, "word")], ground());
        assert!(alone.places[0].is_some());
    }
}
