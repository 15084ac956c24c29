//! Whole small files: the values of some of their columns. What is not read here exactly as it is
//! meant is "not possible", and DuckDB's to read.
use super::codec::{Codec, Codecs};
use super::decode::{Column, MOST_BYTES};
use super::filter::parts;
use super::footer::{self, Chunk, Source};
use super::page::{Header, Sort};
use super::rows::Levels;
use super::schema::{Kind, Leaf, Physical};
use super::values::{Dictionary, Page, Values, encoding};
use super::{Outcome, not_possible};

const MOST_ROWS: u64 = 10_000;
/// Columns that are wanted times those that there are.
const MOST_NAMES: usize = 1 << 20;
/// Bytes of the room that is kept for the next file.
pub const MOST_HELD: usize = 16 << 20;

/// What DuckDB takes for something else where it is told in the new way alone.
fn needs_converted(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Decimal(..) | Kind::Date)
}

/// A column that is wanted: its name, and what its values have to be.
pub struct Wanted {
    pub name: String,
    pub physical: Physical,
    pub kind: Kind,
}

/// Room that is used again for each file.
pub struct Reader {
    wanted: Vec<Wanted>,
    pub columns: Vec<Column>,
    pub rows: usize,
    codecs: Codecs,
    values: Values,
    rep: Levels,
    def: Levels,
    plain: Vec<u8>,
    page: Column,
    /// Bytes of this file's pages so far.
    unpacked: usize,
}

struct Whole<'a>(&'a [u8]);

impl Source for Whole<'_> {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> Outcome<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        match self.0.get(start..start.saturating_add(out.len())) {
            Some(bytes) => {
                out.copy_from_slice(bytes);
                Ok(())
            }
            None => not_possible("the file ends too early"),
        }
    }
}

impl Reader {
    pub fn new(wanted: Vec<Wanted>) -> Self {
        Self {
            columns: wanted.iter().map(|_| Column::default()).collect(),
            wanted,
            rows: 0,
            codecs: Codecs::new(),
            values: Values::default(),
            rep: Levels::default(),
            def: Levels::default(),
            plain: Vec::new(),
            page: Column::default(),
            unpacked: 0,
        }
    }

    pub fn held(&self) -> usize {
        let columns = self.columns.iter().map(Column::held).sum::<usize>();
        columns + self.page.held() + self.values.held() + self.plain.capacity()
    }

    pub fn read(&mut self, file: &[u8]) -> Outcome<()> {
        if self.held() > MOST_HELD {
            *self = Self::new(std::mem::take(&mut self.wanted));
        }
        let footer = footer::read(&Whole(file))?;
        if footer.rows > MOST_ROWS {
            return not_possible("the file has too many rows to be read at once");
        }
        if self.wanted.len() * footer.leaves.len() > MOST_NAMES {
            return not_possible("the file has too many columns to look for");
        }
        self.rows = footer.rows as usize;
        self.unpacked = 0;
        let mut bytes = 0;
        for at in 0..self.wanted.len() {
            let wanted = &self.wanted[at];
            // As DuckDB, which knows names without case.
            let mut found = (0..footer.leaves.len()).filter(|i| {
                let first = footer.leaves[*i].path.first();
                first.is_some_and(|name| name.eq_ignore_ascii_case(&wanted.name))
            });
            let (Some(number), None) = (found.next(), found.next()) else {
                return not_possible("the file lacks a column, or has it in parts");
            };
            let leaf = &footer.leaves[number];
            if leaf.path.len() != 1
                || leaf.max_rep > 0
                || leaf.max_def > 1
                || leaf.physical != wanted.physical
                || leaf.kind != wanted.kind
                || (!leaf.converted && needs_converted(leaf.kind))
            {
                return not_possible("a column is of another type");
            }
            let mut column = std::mem::take(&mut self.columns[at]);
            column.clear();
            let mut before = 0;
            for group in &footer.groups {
                let end = before + group.rows as usize;
                self.chunk(file, &group.chunks[number], leaf, before..end, &mut column)?;
                before = end;
            }
            if leaf.kind == Kind::Text {
                check_text(&column)?;
            }
            bytes += column.size();
            self.columns[at] = column;
            if bytes > MOST_BYTES {
                return not_possible("the file holds too much to be read at once");
            }
        }
        Ok(())
    }

    fn chunk(
        &mut self,
        file: &[u8],
        chunk: &Chunk,
        leaf: &Leaf,
        rows: std::ops::Range<usize>,
        out: &mut Column,
    ) -> Outcome<()> {
        let codec = Codec::of(chunk.codec)?;
        let data = &file[chunk.start as usize..][..chunk.bytes as usize];
        let mut dictionary = None;
        let (mut at, mut row) = (0, rows.start);
        while row < rows.end {
            let header = Header::read(&data[at..], leaf)?;
            let body = &data[at + header.bytes..][..header.compressed];
            at += header.bytes + header.compressed;
            // A dictionary may have more entries than there are rows, or none.
            if header.sort != Sort::Dictionary && header.values > rows.end - row {
                return not_possible("a page has more values than there are rows");
            }
            self.unpacked += header.uncompressed;
            if self.unpacked > MOST_BYTES {
                return not_possible("the file holds too much to be read at once");
            }
            match header.sort {
                Sort::Dictionary if dictionary.is_none() => {
                    let plain = [encoding::PLAIN, encoding::PLAIN_DICTIONARY];
                    if !plain.contains(&header.encoding) {
                        return not_possible("a column has a dictionary that cannot be read");
                    }
                    let mut bytes = Vec::new();
                    self.codecs
                        .unpack(codec, body, header.uncompressed, &mut bytes)?;
                    dictionary = Some(Dictionary::read(leaf, bytes, header.values)?);
                }
                Sort::Dictionary => return not_possible("a column has two dictionaries"),
                Sort::Data | Sort::Data2 { .. } if header.values == 0 => {
                    return not_possible("a page has no values");
                }
                Sort::Data | Sort::Data2 { .. } => {
                    self.page(&header, body, (codec, leaf), dictionary.as_ref())?;
                    let here = (row, header.values);
                    out.add_page(leaf.physical, &self.page, &self.def, here)?;
                    row += header.values;
                }
                Sort::Other => (),
            }
        }
        Ok(())
    }

    fn page(
        &mut self,
        header: &Header,
        body: &[u8],
        (codec, leaf): (Codec, &Leaf),
        dictionary: Option<&Dictionary>,
    ) -> Outcome<()> {
        let mut plain = std::mem::take(&mut self.plain);
        let (rep, def, bytes) = parts(&mut self.codecs, header, body, &mut plain, (codec, leaf))?;
        self.rep.read(rep, leaf.max_rep, header.values)?;
        self.def.read(def, leaf.max_def, header.values)?;
        let page = Page {
            encoding: header.encoding,
            bytes,
            count: self.def.highest(0..header.values),
        };
        self.values
            .decode(leaf, &page, dictionary, &mut self.page)?;
        self.plain = plain;
        Ok(())
    }
}

/// Every value is UTF-8 of its own.
fn check_text(column: &Column) -> Outcome<()> {
    let Ok(text) = std::str::from_utf8(&column.bytes) else {
        return not_possible("a text is not UTF-8");
    };
    let whole = |end: &u32| text.is_char_boundary(*end as usize);
    match column.ends.iter().all(whole) {
        true => Ok(()),
        false => not_possible("a text is not UTF-8"),
    }
}
