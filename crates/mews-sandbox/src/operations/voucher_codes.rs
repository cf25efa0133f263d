//! `voucherCodes/getAll`, `add` and `delete`.

use std::collections::HashSet;

use super::{Context, Success, before, in_order, instant, missing, reachable, window};
use crate::error::Refusal;
use crate::model::{VoucherCodeFilter, VoucherCodeResult, VoucherCodesAdd, VoucherCodesDelete};
use crate::options::{AnswerOrder, Verdict};
use crate::store::{CODES, CodeQuery, NewCode, VOUCHERS, codes};

impl Context<'_> {
    pub(super) fn list_codes(&self, filter: &VoucherCodeFilter) -> Result<Success, Refusal> {
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
                window: window(filter.updated_utc.as_ref())?,
                before: before(store, CODES, &filter.limitation)?,
                count: filter.limitation.count(),
            };
            let voucher_codes = codes::list(store, &query)?;
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

    pub(super) fn add_codes(&self, request: VoucherCodesAdd) -> Result<Success, Refusal> {
        let enterprises = self.scope.to_write(request.enterprise_id)?;
        self.store.write(|store| {
            let mut new = Vec::with_capacity(request.voucher_code_parameters.len());
            let mut values = HashSet::new();
            for parameters in request.voucher_code_parameters {
                let id = parameters.voucher_id;
                let voucher = reachable(store, VOUCHERS, id, &enterprises)?
                    .ok_or_else(|| missing("VoucherId", id))?;
                if !VOUCHERS.is_active(store, voucher)? {
                    return Err(Refusal::invalid("VoucherId", format!("{id} was deleted")));
                }
                if self.options.duplicate_values == Verdict::Refuse {
                    let enterprise = VOUCHERS.enterprise(store, voucher)?;
                    if !values.insert((enterprise, parameters.value.clone()))
                        || codes::value_is_used(store, enterprise, &parameters.value)?
                    {
                        return Err(Refusal::forbidden(format!(
                            "A voucher code with the value {} exists already.",
                            parameters.value
                        )));
                    }
                }
                let validity_start =
                    instant(parameters.validity_start_utc.as_deref(), "ValidityStartUtc")?;
                let validity_end =
                    instant(parameters.validity_end_utc.as_deref(), "ValidityEndUtc")?;
                in_order(validity_start, validity_end, "ValidityEndUtc")?;
                new.push(NewCode {
                    voucher,
                    value: parameters.value,
                    validity_start,
                    validity_end,
                });
            }
            let mut voucher_codes = codes::insert(store, new, self.now)?;
            if self.options.answer_order == AnswerOrder::Reversed {
                voucher_codes.reverse();
            }
            // The cursor of this result belongs to listings; here it means nothing.
            Success::new(
                &VoucherCodeResult {
                    voucher_codes,
                    cursor: None,
                },
                false,
            )
        })
    }

    pub(super) fn delete_codes(&self, request: &VoucherCodesDelete) -> Result<Success, Refusal> {
        let enterprises = self.scope.to_write(request.enterprise_id)?;
        self.store.write(|store| {
            for number in self.to_delete(
                store,
                CODES,
                "VoucherCodeIds",
                &request.voucher_code_ids,
                &enterprises,
            )? {
                CODES.touch(store, number, true, self.now)?;
            }
            Ok(Success::empty_object())
        })
    }
}
