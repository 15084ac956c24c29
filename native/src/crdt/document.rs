//! What C++ calls: a document.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use cxx::CxxString;

use super::bridge::Applied;
use super::ops::{self, Op};
use super::store::{Change, Store};
use super::update::{self, Waiting};
use super::wire;
use super::{Fail, Outcome, diff, quill};
use crate::runtime::BridgeError;

/// Bytes of text that a document may hold, with those that were deleted lately.
const MOST_TEXT: usize = 1 << 30;
/// The same of what is loaded, as far as it can be counted; an accepted document is well below it.
const MOST_LOADED: usize = 3 << 30;

/// Instead of the ops of a change, where they would be too large: who follows has to begin anew.
const TOO_MUCH: &str = "null";

pub struct Document {
    pub(super) store: Store,
    waiting: Waiting,
    /// The text "quill".
    root: u32,
    /// As which client the next edit is made, and its clock.
    own: (u64, u32),
    /// A call panicked: what is here may be broken.
    broken: AtomicBool,
}

pub fn new_document() -> Box<Document> {
    let mut store = Store::default();
    let root = store.root(quill::ROOT);
    Box::new(Document {
        store,
        waiting: Waiting::default(),
        root,
        own: (u64::from(rand::random::<u32>()), 0),
        broken: AtomicBool::new(false),
    })
}

/// The updates of a batch: (length as u32, little endian; update)*.
pub(super) fn updates_of(mut batch: &[u8]) -> Outcome<Vec<&[u8]>> {
    let mut updates = Vec::new();
    while !batch.is_empty() {
        let Some((length, rest)) = batch.split_first_chunk::<4>() else {
            return Err(Fail::new("the batch of updates ends within a length"));
        };
        let length = u32::from_le_bytes(*length) as usize;
        if length > rest.len() {
            return Err(Fail::new("the batch of updates ends within an update"));
        }
        let (update, rest) = rest.split_at(length);
        updates.push(update);
        batch = rest;
    }
    Ok(updates)
}

impl Document {
    fn usable(&self) -> Outcome<()> {
        match self.broken.load(Ordering::Acquire) {
            true => Err(Fail::panicked(String::new())),
            false => Ok(()),
        }
    }

