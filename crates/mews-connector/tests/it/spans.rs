//! The spans that a call reports to `tracing`.

use std::io;
use std::sync::{Arc, Mutex};

use mews_connector::VoucherCodeFilter;
use mews_connector::clock::ManualClock;
use mews_connector::types::Limitation;
use mews_sandbox::builtin;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::scripted::{Response, Scripted};
use crate::setup::{client_of, id};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn each_attempt_has_a_span_with_host_port_and_status() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::INFO)
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let server = Scripted::start([
        Response::Json(503, "Retry-After: 3\r\nRequest-Id: r-1\r\n", "{}".into()),
        Response::ok(r#"{"VoucherCodes":[],"Cursor":null}"#),
    ])
    .await;
    let client = client_of(&server.url, &ManualClock::new()).build().unwrap();
    {
        // The runtime has one thread, so the subscriber also applies to the tasks of calls.
        let _guard = tracing::subscriber::set_default(subscriber);
        let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
        let codes = client.voucher_codes();
        codes.get_page(&filter, Limitation::new(10)).await.unwrap();
    }
    let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    let closed: Vec<_> = text
        .lines()
        .filter(|line| line.contains(" close "))
        .collect();
    let attempts: Vec<_> = closed
        .iter()
        .filter(|line| line.contains("mews.attempt{"))
        .collect();
    let (host, port) = server
        .url
        .trim_start_matches("http://")
        .split_once(':')
        .unwrap();
    assert_eq!(attempts.len(), 2, "{text}");
    for (attempt, expected) in attempts.iter().zip([
        vec!["http.response.status_code=503", "error.type=\"503\""],
        vec![
            "http.response.status_code=200",
            "http.request.resend_count=1",
        ],
    ]) {
        for field in expected {
            assert!(attempt.contains(field), "{field}: {attempt}");
        }
        assert!(
            attempt.contains(&format!("server.address=\"{host}\"")),
            "{attempt}"
        );
        assert!(
            attempt.contains(&format!("server.port={port} ")),
            "{attempt}"
        );
        assert!(attempt.contains("mews.call{"), "{attempt}");
    }
    assert!(!attempts[0].contains("resend_count"), "{}", attempts[0]);
    assert!(!attempts[1].contains("error.type"), "{}", attempts[1]);
    let failed: Vec<_> = text
        .lines()
        .filter(|line| line.contains("attempt failed"))
        .collect();
    assert_eq!(failed.len(), 1, "{text}");
    for field in [
        "mews.attempt=1",
        "http.response.status_code=503",
        "error.type=\"503\"",
        "mews.request_id=\"r-1\"",
    ] {
        assert!(failed[0].contains(field), "{field}: {}", failed[0]);
    }
    let wait = failed[0].split("mews.wait_ms=").nth(1).unwrap();
    let wait: u64 = wait.split(' ').next().unwrap().parse().unwrap();
    assert!((3000..=3300).contains(&wait), "{}", failed[0]);
    let calls = closed.iter().filter(|line| !line.contains("mews.attempt{"));
    assert_eq!(
        calls
            .filter(|line| line.contains("mews.attempts=2"))
            .count(),
        1,
        "{text}"
    );
}
