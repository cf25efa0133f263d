//! `voucherCodes/add`, in bulk.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use mews_connector_api::Operation as _;
use mews_connector_api::types::{
    MultipleVoucherCodeAddParameters, VoucherCode, VoucherCodeAddParameters,
    VoucherCodeFilterParameters, VoucherId,
};
use uuid::Uuid;

use super::operation::{Found, Operation};
use crate::client::Client;
use crate::error::{ConstraintViolation, Error};
use crate::filter::{MAX_IDS, VoucherCodeFilter};
use crate::interval::UpdatedWithin;

pub(super) struct AddVoucherCodes;

type Key = (VoucherId, String);

/// The codes by what identifies them before they have an identifier.
fn by_key(codes: Vec<VoucherCode>) -> HashMap<Key, VoucherCode> {
    let keyed = codes
        .into_iter()
        .filter_map(|code| Some(((code.voucher_id?, code.value.clone()?), code)));
    keyed.collect()
}

impl Operation for AddVoucherCodes {
    type Input = VoucherCodeAddParameters;
    type Output = VoucherCode;
    type Key = Key;

    const NAME: &'static str = MultipleVoucherCodeAddParameters::PATH;
    const LIST: &'static str = "VoucherCodeParameters";

    fn check(input: &Self::Input) -> Result<(), ConstraintViolation> {
        input.check()
    }

    fn key(input: &Self::Input) -> Option<Key> {
        Some((input.voucher_id, input.value.clone()))
    }

    fn id(code: &VoucherCode) -> Uuid {
        code.id.0
    }

    async fn send(
        &self,
        client: &Client,
        inputs: &[Self::Input],
    ) -> Result<Vec<Option<VoucherCode>>, Error> {
        let created = client.voucher_codes().add(inputs.to_vec()).await?;
        let mut created = by_key(created.into_inner());
        Ok(inputs
            .iter()
            .map(|input| created.remove(&(input.voucher_id, input.value.clone())))
            .collect())
    }

    async fn read_back(
        &self,
        client: &Client,
        inputs: &[Self::Input],
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Found<VoucherCode>>, Error> {
        let mut vouchers: Vec<_> = inputs.iter().map(|input| input.voucher_id).collect();
        vouchers.sort_unstable();
        vouchers.dedup();
        let updated = UpdatedWithin::new(since, until)
            .map_err(|broken| Error::invalid(VoucherCodeFilterParameters::PATH, broken))?;
        let mut there = HashMap::new();
        for vouchers in vouchers.chunks(MAX_IDS) {
            let filter = VoucherCodeFilter::vouchers(vouchers.iter().copied()).updated_utc(updated);
            there.extend(by_key(
                client.voucher_codes().items(filter).collect_all().await?,
            ));
        }
        let found =
            |input: &Self::Input| match there.remove(&(input.voucher_id, input.value.clone())) {
                Some(code) => Found::Yes(code),
                None => Found::No,
            };
        Ok(inputs.iter().map(found).collect())
    }
}
