//! What C++ sees. A function that fails gives a text of the form "<number of the Trouble> <what
//! happened>".
use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};

use super::footer::Source;
use super::schema::{Kind as LeafKind, Physical};
use super::small::{Reader, Wanted};
use super::{Fail, Outcome, create, remove};
use crate::runtime::{BridgeError, guard};

#[cxx::bridge(namespace = "ob::native")]
pub mod ffi {
    #[derive(Debug)]
    enum Trouble {
        Stopped,
        Io,
        Panicked,
    }

    /// What the values of a column are, by the file.
    #[derive(Debug)]
    enum ColumnKind {
        Other,
        Integer,
        Float,
        Decimal,
        Text,
        Date,
        Instant,
    }

    /// A leaf of the schema, and its values in the file that was written.
    struct ColumnFacts {
        path: Vec<String>,
        /// Field ids of the path's parts; -1: none.
        ids: Vec<i32>,
        kind: ColumnKind,
        repeated: bool,
        has_min: bool,
        has_max: bool,
        /// As DuckDB shows them.
        min: String,
        max: String,
        nulls: i64,
        has_nan: bool,
    }

    struct RowsRemoved {
        possible: bool,
        /// When it was not.
        why: String,
        rows: i64,
        size: i64,
        columns: Vec<ColumnFacts>,
    }

    /// What the values of a column of small files have to be, and how they are given: numbers,
    /// days since 1970 (4 bytes), instants as microseconds (8 bytes), truth values (a byte).
    #[derive(Debug)]
    enum SmallKind {
        Boolean,
        Int32,
        Int64,
        Float,
        Double,
        Text,
        Binary,
        Date,
        Instant,
        /// Of up to 9 digits (4 bytes), and of up to 18 (8 bytes).
        Decimal32,
        Decimal64,
    }

    struct SmallColumn {
        name: String,
        kind: SmallKind,
        scale: u32,
        /// Digits of decimals.
        precision: u32,
    }

    #[derive(Debug)]
    enum NewKind {
        Boolean,
        Int8,
        Int16,
        Int32,
        Int64,
        Float,
        Double,
        Text,
        Date,
        /// Microseconds; those of which it is known that they are in UTC, and others.
        Instant,
        Local,
        /// Of up to 9 digits (4 bytes), or of up to 18 (8 bytes).
        Decimal,
    }

    /// A column of a file to be.
    struct NewColumn<'a> {
        name: &'a str,
        /// -1: none.
        id: i32,
        kind: NewKind,
        precision: u32,
        scale: u32,
        /// Of the rows that have one, in little endian; truth values are a byte each, texts lie
        /// behind their length (4 bytes).
        values: &'a [u8],
        /// A byte a row, 0 for NULL.
        valid: &'a [u8],
    }

    struct NewFile {
        bytes: Vec<u8>,
        columns: Vec<ColumnFacts>,
    }

    extern "Rust" {
        /// The Parquet file that holds these rows.
        fn new_file(columns: &[NewColumn], rows: usize) -> Result<NewFile>;
    }

    extern "Rust" {
        type SmallFiles;
        fn new_small_files(columns: Vec<SmallColumn>) -> Box<SmallFiles>;
        /// Reads the columns of a whole file; false where that is not possible exactly.
        fn read(self: &mut SmallFiles, file: &[u8]) -> bool;
        /// Of the file that was read last.
        fn rows(self: &SmallFiles) -> usize;
        /// The values of a column, one a row.
        fn bytes(self: &SmallFiles, column: usize) -> &[u8];
        /// Where each of the texts ends.
        fn ends(self: &SmallFiles, column: usize) -> &[u32];
        /// A byte a row, 0 for NULL; empty where there is none.
        fn valid(self: &SmallFiles, column: usize) -> &[u8];
    }

    extern "Rust" {
        type Stop;
        fn new_stop() -> Box<Stop>;
        /// Ends the calls that have it, from any thread.
        fn stop(self: &Stop);

        /// Writes the local Parquet file `from` without these of its rows, which ascend, to the new
        /// file `to`. Where that is not possible what it has written stays, and is of no use.
        fn remove_rows(
            stop: &Stop,
            from: &str,
            to: &str,
            rows: &[u64],
            threads: usize,
        ) -> Result<RowsRemoved>;
    }
}

use ffi::{
    ColumnFacts, ColumnKind, NewColumn, NewFile, NewKind, RowsRemoved, SmallColumn, SmallKind,
    Trouble,
};

pub struct Stop(AtomicBool);

pub fn new_stop() -> Box<Stop> {
    Box::new(Stop(AtomicBool::new(false)))
}

impl Stop {
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl BridgeError for Fail {
    fn panicked(text: String) -> Self {
        Self::Panicked(text)
    }
    fn cancelled() -> Self {
        Self::Stopped
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Stopped => write!(f, "{} stopped", Trouble::Stopped.repr),
            Self::Io(error) => write!(f, "{} {error}", Trouble::Io.repr),
            Self::Panicked(text) | Self::NotPossible(text) => {
                write!(f, "{} {text}", Trouble::Panicked.repr)
            }
        }
    }
}

struct Local {
    file: File,
    size: u64,
}

impl Source for Local {
    fn size(&self) -> u64 {
        self.size
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> Outcome<()> {
        match self.file.read_exact_at(out, offset) {
            Ok(()) => Ok(()),
            Err(error) => super::not_possible(format!("the file cannot be read: {error}")),
        }
    }
}

fn open(path: &str) -> std::io::Result<Local> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    Ok(Local { file, size })
}

