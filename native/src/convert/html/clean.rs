//! Anything as a small, well-nested document: only elements and attributes that are known here, every element
//! ended, no deeper than MAX_DEPTH. Parsers build a tree from that in a time that grows with its size only.
use std::cell::RefCell;
use std::time::{Duration, Instant};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use super::css;
use super::write::escape;
use crate::convert::style::{link_of, picture_of};
use crate::convert::{Outcome, bounded, refuse};

pub const MAX_DEPTH: usize = 100;
const MAX_INLINE: usize = 24;
const MAX_ELEMENTS: usize = 1_000_000;
const MAX_TIME: Duration = Duration::from_secs(20);
const PIECE: usize = 16 << 10;
/// Bytes of text, after which a comment ends its node: ammonia's writer looks through the rest of a node at each
/// sign that it escapes. Comments go there, and what they part is one text again.
const NODE: usize = 4096;

pub const BLOCKS: [&str; 34] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "td",
    "th",
    "tr",
    "ul",
];
const INLINE: [&str; 25] = [
    "a", "abbr", "b", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark",
    "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "u", "var",
];
const VOID: [&str; 4] = ["br", "hr", "img", "input"];
const ATTRIBUTES: [&str; 16] = [
    "align",
    "alt",
    "checked",
    "class",
    "color",
    "colspan",
    "data-checked",
    "data-list",
    "data-value",
    "dir",
    "face",
    "href",
    "src",
    "style",
    "type",
    "width",
];
/// What these hold is no text of the document.
const DROPPED: [&str; 10] = [
    "applet", "audio", "canvas", "map", "math", "object", "select", "svg", "template", "video",
];

pub fn elements() -> impl Iterator<Item = &'static str> {
    BLOCKS.into_iter().chain(INLINE).chain(VOID)
}

pub fn attributes() -> impl Iterator<Item = &'static str> {
    ATTRIBUTES.into_iter()
}

/// An attribute as it may stay.
pub fn attribute(element: &str, name: &str, value: &str) -> Option<String> {
    match name {
        "href" => (element == "a").then(|| link_of(value)).flatten(),
        "src" => (element == "img").then(|| picture_of(value)).flatten(),
        "style" => Some(css::clean(value)).filter(|it| !it.is_empty()),
        "class" => {
            let known = |it: &&str| {
                ["ql-", "lang-", "language-"]
                    .iter()
                    .any(|start| it.starts_with(start))
                    || ["formula", "math", "mention", "result", "title", "video"].contains(it)
            };
            let names: Vec<_> = value
                .split_ascii_whitespace()
                .filter(known)
                .take(8)
                .collect();
            let names = names.join(" ");
            (!names.is_empty() && names.len() <= 200).then_some(names)
        }
        _ if ATTRIBUTES.contains(&name) => Some(
            value
                .chars()
                .take(if name == "alt" || name == "data-value" {
                    4000
                } else {
                    100
                })
                .collect(),
        ),
        _ => None,
    }
}

#[derive(Default)]
struct State {
    out: String,
    open: Vec<&'static str>,
    inline: usize,
    title: String,
    in_title: bool,
    /// Ends with this element, which may be nested.
    dropping: Option<(String, usize)>,
    elements: usize,
    /// Of text since the last comment.
    bytes: usize,
    deep: bool,
}

struct Cleaner(RefCell<State>);

impl State {
    fn start(&mut self, name: &'static str, tag: &Tag) {
        self.imply_ends(name);
        let inline = INLINE.contains(&name);
        if self.open.len() >= MAX_DEPTH || (inline && self.inline >= MAX_INLINE) {
            self.deep = true;
            return;
        }
        self.out.push('<');
        self.out.push_str(name);
        for it in tag.attrs.iter().take(40) {
            let key: &str = &it.name.local;
            if let Some(value) = attribute(name, key, &it.value) {
                self.out.push_str(&format!(" {key}=\"{}\"", escape(&value)));
            }
        }
        self.out.push('>');
        if !VOID.contains(&name) {
            self.open.push(name);
            self.inline += inline as usize;
        }
    }

    /// Elements that another one ends by its start, as browsers have it.
    fn imply_ends(&mut self, name: &str) {
        let (ended, walls): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "table"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["table"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl", "table"]),
            "a" => (&["a"], &["td", "th"]),
            _ if BLOCKS.contains(&name) => (&["p"], &["td", "th", "li", "table"]),
            "hr" => (&["p"], &["td", "th", "li", "table"]),
            _ => return,
        };
        let from = self
            .open
            .iter()
            .rposition(|it| walls.contains(it))
            .map_or(0, |it| it + 1);
        if let Some(found) = self.open[from..].iter().position(|it| ended.contains(it)) {
            self.end_to(from + found);
        }
        if ["li", "td", "th", "tr", "dt", "dd"].contains(&name) {
            self.imply_ends("div");
        }
    }

