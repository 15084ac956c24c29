//! What C++ sees. Keys are whole (with the store's prefix). Every function may fail with a text of
//! the form "<number of the Kind> <what happened>"; it never holds a secret.
use super::reader::{RemoteReader, open_reader};
use super::store::{RemoteStore, open_remote};
use super::writer::{RemoteWriter, open_writer};
use crate::runtime::{Call, new_call};

#[cxx::bridge(namespace = "ob::native")]
pub mod ffi {
    /// Why a call failed.
    #[derive(Debug)]
    enum Kind {
        NotFound,
        NoBucket,
        Exists,
        Changed,
        TooLarge,
        Denied,
        Throttled,
        Unavailable,
        Timeout,
        Cancelled,
        Invalid,
        Unsupported,
        Panicked,
        Other,
    }

    enum Provider {
        S3,
        Gcs,
        Azure,
    }

    struct RemoteConfig {
        provider: Provider,
        bucket: String,
        /// Where the store may put what is its own, ending with '/'.
        scratch: String,
        region: String,
        endpoint: String,
        access_key: String,
        secret_key: String,
        session_token: String,
        account: String,
        account_key: String,
        sas_token: String,
        tenant_id: String,
        client_id: String,
        client_secret: String,
        service_account: String,
        /// Use what the environment and the machine's identity give.
        ambient: bool,
        /// Of S3, for what is written: "AES256", "aws:kms", or empty for the bucket's own way.
        encryption: String,
        kms_key: String,
        virtual_hosted: bool,
        allow_http: bool,
        attempts: u32,
        attempt_timeout_ms: u64,
        backoff_ms: u64,
        part_bytes: usize,
        requests: u32,
    }

    struct RemoteInfo {
        key: String,
        size: i64,
        /// Microseconds since 1970.
        modified: i64,
        etag: String,
        is_prefix: bool,
    }

    struct RemoteHead {
        found: bool,
        /// What its writer left on it; empty when it was another program.
        marker: String,
        info: RemoteInfo,
    }

    struct ListRequest<'a> {
        prefix: &'a str,
        after: &'a str,
        limit: usize,
        delimited: bool,
        /// Keys that start with one of these are left out.
        hidden: Vec<String>,
    }

    extern "Rust" {
        type Call;
        fn new_call() -> Box<Call>;
        fn cancel(self: &Call);

        type RemoteStore;
        fn open_remote(config: &RemoteConfig) -> Result<Box<RemoteStore>>;
        fn head(self: &RemoteStore, call: &Call, key: &str) -> Result<RemoteHead>;
        fn get(self: &RemoteStore, call: &Call, key: &str, max_bytes: u64) -> Result<Vec<u8>>;
        fn put(self: &RemoteStore, call: &Call, key: &str, bytes: &[u8]) -> Result<()>;
        fn put_if_absent(self: &RemoteStore, call: &Call, key: &str, bytes: &[u8]) -> Result<bool>;
        fn remove(self: &RemoteStore, call: &Call, key: &str) -> Result<bool>;
        /// Replaces what is at `to`; `bytes` is the object's size, for the time-out.
        fn copy(self: &RemoteStore, call: &Call, from: &str, to: &str, bytes: usize) -> Result<()>;
        /// How the server says that it keeps a new object; empty when it does not say.
        fn encryption(self: &RemoteStore, call: &Call) -> Result<String>;
        fn list(self: &RemoteStore, call: &Call, request: &ListRequest) -> Result<Vec<RemoteInfo>>;

        type RemoteReader;
        fn open_reader(store: &RemoteStore, call: &Call, key: &str) -> Result<Box<RemoteReader>>;
        fn info(self: &RemoteReader) -> RemoteInfo;
        fn read(self: &RemoteReader, call: &Call, offset: u64, out: &mut [u8]) -> Result<usize>;
        /// One request of its own, beside others.
        fn read_range(
            self: &RemoteReader,
            call: &Call,
            offset: u64,
            out: &mut [u8],
        ) -> Result<usize>;

        type RemoteWriter;
        /// `marker` is kept with the object and tells whose it is; empty: a new one.
        fn open_writer(store: &RemoteStore, key: &str, marker: &str) -> Result<Box<RemoteWriter>>;
        fn write(self: &mut RemoteWriter, call: &Call, data: &[u8]) -> Result<()>;
        /// False when the key exists and `replace` is not set.
        fn commit(self: &mut RemoteWriter, call: &Call, replace: bool) -> Result<bool>;
    }
}

pub use ffi::{Kind, ListRequest, Provider, RemoteConfig, RemoteHead, RemoteInfo};
