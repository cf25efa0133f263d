//! A sync: an export of vouchers and codes to a file of JSON lines. It continues after a kill at any point. Once it is
//! complete, the next run appends only what changed.
//!
//!     cargo run -p mews-connector --example sync
//!
//! The guide describes the example: `mews_connector::guide::sync`.
#![allow(clippy::print_stdout)] // It reports its progress.

#[path = "shared/connection.rs"]
mod connection;
#[path = "shared/files.rs"]
mod files;

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use clap::Parser;
use connection::Connection;
use mews_connector::export::{Checkpoint, Record};
use mews_connector::types::{ServiceId, VoucherId};
use mews_connector::{Client, export::Export};
use serde::{Deserialize, Serialize};

/// Export vouchers and codes to a file of JSON lines; the next run continues, or appends what changed
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// Write records.jsonl and state.json to this folder
    #[arg(long, value_name = "FOLDER", default_value = "sync-output")]
    folder: PathBuf,
    /// Export this service instead of one of the sandbox; repeat for several services
    #[arg(long = "service", value_name = "ID")]
    services: Vec<ServiceId>,
    /// Export only active vouchers and their codes
    #[arg(long)]
    active: bool,
    /// Export only this voucher and its codes; repeat for several vouchers
    #[arg(long = "voucher", value_name = "ID")]
    vouchers: Vec<VoucherId>,
    /// Also export the rates of the vouchers
    #[arg(long)]
    rates: bool,
    /// Request pages of this number of records
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1000))]
    page_size: u16,
    /// Store the position after this number of records
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    save_every: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::parse();
    if arguments.services.is_empty() {
        arguments.services = vec![arguments.connection.default_service()?];
    }
    let (client, sandbox) = arguments.connection.open().await?;
    let selection = Selection {
        services: arguments.services,
        active: arguments.active,
        vouchers: arguments.vouchers,
        rates: arguments.rates,
        sandbox: sandbox.is_some(),
    };
    let mut store = Store::open(&arguments.folder, &selection)?;

    let mut export = selection.export(&client).page_size(arguments.page_size);
    match (store.state.checkpoint.take(), store.state.watermark) {
        (Some(checkpoint), _) => {
            println!("continuing an export that was interrupted");
            export = export.resume_from(checkpoint);
        }
        (None, Some(watermark)) => {
            println!("reading what changed since {watermark}");
            export = export.changed_since(watermark);
        }
        (None, None) => println!("reading everything"),
    }

    let mut records = export.records();
    let mut unsaved = 0;
    loop {
        match records.try_next().await {
            Ok(Some(record)) => {
                store.append(&record)?;
                unsaved += 1;
                if unsaved == arguments.save_every {
                    store.save(records.checkpoint())?;
                    unsaved = 0;
                }
            }
            Ok(None) => break,
            Err(error) => {
                // The next run continues here.
                store.save(records.checkpoint())?;
                return Err(error.into());
            }
        }
    }
    let gone = store.complete(records.checkpoint())?;
    let progress = records.progress();
    println!(
        "{} vouchers, {} codes and {} rates were read, {gone} vouchers are gone; see {}",
        progress.vouchers,
        progress.codes,
        progress.rates,
        arguments.folder.join(RECORDS).display()
    );
    Ok(())
}

/// The records to export. A folder belongs to one selection, because an export of changes continues the export before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Selection {
    services: Vec<ServiceId>,
    active: bool,
    vouchers: Vec<VoucherId>,
    rates: bool,
    /// The records are those of a sandbox in the process, which another server does not have.
    sandbox: bool,
}

impl Selection {
    fn export(&self, client: &Client) -> Export {
        let mut export = client.export(self.services.iter().copied());
        if self.active {
            export = export.active_vouchers();
        }
        if !self.vouchers.is_empty() {
            export = export.voucher_ids(self.vouchers.iter().copied());
        }
        if self.rates {
            export = export.with_rates();
        }
        export
    }
}

