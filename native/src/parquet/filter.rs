//! One page of data without the rows that are gone.
use std::ops::Range;

use super::codec::{Codec, Codecs};
use super::page::{Fresh, Header, Sort, take_levels};
use super::rows::{Levels, Rows, rows_of};
use super::schema::Leaf;
use super::stats::Bounds;
use super::values::{Dictionary, Page, Values};
use super::{Outcome, not_possible};

/// A worker's room, used again for each page.
pub struct Worker {
    pub codecs: Codecs,
    values: Values,
    def: Levels,
    rep: Levels,
    entries: Vec<Range<usize>>,
    kept: Vec<Range<usize>>,
    plain: Vec<u8>,
    fresh: Vec<u8>,
    packed: Vec<u8>,
}

/// What the pages of a chunk share.
pub struct State<'a> {
    pub leaf: &'a Leaf,
    pub codec: Codec,
    pub rows: Rows<'a>,
    pub dictionary: Option<Dictionary>,
    pub bounds: Bounds,
}

pub enum Made {
    /// It stays as it is.
    Same,
    Empty,
    /// Appended, with values in this encoding, and so many entries and bytes before compression.
    Fresh {
        encoding: i64,
        values: usize,
        uncompressed: usize,
    },
}

/// A page's levels of repetition and definition, and its values.
pub fn parts<'a>(
    codecs: &mut Codecs,
    header: &Header,
    body: &'a [u8],
    plain: &'a mut Vec<u8>,
    (codec, leaf): (Codec, &Leaf),
) -> Outcome<(&'a [u8], &'a [u8], &'a [u8])> {
    match header.sort {
        Sort::Data => {
            codecs.unpack(codec, body, header.uncompressed, plain)?;
            let mut rest = plain.as_slice();
            let rep = take_levels(&mut rest, leaf.max_rep)?;
            let def = take_levels(&mut rest, leaf.max_def)?;
            Ok((rep, def, rest))
        }
        Sort::Data2 {
            rep_bytes,
            def_bytes,
            compressed,
        } => {
            let (levels, values) = body.split_at(rep_bytes + def_bytes);
            let (rep, def) = levels.split_at(rep_bytes);
            let size = header.uncompressed - levels.len();
            let codec = if compressed { codec } else { Codec::None };
            // A page of NULLs may have nothing that is compressed.
            codecs.unpack(codec, values, size, plain)?;
            Ok((rep, def, plain.as_slice()))
        }
        _ => not_possible("a page is of an unknown sort"),
    }
}

impl Worker {
    pub fn new() -> Self {
        Self {
            codecs: Codecs::new(),
            values: Values::default(),
            def: Levels::default(),
            rep: Levels::default(),
            entries: Vec::new(),
            kept: Vec::new(),
            plain: Vec::new(),
            fresh: Vec::new(),
            packed: Vec::new(),
        }
    }

    /// `body`: behind the header. Appends the page with its header to `out` when it changes.
    pub fn page(
        &mut self,
        header: &Header,
        body: &[u8],
        state: &mut State,
        out: &mut Vec<u8>,
    ) -> Outcome<Made> {
        let mut plain = std::mem::take(&mut self.plain);
        let made = self.page_from(header, body, &mut plain, state, out);
        self.plain = plain;
        made
    }

    fn page_from(
        &mut self,
        header: &Header,
        body: &[u8],
        plain: &mut Vec<u8>,
        state: &mut State,
        out: &mut Vec<u8>,
    ) -> Outcome<Made> {
        let leaf = state.leaf;
        if header.values == 0 {
            return Ok(Made::Same);
        }
        let (rep, def, bytes) = parts(&mut self.codecs, header, body, plain, (state.codec, leaf))?;
        let count = header.values;
        self.rep.read(rep, leaf.max_rep, count)?;
        self.def.read(def, leaf.max_def, count)?;
        let same = match leaf.max_rep {
            0 => state.rows.flat(count, &mut self.entries),
            _ => state.rows.nested(&self.rep, count, &mut self.entries)?,
        };
        if self.entries.is_empty() {
            return Ok(Made::Empty);
        }
        self.def.values(&self.entries, &mut self.kept);
        let entries = self.entries.iter().map(Range::len).sum::<usize>();
        let values = self.kept.iter().map(Range::len).sum::<usize>();
        state.bounds.nulls += (entries - values) as u64;
        let page = Page {
            encoding: header.encoding,
            bytes,
            count: self.def.highest(0..count),
        };
        self.fresh.clear();
        let (rep_bytes, def_bytes) = if same { (0, 0) } else { self.levels(header) };
        let encoding = self.values.filter(
            leaf,
            &page,
            &self.kept,
            state.dictionary.as_mut(),
            &mut state.bounds,
            (!same).then_some(&mut self.fresh),
        )?;
        if same {
            return Ok(Made::Same);
        }
        let repetition = (leaf.max_rep > 0).then_some(&self.rep);
        let fresh = Fresh {
            values: entries,
            nulls: entries - values,
            rows: rows_of(repetition, &self.entries),
            encoding,
            rep_bytes,
            def_bytes,
            is_compressed: false,
            uncompressed: self.fresh.len(),
            compressed: 0,
        };
        self.append(header, fresh, state.codec, out)
    }

    /// Begins the fresh page with its levels; gives their lengths.
    fn levels(&mut self, header: &Header) -> (usize, usize) {
        let mut lengths = [0; 2];
        let first = header.sort == Sort::Data;
        for (levels, length) in [&self.rep, &self.def].into_iter().zip(&mut lengths) {
            let at = self.fresh.len();
            let told = first && levels.has_any();
            if told {
                self.fresh.extend([0; 4]);
            }
            levels.write(&self.entries, &mut self.fresh);
            *length = self.fresh.len() - at;
            if told {
                let bytes = (*length as u32 - 4).to_le_bytes();
                self.fresh[at..at + 4].copy_from_slice(&bytes);
            }
        }
        (lengths[0], lengths[1])
    }

    fn append(
        &mut self,
        header: &Header,
        mut fresh: Fresh,
        codec: Codec,
        out: &mut Vec<u8>,
    ) -> Outcome<Made> {
        // Levels of the second sort stay as they are.
        let (levels, values) = match header.sort {
            Sort::Data2 { .. } => self.fresh.split_at(fresh.rep_bytes + fresh.def_bytes),
            _ => self.fresh.split_at(0),
        };
        self.codecs.pack(codec, values, &mut self.packed)?;
        fresh.is_compressed = codec != Codec::None;
        let mut body = self.packed.as_slice();
        if matches!(header.sort, Sort::Data2 { .. }) && body.len() >= values.len() {
            (body, fresh.is_compressed) = (values, false);
        }
        let size = levels.len() + body.len();
        if size > i32::MAX as usize || self.fresh.len() > i32::MAX as usize {
            return not_possible("a page becomes too large");
        }
        fresh.compressed = size;
        let before = out.len();
        header.write(&fresh, out);
        let uncompressed = out.len() - before + self.fresh.len();
        super::room(out, size)?;
        out.extend_from_slice(levels);
        out.extend_from_slice(body);
        Ok(Made::Fresh {
            encoding: fresh.encoding,
            values: fresh.values,
            uncompressed,
        })
    }
}
