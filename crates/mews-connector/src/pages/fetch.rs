//! The sources of pages: requests with a type, and requests as JSON.

use mews_connector_api::operations::{self, Cursor, Listing};
use mews_connector_api::types::Limitation;
use serde::Serialize;
use serde_json::{Map, Value};

use super::page::Page;
use super::reader::{Fetched, Reader};
use super::{Items, Pages};
use crate::client::Client;
use crate::error::{ConstraintViolation, Error, ErrorKind, invalid};
use crate::filter::PAGE_SIZE;
use crate::request::object;
use crate::response::{Head, Response};
use crate::retry::Effect;
use crate::sending::failed;

/// The property of a request that determines the page to return.
const LIMITATION: &str = "Limitation";
/// The property of a page, and of a limitation, that determines the start of a page.
const CURSOR: &str = "Cursor";

impl Client {
    /// Reads a listing page by page. The request can be of any type that implements [`Listing`], including your own
    /// types.
    ///
    /// The stream begins at the cursor of the request. Without a cursor, it begins with the first page.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// use mews_connector::types::{Limitation, VoucherCodeFilterParameters};
    ///
    /// let vouchers = vec![builtin::VOUCHER_ID.parse()?];
    /// let request = VoucherCodeFilterParameters::new(vouchers, Limitation::new(100));
    /// let mut pages = client.pages(request);
    /// while let Some(page) = pages.try_next().await? {
    ///     println!("{} codes, request {:?}", page.items().len(), page.request_id());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn pages<R>(&self, request: R) -> Pages<Page<R>>
    where
        R: Listing<Response: Send> + Send + 'static,
    {
        self.typed_pages(request, |page| page)
    }

    /// Reads a listing item by item. The documentation of [`Self::pages`] applies.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// use mews_connector::types::{Limitation, VoucherCodeFilterParameters};
    ///
    /// let vouchers = vec![builtin::VOUCHER_ID.parse()?];
    /// let request = VoucherCodeFilterParameters::new(vouchers, Limitation::new(100));
    /// let codes = client.items(request).collect_all().await?;
    /// assert_eq!(codes.len(), 3);
    /// # Ok(()) }
    /// ```
    pub fn items<R>(&self, request: R) -> Items<R::Item>
    where
        R: Listing<Response: Send, Item: Send> + Send + 'static,
    {
        Items::new(self.typed_pages(request, Page::into_items))
    }

    /// Reads a listing that the spec does not have, page by page, as JSON.
    ///
    /// `request` has the same form as for [`Self::call`]. The client adds `Limitation`. The default of `Count` is 1000;
    /// the request or [`Pages::page_size`] can set another number. The listing ends only at a null cursor, because the
    /// items are unknown. An operation of the spec that is not a read is rejected.
    ///
    /// ```
    #[doc = include_str!("../../doc/sandbox.rs")]
    /// use serde_json::json;
    ///
    /// let request = json!({ "VoucherIds": [builtin::VOUCHER_ID] });
    /// let mut pages = client.call_pages("voucherCodes/getAll", &request);
    /// while let Some(page) = pages.try_next().await? {
    ///     println!("{}", page["VoucherCodes"][0]["Value"]);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn call_pages(&self, path: &str, request: &(impl Serialize + ?Sized)) -> Pages<Value> {
        let path = self.core.mask.text(path).into_owned();
        let request = json_listing(&path, request);
        let (count, cursor) = request
            .as_ref()
            .map_or((PAGE_SIZE, None), |(_, limitation)| {
                (limitation.count, limitation.cursor.clone())
            });
        let client = self.clone();
        let reader = Reader::new(
            path.clone().into(),
            count,
            Box::new(move |count, cursor| {
                let client = client.clone();
                let path = path.clone();
                let request = request.clone();
                Box::pin(async move {
                    let request = request
                        .and_then(|(request, _)| at_page(request, count, cursor))
                        .map_err(|violation| Error::invalid(path.clone(), violation))?;
                    let request = client.untyped(&path, &request, Some(Effect::Read))?;
                    let page: Response<Value> = client.deliver(request).await?;
                    let cursor = json_cursor(&path, &page)?;
                    client.check_cursor(&path, cursor.as_ref(), page.head())?;
                    Ok(Fetched {
                        is_empty: is_empty(&page),
                        items: None,
                        page,
                        cursor,
                    })
                })
            }),
        );
        Pages::new(reader, cursor)
    }

    /// Reads one page.
    pub(crate) async fn page<R>(&self, request: R) -> Result<Response<Page<R>>, Error>
    where
        R: Listing<Response: Send> + Send,
    {
        let page: Response<R::Response> = self.deliver(self.typed(&request)?).await?;
        self.check_cursor(R::PATH, R::next_cursor(&page), page.head())?;
        Ok(page.map(Page::new))
    }

    fn typed_pages<R, P>(&self, mut request: R, convert: fn(Page<R>) -> P) -> Pages<P>
    where
        R: Listing<Response: Send> + Send + 'static,
        P: Send + 'static,
    {
        let client = self.clone();
        let cursor = request.cursor().cloned();
        let count = request.count().unwrap_or(R::MAX_COUNT.min(PAGE_SIZE));
        let reader = Reader::new(
            R::PATH.into(),
            count,
            Box::new(move |count, cursor| {
                request.set_page(count, cursor);
                let request = client.typed(&request);
                let client = client.clone();
                Box::pin(async move {
                    let page: Response<R::Response> = client.deliver(request?).await?;
                    let cursor = R::next_cursor(&page).cloned();
                    client.check_cursor(R::PATH, cursor.as_ref(), page.head())?;
                    let items = R::items(&page).len();
                    let page = page.map(|page| convert(Page::new(page)));
                    Ok(Fetched {
                        is_empty: items == 0,
                        items: Some(items),
                        page,
                        cursor,
                    })
                })
            }),
        );
        Pages::new(reader, cursor)
    }

    /// Rejects a cursor that contains a token. Logs and checkpoints contain cursors.
    pub(crate) fn check_cursor(
        &self,
        operation: &str,
        cursor: Option<&Cursor>,
        head: &Head,
    ) -> Result<(), Error> {
        match cursor {
            Some(cursor) if self.core.mask.finds_in(cursor) => {
                Err(broken_page(operation, head, "the cursor contains a token"))
            }
            _ => Ok(()),
        }
    }
}