const RECORDS: &str = "records.jsonl";
const STATE: &str = "state.json";

/// The file of records, and the position up to which it is valid.
struct Store {
    folder: PathBuf,
    /// The records, one in each line. If there are several lines for a record, the last one counts.
    records: io::BufWriter<File>,
    state: State,
}

/// The position of the sync. The file is replaced in one step, so a kill leaves the old or the new position.
#[derive(Serialize, Deserialize)]
struct State {
    selection: Selection,
    /// The number of bytes of the records that belong to this position. A later run removes the rest.
    length: u64,
    /// The position of the export in progress, if there is one.
    checkpoint: Option<Checkpoint>,
    /// The start of the changes for the next export.
    watermark: Option<DateTime<Utc>>,
    /// The vouchers that the last complete export found.
    vouchers: BTreeSet<VoucherId>,
}

impl Store {
    fn open(folder: &Path, selection: &Selection) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let (records_path, state_path) = (folder.join(RECORDS), folder.join(STATE));
        let records = files::open(&records_path)?;
        match records.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another sync uses {}; wait until it ends",
                records_path.display()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error)
                    .with_context(|| format!("cannot lock {}", records_path.display()));
            }
        }
        let unreadable = || format!("cannot read {}", state_path.display());
        let state = match fs::read(&state_path) {
            Ok(state) => serde_json::from_slice(&state).with_context(unreadable)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State {
                selection: selection.clone(),
                length: 0,
                checkpoint: None,
                watermark: None,
                vouchers: BTreeSet::new(),
            },
            Err(error) => return Err(error).with_context(unreadable),
        };
        if state.selection != *selection {
            bail!(
                "{} belongs to a sync with other options; use another folder",
                folder.display()
            );
        }
        if records.metadata()?.len() < state.length {
            bail!(
                "{} is shorter than the position in {STATE}; restore it, or use another folder",
                records_path.display()
            );
        }
        // Records after the position are yielded again, and the last line may be incomplete.
        records.set_len(state.length)?;
        let mut records = io::BufWriter::new(records);
        records.seek(SeekFrom::Start(state.length))?;
        Ok(Self {
            folder: folder.to_owned(),
            records,
            state,
        })
    }

    fn append(&mut self, record: &Record) -> anyhow::Result<()> {
        let written = serde_json::to_writer(&mut self.records, record);
        written.with_context(|| self.unwritable())?;
        let written = self.records.write_all(b"\n");
        written.with_context(|| self.unwritable())
    }

    fn save(&mut self, checkpoint: &Checkpoint) -> anyhow::Result<()> {
        self.state.checkpoint = Some(checkpoint.clone());
        self.write_state()
    }

    /// Stores that the export is complete. Returns the number of vouchers that the export before found and this one did
    /// not. Without a separate record, they would stay active forever.
    fn complete(&mut self, checkpoint: &Checkpoint) -> anyhow::Result<usize> {
        let found: BTreeSet<VoucherId> = checkpoint.vouchers().collect();
        let gone: Vec<VoucherId> = self.state.vouchers.difference(&found).copied().collect();
        for voucher in &gone {
            self.append(&Record::VanishedVoucher(*voucher))?;
        }
        self.state.vouchers = found;
        self.state.watermark = checkpoint.watermark();
        self.state.checkpoint = None;
        self.write_state()?;
        Ok(gone.len())
    }

    /// Writes the state. The records reach the disk before the position that refers to them.
    fn write_state(&mut self) -> anyhow::Result<()> {
        let written = self.records.flush();
        let written = written.and_then(|()| self.records.get_ref().sync_data());
        written.with_context(|| self.unwritable())?;
        self.state.length = self.records.stream_position()?;
        let state = serde_json::to_vec(&self.state)?;
        files::replace(&self.folder.join(STATE), &state)
    }

    fn unwritable(&self) -> String {
        format!("cannot write {}", self.folder.join(RECORDS).display())
    }
}
