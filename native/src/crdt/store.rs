//! What a Yjs document is made of: items in the order of their clients' clocks, and in lists by their
//! places. Everything is reached by numbers of slots, so that no update, however hostile, can make
//! this touch memory that is not its own. The rules of Yjs (YATA) are followed to the letter, as all
//! programs at a document must come to the same content.
//!
//! What holds at all times: an item that is not collected stands in exactly one list, that of its
//! parent, or of a key of its parent, and `left` and `right` stay within that list.
mod cut;
mod encode;
mod place;
mod tidy;

use std::collections::{HashMap, HashSet};

use self::place::Passed;
use super::index::{Index, Quick};
use super::wire::{Content, Id, Parent, Struct};
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

/// Most documents have one root and few clients: no room for four is kept then.
pub fn push_first_tight<T>(to: &mut Vec<T>, value: T) {
    if to.is_empty() {
        to.reserve_exact(1);
    }
    to.push(value);
}

#[derive(Default)]
pub struct Names {
    pub all: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Names {
    pub fn number(&mut self, name: &str) -> u32 {
        const FEW: usize = 8;
        let next = self.all.len();
        let known = match next <= FEW {
            true => self.all.iter().position(|one| **one == *name),
            false => self.numbers.get(name).map(|number| *number as usize),
        };
        if let Some(number) = known {
            return number as u32;
        }
        push_first_tight(&mut self.all, name.into());
        if next == FEW {
            let all = self.all.iter().zip(0..);
            self.numbers = all.map(|(name, number)| (name.clone(), number)).collect();
        } else if next > FEW {
            self.numbers.insert(name.into(), next as u32);
        }
        next as u32
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
            let client = Client {
                id,
                ..Client::default()
            };
            push_first_tight(&mut self.clients, client);
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
            let root = Type {
                start: NONE,
                length: 0,
                item: NONE,
                root: name,
                kind: 0,
                name: None,
                map: HashMap::new(),
            };
            push_first_tight(&mut self.types, root);
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

    /// How many keys formats have; at most, and quickly.
    pub fn kinds_of_formats(&self) -> usize {
        self.names.all.len().min(self.formats.len())
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
        push_first_tight(&mut self.items, item);
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
}
