//! A server in another process, so that its time and memory are not those of the client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use mews_connector::{Client, RateLimit};
use serde_json::Value;

const SERVE: &str = "MEWS_CONNECTOR_BENCH_SERVE";

/// The number of codes of a page.
pub(crate) const PAGE: usize = 1000;

/// A function that returns the body of the response to a request, from its path and its body.
trait Respond: Fn(&str, &Value) -> Option<String> + Send + Sync + 'static {}

impl<T: Fn(&str, &Value) -> Option<String> + Send + Sync + 'static> Respond for T {}

/// Returns the number in the cursor of a request, or 0 for the first page.
pub(crate) fn cursor(body: &Value) -> Option<u32> {
    match body["Limitation"]["Cursor"].as_str() {
        Some(cursor) => cursor.parse().ok(),
        None => Some(0),
    }
}

/// A process that serves until it is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    /// Starts this program again as the server. There, this function does not return.
    pub(crate) fn start(
        respond: impl Fn(&str, &Value) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        if std::env::var_os(SERVE).is_some() {
            serve(&Arc::new(respond));
        }
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

    /// Returns a new client of the server, without a rate limit.
    pub(crate) fn client(&self) -> Client {
        Client::builder()
            .credentials(
                "sandbox-client-token",
                "sandbox-access-token",
                "Bench 1.0.0",
            )
            .base_url(&self.url)
            .rate_limit(RateLimit::unlimited())
            .build()
            .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(respond: &Arc<impl Respond>) -> ! {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    loop {
        let (stream, _) = listener.accept().unwrap();
        let respond = Arc::clone(respond);
        std::thread::spawn(move || serve_connection(stream, &*respond));
    }
}

fn serve_connection(mut stream: TcpStream, respond: &impl Respond) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let (mut start, mut length) = (None, 0);
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
            start.get_or_insert(line);
        }
        let start = start?;
        let path = start.split_whitespace().nth(1)?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let page = respond(path, &serde_json::from_slice(&body).ok()?)?;
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: Sat, 21 Nov 2026 09:30:00 GMT\r\n\
             request-id: bench\r\ncontent-length: {}\r\n\r\n",
            page.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(page.as_bytes()).ok()?;
    }
}