fn facts_of(facts: super::facts::Facts) -> ColumnFacts {
    ColumnFacts {
        kind: match facts.leaf.kind {
            LeafKind::Integer | LeafKind::Unsigned => ColumnKind::Integer,
            LeafKind::Float => ColumnKind::Float,
            LeafKind::Decimal(..) => ColumnKind::Decimal,
            LeafKind::Text | LeafKind::OtherText => ColumnKind::Text,
            LeafKind::Date => ColumnKind::Date,
            LeafKind::Instant(_) => ColumnKind::Instant,
            LeafKind::Boolean | LeafKind::Binary | LeafKind::Other => ColumnKind::Other,
        },
        repeated: facts.leaf.max_rep > 0,
        path: facts.leaf.path,
        ids: facts.leaf.ids,
        has_min: facts.min.is_some(),
        has_max: facts.max.is_some(),
        min: facts.min.unwrap_or_default(),
        max: facts.max.unwrap_or_default(),
        nulls: facts.nulls as i64,
        has_nan: facts.nan,
    }
}

fn not_removed(why: String) -> RowsRemoved {
    RowsRemoved {
        possible: false,
        why,
        rows: 0,
        size: 0,
        columns: Vec::new(),
    }
}

pub fn remove_rows(
    stop: &Stop,
    from: &str,
    to: &str,
    rows: &[u64],
    threads: usize,
) -> Result<RowsRemoved, Fail> {
    let source = match open(from) {
        Ok(source) => source,
        Err(error) => return Ok(not_removed(format!("the file cannot be opened: {error}"))),
    };
    let mut out = File::create_new(to).map_err(Fail::Io)?;
    match guard(|| remove::remove(&source, rows, &mut out, threads, &stop.0)) {
        Ok(written) => Ok(RowsRemoved {
            possible: true,
            why: String::new(),
            rows: written.rows as i64,
            size: written.size as i64,
            columns: written.facts.into_iter().map(facts_of).collect(),
        }),
        Err(Fail::NotPossible(why)) => Ok(not_removed(why)),
        Err(other) => Err(other),
    }
}

fn type_of(column: &NewColumn) -> Outcome<create::Type> {
    Ok(match column.kind {
        NewKind::Boolean => create::Type::Boolean,
        NewKind::Int8 => create::Type::Integer(8),
        NewKind::Int16 => create::Type::Integer(16),
        NewKind::Int32 => create::Type::Integer(32),
        NewKind::Int64 => create::Type::Integer(64),
        NewKind::Float => create::Type::Float,
        NewKind::Double => create::Type::Double,
        NewKind::Text => create::Type::Text,
        NewKind::Date => create::Type::Date,
        NewKind::Instant => create::Type::Timestamp(true),
        NewKind::Local => create::Type::Timestamp(false),
        NewKind::Decimal if (1..=18).contains(&column.precision) => {
            create::Type::Decimal(column.precision, column.scale)
        }
        _ => return super::not_possible("a column is of an unknown type"),
    })
}

pub fn new_file(columns: &[NewColumn], rows: usize) -> Result<NewFile, Fail> {
    guard(|| {
        let columns = columns.iter().map(|column| {
            Ok(create::Column {
                name: column.name,
                id: (column.id >= 0).then_some(column.id),
                of: type_of(column)?,
                values: column.values,
                valid: column.valid,
            })
        });
        let made = create::create(&columns.collect::<Outcome<Vec<_>>>()?, rows)?;
        Ok(NewFile {
            bytes: made.bytes,
            columns: made.facts.into_iter().map(facts_of).collect(),
        })
    })
}

pub struct SmallFiles(Reader);

fn wanted(column: SmallColumn) -> Wanted {
    let (physical, kind) = match column.kind {
        SmallKind::Boolean => (Physical::Boolean, LeafKind::Boolean),
        SmallKind::Int32 => (Physical::Int32, LeafKind::Integer),
        SmallKind::Int64 => (Physical::Int64, LeafKind::Integer),
        SmallKind::Float => (Physical::Float, LeafKind::Float),
        SmallKind::Double => (Physical::Double, LeafKind::Float),
        SmallKind::Text => (Physical::Bytes, LeafKind::Text),
        SmallKind::Date => (Physical::Int32, LeafKind::Date),
        SmallKind::Instant => (Physical::Int64, LeafKind::Instant(Some(1_000_000))),
        SmallKind::Decimal32 => (
            Physical::Int32,
            LeafKind::Decimal(column.scale, column.precision),
        ),
        SmallKind::Decimal64 => (
            Physical::Int64,
            LeafKind::Decimal(column.scale, column.precision),
        ),
        _ => (Physical::Bytes, LeafKind::Binary),
    };
    Wanted {
        name: column.name,
        physical,
        kind,
    }
}

pub fn new_small_files(columns: Vec<SmallColumn>) -> Box<SmallFiles> {
    Box::new(SmallFiles(Reader::new(
        columns.into_iter().map(wanted).collect(),
    )))
}

impl SmallFiles {
    pub fn read(&mut self, file: &[u8]) -> bool {
        guard(|| self.0.read(file)).is_ok()
    }

    pub fn rows(&self) -> usize {
        self.0.rows
    }

    pub fn bytes(&self, column: usize) -> &[u8] {
        &self.0.columns[column].bytes
    }

    pub fn ends(&self, column: usize) -> &[u32] {
        &self.0.columns[column].ends
    }

    pub fn valid(&self, column: usize) -> &[u8] {
        &self.0.columns[column].valid
    }
}
