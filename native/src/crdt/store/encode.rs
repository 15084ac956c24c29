//! A store as updates.
use super::super::wire::{self, Content, Deleted, Id, Parent, Struct, Writer};
use super::{Item, Kind, NONE, NOWHERE, Spot, Store, Type};

impl Store {
    fn id(&self, spot: Spot) -> Option<Id> {
        (spot != NOWHERE).then(|| Id {
            client: self.clients[spot.client as usize].id,
            clock: spot.clock,
        })
    }

    fn struct_of<'a>(&'a self, item: &Item) -> Struct<'a> {
        let blob = || self.blobs[item.a as usize].as_slice();
        let json = || std::str::from_utf8(blob()).expect("JSON came as UTF-8");
        let content = match item.kind {
            Kind::Free | Kind::Gc => Content::Gc,
            Kind::Deleted => Content::Deleted,
            Kind::Json => Content::Json(blob().into()),
            Kind::Binary => Content::Binary(blob().into()),
            Kind::Text => Content::Text(self.text_of(item).into()),
            Kind::Embed => Content::Embed(json().into()),
            Kind::Format => {
                let format = &self.formats[item.a as usize];
                Content::Format(
                    self.names.all[format.key as usize].as_ref().into(),
                    format.json.as_ref().into(),
                )
            }
            Kind::Type => {
                let inner = &self.types[item.a as usize];
                Content::Type(inner.kind, inner.name.as_deref().map(Into::into))
            }
            Kind::Any => Content::Any(blob().into()),
            Kind::Doc => Content::Doc(blob().into()),
        };
        let parent = match item.parent {
            NONE => Parent::Copied,
            parent => match &self.types[parent as usize] {
                Type {
                    item: NONE, root, ..
                } => Parent::Root(self.names.all[*root as usize].as_ref().into()),
                Type { item, .. } => {
                    Parent::Item(self.id(self.item(*item).at).expect("an item has an id"))
                }
            },
        };
        Struct {
            clock: item.at.clock,
            len: item.len,
            origin: self.id(item.origin),
            right_origin: self.id(item.right_origin),
            parent,
            sub: (item.sub != NONE).then(|| self.names.all[item.sub as usize].as_ref().into()),
            content,
        }
    }

    /// Writes what clients (their numbers) have from these clocks on, by falling clients.
    pub fn write_structs(&self, writer: &mut Writer, from: impl Iterator<Item = (u32, u32)>) {
        let mut wanted: Vec<(u64, u32, u32)> = from
            .map(|(number, clock)| (&self.clients[number as usize], number, clock))
            .filter(|(client, _, clock)| *clock < client.clock)
            .map(|(client, number, clock)| (client.id, number, clock))
            .collect();
        wanted.sort_unstable_by(|a, b| b.cmp(a));
        writer.var(wanted.len() as u64);
        for (id, number, clock) in wanted {
            let begin = writer.bytes.len();
            let count = self.write_section(writer, id, number, clock);
            writer.head_of_section(begin, count, id, clock);
        }
    }

    /// What a client has from `clock` on, joined without a copy: it may be most of a large document.
    fn write_section(&self, writer: &mut Writer, id: u64, number: u32, clock: u32) -> u64 {
        let structs = &self.clients[number as usize].structs;
        let mut count = 0_u64;
        let mut last: Option<Struct> = None;
        let mut more: Vec<&[u8]> = Vec::new();
        let first = structs.find(clock);
        let begin = first.map_or(0, |slot| self.item(slot).at.clock);
        for (_, slot) in structs.from(begin) {
            let item = self.item(slot);
            let mut it = self.struct_of(item);
            if it.clock < clock {
                it = it.without(id, clock - it.clock);
            }
            match &mut last {
                Some(last) if last.continues_in(id, &it) => {
                    last.len += it.len;
                    more.extend(self.bytes_of(item));
                }
                _ => {
                    if let Some(last) = last.replace(it) {
                        writer.a_long_struct(&last, &more);
                        more.clear();
                        count += 1;
                    }
                }
            }
        }
        if let Some(last) = last {
            writer.a_long_struct(&last, &more);
            count += 1;
        }
        count
    }

    /// Of an item that may continue another: what it adds to the content.
    fn bytes_of(&self, item: &Item) -> Option<&[u8]> {
        match item.kind {
            Kind::Text => Some(self.text_of(item).as_bytes()),
            Kind::Json | Kind::Any => Some(&self.blobs[item.a as usize]),
            _ => None,
        }
    }

    pub fn all_deletes(&self) -> Vec<Deleted> {
        let mut deletes = Vec::new();
        for client in &self.clients {
            for (_, slot) in client.structs.from(0) {
                let item = self.item(slot);
                if item.deleted {
                    match deletes.last_mut() {
                        Some(Deleted {
                            client: of,
                            clock,
                            len,
                        }) if *of == client.id && *clock + *len == item.at.clock => {
                            *len += item.len;
                        }
                        _ => deletes.push(Deleted {
                            client: client.id,
                            clock: item.at.clock,
                            len: item.len,
                        }),
                    }
                }
            }
        }
        wire::tidy_deletes(&mut deletes);
        deletes
    }

    pub fn state_vector(&self) -> Vec<u8> {
        let mut clocks: Vec<(u64, u32)> = self
            .clients
            .iter()
            .filter(|client| client.clock > 0)
            .map(|client| (client.id, client.clock))
            .collect();
        clocks.sort_unstable_by(|a, b| b.cmp(a));
        let mut writer = Writer::default();
        writer.var(clocks.len() as u64);
        for (id, clock) in clocks {
            writer.var(id);
            writer.var(u64::from(clock));
        }
        writer.bytes
    }
}
