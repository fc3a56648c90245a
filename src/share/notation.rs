//! A tree in a link: `send(by:p1,values:(m1,m2))`. Parentheses hold a list, or a map if the first word in them has a colon
//! after it. In a word, `!` stands before a sign that would mean something else; `!-` is the empty word.

use super::flow::ordered;
use serde_json::{Map, Value};

/// Deepest nesting that is read; an act needs four levels.
const DEEPEST: usize = 16;
/// Signs that mean something.
const SIGNS: [char; 5] = ['(', ')', ':', ',', '!'];

/// A word with fields in parentheses after it.
pub(super) fn write(head: &str, fields: &Map<String, Value>) -> String {
    let mut out = word(head);
    if !fields.is_empty() {
        push_map(&mut out, fields);
    }
    out
}

fn push(out: &mut String, value: &Value) {
    match value {
        Value::Array(list) => {
            out.push('(');
            for (at, item) in list.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                push(out, item);
            }
            out.push(')');
        }
        Value::Object(map) => push_map(out, map),
        Value::String(text) => out.push_str(&word(text)),
        other => out.push_str(&word(&other.to_string())),
    }
}

fn push_map(out: &mut String, map: &Map<String, Value>) {
    out.push('(');
    for (at, (key, value)) in ordered(map).into_iter().enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        out.push_str(&word(key));
        out.push(':');
        push(out, value);
    }
    out.push(')');
}

fn word(text: &str) -> String {
    if text.is_empty() {
        return "!-".to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if SIGNS.contains(&c) {
            out.push('!');
        }
        out.push(c);
    }
    out
}

/// The word and its fields.
pub(super) fn read(text: &str) -> Result<(String, Map<String, Value>), String> {
    let mut reader = Reader { rest: text };
    let head = reader.word()?;
    let fields = match reader.next() {
        None => Map::new(),
        Some('(') => match reader.group(1)? {
            Value::Object(map) => map,
            Value::Array(list) if list.is_empty() => Map::new(),
            _ => return Err("fields belong here, such as (by:p1,values:(m1))".to_owned()),
        },
        Some(sign) => return Err(format!("“{sign}” does not belong after the first word")),
    };
    match reader.rest.is_empty() {
        true => Ok((head, fields)),
        false => Err("something follows after the last parenthesis".to_owned()),
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let sign = self.peek()?;
        self.rest = &self.rest[sign.len_utf8()..];
        Some(sign)
    }

    fn word(&mut self) -> Result<String, String> {
        let mut word = String::new();
        loop {
            let end = self.rest.find(SIGNS).unwrap_or(self.rest.len());
            word.push_str(&self.rest[..end]);
            self.rest = &self.rest[end..];
            if self.peek() != Some('!') {
                return Ok(word);
            }
            self.next();
            match self.next() {
                Some('-') => {}
                Some(sign) if SIGNS.contains(&sign) => word.push(sign),
                _ => return Err("after “!” belongs one of ( ) : , ! -".to_owned()),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if self.peek() != Some('(') {
            return self.word().map(Value::String);
        }
        if depth >= DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        self.next();
        self.group(depth + 1)
    }

    /// What follows an opening parenthesis, with the closing one.
    fn group(&mut self, depth: usize) -> Result<Value, String> {
        if self.peek() == Some(')') {
            self.next();
            return Ok(Value::Array(Vec::new()));
        }
        let first = self.value(depth)?;
        match first {
            Value::String(key) if self.peek() == Some(':') => self.pairs(key, depth),
            first => self.items(first, depth),
        }
    }

    fn items(&mut self, first: Value, depth: usize) -> Result<Value, String> {
        let mut list = vec![first];
        while self.goes_on()? {
            list.push(self.value(depth)?);
        }
        Ok(Value::Array(list))
    }

    fn pairs(&mut self, first: String, depth: usize) -> Result<Value, String> {
        let mut map = Map::new();
        let mut key = first;
        loop {
            if self.next() != Some(':') {
                return Err(format!("after “{key}” a colon is missing"));
            }
            let value = self.value(depth)?;
            if map.contains_key(&key) {
                return Err(format!("“{key}” is in it twice"));
            }
            map.insert(key, value);
            if !self.goes_on()? {
                return Ok(Value::Object(map));
            }
            key = self.word()?;
        }
    }

    /// Past a comma, or past the end of the group.
    fn goes_on(&mut self) -> Result<bool, String> {
        match self.next() {
            Some(',') => Ok(true),
            Some(')') => Ok(false),
            Some(sign) => Err(format!("“{sign}” does not belong there")),
            None => Err("a closing parenthesis is missing".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn written_and_read() {
        for (text, head, fields) in [
            ("heal", "heal", json!({})),
            ("sleep(ms:40)", "sleep", json!({"ms": "40"})),
            (
                "send(by:p1,values:(m1,m2))",
                "send",
                json!({"by": "p1", "values": ["m1", "m2"]}),
            ),
            (
                "topic(name:t,replicas:((1,2,3),(2,3,1)))",
                "topic",
                json!({"name": "t", "replicas": [["1", "2", "3"], ["2", "3", "1"]]}),
            ),
            (
                "x(config:(a.b:1,c:!-),values:())",
                "x",
                json!({"config": {"a.b": "1", "c": ""}, "values": []}),
            ),
            (
                "x(values:(!(!)!:!,!!,-,a b,!-))",
                "x",
                json!({"values": ["():,!", "-", "a b", ""]}),
            ),
        ] {
            let fields = fields.as_object().cloned().unwrap_or_default();
            assert_eq!(write(head, &fields), text);
            assert_eq!(read(text), Ok((head.to_owned(), fields)), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, says) in [
            ("send(by:p1", "a closing parenthesis is missing"),
            (
                "send(by:p1))",
                "something follows after the last parenthesis",
            ),
            ("send(by:p1,values)", "after “values” a colon is missing"),
            ("send(by:p1,by:p2)", "“by” is in it twice"),
            (
                "send(m1,m2)",
                "fields belong here, such as (by:p1,values:(m1))",
            ),
            ("send)", "“)” does not belong after the first word"),
            ("x(a:b:c)", "“:” does not belong there"),
            ("x(a:!q)", "after “!” belongs one of ( ) : , ! -"),
            ("x(a:b!", "after “!” belongs one of ( ) : , ! -"),
        ] {
            assert_eq!(read(text), Err(says.to_owned()), "{text}");
        }
        assert_eq!(
            read(&"(".repeat(100_000)),
            Err("it is nested too deeply".to_owned())
        );
    }
}
