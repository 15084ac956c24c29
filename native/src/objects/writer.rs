//! A new object: one put when it is small, else a multipart upload with some parts on their way.
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use object_store::path::Path;
use object_store::{CopyMode, MultipartUpload, PutMultipartOptions, PutPayload};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::bridge::{Kind, Provider};
use super::failure::{Failure, Result, classify};
use super::http::{COMPLETE_IF_ABSENT, TRACE, Trace};
use super::store::{Inner, RemoteStore, attributes, new_marker, no_bucket, path};
use crate::runtime::{Call, guard, runtime};

const PARTS_UNDER_WAY: usize = 4;
/// Stores take 10,000 parts of one upload, so later ones are larger.
const PARTS_OF_ONE_SIZE: usize = 2000;
const ABORT_TIME: Duration = Duration::from_secs(10);
const PART_TIME: Duration = Duration::from_secs(2);

pub struct RemoteWriter {
    inner: Arc<Inner>,
    at: Path,
    marker: String,
    buffer: BytesMut,
    upload: Option<Upload>,
    finished: bool,
}

struct Upload {
    /// Where it is uploaded to: the key itself where its completion can be conditional.
    at: Path,
    parts: Box<dyn MultipartUpload>,
    count: usize,
    bytes: usize,
    under_way: VecDeque<JoinHandle<Result<()>>>,
}

pub fn open_writer(store: &RemoteStore, key: &str, marker: &str) -> Result<Box<RemoteWriter>> {
    guard(|| {
        let marker = match marker.is_empty() {
            true => new_marker(),
            false => marker.to_string(),
        };
        Ok(Box::new(RemoteWriter {
            inner: store.inner.clone(),
            at: path(key)?,
            marker,
            buffer: BytesMut::new(),
            upload: None,
            finished: false,
        }))
    })
}

impl RemoteWriter {
    pub fn write(&mut self, call: &Call, mut data: &[u8]) -> Result<()> {
        call.run(async {
            while !data.is_empty() {
                let room = self.part_bytes() - self.buffer.len();
                let (now, later) = data.split_at(room.min(data.len()));
                self.buffer.extend_from_slice(now);
                data = later;
                if self.buffer.len() == self.part_bytes() {
                    self.send_part().await?;
                }
            }
            Ok(())
        })
    }

    pub fn commit(&mut self, call: &Call, replace: bool) -> Result<bool> {
        call.run(async {
            if self.finished {
                return Err(Failure::new(Kind::Invalid, "an object was committed twice"));
            }
            let placed = if self.upload.is_none() {
                let bytes = self.buffer.clone().freeze();
                self.put_whole(bytes, replace).await?
            } else {
                self.finish_upload(replace).await?
            };
            self.finished = placed;
            Ok(placed)
        })
    }

    fn part_bytes(&self) -> usize {
        let count = self.upload.as_ref().map_or(0, |upload| upload.count);
        self.inner.part_bytes << (count / PARTS_OF_ONE_SIZE).min(6)
    }

    async fn put_whole(&self, bytes: Bytes, replace: bool) -> Result<bool> {
        if replace {
            self.inner.put(&self.at, bytes, &self.marker).await?;
            return Ok(true);
        }
        self.inner
            .put_if_absent(&self.at, bytes, &self.marker)
            .await
    }

    async fn send_part(&mut self) -> Result<()> {
        if self.upload.is_none() {
            self.upload = Some(start_upload(&self.inner, &self.at, &self.marker).await?);
        }
        let upload = self.upload.as_mut().expect("it was made above");
        let part = self.buffer.split().freeze();
        upload.send(part).await
    }

    async fn finish_upload(&mut self, replace: bool) -> Result<bool> {
        if !self.buffer.is_empty() {
            self.send_part().await?;
        }
        let upload = self.upload.as_mut().expect("the caller looked");
        while let Some(part) = upload.under_way.pop_front() {
            joined(part).await?;
        }
        if upload.at != self.at {
            return finish_aside(&self.inner, upload, &self.at, &self.marker, replace).await;
        }
        if !replace {
            check_upload_conditions(&self.inner).await?;
        }
        let answer = match replace {
            true => upload.complete().await,
            false => COMPLETE_IF_ABSENT.scope((), upload.complete()).await,
        };
        settle(&self.inner, &self.at, &self.marker, answer).await
    }
}

impl Drop for RemoteWriter {
    /// What was uploaded of an object that was not committed goes away.
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        if let Some(mut upload) = self.upload.take() {
            // A panic here has nobody to go to, and what is left the bucket's own rules remove.
            let _ = guard(|| {
                runtime().block_on(async {
                    let _ = timeout(ABORT_TIME, upload.abort(&self.inner, &self.at)).await;
                });
                Ok::<_, Failure>(())
            });
        }
    }
}

