//! The requests that the client sends.

use mews_connector::clock::ManualClock;
use mews_connector::types::VoucherType;
use mews_connector::{
    CallOptions, Client, Effect, ErrorKind, NewVoucher, NewVoucherCode, Update, VoucherCodeFilter,
    VoucherUpdate,
};
use mews_sandbox::{Sandbox, builtin};
use serde_json::{Value, json};

use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id, start};

#[tokio::test]
async fn updates_serialize_kept_set_and_cleared_properties() {
    let server = Scripted::start([Response::ok("{}")]).await;
    let client = client_of(&server.url, &ManualClock::new())
        .language("en-US", "en-GB")
        .build()
        .unwrap();
    let voucher = id(builtin::VOUCHER_ID);
    let update = VoucherUpdate::new(voucher)
        .name("New")
        .type_(VoucherType::Public)
        .company_id(Update::Clear)
        .assigned_rate_ids([])
        .occupiable_interval_start_utc(Update::Clear)
        .external_identifier(Update::Keep);
    client.vouchers().update([update]).await.unwrap();
    let (head, body) = &server.requests()[0];
    assert_eq!(
        body["VoucherUpdates"][0],
        json!({
            "VoucherId": builtin::VOUCHER_ID,
            "Name": { "Value": "New" },
            "Type": { "Value": "Public" },
            "CompanyId": { "Value": null },
            "AssignedRateIds": { "Value": [] },
            "OccupiableIntervalStartUtc": { "Value": null },
        })
    );
    assert_eq!(
        (&body["LanguageCode"], &body["CultureCode"]),
        (&json!("en-US"), &json!("en-GB"))
    );
    let head = head.to_ascii_lowercase();
    assert!(
        head.starts_with("post /api/connector/v1/vouchers/update http/1.1"),
        "{head}"
    );
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(!head.contains("api-version"), "{head}");
    assert!(head.contains("user-agent: mews-connector-rs/"), "{head}");
}

#[tokio::test]
async fn rejects_invalid_input_before_sending() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let voucher = id(builtin::VOUCHER_ID);
    let too_many = (0..1001).map(|n| NewVoucherCode::new(voucher, n.to_string()));
    let error = client.voucher_codes().add(too_many).await.unwrap_err();
    let violation = error.constraint_violation().unwrap();
    assert_eq!(
        (
            &*violation.property,
            &*violation.actual,
            &*violation.allowed
        ),
        ("VoucherCodeParameters", "1001 items", "1 to 1000 items")
    );
    let error = client
        .voucher_codes()
        .add([NewVoucherCode::new(voucher, "")])
        .await
        .unwrap_err();
    assert_eq!(
        error.constraint_violation().unwrap().property,
        "VoucherCodeParameters[0].Value"
    );
    let unknown = NewVoucher::public(id(builtin::SERVICE_ID), "x".repeat(129));
    let error = client.vouchers().add([unknown]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "vouchers/add failed: not sent, `VoucherParameters[0].Name` has 129 characters; allowed: 1 to 128 characters"
    );
    let unknown = VoucherUpdate::new(voucher).type_(VoucherType::Unknown("Golden".into()));
    assert_eq!(
        client
            .vouchers()
            .update([unknown])
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::InvalidRequest
    );
    assert!(
        client
            .vouchers()
            .delete([])
            .await
            .unwrap_err()
            .failed_before_sending()
    );
    let filter = VoucherCodeFilter::vouchers([voucher]);
    for count in [0, 1001] {
        let error = client
            .voucher_codes()
            .items(filter.clone())
            .page_size(count)
            .collect_all()
            .await
            .unwrap_err();
        assert_eq!(
            error.constraint_violation().unwrap().property,
            "Limitation.Count"
        );
    }
    assert_eq!(sandbox.exchanges().len(), 0);
}

