//! The example `sync`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Output;

use futures_util::stream::{self, StreamExt};
use mews_connector::prelude::*;
use mews_sandbox::{Fault, Operation, Sandbox, builtin};
use serde_json::Value;

use crate::process::{Process, command, succeeded};
use crate::proxy::{Fate, Proxy};
use crate::{POINTS_AT_A_TIME, client_of};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sync");
/// The number of points at which the sync is killed.
const POINTS: usize = 54;

/// Returns the last line of each record by variant and ID, like a consumer of the file.
fn stored(folder: &Path) -> BTreeMap<(String, String), Value> {
    let text = fs::read_to_string(folder.join("records.jsonl")).unwrap();
    let mut records = BTreeMap::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let (variant, content) = record.as_object().unwrap().iter().next().unwrap();
        let id = [&content["Id"], &content["VoucherId"], content]
            .into_iter()
            .find_map(Value::as_str);
        records.insert((variant.clone(), id.unwrap().to_owned()), content.clone());
    }
    records
}

/// Runs the sync with small pages, so that it sends many requests, and stores the position after that number of records.
async fn run_through(proxy: &Proxy, folder: &Path, save_every: &str) -> Output {
    let flags = [
        "--base-url",
        &proxy.url,
        "--page-size",
        "4",
        "--save-every",
        save_every,
    ];
    proxy.process.run(command(PROGRAM, folder, &flags)).await
}

