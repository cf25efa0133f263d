//! Fixtures: the data that a sandbox starts with.

mod check;
mod document;
mod relations;

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::builtin;
use crate::error::StartError;
use crate::listings::Lists;
use crate::record::{Voucher, VoucherCode};
use crate::spec::Spec;

/// The data that a sandbox starts with, as JSON.
///
/// The built-in set ([`builtin::FIXTURES`](crate::builtin::FIXTURES), or `mews-sandbox --print-fixtures`) shows the
/// form. Rates, companies, vouchers and voucher codes have the properties of a response. In addition, a voucher has
/// `AssignedRateIds`. Each ID can be any UUID, so that the IDs of a real enterprise can be used. An array named like
/// the primary list of another listing of the spec has the records of that listing.
///
/// The fixtures are checked when a sandbox starts.
///
/// ```
/// use mews_sandbox::{Fixtures, builtin};
///
/// let fixtures: Fixtures = builtin::FIXTURES.parse()?;
/// # let _ = fixtures;
/// # Ok::<(), mews_sandbox::StartError>(())
/// ```
#[derive(Clone)]
pub struct Fixtures {
    document: Map<String, Value>,
    /// The JSON text. A data file keeps it, to compare it with the fixtures of the next start.
    pub(crate) text: String,
}

impl std::fmt::Debug for Fixtures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lengths = self
            .document
            .iter()
            .map(|(name, value)| (name, value.as_array().map_or(0, Vec::len)));
        f.write_str("Fixtures ")?;
        f.debug_map().entries(lengths).finish()
    }
}

impl Fixtures {
    /// Reads fixtures from a file.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or is not a JSON object.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, StartError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| StartError::Read {
            path: path.to_owned(),
            error,
        })?;
        text.parse()
    }

    /// Checks the fixtures, together with the records that were given for listings.
    pub(crate) fn check(
        &self,
        spec: &Spec,
        records: &BTreeMap<String, Value>,
    ) -> Result<Data, StartError> {
        check::check(self, spec, records).map_err(StartError::Fixtures)
    }

    fn is_builtin(&self) -> bool {
        self.text == builtin::FIXTURES
    }
}

impl Default for Fixtures {
    /// Returns the built-in data set.
    fn default() -> Self {
        builtin::FIXTURES
            .parse()
            .expect("the built-in fixtures are valid")
    }
}

impl FromStr for Fixtures {
    type Err = StartError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let document =
            serde_json::from_str(text).map_err(|error| StartError::Fixtures(error.to_string()))?;
        Ok(Self {
            document,
            text: text.to_owned(),
        })
    }
}

/// Checked fixtures.
#[derive(Default)]
pub(crate) struct Data {
    pub(crate) client_tokens: Vec<String>,
    pub(crate) access_tokens: Vec<AccessToken>,
    pub(crate) enterprises: Vec<Enterprise>,
    pub(crate) services: Vec<Service>,
    pub(crate) rates: Vec<Value>,
    pub(crate) companies: Vec<Value>,
    /// The companies with a travel agency contract.
    pub(crate) travel_agencies: Vec<Uuid>,
    /// In the order of their creation.
    pub(crate) vouchers: Vec<FixtureVoucher>,
    /// In the order of their creation.
    pub(crate) voucher_codes: Vec<VoucherCode>,
    /// The records of the listings without business rules.
    pub(crate) listings: Lists,
}

pub(crate) struct FixtureVoucher {
    pub(crate) record: Voucher,
    pub(crate) assigned_rate_ids: Vec<Uuid>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AccessToken {
    #[serde(rename = "AccessToken")]
    pub(crate) value: String,
    pub(crate) enterprise_ids: Vec<Uuid>,
    #[serde(default)]
    pub(crate) is_portfolio: bool,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Enterprise {
    pub(crate) id: Uuid,
    pub(crate) chain_id: Uuid,
    #[serde(default)]
    pub(crate) name: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Service {
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    #[serde(default)]
    pub(crate) name: String,
}

/// Returns the ID in a property of an item that is kept as JSON.
pub(crate) fn uuid(item: &Value, property: &str) -> Option<Uuid> {
    item.get(property)?.as_str()?.parse().ok()
}
