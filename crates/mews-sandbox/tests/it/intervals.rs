//! `UpdatedUtc`, according to pages/_objects.md ("Time interval") and the pages of the operations.

use mews_sandbox::{Operation, builtin};
use serde_json::{Value, json};

use crate::support::{Api, codes_of, vouchers_of};

fn within(start: &str, end: &str) -> Value {
    let mut body = codes_of(builtin::VOUCHER_ID);
    body["UpdatedUtc"] = json!({ "StartUtc": start, "EndUtc": end });
    body
}

// pages/_objects.md, "Time interval": Start <= x < End.
#[tokio::test]
async fn interval_includes_its_start_and_excludes_its_end() {
    let api = Api::new().await;
    let cases: [(&str, &str, &[&str]); 6] = [
        (
            "2026-01-05T09:10:00Z",
            "2026-01-05T09:20:00Z",
            &[builtin::CODE_ID],
        ),
        (
            "2026-01-05T09:10:01Z",
            "2026-01-05T09:20:01Z",
            &[builtin::LIMITED_CODE_ID],
        ),
        // The deleted code was created at 09:30 and deleted at 09:45.
        ("2026-01-05T09:21:00Z", "2026-01-05T09:45:00Z", &[]),
        (
            "2026-01-05T09:21:00Z",
            "2026-01-05T09:45:01Z",
            &[builtin::DELETED_CODE_ID],
        ),
        // The same timestamps in other forms.
        (
            "2026-01-05T11:10:00+02:00",
            "2026-01-05T08:20:00-01:00",
            &[builtin::CODE_ID],
        ),
        (
            "2026-01-05T09:10:00.000Z",
            "2026-01-05T09:10:00.001Z",
            &[builtin::CODE_ID],
        ),
    ];
    for (start, end, expected) in cases {
        let reply = api
            .call(Operation::VoucherCodesGetAll, within(start, end))
            .await
            .ok();
        assert_eq!(reply.ids("VoucherCodes"), expected, "{start} to {end}");
    }
}

// pages/_objects.md, "Time interval": equal bounds select a single timestamp.
#[tokio::test]
async fn equal_bounds_select_that_timestamp() {
    let api = Api::new().await;
    let reply = api
        .call(
            Operation::VoucherCodesGetAll,
            within("2026-01-05T09:10:00Z", "2026-01-05T09:10:00Z"),
        )
        .await
        .ok();
    assert_eq!(reply.ids("VoucherCodes"), [builtin::CODE_ID]);
    let reply = api
        .call(
            Operation::VoucherCodesGetAll,
            within("2026-01-05T09:10:00.5Z", "2026-01-05T09:10:00.5Z"),
        )
        .await
        .ok();
    assert_eq!(
        reply.ids("VoucherCodes"),
        [""; 0],
        "nothing was updated between two seconds"
    );
}

// pages/vouchers.md and pages/vouchercodes.md: "max length 3 months".
#[tokio::test]
async fn interval_has_at_most_three_calendar_months() {
    let api = Api::new().await;
    for (start, end, is_accepted) in [
        ("2026-01-31T00:00:00Z", "2026-04-30T00:00:00Z", true),
        ("2026-01-31T00:00:00Z", "2026-04-30T00:00:01Z", false),
        ("2025-11-30T12:00:00Z", "2026-02-28T12:00:00Z", true),
        ("2025-11-30T12:00:00Z", "2026-03-01T00:00:00Z", false),
        ("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z", false),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", false),
    ] {
        let reply = api
            .call(Operation::VoucherCodesGetAll, within(start, end))
            .await;
        if is_accepted {
            reply.ok();
        } else {
            reply.rejected(400, "Invalid UpdatedUtc");
        }
    }
}

#[tokio::test]
async fn interval_requires_two_timestamps() {
    let api = Api::new().await;
    for (interval, parameter) in [
        (json!({ "StartUtc": "2026-01-01T00:00:00Z" }), "EndUtc"),
        (
            json!({ "StartUtc": "2026-01-01", "EndUtc": "2026-01-02T00:00:00Z" }),
            "StartUtc",
        ),
        (
            json!({ "StartUtc": "2026-02-30T00:00:00Z", "EndUtc": "2026-03-02T00:00:00Z" }),
            "StartUtc",
        ),
        (
            json!({ "StartUtc": "2026-01-01T00:00:00", "EndUtc": "2026-01-02T00:00:00Z" }),
            "StartUtc",
        ),
        (json!("2026-01-01T00:00:00Z"), "UpdatedUtc"),
    ] {
        let mut body = codes_of(builtin::VOUCHER_ID);
        body["UpdatedUtc"] = interval;
        api.call(Operation::VoucherCodesGetAll, body)
            .await
            .rejected(400, &format!("Invalid {parameter}"));
    }
    let mut body = codes_of(builtin::VOUCHER_ID);
    body["UpdatedUtc"] = Value::Null;
    assert_eq!(
        api.call(Operation::VoucherCodesGetAll, body)
            .await
            .ok()
            .ids("VoucherCodes")
            .len(),
        3
    );
}

#[tokio::test]
async fn vouchers_are_filtered_by_interval() {
    let api = Api::new().await;
    let mut body = vouchers_of(builtin::SERVICE_ID);
    body["UpdatedUtc"] =
        json!({ "StartUtc": "2026-01-07T09:00:00Z", "EndUtc": "2026-01-12T16:30:00Z" });
    assert_eq!(
        api.call(Operation::VouchersGetAll, body.clone())
            .await
            .ok()
            .ids("Vouchers"),
        [builtin::AGENCY_VOUCHER_ID]
    );
    body["UpdatedUtc"] =
        json!({ "StartUtc": "2026-01-12T16:30:00Z", "EndUtc": "2026-01-12T16:30:00Z" });
    assert_eq!(
        api.call(Operation::VouchersGetAll, body)
            .await
            .ok()
            .ids("Vouchers"),
        [builtin::VOUCHER_ID]
    );
}

// If most codes are outside the interval, the page is read from another index. The responses must be the same.
#[tokio::test]
async fn rare_updates_are_found_among_many_codes() {
    let api = Api::with(|builder| builder.seed_codes(30_000)).await;
    let vouchers: Vec<String> = (0..30)
        .map(|n| format!("d15c0000-0000-4000-8000-{:012x}", 0x101 + n))
        .collect();
    let (all, _) = api
        .list(
            Operation::VoucherCodesGetAll,
            json!({ "VoucherIds": vouchers }),
            1000,
        )
        .await;
    assert_eq!(all.len(), 30_000);
    let mut deleted: Vec<String> = all.iter().step_by(2_900).cloned().collect();
    // Codes that the seed deleted cannot be deleted again.
    let mut done = Vec::new();
    api.clock.advance(std::time::Duration::from_secs(3_600));
    for id in deleted.drain(..) {
        if api
            .call(
                mews_sandbox::Operation::VoucherCodesDelete,
                json!({ "VoucherCodeIds": [id] }),
            )
            .await
            .status
            == 200
        {
            done.push(id);
        }
    }
    let interval = json!({ "StartUtc": "2026-02-01T10:30:00Z", "EndUtc": "2026-02-02T00:00:00Z" });
    let body = json!({ "VoucherIds": vouchers, "UpdatedUtc": interval });
    for count in [3, 1000] {
        assert_eq!(
            api.list(Operation::VoucherCodesGetAll, body.clone(), count)
                .await
                .0,
            done,
            "newest first, whatever the time of update"
        );
    }
}
