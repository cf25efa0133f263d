//! A proxy for the tests.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A proxy that opens tunnels for authorized requests.
pub(crate) struct Proxy {
    pub(crate) address: String,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy. If `authorization` is set, requests without this string get a 407.
    pub(crate) async fn start(authorization: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let seen = heads.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(tunnel(stream, seen.clone(), authorization));
            }
        });
        Self {
            address,
            heads,
            task,
        }
    }

    /// Returns the heads of the requests.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn tunnel(
    mut stream: TcpStream,
    heads: Arc<Mutex<Vec<String>>>,
    authorization: Option<&'static str>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    heads.lock().unwrap().push(head.clone());
    if authorization.is_some_and(|wanted| !head.contains(wanted)) {
        let denied = "HTTP/1.1 407 Denied\r\ncontent-length: 0\r\n\r\n";
        let _ = stream.write_all(denied.as_bytes()).await;
        return;
    }
    let target = head.split(' ').nth(1).unwrap();
    let Ok(mut server) = TcpStream::connect(target).await else {
        return;
    };
    let opened = stream.write_all(b"HTTP/1.1 200 Opened\r\n\r\n").await;
    if opened.is_ok() {
        let _ = copy_bidirectional(&mut stream, &mut server).await;
    }
}
