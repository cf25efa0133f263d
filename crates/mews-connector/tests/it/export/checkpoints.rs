//! Stored checkpoints, and the memory use of an export.

use mews_connector::RateLimit;
use mews_connector::clock::ManualClock;
use mews_connector::export::{Checkpoint, Record};
use mews_sandbox::Sandbox;
use serde_json::{Value, json};

use super::services;
use crate::setup::{client_of, start};

#[tokio::test]
async fn rejects_impossible_states() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let since = chrono::Utc::now() - chrono::TimeDelta::days(2000);
    let mut records = client
        .export(services())
        .changed_since(since)
        .page_size(1)
        .concurrency(1)
        .records();
    let mut stored = vec![serde_json::to_value(records.checkpoint()).unwrap()];
    while records.try_next().await.unwrap().is_some() {
        stored.push(serde_json::to_value(records.checkpoint()).unwrap());
    }
    for checkpoint in &stored {
        let read: Checkpoint = serde_json::from_value(checkpoint.clone()).unwrap();
        assert_eq!(&serde_json::to_value(read).unwrap(), checkpoint);
    }
    let reading = stored
        .iter()
        .find(|checkpoint| checkpoint["stage"]["Codes"]["0"].is_object())
        .unwrap_or_else(|| panic!("{stored:#?}"));
    let batch = "/stage/Codes/0";
    for (pointer, value) in [
        ("/version", json!("1")),
        ("/version", json!("3")),
        ("/services", json!([])),
        ("/services", json!(["not an ID"])),
        ("/started", Value::Null),
        ("/started", json!("2001-01-01T00:00:00Z")),
        ("/round/last", json!("2001-01-01T00:00:00Z")),
        ("/round/last", Value::Null),
        ("/round/started", Value::Null),
        ("/round/known", json!(1000)),
        ("/vouchers", json!([])),
        (
            &format!("{batch}/vouchers"),
            json!({ "start": 2, "end": 2 }),
        ),
        (
            &format!("{batch}/vouchers"),
            json!({ "start": 2, "end": 1 }),
        ),
        (
            &format!("{batch}/vouchers"),
            json!({ "start": 0, "end": 5000 }),
        ),
        (
            &format!("{batch}/slice"),
            json!({ "start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z" }),
        ),
        (
            &format!("{batch}/slice"),
            json!({ "start": "2026-01-02T00:00:00Z", "end": "2026-01-02T00:00:00Z" }),
        ),
        (
            &format!("{batch}/slice"),
            json!({ "start": "2025-01-02T00:00:00Z", "end": "2026-01-02T00:00:00Z" }),
        ),
    ] {
        let mut changed = reading.clone();
        *changed.pointer_mut(pointer).unwrap() = value.clone();
        let result: Result<Checkpoint, _> = serde_json::from_value(changed);
        assert!(result.is_err(), "{pointer} {value}");
    }
    let mut changed = reading.clone();
    let twice = changed["stage"]["Codes"]["0"].clone();
    changed["stage"]["Codes"]["7"] = twice;
    let error = serde_json::from_value::<Checkpoint>(changed).unwrap_err();
    assert!(error.to_string().contains("overlaps"), "{error}");
}

/// Returns the peak memory use of an export in bytes. The sandbox runs on another thread, which is not counted.
fn peak_memory(codes: u32) -> u64 {
    let memory = allocation_counter::measure(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let sandbox = Sandbox::builder()
                .no_rate_limit()
                .keep_exchanges(0)
                .seed_codes(codes)
                .start()
                .await
                .unwrap();
            let client = client_of(sandbox.url(), &ManualClock::new())
                .rate_limit(RateLimit::unlimited())
                .build()
                .unwrap();
            let mut records = client
                .export(services())
                .page_size(200)
                .concurrency(2)
                .records();
            let mut yielded = 0;
            while let Some(record) = records.try_next().await.unwrap() {
                yielded += u32::from(matches!(record, Record::Code(_)));
            }
            assert_eq!(yielded, codes + 5);
        });
    });
    memory.bytes_max
}

#[test]
fn memory_does_not_grow_with_the_number_of_codes() {
    peak_memory(100);
    let (few, many) = (peak_memory(5_000), peak_memory(50_000));
    assert!(
        many < few + 1024 * 1024,
        "{few} bytes for 5,000 codes, {many} for 50,000"
    );
}
