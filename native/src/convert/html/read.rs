//! HTML as a delta.
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::OnceLock;

use ammonia::{Builder, UrlRelative};
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use serde_json::json;

use super::clean::{self, BLOCKS, clean, tokenize};
use super::css;
use crate::convert::model::{Align, Format, Kind, List, MAX_INDENT, Script};
use crate::convert::style::Font;
use crate::convert::write::{LineFormat, Writer};
use crate::convert::{Fail, Imported, Outcome};

struct Open {
    name: String,
    /// Within it.
    format: Format,
    align: Align,
    rtl: bool,
    indent: u8,
    list: List,
    language: String,
    /// An item: whether its first line was written.
    started: bool,
}

#[derive(Default)]
struct Walk {
    writer: Writer,
    open: Vec<Open>,
    /// A space that comes before the next text, with the format that it had.
    space: Option<Format>,
    /// A <br> whose line ends when something follows it.
    broken: bool,
    /// How many tables are open; of those within others only the text counts.
    tables: usize,
    /// The name of the row, and whether a cell of it is open.
    row: String,
    in_cell: bool,
    title: String,
    failed: Option<Fail>,
}

struct Sink(RefCell<Walk>);

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    tag.attrs
        .iter()
        .find(|it| &*it.name.local == name)
        .map(|it| &*it.value)
}

fn class_after<'a>(tag: &'a Tag, start: &str) -> Option<&'a str> {
    attribute(tag, "class")?
        .split_ascii_whitespace()
        .find_map(|it| it.strip_prefix(start))
}

fn has_class(tag: &Tag, name: &str) -> bool {
    attribute(tag, "class").is_some_and(|it| it.split_ascii_whitespace().any(|one| one == name))
}

fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

impl Walk {
    fn format(&self) -> Format {
        self.open
            .last()
            .map(|it| it.format.clone())
            .unwrap_or_default()
    }

    fn is_in(&self, name: &str) -> bool {
        self.open.iter().any(|it| it.name == name)
    }

    /// What the line that ends here is; the first line of an item is the item.
    fn line_format(&mut self) -> LineFormat {
        let mut line = LineFormat::default();
        if let Some(last) = self.open.last() {
            (line.align, line.rtl, line.indent) = (last.align, last.rtl, last.indent);
        }
        let mut lists = 0u8;
        for open in &mut self.open {
            match open.name.as_str() {
                "ul" | "ol" => lists = lists.saturating_add(1),
                "li" => {
                    let indent = open.indent.saturating_add(lists.saturating_sub(1));
                    line.indent = indent.min(MAX_INDENT);
                    line.kind = match open.started {
                        false => Kind::Item(open.list),
                        true => Kind::Paragraph,
                    };
                    if open.started {
                        line.indent = (line.indent + 1).min(MAX_INDENT);
                    }
                    open.started = true;
                }
                "pre" => line.kind = Kind::Code(open.language.clone()),
                "blockquote" if line.kind == Kind::Paragraph => line.kind = Kind::Quote,
                name => {
                    if let [b'h', level @ b'1'..=b'6'] = name.as_bytes() {
                        line.kind = Kind::Heading(level - b'0');
                        line.indent = 0;
                    }
                }
            }
        }
        line
    }

    fn end_line(&mut self) {
        let line = self.line_format();
        if let Err(error) = self.writer.line(&line) {
            self.failed = Some(error);
        }
        self.space = None;
    }

    /// At the start or the end of a block.
    fn boundary(&mut self) {
        if self.tables > 0 {
            if self.writer.in_line {
                self.space = Some(Format::default());
            }
            self.broken = false;
            return;
        }
        if self.writer.in_line || self.broken {
            self.end_line();
        }
        (self.broken, self.space) = (false, None);
    }

    /// Before something that stands in a line.
    fn resume(&mut self) {
        if self.broken && self.tables == 0 {
            self.end_line();
        }
        self.broken = false;
        if let Some(format) = self.space.take()
            && self.writer.in_line
        {
            self.writer.text(" ", &format);
        }
    }

