//! What most programs use: `use mews_connector::prelude::*;`

pub use crate::redeemable::{Activity, Redeem};
pub use crate::types::{ServiceId, Voucher, VoucherCode, VoucherCodeId, VoucherId, VoucherType};
pub use crate::{
    CallOptions, Client, Environment, Error, ErrorKind, Ids, NewVoucher, NewVoucherCode,
    Redeemable, Update, UpdatedWithin, VoucherCodeFilter, VoucherFilter, VoucherUpdate,
};
