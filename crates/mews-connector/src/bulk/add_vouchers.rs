//! `vouchers/add`, in bulk.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use mews_connector_api::Operation as _;
use mews_connector_api::types::{
    MultipleVoucherAddParameters, ServiceId, Voucher, VoucherAddParameters, VoucherFilterParameters,
};
use uuid::Uuid;

use super::operation::{Found, Operation};
use crate::client::Client;
use crate::error::{ConstraintViolation, Error};
use crate::filter::{MAX_IDS, VoucherFilter};
use crate::interval::UpdatedWithin;

type External = (ServiceId, String);

pub(super) struct AddVouchers {
    /// How many inputs of the job have the same external identifier.
    uses: HashMap<External, usize>,
}

impl AddVouchers {
    pub(super) fn new(inputs: &[VoucherAddParameters]) -> Self {
        let mut uses = HashMap::new();
        for external in inputs.iter().filter_map(external) {
            *uses.entry(external).or_default() += 1;
        }
        Self { uses }
    }
}

fn external(input: &VoucherAddParameters) -> Option<External> {
    let identifier = input
        .external_identifier
        .as_ref()
        .filter(|text| !text.is_empty())?;
    Some((input.service_id, identifier.clone()))
}

/// Whether a voucher can be what became of an input.
fn fits(input: &VoucherAddParameters, voucher: &Voucher) -> bool {
    voucher.service_id == Some(input.service_id)
        && voucher.name.as_ref() == Some(&input.name)
        && voucher.type_.as_ref() == Some(&input.type_)
}

impl Operation for AddVouchers {
    type Input = VoucherAddParameters;
    type Output = Voucher;
    type Key = ();

    const NAME: &'static str = MultipleVoucherAddParameters::PATH;
    const LIST: &'static str = "VoucherParameters";

    fn check(input: &Self::Input) -> Result<(), ConstraintViolation> {
        input.check()
    }

    /// Two vouchers may be alike in everything.
    fn key(_: &Self::Input) -> Option<()> {
        None
    }

    fn id(voucher: &Voucher) -> Uuid {
        voucher.id.0
    }

    async fn send(
        &self,
        client: &Client,
        inputs: &[Self::Input],
    ) -> Result<Vec<Option<Voucher>>, Error> {
        let created = client.vouchers().add(inputs.to_vec()).await?.into_inner();
        if created.len() != inputs.len() {
            return Ok(inputs.iter().map(|_| None).collect());
        }
        Ok(inputs
            .iter()
            .zip(created)
            .map(|(input, voucher)| fits(input, &voucher).then_some(voucher))
            .collect())
    }

    async fn read_back(
        &self,
        client: &Client,
        inputs: &[Self::Input],
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Found<Voucher>>, Error> {
        let wanted: Vec<_> = inputs
            .iter()
            .filter_map(external)
            .filter(|external| self.uses.get(external) == Some(&1))
            .collect();
        let mut services: Vec<_> = wanted.iter().map(|(service, _)| *service).collect();
        services.sort_unstable();
        services.dedup();
        let identifiers: Vec<_> = wanted
            .iter()
            .map(|(_, identifier)| identifier.clone())
            .collect();
        let updated = UpdatedWithin::new(since, until)
            .map_err(|broken| Error::invalid(VoucherFilterParameters::PATH, broken))?;
        let mut there: HashMap<External, Voucher> = HashMap::new();
        for services in services.chunks(MAX_IDS) {
            for identifiers in identifiers.chunks(MAX_IDS) {
                let filter = VoucherFilter::services(services.iter().copied())
                    .external_identifiers(identifiers.iter().cloned())
                    .updated_utc(updated);
                for voucher in client.vouchers().items(filter).collect_all().await? {
                    if let (Some(service), Some(identifier)) =
                        (voucher.service_id, voucher.external_identifier.clone())
                    {
                        there.insert((service, identifier), voucher);
                    }
                }
            }
        }
        let found = |input: &Self::Input| {
            let Some(external) =
                external(input).filter(|external| self.uses.get(external) == Some(&1))
            else {
                return Found::Undecided;
            };
            match there.remove(&external) {
                None => Found::No,
                Some(voucher) if fits(input, &voucher) => Found::Yes(voucher),
                Some(_) => Found::Undecided,
            }
        };
        Ok(inputs.iter().map(found).collect())
    }
}
