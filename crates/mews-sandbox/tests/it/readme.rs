//! The tables and the commands of the README.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use mews_sandbox::{Fault, Operation, builtin};
use serde_json::{Map, Value, json};

use crate::binary::Running;
use crate::faults::count_codes;
use crate::support::{Api, add_codes, codes_of, with_tokens};

const README: &str = include_str!("../../README.md");

/// Returns the text from a heading to the next one.
fn section(heading: &str) -> &'static str {
    let start = README.find(&format!("{heading}\n")).expect(heading);
    let text = &README[start + heading.len()..];
    let level = heading.split(' ').next().unwrap_or_default();
    let end = text.find(&format!("\n{level} ")).unwrap_or(text.len());
    &text[..end]
}

/// Returns the first block of code in a language.
fn block(text: &'static str, language: &str) -> &'static str {
    let (_, rest) = text
        .split_once(&format!("```{language}\n"))
        .expect("a block");
    rest.split("```").next().unwrap_or_default()
}

/// Returns the cells of each row of a table.
fn rows(text: &'static str) -> Vec<Vec<&'static str>> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = |row: &'static str| row.split('|').map(str::trim).collect::<Vec<_>>();
    rows.map(cells).skip(1).collect()
}

/// Returns the code spans of a part of the README.
fn code(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn flags_of_the_readme_are_flags_of_the_program() {
    let help = Command::new(env!("CARGO_BIN_EXE_mews-sandbox"))
        .arg("--help")
        .output()
        .expect("the program starts");
    let help = String::from_utf8(help.stdout).expect("text");
    // The examples for other languages have flags of other programs.
    let own = README.replace(section("## Clients in other languages"), "");
    let words = own
        .split('`')
        .skip(1)
        .step_by(2)
        .flat_map(str::split_whitespace);
    let flags: BTreeSet<&str> = words.filter(|word| word.starts_with("--")).collect();
    assert!(flags.len() > 15, "{flags:?}");
    for flag in flags {
        assert!(
            help.contains(&format!("{flag} ")) || help.contains(&format!("{flag}\n")),
            "{flag}"
        );
    }
}

/// Returns the effects of the README, each with the code in its description and whether it is committed.
fn effects() -> Vec<(Value, Vec<&'static str>, &'static str)> {
    let mut effects = Vec::new();
    for row in rows(section("## Faults")) {
        for effect in code(row[0]) {
            let effect = serde_json::from_str(effect).expect(effect);
            effects.push((effect, code(row[1]).collect(), row[2]));
        }
    }
    effects
}

#[tokio::test]
async fn effects_of_the_readme_are_committed_as_it_states() {
    let name = |effect: &Value| match effect {
        Value::String(name) => name.clone(),
        object => object
            .as_object()
            .expect("an object")
            .keys()
            .next()
            .expect("a name")
            .clone(),
    };
    let mut names = BTreeSet::new();
    for (mut effect, properties, committed) in effects() {
        names.insert(name(&effect));
        // Long enough to be sent before a client with a timeout gives up, and short enough for a test.
        if let Some(delay) = effect.pointer_mut("/CommitLate/Milliseconds") {
            *delay = 50.into();
        }
        // The description names further properties, each with a value.
        for property in properties
            .iter()
            .filter(|code| code.starts_with('"') && code.contains(':'))
        {
            let property: Map<String, Value> =
                serde_json::from_str(&format!("{{{property}}}")).expect(property);
            let mut with = effect.clone();
            let own = with
                .as_object_mut()
                .and_then(|with| with.values_mut().next());
            own.and_then(Value::as_object_mut)
                .expect("an object")
                .extend(property);
            let _: Fault = serde_json::from_value(json!({ "Effect": with })).expect("an effect");
        }
        let expected = match committed {
            "yes" => 4,
            "no" => 3,
            other => {
                assert_eq!(other, "–", "{effect}");
                continue;
            }
        };
        let fault: Fault = serde_json::from_value(json!({ "Effect": effect })).expect("an effect");
        let api = Api::with(|builder| builder.fault(fault)).await;
        let url = format!("{}{}", api.sandbox.url(), Operation::VoucherCodesAdd.path());
        let body = with_tokens(add_codes(builtin::VOUCHER_ID, ["NEW"])).to_string();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let request = http
            .expect("a client")
            .post(url)
            .header("content-type", "application/json");
        let response = request
            .body(body)
            .timeout(Duration::from_secs(2))
            .send()
            .await;
        // The body of some responses never arrives.
        if let Ok(response) = response {
            let _ = response.bytes().await;
        }
        assert_eq!(count_codes(&api).await, expected, "{effect}");
    }
    // The table has every effect.
    let api = Api::new().await;
    let unknown = api
        .send("/_sandbox/faults", r#"{ "Effect": "Nothing" }"#, &[])
        .await;
    let unknown = unknown.expect("a response");
    let listed = unknown.body["Details"].as_str().unwrap_or_default();
    let listed: BTreeSet<String> = listed
        .split('`')
        .skip(3)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert_eq!(names, listed);
}

#[tokio::test]
async fn script_of_the_readme_is_accepted() {
    let api = Api::new().await;
    let script = block(section("## Faults"), "json");
    let reply = api.send("/_sandbox/faults", script, &[]).await;
    let added = reply.expect("a response").ok();
    assert_eq!(added.body.as_array().map(Vec::len), Some(4));
}

#[cfg(unix)]
#[tokio::test]
async fn commands_of_the_readme_control_a_running_sandbox() {
    let running = Running::start(&["--quiet"]);
    let output = Command::new("sh")
        .args(["-e", "-c", block(section("### Control from a test"), "sh")])
        .env("URL", &running.url)
        .env("SANDBOX", running.id().to_string())
        .output()
        .expect("a shell");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(
        printed.contains(r#""NowUtc":"2026-04-16T12:00:00.000Z""#),
        "{printed}"
    );
    assert!(printed.contains(r#""RetryAfterSeconds":2"#), "{printed}");
}

#[tokio::test]
async fn paths_of_the_readme_accept_the_methods_of_their_columns() {
    let api = Api::new().await;
    let mut found = 0;
    for row in rows(section("## Paths of the sandbox")) {
        for (method, use_of) in ["GET", "POST", "DELETE"].into_iter().zip(&row[1..]) {
            let listed = api.call(Operation::VoucherCodesGetAll, codes_of(builtin::VOUCHER_ID));
            let request_id = listed.await.headers["request-id"]
                .to_str()
                .unwrap_or_default()
                .to_owned();
            let fault_id = api.sandbox.faults().add(Fault::html(502).skip(1_000));
            let id = if row[0].contains("requests") {
                request_id
            } else {
                fault_id.to_string()
            };
            let path = code(row[0]).next().expect("a path").replace("{id}", &id);
            let url = format!("{}{path}", api.sandbox.url());
            let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
            let request = api.http.request(method.clone(), url);
            let request = request
                .header("content-type", "application/json")
                .body("{}");
            let status = request.send().await.expect("a response").status();
            assert_eq!(
                status == 404,
                use_of.is_empty(),
                "{method} {path}: {status}"
            );
            found += 1;
        }
    }
    assert_eq!(found, 10 * 3);
}
