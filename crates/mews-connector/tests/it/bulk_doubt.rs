//! Splitting, halving and stopping of bulk writes, and writes that are rejected after an attempt with unknown effect.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mews_connector::bulk::{Observer, Outcome, Rejection};
use mews_connector::clock::ManualClock;
use mews_connector::{Client, ErrorKind, NewVoucher, NewVoucherCode, VoucherUpdate};
use mews_sandbox::{Fault, Operation, Sandbox, builtin};

use crate::fake_server::{Behavior, FakeServer};
use crate::setup::{client_of, id, start};

fn codes(count: usize) -> Vec<NewVoucherCode> {
    (0..count)
        .map(|number| code(&format!("N-{number:04}")))
        .collect()
}

fn code(value: &str) -> NewVoucherCode {
    NewVoucherCode::new(id(builtin::VOUCHER_ID), value)
}

async fn fake(behavior: Behavior) -> (FakeServer, Client, ManualClock) {
    let clock =
        ManualClock::starting_at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let server = FakeServer::start(&clock, behavior).await;
    let client = client_of(server.url(), &clock).build().unwrap();
    (server, client, clock)
}

fn sent(sandbox: &Sandbox, operation: Operation) -> usize {
    let exchanges = sandbox.exchanges();
    let of = exchanges
        .iter()
        .filter(|exchange| exchange.operation == Some(operation));
    of.count()
}

#[tokio::test]
async fn batch_that_times_out_is_split_until_it_fits_and_later_batches_keep_the_size() {
    let (server, client, _) = fake(Behavior {
        max_items: 200,
        ..Behavior::default()
    })
    .await;
    let report = client
        .bulk()
        .concurrency(1)
        .add_voucher_codes(codes(3000))
        .await;
    assert!(report.is_complete(), "{:?}", report.counts());
    assert_eq!(server.values().len(), 3000);
    let (adds, _) = server.requests();
    assert_eq!(
        adds,
        3 + 24,
        "three adds are too large, and the others have 125 items"
    );
}

#[tokio::test]
async fn single_code_that_always_times_out_is_not_applied() {
    let (server, client, _) = fake(Behavior {
        max_items: 0,
        ..Behavior::default()
    })
    .await;
    let report = client.bulk().add_voucher_codes(codes(1)).await;
    assert_eq!(report.counts().not_applied, 1);
    assert_eq!(server.requests().0, 3);
}

#[tokio::test]
async fn unavailable_server_stops_a_job_whose_vouchers_cannot_be_verified() {
    let fault = Fault::status(503).on(Operation::VouchersAdd).times(1000);
    let (sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
    let new = |n| NewVoucher::public(id(builtin::SERVICE_ID), format!("V-{n}"));
    let report = client
        .bulk()
        .batch_size(1)
        .concurrency(1)
        .add_vouchers((0..50).map(new))
        .await;
    assert_eq!(sent(&sandbox, Operation::VouchersAdd), 3);
    assert_eq!(report.counts().not_applied, 50, "{:?}", report.counts());
    assert!(report.stopped().is_some());
}

#[tokio::test]
async fn ambiguous_write_that_is_rejected_on_retry_is_unknown() {
    for status in [400, 403, 409] {
        for first in [Fault::status(500), Fault::drop_after_commit()] {
            let (_sandbox, client, _) = start(
                Sandbox::builder()
                    .fault(first.clone().on(Operation::VouchersUpdate))
                    .fault(
                        Fault::status(status)
                            .on(Operation::VouchersUpdate)
                            .skip(1)
                            .times(9),
                    )
                    .fault(first.on(Operation::VoucherCodesDelete))
                    .fault(
                        Fault::status(status)
                            .on(Operation::VoucherCodesDelete)
                            .skip(1)
                            .times(9),
                    ),
            )
            .await;
            let change = || VoucherUpdate::new(id(builtin::VOUCHER_ID)).name("Other");
            let error = client.vouchers().update([change()]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unconfirmed, "{error}");
            assert!(error.maybe_applied() && !error.is_retryable());
            assert_eq!(error.status().unwrap().as_u16(), status);

            let report = client
                .bulk()
                .delete_voucher_codes([id(builtin::CODE_ID)])
                .await;
            let Outcome::Unknown(error) = &report.outcomes()[0] else {
                panic!("{status}: {:?}", report.outcomes());
            };
            assert!(error.maybe_applied());
        }
        let (_sandbox, client, _) = start(
            Sandbox::builder()
                .fault(Fault::status(500).on(Operation::VouchersUpdate))
                .fault(
                    Fault::status(status)
                        .on(Operation::VouchersUpdate)
                        .skip(1)
                        .times(9),
                ),
        )
        .await;
        let change = VoucherUpdate::new(id(builtin::VOUCHER_ID)).name("Other");
        let report = client.bulk().update_vouchers([change]).await;
        assert_eq!(
            report.counts().unknown,
            1,
            "{status}: {:?}",
            report.outcomes()
        );
    }
}

#[tokio::test]
async fn delete_that_is_rejected_after_a_lost_response_is_unconfirmed() {
    for fault in [Fault::drop_after_commit(), Fault::status_after_commit(500)] {
        let (_sandbox, client, _) = start(
            Sandbox::builder()
                .fault(fault.clone().on(Operation::VoucherCodesDelete))
                .fault(fault.on(Operation::VouchersDelete)),
        )
        .await;
        let codes = client.voucher_codes();
        let error = codes.delete([id(builtin::CODE_ID)]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unconfirmed);
        assert!(error.maybe_applied());
        assert!(
            error.to_string().contains("may have been applied"),
            "{error}"
        );
        let vouchers = client.vouchers();
        let error = vouchers
            .delete([id(builtin::VOUCHER_ID)])
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unconfirmed);
    }
}

