//! The page: mounts the app.

fn main() {
    ackscope::ui::mount();
}
