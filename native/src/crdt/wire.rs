//! The bytes of Yjs updates and state vectors (version 1), read as hostile: no count is believed, no
//! memory is asked for by what a count claims, values nest to a bound, and each length is checked.
use std::borrow::Cow;
use std::collections::HashSet;

use super::{Fail, Outcome};

/// How deep a value (lib0's "any", or JSON) may nest.
pub const MOST_DEPTH: usize = 64;
const MOST_INTEGER: u64 = (1 << 53) - 1;

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

pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

fn malformed<T>(what: &str) -> Outcome<T> {
    Err(Fail::new(what))
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn byte(&mut self) -> Outcome<u8> {
        let Some(byte) = self.bytes.get(self.at) else {
            return malformed("the bytes end too early");
        };
        self.at += 1;
        Ok(*byte)
    }

    fn take(&mut self, count: usize) -> Outcome<&'a [u8]> {
        if count > self.left() {
            return malformed("the bytes end too early");
        }
        let bytes = &self.bytes[self.at..self.at + count];
        self.at += count;
        Ok(bytes)
    }

    pub fn var(&mut self) -> Outcome<u64> {
        let mut value = 0_u64;
        for place in 0..8 {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                if value > MOST_INTEGER {
                    break;
                }
                return Ok(value);
            }
        }
        malformed("a number is too large")
    }

    fn var32(&mut self) -> Outcome<u32> {
        u32::try_from(self.var()?).or_else(|_| malformed("a number is too large"))
    }

    fn var_bytes(&mut self) -> Outcome<&'a [u8]> {
        let count = self.var()?;
        self.take(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn text(&mut self) -> Outcome<&'a str> {
        std::str::from_utf8(self.var_bytes()?).or_else(|_| malformed("a text is not UTF-8"))
    }

    fn id(&mut self) -> Outcome<Id> {
        Ok(Id {
            client: self.var()?,
            clock: self.var32()?,
        })
    }

    fn end(&self) -> Outcome<()> {
        match self.left() {
            0 => Ok(()),
            _ => malformed("there are bytes after the end"),
        }
    }

    /// Goes over `count` values of lib0's "any".
    fn skip_any(&mut self, count: u64) -> Outcome<()> {
        // What is still to read at each level: values, and whether each has a key.
        let mut open = vec![(count, false)];
        while let Some((count, keyed)) = open.last_mut() {
            if *count == 0 {
                open.pop();
                continue;
            }
            *count -= 1;
            if *keyed {
                self.text()?;
            }
            match self.byte()? {
                120 | 121 | 126 | 127 => {}
                122 | 123 => {
                    self.take(8)?;
                }
                124 => {
                    self.take(4)?;
                }
                125 => {
                    let mut more = self.byte()? & 0x80 != 0;
                    let mut bytes = 1;
                    while more {
                        more = self.byte()? & 0x80 != 0;
                        bytes += 1;
                        if bytes > 9 {
                            return malformed("a number is too large");
                        }
                    }
                }
                119 => {
                    self.text()?;
                }
                116 => {
                    self.var_bytes()?;
                }
                kind @ (117 | 118) => {
                    if open.len() > MOST_DEPTH {
                        return malformed("a value nests too deep");
                    }
                    let count = self.var()?;
                    open.push((count, kind == 118));
                }
                _ => return malformed("a value is of an unknown type"),
            }
        }
        Ok(())
    }

    fn skip_texts(&mut self, count: u64) -> Outcome<()> {
        for _ in 0..count {
            let text = self.text()?;
            if text != "undefined" {
                check_json(text)?;
            }
        }
        Ok(())
    }

    fn json(&mut self) -> Outcome<&'a str> {
        let text = self.text()?;
        check_json(text)?;
        Ok(text)
    }

    fn content(&mut self, kind: u8) -> Outcome<(u32, Content<'a>)> {
        Ok(match kind {
            1 => (self.var32()?, Content::Deleted),
            2 => {
                let (count, from) = (self.var32()?, self.at);
                self.skip_texts(u64::from(count))?;
                (count, Content::Json(self.bytes[from..self.at].into()))
            }
            3 => (1, Content::Binary(self.var_bytes()?.into())),
            4 => {
                let text = self.text()?;
                let Ok(units) = u32::try_from(utf16_len(text)) else {
                    return malformed("a text is too long");
                };
                (units, Content::Text(text.into()))
            }
            5 => (1, Content::Embed(self.json()?.into())),
            6 => {
                let key = self.text()?;
                (1, Content::Format(key.into(), self.json()?.into()))
            }
            7 => match self.var()? {
                kind @ (0 | 1 | 2 | 4 | 6) => (1, Content::Type(kind as u8, None)),
                kind @ (3 | 5) => {
                    let name = self.text()?;
                    (1, Content::Type(kind as u8, Some(name.into())))
                }
                _ => return malformed("a shared type is of an unknown kind"),
            },
            8 => {
                let (count, from) = (self.var32()?, self.at);
                self.skip_any(u64::from(count))?;
                (count, Content::Any(self.bytes[from..self.at].into()))
            }
            9 => {
                let from = self.at;
                self.text()?;
                self.skip_any(1)?;
                (1, Content::Doc(self.bytes[from..self.at].into()))
            }
            _ => return malformed("an item is of an unknown kind"),
        })
    }

    fn a_struct(&mut self, client: u64, clock: u32) -> Outcome<Struct<'a>> {
        let info = self.byte()?;
        let mut it = Struct {
            clock,
            len: 0,
            origin: None,
            right_origin: None,
            parent: Parent::Copied,
            sub: None,
            content: Content::Gc,
        };
        match info & 0x1f {
            0 => it.len = self.var32()?,
            10 => (it.len, it.content) = (self.var32()?, Content::Skip),
            kind => {
                if info & 0x80 != 0 {
                    it.origin = Some(self.id()?);
                }
                if info & 0x40 != 0 {
                    it.right_origin = Some(self.id()?);
                }
                if info & 0xc0 == 0 {
                    it.parent = match self.var()? {
                        1 => Parent::Root(self.text()?.into()),
                        0 => Parent::Item(self.id()?),
                        _ => return malformed("an item's parent is malformed"),
                    };
                    if info & 0x20 != 0 {
                        it.sub = Some(self.text()?.into());
                    }
                }
                (it.len, it.content) = self.content(kind)?;
            }
        }
        let ahead = |id: &Id| id.client == client && id.clock >= clock;
        let parent_ahead = matches!(&it.parent, Parent::Item(id) if ahead(id));
        if parent_ahead
            || it.origin.is_some_and(|id| ahead(&id))
            || it.right_origin.is_some_and(|id| ahead(&id))
        {
            return malformed("an item refers to what comes after it");
        }
        Ok(it)
    }

    fn section(&mut self) -> Outcome<Section<'a>> {
        let count = self.var()?;
        let client = self.var()?;
        let mut clock = self.var32()?;
        let mut structs: Vec<Struct> = Vec::new();
        for _ in 0..count {
            let it = self.a_struct(client, clock)?;
            let Some(next) = clock.checked_add(it.len).filter(|next| *next < u32::MAX) else {
                return malformed("a clock is too large");
            };
            clock = next;
            match structs.last_mut() {
                // Empty ones were made by faulty programs, and mean nothing.
                _ if it.len == 0 => {}
                Some(last)
                    if matches!(it.content, Content::Gc | Content::Skip)
                        && last.content == it.content =>
                {
                    last.len += it.len;
                }
                _ => structs.push(it),
            }
        }
        Ok(Section { client, structs })
    }

    fn deletes(&mut self) -> Outcome<Vec<Deleted>> {
        let mut deletes: Vec<Deleted> = Vec::new();
        for _ in 0..self.var()? {
            let client = self.var()?;
            for _ in 0..self.var()? {
                let (clock, len) = (self.var32()?, self.var32()?);
                if clock.checked_add(len).is_none_or(|end| end == u32::MAX) {
                    return malformed("a clock is too large");
                }
                if len > 0 {
                    deletes.push(Deleted { client, clock, len });
                }
            }
        }
        Ok(deletes)
    }
}