#[tokio::test]
async fn ambiguous_delete_is_applied_only_if_the_record_is_read_as_deleted() {
    let lost = || Fault::drop_after_commit().on(Operation::VoucherCodesDelete);
    let ids = || [builtin::CODE_ID, builtin::LIMITED_CODE_ID].map(id);
    let vouchers = [id(builtin::VOUCHER_ID)];
    let (_sandbox, client, clock) = start(Sandbox::builder().fault(lost())).await;
    let report = client
        .bulk()
        .of_vouchers(vouchers)
        .delete_voucher_codes(ids())
        .await;
    assert!(report.is_complete(), "{:?}", report.outcomes());
    assert!(clock.sleeps().contains(&Duration::from_secs(60)));

    // The lost delete had no effect, so another request deletes the codes that are still active.
    let fault = Fault::status(500).on(Operation::VoucherCodesDelete);
    let rejected = Fault::status(400).on(Operation::VoucherCodesDelete).skip(1);
    let (_sandbox, client, _) = start(Sandbox::builder().fault(fault).fault(rejected)).await;
    let report = client
        .bulk()
        .of_vouchers(vouchers)
        .delete_voucher_codes(ids())
        .await;
    assert!(report.is_complete(), "{:?}", report.outcomes());

    // The job has no parents, other parents, or a parent that does not exist.
    for parents in [
        vec![],
        vec![id(builtin::PARTNER_VOUCHER_ID)],
        vec![id("d15c0000-0000-4000-8000-00000000ffff")],
    ] {
        let (_sandbox, client, _) = start(Sandbox::builder().fault(lost())).await;
        let bulk = client.bulk().of_vouchers(parents);
        let report = bulk.delete_voucher_codes(ids()).await;
        assert_eq!(report.counts().unknown, 2, "{:?}", report.outcomes());
    }

    let fault = Fault::drop_after_commit().on(Operation::VouchersDelete);
    let (_sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
    let report = client
        .bulk()
        .of_services([id(builtin::SERVICE_ID)])
        .delete_vouchers([id(builtin::VOUCHER_ID), id(builtin::PARTNER_VOUCHER_ID)])
        .await;
    assert!(report.is_complete(), "{:?}", report.outcomes());
}

#[tokio::test]
async fn number_of_halvings_is_limited_for_each_batch_and_for_the_job() {
    let missing = id("d15c0000-0000-4000-8000-00000000ffff");
    let inputs =
        |count: usize| (0..count).map(move |n| NewVoucherCode::new(missing, n.to_string()));
    let (sandbox, client, _) = start(Sandbox::builder().keep_exchanges(10_000)).await;
    let report = client.bulk().add_voucher_codes(inputs(1000)).await;
    assert!(
        sandbox.exchanges().len() <= 1 + 64,
        "{}",
        sandbox.exchanges().len()
    );
    let counts = report.counts();
    assert_eq!(counts.rejected + counts.not_applied, 1000, "{counts:?}");

    sandbox.clear_exchanges();
    let report = client
        .bulk()
        .batch_size(100)
        .add_voucher_codes(inputs(10_000))
        .await;
    assert!(
        sandbox.exchanges().len() <= 100 + 1000,
        "{}",
        sandbox.exchanges().len()
    );
    let counts = report.counts();
    assert_eq!(counts.rejected + counts.not_applied, 10_000, "{counts:?}");
}

#[tokio::test]
async fn partially_rejected_batch_creates_nothing_twice() {
    for atomic in [true, false] {
        let (server, client, _) = fake(Behavior {
            is_bad: |value| value == "N-0005" || value == "N-0011" || value == "N-0012",
            atomic,
            ..Behavior::default()
        })
        .await;
        let report = client.bulk().add_voucher_codes(codes(16)).await;
        let counts = report.counts();
        assert_eq!((counts.applied, counts.rejected), (13, 3), "{counts:?}");
        let mut values = server.values();
        values.dedup();
        assert_eq!(
            (values.len(), server.values().len()),
            (13, 13),
            "atomic: {atomic}"
        );
    }
    // The first item is invalid, so the whole batch has no effect, but the second half is applied in part.
    let (server, client, _) = fake(Behavior {
        is_bad: |value| value == "N-0000" || value == "N-0012",
        atomic: false,
        ..Behavior::default()
    })
    .await;
    let report = client.bulk().add_voucher_codes(codes(16)).await;
    assert_eq!(report.counts().applied, 14);
    assert_eq!(server.values().len(), 14);
}

/// A 403 proves nothing about the codes of a voucher.
#[tokio::test]
async fn rejected_batch_that_may_not_be_read_back_is_unknown() {
    let (sandbox, client, _) = start(
        Sandbox::builder()
            .fault(Fault::status_after_commit(400).on(Operation::VoucherCodesAdd))
            .fault(
                Fault::status(403)
                    .on(Operation::VoucherCodesGetAll)
                    .every(1),
            ),
    )
    .await;
    let report = client.bulk().add_voucher_codes(codes(4)).await;
    assert_eq!(report.counts().unknown, 4, "{:?}", report.counts());
    assert!(!report.is_complete());
    assert_eq!(report.into_outcomes().len(), 4);
    assert_eq!(sent(&sandbox, Operation::VoucherCodesAdd), 1);
}

#[tokio::test]
async fn conflict_neither_rejects_the_items_nor_stops_the_job() {
    for operation in [Operation::VoucherCodesAdd, Operation::VoucherCodesDelete] {
        let fault = Fault::status(409).on(operation);
        let (_sandbox, client, _) = start(Sandbox::builder().fault(fault)).await;
        let bulk = client.bulk().batch_size(1).concurrency(1);
        let counts = if operation == Operation::VoucherCodesAdd {
            bulk.add_voucher_codes(codes(3)).await.counts()
        } else {
            let ids = [builtin::CODE_ID, builtin::LIMITED_CODE_ID].map(id);
            bulk.delete_voucher_codes(ids).await.counts()
        };
        assert_eq!(
            (counts.not_applied, counts.rejected, counts.unknown),
            (1, 0, 0),
            "{operation}"
        );
    }
}

#[tokio::test]
async fn duplicate_id_is_deleted_once() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let twice = [builtin::CODE_ID, builtin::LIMITED_CODE_ID, builtin::CODE_ID].map(id);
    let report = client
        .bulk()
        .batch_size(1)
        .concurrency(1)
        .delete_voucher_codes(twice)
        .await;
    assert!(report.is_complete(), "{:?}", report.outcomes());
    assert_eq!(sent(&sandbox, Operation::VoucherCodesDelete), 2);
    // Duplicate IDs share an outcome, even if the outcome is a rejection.
    let deleted = [builtin::DELETED_CODE_ID, builtin::DELETED_CODE_ID].map(id);
    let report = client.bulk().delete_voucher_codes(deleted).await;
    for outcome in report.outcomes() {
        assert!(
            matches!(outcome, Outcome::Rejected(Rejection::Server(_))),
            "{outcome:?}"
        );
    }
}

/// An observer that panics after each outcome, and before each batch if `at_sending` is set.
struct Panics {
    at_sending: bool,
}

impl Observer for Panics {
    fn sending(&self, _: &[usize]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        assert!(!self.at_sending, "the observer fails");
        Ok(())
    }

    fn settled(&self, _: usize, _: &Outcome<uuid::Uuid>) {
        panic!("the observer fails");
    }
}

#[tokio::test]
async fn panicking_observer_loses_no_outcome() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let bulk = client
        .bulk()
        .batch_size(2)
        .observer(Arc::new(Panics { at_sending: false }));
    let report = bulk.add_voucher_codes(codes(10)).await;
    assert!(report.is_complete(), "{:?}", report.outcomes());
    sandbox.clear_exchanges();

    let bulk = client
        .bulk()
        .observer(Arc::new(Panics { at_sending: true }));
    let report = bulk.add_voucher_codes(codes(10)).await;
    assert_eq!(
        report.counts().not_applied,
        10,
        "a batch is sent only after its intent was recorded"
    );
    assert!(report.stopped().is_some());
    assert!(sandbox.exchanges().is_empty());
}
