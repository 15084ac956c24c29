//! Headers of pages, and the parts of their bodies.
use super::schema::Leaf;
use super::thrift::{Reader, Struct, Value, write_struct};
use super::values::encoding;
use super::{MOST_PAGE, MOST_VALUES, Outcome, not_possible};

mod header {
    pub const TYPE: i16 = 1;
    pub const UNCOMPRESSED: i16 = 2;
    pub const COMPRESSED: i16 = 3;
    pub const CHECKSUM: i16 = 4;
    pub const DATA: i16 = 5;
    pub const DICTIONARY: i16 = 7;
    pub const DATA_2: i16 = 8;
}
mod data {
    pub const VALUES: i16 = 1;
    pub const ENCODING: i16 = 2;
    pub const DEF_ENCODING: i16 = 3;
    pub const REP_ENCODING: i16 = 4;
    pub const STATISTICS: i16 = 5;
}
mod data_2 {
    pub const VALUES: i16 = 1;
    pub const NULLS: i16 = 2;
    pub const ROWS: i16 = 3;
    pub const ENCODING: i16 = 4;
    pub const DEF_BYTES: i16 = 5;
    pub const REP_BYTES: i16 = 6;
    pub const COMPRESSED: i16 = 7;
    pub const STATISTICS: i16 = 8;
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sort {
    Dictionary,
    /// The levels are compressed with the values, each behind its length.
    Data,
    /// The levels lie before the values, and their lengths in the header.
    Data2 {
        rep_bytes: usize,
        def_bytes: usize,
        compressed: bool,
    },
    Other,
}

pub struct Header {
    tree: Struct,
    pub sort: Sort,
    /// Of the header itself.
    pub bytes: usize,
    pub uncompressed: usize,
    pub compressed: usize,
    /// With NULLs.
    pub values: usize,
    pub encoding: i64,
}

/// A page as it is to be.
pub struct Fresh {
    pub values: usize,
    pub nulls: usize,
    pub rows: usize,
    pub encoding: i64,
    pub rep_bytes: usize,
    pub def_bytes: usize,
    pub is_compressed: bool,
    pub uncompressed: usize,
    pub compressed: usize,
}

fn size(fields: &Struct, id: i16, most: usize) -> Outcome<usize> {
    match fields.int(id).map(usize::try_from) {
        Some(Ok(size)) if size <= most => Ok(size),
        _ => not_possible("a page is too large, or tells a size below zero"),
    }
}

impl Header {
    pub fn read(bytes: &[u8], leaf: &Leaf) -> Outcome<Self> {
        let mut reader = Reader::new(bytes);
        let tree = reader.read_struct()?;
        let compressed = size(&tree, header::COMPRESSED, bytes.len() - reader.at())?;
        let mut out = Self {
            sort: Sort::Other,
            bytes: reader.at(),
            uncompressed: size(&tree, header::UNCOMPRESSED, MOST_PAGE)?,
            compressed,
            values: 0,
            encoding: -1,
            tree,
        };
        let levels = |fields: &Struct, id, max| max == 0 || fields.int(id) == Some(3);
        match (out.tree.int(header::TYPE), &out.tree) {
            (Some(0), tree) => {
                let Some(fields) = tree.inner(header::DATA) else {
                    return not_possible("a page has no header");
                };
                if !levels(fields, data::DEF_ENCODING, leaf.max_def)
                    || !levels(fields, data::REP_ENCODING, leaf.max_rep)
                {
                    return not_possible("levels are encoded in an old way");
                }
                out.values = size(fields, data::VALUES, MOST_VALUES)?;
                out.encoding = fields.int(data::ENCODING).unwrap_or(-1);
                out.sort = Sort::Data;
            }
            (Some(2), tree) => {
                let Some(fields) = tree.inner(header::DICTIONARY) else {
                    return not_possible("a page has no header");
                };
                out.values = size(fields, data::VALUES, MOST_VALUES)?;
                out.encoding = fields.int(data::ENCODING).unwrap_or(-1);
                out.sort = Sort::Dictionary;
            }
            (Some(3), tree) => {
                let Some(fields) = tree.inner(header::DATA_2) else {
                    return not_possible("a page has no header");
                };
                let most = out.compressed.min(out.uncompressed);
                let rep_bytes = size(fields, data_2::REP_BYTES, most)?;
                out.sort = Sort::Data2 {
                    rep_bytes,
                    def_bytes: size(fields, data_2::DEF_BYTES, most - rep_bytes)?,
                    compressed: fields.bool(data_2::COMPRESSED).unwrap_or(true),
                };
                out.values = size(fields, data_2::VALUES, MOST_VALUES)?;
                out.encoding = fields.int(data_2::ENCODING).unwrap_or(-1);
            }
            _ => (),
        }
        Ok(out)
    }

