//! The settings of a client.

mod http;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mews_connector_api::{AccessToken, ClientToken, Envelope};
use rand::SeedableRng;
use rand::rngs::StdRng;

use self::http::Http;
pub use self::http::Tls;
use crate::client::Client;
use crate::clock::{Clock, SystemClock};
use crate::credentials::{Credentials, URL_VARIABLE, variable};
use crate::environment::Environment;
use crate::error::{ConfigError, invalid};
use crate::masking::Mask;
use crate::rate_limit::{RateLimit, RateLimiter, Registry, SlidingWindowLimiter};
use crate::retry::{RetryPolicy, StandardRetry};
use crate::sending::Core;

/// A builder of a [`Client`]. [`Client::builder`] returns it with the defaults.
///
/// ```
/// use std::time::Duration;
///
/// use mews_connector::{Client, Environment};
///
/// let client = Client::builder()
///     .credentials("sandbox-client-token", "sandbox-access-token", "Example Integration 1.0.0")
///     .environment(Environment::Demo)
///     .language("en-US", "en-GB")
///     .timeout(Duration::from_secs(60))
///     .build()?;
/// # Ok::<(), mews_connector::ConfigError>(())
/// ```
#[must_use]
pub struct ClientBuilder {
    credentials: Option<Result<Credentials, ConfigError>>,
    environment: Result<Environment, ConfigError>,
    language: Option<(String, String)>,
    http: Http,
    timeout: Duration,
    deadline: Duration,
    max_retry_after: Duration,
    body_limit: usize,
    rate_limit: RateLimit,
    limiter: Option<Arc<dyn RateLimiter>>,
    retry: Arc<dyn RetryPolicy>,
    clock: Option<Arc<dyn Clock>>,
    seed: Option<u64>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            credentials: None,
            environment: Ok(Environment::default()),
            language: None,
            http: Http::default(),
            timeout: Duration::from_secs(120),
            deadline: Duration::from_secs(600),
            max_retry_after: Duration::from_secs(300),
            body_limit: 32 * 1024 * 1024,
            rate_limit: RateLimit::default(),
            limiter: None,
            retry: Arc::new(StandardRetry::default()),
            clock: None,
            seed: None,
        }
    }
}

impl ClientBuilder {
    /// Sets the tokens, and the name and version of your application, such as `Example Integration 1.0.0`.
    /// [`Self::build`] returns the error if one of them is invalid.
    pub fn credentials(
        self,
        client_token: impl Into<ClientToken>,
        access_token: impl Into<AccessToken>,
        client: impl Into<String>,
    ) -> Self {
        Self {
            credentials: Some(Credentials::new(client_token, access_token, client)),
            ..self
        }
    }

