//! What C++ sees. The text of an error is for the public: it says what is wrong with what was given.
//! A document is used by one caller at a time.
use super::document::{Document, new_document};

#[cxx::bridge(namespace = "ob::native::crdt")]
pub mod ffi {
    /// What a batch of updates did.
    #[derive(Debug)]
    struct Applied {
        /// All that changed, as one update (v1); empty when nothing did.
        update: Vec<u8>,
        /// Places in the batch of the updates that are malformed; the others were applied.
        refused: Vec<u32>,
        /// The document holds changes that wait for others, which have not come yet.
        pending: bool,
        /// Ops (a JSON array) of what changed in the text "quill", when asked for; empty when nothing
        /// did.
        delta: String,
    }

    extern "Rust" {
        type Document;
        fn new_document() -> Box<Document>;
        /// `batch`: (length as u32, little endian; update)*.
        fn apply(self: &mut Document, batch: &[u8], want_delta: bool) -> Result<Applied>;
        /// The same of what was accepted and stored once, so without bounds on what it takes. Gives the
        /// places of updates that are malformed.
        fn load(self: &mut Document, batch: &[u8]) -> Result<Vec<u32>>;
        /// Of one update, which may be large, without its length; false when it is malformed.
        fn load_one(self: &mut Document, update: &[u8]) -> Result<bool>;
        /// The document holds changes that wait for others.
        fn pending(self: &Document) -> bool;
        fn state_vector(self: &Document) -> Result<Vec<u8>>;
        /// What one with this state vector lacks, as an update; with what waits for other changes.
        fn diff(self: &Document, state_vector: &[u8]) -> Result<Vec<u8>>;
        /// The text "quill" as a JSON array of ops.
        fn delta(self: &Document) -> Result<String>;
        /// The text "quill" without formats, embeds as U+FFFC.
        fn text_into(self: &Document, to: Pin<&mut CxxString>) -> Result<()>;
        /// Gives the update. Ops that are malformed or go beyond the end: an error, and no change.
        fn apply_delta(self: &mut Document, ops: &str) -> Result<Vec<u8>>;
        /// Ops of the least change that makes the text "quill" these ops, which are all inserts.
        fn change_to(self: &Document, ops: &str) -> Result<String>;
    }
}

pub use ffi::Applied;
