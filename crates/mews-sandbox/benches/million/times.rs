//! The time at the server, from the request to the response.

use std::path::Path;
use std::time::Instant;

use chrono::{TimeDelta, Utc};
use mews_sandbox::{Operation, Sandbox};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::work::{self, Client};
use super::{CODES, FIRST, Failure, VOUCHERS, table};

/// The measured times: a row for each kind of work, with a cell for each column.
#[derive(Default)]
pub(super) struct Times {
    rows: Vec<(String, [String; 3])>,
    page: Option<(usize, usize)>,
}

const SQL: usize = 2;

const BY_OFFSET: &str = "… of 1000 vouchers, from the middle by offset";

impl Times {
    pub(super) async fn measure(&mut self, sandbox: Sandbox, is_file: bool) -> Result<(), Failure> {
        let column = usize::from(is_file);
        let client = Client::new(sandbox.url())?;
        let bench = Bench { sandbox, client };
        for vouchers in [1, 10, 100, VOUCHERS] {
            let times = bench.pages(vouchers).await?;
            self.add(&page_of(vouchers), column, &times);
        }
        // Filled in later, by the SQL.
        self.add(BY_OFFSET, SQL, &[]);
        let (now, days) = (Utc::now(), TimeDelta::days);
        for (name, start, end) in [
            (
                "updated in the last 3 months",
                now - days(89),
                now + days(1),
            ),
            (
                "updated in 30 days long ago",
                now - days(120),
                now - days(90),
            ),
            (
                "updated in the last hour",
                now - TimeDelta::hours(1),
                now + days(1),
            ),
        ] {
            let text = |time: chrono::DateTime<Utc>| time.format("%FT%TZ").to_string();
            let interval = json!({ "StartUtc": text(start), "EndUtc": text(end) });
            let times = bench.listing(&interval).await?;
            self.add(&format!("… of 100 vouchers, {name}"), column, &times);
        }
        let mut times = Vec::new();
        for round in 0..50 {
            let body = work::add(round);
            times.push(bench.call(Operation::VoucherCodesAdd, body).await?.0);
        }
        self.add("adding 1000 codes", column, &times);
        self.page = Some(bench.sizes().await?);
        Ok(())
    }

    /// Measures the obvious SQL for the same pages, without HTTP, JSON and checks.
    pub(super) fn baseline(&mut self, path: &Path) -> Result<(), Failure> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "cache_size", -64_000)?;
        for (vouchers, offset) in [
            (1, 0),
            (10, 0),
            (100, 0),
            (VOUCHERS, 0),
            (VOUCHERS, CODES / 2),
        ] {
            let list: Vec<_> = (FIRST..FIRST + vouchers)
                .map(|number| number.to_string())
                .collect();
            let sql = format!(
                "SELECT * FROM codes WHERE voucher IN ({}) ORDER BY number DESC LIMIT 1000 OFFSET {offset}",
                list.join(",")
            );
            let mut statement = connection.prepare(&sql)?;
            let mut times = Vec::new();
            for _ in 0..3 {
                let started = Instant::now();
                let mut rows = statement.query([])?;
                while rows.next()?.is_some() {}
                times.push(started.elapsed().as_secs_f64() * 1_000.0);
            }
            let name = match offset {
                0 => page_of(vouchers),
                _ => BY_OFFSET.to_owned(),
            };
            self.add(&name, SQL, &times);
        }
        Ok(())
    }

    /// Adds the median and the worst of some times, in milliseconds.
    pub(super) fn add(&mut self, name: &str, column: usize, times: &[f64]) {
        let mut times = times.to_vec();
        times.sort_by(f64::total_cmp);
        let cell = match (times.get(times.len() / 2), times.last()) {
            (Some(median), Some(worst)) => format!("{median:.1} ms (worst {worst:.1})"),
            _ => String::new(),
        };
        let found = self.rows.iter_mut().find(|(row, _)| row == name);
        if let Some((_, cells)) = found {
            cells[column] = cell;
        } else {
            let mut cells = <[String; 3]>::default();
            cells[column] = cell;
            self.rows.push((name.to_owned(), cells));
        }
    }

    pub(super) fn print(&self) {
        table::head(&["what", "in memory", "in a file", "obvious SQL only"]);
        for (name, [memory, file, sql]) in &self.rows {
            table::row(&[name, memory, file, sql]);
        }
        if let Some((plain, compressed)) = self.page {
            table::line("");
            table::line(&format!(
                "A page of 1000 codes has {} kB, and {} kB with gzip.",
                plain / 1_000,
                compressed / 1_000
            ));
        }
    }
}

fn page_of(vouchers: u32) -> String {
    match vouchers {
        1 => "a page of 1000 codes of 1 voucher".to_owned(),
        _ => format!("… of {vouchers} vouchers, at any cursor"),
    }
}

struct Bench {
    sandbox: Sandbox,
    client: Client,
}

impl Bench {
    /// Full pages at the newest code, in the middle, and near the oldest.
    async fn pages(&self, vouchers: u32) -> Result<Vec<f64>, Failure> {
        let mut times = Vec::new();
        // One voucher has a thousand codes; only its first page is full.
        let places: &[Option<u32>] = match vouchers {
            1 => &[None],
            _ => &[None, Some(CODES / 2), Some(200_000)],
        };
        for place in places {
            for _ in 0..30 / places.len() {
                let body = work::page(vouchers, place.map(work::cursor).as_deref(), None);
                times.push(self.call(Operation::VoucherCodesGetAll, body).await?.0);
            }
        }
        Ok(times)
    }

    /// Measures the pages of an interval. At the end of the listing it starts again, like a client that polls.
    async fn listing(&self, interval: &Value) -> Result<Vec<f64>, Failure> {
        let mut times = Vec::new();
        let mut cursor: Option<String> = None;
        while times.len() < 30 {
            let body = work::page(100, cursor.as_deref(), Some(interval));
            let (milliseconds, response) = self.call(Operation::VoucherCodesGetAll, body).await?;
            times.push(milliseconds);
            cursor = response["Cursor"].as_str().map(ToOwned::to_owned);
        }
        Ok(times)
    }

    /// Sends a request, and returns the milliseconds at the server and the response.
    async fn call(&self, operation: Operation, body: Value) -> Result<(f64, Value), Failure> {
        let response = self.client.call(operation, body).await?;
        let exchange = self
            .sandbox
            .exchanges()
            .pop()
            .ok_or("the exchange is not kept")?;
        Ok((exchange.milliseconds, response))
    }

    /// Returns the length of a page, plain and compressed.
    async fn sizes(&self) -> Result<(usize, usize), Failure> {
        let length = async |encoding: &str| -> Result<usize, Failure> {
            let body = work::text(work::page(100, Some(&work::cursor(CODES / 2)), None));
            let request = self.client.request(Operation::VoucherCodesGetAll, body);
            let response = request.header("accept-encoding", encoding).send().await?;
            Ok(response.bytes().await?.len())
        };
        Ok((length("identity").await?, length("gzip").await?))
    }
}
