//! Errors with their kind, and without anything secret: of what a server said, only the status and
//! the code are kept (bodies and URLs may hold keys and signatures).
use std::error::Error as StdError;
use std::fmt;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

use super::bridge::Kind;
use super::http::Trace;
use crate::runtime::BridgeError;

#[derive(Debug, Clone)]
pub struct Failure {
    pub kind: Kind,
    pub text: String,
}

pub type Result<T> = std::result::Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.kind.repr, self.text)
    }
}

impl BridgeError for Failure {
    fn panicked(text: String) -> Self {
        Failure::new(Kind::Panicked, text)
    }
    fn cancelled() -> Self {
        Failure::new(Kind::Cancelled, "cancelled")
    }
}

impl Failure {
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        let text = text.into();
        Failure { kind, text }
    }

    /// Whether trying again may help. Such an attempt may have had its effect all the same.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            Kind::Throttled | Kind::Unavailable | Kind::Timeout
        )
    }
}

pub fn classify(error: &Error, trace: &Trace) -> Failure {
    let seen = trace.seen();
    let code = causes(error)
        .map(|cause| server_code(&cause.to_string()))
        .find(|code| !code.is_empty())
        .unwrap_or_default();
    let kind = match error {
        _ if matches!(code.as_str(), "NoSuchBucket" | "ContainerNotFound") => Kind::NoBucket,
        Error::NotFound { .. } => Kind::NotFound,
        Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotModified { .. } => {
            Kind::Exists
        }
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => Kind::Denied,
        Error::NotSupported { .. } | Error::NotImplemented { .. } => Kind::Unsupported,
        Error::InvalidPath { .. } => Kind::Invalid,
        _ => match kind_of_code(&code) {
            Some(kind) => kind,
            None => kind_of_rest(error, seen.status, seen.transport),
        },
    };
    let mut text = match (seen.status, seen.transport) {
        (Some(status), _) => format!("status {status}"),
        (None, Some(transport)) => format!("{transport:?} error").to_lowercase(),
        (None, None) => "no request was made".to_string(),
    };
    if !code.is_empty() {
        text = format!("{text}, code {code}");
    }
    Failure { kind, text }
}

/// The error and what it stems from.
fn causes<'a>(error: &'a Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let first: &'a (dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |error: &&'a (dyn StdError + 'static)| {
        (*error).source()
    })
}

fn kind_of_code(code: &str) -> Option<Kind> {
    Some(match code {
        "SlowDown" | "ServerBusy" | "Throttling" | "RequestLimitExceeded" => Kind::Throttled,
        "InternalError" | "ServiceUnavailable" => Kind::Unavailable,
        "RequestTimeout" | "OperationTimedOut" => Kind::Timeout,
        "AccessDenied"
        | "ExpiredToken"
        | "InvalidToken"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "AuthorizationHeaderMalformed"
        | "AuthenticationFailed" => Kind::Denied,
        "NotImplemented" => Kind::Unsupported,
        _ => return None,
    })
}

fn kind_of_rest(error: &Error, status: Option<u16>, transport: Option<HttpErrorKind>) -> Kind {
    match (status, transport) {
        (Some(404), _) => Kind::NotFound,
        (Some(429), _) => Kind::Throttled,
        (Some(408), _) => Kind::Timeout,
        (Some(501), _) => Kind::Unsupported,
        (Some(503), _) => Kind::Throttled,
        (Some(status), _) if status >= 500 => Kind::Unavailable,
        (Some(status), _) if status >= 300 => Kind::Invalid,
        (None, Some(HttpErrorKind::Timeout)) => Kind::Timeout,
        (None, Some(_)) => Kind::Unavailable,
        // The status was good, and what followed was not.
        _ => match broken_body(error) {
            Some(HttpErrorKind::Timeout) => Kind::Timeout,
            Some(_) => Kind::Unavailable,
            None => Kind::Other,
        },
    }
}

fn broken_body(error: &Error) -> Option<HttpErrorKind> {
    causes(error)
        .find_map(|cause| cause.downcast_ref::<HttpError>())
        .map(|http| http.kind())
}

/// "…<Code>NoSuchKey</Code>…" and "…code: NoSuchKey…" (of one object in a bulk removal).
fn server_code(said: &str) -> String {
    const MARKS: [&str; 3] = ["<Code>", "(code: ", "code: "];
    MARKS
        .iter()
        .find_map(|mark| said.split_once(mark))
        .map(|(_, rest)| {
            rest.chars()
                .take_while(|c| c.is_ascii_alphanumeric())
                .take(64)
                .collect()
        })
        .unwrap_or_default()
}
