//! What a Yjs document is made of: items in the order of their clients' clocks, and in lists by their
//! places. Everything is reached by numbers of slots, so that no update, however hostile, can make
//! this touch memory that is not its own. The rules of Yjs (YATA) are followed to the letter, as all
//! programs at a document must come to the same content.
//!
//! What holds at all times: an item that is not collected stands in exactly one list, that of its
//! parent, or of a key of its parent, and `left` and `right` stay within that list.
use std::collections::{HashMap, HashSet};

use super::index::{Index, Quick};
use super::wire::{self, Content, Deleted, Id, Parent, Struct, Writer};
use super::{Fail, Outcome};

pub const NONE: u32 = u32::MAX;
/// Steps that the placing of items may take in one update; honest ones take a handful an item.
const MOST_STEPS: u64 = 50_000_000;
const STEPS_A_SEARCH: u64 = 8;
/// Units of a text that are looked at in about a step's time.
const UNITS_A_STEP: u64 = 16;
/// Texts that are joined by copying are no longer than this.
const MOST_COPIED: u32 = 256;
/// Longer texts and lists of values are several items, so that no cut has to look at much.
pub const MOST_LEN: u32 = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Free,
    Gc,
    Deleted,
    Json,
    Binary,
    Text,
    Embed,
    Format,
    Type,
    Any,
    Doc,
}

impl Kind {
    pub fn countable(self) -> bool {
        !matches!(self, Self::Free | Self::Gc | Self::Deleted | Self::Format)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spot {
    /// Number of the client in the store.
    pub client: u32,
    pub clock: u32,
}

pub const NOWHERE: Spot = Spot {
    client: NONE,
    clock: 0,
};

#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub at: Spot,
    pub len: u32,
    pub left: u32,
    pub right: u32,
    pub origin: Spot,
    pub right_origin: Spot,
    pub parent: u32,
    /// Number of the key in `names`.
    pub sub: u32,
    /// Text: begin and bytes in `text`. Format: its number. Type: its number. Else: number of the blob.
    pub a: u32,
    pub b: u32,
    pub kind: Kind,
    pub deleted: bool,
}

impl Item {
    pub fn last(&self) -> Spot {
        Spot {
            client: self.at.client,
            clock: self.at.clock + self.len - 1,
        }
    }
    pub fn end(&self) -> u32 {
        self.at.clock + self.len
    }
    pub fn counts(&self) -> bool {
        self.kind.countable() && !self.deleted
    }
}

#[derive(Default)]
pub struct Client {
    pub id: u64,
    /// Slots by the clocks at which their items begin; without holes.
    pub structs: Index,
    /// Where the next one begins.
    pub clock: u32,
}

pub struct Type {
    pub start: u32,
    pub length: u32,
    /// The item whose content this is; none: one of the roots, of this name.
    pub item: u32,
    pub root: u32,
    pub kind: u8,
    pub name: Option<Box<str>>,
    /// The keys' lists.
    pub map: HashMap<u32, Ends>,
}

/// First and last item of a list.
#[derive(Clone, Copy)]
pub struct Ends {
    pub first: u32,
    pub last: u32,
}

/// A key with its value, as JSON.
pub struct Format {
    pub key: u32,
    pub json: Box<str>,
    pub value: serde_json::Value,
}

#[derive(Default)]
pub struct Names {
    pub all: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Names {
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.all.len() as u32;
        self.all.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }
}

/// What happens to a store until it is tidied up.
#[derive(Default)]
pub struct Change {
    /// Clocks of the clients before, of those that have got more.
    pub before: HashMap<u32, u32, Quick>,
    /// Client (its number), clock, length.
    pub deletes: Vec<(u32, u32, u32)>,
    /// Items that were deleted, with what was cut off them since.
    pub gone: Vec<u32>,
    /// Items that may be joined to the ones before them.
    pub seams: Vec<u32>,
    /// Halves of characters that a cut has made, which are U+FFFD now.
    pub halves: HashSet<Spot>,
    /// What the update took so far: items looked at, and units of texts.
    pub steps: u64,
    /// It was accepted before, and so is to be whatever it takes.
    pub trusted: bool,
}

impl Change {
    pub fn check(&self) -> Outcome<()> {
        match self.steps > MOST_STEPS && !self.trusted {
            true => Err(Fail::new("the update takes too long to apply")),
            false => Ok(()),
        }
    }
}

/// Which items were passed, and as which, while one looks for its place.
#[derive(Default)]
struct Passed {
    round: u32,
    /// Of each slot: the last round in which it was passed, and its place then.
    slots: Vec<(u32, u32)>,
}

impl Passed {
    fn begin(&mut self, slots: usize) {
        if self.round == u32::MAX {
            *self = Self::default();
        }
        self.round += 1;
        self.slots.resize(slots, (0, 0));
    }
    fn put(&mut self, slot: u32, place: u32) {
        self.slots[slot as usize] = (self.round, place);
    }
    fn place(&self, slot: u32) -> Option<u32> {
        let (round, place) = self.slots[slot as usize];
        (round == self.round).then_some(place)
    }
}

#[derive(Default)]
pub struct Store {
    pub items: Vec<Item>,
    free: Vec<u32>,
    pub clients: Vec<Client>,
    numbers: HashMap<u64, u32, Quick>,
    pub types: Vec<Type>,
    roots: HashMap<u32, u32>,
    pub names: Names,
    pub formats: Vec<Format>,
    format_numbers: HashMap<(u32, Box<str>), u32>,
    pub blobs: Vec<Vec<u8>>,
    free_blobs: Vec<u32>,
    passed: Passed,
    pub text: String,
    /// Bytes of `text` that no item has any more.
    waste: usize,
}

impl Store {
    pub fn client(&mut self, id: u64) -> u32 {
        let next = self.clients.len() as u32;
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.clients.push(Client {
                id,
                ..Client::default()
            });
        }
        number
    }

