//! The text "quill" of a document, read and changed as Yjs's Y.Text does.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::ops::{self, Attributes, Budget, Insert, Op};
use super::store::{Change, Item, Kind, MOST_LEN, NONE, NOWHERE, Spot, Store};
use super::wire::Content;
use super::{Fail, Outcome};

pub const ROOT: &str = "quill";

fn key_of(store: &Store, item: &Item) -> Arc<str> {
    let format = &store.formats[item.a as usize];
    Arc::from(store.names.all[format.key as usize].as_ref())
}

fn value_of<'a>(store: &'a Store, item: &Item) -> &'a Value {
    &store.formats[item.a as usize].value
}

fn set(attributes: &mut Attributes, key: Arc<str>, value: &Value) {
    match value {
        Value::Null => attributes.remove(&key),
        value => attributes.insert(key, value.clone()),
    }
}

fn insert_of(store: &Store, item: &Item) -> Option<Insert> {
    Some(match item.kind {
        Kind::Text => Insert::Text(store.text_of(item).to_string()),
        Kind::Embed => {
            let json = &store.blobs[item.a as usize];
            Insert::Embed(ops::plain(serde_json::from_slice(json).unwrap_or_default()))
        }
        // A shared type within the text: ops cannot tell what is in it.
        Kind::Type => Insert::Embed(json!({ "unknown": true })),
        _ => return None,
    })
}

/// Goes through the inserts of the text, and the formats of each.
fn walk(
    store: &Store,
    root: u32,
    mut take: impl FnMut(Insert, &Attributes) -> Outcome<()>,
) -> Outcome<()> {
    let mut attributes = Attributes::new();
    let mut slot = store.types[root as usize].start;
    while slot != NONE {
        let item = store.item(slot);
        if !item.deleted {
            if item.kind == Kind::Format {
                set(&mut attributes, key_of(store, item), value_of(store, item));
            } else if let Some(insert) = insert_of(store, item) {
                take(insert, &attributes)?;
            }
        }
        slot = item.right;
    }
    Ok(())
}

/// The text as inserts.
pub fn read(store: &Store, root: u32) -> Outcome<Vec<Op>> {
    let (mut all, mut budget) = (Vec::new(), Budget::default());
    walk(store, root, |insert, attributes| {
        let op = Op::Insert(insert, attributes.clone());
        ops::push(&mut all, op, &mut budget)
    })?;
    Ok(all)
}

/// The same as JSON, with no more than that in memory.
pub fn read_json(store: &Store, root: u32) -> Outcome<String> {
    let (mut json, mut last, mut budget) = (String::from("["), Vec::new(), Budget::default());
    let write = |json: &mut String, op: &Op| {
        json.push_str(if json.len() > 1 { "," } else { "" });
        json.push_str(&serde_json::to_string(op).unwrap_or_default());
    };
    walk(store, root, |insert, attributes| {
        let op = Op::Insert(insert, attributes.clone());
        ops::push(&mut last, op, &mut budget)?;
        if last.len() > 1 {
            write(&mut json, &last.remove(0));
        }
        Ok(())
    })?;
    last.iter().for_each(|op| write(&mut json, op));
    json.push(']');
    Ok(json)
}

/// The text without formats, in parts; embeds as U+FFFC.
pub fn texts(store: &Store, root: u32) -> impl Iterator<Item = &str> {
    let slot_of = |slot: u32| (slot != NONE).then_some(slot);
    let first = slot_of(store.types[root as usize].start);
    std::iter::successors(first, move |slot| slot_of(store.item(*slot).right)).filter_map(|slot| {
        let item = store.item(slot);
        match item.kind {
            _ if item.deleted => None,
            Kind::Text => Some(store.text_of(item)),
            Kind::Embed | Kind::Type => Some("\u{fffc}"),
            _ => None,
        }
    })
}

