//! Snapshots that show the effect of a change of the spec.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic;
use std::path::{Path, PathBuf};

use serde_json::Value;
use xtask::files::CODE;

use crate::document::{CONNECTOR, CONVENTIONS, LOWERED, code, example, root};
use crate::operations::{self, ids};
use crate::recorder::Recorder;

fn folder(kind: &str) -> PathBuf {
    root().join("tests/it/snapshots").join(kind)
}

/// Compares each value with `snapshots/{kind}/{name}.snap`. Fails after all comparisons, and if a snapshot has no value.
fn assert_snapshots(kind: &str, contents: &BTreeMap<String, String>) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder(kind));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let changed: Vec<&String> = contents
        .iter()
        .filter(|(name, text)| {
            let compare =
                || settings.bind(|| insta::assert_snapshot!(name.as_str(), text.trim_end()));
            panic::catch_unwind(panic::AssertUnwindSafe(compare)).is_err()
        })
        .map(|(name, _)| name)
        .collect();
    assert!(
        changed.is_empty(),
        "snapshots of {kind} changed: {changed:?}; look at them above, and accept them with \
         `INSTA_UPDATE=always cargo test -p mews-tests`"
    );
    let left: Vec<String> = std::fs::read_dir(folder(kind))
        .expect("a folder of snapshots")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|file| {
            file.strip_suffix(".snap")
                .is_some_and(|name| !contents.contains_key(name))
        })
        .collect();
    assert!(
        left.is_empty(),
        "tests/it/snapshots/{kind} contains snapshots without a source: `git rm` {left:?}"
    );
}

#[test]
fn types() {
    let outlines = outline(&code(), &LOWERED.contract);
    assert_snapshots("types", &outlines);
}

#[test]
fn values() {
    let operations = openapi_codegen::outline::operations(Path::new(CODE), &code())
        .expect("the code has operations");
    assert_snapshots(
        "values",
        &BTreeMap::from([("operations".to_owned(), operations)]),
    );
}

#[test]
fn lowering() {
    let mut passes: BTreeMap<String, String> = BTreeMap::new();
    for change in LOWERED.changes.list() {
        let text = passes.entry(change.pass.to_owned()).or_default();
        let _ = writeln!(text, "{}\n    {}", change.pointer, change.what);
    }
    let all = passes
        .into_iter()
        .map(|(pass, changes)| format!("# {pass}\n{changes}"))
        .collect::<Vec<_>>()
        .join("\n");
    assert_snapshots("lowering", &BTreeMap::from([("connector".to_owned(), all)]));
}

#[tokio::test]
async fn operations() {
    let mut contents = BTreeMap::new();
    for id in ids() {
        let response = example(id, Some("200"), "Minimal").to_string();
        let recorder = Recorder::start(200, "application/json", response).await;
        let client = recorder.client();
        for request in [operations::minimal(id), example(id, None, "Full")] {
            operations::call(&client, id, request)
                .await
                .unwrap_or_else(|error| panic!("{id}: {error}"));
        }
        let received = recorder.received();
        let [minimal, full] = received.as_slice() else {
            panic!("{id}: {} requests arrived", received.len());
        };
        // Everything is sent except nulls, which equal omitted properties. In update values, nulls are sent.
        let sent = example(id, None, "Full");
        for (name, value) in sent.as_object().into_iter().flatten() {
            if !value.is_null() {
                assert_eq!(&full.body[name], value, "{id}: {name}");
            }
        }
        let headers: Vec<String> = full
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "host" | "content-length"))
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let text = format!(
            "{} {}\n{}\n\nminimal\n{}\n\nfull\n{}",
            full.method,
            full.path,
            headers.join("\n"),
            shown(&minimal.body),
            shown(&full.body),
        );
        contents.insert(id.to_owned(), text);
    }
    assert_snapshots("operations", &contents);
}

/// Returns a request as JSON with hidden tokens.
fn shown(request: &Value) -> String {
    let mut request = request.clone();
    for token in ["ClientToken", "AccessToken"] {
        assert!(request[token].is_string(), "{token} is sent");
        request[token] = Value::from("[hidden]");
    }
    request.sort_all_objects();
    serde_json::to_string_pretty(&request).expect("JSON")
}

#[test]
fn a_changed_property_changes_only_its_type() {
    let (before, _) = outlined(&CONNECTOR);
    let mut changed = CONNECTOR.clone();
    changed.tree["components"]["schemas"]["RateForExtent"]["properties"]["Paint"] = serde_json::json!({ "type": "string", "maxLength": 20, "description": "What it is painted with." });
    let (after, changes) = outlined(&changed);
    let names = |contents: &BTreeMap<String, String>| contents.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    let touched: Vec<&String> = before
        .keys()
        .filter(|name| before[*name] != after[*name])
        .collect();
    assert_eq!(touched, ["RateForExtent"]);
    let added: Vec<&str> = after["RateForExtent"]
        .lines()
        .filter(|line| !before["RateForExtent"].contains(line))
        .collect();
    assert_eq!(
        added,
        ["  paint: Option<String>  \"Paint\" optional, ..20 characters"]
    );
    let lowered: Vec<&openapi_codegen::lower::Change> = changes
        .iter()
        .filter(|change| !LOWERED.changes.list().contains(change))
        .collect();
    assert!(
        lowered.iter().all(|change| change
            .pointer
            .starts_with("/components/schemas/RateForExtent")),
        "{lowered:?}"
    );
}

/// Returns the outlines of the types of a document, and the changes of lowering.
fn outlined(
    document: &openapi_tree::document::Document,
) -> (
    BTreeMap<String, String>,
    Vec<openapi_codegen::lower::Change>,
) {
    let generated = openapi_codegen::pipeline::generate(document, &CONVENTIONS).expect("code");
    let outlines = outline(&generated.code, &generated.lowered.contract);
    (outlines, generated.lowered.changes.list().to_vec())
}

fn outline(code: &str, contract: &Value) -> BTreeMap<String, String> {
    openapi_codegen::outline::outline(Path::new(CODE), code, contract, &CONVENTIONS)
        .expect("the code has an outline")
}
