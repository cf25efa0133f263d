//! Streams as iterators.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Deref;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::StreamExt;

use super::client::in_async_code;
use super::runtime::Runtime;
use crate::error::Error;

/// An iterator over the items of a stream, which blocks the thread until the next item has arrived.
/// [`Client::items`](super::Client::items) creates it.
///
/// It derefs to the stream, for example to [`Items::cursor`](crate::Items::cursor). An error ends the iterator.
#[must_use = "iterators do nothing unless they are used"]
pub struct Iter<S> {
    stream: S,
    runtime: Arc<Runtime>,
    has_failed: bool,
}

impl<S> Iter<S> {
    pub(super) fn new(stream: S, runtime: Arc<Runtime>) -> Self {
        Self {
            stream,
            runtime,
            has_failed: false,
        }
    }

    /// Changes the stream, for example with [`Items::page_size`](crate::Items::page_size).
    ///
    /// ```
    #[doc = include_str!("../../doc/blocking_client.rs")]
    /// use mews_connector::VoucherCodeFilter;
    ///
    /// let filter = VoucherCodeFilter::vouchers([builtin::VOUCHER_ID.parse()?]);
    /// let mut codes = client.items(filter).with(|items| items.page_size(2));
    /// let first = codes.next().expect("a code")?;
    /// println!("{:?}; to continue: {:?}", first.value, codes.cursor());
    /// # Ok(()) }
    /// ```
    pub fn with<U>(self, change: impl FnOnce(S) -> U) -> Iter<U> {
        Iter::new(change(self.stream), self.runtime)
    }
}

impl<S, T> Iterator for Iter<S>
where
    S: Stream<Item = Result<T, Error>> + Unpin,
{
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let next = self.runtime.wait(self.stream.next());
        next.unwrap_or_else(|reason| {
            self.has_failed = true;
            Some(Err(in_async_code(reason)))
        })
    }
}

impl<S, T> FusedIterator for Iter<S> where
    S: futures_core::stream::FusedStream<Item = Result<T, Error>> + Unpin
{
}

impl<S> Deref for Iter<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.stream
    }
}

impl<S: fmt::Debug> fmt::Debug for Iter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(&self.stream).finish()
    }
}
