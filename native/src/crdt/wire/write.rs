//! Updates written.
use super::{Content, Deleted, Id, Parent, Struct, Update};

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

    /// A section of `count` structs, which were written from `begin` on.
    pub fn head_of_section(&mut self, begin: usize, count: u64, client: u64, clock: u32) {
        let mut head = Self::default();
        head.var(count);
        head.var(client);
        head.var(u64::from(clock));
        self.bytes.splice(begin..begin, head.bytes);
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
        self.a_long_struct(it, &[]);
    }

    /// A struct whose content goes on in `more`.
    pub fn a_long_struct(&mut self, it: &Struct, more: &[&[u8]]) {
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
        self.content(it, more);
    }

    fn content(&mut self, it: &Struct, more: &[&[u8]]) {
        match &it.content {
            Content::Gc | Content::Skip => {}
            Content::Deleted => self.var(u64::from(it.len)),
            Content::Json(bytes) | Content::Any(bytes) => {
                self.var(u64::from(it.len));
                self.bytes.extend_from_slice(bytes);
            }
            Content::Binary(bytes) => self.var_bytes(bytes),
            Content::Text(text) => {
                let rest: usize = more.iter().map(|part| part.len()).sum();
                self.var((text.len() + rest) as u64);
                self.bytes.extend_from_slice(text.as_bytes());
            }
            Content::Embed(text) => self.var_bytes(text.as_bytes()),
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
        for part in more {
            self.bytes.extend_from_slice(part);
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
