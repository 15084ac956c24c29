//! The items of one client by their clocks: sorted, in chunks, so that an item may come in between
//! at little cost however many there are.
use std::hash::{BuildHasher, Hasher};

const MOST: usize = 64;

/// Hashes single numbers: much quicker than Rust's own, and by a secret as that, as strangers choose
/// the numbers of clients.
#[derive(Clone)]
pub struct Quick(u64);

impl Default for Quick {
    fn default() -> Self {
        static SECRET: std::sync::LazyLock<u64> = std::sync::LazyLock::new(rand::random);
        Self(*SECRET)
    }
}

impl BuildHasher for Quick {
    type Hasher = QuickHasher;
    fn build_hasher(&self) -> QuickHasher {
        QuickHasher(self.0)
    }
}

pub struct QuickHasher(u64);

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }
    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number) * 0x9e37_79b9_7f4a_7c15_u128;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Default)]
pub struct Index {
    /// The first clock of each chunk.
    firsts: Vec<u32>,
    /// Clock and slot.
    chunks: Vec<Vec<(u32, u32)>>,
}

impl Index {
    fn chunk_of(&self, clock: u32) -> usize {
        match self.firsts.last() {
            Some(last) if *last <= clock => self.firsts.len() - 1,
            _ => self
                .firsts
                .partition_point(|first| *first <= clock)
                .saturating_sub(1),
        }
    }

    /// The last item that begins at `clock` or before it.
    pub fn find(&self, clock: u32) -> Option<u32> {
        let chunk = self.chunks.get(self.chunk_of(clock))?;
        let place = match chunk.last() {
            Some((last, _)) if *last <= clock => chunk.len(),
            _ => chunk.partition_point(|(at, _)| *at <= clock),
        };
        Some(chunk[place.checked_sub(1)?].1)
    }

    /// The item that begins at `clock`.
    pub fn at(&self, clock: u32) -> Option<u32> {
        let chunk = self.chunks.get(self.chunk_of(clock))?;
        let place = chunk.binary_search_by_key(&clock, |(at, _)| *at).ok()?;
        Some(chunk[place].1)
    }

    pub fn insert(&mut self, clock: u32, slot: u32) {
        if self.chunks.is_empty() {
            self.firsts.push(clock);
            self.chunks.push(vec![(clock, slot)]);
            return;
        }
        let number = self.chunk_of(clock);
        let chunk = &mut self.chunks[number];
        let place = match chunk.last() {
            Some((last, _)) if *last < clock => chunk.len(),
            _ => chunk.partition_point(|(at, _)| *at < clock),
        };
        if place == MOST {
            self.firsts.insert(number + 1, clock);
            self.chunks.insert(number + 1, vec![(clock, slot)]);
            return;
        }
        if chunk.len() == chunk.capacity() && chunk.len() >= MOST / 2 {
            // No more than it can come to hold, as most of the memory is here.
            chunk.reserve_exact(MOST + 1 - chunk.len());
        }
        chunk.insert(place, (clock, slot));
        self.firsts[number] = chunk[0].0;
        if chunk.len() > MOST {
            let rest = chunk.split_off(MOST / 2);
            self.firsts.insert(number + 1, rest[0].0);
            self.chunks.insert(number + 1, rest);
        }
    }

    pub fn remove(&mut self, clock: u32) {
        let number = self.chunk_of(clock);
        let Some(chunk) = self.chunks.get_mut(number) else {
            return;
        };
        let Ok(place) = chunk.binary_search_by_key(&clock, |(at, _)| *at) else {
            return;
        };
        chunk.remove(place);
        match chunk.first() {
            Some((first, _)) => self.firsts[number] = *first,
            None => {
                self.firsts.remove(number);
                self.chunks.remove(number);
            }
        }
    }

    /// The slots of those that begin from `from` on.
    pub fn from(&self, from: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let number = self.chunk_of(from);
        let place = self
            .chunks
            .get(number)
            .map_or(0, |chunk| chunk.partition_point(|(at, _)| *at < from));
        let rest = self
            .chunks
            .get(number)
            .map_or(&[][..], |chunk| &chunk[place..]);
        let others = self.chunks.iter().skip(number + 1).flatten();
        rest.iter().chain(others).copied()
    }
}
