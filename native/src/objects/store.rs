//! The operations on whole objects and listings.
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use object_store::list::PaginatedListOptions;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, CopyMode, CopyOptions, GetOptions, ObjectMeta, ObjectStoreExt, PutMode,
    PutOptions, PutPayload,
};
use tokio::sync::OnceCell;

use super::bridge::{Kind, ListRequest, Provider, RemoteConfig, RemoteHead, RemoteInfo, ffi};
use super::config::{Backend, persistent, single};
use super::failure::{Failure, Result};
use super::http::{COPY_IF_ABSENT, ENCRYPTION};
use super::retry::Policy;
use crate::runtime::{Call, guard, runtime};

/// User metadata that tells whose write an object is: after a lost answer, nothing else does.
/// (Azure allows only letters and digits in such a name.)
const MARKER: &str = "openbrickswrite";
/// How much faster a server copies within itself than the slowest line that we wait for.
const COPIES_FASTER: usize = 8;
const LIST_PAGE: usize = 1000;
/// Sorts after whatever else a key may go on with.
const LAST: char = '\u{10FFFF}';

pub struct RemoteStore {
    pub inner: Arc<Inner>,
}

pub struct Inner {
    pub store: Arc<dyn Backend>,
    pub uploads: Arc<dyn Backend>,
    pub policy: Policy,
    pub provider: Provider,
    pub part_bytes: usize,
    pub scratch: String,
    /// A server of unknown make is asked once whether it keeps a condition that it is given.
    keeps_conditions: OnceCell<bool>,
    pub keeps_upload_conditions: OnceCell<bool>,
    pub must_probe: bool,
}

pub fn open_remote(config: &RemoteConfig) -> Result<Box<RemoteStore>> {
    guard(|| {
        let _inside = runtime().enter();
        let policy = Policy::new(
            config.attempts,
            config.backoff_ms,
            config.attempt_timeout_ms,
            config.requests,
        );
        let inner = Inner {
            store: single(config)?,
            uploads: persistent(config, policy.limit(config.part_bytes))?,
            policy,
            provider: config.provider,
            part_bytes: config.part_bytes,
            scratch: config.scratch.clone(),
            keeps_conditions: OnceCell::new(),
            keeps_upload_conditions: OnceCell::new(),
            must_probe: config.provider == Provider::S3 && !config.endpoint.is_empty(),
        };
        Ok(Box::new(RemoteStore {
            inner: Arc::new(inner),
        }))
    })
}

impl RemoteStore {
    pub fn head(&self, call: &Call, key: &str) -> Result<RemoteHead> {
        call.run(async {
            let found = absent_is_none(self.inner.meta(&path(key)?, true).await)?;
            Ok(match found {
                Some((meta, marker)) => RemoteHead {
                    found: true,
                    marker: marker.unwrap_or_default(),
                    info: to_info(&meta),
                },
                None => RemoteHead {
                    found: false,
                    marker: String::new(),
                    info: no_info(),
                },
            })
        })
    }

    pub fn get(&self, call: &Call, key: &str, max_bytes: u64) -> Result<Vec<u8>> {
        call.run(async {
            let at = path(key)?;
            let store = &self.inner.store;
            // The time-out is that of the largest that is asked for, within reason.
            let expected = max_bytes.min(64 << 20) as usize;
            let got = self.inner.policy.retry(expected, || async {
                let result = store.get_opts(&at, GetOptions::default()).await?;
                let size = result.meta.size;
                match size > max_bytes {
                    true => Ok(Err(size)),
                    false => Ok(Ok(result.bytes().await?)),
                }
            });
            match got.await? {
                Ok(bytes) => Ok(bytes.into()),
                Err(size) => Err(Failure::new(Kind::TooLarge, format!("{size} bytes"))),
            }
        })
    }

    pub fn put(&self, call: &Call, key: &str, bytes: &[u8]) -> Result<()> {
        call.run(async {
            let bytes = Bytes::copy_from_slice(bytes);
            self.inner.put(&path(key)?, bytes, &new_marker()).await
        })
    }

    pub fn put_if_absent(&self, call: &Call, key: &str, bytes: &[u8]) -> Result<bool> {
        call.run(async {
            let bytes = Bytes::copy_from_slice(bytes);
            let marker = new_marker();
            self.inner.put_if_absent(&path(key)?, bytes, &marker).await
        })
    }

