//! Facts that documents state about an API, whatever their form, and rulings on what holds where they disagree.

pub mod drift;
pub mod facts;
pub mod import;
pub mod reconcile;
pub mod variants;
