//! Jobs that are resumed from a journal.

use std::error::Error as StdError;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mews_connector::bulk::{FileJournal, Journal, JournalError, Outcome, Rejection, Resumed};
use mews_connector::clock::ManualClock;
use mews_connector::{
    Client, NewVoucher, NewVoucherCode, RateLimit, VoucherCodeFilter, VoucherUpdate,
};
use mews_sandbox::{Builder, Fault, Operation, Sandbox, builtin};
use tempfile::TempDir;

use crate::fake_server::{Behavior, FakeServer};
use crate::linked_clock::{LinkedClock, commit_late};
use crate::setup::{client_of, client_with_clock, id, start};

fn codes(count: usize) -> Vec<NewVoucherCode> {
    let voucher = id(builtin::VOUCHER_ID);
    (0..count)
        .map(|n| NewVoucherCode::new(voucher, format!("N-{n:04}")))
        .collect()
}

async fn made(client: &Client) -> Vec<String> {
    let filter = VoucherCodeFilter::vouchers([id(builtin::VOUCHER_ID)]);
    let codes = client
        .voucher_codes()
        .items(filter)
        .collect_all()
        .await
        .unwrap();
    let values = codes.into_iter().filter_map(|code| code.value);
    let mut values: Vec<_> = values.filter(|value| value.starts_with("N-")).collect();
    values.sort();
    values
}

fn folder() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.journal");
    (folder, path)
}

fn open(path: &Path) -> FileJournal {
    FileJournal::open(path).unwrap()
}

async fn linked(fault: Fault) -> (Sandbox, Client, LinkedClock) {
    let clock = LinkedClock::new();
    let sandbox = Sandbox::builder()
        .no_rate_limit()
        .clock(clock.of_sandbox(Arc::default()))
        .observe(clock.observer())
        .fault(fault)
        .start()
        .await
        .unwrap();
    clock.link(sandbox.faults());
    let client = client_with_clock(sandbox.url(), clock.clone());
    (sandbox, client, clock)
}

/// The job is dropped while the server still processes a batch, and is resumed at once.
#[tokio::test]
async fn resumed_job_that_was_dropped_in_flight_duplicates_nothing() {
    for received in [true, false] {
        let fault = commit_late().on(Operation::VoucherCodesAdd);
        let (_sandbox, client, clock) = linked(fault).await;
        let (_folder, path) = folder();
        let bulk = client
            .bulk()
            .batch_size(200)
            .concurrency(2)
            .journal(open(&path));
        // The job is dropped while the server delays the first batch, or before it has received anything.
        let in_flight = async {
            if received {
                clock.until_late_is(true).await;
            }
        };
        tokio::select! {
            biased;
            report = bulk.add_voucher_codes(codes(500)) => panic!("{report:?}"),
            () = in_flight => {}
        }
        drop(bulk);
        let resumed = client
            .bulk()
            .batch_size(200)
            .resume(open(&path))
            .await
            .unwrap();
        let Resumed::AddVoucherCodes(report) = &resumed else {
            panic!("{resumed:?}");
        };
        assert!(resumed.is_complete(), "{:?}", report.counts());
        let values = made(&client).await;
        assert_eq!(values.len(), 500);
        for (index, code) in report.applied() {
            assert_eq!(code.value.as_deref(), Some(&*values[index]));
        }
    }
}

/// A journal in memory, which fails after a number of appends as if the process had ended.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    lines: Arc<Mutex<Vec<String>>>,
    appends_left: Arc<Mutex<Option<usize>>>,
}

impl Memory {
    fn failing_after(appends: usize) -> Self {
        Self {
            appends_left: Arc::new(Mutex::new(Some(appends))),
            ..Self::default()
        }
    }

