//! House rules that a machine can hold, as one pass over the sources. Each rule is a function from a text to what breaks it, so
//! that each is tried on a text that breaks it, and then on the project.

mod code;
mod guides;
mod house;
mod layers;
mod outside;
mod spoken;

/// Fails with all breaches, one a line.
#[track_caller]
fn assert_none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}
