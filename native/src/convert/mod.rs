//! Documents in other forms: a Quill delta (a JSON array of ops) as HTML, Markdown, plain text, DOCX and PDF,
//! and all of them but PDF as a delta. What comes in may be hostile: it is bounded in size and nesting, and
//! only formats that are known here come out.
mod blocks;
mod bridge;
mod docx;
mod html;
mod markdown;
mod model;
mod pdf;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod write;

use std::fmt;

use crate::runtime::BridgeError;

/// What is read at most, in bytes: ops, HTML, Markdown, text or a DOCX as it is sent.
const MAX_INPUT: usize = 48 << 20;
const MAX_LINES: usize = 400_000;

/// Why a conversion is refused; the text is for whoever asked for it.
#[derive(Debug)]
pub enum Fail {
    Refused(String),
    Panicked(String),
}

pub type Outcome<T> = Result<T, Fail>;

fn refuse<T>(text: impl Into<String>) -> Outcome<T> {
    Err(Fail::Refused(text.into()))
}

fn bounded(size: usize) -> Outcome<()> {
    if size > MAX_INPUT {
        return refuse("it is too large to be converted");
    }
    Ok(())
}

impl BridgeError for Fail {
    fn panicked(text: String) -> Self {
        Self::Panicked(text)
    }
    fn cancelled() -> Self {
        Self::Refused("it was cancelled".to_string())
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Refused(text) => write!(f, "0 {text}"),
            Self::Panicked(text) => write!(f, "1 {text}"),
        }
    }
}

/// An image that a document holds: what its embed says, and what that stands for.
#[derive(Clone)]
pub struct Picture {
    pub url: String,
    pub bytes: Vec<u8>,
}

/// A document that was read.
pub struct Imported {
    /// A JSON array of ops.
    pub ops: String,
    /// Of the file itself; empty where it tells none.
    pub title: String,
    /// What image embeds with such a URL ("image:0") stand for.
    pub images: Vec<Picture>,
    /// What was left out, for people.
    pub notes: Vec<String>,
}