/// Refuses what is not JSON or nests too deep.
pub fn check_json(text: &str) -> Outcome<()> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > MOST_DEPTH {
                    return malformed("a value nests too deep");
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => Ok(()),
        Err(_) => malformed("a value is not JSON"),
    }
}

impl<'a> Update<'a> {
    pub fn read(bytes: &'a [u8]) -> Outcome<Self> {
        let mut reader = Reader::new(bytes);
        let count = reader.var()?;
        let mut sections: Vec<Section> = Vec::new();
        let mut seen = HashSet::new();
        for _ in 0..count {
            let section = reader.section()?;
            if count > 1 && !seen.insert(section.client) {
                return malformed("a client comes twice");
            }
            if !section.structs.is_empty() {
                sections.push(section);
            }
        }
        let deletes = reader.deletes()?;
        reader.end()?;
        Ok(Self { sections, deletes })
    }
}

pub fn read_state_vector(bytes: &[u8]) -> Outcome<Vec<(u64, u32)>> {
    let mut reader = Reader::new(bytes);
    let mut clocks = Vec::new();
    for _ in 0..reader.var()? {
        clocks.push((reader.var()?, reader.var32()?));
    }
    reader.end()?;
    Ok(clocks)
}

/// Where the first `count` values end.
pub fn place_of_any(bytes: &[u8], count: u32) -> usize {
    let mut reader = Reader::new(bytes);
    let _ = reader.skip_any(u64::from(count));
    reader.at
}