    fn of(lines: Vec<String>) -> Self {
        Self {
            lines: Arc::new(Mutex::new(lines)),
            ..Self::default()
        }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl Journal for Memory {
    fn read(&self) -> Result<Vec<String>, Box<dyn StdError + Send + Sync>> {
        Ok(self.lines())
    }

    fn append(&self, lines: &[String]) -> Result<(), Box<dyn StdError + Send + Sync>> {
        match &mut *self.appends_left.lock().unwrap() {
            Some(0) => return Err("the disk is full".into()),
            Some(left) => *left -= 1,
            None => {}
        }
        self.lines.lock().unwrap().extend_from_slice(lines);
        Ok(())
    }
}

#[tokio::test]
async fn resumed_job_that_ended_at_any_line_duplicates_and_loses_nothing() {
    for fault in [
        None,
        Some(Fault::drop_after_commit()),
        Some(Fault::drop_before_reading()),
    ] {
        for appends in 1.. {
            let fault = fault
                .clone()
                .map(|fault| fault.on(Operation::VoucherCodesAdd).skip(1));
            let builder = fault.into_iter().fold(Sandbox::builder(), Builder::fault);
            let (_sandbox, client, _) = start(builder).await;
            let bulk = client.bulk().batch_size(4).concurrency(2);
            let journal = Memory::failing_after(appends);
            let report = bulk
                .clone()
                .journal(journal.clone())
                .add_voucher_codes(codes(12))
                .await;
            let is_over = report.stopped().is_none();
            let rest = Memory::of(journal.lines());
            let resumed = bulk.resume(rest.clone()).await.unwrap();
            assert!(resumed.is_complete(), "{appends}: {resumed:?}");
            assert_eq!(made(&client).await.len(), 12, "{appends}");
            // Another run, with the inputs, has nothing left to send.
            let again = bulk
                .clone()
                .journal(rest)
                .add_voucher_codes(codes(12))
                .await;
            assert!(again.is_complete());
            assert_eq!(again.requests(), 0);
            if is_over {
                break;
            }
        }
    }
}

#[tokio::test]
async fn job_whose_inputs_were_not_recorded_sends_nothing() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let journal = Memory::failing_after(0);
    let bulk = client.bulk().journal(journal.clone());
    let report = bulk.add_voucher_codes(codes(3)).await;
    assert_eq!(report.counts().not_applied, 3);
    assert!(
        report.stopped().unwrap().to_string().contains("journal"),
        "{:?}",
        report.stopped()
    );
    assert!(sandbox.exchanges().is_empty());
    let error = client.bulk().resume(journal).await.unwrap_err();
    assert!(matches!(error, JournalError::Empty), "{error}");
}

#[tokio::test]
async fn file_journal_tolerates_an_incomplete_last_line_and_contains_no_token() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let (_folder, path) = folder();
    let bulk = client.bulk().batch_size(4);
    let report = bulk
        .clone()
        .journal(open(&path).sync_data(true))
        .add_voucher_codes(codes(12))
        .await;
    assert!(report.is_complete());
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{\"job\":{\"version\":1,\"operation\":\"voucherCodes/add\""));
    assert!(text.contains("N-0003"));
    for token in [builtin::CLIENT_TOKEN, builtin::ACCESS_TOKEN] {
        assert!(!text.contains(token));
    }
    // The last outcome is incomplete, so the job verifies the input with a listing.
    std::fs::write(&path, &text[..text.len() - 30]).unwrap();
    let resumed = bulk.resume(open(&path)).await.unwrap();
    assert!(resumed.is_complete(), "{resumed:?}");
    assert_eq!(made(&client).await.len(), 12);
    // An incomplete first line means that nothing was sent.
    std::fs::write(&path, &text[..40]).unwrap();
    let report = bulk.journal(open(&path)).add_voucher_codes(codes(0)).await;
    assert!(report.is_complete());
}

#[tokio::test]
async fn file_journal_is_used_by_one_job_at_a_time() {
    let (_folder, path) = folder();
    let first = open(&path);
    let error = FileJournal::open(&path).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    drop(first);
    let _ = open(&path);
}

