//! The command line of the sandbox.

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::log::Log;
use clap::Parser;
use mews_sandbox::{
    Behavior, Builder, Discontinued, Ids, NullRates, RateLimit, ResponseOrder, Sandbox, builtin,
};

/// Serve the voucher operations of the Mews Connector API offline
///
/// Starts a server that responds like the documented API, with a small built-in data set. Prints the URL, the tokens and a
/// curl command to try. Unofficial; not affiliated with Mews.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_long_help = EXAMPLES)]
// Each `bool` is a separate switch.
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Arguments {
    /// Listen on this address; 0.0.0.0 accepts connections from other machines
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,

    /// Listen on this port; 0 means any free port
    #[arg(long, default_value_t = 6_397)]
    port: u16,

    /// Write the port to this file after the start
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,

    /// Print the URL, the tokens and the port as text, or as one line of JSON
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,

    /// Accept this value of `Host` for the paths under /_sandbox/, in addition to loopback
    #[arg(long = "allow-host", value_name = "HOST")]
    allowed_hosts: Vec<String>,

    /// Store data in this file and reuse it on the next start
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    data: Option<PathBuf>,

    /// Start with the data in this file instead of the built-in set
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    fixtures: Option<PathBuf>,

    /// Add operations that the sandbox does not have: a JSON object with a fixed response for each operation
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    stubs: Option<PathBuf>,

    /// Print the built-in fixtures and exit
    #[arg(long, help_heading = "Data")]
    print_fixtures: bool,

    /// Generate N codes for load tests, in separate vouchers; at most ten million
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=10_000_000), help_heading = "Data")]
    seed_codes: u32,

    /// Inject the faults in this file, a JSON array; send more to /_sandbox/faults
    #[arg(long, value_name = "FILE", help_heading = "Faults")]
    faults: Option<PathBuf>,

    /// Delay each response by this duration, such as 250ms, 2s, or 1m
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "0ms", help_heading = "Faults")]
    latency: Duration,

    /// Limit the number of requests of an access token within the window
    #[arg(long, value_name = "N", default_value_t = 200, help_heading = "Limits")]
    limit: usize,

    /// Set the window of the request limit
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "30s", help_heading = "Limits")]
    window: Duration,

    /// Omit `Retry-After` from 429
    #[arg(long, help_heading = "Limits")]
    no_retry_after: bool,

    /// Remove the request limit
    #[arg(long, conflicts_with_all = ["limit", "window", "no_retry_after"], help_heading = "Limits")]
    no_rate_limit: bool,

    /// Reject a longer request body with 413
    #[arg(long, value_name = "BYTES", default_value_t = 2 * 1024 * 1024, help_heading = "Limits")]
    max_body: usize,

    /// Limit the time for the headers of a request, and for its body
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "30s", help_heading = "Limits")]
    receive_timeout: Duration,

    /// Accept any token; an unknown one has the scope of the first access token
    #[arg(long, help_heading = "Behavior not specified by the documentation")]
    accept_any_token: bool,

    /// Return null, data or an error for the discontinued extents
    #[arg(
        long,
        value_name = "HOW",
        default_value_t,
        help_heading = "Behavior not specified by the documentation"
    )]
    discontinued: Discontinued,

    /// Accept or reject a code value that a code in use has
    #[arg(
        long,
        value_name = "BEHAVIOR",
        default_value_t,
        help_heading = "Behavior not specified by the documentation"
    )]
    duplicate_values: Behavior,

    /// Accept or reject deletion of a deleted record
    #[arg(long, value_name = "BEHAVIOR", default_value_t = Behavior::Reject, help_heading = "Behavior not specified by the documentation")]
    repeated_delete: Behavior,

    /// Accept or reject unknown IDs in the filters of listings
    #[arg(long, value_name = "BEHAVIOR", default_value_t = Behavior::Reject, help_heading = "Behavior not specified by the documentation")]
    unknown_ids: Behavior,

    /// Clear or keep the assigned rates for a null update value
    #[arg(
        long,
        value_name = "HOW",
        default_value_t,
        help_heading = "Behavior not specified by the documentation"
    )]
    null_rates: NullRates,

    /// Return the records of add and update in the order of the request, or reversed
    #[arg(
        long,
        value_name = "ORDER",
        default_value_t,
        help_heading = "Behavior not specified by the documentation"
    )]
    response_order: ResponseOrder,

    /// Create numbered or random IDs for new records and generated codes
    #[arg(long, value_name = "IDS", default_value_t, help_heading = "Data")]
    ids: Ids,

    /// Keep N exchanges for /_sandbox/requests
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    keep_exchanges: usize,

    /// Do not log requests to standard error
    #[arg(long, short)]
    quiet: bool,
}

/// The format of the output at the start.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

