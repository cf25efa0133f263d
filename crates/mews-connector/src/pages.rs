//! Listings as streams: page by page, or item by item.

mod ceiling;
mod fetch;
mod items;
mod page;
mod reader;

use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_core::stream::FusedStream;
use mews_connector_api::operations::Cursor;
use tokio::runtime::Handle;

pub(crate) use self::ceiling::Ceiling;
pub use self::items::Items;
pub use self::page::{Page, VoucherCodePage, VoucherPage};
use self::reader::{Fetched, Reader};
use crate::error::{Error, ErrorKind};
use crate::response::{Head, Response};
use crate::task::AbortOnDrop;

type Read<P> = (Box<Reader<P>>, Result<Option<Fetched<P>>, Error>);

enum State<P> {
    Idle(Box<Reader<P>>),
    Reading(BoxFuture<'static, Read<P>>),
    Ahead(AbortOnDrop<Read<P>>),
    Done,
}

/// The pages of a listing, newest items first, as a [`Stream`].
///
/// No request is sent until the stream is polled. The stream ends when the cursor of the server is null. The vendor
/// names a second end, a page with fewer items than requested (guidelines/pagination); this client ignores it unless
/// [asked](Self::stop_at_short_page), because a page can also be short for another reason. A complete listing therefore
/// costs one request for an empty page. An error ends the stream; [`Self::cursor`] returns the position to resume from.
/// After a 408 or 413, pages of half the size are requested.
///
/// ```
/// # use mews_sandbox::{Sandbox, builtin};
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = Sandbox::builder().start().await?;
/// # let client = mews_connector::Client::builder()
/// #     .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Example Integration 1.0.0")
/// #     .base_url(sandbox.url()).build()?;
/// use mews_connector::VoucherFilter;
///
/// let filter = VoucherFilter::services([builtin::SERVICE_ID.parse()?]);
/// let mut pages = client.vouchers().pages(filter.clone()).page_size(2);
/// let first = pages.try_next().await?.expect("a page");
/// assert_eq!(first.items().len(), 2);
///
/// // Store the cursor to resume tomorrow.
/// let cursor = pages.cursor().cloned().expect("a cursor");
/// let rest = client.vouchers().items(filter).resume_after(cursor).collect_all().await?;
/// assert_eq!(rest.len(), 1);
/// # Ok(()) }
/// ```
#[must_use = "streams do nothing unless they are polled"]
pub struct Pages<P> {
    operation: Cow<'static, str>,
    state: State<P>,
    cursor: Option<Cursor>,
    prefetch: bool,
    last: Option<Head>,
}

impl<P: Send + 'static> Pages<P> {
    fn new(reader: Reader<P>, cursor: Option<Cursor>) -> Self {
        let pages = Self {
            operation: reader.operation.clone(),
            state: State::Idle(Box::new(reader)),
            cursor: None,
            prefetch: false,
            last: None,
        };
        match cursor {
            Some(cursor) => pages.resume_after(cursor),
            None => pages,
        }
    }

    /// Changes the reader of a stream that has not been polled.
    fn configure(mut self, change: impl FnOnce(&mut Reader<P>)) -> Self {
        if let State::Idle(reader) = &mut self.state {
            change(reader);
        }
        self
    }

    /// Sets the maximum number of items of a page, 1 to 1000. The default is that of the request. It must be set before
    /// the first page is taken.
    pub fn page_size(self, count: u16) -> Self {
        self.configure(|reader| reader.count = count.into())
    }

    /// Shares the page size with other listings: after a 408 or 413 in one of them, all request smaller pages.
    pub(crate) fn below(self, ceiling: &Ceiling) -> Self {
        self.configure(|reader| reader.ceiling = ceiling.clone())
    }

    /// Sets the minimum number of items of a page after a 408.
    pub(crate) fn smallest(self, count: u16) -> Self {
        self.configure(|reader| reader.min_count = reader.count.min(count.into()))
    }

    /// Resumes after the page with this cursor. It must be set before the first page is taken.
    pub fn resume_after(mut self, cursor: Cursor) -> Self {
        if matches!(self.state, State::Idle(_)) {
            self.cursor = Some(cursor.clone());
        }
        self.configure(|reader| reader.resume_after(cursor))
    }

