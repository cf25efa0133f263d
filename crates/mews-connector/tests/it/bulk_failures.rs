//! The handling of failures by bulk writes, for each cell of the failure table.

use std::time::Duration;

use mews_connector::bulk::{Outcome, Rejection};
use mews_connector::clock::ManualClock;
use mews_connector::{
    Client, ErrorKind, NewVoucher, NewVoucherCode, VoucherCodeFilter, VoucherUpdate,
};
use mews_sandbox::{Fault, Operation, Sandbox, builtin};
use serde_json::json;

use crate::failures::lost;
use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id, start};

fn sent(sandbox: &Sandbox, operation: Operation) -> usize {
    sandbox
        .exchanges()
        .iter()
        .filter(|exchange| exchange.operation == Some(operation))
        .count()
}

fn codes(count: usize) -> Vec<NewVoucherCode> {
    (0..count)
        .map(|number| NewVoucherCode::new(id(builtin::VOUCHER_ID), format!("N-{number:04}")))
        .collect()
}

/// Returns the values of the codes that a job created for the built-in voucher.
async fn made(client: &Client) -> Vec<String> {
    let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    let codes = client
        .voucher_codes()
        .items(filter)
        .collect_all()
        .await
        .unwrap();
    let mut values: Vec<_> = codes
        .into_iter()
        .filter_map(|code| code.value)
        .filter(|value| value.starts_with("N-"))
        .collect();
    values.sort();
    values
}

#[tokio::test]
async fn splits_a_batch_after_a_408_or_413() {
    for status in [408, 413] {
        let fault = |operation| Fault::status(status).on(operation);
        let (sandbox, client, clock) = start(
            Sandbox::builder()
                .fault(fault(Operation::VoucherCodesAdd).times(2))
                .fault(fault(Operation::VouchersUpdate))
                .fault(fault(Operation::VoucherCodesDelete)),
        )
        .await;
        let bulk = client.bulk().concurrency(1);
        let added = bulk.add_voucher_codes(codes(8)).await;
        assert!(added.is_complete(), "{status}: {:?}", added.counts());
        assert_eq!(made(&client).await.len(), 8, "each once");
        // Only after a 408 it is unknown whether the batch was applied.
        let settled = clock.sleeps().contains(&Duration::from_secs(60));
        assert_eq!(settled, status == 408);

        let changes = [
            builtin::VOUCHER_ID,
            builtin::PARTNER_VOUCHER_ID,
            builtin::AGENCY_VOUCHER_ID,
        ]
        .map(|voucher| VoucherUpdate::new(id(voucher)).name("Changed"));
        assert!(
            bulk.update_vouchers(changes).await.is_complete(),
            "{status}"
        );

        let ids = added.applied().map(|(_, code)| code.id).collect::<Vec<_>>();
        assert!(
            bulk.delete_voucher_codes(ids).await.is_complete(),
            "{status}"
        );
        assert!(
            sandbox
                .faults()
                .list()
                .iter()
                .all(|fault| fault.triggered > 0),
            "{status}"
        );
    }
}

#[tokio::test]
async fn halves_a_batch_until_the_rejected_item_is_isolated() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let bulk = client.bulk().concurrency(2);
    let mut inputs = codes(16);
    // The voucher does not exist, so the response is a 400.
    inputs[11] = NewVoucherCode::new(id("d15c0000-0000-4000-8000-00000000ffff"), "N-LOST");
    let report = bulk.add_voucher_codes(inputs).await;
    assert_eq!(report.counts().applied, 15);
    let Outcome::Rejected(Rejection::Server(error)) = &report.outcomes()[11] else {
        panic!("{:?}", report.outcomes()[11]);
    };
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert!(
        report.outcomes()[11]
            .reason()
            .unwrap()
            .contains("VoucherId")
    );
    assert_eq!(made(&client).await.len(), 15);
    // One request has 16 items, and then two requests each have 8, 4, 2 and 1.
    assert_eq!(sent(&sandbox, Operation::VoucherCodesAdd), 9);

    let unknown = id("c0de0000-0000-4000-8000-00000000ffff");
    let report = bulk
        .delete_voucher_codes([id(builtin::CODE_ID), unknown, id(builtin::LIMITED_CODE_ID)])
        .await;
    assert!(
        matches!(
            report.outcomes()[1],
            Outcome::Rejected(Rejection::Server(_))
        ),
        "{:?}",
        report.outcomes()
    );
    assert_eq!(report.counts().applied, 2);

    let change = |voucher: &str| VoucherUpdate::new(id(voucher)).name("Changed");
    let report = bulk
        .update_vouchers([
            change(builtin::VOUCHER_ID),
            change("d15c0000-0000-4000-8000-00000000ffff"),
        ])
        .await;
    assert_eq!((report.counts().applied, report.counts().rejected), (1, 1));
}

