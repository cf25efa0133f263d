//! The IDs of vouchers and codes.
//!
//! A million random IDs would take more memory than everything else that is kept of the codes, indexes included. So a
//! record is kept under its number, and its ID is made from the number unless the fixtures have another one. As a
//! result, the IDs are the same in every run.

use uuid::Uuid;

use crate::options::Ids;

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Voucher,
    VoucherCode,
}

/// The number of the first record that is created at run time. Those of the built-in fixtures are lower.
pub(crate) const FIRST_RUNTIME_NUMBER: i64 = 0x101;

const NUMBER_BITS: u32 = 48;
const NUMBER_MASK: u128 = (1 << NUMBER_BITS) - 1;

/// A fixture with a higher number in its ID does not determine the numbers of later records, because an ID has no room
/// for higher numbers.
const MAX_FIXTURE_NUMBER: i64 = 1 << 40;

impl Kind {
    const fn prefix(self) -> u128 {
        match self {
            Self::Voucher => 0xd15c_0000_0000_4000_8000_0000_0000_0000,
            Self::VoucherCode => 0xc0de_0000_0000_4000_8000_0000_0000_0000,
        }
    }

    /// Returns the ID of the record with a number.
    pub(crate) fn identifier(self, number: i64) -> Uuid {
        Uuid::from_u128(self.prefix() | (u128::from(number.cast_unsigned()) & NUMBER_MASK))
    }

    /// Returns the ID of a new record with a number.
    pub(crate) fn new_id(self, number: i64, ids: Ids) -> Uuid {
        match ids {
            Ids::Numbered => self.identifier(number),
            Ids::Random => Uuid::new_v4(),
        }
    }

    /// Returns the number in an ID, if it has the form of this kind.
    pub(crate) fn number(self, identifier: Uuid) -> Option<i64> {
        let bits = identifier.as_u128();
        (bits & !NUMBER_MASK == self.prefix())
            .then(|| i64::try_from(bits & NUMBER_MASK).ok())
            .flatten()
            .filter(|number| *number < MAX_FIXTURE_NUMBER)
    }
}

/// Returns an ID in the form of the API. A client can write a UUID in another letter case.
pub(crate) fn normalized(id: &str) -> String {
    Uuid::try_parse(id)
        .ok()
        .filter(|_| id.len() == uuid::fmt::Hyphenated::LENGTH)
        .map_or_else(|| id.to_owned(), |id| id.to_string())
}
