//! A server that sends scripted responses to any request, byte by byte.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The reaction of the server to a request.
#[derive(Clone)]
pub(crate) enum Response {
    /// A complete response: the status, lines of headers, and a JSON body.
    Json(u16, &'static str, String),
    /// The bytes are sent, and the connection is closed.
    Raw(Vec<u8>),
    /// The head is sent, and then the chunk without end.
    Endless { head: &'static str, chunk: Vec<u8> },
    /// The head is sent, and then one space in each interval, without end.
    Drip { head: &'static str, every: Duration },
    /// Nothing is sent, and the connection stays open.
    Silence,
    /// The reaction that a function returns for the body of the request.
    Of(Arc<dyn Fn(&Value) -> Response + Send + Sync>),
}

impl Response {
    #[allow(clippy::needless_pass_by_value)] // The callers pass strings and JSON values.
    pub(crate) fn ok(body: impl ToString) -> Self {
        Self::Json(200, "", body.to_string())
    }

    pub(crate) fn of(response: impl Fn(&Value) -> Response + Send + Sync + 'static) -> Self {
        Self::Of(Arc::new(response))
    }
}

/// A server of scripted responses. The last response is repeated.
pub(crate) struct Scripted {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
    server: JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Scripted {
    pub(crate) async fn start(responses: impl IntoIterator<Item = Response>) -> Self {
        Self::listen(responses, None).await
    }

    /// Starts a TLS server with the name `localhost`.
    pub(crate) async fn start_tls(
        responses: impl IntoIterator<Item = Response>,
        tls: TlsAcceptor,
    ) -> Self {
        Self::listen(responses, Some(tls)).await
    }

    async fn listen(
        responses: impl IntoIterator<Item = Response>,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = match tls {
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        };
        let requests = Arc::new(Mutex::new(Vec::new()));
        let responses: Vec<_> = responses.into_iter().collect();
        let seen = requests.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (responses, seen, tls) = (responses.clone(), seen.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, responses, seen).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, responses, seen).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            url,
            requests,
            server,
        }
    }

    /// Returns the heads and the bodies of the requests.
    pub(crate) fn requests(&self) -> Vec<(String, Value)> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    responses: Vec<Response>,
    seen: Arc<Mutex<Vec<(String, Value)>>>,
) {
    let Some((head, body)) = read_request(&mut stream).await else {
        return;
    };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let count = {
        let mut seen = seen.lock().unwrap();
        seen.push((head, body.clone()));
        seen.len()
    };
    let mut response = responses[(count - 1).min(responses.len() - 1)].clone();
    while let Response::Of(make) = &response {
        response = make(&body);
    }
    let _ = write_response(&mut stream, response).await;
}

async fn write_response(
    stream: &mut (impl AsyncWrite + Unpin),
    response: Response,
) -> std::io::Result<()> {
    match response {
        Response::Json(status, headers, body) => {
            let head = format!(
                "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\
                 connection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body.as_bytes()).await?;
        }
        Response::Raw(bytes) => stream.write_all(&bytes).await?,
        Response::Endless { head, chunk } => {
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(&chunk).await?;
            }
        }
        Response::Drip { head, every } => {
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(b" ").await?;
                tokio::time::sleep(every).await;
            }
        }
        Response::Silence => std::future::pending().await,
        Response::Of(_) => {}
    }
    stream.shutdown().await
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let mut part = vec![0; 16 * 1024];
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&part[..read]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.to_ascii_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length:")?
                .trim()
                .parse::<usize>()
                .ok()
        })?;
        if bytes.len() >= end + 4 + length {
            return Some((head, bytes.split_off(end + 4)));
        }
    }
}
