//! The failure table of the design, cell by cell: what is done about a failure of each kind, for each kind of call.

use std::time::Duration;

use mews_connector::bulk::{Counts, Outcome, Rejection};
use mews_connector::types::Limitation;
use mews_connector::{
    Client, Error, ErrorKind, NewVoucher, NewVoucherCode, VoucherCodeFilter, VoucherUpdate,
};
use mews_sandbox::{Fault, Operation, Sandbox, builtin};

use crate::setup::{id, start};

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    GetAll,
    Update,
    Delete,
    Add,
}

const CALLS: [Call; 4] = [Call::GetAll, Call::Update, Call::Delete, Call::Add];

impl Call {
    fn operation(self) -> Operation {
        match self {
            Self::GetAll => Operation::VoucherCodesGetAll,
            Self::Update => Operation::VouchersUpdate,
            Self::Delete => Operation::VoucherCodesDelete,
            Self::Add => Operation::VoucherCodesAdd,
        }
    }

    async fn make(self, client: &Client) -> Result<u32, Error> {
        let voucher = id(builtin::VOUCHER_ID);
        Ok(match self {
            Self::GetAll => {
                let filter = VoucherCodeFilter::vouchers([voucher]);
                client
                    .voucher_codes()
                    .get_all(&filter, Limitation::new(1000))
                    .await?
                    .attempts()
            }
            Self::Update => client
                .vouchers()
                .update([VoucherUpdate::new(voucher).name("Other")])
                .await?
                .attempts(),
            Self::Delete => client
                .voucher_codes()
                .delete([id(builtin::CODE_ID)])
                .await?
                .attempts(),
            Self::Add => client
                .voucher_codes()
                .add([NewVoucherCode::new(voucher, "NEW")])
                .await?
                .attempts(),
        })
    }
}

/// Makes a call that meets a fault once.
async fn meet(call: Call, fault: Fault) -> (Result<u32, Error>, Sandbox, Vec<Duration>) {
    let (sandbox, client, clock) =
        start(Sandbox::builder().fault(fault.on(call.operation()))).await;
    let result = call.make(&client).await;
    (result, sandbox, clock.slept())
}

fn sent(sandbox: &Sandbox, call: Call) -> usize {
    sandbox
        .requests()
        .iter()
        .filter(|exchange| exchange.operation == Some(call.operation()))
        .count()
}

#[tokio::test]
async fn a_429_is_waited_for_as_long_as_it_says() {
    for call in CALLS {
        let fault = Fault::too_many_requests(Some(Duration::from_secs(7)));
        let (result, sandbox, slept) = meet(call, fault).await;
        assert_eq!(result.unwrap(), 2, "{call:?}");
        assert_eq!(sent(&sandbox, call), 2, "{call:?}");
        let waited: Duration = slept.iter().sum();
        assert!(
            (7.0..8.0).contains(&waited.as_secs_f64()),
            "{call:?} waited {waited:?}"
        );
    }
}

#[tokio::test]
async fn a_429_without_a_wait_backs_off_exponentially() {
    for call in CALLS {
        let (result, _sandbox, slept) = meet(call, Fault::too_many_requests(None).times(3)).await;
        assert_eq!(result.unwrap(), 4, "{call:?}");
        let seconds: Vec<_> = slept.iter().map(Duration::as_secs_f64).collect();
        assert_eq!(seconds.len(), 3, "{call:?}: {seconds:?}");
        for (wait, most) in seconds.iter().zip([0.5, 1.0, 2.0]) {
            assert!((most / 2.0..=most).contains(wait), "{call:?}: {seconds:?}");
        }
    }
}

#[tokio::test]
async fn a_429_that_does_not_end_is_an_error_with_the_wait() {
    for call in CALLS {
        let fault = Fault::too_many_requests(Some(Duration::from_secs(3))).times(99);
        let (result, _sandbox, _) = meet(call, fault).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited, "{call:?}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
        assert_eq!(error.attempts(), 5);
        assert!(error.is_retryable() && !error.maybe_applied());
    }
}

