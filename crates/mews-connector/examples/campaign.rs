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
#[path = "shared/files.rs"]
mod files;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Chain, Context, anyhow, bail};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use clap::Parser;
use connection::Connection;
use mews_connector::bulk::{Bulk, FileJournal, Outcome, Report};
use mews_connector::types::{RateId, ServiceId, VoucherAddParameters, VoucherCode, VoucherId};
use mews_connector::uuid::Uuid;
use mews_connector::{Client, Error, NewVoucher, NewVoucherCode};
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
    #[arg(long, default_value = "SUMMER", value_parser = identifier)]
    identifier: String,
    /// Create this number of codes
    #[arg(long, value_name = "COUNT", default_value = "100")]
    codes: NonZeroUsize,
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
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1000))]
    batch_size: u16,
    /// Give the server this number of seconds to finish a request whose response was lost
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    settle: u64,
}

/// Accepts what fits into a line, because `codes.txt` has a line for each code.
fn identifier(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || text.trim() != text || text.contains(char::is_control) {
        return Err("expected characters without line breaks, and no space at either end");
    }
    Ok(text.to_owned())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
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
    // A job belongs to its journal and its values from its first line on, so everything is checked before.
    let voucher = arguments.voucher(service);
    voucher.check()?;
    for value in draw(&arguments.identifier, 1) {
        validity.code(VoucherId(Uuid::nil()), &value).check()?;
    }
    let (client, _sandbox) = arguments.connection.open().await?;
    let folder = &arguments.folder;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;

    // The journal is locked, so a second process ends here.
    let journal = open_journal(&folder.join("codes.journal"))?;
    let values = values(
        &folder.join("codes.txt"),
        &arguments.identifier,
        arguments.codes.get(),
    )?;
    let voucher = create_voucher(&arguments, &client, voucher).await?;
    let codes = values.iter().map(|value| validity.code(voucher, value));
    // With the same inputs, the job of the journal continues.
    let report = arguments
        .bulk(&client)
        .journal(journal)
        .add_voucher_codes(codes)
        .await;

    if let Some(error) = report.stopped().filter(|_| report.requests() == 0) {
        // The job did not start, for example because the journal belongs to another job. The outcomes of the run before
        // stay.
        bail!("{}", with_sources(error));
    }
    let outcomes = folder.join("outcomes.csv");
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
        bail!("the job stopped: {}; run it again", with_sources(error));
    }
    if !report.is_complete() {
        bail!("some codes were not created; see their reasons, then run it again");
    }
    Ok(())
}

fn open_journal(path: &Path) -> anyhow::Result<FileJournal> {
    FileJournal::open(path).with_context(|| format!("cannot open {}", path.display()))
}

/// Returns the text of an error and of its sources.
fn with_sources(error: &Error) -> String {
    let messages: Vec<String> = Chain::new(error).map(ToString::to_string).collect();
    messages.join(": ")
}

impl Arguments {
    fn bulk(&self, client: &Client) -> Bulk {
        client
            .bulk()
            .batch_size(self.batch_size.into())
            .settle(Duration::from_secs(self.settle))
    }

    fn voucher(&self, service: ServiceId) -> VoucherAddParameters {
        // If the response was lost, the external identifier identifies the voucher.
        NewVoucher::public(service, &self.name)
            .external_identifier(&self.identifier)
            .assigned_rate_ids(self.rates.iter().copied())
    }
}

/// The interval in which a code can be used. Its bounds are inclusive (guidelines/serialization), so it ends with the
/// last second of the last date. Midnight of the next date would be one second too late.
struct Validity {
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

impl Validity {
    fn new(from: NaiveDate, until: NaiveDate, time_zone: Tz) -> anyhow::Result<Self> {
        if until < from {
            bail!("--until {until} is before --from {from}");
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
            _ => bail!("no timestamps for {from} to {until} in {time_zone}"),
        }
    }

    fn code(&self, voucher: VoucherId, value: &str) -> NewVoucherCode {
        NewVoucherCode::new(voucher, value)
            .validity_start_utc(self.first)
            .validity_end_utc(self.last)
    }
}

/// Creates the voucher, or returns the one that an earlier run has created.
async fn create_voucher(
    arguments: &Arguments,
    client: &Client,
    voucher: VoucherAddParameters,
) -> anyhow::Result<VoucherId> {
    let journal = open_journal(&arguments.folder.join("voucher.journal"))?;
    let bulk = arguments.bulk(client).journal(journal);
    let report = bulk.add_vouchers([voucher]).await;
    if let [Outcome::Applied(voucher)] = report.outcomes() {
        return Ok(voucher.id);
    }
    let reason = report.outcomes().iter().find_map(Outcome::reason);
    let reason = report.stopped().map(with_sources).or(reason);
    Err(anyhow!(reason.unwrap_or_default()).context("the voucher was not created"))
}

/// Returns the values of the codes. They are drawn once and stored before the first request, so that a later run
/// continues with the same values.
fn values(path: &Path, prefix: &str, count: usize) -> anyhow::Result<Vec<String>> {
    let values: Vec<String> = match fs::read_to_string(path) {
        Ok(stored) => stored.lines().map(str::to_owned).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let drawn = draw(prefix, count);
            files::replace(path, drawn.join("\n").as_bytes())?;
            drawn
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
    };
    if values.len() != count {
        let stored = values.len();
        bail!(
            "{} has {stored} codes instead of {count}; pass --codes {stored}, or use another folder",
            path.display()
        );
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
) -> anyhow::Result<()> {
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
    files::replace(path, &csv.into_inner()?)
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
    fn rejects_an_identifier_that_needs_more_than_a_line() {
        for text in ["", " ", "SUMMER ", "SUM\nMER", "SUM\u{85}MER"] {
            assert!(identifier(text).is_err(), "{text:?}");
        }
        assert_eq!(identifier("SUMMER 2027").unwrap(), "SUMMER 2027");
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
