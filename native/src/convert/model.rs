//! A document as lines of spans, read from a delta. Suggestions that nobody has decided on are shown as if they
//! were accepted: what is to be inserted is text, what is to be deleted is not.
use serde_json::{Map, Value};

use super::style::{Color, Font, Size, link_of, picture_of};
use super::{MAX_LINES, Outcome, bounded, refuse};
use crate::elements::{self, Stop};

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Script {
    #[default]
    None,
    Sub,
    Super,
}

#[derive(Clone, Default, PartialEq, Debug)]
pub struct Format {
    pub bold: bool,
    pub italic: bool,
    pub underline: bool,
    pub strike: bool,
    pub code: bool,
    pub script: Script,
    pub link: Option<String>,
    pub color: Option<Color>,
    pub background: Option<Color>,
    pub font: Option<Font>,
    pub size: Option<Size>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Piece {
    Text(String),
    Image {
        url: String,
        alt: String,
        /// In CSS pixels.
        width: Option<u32>,
    },
    Formula(String),
    Mention(String),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Span {
    pub piece: Piece,
    pub format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum List {
    Ordered,
    Bullet,
    Checked,
    Unchecked,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Align {
    #[default]
    Start,
    Center,
    Right,
    Justify,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    Paragraph,
    Heading(u8),
    Item(List),
    Quote,
    /// With its language; empty: none.
    Code(String),
    /// Of the row with this name.
    Cell(String),
    Divider,
    Video(String),
    /// Live results: a title and perhaps where they are.
    Embed(String, Option<String>),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    pub spans: Vec<Span>,
    pub kind: Kind,
    pub indent: u8,
    pub align: Align,
    pub rtl: bool,
}

impl Line {
    pub fn text(&self) -> String {
        let mut text = String::new();
        for span in &self.spans {
            match &span.piece {
                Piece::Text(it) | Piece::Formula(it) | Piece::Mention(it) => text.push_str(it),
                Piece::Image { .. } => {}
            }
        }
        text
    }
}

pub const MAX_INDENT: u8 = 8;

fn text_at<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Value::as_str)
}

fn is_on(map: &Map<String, Value>, key: &str) -> bool {
    match map.get(key) {
        None | Some(Value::Null) | Some(Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty() && text != "false",
        Some(_) => true,
    }
}

fn format_of(attributes: &Map<String, Value>) -> Format {
    Format {
        bold: is_on(attributes, "bold"),
        italic: is_on(attributes, "italic"),
        underline: is_on(attributes, "underline"),
        strike: is_on(attributes, "strike"),
        code: is_on(attributes, "code"),
        script: match text_at(attributes, "script") {
            Some("sub") => Script::Sub,
            Some("super") => Script::Super,
            _ => Script::None,
        },
        link: text_at(attributes, "link").and_then(link_of),
        color: text_at(attributes, "color").and_then(Color::parse),
        background: text_at(attributes, "background").and_then(Color::parse),
        font: text_at(attributes, "font").and_then(Font::parse),
        size: text_at(attributes, "size").and_then(Size::parse),
    }
}

fn pixels(value: Option<&Value>) -> Option<u32> {
    let number = match value? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().trim_end_matches("px").parse().ok()?,
        _ => return None,
    };
    (number.is_finite() && (1.0..=20_000.0).contains(&number)).then_some(number as u32)
}

fn kind_of(attributes: &Map<String, Value>) -> Kind {
    if let Some(row) = attributes.get("table").filter(|it| !it.is_null()) {
        return Kind::Cell(row.as_str().map_or_else(|| row.to_string(), str::to_string));
    }
    if is_on(attributes, "code-block") {
        let language = text_at(attributes, "code-block").unwrap_or("");
        let known = language.len() <= 40
            && language != "plain"
            && language != "true"
            && language
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || "+-#._".contains(it));
        return Kind::Code(if known {
            language.to_string()
        } else {
            String::new()
        });
    }
    match text_at(attributes, "list") {
        Some("ordered") => return Kind::Item(List::Ordered),
        Some("bullet") => return Kind::Item(List::Bullet),
        Some("checked") => return Kind::Item(List::Checked),
        Some("unchecked") => return Kind::Item(List::Unchecked),
        _ => {}
    }
    if let Some(level) = attributes.get("header") {
        let level = level.as_u64().or_else(|| level.as_str()?.parse().ok());
        if let Some(level @ 1..=6) = level {
            return Kind::Heading(level as u8);
        }
    }
    if is_on(attributes, "blockquote") {
        return Kind::Quote;
    }
    Kind::Paragraph
}

fn line_of(spans: Vec<Span>, attributes: &Map<String, Value>) -> Line {
    let indent = attributes.get("indent");
    let indent = indent.and_then(|it| it.as_u64().or_else(|| it.as_str()?.parse().ok()));
    Line {
        spans,
        kind: kind_of(attributes),
        indent: indent.unwrap_or(0).min(MAX_INDENT as u64) as u8,
        align: match text_at(attributes, "align") {
            Some("center") => Align::Center,
            Some("right") => Align::Right,
            Some("justify") => Align::Justify,
            _ => Align::Start,
        },
        rtl: text_at(attributes, "direction") == Some("rtl"),
    }
}

enum Embedded {
    Inline(Piece),
    Block(Kind),
    /// A name, and where the file is.
    File(String, Option<String>),
    Nothing,
}

fn name_in(value: &Value, keys: &[&str]) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(map) => keys
            .iter()
            .find_map(|key| text_at(map, key))
            .map(str::to_string),
        _ => None,
    }
    .map(|it| it.trim().chars().take(300).collect::<String>())
    .filter(|it| !it.is_empty())
}

