//! The HTTP client beneath the stores: it tells each attempt what the server answered, and makes
//! the completion of a multipart upload conditional where it is asked to.
use std::sync::{Arc, Mutex};

use ::http::header::IF_NONE_MATCH;
use ::http::{HeaderValue, Method};
use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
    ReqwestConnector,
};

#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    pub status: Option<u16>,
    pub transport: Option<HttpErrorKind>,
}

/// What became of the last request.
#[derive(Debug, Clone, Default)]
pub struct Trace(Arc<Mutex<Seen>>);

impl Trace {
    pub fn seen(&self) -> Seen {
        *self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
    fn note(&self, seen: Seen) {
        *self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()) = seen;
    }
}

tokio::task_local! {
    pub static TRACE: Trace;
    /// Within it, a multipart upload is completed only if the key is absent.
    pub static COMPLETE_IF_ABSENT: ();
    /// How the server says that it keeps the object that was asked for.
    pub static ENCRYPTION: Arc<Mutex<String>>;
    /// Whether a copy within Google Cloud Storage is for an absent key only.
    pub static COPY_IF_ABSENT: bool;
}

const S3_ENCRYPTION: &str = "x-amz-server-side-encryption";
const GOOGLE_COPY: &str = "x-goog-copy-source";
const GOOGLE_CONDITION: &str = "x-goog-if-generation-match";

#[derive(Debug, Default)]
pub struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let inner = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Service { inner }))
    }
}

#[derive(Debug)]
struct Service {
    inner: HttpClient,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // The signature covers the headers that it names, and this is not one that it has to name.
        if COMPLETE_IF_ABSENT.try_with(|_| ()).is_ok() && completes_upload(&request) {
            let headers = request.headers_mut();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        // object_store 0.13.2 has the two modes of this copy the wrong way round.
        if let Ok(if_absent) = COPY_IF_ABSENT.try_with(|it| *it) {
            if request.headers().contains_key(GOOGLE_COPY) {
                let headers = request.headers_mut();
                headers.remove(GOOGLE_CONDITION);
                if if_absent {
                    headers.insert(GOOGLE_CONDITION, HeaderValue::from_static("0"));
                }
            }
        }
        let result = self.inner.execute(request).await;
        let seen = match &result {
            Ok(response) => Seen {
                status: Some(response.status().as_u16()),
                transport: None,
            },
            Err(error) => Seen {
                status: None,
                transport: Some(error.kind()),
            },
        };
        if let Ok(response) = &result {
            let told = response.headers().get(S3_ENCRYPTION);
            let told = told.and_then(|value| value.to_str().ok());
            let _ = ENCRYPTION.try_with(|it| {
                let mut kept = it.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                *kept = told.unwrap_or_default().to_string();
            });
        }
        // Outside an attempt (an upload's parts) nobody asks.
        let _ = TRACE.try_with(|trace| trace.note(seen));
        result
    }
}

fn completes_upload(request: &HttpRequest) -> bool {
    let query = request.uri().query().unwrap_or_default();
    request.method() == Method::POST && query.split('&').any(|pair| pair.starts_with("uploadId="))
}
