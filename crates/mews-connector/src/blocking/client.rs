//! The blocking client: one adapter for every call of the async client.

use std::fmt;
use std::sync::Arc;

use futures_core::Stream;
use mews_connector_api::{Listing, Operation};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::iter::Iter;
use super::runtime::{InAsyncCode, Runtime};
use crate::builder::ClientBuilder;
use crate::bulk::Bulk;
use crate::error::{ConfigError, Error, ErrorKind};
use crate::pages::{Items, Page, Pages};
use crate::response::Response;

/// The client for code that is not async. It is cheap to clone; clones share the runtime, the connections, the
/// credentials and the rate limit. The [module](crate::blocking) has an example.
///
/// [`Self::send`], [`Self::call`], [`Self::items`], [`Self::pages`] and [`Self::bulk`] are for most programs.
/// [`Self::wait`] and [`Self::iterate`] run everything else of the [async client](Self::as_async).
///
/// # Errors
/// Returns an error from every method in the task of an async runtime, without sending anything, and otherwise the error
/// of the call.
#[derive(Clone)]
pub struct Client {
    client: crate::Client,
    runtime: Arc<Runtime>,
}

impl Client {
    /// Creates a blocking client from an async one. Both share the credentials and the rate limit.
    ///
    /// ```
    /// # fn example(client: mews_connector::Client) -> Result<(), mews_connector::ConfigError> {
    /// let blocking = mews_connector::blocking::Client::new(client)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the thread of the runtime cannot be started.
    pub fn new(client: crate::Client) -> Result<Self, ConfigError> {
        let runtime = Runtime::start().map_err(ConfigError::Runtime)?;
        Ok(Self {
            client,
            runtime: Arc::new(runtime),
        })
    }

    /// Returns the async client.
    pub fn as_async(&self) -> &crate::Client {
        &self.client
    }

    /// Returns a handle that is derived from the async client, for example with
    /// [`Client::for_enterprises`](crate::Client::for_enterprises) or
    /// [`Client::with_options`](crate::Client::with_options).
    ///
    /// ```
    /// # use mews_connector::{blocking::Client, types::EnterpriseId};
    /// # fn example(client: &Client, hotel: EnterpriseId) {
    /// let hotel_only = client.with(|client| client.for_enterprises([hotel]));
    /// # }
    /// ```
    #[must_use]
    pub fn with(&self, derive: impl FnOnce(&crate::Client) -> crate::Client) -> Self {
        Self {
            client: derive(&self.client),
            runtime: self.runtime.clone(),
        }
    }

    /// Sends the request of any operation that has a type. See [`Client::send`](crate::Client::send).
    ///
    /// ```
    #[doc = include_str!("../../doc/blocking_client.rs")]
    /// use mews_connector::types::MultipleVoucherCodeDeleteParameters;
    ///
    /// let request = MultipleVoucherCodeDeleteParameters::new(vec![builtin::CODE_ID.parse()?]);
    /// let response = client.send(request)?;
    /// println!("request {:?}", response.request_id());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`].
    pub fn send<R: Operation>(&self, request: R) -> Result<Response<R::Response>, Error> {
        self.wait(self.client.send(request))
    }

