//! The built-in scenes, as scenario texts.

use super::text;
use crate::model::scenario::Scenario;

/// One built-in scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// Short name, for links and tests.
    pub id: &'static str,
    /// The scenario text.
    pub text: &'static str,
}

/// All of them, in the order of the menu.
pub const SCENES: &[Scene] = &[
    Scene {
        id: "acks-0",
        text: include_str!("scenes/acks-0.yaml"),
    },
    Scene {
        id: "acks-1",
        text: include_str!("scenes/acks-1.yaml"),
    },
    Scene {
        id: "acks-all",
        text: include_str!("scenes/acks-all.yaml"),
    },
];

/// The scene that is played when nobody says which.
pub const FIRST: &str = "acks-1";

impl Scene {
    /// The scene's scenario.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        text::read(self.text).scenario
    }
}

/// The scene with that id.
#[must_use]
pub fn scene(id: &str) -> Option<&'static Scene> {
    SCENES.iter().find(|scene| scene.id == id)
}
