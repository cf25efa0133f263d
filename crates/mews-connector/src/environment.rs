//! Where requests go.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;

use crate::error::{ConfigError, invalid};

/// The server that a client talks to.
///
/// The addresses of the vendor's environments stand in its guidelines under *Environments*. Tokens of one
/// environment are unknown to the other.
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
    /// `https://api.mews-demo.com`: public, holds no real data.
    Demo,
    /// `https://api.mews.com`: live properties.
    #[default]
    Production,
    /// Any other server, such as the sandbox. [`Environment::custom`] makes it.
    Custom(BaseUrl),
}

/// The base address of a server; [`Environment::custom`] checks and makes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl(Url);

impl Environment {
    /// A server by its base address, as `http://127.0.0.1:8080` or `https://gateway.example.com/mews`.
    ///
    /// # Errors
    /// When it is no absolute `https` or `http` address, when plain `http` leads anywhere but to this machine
    /// (`localhost`, `127.0.0.0/8`, `[::1]`), or when it carries a user name, a query or a fragment.
    pub fn custom(base_url: &str) -> Result<Self, ConfigError> {
        let refused =
            |has: String, allowed: &str| Err(ConfigError::from(invalid("base URL", has, allowed)));
        let mut url = match Url::parse(base_url.trim()) {
            Ok(url) => url,
            Err(source) => return refused(format!("no address in it ({source})"), "https://host"),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return refused(
                    "plain http to another machine, which would show the tokens to everyone on the way".into(),
                    "https; plain http only to localhost, 127.0.0.0/8 or [::1]",
                );
            }
            other => {
                return refused(
                    format!("the scheme `{other}`"),
                    "https, or http to loopback",
                );
            }
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused("a user name or a password".into(), "none");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refused(
                "a query or a fragment".into(),
                "scheme, host, port and path",
            );
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self::Custom(BaseUrl(url)))
    }

    /// The base address without a slash at its end.
    pub(crate) fn base_url(&self) -> String {
        match self {
            Self::Demo => "https://api.mews-demo.com".into(),
            Self::Production => "https://api.mews.com".into(),
            Self::Custom(BaseUrl(url)) => url.as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// Scheme, host and port: what a rate limit is counted for.
    pub(crate) fn authority(&self) -> String {
        match self {
            Self::Custom(BaseUrl(url)) => url.origin().ascii_serialization(),
            _ => self.base_url(),
        }
    }

    pub(crate) fn is_plain_http(&self) -> bool {
        matches!(self, Self::Custom(BaseUrl(url)) if url.scheme() == "http")
    }

    /// What `localhost` has to mean, whatever a name server says.
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
    fn plain_http_stays_on_this_machine() {
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
