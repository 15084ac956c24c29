//! The Rust libraries that OpenBricks uses, one module a concern, each with its own `bridge.rs`.
//! A panic never crosses a bridge, and a cancelled call stops its work (`runtime.rs`).
mod convert;
mod crdt;
mod dynamo;
mod elements;
mod objects;
mod parquet;
mod runtime;
