//! The items that most programs use: `use mews_connector::prelude::*;`

pub use crate::redeemability::{Activity, Redeem};
pub use crate::types::{
    CompanyId, EnterpriseId, Limitation, RateId, ServiceId, Voucher, VoucherCode, VoucherCodeId,
    VoucherId, VoucherType,
};
pub use crate::{
    CallOptions, Client, Effect, Environment, Error, ErrorKind, Listing, NewVoucher,
    NewVoucherCode, NonNullUpdate, Operation, Redeemability, StopHandle, Update, UpdatedWithin,
    VoucherCodeFilter, VoucherFilter, VoucherFilterExt, VoucherUpdate,
};
