//! Word's DOCX: written with styles, numbering and relations of its own, so that readers see real headings and
//! lists; read by `read.rs` from the parts that `parts.rs` opens.
mod parts;
mod read;
mod styles;
mod write;

pub use read::from_docx;
pub use write::to_docx;