/// What a change that is not yet tidied did to the text; `deletes` are tidy.
pub fn changes(
    store: &Store,
    root: u32,
    change: &Change,
    deletes: &[(u32, u32, u32)],
) -> Outcome<Vec<Op>> {
    let adds = |item: &Item| {
        let before = change.before.get(&item.at.client);
        before.is_some_and(|before| item.at.clock >= *before)
    };
    let removes = |item: &Item| {
        let next =
            deletes.partition_point(|range| (range.0, range.1) <= (item.at.client, item.at.clock));
        next > 0 && deletes[next - 1].0 == item.at.client && {
            let (_, clock, len) = deletes[next - 1];
            item.at.clock < clock + len
        }
    };
    let (mut all, mut budget) = (Vec::new(), Budget::default());
    let mut add = |op| ops::push(&mut all, op, &mut budget);
    // Formats as they were and as they are, and what leads from the first to the second.
    let (mut old, mut new) = (Attributes::new(), Attributes::new());
    let mut between = Some(Attributes::new());
    let mut slot = store.types[root as usize].start;
    while slot != NONE {
        let item = store.item(slot);
        slot = item.right;
        let (was, is) = (
            !adds(item) && (!item.deleted || removes(item)),
            !item.deleted,
        );
        if item.kind == Kind::Format {
            for (there, attributes) in [(was, &mut old), (is, &mut new)] {
                if there {
                    set(attributes, key_of(store, item), value_of(store, item));
                    between = None;
                }
            }
            continue;
        }
        match (was, is) {
            (true, false) if item.kind.countable() => add(Op::Delete(item.len))?,
            (false, true) => {
                if let Some(insert) = insert_of(store, item) {
                    add(Op::Insert(insert, new.clone()))?;
                }
            }
            (true, true) if item.kind.countable() => {
                let between = between.get_or_insert_with(|| ops::between(&old, &new));
                // Halves of a character that was cut are there as U+FFFD now.
                let first = u32::from(change.halves.contains(&item.at));
                let last = u32::from(item.len > first && change.halves.contains(&item.last()));
                for (count, half) in [
                    (first, true),
                    (item.len - first - last, false),
                    (last, true),
                ] {
                    if count > 0 && half {
                        add(Op::Delete(1))?;
                        let half = Insert::Text("\u{fffd}".to_string());
                        add(Op::Insert(half, new.clone()))?;
                    } else if count > 0 {
                        add(Op::Retain(count, between.clone()))?;
                    }
                }
            }
            _ => {}
        }
    }
    while matches!(all.last(), Some(Op::Retain(_, attributes)) if attributes.is_empty()) {
        all.pop();
    }
    Ok(all)
}

/// Formats that the ops of one delta may begin and end, at worst.
const MOST_CHANGES: usize = 50_000_000;

/// Refuses ops that go beyond the end of the text, or into the middle of a character, and those that
/// may take many formats away again and again.
pub fn check(store: &Store, root: u32, ops: &[Op]) -> Outcome<()> {
    let most = ops.iter().map(|op| match op {
        Op::Insert(_, attributes) | Op::Retain(_, attributes) => attributes.len(),
        Op::Delete(_) => 0,
    });
    let kinds = store.kinds_of_formats() + most.max().unwrap_or(0);
    if kinds.saturating_mul(ops.len()) > MOST_CHANGES {
        return Err(Fail::new(
            "the delta is too large for the document's many formats",
        ));
    }
    let length = store.types[root as usize].length;
    let mut at = 0_u32;
    // An item that is being walked, and where in the text it begins.
    let (mut slot, mut begin) = (store.types[root as usize].start, 0);
    for (place, op) in ops.iter().enumerate() {
        let (Op::Retain(count, _) | Op::Delete(count)) = op else {
            continue;
        };
        at = at.checked_add(*count).filter(|at| *at <= length).ok_or_else(|| {
            Fail::new(format!(
                "op {place} of the delta goes beyond the end of the text, whose length is {length}"
            ))
        })?;
        while slot != NONE {
            let item = store.item(slot);
            let len = if item.counts() { item.len } else { 0 };
            if begin + len > at {
                break;
            }
            begin += len;
            slot = item.right;
        }
        if slot != NONE && at > begin {
            let item = store.item(slot);
            let within = item.kind == Kind::Text
                && super::wire::utf16_place(store.text_of(item), (at - begin) as usize).1;
            if within {
                return Err(Fail::new(format!(
                    "op {place} of the delta ends within a character"
                )));
            }
        }
    }
    Ok(())
}

