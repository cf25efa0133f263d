//! `vouchers/getAll`, `add`, `update` and `delete`.

use std::collections::HashSet;

use rusqlite::Connection;
use serde_json::Value;
use uuid::Uuid;

use super::{Context, Success, before, in_order, instant, missing, reachable, window};
use crate::error::Refusal;
use crate::model::{
    ActivityState, UpdateValue, Voucher, VoucherAssignment, VoucherFilter, VoucherParameters,
    VoucherResult, VoucherType, VoucherUpdate, VoucherWriteResult, VouchersAdd, VouchersDelete,
    VouchersUpdate,
};
use crate::options::{AnswerOrder, Discontinued, NullRates};
use crate::store::{VOUCHERS, VoucherQuery, codes, vouchers};

/// More codes than this with one page of vouchers would not be "prepared in time" (guidelines/requests.md, "Request
/// timeouts").
const MOST_CODES: usize = 50_000;

impl Context<'_> {
    pub(super) fn list_vouchers(&self, filter: &VoucherFilter) -> Result<Success, Refusal> {
        let discontinued =
            [filter.extent.voucher_codes, filter.extent.companies].contains(&Some(true));
        if discontinued && self.options.discontinued == Discontinued::Error {
            return Err(Refusal::invalid(
                "Extent",
                "`VoucherCodes` and `Companies` were discontinued in January 2025",
            ));
        }
        self.store.read(|store| {
            let query = self.voucher_query(store, filter)?;
            let page = vouchers::list(store, &query)?;
            self.with_extents(store, page, filter)
        })
    }

    fn voucher_query(
        &self,
        store: &Connection,
        filter: &VoucherFilter,
    ) -> Result<VoucherQuery, Refusal> {
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
            window: window(filter.updated_utc.as_ref())?,
            before: before(store, VOUCHERS, &filter.limitation)?,
            count: filter.limitation.count(),
        })
    }

    /// A page with the data that the extent asks for; what it doesn't ask for is null.
    fn with_extents(
        &self,
        store: &Connection,
        page: Vec<(i64, Voucher)>,
        filter: &VoucherFilter,
    ) -> Result<Success, Refusal> {
        let extent = filter.extent;
        let wanted = |extent: Option<bool>| extent == Some(true);
        let still_served = |extent: Option<bool>| {
            wanted(extent) && self.options.discontinued == Discontinued::Data
        };
        let is_empty = page.is_empty();
        let mut result = VoucherResult {
            // The last voucher, even where the extent leaves the vouchers out (guidelines/pagination.md).
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
            let codes = codes::of_vouchers(store, &numbers, MOST_CODES)?;
            result.voucher_codes = Some(codes.ok_or_else(|| {
                Refusal::new(
                    axum::http::StatusCode::REQUEST_TIMEOUT,
                    "The request took too long.",
                )
                .because(format!(
                    "the vouchers of the page have more than {MOST_CODES} codes; ask for fewer"
                ))
            })?);
        }
        if wanted(extent.vouchers) {
            result.vouchers = Some(page.into_iter().map(|(_, voucher)| voucher).collect());
        }
        Success::new(&result, is_empty)
    }

    pub(super) fn add_vouchers(&self, request: VouchersAdd) -> Result<Success, Refusal> {
        let enterprises = self.scope.to_write(request.enterprise_id)?;
        self.store.write(|store| {
            let (first, now) = VOUCHERS.next(store, self.now)?;
            let mut created = Vec::with_capacity(request.voucher_parameters.len());
            for (number, parameters) in (first..).zip(request.voucher_parameters) {
                let rates = parameters.assigned_rate_ids.clone().unwrap_or_default();
                let voucher = self.new_voucher(number, parameters, &enterprises, now)?;
                self.check_voucher(&voucher, &rates)?;
                vouchers::put(store, number, &voucher)?;
                vouchers::assign(store, number, &rates)?;
                created.push(voucher);
            }
            self.written(created)
        })
    }

    fn new_voucher(
        &self,
        number: i64,
        parameters: VoucherParameters,
        enterprises: &HashSet<Uuid>,
        now: crate::instant::Instant,
    ) -> Result<Voucher, Refusal> {
        let service = self
            .reference
            .services
            .get(&parameters.service_id)
            .filter(|service| enterprises.contains(&service.enterprise_id))
            .ok_or_else(|| missing("ServiceId", parameters.service_id))?;
        let mut voucher = Voucher {
            id: VOUCHERS.kind.identifier(number),
            service_id: service.id,
            enterprise_id: service.enterprise_id,
            name: parameters.name,
            created_utc: now,
            updated_utc: now,
            kind: parameters.kind,
            company_id: None,
            travel_agency_id: None,
            occupiable_interval_start_utc: instant(
                parameters.occupiable_interval_start_utc.as_deref(),
                "OccupiableIntervalStartUtc",
            )?,
            occupiable_interval_end_utc: instant(
                parameters.occupiable_interval_end_utc.as_deref(),
                "OccupiableIntervalEndUtc",
            )?,
            external_identifier: parameters.external_identifier,
            is_active: true,
            activity_state: ActivityState::Active,
        };
        voucher.set_company(parameters.company_id);
        Ok(voucher)
    }

    pub(super) fn update_vouchers(&self, request: VouchersUpdate) -> Result<Success, Refusal> {
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
                .map(|number| vouchers::get(store, number))
                .collect::<rusqlite::Result<_>>()?;
            self.written(updated)
        })
    }

    fn update_voucher(
        &self,
        store: &Connection,
        number: i64,
        update: VoucherUpdate,
    ) -> Result<(), Refusal> {
        let mut voucher = vouchers::get(store, number)?;
        if !voucher.is_active {
            return Err(Refusal::invalid(
                "VoucherId",
                format!("{} was deleted", voucher.id),
            ));
        }
        let mut company = voucher.company();
        let mut rates = vouchers::rates(store, number)?;
        if let Some(UpdateValue { value }) = update.name {
            voucher.name =
                value.ok_or_else(|| Refusal::invalid("Name", "it can be set, not cleared"))?;
        }
        if let Some(UpdateValue { value }) = update.kind {
            voucher.kind =
                value.ok_or_else(|| Refusal::invalid("Type", "it can be set, not cleared"))?;
        }
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
        if let Some(UpdateValue { value }) = update.occupiable_interval_start_utc {
            voucher.occupiable_interval_start_utc =
                instant(value.as_deref(), "OccupiableIntervalStartUtc")?;
        }
        if let Some(UpdateValue { value }) = update.occupiable_interval_end_utc {
            voucher.occupiable_interval_end_utc =
                instant(value.as_deref(), "OccupiableIntervalEndUtc")?;
        }
        if let Some(UpdateValue { value }) = update.external_identifier {
            voucher.external_identifier = value;
        }
        voucher.set_company(company);
        voucher.updated_utc = voucher.updated_utc.max(self.now);
        self.check_voucher(&voucher, &rates)?;
        vouchers::put(store, number, &voucher)?;
        vouchers::assign(store, number, &rates)?;
        Ok(())
    }

    /// The rules that hold for every voucher, new or changed.
    fn check_voucher(&self, voucher: &Voucher, rates: &[Uuid]) -> Result<(), Refusal> {
        match voucher.company() {
            None if voucher.kind != VoucherType::Public => {
                return Err(Refusal::invalid(
                    "CompanyId",
                    format!("a voucher of type {:?} needs one", voucher.kind),
                ));
            }
            Some(company) if !self.reference.knows_company(voucher.enterprise_id, company) => {
                return Err(missing("CompanyId", company));
            }
            Some(company)
                if voucher.kind == VoucherType::TravelAgency
                    && !self.reference.is_travel_agency(company) =>
            {
                return Err(
                    Refusal::forbidden("The company has no travel agency contract.").because(
                        format!("{company} is not among the `TravelAgencyIds` of the fixtures"),
                    ),
                );
            }
            _ => {}
        }
        if let Some(rate) = rates
            .iter()
            .find(|rate| !self.reference.has_rate(voucher.service_id, **rate))
        {
            return Err(Refusal::invalid(
                "AssignedRateIds",
                format!("{rate} is not a rate of service {}", voucher.service_id),
            ));
        }
        in_order(
            voucher.occupiable_interval_start_utc,
            voucher.occupiable_interval_end_utc,
            "OccupiableIntervalEndUtc",
        )
    }

    fn written(&self, mut vouchers: Vec<Voucher>) -> Result<Success, Refusal> {
        if self.options.answer_order == AnswerOrder::Reversed {
            vouchers.reverse();
        }
        Success::new(&VoucherWriteResult { vouchers }, false)
    }

    pub(super) fn delete_vouchers(&self, request: &VouchersDelete) -> Result<Success, Refusal> {
        let enterprises = self.scope.to_write(request.enterprise_id)?;
        self.store.write(|store| {
            for number in self.to_delete(
                store,
                VOUCHERS,
                "VoucherIds",
                &request.voucher_ids,
                &enterprises,
            )? {
                VOUCHERS.touch(store, number, true, self.now)?;
            }
            Ok(Success::empty_object())
        })
    }
}

/// Which state to list only. Both, or none named, is no filter.
fn only_state(states: Option<&[ActivityState]>) -> Option<bool> {
    let states = states?;
    let active = states.contains(&ActivityState::Active);
    let deleted = states.contains(&ActivityState::Deleted);
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