    /// Calls an operation that the spec does not have, by its path. See [`Client::call`](crate::Client::call).
    ///
    /// ```
    #[doc = include_str!("../../doc/blocking_client.rs")]
    /// use serde_json::{Value, json};
    ///
    /// let request = json!({ "VoucherIds": [builtin::VOUCHER_ID], "Limitation": { "Count": 1 } });
    /// let page = client.call::<Value>("voucherCodes/getAll", &request)?;
    /// println!("{}", page["VoucherCodes"][0]["Value"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`].
    pub fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &(impl Serialize + ?Sized),
    ) -> Result<Response<T>, Error> {
        self.wait(self.client.call(path, request))
    }

    /// Reads a listing item by item. See [`Client::items`](crate::Client::items).
    ///
    /// ```
    #[doc = include_str!("../../doc/blocking_client.rs")]
    /// use mews_connector::VoucherCodeFilter;
    ///
    /// let filter = VoucherCodeFilter::vouchers([builtin::VOUCHER_ID.parse()?]);
    /// let codes = client.items(filter).collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(codes.len(), 3);
    /// # Ok(()) }
    /// ```
    pub fn items<R>(&self, request: R) -> Iter<Items<R::Item>>
    where
        R: Listing<Response: Send, Item: Send> + Send + 'static,
    {
        self.iterate(self.client.items(request))
    }

    /// Reads a listing page by page. See [`Client::pages`](crate::Client::pages).
    ///
    /// ```
    #[doc = include_str!("../../doc/blocking_client.rs")]
    /// use mews_connector::VoucherCodeFilter;
    ///
    /// let filter = VoucherCodeFilter::vouchers([builtin::VOUCHER_ID.parse()?]);
    /// for page in client.pages(filter) {
    ///     println!("{} codes", page?.items().len());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn pages<R>(&self, request: R) -> Iter<Pages<Page<R>>>
    where
        R: Listing<Response: Send> + Send + 'static,
    {
        self.iterate(self.client.pages(request))
    }

    /// Runs a job that writes any number of items. See [`Client::bulk`](crate::Client::bulk).
    ///
    /// ```
    #[doc = include_str!("../../doc/blocking_client.rs")]
    /// use mews_connector::NewVoucherCode;
    ///
    /// let voucher = builtin::VOUCHER_ID.parse()?;
    /// let codes = (0..2500).map(|n| NewVoucherCode::new(voucher, format!("BULK-{n:04}")));
    /// let report = client.bulk(async |bulk| bulk.concurrency(2).add_voucher_codes(codes).await)?;
    /// assert_eq!(report.counts().applied, 2500);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error in the task of an async runtime. The job itself does not fail as a whole; see
    /// [`Report`](crate::bulk::Report).
    pub fn bulk<T>(&self, job: impl AsyncFnOnce(Bulk) -> T) -> Result<T, Error> {
        self.wait(async { Ok(job(self.client.bulk()).await) })
    }

    /// Runs any call of the [async client](Self::as_async), and returns its result.
    ///
    /// ```
    #[doc = include_str!("../../doc/blocking_client.rs")]
    /// use mews_connector::NewVoucherCode;
    ///
    /// let codes = client.as_async().voucher_codes();
    /// let created = client.wait(codes.add([NewVoucherCode::new(builtin::VOUCHER_ID.parse()?, "WELCOME-7F3K")]))?;
    /// assert_eq!(created[0].value.as_deref(), Some("WELCOME-7F3K"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns the error of the call, or an error in the task of an async runtime.
    pub fn wait<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.runtime.wait(call).map_err(in_async_code).flatten()
    }

    /// Returns an iterator over any stream of the [async client](Self::as_async).
    ///
    /// ```
    #[doc = include_str!("../../doc/blocking_client.rs")]
    /// let export = client.as_async().export([builtin::SERVICE_ID.parse()?]);
    /// let mut records = client.iterate(export.records());
    /// for record in records.by_ref() {
    ///     println!("{}", record?.id());
    /// }
    /// assert!(records.checkpoint().is_complete());
    /// # Ok(()) }
    /// ```
    pub fn iterate<S, T>(&self, stream: S) -> Iter<S>
    where
        S: Stream<Item = Result<T, Error>> + Unpin,
    {
        Iter::new(stream, self.runtime.clone())
    }
}

impl ClientBuilder {
    /// Creates a blocking client. See [`blocking`](crate::blocking).
    ///
    /// # Errors
    /// Returns an error if [`Self::build`] does, or if the thread of the runtime cannot be started.
    pub fn build_blocking(self) -> Result<Client, ConfigError> {
        Client::new(self.build()?)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("blocking::Client")
            .field(&self.client)
            .finish()
    }
}

/// Returns the error of a call in the task of an async runtime.
pub(super) fn in_async_code(reason: InAsyncCode) -> Error {
    Error::new(ErrorKind::InvalidRequest, "a blocking call").with(|parts| {
        parts.sent = false;
        parts.what = Some(format!(
            "not sent, {reason}; use the async client in a task, or `tokio::task::spawn_blocking`"
        ));
        parts.source = Some(Box::new(reason));
    })
}
