//! A sandbox with a million codes: the time at the server, the throughput, the memory, and the time of the obvious SQL
//! for the same pages. Prints the tables of the README.
//!
//! `cargo bench -p mews-sandbox`

mod process;
mod table;
mod times;
mod work;

use mews_sandbox::Sandbox;

type Failure = Box<dyn std::error::Error>;

/// The number of generated codes, and of vouchers that they are spread over.
const CODES: u32 = 1_000_000;
const VOUCHERS: u32 = 1_000;
/// The number in the ID of the first generated voucher and code.
const FIRST: u32 = 0x101;

fn main() -> Result<(), Failure> {
    // `cargo test --all-targets` runs this too, and must not wait for it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("million.db");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut times = times::Times::default();
    for is_file in [false, true] {
        runtime.block_on(async {
            let builder = Sandbox::builder()
                .no_rate_limit()
                .seed_codes(CODES)
                .keep_exchanges(1);
            let builder = if is_file {
                builder.data_file(&path)
            } else {
                builder
            };
            times.measure(builder.start().await?, is_file).await
        })?;
    }
    times.baseline(&path)?;
    process::start_up(&mut times)?;
    times.print();
    process::memory(&runtime)?;
    process::throughput()
}
