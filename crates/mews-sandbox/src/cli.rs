//! The command line of the sandbox.

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use mews_sandbox::{
    AnswerOrder, Builder, Discontinued, Exchange, NullRates, RateLimit, Sandbox, StartError,
    Verdict, builtin,
};

/// The voucher operations of the Mews Connector API, offline.
///
/// Starts a server that answers like the documented API, from a small built-in data set, and prints its address, the
/// tokens to use, and a curl line to try. Unofficial; not affiliated with Mews.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_long_help = EXAMPLES)]
// Each is a switch of its own.
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Arguments {
    /// Address to listen on; 0.0.0.0 lets other machines in.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,

    /// Port to listen on; 0 takes any that is free.
    #[arg(long, default_value_t = 6_397)]
    port: u16,

    /// Keep the data in this file, and go on with it next time.
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    data: Option<PathBuf>,

    /// Start with the data in this file instead of the built-in set.
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    fixtures: Option<PathBuf>,

    /// Print the built-in data set, to start fixtures of one's own from, and stop.
    #[arg(long, help_heading = "Data")]
    print_fixtures: bool,

    /// Add N made-up codes for load work, in vouchers of their own; ten million at most.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=10_000_000), help_heading = "Data")]
    seed_codes: u32,

    /// Script of faults: a JSON array, as in the documentation. More can be sent to /_sandbox/faults.
    #[arg(long, value_name = "FILE", help_heading = "Faults")]
    faults: Option<PathBuf>,

    /// Take so much longer for each request, such as 250ms, 2s or 1m.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "0ms", help_heading = "Faults")]
    latency: Duration,

    /// Requests of one access token within the window.
    #[arg(long, value_name = "N", default_value_t = 200, help_heading = "Limits")]
    limit: usize,

    /// The window of the request limit.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "30s", help_heading = "Limits")]
    window: Duration,

    /// Leave `Retry-After` out of 429.
    #[arg(long, help_heading = "Limits")]
    no_retry_after: bool,

    /// No request limit.
    #[arg(long, conflicts_with_all = ["limit", "window", "no_retry_after"], help_heading = "Limits")]
    no_limit: bool,

    /// Largest body of a request, in bytes; a larger one is answered with 413.
    #[arg(long, value_name = "BYTES", default_value_t = 8 * 1024 * 1024, help_heading = "Limits")]
    max_body: usize,

    /// Accept every token; an unknown one opens what the first access token opens.
    #[arg(long, help_heading = "Behaviour that the documentation leaves open")]
    any_token: bool,

    /// What the discontinued extents answer with.
    #[arg(
        long,
        value_name = "HOW",
        default_value_t,
        help_heading = "Behaviour that the documentation leaves open"
    )]
    discontinued: Discontinued,

    /// Adding a code value that a code in use has already.
    #[arg(
        long,
        value_name = "VERDICT",
        default_value_t,
        help_heading = "Behaviour that the documentation leaves open"
    )]
    duplicate_values: Verdict,

    /// Deleting what is deleted.
    #[arg(long, value_name = "VERDICT", default_value_t = Verdict::Refuse, help_heading = "Behaviour that the documentation leaves open")]
    deleted_again: Verdict,

    /// Asking getAll for identifiers that don't exist.
    #[arg(long, value_name = "VERDICT", default_value_t = Verdict::Refuse, help_heading = "Behaviour that the documentation leaves open")]
    unknown_ids: Verdict,

    /// What a null update value does to the assigned rates.
    #[arg(
        long,
        value_name = "HOW",
        default_value_t,
        help_heading = "Behaviour that the documentation leaves open"
    )]
    null_rates: NullRates,

    /// In which order add and update answer.
    #[arg(
        long,
        value_name = "ORDER",
        default_value_t,
        help_heading = "Behaviour that the documentation leaves open"
    )]
    answer_order: AnswerOrder,

    /// How many requests can be read back from /_sandbox/requests.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    keep_requests: usize,

    /// Log no requests.
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  mews-sandbox                              Serve the built-in data set at port 6397 (MEWS on a telephone)
  mews-sandbox --port 0 --quiet             At any free port, without a line for each request
  mews-sandbox --data vouchers.db           Keep what is written
  mews-sandbox --seed-codes 1000000         A million codes, for load work
  mews-sandbox --faults flaky.json          With faults, such as:
      [{\"Operation\": \"voucherCodes/add\", \"Effect\": \"DropAfterCommit\"},
       {\"Every\": 10, \"Effect\": {\"Html\": {\"Code\": 502}}}]

While it runs:
  /_sandbox/faults        GET lists the faults, POST adds some, DELETE takes all away
  /_sandbox/requests      GET reads back what was received and answered, DELETE forgets it
  /_sandbox/openapi.json  The OpenAPI document that requests are checked against

Exit status: 0 after Ctrl-C, 1 if it could not start, 2 for a mistake in the command line.";

pub(crate) async fn run(arguments: Arguments) -> ExitCode {
    if arguments.print_fixtures {
        return print(builtin::FIXTURES);
    }
    let is_quiet = arguments.quiet;
    let sandbox = match builder(arguments, is_quiet).start().await {
        Ok(sandbox) => sandbox,
        Err(error) => return fail(&error),
    };
    let code = print(&sandbox.welcome());
    stopped().await;
    sandbox.shutdown().await;
    code
}

fn builder(arguments: Arguments, is_quiet: bool) -> Builder {
    let mut builder = Sandbox::builder()
        .host(arguments.host)
        .port(arguments.port)
        .seed_codes(arguments.seed_codes)
        .latency(arguments.latency)
        .max_body(arguments.max_body)
        .any_token(arguments.any_token)
        .discontinued(arguments.discontinued)
        .duplicate_values(arguments.duplicate_values)
        .deleted_again(arguments.deleted_again)
        .unknown_ids(arguments.unknown_ids)
        .null_rates(arguments.null_rates)
        .answer_order(arguments.answer_order)
        .keep_requests(arguments.keep_requests);
    let limit = RateLimit::new(arguments.limit, arguments.window);
    builder = match (arguments.no_limit, arguments.no_retry_after) {
        (true, _) => builder.no_limit(),
        (false, true) => builder.rate_limit(limit.without_retry_after()),
        (false, false) => builder.rate_limit(limit),
    };
    if let Some(path) = arguments.data {
        builder = builder.data_file(path);
    }
    if let Some(path) = arguments.fixtures {
        builder = builder.fixtures_file(path);
    }
    if let Some(path) = arguments.faults {
        builder = builder.faults_file(path);
    }
    if is_quiet {
        builder
    } else {
        builder.observe(log)
    }
}

/// One line for each request. A closed standard output is no reason to stop serving.
fn log(exchange: &Exchange) {
    let path = exchange
        .operation
        .map_or(exchange.path.as_str(), |operation| operation.name());
    let status = exchange
        .status
        .map_or_else(|| "dropped".to_owned(), |status| status.to_string());
    let faults = if exchange.faults.is_empty() {
        String::new()
    } else {
        format!(" [{}]", exchange.faults.join(", "))
    };
    let _ = writeln!(
        io::stdout().lock(),
        "{} {} {path} {status} {:.1} ms {}{faults}",
        exchange.received_utc.format("%FT%TZ"),
        exchange.method,
        exchange.milliseconds,
        exchange.request_id,
    );
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

fn fail(error: &StartError) -> ExitCode {
    let _ = writeln!(io::stderr().lock(), "error: {error}");
    ExitCode::FAILURE
}

/// Returns on Ctrl-C, and where there is one, on the signal that asks a process to end.
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

/// Reads a duration such as `250ms`, `2s` or `1m`.
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
