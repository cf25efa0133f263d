//! The example `campaign`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use mews_connector::bulk::FileJournal;
use mews_connector::prelude::*;
use mews_sandbox::{Fault, Operation, Sandbox, builtin};

use crate::process::{Process, command, succeeded};
use crate::proxy::{Fate, Proxy};
use crate::{POINTS_AT_A_TIME, client_of};

const PROGRAM: &str = env!("CARGO_BIN_EXE_campaign");
/// The number of codes of a campaign. Each code takes a request.
const CODES: usize = 48;
/// The number of points at which a campaign is killed. There are three requests in addition to those for the codes: one
/// that reads the server's time for each of the two journals, and one for the voucher.
const POINTS: usize = CODES + 3;

/// A campaign that is killed and started again.
struct Campaign<'a> {
    identifier: String,
    settle: &'a str,
    folder: tempfile::TempDir,
    proxy: Proxy,
}

impl<'a> Campaign<'a> {
    async fn new(sandbox: &Sandbox, identifier: String, settle: &'a str) -> Self {
        Self {
            identifier,
            settle,
            folder: tempfile::tempdir().unwrap(),
            proxy: Proxy::start(sandbox.url()).await,
        }
    }

    async fn run(&self) -> Output {
        let flags = [
            "--base-url",
            &self.proxy.url,
            "--identifier",
            &self.identifier,
            "--codes",
            &CODES.to_string(),
            "--batch-size",
            "1",
            "--settle",
            self.settle,
        ];
        self.proxy
            .process
            .run(command(PROGRAM, self.folder.path(), &flags))
            .await
    }

    /// Kills the campaign at a request, starts it again, and checks that each generated value was created once.
    async fn kill_and_continue(&self, client: &Client, point: usize, fate: Fate) {
        let context = format!("{fate:?} at request {point}");
        self.proxy.kill_at(point, fate);
        let killed = self.run().await;
        assert!(
            !killed.status.success() && !self.proxy.is_armed(),
            "{context}: {killed:?}"
        );
        let output = self.run().await;
        assert!(output.status.success(), "{context}: {output:?}");
        assert_eq!(self.created(client).await, self.drawn(), "{context}");
        assert_eq!(self.outcomes(), self.drawn(), "{context}");
    }

    /// Returns the values that the campaign has generated.
    fn drawn(&self) -> Vec<String> {
        let values = fs::read_to_string(self.folder.path().join("codes.txt")).unwrap();
        values.lines().map(str::to_owned).collect()
    }

    /// Returns the values of the codes in the sandbox. There must be one voucher.
    async fn created(&self, client: &Client) -> Vec<String> {
        let filter = VoucherFilter::services([builtin::SERVICE_ID.parse().unwrap()])
            .external_identifiers([self.identifier.as_str()]);
        let vouchers = client.vouchers().items(filter).collect_all().await.unwrap();
        assert_eq!(vouchers.len(), 1, "{vouchers:?}");
        let filter = VoucherCodeFilter::vouchers([vouchers[0].id]);
        let codes = client
            .voucher_codes()
            .items(filter)
            .collect_all()
            .await
            .unwrap();
        let mut values: Vec<_> = codes.into_iter().filter_map(|code| code.value).collect();
        values.sort();
        values
    }

