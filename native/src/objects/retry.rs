//! Attempts with a time-out each, exponential back-off with jitter, and a bound on how many
//! requests a store has under way.
use std::future::Future;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::bridge::Kind;
use super::failure::{Failure, Result, classify};
use super::http::{TRACE, Trace};

const LONGEST_BACKOFF: Duration = Duration::from_secs(5);
/// Beside its fixed time, an attempt has as long as a line of this speed needs for its bytes.
const SLOWEST_BYTES_PER_SECOND: u64 = 128 << 10;

#[derive(Debug)]
pub struct Policy {
    pub attempts: u32,
    pub backoff: Duration,
    pub timeout: Duration,
    requests: Semaphore,
}

impl Policy {
    pub fn new(attempts: u32, backoff_ms: u64, timeout_ms: u64, requests: u32) -> Self {
        Policy {
            attempts: attempts.max(1),
            backoff: Duration::from_millis(backoff_ms),
            timeout: Duration::from_millis(timeout_ms),
            requests: Semaphore::new(requests.max(1) as usize),
        }
    }

    /// One attempt that moves about `bytes`.
    pub async fn attempt<T>(
        &self,
        bytes: usize,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T> {
        let trace = Trace::default();
        let traced = TRACE.scope(trace.clone(), work);
        self.within(bytes, async {
            traced.await.map_err(|error| classify(&error, &trace))
        })
        .await
    }

    /// In its turn and in its time.
    pub async fn within<T>(
        &self,
        bytes: usize,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let _permit = self.requests.acquire().await.expect("it is never closed");
        let limit = self.limit(bytes);
        timeout(limit, work).await.unwrap_or_else(|_| {
            let text = format!("no answer within {} ms", limit.as_millis());
            Err(Failure::new(Kind::Timeout, text))
        })
    }

    /// Tries until it works, fails for good, or the attempts are used up. `work` has to be such
    /// that it may have its effect more than once.
    pub async fn retry<T, F>(&self, bytes: usize, mut work: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = object_store::Result<T>>,
    {
        self.again(|| self.attempt(bytes, work())).await
    }

    /// The same for attempts of another kind.
    pub async fn again<T, F>(&self, mut attempt: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut tried = 0;
        loop {
            match attempt().await {
                Err(failure) if failure.is_transient() && tried + 1 < self.attempts => {
                    self.back_off(tried).await;
                    tried += 1;
                }
                Err(failure) if failure.is_transient() => return Err(self.exhausted(failure)),
                result => return result,
            }
        }
    }

    pub fn exhausted(&self, failure: Failure) -> Failure {
        let text = format!("{} (after {} attempts)", failure.text, self.attempts);
        Failure { text, ..failure }
    }

    pub fn limit(&self, bytes: usize) -> Duration {
        self.timeout + Duration::from_secs(bytes as u64 / SLOWEST_BYTES_PER_SECOND)
    }

    pub async fn back_off(&self, tried: u32) {
        let most = self
            .backoff
            .saturating_mul(1 << tried.min(16))
            .min(LONGEST_BACKOFF);
        sleep(most.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
    }
}
