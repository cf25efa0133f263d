//! Tokens that never print.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::types::constraints::ConstraintViolation;

macro_rules! token {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        ///
        /// `Debug` shows a placeholder, and there is no `Display`. Only `Serialize` writes the token, because the body
        /// of each request contains it. Therefore, a request must not be logged as JSON. The memory of this value is
        /// overwritten when the value is dropped; copies that were made for sending are not overwritten.
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Creates a token from a string.
            pub fn new(token: impl Into<String>) -> Self {
                Self(token.into().into())
            }

            /// Returns the token as a string, for requests.
            pub fn expose_secret(&self) -> &str {
                self.0.expose_secret()
            }

            /// Checks the constraints of the spec: a token is not empty.
            ///
            /// # Errors
            /// Returns an error if the token is empty.
            pub fn check(&self) -> Result<(), ConstraintViolation> {
                if self.expose_secret().is_empty() {
                    Err(ConstraintViolation::new("0 characters", "at least 1 character"))
                } else {
                    Ok(())
                }
            }
        }

        impl From<String> for $name {
            fn from(token: String) -> Self {
                Self::new(token)
            }
        }

        impl From<&str> for $name {
            fn from(token: &str) -> Self {
                Self::new(token)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.expose_secret() == other.expose_secret()
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([hidden])"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.expose_secret())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::new)
            }
        }
    };
}

token! {
    /// The token that identifies the integration. It is the same for all enterprises of an environment.
    ClientToken
}

token! {
    /// The token that grants access to one enterprise, or to several if it is a portfolio access token.
    AccessToken
}