    /// Runs `work`; when it panics, the document is not to be used any more.
    fn reading<T>(&self, work: impl FnOnce(&Self) -> Outcome<T>) -> Outcome<T> {
        self.usable()?;
        catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|_| {
            self.broken.store(true, Ordering::Release);
            Err(Fail::panicked(String::new()))
        })
    }

    fn writing<T>(&mut self, work: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.usable()?;
        match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(result) => result,
            Err(_) => {
                self.broken.store(true, Ordering::Release);
                Err(Fail::panicked(String::new()))
            }
        }
    }

    fn has_room(&self, bytes: usize) -> Outcome<()> {
        match bytes.saturating_add(self.store.text.len()) > MOST_TEXT {
            true => Err(Fail::new("the document is too large")),
            false => Ok(()),
        }
    }

    pub fn apply(&mut self, batch: &[u8], want_delta: bool) -> Outcome<Applied> {
        let updates = updates_of(batch)?;
        self.writing(|document| {
            document.has_room(batch.len())?;
            let (store, waiting) = (&mut document.store, &mut document.waiting);
            let mut change = Change::default();
            let mut refused = Vec::new();
            for (place, bytes) in (0..).zip(&updates) {
                if update::apply(store, &mut change, waiting, bytes).is_err() {
                    refused.push(place);
                }
            }
            // What cannot be taken in even now is lost; its writer still has it.
            let _ = update::catch_up(store, &mut change, waiting);
            let mut delta = String::new();
            if want_delta {
                let deletes = update::tidy_ranges(&change);
                delta = match quill::changes(store, document.root, &change, &deletes) {
                    Ok(ops) if ops.is_empty() => String::new(),
                    Ok(ops) => ops::to_json(&ops),
                    Err(_) => TOO_MUCH.to_string(),
                };
            }
            Ok(Applied {
                update: update::finish(store, change),
                refused,
                pending: !waiting.is_empty(),
                delta,
            })
        })
    }

    /// Takes in updates that were accepted once, whatever that takes now; gives the places of those
    /// that are malformed.
    pub fn load(&mut self, batch: &[u8]) -> Outcome<Vec<u32>> {
        self.load_all(&updates_of(batch)?)
    }

    pub fn load_one(&mut self, update: &[u8]) -> Outcome<bool> {
        Ok(self.load_all(&[update])?.is_empty())
    }

    fn load_all(&mut self, updates: &[&[u8]]) -> Outcome<Vec<u32>> {
        self.writing(|document| {
            let (store, waiting) = (&mut document.store, &mut document.waiting);
            let bytes: usize = updates.iter().map(|update| update.len()).sum();
            if bytes + store.text.len() > MOST_LOADED {
                return Err(Fail::new("the document is too large"));
            }
            let mut change = Change {
                trusted: true,
                ..Change::default()
            };
            let mut refused = Vec::new();
            for (place, bytes) in (0..).zip(updates) {
                if update::apply(store, &mut change, waiting, bytes).is_err() {
                    refused.push(place);
                }
            }
            update::catch_up(store, &mut change, waiting)?;
            store.tidy(&mut change);
            Ok(refused)
        })
    }

    pub fn pending(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub fn state_vector(&self) -> Outcome<Vec<u8>> {
        self.reading(|document| Ok(document.store.state_vector()))
    }

    pub fn diff(&self, state_vector: &[u8]) -> Outcome<Vec<u8>> {
        self.reading(|document| {
            let clocks = wire::read_state_vector(state_vector)
                .map_err(|error| Fail::new(format!("the state vector is malformed: {error}")))?;
            Ok(update::difference(
                &document.store,
                &document.waiting,
                &clocks,
            ))
        })
    }

    pub fn delta(&self) -> Outcome<String> {
        self.reading(|document| quill::read_json(&document.store, document.root))
    }

    #[cfg(test)]
    pub fn text(&self) -> Outcome<String> {
        self.reading(|document| Ok(quill::texts(&document.store, document.root).collect()))
    }

    pub fn text_into(&self, mut to: Pin<&mut CxxString>) -> Outcome<()> {
        self.reading(|document| {
            let parts = || quill::texts(&document.store, document.root);
            to.as_mut().reserve(parts().map(str::len).sum());
            parts().for_each(|part| to.as_mut().push_str(part));
            Ok(())
        })
    }

    pub fn apply_delta(&mut self, ops: &str) -> Outcome<Vec<u8>> {
        let bytes = ops.len();
        let ops = ops::parse(ops)?;
        self.writing(|document| {
            document.has_room(bytes)?;
            quill::check(&document.store, document.root, &ops)?;
            Ok(document.edit(&ops))
        })
    }

    pub fn change_to(&self, ops: &str) -> Outcome<String> {
        let ops = ops::parse(ops)?;
        if let Some(place) = ops.iter().position(|op| !matches!(op, Op::Insert(..))) {
            return Err(Fail::new(format!(
                "op {place} of the delta must be an insert: a content has no others"
            )));
        }
        self.reading(|document| {
            let change = match quill::read(&document.store, document.root) {
                Ok(old) => diff::between(&old, &ops)?,
                // What has too many formats to be told goes as a whole.
                Err(_) => {
                    let length = document.store.types[document.root as usize].length;
                    std::iter::once(Op::Delete(length)).chain(ops).collect()
                }
            };
            Ok(ops::to_json(&change))
        })
    }

    /// As C++ does it.
    #[cfg(test)]
    pub fn set_delta(&mut self, ops: &str) -> Outcome<Vec<u8>> {
        let change = self.change_to(ops)?;
        self.apply_delta(&change)
    }

    fn edit(&mut self, ops: &[Op]) -> Vec<u8> {
        while self.store.clock_of(self.own.0) != self.own.1 {
            // Someone else uses this number.
            self.own = (u64::from(rand::random::<u32>()), 0);
        }
        let client = self.store.client(self.own.0);
        let mut change = Change::default();
        quill::write(&mut self.store, &mut change, self.root, client, ops);
        self.own.1 = self.store.clock_of(self.own.0);
        update::finish(&mut self.store, change)
    }
}
