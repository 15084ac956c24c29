//! Object stores in the cloud: S3 and what speaks it, Google Cloud Storage, Azure Blob.
mod bridge;
mod config;
mod failure;
mod http;
mod reader;
mod retry;
mod store;
mod writer;