pub fn place_of_text(bytes: &[u8], count: u32) -> usize {
    let mut reader = Reader::new(bytes);
    for _ in 0..count {
        let _ = reader.text();
    }
    reader.at
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

    /// Becomes both, where `next`, which comes right after it, is but its continuation.
    pub fn join(&mut self, client: u64, next: &Struct) -> bool {
        match (&mut self.content, &next.content) {
            (Content::Gc, Content::Gc) | (Content::Skip, Content::Skip) => {}
            (left, right) => {
                let last = Id {
                    client,
                    clock: self.clock + self.len - 1,
                };
                if next.origin != Some(last) || next.right_origin != self.right_origin {
                    return false;
                }
                match (left, right) {
                    (Content::Text(left), Content::Text(right)) => left.to_mut().push_str(right),
                    (Content::Any(left), Content::Any(right))
                    | (Content::Json(left), Content::Json(right)) => {
                        left.to_mut().extend_from_slice(right);
                    }
                    (Content::Deleted, Content::Deleted) => {}
                    _ => return false,
                }
            }
        }
        self.len += next.len;
        true
    }
}

/// Builds the bytes of an update.
pub struct Writer {
    pub bytes: Vec<u8>,
}

impl Default for Writer {
    fn default() -> Self {
        // As much as one who types takes.
        Self {
            bytes: Vec::with_capacity(64),
        }
    }
}

