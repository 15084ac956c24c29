//! A file's footer: what is checked of it, and the one of the file without the rows.
use super::schema::{Leaf, leaves};
use super::thrift::{LIST_OF_STRUCTS, Reader, Struct, Value, write_struct};
use super::{MOST_CHUNK, MOST_FOOTER, Outcome, not_possible};

pub const MAGIC: &[u8; 4] = b"PAR1";

/// Ids of fields, by the struct that they are in.
pub mod file {
    pub const VERSION: i16 = 1;
    pub const SCHEMA: i16 = 2;
    pub const ROWS: i16 = 3;
    pub const ROW_GROUPS: i16 = 4;
    pub const CREATED_BY: i16 = 6;
    pub const COLUMN_ORDERS: i16 = 7;
    pub const ENCRYPTION: i16 = 8;
}
pub mod group {
    pub const COLUMNS: i16 = 1;
    pub const BYTES: i16 = 2;
    pub const ROWS: i16 = 3;
    pub const OFFSET: i16 = 5;
    pub const COMPRESSED: i16 = 6;
    pub const ORDINAL: i16 = 7;
}
pub mod chunk {
    pub const PATH: i16 = 1;
    pub const OFFSET: i16 = 2;
    pub const META: i16 = 3;
    /// Where the indexes of its pages are.
    pub const INDEXES: [i16; 4] = [4, 5, 6, 7];
    pub const ENCRYPTION: [i16; 2] = [8, 9];
}
pub mod column {
    pub const TYPE: i16 = 1;
    pub const ENCODINGS: i16 = 2;
    pub const PATH: i16 = 3;
    pub const CODEC: i16 = 4;
    pub const VALUES: i16 = 5;
    pub const UNCOMPRESSED: i16 = 6;
    pub const COMPRESSED: i16 = 7;
    pub const DATA: i16 = 9;
    pub const INDEX: i16 = 10;
    pub const DICTIONARY: i16 = 11;
    pub const STATISTICS: i16 = 12;
    pub const ENCODING_STATS: i16 = 13;
    pub const BLOOM: i16 = 14;
    pub const BLOOM_BYTES: i16 = 15;
    /// Sizes of values and histograms of levels; boxes of places.
    pub const EXTRAS: [i16; 2] = [16, 17];
}

/// Where bytes are read from, also by several threads at once.
pub trait Source: Sync {
    fn size(&self) -> u64;
    fn read(&self, offset: u64, out: &mut [u8]) -> Outcome<()>;
    /// The bytes, in a buffer that is used again.
    fn bytes<'a>(&self, offset: u64, count: u64, buffer: &'a mut Vec<u8>) -> Outcome<&'a [u8]> {
        let count = count as usize;
        if buffer.len() < count {
            buffer.clear();
            super::room(buffer, count)?;
            buffer.resize(count, 0);
        }
        self.read(offset, &mut buffer[..count])?;
        Ok(&buffer[..count])
    }
}

#[derive(Debug)]
pub struct Chunk {
    /// The whole chunk of the footer.
    pub tree: Struct,
    pub start: u64,
    pub bytes: u64,
    pub values: u64,
    pub codec: i64,
}

impl Chunk {
    pub fn meta(&self) -> &Struct {
        static NONE: Struct = Struct(Vec::new());
        self.tree.inner(chunk::META).unwrap_or(&NONE)
    }
}

#[derive(Debug)]
pub struct Group {
    pub tree: Struct,
    pub rows: u64,
    pub chunks: Vec<Chunk>,
}

#[derive(Debug)]
pub struct Footer {
    pub tree: Struct,
    pub leaves: Vec<Leaf>,
    pub groups: Vec<Group>,
    pub rows: u64,
    /// Whether minima and maxima are in the order of their types.
    pub ordered: bool,
}

fn unsigned(fields: &Struct, id: i16) -> Outcome<u64> {
    match fields.int(id).map(u64::try_from) {
        Some(Ok(value)) => Ok(value),
        _ => not_possible("a number of the footer is missing or negative"),
    }
}

fn structs(fields: &Struct, id: i16) -> Outcome<Vec<&Struct>> {
    let Some(list) = fields.list(id) else {
        return not_possible("a list of the footer is missing");
    };
    list.iter()
        .map(|value| match value {
            Value::Struct(fields) => Ok(fields),
            _ => not_possible("a list of the footer holds something else"),
        })
        .collect()
}

fn read_chunk(tree: &Struct, leaf: &Leaf, end: u64) -> Outcome<Chunk> {
    let meta = tree.inner(chunk::META);
    let elsewhere = tree.has(chunk::PATH) || chunk::ENCRYPTION.iter().any(|id| tree.has(*id));
    let (Some(meta), false) = (meta, elsewhere) else {
        return not_possible("a column is encrypted or in another file");
    };
    let path = meta.list(column::PATH).unwrap_or_default();
    let same = |(part, name): (&Value, &String)| *part == Value::Binary(name.clone().into_bytes());
    if path.len() != leaf.path.len()
        || !path.iter().zip(&leaf.path).all(same)
        || meta.int(column::TYPE) != Some(leaf.physical.number())
    {
        return not_possible("a row group's columns are not those of the schema");
    }
    let data = unsigned(meta, column::DATA)?;
    let dictionary = meta.int(column::DICTIONARY).unwrap_or(0) as u64;
    let start = match dictionary {
        1.. if dictionary < data => dictionary,
        _ => data,
    };
    let bytes = unsigned(meta, column::COMPRESSED)?;
    if start < MAGIC.len() as u64 || bytes > end || start > end - bytes {
        return not_possible("a column lies outside of the file");
    }
    Ok(Chunk {
        start,
        bytes,
        values: unsigned(meta, column::VALUES)?,
        codec: meta.int(column::CODEC).unwrap_or(-1),
        tree: tree.clone(),
    })
}