    fn end_to(&mut self, length: usize) {
        while self.open.len() > length {
            if let Some(name) = self.open.pop() {
                self.inline -= INLINE.contains(&name) as usize;
                self.out.push_str(&format!("</{name}>"));
            }
        }
    }

    fn end(&mut self, name: &str) {
        // An inline element does not end the blocks around it.
        let inline = INLINE.contains(&name);
        let found = self
            .open
            .iter()
            .rposition(|it| *it == name || (inline && BLOCKS.contains(it)));
        if let Some(found) = found
            && self.open[found] == name
        {
            self.end_to(found);
        }
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let starts = tag.kind == TagKind::StartTag;
        if let Some((dropped, depth)) = &mut self.dropping {
            if name == dropped {
                match starts {
                    true if !tag.self_closing => *depth += 1,
                    true => {}
                    false => *depth -= 1,
                }
                if *depth == 0 {
                    self.dropping = None;
                }
            }
        } else if DROPPED.contains(&name) {
            if starts && !tag.self_closing {
                self.dropping = Some((name.to_string(), 1));
            }
        } else if name == "title" {
            self.in_title = starts && self.title.is_empty();
        } else if let Some(name) = elements().find(|it| *it == name) {
            match starts {
                true => self.start(name, tag),
                false => self.end(name),
            }
        }
        self.elements += 1;
        // What these hold is not read as tags.
        match name {
            _ if !starts => TokenSinkResult::Continue,
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" | "noscript" => {
                self.drop_raw(name);
                TokenSinkResult::RawData(RawKind::Rawtext)
            }
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            "plaintext" => TokenSinkResult::Plaintext,
            _ => TokenSinkResult::Continue,
        }
    }

    fn drop_raw(&mut self, name: &str) {
        if self.dropping.is_none() {
            self.dropping = Some((name.to_string(), 1));
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_title {
            self.title.extend(text.chars().take(1000));
        } else if self.dropping.is_none() {
            self.out.push_str(&escape(text));
            self.bytes += text.len();
            if self.bytes > NODE {
                self.out.push_str("<!---->");
                self.bytes = 0;
            }
        }
    }
}

impl TokenSink for Cleaner {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => {
                let result = state.tag(&tag);
                if tag.kind == TagKind::StartTag
                    && ["script", "textarea", "plaintext"].contains(&&*tag.name)
                {
                    state.drop_raw(&tag.name);
                }
                return result;
            }
            Token::CharacterTokens(text) => state.text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Feeds all of `html` to a sink, within a time.
pub fn tokenize<S: TokenSink>(html: &str, sink: S, fine: impl Fn(&S) -> bool) -> Outcome<S> {
    let started = Instant::now();
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let mut rest = html;
    while !rest.is_empty() {
        let mut end = rest.len().min(PIECE);
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(&rest[..end]));
        rest = &rest[end..];
        while !input.is_empty() {
            let _ = tokenizer.feed(&input);
        }
        if started.elapsed() > MAX_TIME || !fine(&tokenizer.sink) {
            return refuse("this HTML has too many elements or attributes");
        }
    }
    tokenizer.end();
    Ok(tokenizer.sink)
}

pub struct Clean {
    pub html: String,
    pub title: String,
    /// Some elements were nested too deep and were left out, their text stays.
    pub deep: bool,
}

pub fn clean(html: &str) -> Outcome<Clean> {
    bounded(html.len())?;
    let sink = Cleaner(RefCell::new(State::default()));
    let sink = tokenize(html, sink, |it| it.0.borrow().elements <= MAX_ELEMENTS)?;
    let mut state = sink.0.into_inner();
    state.end_to(0);
    Ok(Clean {
        html: state.out,
        title: state.title,
        deep: state.deep,
    })
}

#[cfg(test)]
mod tests {
    use super::{NODE, PIECE, clean};

    #[test]
    fn no_text_is_one_long_node() {
        let html = clean(&"&".repeat(200_000)).unwrap().html;
        let nodes: Vec<_> = html.split("<!---->").collect();
        assert_eq!(nodes.concat(), "&amp;".repeat(200_000));
        assert!(nodes.iter().all(|it| it.len() <= (NODE + PIECE) * 5));
    }
}
