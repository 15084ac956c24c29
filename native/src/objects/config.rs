//! From the settings of a store to its client.
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::client::StaticCredentialProvider;
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};
use object_store::list::PaginatedListStore;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use super::bridge::{Kind, Provider, RemoteConfig};
use super::failure::{Failure, Result};
use super::http::Connector;

pub trait Backend: ObjectStore + PaginatedListStore {}
impl<T: ObjectStore + PaginatedListStore> Backend for T {}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_CONNECTIONS: usize = 16;

/// A client that makes one attempt: `Policy` makes the others, and has the time-outs.
pub fn single(config: &RemoteConfig) -> Result<Arc<dyn Backend>> {
    let options = client_options(config).with_timeout_disabled();
    build(config, options, retry_config(config, 1))
}

/// The client of multipart uploads, which tries again by itself: there it is safe.
pub fn persistent(config: &RemoteConfig, timeout: Duration) -> Result<Arc<dyn Backend>> {
    let options = client_options(config).with_timeout(timeout);
    build(config, options, retry_config(config, config.attempts))
}

fn client_options(config: &RemoteConfig) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(config.allow_http)
        .with_connect_timeout(CONNECT_TIMEOUT)
        .with_pool_max_idle_per_host(IDLE_CONNECTIONS)
}

fn retry_config(config: &RemoteConfig, attempts: u32) -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(config.backoff_ms),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
        max_retries: attempts.max(1) as usize - 1,
        retry_timeout: Duration::from_secs(180),
    }
}

fn build(
    config: &RemoteConfig,
    options: ClientOptions,
    retry: RetryConfig,
) -> Result<Arc<dyn Backend>> {
    match config.provider {
        Provider::S3 => s3(config, options, retry),
        Provider::Gcs => gcs(config, options, retry),
        Provider::Azure => azure(config, options, retry),
        _ => Err(Failure::new(Kind::Invalid, "an unknown provider")),
    }
}

/// Which setting is wrong, without its value.
fn refuse(error: object_store::Error) -> Failure {
    let text = match error {
        object_store::Error::UnknownConfigurationKey { key, .. } => format!("'{key}' is unknown"),
        object_store::Error::Generic { .. } => {
            "the credentials or the endpoint do not parse".into()
        }
        _ => "the settings do not fit together".to_string(),
    };
    Failure::new(Kind::Invalid, text)
}

/// Calls the builder's setter for a value that is there.
macro_rules! set {
    ($builder:ident, $setter:ident, $value:expr) => {
        if !$value.is_empty() {
            $builder = $builder.$setter($value.clone());
        }
    };
}

fn s3(
    config: &RemoteConfig,
    options: ClientOptions,
    retry: RetryConfig,
) -> Result<Arc<dyn Backend>> {
    let mut builder = match config.ambient {
        true => AmazonS3Builder::from_env(),
        false => AmazonS3Builder::new().with_skip_signature(config.access_key.is_empty()),
    }
    .with_bucket_name(&config.bucket)
    .with_virtual_hosted_style_request(config.virtual_hosted)
    .with_client_options(options)
    .with_http_connector(Connector)
    .with_retry(retry);
    set!(builder, with_region, config.region);
    set!(builder, with_endpoint, config.endpoint);
    set!(builder, with_access_key_id, config.access_key);
    set!(builder, with_secret_access_key, config.secret_key);
    set!(builder, with_token, config.session_token);
    let encryption = [
        ("aws_server_side_encryption", &config.encryption),
        ("aws_sse_kms_key_id", &config.kms_key),
    ];
    for (key, value) in encryption {
        if !value.is_empty() {
            let key: AmazonS3ConfigKey = key.parse().map_err(refuse)?;
            builder = builder.with_config(key, value);
        }
    }
    Ok(Arc::new(builder.build().map_err(refuse)?))
}

fn gcs(
    config: &RemoteConfig,
    options: ClientOptions,
    retry: RetryConfig,
) -> Result<Arc<dyn Backend>> {
    let mut builder = match config.ambient {
        true => GoogleCloudStorageBuilder::from_env(),
        false => GoogleCloudStorageBuilder::new(),
    }
    .with_bucket_name(&config.bucket)
    .with_client_options(options)
    .with_http_connector(Connector)
    .with_retry(retry);
    if !config.endpoint.is_empty() {
        builder = builder.with_base_url(&config.endpoint);
    }
    if !config.service_account.is_empty() {
        builder = builder.with_service_account_key(&config.service_account);
    } else if !config.ambient {
        // Else it would look for the machine's identity.
        let nobody = GcpCredential {
            bearer: String::new(),
        };
        builder = builder
            .with_credentials(Arc::new(StaticCredentialProvider::new(nobody)))
            .with_skip_signature(true);
    }
    Ok(Arc::new(builder.build().map_err(refuse)?))
}

fn azure(
    config: &RemoteConfig,
    options: ClientOptions,
    retry: RetryConfig,
) -> Result<Arc<dyn Backend>> {
    let keyless = config.account_key.is_empty()
        && config.sas_token.is_empty()
        && config.client_secret.is_empty();
    let mut builder = match config.ambient {
        true => MicrosoftAzureBuilder::from_env(),
        false => MicrosoftAzureBuilder::new().with_skip_signature(keyless),
    }
    .with_container_name(&config.bucket)
    .with_client_options(options)
    .with_http_connector(Connector)
    .with_retry(retry);
    set!(builder, with_account, config.account);
    set!(builder, with_endpoint, config.endpoint);
    set!(builder, with_access_key, config.account_key);
    set!(builder, with_tenant_id, config.tenant_id);
    set!(builder, with_client_id, config.client_id);
    set!(builder, with_client_secret, config.client_secret);
    if !config.sas_token.is_empty() {
        let key = object_store::azure::AzureConfigKey::SasKey;
        builder = builder.with_config(key, &config.sas_token);
    }
    Ok(Arc::new(builder.build().map_err(refuse)?))
}
