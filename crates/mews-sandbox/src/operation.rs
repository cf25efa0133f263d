//! The operations that the sandbox answers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What stands before every resource in the address of an operation.
pub(crate) const BASE_PATH: &str = "/api/connector/v1/";

/// An operation of the API.
///
/// It reads and prints as its address is written, without the part that all share:
///
/// ```
/// use mews_sandbox::Operation;
///
/// assert_eq!(Operation::VoucherCodesAdd.to_string(), "voucherCodes/add");
/// assert_eq!("vouchers/getAll".parse(), Ok(Operation::VouchersGetAll));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Operation {
    /// `vouchers/getAll`
    VouchersGetAll,
    /// `vouchers/add`
    VouchersAdd,
    /// `vouchers/update`
    VouchersUpdate,
    /// `vouchers/delete`
    VouchersDelete,
    /// `voucherCodes/getAll`
    VoucherCodesGetAll,
    /// `voucherCodes/add`
    VoucherCodesAdd,
    /// `voucherCodes/delete`
    VoucherCodesDelete,
}

impl Operation {
    /// All operations, in the order of the document.
    pub const ALL: [Self; 7] = [
        Self::VouchersGetAll,
        Self::VouchersAdd,
        Self::VouchersUpdate,
        Self::VouchersDelete,
        Self::VoucherCodesGetAll,
        Self::VoucherCodesAdd,
        Self::VoucherCodesDelete,
    ];

    /// Resource and action, such as `voucherCodes/add`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VouchersGetAll => "vouchers/getAll",
            Self::VouchersAdd => "vouchers/add",
            Self::VouchersUpdate => "vouchers/update",
            Self::VouchersDelete => "vouchers/delete",
            Self::VoucherCodesGetAll => "voucherCodes/getAll",
            Self::VoucherCodesAdd => "voucherCodes/add",
            Self::VoucherCodesDelete => "voucherCodes/delete",
        }
    }

    /// The path of its address, such as `/api/connector/v1/voucherCodes/add`.
    pub fn path(self) -> String {
        format!("{BASE_PATH}{}", self.name())
    }

    /// The operation at a path, which must match to the letter.
    pub(crate) fn at(path: &str) -> Option<Self> {
        path.strip_prefix(BASE_PATH)?.parse().ok()
    }

    /// Whether it reads a listing, page by page.
    pub const fn is_paginated(self) -> bool {
        matches!(self, Self::VouchersGetAll | Self::VoucherCodesGetAll)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<Operation> for &'static str {
    fn from(operation: Operation) -> Self {
        operation.name()
    }
}

impl TryFrom<String> for Operation {
    type Error = UnknownOperation;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.name() == name)
            .ok_or_else(|| UnknownOperation(name.to_owned()))
    }
}

/// The error for a name that is none of the operations.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no operation is called `{0}`: name one as its address does, such as `voucherCodes/add`, case included"
)]
pub struct UnknownOperation(String);
