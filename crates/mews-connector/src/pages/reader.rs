//! Reads a listing page after page.

use std::borrow::Cow;
use std::collections::HashSet;

use futures_core::future::BoxFuture;
use mews_connector_api::operations::{Count, Cursor};
use tracing::debug;

use super::ceiling::Ceiling;
use crate::error::{Error, ErrorKind, one_line};
use crate::response::{Head, Response};

/// The default number of empty pages in a row after which a listing fails.
const MAX_EMPTY_PAGES: u32 = 100;

/// A page with its cursor, and the number of its items.
pub(super) struct Fetched<P> {
    pub(super) page: Response<P>,
    pub(super) cursor: Option<Cursor>,
    pub(super) is_empty: bool,
    /// The number of items, if it is known.
    pub(super) items: Option<usize>,
}

/// A function that requests the page that starts at a cursor, with a maximum number of items.
pub(super) type Fetch<P> =
    Box<dyn FnMut(Count, Option<Cursor>) -> BoxFuture<'static, Result<Fetched<P>, Error>> + Send>;

pub(super) struct Reader<P> {
    pub(super) operation: Cow<'static, str>,
    fetch: Fetch<P>,
    /// The cursor of the last page received, empty pages included.
    pub(super) cursor: Option<Cursor>,
    seen: HashSet<Cursor>,
    pub(super) count: Count,
    pub(super) min_count: Count,
    pub(super) ceiling: Ceiling,
    pub(super) max_empty_pages: u32,
    pub(super) stop_at_short_page: bool,
    has_shrunk: bool,
    page: u64,
    /// The last response, which can be that of an empty page.
    pub(super) last: Option<Head>,
}

impl<P> Reader<P> {
    pub(super) fn new(operation: Cow<'static, str>, count: Count, fetch: Fetch<P>) -> Self {
        Self {
            operation,
            fetch,
            cursor: None,
            seen: HashSet::new(),
            count,
            min_count: 1,
            ceiling: Ceiling::default(),
            max_empty_pages: MAX_EMPTY_PAGES,
            stop_at_short_page: false,
            has_shrunk: false,
            page: 0,
            last: None,
        }
    }

    pub(super) fn resume_after(&mut self, cursor: Cursor) {
        self.seen.insert(cursor.clone());
        self.cursor = Some(cursor);
    }

    /// Returns the next page that is not empty, with the cursor after it; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Fetched<P>>, Error> {
        let mut empty = 0;
        loop {
            let mut fetched = self.fetch().await?;
            self.last = Some(fetched.page.head().clone());
            self.page += 1;
            debug!(
                mews.operation = &*self.operation,
                mews.page = self.page,
                mews.items = fetched.items,
                "page"
            );
            if let Some(cursor) = &fetched.cursor {
                if !self.seen.insert(cursor.clone()) {
                    return Err(self.contradiction(format!(
                        "the cursor {} came twice, so the listing would not end",
                        one_line(cursor)
                    )));
                }
                self.cursor = Some(cursor.clone());
            }
            if self.is_short(&fetched) {
                fetched.cursor = None;
            }
            match (fetched.is_empty, &fetched.cursor) {
                (false, _) => return Ok(Some(fetched)),
                (true, None) => return Ok(None),
                (true, Some(_)) => empty += 1,
            }
            if empty >= self.max_empty_pages {
                return Err(self.contradiction(format!(
                    "{empty} pages in a row were empty, each with a cursor; resume after the last cursor to continue"
                )));
            }
        }
    }

    /// Returns `true` if the listing ends at this page because it is short. After a 408, also in an earlier
    /// listing, a page can be short for another reason.
    fn is_short(&self, fetched: &Fetched<P>) -> bool {
        let requested = usize::try_from(self.count).unwrap_or_default();
        self.stop_at_short_page
            && !self.has_shrunk
            && fetched.items.is_some_and(|items| items < requested)
    }

    fn contradiction(&self, what: String) -> Error {
        Error::new(ErrorKind::Protocol, self.operation.clone())
            .with(|parts| parts.what = Some(what))
    }

    /// Requests a page, and after a 408 or 413 one of half the size: "Reduce the amount of data returned"
    /// (guidelines/requests, *Request timeouts*). The smaller size is kept for the rest of the listing. A larger page
    /// would fail again, and each failure takes as long as the server's timeout.
    async fn fetch(&mut self) -> Result<Fetched<P>, Error> {
        loop {
            let ceiling = self.ceiling.get();
            if ceiling < self.count {
                // An earlier listing got a 408 for a larger page, so here, too, a page can be short for that reason.
                self.count = ceiling;
                self.has_shrunk = true;
            }
            match (self.fetch)(self.count, self.cursor.clone()).await {
                Err(error) if error.is_splittable() && self.count > self.min_count => {
                    self.count = (self.count / 2).max(self.min_count);
                    self.ceiling.lower(self.count);
                    self.has_shrunk = true;
                    debug!(
                        mews.operation = &*self.operation,
                        mews.count = self.count,
                        "requesting smaller pages"
                    );
                }
                result => return result,
            }
        }
    }
}