#[tokio::test]
async fn portfolio_handles_name_their_enterprises() {
    let sandbox = Sandbox::builder().no_rate_limit().start().await.unwrap();
    let client = Client::builder()
        .credentials(
            builtin::CLIENT_TOKEN,
            builtin::PORTFOLIO_ACCESS_TOKEN,
            "Tests 1.0.0",
        )
        .base_url(sandbox.url())
        .clock(ManualClock::new())
        .build()
        .unwrap();
    let (first, second) = (
        id(builtin::ENTERPRISE_ID),
        id(builtin::SECOND_ENTERPRISE_ID),
    );
    let voucher = id(builtin::SECOND_ENTERPRISE_VOUCHER_ID);
    let filter = VoucherCodeFilter::vouchers([voucher]);

    let one = client.for_enterprises([second]);
    assert_eq!(
        one.voucher_codes()
            .items(filter.clone())
            .collect_all()
            .await
            .unwrap()
            .len(),
        1
    );
    one.voucher_codes()
        .add([NewVoucherCode::new(voucher, "P")])
        .await
        .unwrap();
    let requests = sandbox.exchanges();
    assert_eq!(
        requests[0].request_body["EnterpriseIds"],
        json!([builtin::SECOND_ENTERPRISE_ID])
    );
    assert_eq!(
        requests.last().unwrap().request_body["EnterpriseId"],
        json!(builtin::SECOND_ENTERPRISE_ID)
    );

    let both = client.for_enterprises([first, second]);
    assert_eq!(
        both.voucher_codes()
            .items(filter)
            .collect_all()
            .await
            .unwrap()
            .len(),
        2
    );
    let error = both
        .voucher_codes()
        .add([NewVoucherCode::new(voucher, "Q")])
        .await
        .unwrap_err();
    assert_eq!(
        error.constraint_violation().unwrap().property,
        "EnterpriseId"
    );
    // The server rejects the write of a handle without an enterprise, and the error contains the fix.
    let codes = || [NewVoucherCode::new(voucher, "Q")];
    let error = client.voucher_codes().add(codes()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert!(error.to_string().contains("for_enterprises"), "{error}");
    let report = client.bulk().add_voucher_codes(codes()).await;
    let reason = report.outcomes()[0].reason().unwrap();
    assert!(reason.contains("for_enterprises"), "{reason}");
    // Another rejection has other reasons.
    let unknown = NewVoucherCode::new(id(builtin::CODE_ID), "Q");
    let error = one.voucher_codes().add([unknown]).await.unwrap_err();
    assert!(!error.to_string().contains("for_enterprises"), "{error}");

    let report = both
        .bulk()
        .add_voucher_codes([NewVoucherCode::new(voucher, "Q")])
        .await;
    assert_eq!(report.counts().not_applied, 1);
    assert_eq!(report.stopped().unwrap().kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn calls_an_operation_outside_of_the_spec() {
    let server = Scripted::start([
        Response::Json(429, "retry-after: 1\r\n", "{}".into()),
        Response::Json(
            200,
            "request-id: r-1\r\n",
            json!({ "Services": [{ "Id": 1 }] }).to_string(),
        ),
    ])
    .await;
    let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
    let request = json!({ "Limitation": { "Count": 5 } });
    let services = client
        .call::<Value>("services/getAll", &request)
        .await
        .unwrap();
    assert_eq!(
        (services.attempts(), services.request_id()),
        (2, Some("r-1"))
    );
    assert_eq!(services["Services"][0]["Id"], json!(1));
    let (head, body) = &server.requests()[1];
    assert!(
        head.starts_with("POST /api/connector/v1/services/getAll "),
        "{head}"
    );
    assert_eq!(body["ClientToken"], json!(builtin::CLIENT_TOKEN));
    assert_eq!(body["Client"], json!("Tests 1.0.0"));

    for path in [
        "services",
        "/services/getAll",
        "services/getAll/",
        "services//getAll",
        "../x/y",
        "a/b?c",
        "a b/c",
        "",
    ] {
        let error = client.call::<Value>(path, &json!({})).await.unwrap_err();
        assert_eq!(
            error.constraint_violation().unwrap().property,
            "path",
            "{path}"
        );
    }
    for (request, property) in [
        (json!([]), "request"),
        (json!({ "AccessToken": "other" }), "AccessToken"),
        (json!({ "Client": "other" }), "Client"),
    ] {
        let error = client
            .call::<Value>("services/getAll", &request)
            .await
            .unwrap_err();
        assert_eq!(error.constraint_violation().unwrap().property, property);
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn retries_depend_on_the_effect_of_a_call() {
    for (path, effect, attempts) in [
        ("bills/getAll/2030-01-01", None, 1),
        ("bills/getAll/2030-01-01", Some(Effect::Read), 5),
        ("bills/close", None, 1),
        ("bills/close", Some(Effect::Update), 5),
        // The spec determines the effect of its operations.
        ("vouchers/getAll", Some(Effect::Create), 5),
        ("vouchers/add", Some(Effect::Read), 1),
    ] {
        let server = Scripted::start([Response::Json(500, "", "{}".into())]).await;
        let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
        let client = match effect {
            Some(effect) => client.with_options(CallOptions::new().effect(effect)),
            None => client,
        };
        let error = client.call::<Value>(path, &json!({})).await.unwrap_err();
        assert_eq!(error.attempts(), attempts, "{path}");
    }
}
