//! The time and the memory of `cargo xtask regenerate`: for the spec, for a large document, and for a process with the same
//! allocator that only calls progenitor and prettyplease for the lowered large document.
//!
//! `cargo bench -p xtask --bench document --profile dev` uses the same profile as `cargo xtask`.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints its results, and one that cannot continue has failed"
)]

#[path = "../../crates/openapi-codegen/tests/it/large.rs"]
mod large;

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use openapi_codegen::conventions::Conventions;
use openapi_codegen::generate::generate;
use openapi_codegen::lower;

/// The number of operations of the large document. With four schemas for each and the shared ones, it has 625 schemas. Four
/// times as many schemas take four times as long.
const KINDS_OF_625: usize = 153;

/// The number of runs. The median is printed.
const RUNS: usize = 5;

/// The number of runs of each of two processes that are compared.
const COMPARED_RUNS: usize = 15;

/// The argument of the process that only calls progenitor and prettyplease.
const PLAIN: &str = "plain";

/// The allocator of `cargo xtask`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [PLAIN, spec, out] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return plain(spec, out);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = large::document();
    let (spec, out) = (
        folder.path().join("large.json"),
        folder.path().join("large.rs"),
    );
    fs::write(&spec, document.to_string()).expect("a document");
    let text = |path: &Path| path.to_str().expect("a path").to_owned();
    let (spec, out) = (text(&spec), text(&out));

    let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
    measure("own document, regenerate --check", || {
        process(xtask, &["regenerate", "--check"])
    });
    measure("own document, regenerate --dry-run", || {
        process(xtask, &["regenerate", "--dry-run"])
    });
    let size = format!(
        "{} operations, {} schemas",
        large::OPERATIONS,
        large::SCHEMAS
    );
    let lowered = lower::lower(Path::new("large.json"), &document, &Conventions::default())
        .expect("a lowered document");
    let plain_spec = text(&folder.path().join("lowered.json"));
    fs::write(&plain_spec, lowered.tree.to_string()).expect("a document");
    let this = env::current_exe().expect("this benchmark");
    // The processes alternate, so that other work of the machine affects both.
    let (mut ours, mut plain) = (Runs::default(), Runs::default());
    for _ in 0..COMPARED_RUNS {
        // The time of writing the file is included.
        let _ = fs::remove_file(&out);
        ours.add(process(
            xtask,
            &["regenerate", "--spec", &spec, "--out", &out],
        ));
        let _ = fs::remove_file(&out);
        plain.add(process(&this, &[PLAIN, &plain_spec, &out]));
    }
    ours.print(&format!("{size}, regenerate --spec --out"));
    plain.print(&format!(
        "{size}, lowered before: only progenitor and prettyplease"
    ));
    println!("{:>8.2} times as long", ours.median() / plain.median());
    for kinds in [KINDS_OF_625, 4 * KINDS_OF_625 + 9] {
        let document = large::of_size(50, kinds);
        fs::write(&spec, document.to_string()).expect("a document");
        let count = openapi_tree::schemas::components(&document).count();
        measure(
            &format!("50 operations, {count} schemas, regenerate --spec --out"),
            || process(xtask, &["regenerate", "--spec", &spec, "--out", &out]),
        );
    }
}

/// Reads a lowered document, calls progenitor and prettyplease, and writes the code.
fn plain(spec: &str, out: &str) {
    let text = fs::read(spec).expect("a document");
    let document = serde_json::from_slice(&text).expect("JSON");
    let tokens = generate(Path::new(spec), &document, &Conventions::default()).expect("code");
    let file: syn::File = syn::parse2(tokens).expect("Rust");
    fs::write(out, prettyplease::unparse(&file)).expect("a file");
}

fn measure(what: &str, mut run: impl FnMut() -> (Duration, Option<u64>)) {
    let mut runs = Runs::default();
    for _ in 0..RUNS {
        runs.add(run());
    }
    runs.print(what);
}

/// The seconds of runs, and the maximum of their memory in KiB.
#[derive(Default)]
struct Runs {
    seconds: Vec<f64>,
    memory: Option<u64>,
}

impl Runs {
    fn add(&mut self, (time, memory): (Duration, Option<u64>)) {
        self.seconds.push(time.as_secs_f64());
        self.memory = self.memory.max(memory);
    }

    fn median(&mut self) -> f64 {
        self.seconds.sort_by(f64::total_cmp);
        self.seconds[self.seconds.len() / 2]
    }

    fn print(&mut self, what: &str) {
        let kib = self.memory;
        let memory = kib.map_or_else(String::new, |kib| format!(", {} MB at most", kib / 1024));
        println!("{:>8.3} s{memory}  {what}", self.median());
    }
}

/// Runs a program. Returns its time, and the maximum of its memory that was observed.
fn process(program: &Path, arguments: &[&str]) -> (Duration, Option<u64>) {
    let begun = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .expect("xtask runs");
    let status = format!("/proc/{}/status", child.id());
    let mut most = None;
    loop {
        // Only Linux reports the memory. The value only rises, so the last one before the end is the maximum.
        let seen = fs::read_to_string(&status).ok().and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.trim().trim_end_matches(" kB").parse().ok()
        });
        most = most.max(seen);
        if let Some(ended) = child.try_wait().expect("the process") {
            assert!(ended.success(), "{arguments:?}");
            return (begun.elapsed(), most);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
