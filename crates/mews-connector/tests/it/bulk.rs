//! Bulk writes: batches, constraints and observers. The tests of each failure are in `bulk_failures.rs`.

use std::sync::{Arc, Mutex};

use mews_connector::bulk::{Observer, Outcome, Rejection};
use mews_connector::{NewVoucher, NewVoucherCode, VoucherUpdate};
use mews_sandbox::{Fault, Operation, ResponseOrder, Sandbox, builtin};

use crate::setup::{id, start};

fn codes(count: usize) -> impl Iterator<Item = NewVoucherCode> {
    (0..count).map(|number| NewVoucherCode::new(id(builtin::VOUCHER_ID), format!("N-{number:05}")))
}

#[tokio::test]
async fn splits_inputs_into_batches_of_1000_and_reports_each_outcome() {
    for reversed in [false, true] {
        let order = if reversed {
            ResponseOrder::Reversed
        } else {
            ResponseOrder::Request
        };
        let (sandbox, client, _) = start(Sandbox::builder().response_order(order)).await;
        let report = client.bulk().add_voucher_codes(codes(3500)).await;
        assert!(report.is_complete());
        assert_eq!((report.requests(), sandbox.exchanges().len()), (4, 4));
        for (index, code) in report.applied() {
            assert_eq!(code.value.as_deref(), Some(&*format!("N-{index:05}")));
        }
        let new =
            |number: usize| NewVoucher::public(id(builtin::SERVICE_ID), format!("V-{number}"));
        let report = client.bulk().add_vouchers((0..4).map(new)).await;
        assert!(report.is_complete(), "{:?}", report.outcomes());
        for (index, voucher) in report.applied() {
            assert_eq!(voucher.name, Some(format!("V-{index}")));
        }
    }
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    assert!(
        client
            .bulk()
            .add_voucher_codes(codes(0))
            .await
            .is_complete()
    );
    assert!(sandbox.exchanges().is_empty());
}

#[tokio::test]
async fn invalid_and_duplicate_inputs_are_not_sent() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let voucher = id(builtin::VOUCHER_ID);
    let report = client
        .bulk()
        .add_voucher_codes([
            NewVoucherCode::new(voucher, "A"),
            NewVoucherCode::new(voucher, ""),
            NewVoucherCode::new(voucher, "A"),
            NewVoucherCode::new(id(builtin::PARTNER_VOUCHER_ID), "A"),
        ])
        .await;
    assert_eq!(report.counts().applied, 2);
    let Outcome::Rejected(Rejection::Invalid(violation)) = &report.outcomes()[1] else {
        panic!("{report:?}")
    };
    assert_eq!(violation.property, "VoucherCodeParameters[1].Value");
    assert!(matches!(
        report.outcomes()[2],
        Outcome::Rejected(Rejection::Duplicate(0))
    ));
    assert_eq!(sandbox.exchanges().len(), 1);

    let change = |name: &str| VoucherUpdate::new(voucher).name(name);
    let report = client
        .bulk()
        .update_vouchers([change("first"), change("second")])
        .await;
    assert_eq!((report.counts().applied, report.counts().rejected), (1, 1));
}

/// An observer that records its calls. If `full` is set, the observer rejects the second batch.
#[derive(Default)]
struct Journal {
    lines: Mutex<Vec<String>>,
    full: bool,
}

impl Observer for Journal {
    fn sending(&self, inputs: &[usize]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut lines = self.lines.lock().unwrap();
        if self.full && !lines.is_empty() {
            return Err("the disk is full".into());
        }
        lines.push(format!("sending {inputs:?}"));
        Ok(())
    }

    fn settled(&self, input: usize, outcome: &Outcome<uuid::Uuid>) {
        self.lines
            .lock()
            .unwrap()
            .push(format!("{input} {}", outcome.applied().is_some()));
    }
}

#[tokio::test]
async fn observer_is_notified_before_each_batch_and_of_each_outcome() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let journal = Arc::new(Journal::default());
    let bulk = client
        .bulk()
        .batch_size(2)
        .concurrency(1)
        .observer(journal.clone());
    let _ = bulk.add_voucher_codes(codes(3)).await;
    assert_eq!(
        *journal.lines.lock().unwrap(),
        [
            "sending [0, 1]",
            "0 true",
            "1 true",
            "sending [2]",
            "2 true"
        ]
    );

    let full = Arc::new(Journal {
        full: true,
        ..Journal::default()
    });
    let report = client
        .bulk()
        .batch_size(2)
        .concurrency(1)
        .observer(full)
        .add_voucher_codes(
            (0..6).map(|n| NewVoucherCode::new(id(builtin::PARTNER_VOUCHER_ID), n.to_string())),
        )
        .await;
    assert_eq!(
        (report.counts().applied, report.counts().not_applied),
        (2, 4),
        "a batch is sent only after its intent was recorded"
    );
    let stopped = report.stopped().unwrap();
    assert!(
        stopped
            .to_string()
            .contains("the observer returned an error"),
        "{stopped}"
    );
    assert_eq!(sandbox.exchanges().len(), 3);
}

#[tokio::test]
async fn stops_without_sending_the_rest_if_verification_fails() {
    let (sandbox, client, _) = start(
        Sandbox::builder()
            .fault(Fault::drop_after_commit().on(Operation::VoucherCodesAdd))
            .fault(
                Fault::status(500)
                    .on(Operation::VoucherCodesGetAll)
                    .times(99),
            ),
    )
    .await;
    let report = client
        .bulk()
        .batch_size(2)
        .concurrency(1)
        .add_voucher_codes(codes(6))
        .await;
    assert_eq!(
        (report.counts().unknown, report.counts().not_applied),
        (2, 4),
        "{report:?}"
    );
    assert_eq!(report.stopped().unwrap().operation(), "voucherCodes/getAll");
    let adds = sandbox
        .exchanges()
        .iter()
        .filter(|e| e.operation == Some(Operation::VoucherCodesAdd))
        .count();
    assert_eq!(adds, 1);
}

#[tokio::test]
async fn intermittent_faults_lose_and_duplicate_nothing() {
    for (name, fault) in [
        ("reset", Fault::drop_after_commit()),
        ("half a response", Fault::drop_mid_body()),
        ("500", Fault::status(500)),
        ("429", Fault::too_many_requests(None)),
        ("invalid JSON", Fault::invalid_json()),
    ] {
        let (_sandbox, client, _) = start(Sandbox::builder().fault(fault.every(4))).await;
        let report = client
            .bulk()
            .batch_size(50)
            .concurrency(1)
            .add_voucher_codes(codes(600))
            .await;
        assert!(
            report.is_complete(),
            "{name}: {:?} {:?}",
            report.counts(),
            report.stopped()
        );
        let mut ids: Vec<_> = report.applied().map(|(_, code)| code.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 600, "{name}");
        let filter = mews_connector::VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
        // The faults also apply to reads. The client does not retry a page of invalid JSON, so the test does.
        let there = loop {
            match client
                .voucher_codes()
                .items(filter.clone())
                .collect_all()
                .await
            {
                Ok(codes) => break codes,
                Err(error) => assert_eq!(name, "invalid JSON", "{error}"),
            }
        };
        assert_eq!(
            there
                .iter()
                .filter(|code| code.value.as_ref().unwrap().starts_with("N-"))
                .count(),
            600,
            "{name}"
        );
    }
}
