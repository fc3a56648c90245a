//! Settings, grouped by owner: Kafka's key, the value in force, whether somebody set it, and what Kafka says to it.

mod row;
mod state;

use super::app::Instance;
use super::store::Store;
use crate::model::config::{Owner, SETTINGS};
use crate::model::scenario::Family;
use leptos::prelude::*;
use row::SettingRow;
use state::{Group, Known, groups, keys, known};

/// The panel.
#[component]
pub fn SettingsPanel() -> impl IntoView {
    let store = expect_context::<Store>();
    let instance = expect_context::<Instance>();
    let known = Memo::new(move |_| store.with_scenario(known));
    let groups = Memo::new(move |_| store.with_scenario(groups));
    let (all, show_all) = signal(false);
    let (doc, set_doc) = signal(first_doc());
    let hidden = move || {
        groups.with(|groups| {
            groups
                .iter()
                .map(|group| keys(group, &known.get(), true, &[]).len())
                .sum::<usize>()
        })
    };
    view! {
        <section class="settings" aria-labelledby=instance.id("settings")>
            <div class="settings-head">
                <h2 id=instance.id("settings")>"Settings"</h2>
                <span class="dots"><i class="state set"></i>"set"<i class="state follows"></i>"follows"<i class="state"></i>"default"</span>
            </div>
            <div class="groups">
                <For each=move || groups.get() key=|group| group.clone() let(group)>
                    <SettingsGroup group=group known=known all=all set_doc=set_doc />
                </For>
            </div>
            <p class="doc" aria-hidden="true">
                <b>{move || doc.get().0}</b>
                " "
                {move || doc.get().1}
            </p>
            <button type="button" class="link" aria-expanded=move || all.get().to_string() on:click=move |_| show_all.update(|all| *all = !*all)>
                {move || if all.get() { "Fewer settings".to_owned() } else { format!("All {} settings", hidden()) }}
            </button>
        </section>
    }
    .into_any()
}

/// What is said while no setting is pointed at: what the most telling one does.
fn first_doc() -> (&'static str, &'static str) {
    SETTINGS
        .first()
        .map_or(("", ""), |setting| (setting.key, setting.doc))
}

/// The settings of one producer, one topic, or the brokers.
#[component]
fn SettingsGroup(
    group: Group,
    known: Memo<Known>,
    all: ReadSignal<bool>,
    set_doc: WriteSignal<(&'static str, &'static str)>,
) -> impl IntoView {
    let heading = match group.owner {
        Owner::Producer if group.family == Family::Librdkafka => {
            format!("Producer {}, librdkafka", group.name)
        }
        Owner::Producer => format!("Producer {}", group.name),
        Owner::Consumer => format!("Consumer {}", group.name),
        Owner::Topic => format!("Topic {}", group.name),
        Owner::Group => format!("Group {}", group.name),
        Owner::Broker => "Brokers".to_owned(),
    };
    let label = heading.clone();
    let of = group.clone();
    // What has once been shown stays, or a field would vanish under the fingers of who empties it.
    let shown = Memo::new(move |before: Option<&(bool, Vec<String>)>| {
        let all = all.get();
        let kept = before
            .filter(|(of_all, _)| *of_all == all)
            .map_or(&[][..], |(_, kept)| kept);
        (all, known.with(|known| keys(&of, known, all, kept)))
    });
    view! {
        <div class="group" role="group" aria-label=label>
            <h3>{heading}</h3>
            <For each=move || shown.get().1 key=|key| key.clone() let(key)>
                <SettingRow group=group.clone() key=key known=known set_doc=set_doc />
            </For>
        </div>
    }
    .into_any()
}