#[tokio::test]
async fn forbidden_item_does_not_affect_other_items() {
    let (_sandbox, client, _) =
        start(Sandbox::builder().duplicate_values(mews_sandbox::Behavior::Reject)).await;
    let mut inputs = codes(5);
    inputs[3] = NewVoucherCode::new(id(builtin::VOUCHER_ID), builtin::CODE_VALUE);
    let report = client.bulk().add_voucher_codes(inputs).await;
    assert_eq!((report.counts().applied, report.counts().rejected), (4, 1));
    assert!(
        report.outcomes()[3]
            .reason()
            .unwrap()
            .contains("exists already")
    );
}

#[tokio::test]
async fn ambiguous_add_is_verified_and_nothing_is_lost_or_duplicated() {
    let ambiguous = lost().into_iter().chain([
        ("truncated", Fault::truncated_json()),
        ("invalid", Fault::invalid_json()),
        ("408", Fault::status(408)),
        ("408 after", Fault::status_after_commit(408)),
    ]);
    for (name, fault) in ambiguous {
        let (sandbox, client, clock) =
            start(Sandbox::builder().fault(fault.clone().on(Operation::VoucherCodesAdd))).await;
        let report = client
            .bulk()
            .batch_size(4)
            .concurrency(1)
            .add_voucher_codes(codes(10))
            .await;
        assert!(report.is_complete(), "{name}: {:?}", report.counts());
        assert_eq!(made(&client).await.len(), 10, "{name}: each exactly once");
        assert!(
            clock.sleeps().contains(&Duration::from_secs(60)),
            "{name}: {:?}",
            clock.sleeps()
        );
        for (index, code) in report.applied() {
            assert_eq!(
                code.value.as_deref(),
                Some(&*format!("N-{index:04}")),
                "{name}"
            );
        }

        sandbox.faults().clear();
        sandbox.faults().add(fault.on(Operation::VouchersAdd));
        let new = (0..3).map(|number| {
            NewVoucher::public(id(builtin::SERVICE_ID), "Same name")
                .external_identifier(format!("E-{number}"))
        });
        let report = client.bulk().add_vouchers(new).await;
        assert!(report.is_complete(), "{name}: {:?}", report.outcomes());
        let filter = mews_connector::VoucherFilter::services([id(builtin::SERVICE_ID)])
            .external_identifiers(["E-0", "E-1", "E-2"]);
        assert_eq!(
            client
                .vouchers()
                .items(filter)
                .collect_all()
                .await
                .unwrap()
                .len(),
            3,
            "{name}"
        );
    }
}

