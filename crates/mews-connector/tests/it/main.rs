//! The client over real HTTP on the loopback interface.
#![allow(clippy::unwrap_used, missing_docs)]

mod bulk;
mod bulk_failures;
mod config;
mod deadlines;
mod export;
mod failures;
mod hostile;
mod pages;
mod rate_limit;
mod scripted;
mod setup;
mod spans;
mod wire;
