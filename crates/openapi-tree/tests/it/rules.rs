//! Running rules.

use std::path::Path;

use openapi_tree::document::Document;
use openapi_tree::error::Location;
use openapi_tree::lint::{Finding, Findings, Rule, reject, run};

fn title(document: &Document, findings: &mut Findings) {
    if document.tree.get("title").is_none() {
        findings.add("", "missing `title`", "add it");
        findings.add("", "missing `title`", "add it");
    }
}

fn name(_: &Document, findings: &mut Findings) {
    findings.add("/name", "unknown name", "correct it");
}

const RULES: [Rule; 2] = [("name", name), ("title", title)];

fn findings() -> Vec<Finding> {
    let document = Document::parse(Path::new("a.yaml"), "a: 1").expect("a document");
    run(&document, &[&RULES])
}

#[test]
fn findings_come_in_order_and_once() {
    let rules: Vec<_> = findings().iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["title", "name"]);
}

#[test]
fn a_document_is_rejected_for_its_first_finding() {
    let error = reject(Path::new("a.yaml"), findings()).expect_err("two findings");
    assert_eq!(error.location(), &Location::Pointer(String::new()));
    assert_eq!(error.help(), "add it; there is 1 more finding");
    reject(Path::new("a.yaml"), Vec::new()).expect("no finding");
}
