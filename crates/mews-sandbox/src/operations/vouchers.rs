//! `vouchers/getAll`, `add`, `update` and `delete`.

use std::collections::HashSet;

use rusqlite::Connection;
use serde::{Deserialize as _, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::requests::{
    UpdateValue, VoucherFilter, VoucherParameters, VoucherUpdate, VouchersAdd, VouchersDelete,
    VouchersUpdate, reject_others,
};
use super::rules::{check_voucher, missing};
use super::{Context, Success, before, reachable, window};
use crate::error::ApiError;
use crate::instant::Instant;
use crate::options::{Discontinued, NullRates, ResponseOrder};
use crate::record::{Properties, Voucher, VoucherCode};
use crate::store::{VOUCHERS, VoucherQuery, codes, vouchers};

/// A page of vouchers with more codes than this would not be "prepared in time" (guidelines/requests.md, "Request
/// timeouts").
const MAX_CODES: usize = 50_000;

#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct VoucherResult {
    vouchers: Option<Vec<Voucher>>,
    voucher_codes: Option<Vec<VoucherCode>>,
    voucher_assignments: Option<Vec<VoucherAssignment>>,
    rates: Option<Vec<Value>>,
    companies: Option<Vec<Value>>,
    cursor: Option<Uuid>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct VoucherAssignment {
    voucher_id: Uuid,
    rate_id: Uuid,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct VoucherWriteResult {
    vouchers: Vec<Voucher>,
}

impl Context<'_> {
    pub(super) fn list_vouchers(&self, filter: &VoucherFilter) -> Result<Success, ApiError> {
        reject_others(&filter.others)?;
        let discontinued =
            [filter.extent.voucher_codes, filter.extent.companies].contains(&Some(true));
        if discontinued && self.options.discontinued == Discontinued::Error {
            return Err(ApiError::invalid(
                "Extent",
                "`VoucherCodes` and `Companies` were discontinued in January 2025",
            ));
        }
        self.store.read(|store| {
            let query = self.voucher_query(store, filter)?;
            let page = vouchers::list(store, self.spec, &query)?;
            self.with_extents(store, page, filter)
        })
    }

    fn voucher_query(
        &self,
        store: &Connection,
        filter: &VoucherFilter,
    ) -> Result<VoucherQuery, ApiError> {
        let enterprises = self.scope.to_read(filter.enterprise_ids.as_ref())?;
        let mut services = Vec::with_capacity(filter.service_ids.len());
        for id in &filter.service_ids {
            match self.reference.services.get(id) {
                Some(service) if enterprises.contains(&service.enterprise_id) => services.push(*id),
                _ => self.unknown("ServiceIds", *id)?,
            }
        }
        for company in filter.company_ids.iter().flatten() {
            if !enterprises
                .iter()
                .any(|enterprise| self.reference.knows_company(*enterprise, *company))
            {
                self.unknown("CompanyIds", *company)?;
            }
        }
        Ok(VoucherQuery {
            services,
            vouchers: filter
                .voucher_ids
                .as_ref()
                .map(|ids| self.numbers(store, VOUCHERS, "VoucherIds", ids, &enterprises))
                .transpose()?,
            companies: filter.company_ids.clone(),
            code_values: filter.voucher_code_values.clone(),
            external_identifiers: filter.external_identifiers.clone(),
            active: only_state(filter.activity_states.as_deref()),
            window: window(filter.updated_utc.as_ref(), "UpdatedUtc")?,
            before: before(store, VOUCHERS, &filter.limitation)?,
            count: filter.limitation.count(),
        })
    }

    /// Adds the extents that were requested to a page. The other ones are null.
    fn with_extents(
        &self,
        store: &Connection,
        page: Vec<(i64, Voucher)>,
        filter: &VoucherFilter,
    ) -> Result<Success, ApiError> {
        let extent = filter.extent;
        let wanted = |extent: Option<bool>| extent == Some(true);
        let still_served = |extent: Option<bool>| {
            wanted(extent) && self.options.discontinued == Discontinued::Data
        };
        let is_empty = page.is_empty();
        let mut result = VoucherResult {
            // The last voucher, even if the extent does not include vouchers (guidelines/pagination.md).
            cursor: page.last().map(|(_, voucher)| voucher.id),
            ..VoucherResult::default()
        };

        let mut assignments = Vec::new();
        if wanted(extent.voucher_assignments) || wanted(extent.rates) {
            for (number, voucher) in &page {
                for rate_id in vouchers::rates(store, *number)? {
                    assignments.push(VoucherAssignment {
                        voucher_id: voucher.id,
                        rate_id,
                    });
                }
            }
        }
        if wanted(extent.rates) {
            let ids = assignments.iter().map(|assignment| assignment.rate_id);
            result.rates = Some(each_once(ids, |id| self.reference.rates.get(&id)));
        }
        if wanted(extent.voucher_assignments) {
            result.voucher_assignments = Some(assignments);
        }
        if still_served(extent.companies) {
            let ids = page.iter().filter_map(|(_, voucher)| voucher.company());
            result.companies = Some(each_once(ids, |id| self.reference.companies.get(&id)));
        }
        if still_served(extent.voucher_codes) {
            let numbers: Vec<i64> = page.iter().map(|(number, _)| *number).collect();
            let codes = codes::of_vouchers(store, self.spec, &numbers, MAX_CODES)?;
            result.voucher_codes = Some(codes.ok_or_else(|| {
                ApiError::new(
                    axum::http::StatusCode::REQUEST_TIMEOUT,
                    "The request took too long.",
                )
                .because(format!(
                    "the vouchers of the page have more than {MAX_CODES} codes; request fewer vouchers"
                ))
            })?);
        }
        if wanted(extent.vouchers) {
            result.vouchers = Some(page.into_iter().map(|(_, voucher)| voucher).collect());
        }
        Success::new(&result, is_empty)
    }

    pub(super) fn add_vouchers(&self, request: VouchersAdd) -> Result<Success, ApiError> {
        let enterprises = self.scope.to_write(request.enterprise_id)?;
        self.store.write(|store| {
            let (first, now) = VOUCHERS.next(store, self.now)?;
            let mut created = Vec::with_capacity(request.voucher_parameters.len());
            for (number, mut parameters) in (first..).zip(request.voucher_parameters) {
                let rates = parameters.assigned_rate_ids.take().unwrap_or_default();
                let mut voucher = self.new_voucher(number, &parameters, &enterprises, now)?;
                check_voucher(self.reference, &voucher, &rates)?;
                vouchers::put(store, self.spec, number, &voucher)?;
                vouchers::assign(store, number, &rates)?;
                self.spec.vouchers.complete(&mut voucher.properties, true);
                created.push(voucher);
            }
            self.written(created)
        })
    }

    fn new_voucher(
        &self,
        number: i64,
        parameters: &VoucherParameters,
        enterprises: &HashSet<Uuid>,
        now: Instant,
    ) -> Result<Voucher, ApiError> {
        let service = self
            .reference
            .services
            .get(&parameters.service_id)
            .filter(|service| enterprises.contains(&service.enterprise_id))
            .ok_or_else(|| missing("ServiceId", parameters.service_id))?;
        let mut record = Properties::new();
        for (name, value) in &parameters.properties {
            self.spec.vouchers.set(&mut record, name, value)?;
        }
        for (name, value) in [
            ("Id", json!(self.new_id(VOUCHERS, number))),
            ("ServiceId", json!(service.id)),
            ("EnterpriseId", json!(service.enterprise_id)),
            ("CreatedUtc", json!(now)),
            ("UpdatedUtc", json!(now)),
            ("IsActive", true.into()),
        ] {
            record.insert(name.into(), value);
        }
        let mut voucher = voucher(record)?;
        voucher.set_company(parameters.company_id);
        Ok(voucher)
    }

    pub(super) fn update_vouchers(&self, request: VouchersUpdate) -> Result<Success, ApiError> {
        let enterprises = self.scope.to_write(request.enterprise_id)?;
        self.store.write(|store| {
            let mut numbers = Vec::with_capacity(request.voucher_updates.len());
            for update in request.voucher_updates {
                let id = update.voucher_id;
                let number = reachable(store, VOUCHERS, id, &enterprises)?
                    .ok_or_else(|| missing("VoucherId", id))?;
                self.update_voucher(store, number, update)?;
                numbers.push(number);
            }
            let updated = numbers
                .into_iter()
                .map(|number| vouchers::get(store, self.spec, number))
                .collect::<rusqlite::Result<_>>()?;
            self.written(updated)
        })
    }

    fn update_voucher(
        &self,
        store: &Connection,
        number: i64,
        update: VoucherUpdate,
    ) -> Result<(), ApiError> {
        let before = vouchers::get(store, self.spec, number)?;
        if !before.is_active {
            return Err(ApiError::invalid(
                "VoucherId",
                format!("{} was deleted", before.id),
            ));
        }
        let mut company = before.company();
        let mut rates = vouchers::rates(store, number)?;
        if let Some(UpdateValue { value }) = update.company_id {
            company = value;
        }
        if let Some(UpdateValue { value }) = update.assigned_rate_ids {
            match (value, self.options.null_rates) {
                (Some(value), _) => rates = value,
                (None, NullRates::Clear) => rates.clear(),
                (None, NullRates::Keep) => {}
            }
        }
        let Ok(Value::Object(mut record)) = serde_json::to_value(&before) else {
            return Err(ApiError::unexpected("the voucher is not a JSON object"));
        };
        for (name, update) in &update.properties {
            // Omitted or null, the property is kept.
            if let Some(value) = update.get("Value") {
                self.spec.vouchers.set(&mut record, name, value)?;
            }
        }
        let mut voucher = voucher(record)?;
        voucher.set_company(company);
        voucher.updated_utc = voucher.updated_utc.max(self.now);
        check_voucher(self.reference, &voucher, &rates)?;
        vouchers::put(store, self.spec, number, &voucher)?;
        vouchers::assign(store, number, &rates)?;
        Ok(())
    }

    fn written(&self, mut vouchers: Vec<Voucher>) -> Result<Success, ApiError> {
        if self.options.response_order == ResponseOrder::Reversed {
            vouchers.reverse();
        }
        Success::new(&VoucherWriteResult { vouchers }, false)
    }

    pub(super) fn delete_vouchers(&self, request: &VouchersDelete) -> Result<Success, ApiError> {
        let enterprises = self.scope.to_write(request.enterprise_id)?;
        self.delete(VOUCHERS, "VoucherIds", &request.voucher_ids, &enterprises)
    }
}

/// Reads a voucher from its properties, which passed the validation against the spec.
fn voucher(record: Properties) -> Result<Voucher, ApiError> {
    Voucher::deserialize(Value::Object(record))
        .map_err(|error| ApiError::invalid("request", error.to_string()))
}

/// Returns the only state to list, or `None` for both states or an empty list.
fn only_state(states: Option<&[String]>) -> Option<bool> {
    let has = |name: &str| states.is_some_and(|states| states.iter().any(|state| state == name));
    let (active, deleted) = (has("Active"), has("Deleted"));
    (active != deleted).then_some(active)
}

fn each_once<'a>(
    ids: impl Iterator<Item = Uuid>,
    find: impl Fn(Uuid) -> Option<&'a Value>,
) -> Vec<Value> {
    let mut seen = HashSet::new();
    ids.filter(|id| seen.insert(*id))
        .filter_map(|id| find(id).cloned())
        .collect()
}
