//! `vouchers/add`, in bulk.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use mews_connector_api::Operation as _;
use mews_connector_api::types::{
    MultipleVoucherAddParameters, RateId, ServiceId, Voucher, VoucherAddParameters,
};
use uuid::Uuid;

use super::machine::Kind;
use super::matching::{Comparison, Likeness, Traits, fold, same_second};
use super::operation::{Judged, Operation, Reply};
use super::reading::{Mark, OfParents, Window, server_time};
use crate::client::Client;
use crate::error::{ConstraintViolation, Error};
use crate::filter::{VoucherFilter, VoucherFilterExt};
use crate::pages::VoucherPage;
use crate::redeemability::Activity;
use crate::response::date_of;

type External = (ServiceId, String);

pub(super) struct AddVouchers {
    /// External identifiers that several inputs of the job have.
    repeated: HashSet<External>,
}

impl AddVouchers {
    pub(super) fn new(inputs: &[VoucherAddParameters]) -> Self {
        let mut uses: HashMap<External, usize> = HashMap::new();
        for external in inputs.iter().filter_map(external) {
            *uses.entry(external).or_default() += 1;
        }
        uses.retain(|_, uses| *uses > 1);
        Self {
            repeated: uses.into_keys().collect(),
        }
    }
}

fn external(input: &VoucherAddParameters) -> Option<External> {
    let identifier = input.external_identifier.as_ref();
    let identifier = identifier.filter(|text| !text.is_empty())?;
    Some((input.service_id, identifier.clone()))
}

/// Compares the properties of a voucher, which are all except its rates.
fn likeness(input: &VoucherAddParameters, voucher: &Voucher) -> Likeness {
    let identifier = match external(input) {
        Some((_, identifier)) => {
            Likeness::of_text(&identifier, voucher.external_identifier.as_deref())
        }
        None => Likeness::of_rest(voucher.external_identifier.is_none()),
    };
    let company = voucher.company_id.or(voucher.travel_agency_id);
    Likeness::of_id(&input.service_id, voucher.service_id.as_ref())
        .and(identifier)
        .and(Likeness::of_text(&input.name, voucher.name.as_deref()))
        .and(Likeness::of_rest(
            voucher.type_.as_ref() == Some(&input.type_)
                && company == input.company_id
                && same_second(
                    input.occupiable_interval_start_utc,
                    voucher.occupiable_interval_start_utc.as_ref(),
                )
                && same_second(
                    input.occupiable_interval_end_utc,
                    voucher.occupiable_interval_end_utc.as_ref(),
                ),
        ))
}

fn created(voucher: &Voucher) -> Option<DateTime<Utc>> {
    voucher.created_utc.as_ref()?.to_utc()
}

/// A voucher with the rates that it is assigned to.
struct Record {
    voucher: Voucher,
    rates: HashSet<RateId>,
}

fn record_likeness(input: &VoucherAddParameters, record: &Record) -> Likeness {
    let rates = input.assigned_rate_ids.iter().flatten().copied();
    // The external identifier distinguishes vouchers here. The server may have changed the name of the voucher.
    let likeness = match likeness(input, &record.voucher) {
        Likeness::Other if same_external(input, &record.voucher) => Likeness::Alike,
        likeness => likeness,
    };
    likeness.and(Likeness::of_rest(record.rates == rates.collect()))
}

fn same_external(input: &VoucherAddParameters, voucher: &Voucher) -> bool {
    let identifier = voucher.external_identifier.as_deref().unwrap_or_default();
    voucher
        .service_id
        .is_none_or(|service| service == input.service_id)
        && external(input).is_some_and(|(_, wanted)| fold(&wanted) == fold(identifier))
}

fn keys(name: Option<&String>, identifier: Option<&String>) -> Vec<(&'static str, String)> {
    let name = name.map(|name| ("Name", fold(name)));
    let identifier = identifier.map(|identifier| ("ExternalIdentifier", fold(identifier)));
    name.into_iter().chain(identifier).collect()
}

fn records(page: VoucherPage) -> Vec<Record> {
    let mut rates = page.assigned_rates().unwrap_or_default();
    let vouchers = page.into_items().into_iter();
    vouchers
        .map(|voucher| Record {
            rates: rates.remove(&voucher.id).into_iter().flatten().collect(),
            voucher,
        })
        .collect()
}

impl Operation for AddVouchers {
    type Input = VoucherAddParameters;
    type Output = Voucher;
    type Key = ();

    const NAME: &'static str = MultipleVoucherAddParameters::PATH;
    const LIST: &'static str = "VoucherParameters";

    fn kind(&self) -> Kind {
        Kind::Create
    }

    fn check(input: &Self::Input) -> Result<(), ConstraintViolation> {
        input.check()
    }

    /// Returns `None`, because all properties of two vouchers may be equal.
    fn key(_: &Self::Input) -> Option<()> {
        None
    }

    fn id(voucher: &Voucher) -> Uuid {
        voucher.id.0
    }

    async fn send(&self, client: &Client, inputs: &[Self::Input]) -> Result<Reply<Voucher>, Error> {
        let response = client.vouchers().add(inputs.to_vec()).await?;
        let date = date_of(response.headers());
        let comparison = Comparison {
            inputs,
            records: &response,
            input_keys: &|input: &VoucherAddParameters| vec![fold(&input.name)],
            record_keys: &|voucher: &Voucher| voucher.name.iter().map(|name| fold(name)).collect(),
            likeness: &likeness,
        };
        let outputs = comparison.outputs();
        Ok(Reply { outputs, date })
    }

    async fn read_back(
        &self,
        client: &Client,
        inputs: &[Self::Input],
        window: &Window<'_>,
    ) -> Result<Vec<Judged<Voucher>>, Error> {
        let services = inputs.iter().map(|input| input.service_id);
        let vouchers = OfParents::read(services, HashSet::new(), async |services| {
            let filter = VoucherFilter::services(services).with_rates();
            let mark = |record: &Record| Mark {
                id: record.voucher.id.0,
                created: created(&record.voucher),
            };
            window
                .read(client.vouchers().pages(filter), records, mark)
                .await
        })
        .await?;
        let found = &vouchers.found;
        let comparison = Comparison {
            inputs,
            records: &found.records,
            input_keys: &|input: &VoucherAddParameters| {
                keys(Some(&input.name), input.external_identifier.as_ref())
            },
            record_keys: &|Record { voucher, .. }: &Record| {
                keys(voucher.name.as_ref(), voucher.external_identifier.as_ref())
            },
            likeness: &record_likeness,
        };
        let traits = |record: &Record| Traits {
            live: record.voucher.is_active(),
            created: created(&record.voucher),
            known: window.is_known(record.voucher.id.0),
        };
        // Without a unique identifier, a voucher can be found missing, but it cannot be recognized.
        let is_unique = |input: &VoucherAddParameters| {
            external(input).is_some_and(|external| !self.repeated.contains(&external))
        };
        let since = |input| window.since(input, found.time);
        let judged = comparison.judge(&is_unique, &traits, &since, found.complete);
        let judged = inputs.iter().zip(judged);
        let judged = judged.map(|(input, (evidence, record))| {
            let voucher = record.map(|record| found.records[record].voucher.clone());
            vouchers.evidence(input.service_id, (evidence, voucher))
        });
        Ok(judged.collect())
    }

    async fn server_time(&self, client: &Client, input: &Self::Input) -> Option<DateTime<Utc>> {
        server_time(client, VoucherFilter::services([input.service_id])).await
    }
}

#[cfg(test)]
mod tests;
