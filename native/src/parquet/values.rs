//! The values of a page without some of them, in the encoding that they have or a plainer one.
use std::ops::Range;

use super::bits::{read_mix, unpack, write_mix};
use super::schema::{Leaf, Physical};
use super::stats::{Bound, Bounds, Order};
use super::{MOST_PAGE, Outcome, delta, not_possible, room};

pub mod encoding {
    pub const PLAIN: i64 = 0;
    pub const PLAIN_DICTIONARY: i64 = 2;
    pub const RLE: i64 = 3;
    pub const DELTA: i64 = 5;
    pub const DELTA_LENGTH: i64 = 6;
    pub const DELTA_BYTES: i64 = 7;
    pub const DICTIONARY: i64 = 8;
    pub const SPLIT: i64 = 9;
}

/// Values of a column chunk that its pages refer to by number.
#[derive(Default)]
pub struct Dictionary {
    pub(super) bytes: Vec<u8>,
    /// Where each begins, and the last one ends, where widths vary.
    pub(super) starts: Vec<usize>,
    used: Vec<bool>,
}

/// The page's values, NULLs left out.
pub struct Page<'a> {
    pub encoding: i64,
    pub bytes: &'a [u8],
    pub count: usize,
}

/// A worker's room for values, used again for each page.
#[derive(Default)]
pub struct Values {
    pub(super) places: Vec<u32>,
    pub(super) bools: Vec<u8>,
    pub(super) ints: Vec<i64>,
    prefixes: Vec<i64>,
    pub(super) starts: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

fn keep_in<T: Copy>(values: &mut Vec<T>, keep: &[Range<usize>]) {
    let mut at = 0;
    for range in keep {
        values.copy_within(range.clone(), at);
        at += range.len();
    }
    values.truncate(at);
}

pub(super) fn short<T>() -> Outcome<T> {
    not_possible("a page has fewer values than it tells")
}

/// Where each of `count` values that follow their lengths begins, and the last one ends.
pub(super) fn read_starts(bytes: &[u8], count: usize, out: &mut Vec<usize>) -> Outcome<()> {
    out.clear();
    // A length takes four bytes, so that the page bounds the count.
    if count > bytes.len() / 4 {
        return short();
    }
    let mut at = 0;
    out.push(at);
    for _ in 0..count {
        let Some(length) = bytes.get(at..at + 4) else {
            return short();
        };
        let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
        at += 4 + length;
        if at > bytes.len() {
            return short();
        }
        out.push(at);
    }
    Ok(())
}

impl Dictionary {
    pub fn read(leaf: &Leaf, bytes: Vec<u8>, count: usize) -> Outcome<Self> {
        let mut starts = Vec::new();
        match leaf.physical {
            Physical::Bytes => read_starts(&bytes, count, &mut starts)?,
            physical => match physical.width() {
                Some(width) if count <= bytes.len() / width => (),
                _ => return short(),
            },
        }
        Ok(Self {
            bytes,
            starts,
            used: vec![false; count],
        })
    }

    pub(super) fn count(&self) -> usize {
        self.used.len()
    }

    /// Adds the values that pages refer to.
    pub fn finish(&self, leaf: &Leaf, bounds: &mut Bounds) {
        let order = Order::of(leaf);
        let used = (0..self.used.len()).filter(|i| self.used[*i]);
        if let Some(width) = leaf.physical.width() {
            for i in used {
                bounds.add_plain(order, width, &self.bytes[i * width..(i + 1) * width]);
            }
        } else {
            for i in used {
                bounds.add_bytes(order, &self.bytes[self.starts[i] + 4..self.starts[i + 1]]);
            }
        }
    }
}

impl Values {
    /// Bytes of the room that is used again.
    pub fn held(&self) -> usize {
        4 * self.places.capacity()
            + self.bools.capacity()
            + 8 * (self.ints.capacity() + self.prefixes.capacity() + self.starts.capacity())
            + self.bytes.capacity()
    }

