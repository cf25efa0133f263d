#![doc = include_str!("../README.md")]

#[cfg(feature = "blocking")]
pub mod blocking;
mod body;
mod builder;
pub mod bulk;
mod client;
pub mod clock;
mod credentials;
mod decode;
mod details;
mod directory;
mod environment;
mod error;
pub mod export;
mod filter;
pub mod guide;
mod interval;
mod item_stream;
mod lock;
mod lookup;
mod masking;
mod new_voucher;
mod options;
mod pages;
pub mod prelude;
pub mod rate_limit;
mod redeemability;
mod redemptions;
mod request;
mod response;
pub mod retry;
mod sending;
mod stay;
mod stop;
mod task;
mod voucher_codes;
mod vouchers;

pub use builder::{ClientBuilder, Tls};
pub use client::Client;
pub use credentials::{
    ACCESS_TOKEN_VARIABLE, CLIENT_TOKEN_VARIABLE, CLIENT_VARIABLE, Credentials, URL_VARIABLE,
};
pub use details::{DetailsStream, VoucherDetails};
pub use environment::{BaseUrl, Environment};
pub use error::{BodyExcerpt, ConfigError, ConstraintViolation, Error, ErrorBuilder, ErrorKind};
pub use filter::{VoucherCodeFilter, VoucherFilter, VoucherFilterExt};
pub use interval::UpdatedWithin;
pub use item_stream::ItemStream;
pub use lookup::{FindCodes, FoundCode};
pub use mews_connector_api::types::update_values::{NonNullUpdate, Update};
pub use mews_connector_api::{
    AccessToken, ClientToken, Effect, Listing, Operation, UtcDateTime, operations, types,
};
pub use new_voucher::NewVoucher;
pub use options::CallOptions;
pub use pages::{Items, Page, Pages, VoucherCodePage, VoucherPage};
pub use rate_limit::{Limits, RateLimit};
pub use redeemability::{Activity, MissingData, NotRedeemableReason, Redeem, Redeemability};
pub use redemptions::Redemptions;
pub use response::Response;
pub use stay::Stay;
pub use stop::StopHandle;
pub use voucher_codes::VoucherCodes;
pub use vouchers::Vouchers;
pub use {chrono, reqwest, uuid};

/// A voucher code to create.
pub type NewVoucherCode = types::VoucherCodeAddParameters;

/// A change to a voucher. Properties that are not set are kept.
pub type VoucherUpdate = types::VoucherUpdateParameters;
