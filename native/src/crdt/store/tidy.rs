//! Items that are deleted, collected, and joined again.
use super::super::wire::Deleted;
use super::{Change, Item, Kind, MOST_COPIED, MOST_LEN, NONE, NOWHERE, Spot, Store};

impl Store {
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
}
