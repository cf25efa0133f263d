//! The program `mews-sandbox`, as a process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use mews_sandbox::{Operation, builtin, validate_response};

const BINARY: &str = env!("CARGO_BIN_EXE_mews-sandbox");

/// A running program, which is killed on drop.
pub(crate) struct Running {
    process: Child,
    /// The standard output, which stays open and is not read after the start.
    _output: BufReader<ChildStdout>,
    pub(crate) url: String,
    greeting: String,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(BINARY)
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut output = BufReader::new(process.stdout.take().expect("the standard output"));
        let mut greeting = String::new();
        while !greeting.contains("curl") {
            assert_ne!(
                output.read_line(&mut greeting).expect("a line"),
                0,
                "the program ended: {greeting}"
            );
        }
        let url = greeting
            .split_whitespace()
            .nth(2)
            .expect("a URL")
            .to_owned();
        Self {
            process,
            _output: output,
            url,
            greeting,
        }
    }

    /// Returns the ID of the process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Kills the process, so that it cannot clean up.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("the process runs");
        self.process.wait().expect("the process ends");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(BINARY)
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn greeting_has_tokens_ids_and_a_working_curl_command() {
    let running = Running::start(&[]);
    for needed in [
        builtin::CLIENT_TOKEN,
        builtin::ACCESS_TOKEN,
        builtin::PORTFOLIO_ACCESS_TOKEN,
        builtin::ENTERPRISE_ID,
        builtin::SERVICE_ID,
        builtin::RATE_IDS[2],
        builtin::TRAVEL_AGENCY_ID,
        builtin::VOUCHER_ID,
    ] {
        assert!(
            running.greeting.contains(needed),
            "{needed} in {}",
            running.greeting
        );
    }
    let line = running
        .greeting
        .lines()
        .find(|line| line.contains("curl"))
        .expect("a curl line");
    let response = Command::new("sh")
        .args(["-c", line])
        .output()
        .expect("a shell");
    assert!(response.status.success(), "{}", text(&response.stderr));
    validate_response(Operation::VouchersGetAll, 200, &response.stdout)
        .expect("the response is as documented");
    assert!(text(&response.stdout).contains("Spring weekend"));
}

#[cfg(unix)]
#[tokio::test]
async fn logs_a_line_for_each_request_and_ends_on_a_signal() {
    for (signal, arguments) in [("-INT", &[][..]), ("-TERM", &["--quiet"])] {
        let mut running = Running::start(arguments);
        let response = reqwest::Client::new()
            .post(format!(
                "{}{}",
                running.url,
                Operation::VouchersGetAll.path()
            ))
            .header("content-type", "application/json")
            .body("{}")
            .send()
            .await
            .expect("a response");
        let request_id = response.headers()["request-id"]
            .to_str()
            .expect("an ID")
            .to_owned();
        let id = running.process.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .expect("a signal")
                .success()
        );
        let mut log = String::new();
        let mut errors = running.process.stderr.take().expect("the standard error");
        errors.read_to_string(&mut log).expect("the log");
        assert_eq!(
            running.process.wait().expect("the process ends").code(),
            Some(0)
        );
        let lines: Vec<&str> = log.lines().filter(|line| !line.is_empty()).collect();
        if arguments.is_empty() {
            assert_eq!(lines.len(), 1, "{log}");
            assert!(
                lines[0].contains(" POST vouchers/getAll 400 ") && lines[0].ends_with(&request_id),
                "{log}"
            );
        } else {
            assert_eq!(lines, [""; 0]);
        }
    }
}

#[test]
fn help_lists_every_flag_and_path() {
    let help = text(&run(&["--help"]).stdout);
    for expected in [
        "--host",
        "--port",
        "--port-file",
        "--format",
        "--allow-host",
        "--receive-timeout",
        "--data",
        "--fixtures",
        "--print-fixtures",
        "--stubs",
        "--seed-codes",
        "--ids",
        "--faults",
        "--latency",
        "--limit",
        "--window",
        "--no-retry-after",
        "--no-rate-limit",
        "--max-body",
        "--accept-any-token",
        "--discontinued",
        "--duplicate-values",
        "--repeated-delete",
        "--unknown-ids",
        "--null-rates",
        "--response-order",
        "--keep-exchanges",
        "--quiet",
        "/_sandbox/faults",
        "/_sandbox/requests",
        "/_sandbox/clock",
        "/_sandbox/reset",
        "/_sandbox/health",
        "Examples:",
        "Exit status:",
    ] {
        assert!(help.contains(expected), "{expected} in {help}");
    }
    assert_eq!(text(&run(&["--print-fixtures"]).stdout), builtin::FIXTURES);
}

