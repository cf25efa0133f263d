//! The store: vouchers and codes in SQLite, in memory or in a file.

pub(crate) mod codes;
mod file;
mod newest;
mod pool;
mod seed;
mod summary;
pub(crate) mod vouchers;

use std::collections::BTreeMap;
use std::fs::TryLockError;
use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock};

use rusqlite::{
    Connection, OptionalExtension as _, Statement, Transaction, TransactionBehavior, params,
};
use serde_json::Value;
use uuid::Uuid;

pub(crate) use codes::CodeQuery;
use file::FileLock;
pub(crate) use newest::Window;
pub(crate) use pool::max_readers;
use pool::{Place, Pool};
pub(crate) use summary::Summary;
pub(crate) use vouchers::VoucherQuery;

use crate::error::{ApiError, StartError};
use crate::fixtures::{Data, Fixtures};
use crate::identifier::{FIRST_RUNTIME_NUMBER, Kind};
use crate::instant::Instant;
use crate::options::Ids;
use crate::record::Properties;
use crate::spec::Spec;

/// Marks a file as one of the sandbox: `mews` in ASCII.
const APPLICATION_ID: i32 = 0x6d65_7773;
const SCHEMA_VERSION: i32 = 4;

/// The number of a record is its place in time: listings are ordered by it, newest first, and cursors are looked up to
/// it. The ID is only kept where it cannot be made from the number. The indexes on `voucher` and `service` end in the
/// number, like every index of SQLite. Therefore, they have the codes of a voucher in the order of a listing.
///
/// `properties` has the plain properties of a record as JSON, see [`crate::record`].
const TABLES: &str = "
CREATE TABLE vouchers (
    number INTEGER PRIMARY KEY, id BLOB, service BLOB NOT NULL, enterprise BLOB NOT NULL, company BLOB,
    travel_agency BLOB, external_identifier TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL,
    active INTEGER NOT NULL, properties TEXT
);
CREATE UNIQUE INDEX vouchers_by_id ON vouchers (id) WHERE id IS NOT NULL;
CREATE INDEX vouchers_by_service ON vouchers (service);
CREATE TABLE assignments (
    voucher INTEGER NOT NULL, position INTEGER NOT NULL, rate BLOB NOT NULL, PRIMARY KEY (voucher, position)
) WITHOUT ROWID;
CREATE TABLE codes (
    number INTEGER PRIMARY KEY, id BLOB, voucher INTEGER NOT NULL, value TEXT NOT NULL, created INTEGER NOT NULL,
    updated INTEGER NOT NULL, active INTEGER NOT NULL, properties TEXT
);";

const META: &str = "CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;";

/// Created after the first codes, which packs the indexes tightly.
///
/// `codes_by_value` has a short key instead of the value, see [`codes::value_key`]. `codes_by_update` only has the
/// codes that were changed after their creation: the others are found by their number.
const CODE_INDEXES: &str = "
CREATE UNIQUE INDEX codes_by_id ON codes (id) WHERE id IS NOT NULL;
CREATE INDEX codes_by_voucher ON codes (voucher);
CREATE INDEX codes_by_update ON codes (voucher, updated) WHERE updated > created;
CREATE INDEX codes_by_value ON codes (value_key(value));
";

const IN_USE: &str = "another process has it open; stop that process, or use another file";
const FOREIGN: &str = "it is not a data file of mews-sandbox; use another file";

/// Vouchers and codes.
///
/// One connection writes, and several read at the same time, on other threads. None reads while the other one writes.
pub(crate) struct Store {
    readers: Pool,
    writer: Mutex<Connection>,
    is_written: RwLock<()>,
    /// Released after the connections are closed.
    _lock: Option<FileLock>,
}

/// The initial content of a store.
pub(crate) struct Content<'a> {
    pub(crate) spec: &'a Spec,
    /// The fixtures. The default is those of the data file, or the built-in ones.
    pub(crate) fixtures: Option<&'a Fixtures>,
    /// The records of listings without business rules, by the name of the primary list.
    pub(crate) records: &'a BTreeMap<String, Value>,
    /// The number of codes to generate in addition.
    pub(crate) seed_codes: u32,
    pub(crate) ids: Ids,
    pub(crate) now: Instant,
}

