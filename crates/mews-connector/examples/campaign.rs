//! A campaign: one voucher with rates, and unique codes that are valid for local dates of the hotel. Each code is
//! created once, even if the process is killed and started again. The outcomes are written to a CSV file.
//!
//!     cargo run -p mews-connector --example campaign
//!
//! The guide describes the example: `mews_connector::guide::campaign`.
#![allow(clippy::print_stdout)] // It reports its result.

#[path = "shared/connection.rs"]
mod connection;
#[path = "shared/dates.rs"]
mod dates;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use clap::Parser;
use connection::{Connection, Failure};
use mews_connector::bulk::{Bulk, FileJournal, Outcome, Report};
use mews_connector::types::{RateId, ServiceId, VoucherCode, VoucherId};
use mews_connector::{Client, NewVoucher, NewVoucherCode};
use mews_sandbox::builtin;
use rand::seq::IndexedRandom;

/// Create a voucher with rates and unique codes; after a failure, run the command again to create the missing codes
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// Keep the codes, the journals and the outcomes in this folder; use a separate folder for each campaign
    #[arg(long, value_name = "FOLDER", default_value = "campaign-output")]
    folder: PathBuf,
    /// Create the voucher in this service instead of one of the sandbox
    #[arg(long, value_name = "ID")]
    service: Option<ServiceId>,
    /// Assign this rate to the voucher; repeat for up to ten rates
    #[arg(long = "rate", value_name = "ID")]
    rates: Vec<RateId>,
    /// Set the name of the voucher
    #[arg(long, default_value = "Summer campaign")]
    name: String,
    /// Set the external identifier of the voucher and the beginning of each code; it must be unique in the service
    #[arg(long, default_value = "SUMMER")]
    identifier: String,
    /// Create this number of codes
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    codes: usize,
    /// Accept the codes from the first second of this date
    #[arg(long, value_name = "DATE", default_value = "2027-06-01")]
    from: NaiveDate,
    /// Accept the codes until the last second of this date
    #[arg(long, value_name = "DATE", default_value = "2027-08-31")]
    until: NaiveDate,
    /// Set the time zone of the hotel
    #[arg(long, default_value = "Europe/Prague")]
    time_zone: Tz,
    /// Send this number of codes in a request
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    batch_size: usize,
    /// Give the server this number of seconds to finish a request whose response was lost
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    settle: u64,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = Arguments::parse();
    if arguments.rates.is_empty() && arguments.service.is_none() {
        // The rates belong to the service of the sandbox.
        arguments.rates = vec![builtin::RATE_IDS[0].parse()?];
    }
    let service = match arguments.service {
        Some(service) => service,
        None => arguments.connection.default_service()?,
    };
    let validity = Validity::new(arguments.from, arguments.until, arguments.time_zone)?;
    let (client, _sandbox) = arguments.connection.open().await?;
    fs::create_dir_all(&arguments.folder)?;

    // The journal is locked, so a second process ends here.
    let journal = FileJournal::open(arguments.folder.join("codes.journal"))?;
    let values = values(
        &arguments.folder.join("codes.txt"),
        &arguments.identifier,
        arguments.codes,
    )?;
    let voucher = create_voucher(&arguments, &client, service).await?;
    let codes = values.iter().map(|value| {
        NewVoucherCode::new(voucher, value)
            .validity_start_utc(validity.first)
            .validity_end_utc(validity.last)
    });
    // With the same inputs, the job of the journal continues.
    let report = arguments
        .bulk(&client)
        .journal(journal)
        .add_voucher_codes(codes)
        .await;

    if let Some(error) = report.stopped().filter(|_| report.requests() == 0) {
        // The job did not start, for example because the journal belongs to another job. The outcomes of the run before
        // stay.
        return Err(error.to_string().into());
    }
    let outcomes = arguments.folder.join("outcomes.csv");
    write_outcomes(&outcomes, &values, &validity, &report)?;
    let counts = report.counts();
    println!(
        "{} codes were created, {} rejected, {} not created, {} are unknown; see {}",
        counts.applied,
        counts.rejected,
        counts.not_applied,
        counts.unknown,
        outcomes.display()
    );
    if let Some(error) = report.stopped() {
        return Err(format!("the job stopped: {error}; run it again").into());
    }
    if report.is_complete() {
        return Ok(());
    }
    Err("some codes were not created; see their reasons, then run it again".into())
}

impl Arguments {
    fn bulk(&self, client: &Client) -> Bulk {
        client
            .bulk()
            .batch_size(self.batch_size)
            .settle(Duration::from_secs(self.settle))
    }
}

