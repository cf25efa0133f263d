//! The credentials of a client.

use mews_connector_api::{AccessToken, ClientToken};

use crate::error::{ConfigError, ConstraintViolation, invalid};

/// The environment variable of the client token, for [`Credentials::from_env`].
pub const CLIENT_TOKEN_VARIABLE: &str = "MEWS_CLIENT_TOKEN";
/// The environment variable of the access token, for [`Credentials::from_env`].
pub const ACCESS_TOKEN_VARIABLE: &str = "MEWS_ACCESS_TOKEN";
/// The environment variable of the name of the application, for [`Credentials::from_env`].
pub const CLIENT_VARIABLE: &str = "MEWS_CLIENT";
/// The environment variable of the base URL, for [`ClientBuilder::from_env`](crate::ClientBuilder::from_env).
pub const URL_VARIABLE: &str = "MEWS_URL";

/// The credentials that are sent with every request (guidelines/authentication, guidelines/requests): the client token
/// of the integration, the access token of the enterprise or portfolio, and the name and version of the application.
///
/// Pass them to the [builder](crate::ClientBuilder) once. The tokens never print: `Debug` shows placeholders.
///
/// ```
/// use mews_connector::Credentials;
///
/// let credentials =
///     Credentials::new("sandbox-client-token", "sandbox-access-token", "Example Integration 1.0.0")?;
/// assert!(!format!("{credentials:?}").contains("sandbox-access-token"));
/// # Ok::<(), mews_connector::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Credentials {
    pub(crate) client_token: ClientToken,
    pub(crate) access_token: AccessToken,
    pub(crate) client: String,
}

impl Credentials {
    /// Creates credentials from the tokens, and the name and version of the application, such as
    /// `Example Integration 1.0.0`.
    ///
    /// # Errors
    /// Returns an error if a value is empty, or if a token has white space around it or characters that are not
    /// printable ASCII. Without this check, such a mistake in a file or a variable would cause a 401 in the first call.
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
            return Err(invalid(
                "Client",
                "an empty value",
                "name and version of the application",
            )
            .into());
        }
        Ok(credentials)
    }

    /// Reads `MEWS_CLIENT_TOKEN`, `MEWS_ACCESS_TOKEN` and `MEWS_CLIENT`.
    ///
    /// # Errors
    /// Returns an error with the name of the variable if one is not set or not UTF-8, and the errors of [`Self::new`].
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

/// Returns the value of a variable. An empty variable counts as not set.
pub(crate) fn variable(name: &'static str) -> Result<Option<String>, ConfigError> {
    match std::env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        // The error of the standard library contains the value, which can be a token.
        Err(std::env::VarError::NotUnicode(_)) => Err(ConfigError::VariableNotText { name }),
    }
}

fn check_token(name: &str, token: &str) -> Result<(), ConstraintViolation> {
    let wrong = if token.is_empty() {
        "an empty value"
    } else if token.trim() != token {
        "white space around it"
    } else if !token.chars().all(|c| c.is_ascii_graphic()) {
        "characters that are not printable ASCII"
    } else {
        return Ok(());
    };
    Err(invalid(
        name,
        wrong,
        "the token exactly as the vendor issued it",
    ))
}