fn broken_page(operation: &str, head: &Head, what: &str) -> Error {
    failed(ErrorKind::Protocol, operation, head).with(|parts| parts.what = Some(what.to_owned()))
}

/// Returns the request of a listing as JSON, and its limitation.
fn json_listing(
    path: &str,
    request: &(impl Serialize + ?Sized),
) -> Result<(Map<String, Value>, Limitation), ConstraintViolation> {
    if operations::find(path).is_some_and(|operation| !operation.effect.is_safe()) {
        let actual = format!("`{path}`, which writes");
        return Err(invalid("path", actual, "an operation that reads"));
    }
    let mut request = object(request)?;
    let mut limitation = match request.remove(LIMITATION) {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(limitation)) => limitation,
        Some(_) => {
            return Err(invalid(
                LIMITATION,
                "a value that is not an object",
                "an object",
            ));
        }
    };
    limitation.entry("Count").or_insert(PAGE_SIZE.into());
    let limitation = serde_json::from_value(Value::Object(limitation))
        .map_err(|error| invalid(LIMITATION, error.to_string(), "`Count` and `Cursor`"))?;
    Ok((request, limitation))
}

/// Returns the request of one page.
fn at_page(
    mut request: Map<String, Value>,
    count: i32,
    cursor: Option<Cursor>,
) -> Result<Map<String, Value>, ConstraintViolation> {
    let mut limitation = Limitation::new(count);
    limitation.cursor = cursor;
    limitation
        .check()
        .map_err(|violation| violation.within(LIMITATION))?;
    request.insert(LIMITATION.to_owned(), object(&limitation)?.into());
    Ok(request)
}

fn json_cursor(operation: &str, page: &Response<Value>) -> Result<Option<Cursor>, Error> {
    let Some(properties) = page.as_object() else {
        return Err(broken_page(
            operation,
            page.head(),
            "the page is not a JSON object",
        ));
    };
    match properties.get(CURSOR) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(cursor)) => Ok(Some(cursor.clone().into())),
        Some(_) => Err(broken_page(
            operation,
            page.head(),
            "the cursor is not a string",
        )),
    }
}

/// Returns `true` if a page of JSON has only a cursor, nulls and empty lists.
fn is_empty(page: &Value) -> bool {
    page.as_object().is_some_and(|page| {
        page.iter().all(|(name, value)| {
            name == CURSOR || value.is_null() || value.as_array().is_some_and(Vec::is_empty)
        })
    })
}