/// The interval in which a code can be used. Its bounds are inclusive (guidelines/serialization), so it ends with the
/// last second of the last date. Midnight of the next date would be one second too late.
struct Validity {
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

impl Validity {
    fn new(from: NaiveDate, until: NaiveDate, time_zone: Tz) -> Result<Self, Failure> {
        if until < from {
            return Err(format!("--until {until} is before --from {from}").into());
        }
        let first = dates::first_second(from, time_zone);
        let next = until
            .succ_opt()
            .and_then(|next| dates::first_second(next, time_zone));
        match (first, next) {
            (Some(first), Some(next)) => Ok(Self {
                first,
                last: next - TimeDelta::seconds(1),
            }),
            _ => Err(format!("no timestamps for {from} to {until} in {time_zone}").into()),
        }
    }
}

/// Creates the voucher, or returns the one that an earlier run has created.
async fn create_voucher(
    arguments: &Arguments,
    client: &Client,
    service: ServiceId,
) -> Result<VoucherId, Failure> {
    let journal = FileJournal::open(arguments.folder.join("voucher.journal"))?;
    // If the response was lost, the external identifier identifies the voucher.
    let voucher = NewVoucher::public(service, &arguments.name)
        .external_identifier(&arguments.identifier)
        .assigned_rate_ids(arguments.rates.iter().copied());
    let bulk = arguments.bulk(client).journal(journal);
    let report = bulk.add_vouchers([voucher]).await;
    match report.outcomes() {
        [Outcome::Applied(voucher)] => Ok(voucher.id),
        outcomes => {
            let reason = outcomes.iter().find_map(Outcome::reason);
            Err(format!(
                "the voucher was not created: {}",
                reason.unwrap_or_default()
            )
            .into())
        }
    }
}

/// Returns the values of the codes. They are drawn once and stored before the first request, so that a later run
/// continues with the same values.
fn values(path: &Path, prefix: &str, count: usize) -> Result<Vec<String>, Failure> {
    let values: Vec<String> = match fs::read_to_string(path) {
        Ok(stored) => stored.lines().map(str::to_owned).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let drawn = draw(prefix, count);
            write_file(path, drawn.join("\n").as_bytes())?;
            drawn
        }
        Err(error) => return Err(error.into()),
    };
    if values.len() != count {
        let stored = values.len();
        return Err(format!(
            "{} has {stored} codes instead of {count}; pass --codes {stored}, or use another folder",
            path.display()
        )
        .into());
    }
    Ok(values)
}

/// Draws values that differ from each other and cannot be guessed. No document states whether the server compares them
/// case-sensitively, so they have capital letters only, and neither 0, 1, I nor O, which are easily confused.
fn draw(prefix: &str, count: usize) -> Vec<String> {
    const CHARACTERS: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut random = rand::rng();
    let mut values = BTreeSet::new();
    while values.len() < count {
        let drawn = (0..10).filter_map(|_| CHARACTERS.choose(&mut random));
        let drawn: String = drawn.map(|character| char::from(*character)).collect();
        values.insert(format!("{prefix}-{drawn}"));
    }
    values.into_iter().collect()
}

fn write_outcomes(
    path: &Path,
    values: &[String],
    validity: &Validity,
    report: &Report<VoucherCode>,
) -> Result<(), Failure> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record([
        "value",
        "outcome",
        "code_id",
        "valid_from_utc",
        "valid_until_utc",
        "reason",
    ])?;
    for (value, outcome) in values.iter().zip(report.outcomes()) {
        let name = match outcome {
            Outcome::Applied(_) => "created",
            Outcome::Rejected(_) => "rejected",
            Outcome::NotApplied(_) => "not created",
            Outcome::Unknown(_) => "unknown",
            _ => "other",
        };
        let id = outcome.applied().map(|code| code.id.to_string());
        csv.write_record([
            value,
            name,
            &id.unwrap_or_default(),
            &validity.first.to_rfc3339(),
            &validity.last.to_rfc3339(),
            &outcome.reason().unwrap_or_default(),
        ])?;
    }
    write_file(path, &csv.into_inner()?)
}

/// Writes a file as a whole: after a kill, it is complete or missing.
fn write_file(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let new = path.with_extension("new");
    fs::write(&new, content)?;
    fs::rename(new, path)?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn validity(from: &str, until: &str) -> [String; 2] {
        let (from, until) = (from.parse().unwrap(), until.parse().unwrap());
        let Validity { first, last } = Validity::new(from, until, Tz::Europe__Prague).unwrap();
        [first, last].map(|timestamp| timestamp.format("%d.%m. %H:%M:%S").to_string())
    }

    #[test]
    fn the_last_second_of_the_last_date_is_valid() {
        let summer = validity("2027-06-01", "2027-08-31");
        assert_eq!(summer, ["31.05. 22:00:00", "31.08. 21:59:59"]);
        // 31 October 2027 has 25 hours.
        let one_day = validity("2027-10-31", "2027-10-31");
        assert_eq!(one_day, ["30.10. 22:00:00", "31.10. 22:59:59"]);
    }

    #[test]
    fn rejects_dates_in_the_wrong_order() {
        let (from, until) = ("2027-06-02".parse().unwrap(), "2027-06-01".parse().unwrap());
        assert!(Validity::new(from, until, Tz::UTC).is_err());
    }

    #[test]
    fn draws_different_values_without_confusing_characters() {
        let values = draw("SUMMER", 1000);
        assert_eq!(values.len(), 1000);
        for value in values {
            let drawn = value.strip_prefix("SUMMER-").unwrap();
            assert_eq!(drawn.len(), 10);
            assert!(!drawn.contains(['0', '1', 'I', 'O']), "{drawn}");
        }
    }
}
