//! How a client is made.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mews_connector_api::{AccessToken, ClientToken, Envelope};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::client::Client;
use crate::clock::{Clock, SystemClock};
use crate::credentials::{Credentials, URL_VARIABLE, variable};
use crate::environment::Environment;
use crate::error::{ConfigError, invalid};
use crate::masking::Mask;
use crate::rate_limit::{RateLimit, RateLimiter, Registry, SlidingWindowLimiter};
use crate::retry::{RetryPolicy, StandardRetry};
use crate::sending::Core;

/// Which TLS library speaks `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// rustls, with the certificates of the system.
    #[cfg(feature = "rustls")]
    Rustls,
    /// What the system brings: `SChannel`, Security Framework or OpenSSL.
    #[cfg(feature = "native-tls")]
    Native,
}

type Configure = Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>;

/// Makes a [`Client`]. [`Client::builder`] begins one.
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
    timeout: Duration,
    connect_timeout: Duration,
    deadline: Duration,
    max_retry_after: Duration,
    body_limit: usize,
    user_agent: String,
    proxy: Option<reqwest::Proxy>,
    tls: Option<Tls>,
    configure: Vec<Configure>,
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
            timeout: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(600),
            max_retry_after: Duration::from_secs(300),
            body_limit: 32 * 1024 * 1024,
            user_agent: concat!("mews-connector-rs/", env!("CARGO_PKG_VERSION")).into(),
            proxy: None,
            tls: None,
            configure: Vec::new(),
            rate_limit: RateLimit::default(),
            limiter: None,
            retry: Arc::new(StandardRetry::default()),
            clock: None,
            seed: None,
        }
    }
}

impl ClientBuilder {
    /// The tokens, and the name and version of your application, as `Example Integration 1.0.0`. A mistake in them
    /// is reported by [`Self::build`].
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

    /// Credentials made before.
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        Self {
            credentials: Some(Ok(credentials)),
            ..self
        }
    }

    /// Reads the credentials from `MEWS_CLIENT_TOKEN`, `MEWS_ACCESS_TOKEN` and `MEWS_CLIENT`, and the server from
    /// `MEWS_URL` if that is set. A mistake in them is reported by [`Self::build`].
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

    /// The server: [`Environment::Production`] unless another is given.
    pub fn environment(self, environment: Environment) -> Self {
        Self {
            environment: Ok(environment),
            ..self
        }
    }

    /// The server by its address, see [`Environment::custom`], whose errors [`Self::build`] reports.
    pub fn base_url(self, base_url: &str) -> Self {
        Self {
            environment: Environment::custom(base_url),
            ..self
        }
    }

    /// Language and culture of texts and messages in the answers, as `en-US` and `en-GB`. The API takes both or
    /// neither (guidelines/requests).
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

    /// How long one attempt may take, from connecting to the last byte: 120 seconds unless set. The server itself
    /// gives up with a 408 after "tens of seconds" (guidelines/responses).
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How long connecting may take: 10 seconds unless set.
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        Self {
            connect_timeout,
            ..self
        }
    }

    /// Sets the time that a call may take with all attempts and waits, including the queue of the rate limiter. At the
    /// deadline the call ends with an error, whatever it is waiting for. The default is 10 minutes.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Sets the longest `Retry-After` that is honored. A longer one counts as this long. The default is 5 minutes.
    pub fn max_retry_after(self, max_retry_after: Duration) -> Self {
        Self {
            max_retry_after,
            ..self
        }
    }

    /// How many bytes an answer may have: 32 MiB unless set. A longer one is an error, and not read on.
    pub fn body_limit(self, bytes: usize) -> Self {
        Self {
            body_limit: bytes,
            ..self
        }
    }

    /// What `User-Agent` says, `mews-connector-rs/VERSION` unless set.
    pub fn user_agent(self, user_agent: impl Into<String>) -> Self {
        Self {
            user_agent: user_agent.into(),
            ..self
        }
    }

    /// A proxy for all requests. Without one, those of the system's settings are used. None is used for a server that
    /// is spoken to in plain HTTP, because the proxy would be shown the tokens.
    pub fn proxy(self, proxy: reqwest::Proxy) -> Self {
        Self {
            proxy: Some(proxy),
            ..self
        }
    }

    /// Which TLS library to use, when the crate is built with both.
    pub fn tls(self, tls: Tls) -> Self {
        Self {
            tls: Some(tls),
            ..self
        }
    }

    /// Further settings of the HTTP client, such as certificates or the pool.
    ///
    /// Whatever is set here, redirects, HTTP-level retries and logging of what goes over the wire are off again
    /// afterwards: each of them would carry the tokens elsewhere, or send an add twice.
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
        self.configure.push(Box::new(configure));
        self
    }

    /// Sets the rate limit. The default is the documented one, 200 requests within 30 seconds. All clients of this
    /// process with the same server and access token share one limiter, in which every limit applies that one of them
    /// asked for; see [`rate_limit`](crate::rate_limit) for what is guaranteed. A client with
    /// [`RateLimit::unlimited`] has a separate limiter.
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

    /// What is done about failed attempts: [`StandardRetry`] unless set.
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

    /// The seed of the jitter, so that a test always sees the same waits.
    pub fn seed(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }

    /// Makes the client.
    ///
    /// # Errors
    /// When credentials are missing, a value is not one that works, or the HTTP client cannot be set up. Nothing is
    /// sent, so it takes the first call to see whether the tokens are good.
    pub fn build(self) -> Result<Client, ConfigError> {
        let credentials = self.credentials.ok_or(ConfigError::Missing {
            what: "credentials",
        })??;
        let environment = self.environment?;
        if let Some((language, culture)) = &self.language {
            for (field, code) in [("LanguageCode", language), ("CultureCode", culture)] {
                if code.trim().is_empty() {
                    return Err(invalid(field, "no text", "a code such as `en-US`").into());
                }
            }
        }
        for (field, duration) in [
            ("timeout", self.timeout),
            ("connect timeout", self.connect_timeout),
            ("deadline", self.deadline),
        ] {
            if duration.is_zero() {
                return Err(invalid(field, "no time at all", "more than 0 seconds").into());
            }
        }
        if self.body_limit == 0 {
            return Err(invalid("body limit", "0 bytes", "at least 1 byte").into());
        }
        if cfg!(not(any(feature = "rustls", feature = "native-tls")))
            && !environment.is_plain_http()
        {
            return Err(invalid(
                "base URL",
                "https",
                "http to loopback, as the crate is built without TLS",
            )
            .into());
        }

        let mut http = reqwest::Client::builder()
            .user_agent(self.user_agent)
            .connect_timeout(self.connect_timeout);
        if let Some(proxy) = self.proxy {
            http = http.proxy(proxy);
        }
        match self.tls {
            #[cfg(feature = "rustls")]
            Some(Tls::Rustls) => http = http.tls_backend_rustls(),
            #[cfg(feature = "native-tls")]
            Some(Tls::Native) => http = http.tls_backend_native(),
            None => {}
        }
        for configure in self.configure {
            http = configure(http);
        }
        http = http
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connection_verbose(false);
        if environment.is_plain_http() {
            http = http
                .no_proxy()
                .resolve_to_addrs("localhost", &Environment::loopback_addresses());
        }
        let http = http
            .build()
            .map_err(|source| ConfigError::Http(Box::new(source)))?;

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
