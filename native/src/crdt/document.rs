//! A Yjs document whose content is the text "quill", and what a server does with it.
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use yrs::types::text::{TextEvent, YChange};
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{
    Any, ClientID, Doc, In, Observable, OffsetKind, Options, ReadTxn, StateVector, Text, TextRef,
    Transact, TransactionMut, Update,
};

use super::bridge::Applied;
use super::ops::{self, Content, Op};
use crate::runtime::{BridgeError, guard};

const LISTENER: &str = "delta";

/// Why a call failed; its text is public.
#[derive(Debug, PartialEq)]
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

pub struct Document {
    doc: Doc,
    quill: TextRef,
    /// A call panicked: what `doc` holds may be broken.
    poisoned: std::sync::atomic::AtomicBool,
}

pub fn new_document() -> Box<Document> {
    let doc = Doc::with_options(Options {
        offset_kind: OffsetKind::Utf16,
        skip_gc: false,
        cleanup_formatting: false,
        ..Options::with_client_id(ClientID::new(u64::from(rand::random::<u32>())))
    });
    let quill = doc.get_or_insert_text("quill");
    Box::new(Document {
        doc,
        quill,
        poisoned: Default::default(),
    })
}

/// The updates of a batch: (length as u32, little endian; update)*.
fn updates_of(mut batch: &[u8]) -> Outcome<Vec<&[u8]>> {
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

fn is_empty(update: &[u8]) -> bool {
    update == Update::EMPTY_V1
}

impl Document {
    /// Runs `work`; when it panics, now or before, the document is not to be used any more.
    fn whole<T>(&self, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        use std::sync::atomic::Ordering;
        if self.poisoned.load(Ordering::Acquire) {
            return Err(Fail::panicked(String::new()));
        }
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(result) => result,
            Err(_) => {
                self.poisoned.store(true, Ordering::Release);
                Err(Fail::panicked(String::new()))
            }
        }
    }

    pub fn apply(&mut self, batch: &[u8], want_delta: bool) -> Outcome<Applied> {
        let updates = updates_of(batch)?;
        self.whole(|| self.apply_updates(&updates, want_delta))
    }

    fn apply_updates(&self, updates: &[&[u8]], want_delta: bool) -> Outcome<Applied> {
        let mut refused = Vec::new();
        let delta = Arc::new(Mutex::new(String::new()));
        if want_delta {
            let delta = delta.clone();
            self.quill.observe(LISTENER, move |txn, event: &TextEvent| {
                let ops = ops::ops_of_event(event.delta(txn));
                if !ops.is_empty() {
                    *delta.lock().unwrap() = ops::to_json(&ops);
                }
            });
        }
        let mut txn = self.doc.transact_mut();
        for (place, bytes) in updates.iter().enumerate() {
            let done = match Update::decode_v1(bytes) {
                Ok(update) => txn.apply_update(update).is_ok(),
                Err(_) => false,
            };
            if !done {
                refused.push(place as u32);
            }
        }
        let update = changes_of(&mut txn);
        let pending = txn.has_missing_updates();
        drop(txn);
        if want_delta {
            self.quill.unobserve(LISTENER);
        }
        let delta = std::mem::take(&mut *delta.lock().unwrap());
        Ok(Applied {
            update,
            refused,
            pending,
            delta,
        })
    }

    pub fn state_vector(&self) -> Outcome<Vec<u8>> {
        self.whole(|| Ok(self.doc.transact().state_vector().encode_v1()))
    }

    pub fn diff(&self, state_vector: &[u8]) -> Outcome<Vec<u8>> {
        self.whole(|| {
            let vector = StateVector::decode_v1(state_vector)
                .map_err(|error| Fail::new(format!("the state vector is malformed: {error}")))?;
            Ok(self.doc.transact().encode_state_as_update_v1(&vector))
        })
    }

    fn ops(&self) -> Vec<Op> {
        let txn = self.doc.transact();
        let mut all = Vec::new();
        for part in self.quill.diff(&txn, YChange::identity) {
            let attrs = part.attributes.map(|attrs| *attrs).unwrap_or_default();
            ops::push(
                &mut all,
                Op::Insert(ops::content_of_out(&part.insert), attrs),
            );
        }
        all
    }

    pub fn delta(&self) -> Outcome<String> {
        self.whole(|| Ok(ops::to_json(&self.ops())))
    }

    pub fn text(&self) -> Outcome<String> {
        self.whole(|| {
            let mut text = String::new();
            for op in self.ops() {
                match op {
                    Op::Insert(Content::Text(part), _) => text.push_str(&part),
                    _ => text.push('\u{fffc}'),
                }
            }
            Ok(text)
        })
    }

    pub fn apply_delta(&mut self, ops: &str) -> Outcome<Vec<u8>> {
        let ops = ops::parse(ops)?;
        self.whole(|| {
            let length = self.quill.len(&self.doc.transact());
            check_lengths(&ops, length)?;
            Ok(self.change(ops))
        })
    }

    pub fn set_delta(&mut self, ops: &str) -> Outcome<Vec<u8>> {
        let ops = ops::parse(ops)?;
        if let Some(place) = ops.iter().position(|op| !matches!(op, Op::Insert(..))) {
            return Err(Fail::new(format!(
                "op {place} of the delta must be an insert: a content has no others"
            )));
        }
        self.whole(|| {
            let length = self.quill.len(&self.doc.transact());
            let mut change = ops;
            if length > 0 {
                change.push(Op::Delete(length));
            }
            Ok(self.change(change))
        })
    }

    fn change(&self, ops: Vec<Op>) -> Vec<u8> {
        let mut txn = self.doc.transact_mut();
        self.quill
            .apply_delta(&mut txn, ops.into_iter().map(to_yrs));
        changes_of(&mut txn)
    }
}

/// All that the transaction did, as one update; empty when it did nothing.
fn changes_of(txn: &mut TransactionMut) -> Vec<u8> {
    txn.commit();
    let update = txn.encode_update_v1();
    if is_empty(&update) {
        Vec::new()
    } else {
        update
    }
}

fn to_yrs(op: Op) -> yrs::types::Delta<In> {
    use yrs::types::Delta;
    let boxed = |attrs: yrs::types::Attrs| (!attrs.is_empty()).then(|| Box::new(attrs));
    match op {
        Op::Insert(Content::Text(text), attrs) => {
            Delta::Inserted(In::Any(Any::String(text.into())), boxed(attrs))
        }
        Op::Insert(Content::Embed(any), attrs) => Delta::Inserted(In::Any(any), boxed(attrs)),
        Op::Retain(length, attrs) => Delta::Retain(length, boxed(attrs)),
        Op::Delete(length) => Delta::Deleted(length),
    }
}

fn check_lengths(ops: &[Op], length: u32) -> Outcome<()> {
    let mut left = length;
    for (place, op) in ops.iter().enumerate() {
        if let Op::Retain(count, _) | Op::Delete(count) = op {
            left = left.checked_sub(*count).ok_or_else(|| {
                Fail::new(format!(
                    "op {place} of the delta goes beyond the end of the text, whose length is {length}"
                ))
            })?;
        }
    }
    Ok(())
}

pub fn merge(batch: &[u8]) -> Outcome<Vec<u8>> {
    let updates = updates_of(batch)?;
    guard(|| {
        yrs::merge_updates_v1(updates)
            .map_err(|error| Fail::new(format!("an update is malformed: {error}")))
    })
}
