//! Time and allocations of decoding a page of 1000 codes, compared with handwritten types.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod baseline;

use std::hint::black_box;
use std::time::Instant;

use mews_connector::types::VoucherCodeResult;

const ROUNDS: usize = 400;

fn main() {
    let body = format!(
        "{{\"VoucherCodes\":{},\"Cursor\":\"c\"}}",
        baseline::codes(1000)
    );
    let ours = || {
        drop(black_box(
            serde_json::from_str::<VoucherCodeResult>(black_box(&body)).unwrap(),
        ));
    };
    let by_hand = || {
        drop(black_box(
            serde_json::from_str::<baseline::Page>(black_box(&body)).unwrap(),
        ));
    };

    // The measurements alternate, so that other work of the machine affects both.
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS + 20 {
        let start = Instant::now();
        ours();
        let middle = Instant::now();
        by_hand();
        if round >= 20 {
            our_times.push((middle - start).as_secs_f64());
            their_times.push(middle.elapsed().as_secs_f64());
        }
    }
    let (time, their_time) = (median(our_times), median(their_times));
    let allocations = allocation_counter::measure(ours);
    let their_allocations = allocation_counter::measure(by_hand);
    println!(
        "decoding a page of 1000 codes, {} bytes, median of {ROUNDS}",
        body.len()
    );
    println!(
        "  by hand  {:>8.1} µs  {:>6} allocations",
        their_time * 1e6,
        their_allocations.count_total
    );
    println!(
        "  client   {:>8.1} µs  {:>6} allocations",
        time * 1e6,
        allocations.count_total
    );
    println!("  ratio    {:>8.3}, at most 1.0 wanted", time / their_time);
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
