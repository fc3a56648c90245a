//! One instance: its store, and the page around the drawing.

use super::drawing::Drawing;
use super::faults::Faults;
use super::header::Header;
use super::key::MarksKey;
use super::keyboard;
use super::ledger::LedgerTable;
use super::location;
use super::paste::Paste;
use super::raf;
use super::scenario_text::ScenarioText;
use super::settings::SettingsPanel;
use super::sheet::Sheet;
use super::steps::Steps;
use super::store::Store;
use super::theme::Theme;
use super::transport::Transport;
use super::verdict::Verdict;
use crate::model::scenario::Scenario;
use crate::player::{Command, LoadAt};
use crate::share;
use leptos::html;
use leptos::mount::UnmountHandle;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::HtmlElement;

/// A host may send this event to its element to take the instance away.
const UNMOUNT: &str = "ackscope-unmount";

/// What an instance knows of itself.
#[derive(Clone, Copy)]
pub struct Instance {
    /// Prefix of its element ids.
    pub prefix: StoredValue<String>,
    /// True if the page is Ackscope's own.
    pub whole_page: bool,
}

impl Instance {
    /// An element id of this instance.
    #[must_use]
    pub fn id(self, name: &str) -> String {
        self.prefix.with_value(|prefix| format!("{prefix}-{name}"))
    }
}

/// A mounted instance. Dropping it takes it away.
pub struct Mounted {
    handle: UnmountHandle<<AnyView as Render>::State>,
    host: HtmlElement,
}

impl Mounted {
    /// Takes the instance away, with all its listeners.
    pub fn unmount(self) {
        drop(self.handle);
    }
}

/// Mounts one instance. The first one, number 0, owns the address bar and the keys of the page.
#[must_use]
pub fn mount_into(host: &HtmlElement, number: u32, whole_page: bool) -> Mounted {
    let handle = leptos::mount::mount_to(host.clone(), move || {
        view! { <App number=number whole_page=whole_page /> }.into_any()
    });
    Mounted {
        handle,
        host: host.clone(),
    }
}

/// Keeps an instance until its host says otherwise.
pub(super) fn keep(mounted: Mounted) {
    let host = mounted.host.clone();
    let mut kept = Some(mounted);
    let on_unmount = Closure::<dyn FnMut()>::new(move || {
        if let Some(mounted) = kept.take() {
            mounted.unmount();
        }
    });
    drop(host.add_event_listener_with_callback(UNMOUNT, on_unmount.as_ref().unchecked_ref()));
    on_unmount.forget();
}

fn first_store(main: bool) -> Store {
    let link = if main {
        location::read()
    } else {
        location::Link {
            scenario: None,
            remarks: Vec::new(),
            playhead: None,
        }
    };
    let scenario = link.scenario.unwrap_or_else(first_scene);
    let store = Store::new(&scenario, link.remarks);
    if let Some(at) = link.playhead {
        store.send(Command::SeekClamped(at));
    }
    store
}

fn first_scene() -> Scenario {
    let scene = share::scenes::scene(share::scenes::FIRST);
    scene
        .map(share::scenes::Scene::scenario)
        .unwrap_or_default()
}

#[component]
fn App(number: u32, whole_page: bool) -> impl IntoView {
    let main = number == 0;
    let store = first_store(main);
    provide_context(store);
    provide_context(Instance {
        prefix: StoredValue::new(format!("a{number}")),
        whole_page,
    });
    let root = NodeRef::<html::Div>::new();
    let theme = Theme::new(whole_page);
    let (help, set_help) = signal(false);
    let (text, set_text) = signal(false);
    raf::drive(store);
    keyboard::listen(store, root, main, set_help);
    if main {
        location::own(store);
    }
    let title = move || store.trace().with(|trace| trace.scenario().title.clone());
    if whole_page {
        Effect::new(move |_| document().set_title(&document_title(&title())));
    }
    view! {
        <div class="ackscope app" node_ref=root data-theme=theme.attribute()>
            <div class="shell" role=(!whole_page).then_some("region") aria-label=(!whole_page).then_some("Ackscope")>
                <Header theme=theme show_text=set_text show_keys=set_help />
                <Body />
            </div>
            <ScenarioText open=text set_open=set_text />
            <Keys open=help set_open=set_help />
        </div>
    }
    .into_any()
}

fn document_title(title: &str) -> String {
    if title.is_empty() {
        "Ackscope".to_owned()
    } else {
        format!("{title} – Ackscope")
    }
}

#[component]
fn Body() -> impl IntoView {
    let store = expect_context::<Store>();
    let instance = expect_context::<Instance>();
    view! {
        <div class="page" role=instance.whole_page.then_some("main")>
            <div class="story">
                <section class="draw" aria-label="Drawing">
                    <Drawing
                        trace=store.trace()
                        ledger=store.ledger()
                        playhead=store.playhead()
                        playing=store.playing()
                        instance=instance.id("d")
                        on_crash=store.crash()
                        on_start=store.start()
                        on_lose=store.lose()
                    />
                    <Transport />
                </section>
                <div class="judgement">
                    <Verdict />
                    <div class="records">
                        <LedgerTable />
                        <Faults />
                    </div>
                    <Steps />
                </div>
            </div>
            <div class="inputs">
                <SettingsPanel />
                <Paste />
            </div>
            <MarksKey />
        </div>
    }
    .into_any()
}

#[component]
fn Keys(open: ReadSignal<bool>, set_open: WriteSignal<bool>) -> impl IntoView {
    let rows = move || {
        keyboard::KEYS
            .iter()
            .map(|(keys, what)| view! { <tr><th scope="row">{*keys}</th><td>{*what}</td></tr> })
            .collect_view()
    };
    view! {
        <Sheet open=open set_open=set_open title="Keys" class="keys">
            <table>
                <tbody>{rows()}</tbody>
            </table>
            <p class="mut">"In the drawing the arrows go from thing to thing, and Enter opens what can be done to it."</p>
        </Sheet>
    }
    .into_any()
}

/// Loads a scenario text as the work of the user: what was not understood becomes remarks.
pub(super) fn load_text(store: Store, text: &str, at: LoadAt) {
    let reading = share::text::read(text);
    store.send(Command::Load {
        scenario: Box::new(reading.scenario),
        remarks: reading.remarks,
        at,
    });
}
