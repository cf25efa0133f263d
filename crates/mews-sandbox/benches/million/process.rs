//! The sandbox as a separate process: the start, the memory, and the throughput.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mews_sandbox::Operation;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::times::Times;
use super::work::{self, Client};
use super::{CODES, Failure, VOUCHERS, table};

const BINARY: &str = env!("CARGO_BIN_EXE_mews-sandbox");

/// The number of clients at once, and the time for which they send requests.
const CLIENTS: usize = 16;
const ROUNDS: u32 = 4;
const ROUND: Duration = Duration::from_secs(3);

/// A running process, killed when it is dropped.
struct Server {
    process: Child,
    url: String,
    host: String,
}

impl Server {
    fn start(seed_codes: u32) -> Result<Self, Failure> {
        let mut process = Command::new(BINARY)
            .args([
                "--port",
                "0",
                "--format",
                "json",
                "--quiet",
                "--no-rate-limit",
            ])
            .args(["--seed-codes", &seed_codes.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = process.stdout.take().ok_or("no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let start: Value = serde_json::from_str(&line)?;
        let url = start["Url"].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            process,
            host: url.replace("http://", ""),
            url,
        })
    }

    fn memory(&self, name: &str) -> f64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kibibytes.unwrap_or(f64::NAN) * 1_024.0 / 1e6
    }

