//! Fixtures: the data that a sandbox starts with.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::builtin;
use crate::document::{self, PARSED, View};
use crate::error::StartError;
use crate::instant::Instant;
use crate::model::VoucherType;

/// The data that a sandbox starts with, as JSON.
///
/// The built-in set ([`builtin::FIXTURES`](crate::builtin::FIXTURES), or `mews-sandbox --print-fixtures`) shows the
/// form. Rates, companies, vouchers and codes read as the API answers them; vouchers have their `AssignedRateIds`
/// beside. Each identifier can be any UUID, so that the ones of a real enterprise can be used.
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
    pub(crate) data: Data,
    /// The text, to tell whether a data file was made from the same.
    pub(crate) text: String,
}

impl std::fmt::Debug for Fixtures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fixtures")
            .field("enterprises", &self.data.enterprises.len())
            .field("services", &self.data.services.len())
            .field("rates", &self.data.rates.len())
            .field("companies", &self.data.companies.len())
            .field("vouchers", &self.data.vouchers.len())
            .field("voucher_codes", &self.data.voucher_codes.len())
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Data {
    pub(crate) client_tokens: Vec<String>,
    pub(crate) access_tokens: Vec<AccessToken>,
    pub(crate) enterprises: Vec<Enterprise>,
    pub(crate) services: Vec<Service>,
    #[serde(default)]
    pub(crate) rates: Vec<Value>,
    #[serde(default)]
    pub(crate) companies: Vec<Value>,
    #[serde(default)]
    pub(crate) travel_agency_ids: Vec<Uuid>,
    #[serde(default)]
    pub(crate) vouchers: Vec<Voucher>,
    #[serde(default)]
    pub(crate) voucher_codes: Vec<VoucherCode>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct AccessToken {
    #[serde(rename = "AccessToken")]
    pub(crate) value: String,
    pub(crate) enterprise_ids: Vec<Uuid>,
    #[serde(default)]
    pub(crate) is_portfolio: bool,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Enterprise {
    pub(crate) id: Uuid,
    pub(crate) chain_id: Uuid,
    pub(crate) name: String,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Service {
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) name: String,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Voucher {
    pub(crate) id: Uuid,
    pub(crate) service_id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) name: String,
    pub(crate) created_utc: Instant,
    pub(crate) updated_utc: Instant,
    #[serde(rename = "Type")]
    pub(crate) kind: VoucherType,
    pub(crate) company_id: Option<Uuid>,
    pub(crate) travel_agency_id: Option<Uuid>,
    pub(crate) occupiable_interval_start_utc: Option<Instant>,
    pub(crate) occupiable_interval_end_utc: Option<Instant>,
    pub(crate) external_identifier: Option<String>,
    pub(crate) is_active: bool,
    #[serde(default)]
    pub(crate) assigned_rate_ids: Vec<Uuid>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VoucherCode {
    pub(crate) id: Uuid,
    pub(crate) voucher_id: Uuid,
    pub(crate) value: String,
    pub(crate) validity_start_utc: Option<Instant>,
    pub(crate) validity_end_utc: Option<Instant>,
    pub(crate) created_utc: Instant,
    pub(crate) updated_utc: Instant,
    pub(crate) is_active: bool,
}

impl Fixtures {
    /// Reads fixtures from a file.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, StartError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| StartError::Read {
            path: path.to_owned(),
            error,
        })?;
        text.parse()
    }
}

impl Default for Fixtures {
    /// The built-in data set.
    fn default() -> Self {
        builtin::FIXTURES
            .parse()
            .expect("the built-in fixtures are sound")
    }
}

impl FromStr for Fixtures {
    type Err = StartError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut data: Data =
            serde_json::from_str(text).map_err(|error| StartError::Fixtures(error.to_string()))?;
        data.check().map_err(StartError::Fixtures)?;
        // Listings go by creation, so that is the order in which records are numbered.
        data.vouchers.sort_by_key(|voucher| voucher.created_utc);
        data.voucher_codes.sort_by_key(|code| code.created_utc);
        Ok(Self {
            data,
            text: text.to_owned(),
        })
    }
}

