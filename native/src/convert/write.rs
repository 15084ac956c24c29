//! A delta as it is written: ops of text with the same format are joined.
use serde_json::{Map, Value, json};

use super::model::{Align, Format, Kind, List, Script, shown};
use super::{Imported, MAX_LINES, Outcome, Picture, refuse};

/// What a line says about itself.
#[derive(Clone, PartialEq, Debug)]
pub struct LineFormat {
    pub kind: Kind,
    pub indent: u8,
    pub align: Align,
    pub rtl: bool,
}

impl Default for LineFormat {
    fn default() -> Self {
        Self {
            kind: Kind::Paragraph,
            indent: 0,
            align: Align::Start,
            rtl: false,
        }
    }
}

impl LineFormat {
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }
}

#[derive(Default)]
pub struct Writer {
    ops: Vec<Value>,
    text: String,
    attributes: Map<String, Value>,
    lines: usize,
    /// Whether something stands in the line that is being written.
    pub in_line: bool,
    pub images: Vec<Picture>,
    pub notes: Vec<String>,
    rows: usize,
}

fn attributes_of(format: &Format) -> Map<String, Value> {
    let mut map = Map::new();
    let flags = [
        ("bold", format.bold),
        ("code", format.code),
        ("italic", format.italic),
        ("strike", format.strike),
        ("underline", format.underline),
    ];
    for (name, on) in flags {
        if on {
            map.insert(name.to_string(), Value::Bool(true));
        }
    }
    let texts = [
        ("background", format.background.map(|it| it.css())),
        ("color", format.color.map(|it| it.css())),
        ("font", format.font.as_ref().map(|it| it.0.clone())),
        ("link", format.link.clone()),
        ("size", format.size.map(|it| it.attribute())),
        (
            "script",
            match format.script {
                Script::None => None,
                Script::Sub => Some("sub".to_string()),
                Script::Super => Some("super".to_string()),
            },
        ),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            map.insert(name.to_string(), Value::String(text));
        }
    }
    map
}

fn line_attributes(line: &LineFormat) -> Map<String, Value> {
    let mut map = Map::new();
    let (name, value) = match &line.kind {
        Kind::Heading(level) => ("header", json!(level)),
        Kind::Item(list) => (
            "list",
            json!(match list {
                List::Ordered => "ordered",
                List::Bullet => "bullet",
                List::Checked => "checked",
                List::Unchecked => "unchecked",
            }),
        ),
        Kind::Quote => ("blockquote", json!(true)),
        Kind::Code(language) if language.is_empty() => ("code-block", json!("plain")),
        Kind::Code(language) => ("code-block", json!(language)),
        Kind::Cell(row) => ("table", json!(row)),
        _ => ("", Value::Null),
    };
    if !name.is_empty() {
        map.insert(name.to_string(), value);
    }
    if line.indent > 0 && !matches!(line.kind, Kind::Cell(_) | Kind::Code(_)) {
        map.insert("indent".to_string(), json!(line.indent));
    }
    let align = match line.align {
        Align::Start => "",
        Align::Center => "center",
        Align::Right => "right",
        Align::Justify => "justify",
    };
    if !align.is_empty() && !matches!(line.kind, Kind::Code(_)) {
        map.insert("align".to_string(), json!(align));
    }
    if line.rtl {
        map.insert("direction".to_string(), json!("rtl"));
    }
    map
}

impl Writer {
    fn flush(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let attributes = std::mem::take(&mut self.attributes);
        self.ops.push(match attributes.is_empty() {
            true => json!({ "insert": text }),
            false => json!({ "insert": text, "attributes": attributes }),
        });
    }

    fn append(&mut self, text: &str, attributes: Map<String, Value>) {
        if attributes != self.attributes {
            self.flush();
            self.attributes = attributes;
        }
        self.text.push_str(text);
    }

    /// Text of one line; line ends within become spaces.
    pub fn text(&mut self, text: &str, format: &Format) {
        let clean: String = text
            .chars()
            .map(|it| if it == '\n' { ' ' } else { it })
            .filter(|it| shown(*it))
            .collect();
        if !clean.is_empty() {
            self.append(&clean, attributes_of(format));
            self.in_line = true;
        }
    }

    /// `more`: formats of the embed itself (alt, width).
    pub fn embed(&mut self, name: &str, value: Value, more: &[(&str, String)], format: &Format) {
        self.flush();
        let mut attributes = attributes_of(format);
        for (name, text) in more {
            if !text.is_empty() {
                attributes.insert(name.to_string(), json!(text));
            }
        }
        let mut op = json!({ "insert": { name: value } });
        if !attributes.is_empty() {
            op["attributes"] = Value::Object(attributes);
        }
        self.ops.push(op);
        self.in_line = true;
    }

    /// Ends the line.
    pub fn line(&mut self, format: &LineFormat) -> Outcome<()> {
        self.lines += 1;
        if self.lines > MAX_LINES {
            return refuse("it has too many lines to be converted");
        }
        self.append("\n", line_attributes(format));
        self.in_line = false;
        Ok(())
    }

    /// An embed that stands for a line.
    pub fn block(&mut self, name: &str, value: Value) -> Outcome<()> {
        if self.in_line {
            self.line(&LineFormat::default())?;
        }
        self.embed(name, value, &[], &Format::default());
        self.in_line = false;
        self.lines += 1;
        Ok(())
    }

    /// The text of the line, taken out again; only while it is the first and plain.
    pub fn take_first_line(&mut self) -> Option<String> {
        if !self.ops.is_empty() || self.lines > 0 || !self.in_line {
            return None;
        }
        self.in_line = false;
        self.attributes.clear();
        Some(std::mem::take(&mut self.text))
    }

    /// A name for the next row of a table.
    pub fn row(&mut self) -> String {
        self.rows += 1;
        format!("row-{}", self.rows)
    }

    pub fn note(&mut self, text: &str) {
        if self.notes.len() < 20 && !self.notes.iter().any(|it| it == text) {
            self.notes.push(text.to_string());
        }
    }

    pub fn finish(mut self, title: String) -> Imported {
        if self.in_line || self.text.is_empty() {
            self.append("\n", Map::new());
        }
        self.flush();
        Imported {
            ops: Value::Array(self.ops).to_string(),
            title: title.trim().chars().take(200).collect(),
            images: self.images,
            notes: self.notes,
        }
    }
}
