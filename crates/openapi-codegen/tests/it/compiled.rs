//! Generated code compiles in a separate crate with the documented dependencies only, and decodes the examples of its
//! document.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use openapi_tree::schemas::{components, operations};
use serde_json::Value;

use crate::run::code_of;
use crate::{constructs, large};

const MANIFEST: &str = r#"
[package]
name = "PACKAGE"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
bytes = "1"
chrono = { version = "0.4", default-features = false, features = ["clock", "serde", "std"] }
futures-core = "0.3"
progenitor-client = "=0.15.1"
reqwest = { version = "0.13.4", default-features = false }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
tokio = { version = "1", features = ["io-util", "net", "rt", "time"] }
uuid = { version = "1", features = ["serde", "v4"] }

[profile.dev]
debug = false
"#;

/// The functions of the crate: decode an example as the type of its operation, and encode a request again.
const MAIN: &str = r#"
fn read<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> bool {
    match serde_json::from_str::<T>(text) {
        Ok(_) => true,
        Err(error) => {
            println!("{what}: {error}");
            false
        }
    }
}

fn send<T: serde::de::DeserializeOwned + serde::Serialize>(what: &str, text: &str) -> bool {
    let sent = serde_json::from_str::<T>(text).and_then(serde_json::to_value);
    let meant = serde_json::from_str::<serde_json::Value>(text);
    match (sent, meant) {
        (Ok(sent), Ok(meant)) if sent == meant => true,
        (Ok(sent), Ok(meant)) => {
            println!("{what}: sends {sent}\n  instead of {meant}");
            false
        }
        (Err(error), _) | (_, Err(error)) => {
            println!("{what}: {error}");
            false
        }
    }
}
"#;

/// The functions of the crate for checked values and for requests on the wire.
const WIRE: &str = r#"
fn checks<T: serde::de::DeserializeOwned, E>(text: &str, valid: bool, check: impl Fn(&T) -> Result<(), E>) -> bool {
    let is_right = serde_json::from_str::<T>(text).is_ok_and(|value| check(&value).is_ok() == valid);
    if !is_right {
        println!("should be valid: {valid}: {text}");
    }
    is_right
}

/// Returns the request that a call sends to a server, from the first line.
fn sent<F: Future>(call: impl FnOnce(String) -> F) -> String {
    use std::io::{BufRead, BufReader, Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("its address"));
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut reader = BufReader::new(stream.try_clone().expect("the same connection"));
        let (mut text, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line");
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a number");
            }
            text.push_str(&line);
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 6\r\n\r\n\"done\"")
            .expect("a response");
        text + &String::from_utf8(body).expect("text")
    });
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(call(base));
    server.join().expect("what was sent")
}

fn has(text: &str, part: &str) -> bool {
    let holds = text.contains(part);
    if !holds {
        println!("{part} is not in {text}");
    }
    holds
}

fn wire() -> Vec<bool> {
    let list = vec!["a b".to_owned(), "c,d".to_owned()];
    let map = [("x".to_owned(), 1)].into();
    let joined = sent(|base| async move {
        let client = parameters::Client::new(&base).expect("a client");
        let ids = parameters::types::Ids(vec![1, 2]);
        client
            .joined_get(Some(&list), Some(&ids), Some(&list), Some(&map), Some(&list), Some("1,2"), None)
            .await
            .expect("a response");
    });
    let renamed = sent(|base| async move {
        let client = parameters::Client::new(&base).expect("a client");
        let id = parameters::types::Id(uuid::Uuid::nil());
        let _ = client
            .parts_get(&id, 1, Some("first"), Some("second"), Some("b"), 2, None, None, None, None, None, 3, Some("third"), None)
            .await;
    });
    let patch = sent(|base| async move {
        let client = bodies::Client::new(&base).expect("a client");
        client.patch(&Vec::new()).await.expect("a response");
    });
    let any = sent(|base| async move {
        let client = bodies::Client::new(&base).expect("a client");
        client.any(&bodies::types::AnyBody::new()).await.expect("a response");
    });
    vec![
        has(&joined, "/joined?commas=a%20b,c%2Cd&pipes="),
        has(&joined, "&pipes=a%20b%7Cc%2Cd&"),
        has(&joined, "&ids=1,2&map=x,1&"),
        has(&joined, "&many=a+b&many=c%2Cd"),
        has(&joined, "&scalar=1%2C2"),
        has(&renamed, "EndTime%3C=first&EndTime%3E=second&body=b"),
        has(&renamed, "end-time: third"),
        has(&patch, "content-type: application/json-patch+json\r\n"),
        has(&any, "content-type: application/json\r\n"),
    ]
}
"#;

/// The examples that are not JSON or have no value. Lowering reports them.
const BROKEN: [&str; 3] = ["Broken", "Two", "Elsewhere"];

/// The JSON pointer of the example of a request.
const QUESTION: &str = "/paths/~1do/post/requestBody/content/application~1json/example";

