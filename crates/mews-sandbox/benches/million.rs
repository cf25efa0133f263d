//! A sandbox with a million codes: the time at the server, the memory, and the time of the obvious SQL for the same
//! pages.
//!
//! `cargo bench -p mews-sandbox`

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use mews_sandbox::{Operation, Sandbox, builtin};
use rusqlite::Connection;
use serde_json::{Value, json};

const CODES: u32 = 1_000_000;
const FIRST: u32 = 0x101;
const BINARY: &str = env!("CARGO_BIN_EXE_mews-sandbox");

/// Where a listing stands: at the newest code, in the middle, near the oldest.
const CURSORS: [Option<u32>; 3] = [None, Some(CODES / 2), Some(2_000)];

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    // `cargo test --all-targets` runs this, too, and is not to be kept waiting.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    print_line("what", "figure", "limit", "obvious SQL");
    for seed in [0, CODES] {
        start_up(seed)?;
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("million.db");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for is_file in [false, true] {
        let store = if is_file { "in a file" } else { "in memory" };
        runtime.block_on(async {
            let mut builder = Sandbox::builder()
                .no_rate_limit()
                .seed_codes(CODES)
                .keep_exchanges(1);
            if is_file {
                builder = builder.data_file(&path);
            }
            let bench = Bench {
                sandbox: builder.start().await?,
                http: reqwest::Client::new(),
                store,
            };
            bench.pages().await?;
            bench.intervals().await?;
            bench.adds().await
        })?;
    }
    baseline(&path)
}

struct Bench {
    sandbox: Sandbox,
    http: reqwest::Client,
    store: &'static str,
}

impl Bench {
    async fn pages(&self) -> Result<(), Failure> {
        for vouchers in [1, 10, 100, 1_000] {
            let mut times = Vec::new();
            // One voucher has a thousand codes; only its first page is full.
            let cursors = if vouchers == 1 {
                &CURSORS[..1]
            } else {
                &CURSORS[..]
            };
            for cursor in cursors {
                for _ in 0..10 {
                    let cursor = cursor.map(|number| identifier("c0de", number));
                    times.push(self.page(vouchers, cursor, None).await?.0);
                }
            }
            report(
                &format!("1000 codes of {vouchers} voucher(s), {}", self.store),
                times,
                10.0,
            );
        }
        Ok(())
    }

    /// What clients ask for: a full export of an interval, page by page, and polling for recent changes.
    async fn intervals(&self) -> Result<(), Failure> {
        let now = chrono::Utc::now();
        let days = chrono::TimeDelta::days;
        for (name, start, end) in [
            ("the last 3 months", now - days(89), now + days(1)),
            ("30 days long ago", now - days(120), now - days(90)),
            (
                "the last hour",
                now - chrono::TimeDelta::hours(1),
                now + days(1),
            ),
        ] {
            let mut times = Vec::new();
            let mut cursor = None;
            while times.len() < 30 {
                let (milliseconds, next) = self.page(100, cursor, Some((start, end))).await?;
                times.push(milliseconds);
                // From the start again at the end of the listing, as a client does at the next poll.
                cursor = next;
            }
            report(
                &format!("100 vouchers, updated in {name}, {}", self.store),
                times,
                60.0,
            );
        }
        Ok(())
    }

    async fn adds(&self) -> Result<(), Failure> {
        let mut times = Vec::new();
        for round in 0..50 {
            let parameters: Vec<Value> = (0..1_000)
                .map(|index| json!({ "VoucherId": voucher(index % 1_000), "Value": format!("ADDED-{round}-{index}") }))
                .collect();
            let body = json!({ "VoucherCodeParameters": parameters });
            times.push(self.call(Operation::VoucherCodesAdd, body).await?.0);
        }
        report(&format!("adding 1000 codes, {}", self.store), times, 50.0);
        memory(
            "memory of the process after the work above",
            std::process::id(),
        );
        Ok(())
    }

    async fn page(
        &self,
        vouchers: u32,
        cursor: Option<String>,
        updated: Option<(chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>)>,
    ) -> Result<(f64, Option<String>), Failure> {
        let text = |instant: chrono::DateTime<chrono::Utc>| instant.format("%FT%TZ").to_string();
        let body = json!({
            "VoucherIds": (0..vouchers).map(voucher).collect::<Vec<_>>(),
            "UpdatedUtc": updated.map(|(start, end)| json!({ "StartUtc": text(start), "EndUtc": text(end) })),
            "Limitation": { "Count": 1_000, "Cursor": cursor },
        });
        self.call(Operation::VoucherCodesGetAll, body).await
    }

