//! Timestamps of requests, in whole seconds.

use std::path::Path;

use openapi_codegen::conventions::{Conventions, Interval};
use openapi_codegen::pipeline;
use openapi_tree::document::Document;
use serde_json::{Value, json};

use crate::builder::{exchange, reference};
use crate::compiled;

fn conventions(whole_seconds: bool) -> Conventions {
    Conventions {
        interval: Some(Interval {
            start: "Start".to_owned(),
            end: "End".to_owned(),
            max_months: "x-months".to_owned(),
        }),
        setters: true,
        whole_seconds,
        update_value: Some("Value".to_owned()),
        ..Conventions::default()
    }
}

/// Timestamps in every place where a request can have them.
fn times() -> Value {
    let time = json!({ "type": "string", "format": "date-time" });
    let nullable = json!({ "type": "string", "format": "date-time", "nullable": true });
    let update = |value: &Value| json!({ "type": "object", "required": ["Value"], "properties": { "Value": value } });
    exchange(
        &json!({
            "Named": time,
            "Interval": { "type": "object", "required": ["Start"], "properties": { "Start": time, "End": time } },
            "Change": update(&nullable),
            "Move": update(&time),
            "Question": {
                "type": "object",
                "required": ["Required", "Nullable"],
                "properties": {
                    "Required": time,
                    "Nullable": nullable,
                    "Optional": time,
                    "Named": reference("Named"),
                    "List": { "type": "array", "items": time },
                    "Lists": { "type": "array", "nullable": true, "items": { "type": "array", "items": nullable } },
                    "Map": { "type": "object", "additionalProperties": time },
                    "Interval": { "allOf": [reference("Interval")], "x-months": 1 },
                    "Change": reference("Change"),
                    "Move": reference("Move"),
                    "End": time,
                },
                "additionalProperties": nullable,
            },
            "Reply": { "type": "object", "properties": { "At": time } },
        }),
        &json!({ "Required": "2026-01-05T09:00:00Z", "Nullable": null }),
        &json!({ "At": "2026-01-05T09:00:00.5Z" }),
    )
}

/// A program that uses the module `times`.
const PROGRAM: &str = r#"
use serde_json::{from_value, json, to_value};
use times::types::{Reply, Interval, Question};

fn main() {
    let (exact, cut) = ("2026-01-05T09:00:00.999999999Z", "2026-01-05T09:00:00Z");
    let question: Question = from_value(json!({
        "Required": exact, "Nullable": exact, "Optional": exact, "Named": exact, "List": [exact, cut],
        "Lists": [[exact, null], []], "Map": { "a": exact }, "Change": { "Value": exact }, "Move": { "Value": exact },
        "End": exact, "Interval": { "Start": exact, "End": exact }, "More": exact, "None": null,
    }))
    .unwrap();
    assert_eq!(
        to_value(&question).unwrap(),
        json!({
            "Required": cut, "Nullable": cut, "Optional": cut, "Named": cut, "List": [cut, cut],
            "Lists": [[cut, null], []], "Map": { "a": cut }, "Change": { "Value": cut }, "Move": { "Value": cut },
            "End": cut, "Interval": { "Start": cut, "End": "2026-01-05T09:00:01Z" }, "More": cut, "None": null,
        })
    );
    let least: Question = from_value(json!({ "Required": "1969-12-31T23:59:59.5Z", "Nullable": null, "Change": { "Value": null } })).unwrap();
    assert_eq!(
        to_value(&least).unwrap(),
        json!({ "Required": "1969-12-31T23:59:59Z", "Nullable": null, "Change": { "Value": null } })
    );
    // A leap second is part of the last second of the day.
    let leap: Question = from_value(json!({ "Required": "2016-12-31T23:59:60.5Z", "Nullable": null })).unwrap();
    assert_eq!(to_value(&leap).unwrap()["Required"], "2016-12-31T23:59:59Z");

    // The interval that is sent must not be longer than the maximum.
    let interval = |start: &str, end: &str| {
        let interval: Interval = from_value(json!({ "Start": start, "End": end })).unwrap();
        question.clone().interval(interval).check()
    };
    assert!(interval("2026-01-05T09:00:00Z", "2026-02-05T09:00:00Z").is_ok());
    assert!(interval("2026-01-05T09:00:00.5Z", "2026-02-05T09:00:00Z").is_ok());
    assert!(interval("2026-01-05T09:00:00.5Z", "2026-02-05T09:00:00.1Z").is_err());
    assert!(interval("2026-01-05T09:00:00.5Z", "2026-01-05T09:00:00.4Z").is_err());

    // Responses keep what was received.
    let reply: Reply = from_value(json!({ "At": "2026-01-05T09:00:00.500Z" })).unwrap();
    assert_eq!(to_value(&reply).unwrap(), json!({ "At": "2026-01-05T09:00:00.500Z" }));
}
"#;

fn code(whole_seconds: bool) -> String {
    let document = Document {
        file: Path::new("times.json").to_owned(),
        tree: times(),
        sha256: String::new(),
    };
    pipeline::generate(&document, &conventions(whole_seconds))
        .unwrap_or_else(|error| panic!("{error}"))
        .code
}

#[test]
fn requests_have_whole_seconds_everywhere() {
    compiled::run("times", &[("times", code(true))], PROGRAM);
}

#[test]
fn without_the_convention_timestamps_are_written_as_they_are() {
    let code = code(false);
    assert!(!code.contains("timestamps::") && !code.contains("mod timestamps"));
}
