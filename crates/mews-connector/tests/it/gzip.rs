//! Compressed responses.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use mews_connector::clock::ManualClock;
use mews_connector::{Client, ErrorKind, VoucherCodeFilter};
use mews_sandbox::{Sandbox, builtin};
use serde_json::{Value, json};

use crate::scripted::{Answer, Scripted};
use crate::setup::{client_of, id, start};

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// A response with a compressed body.
fn compressed(status: u16, body: Vec<u8>) -> Answer {
    let head = format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    Answer::Raw([head.into_bytes(), body].concat())
}

fn client(server: &Scripted) -> Client {
    let builder = client_of(&server.url, &ManualClock::new());
    builder.body_limit(LIMIT).build().unwrap()
}

const LIMIT: usize = 1024 * 1024;

fn page(codes: usize) -> Value {
    let codes: Vec<_> = (0..codes)
        .map(|n| json!({ "Id": format!("c0de0000-0000-4000-8000-{n:012x}"), "Value": format!("C-{n}") }))
        .collect();
    json!({ "VoucherCodes": codes, "Cursor": null })
}

#[tokio::test]
async fn asks_for_gzip_and_reads_it() {
    let body = gzip(page(1000).to_string().as_bytes());
    let server = Scripted::start([compressed(200, body)]).await;
    let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    let codes = client(&server).items(filter).collect_all().await.unwrap();
    assert_eq!(codes.len(), 1000);
    let head = server.requests()[0].0.to_ascii_lowercase();
    assert!(head.contains("accept-encoding: gzip"), "{head}");
}

#[tokio::test]
async fn reads_responses_without_compression_as_before() {
    let server = Scripted::start([Answer::ok(page(3))]).await;
    let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    let codes = client(&server).items(filter).collect_all().await.unwrap();
    assert_eq!(codes.len(), 3);
}

#[tokio::test]
async fn the_body_limit_counts_decompressed_bytes() {
    let exact = page(3).to_string();
    let padded = |bytes: usize| exact.clone() + &" ".repeat(bytes - exact.len());
    for (bytes, fits) in [(LIMIT, true), (LIMIT + 1, false)] {
        let body = gzip(padded(bytes).as_bytes());
        assert!(body.len() < 10_000);
        let server = Scripted::start([compressed(200, body)]).await;
        let read = client(&server)
            .call::<Value>("codes/getAll", &json!({}))
            .await;
        match read {
            Ok(_) => assert!(fits),
            Err(error) => {
                assert!(!fits, "{error}");
                assert_eq!(error.kind(), ErrorKind::Protocol);
                assert!(error.to_string().contains("1048576 bytes"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_decompression_bomb_costs_no_more_memory_than_the_limit() {
    let bomb = gzip(&vec![b' '; 200 * LIMIT]);
    assert!(bomb.len() < LIMIT, "{}", bomb.len());
    for status in [200, 500] {
        let server = Scripted::start([compressed(status, bomb.clone())]).await;
        let client = client(&server);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        // The client is alone on a thread, so its memory can be measured.
        let measured = tokio::task::spawn_blocking(move || {
            allocation_counter::measure(|| {
                runtime.block_on(async {
                    let error = client
                        .call::<Value>("codes/getAll", &json!({}))
                        .await
                        .unwrap_err();
                    let text = error.body().unwrap();
                    assert!(text.is_truncated());
                    assert!(text.text().len() <= 64 * 1024);
                });
            })
        });
        let peak = measured.await.unwrap().bytes_max;
        let limit = 4 * LIMIT as u64;
        assert!(peak < limit, "{status}: {peak} bytes");
    }
}

#[tokio::test]
async fn a_damaged_or_short_body_is_an_error() {
    let whole = gzip(page(1000).to_string().as_bytes());
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    let cut = whole[..whole.len() - 20].to_vec();
    for body in [damaged, cut, b"not gzip".to_vec()] {
        let server = Scripted::start([compressed(200, body)]).await;
        let error = client(&server)
            .call::<Value>("codes/add", &json!({}))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
        assert!(error.maybe_applied(), "{error}");
        assert_eq!(error.attempts(), 1);
    }
}

#[tokio::test]
async fn masks_tokens_in_compressed_error_responses() {
    let body = json!({ "Message": format!("unknown token {}", builtin::ACCESS_TOKEN) });
    let server = Scripted::start([compressed(401, gzip(body.to_string().as_bytes()))]).await;
    let error = client(&server)
        .call::<Value>("codes/getAll", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.message(), Some("unknown token [hidden]"));
}

#[tokio::test]
async fn a_page_of_1000_codes_from_the_sandbox_shrinks_to_a_tenth() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let voucher = id(builtin::VOUCHER_ID);
    let codes =
        (0..1000).map(|n| mews_connector::NewVoucherCode::new(voucher, format!("SUMMER-{n:04}")));
    client.voucher_codes().add(codes).await.unwrap();
    let request = json!({ "VoucherIds": [voucher], "Limitation": { "Count": 1000 } });
    let page = client
        .call::<Value>("voucherCodes/getAll", &request)
        .await
        .unwrap();
    let exchange = sandbox.exchanges().pop().unwrap();
    let header = |name: &str| {
        let mut headers = exchange.response_headers.iter();
        headers.find(|(header, _)| header.eq_ignore_ascii_case(name))
    };
    assert_eq!(header("content-encoding").unwrap().1, "gzip");
    let compressed: usize = header("content-length").unwrap().1.parse().unwrap();
    let plain = page.to_string().len();
    assert!(compressed * 10 < plain, "{compressed} of {plain} bytes");
}
