//! Exports of selected vouchers, and of rates.

use std::collections::HashMap;

use mews_connector::export::{Checkpoint, Export, Record};
use mews_connector::types::{RateId, VoucherId};
use mews_connector::{Client, NewVoucher, VoucherUpdate};
use mews_sandbox::{Fault, Operation, Sandbox, builtin};
use serde_json::{Value, json};

use super::services;
use crate::setup::{id, start};

async fn read(export: Export) -> (Vec<Record>, Checkpoint) {
    let mut records = export.records();
    let mut all = Vec::new();
    while let Some(record) = records.try_next().await.unwrap() {
        all.push(record);
    }
    (all, records.checkpoint().clone())
}

fn vouchers(records: &[Record]) -> Vec<VoucherId> {
    let voucher = |record: &Record| match record {
        Record::Voucher(voucher) => Some(voucher.id),
        _ => None,
    };
    let mut vouchers: Vec<_> = records.iter().filter_map(voucher).collect();
    vouchers.sort_unstable();
    vouchers
}

fn vouchers_of_codes(records: &[Record]) -> Vec<VoucherId> {
    let voucher = |record: &Record| match record {
        Record::Code(code) => code.voucher_id,
        _ => None,
    };
    let mut vouchers: Vec<_> = records.iter().filter_map(voucher).collect();
    vouchers.sort_unstable();
    vouchers.dedup();
    vouchers
}

#[tokio::test]
async fn exports_only_active_vouchers() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let parking = [id(builtin::PARKING_SERVICE_ID)];
    let (all, _) = read(client.export(parking)).await;
    assert_eq!(vouchers(&all).len(), 2);
    let (active, checkpoint) = read(client.export(parking).active_vouchers()).await;
    assert_eq!(vouchers(&active), [id(builtin::PARKING_VOUCHER_ID)]);
    assert_eq!(
        vouchers_of_codes(&active),
        [id(builtin::PARKING_VOUCHER_ID)]
    );
    assert_eq!(
        checkpoint.vouchers().collect::<Vec<_>>(),
        [id(builtin::PARKING_VOUCHER_ID)]
    );
}

#[tokio::test]
async fn deleted_voucher_is_missing_in_the_next_checkpoint() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let (_, before) = read(client.export(services()).active_vouchers()).await;
    client
        .vouchers()
        .delete([id(builtin::PARTNER_VOUCHER_ID)])
        .await
        .unwrap();
    let changes = client
        .export(services())
        .active_vouchers()
        .changed_since(before.watermark().unwrap());
    let (records, after) = read(changes).await;
    assert!(!vouchers(&records).contains(&id(builtin::PARTNER_VOUCHER_ID)));
    let now: Vec<_> = after.vouchers().collect();
    let gone: Vec<_> = before
        .vouchers()
        .filter(|voucher| !now.contains(voucher))
        .collect();
    assert_eq!(gone, [id(builtin::PARTNER_VOUCHER_ID)]);
}