    /// Sets credentials that already exist.
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        Self {
            credentials: Some(Ok(credentials)),
            ..self
        }
    }

    /// Reads the credentials from `MEWS_CLIENT_TOKEN`, `MEWS_ACCESS_TOKEN` and `MEWS_CLIENT`, and the URL of the server
    /// from `MEWS_URL` if it is set. [`Self::build`] returns the error if a variable is missing or invalid.
    pub fn from_env(self) -> Self {
        let builder = Self {
            credentials: Some(Credentials::from_env()),
            ..self
        };
        match variable(URL_VARIABLE) {
            Ok(None) => builder,
            Ok(Some(url)) => builder.base_url(&url),
            Err(error) => Self {
                environment: Err(error),
                ..builder
            },
        }
    }

    /// Sets the server. The default is [`Environment::Production`].
    pub fn environment(self, environment: Environment) -> Self {
        Self {
            environment: Ok(environment),
            ..self
        }
    }

    /// Sets the server by its URL. See [`Environment::custom`]; [`Self::build`] returns its error.
    pub fn base_url(self, base_url: &str) -> Self {
        Self {
            environment: Environment::custom(base_url),
            ..self
        }
    }

    /// Sets the language and the culture of strings and messages in responses, such as `en-US` and `en-GB`. The API
    /// accepts both or neither (guidelines/requests).
    pub fn language(
        self,
        language_code: impl Into<String>,
        culture_code: impl Into<String>,
    ) -> Self {
        Self {
            language: Some((language_code.into(), culture_code.into())),
            ..self
        }
    }

    /// Sets the time that one attempt may take, from connecting to the last byte. The default is 120 seconds. The server
    /// responds with a 408 after "tens of seconds" (guidelines/responses).
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sets the connect timeout, which includes the TLS handshake. The default is 10 seconds.
    pub fn connect_timeout(mut self, connect_timeout: Duration) -> Self {
        self.http.connect_timeout = connect_timeout;
        self
    }

    /// Sets the time that a call may take with all attempts and waits, including the queue of the rate limiter. At the
    /// deadline, the call ends with an error in every state. The default is 10 minutes.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Sets the maximum of `Retry-After`. A longer wait is reduced to the maximum. The default is 5 minutes.
    pub fn max_retry_after(self, max_retry_after: Duration) -> Self {
        Self {
            max_retry_after,
            ..self
        }
    }

    /// Sets the maximum number of bytes of a response, after decompression. The default is 32 MiB. A longer response is
    /// an error, and the rest of it is not read.
    pub fn body_limit(self, bytes: usize) -> Self {
        Self {
            body_limit: bytes,
            ..self
        }
    }

    /// Sets the header `User-Agent`. The default is `mews-connector-rs/VERSION`.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.http.user_agent = user_agent.into();
        self
    }

    /// Sets the proxy for all requests, instead of those in the environment.
    ///
    /// By default, the variables `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` apply, in upper or lower case. They are read
    /// when the client is created. On Windows and macOS, the settings of the system apply if the variables are not set.
    /// With a proxy that is set here, `NO_PROXY` applies only if you pass it on, as the example does.
    ///
    /// Requests go through a tunnel (`CONNECT`), so the proxy cannot read the tokens. A server on this machine with
    /// plain HTTP is always reached directly. The user name and the password of a proxy are not part of logs, errors
    /// or `Debug`.
    ///
    /// ```
    /// use mews_connector::{Client, reqwest};
    ///
    /// let proxy = reqwest::Proxy::https("http://proxy.example.com:3128")?
    ///     .basic_auth("application", "example-password")
    ///     .no_proxy(reqwest::NoProxy::from_env());
    /// let builder = Client::builder().proxy(proxy);
    /// # let _ = builder;
    /// # Ok::<(), reqwest::Error>(())
    /// ```
    pub fn proxy(mut self, proxy: reqwest::Proxy) -> Self {
        self.http.proxy = Some(proxy);
        self
    }

    /// Trusts the certificates of a PEM file in addition to those of the system, for a company that decrypts the
    /// traffic of its network. Call this method once for each file. [`Tls`] describes the certificates of the system.
    ///
    /// [`Self::build`] returns an error if the file has no certificate. To trust only these certificates, call
    /// `tls_certs_only` in [`Self::configure_http`].
    ///
    /// ```no_run
    /// use mews_connector::Client;
    ///
    /// let builder = Client::builder().certificate_authority(std::fs::read("/etc/ssl/company.pem")?);
    /// # let _ = builder;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub fn certificate_authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.http.certificate_authorities.push(pem.into());
        self
    }

    /// Sets the TLS library. If the crate is built with both, the default is `Tls::Native`.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.http.tls = Some(tls);
        self
    }

    /// Changes other settings of the HTTP client, such as the pool or the compression.
    ///
    /// Redirects, retries within the HTTP client and logging of the transferred bytes are turned off afterwards. They
    /// would send the tokens to another server, send an add twice, or log the tokens.
    ///
    /// ```
    /// use mews_connector::Client;
    ///
    /// let builder = Client::builder().configure_http(|http| http.pool_max_idle_per_host(4));
    /// # let _ = builder;
    /// ```
    pub fn configure_http(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.http.configure.push(Box::new(configure));
        self
    }

    /// Sets the rate limit. The default is the documented limit, 200 requests within 30 seconds. All clients of this
    /// process with the same server and access token share one limiter. If they set different limits, all of these
    /// limits apply; see [`rate_limit`](crate::rate_limit) for the guarantees. A client with [`RateLimit::unlimited`]
    /// has a separate limiter.
    pub fn rate_limit(self, rate_limit: RateLimit) -> Self {
        Self { rate_limit, ..self }
    }

    /// Sets a custom limiter, which decides when a request may be sent. The [rate limit](Self::rate_limit) is ignored
    /// then.
    pub fn rate_limiter(self, limiter: impl RateLimiter + 'static) -> Self {
        Self {
            limiter: Some(Arc::new(limiter)),
            ..self
        }
    }

    /// Sets the policy for failed attempts. The default is [`StandardRetry`].
    pub fn retry(self, policy: impl RetryPolicy + 'static) -> Self {
        Self {
            retry: Arc::new(policy),
            ..self
        }
    }

    /// Sets the clock. The default is [`SystemClock`]. A client with a custom clock has a separate rate limiter, which
    /// its clones share.
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self {
            clock: Some(Arc::new(clock)),
            ..self
        }
    }

    /// Sets the seed of the random part of waits, so that the waits of a test do not vary.
    pub fn seed(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }

    /// Creates the client. Nothing is sent, so only the first call shows whether the server accepts the tokens.
    ///
    /// # Errors
    /// Returns an error if credentials are missing, if a value is invalid, or if the HTTP client cannot be set up.
    pub fn build(self) -> Result<Client, ConfigError> {
        let credentials = self.credentials.ok_or(ConfigError::Missing {
            what: "credentials",
        })??;
        let environment = self.environment?;
        if let Some((language, culture)) = &self.language {
            for (field, code) in [("LanguageCode", language), ("CultureCode", culture)] {
                if code.trim().is_empty() {
                    return Err(invalid(field, "an empty value", "a code such as `en-US`").into());
                }
            }
        }
        for (field, duration) in [
            ("timeout", self.timeout),
            ("connect timeout", self.http.connect_timeout),
            ("deadline", self.deadline),
        ] {
            if duration.is_zero() {
                return Err(invalid(field, "0 seconds", "more than 0 seconds").into());
            }
        }
        if self.body_limit == 0 {
            return Err(invalid("body limit", "0 bytes", "at least 1 byte").into());
        }
        let http = self.http.build(&environment)?;

        let (clock, own_clock): (Arc<dyn Clock>, bool) = match self.clock {
            Some(clock) => (clock, true),
            None => (Arc::new(SystemClock), false),
        };
        let limiter: Arc<dyn RateLimiter> = match self.limiter {
            Some(limiter) => limiter,
            None if own_clock || self.rate_limit.is_unlimited() => {
                Arc::new(SlidingWindowLimiter::new(self.rate_limit, clock.clone()))
            }
            None => Arc::new(Registry::of_process().lease(
                &environment.authority(),
                &credentials.access_token,
                self.rate_limit,
            )),
        };
        let mask = Mask::new(&credentials.client_token, &credentials.access_token);
        Ok(Client::new(Core {
            http,
            base_url: environment.base_url(),
            mask,
            envelope: envelope(credentials, self.language),
            limiter,
            retry: self.retry,
            clock,
            random: Mutex::new(
                self.seed
                    .map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64),
            ),
            timeout: self.timeout,
            deadline: self.deadline,
            max_retry_after: self.max_retry_after,
            body_limit: self.body_limit,
        }))
    }
}

fn envelope(credentials: Credentials, language: Option<(String, String)>) -> Envelope {
    let mut envelope = Envelope::new(
        credentials.client_token,
        credentials.access_token,
        credentials.client,
    );
    (envelope.language_code, envelope.culture_code) = language.unzip();
    envelope
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("environment", &self.environment)
            .field("rate_limit", &self.rate_limit)
            .finish_non_exhaustive()
    }
}