    pub fn known_client(&self, id: u64) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    pub fn clock_of(&self, id: u64) -> u32 {
        self.known_client(id)
            .map_or(0, |number| self.clients[number as usize].clock)
    }

    pub fn root(&mut self, name: &str) -> u32 {
        let name = self.names.number(name);
        let next = self.types.len() as u32;
        let number = *self.roots.entry(name).or_insert(next);
        if number == next {
            self.types.push(Type {
                start: NONE,
                length: 0,
                item: NONE,
                root: name,
                kind: 0,
                name: None,
                map: HashMap::new(),
            });
        }
        number
    }

    pub fn item(&self, slot: u32) -> &Item {
        &self.items[slot as usize]
    }

    fn item_mut(&mut self, slot: u32) -> &mut Item {
        &mut self.items[slot as usize]
    }

    pub fn find(&self, spot: Spot) -> Option<u32> {
        let client = self.clients.get(spot.client as usize)?;
        if spot.clock >= client.clock {
            return None;
        }
        client.structs.find(spot.clock)
    }

    pub fn text_of(&self, item: &Item) -> &str {
        &self.text[item.a as usize..(item.a + item.b) as usize]
    }

    pub fn new_text(&mut self, text: &str) -> (u32, u32) {
        let begin = self.text.len();
        self.text.push_str(text);
        (begin as u32, text.len() as u32)
    }

    pub fn new_blob(&mut self, bytes: Vec<u8>) -> u32 {
        if let Some(number) = self.free_blobs.pop() {
            self.blobs[number as usize] = bytes;
            return number;
        }
        self.blobs.push(bytes);
        (self.blobs.len() - 1) as u32
    }

    pub fn format(&mut self, key: &str, json: &str) -> u32 {
        let key = self.names.number(key);
        if let Some(number) = self.format_numbers.get(&(key, Box::from(json))) {
            return *number;
        }
        let number = self.formats.len() as u32;
        let value = serde_json::from_str(json).unwrap_or_default();
        self.formats.push(Format {
            key,
            json: json.into(),
            value: super::ops::plain(value),
        });
        self.format_numbers.insert((key, json.into()), number);
        number
    }

