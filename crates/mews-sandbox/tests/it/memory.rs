//! The memory of the process while it rejects a large request. The system reports the peak on Linux only.
#![cfg(target_os = "linux")]

use mews_sandbox::{Operation, builtin};
use serde_json::{Value, json};

use crate::binary::Running;
use crate::support::with_tokens;

const MEBIBYTE: usize = 1024 * 1024;

/// Returns the peak memory of a process, in MiB.
fn peak(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kibibytes.expect("a number") / 1024
}

/// Returns a body of 8 MiB, which the spec rejects because of the number of its items.
fn large_body() -> String {
    let items: Vec<Value> = (0..130_000)
        .map(|index| json!({ "VoucherId": builtin::VOUCHER_ID, "Value": format!("{index}") }))
        .collect();
    let mut body = with_tokens(json!({ "VoucherCodeParameters": items })).to_string();
    body.extend(std::iter::repeat_n(
        ' ',
        (8 * MEBIBYTE).saturating_sub(body.len()),
    ));
    body
}

#[tokio::test]
async fn rejected_body_of_8_mib_takes_little_memory() {
    let body = large_body();
    assert!(
        (8 * MEBIBYTE..10 * MEBIBYTE).contains(&body.len()),
        "{}",
        body.len()
    );
    for (arguments, status, max_growth) in [
        // The part above the maximum is not kept.
        (&["--quiet"][..], 413, 16),
        // The body is parsed and validated: about 15 times its size, for each thread that does so.
        (&["--quiet", "--max-body", "16777216"], 400, 450),
    ] {
        let running = Running::start(arguments);
        let http = reqwest::Client::new();
        let send = async |body: String| {
            let request = http
                .post(format!(
                    "{}{}",
                    running.url,
                    Operation::VoucherCodesAdd.path()
                ))
                .header("content-type", "application/json")
                .body(body);
            request.send().await.expect("a response").status()
        };
        // The validator is built with the first request.
        assert_eq!(send("{}".into()).await, 400);
        let before = peak(running.id());
        for _ in 0..3 {
            assert_eq!(send(body.clone()).await, status);
        }
        let growth = peak(running.id()) - before;
        assert!(
            growth <= max_growth,
            "{growth} MiB for {arguments:?}, after {before} MiB"
        );
    }
}
