//! A listing of a million codes over the loopback interface, compared with handwritten code for reqwest and serde.
//!
//! Another process serves fixed pages. Prefetch is off, or on with a consumer that takes 2 ms or 5 ms for each page. With
//! prefetch, the time cannot be less than the time of the consumer, so the highest possible ratio is printed too.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod baseline;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mews_connector::{Client, RateLimit, VoucherCodeFilter};
use serde_json::json;

const SERVE: &str = "MEWS_CONNECTOR_BENCH_SERVE";
const PAGES: u32 = 1000;
const PAGE: usize = 1000;
/// The number of measurements. The best one counts, because other work of the machine only adds time.
const ROUNDS: usize = 5;
const CONSUMERS: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(5)];

fn main() {
    if std::env::var_os(SERVE).is_some() {
        serve();
    }
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let url = &server.url;

    let (mut by_hand, mut ours) = (Vec::new(), Vec::new());
    let mut memory = 0;
    for _ in 0..ROUNDS {
        by_hand.push(runtime.block_on(drain_by_hand(url, PAGES, Duration::ZERO)));
        reset_peak();
        ours.push(runtime.block_on(drain(url, PAGES, false, Duration::ZERO)));
        memory = memory.max(peak_kib());
    }
    report("prefetch off", best(&by_hand), best(&ours), PAGES, 0.95);
    println!(
        "  peak memory of the client: {} MiB of 64 allowed",
        memory / 1024
    );

    let pages = PAGES / 5;
    for takes in CONSUMERS {
        let (mut by_hand, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            by_hand.push(runtime.block_on(drain_by_hand(url, pages, takes)));
            ours.push(runtime.block_on(drain(url, pages, true, takes)));
        }
        let possible = best(&by_hand).as_secs_f64() / (takes * pages).as_secs_f64();
        report(
            &format!("prefetch on, {takes:?} for each page, a ratio of {possible:.3} is possible"),
            best(&by_hand),
            best(&ours),
            pages,
            1.3,
        );
    }
}

fn best(times: &[Duration]) -> Duration {
    times.iter().copied().min().unwrap_or_default()
}

fn report(name: &str, by_hand: Duration, ours: Duration, pages: u32, wanted: f64) {
    let codes = f64::from(pages) * 1000.0;
    println!("{name}: {codes} codes");
    println!(
        "  by hand  {:>7.3} s  {:>9.0} codes/s",
        by_hand.as_secs_f64(),
        codes / by_hand.as_secs_f64()
    );
    println!(
        "  client   {:>7.3} s  {:>9.0} codes/s",
        ours.as_secs_f64(),
        codes / ours.as_secs_f64()
    );
    println!(
        "  throughput ratio {:.3}, {wanted} wanted",
        by_hand.as_secs_f64() / ours.as_secs_f64()
    );
}

/// Consumes a page, and blocks the thread for that time.
fn consume(codes: usize, takes: Duration) -> usize {
    std::thread::sleep(takes);
    codes
}

async fn drain(url: &str, pages: u32, prefetch: bool, takes: Duration) -> Duration {
    let client = Client::builder()
        .credentials(
            "sandbox-client-token",
            "sandbox-access-token",
            "Bench 1.0.0",
        )
        .base_url(url)
        .rate_limit(RateLimit::unlimited())
        .build()
        .unwrap();
    let filter =
        VoucherCodeFilter::vouchers(["d15c0000-0000-4000-8000-000000000001".parse().unwrap()]);
    let start = Instant::now();
    let first = (PAGES - pages).to_string();
    let mut stream = client
        .voucher_codes()
        .pages(filter)
        .prefetch(prefetch)
        .resume_after(mews_connector::types::Cursor(first));
    let mut codes = 0;
    while let Some(page) = stream.try_next().await.unwrap() {
        codes += consume(page.into_inner().into_items().len(), takes);
    }
    assert_eq!(codes, pages as usize * PAGE);
    start.elapsed()
}

async fn drain_by_hand(url: &str, pages: u32, takes: Duration) -> Duration {
    let http = reqwest::Client::new();
    let url = format!("{url}/api/connector/v1/voucherCodes/getAll");
    let start = Instant::now();
    let mut cursor = Some((PAGES - pages).to_string());
    let mut codes = 0;
    loop {
        let request = json!({
            "ClientToken": "sandbox-client-token",
            "AccessToken": "sandbox-access-token",
            "Client": "Bench 1.0.0",
            "VoucherIds": ["d15c0000-0000-4000-8000-000000000001"],
            "Limitation": { "Count": 1000, "Cursor": cursor },
        });
        let response = http
            .post(&url)
            .json(&request)
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap();
        let page: baseline::Page = response.json().await.unwrap();
        codes += consume(page.voucher_codes.map_or(0, |codes| codes.len()), takes);
        if page.cursor.is_none() {
            break;
        }
        cursor = page.cursor;
    }
    assert_eq!(codes, pages as usize * PAGE);
    start.elapsed()
}

struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(SERVE, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        Self {
            process,
            url: format!("http://{}", address.trim()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves pages until it is killed.
fn serve() -> ! {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    let codes = baseline::codes(PAGE);
    loop {
        let (stream, _) = listener.accept().unwrap();
        let codes = codes.clone();
        std::thread::spawn(move || serve_connection(stream, &codes));
    }
}

fn serve_connection(mut stream: TcpStream, codes: &str) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body: serde_json::Value = serde_json::from_slice(&body).ok()?;
        let at: u32 = body["Limitation"]["Cursor"]
            .as_str()
            .map_or(Some(0), |cursor| cursor.parse().ok())?;
        let page = if at < PAGES {
            format!("{{\"VoucherCodes\":{codes},\"Cursor\":\"{}\"}}", at + 1)
        } else {
            r#"{"VoucherCodes":[],"Cursor":null}"#.to_owned()
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: r-{at}\r\ncontent-length: {}\r\n\r\n",
            page.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(page.as_bytes()).ok()?;
    }
}

/// Resets the peak memory use, if the system supports it.
fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Returns the peak memory use in KiB, or 0 if the system does not report it.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or_default()
}
