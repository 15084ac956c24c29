//! A new file of few rows: one row group, whose columns are one PLAIN page each, not compressed.
use super::bits::{pack, write_mix};
use super::chunk::write_statistics;
use super::facts::Facts;
use super::footer::{MAGIC, chunk, column, file, finish, group_tree};
use super::page::append_plain;
use super::schema::{Leaf, Physical, element, leaves};
use super::stats::{Bounds, Order};
use super::thrift::{LIST_OF_BINARIES, LIST_OF_I32, LIST_OF_STRUCTS, Struct, Value};
use super::values::encoding;
use super::{Outcome, not_possible};

const CREATED_BY: &str = concat!("OpenBricks version ", env!("CARGO_PKG_VERSION"));

/// As DuckDB tells types in its files.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    Boolean,
    /// Of so many bits.
    Integer(u8),
    Float,
    Double,
    Text,
    Date,
    /// Microseconds; whether since 1970 in UTC.
    Timestamp(bool),
    /// Digits, and those after the point.
    Decimal(u32, u32),
}

pub struct Column<'a> {
    pub name: &'a str,
    pub id: Option<i32>,
    pub of: Type,
    /// PLAIN, without NULLs; truth values are a byte each.
    pub values: &'a [u8],
    /// A byte a row, 0 for NULL.
    pub valid: &'a [u8],
}

pub struct Created {
    pub bytes: Vec<u8>,
    pub facts: Vec<Facts>,
}

fn text(text: &str) -> Value {
    Value::Binary(text.as_bytes().to_vec())
}

fn structure(fields: Vec<(i16, Value)>) -> Value {
    Value::Struct(Struct(fields))
}

/// What the schema tells of a column.
fn tree_of(made: &Column) -> Struct {
    let (physical, converted) = match made.of {
        Type::Boolean => (Physical::Boolean, None),
        Type::Integer(8) => (Physical::Int32, Some(15)),
        Type::Integer(16) => (Physical::Int32, Some(16)),
        Type::Integer(32) => (Physical::Int32, Some(17)),
        Type::Integer(_) => (Physical::Int64, Some(18)),
        Type::Float => (Physical::Float, None),
        Type::Double => (Physical::Double, None),
        Type::Text => (Physical::Bytes, Some(0)),
        Type::Date => (Physical::Int32, Some(6)),
        Type::Timestamp(_) => (Physical::Int64, Some(10)),
        Type::Decimal(..=9, _) => (Physical::Int32, Some(5)),
        Type::Decimal(..) => (Physical::Int64, Some(5)),
    };
    let mut tree = Struct::default();
    tree.set(element::TYPE, Value::I32(physical.number() as i32));
    tree.set(element::REPETITION, Value::I32(1));
    tree.set(element::NAME, text(made.name));
    if let Some(converted) = converted {
        tree.set(element::CONVERTED, Value::I32(converted));
    }
    if let Some(id) = made.id {
        tree.set(element::FIELD_ID, Value::I32(id));
    }
    match made.of {
        Type::Decimal(precision, scale) => {
            let (precision, scale) = (Value::I32(precision as i32), Value::I32(scale as i32));
            tree.set(element::SCALE, scale.clone());
            tree.set(element::PRECISION, precision.clone());
            let digits = structure(vec![(1, scale), (2, precision)]);
            tree.set(element::LOGICAL, structure(vec![(5, digits)]));
        }
        Type::Timestamp(utc) => {
            let micros = structure(vec![(2, structure(Vec::new()))]);
            let about = structure(vec![(1, Value::Bool(utc)), (2, micros)]);
            tree.set(element::LOGICAL, structure(vec![(8, about)]));
        }
        _ => (),
    }
    tree
}

/// Each text lies behind its length.
fn add_texts(mut bytes: &[u8], count: usize, bounds: &mut Bounds) -> Outcome<()> {
    for _ in 0..count {
        let found = bytes.split_first_chunk::<4>().and_then(|(length, rest)| {
            rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
        });
        let Some((text, rest)) = found else {
            return not_possible("a column has fewer texts than rows");
        };
        bounds.add_bytes(Order::Bytes, text);
        bytes = rest;
    }
    match bytes {
        [] => Ok(()),
        _ => not_possible("a column has more texts than rows"),
    }
}

