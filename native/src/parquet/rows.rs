//! Which entries of a page belong to rows that stay.
use std::ops::Range;

use super::bits::{read_mix, single_run, write_mix};
use super::thrift::put_varint;
use super::{Outcome, not_possible};

pub fn level_bits(max: u8) -> usize {
    8 - max.leading_zeros() as usize
}

/// Levels of a page's entries.
#[derive(Default)]
pub struct Levels {
    all: bool,
    list: Vec<u8>,
    max: u8,
}

impl Levels {
    pub fn read(&mut self, bytes: &[u8], max: u8, count: usize) -> Outcome<()> {
        self.max = max;
        let width = level_bits(max);
        self.list.clear();
        self.all =
            max == 0 || count == 0 || single_run(bytes, width, count) == Some(u64::from(max));
        if !self.all {
            read_mix(bytes, width, count, &mut self.list, |level| level as u8)?;
            if self.list.iter().any(|level| *level > max) {
                return not_possible("a page has levels that its column has not");
            }
            self.all = self.list.iter().all(|level| *level == max);
        }
        Ok(())
    }

    /// Whether entries have levels at all.
    pub fn has_any(&self) -> bool {
        self.max > 0
    }
    /// Whether an entry has the highest one, so that there is a value of it.
    pub fn has_value(&self, i: usize) -> bool {
        self.level(i) == self.max
    }
    pub fn all_have(&self) -> bool {
        self.all
    }
    fn level(&self, i: usize) -> u8 {
        if self.list.is_empty() {
            self.max
        } else {
            self.list[i]
        }
    }
    /// How many of these have the highest level.
    pub fn highest(&self, entries: Range<usize>) -> usize {
        if self.all {
            return entries.len();
        }
        self.list[entries]
            .iter()
            .filter(|level| **level == self.max)
            .count()
    }

    /// The ranges of values, of which only entries of the highest level have one.
    pub fn values(&self, entries: &[Range<usize>], out: &mut Vec<Range<usize>>) {
        out.clear();
        let (mut at, mut value) = (0, 0);
        for range in entries {
            value += self.highest(at..range.start);
            let start = value;
            value += self.highest(range.clone());
            at = range.end;
            if value > start {
                out.push(start..value);
            }
        }
    }

    pub fn write(&self, entries: &[Range<usize>], out: &mut Vec<u8>) {
        if self.max == 0 {
            return;
        }
        if self.all {
            let count = entries.iter().map(Range::len).sum::<usize>();
            put_varint(out, (count as u64) << 1);
            return out.push(self.max);
        }
        let kept = entries.iter().flat_map(|range| &self.list[range.clone()]);
        write_mix(
            out,
            level_bits(self.max),
            &kept.copied().collect::<Vec<_>>(),
            u64::from,
        );
    }
}

/// Goes through the rows of a row group, of which some are gone.
pub struct Rows<'a> {
    /// In ascending order, from the row group's first.
    gone: &'a [u64],
    /// How many rows have begun.
    pub begun: u64,
}

impl<'a> Rows<'a> {
    pub fn new(gone: &'a [u64]) -> Self {
        Self { gone, begun: 0 }
    }

    /// Gives the entries that stay of the next `count`, each a row; whether all of them do.
    pub fn flat(&mut self, count: usize, out: &mut Vec<Range<usize>>) -> bool {
        out.clear();
        let (first, end) = (self.begun, self.begun + count as u64);
        self.begun = end;
        let here = self.gone.partition_point(|row| *row < end);
        let (here, rest) = self.gone.split_at(here);
        self.gone = rest;
        let mut at = 0;
        for row in here {
            let row = (row - first) as usize;
            if row > at {
                out.push(at..row);
            }
            at = row + 1;
        }
        if at < count {
            out.push(at..count);
        }
        here.is_empty()
    }

    /// As above; a row begins where the level of repetition is 0.
    pub fn nested(
        &mut self,
        repetition: &Levels,
        count: usize,
        out: &mut Vec<Range<usize>>,
    ) -> Outcome<bool> {
        out.clear();
        let mut all = true;
        for i in 0..count {
            if repetition.level(i) == 0 {
                self.begun += 1;
            }
            let Some(row) = self.begun.checked_sub(1) else {
                return not_possible("a column begins in the middle of a row");
            };
            while self.gone.first().is_some_and(|gone| *gone < row) {
                self.gone = &self.gone[1..];
            }
            if self.gone.first() == Some(&row) {
                all = false;
                continue;
            }
            match out.last_mut() {
                Some(last) if last.end == i => last.end = i + 1,
                _ => out.push(i..i + 1),
            }
        }
        Ok(all)
    }
}

/// How many rows begin among these entries.
pub fn rows_of(repetition: Option<&Levels>, entries: &[Range<usize>]) -> usize {
    let all = entries.iter().cloned().flatten();
    match repetition {
        None => entries.iter().map(Range::len).sum(),
        Some(levels) => all.filter(|i| levels.level(*i) == 0).count(),
    }
}
