//! A proxy in front of a sandbox that kills the process of an example at a request.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::process::Process;

/// The fate of the request at which the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The request does not reach the sandbox.
    Lost,
    /// The sandbox has responded, but the process has not received the response.
    Responded,
    /// The request reaches the sandbox after the start of the next process, before its first request.
    Late,
}

/// A proxy for one sandbox and one process at a time.
pub(crate) struct Proxy {
    pub(crate) url: String,
    pub(crate) process: Process,
    plan: Arc<Mutex<Plan>>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Plan {
    /// The number of requests until the process is killed, and the fate of the last request.
    kill: Option<(usize, Fate)>,
    late: Option<Request>,
}

#[derive(Clone)]
struct Upstream {
    sandbox: String,
    http: reqwest::Client,
    process: Process,
    plan: Arc<Mutex<Plan>>,
}

struct Request {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

type Response = (StatusCode, HeaderMap, Bytes);

impl Proxy {
    pub(crate) async fn start(sandbox: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let process = Process::default();
        let plan = Arc::<Mutex<Plan>>::default();
        let upstream = Upstream {
            sandbox: sandbox.to_owned(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            process: process.clone(),
            plan: plan.clone(),
        };
        let router = Router::new().fallback(serve).with_state(upstream);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            process,
            plan,
            server,
        }
    }

    /// Kills the process at its `nth` request from now, counted from 1.
    pub(crate) fn kill_at(&self, nth: usize, fate: Fate) {
        lock(&self.plan).kill = Some((nth, fate));
    }

    /// Returns `true` if the process was not killed.
    pub(crate) fn is_armed(&self) -> bool {
        lock(&self.plan).kill.is_some()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(plan: &Mutex<Plan>) -> std::sync::MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(
    State(upstream): State<Upstream>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    let request = Request {
        path,
        headers,
        body,
    };
    // A separate task completes the request after the connection of a killed process is closed.
    tokio::spawn(async move { upstream.handle(request).await })
        .await
        .unwrap()
}

impl Upstream {
    async fn handle(&self, request: Request) -> Response {
        let (fate, late) = {
            let mut plan = lock(&self.plan);
            let fate = match &mut plan.kill {
                Some((1, fate)) => {
                    let fate = *fate;
                    plan.kill = None;
                    Some(fate)
                }
                Some((left, _)) => {
                    *left -= 1;
                    None
                }
                None => None,
            };
            (fate, plan.late.take())
        };
        if let Some(late) = late {
            // The process lists the created records only after the response to its first request.
            self.send(late).await;
        }
        match fate {
            None => self.send(request).await,
            Some(Fate::Lost) => {
                self.process.kill();
                nothing()
            }
            Some(Fate::Responded) => {
                self.send(request).await;
                self.process.kill();
                nothing()
            }
            Some(Fate::Late) => {
                self.process.kill();
                lock(&self.plan).late = Some(request);
                nothing()
            }
        }
    }

    async fn send(&self, request: Request) -> Response {
        let sent = self
            .http
            .post(format!("{}{}", self.sandbox, request.path))
            .headers(request.headers)
            .body(request.body)
            .send()
            .await
            .unwrap();
        (
            sent.status(),
            sent.headers().clone(),
            sent.bytes().await.unwrap(),
        )
    }
}

/// Returns the response to a killed process.
fn nothing() -> Response {
    (StatusCode::BAD_GATEWAY, HeaderMap::new(), Bytes::new())
}
