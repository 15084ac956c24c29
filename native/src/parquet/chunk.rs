//! One column chunk: its pages without the rows that are gone, and what its values are like.
use super::codec::Codec;
use super::filter::{Made, State, Worker};
use super::footer::{Chunk, chunk, column};
use super::page::{Header, Sort};
use super::rows::Rows;
use super::schema::Leaf;
use super::stats::{Bound, Bounds, Order, from_plain, to_plain};
use super::thrift::{LIST_OF_I32, LIST_OF_STRUCTS, Struct, Value};
use super::values::{Dictionary, encoding};
use super::{Outcome, not_possible};

mod statistics {
    pub const OLD_MAX: i16 = 1;
    pub const OLD_MIN: i16 = 2;
    pub const NULLS: i16 = 3;
    pub const MAX: i16 = 5;
    pub const MIN: i16 = 6;
    pub const MAX_EXACT: i16 = 7;
    pub const MIN_EXACT: i16 = 8;
}

/// A chunk's part of the footer, with places that count from its start.
pub struct Fresh {
    pub tree: Struct,
    pub bounds: Bounds,
}

#[derive(Default)]
struct Totals {
    values: u64,
    uncompressed: u64,
    dictionary: bool,
    first_data: Option<u64>,
    /// How many pages there are of a sort and encoding.
    encodings: Vec<((i64, i64), i64)>,
}

impl Totals {
    fn add(&mut self, sort: i64, encoding: i64, uncompressed: usize) {
        self.uncompressed += uncompressed as u64;
        let key = (sort, encoding);
        match self.encodings.iter_mut().find(|(at, _)| *at == key) {
            Some((_, count)) => *count += 1,
            None => self.encodings.push((key, 1)),
        }
    }
}

/// Goes through a chunk's pages and gives what they hold, `out` being the pages that stay. `gone`:
/// rows of the row group, ascending.
pub fn run(
    worker: &mut Worker,
    chunk: &Chunk,
    leaf: &Leaf,
    (rows, gone): (u64, &[u64]),
    data: &[u8],
    out: &mut Vec<u8>,
    check: &dyn Fn() -> Outcome<()>,
) -> Outcome<(Bounds, Struct)> {
    out.clear();
    let mut state = State {
        leaf,
        codec: Codec::of(chunk.codec)?,
        rows: Rows::new(gone),
        dictionary: None,
        bounds: Bounds::default(),
    };
    let mut totals = Totals::default();
    let (mut at, mut seen) = (0, 0u64);
    while seen < chunk.values {
        check()?;
        let header = Header::read(&data[at..], leaf)?;
        let body = &data[at + header.bytes..][..header.compressed];
        let whole = &data[at..at + header.bytes + header.compressed];
        at += whole.len();
        match header.sort {
            Sort::Dictionary => {
                dictionary(worker, &header, body, &mut state)?;
                totals.dictionary = true;
            }
            Sort::Data | Sort::Data2 { .. } => {
                seen += header.values as u64;
                if header.values == 0 {
                    continue;
                }
            }
            Sort::Other => continue,
        }
        page(
            worker,
            &header,
            (body, whole),
            &mut state,
            (&mut *out, &mut totals),
        )?;
    }
    if seen != chunk.values || state.rows.begun != rows {
        return not_possible("a column has another number of values than it tells");
    }
    let mut bounds = state.bounds;
    if let Some(dictionary) = &state.dictionary {
        dictionary.finish(leaf, &mut bounds);
    }
    let meta = meta(chunk.meta(), &totals, out.len());
    Ok((bounds, meta))
}

fn dictionary(worker: &mut Worker, header: &Header, body: &[u8], state: &mut State) -> Outcome<()> {
    if state.dictionary.is_some()
        || ![encoding::PLAIN, encoding::PLAIN_DICTIONARY].contains(&header.encoding)
    {
        return not_possible("a column has a dictionary that cannot be read");
    }
    let mut bytes = Vec::new();
    let codec = state.codec;
    worker
        .codecs
        .unpack(codec, body, header.uncompressed, &mut bytes)?;
    state.dictionary = Some(Dictionary::read(state.leaf, bytes, header.values)?);
    Ok(())
}

fn page(
    worker: &mut Worker,
    header: &Header,
    (body, whole): (&[u8], &[u8]),
    state: &mut State,
    (out, totals): (&mut Vec<u8>, &mut Totals),
) -> Outcome<()> {
    let begin = out.len() as u64;
    let made = match header.sort {
        Sort::Dictionary => Made::Same,
        _ => worker.page(header, body, state, out)?,
    };
    match made {
        Made::Empty => return Ok(()),
        Made::Same => {
            super::room(out, whole.len())?;
            out.extend_from_slice(whole);
            let bytes = header.bytes + header.uncompressed;
            totals.add(header.number(), header.encoding, bytes);
            if header.sort != Sort::Dictionary {
                totals.values += header.values as u64;
            }
        }
        Made::Fresh {
            encoding,
            values,
            uncompressed,
        } => {
            totals.add(header.number(), encoding, uncompressed);
            totals.values += values as u64;
        }
    }
    if header.sort != Sort::Dictionary {
        totals.first_data.get_or_insert(begin);
    }
    Ok(())
}

