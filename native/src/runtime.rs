//! What every bridge shares: the one runtime, cancellation of calls, and the wall against panics.
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

const THREADS: usize = 4;

pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("native")
            .enable_all()
            .build()
            .expect("the threads of the native runtime start")
    })
}

/// An error that is able to stand for a panic and for a cancelled call.
pub trait BridgeError {
    fn panicked(text: String) -> Self;
    fn cancelled() -> Self;
}

/// Runs `work`; a panic in it becomes an error.
pub fn guard<T, E: BridgeError>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| text.to_string())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a text".to_string());
        Err(E::panicked(text))
    })
}

/// One or several calls that are cancelled together.
pub struct Call {
    cancelled: watch::Sender<bool>,
}

pub fn new_call() -> Box<Call> {
    Box::new(Call {
        cancelled: watch::Sender::new(false),
    })
}

impl Call {
    pub fn cancel(&self) {
        self.cancelled.send_replace(true);
    }

    /// Blocks this thread until `work` is done; drops it when the call is cancelled.
    pub fn run<T, E: BridgeError>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        guard(|| {
            let mut cancelled = self.cancelled.subscribe();
            runtime().block_on(async {
                tokio::select! {
                    biased;
                    _ = cancelled.wait_for(|it| *it) => Err(E::cancelled()),
                    result = work => result,
                }
            })
        })
    }
}
