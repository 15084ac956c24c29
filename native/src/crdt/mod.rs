//! Yjs documents over `yrs`, for live editing. Updates come from strangers: each is walked by
//! `validate.rs` before `yrs` sees it, and a document in which `yrs` panicked is never used again.
pub mod bridge;
mod document;
mod ops;
#[cfg(test)]
mod tests;