fn read_group(tree: &Struct, leaves: &[Leaf], end: u64) -> Outcome<Group> {
    let columns = structs(tree, group::COLUMNS)?;
    let rows = unsigned(tree, group::ROWS)?;
    if columns.len() != leaves.len() {
        return not_possible("a row group's columns are not those of the schema");
    }
    let chunks = columns
        .iter()
        .zip(leaves)
        .map(|(tree, leaf)| read_chunk(tree, leaf, end))
        .collect::<Outcome<Vec<_>>>()?;
    for (chunk, leaf) in chunks.iter().zip(leaves) {
        if leaf.max_rep == 0 && chunk.values != rows {
            return not_possible("a column has another number of values than its row group");
        }
        if chunk.bytes > MOST_CHUNK {
            return not_possible("a column chunk is too large");
        }
    }
    let mut tree = tree.clone();
    tree.remove(&[group::COLUMNS]);
    Ok(Group { tree, rows, chunks })
}

pub fn read(source: &dyn Source) -> Outcome<Footer> {
    let size = source.size();
    let mut tail = [0; 8];
    if size < 12 {
        return not_possible("the file is too short");
    }
    source.read(size - 8, &mut tail)?;
    let length = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if tail[4..] != MAGIC[..] || length > MOST_FOOTER || length + 12 > size {
        return not_possible("the file has no footer that can be read");
    }
    let end = size - 8 - length;
    let mut buffer = Vec::new();
    let bytes = source.bytes(end, length, &mut buffer)?;
    let mut tree = Reader::new(bytes).read_struct()?;
    if tree.has(file::ENCRYPTION) {
        return not_possible("the file is encrypted");
    }
    let leaves = leaves(&structs(&tree, file::SCHEMA)?)?;
    let groups = structs(&tree, file::ROW_GROUPS)?
        .into_iter()
        .map(|tree| read_group(tree, &leaves, end))
        .collect::<Outcome<Vec<_>>>()?;
    // No byte is taken twice: what is written cannot be larger than what is read makes likely.
    let chunks = || groups.iter().flat_map(|group| &group.chunks);
    let rows = groups
        .iter()
        .try_fold(0u64, |sum, group| sum.checked_add(group.rows));
    if chunks().map(|chunk| u128::from(chunk.bytes)).sum::<u128>() > u128::from(end)
        || rows != Some(unsigned(&tree, file::ROWS)?)
    {
        return not_possible("the row groups do not fit the file");
    }
    let ordered = tree.list(file::COLUMN_ORDERS).is_some();
    tree.remove(&[file::ROW_GROUPS]);
    Ok(Footer {
        ordered,
        leaves,
        rows: rows.unwrap_or(0),
        groups,
        tree,
    })
}

/// The row group as it is now: these rows, and these chunks.
pub fn group_tree(old: &Struct, number: usize, rows: u64, chunks: Vec<Struct>) -> Struct {
    let metas = || chunks.iter().filter_map(|chunk| chunk.inner(chunk::META));
    let sum = |id| metas().filter_map(|meta| meta.int(id)).sum();
    let (bytes, compressed) = (sum(column::UNCOMPRESSED), sum(column::COMPRESSED));
    let first = metas().next().map_or(0, first_byte);
    let mut tree = old.clone();
    tree.set(group::BYTES, Value::I64(bytes));
    tree.set(group::ROWS, Value::I64(rows as i64));
    if tree.has(group::OFFSET) {
        tree.set(group::OFFSET, Value::I64(first));
    }
    if tree.has(group::COMPRESSED) {
        tree.set(group::COMPRESSED, Value::I64(compressed));
    }
    match i16::try_from(number) {
        Ok(number) if tree.has(group::ORDINAL) => tree.set(group::ORDINAL, Value::I16(number)),
        _ => tree.remove(&[group::ORDINAL]),
    }
    let chunks = chunks.into_iter().map(Value::Struct).collect();
    tree.set(group::COLUMNS, Value::List(LIST_OF_STRUCTS, chunks));
    tree
}

/// Where the pages of a column chunk begin.
pub fn first_byte(meta: &Struct) -> i64 {
    let data = meta.int(column::DATA).unwrap_or(0);
    meta.int(column::DICTIONARY)
        .map_or(data, |dictionary| dictionary.min(data))
}

/// The footer's bytes with all that follows them.
pub fn finish(old: &Struct, rows: u64, groups: Vec<Struct>) -> Outcome<Vec<u8>> {
    let mut tree = old.clone();
    tree.set(file::ROWS, Value::I64(rows as i64));
    let groups = groups.into_iter().map(Value::Struct).collect();
    tree.set(file::ROW_GROUPS, Value::List(LIST_OF_STRUCTS, groups));
    let mut out = Vec::new();
    write_struct(&mut out, &tree);
    let Ok(length) = u32::try_from(out.len()) else {
        return not_possible("the footer is too large");
    };
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(MAGIC);
    Ok(out)
}
