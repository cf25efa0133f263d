//! The client, and the handles that come from it.

use std::fmt;
use std::sync::Arc;

use mews_connector_api::Envelope;
use mews_connector_api::types::{EnterpriseId, ServiceId};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::builder::ClientBuilder;
use crate::bulk::Bulk;
use crate::error::{ConstraintViolation, Error, invalid};
use crate::exchange::decode;
use crate::export::Export;
use crate::ids::Ids;
use crate::options::CallOptions;
use crate::rate_limit::Limits;
use crate::response::Response;
use crate::retry::Effect;
use crate::sending::{Core, PATH_PREFIX};
use crate::voucher_codes::VoucherCodes;
use crate::vouchers::Vouchers;

/// The client. Cheap to clone; clones and handles share connections, credentials and pacing.
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
    pub(crate) enterprises: Option<Ids<EnterpriseId>>,
    pub(crate) options: CallOptions,
}

impl Client {
    /// Begins a client.
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

    /// The operations on vouchers.
    pub fn vouchers(&self) -> Vouchers {
        Vouchers::new(self.clone())
    }

    /// The operations on voucher codes.
    pub fn voucher_codes(&self) -> VoucherCodes {
        VoucherCodes::new(self.clone())
    }

    /// Writes of any number of items, with an answer for each.
    pub fn bulk(&self) -> Bulk {
        Bulk::new(self.clone())
    }

    /// Everything of these services, of which there may be any number: their vouchers, then the codes of these.
    pub fn export(&self, services: impl IntoIterator<Item = ServiceId>) -> Export {
        Export::new(self.clone(), services.into_iter().collect())
    }

    /// A handle for a part of what a portfolio access token opens (guidelines/multi-property): reads are limited to
    /// these enterprises, writes act upon the one. A write through a handle for several is refused before it is sent.
    /// With a token for a single enterprise this has no effect.
    ///
    /// ```
    /// # use mews_connector::{Client, types::EnterpriseId};
    /// # fn example(client: &Client, hotel: EnterpriseId, hostel: EnterpriseId) {
    /// let hotel_only = client.for_enterprises([hotel]);
    /// let both = client.for_enterprises([hotel, hostel]);
    /// # }
    /// ```
    #[must_use]
    pub fn for_enterprises(&self, enterprises: impl Into<Ids<EnterpriseId>>) -> Self {
        Self {
            enterprises: Some(enterprises.into()),
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

    /// Calls any operation of the API, by its path, with the same credentials, rate limiting, retries and errors.
    ///
    /// `request` is what the operation's page documents, without `ClientToken`, `AccessToken`, `Client`,
    /// `LanguageCode` and `CultureCode`, which are added. The answer is decoded into any type; `serde_json::Value`
    /// takes everything. An operation whose action does not begin with `get`, and is not `update` or `delete`, is
    /// taken for one that creates, and not repeated once it may have been applied; [`CallOptions::effect`] says
    /// otherwise.
    ///
    /// ```
    /// # use mews_connector::{Client, Error};
    /// # async fn example(client: &Client) -> Result<(), Error> {
    /// use serde_json::{Value, json};
    ///
    /// let request = json!({ "Limitation": { "Count": 100 } });
    /// let services = client.call::<Value>("services/getAll", &request).await?;
    /// println!("{}", services["Services"][0]["Id"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the path is not of the form `resource/action`, or the
    /// request is no JSON object or has one of the added properties; else as every call, see [`Error`].
    pub async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &(impl Serialize + ?Sized),
    ) -> Result<Response<T>, Error> {
        let effect = self.options.effect.unwrap_or_else(|| Effect::of(path));
        let request = self
            .request(path, request)
            .map_err(|broken| Error::invalid(path.to_owned(), broken))?;
        let reply = self.core.send(request, path, effect, &self.options).await?;
        decode(&self.core, path, effect, reply)
    }

    fn request(
        &self,
        path: &str,
        request: &(impl Serialize + ?Sized),
    ) -> Result<reqwest::Request, ConstraintViolation> {
        let is_word = |word: &str| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if path.split('/').count() < 2 || !path.split('/').all(is_word) {
            return Err(invalid(
                "path",
                format!("`{path}`"),
                "resource/action, such as `services/getAll`",
            ));
        }
        let Value::Object(body) = serde_json::to_value(request).map_err(|error| {
            invalid(
                "request",
                format!("no JSON form ({error})"),
                "a JSON object",
            )
        })?
        else {
            return Err(invalid(
                "request",
                "JSON that is no object",
                "a JSON object",
            ));
        };
        if let Some(name) = Envelope::PROPERTIES
            .iter()
            .find(|name| body.contains_key(**name))
        {
            return Err(invalid(
                name,
                "a value of its own",
                "none; the client adds it",
            ));
        }
        let body = serde_json::to_vec(&self.core.envelope.body(&body)).map_err(|error| {
            invalid(
                "request",
                format!("no JSON form ({error})"),
                "a JSON object",
            )
        })?;
        self.core
            .http
            .post(format!("{}{PATH_PREFIX}{path}", self.core.base_url))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .build()
            .map_err(|error| {
                invalid(
                    "path",
                    format!("an address that does not work ({error})"),
                    "resource/action",
                )
            })
    }

    /// The one enterprise that a write acts upon, if the handle names one.
    pub(crate) fn enterprise(&self) -> Result<Option<EnterpriseId>, ConstraintViolation> {
        match self.enterprises.as_deref() {
            None => Ok(None),
            Some([enterprise]) => Ok(Some(*enterprise)),
            Some(several) => Err(invalid(
                "EnterpriseId",
                format!("a handle for {} enterprises", several.len()),
                "a handle for one enterprise, as a write acts upon one",
            )),
        }
    }
}

/// Makes a write of the generated client: the request with its list and its enterprise, checked, then sent.
macro_rules! write_list {
    ($client:expr, $operation:ident, $method:ident, $type:ident, $list:expr) => {{
        let client = &$client;
        let mut request = mews_connector_api::types::$type::new($list);
        request.enterprise_id = client
            .enterprise()
            .map_err(|broken| Error::invalid($operation, broken))?;
        let checked = request.check();
        exchange(
            &client.core,
            &client.options,
            $operation,
            checked,
            |generated| async move { generated.$method(&client.core.envelope, &request).await },
        )
        .await
    }};
}
pub(crate) use write_list;

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
