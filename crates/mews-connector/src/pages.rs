//! Listings as streams: page by page, or item by item.

use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::{fmt, vec};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_core::stream::FusedStream;
use mews_connector_api::types::{Cursor, Limitation};
use tokio::runtime::Handle;
use tracing::debug;

use crate::error::{Error, ErrorKind};
use crate::filter::limitation;
use crate::page::Page;
use crate::response::Response;
use crate::task::AbortOnDrop;

/// The largest page: `Limitation.Count` is 1 to 1000 (guidelines/pagination).
const LARGEST: u16 = 1000;
/// After so many pages without trouble a page that was made smaller is doubled again.
const PAGES_BEFORE_GROWTH: u32 = 4;
/// A server that goes on about nothing for so long is not going to end.
const MOST_EMPTY_PAGES: u32 = 100;

type Fetch<P> =
    Arc<dyn Fn(Limitation) -> BoxFuture<'static, Result<Response<P>, Error>> + Send + Sync>;

/// Reads a listing page after page.
struct Reader<P> {
    operation: &'static str,
    fetch: Fetch<P>,
    cursor: Option<Cursor>,
    seen: HashSet<Cursor>,
    largest: u16,
    smallest: u16,
    count: u16,
    calm: u32,
    page: u64,
}

impl<P: Page> Reader<P> {
    /// The next page that has items; `None` at the end.
    async fn next(&mut self) -> Result<Option<Response<P>>, Error> {
        for _ in 0..MOST_EMPTY_PAGES {
            let page = self.fetch_smaller_if_needed().await?;
            self.page += 1;
            debug!(
                mews.operation = self.operation,
                mews.page = self.page,
                mews.items = page.len(),
                "page"
            );
            match page.cursor() {
                None if page.is_empty() => return Ok(None),
                None => {}
                Some(cursor) => {
                    if !self.seen.insert(cursor.clone()) {
                        return Err(self.contradiction(format!(
                            "the cursor {} came twice; going on would read the same pages without end",
                            crate::error::one_line(cursor)
                        )));
                    }
                    self.cursor = Some(cursor.clone());
                }
            }
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
        Err(self.contradiction(format!(
            "{MOST_EMPTY_PAGES} pages in a row were empty, each with a cursor"
        )))
    }

    fn contradiction(&self, what: String) -> Error {
        Error::new(ErrorKind::Protocol, self.operation).with(|parts| parts.what = Some(what))
    }

    /// "Reduce the amount of data returned" is what to do about a 408 (guidelines/requests, *Request timeouts*).
    async fn fetch_smaller_if_needed(&mut self) -> Result<Response<P>, Error> {
        loop {
            match (self.fetch)(limitation(self.count, self.cursor.clone())).await {
                Err(error) if error.is_splittable() && self.count > self.smallest => {
                    self.count = (self.count / 2).max(self.smallest);
                    self.calm = 0;
                    debug!(
                        mews.operation = self.operation,
                        mews.count = self.count,
                        "asking for less"
                    );
                }
                Err(error) => return Err(error),
                Ok(page) => {
                    self.calm += 1;
                    if self.calm >= PAGES_BEFORE_GROWTH && self.count < self.largest {
                        self.calm = 0;
                        self.count = self.count.saturating_mul(2).min(self.largest);
                    }
                    return Ok(page);
                }
            }
        }
    }
}

type Read<P> = (Box<Reader<P>>, Result<Option<Response<P>>, Error>);

enum State<P> {
    Idle(Box<Reader<P>>),
    Reading(BoxFuture<'static, Read<P>>),
    Ahead(AbortOnDrop<Read<P>>),
    Done,
}

/// The pages of a listing, newest items first, as a [`Stream`].
///
/// Nothing is sent before it is polled. It ends when the server's cursor is null, and on nothing else: a short page
/// is no end, so a complete listing costs one request for an empty page (guidelines/pagination). After an error it has
/// ended; [`Self::cursor`] says where to go on. A page that is too heavy for the server (408) is asked for again with
/// half as many items.
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
/// assert_eq!(first.vouchers().len(), 2);
///
/// // Stored somewhere, this is enough to go on tomorrow.
/// let cursor = pages.cursor().cloned().expect("a cursor");
/// let rest = client.vouchers().items(filter).resume_after(cursor).all().await?;
/// assert_eq!(rest.len(), 1);
/// # Ok(()) }
/// ```
#[must_use = "streams do nothing unless they are polled"]
pub struct Pages<P> {
    state: State<P>,
    cursor: Option<Cursor>,
    prefetch: bool,
}

impl<P: Page> Pages<P> {
    pub(crate) fn new<F>(
        operation: &'static str,
        fetch: impl Fn(Limitation) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Response<P>, Error>> + Send + 'static,
    {
        let reader = Reader {
            operation,
            fetch: Arc::new(move |limitation| Box::pin(fetch(limitation))),
            cursor: None,
            seen: HashSet::new(),
            largest: LARGEST,
            smallest: 1,
            count: LARGEST,
            calm: 0,
            page: 0,
        };
        Self {
            state: State::Idle(Box::new(reader)),
            cursor: None,
            prefetch: false,
        }
    }

    /// How many items a page may hold, 1 to 1000; 1000 unless set. It has to be set before the first page is taken.
    pub fn page_size(mut self, count: u16) -> Self {
        if let State::Idle(reader) = &mut self.state {
            reader.largest = count;
            reader.count = count;
        }
        self
    }

    /// How small a page may be made that is too heavy for the server.
    pub(crate) fn smallest(mut self, count: u16) -> Self {
        if let State::Idle(reader) = &mut self.state {
            reader.smallest = count.min(reader.count);
        }
        self
    }

    /// Goes on after the page that had this cursor. It has to be set before the first page is taken.
    pub fn resume_after(mut self, cursor: Cursor) -> Self {
        if let State::Idle(reader) = &mut self.state {
            reader.seen.insert(cursor.clone());
            reader.cursor = Some(cursor.clone());
            self.cursor = Some(cursor);
        }
        self
    }

    /// Reads one page ahead, in a task of its own, from when the first page was taken. Worth it when what is done
    /// with a page takes time. The task is aborted when the stream is dropped.
    pub fn prefetch(mut self, prefetch: bool) -> Self {
        self.prefetch = prefetch;
        self
    }

    /// The cursor of the last page that was yielded: what [`Self::resume_after`] takes.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// The next page, `None` at the end.
    ///
    /// # Errors
    /// As every call, see [`Error`]; [`ErrorKind::Protocol`] when a cursor comes twice.
    pub async fn try_next(&mut self) -> Result<Option<Response<P>>, Error> {
        poll_fn(|context| self.poll(context)).await.transpose()
    }

    /// All pages that are left.
    ///
    /// # Errors
    /// As [`Self::try_next`]; what was read before is lost.
    pub async fn all(mut self) -> Result<Vec<Response<P>>, Error> {
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
                        let error = Error::new(ErrorKind::Transport, "getAll").with(|parts| {
                            parts.what = Some("the task that read ahead has ended".into());
                            parts.source = Some(Box::new(failed));
                        });
                        return Poll::Ready(Some(Err(error)));
                    }
                },
                State::Done => return Poll::Ready(None),
            };
            self.state = State::Done;
            let page = match result {
                Ok(Some(page)) => page,
                Ok(None) => return Poll::Ready(None),
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            self.cursor = page.cursor().cloned();
            if self.cursor.is_some() {
                let runtime = Handle::try_current().ok().filter(|_| self.prefetch);
                self.state = match runtime {
                    Some(runtime) => State::Ahead(AbortOnDrop(runtime.spawn(read(reader)))),
                    None => State::Idle(reader),
                };
            }
            return Poll::Ready(Some(Ok(page)));
        }
    }
}

