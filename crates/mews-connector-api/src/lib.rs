#![doc = include_str!("../README.md")]

mod client;
#[rustfmt::skip]
// Deprecated properties are part of the types, so their own code has to name them.
#[allow(deprecated, unreachable_pub, clippy::pedantic)]
mod generated;
pub mod secret;
pub mod transport;
pub mod utc_date_time;

pub use generated::operations::{Effect, Listing, Operation};
pub use generated::types::Envelope;
pub use generated::{ByteStream, Client, ClientInfo, Error, ResponseValue, operations, types};
pub use secret::{AccessToken, ClientToken};
pub use transport::{SharedTransport, Transport};
pub use utc_date_time::UtcDateTime;
