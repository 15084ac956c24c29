//! What C++ sees. No text but that of an answer which is `Done` holds anything secret.
use super::client::{Client, open_client};

#[cxx::bridge(namespace = "ob::native::dynamo")]
pub mod ffi {
    struct Config {
        region: String,
        /// Empty: that of AWS in the region.
        endpoint: String,
        /// Empty: use what the environment and the machine's identity give.
        access_key: String,
        secret_key: String,
        session_token: String,
        allow_http: bool,
        attempts: u32,
        attempt_timeout_ms: u64,
        backoff_ms: u64,
        requests: u32,
    }

    #[derive(Debug)]
    enum Outcome {
        Done,
        /// A condition of the request did not hold. After an attempt whose answer was lost that may
        /// be the request's own doing.
        Condition,
        NoTable,
        InUse,
        Denied,
        Throttled,
        Unavailable,
        Timeout,
        Refused,
    }

    struct Answer {
        outcome: Outcome,
        /// The answer in JSON, or why there is none.
        text: String,
    }

    extern "Rust" {
        type Client;
        fn open_client(config: &Config) -> Result<Box<Client>>;
        /// `operation`: "GetItem", …; `request`: its JSON. Blocks.
        fn call(self: &Client, operation: &str, request: &str) -> Answer;
    }
}

pub use ffi::{Answer, Config, Outcome};
