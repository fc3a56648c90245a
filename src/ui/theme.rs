//! Light, dark, or as the system has it. Kept on this machine for the next visit.

use leptos::prelude::*;

/// Where the choice is kept.
const KEPT_AS: &str = "ackscope-theme";

/// A choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    System,
    Light,
    Dark,
}

impl Choice {
    fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

/// The theme of one instance.
#[derive(Clone, Copy)]
pub struct Theme {
    choice: RwSignal<Choice>,
    whole_page: bool,
}

impl Theme {
    /// As it was chosen last time.
    #[must_use]
    pub fn new(whole_page: bool) -> Self {
        let kept = storage().and_then(|storage| storage.get_item(KEPT_AS).ok().flatten());
        let choice = match kept.as_deref() {
            Some("light") => Choice::Light,
            Some("dark") => Choice::Dark,
            _ => Choice::System,
        };
        let theme = Self {
            choice: RwSignal::new(choice),
            whole_page,
        };
        Effect::new(move |_| theme.mark_page());
        theme
    }

    /// The value of `data-theme`, none to follow the system.
    pub fn attribute(self) -> impl Fn() -> Option<&'static str> + Copy {
        move || match self.choice.get() {
            Choice::System => None,
            chosen => Some(chosen.name()),
        }
    }

    /// What the button says.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.choice.get().name()
    }

    /// To the next of the three.
    pub fn turn(self) {
        self.choice.update(|choice| *choice = choice.next());
        let name = self.choice.get_untracked().name();
        if let Some(storage) = storage() {
            // A browser that keeps nothing is free not to.
            drop(storage.set_item(KEPT_AS, name));
        }
    }

    /// Where the whole page is ours, what shows beyond the app has its colours too.
    fn mark_page(self) {
        let chosen = self.attribute()();
        let Some(html) = self
            .whole_page
            .then(|| document().document_element())
            .flatten()
        else {
            return;
        };
        drop(match chosen {
            Some(name) => html.set_attribute("data-theme", name),
            None => html.remove_attribute("data-theme"),
        });
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
