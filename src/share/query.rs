//! The scenario as a link's query: `?acks=1&min.insync.replicas=2&do=send(by:p1,values:(m1,m2))&v=1`.
//!
//! A setting goes by its own name to its owner: the first producer, the first topic, or the brokers. `p2.acks=1`,
//! `orders.min.insync.replicas=2` and `brokers.min.insync.replicas=2` name the owner. Each `do` is an act, in order, and each
//! `fault` a fault, in the notation of `notation.rs`. The version comes last, so that nobody who finds links in a text
//! mistakes the last parenthesis for the end of a sentence.
//!
//! `?scene=acks-1&acks=all` is a built-in scene with other settings. A link with settings alone plays the first scene.

use super::build::Builder;
use super::notation;
use super::percent::{decode, encode};
use super::route::{Route, Target, route, settings_mut};
use super::scenes;
use super::{LONGEST_BYTES, Reading, quoted};
use crate::model::scenario::{Act, Era, Fault, FaultKind, SCENARIO_VERSION, Scenario, Trigger};
use crate::model::small::Set;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Most parameters that are read.
const MOST_PARAMETERS: usize = 4000;

/// One parameter, decoded.
struct Parameter {
    name: String,
    value: String,
}

/// Reads a query, with or without its `?`. None if it holds no scenario at all.
#[must_use]
pub fn read(query: &str) -> Option<Reading> {
    if query.len() > LONGEST_BYTES {
        return Some(Reading::refused(
            "The link is longer than 1 MB; it was not read.",
        ));
    }
    let query = query.strip_prefix('?').unwrap_or(query);
    let mut unreadable = Vec::new();
    let mut parameters = Vec::new();
    let mut parts = query.split('&').filter(|part| !part.is_empty());
    for part in parts.by_ref().take(MOST_PARAMETERS) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match (decode(name), decode(value)) {
            (Some(name), Some(value)) => parameters.push(Parameter { name, value }),
            _ => unreadable.push(part),
        }
    }
    let mut builder = begin(&parameters);
    let mut ours = false;
    ours |= read_whole(&mut builder, &parameters);
    ours |= read_pieces(&mut builder, &parameters);
    ours |= read_settings(&mut builder, &parameters);
    for part in unreadable {
        builder.remark(&quoted(part), "Its percent signs give no text; left out.");
    }
    if parts.next().is_some() {
        builder.remark(
            "",
            format!("Only the first {MOST_PARAMETERS} parameters were read."),
        );
    }
    ours.then(|| builder.finish())
}

/// The scenario that the parameters change: an empty one, or a scene.
fn begin(parameters: &[Parameter]) -> Builder {
    let first = |name: &str| parameters.iter().find(|parameter| parameter.name == name);
    let whole = first("v").is_some() || first("do").is_some();
    let (id, says) = match first("scene") {
        None if whole => return Builder::new(Vec::new()),
        None => (
            scenes::FIRST,
            Some("The link says what, but not what happens: it is played in the scene".to_owned()),
        ),
        Some(named) if scenes::scene(&named.value).is_some() => (named.value.as_str(), None),
        Some(named) => (
            scenes::FIRST,
            Some(format!(
                "There is no scene {}; instead of it",
                quoted(&named.value)
            )),
        ),
    };
    let scenario = scenes::scene(id)
        .map(scenes::Scene::scenario)
        .unwrap_or_default();
    let title = quoted(&scenario.title);
    let mut builder = Builder::on("scene", scenario, Vec::new());
    if let Some(says) = says {
        builder.remark("scene", format!("{says} {title}."));
    }
    builder
}

/// Title, seed, version. True if there was any, or a scene.
fn read_whole(builder: &mut Builder, parameters: &[Parameter]) -> bool {
    let mut ours = false;
    let mut seen = Set::new();
    for Parameter { name, value } in parameters {
        if !matches!(
            name.as_str(),
            "title" | "seed" | "kafka" | "rules" | "v" | "scene"
        ) {
            continue;
        }
        ours = true;
        if !seen.insert(name) {
            builder.remark(name, "It is in the link twice; the later one counts.");
        }
        match name.as_str() {
            "title" => builder.scenario.title.clone_from(value),
            "seed" => builder.seed(name, value),
            "kafka" => builder.kafka(name, value),
            "rules" => value.split(',').for_each(|rule| builder.rule(name, rule)),
            "v" => builder.version(name, value),
            _ => {}
        }
    }
    ours
}

/// Acts and faults, in order. True if there was any.
fn read_pieces(builder: &mut Builder, parameters: &[Parameter]) -> bool {
    let (mut acts, mut faults) = (0, 0);
    for Parameter { name, value } in parameters {
        match name.as_str() {
            "do" => {
                read_piece(builder, &format!("do[{acts}]"), value, Builder::act, act_of);
                acts += 1;
            }
            "fault" => {
                read_piece(
                    builder,
                    &format!("fault[{faults}]"),
                    value,
                    Builder::fault,
                    fault_of,
                );
                faults += 1;
            }
            _ => {}
        }
    }
    acts + faults > 0
}

fn read_piece(
    builder: &mut Builder,
    place: &str,
    text: &str,
    keep: fn(&mut Builder, &str, Value),
    shape: fn(String, Map<String, Value>) -> Value,
) {
    match notation::read(text) {
        Ok((head, fields)) => keep(builder, place, shape(head, fields)),
        Err(why) => builder.remark(place, format!("{} is left out: {why}.", quoted(text))),
    }
}

