//! Data files, which keep the data after the process ends.

use std::path::Path;

use mews_sandbox::{Fixtures, Operation, Sandbox, StartError, builtin};
use serde_json::json;

use crate::binary::Running;
use crate::support::{Api, add_codes, codes_of, with_tokens};

async fn open(path: &Path) -> Result<Sandbox, StartError> {
    Sandbox::builder().data_file(path).start().await
}

async fn open_error(path: &Path) -> String {
    let error = open(path).await.expect_err("an unusable file").to_string();
    assert!(error.contains(&path.display().to_string()), "{error}");
    error
}

#[tokio::test]
async fn data_is_kept_for_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vouchers.db");
    let first = Api::with(|builder| builder.data_file(&path).seed_codes(100)).await;
    let added = first
        .call(
            Operation::VoucherCodesAdd,
            add_codes(builtin::VOUCHER_ID, ["KEPT"]),
        )
        .await
        .ok();
    first.sandbox.shutdown().await;

    let second = Api::with(|builder| builder.data_file(&path)).await;
    let listed = second
        .call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID))
        .await
        .ok();
    assert_eq!(
        listed.body["VoucherCodes"][0],
        added.body["VoucherCodes"][0]
    );
    let again = second
        .call(
            Operation::VoucherCodesAdd,
            add_codes(builtin::VOUCHER_ID, ["NEXT"]),
        )
        .await
        .ok();
    assert_ne!(
        again.ids("VoucherCodes"),
        added.ids("VoucherCodes"),
        "IDs are not reused"
    );
    drop(second);

    // The same options work again. Other options are an error that names the difference.
    drop(Api::with(|builder| builder.data_file(&path).seed_codes(100)).await);
    let other = Sandbox::builder()
        .data_file(&path)
        .seed_codes(200)
        .start()
        .await
        .expect_err("another number of seed codes");
    assert!(other.to_string().contains("`--seed-codes 100`"), "{other}");
    let fixtures: Fixtures = builtin::FIXTURES
        .replace("Hotel", "Inn")
        .parse()
        .expect("valid fixtures");
    let other = Sandbox::builder()
        .data_file(&path)
        .fixtures(fixtures)
        .start()
        .await
        .expect_err("other fixtures");
    assert!(other.to_string().contains("other fixtures"), "{other}");
}

#[tokio::test]
async fn unusable_file_is_not_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "These are notes, not a database. ".repeat(100)).expect("a file");
    let before = std::fs::read(&path).expect("the file");
    assert!(open_error(&path).await.contains("it is not a data file"));
    assert_eq!(std::fs::read(&path).expect("the file"), before);

    // A database of another program, with and without a write-ahead log.
    for mode in ["DELETE", "WAL"] {
        let path = folder.path().join(format!("{mode}.db"));
        let other = rusqlite::Connection::open(&path).expect("a database");
        let _: String = other
            .pragma_update_and_check(None, "journal_mode", mode, |row| row.get(0))
            .expect("a mode");
        other
            .execute_batch("CREATE TABLE notes (text); INSERT INTO notes VALUES ('keep')")
            .expect("a table");
        drop(other);
        let before = std::fs::read(&path).expect("the file");
        let files = || std::fs::read_dir(folder.path()).expect("a folder").count();
        let count = files();
        assert!(open_error(&path).await.contains("it is not a data file"));
        assert_eq!(std::fs::read(&path).expect("the file"), before, "{mode}");
        assert_eq!(files(), count, "{mode}");
    }

    let path = folder.path().join("held.db");
    let holder = open(&path).await.expect("the sandbox starts");
    assert!(
        open_error(&path)
            .await
            .contains("another process has it open")
    );
    drop(holder);
    open(&path).await.expect("the file can be opened again");

    open_error(&folder.path().join("no/such/folder.db")).await;
    open_error(folder.path()).await;
}

#[tokio::test]
async fn killed_process_leaves_complete_batches() {
    const BATCH: usize = 250;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vouchers.db");
    let http = reqwest::Client::new();
    let mut committed = 0;
    for kill_after in [1, 3, 7] {
        let mut process =
            Running::start(&["--no-rate-limit", "--data", path.to_str().expect("a path")]);
        let url = format!("{}{}", process.url, Operation::VoucherCodesAdd.path());
        let mut confirmed = 0;
        // Several requests are in flight, so that the process is killed during a write.
        let mut writers = tokio::task::JoinSet::new();
        let write = |writers: &mut tokio::task::JoinSet<bool>| {
            let values: Vec<String> = (0..BATCH).map(|number| format!("KILL-{number}")).collect();
            let body = with_tokens(add_codes(
                builtin::VOUCHER_ID,
                values.iter().map(String::as_str),
            ));
            let request = http
                .post(&url)
                .header("content-type", "application/json")
                .body(body.to_string());
            writers.spawn(async move {
                request
                    .send()
                    .await
                    .is_ok_and(|response| response.status() == 200)
            });
        };
        for _ in 0..4 {
            write(&mut writers);
        }
        while let Some(is_confirmed) = writers.join_next().await {
            confirmed += usize::from(is_confirmed.expect("no panic"));
            if confirmed == kill_after {
                process.kill();
            } else if confirmed < kill_after {
                write(&mut writers);
            }
        }
        committed += confirmed;
        let api = Api::with(|builder| builder.data_file(&path).no_rate_limit()).await;
        let (codes, _) = api
            .list(
                Operation::VoucherCodesGetAll,
                json!({ "VoucherIds": [builtin::VOUCHER_ID] }),
                1000,
            )
            .await;
        let batches = (codes.len() - 3) / BATCH;
        assert_eq!(
            (codes.len() - 3) % BATCH,
            0,
            "a batch is stored completely or not at all"
        );
        assert!(
            batches >= committed,
            "every confirmed batch is stored: {batches} of {committed}"
        );
        committed = batches;
    }
}

#[tokio::test]
async fn stopped_sandbox_leaves_only_the_data_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vouchers.db");
    let api = Api::with(|builder| builder.data_file(&path)).await;
    let added = add_codes(builtin::VOUCHER_ID, ["KEPT"]);
    api.call(Operation::VoucherCodesAdd, added).await.ok();
    drop(api);
    let files: Vec<_> = std::fs::read_dir(folder.path())
        .expect("a folder")
        .map(|file| file.expect("a file").file_name())
        .collect();
    assert_eq!(files, ["vouchers.db"]);
    let api = Api::with(|builder| builder.data_file(&path)).await;
    let codes = codes_of(builtin::VOUCHER_ID);
    let codes = api.call(Operation::VoucherCodesGetAll, codes).await.ok();
    assert!(
        codes
            .strings("VoucherCodes", "Value")
            .contains(&"KEPT".to_owned())
    );
}
