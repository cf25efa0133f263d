//! `voucherCodes/getAll`, `add` and `delete`.

use std::collections::HashSet;

use serde::Serialize;
use uuid::Uuid;

use super::requests::{VoucherCodeFilter, VoucherCodesAdd, VoucherCodesDelete, reject_others};
use super::rules::{check_code, missing};
use super::{Context, Success, before, reachable, window};
use crate::error::ApiError;
use crate::options::{Behavior, ResponseOrder};
use crate::record::{Properties, VoucherCode};
use crate::store::{CODES, CodeQuery, VOUCHERS, codes};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct VoucherCodeResult {
    voucher_codes: Vec<VoucherCode>,
    cursor: Option<Uuid>,
}

impl Context<'_> {
    pub(super) fn list_codes(&self, filter: &VoucherCodeFilter) -> Result<Success, ApiError> {
        reject_others(&filter.others)?;
        let enterprises = self.scope.to_read(filter.enterprise_ids.as_ref())?;
        self.store.read(|store| {
            let mut vouchers = self.numbers(
                store,
                VOUCHERS,
                "VoucherIds",
                &filter.voucher_ids,
                &enterprises,
            )?;
            vouchers.sort_unstable();
            vouchers.dedup();
            let query = CodeQuery {
                vouchers,
                codes: filter
                    .voucher_code_ids
                    .as_ref()
                    .map(|ids| self.numbers(store, CODES, "VoucherCodeIds", ids, &enterprises))
                    .transpose()?,
                window: window(filter.updated_utc.as_ref(), "UpdatedUtc")?,
                before: before(store, CODES, &filter.limitation)?,
                count: filter.limitation.count(),
            };
            let voucher_codes = codes::list(store, self.spec, &query)?;
            let cursor = voucher_codes.last().map(|code| code.id);
            Success::new(
                &VoucherCodeResult {
                    voucher_codes,
                    cursor,
                },
                cursor.is_none(),
            )
        })
    }

    pub(super) fn add_codes(&self, request: VoucherCodesAdd) -> Result<Success, ApiError> {
        let enterprises = self.scope.to_write(request.enterprise_id)?;
        self.store.write(|store| {
            let (first, now) = CODES.next(store, self.now)?;
            let mut created = Vec::with_capacity(request.voucher_code_parameters.len());
            let mut values = HashSet::new();
            for parameters in request.voucher_code_parameters {
                let id = parameters.voucher_id;
                let voucher = reachable(store, VOUCHERS, id, &enterprises)?
                    .ok_or_else(|| missing("VoucherId", id))?;
                if !VOUCHERS.is_active(store, voucher)? {
                    return Err(ApiError::invalid("VoucherId", format!("{id} was deleted")));
                }
                if self.options.duplicate_values == Behavior::Reject {
                    let enterprise = VOUCHERS.enterprise(store, voucher)?;
                    if !values.insert((enterprise, parameters.value.clone()))
                        || codes::value_is_used(store, enterprise, &parameters.value)?
                    {
                        return Err(ApiError::forbidden(format!(
                            "A voucher code with the value {} exists already.",
                            parameters.value
                        )));
                    }
                }
                let mut properties = Properties::new();
                for (name, value) in &parameters.properties {
                    self.spec.codes.set(&mut properties, name, value)?;
                }
                let number = first.saturating_add_unsigned(created.len() as u64);
                let code = VoucherCode {
                    id: self.new_id(CODES, number),
                    voucher_id: id,
                    value: parameters.value,
                    created_utc: now,
                    updated_utc: now,
                    is_active: true,
                    properties,
                };
                check_code(&code)?;
                created.push((number, voucher, code));
            }
            // After all checks, so that a batch with an error costs no writes.
            let mut voucher_codes = Vec::with_capacity(created.len());
            for (number, voucher, mut code) in created {
                codes::insert(store, self.spec, number, voucher, &code)?;
                self.spec.codes.complete(&mut code.properties, true);
                voucher_codes.push(code);
            }
            if self.options.response_order == ResponseOrder::Reversed {
                voucher_codes.reverse();
            }
            // The cursor belongs to listings and has no meaning here.
            Success::new(
                &VoucherCodeResult {
                    voucher_codes,
                    cursor: None,
                },
                false,
            )
        })
    }

    pub(super) fn delete_codes(&self, request: &VoucherCodesDelete) -> Result<Success, ApiError> {
        let enterprises = self.scope.to_write(request.enterprise_id)?;
        self.delete(
            CODES,
            "VoucherCodeIds",
            &request.voucher_code_ids,
            &enterprises,
        )
    }
}