fn read<P: Page>(mut reader: Box<Reader<P>>) -> BoxFuture<'static, Read<P>> {
    Box::pin(async move {
        let page = reader.next().await;
        (reader, page)
    })
}

impl<P: Page> Stream for Pages<P> {
    type Item = Result<Response<P>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<P: Page> FusedStream for Pages<P> {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Done)
    }
}

impl<P> fmt::Debug for Pages<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("cursor", &self.cursor)
            .field("prefetch", &self.prefetch)
            .finish_non_exhaustive()
    }
}

/// The items of a listing, newest first, as a [`Stream`]. All that is said of [`Pages`] holds for it.
#[must_use = "streams do nothing unless they are polled"]
pub struct Items<P: Page> {
    pages: Pages<P>,
    left: vec::IntoIter<P::Item>,
    before: Option<Cursor>,
}

impl<P: Page> Items<P> {
    pub(crate) fn new(pages: Pages<P>) -> Self {
        Self {
            pages,
            left: Vec::new().into_iter(),
            before: None,
        }
    }

    /// See [`Pages::page_size`].
    pub fn page_size(self, count: u16) -> Self {
        Self {
            pages: self.pages.page_size(count),
            ..self
        }
    }

    /// See [`Pages::resume_after`].
    pub fn resume_after(self, cursor: Cursor) -> Self {
        Self {
            pages: self.pages.resume_after(cursor.clone()),
            before: Some(cursor),
            ..self
        }
    }

    /// See [`Pages::prefetch`].
    pub fn prefetch(self, prefetch: bool) -> Self {
        Self {
            pages: self.pages.prefetch(prefetch),
            ..self
        }
    }

    /// The cursor of the last page of which every item was yielded. To resume after it repeats the items of the page
    /// that was under way, and loses none.
    pub fn cursor(&self) -> Option<&Cursor> {
        if self.left.len() == 0 {
            self.pages.cursor()
        } else {
            self.before.as_ref()
        }
    }

    /// The next item, `None` at the end.
    ///
    /// # Errors
    /// As [`Pages::try_next`].
    pub async fn try_next(&mut self) -> Result<Option<P::Item>, Error> {
        poll_fn(|context| self.poll(context)).await.transpose()
    }

    /// All items that are left.
    ///
    /// # Errors
    /// As [`Self::try_next`]; what was read before is lost.
    pub async fn all(mut self) -> Result<Vec<P::Item>, Error> {
        let mut items = Vec::new();
        while let Some(item) = self.try_next().await? {
            items.push(item);
            items.extend(self.left.by_ref());
        }
        Ok(items)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<P::Item, Error>>> {
        loop {
            if let Some(item) = self.left.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            let before = self.pages.cursor().cloned();
            match ready!(self.pages.poll(context)) {
                Some(Ok(page)) => {
                    self.left = page.into_inner().into_items().into_iter();
                    self.before = before;
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

// Its parts are moved freely.
impl<P: Page> Unpin for Items<P> {}

impl<P: Page> Stream for Items<P> {
    type Item = Result<P::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<P: Page> FusedStream for Items<P> {
    fn is_terminated(&self) -> bool {
        self.left.len() == 0 && self.pages.is_terminated()
    }
}

impl<P: Page> fmt::Debug for Items<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("cursor", &self.cursor())
            .finish_non_exhaustive()
    }
}
