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
        let mut body = Writer::default();
        for (id, number, clock) in wanted {
            let structs = &self.clients[number as usize].structs;
            let mut count = 0_u64;
            let mut last: Option<Struct> = None;
            let begin = structs
                .find(clock)
                .map_or(0, |slot| self.item(slot).at.clock);
            for (_, slot) in structs.from(begin) {
                let mut it = self.struct_of(self.item(slot));
                if it.clock < clock {
                    it = it.without(id, clock - it.clock);
                }
                let joined = last.as_mut().is_some_and(|last| last.join(id, &it));
                if joined {
                    continue;
                }
                if let Some(last) = last.replace(it) {
                    body.a_struct(&last);
                    count += 1;
                }
            }
            if let Some(last) = last {
                body.a_struct(&last);
                count += 1;
            }
            writer.var(count);
            writer.var(id);
            writer.var(u64::from(clock));
            writer.bytes.append(&mut body.bytes);
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