    /// Appends the values of the ranges, which lie in order in the page, and gives their encoding.
    /// Without `out` they are only looked at, for their bounds.
    pub fn filter(
        &mut self,
        leaf: &Leaf,
        page: &Page,
        keep: &[Range<usize>],
        dictionary: Option<&mut Dictionary>,
        bounds: &mut Bounds,
        out: Option<&mut Vec<u8>>,
    ) -> Outcome<i64> {
        use encoding::*;
        match (page.encoding, leaf.physical) {
            (PLAIN_DICTIONARY | DICTIONARY, _) => {
                let Some(dictionary) = dictionary else {
                    return not_possible("a page refers to a dictionary that is not there");
                };
                self.places(page, keep, dictionary, out)
            }
            (PLAIN | RLE, Physical::Boolean) => self.booleans(page, keep, bounds, out),
            (PLAIN, Physical::Bytes) => self.plain_bytes(leaf, page, keep, bounds, out),
            (PLAIN, physical) => {
                let width = physical.width().unwrap_or(1);
                plain(leaf, width, page.bytes, page.count, keep, bounds, out)
            }
            (SPLIT, Physical::Boolean | Physical::Bytes | Physical::Int96) => unknown(),
            (SPLIT, physical) => {
                let width = physical.width().unwrap_or(1);
                self.join(width, page)?;
                plain(leaf, width, &self.bytes, page.count, keep, bounds, out)
            }
            (DELTA, Physical::Int32 | Physical::Int64) => self.delta(leaf, page, keep, bounds, out),
            (DELTA_LENGTH, Physical::Bytes) => self.lengths(leaf, page, keep, bounds, out),
            (DELTA_BYTES, Physical::Bytes | Physical::Fixed(_)) => {
                self.prefixed(leaf, page, keep, bounds, out)
            }
            _ => unknown(),
        }
    }

    /// The numbers by which a page refers to its dictionary, and their bits.
    pub(super) fn read_places(&mut self, page: &Page) -> Outcome<usize> {
        let width = usize::from(page.bytes.first().copied().unwrap_or(0));
        if width > 32 {
            return not_possible("a page refers to its dictionary with too many bits");
        }
        self.places.clear();
        if page.count > 0 {
            let bytes = page.bytes.get(1..).unwrap_or_default();
            read_mix(bytes, width, page.count, &mut self.places, |n| n as u32)?;
        }
        Ok(width)
    }

    fn places(
        &mut self,
        page: &Page,
        keep: &[Range<usize>],
        dictionary: &mut Dictionary,
        out: Option<&mut Vec<u8>>,
    ) -> Outcome<i64> {
        let width = self.read_places(page)?;
        keep_in(&mut self.places, keep);
        for place in &self.places {
            match dictionary.used.get_mut(*place as usize) {
                Some(used) => *used = true,
                None => return not_possible("a page refers to what its dictionary lacks"),
            }
        }
        if let Some(out) = out {
            out.push(width as u8);
            write_mix(out, width, &self.places, u64::from);
        }
        Ok(page.encoding)
    }

    pub(super) fn read_bools(&mut self, page: &Page) -> Outcome<()> {
        let bools = &mut self.bools;
        bools.clear();
        if page.encoding == encoding::PLAIN {
            if page.count.div_ceil(8) > page.bytes.len() {
                return short();
            }
            unpack(page.bytes, 1, page.count, |bit| bools.push(bit as u8));
        } else if page.count > 0 {
            read_mix(
                page.bytes.get(4..).unwrap_or_default(),
                1,
                page.count,
                bools,
                |n| n as u8 & 1,
            )?;
        }
        Ok(())
    }

    fn booleans(
        &mut self,
        page: &Page,
        keep: &[Range<usize>],
        bounds: &mut Bounds,
        out: Option<&mut Vec<u8>>,
    ) -> Outcome<i64> {
        self.read_bools(page)?;
        let bools = &mut self.bools;
        keep_in(bools, keep);
        bounds.add_bools(bools);
        let Some(out) = out else {
            return Ok(page.encoding);
        };
        if page.encoding == encoding::PLAIN {
            super::bits::pack(out, 1, bools.iter().map(|b| u64::from(*b)));
        } else {
            let at = out.len();
            out.extend([0; 4]);
            write_mix(out, 1, bools, u64::from);
            let length = (out.len() - at - 4) as u32;
            out[at..at + 4].copy_from_slice(&length.to_le_bytes());
        }
        Ok(page.encoding)
    }