/// Where ops are applied.
struct Writing<'a> {
    store: &'a mut Store,
    change: &'a mut Change,
    root: u32,
    client: u32,
    left: u32,
    right: u32,
    current: Attributes,
}

impl Writing<'_> {
    fn right(&self) -> Option<Item> {
        (self.right != NONE).then(|| *self.store.item(self.right))
    }

    fn forward(&mut self) {
        let Some(item) = self.right() else { return };
        if item.kind == Kind::Format && !item.deleted {
            let (key, value) = (
                key_of(self.store, &item),
                value_of(self.store, &item).clone(),
            );
            set(&mut self.current, key, &value);
        }
        self.left = self.right;
        self.right = item.right;
    }

    /// Puts an item at this place, and goes beyond it.
    fn put(&mut self, kind: Kind, len: u32, content: (u32, u32)) {
        let clock = self.store.clients[self.client as usize].clock;
        let last_left = match self.left {
            NONE => NOWHERE,
            left => self.store.item(left).last(),
        };
        let item = Item {
            at: Spot {
                client: self.client,
                clock,
            },
            len,
            left: self.left,
            right: self.right,
            origin: last_left,
            right_origin: self.right().map_or(NOWHERE, |item| item.at),
            parent: self.root,
            sub: NONE,
            a: content.0,
            b: content.1,
            kind,
            deleted: false,
        };
        self.right = self.store.link(self.change, item);
        self.forward();
    }

    fn put_format(&mut self, key: &str, value: &Value) {
        let number = self.store.format(key, &value.to_string());
        self.put(Kind::Format, 1, (number, 0));
    }

    /// Goes over formats that are already as wanted.
    fn minimize(&mut self, wanted: &Attributes) {
        while let Some(item) = self.right() {
            let as_wanted = item.deleted
                || (item.kind == Kind::Format
                    && wanted
                        .get(&key_of(self.store, &item))
                        .unwrap_or(&Value::Null)
                        == value_of(self.store, &item));
            if !as_wanted {
                break;
            }
            self.forward();
        }
    }

    /// Begins formats; gives those to be put back after what they are for.
    fn begin_formats(&mut self, wanted: &Attributes) -> Attributes {
        let mut negated = Attributes::new();
        for (key, value) in wanted.iter() {
            let now = self.current.get(key).cloned().unwrap_or_default();
            if now != *value {
                negated.insert(key.clone(), now);
                self.put_format(key, value);
            }
        }
        negated
    }

    fn end_formats(&mut self, mut negated: Attributes) {
        while let Some(item) = self.right() {
            if !item.deleted {
                if item.kind != Kind::Format {
                    break;
                }
                let key = key_of(self.store, &item);
                if negated.get(&key) != Some(value_of(self.store, &item)) {
                    break;
                }
                negated.remove(&key);
            }
            self.forward();
        }
        for (key, value) in negated {
            self.put_format(&key, &value);
        }
    }

    fn insert(&mut self, insert: &Insert, mut wanted: Attributes) {
        for key in self.current.keys() {
            if !wanted.contains_key(key) {
                wanted.insert(key.clone(), Value::Null);
            }
        }
        self.minimize(&wanted);
        let negated = self.begin_formats(&wanted);
        match insert {
            Insert::Text(text) => {
                for (len, part) in Content::Text(text.into()).parts(MOST_LEN) {
                    let (kind, a, b) = self.store.content(&part);
                    self.put(kind, len, (a, b));
                }
            }
            Insert::Embed(embed) => {
                let content = self.store.new_blob(embed.to_string().into_bytes());
                self.put(Kind::Embed, 1, (content, 0));
            }
        }
        self.end_formats(negated);
    }

    /// Cuts the item on the right where it is longer than `count`.
    fn cut(&mut self, item: &Item, count: u32) {
        if count < item.len {
            let spot = Spot {
                client: item.at.client,
                clock: item.at.clock + count,
            };
            self.store.clean_start(self.change, spot);
        }
    }

    fn retain(&mut self, mut count: u32, wanted: &Attributes) {
        self.minimize(wanted);
        let mut negated = self.begin_formats(wanted);
        while let Some(item) = self.right() {
            let goes_on =
                count > 0 || (!negated.is_empty() && (item.deleted || item.kind == Kind::Format));
            if !goes_on {
                break;
            }
            if item.deleted {
                self.forward();
                continue;
            }
            if item.kind == Kind::Format {
                let (key, value) = (
                    key_of(self.store, &item),
                    value_of(self.store, &item).clone(),
                );
                if let Some(wish) = wanted.get(&key) {
                    if *wish == value {
                        negated.remove(&key);
                    } else if count == 0 {
                        break;
                    } else {
                        negated.insert(key, value);
                    }
                    self.store.delete(self.change, self.right);
                } else {
                    self.current.insert(key, value);
                }
            } else if item.kind.countable() {
                self.cut(&item, count);
                count -= count.min(item.len);
            }
            self.forward();
        }
        self.end_formats(negated);
    }

    fn delete(&mut self, mut count: u32) {
        let before = self.current.clone();
        let start = self.right;
        while let Some(item) = self.right() {
            if count == 0 {
                break;
            }
            if item.counts() {
                self.cut(&item, count);
                count -= count.min(item.len);
                self.store.delete(self.change, self.right);
            }
            self.forward();
        }
        if start != NONE {
            self.clean_gap(start, &before);
        }
    }

    /// Deletes formats that mean nothing any more, from `start` on to the next content.
    fn clean_gap(&mut self, start: u32, before: &Attributes) {
        let mut last_of_key = BTreeMap::new();
        let mut end = start;
        while end != NONE && !self.store.item(end).counts() {
            let item = self.store.item(end);
            if item.kind == Kind::Format && !item.deleted {
                last_of_key.insert(key_of(self.store, item), end);
            }
            end = item.right;
        }
        let (mut slot, mut reached) = (start, false);
        while slot != end {
            reached |= slot == self.right;
            let item = *self.store.item(slot);
            if item.kind == Kind::Format && !item.deleted {
                let (key, value) = (
                    key_of(self.store, &item),
                    value_of(self.store, &item).clone(),
                );
                let was = before.get(&key).cloned().unwrap_or_default();
                if last_of_key.get(&key) != Some(&slot) || was == value {
                    self.store.delete(self.change, slot);
                    let now = self.current.get(&key).cloned().unwrap_or_default();
                    if !reached && now == value && was != value {
                        set(&mut self.current, key, &was);
                    }
                } else if !reached {
                    set(&mut self.current, key, &value);
                }
            }
            slot = item.right;
        }
    }
}

/// Applies ops that were checked, as the client with this number.
pub fn write(store: &mut Store, change: &mut Change, root: u32, client: u32, ops: &[Op]) {
    let right = store.types[root as usize].start;
    let mut writing = Writing {
        store,
        change,
        root,
        client,
        left: NONE,
        right,
        current: Attributes::new(),
    };
    for op in ops {
        match op {
            Op::Insert(insert, attributes) => writing.insert(insert, attributes.clone()),
            Op::Retain(count, attributes) => writing.retain(*count, attributes),
            Op::Delete(count) => writing.delete(*count),
        }
    }
}
