//! The client for code that is not async, with the feature `blocking`.
//!
//! [`Client`] runs the async client on a separate runtime and blocks the calling thread until there is a result. It has
//! the same settings, errors and guarantees. Async and blocking clients with the same access token share one rate
//! limiter.
//!
//! ```
#![doc = include_str!("../doc/blocking.rs")]
//! use mews_connector::{NewVoucherCode, VoucherCodeFilter};
//!
//! let client = mews_connector::Client::builder()
//!     .credentials(builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN, "Example Integration 1.0.0")
//!     .base_url(sandbox.url())
//!     .build_blocking()?;
//!
//! let voucher = builtin::VOUCHER_ID.parse()?;
//! let codes = (0..1500).map(|n| NewVoucherCode::new(voucher, format!("DESK-{n:04}")));
//! let report = client.bulk(async |bulk| bulk.add_voucher_codes(codes).await)?;
//! assert!(report.is_complete());
//! for code in client.items(VoucherCodeFilter::vouchers([voucher])) {
//!     println!("{:?}", code?.value);
//! }
//! # Ok(()) }
//! ```
//!
//! # In async code
//!
//! A task of a tokio runtime must not block, because it would stop other tasks of its thread. In such a task, every
//! method returns an error with the kind [`ErrorKind::InvalidRequest`], and nothing is sent. Use the async
//! [`Client`](crate::Client) in tasks, or call the blocking client within `tokio::task::spawn_blocking`. A blocking
//! client can be created and dropped anywhere.

mod client;
mod iter;
mod runtime;

pub use self::client::Client;
pub use self::iter::Iter;
#[cfg(doc)]
use crate::error::ErrorKind;