    /// Returns the values that are created according to the CSV file.
    fn outcomes(&self) -> Vec<String> {
        let mut csv = csv::Reader::from_path(self.folder.path().join("outcomes.csv")).unwrap();
        let rows = csv.records().map(Result::unwrap);
        rows.filter(|row| &row[1] == "created")
            .map(|row| row[0].to_owned())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creates_each_code_once_wherever_it_is_killed() {
    let sandbox = Sandbox::builder().no_rate_limit().start().await.unwrap();
    let client = client_of(sandbox.url());
    let kill = async |point: usize| {
        // A request has taken effect or is lost, so no settle time is necessary.
        let fate = if point.is_multiple_of(2) {
            Fate::Responded
        } else {
            Fate::Lost
        };
        let campaign = Campaign::new(&sandbox, format!("POINT{point}"), "0").await;
        campaign.kill_and_continue(&client, point, fate).await;
    };
    stream::iter(1..=POINTS)
        .map(kill)
        .buffer_unordered(POINTS_AT_A_TIME)
        .collect::<()>()
        .await;
}

/// The request at which the campaign is killed arrives while the next process runs, and the sandbox commits it later
/// still. The settle time covers this delay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creates_each_code_once_if_the_sandbox_commits_late() {
    let late = Fault::commit_late(Duration::from_millis(100))
        .on(Operation::VoucherCodesAdd)
        .every(3);
    let sandbox = Sandbox::builder()
        .no_rate_limit()
        .fault(late)
        .start()
        .await
        .unwrap();
    let client = client_of(sandbox.url());
    let kill = async |point: usize| {
        let campaign = Campaign::new(&sandbox, format!("LATE{point}"), "3").await;
        campaign.kill_and_continue(&client, point, Fate::Late).await;
    };
    // At the request for the voucher, and at requests for codes.
    let points = [2].into_iter().chain((4..=POINTS).step_by(4));
    stream::iter(points)
        .map(kill)
        .buffer_unordered(3 * POINTS_AT_A_TIME)
        .collect::<()>()
        .await;
}

async fn run(folder: &Path, flags: &[&str]) -> Output {
    Process::default()
        .run(command(PROGRAM, folder, flags))
        .await
}

#[tokio::test]
async fn creates_a_campaign_with_one_command() {
    let folder = tempfile::tempdir().unwrap();
    // Without a URL, the example starts a sandbox.
    let output = succeeded(&run(folder.path(), &[]).await);
    assert!(
        output.contains("100 codes were created, 0 rejected"),
        "{output}"
    );
    let csv = fs::read_to_string(folder.path().join("outcomes.csv")).unwrap();
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("value,outcome,code_id,valid_from_utc,valid_until_utc,reason")
    );
    let values: BTreeSet<_> = lines
        .map(|line| {
            let columns: Vec<_> = line.split(',').collect();
            assert_eq!(columns[1], "created");
            assert_eq!(
                columns[3..],
                ["2027-05-31T22:00:00+00:00", "2027-08-31T21:59:59+00:00", ""]
            );
            columns[0].to_owned()
        })
        .collect();
    assert_eq!(values.len(), 100);
}

#[tokio::test]
async fn sends_the_local_dates_and_the_rates() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let dates = [
        "--from",
        "2027-03-01",
        "--until",
        "2027-03-31",
        "--time-zone",
        "America/New_York",
    ];
    let flags = [&["--base-url", sandbox.url(), "--codes", "1"][..], &dates].concat();
    succeeded(&run(folder.path(), &flags).await);
    let sent = |operation, pointer: &str| {
        let exchanges = sandbox.exchanges();
        let mut sent = exchanges
            .iter()
            .filter(|exchange| exchange.operation == Some(operation));
        sent.next()
            .unwrap()
            .request_body
            .pointer(pointer)
            .unwrap()
            .clone()
    };
    let rates = sent(
        Operation::VouchersAdd,
        "/VoucherParameters/0/AssignedRateIds",
    );
    assert_eq!(rates, serde_json::json!([builtin::RATE_IDS[0]]));
    let code = sent(Operation::VoucherCodesAdd, "/VoucherCodeParameters/0");
    // New York is 5 hours behind UTC on 1 March, and 4 hours on 31 March.
    assert_eq!(code["ValidityStartUtc"], "2027-03-01T05:00:00Z");
    assert_eq!(code["ValidityEndUtc"], "2027-04-01T03:59:59Z");

    // The same folder with other options is an error, not a second campaign.
    let other = [&flags[..], &["--name", "Another name"]].concat();
    let output = run(folder.path(), &other).await;
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("another job"), "{message}");
    let more = run(folder.path(), &[&flags[..2], &["--codes", "2"]].concat()).await;
    let message = String::from_utf8_lossy(&more.stderr).into_owned();
    assert!(message.contains("pass --codes 1"), "{message}");
}