    /// Prints the memory of the process, now and at its peak.
    fn print_memory(&self, when: &str) {
        let megabytes = |name| format!("{:.0} MB", self.memory(name));
        table::row(&[when, &megabytes("VmRSS:"), &megabytes("VmHWM:")]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Measures the time from the start of a process to the line that reports its URL.
pub(super) fn start_up(times: &mut Times) -> Result<(), Failure> {
    for (codes, rounds, name) in [
        (0, 20, "start of the process, empty store"),
        (CODES, 3, "start of the process, a million codes"),
    ] {
        let mut samples = Vec::new();
        for _ in 0..rounds {
            let started = Instant::now();
            let server = Server::start(codes)?;
            samples.push(started.elapsed().as_secs_f64() * 1_000.0);
            drop(server);
        }
        times.add(name, 0, &samples);
    }
    Ok(())
}

/// Prints the memory of processes, empty and with a million codes.
pub(super) fn memory(runtime: &Runtime) -> Result<(), Failure> {
    table::head(&["memory of the process", "now", "peak"]);
    runtime.block_on(async {
        let empty = Server::start(0)?;
        empty.print_memory("empty store");
        let client = Client::new(&empty.url)?;
        for _ in 0..3 {
            let request = client.request(Operation::VoucherCodesAdd, " ".repeat(8 * 1024 * 1024));
            let status = request.send().await?.status();
            if status != 413 {
                return Err(format!("expected 413, but the status was {status}").into());
            }
        }
        empty.print_memory("… after three rejected bodies of 8 MiB");

        let full = Server::start(CODES)?;
        full.print_memory("a million codes in memory");
        let client = Client::new(&full.url)?;
        for index in 0..300 {
            let body = work::page(VOUCHERS, Some(&work::cursor(place(index))), None);
            client.call(Operation::VoucherCodesGetAll, body).await?;
        }
        for round in 0..50 {
            client
                .call(Operation::VoucherCodesAdd, work::add(round))
                .await?;
        }
        full.print_memory("… after 300 large pages and 50,000 more codes");
        Ok(())
    })
}

/// Returns a place in the listing that seems random, and is not close to its end.
fn place(index: u32) -> u32 {
    CODES / 4 + index.wrapping_mul(0x9e37_79b1) % (CODES / 2)
}

/// The totals of some clients.
#[derive(Default)]
struct Totals {
    pages: f64,
    seconds: f64,
    server: f64,
    clients: f64,
}

/// Prints the throughput of one client and of many, with the CPU time of the server and of the clients.
pub(super) fn throughput() -> Result<(), Failure> {
    let server = Server::start(CODES)?;
    // Requests and responses are not worth a library here: the clients are to take as little CPU time as possible.
    let requests: Vec<Vec<u8>> = (0..64)
        .map(|index| {
            let body = work::text(work::page(100, Some(&work::cursor(place(index))), None));
            let path = Operation::VoucherCodesGetAll.path();
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                server.host,
                body.len()
            );
            [head.into_bytes(), body.into_bytes()].concat()
        })
        .collect();
    let (mut one, mut many) = (Totals::default(), Totals::default());
    // Alternating, so that a load of the machine that changes affects both.
    for _ in 0..ROUNDS {
        read_pages(&server, &requests, 1, &mut one)?;
        read_pages(&server, &requests, CLIENTS, &mut many)?;
    }
    let rate = |totals: &Totals| totals.pages / totals.seconds;
    let milliseconds =
        |seconds: f64, totals: &Totals| format!("{:.2} ms", seconds * 1e3 / totals.pages);
    table::head(&[
        "pages of 1000 codes of 100 vouchers",
        "1 client",
        "16 clients",
    ]);
    table::row(&[
        "pages per second",
        &format!("{:.0}", rate(&one)),
        &format!(
            "{:.0}, {:.2} times as many",
            rate(&many),
            rate(&many) / rate(&one)
        ),
    ]);
    for (name, cpu) in [
        (
            "CPU time of the server for a page",
            (|totals| totals.server) as fn(&Totals) -> f64,
        ),
        ("CPU time of the clients for a page", |totals| {
            totals.clients
        }),
    ] {
        table::row(&[
            name,
            &milliseconds(cpu(&one), &one),
            &milliseconds(cpu(&many), &many),
        ]);
    }
    let cores = |totals: &Totals| format!("{:.2}", totals.server / totals.seconds);
    table::row(&["cores that the server used", &cores(&one), &cores(&many)]);
    Ok(())
}

fn read_pages(
    server: &Server,
    requests: &[Vec<u8>],
    clients: usize,
    totals: &mut Totals,
) -> Result<(), Failure> {
    let is_over = AtomicBool::new(false);
    let pages = AtomicU64::new(0);
    let cpu = || {
        Ok::<_, Failure>((
            cpu_seconds(&server.process.id().to_string())?,
            cpu_seconds("self")?,
        ))
    };
    let (server_before, clients_before) = cpu()?;
    let started = Instant::now();
    std::thread::scope(|scope| {
        for client in 0..clients {
            let (is_over, pages) = (&is_over, &pages);
            scope.spawn(move || {
                let read = read_until(&server.host, &requests[client..], is_over, pages);
                // The other clients stop too, and the throughput shows that.
                if read.is_err() {
                    is_over.store(true, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(ROUND);
        is_over.store(true, Ordering::Relaxed);
    });
    totals.seconds += started.elapsed().as_secs_f64();
    let (server_after, clients_after) = cpu()?;
    totals.server += server_after - server_before;
    totals.clients += clients_after - clients_before;
    // Exact, as the number is small.
    #[allow(clippy::cast_precision_loss)]
    let pages = pages.into_inner() as f64;
    totals.pages += pages;
    Ok(())
}

/// Sends requests over one connection until it is over.
fn read_until(
    host: &str,
    requests: &[Vec<u8>],
    is_over: &AtomicBool,
    pages: &AtomicU64,
) -> std::io::Result<()> {
    let mut stream = BufReader::with_capacity(512 * 1024, TcpStream::connect(host)?);
    stream.get_ref().set_nodelay(true)?;
    let mut body = Vec::new();
    for request in requests.iter().cycle() {
        if is_over.load(Ordering::Relaxed) {
            return Ok(());
        }
        stream.get_mut().write_all(request)?;
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            let line = line.trim_end();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap_or(0);
            }
            if line.is_empty() {
                break;
            }
        }
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
        // A full page, not an error.
        if length > 100_000 {
            pages.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// Returns the CPU time of a process so far. The system counts it in hundredths of a second.
fn cpu_seconds(process: &str) -> Result<f64, Failure> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = text.rsplit_once(')').ok_or("an unknown format")?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}
