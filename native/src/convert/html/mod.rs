//! HTML: written from lines; read in three steps, each of which knows only what it lets through: `clean.rs`
//! makes a small well-nested document of anything, ammonia looks at it again, `read.rs` walks through the rest.
mod clean;
mod css;
mod read;
mod write;

pub use read::from_html;
pub use write::{Look, to_html};