impl Store {
    /// Opens a store, and fills it if it is new.
    pub(crate) fn open(
        path: Option<&Path>,
        content: &Content<'_>,
    ) -> Result<(Self, Data), StartError> {
        let Some(path) = path else {
            let place = Place::new_in_memory();
            let mut connection = place.open()?;
            let data = fill(&mut connection, content)?;
            return Ok((Self::over(connection, &place, None)?, data));
        };
        let unusable = |reason: String| StartError::Data {
            path: path.to_owned(),
            reason,
        };
        let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                unusable(IN_USE.into())
            }
            Some(rusqlite::ErrorCode::NotADatabase) => unusable(FOREIGN.into()),
            _ => unusable(error.to_string()),
        };
        let lock = FileLock::acquire(path).map_err(|error| match error {
            TryLockError::WouldBlock => unusable(IN_USE.into()),
            TryLockError::Error(error) => unusable(error.to_string()),
        })?;
        if file::is_foreign(path).map_err(failed)? {
            return Err(unusable(FOREIGN.into()));
        }
        let place = Place::File(path.to_owned());
        let mut connection = place.open().map_err(failed)?;
        file::prepare(&connection).map_err(failed)?;
        let data = if file::is_empty(&connection).map_err(failed)? {
            match fill(&mut connection, content) {
                Err(StartError::Store(error)) => return Err(failed(error)),
                other => other?,
            }
        } else {
            kept(&connection, content, unusable, failed)?
        };
        file::checkpoint(&connection).map_err(failed)?;
        let store = Self::over(connection, &place, Some(lock)).map_err(failed)?;
        Ok((store, data))
    }

    fn over(writer: Connection, place: &Place, lock: Option<FileLock>) -> rusqlite::Result<Self> {
        Ok(Self {
            readers: Pool::open(place)?,
            writer: Mutex::new(writer),
            is_written: RwLock::new(()),
            _lock: lock,
        })
    }

    /// Runs `work` in a transaction, which is rolled back if `work` fails.
    fn transact<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        // A transaction that panicked was rolled back when it was dropped, so the store is sound.
        let _written = self
            .is_written
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// Runs `work` in a transaction, which is rolled back if `work` fails.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.transact(work)
    }

    /// Restores the content of the start, all or nothing.
    pub(crate) fn reset(
        &self,
        spec: &Spec,
        data: &Data,
        ids: Ids,
        now: Instant,
    ) -> rusqlite::Result<()> {
        self.transact(|transaction| {
            transaction
                .execute_batch("DROP TABLE codes; DROP TABLE assignments; DROP TABLE vouchers")?;
            insert_all(transaction, spec, data, ids, now)
        })
    }

    /// Runs `work`, which must not write, in one transaction: otherwise each of its statements would lock the store.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let _read = self
            .is_written
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        self.readers
            .with(|reader| work(&*reader.unchecked_transaction()?))
    }
}

/// Creates the tables and inserts the initial content, all or nothing.
fn fill(connection: &mut Connection, content: &Content<'_>) -> Result<Data, StartError> {
    let builtin = Fixtures::default();
    let fixtures = content.fixtures.unwrap_or(&builtin);
    let data = fixtures.check(content.spec, content.records)?;
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.execute_batch(META)?;
    set_meta(&transaction, "fixtures", &fixtures.text)?;
    set_meta(&transaction, "seed_codes", &content.seed_codes.to_string())?;
    insert_all(&transaction, content.spec, &data, content.ids, content.now)?;
    transaction.commit()?;
    Ok(data)
}

/// Creates the tables of records and inserts the fixtures and the generated codes.
fn insert_all(
    connection: &Connection,
    spec: &Spec,
    data: &Data,
    ids: Ids,
    now: Instant,
) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    let last_voucher = vouchers::load(connection, spec, &data.vouchers)?;
    let last_code = codes::load(connection, spec, &data.voucher_codes)?;
    for (key, last) in [("first_voucher", last_voucher), ("first_code", last_code)] {
        let first = (last + 1).max(FIRST_RUNTIME_NUMBER);
        set_meta(connection, key, &first.to_string())?;
    }
    let seed_codes = meta(connection, "seed_codes")?.parse().unwrap_or(0);
    if seed_codes > 0 {
        seed::insert_seed_codes(connection, spec, data, seed_codes, ids, now)?;
    }
    connection.execute_batch(CODE_INDEXES)
}

/// Checks the fixtures of a file that was filled before.
fn kept(
    connection: &Connection,
    content: &Content<'_>,
    unusable: impl Fn(String) -> StartError,
    failed: impl Fn(rusqlite::Error) -> StartError,
) -> Result<Data, StartError> {
    let version: i32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(&failed)?;
    if version != SCHEMA_VERSION {
        return Err(unusable(
            "another version of mews-sandbox created it; delete it, or use another file".into(),
        ));
    }
    let text = meta(connection, "fixtures").map_err(&failed)?;
    if content
        .fixtures
        .is_some_and(|fixtures| fixtures.text != text)
    {
        return Err(unusable(
            "it was created from other fixtures; omit `--fixtures` to reuse it, or use another file".into(),
        ));
    }
    let seeded = meta(connection, "seed_codes").map_err(&failed)?;
    if content.seed_codes > 0 && content.seed_codes.to_string() != seeded {
        return Err(unusable(format!(
            "it was created with `--seed-codes {seeded}`; omit the option to reuse it, or use another file"
        )));
    }
    text.parse::<Fixtures>()?
        .check(content.spec, content.records)
}

fn set_meta(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    connection.execute(
        "REPLACE INTO meta (key, value) VALUES (?1, ?2)",
        params![key, value],
    )?;
    Ok(())
}

fn meta(connection: &Connection, key: &str) -> rusqlite::Result<String> {
    connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| {
        row.get(0)
    })
}

/// The table of a kind of record, and the statements that are common to both kinds.
#[derive(Clone, Copy)]
pub(crate) struct Table {
    pub(crate) kind: Kind,
    number_of_id: &'static str,
    has_number: &'static str,
    newest: &'static str,
    first: &'static str,
    enterprise: &'static str,
    is_active: &'static str,
    touch: &'static str,
}