#[tokio::test]
async fn mismatched_inputs_and_invalid_journals_are_errors_that_name_the_difference() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let journal = Memory::default();
    let bulk = client.bulk().journal(journal.clone());
    assert!(bulk.add_voucher_codes(codes(3)).await.is_complete());
    sandbox.clear_exchanges();
    let mut others = codes(3);
    others[1] = NewVoucherCode::new(id(builtin::VOUCHER_ID), "OTHER");
    for (inputs, difference) in [(codes(2), "3 inputs instead of 2"), (others, "input 1,")] {
        let report = bulk.add_voucher_codes(inputs).await;
        let stopped = report.stopped().unwrap().to_string();
        assert!(stopped.contains(difference), "{stopped}");
        assert_eq!(report.counts().applied, 0);
    }
    let report = bulk.delete_voucher_codes([id(builtin::CODE_ID)]).await;
    let stopped = report.stopped().unwrap().to_string();
    assert!(stopped.contains("a job of voucherCodes/add"), "{stopped}");
    let hotel = client.for_enterprises([id(builtin::ENTERPRISE_ID)]);
    let report = hotel
        .bulk()
        .journal(journal.clone())
        .add_voucher_codes(codes(3))
        .await;
    let stopped = report.stopped().unwrap().to_string();
    assert!(stopped.contains("another enterprise"), "{stopped}");
    assert!(sandbox.exchanges().is_empty());

    let any = client.bulk();
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = journal.lines();
        change(&mut lines);
        any.resume(Memory::of(lines))
    };
    let error = with(&|lines| lines[0] = lines[0].replace("\"version\":1", "\"version\":2"));
    assert!(matches!(
        error.await.unwrap_err(),
        JournalError::Version { version: 2 }
    ));
    let error = with(&|lines| lines[2] = "nonsense".into())
        .await
        .unwrap_err();
    assert!(
        matches!(error, JournalError::Invalid { line: 3, .. }),
        "{error}"
    );
    let error = with(&|lines| lines[1] = r#"{"input":{"Value":5}}"#.into())
        .await
        .unwrap_err();
    assert!(
        matches!(error, JournalError::Invalid { line: 2, .. }),
        "{error}"
    );
    // The process ended while it wrote the inputs, and the next one wrote them again.
    let error = with(&|lines| {
        let interrupted = lines[..2].to_vec();
        lines[1] = r#"{"input":{"Value":5}}"#.into();
        lines.splice(..0, interrupted);
    });
    let error = error.await.unwrap_err();
    assert!(
        matches!(error, JournalError::Invalid { line: 4, .. }),
        "{error}"
    );
    let error = with(&|lines| lines.truncate(2)).await.unwrap_err();
    assert!(matches!(error, JournalError::Empty), "{error}");
    let unknown = r#"{"unknown":{"input":3,"reason":""}}"#;
    let error = with(&|lines| lines.push(unknown.into())).await.unwrap_err();
    assert!(error.to_string().contains("unknown input 3"), "{error}");
    assert!(sandbox.exchanges().is_empty());
}

#[tokio::test]
async fn input_sent_without_a_server_time_is_unknown_if_a_matching_record_exists() {
    let (_sandbox, client, _) = start(Sandbox::builder()).await;
    let journal = Memory::default();
    let bulk = client.bulk().batch_size(4).journal(journal.clone());
    assert!(bulk.add_voucher_codes(codes(4)).await.is_complete());
    // The process ended before the response was recorded, and no earlier response had a `Date`.
    let mut lines: Vec<String> = journal.lines();
    lines.retain(|line| !line.starts_with("{\"applied\""));
    let sending = lines.last_mut().unwrap();
    let at = sending.find("\"after\":").unwrap();
    sending.replace_range(at.., "\"after\":null}}");
    let resumed = client.bulk().resume(Memory::of(lines)).await.unwrap();
    assert_eq!(resumed.counts().unknown, 4, "{resumed:?}");
    assert!(!resumed.is_complete());
    let Resumed::AddVoucherCodes(report) = resumed else {
        panic!("{resumed:?}");
    };
    let Outcome::Unknown(error) = &report.outcomes()[0] else {
        panic!("{report:?}");
    };
    assert!(error.maybe_applied() && !error.is_retryable(), "{error}");
    assert_eq!(made(&client).await.len(), 4);
}