#[test]
fn modules_compile_without_warnings_and_decode_their_examples() {
    let mut modules = Vec::new();
    let mut calls = String::new();
    let documents = constructs::all()
        .into_iter()
        .map(|construct| (construct.name, construct.document))
        .chain([("large", large::document())]);
    assert_eq!(operations(&large::document()).len(), large::OPERATIONS);
    assert_eq!(components(&large::document()).count(), large::SCHEMAS);
    for (name, document) in documents {
        let (code, _) = code_of(&document);
        for line in calls_for(name, &document, &code) {
            writeln!(calls, "    count += 1; good += usize::from({line});").expect("text");
        }
        for (list, valid) in [("x-valid", true), ("x-violations", false)] {
            for change in document[list].as_array().into_iter().flatten() {
                // Everything else is valid, so only the change can violate a constraint.
                let mut request = document.pointer(QUESTION).expect("an example").clone();
                for (property, value) in change.as_object().into_iter().flatten() {
                    request[property] = value.clone();
                }
                let text = request.to_string();
                writeln!(
                    calls,
                    "    count += 1; good += usize::from(checks({text:?}, {valid}, {name}::types::Question::check));"
                )
                .expect("text");
            }
        }
        modules.push((name, code));
    }
    calls.push_str("    for is_good in wire() { count += 1; good += usize::from(is_good); }\n");
    let program = format!(
        "{MAIN}{WIRE}\nfn main() {{\n    let (mut count, mut good) = (0_usize, 0_usize);\n{calls}    println!(\"{{good}} of {{count}}\");\n    std::process::exit(i32::from(good != count));\n}}"
    );
    run("made", &modules, &program);
}

/// Compiles modules and a program without warnings, and runs it.
pub(crate) fn run(package: &str, modules: &[(&str, String)], program: &str) {
    let output = compile(package, modules, program);
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Compiles modules and a program, and runs it if it compiles without warnings.
pub(crate) fn compile(package: &str, modules: &[(&str, String)], program: &str) -> Output {
    let temporary = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = temporary.join(package);
    let sources = folder.join("src");
    fs::create_dir_all(&sources).expect("a folder for the crate");
    let manifest = MANIFEST.replace("PACKAGE", package);
    fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
        .expect("the versions that are in use");
    let mut main = String::from("#![deny(warnings)]\n#![allow(dead_code)]\n");
    for (name, code) in modules {
        fs::write(sources.join(format!("{name}.rs")), code).expect("a module");
        writeln!(main, "pub mod {name};").expect("text");
    }
    main.push_str(program);
    fs::write(sources.join("main.rs"), main).expect("the main file");

    Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", temporary.join("made/target"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs")
}

/// Returns calls that decode the examples of the operations of a document.
fn calls_for(module: &str, document: &Value, code: &str) -> Vec<String> {
    let methods = methods(code);
    let mut calls = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let sentence = format!("Sends a `{}` request to `{path}`", method.to_uppercase());
            let Some((_, types)) = methods.iter().find(|(doc, _)| doc.contains(&sentence)) else {
                continue;
            };
            let content = |holder: Option<&Value>| {
                let media = holder?
                    .get("content")?
                    .as_object()?
                    .iter()
                    .find(|(kind, _)| kind.contains("json"))?;
                Some(media.1.clone())
            };
            let request = content(operation.get("requestBody"));
            let response = content(operation.pointer("/responses/200"));
            for (call, ty, media) in [("send", &types.0, request), ("read", &types.1, response)] {
                let (Some(ty), Some(media)) = (ty, media) else {
                    continue;
                };
                for (name, example) in examples(&media) {
                    let what = format!("{module} {path} {name}");
                    calls.push(format!(
                        "{call}::<{}>({what:?}, {example:?})",
                        ty.replace("types ::", &format!("{module} :: types ::"))
                    ));
                }
            }
        }
    }
    calls
}

fn examples(media: &Value) -> Vec<(String, String)> {
    let text = |example: &Value| {
        example
            .as_str()
            .filter(|text| text.starts_with('{'))
            .map_or_else(|| example.to_string(), str::to_owned)
    };
    let one = media
        .get("example")
        .map(|example| ("example".to_owned(), text(example)));
    let named = media.get("examples").and_then(Value::as_object);
    one.into_iter()
        .chain(named.into_iter().flatten().filter_map(|(name, example)| {
            let value = example.get("value")?;
            (!BROKEN.contains(&name.as_str())).then(|| (name.clone(), text(value)))
        }))
        .collect()
}

/// Returns the types of the body and the response of each method of the client, by its documentation.
fn methods(code: &str) -> BTreeMap<String, (Option<String>, Option<String>)> {
    use quote::ToTokens;
    let file = syn::parse_file(code).expect("Rust");
    let mut methods = BTreeMap::new();
    for item in &file.items {
        let syn::Item::Impl(block) = item else {
            continue;
        };
        for item in &block.items {
            let syn::ImplItem::Fn(function) = item else {
                continue;
            };
            let doc: String = function
                .attrs
                .iter()
                .filter(|attribute| attribute.path().is_ident("doc"))
                .map(|attribute| attribute.to_token_stream().to_string())
                .collect();
            let body = function.sig.inputs.iter().find_map(|input| match input {
                syn::FnArg::Typed(input) if input.pat.to_token_stream().to_string() == "body" => {
                    let ty = input.ty.to_token_stream().to_string();
                    Some(ty.trim_start_matches("& 'a ").to_owned())
                }
                _ => None,
            });
            let output = function.sig.output.to_token_stream().to_string();
            let value = output
                .split_once("ResponseValue <")
                .and_then(|(_, rest)| rest.split_once("> , Error"))
                .map(|(value, _)| value.trim().to_owned());
            methods.insert(doc, (body, value));
        }
    }
    methods
}
