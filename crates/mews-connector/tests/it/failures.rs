//! The handling of each kind of failure for each kind of call, for each cell of the failure table. The cells of bulk
//! writes are in `bulk_failures.rs`.

use std::time::Duration;

use mews_connector::types::Limitation;
use mews_connector::{Client, Error, ErrorKind, NewVoucherCode, VoucherCodeFilter, VoucherUpdate};
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
                    .get_page(&filter, Limitation::new(1000))
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

/// Makes a call with a fault that is triggered once.
async fn call_with_fault(call: Call, fault: Fault) -> (Result<u32, Error>, Sandbox, Vec<Duration>) {
    let (sandbox, client, clock) =
        start(Sandbox::builder().fault(fault.on(call.operation()))).await;
    let result = call.make(&client).await;
    (result, sandbox, clock.sleeps())
}

fn sent(sandbox: &Sandbox, call: Call) -> usize {
    sandbox
        .exchanges()
        .iter()
        .filter(|exchange| exchange.operation == Some(call.operation()))
        .count()
}

#[tokio::test]
async fn waits_for_the_retry_after_of_a_429() {
    for call in CALLS {
        let fault = Fault::too_many_requests(Some(Duration::from_secs(7)));
        let (result, sandbox, slept) = call_with_fault(call, fault).await;
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
async fn backs_off_exponentially_after_a_429_without_retry_after() {
    for call in CALLS {
        let (result, _sandbox, slept) =
            call_with_fault(call, Fault::too_many_requests(None).times(3)).await;
        assert_eq!(result.unwrap(), 4, "{call:?}");
        let seconds: Vec<_> = slept.iter().map(Duration::as_secs_f64).collect();
        assert_eq!(seconds.len(), 3, "{call:?}: {seconds:?}");
        for (wait, max) in seconds.iter().zip([0.5, 1.0, 2.0]) {
            assert!((max / 2.0..=max).contains(wait), "{call:?}: {seconds:?}");
        }
    }
}

#[tokio::test]
async fn repeated_429_is_an_error_with_its_retry_after() {
    for call in CALLS {
        let fault = Fault::too_many_requests(Some(Duration::from_secs(3))).times(99);
        let (result, _sandbox, _) = call_with_fault(call, fault).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited, "{call:?}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
        assert_eq!(error.attempts(), 5);
        assert!(error.is_retryable() && !error.maybe_applied());
    }
}

#[tokio::test]
async fn retries_if_the_connection_is_refused() {
    for call in CALLS {
        // No process listens on this port.
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
        assert_eq!((error.attempts(), clock.sleeps().len()), (5, 4), "{call:?}");
        assert!(
            error.failed_before_sending() && error.is_retryable() && !error.maybe_applied(),
            "{call:?}"
        );
    }
}

/// Returns faults that lose the request or the response, or that fail on the server.
pub(crate) fn lost() -> Vec<(&'static str, Fault)> {
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
async fn retries_a_lost_call_unless_it_creates_records() {
    for (name, fault) in lost() {
        for call in [Call::GetAll, Call::Update, Call::Delete] {
            let (sandbox, client, _) = start(
                Sandbox::builder()
                    .repeated_delete(mews_sandbox::Behavior::Accept)
                    .fault(fault.clone().on(call.operation())),
            )
            .await;
            assert_eq!(call.make(&client).await.unwrap(), 2, "{call:?} {name}");
            assert_eq!(sent(&sandbox, call), 2, "{call:?} {name}");
        }
        let (result, sandbox, _) = call_with_fault(Call::Add, fault).await;
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
            error
                .to_string()
                .contains("read back before you add them again"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn error_of_an_unreadable_response_keeps_status_headers_and_body() {
    let (result, _sandbox, _) = call_with_fault(Call::Add, Fault::html(502)).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(error.status().unwrap(), 502);
    assert!(error.body().unwrap().text().contains("<html"), "{error:?}");
    assert!(error.headers().contains_key("content-type"));

    for fault in [Fault::truncated_json(), Fault::invalid_json()] {
        let (result, sandbox, _) = call_with_fault(Call::Add, fault).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(error.status().unwrap(), 200);
        assert!(error.request_id().is_some() && error.json_path().is_some());
        assert!(error.body().unwrap().text().contains("VoucherCodes"));
        assert!(error.maybe_applied(), "the code was created");
        assert_eq!(sent(&sandbox, Call::Add), 1);
    }
}

#[tokio::test]
async fn other_error_responses_are_not_retried() {
    let kinds = [
        (400, ErrorKind::BadRequest),
        (401, ErrorKind::Unauthorized),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (408, ErrorKind::RequestTimeout),
        (409, ErrorKind::Conflict),
        (410, ErrorKind::Gone),
        (413, ErrorKind::ContentTooLarge),
        (418, ErrorKind::Protocol),
    ];
    for (status, kind) in kinds {
        for call in CALLS {
            let (result, sandbox, _) = call_with_fault(call, Fault::status(status)).await;
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
            // The server may still apply a request after it responded with 408.
            assert_eq!(
                error.maybe_applied(),
                status == 408 && call != Call::GetAll,
                "{call:?} {status}"
            );
        }
    }
}

#[tokio::test]
async fn pages_stay_smaller_after_a_408_until_the_end_of_a_listing() {
    let fault = Fault::status(408)
        .on(Operation::VoucherCodesGetAll)
        .times(2);
    let (sandbox, client, _) = start(Sandbox::builder().seed_codes(4000).fault(fault)).await;
    let vouchers = seeded_vouchers(&client).await;
    let filter = VoucherCodeFilter::vouchers(vouchers);
    let codes = client
        .voucher_codes()
        .items(filter)
        .collect_all()
        .await
        .unwrap();
    assert!(codes.len() >= 4000, "{}", codes.len());
    let counts: Vec<_> = sandbox
        .exchanges()
        .iter()
        .filter(|exchange| exchange.operation == Some(Operation::VoucherCodesGetAll))
        .map(|exchange| {
            exchange.request_body["Limitation"]["Count"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(counts[..2], [1000, 500]);
    assert!(
        counts.len() > 16 && counts[2..].iter().all(|count| *count == 250),
        "{counts:?}"
    );
}

async fn seeded_vouchers(client: &Client) -> Vec<mews_connector::types::VoucherId> {
    let filter = mews_connector::VoucherFilter::services([id(builtin::SERVICE_ID)]);
    client
        .vouchers()
        .items(filter)
        .collect_all()
        .await
        .unwrap()
        .iter()
        .map(|voucher| voucher.id)
        .collect()
}
