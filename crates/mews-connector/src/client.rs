//! The client and its handles.

use std::fmt;
use std::sync::Arc;

use mews_connector_api::operations::{self, Cursor};
use mews_connector_api::types::{EnterpriseId, ServiceId};
use mews_connector_api::{Effect, Operation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::builder::ClientBuilder;
use crate::bulk::Bulk;
use crate::decode::decode;
use crate::error::{Error, ErrorKind};
use crate::export::Export;
use crate::options::CallOptions;
use crate::rate_limit::Limits;
use crate::request::Request;
use crate::response::Response;
use crate::sending::Core;
use crate::voucher_codes::VoucherCodes;
use crate::vouchers::Vouchers;

/// The client. It is cheap to clone; clones and handles share connections, credentials and the rate limit.
///
/// ```
/// # use mews_sandbox::{Sandbox, builtin};
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = Sandbox::builder().start().await?;
/// use futures_util::TryStreamExt;
/// use mews_connector::{Client, VoucherFilter};
///
/// let client = Client::builder()
///     .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Example Integration 1.0.0")
///     .base_url(&sandbox.url())
///     .build()?;
/// let service = builtin::SERVICE_ID.parse()?;
/// let mut vouchers = client.vouchers().items(VoucherFilter::services([service]));
/// while let Some(voucher) = vouchers.try_next().await? {
///     println!("{} {:?}", voucher.id, voucher.name);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) core: Arc<Core>,
    pub(crate) enterprises: Option<Arc<[EnterpriseId]>>,
    pub(crate) options: CallOptions,
}

