//! The items of a listing.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::Stream;
use futures_core::stream::FusedStream;
use mews_connector_api::operations::Cursor;

use super::{Ceiling, Pages};
use crate::error::Error;

/// The items of a listing, newest first, as a [`Stream`]. All that is documented for [`Pages`] applies.
#[must_use = "streams do nothing unless they are polled"]
pub struct Items<T> {
    pages: Pages<Vec<T>>,
    left: vec::IntoIter<T>,
    before: Option<Cursor>,
}

impl<T: Send + 'static> Items<T> {
    pub(super) fn new(pages: Pages<Vec<T>>) -> Self {
        Self {
            pages,
            left: Vec::new().into_iter(),
            before: None,
        }
    }

    fn configure(self, change: impl FnOnce(Pages<Vec<T>>) -> Pages<Vec<T>>) -> Self {
        Self {
            pages: change(self.pages),
            ..self
        }
    }

    /// See [`Pages::page_size`].
    pub fn page_size(self, count: u16) -> Self {
        self.configure(|pages| pages.page_size(count))
    }

    /// See [`Pages::below`].
    pub(crate) fn below(self, ceiling: &Ceiling) -> Self {
        self.configure(|pages| pages.below(ceiling))
    }

    /// See [`Pages::resume_after`].
    pub fn resume_after(mut self, cursor: Cursor) -> Self {
        self.before = Some(cursor.clone());
        self.configure(|pages| pages.resume_after(cursor))
    }

    /// See [`Pages::stop_at_short_page`].
    pub fn stop_at_short_page(self, stop: bool) -> Self {
        self.configure(|pages| pages.stop_at_short_page(stop))
    }

    /// See [`Pages::max_empty_pages`].
    pub fn max_empty_pages(self, max: u32) -> Self {
        self.configure(|pages| pages.max_empty_pages(max))
    }

    /// See [`Pages::prefetch`].
    pub fn prefetch(self, prefetch: bool) -> Self {
        self.configure(|pages| pages.prefetch(prefetch))
    }

    /// Returns the cursor of the last page of which every item was yielded. Resuming after it repeats the items of the
    /// page in progress, and loses none.
    pub fn cursor(&self) -> Option<&Cursor> {
        if self.left.len() == 0 {
            self.pages.cursor()
        } else {
            self.before.as_ref()
        }
    }

    /// Returns the next item, or `None` at the end.
    ///
    /// # Errors
    /// Returns an error if [`Pages::try_next`] does.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        poll_fn(|context| self.poll(context)).await.transpose()
    }

    /// Returns all remaining items.
    ///
    /// # Errors
    /// Returns an error if [`Self::try_next`] does. The items read before are lost.
    pub async fn collect_all(mut self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while let Some(item) = self.try_next().await? {
            items.push(item);
            items.extend(self.left.by_ref());
        }
        Ok(items)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        loop {
            if let Some(item) = self.left.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            let before = self.pages.cursor().cloned();
            match ready!(self.pages.poll(context)) {
                Some(Ok(page)) => {
                    self.left = page.into_inner().into_iter();
                    self.before = before;
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

// No field is pinned.
impl<T> Unpin for Items<T> {}

impl<T: Send + 'static> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<T: Send + 'static> FusedStream for Items<T> {
    fn is_terminated(&self) -> bool {
        self.left.len() == 0 && self.pages.is_terminated()
    }
}

impl<T: Send + 'static> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("cursor", &self.cursor())
            .finish_non_exhaustive()
    }
}
