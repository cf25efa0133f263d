//! Documents become facts, facts are held against spec and rulings, and new documents are asked what they change.

mod bad_input;
mod drift_job;
mod drifting;
mod explaining;
mod importing;
mod mutation;
mod project;
mod reconciling;
mod support;
