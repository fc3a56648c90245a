//! The built-in scenes, as scenario texts.

/// One built-in scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// Short name, for links and tests.
    pub id: &'static str,
    /// The scenario text.
    pub text: &'static str,
}

/// All of them, in the order of the menu.
pub const SCENES: &[Scene] = &[];