#[tokio::test]
async fn exports_only_selected_vouchers() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let chosen = [builtin::VOUCHER_ID, builtin::AGENCY_VOUCHER_ID].map(id);
    let twice = chosen.into_iter().chain(chosen);
    let (records, _) = read(client.export(services()).voucher_ids(twice)).await;
    assert_eq!(vouchers(&records), chosen);
    assert_eq!(vouchers_of_codes(&records), chosen);
    let request = &sandbox.exchanges()[0].request_body;
    assert_eq!(request["VoucherIds"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn more_than_1000_selected_vouchers_take_several_listings() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let new = (0..1100).map(|n| {
        NewVoucher::public(id(builtin::SERVICE_ID), format!("V{n}"))
            .external_identifier(format!("V{n}"))
    });
    let report = client.bulk().add_vouchers(new).await;
    let chosen: Vec<_> = report.applied().map(|(_, voucher)| voucher.id).collect();
    sandbox.clear_exchanges();
    let export = client.export(services()).voucher_ids(chosen.clone());
    let mut records = export.page_size(700).records();
    let mut read = Vec::new();
    // The export is resumed in the second listing.
    while read.len() < 1050 {
        read.push(records.try_next().await.unwrap().unwrap());
    }
    let stored = serde_json::to_string(records.checkpoint()).unwrap();
    let mut records = client
        .export([])
        .resume_from(serde_json::from_str(&stored).unwrap())
        .records();
    while let Some(record) = records.try_next().await.unwrap() {
        read.push(record);
    }
    let mut found = vouchers(&read);
    found.dedup();
    let mut expected = chosen;
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn rejects_an_empty_selection_before_sending() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let export = client.export(services()).voucher_ids([]);
    let error = export.records().try_next().await.unwrap_err();
    assert_eq!(error.constraint_violation().unwrap().property, "VoucherIds");
    assert!(sandbox.exchanges().is_empty());
}

/// Returns the rates of each voucher, like a consumer. Rates and vouchers must precede their assignments.
fn stored_rates(records: &[Record]) -> HashMap<VoucherId, Vec<RateId>> {
    let (mut rates, mut vouchers) = (Vec::new(), Vec::new());
    let mut assigned = HashMap::new();
    for record in records {
        match record {
            Record::Rate(rate) => {
                assert!(!rates.contains(&rate.id), "once in a run");
                rates.push(rate.id);
            }
            Record::Voucher(voucher) => vouchers.push(voucher.id),
            Record::VoucherRates(of) => {
                assert!(vouchers.contains(&of.voucher_id));
                assert!(of.rate_ids.iter().all(|rate| rates.contains(rate)));
                assigned.insert(of.voucher_id, of.rate_ids.clone());
            }
            _ => {}
        }
    }
    assigned
}

#[tokio::test]
async fn rates_come_before_their_vouchers_and_assignments_after() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    // Each page has one voucher, so that a rate is in several pages.
    let same = VoucherUpdate::new(id(builtin::AGENCY_VOUCHER_ID))
        .assigned_rate_ids(vec![id(builtin::RATE_IDS[0])]);
    client.vouchers().update([same]).await.unwrap();
    let export = || client.export(services()).with_rates();
    let (records, checkpoint) = read(export().page_size(1)).await;
    let expected = |agency: Vec<RateId>| {
        HashMap::from([
            (id(builtin::VOUCHER_ID), vec![id(builtin::RATE_IDS[0])]),
            (
                id(builtin::PARTNER_VOUCHER_ID),
                vec![id(builtin::RATE_IDS[2])],
            ),
            (id(builtin::AGENCY_VOUCHER_ID), agency),
        ])
    };
    assert_eq!(
        stored_rates(&records),
        expected(vec![id(builtin::RATE_IDS[0])])
    );

    // An export of changes contains all assignments, including removed ones.
    let cleared = VoucherUpdate::new(id(builtin::AGENCY_VOUCHER_ID)).assigned_rate_ids(vec![]);
    client.vouchers().update([cleared]).await.unwrap();
    let (changes, _) = read(export().changed_since(checkpoint.watermark().unwrap())).await;
    assert_eq!(stored_rates(&changes), expected(Vec::new()));

    let (without, _) = read(client.export(services())).await;
    assert_eq!(stored_rates(&without), HashMap::new());
}

#[tokio::test]
async fn response_without_assignments_clears_no_rates() {
    let response =
        json!({ "Vouchers": [{ "Id": builtin::VOUCHER_ID }], "Cursor": builtin::VOUCHER_ID });
    let fault = Fault::respond(200, &[("content-type", "application/json")], response)
        .on(Operation::VouchersGetAll);
    let (_sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
    let (records, _) = read(client.export(services()).with_rates()).await;
    assert!(vouchers(&records).contains(&id(builtin::VOUCHER_ID)));
    assert!(!stored_rates(&records).contains_key(&id(builtin::VOUCHER_ID)));
}

#[tokio::test]
async fn checkpoint_contains_the_selection() {
    let (sandbox, client, _) = start(Sandbox::builder().seed_codes(50)).await;
    let chosen = [id(builtin::VOUCHER_ID)];
    let export = client
        .export(services())
        .voucher_ids(chosen)
        .active_vouchers()
        .with_rates();
    let mut records = export.page_size(1).records();
    records.try_next().await.unwrap();
    let stored = serde_json::to_string(records.checkpoint()).unwrap();
    drop(records);
    sandbox.clear_exchanges();
    let (rest, _) = resume(&client, &stored).await;
    assert_eq!(vouchers(&rest), chosen);
    assert_eq!(stored_rates(&rest).len(), 1);
    let request = &sandbox.exchanges()[0].request_body;
    assert_eq!(request["ActivityStates"], json!(["Active"]));

    // A checkpoint of a complete export has no selection, so older checkpoints stay valid.
    let everything = client.export(services()).records();
    let stored = serde_json::to_value(everything.checkpoint()).unwrap();
    assert_eq!(stored.get("selection"), None);
    let mut broken: Value = stored;
    broken["selection"] = json!({ "voucher_ids": [] });
    assert!(serde_json::from_value::<Checkpoint>(broken).is_err());
}

async fn resume(client: &Client, stored: &str) -> (Vec<Record>, Checkpoint) {
    let checkpoint = serde_json::from_str(stored).unwrap();
    read(client.export([]).resume_from(checkpoint)).await
}
