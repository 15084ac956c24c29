//! Numbers of few bits, packed from the lowest bit up, and the mix of runs and packed groups that
//! Parquet keeps levels and places in dictionaries in.
use super::{Outcome, not_possible};

/// The eight bytes from `at`, with zeros behind the end.
fn word(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..at + 8) {
        Some(all) => u64::from_le_bytes([
            all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7],
        ]),
        None => {
            let rest = bytes.get(at..).unwrap_or_default();
            rest.iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b))
        }
    }
}

pub fn mask(width: usize) -> u64 {
    if width >= 64 {
        u64::MAX
    } else {
        (1 << width) - 1
    }
}

/// Gives `count` numbers of `width` ≤ 64 bits, of which `bytes` are known to have enough.
pub fn unpack(bytes: &[u8], width: usize, count: usize, mut each: impl FnMut(u64)) {
    let mask = mask(width);
    if width <= 56 {
        let mut bit = 0;
        for _ in 0..count {
            each(word(bytes, bit >> 3) >> (bit & 7) & mask);
            bit += width;
        }
        return;
    }
    for i in 0..count {
        let bit = i * width;
        let low = word(bytes, bit >> 3) >> (bit & 7);
        let high = match bit & 7 {
            0 => 0,
            by => u64::from(bytes.get((bit >> 3) + 8).copied().unwrap_or(0)) << (64 - by),
        };
        each((low | high) & mask);
    }
}

/// Appends numbers of `width` ≤ 64 bits each; the last byte is filled up with zeros.
pub fn pack(out: &mut Vec<u8>, width: usize, numbers: impl Iterator<Item = u64>) {
    let (mut held, mut bits) = (0u64, 0usize);
    for number in numbers {
        held |= number << bits;
        bits += width;
        if bits >= 64 {
            out.extend_from_slice(&held.to_le_bytes());
            bits -= 64;
            held = if bits == 0 {
                0
            } else {
                number >> (width - bits)
            };
        }
    }
    out.extend_from_slice(&held.to_le_bytes()[..bits.div_ceil(8)]);
}

pub struct Varints<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Varints<'a> {
    pub fn byte(&mut self) -> Outcome<u8> {
        let Some(byte) = self.bytes.get(self.at) else {
            return not_possible("a page ends too early");
        };
        self.at += 1;
        Ok(*byte)
    }
    pub fn take(&mut self, count: usize) -> Outcome<&'a [u8]> {
        if count > self.bytes.len() - self.at {
            return not_possible("a page ends too early");
        }
        self.at += count;
        Ok(&self.bytes[self.at - count..self.at])
    }
    pub fn number(&mut self) -> Outcome<u64> {
        let mut out = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            out |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(out);
            }
        }
        not_possible("a number of a page is too long")
    }
    pub fn signed(&mut self) -> Outcome<i64> {
        let raw = self.number()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }
}

/// The value of a mix whose `count` numbers are one run.
pub fn single_run(bytes: &[u8], width: usize, count: usize) -> Option<u64> {
    let mut reader = Varints { bytes, at: 0 };
    let head = reader.number().ok()?;
    let whole = head & 1 == 0 && head >> 1 >= count as u64;
    whole.then(|| word(&bytes[reader.at..], 0) & mask(width.div_ceil(8) * 8))
}

/// Reads `count` numbers of `width` ≤ 32 bits.
pub fn read_mix<T: Copy>(
    bytes: &[u8],
    width: usize,
    count: usize,
    out: &mut Vec<T>,
    make: impl Fn(u64) -> T,
) -> Outcome<()> {
    out.clear();
    if out.try_reserve(count).is_err() {
        return not_possible("there is too little memory");
    }
    let mut reader = Varints { bytes, at: 0 };
    while out.len() < count {
        let head = reader.number()?;
        let left = count - out.len();
        if head & 1 == 0 {
            let value = word(reader.take(width.div_ceil(8))?, 0);
            let run = usize::try_from(head >> 1).unwrap_or(usize::MAX).min(left);
            if run == 0 {
                return not_possible("a run of a page is empty");
            }
            out.extend(std::iter::repeat_n(make(value), run));
        } else {
            let groups = usize::try_from(head >> 1).unwrap_or(usize::MAX);
            let run = groups.saturating_mul(8).min(left);
            if run == 0 {
                return not_possible("a run of a page is empty");
            }
            // The last group may be cut off where its numbers end.
            let all = groups.saturating_mul(width);
            let least = (run * width).div_ceil(8);
            let packed = reader.take(all.min(bytes.len() - reader.at).max(least))?;
            unpack(packed, width, run, |number| out.push(make(number)));
        }
    }
    Ok(())
}

fn run_at<T: Copy + PartialEq>(numbers: &[T]) -> usize {
    numbers.iter().take_while(|n| **n == numbers[0]).count()
}

/// Writes numbers of `width` ≤ 32 bits.
pub fn write_mix<T: Copy + PartialEq>(
    out: &mut Vec<u8>,
    width: usize,
    numbers: &[T],
    of: impl Fn(T) -> u64,
) {
    let is_run = |at: usize| {
        let group = &numbers[at..numbers.len().min(at + 8)];
        group.len() == 8 && group[1..].iter().all(|n| *n == group[0])
    };
    let mut at = 0;
    while at < numbers.len() {
        let rest = &numbers[at..];
        let run = if is_run(at) || rest.len() < 8 {
            run_at(rest)
        } else {
            0
        };
        if run >= 8 || run == rest.len() {
            super::thrift::put_varint(out, (run as u64) << 1);
            out.extend_from_slice(&of(rest[0]).to_le_bytes()[..width.div_ceil(8)]);
            at += run;
            continue;
        }
        let mut end = at + 8;
        while end < numbers.len() && !is_run(end) {
            end += 8;
        }
        let groups = (end - at) / 8;
        let packed = &numbers[at..numbers.len().min(end)];
        super::thrift::put_varint(out, (groups as u64) << 1 | 1);
        let padding = std::iter::repeat_n(0, groups * 8 - packed.len());
        pack(out, width, packed.iter().map(|n| of(*n)).chain(padding));
        at += packed.len();
    }
}