fn bounds_of(made: &Column, leaf: &Leaf) -> Outcome<Bounds> {
    let count = made.valid.iter().filter(|valid| **valid != 0).count();
    let mut bounds = Bounds {
        nulls: (made.valid.len() - count) as u64,
        ..Bounds::default()
    };
    let width = match leaf.physical {
        Physical::Bytes => {
            add_texts(made.values, count, &mut bounds)?;
            return Ok(bounds);
        }
        physical => physical.width().unwrap_or(1),
    };
    if made.values.len() != count * width {
        return not_possible("a column has another number of values than rows");
    }
    match Order::of(leaf) {
        Order::Boolean => bounds.add_bools(made.values),
        order => bounds.add_plain(order, width, made.values),
    }
    Ok(bounds)
}

/// The levels that tell which rows have a value, and the values.
fn page_body(made: &Column, leaf: &Leaf) -> Vec<u8> {
    let mut levels = Vec::new();
    let valid: Vec<bool> = made.valid.iter().map(|valid| *valid != 0).collect();
    write_mix(&mut levels, 1, &valid, u64::from);
    let mut out = (levels.len() as u32).to_le_bytes().to_vec();
    out.extend_from_slice(&levels);
    match leaf.physical {
        Physical::Boolean => {
            let bits = made.values.iter().map(|value| u64::from(*value != 0));
            pack(&mut out, 1, bits);
        }
        _ => out.extend_from_slice(made.values),
    }
    out
}

/// Appends a column's page, and gives what the footer tells of it.
fn append(made: &Column, leaf: &Leaf, bounds: &Bounds, out: &mut Vec<u8>) -> Struct {
    let start = out.len();
    append_plain(made.valid.len(), &page_body(made, leaf), out);
    let size = Value::I64((out.len() - start) as i64);
    let encodings = [encoding::PLAIN, encoding::RLE].map(|number| Value::I32(number as i32));
    let mut meta = Struct::default();
    meta.set(column::TYPE, Value::I32(leaf.physical.number() as i32));
    meta.set(
        column::ENCODINGS,
        Value::List(LIST_OF_I32, encodings.to_vec()),
    );
    meta.set(
        column::PATH,
        Value::List(LIST_OF_BINARIES, vec![text(made.name)]),
    );
    meta.set(column::CODEC, Value::I32(0));
    meta.set(column::VALUES, Value::I64(made.valid.len() as i64));
    meta.set(column::UNCOMPRESSED, size.clone());
    meta.set(column::COMPRESSED, size);
    meta.set(column::DATA, Value::I64(start as i64));
    meta.set(
        column::STATISTICS,
        Value::Struct(write_statistics(leaf, bounds, None, true)),
    );
    let mut tree = Struct::default();
    tree.set(chunk::OFFSET, Value::I64(0));
    tree.set(chunk::META, Value::Struct(meta));
    tree
}

/// The file's bytes, and what they hold.
pub fn create(columns: &[Column], rows: usize) -> Outcome<Created> {
    if columns.is_empty() || rows == 0 || columns.iter().any(|made| made.valid.len() != rows) {
        return not_possible("a file needs columns of as many rows each");
    }
    let mut root = Struct::default();
    root.set(element::REPETITION, Value::I32(0));
    root.set(element::NAME, text("schema"));
    root.set(element::CHILDREN, Value::I32(columns.len() as i32));
    let mut elements = vec![root];
    elements.extend(columns.iter().map(tree_of));
    let leaves = leaves(&elements.iter().collect::<Vec<_>>())?;
    let (mut bytes, mut chunks, mut facts) = (MAGIC.to_vec(), Vec::new(), Vec::new());
    for (made, leaf) in columns.iter().zip(&leaves) {
        let bounds = bounds_of(made, leaf)?;
        chunks.push(append(made, leaf, &bounds, &mut bytes));
        facts.push(Facts::of(leaf, bounds));
    }
    let structs = |list: Vec<Struct>| {
        let list = list.into_iter().map(Value::Struct).collect();
        Value::List(LIST_OF_STRUCTS, list)
    };
    // Minima and maxima are in the order of their types.
    let order = || structure(vec![(1, structure(Vec::new()))]);
    let orders = columns.iter().map(|_| order()).collect();
    let mut tree = Struct::default();
    tree.set(file::VERSION, Value::I32(1));
    tree.set(file::SCHEMA, structs(elements));
    tree.set(file::CREATED_BY, text(CREATED_BY));
    tree.set(file::COLUMN_ORDERS, Value::List(LIST_OF_STRUCTS, orders));
    let group = group_tree(&Struct::default(), 0, rows as u64, chunks);
    bytes.extend(finish(&tree, rows as u64, vec![group])?);
    Ok(Created { bytes, facts })
}