fn act_of(head: String, mut fields: Map<String, Value>) -> Value {
    fields.insert("do".to_owned(), Value::String(head));
    Value::Object(fields)
}

fn fault_of(head: String, mut fields: Map<String, Value>) -> Value {
    let then = match fields.remove("broker") {
        Some(broker) => json!({ head: broker }),
        None => Value::String(head),
    };
    json!({"when": fields, "then": then})
}

/// Settings, each to its owner. True if there was any.
fn read_settings(builder: &mut Builder, parameters: &[Parameter]) -> bool {
    let mut ours = false;
    let mut seen = Set::new();
    for Parameter { name, value } in parameters {
        if matches!(
            name.as_str(),
            "title" | "seed" | "kafka" | "rules" | "v" | "scene" | "do" | "fault"
        ) {
            continue;
        }
        if !seen.insert(name) {
            builder.remark(name, "It is in the link twice; the later one counts.");
        }
        match route(name, &builder.scenario) {
            Route::To(target, key) => {
                let key = key.to_owned();
                settings_mut(&mut builder.scenario, target)
                    .0
                    .insert(key, value.clone());
                ours = true;
            }
            Route::Nobody(says) => {
                builder.remark(name, says);
                ours = true;
            }
            Route::Unknown(says) => builder.remark(name, says),
        }
    }
    ours
}

impl Builder {
    fn version(&mut self, place: &str, text: &str) {
        match text.parse::<u32>() {
            Ok(SCENARIO_VERSION) => {}
            Ok(newer) if newer > SCENARIO_VERSION => self.remark(
                place,
                format!("The link is of version {newer}, this page reads version {SCENARIO_VERSION}: some of it may be missing or mean something else."),
            ),
            _ => self.remark(place, format!("{} is no version; this page reads version {SCENARIO_VERSION}.", quoted(text))),
        }
    }
}

/// Writes a scenario as a query, without `?`.
#[must_use]
pub fn write(scenario: &Scenario) -> String {
    let mut parts = Vec::new();
    let mut push =
        |name: &str, value: &str| parts.push(format!("{}={}", encode(name), encode(value)));
    if !scenario.title.is_empty() {
        push("title", &scenario.title);
    }
    if scenario.seed != 0 {
        push("seed", &scenario.seed.to_string());
    }
    if scenario.kafka != Era::default() {
        push("kafka", scenario.kafka.version());
    }
    if !scenario.rules.is_empty() {
        let names: Vec<_> = scenario.rules.iter().map(|rule| rule.name()).collect();
        push("rules", &names.join(","));
    }
    let mut rest = scenario.clone();
    for target in owners(scenario) {
        let settings = std::mem::take(settings_mut(&mut rest, target));
        for (key, value) in settings.0 {
            match spelling(scenario, target, &key) {
                Some(name) => push(&name, &value),
                None => _ = settings_mut(&mut rest, target).0.insert(key, value),
            }
        }
    }
    for act in &rest.steps {
        push("do", &act_call(act));
    }
    for fault in &rest.faults {
        push("fault", &fault_call(fault));
    }
    push("v", &SCENARIO_VERSION.to_string());
    parts.join("&")
}

/// Everybody who has settings: producers and topics by their acts, then the brokers.
fn owners(scenario: &Scenario) -> Vec<Target> {
    let acts = (0..).zip(&scenario.steps);
    acts.filter(|(_, act)| matches!(act, Act::Producer { .. } | Act::Topic { .. }))
        .map(|(at, _)| Target::Act(at))
        .chain([Target::Brokers])
        .collect()
}

/// The name under which a setting of that owner is found again; none if it has to stay in its act.
fn spelling(scenario: &Scenario, target: Target, key: &str) -> Option<String> {
    let owner = match target {
        Target::Brokers => "brokers",
        Target::Act(at) => match scenario.steps.get(at)? {
            Act::Producer { id, .. } => &id.0,
            Act::Topic { name, .. } => &name.0,
            _ => return None,
        },
    };
    [key.to_owned(), format!("{owner}.{key}")]
        .into_iter()
        .find(|name| route(name, scenario) == Route::To(target, key))
}

fn fields_of<T: Serialize>(piece: &T) -> Map<String, Value> {
    match serde_json::to_value(piece) {
        Ok(Value::Object(fields)) => fields,
        _ => unreachable!("a piece of a scenario is a map with words for keys"),
    }
}

fn act_call(act: &Act) -> String {
    let mut fields = fields_of(act);
    match fields.remove("do") {
        Some(Value::String(head)) => notation::write(&head, &fields),
        _ => unreachable!("every act says what it does"),
    }
}

fn fault_call(fault: &Fault) -> String {
    let mut fields = match &fault.when {
        Trigger::Message(anchor) => fields_of(anchor),
        Trigger::At { at } => fields_of(&json!({ "at": at })),
    };
    let (head, broker) = match fault.then {
        FaultKind::Crash(broker) => ("crash", Some(broker)),
        FaultKind::Start(broker) => ("start", Some(broker)),
        FaultKind::Lose => ("lose", None),
    };
    if let Some(broker) = broker {
        fields.insert("broker".to_owned(), json!(broker));
    }
    notation::write(head, &fields)
}