#[tokio::test]
async fn lost_add_of_indistinguishable_vouchers_is_unknown() {
    let fault = Fault::drop_after_commit().on(Operation::VouchersAdd);
    let (_sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
    let plain = NewVoucher::public(id(builtin::SERVICE_ID), "No identifier");
    let twice = NewVoucher::public(id(builtin::SERVICE_ID), "Twice").external_identifier("TWICE");
    let once = NewVoucher::public(id(builtin::SERVICE_ID), "Once").external_identifier("ONCE");
    let report = client
        .bulk()
        .add_vouchers([plain, twice.clone(), once, twice])
        .await;
    let counts = report.counts();
    assert_eq!(
        (counts.applied, counts.unknown),
        (1, 3),
        "{:?}",
        report.outcomes()
    );
    assert!(matches!(&report.outcomes()[0], Outcome::Unknown(error) if error.maybe_applied()));
}

#[tokio::test]
async fn lost_delete_that_took_effect_is_applied() {
    for fault in [Fault::drop_after_commit(), Fault::status_after_commit(500)] {
        let (_sandbox, client, _) =
            start(Sandbox::builder().fault(fault.on(Operation::VoucherCodesDelete))).await;
        let ids = [builtin::CODE_ID, builtin::LIMITED_CODE_ID].map(id);
        let bulk = client.bulk().of_vouchers([id(builtin::VOUCHER_ID)]);
        let report = bulk.delete_voucher_codes(ids).await;
        assert!(report.is_complete(), "{:?}", report.outcomes());
    }
    // A second delete is rejected if no response was lost.
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let report = client
        .bulk()
        .delete_voucher_codes([id(builtin::DELETED_CODE_ID)])
        .await;
    assert_eq!(report.counts().rejected, 1);
}

#[tokio::test]
async fn error_that_affects_every_item_stops_the_job() {
    for status in [401, 404, 410] {
        let fault = Fault::status(status)
            .on(Operation::VoucherCodesAdd)
            .skip(1)
            .times(99);
        let (sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
        let report = client
            .bulk()
            .batch_size(2)
            .concurrency(1)
            .add_voucher_codes(codes(10))
            .await;
        assert_eq!(
            (report.counts().applied, report.counts().not_applied),
            (2, 8),
            "{status}"
        );
        assert_eq!(report.stopped().unwrap().status().unwrap().as_u16(), status);
        assert_eq!(sent(&sandbox, Operation::VoucherCodesAdd), 2, "{status}");
        assert_eq!(made(&client).await.len(), 2);
    }
    let fault = Fault::status(409).on(Operation::VoucherCodesAdd);
    let (_sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
    let report = client
        .bulk()
        .batch_size(2)
        .concurrency(1)
        .add_voucher_codes(codes(4))
        .await;
    let counts = report.counts();
    assert_eq!((counts.applied, counts.not_applied), (2, 2));
}

#[tokio::test]
async fn stops_if_the_server_stays_unavailable() {
    for operation in [
        Operation::VouchersUpdate,
        Operation::VoucherCodesDelete,
        Operation::VoucherCodesAdd,
    ] {
        let fault = Fault::status(503).on(operation).times(10_000);
        let (sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
        let bulk = client.bulk().batch_size(1).concurrency(1);
        let (counts, stopped) = match operation {
            Operation::VouchersUpdate => {
                let updates = (0..50)
                    .map(|n| VoucherUpdate::new(id(&format!("d15c0000-0000-4000-8000-{n:012x}"))));
                let report = bulk.update_vouchers(updates).await;
                (report.counts(), report.stopped().is_some())
            }
            Operation::VoucherCodesDelete => {
                let ids = (0..50).map(|n| id(&format!("c0de0000-0000-4000-8000-{n:012x}")));
                let report = bulk.delete_voucher_codes(ids).await;
                (report.counts(), report.stopped().is_some())
            }
            _ => {
                let report = bulk.add_voucher_codes(codes(50)).await;
                (report.counts(), report.stopped().is_some())
            }
        };
        assert!(stopped, "{operation}");
        assert_eq!(
            counts.applied + counts.rejected,
            0,
            "{operation}: {counts:?}"
        );
        assert_eq!(
            counts.not_applied + counts.unknown,
            50,
            "{operation}: {counts:?}"
        );
        assert!(
            sandbox.exchanges().len() < 40,
            "{operation}: {} requests",
            sandbox.exchanges().len()
        );
    }
}

#[tokio::test]
async fn update_whose_response_lacks_the_voucher_is_unknown_and_creates_nothing() {
    let server = Scripted::start([Response::ok(json!({ "Vouchers": [] }))]).await;
    let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
    let change = VoucherUpdate::new(id(builtin::VOUCHER_ID)).name("Other");
    let report = client.bulk().update_vouchers([change]).await;
    assert_eq!(report.counts().unknown, 1);
    let reason = report.outcomes()[0].reason().unwrap();
    assert!(reason.contains("does not contain this item"), "{reason}");
    assert!(!reason.contains("created"), "{reason}");
}
