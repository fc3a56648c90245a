//! The walls between the layers hold: each is breached here on purpose, in a copy, and the compiler or the linter must refuse.
//! (`tests/tidy` tries its own rules the same way, `xtask`'s gate the wall in the dependency tree.)

mod compiler;
mod fixture;
mod lints;
