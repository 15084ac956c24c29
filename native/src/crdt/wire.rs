//! The bytes of Yjs updates and state vectors (version 1), read as hostile: no count is believed, no
//! memory is asked for by what a count claims, values nest to a bound, and each length is checked.
mod merge;
mod read;
mod write;

use std::borrow::Cow;

pub use self::merge::{merge, tidy_deletes};
use self::read::Reader;
pub use self::read::{
    Checked, Structs, check_json, place_of_any, place_of_text, read_state_vector,
};
pub use self::write::{Writer, write};

/// How deep a value (lib0's "any", or JSON) may nest.
pub const MOST_DEPTH: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id {
    pub client: u64,
    pub clock: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Parent<'a> {
    /// That of the neighbours.
    Copied,
    Root(Cow<'a, str>),
    Item(Id),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content<'a> {
    Gc,
    Skip,
    Deleted,
    /// Strings as JSON, each with its length.
    Json(Cow<'a, [u8]>),
    Binary(Cow<'a, [u8]>),
    Text(Cow<'a, str>),
    Embed(Cow<'a, str>),
    /// Key and value (JSON).
    Format(Cow<'a, str>, Cow<'a, str>),
    Type(u8, Option<Cow<'a, str>>),
    /// Values as they came, one after the other.
    Any(Cow<'a, [u8]>),
    /// Name and options of a document within this one, as they came.
    Doc(Cow<'a, [u8]>),
}

/// A part of an update: an item, or what stands for items.
#[derive(Clone, Debug, PartialEq)]
pub struct Struct<'a> {
    pub clock: u32,
    pub len: u32,
    pub origin: Option<Id>,
    pub right_origin: Option<Id>,
    pub parent: Parent<'a>,
    pub sub: Option<Cow<'a, str>>,
    pub content: Content<'a>,
}

#[derive(Clone, Debug)]
pub struct Section<'a> {
    pub client: u64,
    /// Each begins where the one before it ends.
    pub structs: Vec<Struct<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    pub client: u64,
    pub clock: u32,
    pub len: u32,
}

#[derive(Default, Debug)]
pub struct Update<'a> {
    pub sections: Vec<Section<'a>>,
    pub deletes: Vec<Deleted>,
}

pub fn utf16_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    if text.is_ascii() {
        return bytes.len();
    }
    bytes
        .iter()
        .map(|byte| usize::from(byte & 0xc0 != 0x80) + usize::from(*byte >= 0xf0))
        .sum()
}

/// The byte at which the first `units` UTF-16 units of `text` end; and whether that is within a
/// character, at whose first byte it is then.
pub fn utf16_place(text: &str, units: usize) -> (usize, bool) {
    let begin = units.min(text.len());
    if text.as_bytes()[..begin].is_ascii() {
        return (begin, false);
    }
    let mut seen = 0;
    for (place, character) in text.char_indices() {
        if seen >= units {
            return (place, false);
        }
        seen += character.len_utf16();
        if seen > units {
            return (place, true);
        }
    }
    (text.len(), false)
}

/// Cuts a text as Yjs does: halves of a character become U+FFFD.
pub fn cut_text(text: &str, units: usize) -> (Cow<'_, str>, Cow<'_, str>) {
    let (place, within) = utf16_place(text, units);
    let (left, right) = text.split_at(place);
    if !within {
        return (Cow::Borrowed(left), Cow::Borrowed(right));
    }
    let rest = &right[right.chars().next().map_or(0, char::len_utf8)..];
    (
        Cow::Owned(format!("{left}\u{fffd}")),
        Cow::Owned(format!("\u{fffd}{rest}")),
    )
}

fn cut_bytes<'a>(bytes: &Cow<'a, [u8]>, place: usize) -> Cow<'a, [u8]> {
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[place..]),
        Cow::Owned(bytes) => Cow::Owned(bytes[place..].to_vec()),
    }
}

impl Content<'_> {
    /// A text or a list of values in parts of up to `most` clocks, each with its length. No character
    /// is cut in two.
    pub fn parts(&self, most: u32) -> Vec<(u32, Content<'_>)> {
        let mut parts = Vec::new();
        match self {
            Self::Text(text) => {
                let mut rest: &str = text;
                while !rest.is_empty() {
                    let (place, within) = utf16_place(rest, most as usize);
                    let (part, more) = rest.split_at(place);
                    let len = match place == rest.len() {
                        true => utf16_len(part) as u32,
                        false => most - u32::from(within),
                    };
                    parts.push((len, Content::Text(part.into())));
                    rest = more;
                }
            }
            Self::Any(bytes) | Self::Json(bytes) => {
                let (mut rest, any) = (bytes.as_ref(), matches!(self, Self::Any(_)));
                while !rest.is_empty() {
                    let mut reader = Reader::new(rest);
                    let mut len = 0;
                    while len < most && reader.left() > 0 {
                        let _ = match any {
                            true => reader.skip_any(1),
                            false => reader.text().map(drop),
                        };
                        len += 1;
                    }
                    let (part, more) = rest.split_at(reader.at);
                    parts.push((
                        len,
                        match any {
                            true => Content::Any(part.into()),
                            false => Content::Json(part.into()),
                        },
                    ));
                    rest = more;
                }
            }
            _ => {}
        }
        parts
    }
}

impl<'a> Struct<'a> {
    pub fn end(&self) -> u32 {
        self.clock + self.len
    }

    /// What is left of it without its first `count` clocks.
    pub fn without(&self, client: u64, count: u32) -> Self {
        let content = match &self.content {
            Content::Text(text) => {
                Content::Text(Cow::Owned(cut_text(text, count as usize).1.into_owned()))
            }
            Content::Any(bytes) => Content::Any(cut_bytes(bytes, place_of_any(bytes, count))),
            Content::Json(bytes) => Content::Json(cut_bytes(bytes, place_of_text(bytes, count))),
            other => other.clone(),
        };
        let bare = matches!(content, Content::Gc | Content::Skip);
        Self {
            clock: self.clock + count,
            len: self.len - count,
            origin: (!bare).then(|| Id {
                client,
                clock: self.clock + count - 1,
            }),
            right_origin: self.right_origin,
            parent: Parent::Copied,
            sub: None,
            content,
        }
    }

    /// Whether `next`, which comes right after it, is but its continuation.
    pub fn continues_in(&self, client: u64, next: &Struct) -> bool {
        let last = Id {
            client,
            clock: self.clock + self.len - 1,
        };
        match (&self.content, &next.content) {
            (Content::Gc, Content::Gc) | (Content::Skip, Content::Skip) => true,
            (Content::Text(_), Content::Text(_))
            | (Content::Any(_), Content::Any(_))
            | (Content::Json(_), Content::Json(_))
            | (Content::Deleted, Content::Deleted) => {
                next.origin == Some(last) && next.right_origin == self.right_origin
            }
            _ => false,
        }
    }

    /// Becomes both, where `next` is its continuation.
    pub fn join(&mut self, client: u64, next: &Struct) -> bool {
        if !self.continues_in(client, next) {
            return false;
        }
        match (&mut self.content, &next.content) {
            (Content::Text(left), Content::Text(right)) => left.to_mut().push_str(right),
            (Content::Any(left), Content::Any(right))
            | (Content::Json(left), Content::Json(right)) => {
                left.to_mut().extend_from_slice(right);
            }
            _ => {}
        }
        self.len += next.len;
        true
    }
}
