//! The server of a client.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;

use crate::error::{ConfigError, invalid};

/// The server of a client.
///
/// The vendor documents the URLs in its guidelines under *Environments*. The tokens of one environment are invalid in
/// the other.
///
/// ```
/// use mews_connector::Environment;
///
/// assert_eq!(Environment::Demo.to_string(), "https://api.mews-demo.com");
/// assert!(Environment::custom("http://127.0.0.1:8080").is_ok());
/// // Tokens would travel in the clear.
/// assert!(Environment::custom("http://pms.example.com").is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// `https://api.mews-demo.com`: the public demo environment, without real data.
    Demo,
    /// `https://api.mews.com`: the environment of live enterprises.
    #[default]
    Production,
    /// Another server, such as the sandbox. [`Environment::custom`] creates it.
    Custom(BaseUrl),
}

/// The validated base URL of a server. [`Environment::custom`] creates it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl(Url);

impl Environment {
    /// Creates a server from its base URL, such as `http://127.0.0.1:8080` or `https://gateway.example.com/mews`.
    ///
    /// # Errors
    /// Returns an error if the URL is not an absolute `https` or `http` URL, or has a user name, a password, a query or
    /// a fragment. Plain `http` is accepted only for this machine (`localhost`, `127.0.0.0/8`, `[::1]`).
    pub fn custom(base_url: &str) -> Result<Self, ConfigError> {
        let rejected =
            |has: String, allowed: &str| Err(ConfigError::from(invalid("base URL", has, allowed)));
        let mut url = match Url::parse(base_url.trim()) {
            Ok(url) => url,
            Err(source) => return rejected(format!("an invalid URL ({source})"), "https://host"),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return rejected(
                    "plain http to another machine, which would expose the tokens to the network"
                        .into(),
                    "https; plain http only to localhost, 127.0.0.0/8 or [::1]",
                );
            }
            other => {
                return rejected(
                    format!("the scheme `{other}`"),
                    "https, or http to loopback",
                );
            }
        }
        if !url.username().is_empty() || url.password().is_some() {
            return rejected("a user name or a password".into(), "none");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return rejected(
                "a query or a fragment".into(),
                "scheme, host, port and path",
            );
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self::Custom(BaseUrl(url)))
    }

    /// Returns the base URL without a slash at its end.
    pub(crate) fn base_url(&self) -> String {
        match self {
            Self::Demo => "https://api.mews-demo.com".into(),
            Self::Production => "https://api.mews.com".into(),
            Self::Custom(BaseUrl(url)) => url.as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// Returns the scheme, host and port, for which the server counts its rate limit.
    pub(crate) fn authority(&self) -> String {
        match self {
            Self::Custom(BaseUrl(url)) => url.origin().ascii_serialization(),
            _ => self.base_url(),
        }
    }

    pub(crate) fn is_plain_http(&self) -> bool {
        matches!(self, Self::Custom(BaseUrl(url)) if url.scheme() == "http")
    }

    /// Returns the addresses of `localhost`, which no name server can change.
    pub(crate) fn loopback_addresses() -> [SocketAddr; 2] {
        [
            (Ipv4Addr::LOCALHOST, 0).into(),
            (Ipv6Addr::LOCALHOST, 0).into(),
        ]
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || literal
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base_url())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_plain_http_only_to_this_machine() {
        for url in [
            "http://localhost:1",
            "http://127.1.2.3",
            "http://[::1]:80/x/",
            "https://a.example/",
        ] {
            let environment = Environment::custom(url).expect(url);
            assert!(!environment.base_url().ends_with('/'), "{environment}");
        }
        for url in [
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "ftp://localhost",
            "https://user:word@a.example",
            "https://a.example/?q",
            "a.example",
            "",
        ] {
            let error = Environment::custom(url).expect_err(url);
            assert!(error.to_string().contains("base URL"), "{error}");
        }
    }
}