    pub fn remove(&self, call: &Call, key: &str) -> Result<bool> {
        call.run(async {
            let at = path(key)?;
            if absent_is_none(self.inner.meta(&at, true).await)?.is_none() {
                return Ok(false);
            }
            self.inner.remove(&at).await?;
            Ok(true)
        })
    }

    pub fn copy(&self, call: &Call, from: &str, to: &str, bytes: usize) -> Result<()> {
        call.run(async {
            let (from, to) = (path(from)?, path(to)?);
            self.inner
                .copy(&from, &to, bytes, CopyMode::Overwrite)
                .await
        })
    }

    pub fn encryption(&self, call: &Call) -> Result<String> {
        call.run(async {
            let inner = &self.inner;
            let at = path(&format!("{}probe-{}", inner.scratch, new_marker()))?;
            inner.put(&at, Bytes::from_static(b"probe"), "").await?;
            let told = Arc::new(Mutex::new(String::new()));
            let looked = ENCRYPTION.scope(told.clone(), inner.meta(&at, true)).await;
            inner.remove(&at).await?;
            looked?;
            let told = told.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            Ok(told.clone())
        })
    }

    pub fn list(&self, call: &Call, request: &ListRequest) -> Result<Vec<RemoteInfo>> {
        call.run(self.inner.list(request))
    }
}

impl Inner {
    /// An object's data and the marker of its write.
    pub async fn meta(&self, at: &Path, head: bool) -> Result<(ObjectMeta, Option<String>)> {
        let result = self.policy.retry(0, || {
            let options = GetOptions {
                head,
                ..GetOptions::default()
            };
            self.store.get_opts(at, options)
        });
        let result = result.await?;
        let marker = result.attributes.get(&Attribute::Metadata(MARKER.into()));
        let marker = marker.map(|value| value.as_ref().to_string());
        Ok((result.meta, marker))
    }

    /// The marker of the object that stands at the key; None when there is no object.
    pub async fn owner(&self, at: &Path) -> Result<Option<String>> {
        let found = absent_is_none(self.meta(at, true).await)?;
        Ok(found.map(|(_, marker)| marker.unwrap_or_default()))
    }

    pub async fn put(&self, at: &Path, bytes: Bytes, marker: &str) -> Result<()> {
        let put = self.policy.retry(bytes.len(), || {
            let options = options(PutMode::Overwrite, marker);
            self.store.put_opts(at, bytes.clone().into(), options)
        });
        put.await.map_err(no_bucket)?;
        Ok(())
    }

    /// True when the object that stands at the key is this one. After an attempt with an unknown
    /// outcome the next one may meet its own object, so the marker decides, never the answer alone.
    pub async fn put_if_absent(&self, at: &Path, bytes: Bytes, marker: &str) -> Result<bool> {
        self.check_conditions().await?;
        let mut tried = 0;
        loop {
            let work = self.store.put_opts(
                at,
                PutPayload::from(bytes.clone()),
                options(PutMode::Create, marker),
            );
            let failure = match self.policy.attempt(bytes.len(), work).await {
                Ok(_) => return Ok(true),
                Err(failure) if failure.kind == Kind::Exists => match self.owner(at).await? {
                    Some(owner) => return Ok(owner == marker),
                    // Two creations at once may both be refused; or it has been removed since.
                    None => Failure::new(Kind::Throttled, failure.text),
                },
                Err(failure) if failure.is_transient() => failure,
                Err(failure) => return Err(no_bucket(failure)),
            };
            tried += 1;
            if tried >= self.policy.attempts {
                return match self.owner(at).await? {
                    Some(owner) if owner == marker => Ok(true),
                    _ => Err(self.policy.exhausted(failure)),
                };
            }
            self.policy.back_off(tried - 1).await;
        }
    }

    pub async fn remove(&self, at: &Path) -> Result<()> {
        let removed = self.policy.retry(0, || self.store.delete(at)).await;
        absent_is_none(removed).map(|_| ())
    }

    pub async fn copy(&self, from: &Path, to: &Path, bytes: usize, mode: CopyMode) -> Result<()> {
        let copied = self.policy.retry(bytes / COPIES_FASTER, || {
            let options = CopyOptions {
                mode,
                ..CopyOptions::default()
            };
            COPY_IF_ABSENT.scope(
                mode == CopyMode::Create,
                self.store.copy_opts(from, to, options),
            )
        });
        copied.await
    }