/// A request is recorded before it waits for the rate limit, so the journal does not show when it was sent.
#[tokio::test]
async fn resumed_job_waits_for_the_settle_time_of_a_request_that_waited_in_the_queue() {
    let second = Duration::from_secs(1);
    let clock = ManualClock::new();
    let behavior = Behavior {
        late: Some(250 * second),
        ..Behavior::default()
    };
    let server = FakeServer::start(&clock, behavior).await;
    // The request for the server's time takes the slot, so the add is sent 100 seconds after it is recorded.
    let slow = RateLimit::new(NonZeroUsize::MIN, 100 * second);
    let client = client_of(server.url(), &clock).rate_limit(slow);
    let journal = Memory::failing_after(2);
    let bulk = client.build().unwrap().bulk().settle(Duration::ZERO);
    let bulk = bulk.journal(journal.clone());
    let report = bulk.add_voucher_codes(codes(2)).await;
    assert!(report.stopped().is_some());
    assert_eq!((server.requests().0, clock.elapsed().as_secs()), (1, 200));

    let client = client_of(server.url(), &clock).build().unwrap();
    let bulk = client.bulk().settle(255 * second);
    let resumed = bulk.resume(Memory::of(journal.lines())).await.unwrap();
    assert!(resumed.is_complete(), "{resumed:?}");
    server.finish();
    assert_eq!(server.values(), ["N-0000", "N-0001"]);
}

#[tokio::test]
async fn every_kind_of_job_is_resumed() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let service = id(builtin::SERVICE_ID);
    let new =
        |n| NewVoucher::public(service, format!("V-{n}")).external_identifier(format!("V-{n}"));
    let change = |voucher: &str| VoucherUpdate::new(id(voucher)).name("Changed");
    for appends in 2..4 {
        sandbox.faults().clear();
        let bulk = client.bulk().batch_size(1).concurrency(1);
        let journals: [Memory; 4] = std::array::from_fn(|_| Memory::failing_after(appends));
        let failing = |at: usize| bulk.clone().journal(journals[at].clone());
        let vouchers = failing(0)
            .add_vouchers((0..3).map(|n| new(10 * appends + n)))
            .await;
        assert!(vouchers.stopped().is_some());
        let changes = [builtin::VOUCHER_ID, builtin::PARTNER_VOUCHER_ID].map(change);
        let _ = failing(1).update_vouchers(changes).await;
        let added = client.voucher_codes().add(codes(2)).await.unwrap();
        let ids: Vec<_> = added.iter().map(|code| code.id).collect();
        let of_voucher = failing(2).of_vouchers([id(builtin::VOUCHER_ID)]);
        let _ = of_voucher.delete_voucher_codes(ids).await;
        let all = client.vouchers();
        let made = all.add([
            NewVoucher::public(service, "A"),
            NewVoucher::public(service, "B"),
        ]);
        let made: Vec<_> = made
            .await
            .unwrap()
            .iter()
            .map(|voucher| voucher.id)
            .collect();
        let _ = failing(3)
            .of_services([service])
            .delete_vouchers(made)
            .await;
        for journal in journals {
            let full = Memory::failing_after(0);
            full.lines.lock().unwrap().extend(journal.lines());
            let resumed = bulk.resume(full).await.unwrap();
            assert!(resumed.stopped().is_some() && !resumed.is_complete());
            let resumed = bulk.resume(Memory::of(journal.lines())).await.unwrap();
            assert!(resumed.is_complete(), "{appends}: {resumed:?}");
        }
    }
}