fn meta(old: &Struct, totals: &Totals, bytes: usize) -> Struct {
    let mut meta = old.clone();
    meta.set(column::VALUES, Value::I64(totals.values as i64));
    meta.set(column::UNCOMPRESSED, Value::I64(totals.uncompressed as i64));
    meta.set(column::COMPRESSED, Value::I64(bytes as i64));
    meta.set(
        column::DATA,
        Value::I64(totals.first_data.unwrap_or(0) as i64),
    );
    meta.remove(&[column::INDEX, column::DICTIONARY]);
    meta.remove(&column::EXTRAS);
    if totals.dictionary {
        meta.set(column::DICTIONARY, Value::I64(0));
    }
    let mut encodings = old.list(column::ENCODINGS).unwrap_or_default().to_vec();
    for ((_, encoding), _) in &totals.encodings {
        let value = Value::I32(*encoding as i32);
        if !encodings.contains(&value) {
            encodings.push(value);
        }
    }
    meta.set(column::ENCODINGS, Value::List(LIST_OF_I32, encodings));
    if meta.has(column::ENCODING_STATS) {
        let list = totals.encodings.iter().map(|((sort, encoding), count)| {
            Value::Struct(Struct(vec![
                (1, Value::I32(*sort as i32)),
                (2, Value::I32(*encoding as i32)),
                (3, Value::I32(*count as i32)),
            ]))
        });
        let list = Value::List(LIST_OF_STRUCTS, list.collect());
        meta.set(column::ENCODING_STATS, list);
    }
    meta
}

/// The chunk without these rows.
pub fn rewrite(
    worker: &mut Worker,
    chunk: &Chunk,
    leaf: &Leaf,
    group: (u64, &[u64]),
    (data, ordered): (&[u8], bool),
    out: &mut Vec<u8>,
    check: &dyn Fn() -> Outcome<()>,
) -> Outcome<Fresh> {
    let (bounds, mut meta) = run(worker, chunk, leaf, group, data, out, check)?;
    let old = meta.inner(column::STATISTICS).cloned();
    let fresh = write_statistics(leaf, &bounds, old.as_ref(), ordered);
    meta.set(column::STATISTICS, Value::Struct(fresh));
    let mut tree = chunk.tree.clone();
    tree.remove(&chunk::INDEXES);
    tree.set(chunk::META, Value::Struct(meta));
    Ok(Fresh { tree, bounds })
}

/// Zeros are equal, but some readers order them: the bounds hold both.
fn widened(bound: &Bound, zero: f64) -> Bound {
    match bound {
        Bound::Float(v) if *v == 0.0 => Bound::Float(zero),
        other => other.clone(),
    }
}

/// `old`: those that they replace.
pub fn write_statistics(
    leaf: &Leaf,
    bounds: &Bounds,
    old: Option<&Struct>,
    ordered: bool,
) -> Struct {
    use statistics::*;
    let mut out = Struct::default();
    out.set(NULLS, Value::I64(bounds.nulls as i64));
    let (Some(min), Some(max), false) = (&bounds.min, &bounds.max, bounds.nan) else {
        return out;
    };
    let min = to_plain(leaf, &widened(min, -0.0));
    let max = to_plain(leaf, &widened(max, 0.0));
    let (Some(min), Some(max)) = (min, max) else {
        return out;
    };
    let signed = !matches!(
        Order::of(leaf),
        Order::UInt32 | Order::UInt64 | Order::Bytes | Order::Decimal
    );
    if signed && old.is_some_and(|old| old.has(OLD_MIN)) {
        out.set(OLD_MIN, Value::Binary(min.clone()));
        out.set(OLD_MAX, Value::Binary(max.clone()));
    }
    if ordered {
        out.set(MIN, Value::Binary(min));
        out.set(MAX, Value::Binary(max));
        if old.is_none_or(|old| old.has(MIN_EXACT) || old.has(MAX_EXACT)) {
            out.set(MIN_EXACT, Value::Bool(true));
            out.set(MAX_EXACT, Value::Bool(true));
        }
    }
    out
}

/// What the footer tells of the values of a chunk; nothing where that might not be exact.
pub fn told(chunk: &Chunk, leaf: &Leaf, ordered: bool) -> Option<Bounds> {
    use statistics::*;
    if leaf.max_rep > 0 {
        return Some(Bounds::default());
    }
    let old = chunk.meta().inner(column::STATISTICS)?;
    let mut bounds = Bounds {
        nulls: u64::try_from(old.int(NULLS)?).ok()?,
        ..Bounds::default()
    };
    match Order::of(leaf) {
        Order::None => return Some(bounds),
        _ if bounds.nulls == chunk.values => return Some(bounds),
        // They do not tell whether there are NaNs, or are not of one order.
        Order::Float | Order::Double | Order::Int96 => return None,
        _ => (),
    }
    let exact = old.bool(MIN_EXACT) != Some(false) && old.bool(MAX_EXACT) != Some(false);
    if !ordered || !exact {
        return None;
    }
    bounds.min = Some(from_plain(leaf, old.binary(MIN)?)?);
    bounds.max = Some(from_plain(leaf, old.binary(MAX)?)?);
    Some(bounds)
}