pub(crate) const VOUCHERS: Table = Table {
    kind: Kind::Voucher,
    number_of_id: "SELECT number FROM vouchers WHERE id = ?1",
    has_number: "SELECT number FROM vouchers WHERE number = ?1 AND id IS NULL",
    newest: "SELECT number, created FROM vouchers ORDER BY number DESC LIMIT 1",
    first: "first_voucher",
    enterprise: "SELECT enterprise FROM vouchers WHERE number = ?1",
    is_active: "SELECT active FROM vouchers WHERE number = ?1",
    touch: "UPDATE vouchers SET active = active AND NOT ?2, updated = max(updated, ?3) WHERE number = ?1",
};

pub(crate) const CODES: Table = Table {
    kind: Kind::VoucherCode,
    number_of_id: "SELECT number FROM codes WHERE id = ?1",
    has_number: "SELECT number FROM codes WHERE number = ?1 AND id IS NULL",
    newest: "SELECT number, created FROM codes ORDER BY number DESC LIMIT 1",
    first: "first_code",
    enterprise: "SELECT v.enterprise FROM codes c JOIN vouchers v ON v.number = c.voucher WHERE c.number = ?1",
    is_active: "SELECT active FROM codes WHERE number = ?1",
    touch: "UPDATE codes SET active = active AND NOT ?2, updated = max(updated, ?3) WHERE number = ?1",
};

impl Table {
    /// Returns the number of the record with an identifier.
    pub(crate) fn find(
        self,
        connection: &Connection,
        identifier: Uuid,
    ) -> rusqlite::Result<Option<i64>> {
        if let Some(number) = self.kind.number(identifier) {
            let found = connection
                .prepare_cached(self.has_number)?
                .query_row([number], |row| row.get(0))
                .optional()?;
            if found.is_some() {
                return Ok(found);
            }
        }
        connection
            .prepare_cached(self.number_of_id)?
            .query_row([identifier.as_bytes().as_slice()], |row| row.get(0))
            .optional()
    }

    /// Returns the number of the next record, and the time to put on it: never before the newest record's, so that the
    /// order of numbers is the order of time even where the clock was set back.
    pub(crate) fn next(
        self,
        connection: &Connection,
        now: Instant,
    ) -> rusqlite::Result<(i64, Instant)> {
        let first = meta(connection, self.first)?
            .parse()
            .unwrap_or(FIRST_RUNTIME_NUMBER);
        let newest: Option<(i64, Instant)> = connection
            .prepare_cached(self.newest)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(newest.map_or((first, now), |(number, created)| {
            (first.max(number + 1), now.max(created))
        }))
    }

    /// Returns the enterprise that a record belongs to.
    pub(crate) fn enterprise(self, connection: &Connection, number: i64) -> rusqlite::Result<Uuid> {
        connection
            .prepare_cached(self.enterprise)?
            .query_row([number], |row| read_uuid(row, 0))
    }

    /// Returns `true` if a record is active.
    pub(crate) fn is_active(self, connection: &Connection, number: i64) -> rusqlite::Result<bool> {
        connection
            .prepare_cached(self.is_active)?
            .query_row([number], |row| row.get(0))
    }

    /// Marks a record as updated, and as deleted if so asked.
    pub(crate) fn touch(
        self,
        connection: &Connection,
        number: i64,
        delete: bool,
        now: Instant,
    ) -> rusqlite::Result<()> {
        connection
            .prepare_cached(self.touch)?
            .execute(params![number, delete, now])?;
        Ok(())
    }

    /// Returns the number for a fixture, after the last number in use.
    fn place(self, last: i64, identifier: Uuid) -> i64 {
        match self.kind.number(identifier) {
            Some(number) if number > last => number,
            _ => last + 1,
        }
    }
}

/// Returns the bytes of an identifier in the store.
fn blob(identifier: &Uuid) -> &[u8] {
    identifier.as_bytes().as_slice()
}

/// Returns the positions of columns in the rows of a statement. Looking them up once is much cheaper than for every
/// row.
fn columns<const N: usize>(
    statement: &Statement<'_>,
    names: [&str; N],
) -> rusqlite::Result<[usize; N]> {
    let mut positions = [0; N];
    for (position, name) in positions.iter_mut().zip(names) {
        *position = statement.column_index(name)?;
    }
    Ok(positions)
}

/// Reads the column with the plain properties.
fn read_properties(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Properties> {
    let Some(text) = row.get_ref(index)?.as_str_or_null()? else {
        return Ok(Properties::new());
    };
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            index,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

fn read_uuid(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(index)?))
}

fn read_optional_uuid(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Option<Uuid>> {
    Ok(row.get::<_, Option<[u8; 16]>>(index)?.map(Uuid::from_bytes))
}

/// Returns the identifier of a record: the stored one, or else the one with its number.
fn identifier(kind: Kind, number: i64, own: Option<[u8; 16]>) -> Uuid {
    own.map_or_else(|| kind.identifier(number), Uuid::from_bytes)
}