/// Returns the records of the service in the sandbox.
async fn expected(client: &Client) -> BTreeMap<(String, String), Value> {
    let json = |record: serde_json::Result<Value>| record.unwrap();
    let service = builtin::SERVICE_ID.parse().unwrap();
    let vouchers = client.vouchers().items(VoucherFilter::services([service]));
    let vouchers = vouchers.collect_all().await.unwrap();
    let filter = VoucherCodeFilter::vouchers(vouchers.iter().map(|voucher| voucher.id));
    let codes = client
        .voucher_codes()
        .items(filter)
        .collect_all()
        .await
        .unwrap();
    let vouchers = vouchers
        .iter()
        .map(|voucher| ("Voucher", voucher.id.0, json(serde_json::to_value(voucher))));
    let codes = codes
        .iter()
        .map(|code| ("Code", code.id.0, json(serde_json::to_value(code))));
    vouchers
        .chain(codes)
        .map(|(variant, id, record)| ((variant.to_owned(), id.to_string()), record))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_complete_wherever_it_was_killed() {
    // Four vouchers, one of them with 200 codes.
    let sandbox = Sandbox::builder()
        .seed_codes(200)
        .no_rate_limit()
        .start()
        .await
        .unwrap();
    let client = client_of(sandbox.url());
    let expected = expected(&client).await;
    assert_eq!(expected.len(), 4 + 5 + 200);

    let kill = async |point: usize| {
        let folder = tempfile::tempdir().unwrap();
        let proxy = Proxy::start(sandbox.url()).await;
        let run = async || run_through(&proxy, folder.path(), "7").await;
        proxy.kill_at(point, Fate::Responded);
        let killed = run().await;
        assert!(
            !killed.status.success() && !proxy.is_armed(),
            "{point}: {killed:?}"
        );
        // A kill can interrupt the last write.
        let records = fs::OpenOptions::new()
            .append(true)
            .open(folder.path().join("records.jsonl"));
        records
            .unwrap()
            .write_all(br#"{"Code":{"Id":"c0de"#)
            .unwrap();

        let output = succeeded(&run().await);
        assert_eq!(stored(folder.path()), expected, "killed at request {point}");
        let was_saved = output.contains("continuing");
        assert!(
            was_saved || output.contains("reading everything"),
            "{output}"
        );
        was_saved
    };
    let runs = stream::iter(1..=POINTS).map(kill);
    let was_saved: Vec<bool> = runs.buffer_unordered(POINTS_AT_A_TIME).collect().await;
    // A kill at one of the first requests leaves nothing to continue from.
    let continued = was_saved.iter().filter(|was_saved| **was_saved).count();
    assert!(continued > POINTS * 3 / 4, "{continued}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contains_changes_that_are_committed_late() {
    let sandbox = Sandbox::builder()
        .seed_codes(40)
        .no_rate_limit()
        .start()
        .await
        .unwrap();
    let client = client_of(sandbox.url());
    let voucher = builtin::VOUCHER_ID.parse().unwrap();
    for point in [3, 6, 9, 12] {
        let folder = tempfile::tempdir().unwrap();
        let proxy = Proxy::start(sandbox.url()).await;
        let run = async || run_through(&proxy, folder.path(), "1").await;
        // The add is in progress when the sync is killed, and takes effect while the next one runs, or after it.
        sandbox.faults().add(
            Fault::commit_late(std::time::Duration::from_millis(60)).on(Operation::VoucherCodesAdd),
        );
        let adding = client.voucher_codes();
        let add = adding.add([NewVoucherCode::new(voucher, format!("LATE-{point}"))]);
        proxy.kill_at(point, Fate::Responded);
        let kill_and_continue = async {
            assert!(!run().await.status.success());
            succeeded(&run().await)
        };
        let (added, _) = tokio::join!(add, kill_and_continue);
        let added = added.unwrap()[0].id;
        // A record that is already in the file changes, too.
        client.voucher_codes().delete([added]).await.unwrap();

        let output = succeeded(&run().await);
        assert!(output.contains("reading what changed since"), "{output}");
        assert_eq!(
            stored(folder.path()),
            expected(&client).await,
            "killed at request {point}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_only_what_changed() {
    let sandbox = Sandbox::builder().seed_codes(20).start().await.unwrap();
    let client = client_of(sandbox.url());
    let folder = tempfile::tempdir().unwrap();
    let run = async |more: &[&str]| {
        let flags = [&["--base-url", sandbox.url(), "--active", "--rates"], more].concat();
        Process::default()
            .run(command(PROGRAM, folder.path(), &flags))
            .await
    };
    let lines = || {
        fs::read_to_string(folder.path().join("records.jsonl"))
            .unwrap()
            .lines()
            .count()
    };
    succeeded(&run(&[]).await);
    // 3 rates, 4 vouchers with their assignments, and 25 codes.
    assert_eq!(lines(), 3 + 4 * 2 + 25);

    client
        .vouchers()
        .delete([builtin::PARTNER_VOUCHER_ID.parse().unwrap()])
        .await
        .unwrap();
    succeeded(&run(&[]).await);
    let records = stored(folder.path());
    let gone = (
        "VanishedVoucher".to_owned(),
        builtin::PARTNER_VOUCHER_ID.to_owned(),
    );
    assert!(records.contains_key(&gone), "{records:?}");
    let assigned = &records[&("VoucherRates".to_owned(), builtin::VOUCHER_ID.to_owned())];
    let rates: Vec<RateId> = serde_json::from_value(assigned["RateIds"].clone()).unwrap();
    assert_eq!(rates, [builtin::RATE_IDS[0].parse().unwrap()]);

    let other = run(&["--service", builtin::PARKING_SERVICE_ID]).await;
    assert!(!other.status.success());
    let message = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(message.contains("other options"), "{message}");
}

#[tokio::test]
async fn reads_only_the_selected_vouchers() {
    let folder = tempfile::tempdir().unwrap();
    // Without a URL, the example starts a sandbox.
    let flags = ["--voucher", builtin::VOUCHER_ID];
    let output = succeeded(
        &Process::default()
            .run(command(PROGRAM, folder.path(), &flags))
            .await,
    );
    assert!(
        output.contains("1 vouchers, 3 codes and 0 rates were read"),
        "{output}"
    );
    let variants: BTreeSet<_> = stored(folder.path())
        .into_keys()
        .map(|(variant, _)| variant)
        .collect();
    assert_eq!(
        variants,
        BTreeSet::from(["Code".to_owned(), "Voucher".to_owned()])
    );
}

#[tokio::test]
async fn continues_after_a_failure() {
    let fault = Fault::status(401).on(Operation::VoucherCodesGetAll).skip(2);
    let sandbox = Sandbox::builder().fault(fault).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let run = async || {
        let flags = ["--base-url", sandbox.url(), "--page-size", "1"];
        Process::default()
            .run(command(PROGRAM, folder.path(), &flags))
            .await
    };
    let failed = run().await;
    assert_eq!(failed.status.code(), Some(1));
    let output = succeeded(&run().await);
    assert!(output.contains("continuing"), "{output}");
    let client = client_of(sandbox.url());
    assert_eq!(stored(folder.path()), expected(&client).await);
}

async fn run(folder: &Path, flags: &[&str]) -> Output {
    let command = command(PROGRAM, folder, flags);
    Process::default().run(command).await
}

/// Returns the content of the files of a sync.
fn files(folder: &Path) -> [String; 2] {
    ["records.jsonl", "state.json"].map(|name| fs::read_to_string(folder.join(name)).unwrap())
}

/// Asserts that a sync fails, sends nothing, and changes no file. Returns what it reports.
async fn rejected(folder: &Path, sandbox: &Sandbox) -> String {
    let before = files(folder);
    sandbox.clear_exchanges();
    let output = run(folder, &["--base-url", sandbox.url()]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(files(folder), before);
    assert!(sandbox.exchanges().is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn rejects_files_that_do_not_belong_together() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    succeeded(&run(folder.path(), &["--base-url", sandbox.url()]).await);
    let [records, state] = files(folder.path());

    // The last record is missing, so the state counts on more than there is.
    let path = folder.path().join("records.jsonl");
    let end = records.trim_end().rfind('\n').unwrap();
    fs::write(&path, &records[..=end]).unwrap();
    let message = rejected(folder.path(), &sandbox).await;
    assert!(message.contains(path.to_str().unwrap()), "{message}");
    assert!(message.contains("shorter than the position"), "{message}");

    fs::write(&path, &records).unwrap();
    let path = folder.path().join("state.json");
    fs::write(&path, &state[..state.len() / 2]).unwrap();
    let message = rejected(folder.path(), &sandbox).await;
    assert!(message.contains(path.to_str().unwrap()), "{message}");
    assert!(message.contains("EOF while parsing"), "{message}");
}

#[tokio::test]
async fn a_folder_with_records_of_a_sandbox_in_the_process_is_not_continued_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    succeeded(&run(folder.path(), &[]).await);
    let sandbox = Sandbox::start().await.unwrap();
    let message = rejected(folder.path(), &sandbox).await;
    assert!(message.contains("other options"), "{message}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_user_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    succeeded(&run(folder.path(), &[]).await);
    for name in ["records.jsonl", "state.json"] {
        let metadata = fs::metadata(folder.path().join(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}
