//! `voucherCodes/add`, in bulk.

use std::collections::HashSet;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use mews_connector_api::Operation as _;
use mews_connector_api::types::{
    MultipleVoucherCodeAddParameters, VoucherCode, VoucherCodeAddParameters, VoucherId,
};
use uuid::Uuid;

use super::machine::Kind;
use super::matching::{Comparison, Likeness, Traits, fold, same_second};
use super::operation::{Judged, Operation, Reply};
use super::reading::{Mark, OfParents, Window, server_time};
use crate::client::Client;
use crate::error::{ConstraintViolation, Error};
use crate::filter::VoucherCodeFilter;
use crate::lock::lock;
use crate::pages::Page;
use crate::redeemability::Activity;
use crate::response::date_of;

#[derive(Default)]
pub(super) struct AddVoucherCodes {
    /// The vouchers whose codes the server rejects with a 400. They are not requested twice.
    unreadable: Mutex<HashSet<VoucherId>>,
}

fn likeness(input: &VoucherCodeAddParameters, code: &VoucherCode) -> Likeness {
    Likeness::of_id(&input.voucher_id, code.voucher_id.as_ref())
        .and(Likeness::of_text(&input.value, code.value.as_deref()))
        .and(Likeness::of_rest(
            same_second(input.validity_start_utc, code.validity_start_utc.as_ref())
                && same_second(input.validity_end_utc, code.validity_end_utc.as_ref()),
        ))
}

fn comparison<'a>(
    inputs: &'a [VoucherCodeAddParameters],
    records: &'a [VoucherCode],
) -> Comparison<'a, VoucherCodeAddParameters, VoucherCode, String> {
    Comparison {
        inputs,
        records,
        input_keys: &|input| vec![fold(&input.value)],
        record_keys: &|code| code.value.iter().map(|value| fold(value)).collect(),
        likeness: &likeness,
    }
}

fn created(code: &VoucherCode) -> Option<DateTime<Utc>> {
    code.created_utc.as_ref()?.to_utc()
}

impl Operation for AddVoucherCodes {
    type Input = VoucherCodeAddParameters;
    type Output = VoucherCode;
    type Key = (VoucherId, String);

    const NAME: &'static str = MultipleVoucherCodeAddParameters::PATH;
    const LIST: &'static str = "VoucherCodeParameters";

    fn kind(&self) -> Kind {
        Kind::Create
    }

    fn check(input: &Self::Input) -> Result<(), ConstraintViolation> {
        input.check()
    }

    fn key(input: &Self::Input) -> Option<Self::Key> {
        Some((input.voucher_id, input.value.clone()))
    }

    fn id(code: &VoucherCode) -> Uuid {
        code.id.0
    }

    async fn send(
        &self,
        client: &Client,
        inputs: &[Self::Input],
    ) -> Result<Reply<VoucherCode>, Error> {
        let response = client.voucher_codes().add(inputs.to_vec()).await?;
        let date = date_of(response.headers());
        let outputs = comparison(inputs, &response).outputs();
        Ok(Reply { outputs, date })
    }

    async fn read_back(
        &self,
        client: &Client,
        inputs: &[Self::Input],
        window: &Window<'_>,
    ) -> Result<Vec<Judged<VoucherCode>>, Error> {
        let vouchers = inputs.iter().map(|input| input.voucher_id);
        let unreadable = lock(&self.unreadable).clone();
        let codes = OfParents::read(vouchers, unreadable, async |vouchers| {
            let pages = client.pages(VoucherCodeFilter::vouchers(vouchers));
            let mark = |code: &VoucherCode| Mark {
                id: code.id.0,
                created: created(code),
            };
            window.read(pages, Page::into_items, mark).await
        })
        .await?;
        lock(&self.unreadable).extend(&codes.rejected);
        let found = &codes.found;
        let traits = |code: &VoucherCode| Traits {
            live: code.is_active(),
            created: created(code),
            known: window.is_known(code.id.0),
        };
        let since = |input| window.since(input, found.time);
        let comparison = comparison(inputs, &found.records);
        let judged = comparison.judge(&|_| true, &traits, &since, found.complete);
        let judged = inputs.iter().zip(judged).map(|(input, (evidence, code))| {
            let code = code.map(|code| found.records[code].clone());
            codes.evidence(input.voucher_id, (evidence, code))
        });
        Ok(judged.collect())
    }

    async fn server_time(&self, client: &Client, input: &Self::Input) -> Option<DateTime<Utc>> {
        server_time(client, VoucherCodeFilter::vouchers([input.voucher_id])).await
    }
}
