//! The connections to the store.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::vtab::array::load_module;
use uuid::Uuid;

use super::codes;

/// The maximum number of connections that read. Each has a thread, and a share of the cache.
const MAX_READERS: usize = 4;

/// The size of all caches together, in KiB. The content of a store in memory is not a part of it.
const CACHE_IN_MEMORY: usize = 2_000;
const CACHE_OF_FILE: usize = 64_000;

/// The page size of a store in memory, in bytes. A write keeps a copy of each page that it changes, and codes of many
/// vouchers are on many pages, so small pages take less memory.
const PAGE_SIZE_IN_MEMORY: usize = 1_024;

/// The time for which a connection waits for a lock of another program that looks into the data file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// The place of the content.
pub(super) enum Place {
    /// A name within this process.
    Memory(String),
    File(PathBuf),
}

impl Place {
    /// Returns a new store in memory, which exists until its last connection is closed.
    pub(super) fn new_in_memory() -> Self {
        Self::Memory(format!("file:/mews-sandbox-{}?vfs=memdb", Uuid::new_v4()))
    }

    /// Opens a connection.
    pub(super) fn open(&self) -> rusqlite::Result<Connection> {
        let (connection, cache) = match self {
            Self::Memory(name) => (Connection::open(name)?, CACHE_IN_MEMORY),
            Self::File(path) => (Connection::open(path)?, CACHE_OF_FILE),
        };
        if matches!(self, Self::Memory(_)) {
            // Without an effect after the first table was created.
            connection.pragma_update(None, "page_size", PAGE_SIZE_IN_MEMORY)?;
        }
        let share = cache / (max_readers() + 1);
        let share = i64::try_from(share).unwrap_or(i64::MAX);
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // A negative size is in KiB.
        connection.pragma_update(None, "cache_size", -share)?;
        connection.set_prepared_statement_cache_capacity(64);
        // The functions that the statements use.
        load_module(&connection)?;
        codes::add_value_key(&connection)?;
        Ok(connection)
    }
}

/// Returns the number of connections that read at the same time.
pub(crate) fn max_readers() -> usize {
    let cores = std::thread::available_parallelism();
    cores.map_or(2, usize::from).clamp(2, MAX_READERS)
}

/// The connections that read.
pub(super) struct Pool {
    connections: Vec<Mutex<Connection>>,
}

impl Pool {
    pub(super) fn open(place: &Place) -> rusqlite::Result<Self> {
        let connections = (0..max_readers()).map(|_| place.open().map(Mutex::new));
        Ok(Self {
            connections: connections.collect::<rusqlite::Result<_>>()?,
        })
    }

    /// Runs `work` with a connection that nothing else uses.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        // There is an idle one, unless more threads read than those of the server.
        let idle = self
            .connections
            .iter()
            .find_map(|connection| match connection.try_lock() {
                Ok(connection) => Some(connection),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            });
        let first = || self.connections[0].lock();
        work(&idle.unwrap_or_else(|| first().unwrap_or_else(PoisonError::into_inner)))
    }
}
