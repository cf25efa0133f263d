#![doc = include_str!("../README.md")]

mod body;
mod builder;
pub mod bulk;
mod client;
pub mod clock;
mod credentials;
mod environment;
mod error;
mod exchange;
pub mod export;
mod filter;
pub mod guide;
mod ids;
mod interval;
mod joined;
mod masking;
mod new;
mod options;
mod page;
mod pages;
pub mod prelude;
pub mod rate_limit;
mod redeemable;
mod response;
pub mod retry;
mod sending;
mod task;
mod update;
mod voucher_codes;
mod vouchers;

pub use builder::{ClientBuilder, Tls};
pub use client::Client;
pub use credentials::{
    ACCESS_TOKEN_VARIABLE, CLIENT_TOKEN_VARIABLE, CLIENT_VARIABLE, Credentials, URL_VARIABLE,
};
pub use environment::{BaseUrl, Environment};
pub use error::{BodyExcerpt, ConfigError, ConstraintViolation, Error, ErrorBuilder, ErrorKind};
pub use filter::{VoucherCodeFilter, VoucherFilter};
pub use ids::{Ids, MOST_ITEMS};
pub use interval::UpdatedWithin;
pub use joined::JoinedVoucher;
pub use mews_connector_api::{AccessToken, ClientToken, UtcDateTime, types};
pub use new::{NewVoucher, NewVoucherCode};
pub use options::CallOptions;
pub use page::{Page, VoucherCodePage, VoucherPage};
pub use pages::{Items, Pages};
pub use rate_limit::{Limits, RateLimit};
pub use redeemable::{Activity, Gap, Obstacle, Redeem, Redeemable};
pub use reqwest;
pub use response::Response;
pub use update::{Update, VoucherUpdate};
pub use voucher_codes::VoucherCodes;
pub use vouchers::Vouchers;