    /// The number of its sort, as the footer tells it.
    pub fn number(&self) -> i64 {
        self.tree.int(header::TYPE).unwrap_or(0)
    }

    pub fn write(&self, fresh: &Fresh, out: &mut Vec<u8>) {
        let int = |value: usize| Value::I32(value as i32);
        let mut tree = self.tree.clone();
        tree.set(header::UNCOMPRESSED, int(fresh.uncompressed));
        tree.set(header::COMPRESSED, int(fresh.compressed));
        tree.remove(&[header::CHECKSUM]);
        let second = matches!(self.sort, Sort::Data2 { .. });
        let id = if second { header::DATA_2 } else { header::DATA };
        let mut fields = tree.inner(id).cloned().unwrap_or_default();
        if second {
            fields.set(data_2::VALUES, int(fresh.values));
            fields.set(data_2::NULLS, int(fresh.nulls));
            fields.set(data_2::ROWS, int(fresh.rows));
            fields.set(data_2::ENCODING, Value::I32(fresh.encoding as i32));
            fields.set(data_2::DEF_BYTES, int(fresh.def_bytes));
            fields.set(data_2::REP_BYTES, int(fresh.rep_bytes));
            fields.set(data_2::COMPRESSED, Value::Bool(fresh.is_compressed));
            fields.remove(&[data_2::STATISTICS]);
        } else {
            fields.set(data::VALUES, int(fresh.values));
            fields.set(data::ENCODING, Value::I32(fresh.encoding as i32));
            fields.remove(&[data::STATISTICS]);
        }
        tree.set(id, Value::Struct(fields));
        write_struct(out, &tree);
    }
}

/// Appends a page of the first sort, of values that are PLAIN behind their levels.
pub fn append_plain(values: usize, body: &[u8], out: &mut Vec<u8>) {
    let int = |value: usize| Value::I32(value as i32);
    let mut fields = Struct::default();
    fields.set(data::VALUES, int(values));
    fields.set(data::ENCODING, Value::I32(encoding::PLAIN as i32));
    fields.set(data::DEF_ENCODING, Value::I32(encoding::RLE as i32));
    fields.set(data::REP_ENCODING, Value::I32(encoding::RLE as i32));
    let mut tree = Struct::default();
    tree.set(header::TYPE, Value::I32(0));
    tree.set(header::UNCOMPRESSED, int(body.len()));
    tree.set(header::COMPRESSED, int(body.len()));
    tree.set(header::DATA, Value::Struct(fields));
    write_struct(out, &tree);
    out.extend_from_slice(body);
}

/// Takes the levels of a page of the first sort off its front, whose length comes before them.
pub fn take_levels<'a>(bytes: &mut &'a [u8], max: u8) -> Outcome<&'a [u8]> {
    if max == 0 {
        return Ok(&[]);
    }
    if let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        if length <= rest.len() {
            let (levels, rest) = rest.split_at(length);
            *bytes = rest;
            return Ok(levels);
        }
    }
    not_possible("the levels of a page are cut off")
}
