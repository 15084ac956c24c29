//! Updates and state vectors read.
use std::collections::HashSet;

use super::super::{Fail, Outcome};
use super::{Content, Deleted, Id, MOST_DEPTH, Parent, Section, Struct, Update, utf16_len};

const MOST_INTEGER: u64 = (1 << 53) - 1;

#[derive(Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    pub at: usize,
    /// What is read was read before: JSON is JSON.
    checked: bool,
}

fn malformed<T>(what: &str) -> Outcome<T> {
    Err(Fail::new(what))
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            checked: false,
        }
    }

    pub fn left(&self) -> usize {
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

    pub fn text(&mut self) -> Outcome<&'a str> {
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
    pub fn skip_any(&mut self, count: u64) -> Outcome<()> {
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
            if text != "undefined" && !self.checked {
                check_json(text)?;
            }
        }
        Ok(())
    }

    fn json(&mut self) -> Outcome<&'a str> {
        let text = self.text()?;
        if !self.checked {
            check_json(text)?;
        }
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

    fn section(&mut self) -> Outcome<Structs<'a>> {
        let (left, client, clock) = (self.var()?, self.var()?, self.var32()?);
        Ok(Structs {
            client,
            clock,
            left,
            reader: self.clone(),
        })
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

/// The parts of one client in an update, each read when it is wanted: all at once would take many
/// times the update's memory.
#[derive(Clone)]
pub struct Structs<'a> {
    pub client: u64,
    clock: u32,
    left: u64,
    reader: Reader<'a>,
}

impl<'a> Structs<'a> {
    fn read(&mut self) -> Outcome<Option<Struct<'a>>> {
        while self.left > 0 {
            self.left -= 1;
            let it = self.reader.a_struct(self.client, self.clock)?;
            let next = self.clock.checked_add(it.len);
            let Some(next) = next.filter(|next| *next < u32::MAX) else {
                return malformed("a clock is too large");
            };
            self.clock = next;
            // Empty ones were made by faulty programs, and mean nothing.
            if it.len > 0 {
                return Ok(Some(it));
            }
        }
        Ok(None)
    }
}

impl<'a> Iterator for Structs<'a> {
    type Item = Struct<'a>;
    fn next(&mut self) -> Option<Struct<'a>> {
        self.read().expect("what was read once can be read again")
    }
}

/// An update that was checked, but is not held as structs.
pub struct Checked<'a> {
    pub sections: Vec<Structs<'a>>,
    pub deletes: Vec<Deleted>,
}

impl<'a> Checked<'a> {
    pub fn read(bytes: &'a [u8]) -> Outcome<Self> {
        let mut reader = Reader::new(bytes);
        let count = reader.var()?;
        let mut sections = Vec::new();
        let mut seen = HashSet::new();
        for _ in 0..count {
            let mut section = reader.section()?;
            let mut again = section.clone();
            again.reader.checked = true;
            if count > 1 && !seen.insert(section.client) {
                return malformed("a client comes twice");
            }
            if section.read()?.is_some() {
                sections.push(again);
                while section.read()?.is_some() {}
            }
            reader.at = section.reader.at;
        }
        let deletes = reader.deletes()?;
        reader.end()?;
        Ok(Self { sections, deletes })
    }
}

impl<'a> Update<'a> {
    pub fn read(bytes: &'a [u8]) -> Outcome<Self> {
        let Checked { sections, deletes } = Checked::read(bytes)?;
        let sections = sections.into_iter().map(|structs| Section {
            client: structs.client,
            structs: structs.collect(),
        });
        Ok(Self {
            sections: sections.collect(),
            deletes,
        })
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