    fn text(&mut self, text: &str) {
        if self.tables > 0 && !self.in_cell {
            return;
        }
        if self.is_in("pre") && self.tables == 0 {
            let plain = Format::default();
            for (index, part) in text.split('\n').enumerate() {
                if index > 0 {
                    self.end_line();
                }
                self.writer.text(part, &plain);
            }
            return;
        }
        let format = self.format();
        let is_space = |it: char| matches!(it, ' ' | '\t' | '\n' | '\r' | '\u{c}');
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(is_space).unwrap_or(rest.len());
            if end == 0 {
                self.space.get_or_insert_with(|| format.clone());
                rest = rest.trim_start_matches(is_space);
                continue;
            }
            self.resume();
            self.writer
                .text(&rest[..end].replace('\u{a0}', " "), &format);
            rest = &rest[end..];
        }
    }

    fn inline_format(&self, tag: &Tag) -> Format {
        let mut format = self.format();
        match &*tag.name {
            "b" | "strong" | "th" => format.bold = true,
            "i" | "em" | "cite" | "dfn" | "var" => format.italic = true,
            "u" | "ins" => format.underline = true,
            "s" | "strike" | "del" => format.strike = true,
            "sub" => format.script = Script::Sub,
            "sup" => format.script = Script::Super,
            "code" | "kbd" | "samp" => format.code = true,
            "mark" => format.background = css::back_color("#ffff00"),
            "a" => {
                if let Some(link) = attribute(tag, "href") {
                    format.link = Some(link.to_string());
                }
            }
            "font" => {
                format.color = attribute(tag, "color")
                    .and_then(css::text_color)
                    .or(format.color);
                format.font = attribute(tag, "face").and_then(Font::parse).or(format.font);
            }
            _ => {}
        }
        if let Some(style) = attribute(tag, "style") {
            css::apply(style, &mut format);
        }
        for (start, property) in [("ql-size-", "font-size"), ("ql-font-", "font-family")] {
            if let Some(value) = class_after(tag, start) {
                css::apply(&format!("{property}:{value}"), &mut format);
            }
        }
        format
    }

    fn start(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        match name {
            "br" if self.tables > 0 => self.space = Some(Format::default()),
            "br" if self.is_in("pre") => self.end_line(),
            "br" if self.broken => self.end_line(),
            "br" => self.broken = true,
            "hr" if self.tables == 0 => {
                self.boundary();
                if let Err(error) = self.writer.block("divider", json!(true)) {
                    self.failed = Some(error);
                }
            }
            "hr" => {}
            "img" => self.image(tag),
            "input" => self.checkbox(tag),
            _ => self.open(tag),
        }
    }

    fn image(&mut self, tag: &Tag) {
        if self.tables > 0 && !self.in_cell {
            return;
        }
        let Some(url) = attribute(tag, "src") else {
            self.writer
                .note("Images that no browser would load from elsewhere were left out.");
            return;
        };
        self.resume();
        let format = Format {
            link: self.format().link,
            ..Format::default()
        };
        let alt = attribute(tag, "alt").unwrap_or("").to_string();
        let width = attribute(tag, "width")
            .unwrap_or("")
            .trim_end_matches("px")
            .to_string();
        let width = if width.bytes().all(|it| it.is_ascii_digit()) {
            width
        } else {
            String::new()
        };
        self.writer.embed(
            "image",
            json!(url),
            &[("alt", alt), ("width", width)],
            &format,
        );
    }

    fn checkbox(&mut self, tag: &Tag) {
        if !attribute(tag, "type").is_some_and(|it| it.eq_ignore_ascii_case("checkbox")) {
            return;
        }
        let checked = attribute(tag, "checked").is_some();
        if let Some(item) = self.open.iter_mut().rfind(|it| it.name == "li") {
            item.list = if checked {
                List::Checked
            } else {
                List::Unchecked
            };
        }
    }

    fn open(&mut self, tag: &Tag) {
        let name = tag.name.to_string();
        if is_block(&name) {
            self.block(&name);
        }
        let style = attribute(tag, "style").unwrap_or("");
        let outer = self.open.last();
        let mut open = Open {
            format: self.inline_format(tag),
            align: outer.map(|it| it.align).unwrap_or_default(),
            rtl: outer.is_some_and(|it| it.rtl),
            indent: 0,
            list: List::Bullet,
            language: String::new(),
            started: false,
            name,
        };
        if is_block(&open.name) {
            let named = attribute(tag, "align")
                .or(class_after(tag, "ql-align-"))
                .and_then(css::align_of);
            open.align = css::align(style).or(named).unwrap_or(open.align);
            open.rtl |= attribute(tag, "dir").is_some_and(|it| it.eq_ignore_ascii_case("rtl"))
                || class_after(tag, "ql-direction-") == Some("rtl")
                || css::is_rtl(style);
            let indent = class_after(tag, "ql-indent-").and_then(|it| it.parse().ok());
            open.indent = indent.unwrap_or_else(|| css::indent(style)).min(MAX_INDENT);
        }
        match open.name.as_str() {
            "li" => open.list = self.list_of(tag),
            "dd" => open.indent = 1,
            "center" => open.align = Align::Center,
            "code" => {
                if let Some(language) = class_after(tag, "language-").or(class_after(tag, "lang-"))
                    && let Some(pre) = self.open.last_mut().filter(|it| it.name == "pre")
                {
                    pre.language = language.to_string();
                }
            }
            "pre" => open.language = attribute(tag, "data-language").unwrap_or("").to_string(),
            _ => {}
        }
        // The title that an exported page shows is that of the document.
        if open.name == "h1" && has_class(tag, "title") {
            open.name = "=title".to_string();
        }
        if has_class(tag, "formula") || has_class(tag, "ql-formula") || has_class(tag, "math") {
            open.name = "=formula".to_string();
        }
        self.open.push(open);
    }

    fn list_of(&self, tag: &Tag) -> List {
        let outer = self
            .open
            .iter()
            .rfind(|it| it.name == "ol" || it.name == "ul");
        match attribute(tag, "data-list") {
            Some("ordered") => List::Ordered,
            Some("bullet") => List::Bullet,
            Some("checked") => List::Checked,
            Some("unchecked") => List::Unchecked,
            _ if attribute(tag, "data-checked") == Some("true") => List::Checked,
            _ if attribute(tag, "data-checked") == Some("false") => List::Unchecked,
            _ if outer.is_some_and(|it| it.name == "ol") => List::Ordered,
            _ => List::Bullet,
        }
    }

    fn block(&mut self, name: &str) {
        self.boundary();
        match name {
            "table" => self.tables += 1,
            "tr" if self.tables == 1 => self.row = self.writer.row(),
            "td" | "th" if self.tables == 1 => {
                if self.row.is_empty() {
                    self.row = self.writer.row();
                }
                (self.in_cell, self.space) = (true, None);
            }
            // Stands before the table.
            "caption" if self.tables == 1 => (self.tables, self.in_cell) = (0, false),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        let Some(last) = self.open.last() else {
            return;
        };
        let special = last.name.starts_with('=');
        if last.name != name && !special {
            return;
        }
        if is_block(name) {
            self.boundary();
        }
        if name == "li" && self.tables == 0 && !self.open.last().is_some_and(|it| it.started) {
            self.end_line();
        }
        let Some(ended) = self.open.pop() else {
            return;
        };
        match name {
            "table" => self.tables = self.tables.saturating_sub(1),
            "caption" if self.is_in("table") => self.tables = 1,
            "td" | "th" if self.tables == 1 && self.in_cell => {
                let line = LineFormat {
                    align: ended.align,
                    ..LineFormat::of(Kind::Cell(self.row.clone()))
                };
                if let Err(error) = self.writer.line(&line) {
                    self.failed = Some(error);
                }
                (self.in_cell, self.space) = (false, None);
            }
            "tr" if self.tables == 1 => self.row.clear(),
            _ => {}
        }
    }
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut walk = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => walk.start(&tag),
            Token::TagToken(tag) => walk.end(&tag.name),
            Token::CharacterTokens(text) => match walk.open.last() {
                Some(open) if open.name == "=title" => walk.title.push_str(&text),
                Some(open) if open.name == "=formula" => {
                    let text = text.trim().trim_matches('$').to_string();
                    walk.resume();
                    walk.writer
                        .embed("formula", json!(text), &[], &Format::default());
                }
                _ => walk.text(&text),
            },
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Again what `clean.rs` lets through, by a library that knows how browsers read.
fn sanitize(html: &str) -> String {
    static BUILDER: OnceLock<Builder<'static>> = OnceLock::new();
    let builder = BUILDER.get_or_init(|| {
        let mut builder = Builder::empty();
        builder
            .tags(clean::elements().chain(["tbody"]).collect())
            .clean_content_tags(HashSet::from(["script", "style"]))
            .generic_attributes(clean::attributes().collect())
            .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "data"]))
            .url_relative(UrlRelative::PassThrough)
            .link_rel(None)
            .strip_comments(true)
            .attribute_filter(|element, name, value| {
                clean::attribute(element, name, value).map(Into::into)
            });
        builder
    });
    builder.clean(html).to_string()
}

pub fn from_html(html: &str) -> Outcome<Imported> {
    let clean = clean(html)?;
    let safe = sanitize(&clean.html);
    let sink = Sink(RefCell::new(Walk::default()));
    let sink = tokenize(&safe, sink, |it| it.0.borrow().failed.is_none())?;
    let mut walk = sink.0.into_inner();
    if let Some(error) = walk.failed {
        return Err(error);
    }
    walk.tables = 0;
    if walk.writer.in_line {
        let _ = walk.writer.line(&LineFormat::default());
    }
    if clean.deep {
        walk.writer
            .note("Elements that were nested too deep were left out; their text was kept.");
    }
    let title = match walk.title.trim() {
        "" => clean.title,
        _ => walk.title,
    };
    Ok(walk.writer.finish(title))
}
