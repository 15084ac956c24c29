//! Items cut in two.
use super::super::wire;
use super::{Change, Ends, Item, Kind, NONE, Spot, Store, UNITS_A_STEP};

impl Store {
    /// Cuts the item after its first `count` clocks; gives the slot of the rest. What comes before it
    /// stays in `slot`, or where a character is cut, in this one and others.
    pub(super) fn split(&mut self, change: &mut Change, slot: u32, count: u32) -> u32 {
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
    pub(super) fn ends(&mut self, item: &Item) -> Option<&mut Ends> {
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
    pub(super) fn clean_end(&mut self, change: &mut Change, spot: Spot) -> Option<u32> {
        let slot = self.find(spot)?;
        let item = self.item(slot);
        let until = spot.clock - item.at.clock + 1;
        if until < item.len && item.kind != Kind::Gc {
            let rest = self.split(change, slot, until);
            return Some(self.item(rest).left);
        }
        Some(slot)
    }
}
