//! Who calls.

use std::fmt;

use mews_connector_api::{AccessToken, ClientToken};

use crate::error::{ConfigError, ConstraintViolation, invalid};

/// The variable that [`Credentials::from_env`] reads the client token from.
pub const CLIENT_TOKEN_VARIABLE: &str = "MEWS_CLIENT_TOKEN";
/// The variable that [`Credentials::from_env`] reads the access token from.
pub const ACCESS_TOKEN_VARIABLE: &str = "MEWS_ACCESS_TOKEN";
/// The variable that [`Credentials::from_env`] reads the name of the application from.
pub const CLIENT_VARIABLE: &str = "MEWS_CLIENT";
/// The variable that [`ClientBuilder::from_env`](crate::ClientBuilder::from_env) reads the base URL from.
pub const URL_VARIABLE: &str = "MEWS_URL";

/// The three values that every request carries (guidelines/authentication, guidelines/requests): the client token
/// of the integration, the access token of the enterprise or portfolio, and the name and version of the application.
///
/// They are given once, to the [builder](crate::ClientBuilder), and never print: `Debug` shows placeholders.
///
/// ```
/// use mews_connector::Credentials;
///
/// let credentials =
///     Credentials::new("sandbox-client-token", "sandbox-access-token", "Example Integration 1.0.0")?;
/// assert!(!format!("{credentials:?}").contains("sandbox-access-token"));
/// # Ok::<(), mews_connector::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Credentials {
    pub(crate) client_token: ClientToken,
    pub(crate) access_token: AccessToken,
    pub(crate) client: String,
}

impl Credentials {
    /// Takes the tokens and the name and version of the application, as `Example Integration 1.0.0`.
    ///
    /// # Errors
    /// When one of them is empty or has white space around it, or when a token has characters that no token has:
    /// a mistake in a file or a variable, found here and not by a 401 later.
    pub fn new(
        client_token: impl Into<ClientToken>,
        access_token: impl Into<AccessToken>,
        client: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        let credentials = Self {
            client_token: client_token.into(),
            access_token: access_token.into(),
            client: client.into(),
        };
        check_token("ClientToken", credentials.client_token.expose_secret())?;
        check_token("AccessToken", credentials.access_token.expose_secret())?;
        if credentials.client.trim().is_empty() {
            return Err(invalid("Client", "no text", "name and version of the application").into());
        }
        Ok(credentials)
    }

    /// Reads `MEWS_CLIENT_TOKEN`, `MEWS_ACCESS_TOKEN` and `MEWS_CLIENT`.
    ///
    /// # Errors
    /// When a variable is not set or not text, naming it; or as [`Self::new`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::new(
            required(CLIENT_TOKEN_VARIABLE)?,
            required(ACCESS_TOKEN_VARIABLE)?,
            required(CLIENT_VARIABLE)?,
        )
    }
}

fn required(name: &'static str) -> Result<String, ConfigError> {
    variable(name)?.ok_or(ConfigError::VariableNotSet { name })
}

/// The variable's text; an empty one counts as not set.
pub(crate) fn variable(name: &'static str) -> Result<Option<String>, ConfigError> {
    match std::env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        // The error of the standard library shows the value.
        Err(std::env::VarError::NotUnicode(_)) => Err(ConfigError::VariableNotText { name }),
    }
}

fn check_token(name: &str, token: &str) -> Result<(), ConstraintViolation> {
    let wrong = if token.is_empty() {
        "no text"
    } else if token.trim() != token {
        "white space around it"
    } else if !token.chars().all(|c| c.is_ascii_graphic()) {
        "characters that are not printable ASCII"
    } else {
        return Ok(());
    };
    Err(invalid(name, wrong, "the token as the vendor gave it"))
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("client_token", &self.client_token)
            .field("access_token", &self.access_token)
            .field("client", &self.client)
            .finish()
    }
}
