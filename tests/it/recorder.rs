//! A server on loopback that records requests and returns a fixed response.

use std::sync::{Arc, Mutex};

use mews_connector_api::{Client, SharedTransport};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A recorded request.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The headers except `accept-encoding`, sorted, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

pub(crate) struct Recorder {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Recorder {
    /// Starts a server that returns a status and a body for every request.
    pub(crate) async fn start(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let body = body.into();
        let response = format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
             Request-Id: recorded\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let kept = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let request = serve(stream, &response).await;
                kept.lock()
                    .expect("no panic while recording")
                    .extend(request);
            }
        });
        Self { url, received }
    }

    /// Returns a generated client of this server.
    pub(crate) fn client(&self) -> Client {
        self.client_through(SharedTransport::default())
    }

    /// Returns a generated client of this server with a custom transport.
    pub(crate) fn client_through(&self, transport: SharedTransport) -> Client {
        Client::new(&self.url, transport).expect("a client")
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received
            .lock()
            .expect("no panic while recording")
            .clone()
    }
}

async fn serve(mut stream: TcpStream, response: &str) -> Option<Received> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let (head, body) = loop {
        let count = stream.read(&mut buffer).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if body.len() >= length {
                break (head.to_owned(), body.to_owned());
            }
        }
    };
    // Recorded before the response is sent, because the caller can read the records after the response.
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let mut headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        // It depends on the features of reqwest that other crates of the same build enable.
        .filter(|(name, _)| name != "accept-encoding")
        .collect();
    headers.sort();
    let received = Received {
        method: first.next()?.to_owned(),
        path: first.next()?.to_owned(),
        headers,
        body: serde_json::from_str(&body).ok()?,
    };
    stream.write_all(response.as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    Some(received)
}
