//! The commands `import`, `reconcile`, `explain` and `drift`.

mod bad_input;
mod drift_job;
mod drifting;
mod explaining;
mod importing;
mod mutation;
mod project;
mod reconciling;
mod support;
