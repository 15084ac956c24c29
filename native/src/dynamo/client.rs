//! One request with its attempts.
use std::sync::Arc;
use std::time::Duration;

use ::http::Method;
use ::http::header::CONTENT_TYPE;
use bytes::Bytes;
use futures_util::StreamExt;
use object_store::StaticCredentialProvider;
use object_store::aws::{AmazonS3Builder, AwsAuthorizer, AwsCredential, AwsCredentialProvider};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest,
    ReqwestConnector,
};
use serde_json::Value;

use super::bridge::{Answer, Config, Outcome};
use crate::objects::bridge::Kind;
use crate::objects::failure::{Failure, Result};
use crate::objects::retry::Policy;
use crate::runtime::{guard, new_call, runtime};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const IDLE_CONNECTIONS: usize = 64;
/// The largest answer is 16 MB of items, which base64 makes a third larger.
const LARGEST_ANSWER: usize = 48 << 20;

pub struct Client {
    http: HttpClient,
    credentials: AwsCredentialProvider,
    region: String,
    url: String,
    policy: Policy,
}

pub fn open_client(config: &Config) -> Result<Box<Client>> {
    guard(|| {
        let _inside = runtime().enter();
        let options = ClientOptions::new()
            .with_allow_http(config.allow_http)
            .with_timeout_disabled()
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_pool_max_idle_per_host(IDLE_CONNECTIONS);
        let url = match config.endpoint.is_empty() {
            true => format!("https://dynamodb.{}.amazonaws.com/", config.region),
            false => format!("{}/", config.endpoint.trim_end_matches('/')),
        };
        Ok(Box::new(Client {
            http: ReqwestConnector::default()
                .connect(&options)
                .map_err(refuse)?,
            credentials: credentials(config)?,
            region: config.region.clone(),
            url,
            policy: Policy::new(
                config.attempts,
                config.backoff_ms,
                config.attempt_timeout_ms,
                config.requests,
            ),
        }))
    })
}

fn refuse(_: object_store::Error) -> Failure {
    Failure::new(Kind::Invalid, "the settings do not fit together")
}

/// The environment and the machine's identity are asked as for S3.
fn credentials(config: &Config) -> Result<AwsCredentialProvider> {
    if config.access_key.is_empty() {
        let store = AmazonS3Builder::from_env()
            .with_bucket_name("none")
            .with_region(&config.region)
            .build()
            .map_err(refuse)?;
        return Ok(store.credentials().clone());
    }
    Ok(Arc::new(StaticCredentialProvider::new(AwsCredential {
        key_id: config.access_key.clone(),
        secret_key: config.secret_key.clone(),
        token: Some(config.session_token.clone()).filter(|token| !token.is_empty()),
    })))
}

impl Client {
    pub fn call(&self, operation: &str, request: &str) -> Answer {
        let body = Bytes::copy_from_slice(request.as_bytes());
        let answered = new_call().run(
            self.policy
                .again(|| self.policy.within(body.len(), self.once(operation, &body))),
        );
        match answered {
            Ok(text) => Answer {
                outcome: Outcome::Done,
                text,
            },
            Err(failure) => Answer {
                outcome: outcome(failure.kind),
                text: failure.text,
            },
        }
    }

    async fn once(&self, operation: &str, body: &Bytes) -> Result<String> {
        let credential = self.credentials.get_credential().await.map_err(|_| {
            Failure::new(
                Kind::Denied,
                "neither the environment nor the machine gives credentials",
            )
        })?;
        let mut request: HttpRequest = ::http::Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header(CONTENT_TYPE, "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .body(body.clone().into())
            .map_err(|_| Failure::new(Kind::Invalid, "the endpoint is not an address"))?;
        AwsAuthorizer::new(&credential, "dynamodb", &self.region).authorize(&mut request, None);
        let response = self.http.execute(request).await.map_err(lost)?;
        let status = response.status().as_u16();
        let mut stream = response.into_body().bytes_stream();
        let mut answer = Vec::new();
        while let Some(part) = stream.next().await {
            answer.extend_from_slice(&part.map_err(lost)?);
            if answer.len() > LARGEST_ANSWER {
                return Err(Failure::new(Kind::Invalid, "the answer is too large"));
            }
        }
        if status != 200 {
            return Err(refused(status, &answer));
        }
        String::from_utf8(answer)
            .map_err(|_| Failure::new(Kind::Unavailable, "the answer is not text"))
    }
}

fn outcome(kind: Kind) -> Outcome {
    match kind {
        Kind::Exists => Outcome::Condition,
        Kind::NotFound => Outcome::NoTable,
        Kind::Changed => Outcome::InUse,
        Kind::Denied => Outcome::Denied,
        Kind::Throttled => Outcome::Throttled,
        Kind::Unavailable => Outcome::Unavailable,
        Kind::Timeout => Outcome::Timeout,
        _ => Outcome::Refused,
    }
}

fn lost(error: HttpError) -> Failure {
    match error.kind() {
        HttpErrorKind::Timeout => Failure::new(Kind::Timeout, "no answer in time"),
        kind => Failure::new(Kind::Unavailable, format!("{kind:?} error").to_lowercase()),
    }
}

/// Of what the server said only the code is kept: messages may quote what was sent.
fn refused(status: u16, body: &[u8]) -> Failure {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let code: String = said["__type"]
        .as_str()
        .and_then(|text| text.rsplit('#').next())
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .collect();
    let kind = match code.as_str() {
        "TransactionCanceledException" => kind_of_cancelled(&said),
        _ => kind_of(status, &code),
    };
    let text = match code.is_empty() {
        true => format!("status {status}"),
        false => format!("status {status}, code {code}"),
    };
    Failure::new(kind, text)
}

fn kind_of(status: u16, code: &str) -> Kind {
    match code {
        "ConditionalCheckFailedException" => Kind::Exists,
        "ResourceNotFoundException" => Kind::NotFound,
        "ResourceInUseException" => Kind::Changed,
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "LimitExceededException"
        | "TransactionConflictException"
        | "TransactionInProgressException" => Kind::Throttled,
        "AccessDeniedException"
        | "UnrecognizedClientException"
        | "IncompleteSignatureException"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "ExpiredTokenException" => Kind::Denied,
        _ => match status {
            408 => Kind::Timeout,
            429 => Kind::Throttled,
            500.. => Kind::Unavailable,
            _ => Kind::Invalid,
        },
    }
}

/// A condition counts more than what may be over in a moment.
fn kind_of_cancelled(said: &Value) -> Kind {
    let reasons = said["CancellationReasons"].as_array();
    let codes: Vec<&str> = reasons
        .into_iter()
        .flatten()
        .filter_map(|reason| reason["Code"].as_str())
        .collect();
    let any = |wanted: &[&str]| codes.iter().any(|code| wanted.contains(code));
    if any(&["ConditionalCheckFailed"]) {
        return Kind::Exists;
    }
    let passing = [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ];
    match any(&passing) {
        true => Kind::Throttled,
        false => Kind::Invalid,
    }
}
