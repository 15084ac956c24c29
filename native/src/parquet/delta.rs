//! DELTA_BINARY_PACKED: blocks of differences, each less the least of its block.
use super::bits::{Varints, pack, unpack};
use super::thrift::{put_varint, put_zigzag};
use super::{Outcome, not_possible};

const BLOCK: usize = 512;
const PARTS: usize = 4;
const MOST_BLOCK: u64 = 1 << 20;

/// Reads at most `most` numbers; gives the length of their bytes. Sums wrap, as all readers' do.
pub fn read(bytes: &[u8], most: usize, out: &mut Vec<i64>) -> Outcome<usize> {
    out.clear();
    let mut reader = Varints { bytes, at: 0 };
    let (block, parts, count) = (reader.number()?, reader.number()?, reader.number()?);
    let mut last = reader.signed()?;
    if block == 0
        || block > MOST_BLOCK
        || parts == 0
        || block % parts != 0
        || (block / parts) % 8 != 0
        || count > most as u64
    {
        return not_possible("differences of a page are not as they should be");
    }
    let (count, parts, part) = (count as usize, parts as usize, (block / parts) as usize);
    if out.try_reserve(count).is_err() {
        return not_possible("there is too little memory");
    }
    if count > 0 {
        out.push(last);
    }
    while out.len() < count {
        let least = reader.signed()?;
        let widths = reader.take(parts)?;
        for width in widths {
            let now = part.min(count - out.len());
            if now == 0 {
                break;
            }
            let width = usize::from(*width);
            if width > 64 {
                return not_possible("differences of a page are too wide");
            }
            let packed = reader.take(part / 8 * width)?;
            unpack(packed, width, now, |difference| {
                last = last.wrapping_add(least).wrapping_add(difference as i64);
                out.push(last);
            });
        }
    }
    Ok(reader.at)
}

/// Numbers whose differences fit their type.
pub fn write(out: &mut Vec<u8>, numbers: &[i64]) {
    put_varint(out, BLOCK as u64);
    put_varint(out, PARTS as u64);
    put_varint(out, numbers.len() as u64);
    put_zigzag(out, numbers.first().copied().unwrap_or(0));
    let mut differences = [0i64; BLOCK];
    for at in (1..numbers.len()).step_by(BLOCK) {
        let count = BLOCK.min(numbers.len() - at);
        for (i, slot) in differences[..count].iter_mut().enumerate() {
            *slot = numbers[at + i].wrapping_sub(numbers[at + i - 1]);
        }
        let least = differences[..count].iter().copied().min().unwrap_or(0);
        differences[count..].fill(least);
        put_zigzag(out, least);
        let part = BLOCK / PARTS;
        let over = |difference: &i64| difference.wrapping_sub(least) as u64;
        let width = |numbers: &[i64]| {
            let all = numbers.iter().fold(0, |bits, number| bits | over(number));
            64 - all.leading_zeros() as usize
        };
        let mut widths = [0; PARTS];
        for (slot, numbers) in widths.iter_mut().zip(differences.chunks(part)) {
            *slot = width(numbers);
        }
        out.extend(widths.map(|width| width as u8));
        for (width, numbers) in widths.iter().zip(differences.chunks(part)) {
            // A part without numbers of its own has no bytes: its width is 0.
            pack(out, *width, numbers.iter().map(over));
        }
    }
}