    /// Milliseconds at the server, and the cursor of the response.
    async fn call(
        &self,
        operation: Operation,
        mut body: Value,
    ) -> Result<(f64, Option<String>), Failure> {
        for (name, value) in [
            ("ClientToken", builtin::CLIENT_TOKEN),
            ("AccessToken", builtin::ACCESS_TOKEN),
            ("Client", "Benchmark 1.0.0"),
        ] {
            body[name] = value.into();
        }
        let request = self
            .http
            .post(format!("{}{}", self.sandbox.url(), operation.path()))
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if status != 200 {
            return Err(text.into());
        }
        let exchange = self
            .sandbox
            .exchanges()
            .pop()
            .ok_or("the exchange is not kept")?;
        let response: Value = serde_json::from_str(&text)?;
        let cursor = response["Cursor"].as_str().map(ToOwned::to_owned);
        Ok((exchange.milliseconds, cursor))
    }
}

/// From the start of the process until it says where it listens, and the memory it takes then and after some pages.
fn start_up(seed: u32) -> Result<(), Failure> {
    let mut times = Vec::new();
    let rounds = if seed == 0 { 20 } else { 1 };
    for _ in 0..rounds {
        let started = Instant::now();
        let mut process = Command::new(BINARY)
            .args(["--port", "0", "--seed-codes", &seed.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
        if seed > 0 {
            memory(
                "memory of a new process, a million codes in it",
                process.id(),
            );
        }
        process.kill()?;
        process.wait()?;
    }
    if seed == 0 {
        report("start of the process, empty store", times, 50.0);
    } else {
        print_line(
            "start with a million codes",
            &format!("{:.0} ms", times[0]),
            "",
            "",
        );
    }
    Ok(())
}

/// Reports the memory of a process, and the most that it ever had.
fn memory(what: &str, process: u32) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        kilobytes.unwrap_or(f64::NAN) / 1_000.0
    };
    print_line(
        what,
        &format!(
            "{:.0} MB, most {:.0}",
            megabytes("VmRSS"),
            megabytes("VmHWM")
        ),
        "150 MB",
        "",
    );
}

/// The same pages by the SQL that one would write first, without HTTP, JSON and checks around it.
fn baseline(path: &std::path::Path) -> Result<(), Failure> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "cache_size", -32_000)?;
    for (vouchers, offset) in [
        (1, false),
        (10, false),
        (100, false),
        (1_000, false),
        (1_000, true),
    ] {
        let list = (0..vouchers)
            .map(|index| (FIRST + index).to_string())
            .collect::<Vec<_>>()
            .join(",");
        let position = if offset {
            "LIMIT 1000 OFFSET 500000"
        } else {
            "LIMIT 1000"
        };
        let sql = format!(
            "SELECT * FROM codes WHERE voucher IN ({list}) ORDER BY number DESC {position}"
        );
        let mut statement = connection.prepare(&sql)?;
        let mut times = Vec::new();
        for _ in 0..3 {
            let started = Instant::now();
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            times.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        times.sort_by(f64::total_cmp);
        let what = if offset {
            "by offset, from the middle"
        } else {
            "from the newest"
        };
        print_line(
            &format!("1000 codes of {vouchers} voucher(s) {what}"),
            "",
            "",
            &format!("{:.1} ms", times[1]),
        );
    }
    Ok(())
}

fn voucher(index: u32) -> String {
    identifier("d15c", FIRST + index)
}

fn identifier(prefix: &str, number: u32) -> String {
    format!("{prefix}0000-0000-4000-8000-{number:012x}")
}

fn report(what: &str, mut times: Vec<f64>, limit: f64) {
    times.sort_by(f64::total_cmp);
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    print_line(
        what,
        &format!("{median:.1} ms, worst {worst:.1}"),
        &format!("{limit:.0} ms"),
        "",
    );
}

// A benchmark speaks to a terminal.
#[allow(clippy::print_stdout)]
fn print_line(what: &str, figure: &str, limit: &str, sql: &str) {
    println!("{what:<62} {figure:>24} {limit:>8} {sql:>12}");
}
