//! Object stores in the cloud: S3 and what speaks it, Google Cloud Storage, Azure Blob.
pub mod bridge;
mod config;
pub mod failure;
mod http;
mod reader;
pub mod retry;
mod store;
mod writer;
