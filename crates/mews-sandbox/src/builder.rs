//! What a sandbox is to be like.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::access::Reference;
use crate::clock::{Clock, SystemClock};
use crate::error::StartError;
use crate::fault::Fault;
use crate::faults::{self, Faults};
use crate::fixtures::Fixtures;
use crate::instant::Instant;
use crate::journal::{Exchange, Journal};
use crate::limiter::Limiter;
use crate::mask::Mask;
use crate::options::{AnswerOrder, Discontinued, NullRates, Options, RateLimit, Verdict};
use crate::sandbox::Sandbox;
use crate::server::{Observer, Server};
use crate::store::{Content, Store};

/// What a sandbox is to be like. Each option is a flag of the binary, too.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), mews_sandbox::StartError> {
/// use mews_sandbox::{Fault, Operation, Sandbox, Verdict};
///
/// let sandbox = Sandbox::builder()
///     .duplicate_values(Verdict::Refuse)
///     .fault(Fault::html(502).on(Operation::VoucherCodesAdd))
///     .start()
///     .await?;
/// # sandbox.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    host: IpAddr,
    port: u16,
    data_file: Option<PathBuf>,
    fixtures: Option<FixtureSource>,
    seed_codes: u32,
    faults: Vec<Fault>,
    fault_file: Option<PathBuf>,
    options: Options,
    clock: Arc<dyn Clock>,
    observer: Option<Observer>,
}

enum FixtureSource {
    Value(Box<Fixtures>),
    File(PathBuf),
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            data_file: None,
            fixtures: None,
            seed_codes: 0,
            faults: Vec::new(),
            fault_file: None,
            options: Options::default(),
            clock: Arc::new(SystemClock),
            observer: None,
        }
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("address", &self.address())
            .field("data_file", &self.data_file)
            .field("seed_codes", &self.seed_codes)
            .field("faults", &self.faults)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// The address of this machine to listen on; the loopback address unless set.
    pub const fn host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// The port to listen on; 0, which is the default, takes any that is free.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Keeps the data in a file instead of in memory. A file that is there already is gone on with.
    ///
    /// Only one sandbox can have it open at a time. It survives a process that is killed; a power cut it may not.
    pub fn data_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_file = Some(path.into());
        self
    }

    /// The data to start with, instead of the built-in set.
    pub fn fixtures(mut self, fixtures: Fixtures) -> Self {
        self.fixtures = Some(FixtureSource::Value(Box::new(fixtures)));
        self
    }

    /// The same, read from a file at the start.
    pub fn fixtures_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.fixtures = Some(FixtureSource::File(path.into()));
        self
    }

    /// Adds so many made-up codes for load work, in one new voucher of the first service for each thousand of them,
    /// and in a thousand vouchers at most. The first of both has the number `0x101` in its identifier.
    pub const fn seed_codes(mut self, codes: u32) -> Self {
        self.seed_codes = codes;
        self
    }

    /// Another limit than 200 requests in 30 seconds.
    pub const fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.options.rate_limit = Some(limit);
        self
    }

    /// No limit.
    pub const fn no_limit(mut self) -> Self {
        self.options.rate_limit = None;
        self
    }

    /// Takes so much longer for each request, by the sandbox's clock.
    pub const fn latency(mut self, latency: Duration) -> Self {
        self.options.latency = latency;
        self
    }

    /// Accepts every token. One that isn't in the fixtures opens what the first access token there opens.
    pub const fn any_token(mut self, any: bool) -> Self {
        self.options.any_token = any;
        self
    }

    /// What the discontinued extents answer with; null unless set.
    pub const fn discontinued(mut self, discontinued: Discontinued) -> Self {
        self.options.discontinued = discontinued;
        self
    }

    /// Whether a code value may be added that a code in use of the enterprise has; accepted unless set. Refused, it
    /// is a 403.
    pub const fn duplicate_values(mut self, verdict: Verdict) -> Self {
        self.options.duplicate_values = verdict;
        self
    }

    /// Whether what is deleted may be deleted again; refused unless set, with a 400.
    pub const fn deleted_again(mut self, verdict: Verdict) -> Self {
        self.options.deleted_again = verdict;
        self
    }

    /// Whether `getAll` may be asked for identifiers that don't exist; refused unless set, with a 400. Accepted, they
    /// are as good as left out.
    pub const fn unknown_ids(mut self, verdict: Verdict) -> Self {
        self.options.unknown_ids = verdict;
        self
    }

    /// What `{"Value": null}` does to the assigned rates; it clears them unless set.
    pub const fn null_rates(mut self, null_rates: NullRates) -> Self {
        self.options.null_rates = null_rates;
        self
    }

    /// In which order `add` and `update` answer; in that of the request unless set.
    pub const fn answer_order(mut self, order: AnswerOrder) -> Self {
        self.options.answer_order = order;
        self
    }

    /// How many bytes a request may have before it is answered with 413; 8 MiB unless set.
    pub const fn max_body(mut self, bytes: usize) -> Self {
        self.options.max_body = bytes;
        self
    }

    /// How many exchanges are kept for [`Sandbox::requests`]; 1000 unless set.
    pub const fn keep_requests(mut self, requests: usize) -> Self {
        self.options.keep_requests = requests;
        self
    }

    /// Adds a fault before the first request can come.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Adds the faults of a script, read from a file at the start.
    pub fn faults_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.fault_file = Some(path.into());
        self
    }

    /// Lives by another clock than the machine's.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Calls `observer` with each exchange when its answer is ready, without the bodies. It must not block.
    pub fn observe(mut self, observer: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Starts the sandbox: opens and fills its store, and listens.
    pub async fn start(self) -> Result<Sandbox, StartError> {
        Sandbox::launch(self).await
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    pub(crate) fn into_server(self) -> Result<(Server, Fixtures), StartError> {
        let fixtures = match self.fixtures {
            None => None,
            Some(FixtureSource::Value(fixtures)) => Some(*fixtures),
            Some(FixtureSource::File(path)) => Some(Fixtures::from_file(path)?),
        };
        let script = self
            .fault_file
            .as_deref()
            .map(faults::read_script_file)
            .transpose()?;
        let content = Content {
            fixtures: fixtures.as_ref(),
            seed_codes: self.seed_codes,
            now: Instant::from(self.clock.now()),
        };
        let (store, fixtures) = Store::open(self.data_file.as_deref(), &content)?;
        let reference = Reference::new(&fixtures.data);
        let faults = Faults::default();
        faults.extend(self.faults.into_iter().chain(script.into_iter().flatten()));
        let server = Server {
            store,
            mask: Mask::new(reference.tokens()),
            reference,
            limiter: Limiter::default(),
            faults,
            journal: Journal::new(self.options.keep_requests),
            clock: self.clock,
            observer: self.observer,
            options: self.options,
        };
        Ok((server, fixtures))
    }
}
