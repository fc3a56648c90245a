//! The drawing, over the built-in scenes, five widths and many instants: no words over words, the same picture whichever way
//! time went, and colours that can be read.

mod runs;

use ackscope::model::time::SimTime;
use ackscope::model::trace::Trace;
use ackscope::scene::couriers;
use ackscope::scene::layout::{Layout, View};
use ackscope::scene::paper::Paper;
use ackscope::scene::shape::{Bounds, Figure, Shape};
use ackscope::scene::tape::Tape;
use ackscope::scene::window::{Window, frame, groups, shoulders};
use ackscope::share::scenes::SCENES;
use ackscope::share::text;
use ackscope::verdict::Ledger;

/// So many instants of a run are looked at, evenly chosen.
const MOST_INSTANTS: usize = 250;
const WIDTHS: [f64; 5] = [1600.0, 1096.0, 976.0, 720.0, 358.0];

/// A run in one width.
struct Drawn {
    name: String,
    trace: Trace,
    tape: Tape,
    layout: Layout,
    paper: Paper,
}

fn all() -> Vec<Drawn> {
    let mut all = Vec::new();
    let scenes = SCENES
        .iter()
        .map(|scene| (scene.id, scene.text))
        .chain(runs::HARDER.iter().copied());
    for (name, written) in scenes {
        let reading = text::read(written);
        assert_eq!(reading.remarks, [], "{name}");
        let trace = Trace::of(&reading.scenario);
        let tape = Tape::of(&trace, &Ledger::of(&trace));
        for width in WIDTHS {
            let layout = Layout::of(&tape, width, None);
            all.push(Drawn {
                name: format!("{name} at {width}"),
                trace: trace.clone(),
                tape: tape.clone(),
                paper: Paper::of(&tape, &layout),
                layout,
            });
        }
    }
    all
}

/// Instants of a run: every step with a neighbour on either side, and some within each fold.
fn instants(drawn: &Drawn) -> Vec<SimTime> {
    let steps = drawn.trace.steps().iter().map(|step| step.at.0);
    let mut instants: Vec<u64> = steps
        .flat_map(|at| [at.saturating_sub(300), at, at + 300])
        .collect();
    for span in &drawn.tape.fold.spans {
        instants.extend((0..10).map(|part| span.from.0 + span.length().0 * part / 10));
    }
    instants.sort_unstable();
    instants.dedup();
    let every = instants.len() / MOST_INSTANTS + 1;
    instants.into_iter().step_by(every).map(SimTime).collect()
}

/// Words with the room that they take, in picture coordinates.
type Room = (String, Bounds);

fn words_of(shapes: &[Shape], dx: f64) -> Vec<Room> {
    let text = |shape: &Shape| match &shape.figure {
        Figure::Text(text) if !text.words.is_empty() => {
            Some((text.words.clone(), text.bounds().moved(dx, 0.0)))
        }
        _ => None,
    };
    shapes.iter().filter_map(text).collect()
}

fn labels(drawn: &Drawn, view: &View, playing: bool) -> Vec<Room> {
    let reserved = shoulders(&drawn.layout, view);
    let seen = drawn
        .paper
        .labels
        .seen(&drawn.layout, view, playing, &reserved);
    let place = |later: bool| {
        if later {
            view.later_shift
        } else {
            view.past_shift
        }
    };
    seen.into_iter()
        .map(|one| {
            (
                one.text.words.clone(),
                one.text.bounds().moved(place(one.later), 0.0),
            )
        })
        .collect()
}

fn inside(drawn: &Drawn, view: &View, playing: bool) -> Vec<Room> {
    let window = Window::of(&drawn.tape, &drawn.trace.board_at(view.now), view.now);
    let shapes: Vec<Shape> = groups(&drawn.tape, &drawn.layout, &window)
        .into_iter()
        .flat_map(|group| group.shapes)
        .collect();
    let mut words = words_of(&shapes, view.left);
    words.extend(words_of(&frame(&drawn.layout, view, playing), view.left));
    words
}

fn overlap(words: &[Room]) -> Option<String> {
    for (index, (one, room)) in words.iter().enumerate() {
        let tight = Bounds {
            top: room.top + 1.5,
            bottom: room.bottom - 1.5,
            ..*room
        };
        if let Some((other, _)) = words[index + 1..]
            .iter()
            .find(|(_, other)| other.overlaps(&tight))
        {
            return Some(format!("“{one}” and “{other}”"));
        }
    }
    None
}