#[tokio::test]
async fn reports_codes_that_were_not_created() {
    // The server rejects the fourth batch.
    let rule = Fault::status(403)
        .on(Operation::VoucherCodesAdd)
        .skip(3)
        .times(1000);
    let sandbox = Sandbox::builder().fault(rule).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--base-url",
        sandbox.url(),
        "--codes",
        "5",
        "--batch-size",
        "1",
        "--settle",
        "0",
    ];
    let output = run(folder.path(), &flags).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let csv = fs::read_to_string(folder.path().join("outcomes.csv")).unwrap();
    assert_eq!(csv.matches(",created,").count(), 3, "{csv}");
    assert_eq!(csv.matches(",rejected,").count(), 2, "{csv}");
}

/// Asserts that a process failed, and returns what it reported.
fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn a_second_process_with_the_same_folder_ends_before_it_draws_values() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("codes.journal");
    let _first = FileJournal::open(&path).unwrap();
    let message = failed(&run(folder.path(), &["--base-url", sandbox.url()]).await);
    assert!(message.contains(path.to_str().unwrap()), "{message}");
    assert!(message.contains("the journal is in use"), "{message}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(sandbox.exchanges().is_empty());
}

#[tokio::test]
async fn outcomes_stay_if_the_folder_is_used_for_another_campaign() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--base-url", sandbox.url(), "--codes", "2"];
    succeeded(&run(folder.path(), &flags).await);
    let outcomes = || fs::read_to_string(folder.path().join("outcomes.csv")).unwrap();
    let (before, requests) = (outcomes(), sandbox.exchanges().len());
    let other = [&flags[..], &["--until", "2027-09-30"]].concat();
    let message = failed(&run(folder.path(), &other).await);
    assert!(message.contains("another job"), "{message}");
    assert_eq!(outcomes(), before);
    assert_eq!(sandbox.exchanges().len(), requests);
    // The campaign itself is complete, and its outcomes can be written again.
    fs::remove_file(folder.path().join("outcomes.csv")).unwrap();
    succeeded(&run(folder.path(), &flags).await);
    assert_eq!(outcomes(), before);
}

#[tokio::test]
async fn invalid_flags_are_reported_before_a_file_is_written() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let long = "X".repeat(300);
    let rates = ["--rate", builtin::RATE_IDS[0]].repeat(11);
    for (flags, status, reason) in [
        (&["--identifier", "SUM\nMER"][..], 2, "line breaks"),
        (&["--identifier", ""], 2, "--identifier"),
        (&["--identifier", &long], 1, "ExternalIdentifier"),
        (&["--name", ""], 1, "Name"),
        (&rates, 1, "AssignedRateIds"),
        (&["--codes", "0"], 2, "--codes"),
        (&["--batch-size", "1001"], 2, "--batch-size"),
        (&["--until", "2027-05-31"], 1, "--until"),
    ] {
        let flags = [&["--base-url", sandbox.url()], flags].concat();
        let output = run(folder.path(), &flags).await;
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains(reason), "{message}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    assert!(sandbox.exchanges().is_empty());
    // So the same folder can be used with valid ones.
    let flags = [
        "--base-url",
        sandbox.url(),
        "--identifier",
        "A B",
        "--codes",
        "1",
    ];
    succeeded(&run(folder.path(), &flags).await);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_user_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    succeeded(&run(folder.path(), &["--codes", "1"]).await);
    let files = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
    let modes = files.map(|file| {
        (
            file.file_name(),
            file.metadata().unwrap().permissions().mode(),
        )
    });
    let modes: Vec<_> = modes.collect();
    assert_eq!(modes.len(), 4, "{modes:?}");
    for (name, mode) in modes {
        assert_eq!(mode & 0o777, 0o600, "{name:?}");
    }
}
