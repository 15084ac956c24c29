//! Yjs documents for live editing: updates in, updates out, and the text "quill" as Quill's ops.
//! Updates come from strangers: `wire.rs` reads them as hostile, and `store.rs` holds a document in
//! numbered slots, without `unsafe`. A document in which something panicked is never used again.
pub mod bridge;
#[cfg(test)]
mod by_hand;
mod diff;
mod document;
#[cfg(test)]
mod fuzz;
mod index;
mod ops;
mod quill;
mod store;
#[cfg(test)]
mod tests;
mod update;
mod wire;

use std::fmt;

use crate::runtime::BridgeError;

/// Why a call failed; its text is public.
#[derive(Clone, Debug, PartialEq)]
pub struct Fail(String);

pub type Outcome<T> = Result<T, Fail>;

impl Fail {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl BridgeError for Fail {
    fn panicked(_: String) -> Self {
        Self::new("the document came into a state that cannot be used; it must be loaded anew")
    }
    fn cancelled() -> Self {
        Self::new("the call was cancelled")
    }
}