impl Upload {
    async fn send(&mut self, part: Bytes) -> Result<()> {
        if self.under_way.len() >= PARTS_UNDER_WAY {
            let oldest = self.under_way.pop_front().expect("there are some");
            joined(oldest).await?;
        }
        let trace = Trace::default();
        self.count += 1;
        self.bytes += part.len();
        let sending = self.parts.put_part(PutPayload::from(part));
        self.under_way.push_back(runtime().spawn(async move {
            let sent = TRACE.scope(trace.clone(), sending).await;
            sent.map_err(|error| classify(&error, &trace))
        }));
        Ok(())
    }

    async fn complete(&mut self) -> Result<()> {
        let trace = Trace::default();
        let completed = TRACE.scope(trace.clone(), self.parts.complete()).await;
        completed
            .map(|_| ())
            .map_err(|error| classify(&error, &trace))
    }

    async fn abort(&mut self, inner: &Inner, key: &Path) {
        // A part that arrives after the end would stay. (Dropped on the way it may yet arrive.)
        for mut part in self.under_way.drain(..) {
            if timeout(PART_TIME, &mut part).await.is_err() {
                part.abort();
            }
        }
        let _ = self.parts.abort().await;
        if self.at != *key {
            let _ = inner.remove(&self.at).await;
        }
    }
}

async fn joined(part: JoinHandle<Result<()>>) -> Result<()> {
    part.await
        .map_err(|error| Failure::new(Kind::Panicked, error.to_string()))?
}

async fn start_upload(inner: &Inner, at: &Path, marker: &str) -> Result<Upload> {
    // Only S3 completes an upload under a condition; elsewhere a copy has it.
    let at = match inner.provider {
        Provider::S3 => at.clone(),
        _ => path(&format!("{}{}", inner.scratch, new_marker()))?,
    };
    let trace = Trace::default();
    let options = PutMultipartOptions {
        attributes: attributes(marker),
        ..PutMultipartOptions::default()
    };
    let started = TRACE.scope(
        trace.clone(),
        inner.uploads.put_multipart_opts(&at, options),
    );
    let parts = started
        .await
        .map_err(|error| no_bucket(classify(&error, &trace)))?;
    Ok(Upload {
        at,
        parts,
        count: 0,
        bytes: 0,
        under_way: VecDeque::new(),
    })
}

/// What an answer to the last step means. One that was lost shows as an error of the attempt after
/// it (the upload is gone, or the key exists), so the object itself is asked.
async fn settle(inner: &Inner, at: &Path, marker: &str, answer: Result<()>) -> Result<bool> {
    let failure = match answer {
        Ok(()) => return Ok(true),
        Err(failure) => failure,
    };
    let asks = failure.is_transient() || matches!(failure.kind, Kind::Exists | Kind::NotFound);
    if !asks {
        return Err(failure);
    }
    match inner.owner(at).await? {
        Some(owner) if owner == marker => Ok(true),
        Some(_) if failure.kind == Kind::Exists => Ok(false),
        _ => Err(match failure.kind {
            Kind::NotFound => Failure::new(Kind::Other, "the upload is gone"),
            Kind::Exists => Failure::new(Kind::Throttled, failure.text),
            _ => failure,
        }),
    }
}

/// Completes the upload beside the key, then copies it there.
async fn finish_aside(
    inner: &Inner,
    upload: &mut Upload,
    key: &Path,
    marker: &str,
    replace: bool,
) -> Result<bool> {
    let answer = upload.complete().await;
    if !settle(inner, &upload.at, marker, answer).await? {
        return Err(Failure::new(Kind::Other, "the upload met another object"));
    }
    let mode = match replace {
        true => CopyMode::Overwrite,
        false => CopyMode::Create,
    };
    let copied = inner.copy(&upload.at, key, upload.bytes, mode).await;
    let placed = settle(inner, key, marker, copied).await;
    inner.remove(&upload.at).await?;
    placed
}

/// As for a put: a server that ignores the condition would replace what stands there.
async fn check_upload_conditions(inner: &Inner) -> Result<()> {
    if !inner.must_probe {
        return Ok(());
    }
    let probe = || async {
        let at = path(&format!("{}probe-{}", inner.scratch, new_marker()))?;
        inner.put(&at, Bytes::from_static(b"probe"), "").await?;
        let mut upload = start_upload(inner, &at, "").await?;
        upload.send(Bytes::from_static(b"other")).await?;
        while let Some(part) = upload.under_way.pop_front() {
            joined(part).await?;
        }
        let answer = COMPLETE_IF_ABSENT.scope((), upload.complete()).await;
        if answer.is_err() {
            upload.abort(inner, &at).await;
        }
        inner.remove(&at).await?;
        match answer {
            Ok(()) => Ok(false),
            Err(failure) if failure.kind == Kind::Exists => Ok(true),
            Err(failure) if failure.kind == Kind::Unsupported => Ok(false),
            Err(failure) => Err(failure),
        }
    };
    match inner.keeps_upload_conditions.get_or_try_init(probe).await? {
        true => Ok(()),
        false => Err(Failure::new(
            Kind::Unsupported,
            "the server does not keep the condition If-None-Match of an upload's completion",
        )),
    }
}
