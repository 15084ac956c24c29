//! The values of pages as they lie in memory.
use super::rows::Levels;
use super::schema::{Leaf, Physical};
use super::values::{Dictionary, Page, Values, encoding, read_starts, short, unknown};
use super::{Outcome, not_possible, room};

/// The values of a column, one a row.
#[derive(Default)]
pub struct Column {
    /// Of a fixed width each (a byte for a truth value), or one after the other; zeros for NULLs.
    pub bytes: Vec<u8>,
    /// Where each of them ends, where widths vary.
    pub ends: Vec<u32>,
    /// A byte a row, 0 for NULL; empty where there is none.
    pub valid: Vec<u8>,
}

/// Bytes of a file's values, and of its pages; few bytes may stand for any number of them.
pub const MOST_BYTES: usize = 4 << 20;

impl Column {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.valid.clear();
    }

    /// Bytes of the room that is used again.
    pub fn held(&self) -> usize {
        self.bytes.capacity() + 4 * self.ends.capacity() + self.valid.capacity()
    }

    /// In memory.
    pub fn size(&self) -> usize {
        self.bytes.len() + 4 * self.ends.len() + self.valid.len()
    }

    fn add(&mut self, bytes: &[u8]) -> Outcome<()> {
        if self.bytes.len() + bytes.len() > MOST_BYTES {
            return not_possible("a column has too many bytes to be read at once");
        }
        room(&mut self.bytes, bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn add_text(&mut self, bytes: &[u8]) -> Outcome<()> {
        self.add(bytes)?;
        self.ends.push(self.bytes.len() as u32);
        Ok(())
    }

    /// Appends a page's values, of which there is one for each row that has the highest level;
    /// `before`: rows so far.
    pub fn add_page(
        &mut self,
        physical: Physical,
        values: &Self,
        levels: &Levels,
        (before, rows): (usize, usize),
    ) -> Outcome<()> {
        if !levels.all_have() && self.valid.is_empty() {
            self.valid.resize(before, 1);
        }
        if !self.valid.is_empty() || !levels.all_have() {
            self.valid
                .extend((0..rows).map(|row| u8::from(levels.has_value(row))));
        }
        let mut next = 0;
        if physical == Physical::Bytes {
            let mut start = 0;
            for row in 0..rows {
                if !levels.has_value(row) {
                    self.ends.push(self.bytes.len() as u32);
                    continue;
                }
                let Some(end) = values.ends.get(next).map(|end| *end as usize) else {
                    return short();
                };
                self.add_text(&values.bytes[start..end])?;
                (start, next) = (end, next + 1);
            }
            return Ok(());
        }
        let width = physical.width().unwrap_or(1);
        if levels.all_have() {
            if values.bytes.len() != rows * width {
                return short();
            }
            return self.add(&values.bytes);
        }
        const ZEROS: [u8; 16] = [0; 16];
        for row in 0..rows {
            if !levels.has_value(row) {
                self.add(&ZEROS[..width])?;
                continue;
            }
            match values.bytes.get(next..next + width) {
                Some(value) => self.add(value)?,
                None => return short(),
            }
            next += width;
        }
        Ok(())
    }
}

impl Values {
    /// Gives all values of a page, whose width is at most 16 where it is fixed.
    pub fn decode(
        &mut self,
        leaf: &Leaf,
        page: &Page,
        dictionary: Option<&Dictionary>,
        out: &mut Column,
    ) -> Outcome<()> {
        use encoding::*;
        out.clear();
        match (page.encoding, leaf.physical) {
            (PLAIN_DICTIONARY | DICTIONARY, physical) => {
                let Some(dictionary) = dictionary else {
                    return not_possible("a page refers to a dictionary that is not there");
                };
                self.read_places(page)?;
                self.look_up(physical, dictionary, out)
            }
            (PLAIN | RLE, Physical::Boolean) => {
                self.read_bools(page)?;
                out.add(&self.bools)
            }
            (PLAIN, Physical::Bytes) => {
                read_starts(page.bytes, page.count, &mut self.starts)?;
                self.starts
                    .windows(2)
                    .try_for_each(|at| out.add_text(&page.bytes[at[0] + 4..at[1]]))
            }
            (PLAIN, physical) => match page.bytes.get(..page.count * physical.width().unwrap_or(1))
            {
                Some(bytes) => out.add(bytes),
                None => short(),
            },
            (SPLIT, Physical::Boolean | Physical::Bytes | Physical::Int96) => unknown(),
            (SPLIT, physical) => {
                self.join(physical.width().unwrap_or(1), page)?;
                out.add(&self.bytes)
            }
            (DELTA, Physical::Int32) => {
                self.read_ints(leaf, page)?;
                let ints = self.ints.iter();
                ints.copied()
                    .try_for_each(|v| out.add(&(v as i32).to_le_bytes()))
            }
            (DELTA, Physical::Int64) => {
                self.read_ints(leaf, page)?;
                self.ints.iter().try_for_each(|v| out.add(&v.to_le_bytes()))
            }
            (DELTA_LENGTH, Physical::Bytes) => {
                self.read_lengths(page.count, page.bytes)?;
                self.starts
                    .windows(2)
                    .try_for_each(|at| out.add_text(&page.bytes[at[0]..at[1]]))
            }
            (DELTA_BYTES, Physical::Bytes) => {
                self.read_prefixed(page, MOST_BYTES)?;
                self.starts
                    .windows(2)
                    .try_for_each(|at| out.add_text(&self.bytes[at[0]..at[1]]))
            }
            _ => unknown(),
        }
    }

    fn look_up(
        &self,
        physical: Physical,
        dictionary: &Dictionary,
        out: &mut Column,
    ) -> Outcome<()> {
        for place in &self.places {
            let place = *place as usize;
            if place >= dictionary.count() {
                return not_possible("a page refers to what its dictionary lacks");
            }
            match physical.width() {
                Some(width) => out.add(&dictionary.bytes[place * width..(place + 1) * width])?,
                None => {
                    let (start, end) = (dictionary.starts[place] + 4, dictionary.starts[place + 1]);
                    out.add_text(&dictionary.bytes[start..end])?;
                }
            }
        }
        Ok(())
    }
}
