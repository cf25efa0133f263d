//! The rate limit and the size limit of requests, according to guidelines/environments.md ("Request limits"),
//! guidelines/requests.md and guidelines/responses.md.

use std::time::Duration;

use mews_sandbox::{Operation, RateLimit, builtin};
use serde_json::json;

use crate::support::{Api, Reply, add_codes, codes_of, with_tokens};

async fn ask(api: &Api) -> Reply {
    api.call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
}

// guidelines/environments.md: "200 requests per AccessToken within 30 seconds", in a sliding window.
#[tokio::test]
async fn accepts_200_requests_within_any_30_seconds() {
    let api = Api::new().await;
    // The first half is sent at the start, and the second half ten seconds later.
    for _ in 0..100 {
        ask(&api).await.ok();
    }
    api.clock.advance(Duration::from_millis(10_400));
    for _ in 0..100 {
        ask(&api).await.ok();
    }
    let rejected = ask(&api).await.rejected(429, "Too many requests.");
    assert_eq!(
        rejected.headers["retry-after"], "20",
        "rounded up, so that a request after this wait is accepted"
    );
    // Another token has a separate window.
    let mut other = codes_of(builtin::VOUCHER_ID);
    other["AccessToken"] = builtin::PORTFOLIO_ACCESS_TOKEN.into();
    api.call(Operation::VoucherCodesGetAll, other).await.ok();

    api.clock.advance(Duration::from_millis(19_599));
    ask(&api).await.rejected(429, "Too many requests.");
    api.clock.advance(Duration::from_millis(1));
    // Only the first half has left the window.
    for _ in 0..100 {
        ask(&api).await.ok();
    }
    let rejected = ask(&api).await.rejected(429, "Too many requests.");
    assert_eq!(rejected.headers["retry-after"], "11");
    api.clock.advance(Duration::from_secs(11));
    ask(&api).await.ok();
}

#[tokio::test]
async fn accepts_requests_after_retry_after_and_does_not_count_rejected_requests() {
    let api =
        Api::with(|builder| builder.rate_limit(RateLimit::new(2, Duration::from_millis(1_500))))
            .await;
    for _ in 0..3 {
        ask(&api).await.ok();
        ask(&api).await.ok();
        for _ in 0..5 {
            let rejected = ask(&api).await.rejected(429, "Too many requests.");
            assert_eq!(rejected.headers["retry-after"], "2");
        }
        api.clock.advance(Duration::from_secs(2));
    }
}

// A request with a known token counts, even if the request is invalid.
#[tokio::test]
async fn invalid_requests_count() {
    let api =
        Api::with(|builder| builder.rate_limit(RateLimit::new(2, Duration::from_secs(30)))).await;
    api.call(Operation::VoucherCodesGetAll, json!({}))
        .await
        .rejected(400, "Invalid VoucherIds");
    api.call(
        Operation::VoucherCodesAdd,
        add_codes(builtin::SERVICE_ID, ["X"]),
    )
    .await
    .rejected(400, "Invalid VoucherId");
    ask(&api).await.rejected(429, "Too many requests.");
}

// guidelines/requests.md, "Request limits": "In some cases the header may not be present".
#[tokio::test]
async fn retry_after_can_be_omitted_and_the_limit_disabled() {
    let limit = RateLimit::new(1, Duration::from_secs(30)).without_retry_after();
    let api = Api::with(|builder| builder.rate_limit(limit)).await;
    ask(&api).await.ok();
    let rejected = ask(&api).await.rejected(429, "Too many requests.");
    assert!(!rejected.headers.contains_key("retry-after"));

    let api = Api::with(mews_sandbox::Builder::no_rate_limit).await;
    for _ in 0..201 {
        ask(&api).await.ok();
    }
}

// guidelines/responses.md, 413.
#[tokio::test]
async fn rejects_large_bodies() {
    let api = Api::with(|builder| builder.max_body(2_000)).await;
    let body = with_tokens(codes_of(builtin::VOUCHER_ID)).to_string();
    let fits = format!("{body}{}", " ".repeat(2_000 - body.len()));
    assert_eq!(
        api.send(&Operation::VoucherCodesGetAll.path(), &fits, &[])
            .await
            .expect("a response")
            .status,
        200
    );
    let message = "The request body is too large.";
    for body in [format!("{fits} "), " ".repeat(3_000_000)] {
        let reply = api
            .send(&Operation::VoucherCodesGetAll.path(), &body, &[])
            .await
            .expect("a response");
        reply.rejected(413, message);
        // A client that sends `Expect: 100-continue` gets the error before it sends the body.
        let reply = api
            .send(
                &Operation::VoucherCodesGetAll.path(),
                &body,
                &[("expect", "100-continue")],
            )
            .await;
        if let Ok(reply) = reply {
            reply.rejected(413, message);
        }
    }
}
