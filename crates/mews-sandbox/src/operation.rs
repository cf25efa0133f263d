//! Names of operations.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::spec::Spec;

/// The part of the path that all operations share.
pub(crate) const BASE_PATH: &str = "/api/connector/v1/";

/// An operation of the API.
///
/// An operation is a name that a spec has: the path without the part that all operations share. Operations that the
/// sandbox has business rules for have a constant.
///
/// ```
/// use mews_sandbox::Operation;
///
/// assert_eq!(Operation::VoucherCodesAdd.to_string(), "voucherCodes/add");
/// assert_eq!("vouchers/getAll".parse(), Ok(Operation::VouchersGetAll));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "&'static str")]
pub struct Operation(&'static str);

// The set of operations is open, so this is not an enum, but the constants are used like its variants.
#[allow(non_upper_case_globals)]
impl Operation {
    /// `vouchers/getAll`
    pub const VouchersGetAll: Self = Self("vouchers/getAll");
    /// `vouchers/add`
    pub const VouchersAdd: Self = Self("vouchers/add");
    /// `vouchers/update`
    pub const VouchersUpdate: Self = Self("vouchers/update");
    /// `vouchers/delete`
    pub const VouchersDelete: Self = Self("vouchers/delete");
    /// `voucherCodes/getAll`
    pub const VoucherCodesGetAll: Self = Self("voucherCodes/getAll");
    /// `voucherCodes/add`
    pub const VoucherCodesAdd: Self = Self("voucherCodes/add");
    /// `voucherCodes/delete`
    pub const VoucherCodesDelete: Self = Self("voucherCodes/delete");
}

/// The names that any spec of this process has. A name is kept for good, so that an operation can be copied.
static NAMES: RwLock<BTreeSet<&'static str>> = RwLock::new(BTreeSet::new());

impl Operation {
    /// Returns all operations of the embedded spec, by name.
    pub fn all() -> Vec<Self> {
        Spec::embedded().operations().collect()
    }

    /// Makes the name of an operation known. For names that a spec has.
    pub(crate) fn register(name: &str) -> Self {
        if let Some(known) = Self::known(name) {
            return known;
        }
        let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
        let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
        names.insert(name);
        Self(name)
    }

    fn known(name: &str) -> Option<Self> {
        let names = NAMES.read().unwrap_or_else(PoisonError::into_inner);
        names.get(name).copied().map(Self)
    }

    /// Returns the resource and the action, such as `voucherCodes/add`.
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// Returns the path, such as `/api/connector/v1/voucherCodes/add`.
    pub fn path(self) -> String {
        format!("{BASE_PATH}{}", self.0)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl From<Operation> for &'static str {
    fn from(operation: Operation) -> Self {
        operation.0
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let _ = Spec::embedded();
        Self::known(name).ok_or_else(|| UnknownOperation(name.to_owned()))
    }
}

/// The error for a name that is not an operation of the spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown operation `{0}`; use a name from the spec, such as `voucherCodes/add`, with the same upper and lower case"
)]
pub struct UnknownOperation(String);