    /// Ends the listing at a page with fewer items than requested, which saves the request for the empty page at the
    /// end. The default is `false`.
    ///
    /// The vendor names both ends, a null cursor and a short page (guidelines/pagination). By default, this client
    /// reads to the null cursor. With this setting, a page that is short for another reason ends the listing early, and
    /// nothing shows that items are missing. After a 408 or 413, the listing ends at a null cursor only. Pages of
    /// [`Client::call_pages`](crate::Client::call_pages) have no known number of items, so the setting has no effect
    /// for them. It must be set before the first page is taken.
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::VoucherFilter;
    ///
    /// let filter = VoucherFilter::services([builtin::SERVICE_ID.parse()?]);
    /// let pages = client.vouchers().pages(filter).stop_at_short_page(true).collect_all().await?;
    /// assert_eq!((pages.len(), sandbox.exchanges().len()), (1, 1));
    /// # Ok(()) }
    /// ```
    pub fn stop_at_short_page(self, stop: bool) -> Self {
        self.configure(|reader| reader.stop_at_short_page = stop)
    }

    /// Sets the number of empty pages in a row, each with a cursor, after which the listing fails. The default is 100.
    /// [`Self::cursor`] is then the cursor of the last empty page, which a new listing can resume from. It must be set
    /// before the first page is taken.
    pub fn max_empty_pages(self, pages: u32) -> Self {
        self.configure(|reader| reader.max_empty_pages = pages.max(1))
    }

    /// Sets whether one page is read ahead, in a separate task, after the first page was taken. This saves time if
    /// processing a page takes long. The task is aborted when the stream is dropped. The default is `false`.
    pub fn prefetch(mut self, prefetch: bool) -> Self {
        self.prefetch = prefetch;
        self
    }

    /// Returns the cursor of the last page that was yielded, for [`Self::resume_after`].
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// Returns the last response that was read, including the empty page at the end.
    pub(crate) fn last_response(&self) -> Option<&Head> {
        self.last.as_ref()
    }

    /// Returns the next page, or `None` at the end.
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`]. The kind is [`ErrorKind::Protocol`] if a cursor is repeated
    /// or contains a token. It is the same if a page of JSON is not an object, and after too many empty pages.
    pub async fn try_next(&mut self) -> Result<Option<Response<P>>, Error> {
        poll_fn(|context| self.poll(context)).await.transpose()
    }

    /// Returns all remaining pages.
    ///
    /// # Errors
    /// Returns an error if [`Self::try_next`] does. The pages read before are lost.
    pub async fn collect_all(mut self) -> Result<Vec<Response<P>>, Error> {
        let mut pages = Vec::new();
        while let Some(page) = self.try_next().await? {
            pages.push(page);
        }
        Ok(pages)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Response<P>, Error>>> {
        loop {
            let (reader, result) = match &mut self.state {
                State::Idle(_) => {
                    let State::Idle(reader) = std::mem::replace(&mut self.state, State::Done)
                    else {
                        continue;
                    };
                    self.state = State::Reading(read(reader));
                    continue;
                }
                State::Reading(reading) => ready!(reading.as_mut().poll(context)),
                State::Ahead(task) => match ready!(Pin::new(&mut task.0).poll(context)) {
                    Ok(read) => read,
                    Err(failed) => {
                        self.state = State::Done;
                        let error = Error::new(ErrorKind::Transport, self.operation.clone());
                        return Poll::Ready(Some(Err(error.with(|parts| {
                            parts.what =
                                Some("the task that prefetches a page ended too early".into());
                            parts.source = Some(Box::new(failed));
                        }))));
                    }
                },
                State::Done => return Poll::Ready(None),
            };
            self.state = State::Done;
            self.last.clone_from(&reader.last);
            let fetched = match result {
                Ok(Some(fetched)) => fetched,
                Ok(None) => return Poll::Ready(None),
                Err(error) => {
                    // The empty pages that were read are not read again.
                    self.cursor = reader.cursor;
                    return Poll::Ready(Some(Err(error)));
                }
            };
            self.cursor = fetched.cursor;
            if self.cursor.is_some() {
                let runtime = Handle::try_current().ok().filter(|_| self.prefetch);
                self.state = match runtime {
                    Some(runtime) => State::Ahead(AbortOnDrop(runtime.spawn(read(reader)))),
                    None => State::Idle(reader),
                };
            }
            return Poll::Ready(Some(Ok(fetched.page)));
        }
    }
}

fn read<P: Send + 'static>(mut reader: Box<Reader<P>>) -> BoxFuture<'static, Read<P>> {
    Box::pin(async move {
        let page = reader.next().await;
        (reader, page)
    })
}

// No field is pinned.
impl<P> Unpin for Pages<P> {}

impl<P: Send + 'static> Stream for Pages<P> {
    type Item = Result<Response<P>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<P: Send + 'static> FusedStream for Pages<P> {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Done)
    }
}

impl<P> fmt::Debug for Pages<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &self.operation)
            .field("cursor", &self.cursor)
            .field("prefetch", &self.prefetch)
            .finish_non_exhaustive()
    }
}
