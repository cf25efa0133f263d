//! Malicious and malformed responses.

use std::time::{Duration, Instant};

use mews_connector::clock::ManualClock;
use mews_connector::types::Limitation;
use mews_connector::{Client, Error, ErrorKind, NewVoucherCode, VoucherCodeFilter};
use mews_sandbox::builtin;

use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";

async fn read(client: &Client) -> Result<usize, Error> {
    let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    Ok(client
        .voucher_codes()
        .get_page(&filter, Limitation::new(10))
        .await?
        .items()
        .len())
}

async fn error_of(response: Response) -> Error {
    let server = Scripted::start([response]).await;
    let client = client_of(&server.url, &ManualClock::new())
        .timeout(Duration::from_millis(400))
        .body_limit(1024 * 1024)
        .build()
        .unwrap();
    let start = Instant::now();
    let error = read(&client).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(15), "{error}");
    error
}

#[tokio::test]
async fn endless_response_exceeds_the_body_limit() {
    let error = error_of(Response::Endless {
        head: OK,
        chunk: vec![b' '; 64 * 1024],
    })
    .await;
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(
        error.to_string().contains("longer than 1048576 bytes"),
        "{error}"
    );
    assert!(error.body().unwrap().text().len() <= 64 * 1024);

    // A response that announces a large length, and an endless error response.
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n";
    assert_eq!(
        error_of(Response::Endless {
            head,
            chunk: vec![b'['; 64 * 1024]
        })
        .await
        .kind(),
        ErrorKind::Protocol
    );
    let head = "HTTP/1.1 500 Oh\r\n\r\n";
    let error = error_of(Response::Endless {
        head,
        chunk: vec![b'x'; 64 * 1024],
    })
    .await;
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.body().unwrap().is_truncated());
}

#[tokio::test]
async fn slow_response_times_out() {
    for response in [
        Response::Silence,
        Response::Drip {
            head: OK,
            every: Duration::from_millis(50),
        },
        Response::Drip {
            head: "HTTP/1.1 200 OK\r\nx-slow: ",
            every: Duration::from_millis(50),
        },
    ] {
        let error = error_of(response).await;
        assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
        assert!(error.to_string().contains("time"), "{error}");
    }
}

#[tokio::test]
async fn deeply_nested_or_invalid_json_is_an_error() {
    let deep = |open: &str, n: usize| open.repeat(n);
    for body in [
        deep("[", 500_000),
        format!("{{\"VoucherCodes\":{}", deep("[", 500_000)),
        format!("{{\"Unknown\":{}", deep("{\"a\":", 100_000)),
        String::new(),
        "null".into(),
        "[]".into(),
        "\u{feff}{}".into(),
        r#"{"VoucherCodes":[{"Id":"c0de0000-0000-4000-8000-000000000001"},{"Id":7}]}"#.into(),
        r#"{"VoucherCodes":[]} {"VoucherCodes":[]}"#.into(),
    ] {
        let start: String = body.chars().take(40).collect();
        let error = error_of(Response::ok(body)).await;
        assert_eq!(error.kind(), ErrorKind::Decode, "{start}: {error}");
        assert!(error.json_path().is_some());
        assert!(error.to_string().len() < 1000, "{error}");
    }
    let error = error_of(Response::ok(
        r#"{"VoucherCodes":[{"Id":"c0de0000-0000-4000-8000-000000000001"},{"Id":7}]}"#,
    ))
    .await;
    assert_eq!(error.json_path(), Some("VoucherCodes[1].Id"));
}

#[tokio::test]
async fn response_that_is_not_http_is_an_error() {
    for bytes in [
        &b"\x16\x03\x01\x02\x00"[..],
        b"",
        b"HTTP/1.1 999999 \r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        &[0xff; 4096],
    ] {
        let error = error_of(Response::Raw(bytes.to_vec())).await;
        assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    }
    let invalid_text =
        b"HTTP/1.1 500 X\r\nrequest-id: \xff\xfe\r\ncontent-length: 4\r\n\r\n\xff\xfe\xfd\xfc";
    let error = error_of(Response::Raw(invalid_text.to_vec())).await;
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.body().is_some() && error.request_id().is_some());
}

#[tokio::test]
async fn unreadable_write_response_sets_maybe_applied() {
    for response in [
        Response::Json(202, "", "{}".into()),
        Response::ok("[]"),
        Response::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{".to_vec()),
    ] {
        let server = Scripted::start([response]).await;
        let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
        let error = client
            .voucher_codes()
            .add([NewVoucherCode::new(id(builtin::VOUCHER_ID), "X")])
            .await
            .unwrap_err();
        assert!(error.maybe_applied() && !error.is_retryable(), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn redirects_are_not_followed_even_if_configured() {
    let target = Scripted::start([Response::ok("{}")]).await;
    let location = format!("location: {}/api\r\n", target.url);
    let server = Scripted::start([Response::Json(307, location.leak(), String::new())]).await;
    let client = client_of(&server.url, &ManualClock::new())
        .configure_http(|http| {
            http.redirect(mews_connector::reqwest::redirect::Policy::limited(10))
        })
        .build()
        .unwrap();
    let error = read(&client).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status().unwrap().as_u16()),
        (ErrorKind::Protocol, 307)
    );
    assert!(error.to_string().contains("not followed"), "{error}");
    assert!(target.requests().is_empty());
}