#[test]
fn no_words_lie_over_words() {
    let mut looked_at = 0;
    for drawn in all() {
        for now in instants(&drawn) {
            let view = drawn.layout.view(now);
            for playing in [false, true] {
                let mut words = labels(&drawn, &view, playing);
                words.extend(inside(&drawn, &view, playing));
                looked_at += words.len();
                assert_eq!(
                    overlap(&words),
                    None,
                    "{} at {now:?}, playing {playing}",
                    drawn.name
                );
            }
        }
    }
    assert!(
        looked_at > 100_000,
        "{looked_at} words are too few to mean anything"
    );
}

#[test]
fn words_stay_in_the_picture() {
    for drawn in all() {
        for now in instants(&drawn) {
            let view = drawn.layout.view(now);
            let mut words = labels(&drawn, &view, false);
            words.extend(inside(&drawn, &view, false));
            for (said, room) in words {
                let there = room.left >= -1.0
                    && room.right <= drawn.layout.width + 1.0
                    && room.top >= -1.0
                    && room.bottom <= drawn.layout.height + 1.0;
                assert!(there, "{}: “{said}” at {now:?} is at {room:?}", drawn.name);
            }
        }
    }
}

/// Everything that depends on the instant, as one text.
fn picture(drawn: &Drawn, now: SimTime) -> String {
    let view = drawn.layout.view(now);
    let heights: Vec<_> = couriers::in_flight(&drawn.tape, now)
        .map(|message| (message.id, couriers::height(message, &drawn.layout, now)))
        .collect();
    let window = Window::of(&drawn.tape, &drawn.trace.board_at(now), now);
    let shapes = groups(&drawn.tape, &drawn.layout, &window);
    format!(
        "{view:?} {heights:?} {shapes:?} {:?}",
        labels(drawn, &view, false)
    )
}

#[test]
fn backwards_shows_what_forwards_shows() {
    for drawn in all() {
        let instants: Vec<SimTime> = instants(&drawn).into_iter().step_by(7).collect();
        let forwards: Vec<String> = instants.iter().map(|now| picture(&drawn, *now)).collect();
        for (now, expected) in instants.iter().zip(&forwards).rev() {
            assert_eq!(
                picture(&drawn, *now),
                *expected,
                "{} at {now:?}",
                drawn.name
            );
        }
        assert_ne!(
            forwards.first(),
            forwards.last(),
            "{}: time changes something",
            drawn.name
        );
    }
}

#[test]
fn a_courier_rides_on_its_line() {
    let mut ridden = 0;
    for drawn in all() {
        for message in &drawn.tape.messages {
            let (Some(from), Some(to)) =
                (drawn.layout.row(message.from), drawn.layout.row(message.to))
            else {
                continue;
            };
            let (low, high) = (from.y().min(to.y()), from.y().max(to.y()));
            let mut last = None;
            let length = message.ended().since(message.sent()).0;
            for part in 0..=8 {
                let now = SimTime(message.sent().0 + length * part / 8);
                let Some(y) = couriers::height(message, &drawn.layout, now) else {
                    continue;
                };
                assert!(
                    low - 1e-6 <= y && y <= high + 1e-6,
                    "{}: {message:?}",
                    drawn.name
                );
                let onwards = |before: f64| {
                    if to.y() > from.y() {
                        y >= before - 1e-6
                    } else {
                        y <= before + 1e-6
                    }
                };
                assert!(
                    last.is_none_or(onwards),
                    "{}: {message:?} turns back",
                    drawn.name
                );
                last = Some(y);
                ridden += 1;
            }
        }
    }
    assert!(ridden > 1000);
}

#[test]
fn folds_map_both_ways_and_are_on_paper() {
    for drawn in all() {
        let fold = &drawn.tape.fold;
        for at in instants(&drawn)
            .into_iter()
            .filter(|at| *at < fold.ends_at())
        {
            let back = fold.from_playing(fold.to_playing(at));
            let quiet = fold
                .spans
                .iter()
                .any(|span| span.quiet && span.from <= at && at < span.to);
            let coarse = if quiet { 1000 } else { 0 };
            assert!(
                back.0.abs_diff(at.0) <= coarse,
                "{}: {at:?} came back as {back:?}",
                drawn.name
            );
        }
        let quiet = fold.spans.iter().filter(|span| span.quiet).count();
        assert_eq!(drawn.tape.reasons.len(), quiet, "{}", drawn.name);
        assert!(drawn.tape.reasons.iter().all(|reason| !reason.is_empty()));
        assert_eq!(
            drawn
                .layout
                .segments
                .iter()
                .filter(|segment| segment.span.quiet)
                .count(),
            quiet
        );
    }
}

