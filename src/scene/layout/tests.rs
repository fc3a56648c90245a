//! Layouts of the hand-made run.

use super::*;
use crate::scene::forms::Form;
use crate::scene::tape::tests::tape;

const SIZES: [f64; 5] = [1080.0, 976.0, 720.0, 358.0, 1600.0];

#[test]
fn time_maps_to_paper_and_back() {
    for width in SIZES {
        let layout = Layout::of(&tape(), width, None);
        for at in (0..12_900_000).step_by(997) {
            let back = layout.time(layout.x(SimTime(at)));
            let segment = layout
                .segments
                .iter()
                .find(|s| SimTime(at) < s.span.to)
                .expect("within the run");
            let coarse = (segment.span.length().0 as f64 / segment.width / 1e6).ceil() as u64 + 1;
            assert!(
                back.0.abs_diff(at) <= coarse,
                "{at} came back as {}",
                back.0
            );
        }
    }
}

#[test]
fn paper_runs_to_the_right() {
    let layout = Layout::of(&tape(), 1080.0, None);
    let mut last = f64::NEG_INFINITY;
    for at in (0..13_000_000).step_by(5000) {
        let x = layout.x(SimTime(at));
        assert!(x >= last);
        last = x;
    }
}

#[test]
fn the_window_stays_on_the_paper() {
    for width in SIZES {
        let layout = Layout::of(&tape(), width, None);
        for at in (0..13_000_000).step_by(20_000) {
            let view = layout.view(SimTime(at));
            assert!(
                view.left >= layout.names && view.right <= layout.width + 0.01,
                "{width} at {at}: {view:?}"
            );
            assert!(view.scroll >= 0.0);
        }
    }
}

#[test]
fn where_the_run_fits_the_paper_stands_still() {
    let layout = Layout::of(&tape(), 1080.0, None);
    for at in (0..13_000_000).step_by(100_000) {
        assert_eq!(layout.view(SimTime(at)).past_shift, layout.names);
    }
}

#[test]
fn rows_follow_each_other_and_phones_have_no_controller() {
    for width in SIZES {
        let layout = Layout::of(&tape(), width, None);
        for pair in layout.rows.windows(2) {
            assert!((pair[0].top + pair[0].height - pair[1].top).abs() < 1e-9);
        }
        assert_eq!(
            layout.row(NodeId::Controller).is_none(),
            layout.form == Form::Phone
        );
        assert_eq!(layout.brokers().count(), 3);
    }
}
