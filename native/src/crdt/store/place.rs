//! Where an item of an update comes: the rules of Yjs (YATA).
use super::super::Outcome;
use super::super::wire::{Content, Parent, Struct};
use super::{Change, Ends, Item, Kind, MOST_LEN, NONE, NOWHERE, STEPS_A_SEARCH, Spot, Store};

/// Which items were passed, and as which, while one looks for its place.
#[derive(Default)]
pub(super) struct Passed {
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

impl Store {
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
        if item.kind == Kind::Gc
            && let Some(slot) = self.goes_on_with(&item)
        {
            self.item_mut(slot).len += item.len;
            self.clients[client].clock = item.end();
            change
                .deletes
                .push((item.at.client, item.at.clock, item.len));
            return slot;
        }
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

    /// What is collected right before this, which comes as parts of two bytes each.
    fn goes_on_with(&self, item: &Item) -> Option<u32> {
        let slot = self.find(Spot {
            client: item.at.client,
            clock: item.at.clock.checked_sub(1)?,
        })?;
        (self.item(slot).kind == Kind::Gc).then_some(slot)
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
}
