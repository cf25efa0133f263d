//! `vouchers/update`, `vouchers/delete` and `voucherCodes/delete`, in bulk.

use std::collections::HashMap;

use mews_connector_api::Operation as _;
use mews_connector_api::types::{
    MultipleVoucherCodeDeleteParameters, MultipleVoucherDeleteParameters,
    MultipleVoucherUpdateParameters, ServiceId, Voucher, VoucherCodeId, VoucherId,
    VoucherUpdateParameters,
};
use uuid::Uuid;

use super::machine::{Evidence, Kind};
use super::operation::{Judged, Operation, Reply};
use super::reading::{Window, read_split};
use crate::client::Client;
use crate::error::{ConstraintViolation, Error};
use crate::filter::{MAX_IDS, VoucherCodeFilter, VoucherFilter};
use crate::redeemability::Activity;
use crate::response::date_of;

pub(super) struct UpdateVouchers;

impl Operation for UpdateVouchers {
    type Input = VoucherUpdateParameters;
    type Output = Voucher;
    type Key = VoucherId;

    const NAME: &'static str = MultipleVoucherUpdateParameters::PATH;
    const LIST: &'static str = "VoucherUpdates";

    fn kind(&self) -> Kind {
        Kind::Update
    }

    fn check(input: &Self::Input) -> Result<(), ConstraintViolation> {
        input.check()
    }

    /// Returns the ID of the voucher. Several batches are in flight at a time, so the order of two updates of one
    /// voucher would be uncertain.
    fn key(input: &Self::Input) -> Option<VoucherId> {
        Some(input.voucher_id)
    }

    fn id(voucher: &Voucher) -> Uuid {
        voucher.id.0
    }

    async fn send(&self, client: &Client, inputs: &[Self::Input]) -> Result<Reply<Voucher>, Error> {
        let response = client.vouchers().update(inputs.to_vec()).await?;
        let date = date_of(response.headers());
        let changed = response.into_inner().into_iter();
        let mut changed: HashMap<_, _> = changed.map(|voucher| (voucher.id, voucher)).collect();
        let outputs = inputs
            .iter()
            .map(|input| changed.remove(&input.voucher_id))
            .collect();
        Ok(Reply { outputs, date })
    }
}

/// The states of records by ID: whether each is in use, if the response contains it.
type States = HashMap<Uuid, Option<bool>>;

/// Judges inputs of a delete. A listed record that is not in use is deleted. A record that is not listed may have
/// another parent.
fn judge<T: Copy>(inputs: &[T], id: impl Fn(&T) -> Uuid, states: &States) -> Vec<Judged<T>> {
    inputs
        .iter()
        .map(|input| match states.get(&id(input)) {
            Some(Some(false)) => (Evidence::Applied, Some(*input)),
            Some(Some(true)) => (Evidence::Missing, None),
            Some(None) | None => (Evidence::Undecided, None),
        })
        .collect()
}

macro_rules! delete {
    ($name:ident, $id:ident, $request:ident, $resource:ident, $list:literal, $parent:ident, $filter:expr) => {
        pub(super) struct $name {
            pub(super) parents: Vec<$parent>,
        }

        impl Operation for $name {
            type Input = $id;
            type Output = $id;
            type Key = $id;

            const NAME: &'static str = $request::PATH;
            const LIST: &'static str = $list;
            const SHARES_OUTCOME: bool = true;

            fn kind(&self) -> Kind {
                Kind::Delete {
                    readable: !self.parents.is_empty(),
                }
            }

            fn check(_: &Self::Input) -> Result<(), ConstraintViolation> {
                Ok(())
            }

            fn key(input: &Self::Input) -> Option<Self::Key> {
                Some(*input)
            }

            fn id(output: &Self::Output) -> Uuid {
                output.0
            }

            fn parents(&self) -> Vec<Uuid> {
                self.parents.iter().map(|parent| parent.0).collect()
            }

            async fn send(&self, client: &Client, inputs: &[$id]) -> Result<Reply<$id>, Error> {
                let response = client.$resource().delete(inputs.iter().copied()).await?;
                Ok(Reply {
                    outputs: inputs.iter().copied().map(Some).collect(),
                    date: date_of(response.headers()),
                })
            }

            async fn read_back(
                &self,
                client: &Client,
                inputs: &[$id],
                _: &Window<'_>,
            ) -> Result<Vec<Judged<$id>>, Error> {
                let mut states = States::new();
                for parents in self.parents.chunks(MAX_IDS) {
                    let split = read_split(inputs.to_vec(), async |ids| {
                        let filter = $filter(parents.iter().copied(), ids);
                        client.items(filter).collect_all().await
                    })
                    .await?;
                    let records = split.read.into_iter().flatten();
                    states.extend(records.map(|record| (record.id.0, record.is_active())));
                }
                Ok(judge(inputs, |id| id.0, &states))
            }
        }
    };
}

delete!(
    DeleteVouchers,
    VoucherId,
    MultipleVoucherDeleteParameters,
    vouchers,
    "VoucherIds",
    ServiceId,
    |services, ids: Vec<_>| VoucherFilter::services(services).voucher_ids(ids)
);
delete!(
    DeleteVoucherCodes,
    VoucherCodeId,
    MultipleVoucherCodeDeleteParameters,
    voucher_codes,
    "VoucherCodeIds",
    VoucherId,
    |vouchers, ids: Vec<_>| VoucherCodeFilter::vouchers(vouchers).voucher_code_ids(ids)
);
