//! An overview of the store.

use rusqlite::Connection;

use super::{codes, vouchers};
use crate::record::{Voucher, VoucherCode};
use crate::spec::Spec;

/// The numbers of records, and the newest ones.
pub(crate) struct Summary {
    pub(crate) vouchers: Count,
    pub(crate) codes: Count,
    /// Vouchers with their number of codes.
    pub(crate) newest_vouchers: Vec<(Voucher, i64)>,
    pub(crate) newest_codes: Vec<VoucherCode>,
}

/// The number of records of a kind.
pub(crate) struct Count {
    pub(crate) total: i64,
    pub(crate) deleted: i64,
}

impl Summary {
    /// Reads the overview, with up to `max` of the newest records of each kind.
    pub(crate) fn read(connection: &Connection, spec: &Spec, max: usize) -> rusqlite::Result<Self> {
        let count = |table: &str| {
            let sql = format!("SELECT count(*), count(*) FILTER (WHERE NOT active) FROM {table}");
            connection.query_row(&sql, [], |row| {
                Ok(Count {
                    total: row.get(0)?,
                    deleted: row.get(1)?,
                })
            })
        };
        Ok(Self {
            vouchers: count("vouchers")?,
            codes: count("codes")?,
            newest_vouchers: vouchers::newest(connection, spec, max)?,
            newest_codes: codes::newest(connection, spec, max)?,
        })
    }
}
