//! The options of a sandbox.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use uuid::Uuid;

use crate::access::Reference;
use crate::clock::Clock;
use crate::error::StartError;
use crate::fault::Fault;
use crate::faults::{self, Faults};
use crate::fixtures::Fixtures;
use crate::instant::Instant;
use crate::journal::{Exchange, Journal};
use crate::limiter::Limiter;
use crate::listings::Listings;
use crate::mask::Mask;
use crate::options::{Behavior, Discontinued, Ids, NullRates, Options, RateLimit, ResponseOrder};
use crate::sandbox::Sandbox;
use crate::server::{Initial, Observer, Server};
use crate::store::{Content, Store};
use crate::stub::{self, Stubs};

/// The options of a sandbox. Most of them are also flags of the program.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), mews_sandbox::StartError> {
/// use mews_sandbox::{Fault, Operation, Sandbox, Behavior};
///
/// let sandbox = Sandbox::builder()
///     .duplicate_values(Behavior::Reject)
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
    records: BTreeMap<String, Value>,
    spec: Option<Cow<'static, str>>,
    stubs: Stubs,
    stub_file: Option<PathBuf>,
    seed_codes: u32,
    faults: Vec<Fault>,
    fault_file: Option<PathBuf>,
    options: Options,
    clock: Clock,
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
            records: BTreeMap::new(),
            spec: None,
            stubs: Stubs::new(),
            stub_file: None,
            seed_codes: 0,
            faults: Vec::new(),
            fault_file: None,
            options: Options::default(),
            clock: Clock::default(),
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
    /// Sets the address of this machine to listen on. The default is the loopback address.
    pub const fn host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// Sets the port to listen on. The default is 0, which means any free port.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Keeps the data in a file instead of in memory. An existing data file is reused.
    ///
    /// Only one sandbox can have the file open at a time. The file survives a killed process, but not necessarily a
    /// power failure.
    pub fn data_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_file = Some(path.into());
        self
    }

    /// Sets the data to start with. The default is the built-in set.
    pub fn fixtures(mut self, fixtures: Fixtures) -> Self {
        self.fixtures = Some(FixtureSource::Value(Box::new(fixtures)));
        self
    }

    /// Sets a file with the data to start with, which is read at the start.
    pub fn fixtures_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.fixtures = Some(FixtureSource::File(path.into()));
        self
    }

    /// Sets the records of a listing without business rules, as a JSON array. `list` is the name of the primary list
    /// in its response, such as `Services` for `services/getAll`.
    ///
    /// The records take the place of the fixtures of that name.
    pub fn records(mut self, list: impl Into<String>, records: Value) -> Self {
        self.records.insert(list.into(), records);
        self
    }

    /// Serves another spec, as JSON, instead of the one that is compiled in. Afterwards, its operations can be parsed
    /// as an [`Operation`](crate::Operation).
    ///
    /// This tests a change of the spec before it is made.
    pub fn spec(mut self, document: impl Into<Cow<'static, str>>) -> Self {
        self.spec = Some(document.into());
        self
    }

    /// Sets the response to an operation that the sandbox does not have, such as `reservations/add`. The name can also
    /// be the whole path. Afterwards, it can be parsed as an [`Operation`](crate::Operation).
    ///
    /// The tokens of a request are checked, other properties are not. Requests count for the request limit, and are
    /// recorded. Faults apply to them. A later stub of an operation replaces an earlier one, or one from a file.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use mews_sandbox::{Fault, Sandbox};
    /// use serde_json::json;
    ///
    /// let sandbox = Sandbox::builder()
    ///     .stub("countries/getAll", json!({ "Countries": [{ "Code": "CZ" }] }))
    ///     .start()
    ///     .await?;
    /// sandbox.faults().add(Fault::html(502).on("countries/getAll".parse()?));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The start fails if the sandbox serves the operation, if the name is not a plain path, or if the response is not
    /// an object.
    pub fn stub(mut self, operation: impl AsRef<str>, response: Value) -> Self {
        self.stubs
            .insert(stub::operation(operation.as_ref()), response);
        self
    }

    /// Sets a file with stubs, which is read at the start: a JSON object with the response of each operation. See
    /// [`stub`](Self::stub).
    pub fn stubs_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.stub_file = Some(path.into());
        self
    }

    /// Adds generated codes for load tests, in one new voucher of the first service for each thousand of them, and in
    /// at most a thousand vouchers. The first of both has the number `0x101` in its ID.
    pub const fn seed_codes(mut self, codes: u32) -> Self {
        self.seed_codes = codes;
        self
    }

    /// Sets the request limit. The default is 200 requests in 30 seconds.
    pub const fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.options.rate_limit = Some(limit);
        self
    }

    /// Removes the request limit.
    pub const fn no_rate_limit(mut self) -> Self {
        self.options.rate_limit = None;
        self
    }

    /// Delays each response, in real time.
    pub const fn latency(mut self, latency: Duration) -> Self {
        self.options.latency = latency;
        self
    }

    /// Sets whether any token is accepted. A token that is not in the fixtures has the scope of the first access token
    /// in them.
    pub const fn accept_any_token(mut self, any: bool) -> Self {
        self.options.accept_any_token = any;
        self
    }

    /// Sets the response to the discontinued extents. The default is null.
    pub const fn discontinued(mut self, discontinued: Discontinued) -> Self {
        self.options.discontinued = discontinued;
        self
    }

    /// Sets whether a code value can be added that a code in use of the enterprise has. The default is to accept it. A
    /// rejection is a 403.
    pub const fn duplicate_values(mut self, behavior: Behavior) -> Self {
        self.options.duplicate_values = behavior;
        self
    }

    /// Sets whether a deleted record can be deleted again. The default is to reject it with a 400.
    pub const fn repeated_delete(mut self, behavior: Behavior) -> Self {
        self.options.repeated_delete = behavior;
        self
    }

    /// Sets whether the filters of listings can have unknown IDs. The default is to reject them with a 400. If they are
    /// accepted, they are ignored.
    pub const fn unknown_ids(mut self, behavior: Behavior) -> Self {
        self.options.unknown_ids = behavior;
        self
    }

    /// Sets the effect of `{"Value": null}` on the assigned rates. The default is to clear them.
    pub const fn null_rates(mut self, null_rates: NullRates) -> Self {
        self.options.null_rates = null_rates;
        self
    }

    /// Sets the order of the records in a response to `add` and `update`. The default is the order of the request.
    pub const fn response_order(mut self, order: ResponseOrder) -> Self {
        self.options.response_order = order;
        self
    }

    /// Sets the IDs of new records and of generated codes. The default is numbered IDs, which ascend.
    pub const fn ids(mut self, ids: Ids) -> Self {
        self.options.ids = ids;
        self
    }

    /// Sets the maximum length of a request body in bytes. A longer one is rejected with a 413. The default is 2 MiB.
    pub const fn max_body(mut self, bytes: usize) -> Self {
        self.options.max_body = bytes;
        self
    }

    /// Sets the time limit for the headers of a request to arrive, and for its body. The default is 30 seconds.
    pub const fn receive_timeout(mut self, timeout: Duration) -> Self {
        self.options.receive_timeout = timeout;
        self
    }

    /// Accepts requests to the paths under `/_sandbox/` that have this host in the header `Host`, such as
    /// `sandbox.example`. The default is to accept only `localhost` and loopback addresses. Otherwise, a web page could
    /// read or change the sandbox through a host name that resolves to this machine.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.options.allowed_hosts.push(host.into());
        self
    }

    /// Sets the number of exchanges that are kept for [`Sandbox::exchanges`]. The default is 1000.
    pub const fn keep_exchanges(mut self, exchanges: usize) -> Self {
        self.options.keep_exchanges = exchanges;
        self
    }

    /// Adds a fault before the first request. The start fails if the fault can never have its effect.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Adds the faults of a script, which is read from a file at the start.
    pub fn faults_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.fault_file = Some(path.into());
        self
    }

    /// Sets the clock. The default is the clock of the machine.
    ///
    /// Timestamps, the request limit and the header `Date` use it. Delayed responses use real time.
    ///
    /// ```
    /// use mews_sandbox::{ManualClock, Sandbox};
    ///
    /// let clock = ManualClock::default();
    /// let builder = Sandbox::builder().clock(clock.reader());
    /// # let _ = builder;
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(clock);
        self
    }

    /// Calls `observer` with each exchange when its response is ready, without the bodies. It must not block.
    pub fn observe(mut self, observer: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Starts the sandbox: opens and fills its store, and listens.
    ///
    /// # Errors
    ///
    /// Returns an error if an option is invalid, or a resource is not available. See [`StartError`].
    pub async fn start(self) -> Result<Sandbox, StartError> {
        Sandbox::launch(self).await
    }

    /// Starts the sandbox like [`start`](Self::start), from code that is not async, such as a plain `#[test]`. Dropping
    /// the sandbox stops it.
    ///
    /// Inside an async runtime, this blocks the thread until the sandbox listens. Use [`start`](Self::start) there.
    ///
    /// ```
    /// use std::io::{Read as _, Write as _};
    /// use mews_sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::builder().no_rate_limit().start_blocking()?;
    /// let mut stream = std::net::TcpStream::connect(sandbox.address())?;
    /// write!(stream, "GET /_sandbox/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    /// let mut response = String::new();
    /// stream.read_to_string(&mut response)?;
    /// assert!(response.starts_with("HTTP/1.1 200 OK"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if an option is invalid, or a resource is not available. See [`StartError`].
    pub fn start_blocking(self) -> Result<Sandbox, StartError> {
        Sandbox::launch_blocking(self)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    pub(crate) fn into_server(self) -> Result<Server, StartError> {
        if self
            .options
            .rate_limit
            .is_some_and(|limit| limit.window.is_zero())
        {
            return Err(StartError::Options(
                "the window of the request limit is 0s; use a longer window, or remove the limit"
                    .into(),
            ));
        }
        let mut stubs = match &self.stub_file {
            None => Stubs::new(),
            Some(path) => stub::read_file(path)?,
        };
        stubs.extend(self.stubs);
        let spec = stub::add_to(self.spec, &stubs)?;
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
            spec: &spec,
            fixtures: fixtures.as_ref(),
            records: &self.records,
            seed_codes: self.seed_codes,
            ids: self.options.ids,
            now: Instant::from(self.clock.now()),
        };
        let (store, data) = Store::open(self.data_file.as_deref(), &content)?;
        let reference = Reference::new(&data);
        let initial = Initial {
            data,
            faults: self
                .faults
                .into_iter()
                .chain(script.into_iter().flatten())
                .collect(),
        };
        let faults = Faults::new(Arc::clone(&spec));
        faults
            .try_extend(initial.faults.clone())
            .map_err(StartError::Faults)?;
        Ok(Server {
            spec,
            stubs,
            store,
            mask: Mask::new(reference.tokens()),
            listings: Listings::new(initial.data.listings.clone()),
            reference,
            limiter: Limiter::default(),
            faults,
            journal: Journal::new(self.options.keep_exchanges),
            clock: self.clock,
            observer: self.observer,
            form_token: Uuid::new_v4().to_string(),
            options: self.options,
            initial,
        })
    }
}
