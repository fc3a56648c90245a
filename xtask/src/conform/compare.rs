//! The first place where two observations differ.

use serde_json::Value;
use std::fmt;

/// Where, what Kafka did, what the model says.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    pub place: String,
    pub kafka: String,
    pub ours: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: Kafka {}, ours {}",
            self.place, self.kafka, self.ours
        )
    }
}

/// The first difference outside of what varies, in the order of Kafka's side.
pub fn first(kafka: &Value, ours: &Value, varies: &[String]) -> Option<Difference> {
    walk("", kafka, ours, varies)
}

fn walk(place: &str, kafka: &Value, ours: &Value, varies: &[String]) -> Option<Difference> {
    if varies.iter().any(|pointer| pointer == place) {
        return None;
    }
    match (kafka, ours) {
        (Value::Object(theirs), Value::Object(own)) => {
            let extra = own.keys().filter(|key| !theirs.contains_key(*key));
            theirs.keys().chain(extra).find_map(|key| {
                let place = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
                let absent = Value::Null;
                walk(
                    &place,
                    theirs.get(key).unwrap_or(&absent),
                    own.get(key).unwrap_or(&absent),
                    varies,
                )
            })
        }
        (Value::Array(theirs), Value::Array(own)) => {
            let longest = theirs.len().max(own.len());
            (0..longest).find_map(|at| {
                let absent = Value::Null;
                let pair = (
                    theirs.get(at).unwrap_or(&absent),
                    own.get(at).unwrap_or(&absent),
                );
                walk(&format!("{place}/{at}"), pair.0, pair.1, varies)
            })
        }
        (theirs, own) if theirs == own => None,
        (theirs, own) => Some(Difference {
            place: place.to_owned(),
            kafka: short(theirs),
            ours: short(own),
        }),
    }
}

fn short(value: &Value) -> String {
    if value.is_null() {
        return "nothing".to_owned();
    }
    let text = value.to_string();
    if text.chars().count() <= 120 {
        text
    } else {
        text.chars().take(119).chain(['…']).collect()
    }
}