#[test]
fn invalid_arguments_are_errors_that_name_the_problem() {
    for (arguments, code, expected) in [
        (&["--latency", "soon"][..], 2, "250ms, 2s or 1m"),
        (&["--window", "0s"], 1, "error: invalid option: the window"),
        (
            &["--port-file", "/no/such/file"],
            1,
            "error: failed to write /no/such/file",
        ),
        (
            &["--no-rate-limit", "--limit", "5"],
            2,
            "cannot be used with",
        ),
        (
            &["--discontinued", "maybe"],
            2,
            "[possible values: null, data, error]",
        ),
        (
            &["--fixtures", "/no/such/file"],
            1,
            "error: cannot read /no/such/file",
        ),
        (
            &["--faults", "/no/such/file"],
            1,
            "error: cannot read /no/such/file",
        ),
        (
            &["--host", "192.0.2.1", "--port", "0"],
            1,
            "error: cannot listen on 192.0.2.1:0",
        ),
    ] {
        let output = run(arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

#[tokio::test]
async fn flags_configure_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("faults.json");
    std::fs::write(&script, r#"[{"Effect": {"Status": {"Code": 409}}}]"#).expect("a file");
    let script = script.to_str().expect("a path");
    let running = Running::start(&[
        "--faults",
        script,
        "--limit",
        "1",
        "--window",
        "1m",
        "--no-retry-after",
        "--accept-any-token",
        "--seed-codes",
        "10",
        "--unknown-ids",
        "accept",
        "--latency",
        "1ms",
    ]);
    let ask = async || {
        let body = serde_json::json!({
            "ClientToken": "fake", "AccessToken": "fake", "Client": "test", "Extent": { "Vouchers": true },
            "ServiceIds": [builtin::SERVICE_ID, builtin::VOUCHER_ID], "Limitation": { "Count": 1 },
        });
        let url = format!("{}{}", running.url, Operation::VouchersGetAll.path());
        let request = reqwest::Client::new()
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_string());
        crate::support::read(request.send().await.expect("a response"))
            .await
            .expect("a complete response")
    };
    assert_eq!(ask().await.status, 409);
    let reply = ask().await.ok();
    assert_eq!(reply.strings("Vouchers", "Name"), ["SPRING campaign 1"]);
    let rejected = ask().await;
    assert_eq!(
        (
            rejected.status,
            rejected.headers.contains_key("retry-after")
        ),
        (429, false)
    );
}

#[cfg(unix)]
#[tokio::test]
async fn unread_log_blocks_neither_requests_nor_shutdown() {
    // Neither standard output nor standard error is read after the start.
    let mut running = Running::start(&["--no-rate-limit"]);
    let http = reqwest::Client::new();
    let url = format!("{}{}", running.url, Operation::VouchersGetAll.path());
    for _ in 0..1_000 {
        let request = http.post(&url).header("content-type", "application/json");
        let sent = request
            .body("{}")
            .timeout(std::time::Duration::from_secs(10));
        assert_eq!(sent.send().await.expect("a response").status(), 400);
    }
    let id = running.process.id().to_string();
    let signal = Command::new("kill").args(["-TERM", &id]).status();
    assert!(signal.expect("a signal").success());
    let started = std::time::Instant::now();
    let status = running.process.wait().expect("the process ends");
    assert_eq!(status.code(), Some(0));
    assert!(started.elapsed() < std::time::Duration::from_secs(5));
}

#[tokio::test]
async fn port_is_written_to_a_file_and_to_a_line_of_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("port");
    let mut process = Command::new(BINARY)
        .args(["--port", "0", "--format", "json", "--port-file"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut output = BufReader::new(process.stdout.take().expect("the standard output"));
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    let start: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let port = std::fs::read_to_string(&file).expect("the file of the port");
    assert_eq!(start["Port"].to_string(), port.trim());
    assert_eq!(start["ProcessId"], process.id());
    let url = start["Url"].as_str().expect("a URL").to_owned();
    let health = reqwest::get(format!("{url}/_sandbox/health")).await;
    let health = crate::support::read(health.expect("a response")).await;
    let health = health.expect("a complete response").ok();
    assert_eq!(
        (&health.body["Status"], &health.body["Version"]),
        (&"Ok".into(), &start["Version"])
    );
    process.kill().expect("the process runs");
    process.wait().expect("the process ends");
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        1
    );
}
