//! The client over real HTTP on the loopback interface.
#![allow(clippy::unwrap_used, missing_docs)]

mod bulk;
mod bulk_doubt;
mod bulk_failures;
mod bulk_journal;
mod bulk_model;
mod bulk_verify;
mod config;
mod deadlines;
mod directory;
mod export;
mod failures;
mod fake_server;
mod hostile;
mod linked_clock;
mod operations;
mod pages;
mod rate_limit;
mod scripted;
mod setup;
mod shared_clock;
mod spans;
mod strictness;
mod wire;
