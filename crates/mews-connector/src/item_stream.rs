//! A stream of items from several listings.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::stream::{BoxStream, FusedStream};
use futures_util::stream::{StreamExt, TryStreamExt};

use crate::error::Error;

/// A [`Stream`] of items from several listings. No request is sent until the stream is polled. The stream ends after an
/// error.
#[must_use = "streams do nothing unless they are polled"]
pub struct ItemStream<T>(Option<BoxStream<'static, Result<T, Error>>>);

impl<T> ItemStream<T> {
    pub(crate) fn new(items: impl Stream<Item = Result<T, Error>> + Send + 'static) -> Self {
        Self(Some(items.boxed()))
    }

    /// Returns the next item, or `None` at the end.
    ///
    /// # Errors
    /// Returns an error if [`Pages::try_next`](crate::Pages::try_next) does, for any of the listings.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        self.next().await.transpose()
    }

    /// Returns all remaining items.
    ///
    /// # Errors
    /// Returns an error if [`Self::try_next`] does. The items read before are lost.
    pub async fn collect_all(self) -> Result<Vec<T>, Error> {
        self.try_collect().await
    }
}

impl<T> Stream for ItemStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(items) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let item = ready!(items.poll_next_unpin(context));
        if !matches!(item, Some(Ok(_))) {
            self.0 = None;
        }
        Poll::Ready(item)
    }
}

impl<T> FusedStream for ItemStream<T> {
    fn is_terminated(&self) -> bool {
        self.0.is_none()
    }
}

impl<T> fmt::Debug for ItemStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemStream").finish_non_exhaustive()
    }
}
