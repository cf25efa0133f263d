//! `vouchers/update`, `vouchers/delete` and `voucherCodes/delete`, in bulk.

use std::collections::HashMap;

use mews_connector_api::Operation as _;
use mews_connector_api::types::{
    MultipleVoucherCodeDeleteParameters, MultipleVoucherDeleteParameters,
    MultipleVoucherUpdateParameters, Voucher, VoucherCodeId, VoucherId, VoucherUpdateParameters,
};
use uuid::Uuid;

use super::operation::Operation;
use crate::client::Client;
use crate::error::{ConstraintViolation, Error};

pub(super) struct UpdateVouchers;

impl Operation for UpdateVouchers {
    type Input = VoucherUpdateParameters;
    type Output = Voucher;
    type Key = VoucherId;

    const NAME: &'static str = MultipleVoucherUpdateParameters::PATH;
    const LIST: &'static str = "VoucherUpdates";

    fn check(input: &Self::Input) -> Result<(), ConstraintViolation> {
        input.check()
    }

    /// Batches are under way at the same time, so the order of two updates of one voucher would be anybody's guess.
    fn key(input: &Self::Input) -> Option<VoucherId> {
        Some(input.voucher_id)
    }

    fn id(voucher: &Voucher) -> Uuid {
        voucher.id.0
    }

    async fn send(
        &self,
        client: &Client,
        inputs: &[Self::Input],
    ) -> Result<Vec<Option<Voucher>>, Error> {
        let changed = client
            .vouchers()
            .update(inputs.to_vec())
            .await?
            .into_inner();
        let mut changed: HashMap<_, _> = changed
            .into_iter()
            .map(|voucher| (voucher.id, voucher))
            .collect();
        Ok(inputs
            .iter()
            .map(|input| changed.remove(&input.voucher_id))
            .collect())
    }
}

macro_rules! delete {
    ($name:ident, $id:ty, $resource:ident, $request:ty, $list:literal) => {
        pub(super) struct $name;

        impl Operation for $name {
            type Input = $id;
            type Output = $id;
            type Key = $id;

            const NAME: &'static str = <$request>::PATH;
            const LIST: &'static str = $list;

            fn check(_: &Self::Input) -> Result<(), ConstraintViolation> {
                Ok(())
            }

            fn key(input: &Self::Input) -> Option<Self::Key> {
                Some(*input)
            }

            fn id(output: &Self::Output) -> Uuid {
                output.0
            }

            async fn send(
                &self,
                client: &Client,
                inputs: &[$id],
            ) -> Result<Vec<Option<$id>>, Error> {
                client.$resource().delete(inputs.iter().copied()).await?;
                Ok(inputs.iter().copied().map(Some).collect())
            }

            fn refused_again(input: &$id) -> Option<$id> {
                Some(*input)
            }
        }
    };
}

delete!(
    DeleteVouchers,
    VoucherId,
    vouchers,
    MultipleVoucherDeleteParameters,
    "VoucherIds"
);
delete!(
    DeleteVoucherCodes,
    VoucherCodeId,
    voucher_codes,
    MultipleVoucherCodeDeleteParameters,
    "VoucherCodeIds"
);