    fn add_item(&mut self, item: Item) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.items[slot as usize] = item;
            return slot;
        }
        self.items.push(item);
        (self.items.len() - 1) as u32
    }

    /// Lets go of what the item's content holds.
    fn drop_content(&mut self, slot: u32) {
        let item = *self.item(slot);
        match item.kind {
            Kind::Text => self.waste += item.b as usize,
            Kind::Json | Kind::Binary | Kind::Embed | Kind::Any | Kind::Doc => {
                self.blobs[item.a as usize] = Vec::new();
                self.free_blobs.push(item.a);
            }
            _ => {}
        }
    }

    fn drop_item(&mut self, slot: u32) {
        self.item_mut(slot).kind = Kind::Free;
        self.free.push(slot);
    }

    /// Cuts the item after its first `count` clocks; gives the slot of the rest. What comes before it
    /// stays in `slot`, or where a character is cut, in this one and others.
    fn split(&mut self, change: &mut Change, slot: u32, count: u32) -> u32 {
        let item = *self.item(slot);
        match item.kind {
            Kind::Text if item.b == item.len => {
                self.split_at(change, slot, count, (item.a, count), item.a + count)
            }
            Kind::Text => {
                change.steps += u64::from(count) / UNITS_A_STEP;
                let (place, within) = wire::utf16_place(self.text_of(&item), count as usize);
                if within {
                    return self.split_character(change, slot, count);
                }
                let place = place as u32;
                self.split_at(change, slot, count, (item.a, place), item.a + place)
            }
            Kind::Any | Kind::Json => {
                let blob = &mut self.blobs[item.a as usize];
                change.steps += u64::from(count) + blob.len() as u64 / UNITS_A_STEP;
                let place = match item.kind {
                    Kind::Any => wire::place_of_any(blob, count),
                    _ => wire::place_of_text(blob, count),
                };
                let tail = blob[place..].to_vec();
                blob.truncate(place);
                blob.shrink_to_fit();
                let tail = self.new_blob(tail);
                self.split_at(change, slot, count, (item.a, item.b), tail)
            }
            _ => self.split_at(change, slot, count, (item.a, item.b), item.a),
        }
    }

    /// Cuts a text within a character: that becomes an item of its own first, so that but its halves,
    /// which are U+FFFD then, are written anew.
    fn split_character(&mut self, change: &mut Change, mut slot: u32, count: u32) -> u32 {
        if count > 1 {
            slot = self.split(change, slot, count - 1);
        }
        if self.item(slot).len > 2 {
            self.split(change, slot, 2);
        }
        self.waste += self.item(slot).b as usize;
        let half = char::REPLACEMENT_CHARACTER.to_string();
        let (first, rest) = (self.new_text(&half), self.new_text(&half));
        let at = self.item(slot).at;
        let rest = self.split_at(change, slot, 1, first, rest.0);
        self.item_mut(rest).b = half.len() as u32;
        change.halves.extend([at, self.item(rest).at]);
        rest
    }

    /// Cuts an item whose first part has this content, and whose rest's content begins at `rest_a`.
    fn split_at(
        &mut self,
        change: &mut Change,
        slot: u32,
        count: u32,
        first_content: (u32, u32),
        rest_a: u32,
    ) -> u32 {
        let item = *self.item(slot);
        let rest = Item {
            at: Spot {
                client: item.at.client,
                clock: item.at.clock + count,
            },
            len: item.len - count,
            left: slot,
            origin: Spot {
                client: item.at.client,
                clock: item.at.clock + count - 1,
            },
            a: rest_a,
            b: item.b.saturating_sub(first_content.1),
            ..item
        };
        let new = self.add_item(rest);
        let first = self.item_mut(slot);
        (first.a, first.b) = first_content;
        (first.len, first.right) = (count, new);
        if rest.right != NONE {
            self.item_mut(rest.right).left = new;
        } else if let Some(ends) = self.ends(&rest) {
            ends.last = new;
        }
        self.clients[rest.at.client as usize]
            .structs
            .insert(rest.at.clock, new);
        change.seams.push(new);
        if rest.deleted {
            change.gone.push(new);
        }
        new
    }

    /// The ends of the list of a key in which the item stands.
    fn ends(&mut self, item: &Item) -> Option<&mut Ends> {
        match item.sub {
            NONE => None,
            sub => self.types[item.parent as usize].map.get_mut(&sub),
        }
    }

    /// The slot of what begins exactly at `spot`; what is collected is not cut.
    pub fn clean_start(&mut self, change: &mut Change, spot: Spot) -> Option<u32> {
        let slot = self.find(spot)?;
        let item = self.item(slot);
        let before = spot.clock - item.at.clock;
        if before == 0 || item.kind == Kind::Gc {
            return Some(slot);
        }
        Some(self.split(change, slot, before))
    }

    /// The slot of what ends exactly with `spot`.
    fn clean_end(&mut self, change: &mut Change, spot: Spot) -> Option<u32> {
        let slot = self.find(spot)?;
        let item = self.item(slot);
        let until = spot.clock - item.at.clock + 1;
        if until < item.len && item.kind != Kind::Gc {
            let rest = self.split(change, slot, until);
            return Some(self.item(rest).left);
        }
        Some(slot)
    }

    fn spot(&mut self, id: Option<Id>) -> Spot {
        id.map_or(NOWHERE, |id| Spot {
            client: self.client(id.client),
            clock: id.clock,
        })
    }

    /// Something that has to come before this.
    pub fn missing(&self, it: &Struct) -> Option<Id> {
        let parent = match &it.parent {
            Parent::Item(id) => Some(*id),
            _ => None,
        };
        [it.origin, it.right_origin, parent]
            .into_iter()
            .flatten()
            .find(|id| id.clock >= self.clock_of(id.client))
    }

    pub fn content(&mut self, content: &Content) -> (Kind, u32, u32) {
        match content {
            Content::Gc | Content::Skip => (Kind::Gc, NONE, 0),
            Content::Deleted => (Kind::Deleted, NONE, 0),
            Content::Text(text) => {
                let (a, b) = self.new_text(text);
                (Kind::Text, a, b)
            }
            Content::Format(key, json) => (Kind::Format, self.format(key, json), 0),
            Content::Type(kind, name) => {
                self.types.push(Type {
                    start: NONE,
                    length: 0,
                    item: NONE,
                    root: NONE,
                    kind: *kind,
                    name: name.as_deref().map(Box::from),
                    map: HashMap::new(),
                });
                (Kind::Type, (self.types.len() - 1) as u32, 0)
            }
            Content::Embed(json) => (Kind::Embed, self.new_blob(json.as_bytes().to_vec()), 0),
            Content::Binary(bytes) => (Kind::Binary, self.new_blob(bytes.to_vec()), 0),
            Content::Any(bytes) => (Kind::Any, self.new_blob(bytes.to_vec()), 0),
            Content::Json(bytes) => (Kind::Json, self.new_blob(bytes.to_vec()), 0),
            Content::Doc(bytes) => (Kind::Doc, self.new_blob(bytes.to_vec()), 0),
        }
    }

    /// Takes in a part of an update that nothing is missing for; its client's clock is within it.
    pub fn integrate(&mut self, change: &mut Change, client: u32, it: &Struct) -> Outcome<()> {
        let known = self.clients[client as usize].clock - it.clock;
        if known > 0 {
            let rest = it.without(self.clients[client as usize].id, known);
            return self.integrate(change, client, &rest);
        }
        let mut item = Item {
            at: Spot {
                client,
                clock: it.clock,
            },
            len: it.len,
            left: NONE,
            right: NONE,
            origin: self.spot(it.origin),
            right_origin: self.spot(it.right_origin),
            parent: NONE,
            sub: NONE,
            a: NONE,
            b: 0,
            kind: Kind::Gc,
            deleted: true,
        };
        if it.content != Content::Gc && self.find_place(change, &mut item, it) {
            self.settle_conflicts(change, &mut item)?;
            item.deleted = false;
            if it.len <= MOST_LEN || item.sub != NONE {
                (item.kind, item.a, item.b) = self.content(&it.content);
            } else {
                item = self.link_parts(change, item, &it.content);
            }
        } else {
            (item.left, item.right) = (NONE, NONE);
            (item.origin, item.right_origin) = (NOWHERE, NOWHERE);
        }
        self.link(change, item);
        Ok(())
    }

    /// Links all parts but the last of an item that is too long, and gives that.
    fn link_parts(&mut self, change: &mut Change, mut item: Item, content: &Content) -> Item {
        let mut parts = content.parts(MOST_LEN).into_iter().peekable();
        if parts.peek().is_none() {
            (item.kind, item.a, item.b) = self.content(content);
        }
        while let Some((len, part)) = parts.next() {
            item.len = len;
            (item.kind, item.a, item.b) = self.content(&part);
            if parts.peek().is_some() {
                item.left = self.link(change, item);
                item.origin = item.last();
                item.at.clock += len;
            }
        }
        item
    }

    /// Finds neighbours and parent; false when those are collected, and so this is, too.
    fn find_place(&mut self, change: &mut Change, item: &mut Item, it: &Struct) -> bool {
        if item.origin != NOWHERE {
            let Some(left) = self.clean_end(change, item.origin) else {
                return false;
            };
            item.left = left;
        }
        if item.right_origin != NOWHERE {
            let next = match item.left {
                NONE => NONE,
                left => self.item(left).right,
            };
            if next != NONE && self.item(next).at == item.right_origin {
                item.right = next;
            } else {
                let Some(right) = self.clean_start(change, item.right_origin) else {
                    return false;
                };
                item.right = right;
            }
            if item.left != NONE && self.item(item.left).last() != item.origin {
                // The cut was within the left one.
                item.left = self.find(item.origin).unwrap_or(NONE);
            }
        }
        for near in [item.left, item.right] {
            if near != NONE && self.item(near).kind == Kind::Gc {
                return false;
            }
        }
        let near = if item.left != NONE {
            item.left
        } else {
            item.right
        };
        if near != NONE {
            (item.parent, item.sub) = (self.item(near).parent, self.item(near).sub);
            if item.right != NONE {
                let right = self.item(item.right);
                if (right.parent, right.sub) != (item.parent, item.sub) {
                    item.right = NONE;
                }
            }
            return true;
        }
        match &it.parent {
            Parent::Copied => return false,
            Parent::Root(name) => item.parent = self.root(name),
            Parent::Item(id) => {
                let spot = self.spot(Some(*id));
                match self.find(spot).map(|slot| *self.item(slot)) {
                    Some(Item {
                        kind: Kind::Type,
                        a,
                        ..
                    }) => item.parent = a,
                    _ => return false,
                }
            }
        }
        if let Some(sub) = &it.sub {
            item.sub = self.names.number(sub);
        }
        true
    }

    /// The first item of the list in which `item` stands.
    fn first_of_list(&self, item: &Item) -> u32 {
        let parent = &self.types[item.parent as usize];
        if item.sub == NONE {
            return parent.start;
        }
        parent.map.get(&item.sub).map_or(NONE, |ends| ends.first)
    }

    /// Where between its neighbours an item comes that others have put something between, too.
    fn settle_conflicts(&mut self, change: &mut Change, item: &mut Item) -> Outcome<()> {
        let settled = match (item.left, item.right) {
            (NONE, NONE) => false,
            (NONE, right) => self.item(right).left == NONE,
            (left, right) => self.item(left).right == right,
        };
        if settled {
            return Ok(());
        }
        let mut other = match item.left {
            NONE => self.first_of_list(item),
            left => self.item(left).right,
        };
        let own = self.clients[item.at.client as usize].id;
        let mut left = item.left;
        // How many items were passed, and how many when none was in conflict.
        let (mut passed, mut cleared) = (0, 0);
        self.passed.begin(self.items.len());
        while other != NONE && other != item.right {
            change.steps += 1;
            change.check()?;
            self.passed.put(other, passed);
            passed += 1;
            let it = *self.item(other);
            if it.origin == item.origin {
                if self.clients[it.at.client as usize].id < own {
                    left = other;
                    cleared = passed;
                } else if it.right_origin == item.right_origin {
                    break;
                }
            } else {
                let origin = match it.left {
                    _ if it.origin == NOWHERE => None,
                    left if left != NONE && self.item(left).last() == it.origin => Some(left),
                    _ => {
                        change.steps += STEPS_A_SEARCH;
                        self.find(it.origin)
                    }
                };
                match origin.and_then(|origin| self.passed.place(origin)) {
                    None => break,
                    Some(place) if place < cleared => {
                        left = other;
                        cleared = passed;
                    }
                    Some(_) => {}
                }
            }
            other = it.right;
        }
        item.left = left;
        Ok(())
    }

    /// Puts the item, whose place is settled, into its list and among its client's.
    pub fn link(&mut self, change: &mut Change, item: Item) -> u32 {
        let client = item.at.client as usize;
        change.before.entry(item.at.client).or_insert(item.at.clock);
        let slot = self.add_item(item);
        change.seams.push(slot);
        self.clients[client].structs.insert(item.at.clock, slot);
        self.clients[client].clock = item.end();
        if item.kind == Kind::Gc {
            change
                .deletes
                .push((item.at.client, item.at.clock, item.len));
            return slot;
        }
        let right = match item.left {
            NONE => self.first_of_list(&item),
            left => self.item(left).right,
        };
        self.item_mut(slot).right = right;
        if item.left != NONE {
            self.item_mut(item.left).right = slot;
        }
        if right != NONE {
            self.item_mut(right).left = slot;
        }
        if item.sub == NONE {
            if item.left == NONE {
                self.types[item.parent as usize].start = slot;
            }
        } else {
            self.link_key(change, &item, slot, right);
        }
        if item.sub == NONE && item.kind.countable() {
            self.types[item.parent as usize].length += item.len;
        }
        match item.kind {
            Kind::Deleted => {
                self.item_mut(slot).deleted = true;
                change
                    .deletes
                    .push((item.at.client, item.at.clock, item.len));
            }
            Kind::Type => self.types[item.a as usize].item = slot,
            _ => {}
        }
        let parent = self.types[item.parent as usize].item;
        let parent_deleted = parent != NONE && self.item(parent).deleted;
        if parent_deleted || (item.sub != NONE && right != NONE) {
            self.delete(change, slot);
        }
        slot
    }

    /// Of the values of a key the last one counts.
    fn link_key(&mut self, change: &mut Change, item: &Item, slot: u32, right: u32) {
        let ends = self.types[item.parent as usize].map.entry(item.sub);
        let ends = ends.or_insert(Ends {
            first: slot,
            last: slot,
        });
        if item.left == NONE {
            ends.first = slot;
        }
        if right != NONE {
            return;
        }
        ends.last = slot;
        if item.left != NONE {
            self.delete(change, item.left);
        }
    }

    pub fn delete(&mut self, change: &mut Change, slot: u32) {
        let mut open = vec![slot];
        while let Some(slot) = open.pop() {
            let item = *self.item(slot);
            if item.deleted {
                continue;
            }
            if item.kind.countable() && item.sub == NONE {
                self.types[item.parent as usize].length -= item.len;
            }
            self.item_mut(slot).deleted = true;
            change.gone.push(slot);
            change
                .deletes
                .push((item.at.client, item.at.clock, item.len));
            if item.kind == Kind::Type {
                let inner = &self.types[item.a as usize];
                let mut child = inner.start;
                while child != NONE {
                    open.push(child);
                    child = self.item(child).right;
                }
                open.extend(inner.map.values().map(|ends| ends.last));
            }
        }
    }

    /// Deletes what is there of a range of clocks; gives the clock from which on it has not come yet.
    pub fn delete_range(&mut self, change: &mut Change, range: &Deleted) -> u32 {
        let end = range.clock + range.len;
        let Some(client) = self.known_client(range.client) else {
            return range.clock;
        };
        let known = self.clients[client as usize].clock.min(end);
        let mut clock = range.clock;
        while clock < known {
            let Some(mut slot) = self.find(Spot { client, clock }) else {
                break;
            };
            change.steps += 1;
            let item = *self.item(slot);
            if !item.deleted {
                if item.at.clock < clock {
                    slot = self.split(change, slot, clock - item.at.clock);
                }
                if self.item(slot).end() > known {
                    self.split(change, slot, known - clock);
                }
                self.delete(change, slot);
            }
            clock = self.item(slot).end();
        }
        known.max(range.clock)
    }

    fn gc(&mut self, slot: u32, seams: &mut Vec<u32>) {
        // Each with whether its parent is collected, too.
        let mut open = vec![(slot, false)];
        while let Some((slot, whole)) = open.pop() {
            let item = *self.item(slot);
            if item.kind == Kind::Gc {
                continue;
            }
            self.drop_content(slot);
            if item.kind == Kind::Type {
                let inner = &mut self.types[item.a as usize];
                let first = std::mem::replace(&mut inner.start, NONE);
                let map = std::mem::take(&mut inner.map);
                inner.name = None;
                let mut child = first;
                while child != NONE {
                    open.push((child, true));
                    child = self.item(child).right;
                }
                for ends in map.into_values() {
                    let mut child = ends.last;
                    while child != NONE {
                        open.push((child, true));
                        child = self.item(child).left;
                    }
                }
            }
            if whole {
                seams.push(slot);
                seams.extend(self.clients[item.at.client as usize].structs.at(item.end()));
            }
            let it = self.item_mut(slot);
            it.deleted = true;
            (it.a, it.b) = (NONE, 0);
            it.kind = Kind::Deleted;
            if whole {
                it.kind = Kind::Gc;
                (it.left, it.right) = (NONE, NONE);
                (it.origin, it.right_origin) = (NOWHERE, NOWHERE);
                (it.parent, it.sub) = (NONE, NONE);
            }
        }
    }

    /// Collects what was deleted, and joins what may be joined.
    pub fn tidy(&mut self, change: &mut Change) {
        let mut seams = std::mem::take(&mut change.seams);
        for slot in std::mem::take(&mut change.gone) {
            let item = *self.item(slot);
            if !matches!(item.kind, Kind::Deleted | Kind::Gc) {
                self.gc(slot, &mut seams);
            }
            seams.push(slot);
            if item.right != NONE {
                seams.push(item.right);
            }
        }
        for slot in seams {
            self.join(slot);
        }
        if self.waste > self.text.len() / 2 + (1 << 20) {
            self.pack_text();
        }
    }

    /// Joins an item to the one before it, if they are as one.
    fn join(&mut self, slot: u32) {
        let item = *self.item(slot);
        let left = match item.kind {
            Kind::Free => return,
            Kind::Gc if item.at.clock == 0 => return,
            // What is collected stands in no list.
            Kind::Gc => self
                .find(Spot {
                    client: item.at.client,
                    clock: item.at.clock - 1,
                })
                .unwrap_or(NONE),
            _ => item.left,
        };
        if left != NONE && self.join_items(left, slot) {
            self.clients[item.at.client as usize]
                .structs
                .remove(item.at.clock);
            self.drop_item(slot);
        }
    }

    fn join_items(&mut self, left_slot: u32, slot: u32) -> bool {
        let (left, right) = (*self.item(left_slot), *self.item(slot));
        if left.kind != right.kind
            || left.deleted != right.deleted
            || (left.at.client, left.end()) != (right.at.client, right.at.clock)
        {
            return false;
        }
        if left.kind != Kind::Gc {
            if left.right != slot
                || right.origin != left.last()
                || left.right_origin != right.right_origin
            {
                return false;
            }
            match left.kind {
                Kind::Deleted => {}
                Kind::Text if left.len + right.len > MOST_LEN => return false,
                Kind::Text => {
                    if left.a + left.b != right.a && !self.bring_together(left_slot, &right) {
                        return false;
                    }
                    self.item_mut(left_slot).b += right.b;
                }
                Kind::Any | Kind::Json if left.len + right.len > MOST_LEN => return false,
                Kind::Any | Kind::Json => {
                    let mut more = std::mem::take(&mut self.blobs[right.a as usize]);
                    self.blobs[left.a as usize].append(&mut more);
                    self.free_blobs.push(right.a);
                }
                _ => return false,
            }
            if right.right != NONE {
                self.item_mut(right.right).left = left_slot;
            } else if let Some(ends) = self.ends(&right) {
                ends.last = left_slot;
            }
            self.item_mut(left_slot).right = right.right;
        }
        self.item_mut(left_slot).len += right.len;
        true
    }

    /// Copies texts so that the right one comes after the left one, where that takes little.
    fn bring_together(&mut self, left: u32, right: &Item) -> bool {
        let item = *self.item(left);
        if item.b + right.b > MOST_COPIED {
            return false;
        }
        let (end, right_end) = ((item.a + item.b) as usize, (right.a + right.b) as usize);
        if end < self.text.len() {
            let begin = self.text.len() as u32;
            self.text.extend_from_within(item.a as usize..end);
            self.waste += item.b as usize;
            self.item_mut(left).a = begin;
        }
        self.text.extend_from_within(right.a as usize..right_end);
        self.waste += right.b as usize;
        true
    }

    fn pack_text(&mut self) {
        let mut text = String::with_capacity(self.text.len() - self.waste);
        for item in self.items.iter_mut().filter(|item| item.kind == Kind::Text) {
            let begin = text.len() as u32;
            text.push_str(&self.text[item.a as usize..(item.a + item.b) as usize]);
            item.a = begin;
        }
        self.text = text;
        self.waste = 0;
    }

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
