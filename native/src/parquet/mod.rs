//! Parquet files without some of their rows, made from their pages: what stays is neither read as
//! values of a type nor encoded anew where that can be spared. Whole small files, read at once, of
//! which there may be very many. And new files of few rows. Files may be made to do harm: no size or count that they tell is believed before it is
//! checked, and nothing here panics on them.
mod bits;
pub mod bridge;
mod chunk;
mod codec;
mod create;
#[cfg(test)]
mod create_tests;
mod decode;
mod delta;
mod facts;
mod filter;
mod footer;
mod page;
mod remove;
mod rows;
mod schema;
mod small;
#[cfg(test)]
mod small_tests;
mod stats;
mod thrift;
mod values;

/// Why a file without the rows was not made.
#[derive(Debug)]
pub enum Fail {
    /// This file is not one that pages can be taken from: broken, encrypted, of an unknown encoding.
    NotPossible(String),
    Stopped,
    Io(std::io::Error),
    Panicked(String),
}

pub type Outcome<T> = Result<T, Fail>;

pub fn not_possible<T>(why: impl Into<String>) -> Outcome<T> {
    Err(Fail::NotPossible(why.into()))
}

/// What a file may make this process hold, in bytes: one column chunk, and one page out of it.
const MOST_CHUNK: u64 = 512 << 20;
const MOST_PAGE: usize = 256 << 20;
const MOST_FOOTER: u64 = 32 << 20;
/// Values (and NULLs) of a page.
const MOST_VALUES: usize = 32 << 20;

/// Room for `bytes` that a file asks for.
fn room(out: &mut Vec<u8>, bytes: usize) -> Outcome<()> {
    if out.try_reserve(bytes).is_err() {
        return not_possible("there is too little memory");
    }
    Ok(())
}