#[tokio::test]
async fn rejection_is_restored_from_the_journal() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let journal = Memory::default();
    let mut inputs = codes(3);
    inputs[1] = NewVoucherCode::new(id("d15c0000-0000-4000-8000-00000000ffff"), "LOST");
    inputs[2] = NewVoucherCode::new(id(builtin::VOUCHER_ID), "");
    let _ = client
        .bulk()
        .journal(journal.clone())
        .add_voucher_codes(inputs)
        .await;
    sandbox.clear_exchanges();
    let Resumed::AddVoucherCodes(report) = client.bulk().resume(journal).await.unwrap() else {
        panic!("another job");
    };
    assert!(sandbox.exchanges().is_empty());
    let Outcome::Rejected(Rejection::Server(error)) = &report.outcomes()[1] else {
        panic!("{:?}", report.outcomes());
    };
    assert_eq!(error.status().unwrap().as_u16(), 400);
    assert!(report.outcomes()[1].reason().unwrap().contains("VoucherId"));
    assert!(matches!(
        report.outcomes()[2],
        Outcome::Rejected(Rejection::Invalid(_))
    ));
}

/// A journal that panics when it is called.
struct Panics;

impl Journal for Panics {
    fn read(&self) -> Result<Vec<String>, Box<dyn StdError + Send + Sync>> {
        panic!("the journal fails")
    }

    fn append(&self, _: &[String]) -> Result<(), Box<dyn StdError + Send + Sync>> {
        panic!("the journal fails")
    }
}

#[tokio::test]
async fn job_whose_journal_panics_sends_nothing() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let report = client
        .bulk()
        .journal(Panics)
        .add_voucher_codes(codes(3))
        .await;
    assert_eq!(report.counts().unknown, 3);
    assert!(sandbox.exchanges().is_empty());
}

/// An unusable journal proves nothing about the inputs, because an earlier process may have sent them.
#[tokio::test]
async fn inputs_of_an_unusable_journal_are_unknown() {
    let (sandbox, client, _) = start(Sandbox::builder()).await;
    let (_folder, path) = folder();
    let run = async |inputs| {
        let bulk = client.bulk().journal(open(&path));
        bulk.add_voucher_codes(codes(inputs)).await
    };
    assert!(run(3).await.is_complete());
    sandbox.clear_exchanges();
    let written = std::fs::read_to_string(&path).unwrap();
    for (content, inputs, reason) in [
        (
            written.replace("\"version\":1", "\"version\":2"),
            3,
            "version 2",
        ),
        (
            written.replace("{\"applied\"", "{\"unknown\"!"),
            3,
            "line 6",
        ),
        (written.clone(), 2, "3 inputs instead of 2"),
    ] {
        std::fs::write(&path, &content).unwrap();
        let report = run(inputs).await;
        assert_eq!(report.counts().unknown, inputs, "{report:?}");
        let stopped = report.stopped().unwrap().to_string();
        assert!(stopped.contains(reason), "{stopped}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    assert!(sandbox.exchanges().is_empty());
}

#[test]
fn opening_a_file_journal_rejects_other_files_and_changes_nothing() {
    let (_folder, path) = folder();
    for other in [
        "notes of a user",
        "notes of a user\n",
        "{\"name\":\"settings of a user\"}",
        "[1]\n",
        " {\"job\":1}\n",
    ] {
        std::fs::write(&path, other).unwrap();
        let error = FileJournal::open(&path).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{other}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), other);
    }
    // An incomplete last line stays until lines are appended, and is never read.
    for (complete, torn) in [("", "{\"jo"), ("{\"job\":1}\n", "{\"input\":")] {
        std::fs::write(&path, format!("{complete}{torn}")).unwrap();
        let journal = open(&path);
        let lines = journal.read().unwrap();
        assert_eq!(lines, complete.lines().collect::<Vec<_>>());
        let unchanged = std::fs::read_to_string(&path).unwrap();
        assert_eq!(unchanged, format!("{complete}{torn}"));
        journal.append(&["{\"job\":2}".into()]).unwrap();
        let appended = std::fs::read_to_string(&path).unwrap();
        assert_eq!(appended, format!("{complete}{{\"job\":2}}\n"));
    }
}