const EXAMPLES: &str = "\
Examples:
  mews-sandbox                              Serve the built-in data set at port 6397
  mews-sandbox --port 0 --quiet             Use any free port, and do not log requests
  mews-sandbox --data vouchers.db           Keep the data in a file
  mews-sandbox --seed-codes 1000000         Generate a million codes for load tests
  mews-sandbox --faults flaky.json          Inject faults, such as:
      [{\"Operation\": \"voucherCodes/add\", \"Effect\": \"DropAfterCommit\"},
       {\"Every\": 10, \"Effect\": {\"Html\": {\"Code\": 502}}}]

While it runs:
  /_sandbox/              A page with the data, the last requests, the faults, the clock and the API reference
  /_sandbox/health        GET returns 200
  /_sandbox/faults        GET lists the faults, POST adds some, DELETE removes all, or one by ID
  /_sandbox/requests      GET lists the last exchanges, DELETE removes them
  /_sandbox/clock         GET reads the clock, POST sets, advances or freezes it, DELETE restores it
  /_sandbox/reset         POST restores the state of the start
  /_sandbox/openapi.json  The OpenAPI document that requests are validated against

Exit status: 0 success (after Ctrl-C), 1 error at the start, 2 usage.";

pub(crate) async fn run(arguments: Arguments) -> ExitCode {
    if arguments.print_fixtures {
        return print(builtin::FIXTURES);
    }
    let (format, port_file) = (arguments.format, arguments.port_file.clone());
    let (log, builder) = if arguments.quiet {
        (None, builder(arguments))
    } else {
        let (log, lines) = Log::start();
        (Some(log), builder(arguments).observe(lines))
    };
    let sandbox = match builder.start().await {
        Ok(sandbox) => sandbox,
        Err(error) => return fail(&error),
    };
    if let Some(path) = port_file
        && let Err(error) = write_port(&path, sandbox.address().port())
    {
        return fail(&format!("failed to write {}: {error}", path.display()));
    }
    let code = print(&match format {
        Format::Text => sandbox.welcome(),
        Format::Json => start_line(&sandbox),
    });
    stopped().await;
    sandbox.shutdown().await;
    if let Some(log) = log {
        log.finish();
    }
    code
}

/// Writes the port in one step, so that a reader never finds an incomplete file.
fn write_port(path: &Path, port: u16) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let staged = PathBuf::from(name);
    std::fs::write(&staged, format!("{port}\n"))?;
    std::fs::rename(&staged, path).inspect_err(|_| {
        let _ = std::fs::remove_file(&staged);
    })
}

/// Returns the line of JSON for programs.
fn start_line(sandbox: &Sandbox) -> String {
    let address = sandbox.address();
    let line = serde_json::json!({
        "Url": sandbox.url(),
        "Host": address.ip().to_string(),
        "Port": address.port(),
        "ProcessId": std::process::id(),
        "Version": env!("CARGO_PKG_VERSION"),
    });
    format!("{line}\n")
}

fn builder(arguments: Arguments) -> Builder {
    let mut builder = Sandbox::builder()
        .host(arguments.host)
        .port(arguments.port)
        .seed_codes(arguments.seed_codes)
        .latency(arguments.latency)
        .max_body(arguments.max_body)
        .accept_any_token(arguments.accept_any_token)
        .discontinued(arguments.discontinued)
        .duplicate_values(arguments.duplicate_values)
        .repeated_delete(arguments.repeated_delete)
        .unknown_ids(arguments.unknown_ids)
        .null_rates(arguments.null_rates)
        .response_order(arguments.response_order)
        .ids(arguments.ids)
        .receive_timeout(arguments.receive_timeout)
        .keep_exchanges(arguments.keep_exchanges);
    for host in arguments.allowed_hosts {
        builder = builder.allow_host(host);
    }
    let limit = RateLimit::new(arguments.limit, arguments.window);
    builder = match (arguments.no_rate_limit, arguments.no_retry_after) {
        (true, _) => builder.no_rate_limit(),
        (false, true) => builder.rate_limit(limit.without_retry_after()),
        (false, false) => builder.rate_limit(limit),
    };
    if let Some(path) = arguments.data {
        builder = builder.data_file(path);
    }
    if let Some(path) = arguments.fixtures {
        builder = builder.fixtures_file(path);
    }
    if let Some(path) = arguments.stubs {
        builder = builder.stubs_file(path);
    }
    if let Some(path) = arguments.faults {
        builder = builder.faults_file(path);
    }
    builder
}

fn print(text: &str) -> ExitCode {
    let mut output = io::stdout().lock();
    match output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn fail(error: &impl std::fmt::Display) -> ExitCode {
    let _ = writeln!(io::stderr().lock(), "error: {error}");
    ExitCode::FAILURE
}

/// Returns on Ctrl-C, or on the termination signal of the system.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Parses a duration such as `250ms`, `2s` or `1m`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err("write a number and its unit: 250ms, 2s or 1m".into()),
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .map(Duration::from_millis)
        .ok_or_else(|| "write a number and its unit: 250ms, 2s or 1m".into())
}
