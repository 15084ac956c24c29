//! Requests to DynamoDB: signed by the crate `object_store`, in JSON, tried again where that may help.
mod bridge;
mod client;
