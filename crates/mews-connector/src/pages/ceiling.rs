//! The page size that a server can serve.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use mews_connector_api::operations::Count;

/// The maximum number of items of a page, shared by listings that are read one after the other. A page that was too large
/// in one of them (408, 413) is too large in the next one, too.
#[derive(Clone, Debug)]
pub(crate) struct Ceiling(Arc<AtomicI32>);

impl Default for Ceiling {
    fn default() -> Self {
        Self(Arc::new(AtomicI32::new(Count::MAX)))
    }
}

impl Ceiling {
    pub(super) fn get(&self) -> Count {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn lower(&self, count: Count) {
        self.0.fetch_min(count, Ordering::Relaxed);
    }
}
