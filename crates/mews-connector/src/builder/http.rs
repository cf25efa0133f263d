//! The HTTP client: TLS, proxy, certificates.

use std::time::Duration;

use crate::environment::Environment;
use crate::error::{ConfigError, invalid};

/// The TLS library for `https`.
///
/// # Trusted certificates
///
/// | system | `Tls::Rustls` | `Tls::Native` |
/// |---|---|---|
/// | Linux and other Unix systems | the certificate files of the system, read once when the client is created | those of OpenSSL |
/// | Windows | the certificate store, checked by Windows | the same, by `SChannel` |
/// | macOS, iOS | the keychain, checked by Security Framework | the same |
///
/// On Linux, the variables `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the files of the system in both cases. No list of
/// certificates is compiled into the program.
/// [`ClientBuilder::certificate_authority`](crate::ClientBuilder::certificate_authority) adds certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// rustls.
    #[cfg(feature = "rustls")]
    Rustls,
    /// The TLS library of the system: `SChannel`, Security Framework or OpenSSL.
    #[cfg(feature = "native-tls")]
    Native,
}

type Configure = Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>;

/// The settings of the HTTP client.
pub(super) struct Http {
    pub(super) connect_timeout: Duration,
    pub(super) user_agent: String,
    pub(super) proxy: Option<reqwest::Proxy>,
    pub(super) tls: Option<Tls>,
    /// The contents of PEM files.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(super) certificate_authorities: Vec<Vec<u8>>,
    pub(super) configure: Vec<Configure>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            user_agent: concat!("mews-connector-rs/", env!("CARGO_PKG_VERSION")).into(),
            proxy: None,
            tls: None,
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            certificate_authorities: Vec::new(),
            configure: Vec::new(),
        }
    }
}

impl Http {
    pub(super) fn build(self, environment: &Environment) -> Result<reqwest::Client, ConfigError> {
        if cfg!(not(any(feature = "rustls", feature = "native-tls")))
            && !environment.is_plain_http()
        {
            return Err(invalid(
                "base URL",
                "https",
                "http to loopback, because the crate is built without TLS",
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
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        for pem in &self.certificate_authorities {
            http = http.tls_certs_merge(certificates(pem)?);
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
        http.build()
            .map_err(|source| ConfigError::Http(Box::new(source)))
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn certificates(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, ConfigError> {
    const FIELD: &str = "certificate authority";
    const ALLOWED: &str = "one or more certificates in PEM form";
    match reqwest::Certificate::from_pem_bundle(pem) {
        Ok(certificates) if certificates.is_empty() => {
            Err(invalid(FIELD, "no certificate", ALLOWED).into())
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => {
            let actual = format!("an unreadable certificate ({error})");
            Err(invalid(FIELD, actual, ALLOWED).into())
        }
    }
}
