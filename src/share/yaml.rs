//! YAML into a tree, within bounds. Every scalar stays the text that was written: `1`, `"1"` and `yes` are words until a
//! setting says otherwise. Aliases are not followed: nobody writes them in a scenario, and they are how small texts grow big.

use super::{Remark, quoted};
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// Deepest nesting that is read; a scenario needs six levels.
const DEEPEST: usize = 24;
/// Most values in a text.
const MOST_NODES: usize = 100_000;
/// Containers outside of this depth survive an error in what they hold: the text itself, and its lists.
const SURVIVING_DEPTH: usize = 2;

/// What a text holds.
pub(super) struct Tree {
    /// The first document; none if the text has none.
    pub root: Option<Value>,
    /// What was not read.
    pub remarks: Vec<Remark>,
}

enum Frame {
    List(Vec<Value>),
    Map(Map<String, Value>, Key),
}

/// What a map waits for.
enum Key {
    /// A key.
    Next,
    /// The value of this key.
    Value(String),
    /// The value of a key that is none.
    Skip,
}

struct Composer {
    open: Vec<Frame>,
    root: Option<Value>,
    nodes: usize,
    line: usize,
    remarks: Vec<Remark>,
}

/// Reads the first document of a text.
pub(super) fn read(text: &str) -> Tree {
    let mut composer = Composer {
        open: Vec::new(),
        root: None,
        nodes: 0,
        line: 0,
        remarks: Vec::new(),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for event in Parser::new_from_str(text) {
        let read = match event {
            Ok((event, span)) => {
                composer.line = span.start.line();
                composer.take(event)
            }
            Err(error) => {
                composer.line = error.marker().line();
                Err(format!("{}; what follows is not read.", error.info()))
            }
        };
        if let Err(says) = read {
            composer.remark(says);
            composer.close_broken();
            break;
        }
    }
    Tree {
        root: composer.root,
        remarks: composer.remarks,
    }
}

impl Composer {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, _, _) => {
                let plain = style == ScalarStyle::Plain;
                self.put(match text.into_owned() {
                    text if plain && text.is_empty() => Value::Null,
                    text => Value::String(text),
                })
            }
            Event::SequenceStart(..) => self.begin(Frame::List(Vec::new())),
            Event::MappingStart(..) => self.begin(Frame::Map(Map::new(), Key::Next)),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(_) => {
                self.remark("Aliases are not read; write the value out.".to_owned());
                self.put(Value::Null)
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                Err("A text holds one scenario; what follows is not read.".to_owned())
            }
            Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::StreamStart
            | Event::StreamEnd
            | Event::Nothing => Ok(()),
        }
    }

    fn begin(&mut self, frame: Frame) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err("Nested too deeply for a scenario; what follows is not read.".to_owned());
        }
        self.open.push(frame);
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        match self.open.pop() {
            Some(frame) => self.put(frame.value()),
            None => Ok(()),
        }
    }

    /// A finished value, where it belongs.
    fn put(&mut self, value: Value) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err("Too much for one scenario; what follows is not read.".to_owned());
        }
        let line = self.line;
        let remark = match self.open.last_mut() {
            None => {
                self.root = Some(value);
                None
            }
            Some(Frame::List(list)) => {
                list.push(value);
                None
            }
            Some(Frame::Map(map, key)) => put_in_map(map, key, value),
        };
        if let Some(says) = remark {
            self.remarks.push(Remark::new(format!("line {line}"), says));
        }
        Ok(())
    }

    /// After an error: what was complete is kept, what was open in a list is not.
    fn close_broken(&mut self) {
        self.open.truncate(SURVIVING_DEPTH);
        while let Some(frame) = self.open.pop() {
            let value = frame.value();
            match self.open.last_mut() {
                None => self.root = Some(value),
                Some(Frame::List(list)) => list.push(value),
                Some(Frame::Map(map, key)) => drop(put_in_map(map, key, value)),
            }
        }
    }

    fn remark(&mut self, says: String) {
        let line = self.line;
        self.remarks
            .push(Remark::new(format!("line {line}"), capital(&says)));
    }
}

impl Frame {
    fn value(self) -> Value {
        match self {
            Self::List(list) => Value::Array(list),
            Self::Map(map, _) => Value::Object(map),
        }
    }
}

fn put_in_map(map: &mut Map<String, Value>, key: &mut Key, value: Value) -> Option<String> {
    match std::mem::replace(key, Key::Next) {
        Key::Next => match value {
            Value::String(word) => {
                *key = Key::Value(word);
                None
            }
            _ => {
                *key = Key::Skip;
                Some("Only a word can be a key; the pair is left out.".to_owned())
            }
        },
        Key::Value(word) => {
            let twice = map.contains_key(&word);
            let says =
                twice.then(|| format!("{} is here twice; the later one counts.", quoted(&word)));
            map.insert(word, value);
            says
        }
        Key::Skip => None,
    }
}

fn capital(says: &str) -> String {
    let mut chars = says.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
