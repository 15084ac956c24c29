//! Ranges of one object, read in blocks that grow while the reading is sequential, with the next
//! block on its way. All of them are of the version that was opened.
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta};
use tokio::task::JoinHandle;

use super::bridge::{Kind, RemoteInfo};
use super::failure::{Failure, Result};
use super::store::{Inner, RemoteStore, path, to_info};
use crate::runtime::{Call, runtime};

const SMALLEST_BLOCK: u64 = 64 << 10;
const LARGEST_BLOCK: u64 = 4 << 20;
/// Of an object's end that is read when it is opened.
const END: u64 = 64 << 10;

pub struct RemoteReader {
    object: Arc<Object>,
    state: Mutex<State>,
}

struct Object {
    inner: Arc<Inner>,
    at: Path,
    meta: ObjectMeta,
}

struct State {
    start: u64,
    block: Bytes,
    /// How much the next block asks for.
    window: u64,
    /// Where the last read ended: one that starts there is sequential.
    end_of_last: Option<u64>,
    ahead: Option<Ahead>,
}

/// The block that is being read in advance; dropping it stops that.
struct Ahead {
    start: u64,
    task: JoinHandle<Result<Bytes>>,
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn open_reader(store: &RemoteStore, call: &Call, key: &str) -> Result<Box<RemoteReader>> {
    call.run(async {
        let inner = store.inner.clone();
        let at = path(key)?;
        let (meta, start, block) = open_end(&inner, &at).await?;
        Ok(Box::new(RemoteReader {
            object: Arc::new(Object { inner, at, meta }),
            state: Mutex::new(State {
                start,
                block,
                window: SMALLEST_BLOCK,
                end_of_last: None,
                ahead: None,
            }),
        }))
    })
}

/// What is known of the object, and its end, in one request: small objects and the footers of large
/// ones need no other. Azure has no such range, and an empty object has no end.
async fn open_end(inner: &Inner, at: &Path) -> Result<(ObjectMeta, u64, Bytes)> {
    let got = inner.policy.retry(END as usize, || async {
        let options = GetOptions {
            range: Some(GetRange::Suffix(END)),
            ..GetOptions::default()
        };
        let got = inner.store.get_opts(at, options).await?;
        let (meta, start) = (got.meta.clone(), got.range.start);
        Ok((meta, start, got.bytes().await?))
    });
    match got.await {
        Ok(found) => Ok(found),
        Err(failure) if matches!(failure.kind, Kind::NotFound | Kind::NoBucket | Kind::Denied) => {
            Err(failure)
        }
        Err(failure) if failure.is_transient() => Err(failure),
        Err(_) => {
            let (meta, _) = inner.meta(at, true).await?;
            Ok((meta, 0, Bytes::new()))
        }
    }
}

impl RemoteReader {
    pub fn info(&self) -> RemoteInfo {
        to_info(&self.object.meta)
    }

    /// Fills `out`, or as much as there is up to the object's end.
    pub fn read(&self, call: &Call, offset: u64, out: &mut [u8]) -> Result<usize> {
        let mut state = self.lock();
        let size = self.object.meta.size;
        let wanted = (out.len() as u64).min(size.saturating_sub(offset)) as usize;
        let sequential = state.end_of_last == Some(offset);
        if !sequential {
            state.window = SMALLEST_BLOCK;
        }
        let mut done = 0;
        while done < wanted {
            let at = offset + done as u64;
            if !state.holds(at) {
                let rest = (wanted - done) as u64;
                call.run(self.load(&mut state, at, rest))?;
            }
            let from = (at - state.start) as usize;
            let count = (wanted - done).min(state.block.len() - from);
            out[done..done + count].copy_from_slice(&state.block[from..from + count]);
            done += count;
        }
        state.end_of_last = Some(offset + wanted as u64);
        if sequential {
            self.read_ahead(&mut state);
        }
        Ok(wanted)
    }

    /// As `read`, but reads nothing ahead and keeps nothing: the end that was read at the opening is
    /// given once.
    pub fn read_range(&self, call: &Call, offset: u64, out: &mut [u8]) -> Result<usize> {
        let size = self.object.meta.size;
        let wanted = (out.len() as u64).min(size.saturating_sub(offset));
        if wanted == 0 {
            return Ok(0);
        }
        let mut state = self.lock();
        if state.holds(offset) && state.holds(offset + wanted - 1) {
            let from = (offset - state.start) as usize;
            let bytes = std::mem::take(&mut state.block);
            out[..wanted as usize].copy_from_slice(&bytes[from..from + wanted as usize]);
            return Ok(wanted as usize);
        }
        drop(state);
        let bytes = call.run(self.object.fetch(offset, wanted))?;
        out[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Makes the block one that holds `at`.
    async fn load(&self, state: &mut State, at: u64, rest: u64) -> Result<()> {
        if let Some(mut ahead) = state.ahead.take_if(|ahead| ahead.start == at) {
            state.block = (&mut ahead.task)
                .await
                .map_err(|error| Failure::new(Kind::Other, error.to_string()))??;
        } else {
            state.ahead = None;
            let length = rest.max(state.window).min(LARGEST_BLOCK.max(state.window));
            state.block = self.object.fetch(at, length).await?;
        }
        state.start = at;
        Ok(())
    }

    fn read_ahead(&self, state: &mut State) {
        let next = state.start + state.block.len() as u64;
        if state.ahead.is_some() || next >= self.object.meta.size {
            return;
        }
        state.window = (state.window * 2).min(LARGEST_BLOCK);
        let object = self.object.clone();
        let length = state.window;
        let task = runtime().spawn(async move { object.fetch(next, length).await });
        state.ahead = Some(Ahead { start: next, task });
    }
}

impl State {
    fn holds(&self, at: u64) -> bool {
        at >= self.start && at < self.start + self.block.len() as u64
    }
}

impl Object {
    async fn fetch(&self, start: u64, length: u64) -> Result<Bytes> {
        let end = self.meta.size.min(start + length);
        let got = self.inner.policy.retry((end - start) as usize, || async {
            // A bucket with versions still has this one; elsewhere its tag tells that it is gone.
            let options = GetOptions {
                range: Some(GetRange::Bounded(start..end)),
                if_match: self.meta.e_tag.clone(),
                version: self
                    .meta
                    .version
                    .clone()
                    .filter(|version| version != "null"),
                ..GetOptions::default()
            };
            self.inner
                .store
                .get_opts(&self.at, options)
                .await?
                .bytes()
                .await
        });
        let bytes = got.await.map_err(|failure| match failure.kind {
            Kind::Exists => Failure::new(Kind::Changed, failure.text),
            _ => failure,
        })?;
        if bytes.len() as u64 != end - start {
            let text = format!("{} bytes came for {start} to {end}", bytes.len());
            return Err(Failure::new(Kind::Other, text));
        }
        Ok(bytes)
    }
}