mod colours {
    //! The tokens of `style/tokens.css`, from OKLCH to contrast (WCAG 2.2).

    use std::collections::BTreeMap;

    type Oklch = [f64; 3];

    /// Name of each token to its light and its dark colour.
    fn tokens() -> BTreeMap<String, [Oklch; 2]> {
        let css = std::fs::read_to_string("style/tokens.css").expect("the tokens are there");
        let mut tokens = BTreeMap::new();
        for line in css.lines() {
            let Some((name, value)) = line.trim().split_once(": light-dark(") else {
                continue;
            };
            let mut colours = value.split("oklch(").skip(1).map(|colour| {
                let numbers = colour.split(')').next().unwrap_or("");
                let numbers: Vec<f64> = numbers
                    .split_whitespace()
                    .map(|number| number.parse().expect("a number"))
                    .collect();
                [numbers[0], numbers[1], numbers[2]]
            });
            let pair = [
                colours.next().expect("light"),
                colours.next().expect("dark"),
            ];
            tokens.insert(name.trim_start_matches("--").to_owned(), pair);
        }
        assert!(tokens.len() >= 20, "{} tokens", tokens.len());
        tokens
    }

    /// Linear sRGB of a colour (Björn Ottosson's matrices).
    fn linear([lightness, chroma, hue]: Oklch) -> [f64; 3] {
        let (a, b) = (
            chroma * hue.to_radians().cos(),
            chroma * hue.to_radians().sin(),
        );
        let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
        [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
        ]
    }

    fn luminance(colour: Oklch) -> f64 {
        let [red, green, blue] = linear(colour).map(|channel| channel.clamp(0.0, 1.0));
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(a: Oklch, b: Oklch) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    const GROUNDS: [&str; 3] = ["paper", "sheet", "zone"];

    /// Each colour of the first list on each of the second has at least this contrast, in light and dark.
    fn check(colours: &[&str], grounds: &[&str], least: f64) {
        let tokens = tokens();
        for colour in colours {
            for ground in grounds {
                for (theme, name) in ["light", "dark"].iter().enumerate() {
                    let found = contrast(tokens[*colour][theme], tokens[*ground][theme]);
                    assert!(
                        found >= least,
                        "{colour} on {ground} in {name}: {found:.2}, {least} at least"
                    );
                }
            }
        }
    }

    #[test]
    fn text_can_be_read() {
        check(
            &["ink", "ink2", "r1", "r2", "r3", "r4", "lost", "dup", "unc"],
            &GROUNDS,
            4.5,
        );
        check(
            &["ink"],
            &["r1t", "r2t", "r3t", "r4t", "lit", "litd", "litu"],
            4.5,
        );
        check(&["lost", "ink2"], &["lit"], 4.5);
        check(
            &["on"],
            &["r1", "r2", "r3", "r4", "lost", "dup", "unc"],
            4.5,
        );
    }

    #[test]
    fn marks_can_be_seen() {
        check(
            &[
                "ink", "ink2", "ink3", "r1", "r2", "r3", "r4", "lost", "dup", "unc",
            ],
            &GROUNDS,
            3.0,
        );
        for hue in ["r1", "r2", "r3", "r4"] {
            check(&[hue], &[&format!("{hue}t")], 3.0);
        }
    }

    #[test]
    fn every_token_is_a_colour_of_the_screen() {
        for (name, pair) in tokens() {
            for colour in pair {
                let there = linear(colour)
                    .iter()
                    .all(|channel| (-0.002..=1.002).contains(channel));
                assert!(there, "{name}: {colour:?} is outside sRGB");
            }
        }
    }

    #[test]
    fn contrast_is_computed_as_the_guidelines_do() {
        let (white, black) = ([1.0, 0.0, 0.0], [0.0, 0.0, 0.0]);
        assert!((contrast(white, black) - 21.0).abs() < 0.01);
        let grey = [0.599_9, 0.0, 0.0];
        assert!(
            (contrast(white, grey) - 3.95).abs() < 0.1,
            "{}",
            contrast(white, grey)
        );
    }
}