fn embedded(embed: &Map<String, Value>, attributes: &Map<String, Value>) -> Embedded {
    let Some((name, value)) = embed.iter().next() else {
        return Embedded::Nothing;
    };
    match (name.as_str(), value) {
        ("image", Value::String(url)) => match picture_of(url) {
            Some(url) => Embedded::Inline(Piece::Image {
                url,
                alt: text_at(attributes, "alt")
                    .unwrap_or("")
                    .chars()
                    .take(1000)
                    .collect(),
                width: pixels(attributes.get("width")),
            }),
            None => Embedded::Nothing,
        },
        ("file", value) => {
            let name = name_in(value, &["name"]).unwrap_or_else(|| "file".to_string());
            let url = value.get("url").and_then(Value::as_str).and_then(link_of);
            Embedded::File(name, url)
        }
        ("formula", Value::String(text)) => Embedded::Inline(Piece::Formula(text.clone())),
        ("mention", value) => {
            let name = name_in(value, &["name", "value", "label", "id"]);
            let name = name.unwrap_or_else(|| "someone".to_string());
            Embedded::Inline(Piece::Mention(format!("@{}", name.trim_start_matches('@'))))
        }
        ("divider", _) => Embedded::Block(Kind::Divider),
        ("video", Value::String(url)) => match link_of(url) {
            Some(url) => Embedded::Block(Kind::Video(url)),
            None => Embedded::Nothing,
        },
        ("embed", value) => {
            let link = value.as_object().and_then(|map| {
                ["url", "href", "link"]
                    .iter()
                    .find_map(|key| text_at(map, key))
                    .and_then(link_of)
            });
            let title = name_in(value, &["title", "name", "query", "sql"]);
            Embedded::Block(Kind::Embed(
                title.unwrap_or_else(|| "Query result".to_string()),
                link,
            ))
        }
        _ => Embedded::Nothing,
    }
}

/// What may stand in XML and is no control character; line ends are handled before.
pub fn shown(it: char) -> bool {
    it == '\t' || !(it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}'))
}

struct Reader {
    lines: Vec<Line>,
    spans: Vec<Span>,
}

impl Reader {
    fn end_line(&mut self, attributes: &Map<String, Value>) -> Outcome<()> {
        let spans = std::mem::take(&mut self.spans);
        self.push(line_of(spans, attributes))
    }

    fn push(&mut self, line: Line) -> Outcome<()> {
        if self.lines.len() >= MAX_LINES {
            return refuse("it has too many lines to be converted");
        }
        self.lines.push(line);
        Ok(())
    }

    fn text(&mut self, text: &str, attributes: &Map<String, Value>) -> Outcome<()> {
        let format = format_of(attributes);
        let mut parts = text.split('\n');
        let mut part = parts.next().unwrap_or("");
        loop {
            let clean: String = part.chars().filter(|it| shown(*it)).collect();
            if !clean.is_empty() {
                match self.spans.last_mut() {
                    Some(Span {
                        piece: Piece::Text(text),
                        format: last,
                    }) if *last == format => text.push_str(&clean),
                    _ => self.spans.push(Span {
                        piece: Piece::Text(clean),
                        format: format.clone(),
                    }),
                }
            }
            let Some(next) = parts.next() else {
                return Ok(());
            };
            // A line break that is suggested to go.
            if !is_on(attributes, "suggest-cut") {
                self.end_line(attributes)?;
            }
            part = next;
        }
    }

    fn op(&mut self, index: usize, op: &Value) -> Outcome<()> {
        let none = Map::new();
        let attributes = op
            .get("attributes")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        if is_on(attributes, "suggest-delete") {
            return Ok(());
        }
        match op.get("insert") {
            Some(Value::String(text)) => self.text(text, attributes)?,
            Some(Value::Object(embed)) => match embedded(embed, attributes) {
                Embedded::Inline(piece) => {
                    let format = format_of(attributes);
                    self.spans.push(Span { piece, format });
                }
                Embedded::Block(kind) => self.block(kind)?,
                Embedded::File(name, link) => {
                    let format = Format {
                        link,
                        ..format_of(attributes)
                    };
                    let piece = Piece::Text(name);
                    self.spans.push(Span { piece, format });
                }
                Embedded::Nothing => {}
            },
            _ => {
                return refuse(format!(
                    "op {index} of the delta inserts neither text nor an embed"
                ));
            }
        }
        Ok(())
    }

    fn block(&mut self, kind: Kind) -> Outcome<()> {
        if !self.spans.is_empty() {
            self.end_line(&Map::new())?;
        }
        self.push(Line {
            spans: Vec::new(),
            kind,
            indent: 0,
            align: Align::Start,
            rtl: false,
        })
    }
}

/// The lines of a delta: a JSON array of ops, or an object with them as "ops".
pub fn read(ops: &str) -> Outcome<Vec<Line>> {
    bounded(ops.len())?;
    let mut reader = Reader {
        lines: Vec::new(),
        spans: Vec::new(),
    };
    let read = elements::each(ops, Some("ops"), |index, op| reader.op(index, &op));
    match read {
        Ok(()) => {}
        Err(Stop::NoJson(error)) => return refuse(format!("the delta is no JSON: {error}")),
        Err(Stop::NoList) => return refuse("a delta is an array of ops"),
        Err(Stop::Refused(error)) => return Err(error),
    }
    if !reader.spans.is_empty() {
        reader.end_line(&Map::new())?;
    }
    Ok(reader.lines)
}

/// The addresses of the images that the document shows, each once.
pub fn pictures(lines: &[Line]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut found = Vec::new();
    for span in lines.iter().flat_map(|line| &line.spans) {
        if let Piece::Image { url, .. } = &span.piece
            && seen.insert(url.clone())
        {
            found.push(url.clone());
        }
    }
    found
}