impl Writer {
    pub fn var(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    pub fn var_bytes(&mut self, bytes: &[u8]) {
        self.var(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    fn id(&mut self, id: Id) {
        self.var(id.client);
        self.var(u64::from(id.clock));
    }

    pub fn a_struct(&mut self, it: &Struct) {
        let kind = match &it.content {
            Content::Gc | Content::Skip => {
                self.bytes
                    .push(if it.content == Content::Gc { 0 } else { 10 });
                self.var(u64::from(it.len));
                return;
            }
            Content::Deleted => 1,
            Content::Json(_) => 2,
            Content::Binary(_) => 3,
            Content::Text(_) => 4,
            Content::Embed(_) => 5,
            Content::Format(..) => 6,
            Content::Type(..) => 7,
            Content::Any(_) => 8,
            Content::Doc(_) => 9,
        };
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        self.bytes.push(
            kind | flag(it.origin.is_some(), 0x80)
                | flag(it.right_origin.is_some(), 0x40)
                | flag(it.sub.is_some(), 0x20),
        );
        if let Some(id) = it.origin {
            self.id(id);
        }
        if let Some(id) = it.right_origin {
            self.id(id);
        }
        if it.origin.is_none() && it.right_origin.is_none() {
            match &it.parent {
                Parent::Root(name) => {
                    self.var(1);
                    self.var_bytes(name.as_bytes());
                }
                Parent::Item(id) => {
                    self.var(0);
                    self.id(*id);
                }
                Parent::Copied => unreachable!("an item without neighbours names its parent"),
            }
            if let Some(sub) = &it.sub {
                self.var_bytes(sub.as_bytes());
            }
        }
        self.content(it);
    }

    fn content(&mut self, it: &Struct) {
        match &it.content {
            Content::Gc | Content::Skip => {}
            Content::Deleted => self.var(u64::from(it.len)),
            Content::Json(bytes) | Content::Any(bytes) => {
                self.var(u64::from(it.len));
                self.bytes.extend_from_slice(bytes);
            }
            Content::Binary(bytes) => self.var_bytes(bytes),
            Content::Text(text) | Content::Embed(text) => self.var_bytes(text.as_bytes()),
            Content::Format(key, value) => {
                self.var_bytes(key.as_bytes());
                self.var_bytes(value.as_bytes());
            }
            Content::Type(kind, name) => {
                self.var(u64::from(*kind));
                if let Some(name) = name {
                    self.var_bytes(name.as_bytes());
                }
            }
            Content::Doc(bytes) => self.bytes.extend_from_slice(bytes),
        }
    }

    /// `deletes` by falling clients; each client's ascend and do not touch.
    pub fn deletes(&mut self, deletes: &[Deleted]) {
        let by_client = || deletes.chunk_by(|a, b| a.client == b.client);
        self.var(by_client().count() as u64);
        for of_one in by_client() {
            self.var(of_one[0].client);
            self.var(of_one.len() as u64);
            for range in of_one {
                self.var(u64::from(range.clock));
                self.var(u64::from(range.len));
            }
        }
    }
}

/// In the order in which `Writer` wants them; those that touch or overlap become one.
pub fn tidy_deletes(deletes: &mut Vec<Deleted>) {
    deletes.sort_unstable_by(|a, b| b.client.cmp(&a.client).then(a.clock.cmp(&b.clock)));
    deletes.dedup_by(|next, last| {
        let joined = next.client == last.client && next.clock <= last.clock + last.len;
        if joined {
            last.len = last.len.max(next.clock + next.len - last.clock);
        }
        joined
    });
}

pub fn write(update: &Update) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.var(update.sections.len() as u64);
    for section in &update.sections {
        writer.var(section.structs.len() as u64);
        writer.var(section.client);
        writer.var(u64::from(section.structs[0].clock));
        for it in &section.structs {
            writer.a_struct(it);
        }
    }
    writer.deletes(&update.deletes);
    writer.bytes
}

/// All of several updates as one; what is missing between their parts stays missing.
pub fn merge<'a>(updates: Vec<Update<'a>>) -> Update<'a> {
    let mut deletes = Vec::new();
    let mut all = Vec::new();
    for update in updates {
        deletes.extend(update.deletes);
        all.extend(update.sections);
    }
    tidy_deletes(&mut deletes);
    all.sort_by_key(|section| std::cmp::Reverse(section.client));
    let mut sections: Vec<Section> = Vec::new();
    let mut all = all.into_iter().peekable();
    while let Some(Section {
        client,
        mut structs,
    }) = all.next()
    {
        let mut sorted = true;
        while let Some(more) = all.next_if(|next| next.client == client) {
            structs.extend(more.structs);
            sorted = false;
        }
        structs.retain(|it| it.content != Content::Skip);
        if !sorted {
            structs.sort_by_key(|it| it.clock);
        }
        let structs = without_overlaps(client, structs);
        if !structs.is_empty() {
            sections.push(Section { client, structs });
        }
    }
    Update { sections, deletes }
}

fn without_overlaps<'a>(client: u64, structs: Vec<Struct<'a>>) -> Vec<Struct<'a>> {
    let mut kept: Vec<Struct> = Vec::with_capacity(structs.len());
    for mut it in structs {
        if let Some(last) = kept.last_mut() {
            let end = last.end();
            if it.end() <= end {
                continue;
            }
            if it.clock < end {
                it = it.without(client, end - it.clock);
            }
            if it.clock > end {
                kept.push(Struct {
                    clock: end,
                    len: it.clock - end,
                    origin: None,
                    right_origin: None,
                    parent: Parent::Copied,
                    sub: None,
                    content: Content::Skip,
                });
            } else if last.join(client, &it) {
                continue;
            }
        }
        kept.push(it);
    }
    kept
}