    /// A server that ignores conditions would let one commit replace another, silently.
    async fn check_conditions(&self) -> Result<()> {
        if !self.must_probe {
            return Ok(());
        }
        let probe = || async {
            let at = path(&format!("{}probe-{}", self.scratch, new_marker()))?;
            self.put(&at, Bytes::from_static(b"probe"), "").await?;
            let again = self.policy.retry(0, || {
                let payload = PutPayload::from_static(b"probe");
                self.store
                    .put_opts(&at, payload, options(PutMode::Create, ""))
            });
            let answer = again.await;
            self.remove(&at).await?;
            match answer {
                Ok(_) => Ok(false),
                Err(failure) if failure.kind == Kind::Exists => Ok(true),
                Err(failure) if failure.kind == Kind::Unsupported => Ok(false),
                Err(failure) => Err(failure),
            }
        };
        match self.keeps_conditions.get_or_try_init(probe).await? {
            true => Ok(()),
            false => Err(Failure::new(
                Kind::Unsupported,
                "the server does not keep the condition If-None-Match of a put",
            )),
        }
    }

    async fn list(&self, request: &ListRequest<'_>) -> Result<Vec<RemoteInfo>> {
        let mut out: Vec<RemoteInfo> = Vec::new();
        let mut token = None;
        loop {
            let page = self.policy.retry(LIST_PAGE << 10, || {
                self.store.list_paginated(
                    Some(request.prefix).filter(|prefix| !prefix.is_empty()),
                    PaginatedListOptions {
                        offset: first_offset(request),
                        delimiter: request.delimited.then(|| "/".into()),
                        max_keys: Some(LIST_PAGE.min(request.limit.saturating_add(1))),
                        page_token: token.clone(),
                        ..PaginatedListOptions::default()
                    },
                )
            });
            let page = page.await.map_err(no_bucket)?;
            let objects = page.result.objects.iter().map(to_info);
            let prefixes = page.result.common_prefixes.iter().map(|prefix| RemoteInfo {
                key: format!("{prefix}/"),
                is_prefix: true,
                ..no_info()
            });
            let mut entries: Vec<_> = objects.chain(prefixes).collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            let hidden = |key: &str| request.hidden.iter().any(|start| key.starts_with(start));
            out.extend(entries.into_iter().filter(|entry| {
                let key = entry.key.as_str();
                key.starts_with(request.prefix) && key > request.after && !hidden(key)
            }));
            token = page.page_token;
            if out.len() >= request.limit || token.is_none() {
                out.truncate(request.limit);
                return Ok(out);
            }
        }
    }
}

/// After "a/b/" in a delimited listing comes what is not below it.
fn first_offset(request: &ListRequest) -> Option<String> {
    let mut offset = request.after.to_string();
    if request.delimited && offset.ends_with('/') {
        offset.push(LAST);
    }
    Some(offset).filter(|offset| !offset.is_empty())
}

pub fn options(mode: PutMode, marker: &str) -> PutOptions {
    PutOptions {
        mode,
        attributes: attributes(marker),
        ..PutOptions::default()
    }
}

pub fn attributes(marker: &str) -> Attributes {
    let mut attributes = Attributes::new();
    if !marker.is_empty() {
        attributes.insert(
            Attribute::Metadata(MARKER.into()),
            marker.to_string().into(),
        );
    }
    attributes
}

pub fn new_marker() -> String {
    format!("{:032x}", rand::random::<u128>())
}

pub fn path(key: &str) -> Result<Path> {
    Path::parse(key).map_err(|_| Failure::new(Kind::Invalid, "the key is not one of an object"))
}

pub fn absent_is_none<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(failure) if failure.kind == Kind::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Where no object is looked for, only the bucket can be missing.
pub fn no_bucket(failure: Failure) -> Failure {
    match failure.kind {
        Kind::NotFound => Failure::new(Kind::NoBucket, failure.text),
        _ => failure,
    }
}

pub fn to_info(meta: &ObjectMeta) -> RemoteInfo {
    RemoteInfo {
        key: meta.location.to_string(),
        size: meta.size as i64,
        modified: meta.last_modified.timestamp_micros(),
        etag: meta.e_tag.clone().unwrap_or_default(),
        is_prefix: false,
    }
}

fn no_info() -> ffi::RemoteInfo {
    RemoteInfo {
        key: String::new(),
        size: 0,
        modified: 0,
        etag: String::new(),
        is_prefix: false,
    }
}