impl Client {
    /// Creates a builder.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn new(core: Core) -> Self {
        Self {
            core: Arc::new(core),
            enterprises: None,
            options: CallOptions::default(),
        }
    }

    /// Returns the operations on vouchers.
    pub fn vouchers(&self) -> Vouchers {
        Vouchers::new(self.clone())
    }

    /// Returns the operations on voucher codes.
    pub fn voucher_codes(&self) -> VoucherCodes {
        VoucherCodes::new(self.clone())
    }

    /// Returns the bulk writes, which take any number of items and return an outcome for each.
    pub fn bulk(&self) -> Bulk {
        Bulk::new(self.clone())
    }

    /// Returns an export of any number of services: their vouchers, then the codes of these vouchers.
    pub fn export(&self, services: impl IntoIterator<Item = ServiceId>) -> Export {
        Export::new(self.clone(), services.into_iter().collect())
    }

    /// Returns a handle for enterprises in the scope of a portfolio access token (guidelines/multi-property): reads are
    /// limited to these enterprises, and writes need exactly one. A token for a single enterprise is not affected.
    ///
    /// The handle adds `EnterpriseIds` or `EnterpriseId` to every request, typed or not. The call fails before sending
    /// if the operation takes neither, if the request sets one of them already, or if a write would need several.
    ///
    /// ```
    /// # use mews_connector::{Client, types::EnterpriseId};
    /// # fn example(client: &Client, hotel: EnterpriseId, hostel: EnterpriseId) {
    /// let hotel_only = client.for_enterprises([hotel]);
    /// let both = client.for_enterprises([hotel, hostel]);
    /// # }
    /// ```
    #[must_use]
    pub fn for_enterprises(&self, enterprises: impl IntoIterator<Item = EnterpriseId>) -> Self {
        Self {
            enterprises: Some(enterprises.into_iter().collect()),
            ..self.clone()
        }
    }

    /// Returns a handle with these call options. Options that are not set are inherited from this handle, and from the
    /// client.
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        Self {
            options: options.or(&self.options),
            ..self.clone()
        }
    }

    /// Returns the usage of the rate limit of this client's access token, for a status page or a metric.
    ///
    /// ```
    /// # use mews_connector::{Client, ConfigError};
    /// # #[tokio::main] async fn main() -> Result<(), ConfigError> {
    /// # let client = Client::builder()
    /// #     .credentials("sandbox-client-token", "sandbox-access-token", "Example Integration 1.0.0")
    /// #     .build()?;
    /// let limits = client.limits();
    /// assert_eq!(limits.free(), Some(200));
    /// assert_eq!((limits.in_flight, limits.waiting, limits.held_for), (0, 0, None));
    /// # Ok(()) }
    /// ```
    pub fn limits(&self) -> Limits {
        self.core.limiter.limits()
    }

    /// Sends the request of any operation that has a type: those of [`types`](crate::types), and every type of yours
    /// that implements [`Operation`].
    ///
    /// ```
    #[doc = include_str!("../doc/sandbox.rs")]
    /// use mews_connector::types::MultipleVoucherCodeDeleteParameters;
    ///
    /// let request = MultipleVoucherCodeDeleteParameters::new(vec![builtin::CODE_ID.parse()?]);
    /// let response = client.send(request).await?;
    /// println!("request {:?}", response.request_id());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`].
    pub async fn send<R: Operation>(&self, request: R) -> Result<Response<R::Response>, Error> {
        let request = self.typed(&request)?;
        let has_cursor = R::EFFECT.is_safe();
        self.deliver_checked(request, has_cursor).await
    }

    /// Calls an operation that the spec does not have, by its path.
    ///
    /// `request` is a JSON object with the documented properties, without `ClientToken`, `AccessToken`, `Client`,
    /// `LanguageCode` and `CultureCode`, which the client adds. The response is decoded into any type, such as
    /// `serde_json::Value`, or `()` for a response without properties.
    ///
    /// The effect decides whether a failed request is retried, and whether the enterprises of the handle are sent as
    /// `EnterpriseIds` (reads) or `EnterpriseId` (writes). The spec determines the effect of its operations. For any
    /// other operation, set [`CallOptions::effect`]. The default is [`Effect::Create`](crate::Effect::Create), which is
    /// the safe assumption: such a request is never sent again once it may have been applied.
    ///
    /// ```
    /// # use mews_connector::{Client, Error};
    /// # async fn example(client: &Client) -> Result<(), Error> {
    /// use mews_connector::{CallOptions, Effect};
    /// use serde_json::{Value, json};
    ///
    /// let reading = client.with_options(CallOptions::new().effect(Effect::Read));
    /// let request = json!({ "Limitation": { "Count": 100 } });
    /// let products = reading.call::<Value>("products/getAll", &request).await?;
    /// println!("{}", products["Products"][0]["Id"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the call fails. See [`Error`]. The kind is
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the path is not of the form
    /// `resource/action`. It is the same if the request is not a JSON object, or has one of the added properties.
    pub async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &(impl Serialize + ?Sized),
    ) -> Result<Response<T>, Error> {
        let request = self.untyped(path, request, self.options.effect)?;
        let has_cursor = operations::find(path).is_none_or(|operation| operation.effect.is_safe());
        self.deliver_checked(request, has_cursor).await
    }

    /// Sends a prepared request, and decodes the response.
    pub(crate) async fn deliver<T: DeserializeOwned>(
        &self,
        request: Request,
    ) -> Result<Response<T>, Error> {
        self.deliver_checked(request, false).await
    }

    /// Sends a prepared request whose response may be a page, and decodes the response. The cursor of a page must not
    /// contain a token.
    async fn deliver_checked<T: DeserializeOwned>(
        &self,
        request: Request,
        has_cursor: bool,
    ) -> Result<Response<T>, Error> {
        let (operation, effect) = (request.operation.clone(), request.effect);
        let reply = self.core.send(request, &self.options).await;
        let reply = reply.map_err(|error| self.explain(error, effect))?;
        if has_cursor && let Ok(page) = serde_json::from_slice::<CursorOnly>(&reply.body) {
            self.check_cursor(&operation, page.cursor.as_ref(), &reply.head)?;
        }
        decode(&self.core, &operation, effect, reply)
    }

    /// Adds the advice that depends on the handle.
    fn explain(&self, error: Error, effect: Effect) -> Error {
        let is_rejected = matches!(error.kind(), ErrorKind::BadRequest | ErrorKind::Forbidden);
        let is_about_enterprise = error
            .message()
            .is_none_or(|message| message.to_lowercase().contains("enterprise"));
        if effect.is_safe() || self.enterprises.is_some() || !is_rejected || !is_about_enterprise {
            return error;
        }
        error.with(|parts| {
            parts.advice = Some(
                "with a portfolio access token, select the enterprise with `Client::for_enterprises`",
            );
        })
    }
}

/// The cursor of a page. All other properties are ignored.
#[derive(Deserialize)]
struct CursorOnly {
    #[serde(rename = "Cursor")]
    cursor: Option<Cursor>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.core.base_url)
            .field("envelope", &self.core.envelope)
            .field("enterprises", &self.enterprises)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