    fn plain_bytes(
        &mut self,
        leaf: &Leaf,
        page: &Page,
        keep: &[Range<usize>],
        bounds: &mut Bounds,
        mut out: Option<&mut Vec<u8>>,
    ) -> Outcome<i64> {
        read_starts(page.bytes, page.count, &mut self.starts)?;
        let order = Order::of(leaf);
        for range in keep {
            for i in range.clone() {
                bounds.add_bytes(order, &page.bytes[self.starts[i] + 4..self.starts[i + 1]]);
            }
            if let Some(out) = &mut out {
                out.extend_from_slice(
                    &page.bytes[self.starts[range.start]..self.starts[range.end]],
                );
            }
        }
        Ok(encoding::PLAIN)
    }

    /// Puts the bytes of BYTE_STREAM_SPLIT, which some readers lack, together again.
    pub(super) fn join(&mut self, width: usize, page: &Page) -> Outcome<()> {
        let count = page.count;
        if count.checked_mul(width) != Some(page.bytes.len()) {
            return short();
        }
        self.bytes.clear();
        room(&mut self.bytes, page.bytes.len())?;
        for i in 0..count {
            self.bytes
                .extend((0..width).map(|k| page.bytes[k * count + i]));
        }
        Ok(())
    }

    pub(super) fn read_ints(&mut self, leaf: &Leaf, page: &Page) -> Outcome<()> {
        let ints = &mut self.ints;
        ints.clear();
        if page.count > 0 {
            delta::read(page.bytes, page.count, ints)?;
        }
        if ints.len() != page.count {
            return short();
        }
        if leaf.physical == Physical::Int32 {
            ints.iter_mut().for_each(|v| *v = i64::from(*v as i32));
        }
        Ok(())
    }

    fn delta(
        &mut self,
        leaf: &Leaf,
        page: &Page,
        keep: &[Range<usize>],
        bounds: &mut Bounds,
        out: Option<&mut Vec<u8>>,
    ) -> Outcome<i64> {
        self.read_ints(leaf, page)?;
        let narrow = leaf.physical == Physical::Int32;
        let ints = &mut self.ints;
        keep_in(ints, keep);
        let mut signed = Bounds::default();
        signed.add_ints(Order::Int64, ints);
        let order = Order::of(leaf);
        if matches!(order, Order::Int32 | Order::Int64) {
            bounds.merge(signed.clone());
        } else {
            bounds.add_ints(order, ints);
        }
        let Some(out) = out else {
            return Ok(encoding::DELTA);
        };
        // Some readers refuse differences that do not fit the type.
        let most = i128::from(if narrow {
            i64::from(i32::MAX)
        } else {
            i64::MAX
        });
        let wide = match (signed.min, signed.max) {
            (Some(Bound::Int(low)), Some(Bound::Int(high))) => high - low > most,
            _ => false,
        };
        match (wide, narrow) {
            (false, _) => delta::write(out, ints),
            (true, true) => ints
                .iter()
                .for_each(|v| out.extend((*v as i32).to_le_bytes())),
            (true, false) => ints.iter().for_each(|v| out.extend(v.to_le_bytes())),
        }
        Ok(if wide {
            encoding::PLAIN
        } else {
            encoding::DELTA
        })
    }

    /// Lengths become places in what follows them, of which there is as much as they tell.
    pub(super) fn read_lengths(&mut self, count: usize, bytes: &[u8]) -> Outcome<usize> {
        let data = match count {
            0 => 0,
            _ => delta::read(bytes, count, &mut self.ints)?,
        };
        if count == 0 {
            self.ints.clear();
        }
        if self.ints.len() != count {
            return short();
        }
        self.starts.clear();
        self.starts.push(data);
        let mut at = data;
        for length in &self.ints {
            at = match usize::try_from(*length)
                .ok()
                .and_then(|n| at.checked_add(n))
            {
                Some(at) if at <= bytes.len() => at,
                _ => return short(),
            };
            self.starts.push(at);
        }
        Ok(data)
    }