#[tokio::test]
async fn what_was_never_sent_is_sent_again() {
    for call in CALLS {
        // A port that nobody listens to.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let clock = mews_connector::clock::ManualClock::new();
        let client = crate::setup::client_of(&format!("http://127.0.0.1:{port}"), &clock)
            .build()
            .unwrap();
        let error = call.make(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{call:?}");
        assert_eq!((error.attempts(), clock.slept().len()), (5, 4), "{call:?}");
        assert!(
            error.was_never_sent() && error.is_retryable() && !error.maybe_applied(),
            "{call:?}"
        );
    }
}

/// What is lost on the way, before and after it took effect, or fails on the server.
fn lost() -> Vec<(&'static str, Fault)> {
    vec![
        ("dropped before", Fault::drop_before_reading()),
        ("dropped after", Fault::drop_after_commit()),
        ("dropped within", Fault::drop_mid_body()),
        ("500", Fault::status(500)),
        ("503", Fault::status(503)),
        ("500 after", Fault::status_after_commit(500)),
        ("HTML 502", Fault::html(502)),
    ]
}

#[tokio::test]
async fn what_was_lost_is_sent_again_unless_it_creates() {
    for (name, fault) in lost() {
        for call in [Call::GetAll, Call::Update, Call::Delete] {
            let (sandbox, client, _) = start(
                Sandbox::builder()
                    .deleted_again(mews_sandbox::Verdict::Accept)
                    .fault(fault.clone().on(call.operation())),
            )
            .await;
            assert_eq!(call.make(&client).await.unwrap(), 2, "{call:?} {name}");
            assert_eq!(sent(&sandbox, call), 2, "{call:?} {name}");
        }
        let (result, sandbox, _) = meet(Call::Add, fault).await;
        let error = result.unwrap_err();
        assert!(
            error.maybe_applied() && !error.is_retryable(),
            "{name}: {error}"
        );
        assert_eq!(
            (error.attempts(), sent(&sandbox, Call::Add)),
            (1, 1),
            "{name}"
        );
        assert!(
            error.to_string().contains("read back before adding again"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_html_502_and_an_unreadable_200_keep_all_there_is() {
    let (result, _sandbox, _) = meet(Call::Add, Fault::html(502)).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(error.status().unwrap(), 502);
    assert!(error.body().unwrap().text().contains("<html"), "{error:?}");
    assert!(error.headers().contains_key("content-type"));

    for fault in [Fault::truncated_json(), Fault::invalid_json()] {
        let (result, sandbox, _) = meet(Call::Add, fault).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Undecodable);
        assert_eq!(error.status().unwrap(), 200);
        assert!(error.request_id().is_some() && error.json_path().is_some());
        assert!(error.body().unwrap().text().contains("VoucherCodes"));
        assert!(error.maybe_applied(), "the code was created");
        assert_eq!(sent(&sandbox, Call::Add), 1);
    }
}

#[tokio::test]
async fn other_refusals_go_to_the_caller_at_once() {
    let kinds = [
        (400, ErrorKind::BadRequest),
        (401, ErrorKind::Credentials),
        (403, ErrorKind::NotAllowed),
        (404, ErrorKind::NotFound),
        (408, ErrorKind::AskForLess),
        (409, ErrorKind::Conflict),
        (410, ErrorKind::Gone),
        (413, ErrorKind::AskForLess),
        (418, ErrorKind::Protocol),
    ];
    for (status, kind) in kinds {
        for call in CALLS {
            let (result, sandbox, _) = meet(call, Fault::status(status)).await;
            let error = result.unwrap_err();
            assert_eq!(
                (error.kind(), error.attempts()),
                (kind, 1),
                "{call:?} {status}"
            );
            assert_eq!(error.status().unwrap().as_u16(), status);
            assert!(
                error.message().is_some() && error.request_id().is_some(),
                "{error:?}"
            );
            assert_eq!(sent(&sandbox, call), 1);
            assert!(!error.is_retryable());
            // A 408 may come from a request that goes on working.
            assert_eq!(
                error.maybe_applied(),
                status == 408 && call != Call::GetAll,
                "{call:?} {status}"
            );
        }
    }
}

#[tokio::test]
async fn a_408_makes_pages_ask_for_less_and_then_for_more_again() {
    let fault = Fault::status(408)
        .on(Operation::VoucherCodesGetAll)
        .times(2);
    let (sandbox, client, _) = start(Sandbox::builder().seed_codes(4000).fault(fault)).await;
    let vouchers = seeded_vouchers(&client).await;
    let filter = VoucherCodeFilter::vouchers(mews_connector::Ids::new(vouchers).unwrap());
    let codes = client.voucher_codes().items(filter).all().await.unwrap();
    assert!(codes.len() >= 4000, "{}", codes.len());
    let counts: Vec<_> = sandbox
        .requests()
        .iter()
        .filter(|exchange| exchange.operation == Some(Operation::VoucherCodesGetAll))
        .map(|exchange| {
            exchange.request_body["Limitation"]["Count"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(counts[..4], [1000, 500, 250, 250]);
    assert!(
        counts.contains(&1000) && counts[4..].contains(&500),
        "{counts:?}"
    );
}

async fn seeded_vouchers(client: &Client) -> Vec<mews_connector::types::VoucherId> {
    let filter = mews_connector::VoucherFilter::services([id(builtin::SERVICE_ID)]);
    client
        .vouchers()
        .items(filter)
        .all()
        .await
        .unwrap()
        .iter()
        .map(|voucher| voucher.id)
        .collect()
}

fn codes(count: usize) -> Vec<NewVoucherCode> {
    (0..count)
        .map(|number| NewVoucherCode::new(id(builtin::VOUCHER_ID), format!("N-{number:04}")))
        .collect()
}

/// The values of the codes of the built-in voucher that a job made.
async fn made(client: &Client) -> Vec<String> {
    let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    let codes = client.voucher_codes().items(filter).all().await.unwrap();
    let mut values: Vec<_> = codes
        .into_iter()
        .filter_map(|code| code.value)
        .filter(|value| value.starts_with("N-"))
        .collect();
    values.sort();
    values
}

#[tokio::test]
async fn bulk_splits_what_is_too_heavy() {
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
        // Only the 408 leaves doubt.
        let settled = clock.slept().contains(&Duration::from_secs(60));
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

        let ids = added.done().map(|(_, code)| code.id).collect::<Vec<_>>();
        assert!(
            bulk.delete_voucher_codes(ids).await.is_complete(),
            "{status}"
        );
        assert!(
            sandbox.faults().list().iter().all(|fault| fault.struck > 0),
            "{status}"
        );
    }
}

#[tokio::test]
async fn bulk_halves_until_the_offender_is_alone() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let bulk = client.bulk().concurrency(2);
    let mut inputs = codes(16);
    // No such voucher: a 400.
    inputs[11] = NewVoucherCode::new(id("d15c0000-0000-4000-8000-00000000ffff"), "N-LOST");
    let report = bulk.add_voucher_codes(inputs).await;
    assert_eq!(report.counts().done, 15);
    let Outcome::Rejected(Rejection::Refused(error)) = &report.outcomes()[11] else {
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
    // One of 16, then 8, 4, 2 and 1 with their other halves.
    assert_eq!(sent(&sandbox, Call::Add), 9);

    let unknown = id("c0de0000-0000-4000-8000-00000000ffff");
    let report = bulk
        .delete_voucher_codes([id(builtin::CODE_ID), unknown, id(builtin::LIMITED_CODE_ID)])
        .await;
    assert!(
        matches!(
            report.outcomes()[1],
            Outcome::Rejected(Rejection::Refused(_))
        ),
        "{:?}",
        report.outcomes()
    );
    assert_eq!(report.counts().done, 2);

    let change = |voucher: &str| VoucherUpdate::new(id(voucher)).name("Changed");
    let report = bulk
        .update_vouchers([
            change(builtin::VOUCHER_ID),
            change("d15c0000-0000-4000-8000-00000000ffff"),
        ])
        .await;
    assert_eq!((report.counts().done, report.counts().rejected), (1, 1));
}

#[tokio::test]
async fn a_403_on_one_item_is_only_that_item_s() {
    let (_sandbox, client, _) =
        start(Sandbox::builder().duplicate_values(mews_sandbox::Verdict::Refuse)).await;
    let mut inputs = codes(5);
    inputs[3] = NewVoucherCode::new(id(builtin::VOUCHER_ID), builtin::CODE_VALUE);
    let report = client.bulk().add_voucher_codes(inputs).await;
    assert_eq!((report.counts().done, report.counts().rejected), (4, 1));
    assert!(
        report.outcomes()[3]
            .reason()
            .unwrap()
            .contains("exists already")
    );
}

#[tokio::test]
async fn an_ambiguous_add_is_verified_and_nothing_is_lost_or_doubled() {
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
            clock.slept().contains(&Duration::from_secs(60)),
            "{name}: {:?}",
            clock.slept()
        );
        for (index, code) in report.done() {
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
            .external_identifiers(["E-0".into(), "E-1".into(), "E-2".into()]);
        assert_eq!(
            client.vouchers().items(filter).all().await.unwrap().len(),
            3,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_lost_add_of_vouchers_that_cannot_be_told_apart_is_unknown() {
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
        (counts.done, counts.unknown),
        (1, 3),
        "{:?}",
        report.outcomes()
    );
    assert!(matches!(&report.outcomes()[0], Outcome::Unknown(error) if error.maybe_applied()));
}

#[tokio::test]
async fn a_lost_delete_that_took_effect_counts_as_done() {
    for fault in [Fault::drop_after_commit(), Fault::status_after_commit(500)] {
        let (_sandbox, client, _) =
            start(Sandbox::builder().fault(fault.on(Operation::VoucherCodesDelete))).await;
        let ids = [builtin::CODE_ID, builtin::LIMITED_CODE_ID].map(id);
        let report = client.bulk().delete_voucher_codes(ids).await;
        assert!(report.is_complete(), "{:?}", report.outcomes());
    }
    // Without doubt, a second delete is refused.
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let report = client
        .bulk()
        .delete_voucher_codes([id(builtin::DELETED_CODE_ID)])
        .await;
    assert_eq!(report.counts().rejected, 1);
}

#[tokio::test]
async fn what_concerns_every_item_stops_the_job() {
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
            (report.counts().done, report.counts().not_done),
            (2, 8),
            "{status}"
        );
        assert_eq!(report.stopped().unwrap().status().unwrap().as_u16(), status);
        assert_eq!(sent(&sandbox, Call::Add), 2, "{status}");
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
    assert_eq!(report.counts(), {
        let mut counts = Counts::default();
        counts.done = 2;
        counts.rejected = 2;
        counts
    });
}

#[tokio::test]
async fn a_server_that_stays_down_is_left_alone() {
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
        assert_eq!(counts.done + counts.rejected, 0, "{operation}: {counts:?}");
        assert_eq!(
            counts.not_done + counts.unknown,
            50,
            "{operation}: {counts:?}"
        );
        assert!(
            sandbox.requests().len() < 40,
            "{operation}: {} requests",
            sandbox.requests().len()
        );
    }
}