impl Data {
    /// Whether every reference leads somewhere, and what is passed on as it stands has the documented form.
    fn check(&self) -> Result<(), String> {
        if self.client_tokens.is_empty() || self.access_tokens.is_empty() {
            return Err("`ClientTokens` and `AccessTokens` need one entry each at least, or nobody can call".into());
        }
        conforms(&self.rates, "Rates", "RateForExtent")?;
        conforms(&self.companies, "Companies", "Company")?;

        let enterprises = unique(self.enterprises.iter().map(|item| item.id), "Enterprises")?;
        let services = unique(self.services.iter().map(|item| item.id), "Services")?;
        let rates = unique(
            self.rates.iter().filter_map(|item| uuid(item, "Id")),
            "Rates",
        )?;
        let companies = unique(
            self.companies.iter().filter_map(|item| uuid(item, "Id")),
            "Companies",
        )?;
        let vouchers = unique(self.vouchers.iter().map(|item| item.id), "Vouchers")?;
        unique(
            self.voucher_codes.iter().map(|item| item.id),
            "VoucherCodes",
        )?;

        for token in &self.access_tokens {
            known(
                &enterprises,
                token.enterprise_ids.iter(),
                "AccessTokens",
                "EnterpriseIds",
            )?;
        }
        known(
            &enterprises,
            self.services.iter().map(|item| &item.enterprise_id),
            "Services",
            "EnterpriseId",
        )?;
        known(
            &services,
            self.rates
                .iter()
                .filter_map(|item| uuid(item, "ServiceId"))
                .collect::<Vec<_>>()
                .iter(),
            "Rates",
            "ServiceId",
        )?;
        known(&companies, &self.travel_agency_ids, "TravelAgencyIds", "")?;
        let owners: HashMap<_, _> = self
            .services
            .iter()
            .map(|item| (item.id, item.enterprise_id))
            .collect();
        for voucher in &self.vouchers {
            known(&services, [&voucher.service_id], "Vouchers", "ServiceId")?;
            known(
                &rates,
                &voucher.assigned_rate_ids,
                "Vouchers",
                "AssignedRateIds",
            )?;
            known(
                &companies,
                voucher.company_id.iter().chain(&voucher.travel_agency_id),
                "Vouchers",
                "CompanyId or TravelAgencyId",
            )?;
            if owners.get(&voucher.service_id) != Some(&voucher.enterprise_id) {
                return Err(format!(
                    "`Vouchers`: {} names another `EnterpriseId` than its service has",
                    voucher.id
                ));
            }
        }
        known(
            &vouchers,
            self.voucher_codes.iter().map(|item| &item.voucher_id),
            "VoucherCodes",
            "VoucherId",
        )
    }
}

fn conforms(items: &[Value], list: &str, schema: &str) -> Result<(), String> {
    let validator = document::validator(&PARSED["components"]["schemas"][schema], View::Closed);
    for (index, item) in items.iter().enumerate() {
        validator.validate(item).map_err(|error| {
            format!(
                "`{list}`: item {index} at \"{}\": {error}",
                error.instance_path()
            )
        })?;
    }
    Ok(())
}

fn unique(identifiers: impl Iterator<Item = Uuid>, list: &str) -> Result<HashSet<Uuid>, String> {
    let mut seen = HashSet::new();
    for identifier in identifiers {
        if !seen.insert(identifier) {
            return Err(format!("`{list}`: {identifier} stands there twice"));
        }
    }
    Ok(seen)
}

fn known<'a>(
    known: &HashSet<Uuid>,
    references: impl IntoIterator<Item = &'a Uuid>,
    list: &str,
    property: &str,
) -> Result<(), String> {
    for reference in references {
        if !known.contains(reference) {
            return Err(format!(
                "`{list}`: {property} {reference} is not in the fixtures"
            ));
        }
    }
    Ok(())
}

/// An identifier inside an item that is kept as JSON.
pub(crate) fn uuid(item: &Value, property: &str) -> Option<Uuid> {
    item.get(property)?.as_str()?.parse().ok()
}