    fn lengths(
        &mut self,
        leaf: &Leaf,
        page: &Page,
        keep: &[Range<usize>],
        bounds: &mut Bounds,
        out: Option<&mut Vec<u8>>,
    ) -> Outcome<i64> {
        self.read_lengths(page.count, page.bytes)?;
        let order = Order::of(leaf);
        for i in keep.iter().cloned().flatten() {
            bounds.add_bytes(order, &page.bytes[self.starts[i]..self.starts[i + 1]]);
        }
        if let Some(out) = out {
            keep_in(&mut self.ints, keep);
            delta::write(out, &self.ints);
            for range in keep {
                out.extend_from_slice(
                    &page.bytes[self.starts[range.start]..self.starts[range.end]],
                );
            }
        }
        Ok(encoding::DELTA_LENGTH)
    }

    /// Values that leave out what they share with the one before.
    fn prefixed(
        &mut self,
        leaf: &Leaf,
        page: &Page,
        keep: &[Range<usize>],
        bounds: &mut Bounds,
        out: Option<&mut Vec<u8>>,
    ) -> Outcome<i64> {
        self.read_prefixed(page, MOST_PAGE)?;
        let order = Order::of(leaf);
        let value = |i: usize| &self.bytes[self.starts[i]..self.starts[i + 1]];
        for i in keep.iter().cloned().flatten() {
            bounds.add_bytes(order, value(i));
        }
        let Some(out) = out else {
            return Ok(encoding::DELTA_BYTES);
        };
        self.prefixes.clear();
        self.ints.clear();
        let mut last: &[u8] = &[];
        for i in keep.iter().cloned().flatten() {
            let now = value(i);
            let same = now.iter().zip(last).take_while(|(a, b)| a == b).count();
            self.prefixes.push(same as i64);
            self.ints.push((now.len() - same) as i64);
            last = now;
        }
        delta::write(out, &self.prefixes);
        delta::write(out, &self.ints);
        for (number, i) in keep.iter().cloned().flatten().enumerate() {
            out.extend_from_slice(&value(i)[self.prefixes[number] as usize..]);
        }
        Ok(encoding::DELTA_BYTES)
    }

    /// `most`: bytes that the values may have.
    pub(super) fn read_prefixed(&mut self, page: &Page, most: usize) -> Outcome<()> {
        let mut behind = 0;
        self.prefixes.clear();
        if page.count > 0 {
            behind = delta::read(page.bytes, page.count, &mut self.prefixes)?;
        }
        if self.prefixes.len() != page.count {
            return short();
        }
        let bytes = &page.bytes[behind..];
        self.read_lengths(page.count, bytes)?;
        self.bytes.clear();
        let mut last = 0..0;
        for i in 0..page.count {
            let rest = &bytes[self.starts[i]..self.starts[i + 1]];
            let same = usize::try_from(self.prefixes[i]).unwrap_or(usize::MAX);
            if same > last.len() || self.bytes.len() + same + rest.len() > most {
                return not_possible("a page has texts that go on from nothing, or are too long");
            }
            let start = self.bytes.len();
            room(&mut self.bytes, same + rest.len())?;
            self.bytes.extend_from_within(last.start..last.start + same);
            self.bytes.extend_from_slice(rest);
            last = start..self.bytes.len();
            self.starts[i] = start;
        }
        self.starts[page.count] = self.bytes.len();
        Ok(())
    }
}

pub(super) fn unknown<T>() -> Outcome<T> {
    not_possible("a page is encoded in a way that is not known here")
}

fn plain(
    leaf: &Leaf,
    width: usize,
    bytes: &[u8],
    count: usize,
    keep: &[Range<usize>],
    bounds: &mut Bounds,
    mut out: Option<&mut Vec<u8>>,
) -> Outcome<i64> {
    if count > bytes.len() / width {
        return short();
    }
    let order = Order::of(leaf);
    for range in keep {
        let kept = &bytes[range.start * width..range.end * width];
        bounds.add_plain(order, width, kept);
        if let Some(out) = &mut out {
            out.extend_from_slice(kept);
        }
    }
    Ok(encoding::PLAIN)
}
